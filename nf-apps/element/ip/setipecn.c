/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SetIPECN(ECN)
 *
 * Sets the bits of explicit congestion notification (RFC 3168) of each packet and updates the
 * checksum.
 *
 *	ECN  0 to 3, or a name: no or -, ect1 or ECT(1), ect2 or ECT(0), ce or CE
 *
 * Ports: 1 input, 1 output. Packets have their IP header marked.
 * Handlers: ecn (rw): read as a number.
 * Drops: no IP header.
 *
 *	... -> SetIPECN(ect2) -> ...
 */
#include <string.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip/ip4.h"

enum { SETIPECN_NO_IP };

struct setipecn_state {
	uint32_t ecn;
};

static bool setipecn_parse(const char *s, uint32_t *ecn)
{
	static const char *const names[4][3] = {
		{ "0", "no", "-" },
		{ "1", "ect1", "ECT(1)" },
		{ "2", "ect2", "ECT(0)" },
		{ "3", "ce", "CE" },
	};

	for (uint32_t i = 0; i < 4; i++) {
		for (unsigned k = 0; k < 3; k++) {
			if (strcmp(s, names[i][k]) == 0) {
				*ecn = i;
				return true;
			}
		}
	}
	return false;
}

static int setipecn_configure(struct nf_element *e, struct nf_args *a)
{
	struct setipecn_state *s = e->state;
	const char *text;

	if (nf_args_raw(a, "ECN", NF_ARGS_POS | NF_ARGS_MUST, &text) &&
		!setipecn_parse(text, &s->ecn))
		nf_args_error(a, "ECN: '%s' is none of no, ect1, ect2, ce, 0 to 3", text);
	return nf_args_end(a);
}

static int setipecn_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct setipecn_state *s = e->state;

	if (!setipecn_parse(value, &s->ecn))
		return nf_errors_add(
			errs, NULL, "'%s' is none of no, ect1, ect2, ce, 0 to 3", value);
	return 0;
}

static inline int setipecn_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct setipecn_state *s = e->state;
	struct nf_ip4 *ip = nf_ip4_hdr(p);

	if (UK_UNLIKELY(ip == NULL))
		return NF_DROP(SETIPECN_NO_IP);
	nf_ip4_set_tos(ip, (uint8_t)((ip->tos & ~NF_IP4_ECN_MASK) | s->ecn));
	return 0;
}

NF_EACH_DEFINE(setipecn)

const struct nf_class nf_setipecn = {
	.name = "SetIPECN",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct setipecn_state),
	.configure = setipecn_configure,
	NF_EACH(setipecn),
	.drops = (const char *const[]){ "no IP header", NULL },
	.handlers =
		(const struct nf_handler[]){ { .name = "ecn",
						     .read = nf_handler_read_u32,
						     .write = setipecn_write,
						     .arg = offsetof(struct setipecn_state, ecn) },
			{ .name = NULL } },
};

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckARPHeader([OFFSET, keywords VERBOSE, DETAILS])
 *
 * Checks the lengths and types in ARP headers (RFC 826), and marks the header as the packet's
 * network header. Bad packets leave by output 1, or are dropped if there is none; a line on the
 * console tells of the first one.
 *
 *	OFFSET   of the header in the packet. Default 0
 *	VERBOSE  boolean: a line for each bad packet. Default false
 *	DETAILS  boolean: count by reason, for the handler drop_details. Default false
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Handlers: drops (r): bad packets; drop_details (r): by reason.
 * Drops: tiny packet, too small for addresses, bad hardware type/length, bad protocol
 * type/length.
 *
 *	... -> Strip(14) -> CheckARPHeader -> ARPPrint -> ...
 */
#include "nf-apps/click/print.h"
#include "nf-apps/element/ether/etherfield.h"

#define CHECKARPHEADER_FIXED 8 /* bytes before the addresses */

enum {
	CHECKARPHEADER_TINY,
	CHECKARPHEADER_LENGTH,
	CHECKARPHEADER_HARDWARE,
	CHECKARPHEADER_PROTOCOL,
	CHECKARPHEADER_REASONS
};

struct checkarpheader_conf {
	uint32_t offset;
	bool verbose, details;
};

struct checkarpheader_state {
	uint64_t nb, nb_by[CHECKARPHEADER_REASONS];
};

static int checkarpheader_configure(struct nf_element *e, struct nf_args *a)
{
	struct checkarpheader_conf *c = e->conf;

	nf_args_u32(a, "OFFSET", NF_ARGS_POS, &c->offset);
	nf_args_bool(a, "VERBOSE", 0, &c->verbose);
	nf_args_bool(a, "DETAILS", 0, &c->details);
	return nf_args_end(a);
}

static int checkarpheader_bad(struct nf_element *e, unsigned reason)
{
	const struct checkarpheader_conf *c = e->conf;
	struct checkarpheader_state *s = e->state;
	struct nf_text t = { 0 };

	if (s->nb == 0 || c->verbose) {
		nf_text_printf(&t, "ARP header check failed: %s", e->class->drops[reason]);
		nf_print_line(nf_text_get(&t));
		nf_text_free(&t);
	}
	s->nb++;
	s->nb_by[reason]++;
	return nf_etherfield_reject(e, reason);
}

static inline int checkarpheader_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct checkarpheader_conf *c = conf;
	const struct nf_arp *h = (const struct nf_arp *)(const void *)(p->data + c->offset);
	uint32_t left = p->len > c->offset ? p->len - c->offset : 0;
	uint16_t proto;

	if (left < CHECKARPHEADER_FIXED)
		return checkarpheader_bad(e, CHECKARPHEADER_TINY);
	if (left < CHECKARPHEADER_FIXED + 2u * h->hw_len + 2u * h->proto_len)
		return checkarpheader_bad(e, CHECKARPHEADER_LENGTH);
	if (h->hw == nf_inet_hton16(1) && h->hw_len != 6)
		return checkarpheader_bad(e, CHECKARPHEADER_HARDWARE);
	proto = nf_inet_ntoh16(h->proto);
	if ((proto == NF_ETHERTYPE_IP && h->proto_len != 4) ||
		(proto == NF_ETHERTYPE_IP6 && h->proto_len != 16))
		return checkarpheader_bad(e, CHECKARPHEADER_PROTOCOL);
	nf_packet_set_l3(p, p->data + c->offset);
	return 0;
}

NF_EACH_DEFINE(checkarpheader)

static int checkarpheader_read_details(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct checkarpheader_conf *c = e->conf;
	const struct checkarpheader_state *s = e->state;

	if (!c->details)
		return nf_errors_add(
			errs, NULL, "%s: no drop_details without DETAILS true", e->name);
	for (unsigned i = 0; i < CHECKARPHEADER_REASONS; i++)
		nf_text_printf(out, "%lu\t%s\n", s->nb_by[i], e->class->drops[i]);
	return 0;
}

const struct nf_class nf_checkarpheader = {
	.name = "CheckARPHeader",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct checkarpheader_conf),
	.state_size = sizeof(struct checkarpheader_state),
	.configure = checkarpheader_configure,
	NF_EACH(checkarpheader),
	.drops = (const char *const[]){ "tiny packet", "too small for addresses",
		"bad hardware type/length", "bad protocol type/length", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64(
							 "drops", struct checkarpheader_state, nb),
		{ .name = "drop_details", .read = checkarpheader_read_details }, { .name = NULL } },
};

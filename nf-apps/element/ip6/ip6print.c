/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP6Print([LABEL, keywords NBYTES, CONTENTS, ACTIVE])
 *
 * Prints a line for each IPv6 packet: "LABEL: SRC -> DST plen 20, next 6, hlim 64".
 *
 *	LABEL     text in front
 *	CONTENTS  boolean: also the packet's bytes in hexadecimal. Default false
 *	NBYTES    how many of them. Default 1500
 *	ACTIVE    boolean: false prints nothing. Default true
 *
 * Ports: 1 input, 1 output; push or pull. Packets have their IPv6 header marked; others print as
 * "(not an IP6 packet)".
 * Handlers: active (rw).
 *
 *	... -> CheckIP6Header -> IP6Print(in, CONTENTS true) -> ...
 */
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/ip6/ip6hdr.h"

#define IP6PRINT_PER_LINE 24

struct ip6print_state {
	char *label;
	struct nf_text line; /* kept for its memory */
	uint32_t nb_bytes;
	bool contents, active;
};

static int ip6print_configure(struct nf_element *e, struct nf_args *a)
{
	struct ip6print_state *s = e->state;
	const char *label = "";

	s->nb_bytes = 1500;
	s->active = true;
	nf_args_string(a, "LABEL", NF_ARGS_POS, &label);
	nf_args_u32(a, "NBYTES", 0, &s->nb_bytes);
	nf_args_bool(a, "CONTENTS", 0, &s->contents);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	s->label = strdup(label);
	if (s->label == NULL)
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

static void ip6print_cleanup(struct nf_element *e)
{
	struct ip6print_state *s = e->state;

	free(s->label);
	nf_text_free(&s->line);
}

static void ip6print_header(const struct uk_netbuf *p, struct nf_text *line)
{
	const struct nf_ip6_hdr *h = nf_ip6hdr_of(p);
	char src[NF_ADDR_IP6_LEN], dst[NF_ADDR_IP6_LEN];
	struct nf_ip6 addr;

	if (h == NULL) {
		nf_text_printf(line, "(not an IP6 packet)");
		return;
	}
	memcpy(&addr, h->src, 16);
	nf_addr_print_ip6(&addr, src);
	memcpy(&addr, h->dst, 16);
	nf_addr_print_ip6(&addr, dst);
	nf_text_printf(line, "%s -> %s plen %u, next %u, hlim %u", src, dst, nf_inet_ntoh16(h->len),
		h->next, h->hlim);
}

static void ip6print_bytes(const struct uk_netbuf *p, uint32_t nb, struct nf_text *line)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < nb && i < p->len; i++) {
		char two[2] = { digits[p->data[i] >> 4], digits[p->data[i] & 15] };

		if (i % IP6PRINT_PER_LINE == 0)
			nf_text_add(line, "\n  ", 3);
		else if (i % 4 == 0)
			nf_text_add(line, " ", 1);
		nf_text_add(line, two, 2);
	}
}

static inline int ip6print_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct ip6print_state *s = e->state;

	if (!s->active)
		return 0;
	s->line.len = 0;
	if (s->label[0] != '\0')
		nf_text_printf(&s->line, "%s: ", s->label);
	ip6print_header(p, &s->line);
	if (s->contents)
		ip6print_bytes(p, s->nb_bytes, &s->line);
	nf_print_line(nf_text_get(&s->line));
	return 0;
}

NF_EACH_DEFINE(ip6print)

static const struct nf_handler ip6print_handlers[] = {
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = nf_handler_write_bool,
		.arg = offsetof(struct ip6print_state, active) },
	{ .name = NULL },
};

const struct nf_class nf_ip6print = {
	.name = "IP6Print",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct ip6print_state),
	.configure = ip6print_configure,
	.cleanup = ip6print_cleanup,
	NF_EACH(ip6print),
	.handlers = ip6print_handlers,
};

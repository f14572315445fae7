/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARPPrint([LABEL, keywords TIMESTAMP, ETHER, ACTIVE])
 *
 * Prints a line for each ARP packet, as tcpdump does: "LABEL: 1.000000: arp who-has 10.0.0.2
 * tell 10.0.0.1". The ARP header is the packet's network header (CheckARPHeader, MarkIPHeader);
 * packets without one pass in silence.
 *
 *	LABEL      text in front
 *	TIMESTAMP  boolean: the packet's time stamp. Default true
 *	ETHER      boolean: the addresses of the Ethernet header. Default false
 *	ACTIVE     boolean: false prints nothing. Default true
 *
 * Ports: 1 input, 1 output; push or pull.
 * Handlers: active (rw).
 *
 *	... -> CheckARPHeader(14) -> ARPPrint(arp) -> ...
 */
#include <stdlib.h>
#include "nf-apps/click/print.h"
#include "nf-apps/element/ether/etherfield.h"

#define ARPPRINT_TRAIL 0x1000 /* RFC 893 */

struct arpprint_state {
	char *label;
	struct nf_text line; /* kept for its memory */
	bool timestamp, ether, active;
};

static int arpprint_configure(struct nf_element *e, struct nf_args *a)
{
	struct arpprint_state *s = e->state;
	const char *label = "";

	s->timestamp = s->active = true;
	nf_args_string(a, "LABEL", NF_ARGS_POS, &label);
	nf_args_bool(a, "TIMESTAMP", 0, &s->timestamp);
	nf_args_bool(a, "ETHER", 0, &s->ether);
	nf_args_bool(a, "ACTIVE", 0, &s->active);
	s->label = strdup(label);
	if (s->label == NULL)
		nf_args_error(a, "out of memory");
	return nf_args_end(a);
}

static void arpprint_cleanup(struct nf_element *e)
{
	struct arpprint_state *s = e->state;

	free(s->label);
	nf_text_free(&s->line);
}

static void arpprint_ether(const struct uk_netbuf *p, struct nf_text *line)
{
	const uint8_t *at = nf_packet_l2(p);
	char src[NF_ADDR_ETHER_LEN], dst[NF_ADDR_ETHER_LEN];

	if (at == NULL)
		at = p->data;
	if (at + NF_ETHER_LEN > nf_packet_l3(p) || at + NF_ETHER_LEN > p->data + p->len)
		return;
	nf_text_printf(
		line, "%s > %s: ", nf_addr_print_ether(at + 6, src), nf_addr_print_ether(at, dst));
}

/* Who asks or says what; RFC 826, RFC 903, RFC 2390. */
static void arpprint_op(const struct nf_arp *h, struct nf_text *line)
{
	static const uint8_t nobody[6];
	char sha[NF_ADDR_ETHER_LEN], tha[NF_ADDR_ETHER_LEN], spa[NF_ADDR_IP4_LEN],
		tpa[NF_ADDR_IP4_LEN];
	unsigned op = nf_inet_ntoh16(h->op);

	nf_addr_print_ether(h->sender_hw, sha);
	nf_addr_print_ether(h->target_hw, tha);
	nf_addr_print_ip4(h->sender_ip, spa);
	nf_addr_print_ip4(h->target_ip, tpa);
	if (op == 1 && memcmp(h->target_hw, nobody, 6) == 0)
		nf_text_printf(line, "arp who-has %s tell %s", tpa, spa);
	else if (op == 1)
		nf_text_printf(line, "arp who-has %s (%s) tell %s", tpa, tha, spa);
	else if (op == 2)
		nf_text_printf(line, "arp reply %s is-at %s", spa, sha);
	else if (op == 3 || op == 8)
		nf_text_printf(line, "%s who-is %s tell %s", op == 3 ? "rarp" : "invarp", tha, sha);
	else if (op == 4 || op == 9)
		nf_text_printf(line, "%s reply %s at %s", op == 4 ? "rarp" : "invarp", tha, tpa);
	else
		nf_text_printf(line, "arp-#%u", op);
}

static void arpprint_header(const struct uk_netbuf *p, struct nf_text *line)
{
	uint32_t left = nf_packet_left(p, nf_packet_l3(p));
	unsigned hw, proto;
	struct nf_arp h;

	if (left < sizeof(h)) {
		nf_text_printf(line, "truncated-arp (%u)", left);
		return;
	}
	memcpy(&h, nf_packet_l3(p), sizeof(h));
	hw = nf_inet_ntoh16(h.hw);
	proto = nf_inet_ntoh16(h.proto);
	if ((proto != NF_ETHERTYPE_IP && proto != ARPPRINT_TRAIL) || h.proto_len != 4 ||
		h.hw_len != 6) {
		nf_text_printf(line, "arp-#%u for proto #%u (%u) hardware #%u (%u)",
			nf_inet_ntoh16(h.op), proto, h.proto_len, hw, h.hw_len);
		return;
	}
	if (proto == ARPPRINT_TRAIL)
		nf_text_add(line, "trailer-", 8);
	arpprint_op(&h, line);
	if (hw != 1)
		nf_text_printf(line, " hardware #%u", hw);
}

static inline int arpprint_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	struct arpprint_state *s = e->state;

	if (!s->active || nf_packet_l3(p) == NULL)
		return 0;
	s->line.len = 0;
	if (s->label[0] != '\0')
		nf_text_printf(&s->line, "%s: ", s->label);
	if (s->timestamp) {
		nf_addr_print_time(nf_packet_anno(p)->time_ns, &s->line);
		nf_text_add(&s->line, ": ", 2);
	}
	if (s->ether)
		arpprint_ether(p, &s->line);
	arpprint_header(p, &s->line);
	nf_print_line(nf_text_get(&s->line));
	return 0;
}

NF_EACH_DEFINE(arpprint)

static const struct nf_handler arpprint_handlers[] = {
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = nf_handler_write_bool,
		.arg = offsetof(struct arpprint_state, active) },
	{ .name = NULL },
};

const struct nf_class nf_arpprint = {
	.name = "ARPPrint",
	.ports = "1/1",
	.processing = "a/a",
	.state_size = sizeof(struct arpprint_state),
	.configure = arpprint_configure,
	.cleanup = arpprint_cleanup,
	NF_EACH(arpprint),
	.handlers = arpprint_handlers,
	.flags = NF_CLASS_ANNO,
};

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: what routers are made of besides elements for IPv4 headers: the folders ether, ip6 and
 * route. The input is a chain of elements, their arguments, and packets that go in at any of its
 * inputs: ARP, neighbour discovery, ICMPv6, both versions of IP, tags, anything. Handlers are read
 * and written on the way, and the configuration is replaced by the same one, with its state.
 * Nothing is touched out of bounds, packets that come out lie in their buffers, those that come
 * out of translators are right, and every buffer is back in its pool in the end.
 *
 * Input: byte 0: how (bit 0: the text of an element's arguments follows, up to a 0); byte 1: number
 * of elements; for each its kind and the way its outputs go; then steps: what, and packets as
 * fuzz_packet.h has them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/ip6/ip6hdr.h"
#include "nf-apps/element/route/test/fuzz_packet.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_SMALL   80u
#define NB_LARGE   2u
#define CHAIN_MAX  6u
#define STEPS      48u
#define SECONDS_NS 1000000000ull
#define IP4_LEN    20u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct choice {
	const char *text;
	uint8_t ins, outs;
};

static const struct choice choices[] = {
	{ "EtherEncap(0x800, 2:1:1:1:1:1, 2:2:2:2:2:2)", 1, 1 },
	{ "EnsureEther(0x800, 2:1:1:1:1:1, 2:2:2:2:2:2)", 1, 1 },
	{ "StripEtherVLANHeader", 1, 1 },
	{ "StripEtherVLANHeader(2)", 1, 1 },
	{ "EtherRewrite(2:1:1:1:1:1, 2:2:2:2:2:2)", 1, 1 },
	{ "EtherMirror", 1, 1 },
	{ "HostEtherFilter(2:1:1:1:1:1, DROP_OWN true, DROP_OTHER false, OFFSET 2)", 1, 2 },
	{ "HostEtherFilter(2:1:1:1:1:1)", 1, 1 },
	{ "DropBroadcasts", 1, 2 },
	{ "VLANEncap(VLAN_ID 5, VLAN_PCP 3)", 1, 1 },
	{ "VLANEncap(ANNO, NATIVE_VLAN 0)", 1, 1 },
	{ "VLANDecap", 1, 1 },
	{ "VLANDecap(ANNO false)", 1, 1 },
	{ "SetVLANAnno(5, 3)", 1, 1 },
	{ "EtherVLANEncap(0x86dd, 2:1:1:1:1:1, 2:2:2:2:2:2, ANNO)", 1, 1 },
	{ "StoreEtherAddress(2:1:1:1:1:1, 9)", 1, 2 },
	{ "SetEtherAddress(ADDR 2:1:1:1:1:1, ANNO 3)", 1, 1 },
	{ "GetEtherAddress(ANNO 3, OFFSET src)", 1, 2 },
	{ "EtherSwitch(TIMEOUT 3)", 2, 2 },
	{ "EtherSwitch(CAPACITY 4)", 3, 3 },
	{ "ListenEtherSwitch(TIMEOUT 0)", 2, 3 },
	{ "ARPQuerier(1.0.0.1, 2:1:1:1:1:1)", 2, 2 },
	{ "ARPQuerier(1.0.0.1/24, 2:1:1:1:1:1, TABLE t)", 2, 1 },
	{ "ARPQuerier(1.0.0.1, 2:1:1:1:1:1, ENTRY_CAPACITY 2, CAPACITY 3, ENTRY_PACKET_CAPACITY 1, "
	  "TIMEOUT 10s, POLL_TIMEOUT 2s)",
		2, 2 },
	{ "ARPQuerier(1.0.0.1, 2:1:1:1:1:1, POLL_TIMEOUT 0, BROADCAST 1.0.0.7)", 2, 2 },
	{ "ARPResponder(1.0.0.2 2:2:2:2:2:2, 1.0.0.0/29 2:3:3:3:3:3)", 1, 2 },
	{ "ARPPrint", 1, 1 },
	{ "CheckARPHeader(OFFSET 14, VERBOSE true)", 1, 2 },
	{ "CheckIP6Header(\"\", 1.0.0.7, OFFSET 14)", 1, 2 },
	{ "CheckIP6Header(BADADDRS 2001:db8::7)", 1, 2 },
	{ "MarkIP6Header(14)", 1, 1 },
	{ "MarkIP6Header(0)", 1, 1 },
	{ "DecIP6HLIM", 1, 2 },
	{ "GetIP6Address(24)", 1, 1 },
	{ "SetIP6Address(2001:db8::3)", 1, 1 },
	{ "SetIP6DSCP(46)", 1, 1 },
	{ "IP6Mirror", 1, 1 },
	{ "IP6Encap(41, ::1, DST_ANNO)", 1, 1 },
	{ "IP6Print(x, CONTENTS true)", 1, 1 },
	{ "IP6NDSolicitor(2001:db8::1, 2:1:1:1:1:1)", 2, 2 },
	{ "IP6NDSolicitor(2001:db8::1, 2:1:1:1:1:1, CAPACITY 2, ENTRY_CAPACITY 2, TIMEOUT 10s, "
	  "POLL_TIMEOUT 2s)",
		2, 1 },
	{ "IP6NDAdvertiser(2001:db8::2 2:2:2:2:2:2, 2001:db8::/64 2:3:3:3:3:3)", 1, 2 },
	{ "{ input -> ICMP6Error(2001:db8::9, pkttoobig, 0) -> Fuzz6 -> output }", 1, 1 },
	{ "{ input -> ICMP6Error(2001:db8::9, unreachable, 3) -> Fuzz6 -> output }", 1, 1 },
	{ "ICMP6Error(2001:db8::9, redirect, 0)", 1, 1 },
	{ "{ input -> ProtocolTranslator46 -> Fuzz6 -> output }", 1, 1 },
	{ "{ input -> ProtocolTranslator64 -> Fuzz4 -> output }", 1, 1 },
	{ "LookupIP6Route(2001:db8::2/127 0, 2001:db8::/32 fe80::1 1, ::/0 0)", 1, 2 },
	{ "RadixIPLookup(1.0.0.0/24 0, 1.0.0.4/31 1.0.0.9 1, 0/0 0)", 1, 2 },
	{ "LinearIPLookup(1.0.0.3/32 1.0.0.9 0)", 1, 2 },
};

/* For arguments out of the input. */
static const struct choice names[] = { { "EtherEncap", 1, 1 }, { "EnsureEther", 1, 1 },
	{ "HostEtherFilter", 1, 1 }, { "VLANEncap", 1, 1 }, { "VLANDecap", 1, 1 },
	{ "SetVLANAnno", 1, 1 }, { "EtherVLANEncap", 1, 1 }, { "StoreEtherAddress", 1, 1 },
	{ "GetEtherAddress", 1, 1 }, { "EtherSwitch", 2, 2 }, { "ARPQuerier", 2, 1 },
	{ "ARPResponder", 1, 1 }, { "ARPFaker", 0, 1 }, { "ARPTable", 0, 0 },
	{ "CheckARPHeader", 1, 1 }, { "CheckIP6Header", 1, 1 }, { "IP6Encap", 1, 1 },
	{ "IP6NDSolicitor", 2, 1 }, { "IP6NDAdvertiser", 1, 1 }, { "ICMP6Error", 1, 1 },
	{ "SetIP6DSCP", 1, 1 }, { "LookupIP6Route", 1, 2 }, { "RadixIPLookup", 1, 2 },
	{ "StaticIPLookup", 1, 2 } };

static struct nf_packet_pools pools;

void nf_print_line(const char *s)
{
	if (strlen(s) > 9000)
		abort();
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return -ENOENT;
}

static void fuzz_check(const struct uk_netbuf *p)
{
	const uint16_t at[] = { p->l2_off, p->l3_off, p->l4_off };
	volatile uint8_t sum = 0;

	UK_ASSERT(p->next == NULL && p->data >= p->buf);
	UK_ASSERT((size_t)(p->data - p->buf) + p->len <= p->buflen);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(at); i++)
		UK_ASSERT(at[i] == UK_NETBUF_NO_OFF || at[i] <= p->buflen);
	for (uint32_t i = 0; i < p->len; i++)
		sum = (uint8_t)(sum + p->data[i]);
}

static void fuzzsink_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	UK_ASSERT(n <= UK_BURST_MAX);
	for (uint16_t i = 0; i < n; i++) {
		fuzz_check(v[i]);
		uk_netbuf_free(v[i]);
	}
}

/* A right IPv6 packet with nothing behind it, a right checksum if it is ICMP. */
static void fuzz6_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct nf_ip6_hdr *ip = (const struct nf_ip6_hdr *)(void *)v[i]->data;

		fuzz_check(v[i]);
		UK_ASSERT(v[i]->len >= sizeof(*ip) && nf_ip6hdr_version(ip) == 6);
		UK_ASSERT(nf_inet_ntoh16(ip->len) == v[i]->len - sizeof(*ip));
		UK_ASSERT(nf_ip6hdr_of(v[i]) == ip);
		if (ip->next == NF_IP_ICMP6)
			UK_ASSERT(nf_ip6hdr_csum(
					  ip, NF_IP_ICMP6, ip + 1, v[i]->len - NF_IP6HDR_LEN) == 0);
	}
	nf_element_emit(e, 0, v, n);
}

static void fuzz4_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct nf_ip4 *ip = (const struct nf_ip4 *)(void *)v[i]->data;

		fuzz_check(v[i]);
		UK_ASSERT(v[i]->len >= IP4_LEN && ip->vhl == 0x45);
		UK_ASSERT(nf_inet_ntoh16(ip->len) == v[i]->len);
		UK_ASSERT(nf_inet_ip4_csum(ip, IP4_LEN) == 0);
		if (ip->proto == NF_IP_ICMP && !nf_inet_ip4_is_fragment(ip))
			UK_ASSERT(nf_inet_csum(ip + 1, v[i]->len - IP4_LEN) == 0);
	}
	nf_element_emit(e, 0, v, n);
}

static const struct nf_class fuzz_source = {
	.name = "FuzzSource", .ports = "0/-", .processing = "h/h"
};
static const struct nf_class fuzz_sink = {
	.name = "FuzzSink", .ports = "1/0", .processing = "h/h", .push = fuzzsink_push
};
static const struct nf_class fuzz_six = {
	.name = "Fuzz6", .ports = "1/1", .processing = "h/h", .push = fuzz6_push
};
static const struct nf_class fuzz_four = {
	.name = "Fuzz4", .ports = "1/1", .processing = "h/h", .push = fuzz4_push
};

extern const struct nf_class nf_arpfaker, nf_arpprint, nf_arpquerier, nf_arpresponder, nf_arptable,
	nf_checkarpheader, nf_checkip6header, nf_decip6hlim, nf_dropbroadcasts, nf_ensureether,
	nf_etherencap, nf_ethermirror, nf_etherrewrite, nf_etherswitch, nf_ethervlanencap,
	nf_getetheraddress, nf_getip6address, nf_hostetherfilter, nf_icmp6error, nf_ip6encap,
	nf_ip6mirror, nf_ip6ndadvertiser, nf_ip6ndsolicitor, nf_ip6print, nf_lineariplookup,
	nf_listenetherswitch, nf_lookupip6route, nf_markip6header, nf_protocoltranslator46,
	nf_protocoltranslator64, nf_radixiplookup, nf_setetheraddress, nf_setip6address,
	nf_setip6dscp, nf_setvlananno, nf_staticiplookup, nf_storeetheraddress,
	nf_stripethervlanheader, nf_vlandecap, nf_vlanencap;

const struct nf_class *const nf_classes[] = { &nf_arpfaker, &nf_arpprint, &nf_arpquerier,
	&nf_arpresponder, &nf_arptable, &nf_checkarpheader, &nf_checkip6header, &nf_decip6hlim,
	&nf_dropbroadcasts, &nf_ensureether, &nf_etherencap, &nf_ethermirror, &nf_etherrewrite,
	&nf_etherswitch, &nf_ethervlanencap, &nf_getetheraddress, &nf_getip6address,
	&nf_hostetherfilter, &nf_icmp6error, &nf_ip6encap, &nf_ip6mirror, &nf_ip6ndadvertiser,
	&nf_ip6ndsolicitor, &nf_ip6print, &nf_lineariplookup, &nf_listenetherswitch,
	&nf_lookupip6route, &nf_markip6header, &nf_protocoltranslator46, &nf_protocoltranslator64,
	&nf_radixiplookup, &nf_setetheraddress, &nf_setip6address, &nf_setip6dscp, &nf_setvlananno,
	&nf_staticiplookup, &nf_storeetheraddress, &nf_stripethervlanheader, &nf_vlandecap,
	&nf_vlanencap, &fuzz_source, &fuzz_sink, &fuzz_six, &fuzz_four, NULL };

/* Element `i`: each input has a source; outputs go to the one before, or aside. */
static void fuzz_links(
	struct nf_text *t, const struct choice *c, unsigned i, unsigned *nb_sources, uint8_t way)
{
	for (unsigned k = 0; k < c->ins; k++)
		nf_text_printf(t, "s [%u] -> [%u] e%u;\n", (*nb_sources)++, k, i);
	for (unsigned k = 0; k < c->outs; k++) {
		if (i == 0 || (way >> k & 1) != 0)
			nf_text_printf(t, "e%u [%u] -> side;\n", i, k);
		else
			nf_text_printf(t, "e%u [%u] -> e%u;\n", i, k, i - 1);
	}
}

static void fuzz_chain(struct fuzz_input *in, struct nf_text *t)
{
	unsigned nb = fuzz_in8(in) % CHAIN_MAX + 1, nb_sources = 1;

	nf_text_printf(t, "t :: ARPTable(ENTRY_CAPACITY 3); side :: FuzzSink;\n");
	nf_text_printf(t,
		"s :: FuzzSource -> side; ARPFaker(1.0.0.1, 2:1:1:1:1:1, 1.0.0.2, 2:2:2:2:2:2) -> side;\n");
	for (unsigned i = 0; i < nb; i++) {
		const struct choice *c = &choices[fuzz_in8(in) % UK_ARRAY_SIZE(choices)];

		nf_text_printf(t, "e%u :: %s;\n", i, c->text);
		fuzz_links(t, c, i, &nb_sources, fuzz_in8(in));
	}
}

/* One element, with arguments out of the input. */
static void fuzz_free_args(struct fuzz_input *in, struct nf_text *t)
{
	const struct choice *c = &names[fuzz_in8(in) % UK_ARRAY_SIZE(names)];
	unsigned nb_sources = 1;

	nf_text_printf(t, "t :: ARPTable; side :: FuzzSink; s :: FuzzSource -> side;\n");
	nf_text_printf(t, "e0 :: %s(", c->text);
	while (in->left > 0) {
		char ch = (char)fuzz_in8(in);

		if (ch == 0)
			break;
		nf_text_add(t, &ch, 1);
	}
	nf_text_printf(t, ");\n");
	fuzz_links(t, c, 0, &nb_sources, 0);
}

/* Writes one value to one handler; reads all of them. */
static void fuzz_handlers(struct nf_router *r, struct fuzz_input *in)
{
	static const char *const all[] = { "table", "stats", "count", "length", "drops", "dropped",
		"lookup", "add", "remove", "set", "ctrl", "insert", "delete", "clear", "flush",
		"timeout", "port_forwarding", "remove_port_forwarding", "vlan_tci", "src", "dst",
		"queries", "responses", "dscp", "vlan_pcp", "drop_details", "ipaddr", "broadcast",
		"reset_port_forwarding" };
	static const char *const values[] = { "1.0.0.2 2:2:2:2:2:2", "2001:db8::2 2:2:2:2:2:2",
		"1.0.0.2", "2001:db8::2", "1.0.0.0/24", "2001:db8::/32", "1.0.0.0/30 1.0.0.9 1",
		"2001:db8::/127 fe80::1 1", "add 1.0.0.0/31 1\nremove 1.0.0.0/24",
		"add ::/0 1\nset ::/0 0\nremove ::/1", "3", "0 1" };
	uint8_t which = fuzz_in8(in), what = fuzz_in8(in);
	struct nf_text out = { 0 };
	struct nf_errors errs = { 0 };
	char value[24];

	for (unsigned k = 0; k < sizeof(value) - 1; k++)
		value[k] = (what & 128) != 0 ? (char)fuzz_in8(in) : '\0';
	value[sizeof(value) - 1] = '\0';
	for (uint32_t i = 0; i < r->nb_elements; i++) {
		for (unsigned h = 0; h < UK_ARRAY_SIZE(all); h++) {
			struct nf_element *e = r->elements[i];
			const struct nf_handler *x = nf_handler_find(e, all[h]);
			const char *v =
				(what & 128) != 0 ? value : values[what % UK_ARRAY_SIZE(values)];

			if (x != NULL && x->read != NULL)
				(void)!x->read(e, x->arg, v, &out, &errs);
			if (x != NULL && x->write != NULL && which % UK_ARRAY_SIZE(all) == h)
				(void)!x->write(e, x->arg, v, &errs);
		}
	}
	nf_text_free(&out);
	nf_errors_free(&errs);
}

/* Again from the start, with what the elements know. */
static struct nf_router *fuzz_change(struct nf_router *r, const struct nf_text *text)
{
	struct nf_errors errs = { 0 };

	if (nf_router_change(r, text->s, text->len, "fuzz", &errs) == 0)
		r = nf_router_switch(r);
	nf_errors_free(&errs);
	return r;
}

static struct nf_router *fuzz_run(struct nf_core *core, struct nf_router *r, struct fuzz_input *in,
	const struct nf_text *text)
{
	struct uk_netbuf *v[UK_BURST_MAX];

	for (unsigned i = 0; i < STEPS && in->left > 0; i++) {
		struct nf_element *s = nf_router_find(r, "s");
		uint8_t what = fuzz_in8(in), most = what % 8 + 1;
		struct uk_netbuf *p;
		uint16_t n = 0;

		while (n < most && in->left > 0 && (p = fuzz_packet(in, &pools)) != NULL)
			v[n++] = p;
		nf_element_emit(s, (what >> 3) % s->nb_out, v, n);
		fake_plat_advance((uint64_t)(most & 3) * SECONDS_NS);
		nf_core_round(core);
		if ((what & 0xc0) == 0x80)
			fuzz_handlers(r, in);
		if ((what & 0xc0) == 0xc0)
			r = fuzz_change(r, text);
	}
	fuzz_handlers(r, in);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = { data, size };
	struct nf_errors errs = { 0 };
	struct nf_text text = { 0 };
	struct nf_router *r = NULL;
	struct nf_core core;
	bool free_args;

	fake_plat_reset();
	if (pools.small == NULL && nf_packet_pools_create(&pools, NB_SMALL, NB_LARGE) < 0)
		abort();
	nf_core_init(&core, &pools, 1);
	free_args = (fuzz_in8(&in) & 1) != 0;
	if (free_args)
		fuzz_free_args(&in, &text);
	else
		fuzz_chain(&in, &text);
	if (nf_router_load(&core, nf_text_get(&text), text.len, "fuzz", NULL, 0, NULL, &r, &errs) ==
		0)
		nf_router_destroy(fuzz_run(&core, r, &in, &text));
	else
		UK_ASSERT(free_args && errs.nb_errors > 0);
	nf_errors_free(&errs);
	nf_text_free(&text);
	nf_core_cleanup(&core);
	UK_ASSERT(pools.small->nb_free == NB_SMALL && pools.large->nb_free == NB_LARGE);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: the input is a chain of this folder's elements, their arguments, and packets. The
 * chain is loaded as a configuration, pushed or pulled; whatever happens, nothing is touched out of
 * bounds, what comes out is a packet whose positions lie in its buffer, and every buffer is back in
 * its pool in the end.
 *
 * Input: byte 0: how (bit 0: pull; bit 1: the text of an element's arguments follows, up to a 0);
 * byte 1: number of elements; a byte for each; then packets: flags, annotations, length (2), bytes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/ip/ip4.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_SMALL   80u
#define NB_LARGE   2u
#define CHAIN_MAX  8u
#define TEXT_MAX   4096
#define PACKETS    48u
#define SECONDS_NS 1000000000ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const choices[] = {
	"CheckIPHeader",
	"CheckIPHeader(14, CHECKSUM false)",
	"CheckIPHeader(BADSRC 1.0.0.1 2.0.0.2, GOODDST 3.0.0.3, VERBOSE true, DETAILS true)",
	"CheckIPHeader(INTERFACES 10.0.0.1/8)",
	"CheckIPHeader2",
	"MarkIPHeader",
	"MarkIPHeader(14)",
	"MarkMACHeader(0, 14)",
	"MarkMACHeader(3)",
	"StripToNetworkHeader",
	"StripIPHeader",
	"UnstripIPHeader",
	"DecIPTTL",
	"DecIPTTL(MULTICAST false)",
	"SetIPAddress(9.9.9.9)",
	"SetIPAddress(9.9.9.9, 20)",
	"GetIPAddress(16)",
	"GetIPAddress(IP src)",
	"StoreIPAddress(0)",
	"StoreIPAddress(src)",
	"StoreIPAddress(255.255.255.255, dst)",
	"StoreIPAddress(1.2.3.4, 30)",
	"SetRandIPAddress(10.0.0.0/8, 3)",
	"SetRandIPAddress(0.0.0.0/0)",
	"SetIPDSCP(46)",
	"SetIPECN(ce)",
	"MarkIPCE",
	"MarkIPCE(true)",
	"SetIPChecksum",
	"FixIPSrc(10.0.0.1)",
	"IPMirror",
	"CheckUDPHeader(DETAILS true)",
	"CheckTCPHeader",
	"CheckICMPHeader",
	"SetUDPChecksum",
	"SetTCPChecksum",
	"SetTCPChecksum(true)",
	"IPEncap(4, 1.0.0.1, 2.0.0.2)",
	"IPEncap(4, 1.0.0.1, DST_ANNO, DF true, ECT 2)",
	"UDPIPEncap(1.0.0.1, 1, 2.0.0.2, 2)",
	"DynamicUDPIPEncap(1.0.0.1, 1, 2.0.0.2, 2, true, 1)",
	"ICMPPingEncap(1.0.0.1, 2.0.0.2)",
	"ICMPIPEncap(1.0.0.1, 2.0.0.2, unreachable, port)",
	"ICMPError(1.0.0.1, timeexceeded)",
	"ICMPError(1.0.0.1, redirect, host, 2.0.0.2)",
	"ICMPError(1.0.0.1, parameterproblem, MTU 68)",
	"ICMPError(1.0.0.1, unreachable, needfrag, MTU 65535, PMTU 1400)",
	"ICMPPingResponder",
	"IPGWOptions(10.0.0.1, 10.0.0.2 1.1.1.1)",
	"IPFragmenter(68)",
	"IPFragmenter(576, false)",
	"IPFragmenter(8)",
	"IPReassembler",
	"IPReassembler(HIMEM 8000, MAX_MTU_ANNO 20)",
	"IPInputCombo(1, INTERFACES 10.0.0.1/8)",
	"IPOutputCombo(1, 10.0.0.1, 600)",
	"ICMPPingSource(1.0.0.1, 2.0.0.2, INTERVAL 0.5, LIMIT 3)",
	"ICMPPingSource(1.0.0.1, 2.0.0.2, MIRROR true, DATA xyz)",
};

/* For arguments out of the input. */
static const char *const names[] = { "CheckIPHeader", "MarkIPHeader", "MarkMACHeader", "DecIPTTL",
	"SetIPAddress", "GetIPAddress", "StoreIPAddress", "SetRandIPAddress", "SetIPDSCP",
	"SetIPECN", "MarkIPCE", "FixIPSrc", "IPMirror", "CheckUDPHeader", "SetTCPChecksum",
	"IPEncap", "UDPIPEncap", "DynamicUDPIPEncap", "ICMPPingEncap", "ICMPIPEncap", "ICMPError",
	"IPGWOptions", "IPFragmenter", "IPReassembler", "IPInputCombo", "IPOutputCombo",
	"ICMPPingSource", "ICMPSendPings", "IPFieldInfo" };

static struct nf_packet_pools pools;

void nf_print_line(const char *s)
{
	if (strlen(s) > 1000)
		abort();
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return -ENOENT;
}

/* What comes out: read in full, positions checked, freed. */
static void fuzz_end(struct uk_netbuf *p)
{
	const uint16_t at[] = { p->l2_off, p->l3_off, p->l4_off };
	volatile uint8_t sum = 0;

	UK_ASSERT(p->next == NULL && p->data >= p->buf && nf_ip4_end(p) <= p->buflen);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(at); i++)
		UK_ASSERT(at[i] == UK_NETBUF_NO_OFF || at[i] <= p->buflen);
	for (uint32_t i = 0; i < p->len; i++)
		sum = (uint8_t)(sum + p->data[i]);
	uk_netbuf_free(p);
}

static void fuzzsink_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	UK_ASSERT(n <= UK_BURST_MAX);
	for (uint16_t i = 0; i < n; i++)
		fuzz_end(v[i]);
}

/* Packets that wait to be pulled. */
struct fuzzstore_state {
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t nb;
};

static uint16_t fuzzstore_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct fuzzstore_state *s = e->state;
	uint16_t k = s->nb < n ? s->nb : n;

	memcpy(v, s->v + s->nb - k, k * sizeof(*v));
	s->nb = (uint16_t)(s->nb - k);
	return k;
}

static const struct nf_class fuzz_source = {
	.name = "FuzzSource", .ports = "0/1", .processing = "h/h"
};
static const struct nf_class fuzz_sink = {
	.name = "FuzzSink", .ports = "1/0", .processing = "h/h", .push = fuzzsink_push
};
static const struct nf_class fuzz_store = { .name = "FuzzStore",
	.ports = "0/1",
	.processing = "l/l",
	.state_size = sizeof(struct fuzzstore_state),
	.pull = fuzzstore_pull };
static const struct nf_class fuzz_drain = {
	.name = "FuzzDrain", .ports = "1/0", .processing = "l/l"
};

extern const struct nf_class nf_checkicmpheader, nf_checkipheader, nf_checkipheader_2,
	nf_checktcpheader, nf_checkudpheader, nf_decipttl, nf_dynamicudpipencap, nf_fixipsrc,
	nf_getipaddress, nf_icmperror, nf_icmpipencap, nf_icmppingencap, nf_icmppingresponder,
	nf_icmppingsource, nf_icmppingsource_sendpings, nf_ipencap, nf_ipfieldinfo,
	nf_ipfieldinfo_name, nf_ipfragmenter, nf_ipgwoptions, nf_ipinputcombo, nf_ipmirror,
	nf_ipoutputcombo, nf_ipreassembler, nf_markipce, nf_markipheader, nf_markmacheader,
	nf_setipaddress, nf_setipchecksum, nf_setipdscp, nf_setipecn, nf_setrandipaddress,
	nf_settcpchecksum, nf_setudpchecksum, nf_storeipaddress, nf_stripipheader,
	nf_striptonetworkheader, nf_udpipencap, nf_unstripipheader;

const struct nf_class *const nf_classes[] = { &nf_checkicmpheader, &nf_checkipheader,
	&nf_checkipheader_2, &nf_checktcpheader, &nf_checkudpheader, &nf_decipttl,
	&nf_dynamicudpipencap, &nf_fixipsrc, &nf_getipaddress, &nf_icmperror, &nf_icmpipencap,
	&nf_icmppingencap, &nf_icmppingresponder, &nf_icmppingsource, &nf_icmppingsource_sendpings,
	&nf_ipencap, &nf_ipfieldinfo, &nf_ipfieldinfo_name, &nf_ipfragmenter, &nf_ipgwoptions,
	&nf_ipinputcombo, &nf_ipmirror, &nf_ipoutputcombo, &nf_ipreassembler, &nf_markipce,
	&nf_markipheader, &nf_markmacheader, &nf_setipaddress, &nf_setipchecksum, &nf_setipdscp,
	&nf_setipecn, &nf_setrandipaddress, &nf_settcpchecksum, &nf_setudpchecksum,
	&nf_storeipaddress, &nf_stripipheader, &nf_striptonetworkheader, &nf_udpipencap,
	&nf_unstripipheader, &fuzz_source, &fuzz_sink, &fuzz_store, &fuzz_drain, NULL };

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t in8(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static uint16_t in16(struct input *in)
{
	uint16_t hi = in8(in);

	return (uint16_t)(hi << 8 | in8(in));
}

/* "NAME(text)" with the text out of the input. */
static void fuzz_free_args(struct input *in, struct nf_text *t)
{
	nf_text_printf(t, "x :: %s(", names[in8(in) % UK_ARRAY_SIZE(names)]);
	while (in->left > 0) {
		char c = (char)in8(in);

		if (c == 0)
			break;
		nf_text_add(t, &c, 1);
	}
	nf_text_printf(t, ");\nFuzzSource -> x -> FuzzSink;\n");
}

/* Every element with all its outputs connected; the first goes on to the next element. */
static void fuzz_chain(struct input *in, bool pull, struct nf_text *t)
{
	unsigned nb = in8(in) % CHAIN_MAX + 1;

	nf_text_printf(t, "side :: FuzzSink; s :: %s;\n", pull ? "FuzzStore" : "FuzzSource");
	for (unsigned i = 0; i < nb; i++) {
		const char *c = choices[in8(in) % UK_ARRAY_SIZE(choices)];
		unsigned outs = 1;

		if (strncmp(c, "IPOutputCombo", 13) == 0)
			outs = 5;
		else if (strncmp(c, "Check", 5) == 0 || strncmp(c, "DecIPTTL", 8) == 0 ||
			 strncmp(c, "StoreIP", 7) == 0 || strncmp(c, "SetUDP", 6) == 0 ||
			 strncmp(c, "ICMPPingR", 9) == 0 || strncmp(c, "IPGW", 4) == 0 ||
			 strncmp(c, "IPFragm", 7) == 0 || strncmp(c, "IPReass", 7) == 0)
			outs = 1 + (in8(in) & 1);
		nf_text_printf(t, "e%u :: %s;\n", i, c);
		for (unsigned o = 1; o < outs; o++)
			nf_text_printf(t, "e%u [%u] -> side;\n", i, o);
	}
	nf_text_printf(t, "s");
	for (unsigned i = 0; i < nb; i++)
		nf_text_printf(t, " -> e%u", i);
	nf_text_printf(t, " -> %s;\n", pull ? "d :: FuzzDrain" : "side");
}

/* Makes an IP header of the first bytes: right version, lengths and checksum. */
static void fuzz_repair(struct uk_netbuf *p, uint32_t at, uint8_t flags)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(p->data + at);
	uint32_t hlen;

	if (p->len < at + NF_IP4_HLEN)
		return;
	ip->vhl = (uint8_t)(0x40 | (ip->vhl & 15));
	if ((flags & 8) != 0 || (ip->vhl & 15) < 5)
		ip->vhl = NF_IP4_VHL;
	ip->len = nf_inet_hton16((uint16_t)(p->len - at));
	if ((flags & 16) != 0)
		ip->off &= nf_inet_hton16(NF_IP_MF | 7);
	hlen = nf_inet_ip4_hlen(ip);
	if (hlen <= p->len - at)
		nf_ip4_set_csum(ip, hlen);
}

static struct uk_netbuf *fuzz_packet(struct input *in)
{
	uint8_t flags = in8(in), anno = in8(in);
	uint32_t len = in16(in) & ((flags & 128) != 0 ? 0xffff : 0x1ff);
	struct uk_netbuf *p = nf_packet_alloc(&pools, anno & 31, len);

	if (p == NULL)
		return NULL;
	for (uint32_t i = 0; i < len; i++)
		p->data[i] = i < 512 ? in8(in) : (uint8_t)i;
	if ((flags & 1) != 0)
		fuzz_repair(p, (flags & 2) != 0 ? NF_ETHER_LEN : 0, flags);
	if ((flags & 4) != 0 && len > 0)
		nf_ip4_mark(p, p->data + anno % len, NF_IP4_HLEN);
	if ((flags & 32) != 0 && len > 64) /* a stripped header */
		nf_packet_pull(p, anno & 63);
	nf_packet_set_anno_u8(p, NF_ANNO_FIX_IP_SRC, flags >> 6 & 1);
	nf_packet_set_anno_u8(p, NF_ANNO_ICMP_PARAMPROB, anno);
	nf_packet_set_anno_u8(p, NF_ANNO_PAINT, anno & 3);
	nf_packet_anno(p)->type = (flags >> 5 & 7) == 7 ? anno & 3 : 0;
	nf_packet_anno(p)->time_ns = (flags & 64) != 0 ? anno * SECONDS_NS : 0;
	return p;
}

/* Reads what can be read; writes a value out of the input to what can be written. */
static void fuzz_handler(struct nf_element *e, const char *name, const char *value)
{
	const struct nf_handler *x = nf_handler_find(e, name);
	struct nf_errors errs = { 0 };
	struct nf_text out = { 0 };

	if (x != NULL && x->read != NULL)
		(void)!x->read(e, x->arg, "", &out, &errs);
	if (x != NULL && x->write != NULL)
		(void)!x->write(e, x->arg, value, &errs);
	nf_text_free(&out);
	nf_errors_free(&errs);
}

static void fuzz_handlers(struct nf_router *r, struct input *in)
{
	static const char *const handlers[] = { "drops", "drop_details", "dropped", "dump",
		"summary", "rtt_min", "rtt_avg", "src", "dst", "sport", "dport", "fragments",
		"count", "active", "dscp", "ecn", "mtu", "pmtu", "limit", "interval",
		"reset_counts" };
	char value[16];

	for (uint32_t i = 0; i < r->nb_elements; i++) {
		for (unsigned h = 0; h < UK_ARRAY_SIZE(handlers); h++) {
			for (unsigned k = 0; k < sizeof(value) - 1; k++)
				value[k] = k < in->left ? (char)in->at[k] : '\0';
			value[sizeof(value) - 1] = '\0';
			fuzz_handler(r->elements[i], handlers[h], value);
		}
	}
}

static void fuzz_run(struct nf_core *core, struct nf_router *r, struct input *in, bool pull)
{
	struct nf_element *s = nf_router_find(r, "s"), *d = nf_router_find(r, "d");
	struct uk_netbuf *v[UK_BURST_MAX];

	for (unsigned i = 0; s != NULL && i < PACKETS && in->left > 0; i++) {
		uint16_t n = 0, most = in8(in) % 8 + 1;
		struct uk_netbuf *p;

		while (n < most && in->left > 0 && (p = fuzz_packet(in)) != NULL)
			v[n++] = p;
		if (pull) {
			struct fuzzstore_state *st = s->state;

			memcpy(st->v, v, n * sizeof(*v));
			st->nb = n;
			while ((n = nf_element_fetch(d, 0, v, most)) > 0)
				fuzzsink_push(d, 0, v, n);
			while (st->nb > 0)
				uk_netbuf_free(st->v[--st->nb]);
		} else {
			nf_element_emit(s, 0, v, n);
		}
		fake_plat_advance((uint64_t)(most & 3) * 5 * SECONDS_NS);
		nf_core_round(core);
		if (most == 3)
			fuzz_handlers(r, in);
	}
	fuzz_handlers(r, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t how = in8(&in);
	bool pull = (how & 1) != 0;
	struct nf_errors errs = { 0 };
	struct nf_text text = { 0 };
	struct nf_router *r = NULL;
	struct nf_core core;

	fake_plat_reset();
	if (pools.small == NULL && nf_packet_pools_create(&pools, NB_SMALL, NB_LARGE) < 0)
		abort();
	nf_core_init(&core, &pools, 1);
	if ((how & 2) != 0)
		fuzz_free_args(&in, &text);
	else
		fuzz_chain(&in, pull, &text);
	if (nf_router_load(&core, nf_text_get(&text), text.len, "fuzz", NULL, 0, NULL, &r, &errs) ==
		0) {
		fuzz_run(&core, r, &in, pull && (how & 2) == 0);
		nf_router_destroy(r);
	} else {
		UK_ASSERT(errs.nb_errors > 0);
	}
	nf_errors_free(&errs);
	nf_text_free(&text);
	nf_core_cleanup(&core);
	UK_ASSERT(pools.small->nb_free == NB_SMALL && pools.large->nb_free == NB_LARGE);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: the input chooses an element of this folder (or gives a text as its arguments), and is
 * packets for its inputs. Whatever happens, nothing is touched out of bounds, what comes out is a
 * packet whose positions lie in its buffer, and every buffer is back in its pool in the end.
 *
 * Input: byte 0: which configuration; for the last ones, text up to a 0; then packets: flags,
 * length (2), bytes. Flags: 1: second input; 2: make an IP header of it; 4, 8: UDP or TCP or GRE
 * by the protocol's usual place; 16: a DNS answer to the last question that went out; 32: time
 * passes; 64: no mark.
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/ip/ip4.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_SMALL   96u
#define NB_LARGE   2u
#define TEXT_MAX   4096
#define PACKETS    200u
#define SECONDS_NS 1000000000ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ONE                                                                                        \
	"s0 :: FuzzSource; s1 :: FuzzSource; side :: FuzzSink; up :: FuzzUp; s1 -> side; s0 -> x :: "
#define TWO "s0 :: FuzzSource; s1 :: FuzzSource; side :: FuzzSink; up :: FuzzUp; s0 -> [0]x :: "

static const char *const configs[] = {
	ONE "VXLANEncap(1.0.0.1, 2.0.0.2, 42, TTL inherit, DSCP inherit, MTU 900); x[0] -> side; "
	    "x[1] -> side; Idle -> up",
	ONE
	"VXLANEncap(1.0.0.1, DST_ANNO, 42, CHECKSUM true) -> VXLANDecap(42) -> side; Idle -> up",
	ONE "VXLANDecap(42); x[0] -> side; x[1] -> up",
	ONE "GREEncap(1.0.0.1, 2.0.0.2, KEY 1, SEQUENCE true, CHECKSUM true) -> "
	    "GREDecap(KEY 1, SEQUENCE true) -> side; Idle -> up",
	ONE "GREEncap(1.0.0.1, 2.0.0.2, TYPE ether, TTL inherit, MTU 68); x[0] -> side; x[1] -> up",
	ONE "GREDecap; x[0] -> side; x[1] -> up",
	ONE "GREDecap(TYPE ether, KEY 0, SEQUENCE true); x[0] -> side; x[1] -> up",
	ONE
	"PatternMatcher(a \"ab\", b \"aba\" nocase, c \\<00 00>, d \"abc\" offset 3 depth 9 tcp,"
	" e \"b\" port 53 drop, f \"xyz\" divert, HEAD 64, HOLD 2, CAPACITY 3, ALERTS 5,"
	" TIMEOUT 7, MEMORY 40, LOG true); x[0] -> side; x[1] -> up",
	ONE "PatternMatcher(a \"aa\", HOLD 0, ACTION drop, MEMORY 0) -> side; Idle -> up",
	TWO "VXLANTunnel(1.0.0.1 1.0.0.2 1.0.0.3, CAPACITY 4, TIMEOUT 5) -> side; s1 -> [1]x[1] -> "
	    "side; Idle -> up",
	TWO "DNSCache(1.0.0.1, 2.0.0.2, CAPACITY 2, PENDING 3) -> side; s1 -> [1]x[1] -> up",
	TWO "DNSCache(1.0.0.1, 2.0.0.2, CAPACITY 9, PENDING 9, RANDOM_CASE true) -> side; "
	    "s1 -> [1]x[1] -> up",
};

/* "(text)" out of the input, then what connects it. */
static const char *const named[][2] = {
	{ ONE "PatternMatcher(", "); x -> side; Idle -> up" },
	{ ONE "VXLANEncap(", "); x -> side; Idle -> up" },
	{ ONE "GREEncap(", "); x -> side; Idle -> up" },
	{ TWO "VXLANTunnel(", "); x -> side; s1 -> [1]x[1] -> side; Idle -> up" },
	{ TWO "DNSCache(", "); x -> side; s1 -> [1]x[1] -> up" },
};

static struct nf_packet_pools pools;
static uint8_t last_port[2], last_id[2]; /* of the last question that went out */

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

static void fuzzup_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		if (v[i]->len >= 30) {
			memcpy(last_port, v[i]->data + 20, 2);
			memcpy(last_id, v[i]->data + 28, 2);
		}
		fuzz_end(v[i]);
	}
}

static const struct nf_class fuzz_source = {
	.name = "FuzzSource", .ports = "0/1", .processing = "h/h"
};
static const struct nf_class fuzz_idle = { .name = "Idle", .ports = "0/1", .processing = "h/h" };
static const struct nf_class fuzz_sink = {
	.name = "FuzzSink", .ports = "1/0", .processing = "h/h", .push = fuzzsink_push
};
static const struct nf_class fuzz_up = {
	.name = "FuzzUp", .ports = "1/0", .processing = "h/h", .push = fuzzup_push
};

extern const struct nf_class nf_dnscache, nf_gredecap, nf_greencap, nf_patternmatcher,
	nf_vxlandecap, nf_vxlanencap, nf_vxlantunnel;

const struct nf_class *const nf_classes[] = { &nf_dnscache, &nf_gredecap, &nf_greencap,
	&nf_patternmatcher, &nf_vxlandecap, &nf_vxlanencap, &nf_vxlantunnel, &fuzz_source,
	&fuzz_idle, &fuzz_sink, &fuzz_up, NULL };

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

static void fuzz_text(struct input *in, struct nf_text *t, unsigned which)
{
	if (which < UK_ARRAY_SIZE(configs)) {
		nf_text_printf(t, "%s;", configs[which]);
		return;
	}
	which = (which - UK_ARRAY_SIZE(configs)) % UK_ARRAY_SIZE(named);
	nf_text_printf(t, "%s", named[which][0]);
	for (unsigned i = 0; i < TEXT_MAX && in->left > 0; i++) {
		char c = (char)in8(in);

		if (c == 0)
			break;
		nf_text_add(t, &c, 1);
	}
	nf_text_printf(t, "%s;", named[which][1]);
}

/* Makes an IP header of the first bytes, and of UDP's what the elements ask for. */
static void fuzz_repair(struct uk_netbuf *p, uint8_t flags)
{
	static const uint8_t protos[] = { NF_IP_UDP, NF_IP_TCP, NF_IP_GRE, NF_IP_ICMP };
	static const uint16_t ports[] = { 53, 4789 };
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)p->data;
	uint8_t *l4 = p->data + NF_IP4_HLEN;

	if (p->len < NF_IP4_HLEN + sizeof(struct nf_udp))
		return;
	ip->vhl = NF_IP4_VHL;
	ip->len = nf_inet_hton16((uint16_t)p->len);
	ip->off = 0;
	ip->proto = protos[flags >> 2 & 3];
	ip->src &= 0x03000000; /* few flows */
	ip->dst &= 0x03000000;
	if (ip->proto == NF_IP_TCP && p->len >= NF_IP4_HLEN + sizeof(struct nf_tcp)) {
		memset(l4, 0, 6);
		l4[12] = 0x50;
	}
	if (ip->proto != NF_IP_UDP)
		return;
	nf_inet_put16(l4 + 2, ports[l4[2] & 1]);
	nf_inet_put16(l4 + 4, (uint16_t)(p->len - NF_IP4_HLEN));
	nf_inet_put16(l4 + 6, 0);
	if ((flags & 16) != 0 && p->len >= NF_IP4_HLEN + 10) {
		ip->src = nf_inet_hton32(0x02000002);
		ip->dst = nf_inet_hton32(0x01000001);
		nf_inet_put16(l4, 53);
		memcpy(l4 + 2, last_port, 2);
		memcpy(l4 + 8, last_id, 2);
	}
}

static struct uk_netbuf *fuzz_packet(struct input *in, uint8_t flags)
{
	uint32_t len = in8(in) | (uint32_t)(in8(in) & 7) << 8;
	struct uk_netbuf *p = nf_packet_alloc(&pools, 0, len);

	if (p == NULL)
		return NULL;
	for (uint32_t i = 0; i < len; i++)
		p->data[i] = i < 512 ? in8(in) : (uint8_t)i;
	if ((flags & 2) != 0)
		fuzz_repair(p, flags);
	if ((flags & 64) == 0)
		nf_ip4_mark(p, p->data, NF_IP4_HLEN);
	nf_packet_set_dst_ip(p, flags);
	return p;
}

static void fuzz_handlers(struct nf_element *e)
{
	for (const struct nf_handler *x = e->class->handlers; x != NULL && x->name != NULL; x++) {
		struct nf_errors errs = { 0 };
		struct nf_text out = { 0 };

		if (x->read != NULL)
			(void)!x->read(e, x->arg, "", &out, &errs);
		nf_text_free(&out);
		nf_errors_free(&errs);
	}
}

static void fuzz_run(struct nf_core *core, struct nf_router *r, struct input *in)
{
	struct nf_element *s[2] = { nf_router_find(r, "s0"), nf_router_find(r, "s1") };
	struct nf_element *x = nf_router_find(r, "x");

	for (unsigned i = 0; i < PACKETS && in->left > 0; i++) {
		uint8_t flags = in8(in);
		struct uk_netbuf *p = fuzz_packet(in, flags);

		if (p != NULL)
			nf_element_emit(s[flags & 1], 0, &p, 1);
		if ((flags & 32) != 0)
			fake_plat_advance(3 * SECONDS_NS);
		nf_core_round(core);
	}
	if (x != NULL)
		fuzz_handlers(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	unsigned which = in8(&in) % (UK_ARRAY_SIZE(configs) + UK_ARRAY_SIZE(named));
	struct nf_errors errs = { 0 };
	struct nf_text text = { 0 };
	struct nf_router *r = NULL;
	struct nf_core core;

	fake_plat_reset();
	if (pools.small == NULL && nf_packet_pools_create(&pools, NB_SMALL, NB_LARGE) < 0)
		abort();
	nf_core_init(&core, &pools, 1);
	fuzz_text(&in, &text, which);
	if (nf_router_load(&core, nf_text_get(&text), text.len, "fuzz", NULL, 0, NULL, &r, &errs) ==
		0) {
		if (nf_router_find(r, "s0") != NULL && nf_router_find(r, "s1") != NULL)
			fuzz_run(&core, r, &in);
		nf_router_destroy(r);
	} else {
		UK_ASSERT(errs.nb_errors > 0 && which >= UK_ARRAY_SIZE(configs));
	}
	nf_errors_free(&errs);
	nf_text_free(&text);
	nf_core_cleanup(&core);
	UK_ASSERT(pools.small->nb_free == NB_SMALL && pools.large->nb_free == NB_LARGE);
	return 0;
}

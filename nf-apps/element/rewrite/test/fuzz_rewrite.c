/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: packets, handler writes, live changes and the passing of time for a configuration in which
 * all elements of this folder are connected. Whatever happens: nothing is touched out of bounds, every buffer
 * comes back, checksums that were right stay right, and tables agree with themselves: each flow is found
 * by its keys, bindings and inputs count their flows.
 *
 * Input: byte 0: 0 to 15: the text of an input specification and of keywords follows; else steps:
 * what (packets into an element's input, a handler, time, another configuration), then its bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/rewrite/flowfilter.h"
#include "nf-apps/element/rewrite/rwbase.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_SMALL   80u
#define NB_LARGE   2u
#define STEPS      64u
#define TEXT_MAX   512u
#define SECONDS_NS 1000000000ull

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nf_packet_pools pools;

void nf_print_line(const char *s)
{
	UK_ASSERT(strlen(s) < 1000);
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return -ENOENT;
}

/* Of the Internet checksum only whether it is right. */
static bool fuzz_l4_right(const struct nf_ip4 *ip, uint32_t hlen, uint32_t len)
{
	const uint8_t *l4 = (const uint8_t *)ip + hlen;
	const struct nf_udp *udp = (const struct nf_udp *)(const void *)l4;

	if (ip->proto == NF_IP_ICMP)
		return nf_inet_csum(l4, len) == 0;
	if (ip->proto == NF_IP_UDP && (len < sizeof(*udp) || udp->csum == 0))
		return true;
	return nf_inet_fold(nf_inet_sum(
		       l4, len, nf_inet_pseudo4(ip->src, ip->dst, ip->proto, (uint16_t)len))) == 0;
}

/* port: 1 if the packet's checksums were right at the start. */
static void fuzz_end(struct uk_netbuf *p)
{
	const struct nf_ip4 *ip = (const struct nf_ip4 *)(const void *)(p->buf + p->l3_off);
	uint32_t hlen;

	UK_ASSERT(p->next == NULL && p->data >= p->buf &&
		  uk_netbuf_headroom(p) + p->len <= p->buflen);
	if (p->port == 1) {
		hlen = nf_inet_ip4_hlen(ip);
		UK_ASSERT(nf_inet_ip4_csum(ip, hlen) == 0);
		UK_ASSERT(fuzz_l4_right(ip, hlen, nf_inet_ntoh16(ip->len) - hlen));
	}
	uk_netbuf_free(p);
}

static void fuzzsink_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	UK_ASSERT(n <= UK_BURST_MAX);
	for (uint16_t i = 0; i < n; i++)
		fuzz_end(v[i]);
}

static const struct nf_class fuzz_source = {
	.name = "FuzzSource", .ports = "0/-", .processing = "h/h"
};
static const struct nf_class fuzz_sink = {
	.name = "FuzzSink", .ports = "1/0", .processing = "h/h", .push = fuzzsink_push
};

extern const struct nf_class nf_cgnatmap, nf_flowbalancer, nf_flowfilter, nf_ftpportmapper,
	nf_icmppingrewriter, nf_icmprewriter, nf_ipaddrpairrewriter, nf_ipaddrrewriter,
	nf_iprewriter, nf_iprewriterpatterns, nf_roundrobinipmapper, nf_sourceiphashmapper,
	nf_tcprewriter, nf_udprewriter;

const struct nf_class *const nf_classes[] = { &nf_cgnatmap, &nf_flowbalancer, &nf_flowfilter,
	&nf_ftpportmapper, &nf_icmppingrewriter, &nf_icmprewriter, &nf_ipaddrpairrewriter,
	&nf_ipaddrrewriter, &nf_iprewriter, &nf_iprewriterpatterns, &nf_roundrobinipmapper,
	&nf_sourceiphashmapper, &nf_tcprewriter, &nf_udprewriter, &fuzz_source, &fuzz_sink, NULL };

/* The first goes on as the second and back. Sources' outputs are the inputs that packets may take. */
static const char *const configs[] = {
	"k :: FuzzSink; s :: FuzzSource;"
	"IPRewriterPatterns(pat 10.0.0.9 4-7 - -);"
	"rr :: RoundRobinIPMapper(- - 10.0.0.1 - 0 1, - 3-4 10.0.0.2 5 0 0);"
	"lb :: FlowBalancer(10.0.0.1:4, 10.0.0.2 3, TABLE_SIZE 251);"
	"cg :: CGNATMap(10.0.0.3, PORTS 1-8, BLOCK_SIZE 2, MAX_SESSIONS 5, HOLD 9, ROUTPUT 0);"
	"a :: IPRewriter(pattern pat 0 1, drop, rr, lb, keep 0 1, MAPPING_CAPACITY 6);"
	"b :: IPRewriter(cg, drop, pattern 10.0.0.7 1-9# - - 1 0, HAIRPIN true, INBOUND true, MAPPING_CAPACITY 9);"
	"t :: TCPRewriter(pattern 10.0.0.8 1-3? - - 0 0, pass 0, MAPPING_CAPACITY a);"
	"u :: UDPRewriter(pattern - 1-5 10.0.0.4 - 0 0, nochange, ENDPOINT_INDEPENDENT true, PARITY true, GUARANTEE 0);"
	"g :: ICMPPingRewriter(pattern 10.0.0.5 - 0-3 0 0, cg, pass);"
	"n :: IPAddrRewriter(pattern 10.0.0.0/29 - 0 0, pass); o :: IPAddrPairRewriter(pattern 10.0.0.1-10.0.0.3# - 0 0, keep 0 0);"
	"i :: ICMPRewriter(a t u b g n o); f :: FTPPortMapper(t, b, 2); d :: FlowBalancer(10.0.0.1, 10.0.0.5, TABLE_SIZE 251, CAPACITY 4);"
	"w :: FlowFilter(CAPACITY 5, PICKUP true); x :: FlowFilter(WINDOW false, GUARANTEE 0);"
	"s -> a; s[1] -> [1]a; s[2] -> [2]a; s[3] -> [3]a; s[4] -> [4]a; a -> k; a[1] -> k;"
	"s[5] -> b; s[6] -> [1]b; s[7] -> [2]b; b -> k; b[1] -> k; s[8] -> f -> t -> k; s[9] -> [1]t;"
	"s[10] -> u -> k; s[11] -> [1]u; s[12] -> g -> k; s[13] -> [1]g; s[14] -> [2]g;"
	"s[15] -> n -> k; s[16] -> [1]n; s[17] -> o -> k; s[18] -> [1]o; s[19] -> i -> k; i[1] -> k;"
	"s[20] -> d -> k; d[1] -> k; s[21] -> w -> k; s[22] -> [1]w[1] -> k; s[23] -> [2]w[2] -> k;"
	"s[24] -> x -> k; s[25] -> [1]x[1] -> k;",
	"k :: FuzzSink; s :: FuzzSource;"
	"cg :: CGNATMap(10.0.0.3, PORTS 1-8, BLOCK_SIZE 2, FOUTPUT 0, ROUTPUT 0);"
	"lb :: FlowBalancer(10.0.0.2, 10.0.0.1:4 0, 10.0.0.6, TABLE_SIZE 251, HASH source);"
	"sh :: SourceIPHashMapper(3 4, - - 10.0.0.1 - 0 0 7, - - 10.0.0.2 - 0 0 9);"
	"a :: IPRewriter(drop, lb, pattern 10.0.0.9 4-7# - - 0 0, MAPPING_CAPACITY b);"
	"b :: IPRewriter(drop, cg, sh, INBOUND true, MAPPING_CAPACITY 7); t :: TCPRewriter(keep 0 0);"
	"g :: ICMPPingRewriter(cg, drop); i :: ICMPRewriter(a:0 b); d :: FlowBalancer(10.0.0.7, 10.0.0.5, TABLE_SIZE 257);"
	"w :: FlowFilter(REAP_INTERVAL 0); n :: IPAddrRewriter(drop);"
	"s -> a; s[1] -> [1]a; s[2] -> [2]a; a -> k; a[1] -> k; s[3] -> b; s[4] -> [1]b; s[5] -> [2]b; b -> k; s[6] -> t -> k;"
	"s[7] -> g -> k; s[8] -> [1]g; s[9] -> i -> k; i[1] -> k; s[10] -> d -> k; s[11] -> w -> k; s[12] -> [1]w; w[1] -> k; s[13] -> n -> k;",
};

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

/* Few addresses and ports, so that packets meet flows. */
static nf_be32 fuzz_addr(uint8_t b)
{
	return nf_inet_hton32(0x0a000000 + (b & 7) + (b & 8 ? 0 : 1));
}

static void fuzz_sum(struct nf_ip4 *ip, uint32_t len)
{
	struct nf_icmp *icmp = (struct nf_icmp *)(void *)(ip + 1);
	struct nf_tcp *tcp = (struct nf_tcp *)(void *)(ip + 1);
	struct nf_udp *udp = (struct nf_udp *)(void *)(ip + 1);
	uint32_t l4 = len - (uint32_t)sizeof(*ip);
	uint64_t pseudo = nf_inet_pseudo4(ip->src, ip->dst, ip->proto, (uint16_t)l4);

	ip->csum = 0;
	ip->csum = nf_inet_csum(ip, sizeof(*ip));
	if (ip->proto == NF_IP_ICMP && l4 >= sizeof(*icmp)) {
		icmp->csum = 0;
		icmp->csum = nf_inet_csum(icmp, l4);
	} else if (ip->proto == NF_IP_UDP && l4 >= sizeof(*udp) && udp->csum != 0) {
		udp->csum = 0;
		udp->csum = nf_inet_fold(nf_inet_sum(udp, l4, pseudo));
		udp->csum = udp->csum ? udp->csum : 0xffff;
	} else if (ip->proto == NF_IP_TCP && l4 >= sizeof(*tcp)) {
		tcp->csum = 0;
		tcp->csum = nf_inet_fold(nf_inet_sum(tcp, l4, pseudo));
	}
}

/* A header of the input's choice over its bytes. Returns whether all sums are right. */
static bool fuzz_header(struct nf_ip4 *ip, uint32_t len, uint8_t how, struct input *in)
{
	static const uint8_t protos[] = { 6, 17, 1, 17, 6, 33, 47, 6 };
	uint16_t *ports = (uint16_t *)(void *)(ip + 1);
	uint8_t ends = in8(in), nr = in8(in);

	if (len < sizeof(*ip) + 8)
		return false;
	ip->vhl = 0x45;
	ip->len = nf_inet_hton16((uint16_t)len);
	ip->off = how & 64 ? ip->off : 0;
	ip->proto = protos[how & 7];
	ip->src = fuzz_addr(ends & 15);
	ip->dst = fuzz_addr(ends >> 4);
	ports[0] = nf_inet_hton16(nr & 7);
	ports[1] = nf_inet_hton16(nr >> 3 & 7);
	if (ip->proto == NF_IP_TCP && len >= 40)
		((uint8_t *)(ip + 1))[12] = (uint8_t)(0x50 | (nr >> 6 & 1) << 5);
	if (ip->proto == NF_IP_ICMP) {
		((uint8_t *)(ip + 1))[0] = (uint8_t[]){ 8, 0, 3, 11 }[nr >> 6];
		ports[1] = 0;
		ports[2] = nf_inet_hton16(nr & 7);
		if (nr >> 7 && len >= 56) /* an error about a packet like this */
			(void)fuzz_header((struct nf_ip4 *)(void *)((uint8_t *)(ip + 1) + 8),
				len - 28, in8(in) & 0x83, in);
	}
	fuzz_sum(ip, len);
	return (how & 64) == 0 && ip->proto != 33 && ip->proto != 47 &&
	       (ip->proto != NF_IP_TCP || len >= 40);
}

static struct uk_netbuf *fuzz_packet(struct input *in)
{
	static const char port[] = "PORT 10,0,0,1,0,5\r\n";
	uint8_t how = in8(in), at = in8(in);
	uint32_t len = in8(in) & 127;
	struct uk_netbuf *p = nf_packet_alloc(&pools, at & 31, len);

	if (p == NULL)
		return NULL;
	for (uint32_t i = 0; i < len; i++)
		p->data[i] = in8(in);
	if (how & 8 && len >= 40 + sizeof(port))
		memcpy(p->data + 40, port, sizeof(port) - 1);
	p->port = 0;
	nf_packet_set_l3(p, p->data);
	p->l4_off = UK_NETBUF_NO_OFF;
	if (how & 128)
		p->port = fuzz_header((struct nf_ip4 *)(void *)p->data, len, how, in);
	else if (how & 64)
		p->l3_off = how & 32 ? UK_NETBUF_NO_OFF : (uint16_t)(p->l3_off + (at & 63));
	if (how & 16 && p->port == 0 && len > 8)
		nf_packet_pull(p, at & 7);
	return p;
}

static void fuzz_packets(struct nf_element *s, struct input *in)
{
	struct uk_netbuf *v[16], *p;
	uint16_t n = 0;
	unsigned port = in8(in) % s->nb_out, most = in8(in) % 16 + 1;

	while (n < most && in->left > 0 && (p = fuzz_packet(in)) != NULL)
		v[n++] = p;
	nf_element_emit(s, port, v, n);
}

static void fuzz_handler(struct nf_router *r, struct input *in)
{
	static const char *const values[] = { "", "0", "3", "10.0.0.1", "10.0.0.2:3", "10.0.0.1 5",
		"drop", "keep 0 0", "pattern pat 0 0", "10.0.0.1 1 10.0.0.2 2", "cg",
		"pattern 10.0.0.9 1-2 - - 0 0" };
	struct nf_element *e = r->elements[in8(in) % r->nb_elements];
	const struct nf_handler *h = e->class->handlers;
	unsigned nb = 0, nr = in8(in);
	const char *value = values[in8(in) % UK_ARRAY_SIZE(values)];
	struct nf_errors errs = { 0 };
	struct nf_text out = { 0 };

	while (h != NULL && h[nb].name != NULL)
		nb++;
	if (nb == 0)
		return;
	h += nr % nb;
	if (h->write != NULL && nr & 128)
		(void)!h->write(e, h->arg, value, &errs);
	else if (h->read != NULL)
		(void)!h->read(e, h->arg, value, &out, &errs);
	nf_text_free(&out);
	nf_errors_free(&errs);
}

struct counts {
	struct nf_rwbase *rw;
	uint32_t *bind; /* flows by binding */
	uint32_t nb, nb_input;
};

static void fuzz_check_flow(void *arg, uint32_t entry)
{
	struct counts *c = arg;
	struct nf_rwset *s = c->rw->set;
	const struct nf_rwflow *f = nf_rwset_flow(s, entry);
	bool loop = nf_flowtable_same(&f->key[0], &f->key[1], sizeof(f->key[0]));

	UK_ASSERT(nf_flowtable_find(&s->flows, &f->key[1]) == NF_FLOWTABLE_REF(entry, 1));
	UK_ASSERT(loop || nf_flowtable_find(&s->flows, &f->key[0]) == NF_FLOWTABLE_REF(entry, 0));
	UK_ASSERT(f->key[0].owner == f->key[1].owner && f->age.class_nr < s->age.nb_classes);
	c->nb++;
	c->nb_input += f->key[0].owner == c->rw->owner && f->input < c->rw->nb_inputs;
	if (f->bind != 0) {
		UK_ASSERT(f->bind - 1 < s->binds.nb_fresh);
		c->bind[f->bind - 1]++;
	}
}

static void fuzz_check_bind(void *arg, uint32_t bind)
{
	struct counts *c = arg;
	struct nf_rwset *s = c->rw->set;
	const struct nf_rwbind *b = nf_rwset_binding(s, bind);

	UK_ASSERT(b->nb_flows > 0 && b->nb_flows == c->bind[bind]);
	UK_ASSERT(nf_flowtable_find(&s->binds, &b->key[0]) == NF_FLOWTABLE_REF(bind, 0));
	UK_ASSERT(nf_flowtable_find(&s->binds, &b->key[1]) == NF_FLOWTABLE_REF(bind, 1));
}

static void fuzz_check(struct nf_router *r)
{
	for (uint32_t i = 0; i < r->nb_elements; i++) {
		struct nf_rwbase *rw = nf_rwbase_of(r->elements[i]);
		struct counts c = { .rw = rw };
		uint32_t nb = 0;

		if (rw == NULL)
			continue;
		c.bind = calloc(rw->set->binds.nb_fresh + 1, sizeof(*c.bind));
		UK_ASSERT(c.bind != NULL);
		nf_flowtable_each(&rw->set->flows, fuzz_check_flow, &c);
		UK_ASSERT(c.nb == rw->set->flows.nb_entries);
		for (unsigned k = 0; k < rw->set->age.nb_classes; k++)
			nb += rw->set->age.classes[k].nb;
		UK_ASSERT(nb == c.nb);
		for (unsigned k = 0; k < rw->nb_inputs; k++)
			c.nb_input -= rw->input[k].nb_flows;
		UK_ASSERT(c.nb_input == 0);
		if (rw->set->binds.key_bytes != 0)
			nf_flowtable_each(&rw->set->binds, fuzz_check_bind, &c);
		free(c.bind);
	}
}

static struct nf_router *fuzz_load(struct nf_core *core, const char *text, struct nf_router *old)
{
	struct nf_errors errs = { 0 };
	struct nf_router *r = NULL;
	int rc = nf_router_load(core, text, strlen(text), "fuzz", NULL, 0, old, &r, &errs);

	UK_ASSERT(rc == 0 || errs.nb_errors > 0);
	nf_errors_free(&errs);
	return rc == 0 ? r : NULL;
}

static void fuzz_steps(struct nf_core *core, struct input *in)
{
	struct nf_router *r = fuzz_load(core, configs[0], NULL), *next;
	unsigned config = 0;

	UK_ASSERT(r != NULL);
	for (unsigned i = 0; i < STEPS && in->left > 0; i++) {
		uint8_t what = in8(in);

		if (what < 24) {
			fake_plat_advance((uint64_t)(what & 7) * (what & 8 ? 100 : 1) * SECONDS_NS);
			nf_core_round(core);
		} else if (what < 48) {
			fuzz_handler(r, in);
		} else if (what < 52) {
			config = !config;
			next = fuzz_load(core, configs[config], r);
			UK_ASSERT(next != NULL);
			nf_router_destroy(r);
			r = next;
		} else {
			fuzz_packets(nf_router_find(r, "s"), in);
		}
		fuzz_check(r);
	}
	nf_router_destroy(r);
}

/* Text of the input as arguments. */
static void fuzz_text(struct nf_core *core, uint8_t how, struct input *in)
{
	static const char *const before[] = { "IPRewriter(", "IPRewriter(pattern ",
		"IPAddrRewriter(pattern ", "IPRewriter(drop, MAPPING_CAPACITY ",
		"ICMPPingRewriter(pattern " };
	static const char *const alone[] = { "IPRewriterPatterns(", "RoundRobinIPMapper(",
		"SourceIPHashMapper(", "CGNATMap(", "FlowBalancer(" };
	struct nf_text t = { 0 };
	struct nf_router *r;

	if (how < UK_ARRAY_SIZE(before))
		nf_text_printf(&t,
			"IPRewriterPatterns(p 1.0.0.1 - 2.0.0.2 3); FuzzSource -> x :: %s",
			before[how]);
	else
		nf_text_printf(&t, "x :: %s", alone[how % UK_ARRAY_SIZE(alone)]);
	for (unsigned i = 0; i < TEXT_MAX && in->left > 0; i++) {
		char c = (char)in8(in);

		nf_text_add(&t, c ? &c : " ", 1);
	}
	nf_text_printf(&t, how < UK_ARRAY_SIZE(before) ? ") -> FuzzSink;" : ");");
	r = fuzz_load(core, nf_text_get(&t), NULL);
	if (r != NULL)
		nf_router_destroy(r);
	nf_text_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t how = in8(&in);
	struct nf_core core;

	fake_plat_reset();
	if (pools.small == NULL && nf_packet_pools_create(&pools, NB_SMALL, NB_LARGE) < 0)
		abort();
	nf_core_init(&core, &pools, 1);
	if (how < 16)
		fuzz_text(&core, how, &in);
	else
		fuzz_steps(&core, &in);
	nf_core_cleanup(&core);
	UK_ASSERT(pools.small->nb_free == NB_SMALL && pools.large->nb_free == NB_LARGE);
	return 0;
}

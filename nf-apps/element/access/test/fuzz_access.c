/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: hosts that speak PPPoE to a PPPoEServer, politely or not, and packets through the
 * policer and the exporter behind it. Whatever they send, nothing is touched out of bounds, and
 * every buffer is back in its pool in the end.
 *
 * Input: byte 0: which configuration; then steps: a byte each and what belongs to it.
 */
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/access/ppp.h"
#include "nf-apps/element/access/pppoetag.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_SMALL   200u
#define STEPS      200u
#define SECONDS_NS 1000000000ull
#define FRAME_MAX  600u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const heads[] = {
	"b :: PPPoEServer(2:0:0:0:0:1, 10.0.0.0/30, ECHO 2s, PER_HOST 3);",
	"b :: PPPoEServer(2:0:0:0:0:1, 10.0.0.0/28, a b, c d 10.0.0.5, AUTH PAP, DNS 9.9.9.9);",
	"b :: PPPoEServer(2:0:0:0:0:1, 10.0.0.0/28, a b, c d 10.0.0.5, SERVICES \"x yz\");",
	"b :: PPPoEServer(2:0:0:0:0:1, 10.0.0.0/24, a b, AUTH CHAP, SESSIONS 2, SETUP 5s, MRU 600);",
};

static const char tail[] =
	"s :: FuzzSource; t :: FuzzSource; o :: FuzzSink; d :: FuzzSink;\n"
	"s -> [0]b; b[0] -> o; t -> [1]p :: SubscriberPolicer(1000, 1000, CAPACITY 3, TIMEOUT 1s);"
	"p[1] -> [1]b; b[1] -> [0]p; p[0] -> l :: IPRateLimiter(10, CAPACITY 2)"
	" -> f :: IPFIXExporter(1.1.1.1, 1, 2.2.2.2, CAPACITY 3, MTU 200, ACTIVE 2s, IDLE 3s) -> d;"
	"f[1] -> d; b[2] -> d;\n";

/* What the host knows. */
static struct {
	uint8_t cookie[64];
	uint32_t cookie_len;
	uint16_t session;
	uint8_t request[256]; /* the last request of LCP or IPCP, with its protocol */
	uint32_t request_len;
	uint8_t addr[4];
} host;

static struct nf_packet_pools pools;

void nf_print_line(const char *s)
{
	if (strlen(s) > 1000)
		abort();
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return -1;
}

/* Learns from a frame of the server. */
static void fuzz_learn(const uint8_t *f, uint32_t len)
{
	const struct nf_pppoe *h = (const void *)(f + NF_ETHER_LEN);
	struct nf_pppoetags t;

	if (len < NF_PPPOE_HEAD)
		return;
	UK_ASSERT(nf_inet_ntoh16(h->len) + NF_PPPOE_HEAD == len);
	if (nf_inet_get16(f + 12) == NF_ETHERTYPE_PPPOE_DISCOVERY) {
		UK_ASSERT(nf_pppoetag_parse(f + NF_PPPOE_HEAD, len - NF_PPPOE_HEAD, &t));
		if (t.cookie.v != NULL && t.cookie.len <= sizeof(host.cookie)) {
			memcpy(host.cookie, t.cookie.v, t.cookie.len);
			host.cookie_len = t.cookie.len;
		}
		if (h->code == NF_PPPOE_PADS)
			host.session = nf_inet_ntoh16(h->session);
		return;
	}
	UK_ASSERT(len >= NF_PPPOE_IP_HEAD);
	f += NF_PPPOE_HEAD;
	len -= NF_PPPOE_HEAD;
	if (nf_inet_get16(f) != NF_PPP_IP)
		UK_ASSERT(len >= 6 && nf_inet_get16(f + 4) == len - 2);
	if (len > 6 && len <= sizeof(host.request) && f[2] == 1) {
		memcpy(host.request, f, len);
		host.request_len = len;
	}
	if (nf_inet_get16(f) == NF_PPP_IPCP && f[2] == 3 && len >= 12)
		memcpy(host.addr, f + 8, 4);
}

static void fuzzsink_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	volatile uint8_t sum = 0;

	UK_ASSERT(n <= UK_BURST_MAX);
	for (uint16_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < v[i]->len; k++)
			sum = (uint8_t)(sum + v[i]->data[k]);
		if (e->name[0] == 'o')
			fuzz_learn(v[i]->data, v[i]->len);
		uk_netbuf_free(v[i]);
	}
}

static const struct nf_class fuzz_source = {
	.name = "FuzzSource", .ports = "0/1", .processing = "h/h"
};
static const struct nf_class fuzz_sink = {
	.name = "FuzzSink", .ports = "1/0", .processing = "h/h", .push = fuzzsink_push
};

extern const struct nf_class nf_pppoeserver, nf_subscriberpolicer, nf_ipratelimiter,
	nf_ipratelimiter_bandwidth, nf_ipfixexporter;

const struct nf_class *const nf_classes[] = { &nf_pppoeserver, &nf_subscriberpolicer,
	&nf_ipratelimiter, &nf_ipratelimiter_bandwidth, &nf_ipfixexporter, &fuzz_source, &fuzz_sink,
	NULL };

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

static uint32_t in_bytes(struct input *in, uint8_t *to, uint32_t most)
{
	uint32_t len = in8(in) % (most + 1);

	for (uint32_t i = 0; i < len; i++)
		to[i] = in8(in);
	return len;
}

static void fuzz_send(struct nf_element *from, const uint8_t *f, uint32_t len)
{
	struct uk_netbuf *p = nf_packet_alloc(&pools, 64, len);

	if (p == NULL)
		return;
	memcpy(p->data, f, len);
	nf_element_emit_one(from, 0, p);
}

static void fuzz_frame(struct nf_element *from, uint16_t type, uint8_t code, uint16_t session,
	const uint8_t *payload, uint32_t len, uint8_t mac)
{
	uint8_t f[FRAME_MAX + 64] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, mac };

	nf_inet_put16(f + 12, type);
	f[14] = NF_PPPOE_VERTYPE;
	f[15] = code;
	nf_inet_put16(f + 16, session);
	nf_inet_put16(f + 18, (uint16_t)len);
	memcpy(f + NF_PPPOE_HEAD, payload, len);
	fuzz_send(from, f, NF_PPPOE_HEAD + len);
}

static void fuzz_padr(struct nf_element *from, uint8_t uniq, uint8_t mac)
{
	uint8_t t[128];
	uint32_t at = nf_pppoetag_put(t, 0, sizeof(t), NF_PPPOE_SERVICE, "", 0);

	at = nf_pppoetag_put(t, at, sizeof(t), NF_PPPOE_HOST_UNIQ, &uniq, 1);
	at = nf_pppoetag_put(t, at, sizeof(t), NF_PPPOE_COOKIE, host.cookie, host.cookie_len);
	fuzz_frame(from, NF_ETHERTYPE_PPPOE_DISCOVERY, NF_PPPOE_PADR, 0, t, at, mac);
}

/* A control packet of any protocol, with or without a right length. */
static void fuzz_control(struct nf_element *from, struct input *in, uint8_t mac)
{
	static const uint16_t protos[] = { NF_PPP_LCP, NF_PPP_IPCP, NF_PPP_PAP, NF_PPP_CHAP,
		0x8057 };
	uint8_t b[FRAME_MAX], how = in8(in);
	uint32_t len;

	nf_inet_put16(b, protos[how % UK_ARRAY_SIZE(protos)]);
	len = in_bytes(in, b + 2, 200);
	if (how & 64 && len >= 4)
		nf_inet_put16(b + 4, (uint16_t)len);
	fuzz_frame(from, NF_ETHERTYPE_PPPOE_SESSION, 0, host.session, b, len + 2, mac);
}

/* The right answer to what the server asked last, or a request that is fine. */
static void fuzz_polite(struct nf_element *from, uint8_t how, uint8_t mac)
{
	uint8_t b[256] = { 0xc0, 0x21, 1, 9, 0, 4 };
	uint32_t len = 6;

	if (how % 4 == 0 && host.request_len > 0) {
		memcpy(b, host.request, host.request_len);
		len = host.request_len;
		b[2] = 2;
	} else if (how % 4 == 1) {
		nf_inet_put16(b, NF_PPP_IPCP);
		nf_inet_put16(b + 4, 10);
		b[6] = 3;
		b[7] = 6;
		memcpy(b + 8, host.addr, 4);
		len = 12;
	} else if (how % 4 == 2) {
		nf_inet_put16(b, NF_PPP_PAP);
		nf_inet_put16(b + 4, 8);
		b[6] = b[8] = 1;
		b[7] = how & 8 ? 'c' : 'a';
		b[9] = how & 8 ? 'd' : 'b';
		len = 10;
	}
	fuzz_frame(from, NF_ETHERTYPE_PPPOE_SESSION, 0, host.session, b, len, mac);
}

static void fuzz_ip(struct nf_element *from, struct input *in, bool up, uint8_t mac)
{
	uint8_t b[FRAME_MAX] = { 0x00, 0x21, 0x45, 0, 0, 40 };
	uint32_t len = 22 + in_bytes(in, b + 22, 60);
	uint8_t how = in8(in);

	b[11] = how & 1 ? NF_IP_TCP : how & 2 ? NF_IP_ICMP : NF_IP_UDP;
	memcpy(b + (up ? 14 : 18), host.addr, 4);
	b[up ? 21 : 17] = how >> 4;
	if (up)
		fuzz_frame(from, NF_ETHERTYPE_PPPOE_SESSION, 0, host.session, b, len, mac);
	else
		fuzz_send(from, b + 2, len - 2);
}

static void fuzz_handlers(struct nf_router *r, struct input *in)
{
	static const char *const reads[] = { "b.sessions", "b.stats", "b.subscribers", "p.table",
		"l.table", "f.flows" };
	static const char *const writes[] = { "b.terminate", "b.add_subscriber",
		"b.remove_subscriber", "p.set", "p.unset", "f.flush", "f.reset_counts" };
	static const char *const values[] = { "all", "a", "1", "10.0.0.5", "e f 10.0.0.6", "e f",
		"c", "10.0.0.2 1 1", "" };
	struct nf_errors errs = { 0 };
	struct nf_text out = { 0 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(reads); i++)
		(void)!nf_handler_read(r, NULL, reads[i], "", &out, &errs);
	(void)!nf_handler_write(r, NULL, writes[in8(in) % UK_ARRAY_SIZE(writes)],
		values[in8(in) % UK_ARRAY_SIZE(values)], &errs);
	nf_text_free(&out);
	nf_errors_free(&errs);
}

static void fuzz_step(struct nf_router *r, struct input *in)
{
	struct nf_element *s = nf_router_find(r, "s"), *t = nf_router_find(r, "t");
	uint8_t what = in8(in), b[FRAME_MAX], mac = what >> 6;

	switch (what & 15) {
	case 0:
		fuzz_send(what & 16 ? t : s, b, in_bytes(in, b, 100));
		break;
	case 1:
		fuzz_frame(s, NF_ETHERTYPE_PPPOE_DISCOVERY, NF_PPPOE_PADI, 0,
			(const uint8_t *)"\x01\x01\0\0", 4, mac);
		break;
	case 2:
		fuzz_padr(s, what & 16, mac);
		break;
	case 3:
		fuzz_frame(s, NF_ETHERTYPE_PPPOE_DISCOVERY, in8(in), in8(in) & 3, b,
			in_bytes(in, b, 100), mac);
		break;
	case 4:
		fuzz_frame(s, NF_ETHERTYPE_PPPOE_DISCOVERY, NF_PPPOE_PADT, host.session, b, 0, mac);
		break;
	case 5:
	case 6:
	case 7:
		fuzz_control(s, in, mac);
		break;
	case 8:
		fuzz_ip(s, in, true, mac);
		break;
	case 9:
		fuzz_ip(t, in, false, mac);
		break;
	case 10:
		fake_plat_advance((uint64_t)in8(in) * SECONDS_NS / 8);
		break;
	case 11:
		fuzz_handlers(r, in);
		break;
	default:
		fuzz_polite(s, (uint8_t)(what & 15) % 4 | (what >> 1 & 8), mac);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct nf_errors errs = { 0 };
	struct nf_text text = { 0 };
	struct nf_router *r = NULL;
	struct nf_core core;

	fake_plat_reset();
	memset(&host, 0, sizeof(host));
	if (pools.small == NULL && nf_packet_pools_create(&pools, NB_SMALL, 1) < 0)
		abort();
	nf_core_init(&core, &pools, 1);
	nf_text_printf(&text, "%s%s", heads[in8(&in) % UK_ARRAY_SIZE(heads)], tail);
	if (nf_router_load(&core, nf_text_get(&text), text.len, "fuzz", NULL, 0, NULL, &r, &errs) <
		0)
		abort();
	for (unsigned i = 0; i < STEPS && in.left > 0; i++) {
		fuzz_step(r, &in);
		nf_core_round(&core);
		/* a live change to the same configuration */
		if ((i & 31) == 30 &&
			nf_router_change(r, nf_text_get(&text), text.len, "fuzz", &errs) == 0)
			r = nf_router_switch(r);
	}
	nf_router_destroy(r);
	nf_errors_free(&errs);
	nf_text_free(&text);
	nf_core_cleanup(&core);
	UK_ASSERT(pools.small->nb_free == NB_SMALL);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer: arguments of AggregateIP and AggregateFilter, and packets through the elements of this
 * folder, with live changes between. Nothing is touched out of bounds, and every buffer is back in
 * its pool in the end.
 *
 * Input: a text up to a 0: arguments; a byte: which configuration; then packets: flags, and bytes
 * behind their number.
 */
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/router.h"
#include "plat-kvm/test/fake_plat.h"

#define NB_SMALL 400u
#define PACKETS  300u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

struct nf_file *nf_file_create(
	const char *name, bool append, struct nf_errors *errs, const char *where)
{
	return NULL;
}

int nf_file_write(struct nf_file *f, const void *from, uint32_t len)
{
	return 0;
}

int nf_file_close(struct nf_file *f)
{
	return 0;
}

static void fuzzsink_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	UK_ASSERT(n <= UK_BURST_MAX);
	uk_netbuf_free_burst(v, n);
}

static const struct nf_class fuzz_source = {
	.name = "FuzzSource", .ports = "0/1", .processing = "h/h"
};
static const struct nf_class fuzz_sink = {
	.name = "FuzzSink", .ports = "1/0", .processing = "h/h", .push = fuzzsink_push
};

extern const struct nf_class nf_aggregatecounter, nf_aggregatefilter, nf_aggregatefirst,
	nf_aggregateip, nf_aggregateipflows, nf_aggregatelength, nf_aggregatepaint,
	nf_ipratemonitor;

const struct nf_class *const nf_classes[] = { &nf_aggregatecounter, &nf_aggregatefilter,
	&nf_aggregatefirst, &nf_aggregateip, &nf_aggregateipflows, &nf_aggregatelength,
	&nf_aggregatepaint, &nf_ipratemonitor, &fuzz_source, &fuzz_sink, NULL };

static const char *const chains[] = {
	"s -> x :: AggregateIP(%s) -> c :: AggregateCounter(CAPACITY 5) -> d;",
	"s -> x :: AggregateIPFlows(ICMP true, CAPACITY 4, UDP_TIMEOUT 1s, FRAGMENT_TIMEOUT 2s) "
	"-> AggregateFilter(0 %s, 0 all) -> c :: AggregateCounter(BYTES true, IP_BYTES true) -> d;",
	"s -> [0]x :: IPRateMonitor(BYTES, 1, 10, 100) -> AggregateIP(data[0]) -> [1]x;"
	"x[1] -> AggregateFirst(CAPACITY 3) -> c :: AggregateCounter(AGGREGATE_FREEZE 2) -> d;",
	"s -> x :: AggregateLength -> AggregatePaint(3, INCREMENTAL true) -> c :: "
	"AggregateCounter(COUNT_CALL \"5 c.clear\") -> d;",
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

static struct uk_netbuf *fuzz_packet(struct input *in)
{
	uint8_t flags = in8(in), len = in8(in) & 127;
	struct uk_netbuf *p = nf_packet_alloc(&pools, 32, len);

	if (p == NULL)
		return NULL;
	for (uint8_t i = 0; i < len; i++)
		p->data[i] = in8(in);
	if (flags & 1 && len > 0)
		p->data[0] = 0x45;
	if (flags & 2 && len > 9)
		p->data[9] = flags & 4 ? NF_IP_TCP : flags & 8 ? NF_IP_ICMP : NF_IP_UDP;
	if (flags & 16 && len > 19) /* few hosts and datagrams */
		for (unsigned i = 12; i < 20; i++)
			p->data[i] &= 1;
	if (flags & 16 && len > 7)
		p->data[4] = p->data[5] = 0;
	nf_packet_set_l3(p, p->data);
	if (flags & 32)
		nf_packet_anno(p)->time_ns = (uint64_t)(flags >> 6) * 1500000000 + 1;
	return p;
}

static void fuzz_handlers(struct nf_router *r, uint8_t what)
{
	static const char *const reads[] = { "c.counts", "c.count", "x.look", "x.header",
		"x.held" };
	static const char *const writes[] = { "c.clear", "c.reaggregate_counts", "x.clear",
		"x.reset", "x.memmax", "x.anno_level", "c.freeze", "c.aggregate_call",
		"c.write_file" };
	static const char *const values[] = { "", "100", "1.1.1.1 1 5", "false", "3 c.clear" };
	struct nf_errors errs = { 0 };
	struct nf_text out = { 0 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(reads); i++)
		(void)!nf_handler_read(r, NULL, reads[i], "", &out, &errs);
	(void)!nf_handler_write(r, NULL, writes[what % UK_ARRAY_SIZE(writes)],
		values[what / 16 % UK_ARRAY_SIZE(values)], &errs);
	nf_text_free(&out);
	nf_errors_free(&errs);
}

static struct nf_router *fuzz_run(
	struct nf_core *core, struct nf_router *r, struct input *in, const struct nf_text *text)
{
	struct nf_errors errs = { 0 };

	for (unsigned nb = 0; nb < PACKETS && in->left > 0;) {
		struct uk_netbuf *v[UK_BURST_MAX];
		uint8_t what = in8(in), most = what % 16 + 1;
		uint16_t n = 0;

		while (n < most && in->left > 0 && (v[n] = fuzz_packet(in)) != NULL)
			n++;
		nb += most;
		nf_element_emit(nf_router_find(r, "s"), 0, v, n);
		fake_plat_advance((uint64_t)(what & 3) * 300000000);
		nf_core_round(core);
		if (what >= 0xe0)
			fuzz_handlers(r, in8(in));
		if (what >= 0xf0 &&
			nf_router_change(r, nf_text_get(text), text->len, "fuzz", &errs) == 0)
			r = nf_router_switch(r);
	}
	nf_errors_free(&errs);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	struct nf_errors errs = { 0 };
	struct nf_text text = { 0 };
	struct nf_router *r = NULL;
	struct nf_core core;
	char args[200] = "";
	unsigned nb = 0, which;
	const char *chain, *at;

	fake_plat_reset();
	if (pools.small == NULL && nf_packet_pools_create(&pools, NB_SMALL, 1) < 0)
		abort();
	nf_core_init(&core, &pools, 1);
	while (in.left > 0 && nb < sizeof(args) - 1 && (args[nb] = (char)in8(&in)) != 0)
		nb++;
	args[nb] = 0;
	which = in8(&in) % UK_ARRAY_SIZE(chains);
	chain = chains[which];
	at = strstr(chain, "%s");
	nf_text_printf(&text, "s :: FuzzSource; d :: FuzzSink;\n");
	if (at != NULL)
		nf_text_printf(&text, "%.*s%s%s\n", (int)(at - chain), chain, args, at + 2);
	else
		nf_text_printf(&text, "%s\n", chain);
	if (nf_router_load(&core, nf_text_get(&text), text.len, "fuzz", NULL, 0, NULL, &r, &errs) ==
			0 &&
		nf_router_find(r, "s") != NULL)
		r = fuzz_run(&core, r, &in, &text);
	if (r != NULL)
		nf_router_destroy(r);
	nf_errors_free(&errs);
	nf_text_free(&text);
	nf_core_cleanup(&core);
	UK_ASSERT(pools.small->nb_free == NB_SMALL);
	return 0;
}

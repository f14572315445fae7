/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/element/ether/macswitch.h"

#define MACSWITCH_CAPACITY   8192u
#define MACSWITCH_TIMEOUT_NS 300000000000ull

int nf_macswitch_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_macswitch_conf *c = e->conf;
	struct nf_macswitch_state *s = e->state;

	c->capacity = MACSWITCH_CAPACITY;
	s->timeout_ns = MACSWITCH_TIMEOUT_NS;
	nf_args_time_ns(a, "TIMEOUT", 0, &s->timeout_ns);
	nf_args_u32(a, "CAPACITY", 0, &c->capacity);
	if (c->capacity == 0 || c->capacity > NF_MACTABLE_MAX)
		nf_args_error(
			a, "CAPACITY: out of range, should be between 1 and %u", NF_MACTABLE_MAX);
	return nf_args_end(a);
}

static void macswitch_allow_all(struct nf_element *e)
{
	struct nf_macswitch_state *s = e->state;

	memset(s->may, 0xff, (size_t)e->nb_in * s->row * sizeof(*s->may));
	for (uint32_t i = 0; i < e->nb_in; i++)
		s->may[i * s->row + i / 64] &= ~(1ull << i % 64);
}

int nf_macswitch_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct nf_macswitch_conf *c = e->conf;
	struct nf_macswitch_state *s = e->state;
	uint64_t seed = nf_core_random(e->core);

	s->row = (e->nb_out + 63u) / 64;
	s->may = calloc((size_t)e->nb_in * s->row + 1, sizeof(*s->may));
	if (s->may == NULL)
		return -ENOMEM;
	macswitch_allow_all(e);
	return nf_mactable_init(&s->table, c->capacity, seed << 32 | nf_core_random(e->core));
}

void nf_macswitch_cleanup(struct nf_element *e)
{
	struct nf_macswitch_state *s = e->state;

	nf_mactable_free(&s->table);
	free(s->may);
}

/* A table of the same size for as many ports goes on as it is. */
void nf_macswitch_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_macswitch_state *s = e->state, *was = old->state;
	struct nf_mactable mine = s->table;

	s->table.nb_evicted += was->table.nb_evicted;
	if (was->table.nb_buckets != s->table.nb_buckets || e->nb_out != old->nb_out)
		return;
	s->table = was->table;
	was->table = mine;
}

UK_INLINE bool macswitch_may(const struct nf_macswitch_state *s, unsigned in, unsigned out)
{
	return s->may[in * s->row + out / 64] >> out % 64 & 1;
}

/* The packet's own time, if it has one. */
UK_INLINE uint64_t macswitch_stamp(const struct nf_element *e, const struct uk_netbuf *p)
{
	uint64_t own = nf_packet_anno(p)->time_ns;

	return own != 0 ? own << 1 | 1 : nf_core_now_ns(e->core) << 1;
}

void nf_macswitch_decide(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[], int16_t to[], uint16_t n)
{
	struct nf_macswitch_state *s = e->state;

	for (uint16_t i = 0; i < n; i++) {
		struct uk_netbuf *p = v[i];
		uint64_t stamp, src, dst;
		int out = NF_MACTABLE_NONE;

		if (UK_UNLIKELY(p->len < NF_ETHER_LEN)) {
			to[i] = NF_DROP(NF_MACSWITCH_SHORT);
			continue;
		}
		if (s->timeout_ns != 0) {
			stamp = macswitch_stamp(e, p);
			src = nf_etherfield_get(p->data + 6);
			dst = nf_etherfield_get(p->data);
			if (UK_LIKELY((src & NF_ETHERFIELD_GROUP) == 0))
				nf_mactable_learn(
					&s->table, src, (uint16_t)port, stamp, s->timeout_ns);
			if (UK_LIKELY((dst & NF_ETHERFIELD_GROUP) == 0))
				out = nf_mactable_lookup(&s->table, dst, stamp, s->timeout_ns);
		}
		if (out == NF_MACTABLE_NONE)
			to[i] = NF_MACSWITCH_ALL;
		else
			to[i] = macswitch_may(s, port, (unsigned)out)
					? (int16_t)out
					: NF_DROP(NF_MACSWITCH_FILTERED);
	}
}

/* Copies of all of them; the last output gets the frames themselves. */
static void macswitch_flood(struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n)
{
	const struct nf_macswitch_state *s = e->state;
	int last = e->nb_out - 1;

	while (last >= 0 && !macswitch_may(s, port, (unsigned)last))
		last--;
	if (last < 0) {
		nf_element_drop(e, NF_MACSWITCH_FILTERED, v, n);
		return;
	}
	for (int out = 0; out < last; out++) {
		struct uk_netbuf *copies[UK_BURST_MAX];
		uint16_t k = 0;

		if (!macswitch_may(s, port, (unsigned)out))
			continue;
		for (uint16_t i = 0; i < n; i++) {
			copies[k] = nf_packet_copy(&e->core->pools, v[i]);
			k += copies[k] != NULL;
		}
		e->drops[NF_ELEMENT_DROPS_OWN + NF_MACSWITCH_NO_BUFFER] += (uint16_t)(n - k);
		nf_element_emit(e, (unsigned)out, copies, k);
	}
	nf_element_emit(e, (unsigned)last, v, n);
}

/* Runs of frames that go to one port each, and runs of frames that go to all. */
void nf_macswitch_send(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[], int16_t to[], uint16_t n)
{
	uint16_t first = 0, next;

	for (; first < n; first = next) {
		bool all = to[first] == NF_MACSWITCH_ALL;

		next = first;
		while (next < n && (to[next] == NF_MACSWITCH_ALL) == all)
			next++;
		if (all)
			macswitch_flood(e, port, v + first, next - first);
		else
			nf_element_spread(e, v + first, to + first, next - first);
	}
}

static int macswitch_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_macswitch_state *s = e->state;
	char buf[NF_ADDR_ETHER_LEN];

	for (uint32_t i = 0; i < s->table.nb_buckets * NF_MACTABLE_WAYS; i++) {
		const struct nf_mactable_entry *x =
			&s->table.buckets[i / NF_MACTABLE_WAYS].way[i % NF_MACTABLE_WAYS];
		uint64_t addr = x->addr_port >> 16;
		uint8_t b[8];

		if (x->addr_port == 0)
			continue;
		memcpy(b, &addr, sizeof(b));
		nf_text_printf(out, "%s %d\n", nf_addr_print_ether(b, buf),
			(int)(x->addr_port & 0xffff) - 1);
	}
	return 0;
}

static int macswitch_read_timeout(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_macswitch_state *s = e->state;

	nf_text_printf(out, "%lu", s->timeout_ns / 1000000000);
	return 0;
}

static int macswitch_write_timeout(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_macswitch_state *s = e->state;

	if (nf_addr_time_ns(value, &s->timeout_ns) < 0)
		return nf_errors_add(errs, NULL, "expected timeout (seconds)");
	return 0;
}

static int macswitch_read_forwarding(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_macswitch_state *s = e->state;

	for (unsigned in = 0; in < e->nb_in; in++) {
		unsigned nb = 0;

		for (unsigned to = 0; to < e->nb_out; to++)
			nb += macswitch_may(s, in, to);
		nf_text_printf(out, "weight: %u\t%u: ", nb, in);
		for (unsigned to = 0; to < e->nb_out; to++)
			nf_text_printf(out, "%d", macswitch_may(s, in, to));
		nf_text_add(out, "\n", 1);
	}
	return 0;
}

/* "IN OUT ...": checks it, and forbids it if `doing`. */
static bool macswitch_forbid(struct nf_element *e, const char *text, bool doing)
{
	struct nf_macswitch_state *s = e->state;
	unsigned max = (unsigned)strlen(text) / 2 + 1;
	char **words = calloc(max, sizeof(*words)), *copy = NULL;
	int nb = words == NULL ? -ENOMEM : nf_args_words(text, words, max, &copy);
	uint64_t in = 0, out;
	bool ok = nb >= 1 && nf_addr_u64(words[0], &in) == 0 && in < e->nb_in;

	for (int i = 1; i < nb && ok; i++) {
		ok = nf_addr_u64(words[i], &out) == 0 && out < e->nb_out;
		if (ok && doing)
			s->may[in * s->row + out / 64] &= ~(1ull << out % 64);
	}
	free(copy);
	free(words);
	return ok;
}

static int macswitch_write_remove(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_args a;
	bool ok = true;
	int rc;

	for (unsigned doing = 0; doing < 2 && ok; doing++) {
		const char *text;

		rc = nf_args_init(&a, value, e, e->where, errs);
		if (rc < 0)
			return rc;
		while (ok && (text = nf_args_next(&a)) != NULL)
			ok = macswitch_forbid(e, text, doing);
		nf_args_free(&a);
	}
	return ok ? 0 : nf_errors_add(errs, NULL, "invalid port forwarding");
}

static int macswitch_write_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	macswitch_allow_all(e);
	return 0;
}

const struct nf_handler nf_macswitch_handlers[] = {
	{ .name = "table", .read = macswitch_read_table, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "timeout", .read = macswitch_read_timeout, .write = macswitch_write_timeout },
	NF_HANDLER_U64("evicted", struct nf_macswitch_state, table.nb_evicted),
	{ .name = "port_forwarding", .read = macswitch_read_forwarding },
	{ .name = "remove_port_forwarding", .write = macswitch_write_remove },
	{ .name = "reset_port_forwarding",
		.write = macswitch_write_reset,
		.flags = NF_HANDLER_BUTTON },
	{ .name = NULL },
};

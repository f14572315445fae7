/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VXLANTunnel([FLOOD, keywords TIMEOUT, CAPACITY, STRICT])
 *
 * Which tunnel ends (VTEPs) a VXLAN network's frames go to (RFC 7348, 4): learns behind which end
 * each Ethernet address is from what comes out of VXLANDecap, and sets the destination annotation
 * for VXLANEncap. Frames to groups or to addresses that are not known go to all ends of FLOOD, as
 * copies; nothing that came through the tunnel goes back into it. One element for each VNI.
 *
 *	FLOOD     addresses of the other ends, 256 at most; none: what is not known is dropped
 *	TIMEOUT   time after which an address that was silent is forgotten. Default 300 s
 *	CAPACITY  addresses to remember; when there is no room, one that was silent long is
 *	          forgotten. Default 8192
 *	STRICT    boolean: frames from ends that are not in FLOOD are dropped. Default false
 *
 * Ports: input 0: frames into the tunnel, leave by output 0; input 1: frames out of the tunnel,
 * destination annotation: the end they come from; leave by output 1. Push.
 * Handlers: table (r) "ADDRESS VTEP AGE", one a line; size, evicted (r); clear (w).
 * Drops: too short, unknown (FLOOD is empty), stranger (STRICT), no buffer for a copy.
 * Live change: what was learned is kept.
 *
 *	lan_in -> [0]t :: VXLANTunnel(10.0.0.2 10.0.0.3) -> VXLANEncap(10.0.0.1, DST_ANNO, 42) ->
 *arpq; ip_in -> VXLANDecap(42) -> [1]t; t[1] -> lan_out
 */
#include <stdlib.h>
#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/service/vteptable.h"

enum { VXLANTUNNEL_SHORT, VXLANTUNNEL_UNKNOWN, VXLANTUNNEL_STRANGER, VXLANTUNNEL_NO_BUFFER };

#define VXLANTUNNEL_FLOOD_MAX 256
#define VXLANTUNNEL_S         1000000000ull

struct vxlantunnel_state {
	struct nf_vteptable table;
	uint32_t nb_flood;
	nf_be32 flood[VXLANTUNNEL_FLOOD_MAX];
	bool strict;
	uint64_t timeout_ns;
	uint32_t capacity;
};

/* Packets that are ready to leave by output 0. */
struct vxlantunnel_out {
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t n;
};

static void vxlantunnel_args_flood(struct vxlantunnel_state *s, struct nf_args *a)
{
	char *words[VXLANTUNNEL_FLOOD_MAX], *copy = NULL;
	const char *text;
	int nb;

	if (!nf_args_raw(a, "FLOOD", NF_ARGS_POS, &text))
		return;
	nb = nf_args_words(text, words, VXLANTUNNEL_FLOOD_MAX, &copy);
	if (nb < 0) {
		nf_args_error(a, "FLOOD: more than %u addresses", VXLANTUNNEL_FLOOD_MAX);
		return;
	}
	for (int i = 0; i < nb; i++) {
		if (nf_addr_ip4(words[i], &s->flood[i]) < 0)
			nf_args_error(a, "FLOOD: '%.40s' is not an IP address", words[i]);
	}
	s->nb_flood = (uint32_t)nb;
	free(copy);
}

static int vxlantunnel_configure(struct nf_element *e, struct nf_args *a)
{
	struct vxlantunnel_state *s = e->state;

	s->timeout_ns = 300 * VXLANTUNNEL_S;
	s->capacity = 8192;
	vxlantunnel_args_flood(s, a);
	nf_args_time_ns(a, "TIMEOUT", 0, &s->timeout_ns);
	nf_args_u32(a, "CAPACITY", 0, &s->capacity);
	nf_args_bool(a, "STRICT", 0, &s->strict);
	if (s->capacity == 0 || s->capacity > NF_VTEPTABLE_MAX)
		nf_args_error(a, "CAPACITY: 1 to %u", NF_VTEPTABLE_MAX);
	if (s->timeout_ns < VXLANTUNNEL_S || s->timeout_ns > INT32_MAX * VXLANTUNNEL_S)
		nf_args_error(a, "TIMEOUT: a second at least");
	return nf_args_end(a);
}

static int vxlantunnel_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct vxlantunnel_state *s = e->state;
	uint64_t seed = (uint64_t)nf_core_random(e->core) << 32 | nf_core_random(e->core);

	return nf_vteptable_init(
		&s->table, s->capacity, (uint32_t)(s->timeout_ns / VXLANTUNNEL_S), seed);
}

static void vxlantunnel_cleanup(struct nf_element *e)
{
	struct vxlantunnel_state *s = e->state;

	nf_vteptable_free(&s->table);
}

static uint64_t vxlantunnel_mac(const uint8_t *at)
{
	return (uint64_t)nf_inet_get32(at) << 16 | nf_inet_get16(at + 4);
}

static void vxlantunnel_leave(
	struct nf_element *e, struct vxlantunnel_out *o, struct uk_netbuf *p, nf_be32 vtep)
{
	nf_packet_set_dst_ip(p, vtep);
	o->v[o->n++] = p;
	if (o->n == UK_BURST_MAX) {
		nf_element_emit(e, 0, o->v, o->n);
		o->n = 0;
	}
}

/* A copy to each end but the last, which gets the frame itself. */
static void vxlantunnel_flood(struct nf_element *e, struct vxlantunnel_out *o, struct uk_netbuf *p)
{
	struct vxlantunnel_state *s = e->state;

	if (s->nb_flood == 0) {
		nf_element_drop_one(e, VXLANTUNNEL_UNKNOWN, p);
		return;
	}
	for (uint32_t i = 0; i + 1 < s->nb_flood; i++) {
		struct uk_netbuf *copy = nf_packet_copy(&e->core->pools, p);

		if (copy != NULL)
			vxlantunnel_leave(e, o, copy, s->flood[i]);
		else
			e->drops[NF_ELEMENT_DROPS_OWN + VXLANTUNNEL_NO_BUFFER]++;
	}
	vxlantunnel_leave(e, o, p, s->flood[s->nb_flood - 1]);
}

static void vxlantunnel_in(struct nf_element *e, struct uk_netbuf **v, uint16_t n, uint32_t now)
{
	struct vxlantunnel_state *s = e->state;
	struct vxlantunnel_out o;

	o.n = 0;
	for (uint16_t i = 0; i < n; i++) {
		uint32_t vtep = 0;

		if (UK_UNLIKELY(v[i]->len < NF_ETHER_LEN)) {
			nf_element_drop_one(e, VXLANTUNNEL_SHORT, v[i]);
			continue;
		}
		if (!(v[i]->data[0] & 1))
			vtep = nf_vteptable_find(&s->table, vxlantunnel_mac(v[i]->data), now);
		if (UK_LIKELY(vtep != 0))
			vxlantunnel_leave(e, &o, v[i], vtep);
		else
			vxlantunnel_flood(e, &o, v[i]);
	}
	nf_element_emit(e, 0, o.v, o.n);
}

static bool vxlantunnel_knows(const struct vxlantunnel_state *s, nf_be32 vtep)
{
	for (uint32_t i = 0; i < s->nb_flood; i++) {
		if (s->flood[i] == vtep)
			return true;
	}
	return false;
}

static int vxlantunnel_learn(struct nf_element *e, const struct uk_netbuf *p, uint32_t now)
{
	struct vxlantunnel_state *s = e->state;
	nf_be32 vtep = nf_packet_dst_ip(p);

	if (UK_UNLIKELY(p->len < NF_ETHER_LEN))
		return NF_DROP(VXLANTUNNEL_SHORT);
	if (s->strict && !vxlantunnel_knows(s, vtep))
		return NF_DROP(VXLANTUNNEL_STRANGER);
	if (vtep != 0 && !(p->data[6] & 1))
		nf_vteptable_learn(&s->table, vxlantunnel_mac(p->data + 6), vtep, now);
	return 1;
}

static void vxlantunnel_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	uint32_t now = (uint32_t)(nf_core_now_ns(e->core) / VXLANTUNNEL_S);
	int16_t to[UK_BURST_MAX];

	if (port == 0) {
		vxlantunnel_in(e, v, n, now);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		to[i] = (int16_t)vxlantunnel_learn(e, v[i], now);
	nf_element_spread(e, v, to, n);
}

/* arg: 0: lines, 1: how many */
static int vxlantunnel_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_vteptable *t = &((struct vxlantunnel_state *)e->state)->table;
	uint32_t now = (uint32_t)(nf_core_now_ns(e->core) / VXLANTUNNEL_S), nb = 0;
	char mac_text[NF_ADDR_ETHER_LEN], vtep_text[NF_ADDR_IP4_LEN];

	for (size_t i = 0; i < (size_t)t->nb_buckets * NF_VTEPTABLE_WAYS; i++) {
		const struct nf_vteptable_entry *x = &t->entries[i];
		uint8_t mac[6];

		if (x->mac == 0 || now - x->seen >= t->timeout)
			continue;
		nf_inet_put32(mac, (uint32_t)((x->mac - 1) >> 16));
		nf_inet_put16(mac + 4, (uint16_t)(x->mac - 1));
		if (arg == 0)
			nf_text_printf(out, "%s%s %s %u", nb == 0 ? "" : "\n",
				nf_addr_print_ether(mac, mac_text),
				nf_addr_print_ip4(x->vtep, vtep_text), now - x->seen);
		nb++;
	}
	if (arg == 1)
		nf_text_printf(out, "%u", nb);
	return 0;
}

static int vxlantunnel_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_vteptable_clear(&((struct vxlantunnel_state *)e->state)->table);
	return 0;
}

static void vxlantunnel_take_state(struct nf_element *e, struct nf_element *old)
{
	struct vxlantunnel_state *s = e->state, *was = old->state;

	for (size_t i = 0; i < (size_t)was->table.nb_buckets * NF_VTEPTABLE_WAYS; i++) {
		const struct nf_vteptable_entry *x = &was->table.entries[i];

		if (x->mac != 0)
			nf_vteptable_learn(&s->table, x->mac - 1, x->vtep, x->seen);
	}
}

const struct nf_class nf_vxlantunnel = {
	.name = "VXLANTunnel",
	.ports = "2/2",
	.processing = "h/h",
	.flow = "xy/xy",
	.state_size = sizeof(struct vxlantunnel_state),
	.configure = vxlantunnel_configure,
	.initialize = vxlantunnel_initialize,
	.cleanup = vxlantunnel_cleanup,
	.push = vxlantunnel_push,
	.drops = (const char *const[]){ "too short", "unknown", "stranger", "no buffer for a copy",
		NULL },
	.handlers = (const struct nf_handler[]){ { .name = "table", .read = vxlantunnel_table },
		{ .name = "size", .read = vxlantunnel_table, .arg = 1 },
		NF_HANDLER_U64("evicted", struct vxlantunnel_state, table.nb_evicted),
		{ .name = "clear", .write = vxlantunnel_clear, .flags = NF_HANDLER_BUTTON },
		{ .name = NULL } },
	.take_state = vxlantunnel_take_state,
	.flags = NF_CLASS_ANNO,
};

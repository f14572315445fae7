/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP6NDAdvertiser(ADDR/LEN [ADDR/LEN ...] ETH, ...)
 *
 * Answers neighbour solicitations (RFC 4861, 7.2.4) for the addresses that it has: its own, or
 * those of others (proxy). Takes whole Ethernet frames and checks them as RFC 4861, 7.1.1 asks.
 * Of several prefixes the longest counts. Who asks without an address of its own is answered at
 * ff02::1.
 *
 *	ADDR/LEN  IPv6 address or prefix
 *	ETH       Ethernet address
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push and gets what is not answered.
 * Handlers: table (r): "ADDR/LEN ETH", one a line.
 * Drops: not for us, not a valid solicitation, no room.
 *
 *	c :: Classifier(12/86dd 20/3aff 54/87, ...);
 *	c[0] -> IP6NDAdvertiser(2001:db8::1/128 1:1:1:1:1:1) -> ToDevice(0);
 */
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/element/ip6/icmp6.h"
#include "nf-apps/element/ip6/ip6trie.h"

#define IP6NDADVERTISER_MAX 65536u

enum { IP6NDADVERTISER_OTHER, IP6NDADVERTISER_INVALID, IP6NDADVERTISER_NO_ROOM };

struct ip6ndadvertiser_entry {
	nf_ip6trie_addr addr;
	uint8_t len, eth[6];
};

struct ip6ndadvertiser_state {
	struct ip6ndadvertiser_entry *v;
	uint32_t nb;
};

/* One more entry at the end. NULL: no memory, or too many. */
static struct ip6ndadvertiser_entry *ip6ndadvertiser_more(struct ip6ndadvertiser_state *s)
{
	struct ip6ndadvertiser_entry *v;

	if (s->nb == IP6NDADVERTISER_MAX)
		return NULL;
	if ((s->nb & (s->nb - 1)) == 0) {
		v = realloc(s->v, (s->nb == 0 ? 1 : 2 * s->nb) * sizeof(*v));
		if (v == NULL)
			return NULL;
		s->v = v;
	}
	return &s->v[s->nb++];
}

/* What is wrong with these words, NULL: nothing; their entries are there then. */
static const char *ip6ndadvertiser_words(struct nf_element *e, char *words[], int nb)
{
	struct ip6ndadvertiser_state *s = e->state;
	uint32_t first = s->nb;
	uint8_t eth[6];
	bool has_eth = false;

	for (int i = 0; i < nb; i++) {
		struct ip6ndadvertiser_entry *x;
		struct nf_ip6 addr;
		unsigned len = 0;

		if (nf_args_info_ip6_prefix(e, words[i], &addr, &len) == 0) {
			x = ip6ndadvertiser_more(s);
			if (x == NULL)
				return "no memory for so many entries";
			x->len = (uint8_t)len;
			x->addr =
				len == 0 ? 0 : nf_ip6trie_load(&addr) >> (128 - len) << (128 - len);
		} else if (nf_args_info_ether(e, words[i], eth) < 0) {
			return "should be 'IP6/MASK ETHADDR'";
		} else if (has_eth) {
			return "has more than one Ethernet address";
		} else {
			has_eth = true;
		}
	}
	for (int i = 0; i < nb && !has_eth; i++)
		has_eth = nf_args_info_ether(e, words[i], eth) == 0;
	if (s->nb == first || !has_eth)
		return s->nb == first ? "had no IP6 address and masks" : "has no Ethernet address";
	for (; first < s->nb; first++)
		memcpy(s->v[first].eth, eth, 6);
	return NULL;
}

static int ip6ndadvertiser_configure(struct nf_element *e, struct nf_args *a)
{
	const char *text, *bad;

	for (unsigned i = 0; (text = nf_args_next(a)) != NULL; i++) {
		unsigned max = (unsigned)strlen(text) / 2 + 1;
		char **words = calloc(max, sizeof(*words)), *copy = NULL;
		int nb = words == NULL ? -1 : nf_args_words(text, words, max, &copy);

		bad = nb < 0 ? "out of memory" : ip6ndadvertiser_words(e, words, nb);
		if (bad != NULL)
			nf_args_error(a, "argument %u %s", i, bad);
		free(copy);
		free(words);
	}
	return nf_args_end(a);
}

static void ip6ndadvertiser_cleanup(struct nf_element *e)
{
	struct ip6ndadvertiser_state *s = e->state;

	free(s->v);
}

static const struct ip6ndadvertiser_entry *ip6ndadvertiser_lookup(
	const struct ip6ndadvertiser_state *s, const uint8_t target[16])
{
	nf_ip6trie_addr addr = nf_ip6trie_load(target);
	const struct ip6ndadvertiser_entry *best = NULL;

	for (uint32_t i = 0; i < s->nb; i++) {
		const struct ip6ndadvertiser_entry *x = &s->v[i];

		if ((x->len == 0 || (addr ^ x->addr) >> (128 - x->len) == 0) &&
			(best == NULL || x->len > best->len))
			best = x;
	}
	return best;
}

/* The solicitation's buffer becomes the advertisement's. */
static int ip6ndadvertiser_answer(struct uk_netbuf *p, const struct ip6ndadvertiser_entry *x)
{
	struct nf_icmp6_nd_frame f;
	struct nf_icmp6_nd_args n = { .eth_src = x->eth,
		.eth_dst = f.ether.src,
		.src = f.nd.target,
		.dst = f.ip.src,
		.target = f.nd.target,
		.eth = x->eth,
		.type = NF_ICMP6_ADVERT,
		.flags = NF_ICMP6_ADVERT_ROUTER | NF_ICMP6_ADVERT_SOLICITED };
	uint8_t all[6];

	memcpy(&f, p->data, NF_ETHER_LEN + NF_IP6HDR_LEN + NF_ICMP6_ND_LEN_MIN);
	if (p->len < NF_ICMP6_ND_FRAME_LEN && !nf_packet_put(p, NF_ICMP6_ND_FRAME_LEN - p->len))
		return NF_DROP(IP6NDADVERTISER_NO_ROOM);
	p->len = NF_ICMP6_ND_FRAME_LEN;
	p->flags = 0;
	if (nf_ip6hdr_is_zero(f.ip.src)) {
		nf_icmp6_group_ether(nf_icmp6_all_nodes, all);
		n.dst = nf_icmp6_all_nodes;
		n.eth_dst = all;
		n.flags = NF_ICMP6_ADVERT_ROUTER;
	}
	nf_packet_anno_clear(p);
	nf_icmp6_nd_write(p->data, &n);
	nf_etherfield_mark(p, NF_ETHER_LEN);
	nf_packet_set_l4(p, p->data + NF_ETHER_LEN + NF_IP6HDR_LEN);
	return 0;
}

static inline int ip6ndadvertiser_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const uint8_t *eth;
	const struct nf_icmp6_nd_frame *f = nf_icmp6_nd_read(p, NF_ICMP6_SOLICIT, &eth);
	const struct ip6ndadvertiser_entry *x;

	if (f == NULL)
		return nf_ip6hdr_reject(e, IP6NDADVERTISER_INVALID);
	x = ip6ndadvertiser_lookup(e->state, f->nd.target);
	if (x == NULL)
		return nf_ip6hdr_reject(e, IP6NDADVERTISER_OTHER);
	return ip6ndadvertiser_answer(p, x);
}

NF_EACH_DEFINE(ip6ndadvertiser)

static int ip6ndadvertiser_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct ip6ndadvertiser_state *s = e->state;
	char ip[NF_ADDR_IP6_LEN], eth[NF_ADDR_ETHER_LEN];
	struct nf_ip6 addr;

	for (uint32_t i = 0; i < s->nb; i++) {
		nf_ip6trie_store(s->v[i].addr, &addr);
		nf_text_printf(out, "%s/%u %s\n", nf_addr_print_ip6(&addr, ip), s->v[i].len,
			nf_addr_print_ether(s->v[i].eth, eth));
	}
	return 0;
}

const struct nf_class nf_ip6ndadvertiser = {
	.name = "IP6NDAdvertiser",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct ip6ndadvertiser_state),
	.configure = ip6ndadvertiser_configure,
	.cleanup = ip6ndadvertiser_cleanup,
	NF_EACH(ip6ndadvertiser),
	.drops = (const char *const[]){ "not for us", "not a valid solicitation", "no room", NULL },
	.handlers =
		(const struct nf_handler[]){
			{ .name = "table", .read = ip6ndadvertiser_read_table }, { .name = NULL } },
	.flags = NF_CLASS_ANNO,
};

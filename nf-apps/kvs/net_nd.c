/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbour discovery (RFC 4861) as far as a server needs it that answers to where a request came from: solicitations are
 * answered, and the own addresses are tried before they are used (RFC 4862, 5.4).
 */
#include "nf-apps/kvs/net_part.h"

#define ND_SOLICIT    135
#define ND_ADVERT     136
#define ND_LEN_MIN    24 /* without options */
#define ND_LEN        32
#define ND_OPT_SOURCE 1
#define ND_OPT_TARGET 2
#define ND_SOLICITED  0x40
#define ND_OVERRIDE   0x20
#define ND_TRY_NS     1000000000ull /* RetransTimer, once: RFC 4861, 10; RFC 4862, 5.1 */

struct nd_message {
	uint8_t type, code;
	nf_be16 csum;
	uint8_t flags, reserved[3];
	uint8_t target[16];
	uint8_t opt_type, opt_len; /* of 8 bytes */
	uint8_t opt_mac[6];
} UK_PACKED;

_Static_assert(sizeof(struct nd_message) == ND_LEN, "RFC 4861, 4.3 and 4.4");

static const uint8_t nd_nobody[16];
static const uint8_t nd_all_nodes[16] = { 0xff, 2, [15] = 1 };

int nf_net_nd_find(const struct nf_net *n, const uint8_t addr[16])
{
	for (int i = 0; i < NF_NET_ADDRS6; i++) {
		const struct nf_net_addr6 *a = &n->addrs6[i];

		if ((a->state == NF_NET_ADDR_TENTATIVE || a->state == NF_NET_ADDR_VALID) &&
			memcmp(a->addr, addr, sizeof(a->addr)) == 0)
			return i;
	}
	return -1;
}

static void nd_add(struct nf_net_addr6 *a, const uint8_t addr[16])
{
	static const uint8_t group[16] = { 0xff, 2, [11] = 1, [12] = 0xff };

	memcpy(a->addr, addr, sizeof(a->addr));
	memcpy(a->group, group, 13); /* RFC 4291, 2.7.1: the last 24 bits are the address' */
	memcpy(a->group + 13, addr + 13, 3);
	a->state = NF_NET_ADDR_NEW;
}

/* The link-local address from the MAC address: RFC 4291, 2.5.6 and appendix A; RFC 2464, 5. */
void nf_net_nd_start(struct nf_net *n, const uint8_t ip6[16])
{
	const uint8_t *m = n->mac;
	const uint8_t local[16] = { 0xfe, 0x80, [8] = m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4],
		m[5] };

	nd_add(&n->addrs6[0], local);
	if (!nf_net_is_zero16(ip6) && memcmp(ip6, local, sizeof(local)) != 0)
		nd_add(&n->addrs6[1], ip6);
}

/* The link address of a group: RFC 2464, 7. */
static void nd_group_mac(const uint8_t group[16], uint8_t mac[6])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group + 12, 4);
}

/* Options: each a multiple of 8 bytes, not 0 (7.1.1). *source: there is the sender's link address. */
static bool nd_options_ok(const uint8_t *o, uint32_t len, bool *source)
{
	*source = false;
	for (uint32_t i = 0; i < len;) {
		if (len - i < 8 || o[i + 1] == 0 || 8u * o[i + 1] > len - i)
			return false;
		*source |= o[i] == ND_OPT_SOURCE;
		i += 8u * o[i + 1];
	}
	return true;
}

/* Somebody else has, or tries, an address of ours. */
static enum nf_net_count nd_conflict(struct nf_net *n, int i)
{
	n->counts[NF_NET_CONFLICTS]++;
	if (n->addrs6[i].state == NF_NET_ADDR_TENTATIVE)
		n->addrs6[i].state = NF_NET_ADDR_DUPLICATE;
	return NF_NET_HEARD;
}

/* Makes the frame an advertisement of address i. */
static enum nf_net_count nd_answer(struct nf_net *n, struct nf_net_pkt *p, int i, bool nobody)
{
	struct nd_message *m = (void *)(p->l3 + NF_NET_IP6_LEN);
	struct nf_net_back b;

	nf_net_back(n, p, &b);
	memcpy(b.src, n->addrs6[i].addr, sizeof(b.src));
	if (nobody) { /* 7.2.4: to all, since the asker has no address yet */
		memcpy(b.dst, nd_all_nodes, sizeof(b.dst));
		nd_group_mac(nd_all_nodes, b.l2);
	}
	*m = (struct nd_message){ .type = ND_ADVERT,
		.flags = nobody ? ND_OVERRIDE : ND_SOLICITED | ND_OVERRIDE,
		.opt_type = ND_OPT_TARGET,
		.opt_len = 1 };
	memcpy(m->target, n->addrs6[i].addr, sizeof(m->target));
	memcpy(m->opt_mac, n->mac, sizeof(m->opt_mac));
	m->csum = nf_net_back_csum(&b, (uint8_t *)m, ND_LEN, NF_IP_ICMP6);
	nf_net_back_put(p->f, &b, (uint8_t *)m, ND_LEN, NF_IP_ICMP6);
	((struct nf_ip6_hdr *)(void *)((uint8_t *)m - NF_NET_IP6_LEN))->hlim = NF_NET_ND_HLIM;
	p->f->flags = 0;
	return NF_NET_ND;
}

enum nf_net_count nf_net_nd_solicit(struct nf_net *n, struct nf_net_pkt *p)
{
	const struct nf_ip6_hdr *h = (const void *)p->l3;
	const struct nd_message *m = (const void *)p->l4;
	bool nobody = nf_net_is_zero16(h->src), source;
	int i;

	if (p->l4_len < ND_LEN_MIN || m->target[0] == 0xff ||
		!nd_options_ok(p->l4 + ND_LEN_MIN, p->l4_len - ND_LEN_MIN, &source))
		return NF_NET_MALFORMED;
	i = nf_net_nd_find(n, m->target);
	if (i < 0)
		return NF_NET_OTHER_ADDRESS;
	if (memcmp(p->l3 - p->l2_len + 6, n->mac, 6) ==
		0) /* our own words, sent back by a switch */
		return NF_NET_HEARD;
	if (nobody && (source || memcmp(h->dst, n->addrs6[i].group, 16) != 0))
		return NF_NET_MALFORMED;
	if (n->addrs6[i].state == NF_NET_ADDR_TENTATIVE)
		return nobody ? nd_conflict(n, i) : NF_NET_QUIET;
	if (p->f->room < p->l2_len + (uint32_t)(NF_NET_IP6_LEN + ND_LEN))
		return NF_NET_LONG;
	return nd_answer(n, p, i, nobody);
}

enum nf_net_count nf_net_nd_advert(struct nf_net *n, struct nf_net_pkt *p)
{
	const struct nd_message *m = (const void *)p->l4;
	bool source;
	int i;

	if (p->l4_len < ND_LEN_MIN || m->target[0] == 0xff ||
		!nd_options_ok(p->l4 + ND_LEN_MIN, p->l4_len - ND_LEN_MIN, &source))
		return NF_NET_MALFORMED;
	i = nf_net_nd_find(n, m->target);
	if (i < 0 || memcmp(p->l3 - p->l2_len + 6, n->mac, 6) == 0)
		return NF_NET_HEARD;
	return nd_conflict(n, i);
}

/* Asks for an address of ours, from nobody (RFC 4862, 5.4.2). */
static void nd_try(struct nf_net *n, const struct nf_net_addr6 *a)
{
	struct nf_net_back b = { .l2_len = NF_ETHER_LEN, .is6 = true };
	void *buffer = n->ops->get(n->ops_arg);
	struct nd_message *m;
	struct nf_net_frame f;

	if (buffer == NULL)
		return;
	n->ops->look(n->ops_arg, buffer, &f);
	nd_group_mac(a->group, b.l2);
	memcpy(b.l2 + 6, n->mac, 6);
	nf_inet_put16(b.l2 + 12, NF_ETHERTYPE_IP6);
	memcpy(b.src, nd_nobody, sizeof(b.src));
	memcpy(b.dst, a->group, sizeof(b.dst));
	m = (void *)(f.data + NF_ETHER_LEN + NF_NET_IP6_LEN);
	memset(m, 0, ND_LEN_MIN);
	m->type = ND_SOLICIT;
	memcpy(m->target, a->addr, sizeof(m->target));
	m->csum = nf_net_back_csum(&b, (uint8_t *)m, ND_LEN_MIN, NF_IP_ICMP6);
	nf_net_back_put(&f, &b, (uint8_t *)m, ND_LEN_MIN, NF_IP_ICMP6);
	((struct nf_ip6_hdr *)(void *)((uint8_t *)m - NF_NET_IP6_LEN))->hlim = NF_NET_ND_HLIM;
	f.flags = 0;
	n->ops->put(n->ops_arg, &f);
}

void nf_net_nd_timers(struct nf_net *n)
{
	for (unsigned i = 0; i < NF_NET_ADDRS6; i++) {
		struct nf_net_addr6 *a = &n->addrs6[i];

		if (a->state == NF_NET_ADDR_NEW) {
			a->state = NF_NET_ADDR_TENTATIVE;
			a->until_ns = n->now_ns + ND_TRY_NS;
			nd_try(n, a);
		} else if (a->state == NF_NET_ADDR_TENTATIVE && n->now_ns >= a->until_ns) {
			a->state = NF_NET_ADDR_VALID;
		}
	}
	if (n->now_ns >= n->report_ns)
		nf_net_mld_report(n);
}

bool nf_net_link_local(const struct nf_net *n, uint8_t address[16])
{
	memcpy(address, n->addrs6[0].addr, 16);
	return n->addrs6[0].state == NF_NET_ADDR_VALID;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/access/ipfix.h"

#define IPFIX_HEADS (sizeof(struct nf_ip4) + sizeof(struct nf_udp))

struct ipfix_header {
	nf_be16 version, len;
	nf_be32 time_s, sequence, domain;
} UK_PACKED;

struct ipfix_set {
	nf_be16 id, len;
} UK_PACKED;

/* Information element, bytes. */
static const uint16_t ipfix_fields[][2] = { { 8, 4 }, { 12, 4 }, { 7, 2 }, { 11, 2 }, { 4, 1 },
	{ 5, 1 }, { 6, 1 }, { 32, 2 }, { 136, 1 }, { 10, 4 }, { 1, 8 }, { 2, 8 }, { 152, 8 },
	{ 153, 8 } };

#define IPFIX_TEMPLATE_BYTES (4 + 4 + sizeof(ipfix_fields))

static void ipfix_template(uint8_t *to)
{
	nf_inet_put16(to, 2);
	nf_inet_put16(to + 2, IPFIX_TEMPLATE_BYTES);
	nf_inet_put16(to + 4, NF_IPFIX_TEMPLATE);
	nf_inet_put16(to + 6, UK_ARRAY_SIZE(ipfix_fields));
	for (unsigned i = 0; i < UK_ARRAY_SIZE(ipfix_fields); i++) {
		nf_inet_put16(to + 8 + 4 * i, ipfix_fields[i][0]);
		nf_inet_put16(to + 10 + 4 * i, ipfix_fields[i][1]);
	}
}

/* A message without records, with the template if that is due. */
static bool ipfix_start(struct nf_ipfix_msg *m, const struct nf_ipfix_conf *c, struct nf_core *core)
{
	uint64_t now_ns = nf_core_now_ns(core);
	bool tell = !m->has_sent_template || now_ns - m->template_ns >= c->refresh_ns;
	uint32_t at = IPFIX_HEADS + sizeof(struct ipfix_header);
	struct ipfix_header *h;

	m->set_at = at + (tell ? IPFIX_TEMPLATE_BYTES : 0);
	m->p = nf_packet_alloc(
		&core->pools, UK_NETBUF_HEADROOM, m->set_at + sizeof(struct ipfix_set));
	if (m->p == NULL)
		return false;
	h = (struct ipfix_header *)(void *)(m->p->data + IPFIX_HEADS);
	*h = (struct ipfix_header){ .version = nf_inet_hton16(NF_IPFIX_VERSION),
		.time_s = nf_inet_hton32((uint32_t)(nf_core_wall_ns() / 1000000000)),
		.sequence = nf_inet_hton32(m->sequence),
		.domain = nf_inet_hton32(c->domain) };
	if (tell) {
		ipfix_template(m->p->data + at);
		m->has_sent_template = true;
		m->template_ns = now_ns;
	}
	m->nb_in = 0;
	return true;
}

struct uk_netbuf *nf_ipfix_add(struct nf_ipfix_msg *m, const struct nf_ipfix_conf *c,
	struct nf_core *core, const struct nf_ipfix_record *r)
{
	if ((m->p == NULL && !ipfix_start(m, c, core)) || !nf_packet_put(m->p, sizeof(*r))) {
		m->nb_lost++;
		return NULL;
	}
	memcpy(m->p->data + m->p->len - sizeof(*r), r, sizeof(*r));
	m->nb_in++;
	m->sequence++;
	m->nb_records++;
	return m->p->len + sizeof(*r) > c->mtu ? nf_ipfix_take(m, c) : NULL;
}

static void ipfix_ip(struct nf_ipfix_msg *m, const struct nf_ipfix_conf *c, struct uk_netbuf *p)
{
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)p->data;
	struct nf_udp *udp = (struct nf_udp *)(void *)(p->data + sizeof(*ip));
	uint16_t udp_len = (uint16_t)(p->len - sizeof(*ip));

	*ip = (struct nf_ip4){ .vhl = 0x45,
		.len = nf_inet_hton16((uint16_t)p->len),
		.id = nf_inet_hton16(m->ip_id++),
		.ttl = 64,
		.proto = NF_IP_UDP,
		.src = c->src,
		.dst = c->dst };
	ip->csum = nf_inet_ip4_csum(ip, sizeof(*ip));
	*udp = (struct nf_udp){ .sport = nf_inet_hton16(c->sport),
		.dport = nf_inet_hton16(c->dport),
		.len = nf_inet_hton16(udp_len) };
	udp->csum = nf_inet_fold(
		nf_inet_sum(udp, udp_len, nf_inet_pseudo4(ip->src, ip->dst, NF_IP_UDP, udp_len)));
	if (udp->csum == 0)
		udp->csum = 0xffff;
	nf_packet_set_l3(p, p->data);
	nf_packet_set_l4(p, p->data + sizeof(*ip));
	nf_packet_set_dst_ip(p, c->dst);
}

struct uk_netbuf *nf_ipfix_take(struct nf_ipfix_msg *m, const struct nf_ipfix_conf *c)
{
	struct uk_netbuf *p = m->p;

	if (p == NULL)
		return NULL;
	m->p = NULL;
	nf_inet_put16(p->data + m->set_at, NF_IPFIX_TEMPLATE);
	nf_inet_put16(p->data + m->set_at + 2, (uint16_t)(p->len - m->set_at));
	nf_inet_put16(p->data + IPFIX_HEADS + 2, (uint16_t)(p->len - IPFIX_HEADS));
	ipfix_ip(m, c, p);
	m->nb_messages++;
	return p;
}

void nf_ipfix_free(struct nf_ipfix_msg *m)
{
	if (m->p != NULL)
		uk_netbuf_free(m->p);
	m->p = NULL;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets and handlers of DNSCache. */
#include "nf-apps/click/handler.h"
#include "nf-apps/element/service/dnscache.h"

#define DNSCACHE_HLEN  (NF_IP4_HLEN + (uint32_t)sizeof(struct nf_udp))
#define DNSCACHE_TTL   64
#define DNSCACHE_LINES 10000u

uint8_t *nf_dnscache_open(const struct uk_netbuf *p, uint32_t *len)
{
	uint32_t hlen = 0, total;
	const struct nf_ip4 *ip = nf_ip4_hdr_whole(p, &hlen);
	const struct nf_udp *udp;

	if (ip == NULL || (const uint8_t *)ip < p->data || ip->vhl >> 4 != 4 ||
		ip->proto != NF_IP_UDP || nf_inet_ip4_is_fragment(ip))
		return NULL;
	total = nf_inet_ntoh16(ip->len);
	if (total > nf_ip4_left(p) || total < hlen + sizeof(*udp))
		return NULL;
	udp = (const struct nf_udp *)(const void *)((const uint8_t *)ip + hlen);
	*len = nf_inet_ntoh16(udp->len);
	if (*len < sizeof(*udp) || *len > total - hlen)
		return NULL;
	*len -= (uint32_t)sizeof(*udp);
	return (uint8_t *)(uintptr_t)(udp + 1);
}

bool nf_dnscache_close(struct nf_dnscache *s, struct uk_netbuf *p, uint8_t *m, uint32_t len,
	struct nf_dnscache_end from, struct nf_dnscache_end to)
{
	struct nf_udp *udp = (struct nf_udp *)(void *)(m - sizeof(*udp));
	struct nf_ip4 *ip = (struct nf_ip4 *)(void *)(m - DNSCACHE_HLEN);

	if ((uint32_t)(m - p->buf) < DNSCACHE_HLEN || len > NF_IP4_LEN_MAX - DNSCACHE_HLEN)
		return false;
	p->data = (uint8_t *)ip;
	p->len = len + DNSCACHE_HLEN;
	*ip = (struct nf_ip4){ .vhl = NF_IP4_VHL,
		.len = nf_inet_hton16((uint16_t)p->len),
		.id = nf_inet_hton16(s->ip_id++),
		.ttl = DNSCACHE_TTL,
		.proto = NF_IP_UDP,
		.src = from.addr,
		.dst = to.addr };
	nf_ip4_set_csum(ip, NF_IP4_HLEN);
	*udp = (struct nf_udp){ .sport = nf_inet_hton16(from.port),
		.dport = nf_inet_hton16(to.port),
		.len = nf_inet_hton16((uint16_t)(len + sizeof(*udp))) };
	udp->csum = nf_ip4_udp_csum(ip, udp, (uint16_t)(len + sizeof(*udp)));
	nf_ip4_mark(p, p->data, NF_IP4_HLEN);
	nf_packet_set_dst_ip(p, to.addr);
	return true;
}

static int dnscache_read_cache(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_dnsstore *s = &((struct nf_dnscache *)e->state)->store;
	uint64_t now = nf_core_now_ns(e->core) / 1000000u;
	uint32_t nb = 0;

	for (uint32_t i = 0; i < s->nb_entries && nb < DNSCACHE_LINES; i++) {
		const struct nf_dnsstore_entry *x = &s->entries[i];
		const uint8_t *m, *type;
		char name[300];

		if (x->len == 0 || nf_dnsstore_age(x, now) >= x->ttl)
			continue;
		m = nf_dnsstore_message(s, i);
		type = m + NF_DNSMSG_HLEN + x->key_len - 4;
		nf_dnsmsg_print_name(m + NF_DNSMSG_HLEN, x->key_len, name, sizeof(name));
		nf_text_printf(out, "%s%s %u %u %u %u %u", nb++ == 0 ? "" : "\n", name,
			nf_inet_get16(type), nf_inet_get16(type + 2), m[3] & 15u,
			x->ttl - (uint32_t)nf_dnsstore_age(x, now), x->len);
	}
	return 0;
}

static int dnscache_read_stats(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_dnscache *s = e->state;
	const struct {
		const char *name;
		uint64_t v;
	} line[] = {
		{ "queries", s->nb_queries },
		{ "hits", s->nb_hits },
		{ "misses", s->nb_misses },
		{ "coalesced", s->nb_coalesced },
		{ "sent again", s->nb_resent },
		{ "answers", s->nb_answers },
		{ "kept", s->nb_kept },
		{ "truncated", s->nb_truncated },
		{ "timed out", s->nb_timeouts },
		{ "evicted", s->store.nb_evicted },
		{ "in the cache", s->store.nb_used },
		{ "pending", s->pending.nb_used },
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(line); i++)
		nf_text_printf(out, "%s%llu\t%s", i == 0 ? "" : "\n", (unsigned long long)line[i].v,
			line[i].name);
	return 0;
}

static int dnscache_flush(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_dnsstore_flush(&((struct nf_dnscache *)e->state)->store);
	return 0;
}

const struct nf_handler nf_dnscache_handlers[] = {
	{ .name = "stats", .read = dnscache_read_stats },
	{ .name = "cache", .read = dnscache_read_cache, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "flush", .write = dnscache_flush, .flags = NF_HANDLER_BUTTON },
	NF_HANDLER_U64("queries", struct nf_dnscache, nb_queries),
	NF_HANDLER_U64("hits", struct nf_dnscache, nb_hits),
	NF_HANDLER_U64("misses", struct nf_dnscache, nb_misses),
	NF_HANDLER_U64("timeouts", struct nf_dnscache, nb_timeouts),
	NF_HANDLER_U32("size", struct nf_dnscache, store.nb_used),
	NF_HANDLER_U32("pending", struct nf_dnscache, pending.nb_used),
	{ .name = NULL },
};

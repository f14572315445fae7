/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include "nf-apps/element/rewrite/rwpattern.h"
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/router.h"

static const char rwpattern_bad_src[] = "bad source address";
static const char rwpattern_bad_sport[] = "bad source port";

/* "#" or "?" at the end is taken off. */
static void rwpattern_order(char *s, struct nf_rwpattern *p)
{
	size_t len = strlen(s);

	p->own_first = true;
	if (len == 0 || (s[len - 1] != '#' && s[len - 1] != '?'))
		return;
	p->in_turn = s[len - 1] == '#';
	p->own_first = false;
	s[len - 1] = '\0';
}

static bool rwpattern_port(const char *s, bool zero, uint32_t *port)
{
	uint64_t v;

	if (nf_addr_u64(s, &v) < 0 || v > UINT16_MAX || (v == 0 && !zero))
		return false;
	*port = (uint32_t)v;
	return true;
}

/* "L-H", either with the marks of an order */
static bool rwpattern_ports(char *s, struct nf_rwpattern *p)
{
	char *dash;
	uint32_t low, high;

	rwpattern_order(s, p);
	dash = strchr(s, '-');
	if (dash == NULL)
		return false;
	*dash = '\0';
	if (!rwpattern_port(s, true, &low) || !rwpattern_port(dash + 1, true, &high) || high < low)
		return false;
	p->sport = nf_inet_hton16((uint16_t)low);
	p->top = high - low;
	return true;
}

static bool rwpattern_prefix(const struct nf_element *e, const char *s, struct nf_rwpattern *p)
{
	uint32_t addr, mask, host;

	if (nf_args_info_ip4_prefix(e, s, &addr, &mask) < 0 || addr == 0 || mask == 0)
		return false;
	host = ~nf_inet_ntoh32(mask);
	if ((host & (host + 1)) != 0)
		return false;
	p->src = addr;
	p->top = host;
	if (host == 0)
		return true;
	p->src &= mask;
	if (host > 1) { /* without the network's own and its broadcast address */
		p->src |= nf_inet_hton32(1);
		p->top = host - 2;
	}
	return true;
}

/* "L-H", "A/N" */
static bool rwpattern_addrs(const struct nf_element *e, char *s, struct nf_rwpattern *p)
{
	uint32_t low, high;
	char *dash;

	rwpattern_order(s, p);
	dash = strchr(s, '-');
	if (dash == NULL)
		return rwpattern_prefix(e, s, p);
	*dash = '\0';
	if (nf_args_info_ip4(e, s, &low) < 0 || nf_args_info_ip4(e, dash + 1, &high) < 0 ||
		nf_inet_ntoh32(high) < nf_inet_ntoh32(low) || low == 0)
		return false;
	p->src = low;
	p->top = nf_inet_ntoh32(high) - nf_inet_ntoh32(low);
	return true;
}

static bool rwpattern_dash(const char *s)
{
	return strcmp(s, "-") == 0;
}

static const char *rwpattern_src(
	const struct nf_element *e, char *s, bool ports, struct nf_rwpattern *p)
{
	if (rwpattern_dash(s) || nf_args_info_ip4(e, s, &p->src) == 0)
		return NULL;
	if (!rwpattern_addrs(e, s, p))
		return rwpattern_bad_src;
	return ports && p->top > 0 ? "an address range needs a pattern without ports" : NULL;
}

static const char *rwpattern_sport(char *s, struct nf_rwpattern *p)
{
	uint32_t port;

	if (rwpattern_dash(s))
		return NULL;
	if (rwpattern_port(s, false, &port)) {
		p->sport = nf_inet_hton16((uint16_t)port);
		return NULL;
	}
	return rwpattern_ports(s, p) ? NULL : rwpattern_bad_sport;
}

static const char *rwpattern_dst(const struct nf_element *e, const char *s, struct nf_rwpattern *p)
{
	return rwpattern_dash(s) || nf_args_info_ip4(e, s, &p->dst) == 0
		       ? NULL
		       : "bad destination address";
}

static const char *rwpattern_dport(const char *s, struct nf_rwpattern *p)
{
	uint32_t port;

	if (rwpattern_dash(s))
		return NULL;
	if (!rwpattern_port(s, false, &port))
		return "bad destination port";
	p->dport = nf_inet_hton16((uint16_t)port);
	return NULL;
}

static const char *rwpattern_fill(
	const struct nf_element *e, char *const w[], unsigned nb, struct nf_rwpattern *p)
{
	const char *why;

	p->own_first = true;
	p->ports = nb >= 3;
	why = rwpattern_src(e, w[0], p->ports, p);
	if (why == NULL && nb >= 3)
		why = rwpattern_sport(w[nb == 3 ? 2 : 1], p);
	if (why == NULL)
		why = rwpattern_dst(e, w[nb == 4 ? 2 : 1], p);
	if (why == NULL && nb == 4)
		why = rwpattern_dport(w[3], p);
	return why;
}

struct nf_rwpattern *nf_rwpattern_parse(
	const struct nf_element *e, char *const words[], unsigned nb, const char **why)
{
	struct nf_rwpattern *p;

	if (nb < 1 || nb > 4) {
		*why = "syntax error";
		return NULL;
	}
	if (nb == 1) {
		p = nf_rwpattern_named(e, words[0]);
		*why = "no such pattern";
		if (p != NULL)
			p->nb_users++;
		return p;
	}
	p = calloc(1, sizeof(*p));
	*why = "out of memory";
	if (p == NULL)
		return NULL;
	p->nb_users = 1;
	*why = rwpattern_fill(e, words, nb, p);
	if (*why == NULL)
		return p;
	free(p);
	return NULL;
}

void nf_rwpattern_unuse(struct nf_rwpattern *p)
{
	if (p != NULL && --p->nb_users == 0)
		free(p);
}

static bool rwpattern_output(const char *s, uint32_t *out)
{
	uint64_t v;

	if (nf_addr_u64(s, &v) < 0 || v > INT16_MAX)
		return false;
	*out = (uint32_t)v;
	return true;
}

struct nf_rwpattern *nf_rwpattern_parse_outputs(const struct nf_element *e, char *const words[],
	int nb, uint32_t *fout, uint32_t *rout, const char **why)
{
	struct nf_rwpattern *p;

	*why = "syntax error";
	if (nb <= 2 || nb > 6)
		return NULL;
	p = nf_rwpattern_parse(e, words, (unsigned)nb - 2, why);
	if (p == NULL)
		return NULL;
	if (!rwpattern_output(words[nb - 2], fout))
		*why = "bad forward port";
	else if (!rwpattern_output(words[nb - 1], rout))
		*why = "bad reply port";
	else
		return p;
	nf_rwpattern_unuse(p);
	return NULL;
}

struct nf_rwkey nf_rwpattern_outer(const struct nf_rwkey *out)
{
	return (struct nf_rwkey){
		.dst = out->src, .dport = out->sport, .proto = out->proto, .owner = out->owner
	};
}

static bool rwpattern_free(const struct nf_rwpattern_how *how, const struct nf_rwkey *out)
{
	struct nf_rwkey reply = nf_rwset_reply(out), outer;

	if (how->endpoint) {
		outer = nf_rwpattern_outer(out);
		if (nf_flowtable_find(&how->set->binds, &outer) != NF_FLOWTABLE_NONE)
			return false;
	}
	return nf_flowtable_find(&how->set->flows, &reply) == NF_FLOWTABLE_NONE;
}

static void rwpattern_set(const struct nf_rwpattern *p, uint32_t val, struct nf_rwkey *out)
{
	if (!p->ports) {
		out->src = nf_inet_hton32(nf_inet_ntoh32(p->src) + val);
		return;
	}
	out->sport = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(p->sport) + val));
	if (out->proto == NF_IP_ICMP)
		out->dport = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(out->sport) + 1));
}

/* From *val on, every `step`-th. */
static bool rwpattern_scan(struct nf_rwpattern *p, const struct nf_rwpattern_how *how,
	uint32_t *val, uint32_t step, struct nf_rwkey *out)
{
	uint32_t nb = p->top / step + 1;

	for (uint32_t i = 0; i < nb && i < NF_RWPATTERN_TRIES; i++) {
		rwpattern_set(p, *val, out);
		if (rwpattern_free(how, out))
			return true;
		*val = *val + step > p->top ? (*val + step) % step : *val + step;
	}
	return false;
}

/* A random one of the right parity, then on by two. */
static bool rwpattern_same_parity(struct nf_rwpattern *p, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, uint32_t *val, struct nf_rwkey *out)
{
	uint32_t odd = (nf_inet_ntoh16(in->sport) ^ nf_inet_ntoh16(p->sport)) & 1;

	if (!how->parity || !p->ports || p->top < 1)
		return false;
	*val = (*val & ~1u) | odd;
	if (*val > p->top)
		*val = odd;
	return rwpattern_scan(p, how, val, 2, out);
}

static bool rwpattern_choose(struct nf_rwpattern *p, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, struct nf_rwkey *out)
{
	uint32_t val = (uint32_t)nf_inet_ntoh16(in->sport) - nf_inet_ntoh16(p->sport), first;

	if (p->own_first && p->ports && val <= p->top) {
		rwpattern_set(p, val, out);
		if (rwpattern_free(how, out)) {
			p->next = val + 1;
			return true;
		}
	}
	if (p->in_turn)
		val = p->next > p->top ? 0 : p->next;
	else
		val = (uint32_t)((uint64_t)nf_core_random(how->core) * (p->top + 1ull) >> 32);
	first = val;
	if (!rwpattern_same_parity(p, how, in, &val, out)) {
		val = first;
		if (!rwpattern_scan(p, how, &val, 1, out)) {
			p->next = val;
			return false;
		}
	}
	p->next = val + 1;
	return true;
}

int nf_rwpattern_apply(struct nf_rwpattern *p, const struct nf_rwpattern_how *how,
	const struct nf_rwkey *in, struct nf_rwkey *out)
{
	struct nf_rwkey same;

	*out = *in;
	if (p->src != 0)
		out->src = p->src;
	if (p->sport != 0)
		out->sport = p->sport;
	if (p->dst != 0)
		out->dst = p->dst;
	if (p->dport != 0)
		out->dport = p->dport;
	if (out->proto == NF_IP_ICMP) /* tells requests from replies, see ICMPPingRewriter */
		out->dport = nf_inet_hton16((uint16_t)(nf_inet_ntoh16(out->sport) + 1));
	if (p->top == 0)
		return how->endpoint && !rwpattern_free(how, out) ? NF_RWPATTERN_DROP
								  : NF_RWPATTERN_MAPPED;
	/* nothing was free for this destination, nor has it become so: do not search again */
	same = *out;
	same.src = same.sport = 0;
	if (p->full_at == how->set->flows.unlinks && p->top < NF_RWPATTERN_TRIES &&
		nf_flowtable_same(&same, &p->full, sizeof(same)))
		return NF_RWPATTERN_DROP;
	if (rwpattern_choose(p, how, in, out))
		return NF_RWPATTERN_MAPPED;
	p->full = same;
	p->full_at = how->set->flows.unlinks;
	return NF_RWPATTERN_DROP;
}

void nf_rwpattern_print(const struct nf_rwpattern *p, struct nf_text *t)
{
	char a[NF_ADDR_IP4_LEN], b[NF_ADDR_IP4_LEN];
	uint32_t last = nf_inet_hton32(nf_inet_ntoh32(p->src) + p->top);
	unsigned sport = nf_inet_ntoh16(p->sport);

	nf_text_printf(t, "%s", p->src ? nf_addr_print_ip4(p->src, a) : "-");
	if (!p->ports && p->top > 0)
		nf_text_printf(t, "-%s", nf_addr_print_ip4(last, b));
	if (p->ports && p->top > 0)
		nf_text_printf(t, " %u-%u", sport, sport + p->top);
	else if (p->ports && sport != 0)
		nf_text_printf(t, " %u", sport);
	else if (p->ports)
		nf_text_printf(t, " -");
	nf_text_printf(t, " %s", p->dst ? nf_addr_print_ip4(p->dst, a) : "-");
	if (p->ports && p->dport != 0)
		nf_text_printf(t, " %u", nf_inet_ntoh16(p->dport));
	else if (p->ports)
		nf_text_printf(t, " -");
}

struct nf_rwpattern *nf_rwpattern_named(const struct nf_element *e, const char *name)
{
	const struct nf_router *r = e->router;

	for (uint32_t i = 0; i < r->nb_elements; i++) {
		const struct nf_rwpattern_list *l = r->elements[i]->state;

		if (!nf_element_is(r->elements[i], "IPRewriterPatterns"))
			continue;
		for (uint32_t j = 0; j < l->nb; j++) {
			if (strcmp(l->v[j].name, name) == 0)
				return l->v[j].p;
		}
	}
	return NULL;
}

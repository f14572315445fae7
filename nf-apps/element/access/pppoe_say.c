/* SPDX-License-Identifier: BSD-3-Clause */
/* PPPoEServer's handlers, subscribers as text, and sessions over a live change. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/element/access/pppoe.h"

int nf_pppoe_subscriber(struct nf_element *e, const char *text, struct nf_errors *errs)
{
	struct nf_pppoe_state *s = e->state;
	char *words[4], *copy = NULL;
	uint32_t be = 0, at;
	int nb = nf_args_words(text, words, 4, &copy), rc;

	if (nb < 2 || nb > 3 || (nb == 3 && nf_addr_ip4(words[2], &be) < 0)) {
		free(copy);
		return nf_errors_add(errs, NULL, "a subscriber is \"NAME SECRET [ADDRESS]\"");
	}
	at = nb == 3 ? nf_inet_ntoh32(be) - s->first_addr : 0;
	if (nb == 3 && (at >= s->nb_addrs || s->addr_held[at]))
		rc = nf_errors_add(errs, NULL, "%s is not a free address of the pool", words[2]);
	else
		rc = nf_subscribers_add(&s->subscribers, words[0], words[1], be);
	if (rc == 0 && nb == 3)
		s->addr_held[at] = 1;
	if (rc == -EEXIST)
		rc = nf_errors_add(errs, NULL, "there is a subscriber '%.64s'", words[0]);
	else if (rc == -ENOSPC)
		rc = nf_errors_add(errs, NULL, "at most %u subscribers", NF_SUBSCRIBERS_MAX);
	else if (rc == -EINVAL && errs->nb_errors == 0)
		rc = nf_errors_add(errs, NULL, "names and secrets are up to %u characters long",
			NF_SUBSCRIBERS_NAME_MAX);
	free(copy);
	return rc;
}

static int pppoesay_sessions(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	static const char *const phases[] = { "link", "auth", "network", "open" };
	const struct nf_pppoe_state *s = e->state;
	char mac[NF_ADDR_ETHER_LEN], ip[NF_ADDR_IP4_LEN];

	for (uint32_t i = 0; i < s->max_sessions; i++) {
		const struct nf_pppoe_session *ses = &s->sessions[i];
		const struct nf_subscriber *u = NULL;

		if (!ses->used)
			continue;
		if (ses->subscriber != NF_SUBSCRIBERS_NONE)
			u = &s->subscribers.v[ses->subscriber];
		nf_text_printf(out, "%u %s %s %.*s %s %lu %lu %lu %lu %u\n", i + 1,
			phases[ses->ppp.phase & 3], nf_addr_print_ether(ses->head, mac),
			u ? (int)u->name_len : 1, u ? u->name : "-",
			ses->ppp.addr_be ? nf_addr_print_ip4(ses->ppp.addr_be, ip) : "-",
			ses->up_packets, ses->up_bytes, ses->down_packets, ses->down_bytes,
			nf_pppoe_now_s(e) - ses->since_s);
	}
	return 0;
}

static int pppoesay_subscribers(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_subscribers *s = &((struct nf_pppoe_state *)e->state)->subscribers;
	char ip[NF_ADDR_IP4_LEN];

	for (uint32_t i = 0; i < s->nb; i++) {
		const struct nf_subscriber *u = &s->v[i];

		if (u->used)
			nf_text_printf(out, "%.*s %s\n", u->name_len, u->name,
				u->addr_be ? nf_addr_print_ip4(u->addr_be, ip) : "-");
	}
	return 0;
}

static int pppoesay_stats(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct nf_pppoe_stats *t = &((struct nf_pppoe_state *)e->state)->stats;

	nf_text_printf(out,
		"padi %lu\npado %lu\npadr %lu\npads %lu\npadt received %lu\npadt sent %lu\n"
		"discovery refused %lu\nno buffer %lu\nsessions opened %lu\nlogins refused %lu\n"
		"sessions timed out %lu\nsessions ended %lu\n",
		t->padi, t->pado, t->padr, t->pads, t->padt_in, t->padt_out, t->refused,
		t->no_buffer, t->opened, t->auth_failed, t->timed_out, t->ended);
	return 0;
}

static int pppoesay_add(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return nf_pppoe_subscriber(e, value, errs);
}

/* Ends all sessions of a subscriber; how many. */
static uint32_t pppoesay_end_of(struct nf_element *e, uint32_t nr)
{
	struct nf_pppoe_state *s = e->state;
	uint32_t nb = 0;

	for (uint32_t i = 0; i < s->max_sessions; i++) {
		if (s->sessions[i].used && s->sessions[i].subscriber == nr) {
			nf_pppoe_session_end(e, (uint16_t)(i + 1), true);
			nb++;
		}
	}
	return nb;
}

static int pppoesay_remove(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_pppoe_state *s = e->state;
	uint32_t nr = nf_subscribers_find(&s->subscribers, value, (uint32_t)strlen(value));

	if (nr == NF_SUBSCRIBERS_NONE)
		return nf_errors_add(errs, NULL, "there is no subscriber '%.64s'", value);
	pppoesay_end_of(e, nr);
	if (s->subscribers.v[nr].addr_be != 0)
		s->addr_held[nf_inet_ntoh32(s->subscribers.v[nr].addr_be) - s->first_addr] = 0;
	nf_subscribers_remove(&s->subscribers, nr);
	return 0;
}

static int pppoesay_terminate(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct nf_pppoe_state *s = e->state;
	uint64_t id = 0;
	uint32_t be, nr;

	if (strcmp(value, "all") == 0) {
		for (uint32_t i = 0; i < s->max_sessions; i++) {
			if (s->sessions[i].used)
				nf_pppoe_session_end(e, (uint16_t)(i + 1), true);
		}
		return 0;
	}
	nr = nf_subscribers_find(&s->subscribers, value, (uint32_t)strlen(value));
	if (nr != NF_SUBSCRIBERS_NONE) {
		if (pppoesay_end_of(e, nr) > 0)
			return 0;
	} else if (nf_addr_u64(value, &id) != 0 && nf_addr_ip4(value, &be) == 0 &&
		   nf_inet_ntoh32(be) - s->first_addr < s->nb_addrs) {
		id = s->by_addr[nf_inet_ntoh32(be) - s->first_addr];
	}
	if (id == 0 || id > s->max_sessions || !s->sessions[id - 1].used)
		return nf_errors_add(errs, NULL, "no session of '%.64s'", value);
	nf_pppoe_session_end(e, (uint16_t)id, true);
	return 0;
}

/* Sessions go on if what hosts know stays: our address, the pool, and who they are. */
void nf_pppoe_take_state(struct nf_element *e, struct nf_element *old)
{
	struct nf_pppoe_state *s = e->state, *was = old->state, fresh;

	if (memcmp(s->mac, was->mac, 6) != 0 || s->first_addr != was->first_addr ||
		s->nb_addrs != was->nb_addrs || s->max_sessions != was->max_sessions ||
		s->gateway != was->gateway)
		return;
	for (uint32_t i = 0; i < s->max_sessions; i++) {
		struct nf_pppoe_session *ses = &was->sessions[i];
		const struct nf_subscriber *u;

		if (!ses->used || ses->subscriber == NF_SUBSCRIBERS_NONE)
			continue;
		u = &was->subscribers.v[ses->subscriber];
		ses->subscriber = nf_subscribers_find(&s->subscribers, u->name, u->name_len);
	}
	fresh = *s;
	s->sessions = was->sessions;
	s->free_ids = was->free_ids;
	s->by_mac = was->by_mac;
	s->by_addr = was->by_addr;
	s->free_at = was->free_at;
	s->nb_free = was->nb_free;
	s->nb_sessions = was->nb_sessions;
	s->nb_open = was->nb_open;
	s->next_addr = was->next_addr;
	memcpy(s->key, was->key, sizeof(s->key));
	s->random_nr = was->random_nr;
	s->stats = was->stats;
	was->sessions = fresh.sessions;
	was->free_ids = fresh.free_ids;
	was->by_mac = fresh.by_mac;
	was->by_addr = fresh.by_addr;
	was->nb_sessions = was->nb_open = 0;
	if (s->nb_sessions > 0)
		(void)!nf_timer_after_ns(&s->timer, 1);
}

const struct nf_handler nf_pppoe_handlers[] = {
	{ .name = "sessions", .read = pppoesay_sessions, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "subscribers", .read = pppoesay_subscribers, .flags = NF_HANDLER_EXPENSIVE },
	{ .name = "stats", .read = pppoesay_stats },
	NF_HANDLER_U32("nb_sessions", struct nf_pppoe_state, nb_sessions),
	NF_HANDLER_U32("nb_open", struct nf_pppoe_state, nb_open),
	{ .name = "add_subscriber", .write = pppoesay_add },
	{ .name = "remove_subscriber", .write = pppoesay_remove },
	{ .name = "terminate", .write = pppoesay_terminate },
	{ .name = NULL },
};

/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/element/ip6/ip6routes.h"

#define IP6ROUTES_WORDS_MAX 3

static int ip6routes_words(const struct nf_element *e, char *words[], int nb, bool removing,
	struct nf_ip6trie_route *r)
{
	struct nf_ip6 addr;
	unsigned len = 0;
	int64_t port;

	*r = (struct nf_ip6trie_route){ .port = NF_IP6TRIE_NONE };
	if (nb < 1 || nf_args_info_ip6_prefix(e, words[0], &addr, &len) < 0)
		return -EINVAL;
	r->len = (uint8_t)len;
	r->addr = nf_ip6trie_load(&addr);
	r->addr = len == 0 ? 0 : r->addr >> (128 - len) << (128 - len);
	if (removing && nb == 1)
		return 0;
	if (nb == 3 && strcmp(words[1], "-") != 0 && nf_args_info_ip6(e, words[1], &r->gw) < 0)
		return -EINVAL;
	if (nb < 2 || nf_addr_i64(words[nb - 1], &port) < 0)
		return -EINVAL;
	if (port < 0 || port >= e->nb_out)
		return -ERANGE;
	r->port = (int32_t)port;
	return 0;
}

/* -EINVAL: not a route; -ERANGE: no such output; -ENOMEM. */
static int ip6routes_parse(
	const struct nf_element *e, const char *text, bool removing, struct nf_ip6trie_route *r)
{
	char *words[IP6ROUTES_WORDS_MAX], *copy = NULL;
	int nb = nf_args_words(text, words, IP6ROUTES_WORDS_MAX, &copy), rc;

	if (nb < 0)
		return nb == -ENOMEM ? nb : -EINVAL;
	rc = ip6routes_words(e, words, nb, removing, r);
	free(copy);
	return rc;
}

/* Goes through the arguments itself: there may be very many of them. */
int nf_ip6routes_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_ip6routes *s = e->state;
	struct nf_ip6trie_route r, old;
	int rc = 0, end;

	for (unsigned i = 0; i < a->nb && rc != -ENOMEM; i++) {
		if (a->word[i] < 0)
			continue;
		a->word[i] = NF_ARGS_BY_POS;
		rc = ip6routes_parse(e, a->v[i], false, &r);
		if (rc == -EINVAL)
			nf_args_error(
				a, "argument %u should be 'ADDR/LEN [GATEWAY] OUTPUT'", i + 1);
		else if (rc == -ERANGE)
			nf_args_error(a, "argument %u bad OUTPUT", i + 1);
		if (rc == 0)
			rc = nf_ip6trie_add(&s->trie, &r, true, &old);
		if (rc == -ENOSPC)
			nf_args_error(a, "argument %u: too many routes or next hops", i + 1);
	}
	end = nf_args_end(a);
	return rc == -ENOMEM ? rc : end;
}

void nf_ip6routes_cleanup(struct nf_element *e)
{
	struct nf_ip6routes *s = e->state;

	nf_ip6trie_free(&s->trie);
}

/* What undoes a command: the route that was there, or that there was none. */
struct ip6routes_undo {
	struct nf_ip6trie_route route;
	bool removes;
};

static int ip6routes_run(struct nf_element *e, enum nf_ip6routes_command command, const char *text,
	struct ip6routes_undo *undo, struct nf_errors *errs)
{
	struct nf_ip6routes *s = e->state;
	bool removing = command == NF_IP6ROUTES_REMOVE;
	struct nf_ip6trie_route r, old;
	int rc = ip6routes_parse(e, text, removing, &r);

	if (rc == -ERANGE)
		return nf_errors_add(errs, NULL, "output port out of range");
	if (rc < 0)
		return nf_errors_add(
			errs, NULL, "expected 'ADDR/LEN%s'", removing ? "" : " [GATEWAY] OUTPUT");
	if (!removing)
		rc = nf_ip6trie_add(&s->trie, &r, true, &old);
	else if (nf_ip6trie_find(&s->trie, r.addr, r.len, &old))
		rc = nf_ip6trie_remove(&s->trie, r.addr, r.len);
	else
		rc = -ENOENT;
	if (rc < 0) {
		nf_errors_add(errs, NULL,
			rc == -ENOENT ? "no route for this prefix" : "no memory for the route");
		return rc;
	}
	if (undo != NULL && old.port == NF_IP6TRIE_NONE)
		*undo = (struct ip6routes_undo){ r, true };
	else if (undo != NULL)
		*undo = (struct ip6routes_undo){ old, false };
	return 0;
}

int nf_ip6routes_write_route(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return ip6routes_run(e, (enum nf_ip6routes_command)arg, value, NULL, errs);
}

static void ip6routes_roll_back(
	struct nf_ip6routes *s, const struct ip6routes_undo *undo, size_t nb)
{
	struct nf_ip6trie_route old;

	while (nb-- > 0) {
		if (undo[nb].removes)
			(void)!nf_ip6trie_remove(&s->trie, undo[nb].route.addr, undo[nb].route.len);
		else
			(void)!nf_ip6trie_add(&s->trie, &undo[nb].route, true, &old);
	}
}

/* One line of ctrl. 1: it was empty. */
static int ip6routes_line(
	struct nf_element *e, char *line, struct ip6routes_undo *undo, struct nf_errors *errs)
{
	static const char *const names[] = { "add", "remove", "set" };
	size_t len;

	line += strspn(line, " \t\r\f\v");
	len = strcspn(line, " \t\r\f\v");
	if (len == 0)
		return 1;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == len && memcmp(line, names[i], len) == 0)
			return ip6routes_run(e, i == 1 ? NF_IP6ROUTES_REMOVE : NF_IP6ROUTES_ADD,
				line + len, undo, errs);
	}
	return nf_errors_add(errs, NULL, "bad command, should be 'add' or 'remove'");
}

int nf_ip6routes_write_ctrl(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	char *text = strdup(value), *end;
	struct ip6routes_undo *undo;
	size_t nb = 0, room = 1;
	int rc = 0;

	for (const char *s = value; *s != '\0'; s++)
		room += *s == '\n';
	undo = malloc(room * sizeof(*undo));
	if (text == NULL || undo == NULL)
		rc = -ENOMEM;
	for (char *line = text; rc >= 0 && line != NULL; line = end) {
		end = strchr(line, '\n');
		if (end != NULL)
			*end++ = '\0';
		rc = ip6routes_line(e, line, &undo[nb], errs);
		nb += rc == 0;
	}
	if (rc < 0 && undo != NULL)
		ip6routes_roll_back(e->state, undo, nb);
	free(text);
	free(undo);
	return rc < 0 ? rc : 0;
}

int nf_ip6routes_write_flush(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_ip6routes_cleanup(e);
	return 0;
}

int nf_ip6routes_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct nf_ip6routes *s = e->state;
	char prefix[NF_ADDR_IP6_LEN], gw[NF_ADDR_IP6_LEN];
	struct nf_ip6trie_route r;
	struct nf_ip6 addr;

	if (s->trie.nb_recs > 0)
		nf_text_printf(out, "# Active routes\n");
	for (uint32_t i = 0; i < s->trie.nb_recs; i++) {
		if (!nf_ip6trie_nth(&s->trie, i, &r))
			continue;
		nf_ip6trie_store(r.addr, &addr);
		nf_text_printf(out, "%s/%u\t%s\t%d\n", nf_addr_print_ip6(&addr, prefix), r.len,
			nf_addr_print_ip6(&r.gw, gw), r.port);
	}
	return 0;
}

int nf_ip6routes_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct nf_ip6routes *s = e->state;
	struct nf_ip6trie_hop h = { .port = NF_IP6TRIE_NONE };
	char *words[1], *copy = NULL, gw[NF_ADDR_IP6_LEN];
	int nb = nf_args_words(param, words, 1, &copy);
	struct nf_ip6 addr;
	bool ok = nb == 1 && nf_args_info_ip6(e, words[0], &addr) == 0;

	free(copy);
	if (!ok)
		return nf_errors_add(errs, NULL, "expected IP6 address");
	if (s->trie.nodes != NULL)
		h = s->trie.hops[nf_ip6trie_lookup(&s->trie, nf_ip6trie_load(&addr))];
	nf_text_printf(out, "%d", h.port);
	if (h.has_gw)
		nf_text_printf(out, " %s", nf_addr_print_ip6(&h.gw, gw));
	return 0;
}

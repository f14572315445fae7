/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/route/iproutes.h"

#define IPROUTES_WORDS_MAX 3

/* A name without more stands for its address, as in Click. */
static int iproutes_prefix(const struct nf_element *e, const char *word, struct nf_ipfib_route *r)
{
	uint32_t be, be_mask = UINT32_MAX, mask;

	if ((strchr(word, '/') != NULL || nf_args_info_ip4(e, word, &be) < 0) &&
		nf_args_info_ip4_prefix(e, word, &be, &be_mask) < 0)
		return -EINVAL;
	mask = nf_inet_ntoh32(be_mask);
	if ((~mask & (~mask + 1)) != 0)
		return -EINVAL; /* not ones, then zeros */
	r->addr = nf_inet_ntoh32(be) & mask;
	r->len = mask == 0 ? 0 : (uint8_t)(32 - __builtin_ctz(mask));
	return 0;
}

/* GW OUT, - OUT, or OUT; to remove one, these may be missing. */
static int iproutes_target(
	const struct nf_element *e, char *words[], int nb, bool removing, struct nf_ipfib_route *r)
{
	int64_t port;

	r->be_gw = 0;
	r->port = NF_IPFIB_NONE;
	if (nb > 0 && strcmp(words[0], "-") == 0) {
		words++;
		nb--;
	} else if (nb > 0 && nf_args_info_ip4(e, words[0], &r->be_gw) == 0) {
		words++;
		nb--;
	}
	if (nb == 0)
		return removing ? 0 : -EINVAL;
	if (nb > 1 || nf_addr_i64(words[0], &port) < 0)
		return -EINVAL;
	if (port < 0 || port >= e->nb_out)
		return removing && port == NF_IPFIB_NONE ? 0 : -ERANGE;
	r->port = (int32_t)port;
	return 0;
}

/* -EINVAL: not a route; -ERANGE: no such output; -ENOMEM. */
static int iproutes_parse(
	const struct nf_element *e, const char *text, bool removing, struct nf_ipfib_route *r)
{
	char *words[IPROUTES_WORDS_MAX], *copy = NULL;
	int nb = nf_args_words(text, words, IPROUTES_WORDS_MAX, &copy), rc = -EINVAL;

	if (nb < 0)
		return nb == -ENOMEM ? nb : -EINVAL;
	if (nb > 0 && iproutes_prefix(e, words[0], r) == 0)
		rc = iproutes_target(e, words + 1, nb - 1, removing, r);
	free(copy);
	return rc;
}

static void iproutes_print(const struct nf_ipfib_route *r, struct nf_text *out)
{
	char addr[NF_ADDR_IP4_LEN], gw[NF_ADDR_IP4_LEN] = "-";

	nf_addr_print_ip4(nf_inet_hton32(r->addr), addr);
	if (r->be_gw != 0)
		nf_addr_print_ip4(r->be_gw, gw);
	nf_text_printf(out, "%s/%u %s %d", addr, r->len, gw, r->port);
}

static int iproutes_configure_one(struct nf_args *a, unsigned i, unsigned *nb_twice)
{
	struct nf_iproutes *s = a->e->state;
	struct nf_ipfib_route r, old;
	int rc = iproutes_parse(a->e, a->v[i], false, &r);

	if (rc == -EINVAL)
		return nf_args_error(
			a, "argument %u should be 'ADDR/MASK [GATEWAY] OUTPUT'", i + 1);
	if (rc == -ERANGE)
		return nf_args_error(a, "argument %u bad OUTPUT", i + 1);
	if (rc == 0)
		rc = nf_ipfib_add(&s->fib, &r, false, &old);
	if (rc == -EEXIST) {
		(*nb_twice)++;
		return 0;
	}
	if (rc == -ENOSPC)
		return nf_args_error(a, "argument %u: too many routes or next hops", i + 1);
	return rc;
}

/* Goes through the arguments itself: there may be a million of them. */
int nf_iproutes_configure(struct nf_element *e, struct nf_args *a)
{
	struct nf_iproutes *s = e->state;
	unsigned nb_twice = 0;
	int rc = nf_ipfib_load_begin(&s->fib, nf_args_left(a)), end;

	for (unsigned i = 0; i < a->nb && rc != -ENOMEM; i++) {
		if (a->word[i] < 0)
			continue;
		a->word[i] = NF_ARGS_BY_POS;
		rc = iproutes_configure_one(a, i, &nb_twice);
	}
	if (rc != -ENOMEM)
		rc = nf_ipfib_load_end(&s->fib);
	if (nb_twice > 0)
		nf_errors_warn(a->errs, a->where, "%u route%s given again: the first one counts",
			nb_twice, nb_twice > 1 ? "s" : "");
	end = nf_args_end(a);
	return rc < 0 ? rc : end;
}

void nf_iproutes_cleanup(struct nf_element *e)
{
	struct nf_iproutes *s = e->state;

	nf_ipfib_free(&s->fib);
}

void nf_iproutes_push(struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n)
{
	struct nf_iproutes *s = e->state;
	const struct nf_ipfib *f = &s->fib;
	uint32_t addr[UK_BURST_MAX];
	uint16_t hop[UK_BURST_MAX];
	int16_t to[UK_BURST_MAX];
	unsigned differ = 0;

	to[0] = 0;
	if (UK_UNLIKELY(f->top == NULL)) {
		nf_element_drop(e, NF_IPROUTES_NO_ROUTE, v, n);
		return;
	}
	for (uint16_t i = 0; i < n; i++)
		addr[i] = nf_inet_ntoh32(nf_packet_dst_ip(v[i]));
	nf_ipfib_lookup_burst(f, addr, hop, n);
	for (uint16_t i = 0; i < n; i++) {
		const struct nf_ipfib_hop *h = &f->hops[hop[i]];

		if (h->be_gw != 0)
			nf_packet_set_dst_ip(v[i], h->be_gw);
		to[i] = h->port == NF_IPFIB_NONE ? NF_DROP(NF_IPROUTES_NO_ROUTE) : (int16_t)h->port;
		differ |= (unsigned)(to[i] ^ to[0]);
	}
	if (differ == 0 && to[0] >= 0)
		nf_element_emit(e, (unsigned)to[0], v, n);
	else
		nf_element_spread(e, v, to, n);
}

/* What undoes one command of a group. */
struct iproutes_undo {
	struct nf_ipfib_route route;
	enum nf_iproutes_command command;
};

static int iproutes_remove(
	struct nf_iproutes *s, const struct nf_ipfib_route *r, struct nf_ipfib_route *old)
{
	if (!nf_ipfib_find(&s->fib, r->addr, r->len, old))
		return -ENOENT;
	if (r->port != NF_IPFIB_NONE && (r->port != old->port || r->be_gw != old->be_gw))
		return -ENOENT;
	return nf_ipfib_remove(&s->fib, r->addr, r->len);
}

static void iproutes_tell(int rc, const struct nf_ipfib_route *r, const struct nf_ipfib_route *old,
	struct nf_errors *errs)
{
	struct nf_text t = { 0 };

	iproutes_print(rc == -EEXIST ? old : r, &t);
	if (rc == -EEXIST)
		nf_errors_add(errs, NULL, "conflict with existing route '%s'", nf_text_get(&t));
	else if (rc == -ENOENT)
		nf_errors_add(errs, NULL, "route '%s' not found", nf_text_get(&t));
	else
		nf_errors_add(errs, NULL, "no memory to store route '%s'", nf_text_get(&t));
	nf_text_free(&t);
}

static int iproutes_run(struct nf_element *e, enum nf_iproutes_command command, const char *text,
	struct iproutes_undo *undo, struct nf_errors *errs)
{
	struct nf_iproutes *s = e->state;
	bool removing = command == NF_IPROUTES_REMOVE;
	struct nf_ipfib_route r, old;
	int rc = iproutes_parse(e, text, removing, &r);

	if (rc == -ERANGE)
		return nf_errors_add(errs, NULL, "bad OUTPUT");
	if (rc < 0)
		return nf_errors_add(errs, NULL, "expected 'ADDR/MASK [GATEWAY%s'",
			removing ? " OUTPUT]" : "] OUTPUT");
	rc = removing ? iproutes_remove(s, &r, &old)
		      : nf_ipfib_add(&s->fib, &r, command == NF_IPROUTES_SET, &old);
	if (rc < 0) {
		iproutes_tell(rc, &r, &old, errs);
		return rc;
	}
	if (undo != NULL && old.port == NF_IPFIB_NONE)
		*undo = (struct iproutes_undo){ r, NF_IPROUTES_REMOVE };
	else if (undo != NULL)
		*undo = (struct iproutes_undo){ old, removing ? NF_IPROUTES_ADD : NF_IPROUTES_SET };
	return 0;
}

int nf_iproutes_write_route(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	return iproutes_run(e, (enum nf_iproutes_command)arg, value, NULL, errs);
}

static void iproutes_roll_back(struct nf_iproutes *s, const struct iproutes_undo *undo, size_t nb)
{
	struct nf_ipfib_route old;

	while (nb-- > 0) {
		const struct iproutes_undo *u = &undo[nb];

		if (u->command == NF_IPROUTES_REMOVE)
			(void)!nf_ipfib_remove(&s->fib, u->route.addr, u->route.len);
		else
			(void)!nf_ipfib_add(
				&s->fib, &u->route, u->command == NF_IPROUTES_SET, &old);
	}
}

/* One line of ctrl. 1: it was empty. */
static int iproutes_line(
	struct nf_element *e, char *line, struct iproutes_undo *undo, struct nf_errors *errs)
{
	static const char *const names[] = { "add", "set", "remove" };
	size_t len;

	line += strspn(line, " \t\r\f\v");
	len = strcspn(line, " \t\r\f\v");
	if (len == 0)
		return 1;
	for (unsigned i = 0; i < UK_ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == len && memcmp(line, names[i], len) == 0)
			return iproutes_run(e, (enum nf_iproutes_command)i, line + len, undo, errs);
	}
	line[len] = '\0';
	return nf_errors_add(errs, NULL, "bad command '%.64s'", line);
}

int nf_iproutes_write_ctrl(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	char *text = strdup(value), *end;
	struct iproutes_undo *undo = NULL;
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
		rc = iproutes_line(e, line, &undo[nb], errs);
		nb += rc == 0;
	}
	if (rc < 0 && undo != NULL)
		iproutes_roll_back(e->state, undo, nb);
	free(text);
	free(undo);
	return rc < 0 ? rc : 0;
}

int nf_iproutes_write_flush(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	nf_iproutes_cleanup(e);
	return 0;
}

/* Columns, as far apart as tabs can do it. */
static void iproutes_print_line(const struct nf_ipfib_route *r, struct nf_text *out)
{
	char addr[NF_ADDR_IP4_LEN], gw[NF_ADDR_IP4_LEN] = "-";
	size_t at = out->len;

	nf_text_printf(out, "%s/%u\t", nf_addr_print_ip4(nf_inet_hton32(r->addr), addr), r->len);
	if (out->len - at < 17)
		nf_text_add(out, "\t", 1);
	at = out->len;
	if (r->be_gw != 0)
		nf_addr_print_ip4(r->be_gw, gw);
	nf_text_printf(out, "%s\t", gw);
	if (out->len - at < 9)
		nf_text_add(out, "\t", 1);
	nf_text_printf(out, "%d\n", r->port);
}

int nf_iproutes_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct nf_iproutes *s = e->state;
	struct nf_ipfib_route r;

	for (uint32_t i = 0; i < s->fib.nb_recs; i++) {
		if (nf_ipfib_nth(&s->fib, i, &r))
			iproutes_print_line(&r, out);
	}
	return 0;
}

int nf_iproutes_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct nf_iproutes *s = e->state;
	struct nf_ipfib_hop h = { .port = NF_IPFIB_NONE };
	char *words[1], *copy = NULL, gw[NF_ADDR_IP4_LEN];
	int nb = nf_args_words(param, words, 1, &copy);
	uint32_t be = 0;

	if (nb != 1 || nf_args_info_ip4(e, words[0], &be) < 0) {
		free(copy);
		return nf_errors_add(errs, NULL, "expected IP address");
	}
	free(copy);
	if (s->fib.top != NULL)
		h = s->fib.hops[nf_ipfib_lookup(&s->fib, nf_inet_ntoh32(be))];
	nf_text_printf(out, "%d", h.port);
	if (h.be_gw != 0)
		nf_text_printf(out, " %s", nf_addr_print_ip4(h.be_gw, gw));
	return 0;
}

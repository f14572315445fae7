/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/args.h"
#include "nf-apps/click/args_text.h"
#include "nf-apps/element/trace/summaryreader.h"

static const struct nf_summary_field sumr_none = { .name = "none", .id = NF_SUMMARY_NONE };

void nf_summaryreader_init(struct nf_summaryreader *r)
{
	r->minor = NF_SUMMARY_MINOR;
}

void nf_summaryreader_cleanup(struct nf_summaryreader *r)
{
	free(r->copy);
	r->copy = NULL;
}

static int sumr_bad(struct nf_text *why, const char *what)
{
	nf_text_printf(why, "%s", what);
	return -EINVAL;
}

/* Is this the line's first word? */
static bool sumr_is(const char *line, const char *word)
{
	size_t len = strlen(word);

	return strncmp(line, word, len) == 0 &&
	       (line[len] == '\0' || nf_args_text_is_space(line[len]));
}

int nf_summaryreader_banner(
	struct nf_summaryreader *r, const char *line, const char *where, struct nf_errors *errs)
{
	static const char *const words[] = { "!creator", "!data", "!contents", "!proto",
		"!flowid" };
	unsigned major, minor;

	if (strncmp(line, "!IPSummaryDump", 14) == 0) {
		if (sscanf(line + 14, " %u.%u", &major, &minor) != 2)
			return 0;
		if (major != 1 || minor > NF_SUMMARY_MINOR)
			nf_errors_warn(errs, where, "unexpected IPSummaryDump version %u.%u", major,
				minor);
		else
			r->minor = minor;
		return 0;
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(words); i++) {
		if (strncmp(line, words[i], strlen(words[i])) == 0)
			return 0;
	}
	return -EINVAL;
}

/* Positions sorted by the order of their fields; equal ones stay as they are. */
static void sumr_sort(struct nf_summaryreader *r)
{
	for (unsigned i = 0; i < r->nb_fields; i++) {
		unsigned at = i;

		for (; at > 0 && r->fields[r->order[at - 1]]->order > r->fields[i]->order; at--)
			r->order[at] = r->order[at - 1];
		r->order[at] = (uint8_t)i;
	}
}

int nf_summaryreader_fields(struct nf_summaryreader *r, const char *names, struct nf_text *why)
{
	char *words[NF_SUMMARY_FIELDS_MAX], *copy, *name;
	int nb = nf_args_words(names, words, NF_SUMMARY_FIELDS_MAX, &copy);
	const char *sep = "";

	if (nb < 0)
		return sumr_bad(why, "too many fields");
	r->nb_fields = 0;
	for (int i = 0; i < nb; i++) {
		const struct nf_summary_field *f;

		name = nf_args_unquote(words[i], NULL);
		f = name != NULL ? nf_summary_find(name) : NULL;
		if (f == NULL || f->write_only) {
			nf_text_printf(why,
				f == NULL ? "%sunknown content type '%s'"
					  : "%scontent type '%s' ignored on input",
				sep, name != NULL ? name : words[i]);
			sep = "; ";
			f = &sumr_none;
		}
		free(name);
		r->fields[r->nb_fields++] = f;
	}
	free(copy);
	sumr_sort(r);
	return nb > 0 ? 0 : sumr_bad(why, "no contents specified");
}

static int sumr_proto(struct nf_summaryreader *r, const char *word)
{
	struct nf_summary_value v;

	if (nf_summary_parse(nf_summary_find("ip_proto"), word, r->minor, &v, &r->copy) < 0)
		return -EINVAL;
	r->proto = (uint8_t)v.v;
	return 0;
}

static bool sumr_flow_addr(const char *word, nf_be32 *v)
{
	*v = 0;
	return strcmp(word, "-") == 0 || nf_addr_ip4(word, v) == 0;
}

static bool sumr_flow_port(const char *word, nf_be16 *v)
{
	uint64_t port = 0;

	if (strcmp(word, "-") != 0 && (nf_addr_u64(word, &port) < 0 || port > 0xffff))
		return false;
	*v = nf_inet_hton16((uint16_t)port);
	return true;
}

int nf_summaryreader_flow(struct nf_summaryreader *r, const char *text, struct nf_text *why)
{
	char *w[8], *copy;
	int nb = nf_args_words(text, w, UK_ARRAY_SIZE(w), &copy);
	struct nf_summary_flow f;
	bool ok;

	ok = nb >= 4 && sumr_flow_addr(w[0], &f.src) && sumr_flow_port(w[1], &f.sport) &&
	     sumr_flow_addr(w[2], &f.dst) && sumr_flow_port(w[3], &f.dport);
	r->has_flow = ok;
	if (ok)
		r->flow = f;
	if (ok && nb >= 5 && sumr_proto(r, w[4]) < 0)
		nf_text_printf(why, "bad protocol in !flowid");
	else if (!ok)
		nf_text_printf(why, "bad !flowid specification");
	if (nb >= 0)
		free(copy);
	return ok && why->len == 0 ? 0 : -EINVAL;
}

static int sumr_aggregate(struct nf_summaryreader *r, const char *text, struct nf_text *why)
{
	char *w[2], *copy;
	int nb = nf_args_words(text, w, UK_ARRAY_SIZE(w), &copy);
	uint64_t v = 0;

	r->has_aggregate = nb == 1 && nf_addr_u64(w[0], &v) == 0 && v <= UINT32_MAX;
	r->aggregate = (uint32_t)v;
	if (nb >= 0)
		free(copy);
	return r->has_aggregate ? 0 : sumr_bad(why, "bad !aggregate specification");
}

static int sumr_binary(struct nf_summaryreader *r, struct nf_text *why)
{
	for (unsigned i = 0; i < r->nb_fields; i++) {
		if (r->fields[i]->id == NF_SUMMARY_NONE || !nf_summary_bin_can(r->fields[i]))
			return sumr_bad(why, "contents incompatible with !binary");
	}
	r->binary = true;
	return 0;
}

static int sumr_declaration(struct nf_summaryreader *r, const char *line, struct nf_text *why)
{
	const char *rest = line + strcspn(line, " \t");
	char *word;
	int rc;

	if (sumr_is(line, "!data") || sumr_is(line, "!contents")) {
		rc = nf_summaryreader_fields(r, rest, why);
		return rc == 0 && why->len > 0 ? -EINVAL : rc;
	}
	if (sumr_is(line, "!flowid"))
		return nf_summaryreader_flow(r, rest, why);
	if (sumr_is(line, "!aggregate"))
		return sumr_aggregate(r, rest, why);
	if (sumr_is(line, "!binary"))
		return sumr_binary(r, why);
	if (!sumr_is(line, "!proto"))
		return 0;
	word = nf_args_unquote(rest, NULL);
	rc = word != NULL ? sumr_proto(r, word) : -ENOMEM;
	free(word);
	return rc == 0 ? 0 : sumr_bad(why, "bad protocol in !proto");
}

/* Splits the line in place, at spaces outside of double quotes. */
static unsigned sumr_split(char *s, char *words[], unsigned max)
{
	unsigned nb = 0;

	while (nb < max) {
		while (nf_args_text_is_space(*s))
			s++;
		if (*s == '\0')
			break;
		words[nb++] = s;
		for (bool quoted = false; *s != '\0' && (quoted || !nf_args_text_is_space(*s));
			s++) {
			if (*s == '"')
				quoted = !quoted;
			else if (*s == '\\' && quoted && s[1] != '\0')
				s++;
		}
		if (*s != '\0')
			*s++ = '\0';
	}
	return nb;
}

static void sumr_begin(struct nf_summaryreader *r)
{
	nf_summary_begin(&r->build, r->has_flow ? &r->flow : NULL, r->proto);
	if (r->has_aggregate)
		memcpy(r->build.anno.user + NF_ANNO_AGGREGATE, &r->aggregate, sizeof(r->aggregate));
}

int nf_summaryreader_record(
	struct nf_summaryreader *r, const uint8_t *data, uint32_t len, struct nf_text *why)
{
	struct nf_summary_value v[NF_SUMMARY_FIELDS_MAX];
	unsigned nb = 0;

	/* fields lie in the dump's order and go into the packet in theirs */
	for (const uint8_t *at = data; nb < r->nb_fields; nb++) {
		if (nf_summary_bin_get(r->fields[nb], &at, data + len, &v[nb]) < 0)
			break;
	}
	if (nb == 0)
		return sumr_bad(why, "packet parse error");
	sumr_begin(r);
	for (unsigned i = 0; i < r->nb_fields; i++) {
		if (r->order[i] < nb)
			nf_summary_put(&r->build, r->fields[r->order[i]], &v[r->order[i]]);
	}
	return 1;
}

/* A code's name, for the type that stands in the packet already. */
static bool sumr_code(
	const struct nf_summaryreader *r, const char *word, struct nf_summary_value *v)
{
	const uint8_t *ip = r->build.buf + NF_SUMMARY_NET;
	uint8_t type = ip[nf_inet_ip4_hlen((const struct nf_ip4 *)ip)];

	if (!r->build.has_icmp_type)
		return false;
	*v = (struct nf_summary_value){ 0 };
	for (; v->v < 256; v->v++) {
		const char *name = nf_summary_icmp_code(type, (uint8_t)v->v);

		if (name != NULL && strcmp(name, word) == 0)
			return true;
	}
	return false;
}

int nf_summaryreader_line(struct nf_summaryreader *r, char *line, struct nf_text *why)
{
	char *words[NF_SUMMARY_FIELDS_MAX];
	struct nf_summary_value v;
	unsigned nb, nb_good = 0;

	if (line[0] == '!')
		return sumr_declaration(r, line, why);
	if (line[0] == '#' || line[strspn(line, " \t\r\v\f")] == '\0')
		return 0;
	if (r->nb_fields == 0)
		return sumr_bad(why, "no '!data' provided");
	nb = sumr_split(line, words, r->nb_fields);
	sumr_begin(r);
	for (unsigned i = 0; i < r->nb_fields; i++) {
		unsigned at = r->order[i];
		const struct nf_summary_field *f = r->fields[at];

		if (at >= nb || strcmp(words[at], "-") == 0 || f->id == NF_SUMMARY_NONE)
			continue;
		if (nf_summary_parse(f, words[at], r->minor, &v, &r->copy) == 0 ||
			(f->id == NF_SUMMARY_ICMP_CODE && sumr_code(r, words[at], &v))) {
			nf_summary_put(&r->build, f, &v);
			nb_good++;
		}
	}
	return nb_good > 0 ? 1 : sumr_bad(why, "packet parse error");
}

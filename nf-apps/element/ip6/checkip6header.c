/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CheckIP6Header([BADADDRS, OFFSET])
 *
 * Checks IPv6 headers (RFC 8200, 3): version, lengths, and that the source is neither a
 * multicast address nor a bad one. Cuts what is behind the length that the header says, and
 * marks the header. Bad packets leave by output 1, or are dropped if there is none; a line on
 * the console tells of the first one.
 *
 *	BADADDRS  addresses that are bad as a source, separated by spaces
 *	OFFSET    of the header in the packet. Default 0
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Handlers: count, drops (r): good and bad packets.
 * Drops: tiny packet, bad version, bad length, bad source address.
 *
 *	... -> Strip(14) -> CheckIP6Header(2001:db8::1 2001:db8::2) -> GetIP6Address(24) -> ...
 */
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/ip6/ip6hdr.h"

#define CHECKIP6HEADER_BAD_MAX 4096

enum { CHECKIP6HEADER_TINY, CHECKIP6HEADER_VERSION, CHECKIP6HEADER_LEN, CHECKIP6HEADER_SRC };

struct checkip6header_conf {
	uint32_t offset;
};

struct checkip6header_state {
	struct nf_ip6 *bad;
	uint32_t nb_bad;
	uint64_t nb_good, nb_drops;
};

static void checkip6header_bad_addrs(
	struct nf_args *a, struct checkip6header_state *s, const char *text)
{
	unsigned max = (unsigned)strlen(text) / 2 + 1;
	char **words = calloc(max, sizeof(*words)), *copy = NULL;
	int nb = words == NULL ? -1 : nf_args_words(text, words, max, &copy);

	if (nb > CHECKIP6HEADER_BAD_MAX)
		nf_args_error(a, "BADADDRS: more than %d addresses", CHECKIP6HEADER_BAD_MAX);
	if (nb > 0 && nb <= CHECKIP6HEADER_BAD_MAX)
		s->bad = calloc((unsigned)nb, sizeof(*s->bad));
	if (nb < 0 || (nb > 0 && nb <= CHECKIP6HEADER_BAD_MAX && s->bad == NULL))
		nf_args_error(a, "out of memory");
	for (int i = 0; i < nb && s->bad != NULL; i++) {
		if (nf_args_info_ip6(a->e, words[i], &s->bad[s->nb_bad]) == 0)
			s->nb_bad++;
		else
			nf_args_error(a, "BADADDRS: '%.50s' is not an IPv6 address", words[i]);
	}
	free(copy);
	free(words);
}

static int checkip6header_configure(struct nf_element *e, struct nf_args *a)
{
	struct checkip6header_conf *c = e->conf;
	const char *raw;
	char *bad;

	if (nf_args_raw(a, "BADADDRS", NF_ARGS_POS, &raw)) {
		bad = nf_args_unquote(raw, NULL); /* with or without quotes */
		checkip6header_bad_addrs(a, e->state, bad != NULL ? bad : "");
		free(bad);
	}
	nf_args_u32(a, "OFFSET", NF_ARGS_POS, &c->offset);
	return nf_args_end(a);
}

static void checkip6header_cleanup(struct nf_element *e)
{
	struct checkip6header_state *s = e->state;

	free(s->bad);
}

static int checkip6header_drop(struct nf_element *e, unsigned reason)
{
	struct checkip6header_state *s = e->state;

	if (s->nb_drops++ == 0)
		nf_print_line("IP6 header check failed");
	return nf_ip6hdr_reject(e, reason);
}

static inline bool checkip6header_is_bad(
	const struct checkip6header_state *s, const uint8_t src[16])
{
	bool found = nf_ip6hdr_is_multicast(src);

	for (uint32_t i = 0; i < s->nb_bad; i++)
		found |= memcmp(&s->bad[i], src, 16) == 0;
	return found;
}

static inline int checkip6header_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct checkip6header_conf *c = conf;
	struct checkip6header_state *s = e->state;
	uint8_t *at = p->data + c->offset;
	const struct nf_ip6_hdr *h = (const struct nf_ip6_hdr *)(void *)at;
	uint32_t len;

	if (UK_UNLIKELY(p->len < NF_IP6HDR_LEN || p->len - NF_IP6HDR_LEN < c->offset))
		return checkip6header_drop(e, CHECKIP6HEADER_TINY);
	if (UK_UNLIKELY(nf_ip6hdr_version(h) != 6))
		return checkip6header_drop(e, CHECKIP6HEADER_VERSION);
	len = c->offset + NF_IP6HDR_LEN + nf_inet_ntoh16(h->len);
	if (UK_UNLIKELY(len > p->len))
		return checkip6header_drop(e, CHECKIP6HEADER_LEN);
	if (UK_UNLIKELY(checkip6header_is_bad(s, h->src)))
		return checkip6header_drop(e, CHECKIP6HEADER_SRC);
	p->len = len;
	nf_ip6hdr_mark(p, at);
	s->nb_good++;
	return 0;
}

NF_EACH_DEFINE(checkip6header)

static void checkip6header_take_state(struct nf_element *e, struct nf_element *old)
{
	struct checkip6header_state *s = e->state, *was = old->state;

	s->nb_good += was->nb_good;
	s->nb_drops += was->nb_drops;
}

const struct nf_class nf_checkip6header = {
	.name = "CheckIP6Header",
	.ports = "1/1-2",
	.processing = "a/ah",
	.conf_size = sizeof(struct checkip6header_conf),
	.state_size = sizeof(struct checkip6header_state),
	.configure = checkip6header_configure,
	.cleanup = checkip6header_cleanup,
	NF_EACH(checkip6header),
	.drops = (const char *const[]){ "tiny packet", "bad version", "bad length",
		"bad source address", NULL },
	.handlers = (const struct nf_handler[]){ NF_HANDLER_U64("count",
							 struct checkip6header_state, nb_good),
		NF_HANDLER_U64("drops", struct checkip6header_state, nb_drops), { .name = NULL } },
	.take_state = checkip6header_take_state,
};

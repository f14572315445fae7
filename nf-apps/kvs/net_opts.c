/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/net_opts.h"

#define TEXT_MAX 128

const struct nf_net_opts nf_net_opts_default = {
	.port = NF_KVS_PORT,
	.item_max = NF_STORE_VALUE_MAX,
	.evict = 1,
	.burst = 32,
	.ring = 256,
};

static const struct opts_word {
	const char *name;
	size_t off;
	uint64_t min, max;
} opts_words[] = {
	{ "port", offsetof(struct nf_net_opts, port), 1, 65535 },
	{ "mem", offsetof(struct nf_net_opts, mem), NF_STORE_BYTES_MIN, 32ull << 30 },
	{ "items", offsetof(struct nf_net_opts, items), 1, 1ull << 32 },
	{ "item-max", offsetof(struct nf_net_opts, item_max), 1, NF_STORE_VALUE_MAX },
	{ "evict", offsetof(struct nf_net_opts, evict), 0, 1 },
	{ "intr", offsetof(struct nf_net_opts, intr), 0, 1 },
	{ "burst", offsetof(struct nf_net_opts, burst), 1, NF_NET_BURST_MAX },
	{ "ring", offsetof(struct nf_net_opts, ring), 32, 32768 },
	{ "bufs", offsetof(struct nf_net_opts, bufs), 64, 1u << 20 },
	{ "offload", offsetof(struct nf_net_opts, offload), 0, 1 },
	{ "stats", offsetof(struct nf_net_opts, stats), 0, 1u << 20 },
};

int nf_net_opts_size(const char *text, uint64_t *v)
{
	uint64_t n = 0;
	const char *s = text;

	for (; *s >= '0' && *s <= '9'; s++) {
		if (n > UINT64_MAX / 10 - 1)
			return -EINVAL;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	if (s == text)
		return -EINVAL;
	for (const char *unit = "KMG"; *s != '\0' && *unit != '\0'; unit++) {
		if (n > UINT64_MAX >> 10)
			return -EINVAL;
		n <<= 10;
		if (*s == *unit) {
			s++;
			break;
		}
	}
	*v = n;
	return *s == '\0' ? 0 : -EINVAL;
}

/* What of a word may be shown on a terminal. */
static const char *opts_shown(const char *word)
{
	static char shown[41];
	size_t i;

	for (i = 0; word[i] != '\0' && i < sizeof(shown) - 1; i++)
		shown[i] = word[i] >= ' ' && word[i] <= '~' ? word[i] : '?';
	shown[i] = '\0';
	return shown;
}

static int opts_unknown(const char *who, const char *word)
{
	printf("%s: '%s' is not known; the words are", who, opts_shown(word));
	for (unsigned i = 0; i < UK_ARRAY_SIZE(opts_words); i++)
		printf(" %s=%s", opts_words[i].name, opts_words[i].max == 1 ? "0|1" : "N");
	printf("\n");
	return -EINVAL;
}

int nf_net_opts_word(struct nf_net_opts *o, const char *who, const char *word)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(opts_words); i++) {
		const struct opts_word *w = &opts_words[i];
		size_t len = strlen(w->name);
		uint64_t v;

		if (strncmp(word, w->name, len) != 0 || word[len] != '=')
			continue;
		if (nf_net_opts_size(word + len + 1, &v) < 0 || v < w->min || v > w->max) {
			printf("%s: %s is a number from %llu to %llu (64K, 2M, 1G are numbers, too), not '%s'\n",
				who, w->name, (unsigned long long)w->min,
				(unsigned long long)w->max, opts_shown(word + len + 1));
			return -EINVAL;
		}
		memcpy((uint8_t *)o + w->off, &v, sizeof(v));
		return 0;
	}
	return opts_unknown(who, word);
}

/* "ADDRESS" or "ADDRESS/BITS", up to a character `end`; *bits stays as it is if it is not said. */
static int opts_address(const char *text, char end, int family, void *address, uint64_t *bits)
{
	char head[TEXT_MAX], *slash, *stop;
	const char *at = strchr(text, end);
	size_t len = at != NULL ? (size_t)(at - text) : strlen(text);
	uint64_t most = *bits;

	if (len >= sizeof(head))
		return -EINVAL;
	memcpy(head, text, len);
	head[len] = '\0';
	slash = strchr(head, '/');
	if (slash != NULL) {
		*slash++ = '\0';
		if (*slash < '0' || *slash > '9')
			return -EINVAL;
		*bits = strtoul(slash, &stop, 10);
		if (*stop != '\0' || *bits > most)
			return -EINVAL;
	}
	return inet_pton(family, head, address) == 1 ? 0 : -EINVAL;
}

int nf_net_opts_ip4(const char *text, struct nf_net_conf *conf)
{
	uint64_t bits = 32;
	uint8_t first;

	conf->ip4 = 0;
	conf->ip4_mask = 0;
	if (strcmp(text, "none") == 0)
		return 0;
	if (opts_address(text, ':', AF_INET, &conf->ip4, &bits) < 0)
		return -EINVAL;
	conf->ip4_mask = htonl((uint32_t)(UINT64_MAX << (32 - bits)));
	first = (uint8_t)(conf->ip4 & 0xff);
	return first == 0 || first == 127 || first >= 224 ? -EINVAL : 0;
}

int nf_net_opts_ip6(const char *text, struct nf_net_conf *conf)
{
	uint64_t bits = 128;
	uint8_t a[16];

	memset(conf->ip6, 0, sizeof(conf->ip6));
	if (strcmp(text, "none") == 0)
		return 0;
	if (opts_address(text, ',', AF_INET6, a, &bits) < 0 || a[0] == 0xff || a[0] == 0)
		return -EINVAL;
	memcpy(conf->ip6, a, sizeof(conf->ip6));
	return 0;
}

struct nf_kvs_conf nf_net_opts_kvs(const struct nf_net_opts *o, const uint64_t random[2])
{
	return (struct nf_kvs_conf){
		.store = { .bytes = o->mem,
			.nb_items = o->items,
			.hash_key = { random[0], random[1] },
			.no_evict = !o->evict },
		.item_max = (uint32_t)o->item_max,
	};
}

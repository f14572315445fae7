/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kernel/malloc.h"
#include "nf-apps/kvs/netdev/start.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"

/* What the store leaves: for its protocols, for libc. */
#define REST_MIN (768u << 10)
#define REST_MAX (8u << 20)
/* Steps in which the largest piece of memory is looked for; huge pages are of this size. */
#define MEM_STEP (2u << 20)
#define MEM_FINE (64u << 10)

/* QEMU's user network gives a guest this address, so that forwarded ports work at once. */
#define IP4_DEFAULT "10.0.%u.15/24"

/*
 * What the hash of keys begins with: the CPU's generator where CPUID shows it (Intel SDM vol. 2, RDRAND), and in any case
 * the times of day and of this start, to the nanosecond and cycle.
 */
static uint64_t start_random(uint64_t salt)
{
	uint64_t v = (uk_clock_wall_ns() ^ salt) * 0x9e3779b97f4a7c15ull ^ uk_clock_cycles(), r = 0;
	uint32_t a = 1, b, c = 0, d;
	uint8_t ok = 0;

	__asm__ __volatile__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
	for (unsigned tries = 0; (c >> 30 & 1) && !ok && tries < 10; tries++)
		__asm__ __volatile__("rdrand %0; setc %1" : "=r"(r), "=qm"(ok) : : "cc");
	return ok ? v ^ r : v;
}

/* The addresses of card i: boot options netdev<i>.ip and .ip6 ("netdev." is card 0). */
static int start_addresses(unsigned i, struct nf_net_conf *conf)
{
	char key[24], standard[24];
	const char *ip, *ip6;

	(void)snprintf(standard, sizeof(standard), IP4_DEFAULT, i + 2);
	(void)snprintf(key, sizeof(key), "netdev%u.ip6", i);
	ip = uk_netdev_einfo_get(uk_netdev_get(i), UK_NETDEV_EINFO_IPV4);
	if (ip == NULL && i == 0)
		ip = uk_boot_arg("netdev.ip");
	ip6 = uk_boot_arg(key);
	if (ip6 == NULL && i == 0)
		ip6 = uk_boot_arg("netdev.ip6");
	if (nf_net_opts_ip4(ip != NULL ? ip : standard, conf) < 0) {
		printf("kvs: netdev%u.ip=%s is not ADDRESS/BITS or ADDRESS/BITS:GATEWAY, such as 10.0.0.2/24\n",
			i, ip);
		return -EINVAL;
	}
	if (ip6 != NULL && nf_net_opts_ip6(ip6, conf) < 0) {
		printf("kvs: netdev%u.ip6=%s is not an IPv6 address, such as fd00::2/64\n", i, ip6);
		return -EINVAL;
	}
	if (ip == NULL)
		printf("kvs: card %u: no netdev%u.ip=ADDRESS/BITS was given, so %s, as in QEMU's user network\n",
			i, i, standard);
	return 0;
}

/* The largest piece of memory that there is in one, of whole huge pages if it is large. */
static void *start_memory(size_t *bytes)
{
	size_t most = 0, step;

	for (unsigned i = 0; uk_boot_mem(i) != NULL; i++)
		most = most > uk_boot_mem(i)->len ? most : uk_boot_mem(i)->len;
	step = most > 64 * (size_t)MEM_STEP ? MEM_STEP : MEM_FINE;
	for (size_t n = UK_ALIGN_DOWN(most, step); n >= NF_STORE_BYTES_MIN; n -= step) {
		void *p = aligned_alloc(step == MEM_STEP ? MEM_STEP : UK_CACHE_LINE, n);

		if (p != NULL) {
			*bytes = n;
			return p;
		}
	}
	return NULL;
}

static int start_store(struct nf_start *s)
{
	const uint64_t random[2] = { start_random(1), start_random(2) };
	struct nf_kvs_conf conf = nf_net_opts_kvs(&s->opts, random);
	size_t rest = uk_malloc_heap->total_bytes / 64;
	void *later;

	rest = rest < REST_MIN ? REST_MIN : rest > REST_MAX ? REST_MAX : rest;
	later = malloc(rest);
	conf.store.memory = s->opts.mem == 0 ? start_memory(&conf.store.bytes)
					     : aligned_alloc(UK_CACHE_LINE, s->opts.mem);
	if (later == NULL || conf.store.memory == NULL) {
		printf("kvs: too little memory for the store, give the machine more (--mem)%s\n",
			s->opts.mem != 0 ? " or say a smaller mem=" : "");
		return -ENOMEM;
	}
	free(later);
	s->kvs = nf_kvs_create(&conf);
	if (s->kvs == NULL) {
		printf("kvs: the store can not be made in %lu KiB, give the machine more memory (--mem)\n",
			conf.store.bytes >> 10);
		return -ENOMEM;
	}
	printf("kvs: %lu KiB for items\n", conf.store.bytes >> 10);
	return 0;
}

static void start_tell(
	unsigned i, const struct nf_card *c, const struct nf_net_conf *conf, uint64_t port)
{
	char text[INET6_ADDRSTRLEN];
	uint8_t local[16];

	printf("kvs: card %u: UDP port %lu at ", i, port);
	if (conf->ip4 != 0)
		printf("%s, ", inet_ntop(AF_INET, &conf->ip4, text, sizeof(text)));
	if (conf->ip6[0] != 0)
		printf("%s, ", inet_ntop(AF_INET6, conf->ip6, text, sizeof(text)));
	(void)nf_net_link_local(c->net, local);
	printf("%s\n", inet_ntop(AF_INET6, local, text, sizeof(text)));
}

int nf_start(struct nf_start *s)
{
	struct nf_net_conf conf[NF_START_CARDS] = { 0 };
	int rc;

	s->nb_cards = uk_netdev_count() < NF_START_CARDS ? uk_netdev_count() : NF_START_CARDS;
	if (s->nb_cards == 0) {
		printf("kvs: there is no network card, start the machine with --net\n");
		return -ENODEV;
	}
	s->cards = calloc(s->nb_cards, sizeof(*s->cards));
	if (s->cards == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < s->nb_cards; i++) {
		rc = start_addresses(i, &conf[i]);
		if (rc == 0)
			rc = nf_card_open(&s->cards[i], i, &s->opts);
		if (rc < 0)
			return rc;
	}
	rc = start_store(s);
	for (unsigned i = 0; rc == 0 && i < s->nb_cards; i++) {
		conf[i].kvs = s->kvs;
		rc = nf_card_start(&s->cards[i], &s->opts, &conf[i]);
		if (rc == 0)
			start_tell(i, &s->cards[i], &conf[i], s->opts.port);
	}
	return rc;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key-value store over lwIP's raw API, UDP and TCP. Words: port=N (11211), mem=MIB (half of what there is), items=N (expected at
 * most; 0: chosen from mem), noevict (a full store refuses, as memcached -M). The network is stack.h's.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"
#include "kernel/random.h"
#include "kernel/wait.h"
#include "nf-apps/kvs/lwip/server.h"
#include "netstack/stack.h"
#include "plat-kvm/boot.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

struct main_conf {
	uint64_t port, mem_mib, nb_items;
	bool no_evict;
};

/* NAME=NUMBER, at most `most`; false: it is not that, or out of range. */
static bool main_number(const char *word, const char *name, uint64_t most, uint64_t *out)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(word, name, len) != 0 || word[len] != '=' || word[len + 1] < '0' ||
		word[len + 1] > '9')
		return false;
	*out = strtoull(word + len + 1, &end, 10);
	return *end == '\0' && *out <= most;
}

static int main_word(struct main_conf *c, const char *word)
{
	if (main_number(word, "port", 65535, &c->port) ||
		main_number(word, "mem", 1u << 20, &c->mem_mib) ||
		main_number(word, "items", UINT32_MAX, &c->nb_items))
		return 0;
	c->no_evict |= strcmp(word, "noevict") == 0;
	if (strcmp(word, "noevict") == 0)
		return 0;
	printf("kvs-lwip: '%s' is not understood: use port=N, mem=MIB, items=N or noevict\n", word);
	return -1;
}

static void main_put(void (*put)(void *to, const char *name, const char *value), void *to,
	const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put(to, name, text);
}

static void main_stats(void *arg, const char *group,
	void (*put)(void *to, const char *name, const char *value), void *to)
{
	const struct nf_server_tcp_stats *st = nf_server_tcp_stats();
	uint32_t nb_free, nb_total;

	if (group[0] != '\0')
		return;
	main_put(put, to, "curr_connections", st->nb_open);
	main_put(put, to, "total_connections", st->nb_opened);
	main_put(put, to, "rejected_connections", st->refused);
	for (unsigned i = 0; uk_stack_netif(i) != NULL; i++) {
		uk_stack_buffers(i, &nb_free, &nb_total);
		main_put(put, to, "net_buffers_free", nb_free);
		main_put(put, to, "net_buffers", nb_total);
	}
}

static struct nf_kvs *main_store(const struct main_conf *c)
{
	struct nf_kvs_conf conf = { .stats = main_stats };

	conf.store.bytes = c->mem_mib > 0 ? c->mem_mib << 20 : uk_boot_ram_bytes() / 2;
	conf.store.nb_items = c->nb_items;
	conf.store.no_evict = c->no_evict;
	uk_random_bytes(conf.store.hash_key, sizeof(conf.store.hash_key));
	return nf_kvs_create(&conf);
}

int main(int argc, char **argv)
{
	struct main_conf c = { .port = NF_KVS_PORT };
	struct uk_wait_queue never = { 0 };
	struct nf_kvs *k;

	for (int i = 1; i < argc; i++) {
		if (main_word(&c, argv[i]) < 0)
			return 2;
	}
	if (uk_stack_start(NULL) < 0)
		return 1;
	k = main_store(&c);
	if (k == NULL) {
		printf("kvs-lwip: the store does not fit into the machine's memory: lower mem=, or give more (--mem)\n");
		return 1;
	}
	nf_server_tick(k);
	if (nf_server_udp_start(k, (uint16_t)c.port) < 0 ||
		nf_server_tcp_start(k, (uint16_t)c.port) < 0) {
		printf("kvs-lwip: port %" PRIu64 " can not be opened\n", c.port);
		return 1;
	}
	printf("@{\"type\":\"ready\",\"port\":%" PRIu64 "}\n", c.port);
	while (uk_wait(&never, UK_WAIT_FOREVER) == 0)
		;
	return 0;
}

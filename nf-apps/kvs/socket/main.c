/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key-value store over lwIP sockets: the Linux program of nf-apps/kvs/linux, file by file, in an image. Here are only the
 * words by which the other levels are started, made into its options: mode=single|batch (recvfrom and sendto for each
 * datagram, or recvmmsg and sendmmsg), port=N (11211), mem=MIB (half of what there is), items=N, noevict.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"
#include "kernel/syscall.h"
#include "nf-apps/kvs/kvs.h"
#include "nf-apps/kvs/socket/program.h"
#include "netstack/socket.h"
#include "plat-kvm/boot.h"

#define NB_OPTIONS 12
#define MIB        (1u << 20)

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

static struct {
	uint64_t port, mem_mib, nb_items;
	bool batch, no_evict;
	char text[NB_OPTIONS][24], *argv[NB_OPTIONS + 1];
	int argc;
} words = { .port = NF_KVS_PORT };

static bool word_number(const char *word, const char *name, uint64_t most, uint64_t *out)
{
	size_t len = strlen(name);
	char *end;

	if (strncmp(word, name, len) != 0 || word[len] != '=' || word[len + 1] < '0' ||
		word[len + 1] > '9')
		return false;
	*out = strtoull(word + len + 1, &end, 10);
	return *end == '\0' && *out >= 1 && *out <= most;
}

static bool word_take(const char *word)
{
	if (word_number(word, "port", 65535, &words.port) ||
		word_number(word, "mem", 32 << 10, &words.mem_mib) ||
		word_number(word, "items", UINT32_MAX, &words.nb_items))
		return true;
	if (strcmp(word, "noevict") == 0)
		return words.no_evict = true;
	words.batch = strcmp(word, "mode=batch") == 0;
	return words.batch || strcmp(word, "mode=single") == 0;
}

static void option(const char *format, uint64_t value)
{
	snprintf(words.text[words.argc], sizeof(words.text[0]), format, value);
	words.argv[words.argc] = words.text[words.argc];
	words.argc++;
}

static void options(void)
{
	option("kvs-socket", 0);
	option("--port=%" PRIu64, words.port);
	option("--udp-port=%" PRIu64, words.port);
	option("--memory-limit=%" PRIu64,
		words.mem_mib ? words.mem_mib : uk_boot_ram_bytes() / MIB / 2);
	option(words.batch ? "--batch" : "--single", 0);
	if (words.nb_items > 0)
		option("--items=%" PRIu64, words.nb_items);
	if (words.no_evict)
		option("--disable-evictions", 0);
}

/* Nobody here sends the signals that end a Linux process, and the time of one is not measured. */
static bool program_call(long n, const long a[6], long *result)
{
	*result = 0;
	if (n == SYS_getrusage)
		memset((void *)a[1], 0, sizeof(struct rusage));
	return n == SYS_getrusage || n == SYS_rt_sigaction;
}

int main(int argc, char **argv)
{
	static struct uk_syscall_set calls = { .call = program_call };

	for (int i = 1; i < argc; i++) {
		if (word_take(argv[i]))
			continue;
		printf("kvs-socket: '%s' is not understood: use mode=single, mode=batch, port=N, "
		       "mem=MIB, items=N or noevict\n",
			argv[i]);
		return 2;
	}
	options();
	uk_syscall_add(&calls);
	if (uk_socket_start() < 0)
		return 1;
	/* no packet is looked at before the program waits, and then it listens */
	printf("@{\"type\":\"ready\",\"port\":%" PRIu64 ",\"mode\":\"%s\"}\n", words.port,
		words.batch ? "batch" : "single");
	return nf_main(words.argc, words.argv);
}

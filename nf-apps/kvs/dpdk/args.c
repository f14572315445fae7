/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/dpdk/args.h"

#define IP4_DEFAULT "10.0.2.15/24"
#define MEM_DEFAULT (1ull << 30)

static const char args_help[] =
	"kvs-dpdk: Sluice's key-value store as a Linux program on DPDK's virtio-user driver\n"
	"\n"
	"	kvs-dpdk --socket PATH [OPTION...] [WORD=N...]\n"
	"\n"
	"--socket PATH     the socket of a vhost-user back end, which listens there\n"
	"--ip ADDR/BITS    IPv4 address (default 10.0.2.15/24; none: no IPv4)\n"
	"--ip6 ADDR        IPv6 address beside the link-local one\n"
	"--mac MAC         default 52:54:00:12:34:56\n"
	"--ring KIND       split, split-in-order, packed, packed-in-order, packed-vectorised (default)\n"
	"--core N          the core that polls (default: the last this process may use)\n"
	"--verbose         show DPDK's log\n"
	"--help\n"
	"\n"
	"Words are the image's: port, mem (default 1G), items, item-max, evict, burst, ring, bufs, stats.\n"
	"See docs/kvs.md.\n";

/* Mergeable buffers are off, as vectorised receive wants it. */
static const struct {
	const char *name, *devargs;
	bool vectorised;
} args_rings[] = {
	{ "split", "in_order=0", false },
	{ "split-in-order", "in_order=1", false },
	{ "packed", "packed_vq=1,in_order=0", false },
	{ "packed-in-order", "packed_vq=1,in_order=1", false },
	{ "packed-vectorised", "packed_vq=1,in_order=1,vectorized=1", true },
};

static const struct option args_long[] = {
	{ "socket", required_argument, NULL, 's' },
	{ "ip", required_argument, NULL, '4' },
	{ "ip6", required_argument, NULL, '6' },
	{ "mac", required_argument, NULL, 'm' },
	{ "ring", required_argument, NULL, 'r' },
	{ "core", required_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static int args_wrong(const char *option, const char *what, const char *text)
{
	fprintf(stderr, "kvs-dpdk: --%s is %s, not '%s'\n", option, what, text);
	return 3;
}

static int args_ring(struct nf_args *a, const char *name)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(args_rings); i++) {
		if (strcmp(name, args_rings[i].name) != 0)
			continue;
		a->devargs = args_rings[i].devargs;
		a->vectorised = args_rings[i].vectorised;
		return 0;
	}
	return args_wrong("ring",
		"split, split-in-order, packed, packed-in-order or packed-vectorised", name);
}

static int args_core(struct nf_args *a, const char *text)
{
	uint64_t v;

	if (nf_net_opts_size(text, &v) < 0 || v > 1023)
		return args_wrong("core", "a number", text);
	a->core = (unsigned)v;
	return 0;
}

static int args_option(struct nf_args *a, int c)
{
	switch (c) {
	case 's':
		a->socket = optarg;
		return strchr(optarg, ',') == NULL
			       ? 0
			       : args_wrong("socket", "a path without a comma", optarg);
	case '4':
		return nf_net_opts_ip4(optarg, &a->net) == 0
			       ? 0
			       : args_wrong("ip", "ADDRESS/BITS or none", optarg);
	case '6':
		return nf_net_opts_ip6(optarg, &a->net) == 0
			       ? 0
			       : args_wrong("ip6", "an IPv6 address or none", optarg);
	case 'm':
		a->mac = optarg;
		return strspn(optarg, "0123456789abcdefABCDEF:") == 17 && optarg[17] == '\0'
			       ? 0
			       : args_wrong("mac", "like 52:54:00:12:34:56", optarg);
	case 'r':
		return args_ring(a, optarg);
	case 'c':
		return args_core(a, optarg);
	case 'v':
		a->verbose = true;
		return 0;
	case 'h':
		printf("%s", args_help);
		return 1;
	default:
		return 3;
	}
}

int nf_args_parse(struct nf_args *a, int argc, char **argv)
{
	int c, rc = nf_net_opts_ip4(IP4_DEFAULT, &a->net);

	a->opts = nf_net_opts_default;
	a->opts.mem = MEM_DEFAULT;
	if (rc == 0)
		rc = args_ring(a, "packed-vectorised");
	while (rc == 0 && (c = getopt_long(argc, argv, "", args_long, NULL)) != -1)
		rc = args_option(a, c);
	for (; rc == 0 && optind < argc; optind++)
		rc = nf_net_opts_word(&a->opts, "kvs-dpdk", argv[optind]) < 0 ? 3 : 0;
	if (rc == 0 && a->socket == NULL) {
		fprintf(stderr,
			"kvs-dpdk: say --socket PATH: the socket of a vhost-user back end\n");
		rc = 3;
	}
	return rc;
}

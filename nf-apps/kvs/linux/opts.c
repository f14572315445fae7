/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include "nf-apps/kvs/linux/opts.h"

#define OPTS_MIB       ((size_t)1 << 20)
#define OPTS_MEMORY    64 /* MiB */
#define OPTS_ITEM_MIN  1024
#define OPTS_CONNS     1024
#define OPTS_BACKLOG   1024
#define OPTS_MASK      0700
#define OPTS_CONNS_MAX 100000

enum { OPTS_SINGLE = 256, OPTS_BATCH, OPTS_ITEMS };

static const char opts_help[] =
	"kvs-linux: Sluice's key-value store behind Linux sockets; it speaks memcached's protocols\n"
	"-p, --port=<num>          TCP port (default 11211, 0 is off)\n"
	"-U, --udp-port=<num>      UDP port (default 0, off)\n"
	"-s, --unix-socket=<file>  unix socket instead of TCP and UDP\n"
	"-a, --unix-mask=<mask>    access mask of the unix socket, octal (default 0700)\n"
	"-l, --listen=<addr>       addresses to listen on, comma-separated (default all)\n"
	"-m, --memory-limit=<num>  memory of the store in MiB (default 64)\n"
	"-I, --max-item-size=<num> largest value in bytes, with k or m (default and most 1m)\n"
	"-M, --disable-evictions   an error when memory is full, instead of evicting\n"
	"-c, --conn-limit=<num>    most connections at a time (default 1024)\n"
	"-b, --listen-backlog=<num> of TCP sockets (default 1024)\n"
	"-B, --protocol=<name>     auto (default), ascii or binary\n"
	"-F, --disable-flush-all   refuse flush_all\n"
	"-o idle_timeout=<num>     close connections that are silent for so many seconds\n"
	"-d, --daemon              go to the background\n"
	"-P, --pidfile=<file>      write the process id there\n"
	"-v                        say more (repeat)\n"
	"--single                  a datagram by recvfrom and sendto each (default)\n"
	"--batch                   32 datagrams by recvmmsg and sendmmsg\n"
	"--items=<num>             how many items to expect; sizes the index\n"
	"-u, -t, -f, -n, -R, -k, -L and the rest of -o of memcached are taken and have no meaning here\n"
	"-h, --help                this\n"
	"-V, --version             print the version\n";

static const struct option opts_long[] = {
	{ "port", required_argument, NULL, 'p' },
	{ "udp-port", required_argument, NULL, 'U' },
	{ "unix-socket", required_argument, NULL, 's' },
	{ "unix-mask", required_argument, NULL, 'a' },
	{ "listen", required_argument, NULL, 'l' },
	{ "memory-limit", required_argument, NULL, 'm' },
	{ "max-item-size", required_argument, NULL, 'I' },
	{ "disable-evictions", no_argument, NULL, 'M' },
	{ "conn-limit", required_argument, NULL, 'c' },
	{ "listen-backlog", required_argument, NULL, 'b' },
	{ "daemon", no_argument, NULL, 'd' },
	{ "pidfile", required_argument, NULL, 'P' },
	{ "user", required_argument, NULL, 'u' },
	{ "threads", required_argument, NULL, 't' },
	{ "protocol", required_argument, NULL, 'B' },
	{ "disable-flush-all", no_argument, NULL, 'F' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "single", no_argument, NULL, OPTS_SINGLE },
	{ "batch", no_argument, NULL, OPTS_BATCH },
	{ "items", required_argument, NULL, OPTS_ITEMS },
	{ 0 },
};

/* Between min and max; else says what is wrong. */
static bool opts_number(
	const char *what, const char *text, unsigned long min, unsigned long max, unsigned long *v)
{
	char *end;

	*v = strtoul(text, &end, 10);
	if (*text >= '0' && *text <= '9' && *end == '\0' && *v >= min && *v <= max)
		return true;
	fprintf(stderr, "kvs-linux: %s is a number from %lu to %lu, not '%s'\n", what, min, max,
		text);
	return false;
}

static bool opts_item_max(struct nf_opts *o, const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);
	unsigned shift = *end == 'k' || *end == 'K' ? 10 : *end == 'm' || *end == 'M' ? 20 : 0;

	if (shift > 0)
		end++;
	if (*end == '\0' && v <= NF_STORE_VALUE_MAX && v << shift <= NF_STORE_VALUE_MAX &&
		v << shift >= OPTS_ITEM_MIN) {
		o->item_max = (uint32_t)(v << shift);
		return true;
	}
	fprintf(stderr, "kvs-linux: -I is from %u bytes to %u, not '%s'\n", OPTS_ITEM_MIN,
		NF_STORE_VALUE_MAX, text);
	return false;
}

static bool opts_protocol(struct nf_opts *o, const char *text)
{
	static const char *const names[] = {
		[NF_KVS_ANY] = "auto",
		[NF_KVS_TEXT_ONLY] = "ascii",
		[NF_KVS_BINARY_ONLY] = "binary",
	};

	for (unsigned i = 0; i < UK_ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0) {
			o->protocol = i;
			return true;
		}
	fprintf(stderr, "kvs-linux: -B is auto, ascii or binary, not '%s'\n", text);
	return false;
}

/* memcached tunes its slabs and threads here, of which there are none. */
static bool opts_extra(struct nf_opts *o, const char *text)
{
	const char *idle = strstr(text, "idle_timeout=");
	char number[16] = "";
	unsigned long v;

	if (idle == NULL)
		return true;
	snprintf(number, sizeof(number), "%.*s", (int)strcspn(idle + 13, ","), idle + 13);
	if (!opts_number("-o idle_timeout", number, 0, UINT32_MAX, &v))
		return false;
	o->idle_s = (uint32_t)v;
	return true;
}

/* Options with a number. */
static bool opts_set_number(struct nf_opts *o, int c, const char *text)
{
	unsigned long v;
	bool good;

	switch (c) {
	case 'p':
		good = opts_number("-p", text, 0, 65535, &v);
		o->tcp_port = (uint16_t)v;
		return good;
	case 'U':
		good = opts_number("-U", text, 0, 65535, &v);
		o->udp_port = (uint16_t)v;
		return good;
	case 'm':
		good = opts_number("-m", text, 2, 32 << 10, &v);
		o->bytes = v * OPTS_MIB;
		return good;
	case 'c':
		good = opts_number("-c", text, 1, OPTS_CONNS_MAX, &v);
		o->max_conns = (unsigned)v;
		return good;
	case 'b':
		good = opts_number("-b", text, 1, 1 << 20, &v);
		o->backlog = (unsigned)v;
		return good;
	case 't':
		return opts_number("-t", text, 1, 1024, &v);
	default:
		good = opts_number("--items", text, 1, UINT32_MAX, &v);
		o->nb_items = (uint32_t)v;
		return good;
	}
}

static void opts_set_flag(struct nf_opts *o, int c, char *text)
{
	switch (c) {
	case 's':
		o->unix_path = text;
		break;
	case 'a':
		o->unix_mask = (unsigned)strtoul(text, NULL, 8) & 0777;
		break;
	case 'l':
		o->listen = text;
		break;
	case 'P':
		o->pid_file = text;
		break;
	case 'M':
		o->no_evict = true;
		break;
	case 'F':
		o->no_flush = true;
		break;
	case 'd':
		o->daemon = true;
		break;
	case 'v':
		o->verbosity++;
		break;
	case OPTS_SINGLE:
	case OPTS_BATCH:
		o->batch = c == OPTS_BATCH;
		break;
	}
}

/* 0: go on; else the program ends, with the status minus one. */
static int opts_one(struct nf_opts *o, int c)
{
	switch (c) {
	case 'h':
		fputs(opts_help, stdout);
		return 1 + EX_OK;
	case 'V':
		puts("kvs-linux (Sluice)");
		return 1 + EX_OK;
	case '?':
		return 1 + EX_USAGE;
	case 'B':
		return opts_protocol(o, optarg) ? 0 : 1 + EX_USAGE;
	case 'o':
		return opts_extra(o, optarg) ? 0 : 1 + EX_USAGE;
	case 'I':
		return opts_item_max(o, optarg) ? 0 : 1 + EX_USAGE;
	case 'p':
	case 'U':
	case 'm':
	case 'c':
	case 'b':
	case 't':
	case OPTS_ITEMS:
		return opts_set_number(o, c, optarg) ? 0 : 1 + EX_USAGE;
	default:
		opts_set_flag(o, c, optarg);
		return 0;
	}
}

bool nf_opts_parse(struct nf_opts *o, int argc, char **argv, int *status)
{
	bool tcp_given = false;
	int c;

	*o = (struct nf_opts){ .tcp_port = NF_KVS_PORT,
		.bytes = OPTS_MEMORY * OPTS_MIB,
		.item_max = NF_STORE_VALUE_MAX,
		.unix_mask = OPTS_MASK,
		.max_conns = OPTS_CONNS,
		.backlog = OPTS_BACKLOG };
	while ((c = getopt_long(argc, argv, "p:U:s:a:l:m:I:Mc:b:dP:vu:t:f:n:R:o:kLhVB:F", opts_long,
			NULL)) != -1) {
		*status = opts_one(o, c);
		if (*status != 0) {
			--*status;
			return false;
		}
		tcp_given = tcp_given || c == 'p';
	}
	if (optind < argc) {
		fprintf(stderr, "kvs-linux: '%s' is no option\n", argv[optind]);
		*status = EX_USAGE;
		return false;
	}
	/* as memcached does it */
	if (!tcp_given && o->udp_port != 0)
		o->tcp_port = o->udp_port;
	return true;
}

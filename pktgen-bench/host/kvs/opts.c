/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "pktgen-bench/host/kvs/keys.h"
#include "pktgen-bench/host/kvs/opts.h"
#include "pktgen-bench/host/port.h"
#include "pktgen-bench/host/words.h"

enum opt_id {
	/* words and switches */
	O_SOCKET = 256,
	O_IFACE,
	O_UDP,
	O_CLIENT,
	O_NO_MRG,
	O_NO_PACKED,
	O_NO_HUGE,
	O_JSON,
	O_VERBOSE,
	O_LEAN,
	O_CHECKSUM,
	O_ANY_ORDER,
	O_NO_PRELOAD,
	O_VERIFY,
	O_HELP,
	/* with a syntax of their own */
	O_SERVER,
	O_ADDR,
	O_DST_MAC,
	O_SRC_MAC,
	O_VALUE,
	O_RATIO,
	O_PROTO,
	O_LOAD,
	/* numbers */
	O_CORE,
	O_QUEUES,
	O_PORTS,
	O_KEYS,
	O_KEY_LEN,
	O_SEED,
	O_BURST,
	O_REST,
	O_WAIT,
	O_ZIPF,
	O_DURATION,
	O_WARMUP,
	O_PAUSE,
	O_TIMEOUT,
};

#define FIRST_PORT 20000

static const struct option opt_long[] = {
	{ "socket", required_argument, NULL, O_SOCKET },
	{ "iface", required_argument, NULL, O_IFACE },
	{ "udp", no_argument, NULL, O_UDP },
	{ "client", no_argument, NULL, O_CLIENT },
	{ "no-mergeable", no_argument, NULL, O_NO_MRG },
	{ "no-packed", no_argument, NULL, O_NO_PACKED },
	{ "no-huge", no_argument, NULL, O_NO_HUGE },
	{ "json", no_argument, NULL, O_JSON },
	{ "verbose", no_argument, NULL, O_VERBOSE },
	{ "lean", no_argument, NULL, O_LEAN },
	{ "checksum", no_argument, NULL, O_CHECKSUM },
	{ "any-order", no_argument, NULL, O_ANY_ORDER },
	{ "no-preload", no_argument, NULL, O_NO_PRELOAD },
	{ "verify", no_argument, NULL, O_VERIFY },
	{ "help", no_argument, NULL, O_HELP },
	{ "server", required_argument, NULL, O_SERVER },
	{ "addr", required_argument, NULL, O_ADDR },
	{ "dst-mac", required_argument, NULL, O_DST_MAC },
	{ "src-mac", required_argument, NULL, O_SRC_MAC },
	{ "value", required_argument, NULL, O_VALUE },
	{ "ratio", required_argument, NULL, O_RATIO },
	{ "proto", required_argument, NULL, O_PROTO },
	{ "load", required_argument, NULL, O_LOAD },
	{ "core", required_argument, NULL, O_CORE },
	{ "queues", required_argument, NULL, O_QUEUES },
	{ "ports", required_argument, NULL, O_PORTS },
	{ "keys", required_argument, NULL, O_KEYS },
	{ "key-len", required_argument, NULL, O_KEY_LEN },
	{ "seed", required_argument, NULL, O_SEED },
	{ "burst", required_argument, NULL, O_BURST },
	{ "rest", required_argument, NULL, O_REST },
	{ "wait-timeout", required_argument, NULL, O_WAIT },
	{ "zipf", required_argument, NULL, O_ZIPF },
	{ "duration", required_argument, NULL, O_DURATION },
	{ "warmup", required_argument, NULL, O_WARMUP },
	{ "pause", required_argument, NULL, O_PAUSE },
	{ "timeout", required_argument, NULL, O_TIMEOUT },
	{ NULL, 0, NULL, 0 },
};

/* "10.0.0.2" or "10.0.0.2:11211" */
static int opt_address(const char *name, const char *text, uint32_t *ip, uint16_t *port)
{
	unsigned int a, b, c, d, p = 0;
	char rest;
	int n = sscanf(text, "%3u.%3u.%3u.%3u:%5u%c", &a, &b, &c, &d, &p, &rest);

	if ((n != 5 && (n != 4 || strchr(text, ':'))) || a > 255 || b > 255 || c > 255 || d > 255 ||
		(n == 5 && !p) || p > 65535)
		return pg_words_bad(name, text, "want an address such as 10.0.0.2:11211");
	*ip = a << 24 | b << 16 | c << 8 | d;
	if (n == 5)
		*port = (uint16_t)p;
	return 0;
}

/* "64" or "64-512" */
static int opt_value(struct pg_kvs_opts *o, const char *text)
{
	unsigned int from, to;
	char rest;
	int n = sscanf(text, "%5u-%5u%c", &from, &to, &rest);

	if (n == 1 && !strchr(text, '-'))
		to = from;
	else if (n != 2)
		return pg_words_bad("value", text, "want bytes such as 64 or 64-512");
	if (from < PG_KVS_VALUE_MIN || to > PG_KVS_VALUE_MAX || from > to)
		return pg_words_bad("value", text, "want 8 to 1300 bytes");
	o->value_min = from;
	o->value_max = to;
	return 0;
}

/* "9:1" */
static int opt_ratio(struct pg_kvs_opts *o, const char *text)
{
	unsigned int gets, sets;
	char rest;

	if (sscanf(text, "%5u:%5u%c", &gets, &sets, &rest) != 2 || !(gets + sets))
		return pg_words_bad("ratio", text, "want gets to sets, such as 9:1");
	o->get_share = (double)gets / (gets + sets);
	return 0;
}

static int opt_load_one(struct pg_kvs_opts *o, const char *word)
{
	struct pg_kvs_load *l = &o->load[o->nb_loads];
	uint64_t n;

	if (o->nb_loads == PG_KVS_LOADS_MAX || strlen(word) >= sizeof(l->name))
		return pg_words_bad("load", word, "that is one step too many, or no step");
	o->nb_loads++;
	strcpy(l->name, word);
	if (!strncmp(word, "closed:", 7)) {
		l->kind = PG_KVS_CLOSED;
		if (pg_words_unsigned("load closed:", word + 7, 1, PG_KVS_WINDOW_MAX, &n) < 0)
			return -1;
		l->value = (double)n;
		return 0;
	}
	l->kind = word[0] == 'x' ? PG_KVS_SHARE : PG_KVS_RATE;
	if (l->kind == PG_KVS_SHARE)
		return pg_words_real("load x", word + 1, 0.001, 1000, &l->value);
	return pg_words_real("load", word, 1, 1e9, &l->value);
}

static int opt_load(struct pg_kvs_opts *o, const char *text)
{
	char word[32];

	o->nb_loads = 0;
	for (;;) {
		size_t len = strcspn(text, ",");

		if (len >= sizeof(word))
			return pg_words_bad("load", text, "that is no step");
		memcpy(word, text, len);
		word[len] = '\0';
		if (opt_load_one(o, word) < 0)
			return -1;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

/* Switches and words. 1: none of these. */
static int opt_set_plain(struct pg_kvs_opts *o, int id, const char *a)
{
	bool *const flag[] = { [O_UDP - O_SOCKET] = &o->udp,
		[O_CLIENT - O_SOCKET] = &o->client,
		[O_NO_MRG - O_SOCKET] = &o->no_mergeable,
		[O_NO_PACKED - O_SOCKET] = &o->no_packed,
		[O_NO_HUGE - O_SOCKET] = &o->no_huge,
		[O_JSON - O_SOCKET] = &o->json,
		[O_VERBOSE - O_SOCKET] = &o->verbose,
		[O_CHECKSUM - O_SOCKET] = &o->ends.checksum,
		[O_ANY_ORDER - O_SOCKET] = &o->any_order,
		[O_VERIFY - O_SOCKET] = &o->verify };

	if (id == O_SOCKET)
		o->socket = a;
	else if (id == O_IFACE)
		o->iface = a;
	else if (id == O_NO_PRELOAD)
		o->preload = false;
	else if (id < O_HELP && id != O_LEAN)
		*flag[id - O_SOCKET] = true;
	return id < O_HELP ? 0 : 1;
}

/* What has a syntax of its own. 1: none of these. */
static int opt_set_word(struct pg_kvs_opts *o, int id, const char *name, const char *a)
{
	switch (id) {
	case O_SERVER:
		return opt_address(name, a, &o->ends.server_ip, &o->ends.server_port);
	case O_ADDR:
		return opt_address(name, a, &o->ends.ip, &o->ends.port);
	case O_DST_MAC:
		return pg_words_mac(name, a, o->ends.server_mac);
	case O_SRC_MAC:
		return pg_words_mac(name, a, o->ends.mac);
	case O_VALUE:
		return opt_value(o, a);
	case O_RATIO:
		return opt_ratio(o, a);
	case O_PROTO:
		o->proto = pg_kvs_proto_named(a);
		return o->proto ? 0 : pg_words_bad(name, a, "choose from text meta binary");
	case O_LOAD:
		return opt_load(o, a);
	}
	return 1;
}

static int opt_set_number(struct pg_kvs_opts *o, int id, const char *name, const char *a)
{
	static const struct {
		int id;
		uint64_t min, max;
	} whole[] = { { O_CORE, 0, 1023 }, { O_QUEUES, 1, PG_PORT_QUEUES_MAX },
		{ O_PORTS, 1, 4096 }, { O_KEYS, 1, 1u << 30 },
		{ O_KEY_LEN, PG_KVS_KEY_MIN, PG_KVS_KEY_MAX }, { O_SEED, 0, UINT64_MAX },
		{ O_BURST, 1, PG_PORT_BURST }, { O_REST, 0, 100000 } };
	uint64_t n[sizeof(whole) / sizeof(whole[0])] = { o->core, o->queues, o->ends.nb_ports,
		o->keys, o->key_len, o->seed, o->burst, o->rest_ns };

	for (unsigned int i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		if (whole[i].id != id)
			continue;
		if (pg_words_unsigned(name, a, whole[i].min, whole[i].max, &n[i]) < 0)
			return -1;
		o->core = (unsigned int)n[0];
		o->queues = (unsigned int)n[1];
		o->ends.nb_ports = (uint16_t)n[2];
		o->keys = (uint32_t)n[3];
		o->key_len = (uint32_t)n[4];
		o->seed = n[5];
		o->burst = (unsigned int)n[6];
		o->rest_ns = n[7];
		return 0;
	}
	return 1;
}

static int opt_set_real(struct pg_kvs_opts *o, int id, const char *name, const char *a)
{
	switch (id) {
	case O_WAIT:
		return pg_words_real(name, a, 0.1, 1e6, &o->wait_s);
	case O_ZIPF:
		return pg_words_real(name, a, 0, 4, &o->zipf);
	case O_DURATION:
		return pg_words_real(name, a, 0, 1e7, &o->duration_s);
	case O_WARMUP:
		return pg_words_real(name, a, 0, 1e6, &o->warmup_s);
	case O_PAUSE:
		return pg_words_real(name, a, 0, 1e6, &o->pause_s);
	default:
		return pg_words_real(name, a, 0.001, 10, &o->timeout_s);
	}
}

static int opt_set(struct pg_kvs_opts *o, int id, const char *name, const char *a)
{
	int rc = opt_set_plain(o, id, a);

	if (rc == 1)
		rc = opt_set_word(o, id, name, a);
	if (rc == 1)
		rc = opt_set_number(o, id, name, a);
	return rc == 1 ? opt_set_real(o, id, name, a) : rc;
}

/* "VALUE key 0 1300\r\n", value, "\r\nEND\r\n" must fit one datagram of an answer. */
static bool opt_fits(const struct pg_kvs_opts *o)
{
	return PG_KVS_FRAME + 6 + o->key_len + 9 + o->value_max + 7 <= PG_KVS_DGRAM_MAX;
}

static int opt_check(struct pg_kvs_opts *o, int argc, char **argv)
{
	if (optind < argc) {
		fprintf(stderr, "pgbench-host: unexpected argument '%s'\n", argv[optind]);
		return -1;
	}
	if ((o->socket != NULL) + (o->iface != NULL) + o->udp != 1)
		return pg_words_complain(
			"which way to the server? one of --socket PATH, --iface NAME, --udp");
	if (!o->ends.server_ip)
		o->ends.server_ip = o->udp ? 0x7f000001u : 0x0a000002u;
	if (!o->ends.port)
		o->ends.port =
			o->udp ? 0 : FIRST_PORT; /* of a UDP socket: which one the kernel likes */
	if (!o->ends.nb_ports)
		o->ends.nb_ports = o->udp ? 1 : 16;
	if (o->ends.nb_ports & (o->ends.nb_ports - 1))
		return pg_words_complain("--ports must be a power of two");
	if (o->udp && o->ends.nb_ports != 1)
		return pg_words_complain("--udp has one source port only");
	if (o->ends.port + o->ends.nb_ports > 65536)
		return pg_words_complain("--ports reach beyond port 65535");
	if (!opt_fits(o))
		return pg_words_complain(
			"an answer with such a key and value does not fit into one datagram of 1400 bytes");
	if (o->nb_loads > 1 && o->duration_s <= 0)
		return pg_words_complain("--load with several steps needs --duration");
	return 0;
}

static void opt_defaults(struct pg_kvs_opts *o)
{
	*o = (struct pg_kvs_opts){
		.queues = 1,
		.wait_s = 10,
		.ends = { .mac = { 0x02, 0x53, 0x4c, 0, 0, 1 },
			.server_mac = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
			.ip = 0x0a000001u,
			.server_port = 11211 },
		.proto = &pg_kvs_text,
		.keys = 1000000,
		.key_len = 16,
		.value_min = 64,
		.value_max = 64,
		.get_share = 0.5,
		.seed = 1,
		.burst = 64,
		.preload = true,
		.load = { { PG_KVS_CLOSED, 256, "closed:256" } },
		.nb_loads = 1,
		.warmup_s = 0.3,
		.timeout_s = 0.1,
		.rest_ns = 1000,
	};
}

int pg_kvs_opts_parse(struct pg_kvs_opts *o, int argc, char **argv)
{
	int at, id;

	opt_defaults(o);
	opterr = 0;
	optind = 1;
	for (;;) {
		at = -1;
		id = getopt_long(argc, argv, "", opt_long, &at);
		if (id < 0)
			return opt_check(o, argc, argv);
		if (id == '?' || at < 0) {
			fprintf(stderr,
				"pgbench-host: option '%s' is unknown or lacks its value; see kvs --help\n",
				argv[optind - 1]);
			return -1;
		}
		if (id == O_HELP) {
			fputs(pg_kvs_opts_help, stdout);
			return 1;
		}
		if (opt_set(o, id, opt_long[at].name, optarg) < 0)
			return -1;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "pktgen-bench/host/frames.h"
#include "pktgen-bench/host/opts.h"
#include "pktgen-bench/host/port.h"
#include "pktgen-bench/host/words.h"

enum opt_id {
	O_SOCKET = 256,
	O_BACK,
	O_CORE,
	O_QUEUES,
	O_LEAN,
	O_CLIENT,
	O_OFFLOADS,
	O_NO_MRG,
	O_NO_PACKED,
	O_JSON,
	O_VERBOSE,
	O_NO_HUGE,
	O_CHECK,
	O_UNTIL_GONE,
	O_SIZES,
	O_FLOWS,
	O_SRC_NET,
	O_DST_NET,
	O_DST_MAC,
	O_BURST,
	O_RATE,
	O_STAMP,
	O_WINDOW,
	O_DURATION,
	O_WARMUP,
	O_WAIT,
	O_LINGER,
	O_REST,
	O_RETRIES,
	O_DRAIN,
	O_CAPTURE,
	O_LIMIT,
	O_PCAP,
	O_LOOPS,
	O_PACE,
	O_EXPECT,
	O_COUNT,
	O_MIN,
	O_MAX,
	O_SEED,
	O_TRIAL,
	O_LOSS,
	O_RESOLUTION,
	O_MAX_RATE,
	O_TRIALS,
	O_HELP,
};

static const struct option opt_long[] = {
	{ "socket", required_argument, NULL, O_SOCKET },
	{ "back", required_argument, NULL, O_BACK },
	{ "core", required_argument, NULL, O_CORE },
	{ "queues", required_argument, NULL, O_QUEUES },
	{ "lean", no_argument, NULL, O_LEAN },
	{ "client", no_argument, NULL, O_CLIENT },
	{ "offloads", no_argument, NULL, O_OFFLOADS },
	{ "no-mergeable", no_argument, NULL, O_NO_MRG },
	{ "no-packed", no_argument, NULL, O_NO_PACKED },
	{ "json", no_argument, NULL, O_JSON },
	{ "verbose", no_argument, NULL, O_VERBOSE },
	{ "no-huge", no_argument, NULL, O_NO_HUGE },
	{ "check", no_argument, NULL, O_CHECK },
	{ "until-gone", no_argument, NULL, O_UNTIL_GONE },
	{ "size", required_argument, NULL, O_SIZES },
	{ "sizes", required_argument, NULL, O_SIZES },
	{ "flows", required_argument, NULL, O_FLOWS },
	{ "src-net", required_argument, NULL, O_SRC_NET },
	{ "dst-net", required_argument, NULL, O_DST_NET },
	{ "dst-mac", required_argument, NULL, O_DST_MAC },
	{ "burst", required_argument, NULL, O_BURST },
	{ "rate", required_argument, NULL, O_RATE },
	{ "stamp", required_argument, NULL, O_STAMP },
	{ "window", required_argument, NULL, O_WINDOW },
	{ "duration", required_argument, NULL, O_DURATION },
	{ "warmup", required_argument, NULL, O_WARMUP },
	{ "wait-timeout", required_argument, NULL, O_WAIT },
	{ "drain", required_argument, NULL, O_DRAIN },
	{ "retries", required_argument, NULL, O_RETRIES },
	{ "rest", required_argument, NULL, O_REST },
	{ "linger", required_argument, NULL, O_LINGER },
	{ "capture", required_argument, NULL, O_CAPTURE },
	{ "limit", required_argument, NULL, O_LIMIT },
	{ "pcap", required_argument, NULL, O_PCAP },
	{ "loops", required_argument, NULL, O_LOOPS },
	{ "pace", no_argument, NULL, O_PACE },
	{ "expect", required_argument, NULL, O_EXPECT },
	{ "count", required_argument, NULL, O_COUNT },
	{ "min", required_argument, NULL, O_MIN },
	{ "max", required_argument, NULL, O_MAX },
	{ "seed", required_argument, NULL, O_SEED },
	{ "trial", required_argument, NULL, O_TRIAL },
	{ "loss", required_argument, NULL, O_LOSS },
	{ "resolution", required_argument, NULL, O_RESOLUTION },
	{ "max-rate", required_argument, NULL, O_MAX_RATE },
	{ "max-trials", required_argument, NULL, O_TRIALS },
	{ "help", no_argument, NULL, O_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Up to so many flows have frames of their own; beyond, frames get their addresses as they are
 * sent. */
#define FLOWS_BUILT 1000

/* "10.0.0.0/8" */
static int opt_net(const char *name, const char *text, uint32_t *net, uint32_t *mask)
{
	unsigned int a, b, c, d, bits;
	char rest;

	if (sscanf(text, "%3u.%3u.%3u.%3u/%2u%c", &a, &b, &c, &d, &bits, &rest) != 5 || a > 255 ||
		b > 255 || c > 255 || d > 255 || bits < 1 || bits > 32)
		return pg_words_bad(name, text, "want a network such as 10.0.0.0/8");
	*mask = ~0u << (32 - bits);
	*net = (a << 24 | b << 16 | c << 8 | d) & *mask;
	return 0;
}

static int opt_choice(
	const char *name, const char *text, const char *const *words, unsigned int *out)
{
	char want[80] = "choose from";

	for (unsigned int i = 0; words[i]; i++) {
		if (!strcmp(words[i], text)) {
			*out = i;
			return 0;
		}
		strcat(strcat(want, " "), words[i]);
	}
	return pg_words_bad(name, text, want);
}

static const char *const opt_modes[] = { "sink", "gen", "fwd", "reflect", "replay", "random",
	"rfc2544", NULL };
static const char *const opt_stamps[] = { "none", "seq", "burst", "all", NULL };
static const char *const opt_expects[] = { "swap", "same", NULL };

/* Options that are a word or a switch. Returns 1 if @id is none of these. */
static int opt_set_plain(struct pg_opts *o, int id, const char *a)
{
	unsigned int choice = 0;

	switch (id) {
	case O_SOCKET:
		o->socket = a;
		return 0;
	case O_LEAN:
		o->lean = true;
		return 0;
	case O_CLIENT:
		o->client = true;
		return 0;
	case O_OFFLOADS:
		o->offloads = true;
		return 0;
	case O_NO_MRG:
		o->no_mergeable = true;
		return 0;
	case O_NO_PACKED:
		o->no_packed = true;
		return 0;
	case O_JSON:
		o->json = true;
		return 0;
	case O_VERBOSE:
		o->verbose = true;
		return 0;
	case O_NO_HUGE:
		o->no_huge = true;
		return 0;
	case O_CHECK:
		o->check = true;
		return 0;
	case O_BACK:
		o->back = a;
		return 0;
	case O_UNTIL_GONE:
		o->until_gone = true;
		return 0;
	case O_PACE:
		o->pace = true;
		return 0;
	case O_CAPTURE:
		o->capture = a;
		return 0;
	case O_SRC_NET:
		o->spread = true;
		return opt_net("src-net", a, &o->nets.src, &o->nets.src_mask);
	case O_DST_NET:
		o->spread = true;
		return opt_net("dst-net", a, &o->nets.dst, &o->nets.dst_mask);
	case O_DST_MAC:
		o->has_mac = true;
		return pg_words_mac("dst-mac", a, o->dst_mac);
	case O_PCAP:
		o->pcap = a;
		return 0;
	case O_SIZES:
		return pg_opts_sizes(o, a)
			       ? pg_words_bad("size", a,
					 "want sizes from 64 to 9220 bytes with CRC, or imix")
			       : 0;
	case O_STAMP:
		if (opt_choice("stamp", a, opt_stamps, &choice))
			return -1;
		o->stamp = choice;
		return 0;
	case O_EXPECT:
		if (opt_choice("expect", a, opt_expects, &choice))
			return -1;
		o->expect = choice;
		return 0;
	}
	return 1;
}

static int opt_set_number(struct pg_opts *o, int id, const char *name, const char *a)
{
	uint64_t n = 0;
	int rc = -1;

	switch (id) {
	case O_CORE:
		rc = pg_words_unsigned(name, a, 0, 1023, &n);
		o->core = (unsigned int)n;
		break;
	case O_QUEUES:
		rc = pg_words_unsigned(name, a, 1, PG_PORT_QUEUES_MAX, &n);
		o->queues = (unsigned int)n;
		break;
	case O_FLOWS:
		rc = pg_words_unsigned(name, a, 1, 1u << 24, &n);
		o->flows = (uint32_t)n;
		break;
	case O_BURST:
		rc = pg_words_unsigned(name, a, 1, PG_PORT_BURST, &n);
		o->burst = (unsigned int)n;
		break;
	case O_WINDOW:
		rc = pg_words_unsigned(name, a, 1, 1024, &n);
		o->window = (unsigned int)n;
		break;
	case O_LIMIT:
		rc = pg_words_unsigned(name, a, 1, UINT64_MAX, &o->limit);
		break;
	case O_LOOPS:
		rc = pg_words_unsigned(name, a, 1, UINT32_MAX, &n);
		o->loops = (unsigned int)n;
		break;
	case O_COUNT:
		rc = pg_words_unsigned(name, a, 1, UINT64_MAX, &o->count);
		break;
	case O_MIN:
		rc = pg_words_unsigned(name, a, 14, 9200, &n);
		o->min_len = (uint32_t)n;
		break;
	case O_MAX:
		rc = pg_words_unsigned(name, a, 14, 9200, &n);
		o->max_len = (uint32_t)n;
		break;
	case O_SEED:
		rc = pg_words_unsigned(name, a, 0, UINT64_MAX, &o->seed);
		break;
	case O_TRIALS:
		rc = pg_words_unsigned(name, a, 1, 1000, &n);
		o->max_trials = (unsigned int)n;
		break;
	case O_RATE:
		rc = pg_words_real(name, a, 1, 1e9, &o->rate_pps);
		break;
	case O_DURATION:
		rc = pg_words_real(name, a, 0, 1e7, &o->duration_s);
		break;
	case O_WARMUP:
		rc = pg_words_real(name, a, 0, 1e6, &o->warmup_s);
		break;
	case O_WAIT:
		rc = pg_words_real(name, a, 0, 1e6, &o->wait_s);
		break;
	case O_DRAIN:
		rc = pg_words_real(name, a, 0, 60, &o->drain_s);
		break;
	case O_RETRIES:
		rc = pg_words_unsigned(name, a, 0, 100, &n);
		o->retries = (unsigned int)n;
		break;
	case O_REST:
		rc = pg_words_unsigned(name, a, 0, 100000, &o->rest_ns);
		break;
	case O_LINGER:
		rc = pg_words_real(name, a, 0, 3600, &o->linger_s);
		break;
	case O_TRIAL:
		rc = pg_words_real(name, a, 0.01, 1e6, &o->trial_s);
		break;
	case O_LOSS:
		rc = pg_words_real(name, a, 0, 1, &o->loss);
		break;
	case O_RESOLUTION:
		rc = pg_words_real(name, a, 1e-6, 1, &o->resolution);
		break;
	case O_MAX_RATE:
		rc = pg_words_real(name, a, 1, 1e9, &o->max_rate_pps);
		break;
	}
	return rc;
}

static int opt_check(struct pg_opts *o, int argc, char **argv)
{
	if (optind < argc) {
		fprintf(stderr, "pgbench-host: unexpected argument '%s'\n", argv[optind]);
		return -1;
	}
	if (!o->socket)
		return pg_words_complain("--socket PATH is missing");
	if (o->mode == PG_OPTS_REPLAY && !o->pcap)
		return pg_words_complain("replay needs --pcap FILE");
	if (o->pcap && (o->mode == PG_OPTS_SINK || o->mode == PG_OPTS_REFLECT ||
			       o->mode == PG_OPTS_RANDOM))
		return pg_words_complain(
			"--pcap goes with the modes gen, fwd, rfc2544 and replay only");
	if (o->back && o->mode != PG_OPTS_FWD && o->mode != PG_OPTS_RFC2544)
		return pg_words_complain("--back goes with the modes fwd and rfc2544 only");
	if (o->linger_s > 0 && o->mode != PG_OPTS_SINK)
		return pg_words_complain("--linger goes with the mode sink only");
	if (o->min_len > o->max_len)
		return pg_words_complain("--min is larger than --max");
	if (o->capture && o->mode != PG_OPTS_SINK && o->mode != PG_OPTS_FWD)
		return pg_words_complain("--capture goes with the modes sink and fwd only");
	return 0;
}

static void opt_defaults(struct pg_opts *o)
{
	bool compare = o->mode == PG_OPTS_REPLAY || o->mode == PG_OPTS_RANDOM;

	*o = (struct pg_opts){
		.mode = o->mode,
		.mode_name = o->mode_name,
		.queues = 1,
		.size = { PG_FRAMES_MIN },
		.nb_sizes = 1,
		.flows = 1,
		.nets = { 0x0a000000u, 0xffff0000u, 0x0a010001u, 0xffffffffu },
		.burst = 32,
		.stamp = o->mode == PG_OPTS_GEN ? PG_OPTS_STAMP_SEQ : PG_OPTS_STAMP_BURST,
		.window = compare ? 64 : 0,
		.drain_s = 0.2,
		.rest_ns = 1000,
		.limit = 10000,
		.loops = 1,
		.count = 1000000,
		.min_len = 14,
		.max_len = 9000,
		.seed = 1,
		.trial_s = 5,
		.resolution = 0.01,
		.max_trials = 20,
	};
}

static int opt_one(struct pg_opts *o, int argc, char **argv, bool *stamp_given)
{
	int at = -1, id = getopt_long(argc, argv, "", opt_long, &at), rc;

	if (id < 0)
		return 1;
	if (id == O_HELP) {
		fputs(pg_opts_help, stdout);
		return 2;
	}
	if (id == '?' || at < 0) {
		fprintf(stderr,
			"pgbench-host: option '%s' is unknown or lacks its value; see --help\n",
			argv[optind - 1]);
		return -1;
	}
	*stamp_given |= id == O_STAMP;
	rc = opt_set_plain(o, id, optarg);
	return rc == 1 ? opt_set_number(o, id, opt_long[at].name, optarg) : rc;
}

int pg_opts_parse(struct pg_opts *o, int argc, char **argv)
{
	bool stamp_given = false;
	unsigned int mode = 0;
	int rc;

	if (argc < 2)
		return pg_words_complain(
			"which mode? sink, gen, fwd, reflect, replay, random, rfc2544; see --help");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		fputs(pg_opts_help, stdout);
		return 1;
	}
	while (opt_modes[mode] && strcmp(opt_modes[mode], argv[1]))
		mode++;
	if (!opt_modes[mode]) {
		fprintf(stderr, "pgbench-host: '%s' is no mode; see --help\n", argv[1]);
		return -1;
	}
	o->mode = (enum pg_opts_mode)mode;
	o->mode_name = opt_modes[mode];
	opt_defaults(o);
	opterr = 0;
	optind = 2;
	while ((rc = opt_one(o, argc, argv, &stamp_given)) == 0)
		;
	if (rc != 1)
		return rc == 2 ? 1 : -1;
	if (!stamp_given && (o->rate_pps || o->mode == PG_OPTS_RFC2544) && o->mode != PG_OPTS_GEN)
		o->stamp = PG_OPTS_STAMP_ALL;
	/* frames of a file stay as they are */
	if (o->pcap && o->mode != PG_OPTS_REPLAY)
		o->stamp = PG_OPTS_STAMP_NONE;
	/* more flows than there are frames made beforehand */
	o->spread |= o->flows > FLOWS_BUILT;
	return opt_check(o, argc, argv);
}

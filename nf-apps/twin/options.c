/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/netbuf.h"
#include "nf-apps/click/addr.h"
#include "nf-apps/twin/options.h"

#define OPT_BUFFERS_MAX (1u << 20)

enum {
	OPT_BURST = 256,
	OPT_DEVICE,
	OPT_COMPILE,
	OPT_BUFFERS,
	OPT_SEED,
	OPT_SIMTIME,
	OPT_HELP,
};

static const char opt_short[] = "f:e:h:o:x:qtwC:p:u:VvRj:";

static const struct option opt_long[] = {
	{ "file", required_argument, NULL, 'f' },
	{ "expression", required_argument, NULL, 'e' },
	{ "handler", required_argument, NULL, 'h' },
	{ "output", required_argument, NULL, 'o' },
	{ "exit-handler", required_argument, NULL, 'x' },
	{ "quit", no_argument, NULL, 'q' },
	{ "time", no_argument, NULL, 't' },
	{ "no-warnings", no_argument, NULL, 'w' },
	{ "clickpath", required_argument, NULL, 'C' },
	{ "port", required_argument, NULL, 'p' },
	{ "unix-socket", required_argument, NULL, 'u' },
	{ "allow-reconfigure", no_argument, NULL, 'R' },
	{ "threads", required_argument, NULL, 'j' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "simtime", optional_argument, NULL, OPT_SIMTIME },
	{ "simulation-time", optional_argument, NULL, OPT_SIMTIME },
	{ "burst", required_argument, NULL, OPT_BURST },
	{ "buffers", required_argument, NULL, OPT_BUFFERS },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "compile", required_argument, NULL, OPT_COMPILE },
	{ NULL, 0, NULL, 0 },
};

static const char opt_help[] =
	"Runs a configuration in Click's language as a Linux process, with the engine and the elements\n"
	"that an image has.\n"
	"\n"
	"Usage: sluice-click [OPTION]... [NAME=VALUE]... [FILE]\n"
	"\n"
	"  -f, --file FILE            read the configuration from FILE; '-' is the standard input\n"
	"  -e, --expression TEXT      TEXT is the configuration; several are put together\n"
	"      NAME=VALUE             the configuration's variable $NAME\n"
	"  -h, --handler [ELEM.]H     print what read handler H says after the run\n"
	"  -x, --exit-handler ELEM.H  the exit code is what H says: a number, or true for 0\n"
	"  -o, --output FILE          write the configuration, flattened, to FILE\n"
	"  -q, --quit                 do not run: only check, and read handlers\n"
	"  -t, --time                 print how long the run took\n"
	"  -w, --no-warnings          print no warnings\n"
	"  -p, --port PORT            listen for control connections on this TCP port, locally\n"
	"  -u, --unix-socket FILE     the same on a Unix socket\n"
	"  -R, --allow-reconfigure    accepted: the handler hotconfig works in any case\n"
	"  -C, --clickpath PATH       accepted, and not used\n"
	"  -j, --threads N            accepted: everything runs on one\n"
	"  -V, --version              print the version\n"
	"      --help                 print this text\n"
	"\n"
	"      --device NAME=IN[,OUT] FromDevice(NAME) reads the pcap file IN, ToDevice(NAME) writes OUT\n"
	"      --burst N              packets that a source makes at once, 1 to 64 (1)\n"
	"      --buffers N            packet buffers (8192)\n"
	"      --seed N               start of the random numbers (of the clock)\n"
	"      --simtime[=SECONDS]    time is simulated: idle time passes at once\n"
	"      --compile FILE         write the configuration as C to FILE\n";

static int opt_wrong(const char *what, const char *value)
{
	fprintf(stderr, "sluice-click: %s '%s': see sluice-click --help\n", what, value);
	return 1;
}

static int opt_add(const char *v[], unsigned *nb, const char *value)
{
	if (*nb == NF_OPTIONS_LIST_MAX)
		return opt_wrong("too many of the kind of", value);
	v[(*nb)++] = value;
	return -1;
}

static int opt_number(const char *what, const char *value, uint64_t min, uint64_t max, uint64_t *v)
{
	if (nf_addr_u64(value, v) < 0 || *v < min || *v > max)
		return opt_wrong(what, value);
	return -1;
}

/* NAME=VALUE; the = is overwritten. */
static int opt_define(struct nf_options *o, char *arg)
{
	char *eq = strchr(arg, '=');

	if (o->nb_defines == NF_OPTIONS_LIST_MAX)
		return opt_wrong("too many variables at", arg);
	*eq = '\0';
	o->defines[o->nb_defines++] = (struct nf_config_define){ .name = arg, .value = eq + 1 };
	return -1;
}

static bool opt_is_define(const char *arg)
{
	if (!isalpha((unsigned char)arg[0]) && arg[0] != '_')
		return false;
	while (isalnum((unsigned char)*arg) || *arg == '_')
		arg++;
	return *arg == '=';
}

static int opt_file(struct nf_options *o, const char *name)
{
	if (o->file != NULL || o->nb_expressions > 0)
		return opt_wrong("router configuration specified twice at", name);
	o->file = name;
	return -1;
}

static int opt_expression(struct nf_options *o, const char *text)
{
	if (o->file != NULL)
		return opt_wrong("router configuration specified twice at", text);
	return opt_add(o->expressions, &o->nb_expressions, text);
}

static int opt_flag(struct nf_options *o, int c)
{
	switch (c) {
	case 'q':
		o->quit = true;
		break;
	case 't':
		o->time = true;
		break;
	case 'w':
		o->no_warnings = true;
		break;
	case 'R':
		o->reconfigure = true;
		break;
	case 'v':
	case 'V':
		printf("sluice-click (Sluice) 0.1.0\n");
		return 0;
	case OPT_HELP:
		printf("%s", opt_help);
		return 0;
	default:
		break;
	}
	return -1;
}

static int opt_take(struct nf_options *o, int c, const char *value)
{
	switch (c) {
	case 'f':
		return opt_file(o, value);
	case 'e':
		return opt_expression(o, value);
	case 'h':
		return opt_add(o->handlers, &o->nb_handlers, value);
	case 'p':
		return opt_add(o->ports, &o->nb_ports, value);
	case 'u':
		return opt_add(o->sockets, &o->nb_sockets, value);
	case OPT_DEVICE:
		return opt_add(o->devices, &o->nb_devices, value);
	case 'o':
		o->output = value;
		return -1;
	case 'x':
		o->exit_handler = value;
		return -1;
	case OPT_COMPILE:
		o->compile = value;
		return -1;
	case OPT_BURST:
		return opt_number("--burst takes 1 to 64, not", value, 1, UK_BURST_MAX, &o->burst);
	case OPT_BUFFERS:
		return opt_number("--buffers takes 64 to 1048576, not", value, 64, OPT_BUFFERS_MAX,
			&o->buffers);
	case OPT_SEED:
		o->seeded = true;
		return opt_number("--seed takes a number, not", value, 0, UINT64_MAX, &o->seed);
	case OPT_SIMTIME:
		o->simulate = true;
		if (value != NULL && nf_addr_time_ns(value, &o->start_ns) < 0)
			return opt_wrong("--simtime takes seconds since 1970, not", value);
		return -1;
	default:
		return opt_flag(o, c);
	}
}

int nf_options_parse(struct nf_options *o, int argc, char *argv[])
{
	int c, rc = -1;

	*o = (struct nf_options){ .burst = 1, .buffers = 8192, .start_ns = 1000000000000000000ull };
	opterr = 0;
	while (rc < 0 && (c = getopt_long(argc, argv, opt_short, opt_long, NULL)) != -1) {
		if (c == '?')
			return opt_wrong(
				"option is not known or lacks its value:", argv[optind - 1]);
		rc = opt_take(o, c, optarg);
	}
	for (int i = optind; rc < 0 && i < argc; i++)
		rc = opt_is_define(argv[i]) ? opt_define(o, argv[i]) : opt_file(o, argv[i]);
	return rc;
}

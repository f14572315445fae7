/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command line of the twin: Click's, and a few options of ours. All strings are argv's.
 */
#ifndef SLUICE_NF_APPS_TWIN_OPTIONS_H
#define SLUICE_NF_APPS_TWIN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include "nf-apps/click/config.h"

#define NF_OPTIONS_LIST_MAX 256 /* expressions, variables, handlers, devices: of each */

struct nf_options {
	const char *file; /* NULL: none was given */
	const char *expressions[NF_OPTIONS_LIST_MAX];
	unsigned nb_expressions;
	struct nf_config_define defines[NF_OPTIONS_LIST_MAX];
	unsigned nb_defines;
	const char *handlers[NF_OPTIONS_LIST_MAX];
	unsigned nb_handlers;
	const char *devices[NF_OPTIONS_LIST_MAX]; /* NAME=IN[,OUT] */
	unsigned nb_devices;
	const char *output, *exit_handler, *compile;
	const char *ports[NF_OPTIONS_LIST_MAX],
		*sockets[NF_OPTIONS_LIST_MAX]; /* control: TCP, Unix */
	unsigned nb_ports, nb_sockets;
	bool quit, time, no_warnings, reconfigure, simulate;
	uint64_t start_ns; /* of simulated time */
	uint64_t burst, buffers, seed;
	bool seeded;
};

/* Returns -1 to go on, else the exit code: the program is done (--help, --version) or used wrongly
 * (told). */
int nf_options_parse(struct nf_options *o, int argc, char *argv[]);

#endif

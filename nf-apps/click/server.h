/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control servers that a configuration opens (ControlSocket). Which kind they are, is chosen when
 * the program is linked: the twin listens (nf-apps/twin/sockets.c); an image has its control
 * channel anyway and nothing to open (nf-apps/nf/server.c).
 */
#ifndef SLUICE_NF_APPS_CLICK_SERVER_H
#define SLUICE_NF_APPS_CLICK_SERVER_H

#include "nf-apps/click/router.h"

struct nf_server_conf {
	bool unix_path; /* `at` is a path; else a TCP port */
	const char *at;
	bool localhost; /* TCP: only for this machine */
	bool read_only;
	bool verbose; /* tells who comes and goes */
};

/*
 * Listens. One that is open already at that place, as the router before a live change has it, is
 * shared and takes the new settings; its clients stay. Returns 0, or -EINVAL with errs told under
 * `where`.
 */
int nf_server_open(const struct nf_server_conf *c, struct nf_errors *errs, const char *where)
	UK_MUST_USE;
/* The TCP port that was got; "41930+" takes the first that is free. 0: there is none. */
unsigned nf_server_port(const struct nf_server_conf *c);
/* Ends what one nf_server_open began; the last one closes it and its clients. */
void nf_server_close(const struct nf_server_conf *c);

#endif

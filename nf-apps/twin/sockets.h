/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control connections of the twin (-p, -u): Click's ControlSocket protocol (control.h) on TCP, of
 * this machine only, and on Unix sockets. Life: open -> poll or wait between rounds ... -> close.
 */
#ifndef SLUICE_NF_APPS_TWIN_SOCKETS_H
#define SLUICE_NF_APPS_TWIN_SOCKETS_H

#include "nf-apps/click/router.h"

/* Each opens one more. -EINVAL, told. */
int nf_sockets_open_tcp(const char *port, struct nf_errors *errs) UK_MUST_USE;
int nf_sockets_open_unix(const char *path, struct nf_errors *errs) UK_MUST_USE;

/* Serves what has arrived; waits for it `ns` at most. A signal ends the wait. */
void nf_sockets_poll(struct nf_router *r, uint64_t ns);
/* Are there any? */
bool nf_sockets_any(void);
void nf_sockets_close(void);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The protocol of Click's ControlSocket, version 1.3, over any stream: bytes in, bytes out. One
 * nf_control is one client's session. Commands: READ, READDATA, READUNTIL, WRITE, WRITEDATA,
 * WRITEUNTIL, CHECKREAD, CHECKWRITE, HELP, QUIT, and LLRPC, which is refused. Nothing a client
 * sends does more than be answered with an error.
 */
#ifndef SLUICE_NF_APPS_CLICK_CONTROL_H
#define SLUICE_NF_APPS_CLICK_CONTROL_H

#include "nf-apps/click/router.h"

/* A line longer than this ends the session; data of WRITEDATA may have NF_CONTROL_DATA_MAX bytes.
 */
#define NF_CONTROL_LINE_MAX 65536
#define NF_CONTROL_DATA_MAX (8u << 20)

struct nf_control {
	struct nf_text in, out; /* out: to be sent, taken off by the caller with nf_control_sent */
	size_t sent;
	bool read_only; /* WRITE is refused */
	bool closed;    /* end the session once all is sent */
	/* a command that waits for data */
	char *handler;
	char *until; /* READUNTIL and WRITEUNTIL: the line that ends the data */
	size_t nb_data;
	bool is_write, has_data, has_until;
	size_t line_from; /* of the until line: where the search goes on */
	size_t looked;    /* no line ends before here */
	bool after_cr;    /* the last line ended with a CR: an LF that follows belongs to it */
};

/* Starts a session: the greeting is in out. */
void nf_control_start(struct nf_control *c, bool read_only);
/* Frees what it holds. */
void nf_control_end(struct nf_control *c);
/* Bytes from the client; runs what is complete on *r, which a handler may replace
 * (core->next_router). */
void nf_control_input(struct nf_control *c, struct nf_router *r, const char *data, size_t len);
/* What is to be sent next. */
const char *nf_control_output(const struct nf_control *c, size_t *len);
void nf_control_sent(struct nf_control *c, size_t len);

#endif

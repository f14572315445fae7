/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One client's conversation, whatever carries it: bytes in, cut anywhere, answers out through a reply. A connection
 * has one session for its life; a datagram of the general path is a session of its own.
 *
 * What is cut off a command line waits in `line`; a value goes into its item as it comes; the keys of a get are
 * answered one by one as they come, so that the line may be longer than any memory of ours. Nothing is taken
 * from the input that can not be answered for lack of room.
 */
#ifndef SLUICE_NF_APPS_KVS_SESSION_H
#define SLUICE_NF_APPS_KVS_SESSION_H

#include "nf-apps/kvs/op.h"
#include "nf-apps/kvs/reply.h"

/* Bytes of a command line; longer ones (except gets) are no command. */
#define NF_SESSION_LINE_MAX 2048
/* Bytes of an answer line, key and all; of a whole answer to "stats". */
#define NF_SESSION_STEP    1024
#define NF_SESSION_LONGEST 8192

enum nf_session_state {
	NF_SESSION_NEW,     /* the first byte tells the protocol */
	NF_SESSION_LINE,    /* a text command line */
	NF_SESSION_KEYS,    /* the words of a get */
	NF_SESSION_VALUE,   /* of a storage command */
	NF_SESSION_CRLF,    /* after it */
	NF_SESSION_SWALLOW, /* bytes of no use */
	NF_SESSION_SKIP,    /* the rest of a line of no use */
	NF_SESSION_HEADER,  /* of a binary request, with extras and key */
	NF_SESSION_CLOSED, /* nothing more is read; the connection ends when everything is written */
};

/* A get under way: get, gets, gat, gats. */
struct nf_session_get {
	bool cas, touch; /* gets and gats; gat and gats */
	bool timed;      /* the expiry has been read */
	bool any;        /* a word has been read */
	bool bad;        /* a key is too long */
	uint32_t expires;
};

/* What a meta set answers with once its value is there. */
struct nf_session_meta {
	bool on, binary_key;
	uint8_t nb_flags;
	char flags[24]; /* O, k, b, c in the order of the request */
	uint8_t opaque_len;
	uint8_t opaque[32];
};

/* A binary request's header, in host order. */
struct nf_session_binary {
	uint8_t opcode, ext_len;
	uint16_t key_len;
	uint32_t body_len, opaque; /* opaque as it came */
	uint64_t cas;
};

struct nf_session {
	struct nf_kvs *k;
	struct nf_reply *reply;
	enum nf_session_state state;
	bool binary, noreply;
	uint32_t left; /* bytes of the value, of what is swallowed */
	struct nf_put put;
	struct nf_session_get get;
	struct nf_session_meta meta;
	struct nf_session_binary bin;
	uint32_t nb_line;
	uint8_t line[NF_SESSION_LINE_MAX];
};

void nf_session_start(struct nf_session *s, struct nf_kvs *k, struct nf_reply *reply);
/* Gives back what it holds. */
void nf_session_end(struct nf_session *s);
/* Returns how many bytes were taken: fewer than len where the reply is full, or the session is closed. */
size_t nf_session_input(struct nf_session *s, const uint8_t *data, size_t len);

/* -- for the protocols -- */

/* The next `len` bytes are of no use. */
void nf_session_swallow(struct nf_session *s, uint32_t len);
/* The value of s->put is there. */
void nf_session_value_end(struct nf_session *s);

/* A line of text, unless the client wants none; an error always. */
void nf_session_say(struct nf_session *s, const char *text);
void nf_session_error(struct nf_session *s, const char *text);

#endif

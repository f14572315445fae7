/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What each binary command does. The session's state is NF_SESSION_HEADER, the next request, unless a command says otherwise.
 */
#include "nf-apps/kvs/binary_run.h"
#include "nf-apps/kvs/stats.h"

#define BINARY_NO_CREATE 0xffffffff /* expiry of an incr that makes no item */

/* GET, GETK, TOUCH, GAT, GATK */
static void binary_get(struct nf_session *s, const struct nf_binary *b)
{
	bool touch = b->opcode == NF_BINARY_TOUCH || b->opcode == NF_BINARY_GAT ||
		     b->opcode == NF_BINARY_GATK;
	bool with_key = b->opcode == NF_BINARY_GETK || b->opcode == NF_BINARY_GATK;
	bool with_value = b->opcode != NF_BINARY_TOUCH;
	struct nf_key key = nf_binary_key(s, b);
	uint32_t key_len = with_key ? key.len : 0;
	struct nf_item *it;
	uint8_t flags[4];

	it = touch ? nf_op_touch(s->k, &key, nf_op_expires(s->k, nf_inet_get32(b->extras)))
		   : nf_op_get(s->k, &key);
	if (it == NULL) {
		if (s->noreply)
			return;
		if (!with_key) {
			nf_binary_error(s, NF_BINARY_NOT_FOUND);
			return;
		}
		nf_binary_header(s, NF_BINARY_NOT_FOUND, 0, key_len, key_len, 0);
		nf_reply_put(s->reply, key.p, key_len);
		return;
	}
	nf_binary_header(s, NF_BINARY_OK, sizeof(flags), key_len,
		(uint32_t)sizeof(flags) + key_len + (with_value ? it->value_len : 0), it->cas);
	nf_inet_put32(flags, it->client_flags);
	nf_reply_put(s->reply, flags, sizeof(flags));
	nf_reply_put(s->reply, key.p, key_len);
	if (with_value)
		s->reply->value(s->reply, it);
}

static enum nf_put_mode binary_put_mode(uint8_t opcode)
{
	switch (opcode) {
	case NF_BINARY_ADD:
		return NF_PUT_ADD;
	case NF_BINARY_REPLACE:
		return NF_PUT_REPLACE;
	case NF_BINARY_APPEND:
		return NF_PUT_APPEND;
	case NF_BINARY_PREPEND:
		return NF_PUT_PREPEND;
	default:
		return NF_PUT_SET;
	}
}

/* SET, ADD, REPLACE with flags and expiry; APPEND, PREPEND */
static void binary_put(struct nf_session *s, const struct nf_binary *b)
{
	bool join = b->opcode == NF_BINARY_APPEND || b->opcode == NF_BINARY_PREPEND;
	struct nf_key key = nf_binary_key(s, b);
	enum nf_op_result result;

	s->put = (struct nf_put){ .mode = binary_put_mode(b->opcode), .cas = s->bin.cas };
	if (s->put.cas != 0 && !join)
		s->put.mode = NF_PUT_CAS;
	result = nf_op_put_start(s->k, &s->put, &key, b->value_len, b->opcode == NF_BINARY_SET);
	if (result != NF_OP_OK) {
		nf_binary_error(
			s, result == NF_OP_TOO_LARGE ? NF_BINARY_TOO_LARGE : NF_BINARY_NO_MEMORY);
		nf_session_swallow(s, b->value_len);
		return;
	}
	if (!join) {
		s->put.it->client_flags = nf_inet_get32(b->extras);
		s->put.it->expires = nf_op_expires(s->k, nf_inet_get32(b->extras + 4));
	}
	s->left = b->value_len;
	s->state = NF_SESSION_VALUE;
	if (s->left == 0)
		nf_session_value_end(s);
}

void nf_binary_stored(struct nf_session *s)
{
	uint8_t opcode = nf_binary_command(s->bin.opcode)->opcode;
	uint64_t cas = 0;

	s->state = NF_SESSION_HEADER;
	switch (nf_op_put_end(s->k, &s->put, &cas)) {
	case NF_OP_OK:
		nf_binary_ok(s, cas);
		break;
	case NF_OP_EXISTS:
		nf_binary_error(s, NF_BINARY_EXISTS);
		break;
	case NF_OP_NOT_FOUND:
		nf_binary_error(s, NF_BINARY_NOT_FOUND);
		break;
	default:
		nf_binary_error(s, opcode == NF_BINARY_ADD       ? NF_BINARY_EXISTS
				   : opcode == NF_BINARY_REPLACE ? NF_BINARY_NOT_FOUND
								 : NF_BINARY_NOT_STORED);
	}
}

static void binary_delete(struct nf_session *s, const struct nf_binary *b)
{
	struct nf_key key = nf_binary_key(s, b);
	enum nf_op_result result = nf_op_delete(s->k, &key, s->bin.cas);

	if (result == NF_OP_OK)
		nf_binary_ok(s, 0);
	else
		nf_binary_error(s, result == NF_OP_EXISTS ? NF_BINARY_EXISTS : NF_BINARY_NOT_FOUND);
}

/* INCR, DECR: delta, the first value, its expiry */
static void binary_delta(struct nf_session *s, const struct nf_binary *b)
{
	uint32_t exptime = nf_inet_get32(b->extras + 16);
	uint64_t v = nf_binary_u64(b->extras + 8), made = v;
	struct nf_key key = nf_binary_key(s, b);
	struct nf_item *it;
	enum nf_op_result result;
	uint8_t text[8];

	result = nf_op_delta(s->k, &key, b->opcode == NF_BINARY_INCR, nf_binary_u64(b->extras),
		s->bin.cas, &v, &it);
	if (result == NF_OP_NOT_FOUND && exptime != BINARY_NO_CREATE) {
		result = nf_op_number(s->k, &key, made, nf_op_expires(s->k, exptime), &it);
		v = made;
	}
	if (result == NF_OP_OK) {
		if (s->noreply)
			return;
		nf_binary_put_u64(text, v);
		nf_binary_header(s, NF_BINARY_OK, 0, 0, sizeof(text), it->cas);
		nf_reply_put(s->reply, text, sizeof(text));
		return;
	}
	nf_binary_error(s, result == NF_OP_NOT_A_NUMBER ? NF_BINARY_NOT_A_NUMBER
			   : result == NF_OP_EXISTS     ? NF_BINARY_EXISTS
			   : result == NF_OP_NOT_FOUND  ? NF_BINARY_NOT_FOUND
							: NF_BINARY_NO_MEMORY);
}

static void binary_quit(struct nf_session *s, const struct nf_binary *b)
{
	nf_binary_ok(s, 0);
	s->state = NF_SESSION_CLOSED;
}

static void binary_flush(struct nf_session *s, const struct nf_binary *b)
{
	if (nf_op_flush(s->k, s->bin.ext_len > 0 ? nf_inet_get32(b->extras) : 0))
		nf_binary_ok(s, 0);
	else
		nf_binary_error(s, NF_BINARY_AUTH);
}

static void binary_noop(struct nf_session *s, const struct nf_binary *b)
{
	nf_binary_ok(s, 0);
}

static void binary_verbosity(struct nf_session *s, const struct nf_binary *b)
{
	s->k->verbosity = nf_inet_get32(b->extras);
	nf_binary_ok(s, 0);
}

static void binary_version(struct nf_session *s, const struct nf_binary *b)
{
	nf_binary_header(s, NF_BINARY_OK, 0, 0, (uint32_t)strlen(s->k->version), 0);
	nf_reply_string(s->reply, s->k->version);
}

static const struct nf_binary_command binary_commands[] = {
	[NF_BINARY_GET] = { NF_BINARY_GET, false, 0, false, NF_BINARY_KEY_ONE, false, binary_get },
	[NF_BINARY_SET] = { NF_BINARY_SET, false, 8, false, NF_BINARY_KEY_ONE, true, binary_put },
	[NF_BINARY_ADD] = { NF_BINARY_ADD, false, 8, false, NF_BINARY_KEY_ONE, true, binary_put },
	[NF_BINARY_REPLACE] = { NF_BINARY_REPLACE, false, 8, false, NF_BINARY_KEY_ONE, true,
		binary_put },
	[NF_BINARY_DELETE] = { NF_BINARY_DELETE, false, 0, false, NF_BINARY_KEY_ONE, false,
		binary_delete },
	[NF_BINARY_INCR] = { NF_BINARY_INCR, false, 20, false, NF_BINARY_KEY_ONE, false,
		binary_delta },
	[NF_BINARY_DECR] = { NF_BINARY_DECR, false, 20, false, NF_BINARY_KEY_ONE, false,
		binary_delta },
	[NF_BINARY_QUIT] = { NF_BINARY_QUIT, false, 0, false, NF_BINARY_KEY_NONE, false,
		binary_quit },
	[NF_BINARY_FLUSH] = { NF_BINARY_FLUSH, false, 4, true, NF_BINARY_KEY_NONE, false,
		binary_flush },
	[NF_BINARY_GETQ] = { NF_BINARY_GET, true, 0, false, NF_BINARY_KEY_ONE, false, binary_get },
	[NF_BINARY_NOOP] = { NF_BINARY_NOOP, false, 0, false, NF_BINARY_KEY_NONE, false,
		binary_noop },
	[NF_BINARY_VERSION] = { NF_BINARY_VERSION, false, 0, false, NF_BINARY_KEY_NONE, false,
		binary_version },
	[NF_BINARY_GETK] = { NF_BINARY_GETK, false, 0, false, NF_BINARY_KEY_ONE, false,
		binary_get },
	[NF_BINARY_GETKQ] = { NF_BINARY_GETK, true, 0, false, NF_BINARY_KEY_ONE, false,
		binary_get },
	[NF_BINARY_APPEND] = { NF_BINARY_APPEND, false, 0, false, NF_BINARY_KEY_ONE, true,
		binary_put },
	[NF_BINARY_PREPEND] = { NF_BINARY_PREPEND, false, 0, false, NF_BINARY_KEY_ONE, true,
		binary_put },
	[NF_BINARY_STAT] = { NF_BINARY_STAT, false, 0, false, NF_BINARY_KEY_MAYBE, false,
		nf_stats_binary },
	[NF_BINARY_SETQ] = { NF_BINARY_SET, true, 8, false, NF_BINARY_KEY_ONE, true, binary_put },
	[NF_BINARY_ADDQ] = { NF_BINARY_ADD, true, 8, false, NF_BINARY_KEY_ONE, true, binary_put },
	[NF_BINARY_REPLACEQ] = { NF_BINARY_REPLACE, true, 8, false, NF_BINARY_KEY_ONE, true,
		binary_put },
	[NF_BINARY_DELETEQ] = { NF_BINARY_DELETE, true, 0, false, NF_BINARY_KEY_ONE, false,
		binary_delete },
	[NF_BINARY_INCRQ] = { NF_BINARY_INCR, true, 20, false, NF_BINARY_KEY_ONE, false,
		binary_delta },
	[NF_BINARY_DECRQ] = { NF_BINARY_DECR, true, 20, false, NF_BINARY_KEY_ONE, false,
		binary_delta },
	[NF_BINARY_QUITQ] = { NF_BINARY_QUIT, true, 0, false, NF_BINARY_KEY_NONE, false,
		binary_quit },
	[NF_BINARY_FLUSHQ] = { NF_BINARY_FLUSH, true, 4, true, NF_BINARY_KEY_NONE, false,
		binary_flush },
	[NF_BINARY_APPENDQ] = { NF_BINARY_APPEND, true, 0, false, NF_BINARY_KEY_ONE, true,
		binary_put },
	[NF_BINARY_PREPENDQ] = { NF_BINARY_PREPEND, true, 0, false, NF_BINARY_KEY_ONE, true,
		binary_put },
	[NF_BINARY_VERBOSITY] = { NF_BINARY_VERBOSITY, false, 4, false, NF_BINARY_KEY_NONE, false,
		binary_verbosity },
	[NF_BINARY_TOUCH] = { NF_BINARY_TOUCH, false, 4, false, NF_BINARY_KEY_ONE, false,
		binary_get },
	[NF_BINARY_GAT] = { NF_BINARY_GAT, false, 4, false, NF_BINARY_KEY_ONE, false, binary_get },
	[NF_BINARY_GATQ] = { NF_BINARY_GAT, true, 4, false, NF_BINARY_KEY_ONE, false, binary_get },
	[NF_BINARY_GATK] = { NF_BINARY_GATK, false, 4, false, NF_BINARY_KEY_ONE, false,
		binary_get },
	[NF_BINARY_GATKQ] = { NF_BINARY_GATK, true, 4, false, NF_BINARY_KEY_ONE, false,
		binary_get },
};

const struct nf_binary_command *nf_binary_command(uint8_t opcode)
{
	if (opcode >= UK_ARRAY_SIZE(binary_commands) || binary_commands[opcode].run == NULL)
		return NULL;
	return &binary_commands[opcode];
}

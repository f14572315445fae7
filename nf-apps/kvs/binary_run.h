/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of binary commands, between binary.c, which checks a request against it, and binary_run.c.
 */
#ifndef SLUICE_NF_APPS_KVS_BINARY_RUN_H
#define SLUICE_NF_APPS_KVS_BINARY_RUN_H

#include "nf-apps/kvs/binary.h"

enum nf_binary_key_rule { NF_BINARY_KEY_NONE, NF_BINARY_KEY_ONE, NF_BINARY_KEY_MAYBE };

/* What an opcode stands for, and the shape of its request. */
struct nf_binary_command {
	uint8_t opcode; /* the one that is not quiet */
	bool quiet;
	uint8_t ext_len;
	bool ext_maybe; /* or none */
	enum nf_binary_key_rule key;
	bool value;
	void (*run)(struct nf_session *s, const struct nf_binary *b);
};

/* NULL: there is no such command. */
const struct nf_binary_command *nf_binary_command(uint8_t opcode);
/* The request's key with its hash. */
struct nf_key nf_binary_key(const struct nf_session *s, const struct nf_binary *b);

#endif

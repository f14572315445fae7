/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An element's configuration string, argument by argument, with Click's types and rules: positional
 * arguments first, "KEYWORD value" in any order after or between them. Each call below takes one
 * argument out, checks it, and stores it; errors are collected under the element's file and line,
 * and nf_args_end tells whether there were any and whether something was left over.
 *
 *	static int strip_configure(struct nf_element *e, struct nf_args *a)
 *	{
 *		struct strip_conf *c = e->conf;
 *
 *		nf_args_u32(a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &c->length);
 *		return nf_args_end(a);
 *	}
 *
 * Each returns true if the argument was there and right; the value is stored only then, so defaults
 * are set before.
 */
#ifndef SLUICE_NF_APPS_CLICK_ARGS_H
#define SLUICE_NF_APPS_CLICK_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/text.h"

struct nf_element;

#define NF_ARGS_KNOWN_MAX 48 /* names of arguments that an error message lists */

struct nf_args {
	char **v; /* arguments, unquoted only by the readers */
	unsigned nb;
	struct nf_element *e;
	struct nf_errors *errs;
	unsigned nb_errors; /* of these arguments */
	unsigned next_pos;  /* first argument that may still be positional */
	unsigned next_left; /* none before this one is left */
	unsigned nb_left;
	const char *where;
	/* Of each argument: length of the word that may be its keyword, 0: there is none;
	 * NF_ARGS_BY_*. */
	int32_t *word;
	char *text; /* what v points into */
	const char *known[NF_ARGS_KNOWN_MAX];
	uint8_t known_how[NF_ARGS_KNOWN_MAX];
	unsigned nb_known;
};

#define NF_ARGS_BY_POS -1 /* taken, by position or by nf_args_next */
#define NF_ARGS_BY_KEY -2 /* taken, by keyword */

#define NF_ARGS_POS  0x1 /* may be given by position, in the order of the calls */
#define NF_ARGS_MUST 0x2 /* missing is an error */
#define NF_ARGS_OLD  0x4 /* a name that it had once: a warning, and no message tells it */

/* Splits at commas outside of quotes, as Click does: parentheses do not protect them; comments
 * become a space. An empty argument counts, unless it is the last. -ENOMEM. `e` may be NULL: then
 * element and handler arguments are refused, and no names from AddressInfo are known. */
int nf_args_init(struct nf_args *a, const char *args, struct nf_element *e, const char *where,
	struct nf_errors *errs) UK_MUST_USE;
/* 0, or -EINVAL: there was an error, or arguments are left over (told). Frees them. */
int nf_args_end(struct nf_args *a);
/* Frees them and says nothing, for whoever gives up; nothing happens after nf_args_end. */
void nf_args_free(struct nf_args *a);
/* An error about this element's arguments. Returns -EINVAL. nf_args_end is still to be called. */
int nf_args_error(struct nf_args *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How many are left, keywords among them; for elements that take a list. */
unsigned nf_args_left(const struct nf_args *a);
/* Takes the next one that is left, as it was given, quotes and all; NULL: none. Valid until
 * nf_args_end. */
const char *nf_args_next(struct nf_args *a);

bool nf_args_bool(struct nf_args *a, const char *key, unsigned how, bool *v);
bool nf_args_u8(struct nf_args *a, const char *key, unsigned how, uint8_t *v);
bool nf_args_u16(struct nf_args *a, const char *key, unsigned how, uint16_t *v);
bool nf_args_u32(struct nf_args *a, const char *key, unsigned how, uint32_t *v);
bool nf_args_u64(struct nf_args *a, const char *key, unsigned how, uint64_t *v);
bool nf_args_i32(struct nf_args *a, const char *key, unsigned how, int32_t *v);
bool nf_args_i64(struct nf_args *a, const char *key, unsigned how, int64_t *v);
/* A fraction, as v/2^shift: "0.5", "50%" is not a number. Kept as integers: no floating point. */
bool nf_args_fixed(struct nf_args *a, const char *key, unsigned how, unsigned shift, uint32_t *v);
/* "10s", "50 ms", "1.5", plain: seconds. Nanoseconds out. */
bool nf_args_time_ns(struct nf_args *a, const char *key, unsigned how, uint64_t *v);
/* "10Mbps", "5 kB/s"; a bare number is bytes per second. Bytes per second out. */
bool nf_args_bandwidth(struct nf_args *a, const char *key, unsigned how, uint64_t *v);
/* One string; quotes and escapes undone. Storage is the arguments': copy it to keep it. */
bool nf_args_string(struct nf_args *a, const char *key, unsigned how, const char **v);
/* The same of a string with zero bytes in it (data with escapes). */
bool nf_args_data(
	struct nf_args *a, const char *key, unsigned how, const uint8_t **v, uint32_t *len);
/* A single word, checked to be one. */
bool nf_args_word(struct nf_args *a, const char *key, unsigned how, const char **v);
/* Raw text of the argument. */
bool nf_args_raw(struct nf_args *a, const char *key, unsigned how, const char **v);
/* One of `words` (NULL at the end), case as given; index out. */
bool nf_args_enum(
	struct nf_args *a, const char *key, unsigned how, const char *const words[], unsigned *v);

/* Names from AddressInfo are known to these. Network order. */
bool nf_args_ip4(struct nf_args *a, const char *key, unsigned how, uint32_t *be_addr);
bool nf_args_ip4_prefix(
	struct nf_args *a, const char *key, unsigned how, uint32_t *be_addr, uint32_t *be_mask);
bool nf_args_ip6(struct nf_args *a, const char *key, unsigned how, struct nf_ip6 *addr);
bool nf_args_ip6_prefix(
	struct nf_args *a, const char *key, unsigned how, struct nf_ip6 *addr, unsigned *len);
bool nf_args_ether(struct nf_args *a, const char *key, unsigned how, uint8_t addr[6]);
/* Port number or service name of that protocol (IP number: 6, 17); host order. */
bool nf_args_port(struct nf_args *a, const char *key, unsigned how, unsigned ip_proto, uint16_t *v);
/* IP protocol by number or name. */
bool nf_args_ip_proto(struct nf_args *a, const char *key, unsigned how, uint8_t *v);

/* An annotation by name (PAINT, DST_IP, ...) or number, of `size` bytes; its offset out. */
bool nf_args_anno(struct nf_args *a, const char *key, unsigned how, unsigned size, uint8_t *at);

/* An element of this router by name; class_name NULL: any. */
bool nf_args_element(struct nf_args *a, const char *key, unsigned how, const char *class_name,
	struct nf_element **v);

/*
 * Splits text at spaces outside of quotes and so on, for arguments that hold several words ("SRC
 * DST 80"). Returns how many words were found, at most `max` stored; the words point into *copy,
 * which the caller frees. -ENOMEM, -E2BIG.
 */
int nf_args_words(const char *text, char *words[], unsigned max, char **copy UK_GIVES) UK_MUST_USE;

/* Undoes quotes and escapes of one argument; *len (may be NULL) without the 0 at the end. The
 * caller frees it. NULL: out of memory. */
char *nf_args_unquote(const char *text, size_t *len) UK_MUST_USE;

/*
 * What the calls above are made of, for types of one element's own: finds argument `key`, marks it
 * as taken and returns its text (without the keyword), or NULL; that one is missing is told.
 */
char *nf_args_take(struct nf_args *a, const char *key, unsigned how);

#endif

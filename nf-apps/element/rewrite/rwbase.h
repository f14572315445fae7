/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What all rewriters are made of (Click: IPRewriterBase): input specifications, capacity and
 *time-outs, the making of mappings, handlers, live change. A rewriter's state begins with struct
 *nf_rwbase, its conf with struct nf_rwconf, and its class uses the functions below; rwpush.h has
 *the packet path.
 *
 * Input specifications, one per input:
 *
 *	drop | discard                  no mapping, no way
 *	pass [OUTPUT] | nochange ...    packets without a mapping leave there as they are; default 0
 *	keep FOUTPUT ROUTPUT            a mapping that changes nothing
 *	pattern PATTERN FOUTPUT ROUTPUT a mapping by a pattern (rwpattern.h)
 *	ELEMENT                         a mapping as a mapper chooses (rwmapper.h)
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWBASE_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWBASE_H

#include "nf-apps/click/handler.h"
#include "nf-apps/element/rewrite/rwmapper.h"

#define NF_RWBASE_CLASSES 5                   /* classes of age that one rewriter has, most */
#define NF_RWBASE_ALL     NF_CONFIG_PORTS_MAX /* in the place of an input: all */

enum nf_rwbase_kind {
	NF_RWBASE_DROP,
	NF_RWBASE_PASS,
	NF_RWBASE_KEEP,
	NF_RWBASE_PATTERN,
	NF_RWBASE_MAPPER,
};

/* Reasons for drops; NF_RWBASE_DROPS are their names. */
enum nf_rwbase_reason {
	NF_RWBASE_NO_MAPPING, /* a flow that the input's specification does not let begin */
	NF_RWBASE_NOT_FOR_US, /* no IP header, another protocol, a later fragment, too short */
	NF_RWBASE_NO_PORT,    /* no port or address is free for it */
	NF_RWBASE_FULL,
	NF_RWBASE_LIMIT, /* a subscriber has all flows that he may have (CGNATMap) */
};

#define NF_RWBASE_DROPS                                                                            \
	(const char *const[])                                                                      \
	{                                                                                          \
		"no mapping", "not rewritable", "no port free", "table full", "session limit",     \
			NULL                                                                       \
	}

struct nf_rwinput {
	enum nf_rwbase_kind kind;
	uint16_t out[2];
	struct nf_rwpattern *pattern;
	struct nf_element *mapper;
	uint32_t nb_flows, nb_failures;
};

/* Constants of the packet path. */
struct nf_rwconf {
	bool dst_anno;   /* the destination annotation follows the header */
	bool reply_anno; /* replies get the annotation that the flow's first packet had */
	uint8_t reply_at;
};

struct nf_rwbase;

struct nf_rwbase_ops {
	/* The flow of a packet that looks like `k` (owner not set), or of the reply to one.
	 * Reference or NF_FLOWTABLE_NONE. */
	uint32_t (*find)(const struct nf_rwbase *rw, const struct nf_rwkey *k);
	/* First class (0..) of a new flow, or -1: not a protocol of this rewriter. */
	int (*first_class)(uint8_t proto);
	/* Prints one direction of a flow, without outputs. */
	void (*print)(const struct nf_rwflow *f, unsigned dir, struct nf_text *t);
	/* 1: patterns with ports, 2: without; 3: either. */
	unsigned patterns;
	bool src_only; /* patterns must leave the destination */
};

struct nf_rwbase {
	struct nf_element *e;
	const struct nf_rwbase_ops *ops;
	struct nf_rwset *set;
	struct nf_rwinput *input;
	uint16_t nb_inputs;
	uint8_t owner;
	bool joined;
	bool endpoint, inbound, hairpin, parity;
	uint8_t first_class, nb_classes;
	uint64_t timeout_ns[NF_RWBASE_CLASSES], guarantee_ns[NF_RWBASE_CLASSES];
	uint64_t reap_ns;
	uint32_t capacity;
	char *capacity_of; /* another rewriter's name, or NULL */
	struct nf_timer reap;
};

/*
 * For configure: reads what all have in common (MAPPING_CAPACITY, CAPACITY, REAP_INTERVAL,
 * DST_ANNO, REPLY_ANNO, and ENDPOINT_INDEPENDENT, INBOUND, HAIRPIN, PARITY if `ports`) and the
 * input specifications; ops, nb_classes, timeout_ns and guarantee_ns are set. Returns nf_args_end.
 */
int nf_rwbase_configure(struct nf_element *e, struct nf_args *a, bool ports);
/* For the class. */
int nf_rwbase_initialize(struct nf_element *e, struct nf_errors *errs);
void nf_rwbase_cleanup(struct nf_element *e);
void nf_rwbase_take_state(struct nf_element *e, struct nf_element *old);

/* The rewriter in this element, or NULL. */
struct nf_rwbase *nf_rwbase_of(struct nf_element *e);
/* "name" names a rewriter as `e` sees it, or NULL. */
struct nf_rwbase *nf_rwbase_named(struct nf_element *e, const char *name);

/* One specification. -EINVAL, *why (the caller frees it with nf_text_free). */
int nf_rwbase_spec(
	struct nf_rwbase *rw, const char *text, struct nf_rwinput *in, struct nf_text *why);
void nf_rwbase_spec_free(struct nf_rwinput *in);
/* Why this rewriter can not use a specification that reads well, or NULL. */
const char *nf_rwbase_unfit(const struct nf_rwbase *rw, const struct nf_rwinput *in);

/*
 * A packet without a flow: does what its input says. NF_KEPT: it has a flow now, *ref; else the
 * output by which it leaves as it is, or NF_DROP(reason).
 */
int nf_rwbase_map(struct nf_rwbase *rw, unsigned port, const struct nf_rwkey *key, uint8_t anno,
	uint32_t *ref);

/* The flow of `k` (owner not set); with `input` >= 0 it is made if there is none. For other
 * elements. */
uint32_t nf_rwbase_flow(struct nf_rwbase *rw, const struct nf_rwkey *k, int input);

/* From the set. */
void nf_rwbase_flow_gone(struct nf_rwbase *rw, const struct nf_rwflow *f);
void nf_rwbase_bind_gone(struct nf_rwbase *rw, const struct nf_rwbind *b);
void nf_rwbase_cleared(struct nf_rwbase *rw);

uint32_t nf_rwbase_random(void *core);

/* Handlers; arg of `pattern`: the input, or NF_RWBASE_ALL. */
int nf_rwbase_read_nmappings(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_rwbase_read_failures(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_rwbase_read_set(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_rwbase_read_pattern(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_rwbase_write_pattern(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_rwbase_write_capacity(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
int nf_rwbase_write_clear(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);
/* arg: IP protocol, 0: all. */
int nf_rwbase_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_rwbase_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);
int nf_rwbase_read_bindings(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs);

/* (SADDR, SPORT, DADDR, DPORT) => (...) */
void nf_rwbase_print_ports(const struct nf_rwflow *f, unsigned dir, struct nf_text *t);

enum nf_rwbase_number {
	NF_RWBASE_SIZE,
	NF_RWBASE_CAPACITY,
	NF_RWBASE_EVICTED,
	NF_RWBASE_REFUSED,
	NF_RWBASE_EXPIRED,
	NF_RWBASE_BINDINGS
};

#define NF_RWBASE_HANDLER_PATTERN(n)                                                               \
	{                                                                                          \
		.name = "pattern" #n, .read = nf_rwbase_read_pattern,                              \
		.write = nf_rwbase_write_pattern, .arg = n                                         \
	}

/* Those that every rewriter has. */
#define NF_RWBASE_HANDLERS                                                                         \
	{ .name = "nmappings", .read = nf_rwbase_read_nmappings },                                 \
		{ .name = "table_size", .read = nf_rwbase_read_nmappings },                        \
		{ .name = "mapping_failures",                                                      \
			.read = nf_rwbase_read_failures,                                           \
			.flags = NF_HANDLER_RATE },                                                \
		{ .name = "size", .read = nf_rwbase_read_set, .arg = NF_RWBASE_SIZE },             \
		{ .name = "capacity",                                                              \
			.read = nf_rwbase_read_set,                                                \
			.write = nf_rwbase_write_capacity,                                         \
			.arg = NF_RWBASE_CAPACITY },                                               \
		{ .name = "evicted",                                                               \
			.read = nf_rwbase_read_set,                                                \
			.arg = NF_RWBASE_EVICTED,                                                  \
			.flags = NF_HANDLER_RATE },                                                \
		{ .name = "refused",                                                               \
			.read = nf_rwbase_read_set,                                                \
			.arg = NF_RWBASE_REFUSED,                                                  \
			.flags = NF_HANDLER_RATE },                                                \
		{ .name = "expired",                                                               \
			.read = nf_rwbase_read_set,                                                \
			.arg = NF_RWBASE_EXPIRED,                                                  \
			.flags = NF_HANDLER_RATE },                                                \
		{ .name = "clear", .write = nf_rwbase_write_clear, .flags = NF_HANDLER_BUTTON },   \
		{ .name = "patterns", .read = nf_rwbase_read_pattern, .arg = NF_RWBASE_ALL },      \
		NF_RWBASE_HANDLER_PATTERN(0), NF_RWBASE_HANDLER_PATTERN(1),                        \
		NF_RWBASE_HANDLER_PATTERN(2), NF_RWBASE_HANDLER_PATTERN(3),                        \
		NF_RWBASE_HANDLER_PATTERN(4), NF_RWBASE_HANDLER_PATTERN(5),                        \
		NF_RWBASE_HANDLER_PATTERN(6), NF_RWBASE_HANDLER_PATTERN(7),                        \
		NF_RWBASE_HANDLER_PATTERN(8), NF_RWBASE_HANDLER_PATTERN(9),                        \
		NF_RWBASE_HANDLER_PATTERN(10), NF_RWBASE_HANDLER_PATTERN(11),                      \
		NF_RWBASE_HANDLER_PATTERN(12), NF_RWBASE_HANDLER_PATTERN(13),                      \
		NF_RWBASE_HANDLER_PATTERN(14), NF_RWBASE_HANDLER_PATTERN(15)

#endif

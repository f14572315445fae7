/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reads the lines of an IP summary dump, one after the other: what they declare is kept, each
 * packet's line leaves a packet under construction in `build`. Lines are untrusted.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARYREADER_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_SUMMARYREADER_H

#include "nf-apps/element/trace/summary.h"

struct nf_summaryreader {
	const struct nf_summary_field *fields[NF_SUMMARY_FIELDS_MAX];
	uint8_t order[NF_SUMMARY_FIELDS_MAX]; /* in which they go into the packet */
	unsigned nb_fields;
	unsigned minor; /* version */
	struct nf_summary_flow flow;
	uint32_t aggregate;
	bool has_flow, has_aggregate;
	bool binary;   /* records follow */
	uint8_t proto; /* of lines that have none; set by the user before init */
	char *copy;    /* of a payload */
	struct nf_summary_build build;
};

void nf_summaryreader_init(struct nf_summaryreader *r);
void nf_summaryreader_cleanup(struct nf_summaryreader *r);

/* The beginning of the file: -EINVAL: it does not look like a dump. A strange version is warned of.
 */
int nf_summaryreader_banner(struct nf_summaryreader *r, const char *line, const char *where,
	struct nf_errors *errs) UK_MUST_USE;
/* "NAME..." (after "!data"): names that nobody knows are told in `why` and skipped. -EINVAL: none.
 */
int nf_summaryreader_fields(struct nf_summaryreader *r, const char *names, struct nf_text *why)
	UK_MUST_USE;
/* "SRC SPORT DST DPORT [PROTO]", a dash for each that is not known. */
int nf_summaryreader_flow(struct nf_summaryreader *r, const char *text, struct nf_text *why)
	UK_MUST_USE;

/* The same of a record of a binary dump, without its length. */
int nf_summaryreader_record(struct nf_summaryreader *r, const uint8_t *data, uint32_t len,
	struct nf_text *why) UK_MUST_USE;

/*
 * One line (changed). 1: `build` holds a packet, to be ended; 0: it was a declaration, a comment,
 * or empty; -EINVAL: nothing could be made of it, `why` says so.
 */
int nf_summaryreader_line(struct nf_summaryreader *r, char *line, struct nf_text *why) UK_MUST_USE;

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What elements that read a trace have in common: they push from a task or are pulled from, keep
 * the trace's timing if asked to, sample, and may stop the driver at the end. An element's state
 * begins with a struct nf_tracesource, its `next` makes one packet after the other.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_TRACESOURCE_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_TRACESOURCE_H

#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/signal.h"
#include "nf-apps/element/trace/input.h"

#define NF_TRACESOURCE_SAMPLE_SHIFT 28

struct nf_tracesource {
	struct nf_task task;
	struct nf_timer timer;
	struct nf_signal signal; /* of a pulled output */
	/* NULL: nothing now (no buffer is free), or at the end: then `over` is set. */
	struct uk_netbuf *(*next)(struct nf_element *e);
	/* Called once at the end; NULL: STOP says what happens. */
	void (*at_end)(struct nf_element *e);
	struct nf_input in;
	char *name;
	struct uk_netbuf *held; /* waits for its time */
	uint64_t offset_ns;     /* from a packet's time to now; valid if has_offset */
	uint64_t count;
	uint32_t sample; /* of 2^28 */
	bool stop, active, timing, over, ended, has_offset;
	bool cut; /* set by next: its packet is the last of this vector */
};

/* Reads STOP, ACTIVE, TIMING and SAMPLE. */
void nf_tracesource_configure(struct nf_tracesource *s, struct nf_args *a);
/* `name`: copied; "-" is the standard input. -ENOMEM */
int nf_tracesource_set_name(struct nf_tracesource *s, const char *name) UK_MUST_USE;
/* After the file is open: task, timer, signal. */
void nf_tracesource_start(struct nf_element *e, struct uk_netbuf *(*next)(struct nf_element *e));
void nf_tracesource_cleanup(struct nf_element *e);

void nf_tracesource_set_active(struct nf_element *e, bool active);

/* For the class. */
uint16_t nf_tracesource_pull(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n);
struct nf_signal *nf_tracesource_signal(struct nf_element *e, unsigned port);
int nf_tracesource_read(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs);
int nf_tracesource_write(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs);

enum {
	NF_TRACESOURCE_SAMPLE,
	NF_TRACESOURCE_ACTIVE,
	NF_TRACESOURCE_STOP,
	NF_TRACESOURCE_FILENAME,
	NF_TRACESOURCE_FILESIZE,
	NF_TRACESOURCE_FILEPOS,
	NF_TRACESOURCE_RESET,
	NF_TRACESOURCE_RESET_TIMING,
};

#define NF_TRACESOURCE_R(nm, what)                                                                 \
	{                                                                                          \
		.name = nm, .read = nf_tracesource_read, .arg = what                               \
	}
#define NF_TRACESOURCE_W(nm, what)                                                                 \
	{                                                                                          \
		.name = nm, .write = nf_tracesource_write, .arg = what, .flags = NF_HANDLER_BUTTON \
	}
#define NF_TRACESOURCE_HANDLERS                                                                    \
	{ .name = "active",                                                                        \
		.read = nf_tracesource_read,                                                       \
		.write = nf_tracesource_write,                                                     \
		.arg = NF_TRACESOURCE_ACTIVE },                                                    \
		NF_HANDLER_U64("count", struct nf_tracesource, count),                             \
		NF_TRACESOURCE_W("reset_counts", NF_TRACESOURCE_RESET),                            \
		NF_TRACESOURCE_W("reset_timing", NF_TRACESOURCE_RESET_TIMING),                     \
		NF_TRACESOURCE_W("stop", NF_TRACESOURCE_STOP),                                     \
		NF_TRACESOURCE_R("sampling_prob", NF_TRACESOURCE_SAMPLE),                          \
		NF_TRACESOURCE_R("filename", NF_TRACESOURCE_FILENAME),                             \
		NF_TRACESOURCE_R("filesize", NF_TRACESOURCE_FILESIZE),                             \
		NF_HANDLER_TASK(struct nf_tracesource, task)

#endif

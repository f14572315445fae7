/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mappers: elements without ports that choose mappings for rewriters (Click: IPMapper). A
 * rewriter's input specification that is an element's name asks it for each new flow. A mapper's
 * state begins with struct nf_rwmapper, its class has nf_rwmapper_cleanup and the phase below.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_RWMAPPER_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_RWMAPPER_H

#include "nf-apps/click/element.h"
#include "nf-apps/element/rewrite/rwpattern.h"

/* Patterns, then mappers, then rewriters (0), then those that name rewriters. */
#define NF_RWMAPPER_PHASE_PATTERNS (-20)
#define NF_RWMAPPER_PHASE          (-10)
#define NF_RWMAPPER_PHASE_USER     10

struct nf_rwmapper_ops {
	/* What `in` becomes: NF_RWPATTERN_MAPPED with *out and the outputs set, NF_RWPATTERN_DROP,
	 * or an output (0 or more): let it pass there without a mapping. */
	int (*map)(struct nf_element *m, const struct nf_rwpattern_how *how,
		const struct nf_rwkey *in, struct nf_rwkey *out, uint16_t outputs[2]);
	/* The highest output that it may choose; the rewriter must have it. */
	uint32_t (*max_output)(const struct nf_element *m);
	/* Of a mapper with `endpoint`: the outer address and port (dst, dport) is used no more.
	 * NULL: it does not care. */
	void (*release)(struct nf_element *m, const struct nf_rwkey *outer);
	/* A flow of that outer endpoint begins (false: it must not) or ends. NULL: any number may
	 * be. */
	bool (*session)(struct nf_element *m, const struct nf_rwkey *outer, bool begins);
	/* Called by nf_rwmapper_cleanup. */
	void (*cleanup)(struct nf_element *m);
	/* It gives endpoints: the rewriter keeps a binding and asks once for each inner endpoint.
	 */
	bool endpoint;
};

struct nf_rwmapper {
	const struct nf_rwmapper_ops *ops; /* set in configure */
};

void nf_rwmapper_cleanup(struct nf_element *m);

/* The mapper in this element, or NULL. */
struct nf_rwmapper *nf_rwmapper_of(const struct nf_element *e);

#endif

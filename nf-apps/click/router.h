/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A router: the elements and links of one configuration on one core. Life: make (checks everything
 * and reports every error) -> nf_core_round ... -> destroy; change swaps one for another.
 */
#ifndef SLUICE_NF_APPS_CLICK_ROUTER_H
#define SLUICE_NF_APPS_CLICK_ROUTER_H

#include "nf-apps/click/config.h"
#include "nf-apps/click/element.h"

struct nf_router {
	struct nf_core *core;
	struct nf_config *config; /* owned */
	char *text;               /* the configuration as given; owned */
	struct nf_element **elements;
	uint32_t nb_elements;
	const struct nf_config_define
		*defines; /* as given to nf_router_load; the program's, for good */
	unsigned nb_defines;
	bool uses_anno;     /* some element uses annotations */
	bool live;          /* initialised; tasks run */
	unsigned depth;     /* of push calls over links that close a cycle */
	void *arg;          /* the program's */
	unsigned nb_inputs; /* FromDevices whose device may still receive something */
	int driver_stops;   /* stop requests still to be taken, see nf_router_stop_driver */
	/* DriverManager's: asked when a stop request is to be taken; true: go on. NULL: stop at the
	 * first. */
	bool (*on_stop)(struct nf_element *e);
	struct nf_element *manager;
	unsigned script_depth; /* Scripts that run in each other */
	unsigned script_work;  /* of the outermost one's run, so that it ends */
};

/* All classes of the program, NULL at the end; defined by the program (generated). */
extern const struct nf_class *const nf_classes[];
/* Beside each, its symbol and its source file. */
extern const char *const nf_classes_symbols[], *const nf_classes_files[];

/*
 * Makes a router out of a configuration and starts it. With `old`, elements of the same name and
 * class take over its state, and it has stopped running by then. Returns 0 with *out set; -EINVAL
 * or -ENOMEM with errs told, and `old` runs on. Owner: config and text are copied or kept: the
 * caller gives `config` away whatever the result.
 */
int nf_router_make(struct nf_core *core, struct nf_config *config UK_TAKES, const char *text,
	struct nf_router *old, struct nf_router **out UK_GIVES, struct nf_errors *errs) UK_MUST_USE;

/*
 * The same without initialize: a router that was checked and whose elements are configured, but
 * that does not run. For tools that only look at it.
 */
int nf_router_check(struct nf_core *core, struct nf_config *config UK_TAKES, const char *text,
	struct nf_router **out UK_GIVES, struct nf_errors *errs) UK_MUST_USE;

/* nf_config_parse and nf_router_make in one. */
int nf_router_load(struct nf_core *core, const char *text, size_t len, const char *file,
	const struct nf_config_define *defines, unsigned nb_defines, struct nf_router *old,
	struct nf_router **out UK_GIVES, struct nf_errors *errs) UK_MUST_USE;

/*
 * A live change: makes a router of the new text beside `r`, with its state and variables, and
 * leaves it in core->next_router. -errno with errs told: `r` goes on as it was. The program then
 * calls nf_router_switch.
 */
int nf_router_change(struct nf_router *r, const char *text, size_t len, const char *file,
	struct nf_errors *errs) UK_MUST_USE;
/* Ends `r` if there is a next one, and returns the router that is to run. Between rounds. */
struct nf_router *nf_router_switch(struct nf_router *r UK_TAKES);

void nf_router_destroy(struct nf_router *r UK_TAKES);

/* One request to end the run (InfiniteSource STOP, the handler `stop`); taken at the end of the
 * round by nf_router_check_stop. */
void nf_router_stop_driver(struct nf_router *r);
/* Takes pending requests: asks DriverManager, else sets core->stopping. Between rounds. */
void nf_router_check_stop(struct nf_router *r);

/* Is there a way for packets from input `in` to output `out` inside the element (flow code)? */
bool nf_router_flows(const struct nf_element *e, unsigned in, unsigned out);

/* By full name. NULL: there is none. */
struct nf_element *nf_router_find(const struct nf_router *r, const char *name);

/* The class of that name, or NULL. */
const struct nf_class *nf_router_class(const char *name);

#endif

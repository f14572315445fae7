/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DriverManager(INSTRUCTION, ...)
 *
 * A Script of TYPE DRIVER: it decides what happens when an element asks the router to stop
 * (InfiniteSource STOP true, the handler `stop`). Such a request is one step for the script: it
 * passes the `pause`, `wait_stop` or `wait` that it stands at. The router stops when the script
 * ends. Without instructions it stops at the first request, as a router without DriverManager does.
 *
 * Instructions and handlers: those of Script. No ports. There is at most one in a router.
 *
 *	DriverManager(pause, write k.cleanup, wait 0.1s, print c.count, stop)
 */
#include "nf-apps/element/control/script.h"

static int drivermanager_configure(struct nf_element *e, struct nf_args *a)
{
	return nf_script_parse(e, a, NF_SCRIPT_DRIVER);
}

const struct nf_class nf_drivermanager = {
	.name = "DriverManager",
	.ports = "0/0",
	.processing = "a/a",
	.state_size = sizeof(struct nf_script),
	.configure = drivermanager_configure,
	.initialize = nf_script_initialize,
	.cleanup = nf_script_cleanup,
	.handlers = nf_script_handlers,
	.own_handlers = nf_script_own_handlers,
};

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Scripts are configurations of anybody, and their functions take texts of control clients: the
 * bytes are instructions that run, step by step; behind a zero byte they are the parameter of each
 * function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/element/control/script.h"
#include "plat-kvm/clock.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

extern const struct nf_class nf_script, nf_drivermanager;

const struct nf_class *const nf_classes[] = { &nf_script, &nf_drivermanager, NULL };
const char *const nf_classes_symbols[] = { "s", "d", NULL };
const char *const nf_classes_files[] = { "s", "d", NULL };

static uint64_t fuzz_now_ns;

uint64_t uk_clock_ns(void)
{
	return fuzz_now_ns;
}

uint64_t uk_clock_wall_ns(void)
{
	return fuzz_now_ns;
}

void nf_print_line(const char *s)
{
}

struct nf_file *nf_file_create(
	const char *name, bool append, struct nf_errors *errs, const char *where)
{
	nf_errors_add(errs, where, "%s: no files here", name);
	return NULL;
}

int nf_file_write(struct nf_file *f, const void *from, uint32_t len)
{
	return 0;
}

int nf_file_close(struct nf_file *f)
{
	return 0;
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return nf_errors_add(errs, where, "%s: no files here", name);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return freopen("/dev/null", "w", stdout) != NULL ? 0 : -1;
}

static void fuzz_functions(struct nf_router *r, const char *param)
{
	for (const struct nf_handler *h = nf_script_handlers; h->name != NULL; h++) {
		struct nf_errors errs = { 0 };
		struct nf_text out = { 0 };

		if (h->read != NULL)
			(void)!h->read(nf_router_find(r, "t"), h->arg, param, &out, &errs);
		if (h->write != NULL)
			(void)!h->write(nf_router_find(r, "t"), h->arg, param, &errs);
		nf_text_free(&out);
		nf_errors_free(&errs);
	}
}

static void fuzz_run(struct nf_core *core, struct nf_router *r)
{
	struct nf_errors errs = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		fuzz_now_ns += 1000000000;
		nf_core_round(core);
		nf_router_check_stop(r);
		(void)!nf_handler_write(
			r, NULL, i == 0 ? "s.run" : "s.step", i == 0 ? "a b" : "2", &errs);
		nf_errors_free(&errs);
		core->stopping = false;
		if (core->next_router != NULL)
			nf_router_destroy(core->next_router);
		core->next_router = NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nf_packet_pools pools = { NULL, NULL };
	struct nf_errors errs = { 0 };
	struct nf_text config = { 0 };
	struct nf_router *r = NULL;
	struct nf_core core;
	size_t len = strnlen((const char *)data, size);

	if (size == 0 || size > 4096)
		return 0;
	nf_text_printf(&config, "s :: Script(%.*s\n); t :: Script(TYPE PASSIVE, return $args)",
		(int)len, (const char *)data);
	nf_core_init(&core, &pools, 1);
	if (nf_router_load(&core, nf_text_get(&config), config.len, "fuzz", NULL, 0, NULL, &r,
		    &errs) == 0) {
		char *param =
			strndup((const char *)data + len + (len < size), size - len - (len < size));

		if (param == NULL)
			abort();
		if (nf_router_find(r, "t") != NULL)
			fuzz_functions(r, param);
		fuzz_run(&core, r);
		free(param);
		nf_router_destroy(r);
	}
	nf_core_cleanup(&core);
	nf_text_free(&config);
	nf_errors_free(&errs);
	return 0;
}

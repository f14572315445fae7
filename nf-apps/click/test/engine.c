/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/print.h"
#include "nf-apps/click/test/engine.h"
#include "plat-kvm/clock.h"

uint64_t engine_now_ns = 1000000000;
struct nf_text engine_log;

uint64_t uk_clock_ns(void)
{
	return engine_now_ns;
}

uint64_t uk_clock_wall_ns(void)
{
	return 1500000000000000000ull + engine_now_ns;
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return nf_errors_add(errs, where, "%s: no files here", name);
}

void nf_print_line(const char *s)
{
}

static bool engine_task(struct nf_element *e, void *arg)
{
	struct engine_state *s = e->state;

	nf_text_printf(&engine_log, "%s", e->name);
	s->nb++;
	if (s->unschedule)
		nf_task_unschedule(&s->task);
	return true;
}

static void engine_timer(struct nf_element *e, void *arg)
{
	struct engine_state *s = e->state;

	nf_text_printf(&engine_log, "%s", e->name);
	s->nb++;
	if (s->again)
		(void)!nf_timer_after_ns(&s->timer, 0);
}

static int engine_initialize(struct nf_element *e, struct nf_errors *errs)
{
	struct engine_state *s = e->state;

	nf_task_init(&s->task, e, engine_task, NULL);
	nf_timer_init(&s->timer, e, engine_timer, NULL);
	return 0;
}

static void engine_cleanup(struct nf_element *e)
{
	struct engine_state *s = e->state;

	free(s->noted);
}

static int engine_configure(struct nf_element *e, struct nf_args *a)
{
	bool fail = false;

	nf_args_bool(a, "FAIL", 0, &fail);
	if (fail)
		nf_args_error(a, "told to fail");
	return nf_args_end(a);
}

static void engine_take(struct nf_element *e, struct nf_element *old)
{
	const struct engine_state *was = old->state;
	struct engine_state *s = e->state;

	s->kept = was->kept;
}

static void engine_push(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct engine_state *s = e->state;

	s->nb += n;
	nf_element_emit(e, 0, v, n);
}

static uint16_t engine_pull(struct nf_element *e, unsigned port, struct uk_netbuf **v, uint16_t n)
{
	struct engine_state *s = e->state;

	if (e->nb_in == 0)
		return 0;
	n = nf_element_fetch(e, 0, v, n);
	s->nb += n;
	return n;
}

#define READ_ARGS                                                                                  \
	struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,               \
		struct nf_errors *errs

static int engine_echo(READ_ARGS)
{
	nf_text_add(out, param, strlen(param));
	return 0;
}

static int engine_noted(READ_ARGS)
{
	const struct engine_state *s = e->state;

	nf_text_printf(out, "%s", s->noted != NULL ? s->noted : "");
	return 0;
}

static int engine_note(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct engine_state *s = e->state;

	if (strcmp(value, "bad") == 0)
		return nf_errors_add(errs, NULL, "it is\nbad");
	if (strcmp(value, "warn") == 0)
		nf_errors_warn(errs, NULL, "beware");
	free(s->noted);
	s->noted = strdup(value);
	return 0;
}

static const struct nf_handler engine_handlers[] = {
	{ .name = "echo", .read = engine_echo, .flags = NF_HANDLER_PARAM },
	{ .name = "noted", .read = engine_noted },
	{ .name = "note", .write = engine_note },
	{ .name = "secret", .read = engine_echo, .flags = NF_HANDLER_PRIVATE },
	NF_HANDLER_U64("nb", struct engine_state, nb),
	NF_HANDLER_TASK(struct engine_state, task),
	{ .name = NULL },
};

#define ENGINE_CLASS(nm, p, how)                                                                   \
	{                                                                                          \
		.name = nm, .ports = p, .processing = how,                                         \
		.state_size = sizeof(struct engine_state), .configure = engine_configure,          \
		.initialize = engine_initialize, .cleanup = engine_cleanup, .push = engine_push,   \
		.pull = engine_pull, .take_state = engine_take, .handlers = engine_handlers        \
	}

static const struct nf_class engine_classes[] = {
	ENGINE_CLASS("TestNote", "0/0", "a/a"),
	ENGINE_CLASS("TestPass", "1/1", "a/a"),
	ENGINE_CLASS("TestPush", "-/-", "h/h"),
	ENGINE_CLASS("TestPull", "1/1", "l/l"),
	ENGINE_CLASS("TestStore", "1/1", "h/l"),
	ENGINE_CLASS("TestDrain", "1/0", "l/l"),
};

const struct nf_class *const nf_classes[] = { &engine_classes[0], &engine_classes[1],
	&engine_classes[2], &engine_classes[3], &engine_classes[4], &engine_classes[5], NULL };
const char *const nf_classes_symbols[] = { "a", "b", "c", "d", "e", "f", NULL };
const char *const nf_classes_files[] = { "a", "b", "c", "d", "e", "f", NULL };

void engine_begin(struct engine *eng)
{
	memset(eng, 0, sizeof(*eng));
	if (nf_packet_pools_create(&eng->pools, 256, 2) < 0)
		abort();
	nf_core_init(&eng->core, &eng->pools, 1);
}

int engine_start(struct engine *eng, const char *config)
{
	struct nf_errors errs = { 0 };
	int rc;

	engine_begin(eng);
	rc = nf_router_load(
		&eng->core, config, strlen(config), "test", NULL, 0, NULL, &eng->router, &errs);
	if (rc < 0)
		fputs(nf_text_get(&errs.text), stderr);
	nf_errors_free(&errs);
	return rc;
}

int engine_stop(struct engine *eng)
{
	nf_router_destroy(eng->router);
	eng->router = NULL;
	nf_core_cleanup(&eng->core);
	nf_text_free(&engine_log);
	return uk_netbuf_pool_destroy(eng->pools.small) | uk_netbuf_pool_destroy(eng->pools.large);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sluice-click: a configuration in Click's language as a Linux process, by the engine and the
 * elements that an image has. The command line is Click's userlevel driver's.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/router.h"
#include "nf-apps/twin/ask.h"
#include "nf-apps/twin/compile.h"
#include "nf-apps/twin/device_map.h"
#include "nf-apps/twin/interrupt.h"
#include "nf-apps/twin/macs.h"
#include "nf-apps/twin/options.h"
#include "nf-apps/twin/plat.h"
#include "nf-apps/twin/sockets.h"
#include "plat-kvm/clock.h"

#define MAIN_IDLE_NS     10000000 /* longest sleep */
#define MAIN_POLL_NS     50000    /* the same while a task polls */
#define MAIN_TICK_NS     1000     /* what a round with work lasts in simulated time */
#define MAIN_LOOK_ROUNDS 64       /* clients are looked at each so many rounds with work */
#define MAIN_NB_LARGE    64       /* buffers for packets beyond a usual frame */

static volatile sig_atomic_t main_stop;

static void main_on_signal(int number)
{
	main_stop = 1;
	(void)signal(number, SIG_DFL);
}

/* What a configuration left to say. */
static void main_tell(const struct nf_errors *errs, bool no_warnings)
{
	const char *line = nf_text_get(&errs->text);

	(void)fflush(stdout);
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");
		char *warning = memmem(line, len, "warning: ", 9);

		if (!no_warnings || warning == NULL)
			(void)fprintf(stderr, "%.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
	if (errs->nb_errors > NF_ERRORS_MAX)
		(void)fprintf(stderr, "and %u errors more\n", errs->nb_errors - NF_ERRORS_MAX);
}

/* The configuration's text, and the name under which messages speak of it. */
static int main_read(const struct nf_options *o, char **text, size_t *len, const char **name,
	struct nf_errors *errs)
{
	struct nf_text t = { 0 };
	const char *file = o->file != NULL ? o->file : "-";

	*name = strcmp(file, "-") == 0 ? "<stdin>" : file;
	if (o->nb_expressions == 0)
		return nf_file_load(file, NF_CONFIG_TEXT_MAX, text, len, errs, NULL);
	*name = "config";
	for (unsigned i = 0; i < o->nb_expressions; i++)
		nf_text_printf(&t, "%s%s", i > 0 ? "\n" : "", o->expressions[i]);
	nf_text_add(&t, "", 0);
	*text = t.s != NULL ? t.s : calloc(1, 1);
	*len = t.len;
	return *text != NULL ? 0 : -ENOMEM;
}

static struct nf_router *main_load(
	const struct nf_options *o, struct nf_core *core, struct nf_errors *errs)
{
	struct nf_router *r = NULL;
	struct nf_config *config;
	const char *name;
	char *text;
	size_t len;

	if (main_read(o, &text, &len, &name, errs) < 0)
		return NULL;
	if (nf_config_parse(text, len, name, o->defines, o->nb_defines, &config, errs) < 0)
		goto undo_text;
	if (config->nb_elements == 0)
		nf_errors_warn(errs, name, "configuration has no elements");
	if ((o->compile != NULL ? nf_router_check(core, config, text, &r, errs)
				: nf_router_make(core, config, text, NULL, &r, errs)) < 0) {
		nf_text_printf(&errs->text, "Router could not be initialized!\n");
		r = NULL;
	}
undo_text:
	free(text);
	return r;
}

static int main_output(const struct nf_router *r, const char *name, struct nf_errors *errs)
{
	struct nf_file *f = nf_file_create(name, false, errs, NULL);
	struct nf_text t = { 0 };
	int rc;

	if (f == NULL)
		return -EINVAL;
	nf_config_print(r->config, &t);
	rc = nf_file_write(f, nf_text_get(&t), (uint32_t)t.len);
	if (nf_file_close(f) < 0 || rc < 0)
		rc = nf_errors_add(errs, NULL, "%s: cannot write it", name);
	nf_text_free(&t);
	return rc;
}

/* The configuration again, with other addresses of the devices; NULL: told. */
static struct nf_config *main_other(
	const struct nf_router *r, const struct nf_options *o, struct nf_errors *errs)
{
	struct nf_config *other = NULL;
	struct nf_options again = *o;

	nf_macs_define(&again, 0x06);
	if (nf_config_parse(r->text, strlen(r->text), "config", again.defines, again.nb_defines,
		    &other, errs) < 0)
		return NULL;
	return other;
}

/* The configuration as C (./sluice build nf --config). */
static int main_compile(
	const struct nf_router *r, const struct nf_options *o, struct nf_errors *errs)
{
	struct nf_file *f = nf_file_create(o->compile, false, errs, NULL);
	struct nf_config *other = main_other(r, o, errs);
	struct nf_text t = { 0 };
	int rc = -EINVAL;

	if (f != NULL && other != NULL)
		rc = nf_compile_print(r, other, o->file != NULL ? o->file : "config", o->defines,
			nf_macs_nb_given(o), &t, errs);
	if (rc == 0)
		rc = nf_file_write(f, nf_text_get(&t), (uint32_t)t.len);
	if (f != NULL && nf_file_close(f) < 0)
		rc = nf_errors_add(errs, NULL, "%s: cannot write it", o->compile);
	if (other != NULL)
		nf_config_free(other);
	nf_text_free(&t);
	return rc;
}

/* Nothing was to be done: sleeps until a timer is due. A signal or a client ends the sleep. */
static void main_idle(struct nf_router *r)
{
	const struct nf_core *core = r->core;
	uint64_t now = uk_clock_ns(), next = nf_core_next_ns(core);
	uint64_t most = core->tasks != NULL ? MAIN_POLL_NS : MAIN_IDLE_NS;
	uint64_t ns = next <= now ? 0 : next - now;

	if (nf_plat_is_simulated() && (core->tasks != NULL || next != UINT64_MAX)) {
		nf_plat_advance(core->tasks == NULL || ns < most ? ns : most);
		ns = 0;
	}
	nf_sockets_poll(r, ns < most ? ns : most);
}

/* Returns the router that ran last. */
static struct nf_router *main_run(struct nf_core *core, struct nf_router *r)
{
	struct sigaction a = { .sa_handler = main_on_signal };

	if (!nf_interrupt_taken(SIGINT))
		(void)sigaction(SIGINT, &a, NULL);
	if (!nf_interrupt_taken(SIGTERM))
		(void)sigaction(SIGTERM, &a, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	nf_router_check_stop(r);
	while (!core->stopping && !main_stop) {
		bool work = nf_core_round(core);

		nf_router_check_stop(r);
		if (work && nf_plat_is_simulated())
			nf_plat_advance(MAIN_TICK_NS);
		if (!work && !core->stopping && !main_stop)
			main_idle(r);
		else if (core->rounds % MAIN_LOOK_ROUNDS == 0 && nf_sockets_any())
			nf_sockets_poll(r, 0);
		nf_interrupt_run();
		r = nf_router_switch(r);
	}
	return r;
}

static void main_print_time(uint64_t begin_ns)
{
	struct rusage u;
	uint64_t ms = (uk_clock_ns() - begin_ns) / 1000000;

	(void)getrusage(RUSAGE_SELF, &u);
	printf("%ld.%03ldu %ld.%03lds %lu:%02lu.%02lu\n", (long)u.ru_utime.tv_sec,
		(long)u.ru_utime.tv_usec / 1000, (long)u.ru_stime.tv_sec,
		(long)u.ru_stime.tv_usec / 1000, (unsigned long)(ms / 60000),
		(unsigned long)(ms / 1000 % 60), (unsigned long)(ms / 10 % 100));
}

static int main_listen(const struct nf_options *o, struct nf_errors *errs)
{
	int rc = 0;

	for (unsigned i = 0; i < o->nb_ports && rc == 0; i++)
		rc = nf_sockets_open_tcp(o->ports[i], errs);
	for (unsigned i = 0; i < o->nb_sockets && rc == 0; i++)
		rc = nf_sockets_open_unix(o->sockets[i], errs);
	return rc;
}

/* The exit code. */
static int main_work(const struct nf_options *o, struct nf_core *core)
{
	struct nf_errors errs = { 0 };
	uint64_t begin_ns = uk_clock_ns();
	struct nf_router *r;
	int code = 0;

	for (unsigned i = 0; i < o->nb_devices; i++)
		code |= nf_device_map(o->devices[i], &errs) < 0;
	code |= main_listen(o, &errs) < 0;
	r = code == 0 ? main_load(o, core, &errs) : NULL;
	main_tell(&errs, o->no_warnings);
	nf_errors_free(&errs);
	if (r == NULL) {
		nf_sockets_close();
		return 1;
	}
	if (o->output != NULL && main_output(r, o->output, &errs) < 0)
		code = 1;
	if (o->compile != NULL && main_compile(r, o, &errs) < 0)
		code = 1;
	if (!o->quit && o->compile == NULL)
		r = main_run(core, r);
	(void)fflush(stdout);
	if (o->time)
		main_print_time(begin_ns);
	if (!nf_ask_print(r, o->handlers, o->nb_handlers))
		code = 1;
	if (o->exit_handler != NULL)
		code = nf_ask_exit(r, o->exit_handler);
	nf_sockets_close();
	nf_router_destroy(r);
	main_tell(&errs, o->no_warnings);
	nf_errors_free(&errs);
	return fflush(stdout) == 0 ? code : 1;
}

/* Every packet has come back by now; one that has not was lost by an element. */
static int main_end_pool(struct uk_netbuf_pool *p)
{
	if (p == NULL || uk_netbuf_pool_destroy(p) == 0)
		return 0;
	if (!UK_DEBUG)
		return 0;
	(void)fprintf(
		stderr, "sluice-click: %u packet buffers were lost\n", p->nb_total - p->nb_free);
	return 1;
}

int main(int argc, char *argv[])
{
	static struct nf_options o;
	struct nf_packet_pools pools;
	struct nf_core core;
	uint32_t key[8];
	int code = nf_options_parse(&o, argc, argv);

	if (code >= 0)
		return code;
	nf_macs_define(&o, 0x02);
	if (o.simulate)
		nf_plat_simulate(o.start_ns);
	if (nf_packet_pools_create(&pools, (uint32_t)o.buffers, MAIN_NB_LARGE) < 0) {
		(void)fprintf(stderr, "sluice-click: no memory for %lu buffers\n",
			(unsigned long)o.buffers);
		return 1;
	}
	nf_core_init(&core, &pools, o.seed);
	if (!o.seeded) {
		if (getrandom(key, sizeof(key), 0) != sizeof(key)) {
			(void)fprintf(stderr, "sluice-click: the system has no random numbers\n");
			return 1;
		}
		nf_core_random_start(&core, key);
	}
	core.burst = (uint16_t)o.burst;
	code = main_work(&o, &core);
	nf_core_cleanup(&core);
	nf_device_unmap();
	code |= main_end_pool(pools.small);
	return code | main_end_pool(pools.large);
}

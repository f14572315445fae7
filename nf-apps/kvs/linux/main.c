/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The key-value store as a plain Linux program: the same store and protocols as in an image, behind sockets.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include "nf-apps/kvs/linux/dgram.h"
#include "nf-apps/kvs/linux/report.h"

#define MAIN_EVENTS  64
#define MAIN_IDLE_MS 100

static struct {
	struct nf_opts opts;
	struct nf_listen listen;
	struct nf_streams streams;
	struct nf_report report;
	struct nf_kvs *kvs;
	struct nf_dgram *dgram;
} server;

static volatile sig_atomic_t main_stop;

static void main_signal(int sig)
{
	main_stop = 1;
}

static uint64_t main_ns(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint32_t main_now(void)
{
	return (uint32_t)(main_ns(CLOCK_MONOTONIC_COARSE) / 1000000000);
}

static void main_tick(struct nf_kvs *k)
{
	nf_kvs_tick(
		k, main_ns(CLOCK_MONOTONIC_COARSE), main_ns(CLOCK_REALTIME_COARSE) / 1000000000);
}

static bool main_create(void)
{
	const struct nf_opts *o = &server.opts;
	struct nf_kvs_conf conf = {
		.store = { .bytes = o->bytes, .nb_items = o->nb_items, .no_evict = o->no_evict },
		.item_max = o->item_max,
		.protocol = o->protocol,
		.no_flush = o->no_flush,
		.stats = nf_report_stats,
		.stats_arg = &server.report
	};

	server.report = (struct nf_report){ o, &server.listen, &server.streams };
	if (getrandom(conf.store.hash_key, sizeof(conf.store.hash_key), 0) < 0)
		return false;
	server.kvs = nf_kvs_create(&conf);
	if (server.kvs == NULL)
		return false;
	server.dgram = nf_dgram_create(server.kvs, o->batch);
	if (server.dgram == NULL)
		return false;
	main_tick(server.kvs);
	return true;
}

/* A listener's event carries its number, a connection's its address. */
static bool main_watch(void)
{
	server.streams = (struct nf_streams){ .k = server.kvs,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.max = server.opts.max_conns,
		.now = main_now };
	if (server.streams.epoll < 0)
		return false;
	for (unsigned i = 0; i < server.listen.n; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.u64 = i };

		if (epoll_ctl(server.streams.epoll, EPOLL_CTL_ADD, server.listen.fd[i], &ev) < 0)
			return false;
	}
	return true;
}

static void main_event(const struct epoll_event *ev)
{
	uint64_t i = ev->data.u64;

	if (i >= server.listen.n)
		nf_stream_event(ev->data.ptr, ev->events);
	else if (server.listen.udp[i])
		nf_dgram_run(server.dgram, server.listen.fd[i], main_tick);
	else
		nf_stream_accept(&server.streams, server.listen.fd[i]);
}

static void main_loop(void)
{
	struct epoll_event events[MAIN_EVENTS];

	while (!main_stop) {
		int n = epoll_wait(server.streams.epoll, events, MAIN_EVENTS, MAIN_IDLE_MS);

		main_tick(server.kvs);
		for (int i = 0; i < n; i++)
			main_event(&events[i]);
		if (server.opts.idle_s > 0)
			nf_stream_kick(&server.streams, server.opts.idle_s);
		if (n == 0)
			nf_kvs_idle(server.kvs);
	}
}

static bool main_pid_file(const char *path)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fprintf(f, "%d\n", (int)getpid()) < 0 || fclose(f) != 0) {
		fprintf(stderr, "kvs-linux: %s: %s\n", path, strerror(errno));
		return false;
	}
	return true;
}

static void main_signals(void)
{
	struct sigaction stop = { .sa_handler = main_signal }, ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGUSR1, &stop, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
	sigaction(SIGHUP, &ignore, NULL);
}

static int main_run(void)
{
	main_signals();
	if (!nf_listen_open(&server.listen, &server.opts))
		return EX_OSERR;
	if (server.opts.daemon && daemon(1, server.opts.verbosity > 0) < 0)
		return EX_OSERR;
	if (!main_create() || !main_watch()) {
		fprintf(stderr, "kvs-linux: not enough memory or descriptors\n");
		return EX_OSERR;
	}
	if (server.opts.pid_file != NULL && !main_pid_file(server.opts.pid_file))
		return EX_OSERR;
	main_loop();
	nf_stream_close_all(&server.streams);
	nf_listen_close(&server.listen, &server.opts);
	if (server.opts.pid_file != NULL)
		unlink(server.opts.pid_file);
	return EX_OK;
}

int main(int argc, char **argv)
{
	int status;

	if (!nf_opts_parse(&server.opts, argc, argv, &status))
		return status;
	status = main_run();
	nf_dgram_destroy(server.dgram);
	nf_kvs_destroy(server.kvs);
	return status;
}

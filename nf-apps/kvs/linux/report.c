/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "nf-apps/kvs/linux/report.h"

#define REPORT_CONNS_MAX 40 /* as many as an answer has room for */

struct report_to {
	void (*put)(void *to, const char *name, const char *value);
	void *to;
};

static void __attribute__((format(printf, 3, 4)))
report_put(const struct report_to *r, const char *name, const char *format, ...)
{
	char value[160];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	r->put(r->to, name, value);
}

static void report_general(const struct nf_report *p, const struct report_to *r)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	report_put(r, "pid", "%d", (int)getpid());
	report_put(
		r, "rusage_user", "%ld.%06ld", (long)u.ru_utime.tv_sec, (long)u.ru_utime.tv_usec);
	report_put(
		r, "rusage_system", "%ld.%06ld", (long)u.ru_stime.tv_sec, (long)u.ru_stime.tv_usec);
	report_put(r, "max_connections", "%u", p->opts->max_conns);
	report_put(r, "rejected_connections", "%llu", (unsigned long long)p->streams->nb_rejected);
	report_put(r, "idle_kicks", "%llu", (unsigned long long)p->streams->nb_kicked);
	report_put(r, "connection_structures", "%u", p->streams->n + p->listen->n);
	report_put(r, "accepting_conns", "1");
	report_put(r, "listen_disabled_num", "0");
	report_put(r, "time_in_listen_disabled_us", "0");
}

static void report_settings(const struct nf_report *p, const struct report_to *r)
{
	report_put(r, "maxconns", "%u", p->opts->max_conns);
	report_put(r, "tcpport", "%u", p->opts->tcp_port);
	report_put(r, "udpport", "%u", p->opts->udp_port);
	report_put(r, "inter", "%s", p->opts->listen != NULL ? p->opts->listen : "NULL");
	report_put(
		r, "domain_socket", "%s", p->opts->unix_path != NULL ? p->opts->unix_path : "NULL");
	report_put(r, "umask", "%o", p->opts->unix_mask);
	report_put(r, "tcp_backlog", "%u", p->opts->backlog);
	report_put(r, "maxconns_fast", "yes");
	report_put(r, "idle_timeout", "%u", p->opts->idle_s);
	report_put(r, "udp_batch", "%s", p->opts->batch ? "yes" : "no");
}

static void report_addr(char *text, size_t size, const struct sockaddr_storage *a, bool udp)
{
	char host[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)a;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)a;
	const struct sockaddr_un *un = (const struct sockaddr_un *)(const void *)a;

	switch (a->ss_family) {
	case AF_INET:
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(text, size, "%s:%s:%u", udp ? "udp" : "tcp", host, ntohs(in->sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(text, size, "%s:[%s]:%u", udp ? "udp6" : "tcp6", host,
			ntohs(in6->sin6_port));
		break;
	default:
		snprintf(text, size, "unix:%s", un->sun_path);
	}
}

static void report_socket(
	const struct report_to *r, int fd, const char *what, int of, bool peer, bool udp)
{
	struct sockaddr_storage a = { 0 };
	socklen_t len = sizeof(a);
	char name[32], text[128];

	if ((peer ? getpeername(of, (struct sockaddr *)&a, &len)
		  : getsockname(of, (struct sockaddr *)&a, &len)) < 0)
		return;
	report_addr(text, sizeof(text), &a, udp);
	snprintf(name, sizeof(name), "%d:%s", fd, what);
	r->put(r->to, name, text);
}

static void report_field(const struct report_to *r, int fd, const char *what, const char *value)
{
	char name[32];

	snprintf(name, sizeof(name), "%d:%s", fd, what);
	r->put(r->to, name, value);
}

static void report_conns(const struct nf_report *p, const struct report_to *r)
{
	const struct nf_stream *s = p->streams->first;
	char seconds[16];

	for (unsigned i = 0; i < p->listen->n; i++) {
		report_socket(
			r, p->listen->fd[i], "addr", p->listen->fd[i], false, p->listen->udp[i]);
		report_field(r, p->listen->fd[i], "state", "conn_listening");
	}
	for (unsigned i = p->listen->n; s != NULL && i < REPORT_CONNS_MAX; s = s->next, i++) {
		snprintf(seconds, sizeof(seconds), "%u", p->streams->now() - s->last);
		report_socket(r, s->fd, "addr", s->fd, true, false);
		report_socket(r, s->fd, "listen_addr", s->fd, false, false);
		report_field(r, s->fd, "state", nf_kvs_conn_state(s->conn));
		report_field(r, s->fd, "secs_since_last_cmd", seconds);
	}
}

void nf_report_stats(void *arg, const char *group,
	void (*put)(void *to, const char *name, const char *value), void *to)
{
	const struct nf_report *p = arg;
	struct report_to r = { put, to };

	if (strcmp(group, "") == 0)
		report_general(p, &r);
	else if (strcmp(group, "settings") == 0)
		report_settings(p, &r);
	else if (strcmp(group, "conns") == 0)
		report_conns(p, &r);
}

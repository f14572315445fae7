/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the sockets test's files share. The program tries calls over the loopback interface and prints one line for each thing
 * it saw; built for Linux it prints the same lines (test_sockets.py compares them).
 */
#ifndef SLUICE_TEST_SOCKETS_CHECK_H
#define SLUICE_TEST_SOCKETS_CHECK_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One line: what was tried, and what came of it. */
void say(const char *what, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A call's result: the number, or the name of errno. */
void got(const char *what, long result);
const char *error_name(int error);

int must(int fd, const char *what);
/* Waits up to two seconds for events; what poll tells, as words. */
const char *events(int fd, short what);
void settle(void); /* what is under way arrives */

struct sockaddr_in at4(const char *ip, int port);
struct sockaddr_in6 at6(const char *ip, int port);
int port_of(int fd);
/* A bound socket of 127.0.0.1 or ::1; type with flags. */
int bound(int domain, int type);
int listener(int domain, int backlog);
int to_port(int domain, int type, int port);
/* A connection over 127.0.0.1: [0] connected, [1] accepted. */
void tcp_pair(int fds[2]);
/* The address as text, without its port. */
const char *text_of(const void *sa);
/* An option of type int: its value or the error's name. */
void option(const char *what, int fd, int level, int name);
void set_option(const char *what, int fd, int level, int name, int value);

void test_udp(void);
void test_udp_more(void);
void test_tcp(void);
void test_tcp_more(void);
void test_options(void);
void test_names(void);
void test_local(void);
void test_bad(void);

#endif

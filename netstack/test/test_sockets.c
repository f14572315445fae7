/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sockets under sanitizers: the program that test/image compares with Linux (test/image/apps/sockets), in this
 * process, over lwIP's loopback interface. Here it is about memory: nothing wrong is touched, and all comes back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/raw.h>
#include <lwip/udp.h>
#include "kernel/fd.h"
#include "netstack/port.h"
#include "netstack/socket.h"
#include "netstack/stack.h"
#include "plat-kvm/test/fake_plat.h"

#define LEAST_LINES 400
#define TIME_WAIT_S 130
#define STEP_NS     5000 /* that each look at the clock takes */
#define NSEC        1000000000ull

int sockets_main(void);

static void count_lines(FILE *f, unsigned *nb, char *last, size_t room)
{
	rewind(f);
	for (*nb = 0; fgets(last, (int)room, f) != NULL; ++*nb)
		assert_null(strstr(last, "broken"));
}

/* Its lines go to a file; what it says is compared elsewhere. */
static void run_program(FILE *f)
{
	int out = dup(1);

	fflush(stdout);
	assert_true(out >= 0 && dup2(fileno(f), 1) == 1);
	sockets_main();
	fflush(stdout);
	dup2(out, 1);
	close(out);
}

static void check_rest(uint32_t nb_pieces)
{
	uint32_t nb;

	for (unsigned i = 0; i < TIME_WAIT_S * 4; i++) {
		fake_plat_advance(NSEC / 4);
		uk_stack_poll();
	}
	for (int fd = 3; fd < UK_FD_MAX; fd++)
		assert_int_equal(uk_fd_close(fd), -9);
	assert_null(udp_pcbs);
	assert_null(tcp_active_pcbs);
	assert_null(tcp_tw_pcbs);
	assert_null(tcp_bound_pcbs);
	assert_null(tcp_listen_pcbs.pcbs);
	uk_port_used(&nb);
	assert_int_equal(nb, nb_pieces);
}

static void test_program(void **state)
{
	uint32_t nb_pieces;
	char last[256];
	unsigned nb;

	fake_plat_step(STEP_NS);
	fake_plat_arg("netdev.ip", "10.0.0.2/24");
	fake_plat_arg("netdev.ip6", "none");
	assert_int_equal(uk_socket_start(), 0);
	uk_port_used(&nb_pieces);
	for (unsigned round = 0; round < 2; round++) {
		FILE *f = tmpfile();

		assert_non_null(f);
		run_program(f);
		count_lines(f, &nb, last, sizeof(last));
		assert_true(nb > LEAST_LINES);
		assert_string_equal(last, "end: reached\n");
		fclose(f);
		check_rest(nb_pieces);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_program) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

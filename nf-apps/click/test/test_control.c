/* SPDX-License-Identifier: BSD-3-Clause */
/* Control sessions: every command, input split at every byte, what is too long, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/control.h"
#include "nf-apps/click/test/engine.h"

static struct engine eng;

static int ctl_setup(void **state)
{
	return engine_start(&eng, "a :: TestNote; b :: TestNote");
}

static int ctl_teardown(void **state)
{
	engine_stop(&eng);
	return 0;
}

/* What the session answers to `in`, given in pieces of `piece` bytes. */
static char *ctl_talk(const char *in, size_t len, size_t piece, bool read_only)
{
	struct nf_control c;
	const char *s;
	size_t n;
	char *all;

	nf_control_start(&c, read_only);
	for (size_t at = 0; at < len && !c.closed; at += piece)
		nf_control_input(&c, eng.router, in + at, len - at < piece ? len - at : piece);
	s = nf_control_output(&c, &n);
	all = strndup(s, n);
	nf_control_end(&c);
	assert_non_null(all);
	return all;
}

#define GREETING "Click::ControlSocket/1.3\r\n"

static void ctl_expect(const char *in, const char *answer)
{
	for (size_t piece = strlen(in) + 1; piece > 0; piece = piece > 4 ? 4 : piece - 1) {
		char *got = ctl_talk(in, strlen(in), piece, false);

		assert_string_equal(got + strlen(GREETING), answer);
		got[strlen(GREETING)] = '\0';
		assert_string_equal(got, GREETING);
		free(got);
	}
}

static void test_read(void **state)
{
	ctl_expect("READ a.echo x y\r\n", "200 Read handler 'a.echo' OK\r\nDATA 3\r\nx y");
	ctl_expect("read a.echo\nget 1.name\n",
		"200 Read handler 'a.echo' OK\r\nDATA 0\r\n200 Read handler '1.name' OK\r\nDATA 1\r\na");
	ctl_expect("READ c.echo\rREAD a.none\rREAD none\rREAD a.note\rREAD\r",
		"510 no element named 'c'\r\n511 element 'a' has no handler 'none'\r\n"
		"511 no global handler named 'none'\r\n530 handler 'a.note' is write-only\r\n"
		"500 Wrong number of arguments\r\n");
	ctl_expect("READ a.secret\n", "511 No handler named 'a.secret'\r\n");
}

static void test_read_data(void **state)
{
	ctl_expect("READDATA a.echo 4\r\nx\r\nyREAD b.name\r\n",
		"200 Read handler 'a.echo' OK\r\nDATA 4\r\nx\r\ny"
		"200 Read handler 'b.name' OK\r\nDATA 1\r\nb");
	ctl_expect("READDATA a.echo 0\r\nREAD b.name\r\n",
		"200 Read handler 'a.echo' OK\r\nDATA 0\r\n"
		"200 Read handler 'b.name' OK\r\nDATA 1\r\nb");
	ctl_expect("READUNTIL a.echo END \r\nx\r\ny\r\nEND  \r\nREAD b.name\r\n",
		"200 Read handler 'a.echo' OK\r\nDATA 6\r\nx\r\ny\r\n"
		"200 Read handler 'b.name' OK\r\nDATA 1\r\nb");
	ctl_expect("READUNTIL a.echo\nx\n\nREAD b.name\n",
		"200 Read handler 'a.echo' OK\r\nDATA 2\r\nx\n"
		"200 Read handler 'b.name' OK\r\nDATA 1\r\nb");
	ctl_expect("READDATA a.echo -1\nREADDATA a.echo x\nREADDATA a.echo 8388609\nREADDATA\n",
		"500 Syntax error: handler and length (at most 8 MiB) are needed\r\n"
		"500 Syntax error: handler and length (at most 8 MiB) are needed\r\n"
		"500 Syntax error: handler and length (at most 8 MiB) are needed\r\n"
		"500 Syntax error: handler and length (at most 8 MiB) are needed\r\n");
}

static void test_write(void **state)
{
	ctl_expect("WRITE a.note one two\r\nREAD a.noted\r\n",
		"200 Write handler 'a.note' OK\r\n200 Read handler 'a.noted' OK\r\nDATA 7\r\none two");
	ctl_expect("WRITEDATA a.note 5\nx\ny\nzREAD a.noted\n",
		"200 Write handler 'a.note' OK\r\n200 Read handler 'a.noted' OK\r\nDATA 5\r\nx\ny\nz");
	ctl_expect("WRITEUNTIL a.note .\r\nlong\r\n.\r\nREAD a.noted\r\n",
		"200 Write handler 'a.note' OK\r\n200 Read handler 'a.noted' OK\r\nDATA 6\r\nlong\r\n");
	ctl_expect("WRITE a.note bad\nWRITE a.echo x\nWRITE a.note warn\n",
		"520-it is\r\n520 bad\r\n530 handler 'a.echo' is read-only\r\n"
		"220-Write handler 'a.note' OK with messages\r\n220 warning: beware\r\n");
}

static void test_check(void **state)
{
	ctl_expect("CHECKREAD a.echo\nCHECKWRITE a.echo\nCHECKREAD a.note\nCHECKWRITE a.note\n"
		   "CHECKREAD c.x\nCHECKREAD a.x\nCHECKREAD version\nCHECKREAD a.secret\n",
		"200 Read handler 'a.echo' OK\r\n530 Handler is read-only\r\n530 Handler is write-only\r\n"
		"200 Write handler 'a.note' OK\r\n510 No element of that name\r\n"
		"511 No handler of that name\r\n200 Read handler 'version' OK\r\n"
		"511 No handler named 'a.secret'\r\n");
}

static void test_others(void **state)
{
	ctl_expect("\r\n\nLLRPC a#1 4\nFOO a.b\nQUIT\nREAD a.name\n",
		"501 LLRPCs are not supported\r\n501 Command 'FOO' unimplemented\r\n200 Goodbye!\r\n");
}

static void test_read_only(void **state)
{
	static const char in[] =
		"WRITE a.note x\nWRITEDATA a.note 1\nyCHECKWRITE a.note\nREAD b.name\n";
	char *got = ctl_talk(in, strlen(in), 3, true);

	assert_string_equal(got, GREETING "530 Permission denied for write handlers\r\n"
					  "530 Permission denied for write handlers\r\n"
					  "530 Permission denied for write handlers\r\n"
					  "200 Read handler 'b.name' OK\r\nDATA 1\r\nb");
	free(got);
}

/* Two cuts, at every place. */
static void test_cuts(void **state)
{
	static const char in[] = "READDATA a.echo 5\r\n1 2 3READUNTIL a.echo END \r\nab\r\ncd\r\n"
				 "END  \r\nREAD b.name\rquit\r\n";
	static const char want[] = GREETING "200 Read handler 'a.echo' OK\r\nDATA 5\r\n1 2 3"
					    "200 Read handler 'a.echo' OK\r\nDATA 8\r\nab\r\ncd\r\n"
					    "200 Read handler 'b.name' OK\r\nDATA 1\r\nb"
					    "200 Goodbye!\r\n";

	for (size_t a = 0; a < sizeof(in) - 1; a++) {
		for (size_t b = a; b < sizeof(in) - 1; b++) {
			struct nf_control c;
			size_t n;

			nf_control_start(&c, false);
			nf_control_input(&c, eng.router, in, a);
			nf_control_input(&c, eng.router, in + a, b - a);
			nf_control_input(&c, eng.router, in + b, sizeof(in) - 1 - b);
			assert_memory_equal(nf_control_output(&c, &n), want, sizeof(want) - 1);
			assert_int_equal(n, sizeof(want) - 1);
			nf_control_end(&c);
		}
	}
}

/* A line without an end, and data without one, end the session and not the memory. */
static void test_too_long(void **state)
{
	size_t len = NF_CONTROL_DATA_MAX + 3 * NF_CONTROL_LINE_MAX;
	char *in = malloc(len), *got;

	assert_non_null(in);
	memset(in, 'x', len);
	got = ctl_talk(in, len, 4096, false);
	assert_string_equal(got, GREETING "500 Too long\r\n");
	free(got);
	memcpy(in, "WRITEUNTIL a.note END\n", 22);
	got = ctl_talk(in, len, 4096, false);
	assert_string_equal(got, GREETING "500 Too long\r\n");
	free(got);
	free(in);
}

/* Zero bytes and all others: an error at most. */
static void test_any_bytes(void **state)
{
	char in[256 * 2];

	for (unsigned i = 0; i < 256; i++) {
		in[2 * i] = (char)i;
		in[2 * i + 1] = i % 7 == 0 ? '\n' : ' ';
	}
	free(ctl_talk(in, sizeof(in), 5, false));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_read_data),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_read_only),
		cmocka_unit_test(test_cuts),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_any_bytes),
	};

	return cmocka_run_group_tests(tests, ctl_setup, ctl_teardown);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The meta commands, flag by flag; each as a stream, cut, and as datagrams.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "nf-apps/kvs/test/kvs_ask.h"

#define BADLINE "CLIENT_ERROR bad command line format\r\n"
#define OPAQUE  "O123456789012345678901234567890"

static void test_set_and_get(void **state)
{
	static const struct ask_line lines[] = {
		{ "mg foo v\r\n", "EN\r\n", 0 },
		{ "mg foo v q\r\nmn\r\n", "MN\r\n", 0 },
		{ "mg foo k Ox v\r\n", "EN kfoo Ox\r\n", 0 },
		{ "ms foo 3 F7 T100 c k O1\r\nbar\r\n", "HD c1 kfoo O1\r\n", 0 },
		{ "mg foo h l s t c f k O9 v\r\n", "VA 3 h0 l0 s3 t100 c1 f7 kfoo O9\r\nbar\r\n",
			0 },
		{ "mg foo h\r\n", "HD h1\r\n", 0 },
		{ "mg foo\r\n", "HD\r\n", 0 },
		{ "mg foo T30 t\r\nmg foo t\r\n", "HD t30\r\nHD t30\r\n", 0 },
		{ "ms foo 0 q\r\n\r\nmg foo v t\r\n", "VA 0 t-1\r\n\r\n", 0 },
		{ "ms foo 1 ME\r\nx\r\n", "NS\r\n", 0 },
		{ "ms add 1 ME\r\nx\r\n", "HD\r\n", 0 },
		{ "ms add 2 MA\r\n+a\r\nms add 2 MP\r\np+\r\nmg add v\r\n",
			"HD\r\nHD\r\nVA 5\r\np+x+a\r\n", 0 },
		{ "ms none 1 MR\r\nx\r\n", "NS\r\n", 0 },
		{ "ms none 1 MA\r\nx\r\n", "NS\r\n", 0 },
		{ "ms add 1 MR\r\ny\r\nms add 1 MS\r\nz\r\n", "HD\r\nHD\r\n", 0 },
		{ "ms add 1 C999 k\r\ny\r\n", "EX kadd\r\n", 0 },
		{ "ms none 1 C1\r\ny\r\n", "NF\r\n", 0 },
		{ "mg add c\r\n", "HD c7\r\n", 0 },
		{ "ms add 1 C7 c\r\ny\r\n", "HD c8\r\n", 0 },
		{ "mg foo P1 L2 u\r\n", "HD\r\n", 0 },
		{ "me add\r\nme none\r\n",
			"ME add exp=-1 la=0 cas=8 fetch=no cls=1 size=36\r\nEN\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_binary_keys(void **state)
{
	static const struct ask_line lines[] = {
		{ "ms Zm9v 3 b k c\r\nbar\r\n", "HD kZm9v b c1\r\n", 0 },
		{ "mg Zm9v b k v\r\n", "VA 3 kZm9v b\r\nbar\r\n", 0 },
		{ "mg foo k v\r\n", "VA 3 kZm9v b\r\nbar\r\n", 0 },
		{ "mg AAE= b k v\r\n", "EN kAAE= b\r\n", 0 },
		{ "me Zm9v b\r\n", "ME Zm9v exp=-1 la=0 cas=1 fetch=yes cls=1 size=38\r\n", 0 },
		{ "md Zm9v b k\r\n", "HD kZm9v b\r\n", 0 },
		{ "ma AAE= b N0 k v\r\n", "VA 1 kAAE= b\r\n0\r\n", 0 },
		{ "mg *** b v\r\n", "CLIENT_ERROR error decoding key\r\n", 0 },
		{ "mg Zm9 b v\r\n", "CLIENT_ERROR error decoding key\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_stale_and_win(void **state)
{
	static const struct ask_line lines[] = {
		{ "mg viv N30 t v\r\n", "VA 0 t30 W\r\n\r\n", 0 },
		{ "mg viv N30 t v\r\n", "VA 0 t30 Z\r\n\r\n", 0 },
		{ "ms foo 1 T100\r\na\r\n", "HD\r\n", 0 },
		{ "mg foo R30\r\n", "HD\r\n", 0 },
		{ NULL, NULL, 80 },
		{ "mg foo R30\r\nmg foo R30\r\n", "HD W\r\nHD Z\r\n", 0 },
		{ "ms foo 1 T100 c\r\na\r\n", "HD c3\r\n", 0 },
		{ "md foo I T50\r\n", "HD\r\n", 0 },
		{ "mg foo t c v\r\n", "VA 1 t50 c4 X W\r\na\r\n", 0 },
		{ "mg foo t c v\r\n", "VA 1 t50 c4 Z X\r\na\r\n", 0 },
		{ "ms foo 1 I C3\r\nb\r\n", "HD\r\n", 0 },
		{ "mg foo t v\r\n", "VA 1 t50 Z X\r\nb\r\n", 0 },
		{ "ms foo 1 I C99\r\nc\r\n", "EX\r\n", 0 },
		{ "ms foo 1 C5\r\nc\r\nmg foo v\r\n", "HD\r\nVA 1\r\nc\r\n", 0 },
	};

	ASK_TABLE(lines);
}

static void test_delete_and_arithmetic(void **state)
{
	static const struct ask_line lines[] = {
		{ "md foo\r\nmd foo k O7\r\n", "NF\r\nNF kfoo O7\r\n", 0 },
		{ "ms foo 1\r\na\r\nmd foo C5\r\nmd foo C0\r\nmd foo C1 q\r\nmg foo\r\n",
			"HD\r\nEX\r\nEX\r\nEN\r\n", 0 },
		{ "ma n\r\n", "NF\r\n", 0 },
		{ "ma n N0 J13 v\r\n", "VA 2\r\n13\r\n", 0 },
		{ "ma n v\r\nma n D10 v t c\r\n", "VA 2\r\n14\r\nVA 2 t-1 c4\r\n24\r\n", 0 },
		{ "ma n MD D4 v\r\nma n M- v\r\nma n M+ v\r\nma n MI v\r\n",
			"VA 2\r\n20\r\nVA 2\r\n19\r\nVA 2\r\n20\r\nVA 2\r\n21\r\n", 0 },
		{ "ma n MD D100 v\r\n", "VA 1\r\n0\r\n", 0 },
		{ "ma n T30 t v\r\nma n q\r\nma n t k Oz\r\n", "VA 1 t30\r\n1\r\nHD t30 kn Oz\r\n",
			0 },
		{ "ma n C1\r\n", "EX\r\n", 0 },
		{ "ma n MX\r\n", "CLIENT_ERROR invalid mode for ma M token\r\n", 0 },
		{ "ma n Dx\r\n", "CLIENT_ERROR invalid or duplicate flag\r\n", 0 },
		{ "ms t 1\r\nt\r\nma t\r\n",
			"HD\r\nCLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
			0 },
	};

	ASK_TABLE(lines);
}

static void test_errors(void **state)
{
	static const struct ask_line lines[] = {
		{ "mg\r\nms\r\nmd\r\nma\r\n", "ERROR\r\nERROR\r\nERROR\r\nERROR\r\n", 0 },
		{ "mx foo\r\n", "ERROR\r\n", 0 },
		{ "me\r\n", BADLINE, 0 },
		{ "mg foo v v\r\n", "CLIENT_ERROR duplicate flag\r\n", 0 },
		{ "mg foo !\r\n", "CLIENT_ERROR invalid flag\r\n", 0 },
		{ "mg foo Tx\r\n", "CLIENT_ERROR bad token in command line format\r\n", 0 },
		{ "mg foo " OPAQUE "1\r\nmg foo " OPAQUE "12\r\n",
			"EN " OPAQUE "1\r\nCLIENT_ERROR opaque token too long\r\n", 0 },
		{ "mg foo a b c d e f g h i j k l m n o p q r s t\r\n",
			"CLIENT_ERROR options flags are too long\r\n", 0 },
		{ "ms foo\r\n", BADLINE, 0 },
		{ "ms foo x\r\n", BADLINE, 0 },
		{ "ms foo -1\r\n", BADLINE, 0 },
		{ "ms foo 2 MX\r\nab\r\nmn\r\n",
			"CLIENT_ERROR invalid mode for ms M token\r\nMN\r\n", 0 },
		{ "ms foo 2 MXX\r\nab\r\nmn\r\n",
			"CLIENT_ERROR incorrect length for M token\r\nMN\r\n", 0 },
		{ "ms foo 2 S S\r\nab\r\nmn\r\n", "CLIENT_ERROR invalid flag\r\nMN\r\n", 0 },
		{ "ms foo 2\r\nabc\r\n", "CLIENT_ERROR bad data chunk\r\nERROR\r\n", 0 },
		{ "ms foo 2 q\r\nab\r\nms foo 2 q ME\r\nab\r\n", "NS\r\n", 0 },
		{ "md foo k k\r\n", "CLIENT_ERROR invalid or duplicate flag\r\n", 0 },
	};

	ASK_TABLE(lines);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_get),
		cmocka_unit_test(test_binary_keys),
		cmocka_unit_test(test_stale_and_win),
		cmocka_unit_test(test_delete_and_arithmetic),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Compound elements, their parameters and overloads, and $variables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/test/config_check.h"

static void test_compound(void **state)
{
	static const struct config_case cases[] = {
		{ "a, b :: I; a -> { input -> X -> output } -> b",
			"a :: I;\nb :: I;\n@3/X@1 :: X;\n\na -> @3/X@1\n    -> b;\n" },
		{ "a, b, c, d :: I; q :: { input -> X -> output; input [1] -> Y -> [1] output };"
		  "a -> q -> b; c -> [1] q [1] -> d",
			"a :: I;\nb :: I;\nc :: I;\nd :: I;\nq/X@1 :: X;\nq/Y@2 :: Y;\n\n"
			"a -> q/X@1\n    -> b;\nc -> q/Y@2\n    -> d;\n" },
		/* Wires that lead straight through. */
		{ "a, b :: I; a -> { -> } -> b; a [1] -> { [0] -> [0] } -> [1] b",
			"a :: I;\nb :: I;\n\na -> b;\na [1] -> [1] b;\n" },
		/* What nobody connects is not there. */
		{ "b :: I; { input -> X -> output } -> b", NULL },
		/* The order is Click's: a level after the other. */
		{ "elementclass A { x :: X; { y :: Y; { z :: Z } } } q :: A; l :: L; r :: A",
			"l :: L;\nq/x :: X;\nq/@2/y :: Y;\nq/@2/@2/z :: Z;\n"
			"r/x :: X;\nr/@2/y :: Y;\nr/@2/@2/z :: Z;\n" },
		/* Names are of their own scope. */
		{ "a :: A; q :: { a :: B -> output } -> a", "a :: A;\nq/a :: B;\n\nq/a -> a;\n" },
		{ "q :: { a :: B; a, a -> output } -> q2 :: { input -> (-> a :: A) }",
			"q/a :: B;\nq2/a :: A;\n\nq/a -> q2/a;\n" },
		{ "x, y :: { input -> a :: A -> output } -> z :: Z", NULL },
		{ "x, y :: { a :: A }", "x/a :: A;\ny/a :: A;\n" },
	};

	config_check_flats(cases, 3);
	config_check_warnings(cases[3].text, "");
	config_check_flats(cases + 4, 3);
	config_check_warnings(cases[7].text, "");
	config_check_flat(cases[8].text, cases[8].want);
}

static void test_elementclass(void **state)
{
	static const struct config_case cases[] = {
		{ "elementclass Q { input -> Queue -> Shaper(1000) -> output } a :: I -> q :: Q -> a",
			"a :: I;\nq/Queue@1 :: Queue;\nq/Shaper@2 :: Shaper(1000);\n\n"
			"a -> q/Queue@1\n    -> q/Shaper@2\n    -> a;\n" },
		/* Inside of a definition the name means what it meant before. */
		{ "elementclass Queue { -> Queue -> S -> } elementclass Queue { -> Queue -> T -> }"
		  "a :: I -> Queue -> a",
			"a :: I;\nQueue@2/T@2 :: T;\nQueue@2/Queue@1/Queue@1 :: Queue;\n"
			"Queue@2/Queue@1/S@2 :: S;\n\n"
			"a -> Queue@2/Queue@1/Queue@1\n    -> Queue@2/Queue@1/S@2\n"
			"    -> Queue@2/T@2\n    -> a;\n" },
		/* What is declared before is not changed by it. */
		{ "elementclass A { B } elementclass B { C } A; B; c :: D",
			"c :: D;\nA@1/B@1 :: B;\nB@2/C@1 :: C;\n" },
		/* The scope of a class ends with what is around it. */
		{ "q :: { elementclass A { x :: X } a :: A } b :: A", "b :: A;\nq/a/x :: X;\n" },
		{ "q :: ( elementclass A { x :: X } ) b :: A", NULL },
		{ "(elementclass A { x :: X }) b :: A", "b/x :: X;\n" },
		/* Other names. */
		{ "elementclass MyQueue Queue; MyQueue(5); q :: MyQueue",
			"MyQueue@1 :: Queue(5);\nq :: Queue;\n" },
		{ "elementclass A { x :: X } elementclass B A; elementclass A Y; B; A",
			"A@2 :: Y;\nB@1/x :: X;\n" },
	};

	config_check_flats(cases, 4);
	config_check_errors(
		cases[4].text, "f:1: syntax error near '(': expected a class after '::'\n");
	config_check_flats(cases + 5, 3);
}

static void test_params(void **state)
{
	static const struct config_case cases[] = {
		{ "q :: { $a | A(1, $a, 3) } (100)", "q/A@1 :: A(1, 100, 3);\n" },
		{ "q :: { $a, KEY $k | A($k, $a) } (100, KEY 1 2)", "q/A@1 :: A(1 2, 100);\n" },
		{ "q :: { KEY $k, $$ | }", NULL },
		{ "q :: { $a, COUNT $count, __REST__ $rest | A($a.$count.$rest) } (1, 2, COUNT 3, FOO 4)",
			"q/A@1 :: A(1.3.2, FOO 4);\n" },
		{ "q :: { __REST__ $r | A($r) }", "q/A@1 :: A;\n" },
		{ "q :: { __REST__ $r | A($r) } (a,,b, /* c */)", "q/A@1 :: A(a, , b);\n" },
		{ "q :: { | A($r) } ( )", "q/A@1 :: A($r);\n" },
		/* Comments and spaces around an argument do not belong to it; those in quotes do.
		 */
		{ "q :: { $a, $b | A(<$a><$b>) } ( x /* y */ z , ' , ' // ,\n )",
			"q/A@1 :: A(<x z><' , '>);\n" },
		/* The last of a keyword counts. */
		{ "q :: { K $k | A($k) } (K 1, K 2)", "q/A@1 :: A(2);\n" },
		/* Scopes nest as they are written, not as they are used. */
		{ "elementclass F { $a | elementclass B { $b | D($a) } elementclass Z { $a | I; B($a) }"
		  "Z(x) } F(stop)",
			"F@1/Z@1/I@1 :: I;\nF@1/Z@1/B@2/D@1 :: D(stop);\n" },
		{ "elementclass F { $a | D($a) } elementclass G { $a, $b | F($b) } G(x stop, stop)",
			"G@1/F@1/D@1 :: D(stop);\n" },
	};

	config_check_flats(cases, 2);
	config_check_flats(cases + 3, 8);
	config_check_flat("elementclass S { $a | A(\"$a\") } S(\"x\\\"\" y 'z\"$')",
		"S@1/A@1 :: A(\"x\\\" y z\\\"\\$\");\n");
}

static void test_overload(void **state)
{
	static const char foo[] = "elementclass Foo { $a, $b | input -> P(1) -> output\n"
				  "|| $a, __REST__ $b | input -> P(2) -> output\n"
				  "|| $a, TWO $b, __REST__ $c | input -> P(3) -> output }\n"
				  "I -> Foo(A) -> f :: Foo(A, TWO B)\n"
				  "elementclass Foo { $a, $b | input -> P(4) -> output || ... }\n"
				  "f -> Foo(A, B) -> Foo(A, B, C) -> D\n";
	static const struct config_case cases[] = {
		{ foo, "I@1 :: I;\nD@6 :: D;\nFoo@2/P@1 :: P(2);\nf/P@1 :: P(1);\nFoo@4/P@1 :: P(4);\n"
		       "Foo@5/P@1 :: P(2);\n\nI@1 -> Foo@2/P@1\n    -> f/P@1\n    -> Foo@4/P@1\n"
		       "    -> Foo@5/P@1\n    -> D@6;\n" },
		/* By ports. */
		{ "elementclass F { A -> output || input -> B || input -> C -> output || Z }"
		  "F -> F -> F; F",
			"F@1/A@1 :: A;\nF@2/C@1 :: C;\nF@3/B@1 :: B;\nF@4/Z@1 :: Z;\n\n"
			"F@1/A@1 -> F@2/C@1\n    -> F@3/B@1;\n" },
		/* The rest is the program's class. */
		{ "elementclass Queue { $a, $b | input -> Queue($a) -> S($b) -> output || ... }"
		  "a :: I -> Queue(1, 2) -> q :: Queue(1) -> Queue -> a",
			"a :: I;\nq :: Queue(1);\nQueue@4 :: Queue;\nQueue@2/Queue@1 :: Queue(1);\n"
			"Queue@2/S@2 :: S(2);\n\na -> Queue@2/Queue@1\n    -> Queue@2/S@2\n    -> q\n"
			"    -> Queue@4\n    -> a;\n" },
	};

	config_check_flats(cases, sizeof(cases) / sizeof(cases[0]));
	/* A lone definition fits all ports; what leads nowhere is said. */
	config_check_warnings("a :: I -> [1] b :: { input -> X -> output }; b [2] -> a;",
		"f:1: warning: b: input 1 is connected, but leads nowhere\n"
		"f:1: warning: b: output 2 is connected, but nothing comes there\n");
}

static void test_define(void **state)
{
	static const struct config_case cases[] = {
		{ "define($a 2) A($a)", "A@1 :: A(2);\n" },
		/* All of a scope at once. */
		{ "A($a); define($b $a$a, $a 2) B($b)", "A@1 :: A(2);\nB@2 :: B(22);\n" },
		{ "define($a 1 2, $b , $c) A(<$a|$b|$c|$d>)", "A@1 :: A(<1 2|||$d>);\n" },
		{ "define($a 1) q :: { define($a 2) A($a); r :: { A($a) } } A($a) ",
			"A@2 :: A(1);\nq/A@1 :: A(2);\nq/r/A@1 :: A(2);\n" },
		/* The outer one, where it would be itself. */
		{ "define($a 1, $z $z) q :: { define($a <$a>) A($a $z) }",
			"q/A@1 :: A(<1> $z);\n" },
		{ "define($a $b, $b $a) A($a)", "A@1 :: A($a);\n" },
		{ "q :: { $a | define($b x$a) r :: { $a | A($b $a) } (7) } (6)",
			"q/r/A@1 :: A(x6 7);\n" },
		/* What they are not replaced in. */
		{ "define($a 2) A('$a' \"\\$a $a\" /* $a */ // $a\n $ $() $a $ab ${a}b ${} ${a ${a+})",
			"A@1 :: A('$a' \"\\$a 2\" /* $a */ // $a\n $ $() 2 $ab 2b ${} ${a ${a+});\n" },
		{ "define($a 41) A(\\<00 $a> \"\\<$a>\")", "A@1 :: A(\\<00 41> \"\\<41>\");\n" },
		{ "define($a 'x $b', $b 3) A(\"$a\" $a)", "A@1 :: A(\"x \\$b\" 'x $b');\n" },
		{ "define($a \"\\000\\n\\\\x\") A(\"$a\")", "A@1 :: A(\"\\000\\012\\\\x\");\n" },
		{ "A(${a-5} ${b-} ${c-$d} ${d-$e}) define($d 1, $a 2)", "A@1 :: A(2  1 1);\n" },
		{ "define($v a 'b c' d) A(${v[0]}, ${v[1]}, ${ v [ 2 ] }, ${v[3]}, ${v[x]}, ${v[$i]})"
		  "define($i 0)",
			"A@1 :: A(a, 'b c', d, , ${v[x]}, a);\n" },
		{ "define($j sub) S(print $($j 8 5), $($j.run))",
			"S@1 :: S(print $(sub 8 5), $(sub.run));\n" },
		{ "define($h #5) A(\n$h,\n\"\n$h\")", "A@1 :: A(\n #5,\n\"\n#5\");\n" },
	};

	config_check_flats(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_outside(void **state)
{
	const struct nf_config_define defines[] = { { "a", " 1 /* c */ " }, { "b", "<$a$c>" },
		{ "dup", "1" }, { "dup", "2" } };

	config_check_defined("define($a 2, $c 3) A($a $b $dup) q :: { define($a 4) A($a $b) }",
		defines, 4, "A@1 :: A(1 <13> 2);\nq/A@1 :: A(4 <13>);\n");
}

/* Sixteen times sixteen times ... is more than there may be, and ends soon. */
static void test_limits(void **state)
{
	struct nf_text t = { 0 };

	for (unsigned i = 0; i < 50; i++)
		nf_text_printf(&t, "elementclass A%u { A%u, A%u, A%u, A%u }", i + 1, i, i, i, i);
	nf_text_printf(&t, "A50");
	assert_int_not_equal(config_check_try(t.s, t.len), 0);
	t.len = 0;
	nf_text_printf(&t, "elementclass A0 {}");
	for (unsigned i = 0; i < 50; i++)
		nf_text_printf(&t, "elementclass A%u { A%u, A%u }", i + 1, i, i);
	nf_text_printf(&t, "A50");
	assert_int_not_equal(config_check_try(t.s, t.len), 0);
	t.len = 0;
	nf_text_printf(&t, "elementclass A0 { $a | X($a) }");
	for (unsigned i = 0; i < 50; i++)
		nf_text_printf(&t, "elementclass A%u { $a | A%u($a $a) }", i + 1, i);
	nf_text_printf(&t, "A50(x)");
	assert_int_not_equal(config_check_try(t.s, t.len), 0);
	t.len = 0;
	nf_text_printf(&t, "define(");
	for (unsigned i = 0; i < 30; i++)
		nf_text_printf(&t, "$a%u $a%u$a%u$a%u,", i + 1, i, i, i);
	nf_text_printf(&t, "$a0 ) A($a30)");
	assert_int_not_equal(config_check_try(t.s, t.len), 0);
	nf_text_free(&t);
}

static void test_depth(void **state)
{
	static const char *const open[] = { "{", "(", "{(", "a :: {" }, *const close[] = { "}", ")",
		")}", "}" };

	for (unsigned k = 0; k < 4; k++) {
		unsigned step = k == 2 ? 2 : 1;

		for (unsigned depth = 62; depth <= 66; depth++) {
			struct nf_text t = { 0 };

			for (unsigned i = 0; i < depth; i += step)
				nf_text_printf(&t, "%s", open[k]);
			nf_text_printf(&t, "A;");
			for (unsigned i = 0; i < depth; i += step)
				nf_text_printf(&t, "%s", close[k]);
			assert_int_equal(config_check_try(t.s, t.len) == 0,
				depth + (depth % step) <= NF_CONFIG_DEPTH_MAX);
			nf_text_free(&t);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compound),
		cmocka_unit_test(test_elementclass),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_overload),
		cmocka_unit_test(test_define),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

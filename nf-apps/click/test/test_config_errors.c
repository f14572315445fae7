/* SPDX-License-Identifier: BSD-3-Clause */
/* What is wrong is said once, with its place, and the reader goes on behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/test/config_check.h"

static void test_syntax(void **state)
{
	static const struct config_case cases[] = {
		{ "->Null;", "f:1: syntax error near '->'\n" },
		{ "a -> ;\nb :: C", "f:1: syntax error near ';'\n" },
		{ "a -> }\nb", "f:1: syntax error near '}'\n" },
		{ "a :: A)", "f:1: syntax error near ')'\n" },
		{ "a ::\n\n",
			"f:3: syntax error near the end of the text: expected a class after '::'\n" },
		{ "a :: ->", "f:1: syntax error near '->': expected a class after '::'\n" },
		{ "a :: A(1)(2)", "f:1: syntax error near '('\n" },
		{ "g :: (-> A)", "f:1: syntax error near '(': expected a class after '::'\n" },
		{ "a -> $b", "f:1: syntax error near '$b'\n" },
		{ "a -> \x01", "f:1: syntax error near byte 0x01\n" },
		{ "\n a [b] -> c", "f:2: syntax error near 'b': expected a port number\n" },
		{ "a [1 2] -> c",
			"f:1: syntax error near '2': expected ',' or ']' in a list of ports\n" },
		{ "a [-1] -> c", "f:1: syntax error near '-': expected a port number\n" },
		{ "elementclass -> x",
			"f:1: syntax error near '->': expected the name of a class\n" },
		{ "elementclass X;",
			"f:1: syntax error near ';': expected '{' or the name of a class\n" },
		{ "define $a 1", "f:1: syntax error near '$a': expected '('\n" },
		{ "q :: { $a, b | }", "f:1: syntax error near 'b': expected a $variable\n" },
		{ "q :: { $a; | }",
			"f:1: syntax error near ';': expected ',' or '|' after a parameter\n" },
		{ "\na :: A(1, (2)\n\n", "f:2: this '(' is never closed\n" },
		{ "a :: A(\"1)", "f:1: this '(' is never closed\n" },
		{ "a -> (b ->", "f:1: this '(' is never closed\n" },
		{ "q :: {\n a -> b;", "f:1: this '{' is never closed\n" },
		{ "q :: { a -> (b -> c } d :: D", "f:1: this '(' is never closed\n" },
		{ "# foo\n", "f:1: a line that begins with '#' has to be '# LINE \"FILE\"'\n" },
	};

	config_check_all_errors(cases, sizeof(cases) / sizeof(cases[0]));
}

/* All of them in one go, and nothing that is not one. */
static void test_recovery(void **state)
{
	config_check_errors("a :: A;\n"
			    "a -> -> b; c -> d;\n"
			    "e :: { x -> [ y; z -> ; \n"
			    "  u -> v };\n"
			    "f :: F -> g { h } i :: ;\n"
			    "# 50 \"other\"\n"
			    "a ( , { -> ) j;\n"
			    "k [z] { -> ; } -> l; m ::\n"
			    "elementclass N { -> }\n"
			    "a :: B\n"
			    "o -> )\n",
		"f:2: syntax error near '->'\n"
		"f:3: syntax error near 'y': expected a port number\n"
		"f:5: syntax error near ';': expected a class after '::'\n"
		"other:50: arguments for 'a', which was declared before\n"
		"other:51: syntax error near 'z': expected a port number\n"
		"other:52: syntax error near 'elementclass': expected a class after '::'\n"
		"other:53: redeclaration of element 'a'\n"
		"f:1: element 'a' previously declared here\n"
		"other:54: syntax error near ')'\n");
}

static void test_names(void **state)
{
	static const struct config_case cases[] = {
		{ "a :: A;\n\na :: B", "f:3: redeclaration of element 'a'\n"
				       "f:1: element 'a' previously declared here\n" },
		{ "a, a :: A", "f:1: redeclaration of element 'a'\n"
			       "f:1: element 'a' previously declared here\n" },
		{ "a :: A; a(1) -> b", "f:1: arguments for 'a', which was declared before\n" },
		{ "elementclass A {} A :: B", "f:1: class 'A' used as element name\n" },
		{ "1 :: A; a/2 :: B; 3x :: C",
			"f:1: element name '1' has a part that is only digits\n"
			"f:1: element name 'a/2' has a part that is only digits\n" },
		{ "input -> A; B -> output",
			"f:1: 'input' has a meaning only inside of compound elements and groups\n"
			"f:1: 'output' has a meaning only inside of compound elements and groups\n" },
		{ "{ input :: A }", "f:1: redeclaration of element 'input'\n" },
		/* One is written so, the other comes to be. */
		{ "a/b :: B;\na :: {\nb :: C }", "f:3: redeclaration of element 'a/b'\n"
						 "f:1: element 'a/b' previously declared here\n" },
	};

	config_check_all_errors(cases, sizeof(cases) / sizeof(cases[0]));
	config_check_flat("input :: A -> B", "input :: A;\nB@2 :: B;\n\ninput -> B@2;\n");
}

static void test_ports(void **state)
{
	static const struct config_case cases[] = {
		{ "a, b :: I; a [0,1] => [0,1,2] b;\na [] => [] b",
			"f:1: connection mismatch: 2 outputs connected to 3 inputs\n"
			"f:2: at most one expandable port allowed per connection\n" },
		{ "a, b :: I; a [0,1,2] -> [0,1,2] b",
			"f:1: syntax error: many-to-many connections require '=>'\n" },
		{ "a, b :: I; a [0,1,2,] => [0,1] b",
			"f:1: connection mismatch: 3 or more outputs connected to 2 inputs\n" },
		{ "[1] a -> b",
			"f:1: input ports with nothing connected to them at the begin of a chain\n" },
		{ "a -> b [0]",
			"f:1: output ports with nothing connected to them at the end of a chain\n" },
		{ "a [4095] -> b; a [4096] -> b",
			"f:1: port 4096 is too large: 4095 is the last\n" },
		{ "a [99999999999999999999999] -> b",
			"f:1: port 99999999999999999999999 is too large: 4095 is the last\n" },
		{ "a [3-1] -> b", "f:1: ports 3-1: the first is larger\n" },
		{ "{ -> A -> [1] -> B }", "f:1: syntax error near '->'\n" },
		{ "{ -> A -> [1], B -> C }",
			"f:1: syntax error near '->': expected an element in front of it\n" },
		{ "{ [1] }", "f:1: syntax error near '}'\n" },
	};

	config_check_all_errors(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_compound(void **state)
{
	static const struct config_case cases[] = {
		{ "q ::\n{ input [1] -> X -> output }",
			"f:2: compound element: input 0 is not used, but 1 is\n" },
		{ "elementclass Q\n{ X -> [2] output; Y -> output }",
			"f:2: compound element Q: output 1 is not used, but 2 is\n" },
		{ "{ X -> input; output -> Y }",
			"f:1: compound element: nothing can go to its 'input'\n"
			"f:1: compound element: nothing can come from its 'output'\n" },
		{ "x -> ( [0]->[0]; [2]->I )",
			"f:1: group: input 1 is not used, but 2 is\n"
			"f:1: output ports with nothing connected to them at the "
			"end of a chain\n" },
		{ "q :: { $a, $a | }", "f:1: $a is defined twice\n" },
		{ "define($a 1, $b 2, $a 3)", "f:1: $a is defined twice\n" },
		{ "define(a 1, $, $b=4)", "f:1: define(a 1): has to be $NAME VALUE\n"
					  "f:1: define($): has to be $NAME VALUE\n"
					  "f:1: define($b=4): has to be $NAME VALUE\n" },
		{ "q :: { K $a, $b | }",
			"f:1: $b: parameters by position come first, __REST__ last\n" },
		{ "q :: { __REST__ $a, K $b | }",
			"f:1: $b: parameters by position come first, __REST__ last\n" },
		{ "q :: { K $a, K $b | }",
			"f:1: keyword K is there twice\n"
			"f:1: q: no match for { ... } with 0 arguments, 0 inputs, 0 outputs; "
			"there is\n  f:1: { ... } (K, K) with 0 inputs, 0 outputs\n" },
		{ "elementclass Q { ... }",
			"f:1: '...' comes last, after one or more definitions\n" },
		{ "elementclass Q { A || ... || B }",
			"f:1: '...' comes last, after one or more definitions\n" },
		{ "q :: { A || ... }", "f:1: '...' needs a name that 'elementclass' gives\n" },
	};

	config_check_all_errors(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_match(void **state)
{
	static const struct config_case cases[] = {
		{ "q :: { $a, $b | }\n(1)",
			"f:1: q: no match for { ... } with 1 argument, 0 inputs, 0 outputs; "
			"there is\n  f:1: { ... } (<arg>, <arg>) with 0 inputs, 0 outputs\n" },
		{ "q :: { $a | } (1, 2)",
			"f:1: q: no match for { ... } with 2 arguments, 0 inputs, 0 outputs; "
			"there is\n  f:1: { ... } (<arg>) with 0 inputs, 0 outputs\n" },
		{ "elementclass Q { COUNT $count | -> } a ->\nQ(1)",
			"f:2: Q@2: no match for Q with 1 argument, 1 input, 0 outputs; "
			"there is\n  f:1: Q(COUNT) with 1 input, 1 output\n" },
		/* Overloads are those that were there before. */
		{ "elementclass T { $a | } t :: T(1, 2);\nelementclass T { $a, __REST__ $b | || ... }",
			"f:1: t: no match for T with 2 arguments, 0 inputs, 0 outputs; "
			"there is\n  f:1: T(<arg>) with 0 inputs, 0 outputs\n" },
		{ "elementclass T { -> A ->\n||\n B -> } T -> T -> T",
			"f:3: T@3: no match for T with 0 arguments, 1 input, 0 outputs; "
			"there is\n  f:1: T() with 1 input, 1 output\n  f:3: T() with 0 inputs, 1 output\n" },
	};

	config_check_all_errors(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Values can break what is around them. */
static void test_variables(void **state)
{
	static const struct config_case cases[] = {
		{ "q :: { $x | A((${x-)}) } (1)",
			"f:1: with $variables replaced, the arguments cannot be read: '(1'\n" },
		{ "define($x /) A($x$x 3)",
			"f:1: with $variables replaced, the arguments cannot be read: '// 3'\n" },
		{ "define($a x) B(${a-'})')",
			"f:1: with $variables replaced, the arguments cannot be read: 'x)''\n" },
		/* A variable that came about by chance. */
		{ "define($a {b-c}) A($$a)",
			"f:1: with $variables replaced, the arguments cannot be read: '${b-c}'\n" },
	};

	config_check_all_errors(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_zero(void **state)
{
	assert_int_not_equal(config_check_try("a :: A\0;", 8), 0);
	assert_int_not_equal(config_check_try("\0", 1), 0);
	assert_int_equal(config_check_try(NULL, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_compound),
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

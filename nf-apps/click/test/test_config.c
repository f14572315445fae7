/* SPDX-License-Identifier: BSD-3-Clause */
/* Click's language without compound elements: declarations, connections, groups, words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/test/config_check.h"

static void test_declarations(void **state)
{
	static const struct config_case cases[] = {
		{ "", "" },
		{ " ;; ; ", "" },
		{ "a :: Idle", "a :: Idle;\n" },
		{ "a :: Idle;b::Idle()", "a :: Idle;\nb :: Idle;\n" },
		{ "a, b, c :: Queue(5)", "a :: Queue(5);\nb :: Queue(5);\nc :: Queue(5);\n" },
		{ "a :: X b :: Y(1)\nc :: Z", "a :: X;\nb :: Y(1);\nc :: Z;\n" },
		{ "a :: X, b :: Y(2);", "a :: X;\nb :: Y(2);\n" },
		/* Element names and class names may be alike. */
		{ "Queue :: Queue(1);", "Queue :: Queue(1);\n" },
		{ "a/b_1@x :: C@2/d", "a/b_1@x :: C@2/d;\n" },
		/* Classes alone are elements without a name. */
		{ "Idle; Queue(3)", "Idle@1 :: Idle;\nQueue@2 :: Queue(3);\n" },
		/* Arguments are for all of a list, but the classes are what stands there. */
		{ "Idle, Queue(3)", "Idle@1 :: Idle(3);\nQueue@2 :: Queue(3);\n" },
	};

	config_check_flats(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_anonymous(void **state)
{
	static const struct config_case cases[] = {
		/* The number counts all elements of the scope. */
		{ "a :: Idle; a -> Queue -> Discard",
			"a :: Idle;\nQueue@2 :: Queue;\nDiscard@3 :: Discard;\n\n"
			"a -> Queue@2\n    -> Discard@3;\n" },
		{ "Idle -> Null -> Null -> Discard",
			"Idle@1 :: Idle;\nNull@2 :: Null;\nNull@3 :: Null;\nDiscard@4 :: Discard;\n\n"
			"Idle@1 -> Null@2\n    -> Null@3\n    -> Discard@4;\n" },
		/* A name that is taken is left to whoever has it, also if that comes later. */
		{ "Queue; Queue@1, Queue@2 :: Idle",
			"Queue@3 :: Queue;\nQueue@1 :: Idle;\nQueue@2 :: Idle;\n" },
		/* A group counts three. */
		{ "a :: A; a -> (B -> C ->) -> D",
			"a :: A;\nB@5 :: B;\nC@6 :: C;\nD@7 :: D;\n\na -> D@7;\nB@5 -> C@6;\n" },
	};

	config_check_flats(cases, 3);
	/* That group has an output only. */
	config_check_warnings(
		cases[3].text, "f:1: warning: a connection to this group leads nowhere\n");
}

static void test_connections(void **state)
{
	static const struct config_case cases[] = {
		{ "a :: A; b :: B; a -> b; a -> b; a [0] -> [0] b",
			"a :: A;\nb :: B;\n\na -> b;\n" },
		{ "a :: A; b :: B; a[1] -> [2]b[3] -> [4]a",
			"a :: A;\nb :: B;\n\na [1] -> [2] b;\nb [3] -> [4] a;\n" },
		{ "a :: A -> [1] b :: B(x) [0x2] -> C(y)",
			"a :: A;\nb :: B(x);\nC@3 :: C(y);\n\na -> [1] b;\nb [2] -> C@3;\n" },
		{ "a :: A; a -> a", "a :: A;\n\na -> a;\n" },
		{ "a :: A; b :: B; a -> b -> a", "a :: A;\nb :: B;\n\na -> b\n    -> a;\n" },
		{ "a, b :: A; c :: C; a, b -> c; c -> a, [1]b",
			"a :: A;\nb :: A;\nc :: C;\n\nb -> c;\nc -> [1] b;\na -> c\n    -> a;\n" },
		/* In a connection a declaration is of one name. */
		{ "a :: A; a, b :: B -> c :: C",
			"a :: A;\nb :: B;\nc :: C;\n\na -> c;\nb -> c;\n" },
		{ "a :: A -> b :: B; a [1], b -> C,", "a :: A;\nb :: B;\nC@3 :: C;\n\n"
						      "a -> b\n    -> C@3;\na [1] -> C@3;\n" },
		/* No semicolons. */
		{ "a :: A -> B c :: C -> D", "a :: A;\nB@2 :: B;\nc :: C;\nD@4 :: D;\n\n"
					     "a -> B@2;\nc -> D@4;\n" },
	};

	config_check_flats(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_many(void **state)
{
	static const struct config_case cases[] = {
		{ "a, b, c :: I; a => b, c, [0,1] a",
			"a :: I;\nb :: I;\nc :: I;\n\n"
			"a [1] -> c;\na [2] -> a\n    -> b;\na [3] -> [1] a;\n" },
		{ "a, b :: I; a [0-2] => [1,3,5] b",
			"a :: I;\nb :: I;\n\na -> [1] b;\na [1] -> [3] b;\na [2] -> [5] b;\n" },
		{ "a, b :: I; a [0,1] -> b", "a :: I;\nb :: I;\n\na -> b;\na [1] -> b;\n" },
		{ "a, b :: I; a -> [2,0] b", "a :: I;\nb :: I;\n\na -> b;\na -> [2] b;\n" },
		{ "a, b, c :: I; a, b => c",
			"a :: I;\nb :: I;\nc :: I;\n\na -> c;\nb -> [1] c;\n" },
		{ "a, b :: I; a => b", "a :: I;\nb :: I;\n\na -> b;\n" },
		{ "a, b, c :: I; a [2,] => b, [1,2] c",
			"a :: I;\nb :: I;\nc :: I;\n\na [2] -> b;\na [3] -> [1] c;\n"
			"a [4] -> [2] c;\n" },
		{ "a, b, c :: I; a [] => b, c",
			"a :: I;\nb :: I;\nc :: I;\n\na -> b;\na [1] -> c;\n" },
		{ "a, b, c :: I; a [0,] , b => [1-4] c",
			"a :: I;\nb :: I;\nc :: I;\n\na -> [1] c;\na [1] -> [2] c;\n"
			"a [2] -> [3] c;\nb -> [4] c;\n" },
		{ "c :: Classifier(x, y) => Paint(0), Paint(1) -> d :: D",
			"c :: Classifier(x, y);\nPaint@2 :: Paint(0);\nPaint@3 :: Paint(1);\nd :: D;\n\n"
			"c -> Paint@2\n    -> d;\nc [1] -> Paint@3\n    -> d;\n" },
	};

	config_check_flats(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_groups(void **state)
{
	static const struct config_case cases[] = {
		{ "x, y :: I; x -> ( input -> output ) -> y", "x :: I;\ny :: I;\n\nx -> y;\n" },
		{ "x, y :: I; x -> ( [0] -> [0] ) -> y", "x :: I;\ny :: I;\n\nx -> y;\n" },
		{ "x, y :: I; x -> (->) -> y", "x :: I;\ny :: I;\n\nx -> y;\n" },
		{ "x, y :: I; x -> ( [0]->[0]; [1]->[1] ) => ( [0]->[0]; [1]->[1] ) -> y",
			"x :: I;\ny :: I;\n\nx -> y;\n" },
		{ "x, y :: I; x => ( [0]->[0]; [1]->[1] ) -> y",
			"x :: I;\ny :: I;\n\nx -> y;\nx [1] -> y;\n" },
		{ "x, y :: I; x => [0,1] ( [0]->[0]; [1]->[1] ) [1] -> y",
			"x :: I;\ny :: I;\n\nx [1] -> y;\n" },
		{ "x :: I -> c :: C => ( input -> output; input [1] -> P(1) -> output ) -> y :: I",
			"x :: I;\nc :: C;\nP@6 :: P(1);\ny :: I;\n\n"
			"x -> c\n    -> y;\nc [1] -> P@6\n    -> y;\n" },
		/* What is declared in a group is known after it. */
		{ "a :: I; a -> (-> b :: I ->) -> c :: I; b [1] -> c",
			"a :: I;\nb :: I;\nc :: I;\n\na -> b\n    -> c;\nb [1] -> c;\n" },
		{ "a, b, c, d :: I; a [0,1,2] => ( -> c ), ( -> b ), d;",
			"a :: I;\nb :: I;\nc :: I;\nd :: I;\n\na -> c;\na [1] -> b;\na [2] -> d;\n" },
		{ "a :: I; a -> (-> (-> (->) ->) ->) -> a", "a :: I;\n\na -> a;\n" },
		/* A circle of groups alone is nothing. */
		{ "a :: I; a -> (input, output -> output) -> a", NULL },
	};

	config_check_flats(cases, sizeof(cases) / sizeof(cases[0]) - 1);
	config_check_errors(cases[10].text, "f:1: group: nothing can come from its 'output'\n");
}

static void test_words(void **state)
{
	static const struct config_case cases[] = {
		{ "// a :: A;\nb /* :: */ ::// B\r\nC/**/;", "b :: C;\n" },
		/* Either comment ends a name. */
		{ "an/name//x\n:: A", "an/name :: A;\n" },
		{ "an/name/* :: B */:: A", "an/name :: A;\n" },
		{ "a :: A(one (two, (three)), \"four)\", ')', \\<29 )>)",
			"a :: A(one (two, (three)), \"four)\", ')', \\<29 )>);\n" },
		{ "a :: A(1 // )\n 2 /* ) */ \\)", "a :: A(1 // )\n 2 /* ) */ \\);\n" },
		{ "a :: A(\"\\\")\\\\\" '\\');b :: B", "a :: A(\"\\\")\\\\\" '\\');\nb :: B;\n" },
		{ "a :: A(\n\n 1,\n\t2 );", "a :: A(\n\n 1,\n\t2 );\n" },
		{ "a :: A(\xff\xfe\x80\x01)", "a :: A(\xff\xfe\x80\x01);\n" },
		{ "a::B->c::D->E[1]->[1]a", "a :: B;\nc :: D;\nE@3 :: E;\n\n"
					    "a -> c\n    -> E@3;\nE@3 [1] -> [1] a;\n" },
		{ "elementclasses :: A; defined, required :: B",
			"elementclasses :: A;\ndefined :: B;\nrequired :: B;\n" },
	};

	config_check_flats(cases, sizeof(cases) / sizeof(cases[0]));
}

static void test_require(void **state)
{
	config_check_flat("require(compact_config); a :: A; require( package foo,  bar /* x */,) ;",
		"require(compact_config, package foo, bar);\n\na :: A;\n");
	config_check_flat("require();", "");
	config_check_flat("provide(x, y) a :: A", "a :: A;\n");
}

/* A library is read once, beside who asks for it. */
static void test_library(void **state)
{
	config_check_flat("require(library lib, library lib3) a :: A; X($four)",
		"require(package x);\n\nX@2 :: X(4);\na/b/i :: Idle;\n");
	config_check_errors("\nrequire(a, library\"x.click\")\na ->",
		"f:3: syntax error near the end of the text\n");
	config_check_errors("\nrequire(library x/y)", "f:2: x/y: there is no such file\n");
	config_check_errors("q :: { require(library lib) }",
		"f:1: require(library lib) inside of an element\n");
	config_check_errors("require(library /bad) c -> ;",
		"/bad:3: syntax error near ';'\n/bad:3: syntax error near 'x': expected a port number\n"
		"f:1: syntax error near ';'\n");
	config_check_errors("require(library open) };",
		"open:1: this '{' is never closed\nf:1: syntax error near '}'\n");
}

/* Where each element and each link is from. */
static void test_where(void **state)
{
	static const char text[] = "a :: A;\n"
				   "# 100 \"other\"\n"
				   "b :: B(\n"
				   "#line 7\n"
				   ")\n"
				   "-> c\r\n"
				   ":: C\r"
				   "-> a\n"
				   "#   3 \"\"\n"
				   "a -> (-> d :: D\n ->)\n -> c;";
	static const char *const want[] = { "f:1", "other:100", "other:8", "f:3" };
	struct nf_errors errs = { 0 };
	struct nf_config *c;

	assert_int_equal(nf_config_parse(text, strlen(text), "f", NULL, 0, &c, &errs), 0);
	assert_int_equal(c->nb_elements, 4);
	for (unsigned i = 0; i < 4; i++)
		assert_string_equal(c->elements[i].where, want[i]);
	assert_string_equal(c->elements[1].args, "\n\n");
	assert_int_equal(c->nb_links, 4);
	assert_int_equal(c->links[0].from, 0);
	assert_int_equal(c->links[0].to, 3);
	assert_string_equal(c->links[0].where, "f:3");      /* a -> d */
	assert_string_equal(c->links[1].where, "other:8");  /* b -> c */
	assert_string_equal(c->links[2].where, "other:10"); /* c -> a */
	assert_string_equal(c->links[3].where, "f:4");      /* d -> c */
	assert_string_equal(c->requirements, "");
	nf_config_free(c);
	nf_errors_free(&errs);
	nf_config_free(NULL);
}

static void test_limits(void **state)
{
	struct nf_text t = { 0 };

	for (unsigned i = 0; i < NF_CONFIG_ELEMENTS_MAX; i++)
		nf_text_printf(&t, "I;");
	assert_int_equal(config_check_try(t.s, t.len), 0);
	nf_text_printf(&t, "I;");
	assert_int_not_equal(config_check_try(t.s, t.len), 0);
	t.len = 0;
	for (unsigned i = 0; i < NF_CONFIG_ELEMENTS_MAX * 5; i++)
		nf_text_printf(&t, "I;");
	assert_int_not_equal(config_check_try(t.s, t.len), 0);
	t.len = 0;
	nf_text_printf(&t, "a, b :: I;");
	for (unsigned i = 0; i < 64; i++)
		nf_text_printf(&t, "a [0-4095] => [%u,] b;", i);
	assert_int_not_equal(config_check_try(t.s, t.len), 0); /* ports beyond the last */
	nf_text_free(&t);

	t.s = calloc(1, NF_CONFIG_TEXT_MAX + 1);
	memset(t.s, ' ', NF_CONFIG_TEXT_MAX + 1);
	assert_int_equal(config_check_try(t.s, NF_CONFIG_TEXT_MAX), 0);
	assert_int_not_equal(config_check_try(t.s, NF_CONFIG_TEXT_MAX + 1), 0);
	free(t.s);
}

/* 2^17 ways lead through 17 pairs of groups, but to one place. */
static void test_many_ways(void **state)
{
	struct nf_text t = { 0 };

	nf_text_printf(&t, "a, b :: I; a -> ");
	for (unsigned i = 0; i < 17; i++)
		nf_text_printf(&t, "(-> [0,1]) => (input [0,1] -> output) -> ");
	nf_text_printf(&t, "b");
	config_check_warnings(nf_text_get(&t), "");
	nf_text_free(&t);
	config_check_flat("a, b :: I; a -> (-> [0,1]) => ([0,1] -> output) -> (-> [0,1]) -> b;",
		"a :: I;\nb :: I;\n\na -> b;\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declarations),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_connections),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_require),
		cmocka_unit_test(test_library),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_many_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

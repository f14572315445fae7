/* SPDX-License-Identifier: BSD-3-Clause */
/* Which text belongs to which argument, and how each type is read. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/click/args.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/click/test/args_router.h"

static struct nf_args a;
static struct nf_errors errs;

static void start(const char *text)
{
	nf_errors_free(&errs);
	assert_int_equal(nf_args_init(&a, text, fake_router_element(), "f:1", &errs), 0);
}

/* The arguments end well, or with just these messages. */
static void ends(const char *messages)
{
	assert_int_equal(nf_args_end(&a), *messages == 0 ? 0 : -EINVAL);
	assert_string_equal(nf_text_get(&errs.text), messages);
	nf_errors_free(&errs);
}

static void split(const char *text, unsigned nb, const char *const *want)
{
	start(text);
	assert_int_equal(a.nb, nb);
	assert_int_equal(nf_args_left(&a), nb);
	for (unsigned i = 0; i < nb; i++)
		assert_string_equal(nf_args_next(&a), want[i]);
	assert_null(nf_args_next(&a));
	ends("");
}

#define SPLIT(text, ...)                                                                           \
	do {                                                                                       \
		static const char *const want[] = { __VA_ARGS__ };                                 \
		split(text, UK_ARRAY_SIZE(want), want);                                            \
	} while (0)

static void test_split(void **state)
{
	split("", 0, NULL);
	split("   ", 0, NULL);
	split(" // nothing\n /* here */ ", 0, NULL);
	SPLIT("a", "a");
	SPLIT(" a , b  c ,\n d ", "a", "b  c", "d");
	SPLIT("a,b,", "a", "b");
	SPLIT("a,,b", "a", "", "b");
	SPLIT("a,,", "a", "");
	SPLIT(",", "");
	SPLIT(" , a", "", "a");
	SPLIT("\"x, y\", 'a, b', \\<2c, 2c>", "\"x, y\"", "'a, b'", "\\<2c, 2c>");
	SPLIT("(a, b)", "(a", "b)"); /* as in Click */
	SPLIT("a /*?*/ b, c // end\n d", "a b", "c d");
	SPLIT("a/*,*/b", "a b");
	SPLIT("\"a // b\"", "\"a // b\"");
	SPLIT("'a /* b'", "'a /* b'");
	SPLIT("a // x\r\nb", "a b");
	SPLIT("a /* not closed", "a");
	SPLIT("a / b", "a / b");
	SPLIT("\"not closed, a", "\"not closed, a");
	SPLIT("'not closed, \\', a", "'not closed, \\'", "a");
	SPLIT("\"a\\\", b\", c", "\"a\\\", b\"", "c");
	SPLIT("a\\, b", "a\\", "b");
	SPLIT("\\<00 /* > */ 01>, x", "\\<00 /* > */ 01>", "x");
	SPLIT("\\<00, 01", "\\<00, 01");
	SPLIT("\"\\<22>, \" , a", "\"\\<22>, \"", "a");
}

static void test_positional(void **state)
{
	uint32_t x = 0, y = 5, z = 6;

	start("1, 2");
	assert_true(nf_args_u32(&a, "X", NF_ARGS_POS | NF_ARGS_MUST, &x));
	assert_true(nf_args_u32(&a, "Y", NF_ARGS_POS, &y));
	assert_false(nf_args_u32(&a, "Z", NF_ARGS_POS, &z));
	ends("");
	assert_int_equal(x, 1);
	assert_int_equal(y, 2);
	assert_int_equal(z, 6);
}

static void test_keyword(void **state)
{
	uint32_t x = 0, y = 5, z = 6;

	start("Z 3, Y 2, X 1");
	assert_true(nf_args_u32(&a, "X", NF_ARGS_POS | NF_ARGS_MUST, &x));
	assert_true(nf_args_u32(&a, "Y", NF_ARGS_POS, &y));
	assert_true(nf_args_u32(&a, "Z", 0, &z));
	ends("");
	assert_int_equal(x * 100 + y * 10 + z, 123);
}

/* The last one counts, all are taken. */
static void test_keyword_twice(void **state)
{
	uint32_t x = 0;

	start("X 1, X 2, X   0x3");
	assert_true(nf_args_u32(&a, "X", NF_ARGS_POS, &x));
	ends("");
	assert_int_equal(x, 3);
}

static void test_mixed(void **state)
{
	uint32_t x = 0, y = 0, z = 0;

	start("1, Z 3, 2");
	assert_true(nf_args_u32(&a, "X", NF_ARGS_POS, &x));
	assert_true(nf_args_u32(&a, "Y", NF_ARGS_POS, &y));
	assert_true(nf_args_u32(&a, "Z", 0, &z));
	ends("");
	assert_int_equal(x * 100 + y * 10 + z, 123);
}

/* Positional arguments may come after one that was taken by its keyword. */
static void test_positional_after_keyword(void **state)
{
	uint32_t x = 0, y = 0;

	start("Y 1, 2");
	assert_true(nf_args_u32(&a, "Y", NF_ARGS_POS, &y));
	assert_true(nf_args_u32(&a, "X", NF_ARGS_POS, &x));
	ends("");
	assert_int_equal(x * 10 + y, 21);
}

/* An argument that may be positional and is given both ways: the keyword's counts if it is later.
 */
static void test_both_ways(void **state)
{
	uint32_t x = 0;

	start("1, X 2");
	assert_true(nf_args_u32(&a, "X", NF_ARGS_POS, &x));
	ends("");
	assert_int_equal(x, 2);
}

/* What is mandatory is taken even if it looks like a keyword. */
static void test_mandatory_looks_like_keyword(void **state)
{
	const char *s;

	start("host 1.2.3.4, N 5");
	assert_true(nf_args_raw(&a, "WHAT", NF_ARGS_POS | NF_ARGS_MUST, &s));
	assert_string_equal(s, "host 1.2.3.4");
	ends("f:1: N: unknown argument; expected 'WHAT'\n");
	start("host 1.2.3.4");
	assert_false(nf_args_raw(&a, "WHAT", NF_ARGS_POS, &s));
	ends("f:1: host: unknown argument; expected '[WHAT]'\n");
}

/* A number is no keyword, so that times with a space may be positional. */
static void test_number_and_unit(void **state)
{
	uint64_t t = 0;

	start("2 min");
	assert_true(nf_args_time_ns(&a, "T", NF_ARGS_POS, &t));
	ends("");
	assert_true(t == 120000000000);
}

static void test_left_over(void **state)
{
	start("1");
	ends("f:1: too many arguments; expected ''\n");
	start("A 1");
	ends("f:1: too many arguments; expected ''\n");
	start("A 1, B 2, 3");
	assert_string_equal(nf_args_next(&a), "A 1");
	assert_int_equal(nf_args_left(&a), 2);
	assert_string_equal(nf_args_next(&a), "B 2");
	assert_string_equal(nf_args_next(&a), "3");
	assert_null(nf_args_next(&a));
	ends("");
}

/* Keywords are taken out of a list by whoever asks for them; the rest stays in order. */
static void test_list_with_keywords(void **state)
{
	bool v = false;

	start("allow src 1.2.3.4, CACHE true, deny all");
	assert_true(nf_args_bool(&a, "CACHE", 0, &v));
	assert_int_equal(nf_args_left(&a), 2);
	assert_string_equal(nf_args_next(&a), "allow src 1.2.3.4");
	assert_string_equal(nf_args_next(&a), "deny all");
	ends("");
	assert_true(v);
}

/* A hundred thousand routes are read in one go. */
static void test_long_list(void **state)
{
	struct nf_text t = { 0 };
	unsigned nb = 0;

	for (unsigned i = 0; i < 100000; i++)
		nf_text_printf(&t, "10.%u.%u.%u/32 %u, ", i >> 16, i >> 8 & 255, i & 255, i % 4);
	start(nf_text_get(&t));
	assert_int_equal(nf_args_left(&a), 100000);
	while (nf_args_left(&a) > 0) {
		assert_non_null(nf_args_next(&a));
		nb++;
	}
	assert_int_equal(nb, 100000);
	ends("");
	nf_text_free(&t);
}

static void test_missing(void **state)
{
	uint32_t x = 9;

	start("");
	assert_false(nf_args_u32(&a, "LENGTH", NF_ARGS_POS | NF_ARGS_MUST, &x));
	ends("f:1: LENGTH: required argument missing\n");
	assert_int_equal(x, 9);
}

static void test_old_name(void **state)
{
	uint32_t x = 0;

	start("NBYTES 5");
	assert_false(nf_args_u32(&a, "LENGTH", NF_ARGS_POS, &x));
	assert_true(nf_args_u32(&a, "NBYTES", NF_ARGS_OLD, &x));
	assert_int_equal(nf_args_end(&a), 0);
	assert_string_equal(nf_text_get(&errs.text), "f:1: warning: NBYTES: argument deprecated\n");
	start("FOO 5");
	assert_false(nf_args_u32(&a, "NBYTES", NF_ARGS_OLD, &x));
	assert_false(nf_args_u32(&a, "LENGTH", NF_ARGS_POS, &x));
	ends("f:1: FOO: unknown argument; expected '[LENGTH]'\n");
}

/* nf_args_free after nf_args_end, and twice, does nothing. */
static void test_free_twice(void **state)
{
	start("1, 2");
	nf_args_free(&a);
	nf_args_free(&a);
	ends("");
	nf_args_free(&a);
}

static void test_integers(void **state)
{
	uint8_t u8 = 1;
	uint16_t u16 = 1;
	uint32_t u32 = 1;
	uint64_t u64 = 1;
	int32_t i32 = 1;
	int64_t i64 = 1;

	start("255, 65535, 4294967295, 18446744073709551615, -2147483648, -9223372036854775808");
	assert_true(nf_args_u8(&a, "A", NF_ARGS_POS, &u8));
	assert_true(nf_args_u16(&a, "B", NF_ARGS_POS, &u16));
	assert_true(nf_args_u32(&a, "C", NF_ARGS_POS, &u32));
	assert_true(nf_args_u64(&a, "D", NF_ARGS_POS, &u64));
	assert_true(nf_args_i32(&a, "E", NF_ARGS_POS, &i32));
	assert_true(nf_args_i64(&a, "F", NF_ARGS_POS, &i64));
	ends("");
	assert_int_equal(u8, 255);
	assert_int_equal(u16, 65535);
	assert_true(u32 == UINT32_MAX && u64 == UINT64_MAX && i32 == INT32_MIN && i64 == INT64_MIN);
}

static void test_integers_bad(void **state)
{
	uint8_t u8 = 1;
	uint16_t u16 = 1;
	uint64_t u64 = 1;
	int32_t i32 = 1;
	int64_t i64 = 1;

	start("256, 0x10000, 18446744073709551616, 2147483648, -2147483649, -9223372036854775809, "
	      "9223372036854775808, -1, x, ");
	assert_false(nf_args_u8(&a, "A", NF_ARGS_POS, &u8));
	assert_false(nf_args_u16(&a, "B", NF_ARGS_POS, &u16));
	assert_false(nf_args_u64(&a, "C", NF_ARGS_POS, &u64));
	assert_false(nf_args_i32(&a, "D", NF_ARGS_POS, &i32));
	assert_false(nf_args_i32(&a, "E", NF_ARGS_POS, &i32));
	assert_false(nf_args_i64(&a, "F", NF_ARGS_POS, &i64));
	assert_false(nf_args_i64(&a, "G", NF_ARGS_POS, &i64));
	assert_false(nf_args_u8(&a, "H", NF_ARGS_POS, &u8));
	assert_false(nf_args_i32(&a, "I", NF_ARGS_POS, &i32));
	ends("f:1: A: too large; max 255\n"
	     "f:1: B: too large; max 65535\n"
	     "f:1: C: too large; max 18446744073709551615\n"
	     "f:1: D: too large; max 2147483647\n"
	     "f:1: E: too small; min -2147483648\n"
	     "f:1: F: too small; min -9223372036854775808\n"
	     "f:1: G: too large; max 9223372036854775807\n"
	     "f:1: H: '-1' is not a number from 0 on\n"
	     "f:1: I: 'x' is not a number\n");
	assert_true(u8 == 1 && u16 == 1 && u64 == 1 && i32 == 1 && i64 == 1);
}

static void test_fixed(void **state)
{
	uint32_t v = 0;

	start("0.5, 0.001, 1, 65535.99999, 0.999999999");
	assert_true(nf_args_fixed(&a, "A", NF_ARGS_POS, 16, &v));
	assert_int_equal(v, 0x8000);
	assert_true(nf_args_fixed(&a, "B", NF_ARGS_POS, 16, &v));
	assert_int_equal(v, 66);
	assert_true(nf_args_fixed(&a, "C", NF_ARGS_POS, 31, &v));
	assert_true(v == 1u << 31);
	assert_true(nf_args_fixed(&a, "D", NF_ARGS_POS, 16, &v));
	assert_true(v == UINT32_MAX);
	assert_true(nf_args_fixed(&a, "E", NF_ARGS_POS, 8, &v));
	assert_int_equal(v, 256);
	ends("");
	start("65536, 2, 50%, -0.5");
	assert_false(nf_args_fixed(&a, "A", NF_ARGS_POS, 16, &v));
	assert_false(nf_args_fixed(&a, "B", NF_ARGS_POS, 31, &v));
	assert_false(nf_args_fixed(&a, "C", NF_ARGS_POS, 16, &v));
	assert_false(nf_args_fixed(&a, "D", NF_ARGS_POS, 16, &v));
	ends("f:1: A: too large; max 65535\n"
	     "f:1: B: too large; max 1\n"
	     "f:1: C: '50%' is not a number\n"
	     "f:1: D: '-0.5' is not a number\n");
}

static void test_units_bad(void **state)
{
	uint64_t v = 0;
	bool b = false;

	start("1x, 1e40, 5 furlongs, 1e40, maybe");
	assert_false(nf_args_time_ns(&a, "A", NF_ARGS_POS, &v));
	assert_false(nf_args_time_ns(&a, "B", NF_ARGS_POS, &v));
	assert_false(nf_args_bandwidth(&a, "C", NF_ARGS_POS, &v));
	assert_false(nf_args_bandwidth(&a, "D", NF_ARGS_POS, &v));
	assert_false(nf_args_bool(&a, "E", NF_ARGS_POS, &b));
	ends("f:1: A: '1x' is not a time in seconds\n"
	     "f:1: B: too large; max 18446744073 seconds\n"
	     "f:1: C: '5 furlongs' is not a bandwidth\n"
	     "f:1: D: too large\n"
	     "f:1: E: 'maybe' is not true or false\n");
}

static void string_is(const char *text, const char *want)
{
	const char *s = NULL;

	start(text);
	if (!nf_args_string(&a, "S", NF_ARGS_POS, &s))
		fail_msg("%s", text);
	assert_string_equal(s, want);
	ends("");
}

static void test_strings(void **state)
{
	string_is("abc", "abc");
	string_is("\"a b\"", "a b");
	string_is("'a b'", "a b");
	string_is("S \"a b\"", "a b");
	string_is("\"\"", "");
	string_is("a\"b c\"'d e'f", "ab cd ef");
	string_is("\"\\n\\t\\\\\\\"\\$\\a\\r\\v\\f\\b\"", "\n\t\\\"$\a\r\v\f\b");
	string_is("\"\\101\\x42\\0103\"", "AB\b3");
	string_is("\"\\q\"", "q");
	string_is("'\\n'", "\\n");
	string_is("\\n", "\\n");
	string_is("\\<48656c6C 6f 2 /* and */ 1>", "Hello!");
	string_is("\"\\<4142>c\"", "ABc");
	string_is("'\\<41>'", "\\<41>");
	string_is("\\<414>", "A");
	string_is("\\<41", "A");
	string_is("\"a\\\nb\"", "ab");
	string_is("\"a\\\r\nb\"", "ab");
	string_is("\"not closed", "not closed");
	string_is("\"ends with \\", "ends with \\");
}

static void test_strings_bad(void **state)
{
	const char *s = "kept";

	start("a b, \"a\" b, , \\<00>, 0123456789012345678901234567890123456789xyz x");
	assert_false(nf_args_string(&a, "A", NF_ARGS_POS | NF_ARGS_MUST, &s));
	assert_false(nf_args_string(&a, "B", NF_ARGS_POS | NF_ARGS_MUST, &s));
	assert_false(nf_args_string(&a, "C", NF_ARGS_POS | NF_ARGS_MUST, &s));
	assert_false(nf_args_string(&a, "D", NF_ARGS_POS | NF_ARGS_MUST, &s));
	assert_false(nf_args_string(&a, "E", NF_ARGS_POS | NF_ARGS_MUST, &s));
	ends("f:1: A: 'a b' is not a string; with spaces in it, it needs quotes\n"
	     "f:1: B: '\"a\" b' is not a string; with spaces in it, it needs quotes\n"
	     "f:1: C: '' is not a string; with spaces in it, it needs quotes\n"
	     "f:1: D: zero byte in a string\n"
	     "f:1: E: '0123456789012345678901234567890123456789...' is not a string; with spaces in "
	     "it, it needs quotes\n");
	assert_string_equal(s, "kept");
}

static void test_data(void **state)
{
	const uint8_t *d = NULL;
	uint32_t len = 0;

	start("\\<00 ff 00>");
	assert_true(nf_args_data(&a, "DATA", NF_ARGS_POS, &d, &len));
	assert_int_equal(len, 3);
	assert_memory_equal(d, "\0\xff\0", 3);
	ends("");
	start("\"\"");
	assert_true(nf_args_data(&a, "DATA", NF_ARGS_POS, &d, &len));
	assert_int_equal(len, 0);
	ends("");
}

static void test_words(void **state)
{
	static const char *const colors[] = { "RED", "GREEN", NULL };
	const char *s = NULL;
	unsigned v = 9;

	start("abc, 'a b', GREEN, BLUE, \"\"");
	assert_true(nf_args_word(&a, "A", NF_ARGS_POS, &s));
	assert_string_equal(s, "abc");
	assert_false(nf_args_word(&a, "B", NF_ARGS_POS, &s));
	assert_true(nf_args_enum(&a, "C", NF_ARGS_POS, colors, &v));
	assert_int_equal(v, 1);
	assert_false(nf_args_enum(&a, "D", NF_ARGS_POS, colors, &v));
	assert_false(nf_args_word(&a, "E", NF_ARGS_POS, &s));
	ends("f:1: B: 'a b' is not a word\n"
	     "f:1: D: 'BLUE' is not one of: RED, GREEN\n"
	     "f:1: E: '' is not a word\n");
}

static void test_annotations(void **state)
{
	uint8_t at = 99;

	start("PAINT, 47, 0, 48, DST_IP, 45, NOISE, 0x10");
	assert_true(nf_args_anno(&a, "A", NF_ARGS_POS, 1, &at));
	assert_int_equal(at, 16);
	assert_true(nf_args_anno(&a, "B", NF_ARGS_POS, 1, &at));
	assert_int_equal(at, 47);
	assert_true(nf_args_anno(&a, "C", NF_ARGS_POS, 4, &at));
	assert_int_equal(at, 0);
	assert_false(nf_args_anno(&a, "D", NF_ARGS_POS, 1, &at));
	assert_false(nf_args_anno(&a, "E", NF_ARGS_POS, 1, &at));
	assert_false(nf_args_anno(&a, "F", NF_ARGS_POS, 4, &at));
	assert_false(nf_args_anno(&a, "G", NF_ARGS_POS, 4, &at));
	assert_true(nf_args_anno(&a, "H", NF_ARGS_POS, 2, &at));
	assert_int_equal(at, 16);
	ends("f:1: D: too large; max 47\n"
	     "f:1: E: DST_IP has 4 bytes; annotations of 1 are wanted\n"
	     "f:1: F: too large; max 44\n"
	     "f:1: G: 'NOISE' is not an annotation\n");
}

static void test_elements(void **state)
{
	struct nf_element *e = NULL;

	start("q, q, nobody, net/q");
	assert_true(nf_args_element(&a, "A", NF_ARGS_POS, NULL, &e));
	assert_string_equal(e->name, "q");
	assert_false(nf_args_element(&a, "B", NF_ARGS_POS, "Queue", &e));
	assert_false(nf_args_element(&a, "C", NF_ARGS_POS, NULL, &e));
	assert_true(nf_args_element(&a, "D", NF_ARGS_POS, "AddressInfo", &e));
	ends("f:1: B: 'q' is a Null, not a Queue\n"
	     "f:1: C: there is no element 'nobody'\n");
	nf_errors_free(&errs);
	assert_int_equal(nf_args_init(&a, "q", NULL, "f:1", &errs), 0);
	assert_false(nf_args_element(&a, "A", NF_ARGS_POS, NULL, &e));
	ends("f:1: A: there is no element 'q'\n");
}

static void test_words_of(void **state)
{
	char *words[3], *copy;

	assert_int_equal(nf_args_words(" SRC  /* x */ 'a b'\t80// \n", words, 3, &copy), 3);
	assert_string_equal(words[0], "SRC");
	assert_string_equal(words[1], "'a b'");
	assert_string_equal(words[2], "80");
	free(copy);
	assert_int_equal(nf_args_words("a b c d", words, 3, &copy), -E2BIG);
	assert_null(copy);
	assert_int_equal(nf_args_words("", words, 3, &copy), 0);
	free(copy);
	assert_int_equal(nf_args_words("1.2.3.4/24", words, 3, &copy), 1);
	assert_string_equal(words[0], "1.2.3.4/24");
	free(copy);
}

static void test_unquote(void **state)
{
	size_t len;
	char *s = nf_args_unquote("  \"\\n\" abc /* 123 */ '/* def */' ", &len);

	assert_string_equal(s, "\n abc /* def */");
	assert_int_equal(len, 15);
	free(s);
	s = nf_args_unquote("", NULL);
	assert_string_equal(s, "");
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_positional),
		cmocka_unit_test(test_keyword),
		cmocka_unit_test(test_keyword_twice),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_positional_after_keyword),
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_mandatory_looks_like_keyword),
		cmocka_unit_test(test_number_and_unit),
		cmocka_unit_test(test_left_over),
		cmocka_unit_test(test_list_with_keywords),
		cmocka_unit_test(test_long_list),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_old_name),
		cmocka_unit_test(test_free_twice),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integers_bad),
		cmocka_unit_test(test_fixed),
		cmocka_unit_test(test_units_bad),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_strings_bad),
		cmocka_unit_test(test_data),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_elements),
		cmocka_unit_test(test_words_of),
		cmocka_unit_test(test_unquote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

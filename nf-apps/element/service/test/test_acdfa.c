/* SPDX-License-Identifier: BSD-3-Clause */
/* The automaton against a search for each pattern at each place. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "nf-apps/element/service/acdfa.h"

#define TEXT 600u
#define NB   40u

struct seen {
	uint32_t base;
	uint8_t at[NB][TEXT + 1]; /* pattern, end */
	uint32_t nb, most;
};

static bool see(void *arg, uint32_t pattern, uint32_t end)
{
	struct seen *s = arg;

	assert_true(pattern < NB && s->base + end <= TEXT);
	s->at[pattern][s->base + end]++;
	return ++s->nb < s->most;
}

static uint8_t fold(uint8_t c, bool nocase)
{
	return nocase && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool naive(const struct nf_acdfa_pattern *p, const uint8_t *text, uint32_t end, bool nocase)
{
	if (p->len > end)
		return false;
	for (uint32_t i = 0; i < p->len; i++) {
		if (fold(p->bytes[i], nocase) != fold(text[end - p->len + i], nocase))
			return false;
	}
	return true;
}

/* Random patterns over few letters, a text out of them in random pieces, any number of rows. */
static void round_of(unsigned nb, unsigned letters, bool nocase, size_t row_bytes)
{
	static uint8_t bytes[NB][12], text[TEXT];
	struct nf_acdfa_pattern p[NB];
	struct seen *s = calloc(1, sizeof(*s));
	struct nf_acdfa d;
	uint32_t state = NF_ACDFA_START;

	for (unsigned i = 0; i < nb; i++) {
		p[i] = (struct nf_acdfa_pattern){ bytes[i], 1 + (uint32_t)rand() % 11 };
		for (unsigned k = 0; k < p[i].len; k++)
			bytes[i][k] = (uint8_t)((rand() & 1 ? 'A' : 'a') + rand() % (int)letters);
	}
	for (unsigned i = 0; i < TEXT; i++)
		text[i] = (uint8_t)((rand() & 1 ? 'A' : 'a') + rand() % (int)letters);
	assert_int_equal(nf_acdfa_build(&d, p, nb, nocase, row_bytes), 0);
	s->most = UINT32_MAX;
	for (uint32_t len; s->base < TEXT; s->base += len) {
		len = (uint32_t)rand() % 50;
		len = len > TEXT - s->base ? TEXT - s->base : len;
		state = nf_acdfa_scan(&d, state, text + s->base, len, see, s);
		assert_true(state < d.nb_states);
	}
	for (unsigned i = 0; i < nb; i++) {
		for (uint32_t end = 0; end <= TEXT; end++)
			assert_int_equal(s->at[i][end], naive(&p[i], text, end, nocase));
	}
	nf_acdfa_free(&d);
	free(s);
}

static void test_random(void **state)
{
	srand(1);
	for (unsigned i = 0; i < 300; i++)
		round_of(1 + (unsigned)rand() % NB, 1 + (unsigned)rand() % 5, rand() & 1,
			(size_t)rand() % 8000);
}

static void test_all_bytes(void **state)
{
	uint8_t all[256], text[256];
	struct nf_acdfa_pattern p[2] = { { all, 256 }, { all + 255, 1 } };
	struct seen *s = calloc(1, sizeof(*s));
	struct nf_acdfa d;

	for (unsigned i = 0; i < 256; i++)
		all[i] = text[i] = (uint8_t)i;
	assert_int_equal(nf_acdfa_build(&d, p, 2, false, 1000), 0);
	assert_int_equal(d.nb_classes, 256);
	s->most = UINT32_MAX;
	nf_acdfa_scan(&d, NF_ACDFA_START, text, 256, see, s);
	assert_int_equal(s->at[0][256], 1);
	assert_int_equal(s->at[1][256], 1);
	assert_int_equal(s->nb, 2);
	nf_acdfa_free(&d);
	free(s);
}

static void test_limits(void **state)
{
	struct nf_acdfa_pattern p[2] = { { (const uint8_t *)"ab", 2 }, { NULL, 0 } };
	struct seen *s = calloc(1, sizeof(*s));
	struct nf_acdfa d;

	assert_int_equal(nf_acdfa_build(&d, p, 2, false, 1000), -EINVAL);
	p[1] = (struct nf_acdfa_pattern){ (const uint8_t *)"", NF_ACDFA_STATES_MAX };
	assert_int_equal(nf_acdfa_build(&d, p, 2, false, 1000), -E2BIG);
	assert_int_equal(nf_acdfa_build(&d, p, 0, false, 0), 0);
	assert_int_equal(nf_acdfa_scan(&d, 0, (const uint8_t *)"ab", 2, see, s), NF_ACDFA_START);
	nf_acdfa_free(&d);
	/* the caller has enough after one */
	assert_int_equal(nf_acdfa_build(&d, p, 1, false, 0), 0);
	s->most = 1;
	nf_acdfa_scan(&d, 0, (const uint8_t *)"ababab", 6, see, s);
	assert_int_equal(s->nb, 1);
	nf_acdfa_free(&d);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_all_bytes),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

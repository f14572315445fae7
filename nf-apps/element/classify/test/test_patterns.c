/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The elements as a whole: the C that is printed for compiled configurations, compiled and compared with
 * what runs otherwise; vectors on their way to the outputs; patterns changed while packets run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "nf-apps/click/file.h"
#include "nf-apps/click/router.h"
#include "nf-apps/element/classify/patterns.h"
#include "nf-apps/element/classify/test/gen.h"

#define NB_OUT 4

extern const struct nf_class nf_classifier, nf_ipclassifier, nf_ipfilter;
const struct nf_class *const nf_classes[] = { &nf_classifier, &nf_ipclassifier, &nf_ipfilter,
	NULL };
const char *const nf_classes_symbols[] = { "nf_classifier", "nf_ipclassifier", "nf_ipfilter",
	NULL };
const char *const nf_classes_files[] = { "classifier.c", "ipclassifier.c", "ipfilter.c", NULL };

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	return nf_errors_add(errs, where, "there are no files here");
}

static unsigned nb_got[NB_OUT];

static void sink_push(struct nf_element *e, unsigned port, struct uk_netbuf *v[], uint16_t n)
{
	nb_got[port] += n;
	for (uint16_t i = 0; i < n; i++)
		v[i]->port = (uint16_t)port;
}

static struct nf_element sink;

struct rig {
	struct nf_element e;
	struct nf_link out[NB_OUT];
	uint64_t drops[NF_ELEMENT_DROPS_OWN + 1];
	struct nf_errors errs;
};

/* An element of that class, configured; NULL: there were errors. */
static struct rig *rig_make(const struct nf_class *class, const char *args)
{
	struct rig *r = calloc(1, sizeof(*r));
	struct nf_args a;

	r->e = (struct nf_element){ .class = class,
		.out = r->out,
		.nb_out = NB_OUT,
		.nb_in = 1,
		.name = "c",
		.args = args,
		.drops = r->drops };
	r->e.state = calloc(1, class->state_size);
	for (unsigned i = 0; i < NB_OUT; i++)
		r->out[i] = (struct nf_link){ .push = sink_push,
			.peer = &sink,
			.port = (uint16_t)i,
			.is_push = true,
			.connected = true };
	assert_int_equal(nf_args_init(&a, args, &r->e, "test", &r->errs), 0);
	if (class->configure(&r->e, &a) == 0)
		return r;
	print_message("%s: %s", args, nf_text_get(&r->errs.text));
	return NULL;
}

static void rig_free(struct rig *r)
{
	r->e.class->cleanup(&r->e);
	free(r->e.state);
	nf_errors_free(&r->errs);
	free(r);
}

static struct rig *rig_random(unsigned nr)
{
	static char pattern[GEN_TEXT_MAX];
	struct nf_text t = { 0 };
	bool hex = nr % 4 == 3;
	unsigned nb = hex ? NB_OUT : 1 + gen(12);
	struct rig *r;

	for (unsigned i = 0; i < nb; i++) {
		if (hex)
			gen_hex_pattern(pattern);
		else if (nr % 4 == 2)
			gen_firewall_pattern(pattern);
		else
			gen_ip_pattern(pattern, gen(4));
		nf_text_printf(&t, "%s", i > 0 ? ", " : "");
		if (!hex && gen(3) == 0)
			nf_text_printf(&t, "deny ");
		else if (!hex)
			nf_text_printf(&t, "%u ", gen(NB_OUT));
		nf_text_printf(&t, "%s", pattern);
	}
	r = rig_make(hex ? &nf_classifier : &nf_ipfilter, nf_text_get(&t));
	assert_non_null(r);
	nf_text_free(&t);
	return r;
}

static const char compiled_head[] = "#include \"nf-apps/element/classify/patterns.h\"\n"
				    "int (*slow)(struct nf_element *e, struct uk_netbuf *p);\n"
				    "#define nf_patterns_each(e, p) slow(e, p)\n";

/* The text as a shared object. */
static void *compiled_load(const struct nf_text *t)
{
	char dir[] = "/tmp/test_patterns.XXXXXX", path[64], command[512];
	FILE *f;
	void *so;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/c.c", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(t->s, 1, t->len, f), t->len);
	assert_int_equal(fclose(f), 0);
	snprintf(command, sizeof(command),
		"cc -std=gnu11 -O1 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function -shared -fPIC -I%s "
		"%s/c.c -o %s/c.so",
		SLUICE_ROOT, dir, dir);
	assert_int_equal(system(command), 0);
	snprintf(path, sizeof(path), "%s/c.so", dir);
	so = dlopen(path, RTLD_NOW);
	if (so == NULL)
		fail_msg("%s", dlerror());
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
	return so;
}

static void test_compiled(void **state)
{
	enum { NB = 80 };
	static struct gen_packet p;
	struct nf_text t = { 0 };
	struct rig *r[NB];
	bool has[NB];
	char name[32];
	void *so;

	nf_text_printf(&t, "%s", compiled_head);
	for (unsigned i = 0; i < NB; i++) {
		gen_seed(i);
		r[i] = rig_random(i);
		snprintf(name, sizeof(name), "f_%u", i);
		has[i] = r[i]->e.class->write_c(&r[i]->e, name, &t) == 0;
		if (has[i])
			nf_text_printf(&t, "nf_each_fn each_%u = f_%u;\n", i, i);
	}
	so = compiled_load(&t);
	*(int (**)(struct nf_element *, struct uk_netbuf *))dlsym(so, "slow") = nf_patterns_each;
	for (unsigned i = 0; i < NB; i++) {
		nf_each_fn *f;

		snprintf(name, sizeof(name), "each_%u", i);
		f = has[i] ? dlsym(so, name) : NULL;
		assert_true(!has[i] || f != NULL);
		for (unsigned k = 0; k < 500 && has[i]; k++) {
			gen_packet(&p);
			assert_int_equal((*f)(&r[i]->e, NULL, 0, &p.nb),
				r[i]->e.class->each(&r[i]->e, NULL, 0, &p.nb));
		}
		rig_free(r[i]);
	}
	dlclose(so);
	nf_text_free(&t);
}

/* Long lists have no such function: the caller is told. */
static void test_not_compiled(void **state)
{
	struct nf_text t = { 0 }, out = { 0 };
	struct rig *r;

	for (unsigned i = 0; i < 200; i++)
		nf_text_printf(&t, "%u src 10.0.%u.%u,", i % NB_OUT, i, i % 7);
	r = rig_make(&nf_ipfilter, nf_text_get(&t));
	assert_non_null(r);
	assert_true(r->e.class->write_c(&r->e, "f", &out) < 0);
	assert_int_equal(out.len, 0);
	rig_free(r);
	nf_text_free(&t);
}

static void test_push(void **state)
{
	static struct gen_packet packets[UK_BURST_MAX];
	struct uk_netbuf *v[UK_BURST_MAX];
	unsigned want[NB_OUT] = { 0 };
	struct rig *r = rig_make(&nf_ipfilter, "3 tcp, 1 udp, 0 icmp, 2 all");

	assert_non_null(r);
	memset(nb_got, 0, sizeof(nb_got));
	for (unsigned k = 0; k < 20; k++) {
		unsigned n = gen(UK_BURST_MAX + 1);

		for (unsigned i = 0; i < n; i++) {
			gen_packet(&packets[i]);
			v[i] = &packets[i].nb;
			want[nf_patterns_each(&r->e, v[i])]++;
		}
		r->e.class->push(&r->e, 0, v, (uint16_t)n);
	}
	assert_memory_equal(nb_got, want, sizeof(want));
	rig_free(r);
}

static void test_change(void **state)
{
	struct rig *r = rig_make(&nf_ipfilter, "3 tcp, 1 all");
	struct nf_patterns *s = r->e.state;
	static struct gen_packet p;

	gen_seed(7);
	do
		gen_packet(&p);
	while (nf_patterns_each(&r->e, &p.nb) != 3);
	assert_int_not_equal(nf_patterns_change(&r->e, 0, "3 foo", &r->errs), 0);
	assert_int_not_equal(nf_patterns_change(&r->e, 0, "9 tcp", &r->errs), 0);
	assert_int_not_equal(nf_patterns_change(&r->e, 0, "", &r->errs), 0);
	assert_int_equal(nf_patterns_each(&r->e, &p.nb), 3);
	assert_false(s->changed);
	assert_int_equal(nf_patterns_change(&r->e, 0, "2 tcp", &r->errs), 0);
	assert_int_equal(nf_patterns_each(&r->e, &p.nb), 2);
	assert_string_equal(s->text[0], "2 tcp");
	assert_true(s->changed);
	rig_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compiled),
		cmocka_unit_test(test_not_compiled),
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

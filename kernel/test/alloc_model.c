/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/test/alloc_model.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static jmp_buf *trap; /* where a failing UK_ASSERT goes; NULL: it ends the test */

void uk_assert_fail(const char *expr, const char *file, int line)
{
	if (trap)
		longjmp(*trap, 1);
	fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}

bool model_free_traps(struct uk_alloc *a, void *p)
{
	jmp_buf here;

	trap = &here;
	if (setjmp(here) == 0) {
		uk_alloc_free(a, p);
		trap = NULL;
		return false;
	}
	trap = NULL;
	return true;
}

bool model_align_traps(struct uk_alloc *a, size_t align)
{
	jmp_buf here;

	trap = &here;
	if (setjmp(here) == 0) {
		uk_alloc_free(a, uk_alloc_alloc(a, align, 1));
		trap = NULL;
		return false;
	}
	trap = NULL;
	return true;
}

void model_check(bool cond, const char *expr, const char *file, int line)
{
	if (cond)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, expr);
	abort();
}

uint64_t model_random(struct model *m)
{
	m->random ^= m->random << 13; /* xorshift64 */
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return m->random;
}

/* ---- ranges ---- */

static struct model_range *range_new(struct model *m, size_t len, size_t skew)
{
	MODEL_CHECK(m->nb_ranges < MODEL_RANGES);
	struct model_range *r = &m->range[m->nb_ranges++];

	MODEL_CHECK(posix_memalign(&r->memory, UK_CACHE_LINE, len + skew) == 0);
	r->owner = calloc(len / 16 + 2, sizeof(*r->owner));
	MODEL_CHECK(r->owner != NULL);
	memset(r->memory, 0xa5 + (int)m->nb_ranges * 0x2b, len + skew);
	r->base = (unsigned char *)r->memory + skew;
	r->len = len;
	return r;
}

static void range_delete(struct model_range *r)
{
	free(r->memory);
	free(r->owner);
}

struct model *model_new(const struct model_subject *subject, size_t len, size_t skew)
{
	struct model *m = calloc(1, sizeof(*m));

	MODEL_CHECK(m != NULL);
	m->random = 0x9e3779b97f4a7c15u;
	m->subject = subject;
	m->a = uk_alloc_init(subject->ops, range_new(m, len, skew)->base, len);
	if (!m->a) {
		range_delete(&m->range[0]);
		free(m);
		return NULL;
	}
	MODEL_CHECK(m->a->ops == subject->ops && m->a->used_bytes == 0);
	MODEL_CHECK(m->a->total_bytes > 0 && m->a->total_bytes < len);
	return m;
}

int model_add(struct model *m, size_t len, size_t skew)
{
	struct model_range *r = range_new(m, len, skew);
	size_t before = m->a->total_bytes;
	int rc = uk_alloc_add(m->a, r->base, len);

	if (rc < 0) {
		MODEL_CHECK(m->a->total_bytes == before);
		range_delete(r);
		m->nb_ranges--;
		return rc;
	}
	MODEL_CHECK(m->a->total_bytes > before && m->a->total_bytes < before + len);
	return rc;
}

void model_delete(struct model *m)
{
	for (unsigned int i = 0; i < m->nb_ranges; i++)
		range_delete(&m->range[i]);
	free(m);
}

/* ---- ownership ---- */

static void owner_change(
	struct model *m, const unsigned char *p, size_t len, uint16_t from, uint16_t to)
{
	for (unsigned int i = 0; i < m->nb_ranges; i++) {
		struct model_range *r = &m->range[i];

		if (p < r->base || p >= r->base + r->len)
			continue;
		MODEL_CHECK(p + len <= r->base + r->len);
		size_t first = ((uintptr_t)p - UK_ALIGN_DOWN((uintptr_t)r->base, 16)) / 16;

		for (size_t g = first; g < first + (len + 15) / 16; g++) {
			MODEL_CHECK(r->owner[g] == from);
			r->owner[g] = to;
		}
		return;
	}
	MODEL_CHECK(!"a block lies within one range");
}

static void block_verify(const struct model_block *b, size_t len)
{
	if (len == 0)
		return;
	MODEL_CHECK(b->p[0] == b->fill);
	MODEL_CHECK(memcmp(b->p, b->p + 1, len - 1) == 0);
}

/* Takes note of a block as the allocator gave it, and fills it to the brim. */
static void block_enter(struct model *m, unsigned int slot, void *p, size_t size)
{
	struct model_block *b = &m->slot[slot];

	b->p = p;
	b->size = size;
	b->usable = uk_alloc_usable(m->a, p);
	b->fill = m->next_fill++;
	MODEL_CHECK(b->usable >= size && b->usable > 0);
	MODEL_CHECK((uintptr_t)p % b->align == 0);
	owner_change(m, p, b->usable, 0, (uint16_t)(slot + 1));
	memset(b->p, b->fill, b->usable);
}

bool model_alloc(struct model *m, unsigned int slot, size_t align, size_t size)
{
	MODEL_CHECK(m->slot[slot].p == NULL);
	void *p = uk_alloc_alloc(m->a, align, size);

	if (!p)
		return false;
	m->slot[slot].align = align < UK_ALLOC_ALIGN ? UK_ALLOC_ALIGN : align;
	block_enter(m, slot, p, size);
	m->nb_blocks++;
	MODEL_CHECK(m->a->used_bytes <= m->a->total_bytes);
	MODEL_CHECK(m->a->used_bytes <= m->a->peak_bytes);
	return true;
}

void model_free(struct model *m, unsigned int slot)
{
	struct model_block *b = &m->slot[slot];

	MODEL_CHECK(uk_alloc_usable(m->a, b->p) == b->usable);
	block_verify(b, b->usable);
	owner_change(m, b->p, b->usable, (uint16_t)(slot + 1), 0);
	uk_alloc_free(m->a, b->p);
	b->p = NULL;
	m->nb_blocks--;
}

bool model_resize(struct model *m, unsigned int slot, size_t size)
{
	struct model_block *b = &m->slot[slot];
	size_t used = m->a->used_bytes;

	if (!uk_alloc_resize(m->a, b->p, size)) {
		MODEL_CHECK(size > b->usable && m->a->used_bytes == used);
		MODEL_CHECK(uk_alloc_usable(m->a, b->p) == b->usable);
		block_verify(b, b->usable);
		return false;
	}
	block_verify(b, b->usable < size ? b->usable : size);
	owner_change(m, b->p, b->usable, (uint16_t)(slot + 1), 0);
	block_enter(m, slot, b->p, size);
	return true;
}

bool model_move(struct model *m, unsigned int slot, size_t size)
{
	struct model_block *b = &m->slot[slot];
	struct model_block old = *b;
	void *p = uk_alloc_move(m->a, b->p, size);

	if (!p) {
		block_verify(b, b->usable);
		return false;
	}
	b->p = p;
	block_verify(b, old.usable < size ? old.usable : size);
	owner_change(m, old.p, old.usable, (uint16_t)(slot + 1), 0);
	if (p != old.p)
		b->align = UK_ALLOC_ALIGN;
	block_enter(m, slot, p, size);
	return true;
}

void model_free_all(struct model *m)
{
	for (unsigned int slot = 0; slot < MODEL_SLOTS; slot++) {
		if (m->slot[slot].p)
			model_free(m, slot);
	}
	MODEL_CHECK(m->nb_blocks == 0 && m->a->used_bytes == 0);
}

void model_walk(const struct model *m)
{
	MODEL_CHECK(m->subject->walk(m->a));
}

void model_step(struct model *m, size_t most)
{
	uint64_t r = model_random(m);
	unsigned int slot = r % MODEL_SLOTS;
	size_t size = (r >> 16) % ((most >> ((r >> 10) % 12)) + 1);

	if (!m->slot[slot].p)
		model_alloc(m, slot, (size_t)1 << ((r >> 56) % 4 ? 0 : (r >> 58) % 13), size);
	else if ((r >> 60) < 10)
		model_free(m, slot);
	else if ((r >> 60) < 13)
		model_resize(m, slot, size);
	else
		model_move(m, slot, size);
}

size_t model_largest(struct model *m)
{
	size_t low = 0, high = m->a->total_bytes + 1;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;
		void *p = uk_alloc_alloc(m->a, 1, mid);

		*(p ? &low : &high) = mid;
		uk_alloc_free(m->a, p);
	}
	return low;
}

/* ---- properties ---- */

/* Long random runs over several ranges never break the model, and nothing is left behind. */
void model_prop_random(void **subject)
{
	for (unsigned int run = 0; run < 6; run++) {
		struct model *m = model_new(*subject, 300000 + run * 4099, run * 3);

		m->random += run * 0x1234567;
		MODEL_CHECK(model_add(m, 1 << 20, run) == 0);
		MODEL_CHECK(model_add(m, 70001, 15 - run) == 0);

		size_t largest = model_largest(m);

		for (unsigned int step = 0; step < 20000; step++) {
			model_step(m, (size_t)1 << (8 + 2 * run));
			if (step % 512 == 0)
				model_walk(m);
		}
		model_free_all(m);
		model_walk(m);
		MODEL_CHECK(model_largest(m) == largest);
		model_delete(m);
	}
}

/* Every alignment up to 64 KiB is met from any base, beside blocks that are not aligned. */
void model_prop_align(void **subject)
{
	for (size_t skew = 0; skew < 16; skew += 5) {
		struct model *m = model_new(*subject, 4 << 20, skew);
		unsigned int slot = 0;

		for (size_t align = 1; align <= 65536; align *= 2) {
			for (size_t size = 0; size < 300; size += 37) {
				MODEL_CHECK(model_alloc(m, slot++, align, size));
				MODEL_CHECK(model_alloc(m, slot++, 1, size + 1));
			}
		}
		model_walk(m);
		model_free_all(m);
		model_walk(m);
		model_delete(m);
	}
}

/* Memory runs out as NULL, not before most of it is used, and all of it comes back as one. */
void model_prop_exhaust(void **subject)
{
	static const size_t sizes[] = { 1, 48, 200, 1000, 4096, 20000 };

	for (unsigned int i = 0; i < UK_ARRAY_SIZE(sizes); i++) {
		struct model *m = model_new(*subject, sizes[i] * 400 + 20000, 0);
		size_t largest = model_largest(m);
		unsigned int slot = 0;

		while (slot < MODEL_SLOTS && model_alloc(m, slot, 1, sizes[i]))
			slot++;
		MODEL_CHECK(slot == MODEL_SLOTS || m->a->used_bytes > m->a->total_bytes / 4 * 3);
		MODEL_CHECK(slot > 150);
		model_walk(m);
		for (unsigned int s = 1; s < slot; s += 2)
			model_free(m, s);
		model_walk(m);
		model_free_all(m);
		MODEL_CHECK(model_largest(m) == largest);
		model_walk(m);
		model_delete(m);
	}
}

/* Each length from nothing up either is refused or gives an instance that works. */
void model_prop_small_range(void **subject)
{
	struct model *host = model_new(*subject, 64 << 10, 0);
	bool started = false, added = false;

	for (size_t len = 0; len < 16384; len += 1 + len / 512) {
		struct model *m = model_new(*subject, len, 7);
		unsigned int nb_before = host->nb_ranges;

		if (m) {
			started = true;
			MODEL_CHECK(model_alloc(m, 0, 1, 1));
			model_free_all(m);
			model_walk(m);
			model_delete(m);
		} else {
			MODEL_CHECK(!started);
		}
		if (len < 400 && nb_before < MODEL_RANGES) {
			MODEL_CHECK(model_add(host, len, 7) == 0 || !added);
			added = host->nb_ranges > nb_before;
		}
	}
	MODEL_CHECK(started && added);
	model_walk(host);
	model_delete(host);
}

/* Requests beyond any memory are refused without harm, up to the largest numbers there are. */
void model_prop_limits(void **subject)
{
	struct model *m = model_new(*subject, 256 << 10, 0);

	MODEL_CHECK(model_alloc(m, 0, 1, 100));
	for (unsigned int bit = 20; bit < 64; bit++) {
		size_t n = (size_t)1 << bit;

		MODEL_CHECK(!uk_alloc_alloc(m->a, 1, n));
		MODEL_CHECK(!uk_alloc_alloc(m->a, 1, n - 1));
		MODEL_CHECK(!uk_alloc_alloc(m->a, 1, SIZE_MAX - n));
		MODEL_CHECK(!uk_alloc_alloc(m->a, n, n));
		MODEL_CHECK(!uk_alloc_resize(m->a, m->slot[0].p, n));
		MODEL_CHECK(!uk_alloc_resize(m->a, m->slot[0].p, SIZE_MAX - n));
		MODEL_CHECK(!uk_alloc_move(m->a, m->slot[0].p, n));
	}
	MODEL_CHECK(model_align_traps(m->a, 48));
	uk_alloc_free(m->a, NULL);
	model_walk(m);
	model_free_all(m);
	model_delete(m);
}

/* Gigabytes: set-up and some use leave nearly all pages untouched. */
void model_prop_huge(void **subject)
{
	const struct model_subject *s = *subject;
	const size_t len = (size_t)8 << 30;
	unsigned char *base = mmap(NULL, len, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	static unsigned char in_core[((size_t)8 << 30) / UK_PAGE_SIZE];
	size_t nb_pages = 0;

	MODEL_CHECK(base != MAP_FAILED);
	madvise(base, len, MADV_NOHUGEPAGE);
	struct uk_alloc *a = uk_alloc_init(s->ops, base, len);

	MODEL_CHECK(a && a->total_bytes > len / 100 * 96);
	void *small = uk_alloc_alloc(a, 1, 40), *page = uk_alloc_alloc(a, 4096, 4096);
	void *large = uk_alloc_alloc(a, 1, (size_t)2 << 30);

	MODEL_CHECK(small && page && large && s->walk(a));
	uk_alloc_free(a, small);
	uk_alloc_free(a, large);
	MODEL_CHECK(mincore(base, len, in_core) == 0);
	for (size_t i = 0; i < sizeof(in_core); i++)
		nb_pages += in_core[i] & 1;
	MODEL_CHECK(nb_pages <= 96);
	munmap(base, len);
}

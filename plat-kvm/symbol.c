/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include "plat-kvm/layout.h"
#include "plat-kvm/symbol.h"

/*
 * The loader leaves zeros behind the image when there is no table; later the heap and page tables
 * lie there, so the first look, by the boot code, is the last.
 */
static const struct uk_symbol_table *sym_table(void)
{
	static const struct uk_symbol_table *table;
	static bool looked;
	const struct uk_symbol_table *t = (const void *)uk_image_end;

	if (!looked && t->magic == UK_SYMBOL_MAGIC)
		table = t;
	looked = true;
	return table;
}

size_t uk_symbol_bytes(void)
{
	const struct uk_symbol_table *t = sym_table();

	return t != NULL ? t->bytes : 0;
}

const char *uk_symbol_find(uintptr_t addr, uintptr_t *offset)
{
	const struct uk_symbol_table *t = sym_table();
	uint32_t lo = 0, hi;

	if (t == NULL || t->nb == 0 || addr < t->e[0].addr || addr >= (uintptr_t)uk_text_end)
		return NULL;
	hi = t->nb;
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->e[mid].addr <= addr)
			lo = mid;
		else
			hi = mid;
	}
	*offset = addr - t->e[lo].addr;
	return (const char *)t + t->names + t->e[lo].name;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that the tests' and the fuzzer's configurations can require. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/file.h"

static const struct {
	const char *name, *text;
} files[] = {
	{ "lib", "require(library dir/lib2);\nelementclass A { b :: B; }" },
	{ "dir/lib2", "require(library lib4)elementclass B { i :: Idle; }" },
	{ "dir/lib4", "require(package x) define($four 4)" },
	{ "lib3", "require(library \"lib\", library lib3)" },
	{ "/bad", "a ->\n\n; b -> [x]" },
	{ "open", "e :: {" },
};

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(files); i++) {
		if (strcmp(files[i].name, name) != 0 || strlen(files[i].text) > max)
			continue;
		*data = strdup(files[i].text);
		*len = strlen(files[i].text);
		return *data != NULL ? 0 : -ENOMEM;
	}
	nf_errors_add(errs, where, "%s: there is no such file", name);
	return -ENOENT;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of an image: its boot modules, to be read. There is nothing to write to.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/file.h"
#include "plat-kvm/module.h"

struct nf_file {
	struct uk_module module;
	size_t at;
};

struct nf_file *nf_file_open(const char *name, struct nf_errors *errs, const char *where)
{
	struct nf_file *f = calloc(1, sizeof(*f));
	int rc = f != NULL ? uk_module_find(name, &f->module) : -ENOMEM;

	if (rc == 0)
		return f;
	free(f);
	if (rc == -ENOENT)
		nf_errors_add(errs, where, "%s: there is no boot module of that name", name);
	else
		nf_errors_add(errs, where, "%s: %s", name, strerror(-rc));
	return NULL;
}

struct nf_file *nf_file_create(
	const char *name, bool append, struct nf_errors *errs, const char *where)
{
	nf_errors_add(errs, where, "%s: an image has no files to write to", name);
	return NULL;
}

int nf_file_read(struct nf_file *f, void *to, uint32_t len)
{
	size_t left = f->module.len - f->at;
	size_t n = len < left ? len : left;

	if (n > INT32_MAX)
		n = INT32_MAX;
	if (n > 0)
		memcpy(to, f->module.data + f->at, n);
	f->at += n;
	return (int)n;
}

int nf_file_write(struct nf_file *f, const void *from, uint32_t len)
{
	return -EROFS;
}

int nf_file_flush(struct nf_file *f)
{
	return 0;
}

uint64_t nf_file_size(const struct nf_file *f)
{
	return f->module.len;
}

int nf_file_close(struct nf_file *f)
{
	free(f); /* the module's memory stays for good */
	return 0;
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	struct nf_file *f = nf_file_open(name, errs, where);
	int rc = 0;

	if (f == NULL)
		return -EINVAL;
	if (f->module.len > max)
		rc = -EFBIG;
	else if ((*data = malloc(f->module.len + 1)) == NULL)
		rc = -ENOMEM;
	if (rc == 0) {
		memcpy(*data, f->module.data, f->module.len);
		(*data)[f->module.len] = '\0';
		*len = f->module.len;
	} else {
		nf_errors_add(errs, where, "%s: %s", name, strerror(-rc));
	}
	free(f);
	return rc;
}

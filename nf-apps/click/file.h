/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files that elements read and write (traces, tables). Which kind it is, is chosen when the program
 * is linked: the twin has Linux' files (nf-apps/twin/file.c), an image has its boot modules to read
 * and nothing to write to (nf-apps/nf/file.c). For set-up and for trace elements; a call may block.
 */
#ifndef SLUICE_NF_APPS_CLICK_FILE_H
#define SLUICE_NF_APPS_CLICK_FILE_H

#include <stdbool.h>
#include "nf-apps/click/text.h"

struct nf_file;

/* "-" is the standard input. A file packed by gzip, bzip2 or xz comes out unpacked where the
 * program can do that. NULL: errs was told under `where`. */
struct nf_file *nf_file_open(const char *name, struct nf_errors *errs, const char *where)
	UK_MUST_USE;

/* "-" is the standard output. The file begins empty, or with `append` at its end. NULL as above. */
struct nf_file *nf_file_create(
	const char *name, bool append, struct nf_errors *errs, const char *where) UK_MUST_USE;

/* Up to `len` bytes; 0: the end. -errno */
int nf_file_read(struct nf_file *f, void *to, uint32_t len) UK_MUST_USE;

/* All of them, perhaps later (nf_file_flush). 0 or -errno. */
int nf_file_write(struct nf_file *f, const void *from, uint32_t len) UK_MUST_USE;
int nf_file_flush(struct nf_file *f) UK_MUST_USE;

/* Bytes in it; 0: not known (a pipe, a packed file). */
uint64_t nf_file_size(const struct nf_file *f);

/* Also flushes. NULL is fine. 0 or -errno of what was still to be written. */
int nf_file_close(struct nf_file *f UK_TAKES);

/* All of a file, at most `max` bytes, with a 0 behind them. Returns 0 with *data (to be freed) and
 * *len, or -errno with errs told. */
int nf_file_load(const char *name, size_t max, char **data UK_GIVES, size_t *len,
	struct nf_errors *errs, const char *where) UK_MUST_USE;

#endif

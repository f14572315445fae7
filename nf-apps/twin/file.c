/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of Linux. Packed ones are read through the program that unpacks them, as Click does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "nf-apps/click/file.h"

struct nf_file {
	FILE *f;
	pid_t unpacker; /* 0: none */
	bool is_std;
	uint64_t size;
};

static const struct {
	const char *magic;
	size_t len;
	const char *program;
} file_packers[] = {
	{ "\x1f\x8b", 2, "gzip" },
	{ "BZh", 3, "bzip2" },
	{ "\xfd"
	  "7zXZ",
		5, "xz" },
};

static const char *file_packer(FILE *f)
{
	char head[6] = { 0 };
	size_t n = fread(head, 1, sizeof(head), f);

	rewind(f);
	for (unsigned i = 0; i < UK_ARRAY_SIZE(file_packers); i++) {
		if (n >= file_packers[i].len &&
			memcmp(head, file_packers[i].magic, file_packers[i].len) == 0)
			return file_packers[i].program;
	}
	return NULL;
}

/* The child: `program` from the file to the pipe. */
static UK_NORETURN void file_exec(const char *program, int from, const int pipes[2])
{
	if (lseek(from, 0, SEEK_SET) == 0 && dup2(from, 0) == 0 && dup2(pipes[1], 1) == 1) {
		close(pipes[0]);
		execlp(program, program, "-dc", (char *)NULL);
	}
	_exit(127);
}

static int file_unpack(struct nf_file *f, const char *program)
{
	int pipes[2];
	FILE *from;

	if (pipe(pipes) < 0)
		return -errno;
	f->unpacker = fork();
	if (f->unpacker == 0)
		file_exec(program, fileno(f->f), pipes);
	close(pipes[1]);
	from = f->unpacker > 0 ? fdopen(pipes[0], "rb") : NULL;
	if (from == NULL) {
		close(pipes[0]);
		return -ENOMEM;
	}
	(void)fclose(f->f);
	f->f = from;
	f->size = 0;
	return 0;
}

struct nf_file *nf_file_open(const char *name, struct nf_errors *errs, const char *where)
{
	struct nf_file *f = calloc(1, sizeof(*f));
	const char *program;
	struct stat st;
	int rc = 0;

	if (f == NULL) {
		nf_errors_add(errs, where, "out of memory");
		return NULL;
	}
	f->is_std = strcmp(name, "-") == 0;
	f->f = f->is_std ? stdin : fopen(name, "rb");
	if (f->f == NULL)
		rc = -errno;
	else if (fstat(fileno(f->f), &st) == 0 && S_ISDIR(st.st_mode))
		rc = -EISDIR;
	else if (!f->is_std && S_ISREG(st.st_mode)) {
		f->size = (uint64_t)st.st_size;
		program = file_packer(f->f);
		rc = program != NULL ? file_unpack(f, program) : 0;
	}
	if (rc == 0)
		return f;
	nf_errors_add(errs, where, "%s: %s", name, strerror(-rc));
	(void)nf_file_close(f);
	return NULL;
}

struct nf_file *nf_file_create(
	const char *name, bool append, struct nf_errors *errs, const char *where)
{
	struct nf_file *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		nf_errors_add(errs, where, "out of memory");
		return NULL;
	}
	f->is_std = strcmp(name, "-") == 0;
	f->f = f->is_std ? stdout : fopen(name, append ? "ab" : "wb");
	if (f->f != NULL)
		return f;
	nf_errors_add(errs, where, "%s: %s", name, strerror(errno));
	free(f);
	return NULL;
}

int nf_file_read(struct nf_file *f, void *to, uint32_t len)
{
	size_t n = fread(to, 1, len <= INT32_MAX ? len : INT32_MAX, f->f);

	return n == 0 && ferror(f->f) ? -EIO : (int)n;
}

int nf_file_write(struct nf_file *f, const void *from, uint32_t len)
{
	return fwrite(from, 1, len, f->f) == len ? 0 : -EIO;
}

int nf_file_flush(struct nf_file *f)
{
	return fflush(f->f) == 0 ? 0 : -errno;
}

uint64_t nf_file_size(const struct nf_file *f)
{
	return f->size;
}

int nf_file_close(struct nf_file *f)
{
	int rc = 0;

	if (f == NULL)
		return 0;
	if (f->f != NULL && f->is_std)
		rc = fflush(f->f);
	else if (f->f != NULL)
		rc = fclose(f->f);
	if (f->unpacker > 0) {
		(void)kill(f->unpacker, SIGTERM);
		(void)waitpid(f->unpacker, NULL, 0);
	}
	free(f);
	return rc == 0 ? 0 : -EIO;
}

/* Reads on until the end, doubling the room. */
static int file_slurp(struct nf_file *f, size_t max, struct nf_text *t)
{
	char block[4096];
	int n;

	while ((n = nf_file_read(f, block, sizeof(block))) > 0) {
		if (t->len + (size_t)n > max)
			return -EFBIG;
		nf_text_add(t, block, (size_t)n);
		if (t->full)
			return -ENOMEM;
	}
	return n;
}

int nf_file_load(const char *name, size_t max, char **data, size_t *len, struct nf_errors *errs,
	const char *where)
{
	struct nf_file *f = nf_file_open(name, errs, where);
	struct nf_text t = { 0 };
	int rc;

	if (f == NULL)
		return -EINVAL;
	nf_text_add(&t, "", 0);
	rc = file_slurp(f, max, &t);
	(void)nf_file_close(f);
	if (rc < 0) {
		nf_errors_add(errs, where, "%s: %s", name, strerror(-rc));
		nf_text_free(&t);
		return rc;
	}
	*data = t.s != NULL ? t.s : calloc(1, 1);
	*len = t.len;
	return *data != NULL ? 0 : -ENOMEM;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include "kernel/libc.h"
#include "kernel/random.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/layout.h"
#include "plat-kvm/nucleus.h"
#include "plat-kvm/trap.h"

/* The x86-64 psABI's process stack, 3.4.1: argv, NULL, environment, NULL, auxiliary vector,
 * AT_NULL. */
#define NB_AUX 6
static uintptr_t stack[UK_BOOT_ARG_MAX + 2 + 2 * NB_AUX];

static Elf64_Phdr tls;
static uint64_t random_bytes[2];
static void (*libc_before_main)(void);

int main(int argc, char **argv);

/* musl's entry point (src/env/__libc_start_main.c); the last three arguments are not used. */
int __libc_start_main(int (*fn)(int, char **, char **), int argc, char **argv, void (*init)(void),
	void (*fini)(void), void (*ldso)(void));

static void libc_wrfsbase(void *tp)
{
	__asm__ __volatile__("wrfsbase %0" : : "r"(tp));
}

/* The instruction works natively even where CPUID hides it; else ring 0 has to do it. */
int uk_libc_tp_set(uintptr_t tp)
{
	if (uk_trap_probe(libc_wrfsbase, (void *)tp))
		return 0;
	return uk_nucleus_call(NUCLEUS_CALL_FS_BASE, tp, 0, 0) == 0 ? 0 : -EPERM;
}

void uk_libc_tp_switch(uintptr_t tp)
{
	static enum { UNKNOWN, WORKS, IS_NOT_THERE } wrfsbase;
	long rc = 0;

	if (wrfsbase == UNKNOWN)
		wrfsbase = uk_trap_probe(libc_wrfsbase, (void *)tp) ? WORKS : IS_NOT_THERE;
	if (wrfsbase == WORKS)
		libc_wrfsbase((void *)tp);
	else
		rc = uk_nucleus_call(NUCLEUS_CALL_FS_BASE, tp, 0, 0);
	UK_ASSERT(rc == 0);
}

static int libc_main(int argc, char **argv, char **envp)
{
	int (*volatile fn)(int, char **) = main; /* not inlined: backtraces are to name it */

	(void)envp;
	libc_before_main();
	return fn(argc, argv);
}

void uk_libc_start(int argc, char **argv, void (*before_main)(void))
{
	const uintptr_t aux[2 * NB_AUX] = {
		AT_PHDR,
		(uintptr_t)&tls,
		AT_PHENT,
		sizeof(tls),
		AT_PHNUM,
		1,
		AT_PAGESZ,
		UK_PAGE_SIZE,
		AT_RANDOM,
		(uintptr_t)random_bytes,
		AT_NULL,
		0,
	};
	uintptr_t *p = stack;

	UK_ASSERT(argc <= UK_BOOT_ARG_MAX);
	libc_before_main = before_main;
	tls = (Elf64_Phdr){
		.p_type = PT_TLS,
		.p_vaddr = (uintptr_t)uk_tdata_start,
		.p_filesz = (size_t)(uk_tdata_end - uk_tdata_start),
		.p_memsz = (size_t)uk_tls_bytes,
		.p_align = (size_t)uk_tls_align,
	};
	uk_random_bytes(random_bytes, sizeof(random_bytes)); /* for stack and pointer guards */
	for (int i = 0; i < argc; i++)
		*p++ = (uintptr_t)argv[i];
	*p++ = 0;
	*p++ = 0;
	memcpy(p, aux, sizeof(aux));
	__libc_start_main(libc_main, argc, (char **)stack, NULL, NULL, NULL);
	__builtin_unreachable();
}

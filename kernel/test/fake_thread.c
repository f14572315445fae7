/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel/test/fake_thread.h"

#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include "kernel/libc.h"
#include "kernel/thread_sched.h"
#include "plat-kvm/test/fake_plat.h"
#include "plat-kvm/trap.h"

void fake_thread_switch(void **save_sp, void *load_sp);

/* Told right before the jump, since a new thread has no place to say that it has arrived. */
void uk_thread_switch(void **save_sp, void *load_sp)
{
	static const void *main_low;
	static size_t main_bytes;
	const struct uk_thread *to = uk_thread_self();
	const void *from_low;
	size_t from_bytes;

	if (to->low != 0)
		__sanitizer_start_switch_fiber(NULL, (void *)to->low, to->high - to->low);
	else
		__sanitizer_start_switch_fiber(NULL, main_low, main_bytes);
	__sanitizer_finish_switch_fiber(NULL, &from_low, &from_bytes);
	if (main_low == NULL) { /* the first one comes from main */
		main_low = from_low;
		main_bytes = from_bytes;
	}
	fake_thread_switch(save_sp, load_sp);
}

void uk_libc_tp_switch(uintptr_t tp)
{
	fake_plat_fail("a thread of a host test has a thread pointer of its own");
}

void uk_trap_stack(uintptr_t low, uintptr_t high)
{
}

static struct uk_wait_queue ended;

static int fake_run(void *arg)
{
	struct uk_thread *t = uk_thread_self();

	t->native(t->native_arg);
	uk_wait_wake_all(&ended);
	return 0;
}

struct uk_thread *fake_thread_spawn(const char *name, void (*fn)(void *arg), void *arg)
{
	size_t bytes = UK_PAGE_SIZE + FAKE_THREAD_STACK_BYTES;
	char *mem = aligned_alloc(UK_PAGE_SIZE, bytes);
	const struct uk_thread_stack stack = { .low = (uintptr_t)mem + UK_PAGE_SIZE,
		.high = (uintptr_t)mem + bytes,
		.has_guard = true };
	struct uk_thread *t = mem != NULL ? uk_thread_make(&stack, fake_run, NULL, 0) : NULL;

	if (t == NULL)
		fake_plat_fail("no memory for a thread");
	t->native = fn;
	t->native_arg = arg;
	t->stack_mem = mem;
	t->unmap = free;
	uk_thread_rename(t, name);
	return t;
}

struct uk_thread *uk_thread_create(
	const char *name, void (*fn)(void *arg), void *arg, size_t stack_bytes)
{
	struct uk_thread *t = fake_thread_spawn(name, fn, arg);

	t->kept = true;
	return t;
}

void uk_thread_exit(void)
{
	uk_wait_wake_all(&ended);
	uk_thread_end();
}

void uk_thread_join(struct uk_thread *t)
{
	while (t->state != UK_THREAD_DEAD) {
		int rc = uk_wait(&ended, UK_WAIT_FOREVER);

		UK_ASSERT(rc == 0);
	}
	free(t);
}

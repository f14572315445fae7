/* SPDX-License-Identifier: BSD-3-Clause */
#include "plat-kvm/test/fake_plat.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"
#include "plat-kvm/idle.h"
#include "plat-kvm/irq.h"
#include "plat-kvm/power.h"

#define VECTOR_MIN 33u
#define VECTOR_END 64u
#define ARGS_MAX   16u
#define GSI_END    24u

static struct {
	uint64_t now_ns, step_ns;
	void (*hook)(void *arg);
	void *hook_arg;
	bool in_hook;
	unsigned vector_next;
	uint64_t pending; /* bit = vector; devices may raise from a thread of their own */
	uint64_t idle_count, idle_ns;
	struct {
		const char *key, *value;
	} args[ARGS_MAX];
	char console[65536];
	size_t console_len;
	jmp_buf *power;
} plat = { .vector_next = VECTOR_MIN };

void fake_plat_reset(void)
{
	memset(&plat, 0, sizeof(plat));
	plat.vector_next = VECTOR_MIN;
}

static void plat_run_hook(void)
{
	if (plat.hook == NULL || plat.in_hook)
		return;
	plat.in_hook = true;
	plat.hook(plat.hook_arg);
	plat.in_hook = false;
}

void fake_plat_advance(uint64_t ns)
{
	plat.now_ns += ns;
}

void fake_plat_step(uint64_t ns)
{
	plat.step_ns = ns;
}

void fake_plat_hook(void (*fn)(void *arg), void *arg)
{
	plat.hook = fn;
	plat.hook_arg = arg;
}

int uk_clock_start(void)
{
	return 0;
}

uint64_t uk_clock_ns(void)
{
	plat_run_hook();
	plat.now_ns += plat.step_ns;
	return plat.now_ns;
}

uint64_t uk_clock_wall_ns(void)
{
	return 1700000000ull * 1000000000ull + plat.now_ns;
}

uint64_t uk_clock_hz(void)
{
	return 1000000000ull;
}

const char *uk_clock_source(void)
{
	return "fake";
}

int uk_irq_alloc(void)
{
	return plat.vector_next < VECTOR_END ? (int)plat.vector_next++ : -ENOSPC;
}

int uk_irq_route_gsi(unsigned gsi, unsigned vector)
{
	return gsi < GSI_END && vector >= VECTOR_MIN && vector < plat.vector_next ? 0 : -EINVAL;
}

void uk_irq_msi(unsigned vector, uint64_t *addr, uint32_t *data)
{
	*addr = 0xfee00000u;
	*data = vector;
}

bool uk_irq_pending(unsigned vector)
{
	bool was = fake_plat_irq_is_pending(vector);

	if (was)
		__atomic_fetch_and(&plat.pending, ~(1ull << vector), __ATOMIC_SEQ_CST);
	return was;
}

void fake_plat_irq_raise(unsigned vector)
{
	if (vector < VECTOR_MIN || vector >= plat.vector_next)
		fake_plat_fail("interrupt vector %u is raised, but was never allocated", vector);
	__atomic_fetch_or(&plat.pending, 1ull << vector, __ATOMIC_SEQ_CST);
}

bool fake_plat_irq_is_pending(unsigned vector)
{
	if (vector < VECTOR_MIN || vector >= VECTOR_END)
		fake_plat_fail("interrupt vector %u is asked for, but there is no such", vector);
	return (__atomic_load_n(&plat.pending, __ATOMIC_SEQ_CST) >> vector) & 1;
}

unsigned fake_plat_irq_allocated(void)
{
	return plat.vector_next - VECTOR_MIN;
}

/*
 * The devices run once; if that raised nothing, the machine would sleep to its deadline. Without a
 * deadline it would sleep for ever: a lost wake-up, which ends the test.
 */
void uk_idle_until(uint64_t deadline_ns)
{
	if (plat.pending != 0 || plat.now_ns >= deadline_ns)
		return;
	plat.idle_count++;
	plat_run_hook();
	if (plat.pending != 0 || plat.now_ns >= deadline_ns)
		return;
	if (deadline_ns == UINT64_MAX)
		fake_plat_fail("the machine sleeps for ever: no interrupt is due, no deadline set");
	plat.idle_ns += deadline_ns - plat.now_ns;
	plat.now_ns = deadline_ns;
}

uint64_t fake_plat_idle_count(void)
{
	return plat.idle_count;
}

uint64_t fake_plat_idle_ns(void)
{
	return plat.idle_ns;
}

void fake_plat_arg(const char *key, const char *value)
{
	unsigned i = 0;

	while (i < ARGS_MAX && plat.args[i].key != NULL && strcmp(plat.args[i].key, key) != 0)
		i++;
	if (i == ARGS_MAX)
		fake_plat_fail("more than %u boot arguments", ARGS_MAX);
	plat.args[i].key = key;
	plat.args[i].value = value;
}

const char *uk_boot_arg(const char *key)
{
	for (unsigned i = 0; i < ARGS_MAX && plat.args[i].key != NULL; i++) {
		if (strcmp(plat.args[i].key, key) == 0)
			return plat.args[i].value;
	}
	return NULL;
}

size_t uk_boot_ram_bytes(void)
{
	return 64u << 20;
}

char **uk_boot_argv(void)
{
	static char *argv[] = { (char *)"test", NULL };

	return argv;
}

void uk_console_write(const char *s, size_t len)
{
	size_t room = sizeof(plat.console) - 1 - plat.console_len;

	if (len > room)
		len = room;
	memcpy(plat.console + plat.console_len, s, len);
	plat.console_len += len;
	plat.console[plat.console_len] = '\0';
}

void uk_console_printf(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line), fmt, ap);

	va_end(ap);
	if (n > 0)
		uk_console_write(line, strlen(line));
}

int uk_console_getc(void)
{
	return -1;
}

const char *fake_plat_console(void)
{
	return plat.console;
}

void fake_plat_power_catch(jmp_buf *where)
{
	plat.power = where;
}

void uk_power_off(int code)
{
	jmp_buf *where = plat.power;

	plat.power = NULL;
	if (where != NULL)
		longjmp(*where, code + 1);
	fprintf(stderr, "%s", plat.console);
	fake_plat_fail("the machine powers off with code %d", code);
}

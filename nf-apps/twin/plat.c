/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What plat-kvm gives an image, for a Linux process: clocks, the console, failed assertions.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "nf-apps/twin/plat.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/console.h"
#include "plat-kvm/defs.h"

#define PLAT_CALIBRATE_NS 2000000

static struct {
	bool simulated;
	uint64_t sim_ns, sim_wall_ns;
	uint64_t start_ns, start_cycles;
} plat;

static uint64_t plat_read_ns(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static __attribute__((constructor)) void plat_start(void)
{
	plat.start_ns = plat_read_ns(CLOCK_MONOTONIC);
	plat.start_cycles = uk_clock_cycles();
}

void nf_plat_simulate(uint64_t wall_ns)
{
	plat.sim_ns = 0;
	plat.sim_wall_ns = wall_ns;
	plat.simulated = true;
}

bool nf_plat_is_simulated(void)
{
	return plat.simulated;
}

void nf_plat_advance(uint64_t ns)
{
	plat.sim_ns += ns < UINT64_MAX / 2 - plat.sim_ns ? ns : 0;
}

uint64_t uk_clock_ns(void)
{
	return plat.simulated ? plat.sim_ns : plat_read_ns(CLOCK_MONOTONIC) - plat.start_ns;
}

uint64_t uk_clock_wall_ns(void)
{
	return plat.simulated ? plat.sim_wall_ns + plat.sim_ns : plat_read_ns(CLOCK_REALTIME);
}

/* Measured since the start of the process, which has lasted long enough by then. */
uint64_t uk_clock_hz(void)
{
	uint64_t ns, cycles;

	do {
		ns = plat_read_ns(CLOCK_MONOTONIC) - plat.start_ns;
		cycles = uk_clock_cycles() - plat.start_cycles;
	} while (ns < PLAT_CALIBRATE_NS);
	return (uint64_t)((unsigned __int128)cycles * 1000000000 / ns);
}

const char *uk_clock_source(void)
{
	return plat.simulated ? "simulated" : "linux";
}

void uk_console_write(const char *s, size_t len)
{
	(void)!fwrite(s, 1, len, stderr);
}

void uk_console_printf(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
}

int uk_console_getc(void)
{
	return -1;
}

void uk_assert_fail(const char *expr, const char *file, int line)
{
	(void)fflush(stdout);
	(void)fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, expr);
	abort();
}

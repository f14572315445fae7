/* SPDX-License-Identifier: BSD-3-Clause */
#define _GNU_SOURCE
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "pktgen-bench/host/eal.h"

#define HUGE_PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/"

static unsigned long eal_number(const char *path)
{
	unsigned long v = 0;
	FILE *f = fopen(path, "r");

	if (f && fscanf(f, "%lu", &v) != 1)
		v = 0;
	if (f)
		fclose(f);
	return v;
}

/* Pages that are promised to others are not free. */
static bool eal_huge_enough(unsigned int mib)
{
	return eal_number(HUGE_PAGES "free_hugepages") >=
	       eal_number(HUGE_PAGES "resv_hugepages") + mib / 2;
}

static bool eal_core_usable(unsigned int core)
{
	cpu_set_t set;

	return core < CPU_SETSIZE && !sched_getaffinity(0, sizeof(set), &set) &&
	       CPU_ISSET(core, &set);
}

/* EAL keeps pointers into its arguments, so they live as long as the process. */
int pg_eal_start(const struct pg_eal_conf *c)
{
	static char lcores[32], prefix[32], mem[16];
	static char *argv[16];
	bool huge = !c->no_huge && eal_huge_enough(c->mem_mib);
	int argc = 0;

	if (!eal_core_usable(c->core)) {
		fprintf(stderr, "pgbench-host: core %u is not there or not allowed\n", c->core);
		return -1;
	}
	snprintf(lcores, sizeof(lcores), "0@%u", c->core);
	snprintf(prefix, sizeof(prefix), "pgbench%d", (int)getpid());
	snprintf(mem, sizeof(mem), "%u", c->mem_mib);
	argv[argc++] = "pgbench-host";
	argv[argc++] = "--lcores";
	argv[argc++] = lcores;
	argv[argc++] = "--no-pci";
	argv[argc++] = "--no-telemetry";
	argv[argc++] = huge ? "--in-memory" : "--no-huge";
	argv[argc++] = "--file-prefix";
	argv[argc++] = prefix;
	argv[argc++] = "-m";
	argv[argc++] = mem;
	argv[argc++] = huge ? "--single-file-segments" : "--no-shconf";
	argv[argc++] = c->verbose ? "--log-level=info" : "--log-level=critical";
	if (!huge)
		fprintf(stderr, "pgbench-host: running without hugepages: %s\n",
			c->no_huge ? "as asked"
				   : "too few are free (see /proc/sys/vm/nr_hugepages)");
	if (!c->verbose)
		rte_log_set_global_level(RTE_LOG_CRIT);
	if (rte_eal_init(argc, argv) < 0) {
		fprintf(stderr, "pgbench-host: DPDK does not start: %s (--verbose says more)\n",
			rte_strerror(rte_errno));
		return -1;
	}
	return 0;
}

/* EAL leaves a folder behind even when it has nothing to put there. */
void pg_eal_stop(void)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	rmdir(dir);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's environment the way this program wants it: one core, no PCI, nothing shared with other processes. */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include "nf-apps/kvs/dpdk/eth.h"

#define HUGE_PAGES "/sys/kernel/mm/hugepages/hugepages-2048kB/"
#define MEM_MIB    64

static unsigned long env_number(const char *path)
{
	unsigned long v = 0;
	FILE *f = fopen(path, "r");

	if (f != NULL && fscanf(f, "%lu", &v) != 1)
		v = 0;
	if (f != NULL)
		fclose(f);
	return v;
}

/* Those that are promised to others are not free. */
static bool env_huge_enough(void)
{
	return env_number(HUGE_PAGES "free_hugepages") >=
	       env_number(HUGE_PAGES "resv_hugepages") + MEM_MIB / 2;
}

static bool env_core_usable(unsigned core)
{
	cpu_set_t set;

	return core < CPU_SETSIZE && sched_getaffinity(0, sizeof(set), &set) == 0 &&
	       CPU_ISSET(core, &set);
}

/* DPDK keeps pointers into its arguments, so they live as long as the process. */
int nf_eth_environment_start(const struct nf_args *a)
{
	static char lcores[32], prefix[32], mem[16], vdev[PATH_MAX + 256];
	static char *argv[24];
	bool huge = env_huge_enough();
	int argc = 0;

	if (!env_core_usable(a->core)) {
		fprintf(stderr, "kvs-dpdk: core %u is not there or not allowed\n", a->core);
		return -1;
	}
	snprintf(lcores, sizeof(lcores), "0@%u", a->core);
	snprintf(prefix, sizeof(prefix), "kvsdpdk%d", (int)getpid());
	snprintf(mem, sizeof(mem), "%d", MEM_MIB);
	snprintf(vdev, sizeof(vdev),
		"net_virtio_user0,path=%s,queues=1,queue_size=%u,mrg_rxbuf=0,mac=%s,%s", a->socket,
		(unsigned)a->opts.ring, a->mac != NULL ? a->mac : "52:54:00:12:34:56", a->devargs);
	argv[argc++] = "kvs-dpdk";
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
	argv[argc++] = "--vdev";
	argv[argc++] = vdev;
	if (a->vectorised)
		argv[argc++] = "--force-max-simd-bitwidth=512";
	argv[argc++] = a->verbose ? "--log-level=info" : "--log-level=critical";
	if (!huge)
		fprintf(stderr,
			"kvs-dpdk: running without hugepages: too few are free (see /proc/sys/vm/nr_hugepages)\n");
	if (!a->verbose)
		rte_log_set_global_level(RTE_LOG_CRIT);
	if (rte_eal_init(argc, argv) < 0) {
		fprintf(stderr,
			"kvs-dpdk: DPDK does not start: %s (--verbose says more; is a back end at %s?)\n",
			rte_strerror(rte_errno), a->socket);
		return -1;
	}
	return 0;
}

/* DPDK leaves a folder behind even when it has nothing to put there. */
void nf_eth_environment_stop(void)
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	rmdir(dir);
}

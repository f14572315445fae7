/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/kvs/lwip/server.h"
#include "plat-kvm/clock.h"

#define SWEEP_NS 1000000u

void nf_server_tick(struct nf_kvs *k)
{
	nf_kvs_tick(k, uk_clock_ns(), uk_clock_wall_ns() / 1000000000u);
}

void nf_server_idle(struct nf_kvs *k)
{
	static uint64_t next_ns;
	uint64_t now = uk_clock_ns();

	if (now < next_ns)
		return;
	next_ns = now + SWEEP_NS;
	nf_server_tick(k);
	nf_kvs_idle(k);
}

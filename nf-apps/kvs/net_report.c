/* SPDX-License-Identifier: BSD-3-Clause */
#include <inttypes.h>
#include <stdio.h>
#include "nf-apps/kvs/net_report.h"

static void report_u64(const char *name, uint64_t v)
{
	printf(",\"%s\":%" PRIu64, name, v);
}

static void report_store(struct nf_kvs *kvs)
{
	struct nf_store_stats st;

	nf_store_stats(nf_kvs_store(kvs), &st);
	report_u64("items", st.nb_items);
	report_u64("item_bytes", st.item_bytes);
	report_u64("used_bytes", st.used_bytes);
	report_u64("limit_bytes", st.limit_bytes);
	report_u64("evictions", st.evictions);
}

static void report_counts(struct nf_net *const nets[], unsigned nb)
{
	for (unsigned k = 0; nf_net_count_name(k) != NULL; k++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < nb; i++)
			sum += nf_net_counts(nets[i])[k];
		if (sum > 0 || k == NF_NET_REQUESTS)
			report_u64(nf_net_count_name(k), sum);
	}
}

void nf_net_report(
	const struct nf_net_report *r, struct nf_kvs *kvs, struct nf_net *const nets[], unsigned nb)
{
	printf("@{\"type\":\"tick\",\"t\":%.6f", r->t);
	report_u64("rx_pkts", r->rx_pkts);
	report_u64("tx_pkts", r->tx_pkts);
	report_u64("resets", r->resets);
	report_u64("busy_cycles", r->busy_cycles);
	report_u64("busy_pkts", r->busy_pkts);
	report_u64("rounds", r->rounds);
	report_u64("bufs_free", r->bufs_free);
	report_u64("bufs", r->bufs);
	report_u64("unsent", r->unsent);
	report_u64("parts", r->parts);
	report_store(kvs);
	report_counts(nets, nb);
	printf("}\n");
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* Multicast listener reports (RFC 9777): switches that look learn where solicitations for our addresses are to go. */
#include "nf-apps/kvs/net_part.h"

#define MLD_REPORT     143
#define MLD_IS_EXCLUDE 2 /* "I listen to all senders": the present state */
#define MLD_TO_EXCLUDE 4 /* the same, since now */
#define MLD_ROBUST     2 /* unasked reports */
#define MLD_AGAIN_NS   1000000000ull

struct mld_record {
	uint8_t type, aux_len;
	nf_be16 nb_sources;
	uint8_t group[16];
} UK_PACKED;

struct mld_report {
	uint8_t type, reserved;
	nf_be16 csum, reserved2, nb_records;
	struct mld_record records[NF_NET_ADDRS6];
} UK_PACKED;

/* Hop-by-hop: router alert for MLD (RFC 2711), two bytes of padding. */
static const uint8_t mld_hop[8] = { NF_IP_ICMP6, 0, 5, 2, 0, 0, 1, 0 };

static uint32_t mld_fill(const struct nf_net *n, struct mld_report *r)
{
	uint16_t nb = 0;

	*r = (struct mld_report){ .type = MLD_REPORT };
	for (unsigned i = 0; i < NF_NET_ADDRS6; i++) {
		if (n->addrs6[i].state != NF_NET_ADDR_TENTATIVE &&
			n->addrs6[i].state != NF_NET_ADDR_VALID)
			continue;
		r->records[nb].type = n->nb_reports < MLD_ROBUST ? MLD_TO_EXCLUDE : MLD_IS_EXCLUDE;
		memcpy(r->records[nb++].group, n->addrs6[i].group, 16);
	}
	r->nb_records = nf_inet_hton16(nb);
	return nb > 0 ? (uint32_t)offsetof(struct mld_report, records) +
				nb * (uint32_t)sizeof(struct mld_record)
		      : 0;
}

/* From the link-local address, or from nobody while that is only tried (RFC 3590). */
static void mld_send(struct nf_net *n, void *buffer)
{
	struct nf_net_back b = { .l2 = { 0x33, 0x33, 0, 0, 0, 0x16 },
		.l2_len = NF_ETHER_LEN,
		.is6 = true,
		.dst = { 0xff, 2, [15] = 0x16 } };
	struct nf_net_frame f;
	struct mld_report *r;
	uint8_t *hop;
	uint32_t len;

	n->ops->look(n->ops_arg, buffer, &f);
	hop = f.data + NF_ETHER_LEN + NF_NET_IP6_LEN;
	r = (void *)(hop + sizeof(mld_hop));
	len = mld_fill(n, r);
	f.len = 0;
	f.flags = 0;
	if (len > 0) {
		memcpy(b.l2 + 6, n->mac, 6);
		nf_inet_put16(b.l2 + 12, NF_ETHERTYPE_IP6);
		if (n->addrs6[0].state == NF_NET_ADDR_VALID)
			memcpy(b.src, n->addrs6[0].addr, sizeof(b.src));
		r->csum = nf_net_back_csum(&b, (uint8_t *)r, len, NF_IP_ICMP6);
		memcpy(hop, mld_hop, sizeof(mld_hop));
		nf_net_back_put(&f, &b, hop, (uint32_t)sizeof(mld_hop) + len, 0);
		((struct nf_ip6_hdr *)(void *)(hop - NF_NET_IP6_LEN))->hlim = 1;
	}
	n->ops->put(n->ops_arg, &f);
}

void nf_net_mld_report(struct nf_net *n)
{
	void *buffer = n->ops->get(n->ops_arg);

	if (buffer != NULL)
		mld_send(n, buffer);
	n->nb_reports++;
	n->report_ns = n->nb_reports < MLD_ROBUST ? n->now_ns + MLD_AGAIN_NS : UINT64_MAX;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/element/classify/ipword.h"

#define WORD_IP(nm, at_bit, nb_bits)                                                               \
	{                                                                                          \
		.name = nm, .kind = NF_IPWORD_FIELD, .at = at_bit, .bits = nb_bits,                \
		.proto = NF_IPWORD_NO_PROTO                                                        \
	}

const struct nf_ipword_type nf_ipword_icmp_type = {
	.name = "type", .kind = NF_IPWORD_FIELD, .at = 0, .bits = 8, .proto = NF_IP_ICMP
};

static const struct nf_ipword_type word_types[] = {
	{ .name = "host", .kind = NF_IPWORD_HOST },
	{ .name = "net", .kind = NF_IPWORD_NET },
	{ .name = "port", .kind = NF_IPWORD_PORT },
	{ .name = "proto", .kind = NF_IPWORD_PROTO },
	{ .name = "opt", .kind = NF_IPWORD_OPT },
	{ .name = "frag", .kind = NF_IPWORD_FRAG },
	{ .name = "unfrag", .kind = NF_IPWORD_UNFRAG },
	{ .name = "ect", .kind = NF_IPWORD_ECT },
	{ .name = "ce", .kind = NF_IPWORD_CE },
	WORD_IP("vers", 0, 4),
	WORD_IP("hl", 4, 4),
	WORD_IP("tos", 8, 8),
	WORD_IP("dscp", 8, 6),
	WORD_IP("len", 16, 16),
	WORD_IP("id", 32, 16),
	WORD_IP("ttl", 64, 8),
	{ .name = "win", .kind = NF_IPWORD_FIELD, .at = 112, .bits = 16, .proto = NF_IP_TCP },
};

const struct nf_ipword_type *nf_ipword_type(const char *w)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(word_types); i++) {
		if (strcmp(w, word_types[i].name) == 0)
			return &word_types[i];
	}
	return strcmp(w, nf_ipword_icmp_type.name) == 0 ? &nf_ipword_icmp_type : NULL;
}

struct word_value {
	const char *name;
	uint16_t value;
};

static const struct word_value word_protos[] = {
	{ "tcp", NF_IP_TCP },
	{ "udp", NF_IP_UDP },
	{ "icmp", NF_IP_ICMP },
	{ "igmp", 2 },
	{ "ipip", NF_IP_IPIP },
	{ "tcpudp", NF_IPWORD_TCPUDP },
	{ "transp", NF_IPWORD_TRANSP },
	{ "dccp", 33 },
	{ "gre", NF_IP_GRE },
	{ "esp", 50 },
	{ "icmp6", NF_IP_ICMP6 },
	{ "ospf", 89 },
	{ "sctp", NF_IP_SCTP },
	{ "udplite", 136 },
};

static const struct word_value word_opts[] = {
	{ "fin", NF_TCP_FIN },
	{ "syn", NF_TCP_SYN },
	{ "rst", NF_TCP_RST },
	{ "psh", NF_TCP_PSH },
	{ "ack", NF_TCP_ACK },
	{ "urg", NF_TCP_URG },
};

/* RFC 792, 950 and 1256 */
static const struct word_value word_icmp_types[] = {
	{ "echo-reply", 0 },
	{ "unreachable", 3 },
	{ "sourcequench", 4 },
	{ "redirect", 5 },
	{ "echo", 8 },
	{ "routeradvert", 9 },
	{ "routersolicit", 10 },
	{ "timeexceeded", 11 },
	{ "parameterproblem", 12 },
	{ "timestamp", 13 },
	{ "timestamp-reply", 14 },
	{ "inforeq", 15 },
	{ "inforeq-reply", 16 },
	{ "maskreq", 17 },
	{ "maskreq-reply", 18 },
};

static bool word_in(const struct word_value *table, unsigned nb, const char *w, uint32_t *value)
{
	for (unsigned i = 0; i < nb; i++) {
		if (strcmp(w, table[i].name) == 0) {
			*value = table[i].value;
			return true;
		}
	}
	return false;
}

/* A service that is known for one protocol only is meant for the other one too. */
static unsigned word_ports(
	const struct nf_element *e, const char *w, uint32_t *tcp_port, uint32_t *udp_port)
{
	uint16_t tcp, udp;
	bool has_tcp = nf_args_info_port(e, w, NF_IP_TCP, &tcp) == 0;
	bool has_udp = nf_args_info_port(e, w, NF_IP_UDP, &udp) == 0;

	if (!has_tcp && !has_udp)
		return 0;
	*tcp_port = has_tcp ? tcp : udp;
	*udp_port = has_udp ? udp : tcp;
	return 1u << NF_IPWORD_N_TCP_PORT | 1u << NF_IPWORD_N_UDP_PORT;
}

unsigned nf_ipword_find(
	const struct nf_element *e, const char *w, int any_proto, uint32_t value[NF_IPWORD_NAMES])
{
	unsigned found = 0;
	uint8_t proto;

	if ((w[0] < 'a' || w[0] > 'z') && (w[0] < 'A' || w[0] > 'Z') && w[0] != '_')
		return 0;
	if (word_in(word_protos, UK_ARRAY_SIZE(word_protos), w, &value[NF_IPWORD_N_PROTO])) {
		found |= 1u << NF_IPWORD_N_PROTO;
	} else if (any_proto && nf_addr_ip_proto(w, &proto) == 0) {
		value[NF_IPWORD_N_PROTO] = proto;
		found |= 1u << NF_IPWORD_N_PROTO;
	}
	if (word_in(word_opts, UK_ARRAY_SIZE(word_opts), w, &value[NF_IPWORD_N_OPT]))
		found |= 1u << NF_IPWORD_N_OPT;
	if (word_in(word_icmp_types, UK_ARRAY_SIZE(word_icmp_types), w,
		    &value[NF_IPWORD_N_ICMP_TYPE]))
		found |= 1u << NF_IPWORD_N_ICMP_TYPE;
	return found | word_ports(e, w, &value[NF_IPWORD_N_TCP_PORT], &value[NF_IPWORD_N_UDP_PORT]);
}

const char *nf_ipword_proto_name(int proto, char buf[16])
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(word_protos); i++) {
		if (word_protos[i].value == proto)
			return word_protos[i].name;
	}
	snprintf(buf, 16, "ip proto %u", (unsigned)proto & 0xff);
	return buf;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/element/trace/summary.h"

/* Annotations first, then headers from the outside in, what needs another field's result behind it.
 */
enum {
	SUM_ANNO = 10,
	SUM_LINK = 20,
	SUM_NET = 30,
	SUM_TRANSPORT = 40,
	SUM_PAYLOAD = 50,
};

static const struct nf_summary_field sum_fields[] = {
	{ "timestamp", NF_SUMMARY_TIME, NF_SUMMARY_TIME_NS, 8, SUM_ANNO, false },
	{ "ntimestamp", NF_SUMMARY_TIME, NF_SUMMARY_TIME_NS, 8, SUM_ANNO, false },
	{ "ts_sec", NF_SUMMARY_TIME_SEC, NF_SUMMARY_NUMBER, 4, SUM_ANNO, false },
	{ "ts_usec", NF_SUMMARY_TIME_USEC, NF_SUMMARY_NUMBER, 4, SUM_ANNO, false },
	{ "ts_usec1", NF_SUMMARY_TIME_USEC1, NF_SUMMARY_NUMBER, 8, SUM_ANNO, false },
	{ "first_timestamp", NF_SUMMARY_FIRST_TIME, NF_SUMMARY_TIME_NS, 8, SUM_ANNO, false },
	{ "first_ntimestamp", NF_SUMMARY_FIRST_TIME, NF_SUMMARY_TIME_NS, 8, SUM_ANNO, false },
	{ "count", NF_SUMMARY_COUNT, NF_SUMMARY_NUMBER, 4, SUM_ANNO, false },
	{ "link", NF_SUMMARY_PAINT, NF_SUMMARY_LINK, 1, SUM_ANNO, false },
	{ "paint", NF_SUMMARY_PAINT, NF_SUMMARY_LINK, 1, SUM_ANNO, false },
	{ "direction", NF_SUMMARY_PAINT, NF_SUMMARY_SIDE, 1, SUM_ANNO, false },
	{ "aggregate", NF_SUMMARY_AGGREGATE, NF_SUMMARY_NUMBER, 4, SUM_ANNO, false },
	{ "wire_len", NF_SUMMARY_WIRE_LEN, NF_SUMMARY_NUMBER, 4, SUM_ANNO, false },
	{ "eth_src", NF_SUMMARY_ETH_SRC, NF_SUMMARY_ETHER, 6, SUM_LINK, false },
	{ "eth_dst", NF_SUMMARY_ETH_DST, NF_SUMMARY_ETHER, 6, SUM_LINK, false },
	{ "eth_type", NF_SUMMARY_ETH_TYPE, NF_SUMMARY_HEX16, 2, SUM_LINK, false },
	{ "ip_src", NF_SUMMARY_IP_SRC, NF_SUMMARY_ADDR, 4, SUM_NET, false },
	{ "ip_dst", NF_SUMMARY_IP_DST, NF_SUMMARY_ADDR, 4, SUM_NET, false },
	{ "ip_tos", NF_SUMMARY_IP_TOS, NF_SUMMARY_NUMBER, 1, SUM_NET, false },
	{ "ip_dscp", NF_SUMMARY_IP_DSCP, NF_SUMMARY_NUMBER, 1, SUM_NET, false },
	{ "ip_ecn", NF_SUMMARY_IP_ECN, NF_SUMMARY_ECN, 1, SUM_NET, false },
	{ "ip_ttl", NF_SUMMARY_IP_TTL, NF_SUMMARY_NUMBER, 1, SUM_NET, false },
	{ "ip_frag", NF_SUMMARY_IP_FRAG, NF_SUMMARY_FRAG, 1, SUM_NET - 2, false },
	{ "ip_fragoff", NF_SUMMARY_IP_FRAGOFF, NF_SUMMARY_FRAGOFF, 2, SUM_NET - 1, false },
	{ "ip_id", NF_SUMMARY_IP_ID, NF_SUMMARY_NUMBER, 2, SUM_NET, false },
	{ "ip_sum", NF_SUMMARY_IP_SUM, NF_SUMMARY_NUMBER, 2, SUM_NET + 2, false },
	{ "ip_proto", NF_SUMMARY_IP_PROTO, NF_SUMMARY_PROTO, 1, SUM_NET, false },
	{ "ip_hl", NF_SUMMARY_IP_HL, NF_SUMMARY_NUMBER, 1, SUM_NET - 1, false },
	{ "ip_len", NF_SUMMARY_IP_LEN, NF_SUMMARY_NUMBER, 4, SUM_NET + 1, false },
	{ "ip_capture_len", NF_SUMMARY_IP_CAPTURE_LEN, NF_SUMMARY_NUMBER, 4, SUM_PAYLOAD + 2,
		false },
	{ "ip_opt", NF_SUMMARY_IP_OPT, NF_SUMMARY_IPOPT, 0, SUM_NET, false },
	{ "sport", NF_SUMMARY_SPORT, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT, false },
	{ "dport", NF_SUMMARY_DPORT, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT, false },
	{ "tcp_seq", NF_SUMMARY_TCP_SEQ, NF_SUMMARY_NUMBER, 4, SUM_TRANSPORT, false },
	{ "tcp_ack", NF_SUMMARY_TCP_ACK, NF_SUMMARY_NUMBER, 4, SUM_TRANSPORT, false },
	{ "tcp_off", NF_SUMMARY_TCP_OFF, NF_SUMMARY_NUMBER, 1, SUM_TRANSPORT - 1, false },
	{ "tcp_flags", NF_SUMMARY_TCP_FLAGS, NF_SUMMARY_FLAGS, 1, SUM_TRANSPORT, false },
	{ "tcp_window", NF_SUMMARY_TCP_WINDOW, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT, false },
	{ "tcp_urp", NF_SUMMARY_TCP_URP, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT, false },
	{ "tcp_opt", NF_SUMMARY_TCP_OPT, NF_SUMMARY_TCPOPT, 0, SUM_TRANSPORT + 3, false },
	{ "tcp_ntopt", NF_SUMMARY_TCP_NTOPT, NF_SUMMARY_TCPOPT, 0, SUM_TRANSPORT + 2, false },
	{ "tcp_sack", NF_SUMMARY_TCP_SACK, NF_SUMMARY_TCPOPT, 0, SUM_TRANSPORT + 1, false },
	{ "udp_len", NF_SUMMARY_UDP_LEN, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT, false },
	{ "icmp_type", NF_SUMMARY_ICMP_TYPE, NF_SUMMARY_NUMBER, 1, SUM_TRANSPORT, false },
	{ "icmp_code", NF_SUMMARY_ICMP_CODE, NF_SUMMARY_NUMBER, 1, SUM_TRANSPORT + 1, false },
	{ "icmp_type_name", NF_SUMMARY_ICMP_TYPE, NF_SUMMARY_TYPE, 1, SUM_TRANSPORT, false },
	{ "icmp_code_name", NF_SUMMARY_ICMP_CODE, NF_SUMMARY_CODE, 1, SUM_TRANSPORT + 1, false },
	{ "icmp_flowid", NF_SUMMARY_ICMP_FLOWID, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT + 2, false },
	{ "icmp_seq", NF_SUMMARY_ICMP_SEQ, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT + 2, false },
	{ "icmp_nextmtu", NF_SUMMARY_ICMP_NEXTMTU, NF_SUMMARY_NUMBER, 2, SUM_TRANSPORT + 2, false },
	{ "payload", NF_SUMMARY_PAYLOAD, NF_SUMMARY_STRING, 0, SUM_PAYLOAD, false },
	{ "payload_len", NF_SUMMARY_PAYLOAD_LEN, NF_SUMMARY_NUMBER, 4, SUM_PAYLOAD + 1, false },
	{ "payload_md5", NF_SUMMARY_PAYLOAD_MD5, NF_SUMMARY_MD5, 16, SUM_PAYLOAD, true },
	{ "payload_md5_hex", NF_SUMMARY_PAYLOAD_MD5, NF_SUMMARY_MD5_HEX, 16, SUM_PAYLOAD, true },
};

static const struct {
	const char *old, *name;
} sum_synonyms[] = {
	{ "utimestamp", "timestamp" },
	{ "ts", "timestamp" },
	{ "sec", "ts_sec" },
	{ "usec", "ts_usec" },
	{ "usec1", "ts_usec1" },
	{ "first_utimestamp", "first_timestamp" },
	{ "first_ts", "first_timestamp" },
	{ "pkt_count", "count" },
	{ "packet_count", "count" },
	{ "agg", "aggregate" },
	{ "wire_length", "wire_len" },
	{ "ether_src", "eth_src" },
	{ "ether_dst", "eth_dst" },
	{ "ether_type", "eth_type" },
	{ "length", "ip_len" },
	{ "ip_p", "ip_proto" },
	{ "tcp_seqno", "tcp_seq" },
	{ "tcp_ackno", "tcp_ack" },
	{ "tcp_win", "tcp_window" },
	{ "payload_length", "payload_len" },
	{ "payload_md5_ascii", "payload_md5" },
};

static const struct nf_summary_field *sum_exact(const char *name)
{
	for (unsigned i = 0; i < UK_ARRAY_SIZE(sum_synonyms); i++) {
		if (strcmp(name, sum_synonyms[i].old) == 0)
			name = sum_synonyms[i].name;
	}
	for (unsigned i = 0; i < UK_ARRAY_SIZE(sum_fields); i++) {
		if (strcmp(name, sum_fields[i].name) == 0)
			return &sum_fields[i];
	}
	return NULL;
}

const struct nf_summary_field *nf_summary_find(const char *name)
{
	const struct nf_summary_field *f;
	char word[32] = "ip_";
	size_t len = strlen(name);

	if (len + 4 > sizeof(word))
		return NULL;
	memcpy(word + 3, name, len + 1);
	for (char *s = word; *s != '\0'; s++)
		*s = *s == ' ' ? '_' : *s;
	f = sum_exact(word + 3);
	return f == NULL && strchr(word + 3, '_') == NULL ? sum_exact(word) : f;
}

static const char *const sum_types[] = { "echo-reply", NULL, NULL, "unreachable", "sourcequench",
	"redirect", NULL, NULL, "echo", "routeradvert", "routersolicit", "timeexceeded",
	"parameterproblem", "timestamp", "timestamp-reply", "inforeq", "inforeq-reply", "maskreq",
	"maskreq-reply" };

static const char *const sum_unreach[] = { "net", "host", "protocol", "port", "needfrag",
	"srcroutefail", "netunknown", "hostunknown", "isolated", "netprohibited", "hostprohibited",
	"tosnet", "toshost", "filterprohibited", "hostprecedence", "precedencecutoff" };
static const char *const sum_redirect[] = { "net", "host", "tosnet", "toshost" };
static const char *const sum_exceeded[] = { "transit", "reassembly" };
static const char *const sum_problem[] = { "erroratptr", "missingopt", "length" };

const char *nf_summary_icmp_type(uint8_t type)
{
	return type < UK_ARRAY_SIZE(sum_types) ? sum_types[type] : NULL;
}

const char *nf_summary_icmp_code(uint8_t type, uint8_t code)
{
	switch (type) {
	case 3:
		return code < UK_ARRAY_SIZE(sum_unreach) ? sum_unreach[code] : NULL;
	case 5:
		return code < UK_ARRAY_SIZE(sum_redirect) ? sum_redirect[code] : NULL;
	case 11:
		return code < UK_ARRAY_SIZE(sum_exceeded) ? sum_exceeded[code] : NULL;
	case 12:
		return code < UK_ARRAY_SIZE(sum_problem) ? sum_problem[code] : NULL;
	default:
		return NULL;
	}
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Around the front end in tests: frames made and taken apart by code of their own (nothing of net*.c), buffers that are
 * counted, and a store that only repeats what it is told (net_rig_kvs.c).
 */
#ifndef SLUICE_NF_APPS_KVS_TEST_NET_RIG_H
#define SLUICE_NF_APPS_KVS_TEST_NET_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/kvs/net.h"

#define RIG_ROOM 1844
#define RIG_SENT 64

struct rig_frame {
	uint8_t b[2048];
	uint32_t len;
};

struct rig {
	struct nf_net *net;
	uint64_t now_ns;
	int buffers_left, buffers_out;   /* that get may still give; that are out */
	struct rig_frame sent[RIG_SENT]; /* by put */
	unsigned nb_sent;
};

extern struct rig rig;

/* What a frame is made of; rig_build fills in lengths and checksums. */
struct rig_packet {
	uint16_t vlan; /* 0: no tag */
	bool is6;
	const uint8_t *
		options; /* IPv4 options or IPv6 extension headers, with their own "next" but for the first */
	uint32_t options_len;
	uint8_t ext; /* kind of the first extension header */
	uint8_t proto;
	uint16_t sport, dport; /* UDP */
	bool no_csum;
	const void *payload; /* behind the UDP header; or all of the upper layer */
	uint32_t payload_len;
	uint32_t src4, dst4; /* host order; 0: usual ones */
	const uint8_t *src6, *dst6;
	uint8_t hlim; /* 0: 64 */
	const uint8_t *dst_mac;
};

extern const uint8_t rig_mac[6], rig_peer_mac[6], rig_ip6[16], rig_peer6[16], rig_local6[16];
#define RIG_IP4  0x0a000002u
#define RIG_PEER 0x0a000001u

int rig_setup(void **state);
int rig_teardown(void **state);
/* With a conf of one's own. */
void rig_start(const struct nf_net_conf *conf);
struct nf_net_conf rig_conf(void);
/* Past duplicate address detection, what was sent meanwhile forgotten. */
void rig_settle(void);

void rig_build(struct rig_frame *f, const struct rig_packet *p);
/* Sum over 16-bit words in network order, folded; 0xffff where a checksum is right. */
uint16_t rig_sum(const void *data, uint32_t len, uint32_t start);
/* UDP, TCP, ICMPv6 with their pseudo header: the frame's checksum is right. */
bool rig_l4_ok(const struct rig_frame *f);
bool rig_ip4_ok(const struct rig_frame *f);

/* Runs one frame through; true: there is an answer, in place of it. Exactly `count` must have counted it. */
bool rig_run(struct rig_frame *f, enum nf_net_count count);
uint64_t rig_count(enum nf_net_count count);

/* "\0\1\0\0\0\1\0\0" and text. */
uint32_t rig_request(uint8_t to[], const char *text);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The discovery packets of PPPoE (RFC 2516): header and tags, as they lie in a frame. */
#ifndef SLUICE_NF_APPS_ELEMENT_ACCESS_PPPOETAG_H
#define SLUICE_NF_APPS_ELEMENT_ACCESS_PPPOETAG_H

#include <stdbool.h>
#include "nf-apps/click/inet.h"

struct nf_pppoe {
	uint8_t vertype; /* 0x11 */
	uint8_t code;
	nf_be16 session, len; /* len: behind this header */
} UK_PACKED;

#define NF_PPPOE_VERTYPE 0x11
#define NF_PPPOE_HEAD    (NF_ETHER_LEN + 6u)  /* Ethernet and PPPoE */
#define NF_PPPOE_IP_HEAD (NF_PPPOE_HEAD + 2u) /* and the protocol number of PPP */
#define NF_PPPOE_MTU     1492

enum {
	NF_PPPOE_DATA = 0,
	NF_PPPOE_PADI = 0x09,
	NF_PPPOE_PADO = 0x07,
	NF_PPPOE_PADR = 0x19,
	NF_PPPOE_PADS = 0x65,
	NF_PPPOE_PADT = 0xa7
};

enum {
	NF_PPPOE_END_OF_LIST = 0,
	NF_PPPOE_SERVICE = 0x0101,
	NF_PPPOE_AC_NAME = 0x0102,
	NF_PPPOE_HOST_UNIQ = 0x0103,
	NF_PPPOE_COOKIE = 0x0104,
	NF_PPPOE_RELAY = 0x0110,
	NF_PPPOE_SERVICE_ERROR = 0x0201,
	NF_PPPOE_SYSTEM_ERROR = 0x0202
};

/* A tag's value in the packet. */
struct nf_pppoetag {
	const uint8_t *v; /* NULL: it is not there */
	uint32_t len;
};

struct nf_pppoetags {
	struct nf_pppoetag service, host_uniq, cookie, relay;
};

/* Tags of data[0..len). False: they are not well formed. Of several of a kind the first counts. */
bool nf_pppoetag_parse(const uint8_t *data, uint32_t len, struct nf_pppoetags *t);

/* Writes a tag at `at` of a packet with room for `room` bytes; where the next goes. What does not
 * fit is left out. */
uint32_t nf_pppoetag_put(
	uint8_t *to, uint32_t at, uint32_t room, uint16_t type, const void *v, uint32_t len);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pcap file format, bytes in and bytes out: byte order of either kind, micro- and nanoseconds,
 * the modified records of some old systems, and lengths that old versions swapped. Everything in a
 * file is untrusted. Source: draft-ietf-opsawg-pcap.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_PCAP_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_PCAP_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define NF_PCAP_HEADER_BYTES 24
#define NF_PCAP_RECORD_BYTES 16
#define NF_PCAP_CAP_MAX      65535 /* bytes of a packet that is taken as one */

/* LINKTYPE_ of tcpdump.org/linktypes.html */
enum {
	NF_PCAP_NULL = 0,
	NF_PCAP_ETHER = 1,
	NF_PCAP_TOKEN_RING = 6,
	NF_PCAP_PPP = 9,
	NF_PCAP_FDDI = 10,
	NF_PCAP_RAW_BSD = 12, /* DLT_RAW of most systems as it lies in files of some */
	NF_PCAP_RAW_OPENBSD = 14,
	NF_PCAP_PPP_HDLC = 50,
	NF_PCAP_ATM = 100,
	NF_PCAP_RAW = 101,
	NF_PCAP_HDLC = 104,
	NF_PCAP_IEEE802_11 = 105,
	NF_PCAP_LOOP = 108,
	NF_PCAP_LINUX_SLL = 113,
	NF_PCAP_PRISM = 119,
	NF_PCAP_RADIOTAP = 127,
	NF_PCAP_IPV4 = 228,
	NF_PCAP_IPV6 = 229,
	NF_PCAP_LINUX_SLL2 = 276,
};

struct nf_pcap {
	bool swapped, nsec, modified, old;
	uint32_t linktype, snaplen;
};

struct nf_pcap_record {
	uint64_t time_ns;
	uint32_t cap_len; /* bytes that follow in the file */
	uint32_t len;     /* bytes that the packet had */
	uint32_t skip;    /* bytes between this record and its data */
};

/* The head of a file. -EINVAL: this is no pcap file, or of a version nobody knows. */
int nf_pcap_read(struct nf_pcap *p, const uint8_t head[NF_PCAP_HEADER_BYTES]) UK_MUST_USE;
/* The head of a packet. -EINVAL: its length cannot be right. */
int nf_pcap_read_record(const struct nf_pcap *p, const uint8_t head[NF_PCAP_RECORD_BYTES],
	struct nf_pcap_record *r) UK_MUST_USE;

void nf_pcap_write(
	uint8_t head[NF_PCAP_HEADER_BYTES], uint32_t linktype, uint32_t snaplen, bool nsec);
void nf_pcap_write_record(
	uint8_t head[NF_PCAP_RECORD_BYTES], const struct nf_pcap_record *r, bool nsec);

#endif

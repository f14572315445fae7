/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state of a TCP connection as one in the middle sees it (RFC 9293), and whether a segment can
 * belong to it by its numbers: what one side sends lies within what the other has allowed, and
 * nobody acknowledges what was not sent (van Rooij, "Real Stateful TCP Packet Filtering in IP
 * Filter", 2000). So whoever does not see a connection can not end it or add to it by guessing.
 * Pure functions.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_REWRITE_TCPTRACK_H
#define SLUICE_NF_APPS_ELEMENT_REWRITE_TCPTRACK_H

#include <stdbool.h>
#include "nf-apps/click/inet.h"

enum nf_tcptrack_phase {
	NF_TCPTRACK_NONE,
	NF_TCPTRACK_OPENING, /* SYN seen, not yet answered and acknowledged */
	NF_TCPTRACK_OPEN,
	NF_TCPTRACK_CLOSING, /* FIN of one side */
	NF_TCPTRACK_DONE,    /* FIN of both, or RST */
};

struct nf_tcptrack_side {
	uint32_t end;     /* behind the last number sent */
	uint32_t allowed; /* behind the last that the other side allows */
	uint32_t window;  /* largest that this side offered, bytes */
};

#define NF_TCPTRACK_SEEN 0x1u /* of a side: its numbers are known */
#define NF_TCPTRACK_FIN  0x2u
#define NF_TCPTRACK_SYN  0x4u
#define NF_TCPTRACK_WS   0x8u /* it offered window scaling (RFC 7323) */

struct nf_tcptrack {
	struct nf_tcptrack_side side[2]; /* 0: who began */
	uint8_t flags[2], scale[2];
	uint8_t phase; /* enum nf_tcptrack_phase */
	uint8_t pad;
	uint16_t syn_data; /* bytes in the first SYN: they may be left unacknowledged (RFC 7413) */
};

enum nf_tcptrack_verdict {
	NF_TCPTRACK_GOOD,
	NF_TCPTRACK_BAD,     /* flags that can not be */
	NF_TCPTRACK_OUTSIDE, /* numbers that can not be */
};

/* True: flags that no honest segment has (none, SYN with FIN or RST, FIN without ACK). */
UK_INLINE bool nf_tcptrack_nonsense(uint8_t flags)
{
	unsigned f = flags & (NF_TCP_SYN | NF_TCP_FIN | NF_TCP_RST | NF_TCP_ACK);

	return f == 0 || f == NF_TCP_FIN ||
	       (f & (NF_TCP_SYN | NF_TCP_FIN)) == (NF_TCP_SYN | NF_TCP_FIN) ||
	       (f & (NF_TCP_SYN | NF_TCP_RST)) == (NF_TCP_SYN | NF_TCP_RST) ||
	       (f & (NF_TCP_FIN | NF_TCP_RST)) == (NF_TCP_FIN | NF_TCP_RST);
}

/* A segment of side `dir`: `tcp` with its whole header, `data` bytes of payload. Updates the state
 * if it is good. With `pickup`, a connection may be met in the middle. */
enum nf_tcptrack_verdict nf_tcptrack(
	struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp, uint32_t data, bool pickup);

/* The usual case, inline: data or ACK in an open connection, within the windows. False: ask
 * nf_tcptrack. */
UK_INLINE bool nf_tcptrack_plain(
	struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp, uint32_t data)
{
	struct nf_tcptrack_side *me = &t->side[dir], *peer = &t->side[!dir];
	uint32_t seq = nf_inet_ntoh32(tcp->seq), ack = nf_inet_ntoh32(tcp->ack);
	uint32_t end = seq + data, win = (uint32_t)nf_inet_ntoh16(tcp->win) << t->scale[dir];
	unsigned f = tcp->flags & (NF_TCP_SYN | NF_TCP_FIN | NF_TCP_RST | NF_TCP_ACK);

	if (f != NF_TCP_ACK || t->phase != NF_TCPTRACK_OPEN || (int32_t)(end - me->allowed) > 0 ||
		(int32_t)(end - (me->end - peer->window)) < 0 || (int32_t)(ack - peer->end) > 0 ||
		(int32_t)(ack - (peer->end - 66000)) < 0)
		return false;
	me->end = (int32_t)(end - me->end) > 0 ? end : me->end;
	me->window = win > me->window ? win : me->window;
	win = win > 0 ? win : 1;
	peer->allowed = (int32_t)(ack + win - peer->allowed) > 0 ? ack + win : peer->allowed;
	return true;
}

/* True: the connection is over and this is the first segment of a new one. */
UK_INLINE bool nf_tcptrack_again(const struct nf_tcptrack *t, const struct nf_tcp *tcp)
{
	return t->phase == NF_TCPTRACK_DONE &&
	       (tcp->flags & (NF_TCP_SYN | NF_TCP_ACK | NF_TCP_RST)) == NF_TCP_SYN;
}

#endif

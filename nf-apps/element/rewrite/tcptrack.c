/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/rewrite/tcptrack.h"

#define TCPTRACK_BEHIND 66000u /* acknowledgements may be so old, or a window */
#define TCPTRACK_SCALE  14u    /* most (RFC 7323, 2.3) */
#define TCPTRACK_NOP    1u
#define TCPTRACK_WSOPT  3u

static bool tcptrack_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* Window scale in the options of a SYN; -1: none. */
static int tcptrack_scale(const struct nf_tcp *tcp)
{
	const uint8_t *opt = (const uint8_t *)(tcp + 1);
	uint32_t left = (tcp->off >> 4) * 4u - (uint32_t)sizeof(*tcp);

	while (left > 0 && *opt != 0) {
		uint32_t len = *opt == TCPTRACK_NOP ? 1 : left >= 2 ? opt[1] : 0;

		if (len == 0 || len > left || (*opt != TCPTRACK_NOP && len < 2))
			break;
		if (*opt == TCPTRACK_WSOPT && len == 3)
			return opt[2] > TCPTRACK_SCALE ? (int)TCPTRACK_SCALE : opt[2];
		opt += len;
		left -= len;
	}
	return -1;
}

/* What a SYN says about scaling; it holds only if both offer it. */
static void tcptrack_learn_scale(struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp)
{
	int scale = tcptrack_scale(tcp);

	t->flags[dir] |= NF_TCPTRACK_SYN;
	if (scale >= 0) {
		t->flags[dir] |= NF_TCPTRACK_WS;
		t->scale[dir] = (uint8_t)scale;
	}
	if ((t->flags[!dir] & NF_TCPTRACK_SYN) && !(t->flags[0] & t->flags[1] & NF_TCPTRACK_WS))
		t->scale[0] = t->scale[1] = 0;
}

static uint32_t tcptrack_window(const struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp)
{
	uint32_t win = nf_inet_ntoh16(tcp->win);

	win <<= tcp->flags & NF_TCP_SYN ? 0 : t->scale[dir];
	return win > 0 ? win : 1; /* a window of 0 may be probed with a byte */
}

/* The first segment of a side. */
static void tcptrack_first(
	struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp, uint32_t end)
{
	struct nf_tcptrack_side *me = &t->side[dir];

	if (tcp->flags & NF_TCP_SYN)
		tcptrack_learn_scale(t, dir, tcp);
	else
		t->scale[dir] = TCPTRACK_SCALE; /* met in the middle: may be as large as this */
	me->end = end;
	me->window = tcptrack_window(t, dir, tcp);
	/* until the other side has said how much it takes */
	me->allowed = end + t->side[!dir].window;
	t->flags[dir] |= NF_TCPTRACK_SEEN;
}

/* The first segment of the second side: it has to know the numbers of the first. */
static bool tcptrack_answers(const struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp)
{
	uint32_t left = t->side[!dir].end - nf_inet_ntoh32(tcp->ack);

	if (!(tcp->flags & NF_TCP_ACK))
		return (tcp->flags & NF_TCP_SYN) != 0; /* both open at once */
	return left <= (t->flags[!dir] & NF_TCPTRACK_SYN ? t->syn_data : TCPTRACK_BEHIND);
}

/* Do the numbers fit? This side was seen before. */
static bool tcptrack_fits(
	const struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp, uint32_t end)
{
	const struct nf_tcptrack_side *me = &t->side[dir], *peer = &t->side[!dir];
	uint32_t behind = me->window > TCPTRACK_BEHIND ? me->window : TCPTRACK_BEHIND;
	uint32_t ack = nf_inet_ntoh32(tcp->ack);

	if (!(t->flags[!dir] & NF_TCPTRACK_SEEN)) /* nobody has answered yet */
		return end == me->end || ((t->flags[dir] & NF_TCPTRACK_SYN) == 0 &&
						 end - me->end + TCPTRACK_BEHIND < 1u << 30);
	if (tcptrack_after(end, me->allowed) || tcptrack_after(me->end - peer->window, end))
		return false;
	return !(tcp->flags & NF_TCP_ACK) ||
	       (!tcptrack_after(ack, peer->end) && !tcptrack_after(peer->end - behind, ack));
}

static void tcptrack_learn(
	struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp, uint32_t end)
{
	struct nf_tcptrack_side *me = &t->side[dir], *peer = &t->side[!dir];
	uint32_t win = tcptrack_window(t, dir, tcp);

	if (tcptrack_after(end, me->end))
		me->end = end;
	if (win > me->window)
		me->window = win;
	if ((tcp->flags & NF_TCP_ACK) && (t->flags[!dir] & NF_TCPTRACK_SEEN) &&
		tcptrack_after(nf_inet_ntoh32(tcp->ack) + win, peer->allowed))
		peer->allowed = nf_inet_ntoh32(tcp->ack) + win;
}

static void tcptrack_step(struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp)
{
	if (tcp->flags & NF_TCP_FIN)
		t->flags[dir] |= NF_TCPTRACK_FIN;
	if ((tcp->flags & NF_TCP_RST) || (t->flags[0] & t->flags[1] & NF_TCPTRACK_FIN))
		t->phase = NF_TCPTRACK_DONE;
	else if (t->phase == NF_TCPTRACK_DONE)
		return;
	else if ((t->flags[0] | t->flags[1]) & NF_TCPTRACK_FIN)
		t->phase = NF_TCPTRACK_CLOSING;
	else if ((t->flags[0] & t->flags[1] & NF_TCPTRACK_SEEN) &&
		 (tcp->flags & (NF_TCP_ACK | NF_TCP_SYN)) == NF_TCP_ACK)
		t->phase = NF_TCPTRACK_OPEN;
	else if (t->phase == NF_TCPTRACK_NONE)
		t->phase = NF_TCPTRACK_OPENING;
}

/* May a connection begin with this segment? */
static bool tcptrack_begins(const struct nf_tcp *tcp, bool pickup)
{
	unsigned f = tcp->flags & (NF_TCP_SYN | NF_TCP_RST | NF_TCP_ACK);

	return f == NF_TCP_SYN || (pickup && (f & NF_TCP_RST) == 0);
}

enum nf_tcptrack_verdict nf_tcptrack(
	struct nf_tcptrack *t, unsigned dir, const struct nf_tcp *tcp, uint32_t data, bool pickup)
{
	uint32_t end = nf_inet_ntoh32(tcp->seq) + data;
	bool known = t->flags[dir] & NF_TCPTRACK_SEEN, peer = t->flags[!dir] & NF_TCPTRACK_SEEN;

	if (nf_tcptrack_nonsense(tcp->flags))
		return NF_TCPTRACK_BAD;
	end += ((tcp->flags & NF_TCP_SYN) != 0) + ((tcp->flags & NF_TCP_FIN) != 0);
	if (!known && !peer && !tcptrack_begins(tcp, pickup))
		return NF_TCPTRACK_BAD;
	if (known && !tcptrack_fits(t, dir, tcp, end)) {
		/* another try with another first number */
		if (peer || (tcp->flags & (NF_TCP_SYN | NF_TCP_ACK)) != NF_TCP_SYN)
			return NF_TCPTRACK_OUTSIDE;
		known = false;
	}
	if (!known && peer && !tcptrack_answers(t, dir, tcp))
		return NF_TCPTRACK_OUTSIDE;
	if (!known && !peer)
		t->syn_data = (uint16_t)data;
	if (!known)
		tcptrack_first(t, dir, tcp, end);
	tcptrack_learn(t, dir, tcp, end);
	tcptrack_step(t, dir, tcp);
	return NF_TCPTRACK_GOOD;
}

/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/ip/pingstat.h"

#define PINGSTAT_ANSWERED (1ull << 63)
#define PINGSTAT_RTT_MAX  (1ull << 31) /* microseconds; squares of it are added up */

void nf_pingstat_sent(struct nf_pingstat *s, uint16_t seq, uint64_t now_ns)
{
	s->sent_ns[seq] = now_ns & ~PINGSTAT_ANSWERED;
}

bool nf_pingstat_received(struct nf_pingstat *s, uint16_t seq, uint64_t now_ns, uint64_t *rtt_us)
{
	uint64_t sent = s->sent_ns[seq] & ~PINGSTAT_ANSWERED, rtt;

	if (sent == 0)
		return false;
	if ((s->sent_ns[seq] & PINGSTAT_ANSWERED) != 0)
		s->nb_duplicates++;
	s->sent_ns[seq] |= PINGSTAT_ANSWERED;
	rtt = now_ns > sent ? (now_ns - sent) / 1000 : 0;
	if (rtt > PINGSTAT_RTT_MAX)
		rtt = PINGSTAT_RTT_MAX;
	if (s->nb_received == 0 || rtt < s->min_us)
		s->min_us = rtt;
	if (rtt > s->max_us)
		s->max_us = rtt;
	s->sum_us += rtt;
	s->square_us += rtt * rtt;
	s->nb_received++;
	*rtt_us = rtt;
	return true;
}

uint64_t nf_pingstat_avg_us(const struct nf_pingstat *s)
{
	return s->nb_received != 0 ? s->sum_us / s->nb_received : 0;
}

static uint64_t pingstat_root(uint64_t v)
{
	uint64_t root = 0;

	for (uint64_t bit = 1ull << 31; bit != 0; bit >>= 1) {
		if ((root | bit) * (root | bit) <= v)
			root |= bit;
	}
	return root;
}

void nf_pingstat_print(const struct nf_pingstat *s, uint64_t nb_sent, struct nf_text *out)
{
	uint64_t once = s->nb_received - s->nb_duplicates;
	uint64_t avg = nf_pingstat_avg_us(s), square, mdev;

	nf_text_printf(out, "%lu packets transmitted, %lu received", nb_sent, once);
	if (s->nb_duplicates != 0)
		nf_text_printf(out, ", +%lu duplicates", s->nb_duplicates);
	if (nb_sent != 0)
		nf_text_printf(out, ", %lu%% packet loss\n",
			once < nb_sent ? (nb_sent - once) * 100 / nb_sent : 0);
	if (s->nb_received == 0)
		return;
	square = s->square_us / s->nb_received;
	mdev = pingstat_root(square > avg * avg ? square - avg * avg : 0);
	nf_text_printf(out, "rtt min/avg/max/mdev = %lu.%03lu/%lu.%03lu/%lu.%03lu/%lu.%03lu ms\n",
		s->min_us / 1000, s->min_us % 1000, avg / 1000, avg % 1000, s->max_us / 1000,
		s->max_us % 1000, mdev / 1000, mdev % 1000);
}

void nf_pingstat_print_us(uint64_t us, struct nf_text *out)
{
	unsigned part = (unsigned)(us % 1000000), digits = 6;

	nf_text_printf(out, "%lu", us / 1000000);
	if (part == 0)
		return;
	while (part % 10 == 0) {
		part /= 10;
		digits--;
	}
	nf_text_printf(out, ".%0*u", (int)digits, part);
}

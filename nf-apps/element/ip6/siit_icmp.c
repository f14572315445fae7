/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP messages; RFC 7915, 4.2, 4.3, 5.2 and 5.3. */
#include "nf-apps/element/ip6/siit.h"

#define SIITICMP_BAD(what) (-1 - NF_SIIT_##what)
#define SIITICMP_NONE      0xff /* a pointer or code without counterpart */
#define SIITICMP_LEN       8
#define SIITICMP_MTU6      1280
#define SIITICMP_MTU4_MIN  68

enum {
	SIITICMP_ECHO_REPLY = 0,
	SIITICMP_UNREACH = 3,
	SIITICMP_ECHO = 8,
	SIITICMP_TIME = 11,
	SIITICMP_PARAM = 12,
};

/* The first 8 bytes in host order. */
struct siiticmp {
	uint8_t type, code;
	uint32_t info;
	bool is_error;
};

/* Destination unreachable, by its code: code << 8 | type of IPv6; 0: none. Code 4 is apart. */
static const uint16_t siiticmp_unreach46[16] = { [0] = 0x0001,
	[1] = 0x0001,
	[2] = 0x0104,
	[3] = 0x0401,
	[5] = 0x0001,
	[6] = 0x0001,
	[7] = 0x0001,
	[8] = 0x0001,
	[9] = 0x0101,
	[10] = 0x0101,
	[11] = 0x0001,
	[12] = 0x0001,
	[13] = 0x0101,
	[15] = 0x0101 };

/* Where in an IPv6 header that is what a byte of an IPv4 header is; RFC 7915, figure 3. */
static const uint8_t siiticmp_pointer46[20] = { 0, 1, 4, 4, SIITICMP_NONE, SIITICMP_NONE,
	SIITICMP_NONE, SIITICMP_NONE, 7, 6, SIITICMP_NONE, SIITICMP_NONE, 8, 8, 8, 8, 24, 24, 24,
	24 };

static uint8_t siiticmp_pointer64(uint32_t at)
{
	static const uint8_t head[8] = { 0, 1, SIITICMP_NONE, SIITICMP_NONE, 2, 2, 9, 8 };

	return at < 8 ? head[at] : at < 24 ? 12 : at < 40 ? 16 : SIITICMP_NONE;
}

/* Routers that do not say what fits (RFC 1191, 7): the next smaller usual size. */
static uint32_t siiticmp_plateau(uint32_t len)
{
	static const uint16_t sizes[] = { 65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508,
		296 };

	for (unsigned i = 0; i < UK_ARRAY_SIZE(sizes); i++) {
		if (sizes[i] < len)
			return sizes[i];
	}
	return SIITICMP_MTU4_MIN;
}

/* `inner_len`: length of the packet that the error is about. False: there is no such error. */
static bool siiticmp_map46(struct siiticmp *m, uint32_t inner_len)
{
	uint32_t mtu = m->info & 0xffff;
	uint16_t to = m->code < 16 ? siiticmp_unreach46[m->code] : 0;

	m->is_error = true;
	if (m->type == SIITICMP_ECHO || m->type == SIITICMP_ECHO_REPLY) {
		m->type = m->type == SIITICMP_ECHO ? NF_ICMP6_ECHO : NF_ICMP6_ECHO_REPLY;
		m->is_error = false;
		return true;
	}
	if (m->type == SIITICMP_TIME) {
		m->type = NF_ICMP6_TIME;
		m->info = 0;
		return true;
	}
	if (m->type == SIITICMP_UNREACH && m->code == 4) {
		mtu = (mtu == 0 ? siiticmp_plateau(inner_len) : mtu) + 20;
		*m = (struct siiticmp){ NF_ICMP6_TOO_BIG, 0,
			mtu < SIITICMP_MTU6 ? SIITICMP_MTU6 : mtu, true };
		return true;
	}
	if (m->type == SIITICMP_UNREACH && to != 0) {
		*m = (struct siiticmp){ (uint8_t)to, (uint8_t)(to >> 8),
			(uint8_t)to == NF_ICMP6_PARAM ? 6 : 0, true };
		return true;
	}
	if (m->type == SIITICMP_PARAM && (m->code == 0 || m->code == 2) && m->info >> 24 < 20 &&
		siiticmp_pointer46[m->info >> 24] != SIITICMP_NONE) {
		*m = (struct siiticmp){ NF_ICMP6_PARAM, 0, siiticmp_pointer46[m->info >> 24],
			true };
		return true;
	}
	return false;
}

static bool siiticmp_map64(struct siiticmp *m)
{
	static const uint8_t unreach[5] = { 1, 10, 1, 1, 3 };
	uint32_t mtu = m->info < SIITICMP_MTU4_MIN + 20 ? SIITICMP_MTU4_MIN : m->info - 20;
	uint8_t pointer = siiticmp_pointer64(m->info);

	m->is_error = true;
	if (m->type == NF_ICMP6_ECHO || m->type == NF_ICMP6_ECHO_REPLY) {
		m->type = m->type == NF_ICMP6_ECHO ? SIITICMP_ECHO : SIITICMP_ECHO_REPLY;
		m->is_error = false;
	} else if (m->type == NF_ICMP6_TIME) {
		m->type = SIITICMP_TIME;
		m->info = 0;
	} else if (m->type == NF_ICMP6_UNREACH && m->code < UK_ARRAY_SIZE(unreach)) {
		*m = (struct siiticmp){ SIITICMP_UNREACH, unreach[m->code], 0, true };
	} else if (m->type == NF_ICMP6_TOO_BIG) {
		*m = (struct siiticmp){ SIITICMP_UNREACH, 4, mtu > 0xffff ? 0xffff : mtu, true };
	} else if (m->type == NF_ICMP6_PARAM && m->code == 1) {
		*m = (struct siiticmp){ SIITICMP_UNREACH, 2, 0, true };
	} else if (m->type == NF_ICMP6_PARAM && m->code == 0 && pointer != SIITICMP_NONE) {
		*m = (struct siiticmp){ SIITICMP_PARAM, 0, (uint32_t)pointer << 24, true };
	} else {
		return false;
	}
	return true;
}

static void siiticmp_read(const uint8_t *at, struct siiticmp *m)
{
	*m = (struct siiticmp){ at[0], at[1], nf_inet_get32(at + 4), false };
}

static void siiticmp_write(uint8_t *at, const struct siiticmp *m)
{
	at[0] = m->type;
	at[1] = m->code;
	at[2] = at[3] = 0;
	nf_inet_put32(at + 4, m->info);
}

static uint8_t siiticmp_echo(uint8_t type, bool to6)
{
	if (to6 && (type == SIITICMP_ECHO || type == SIITICMP_ECHO_REPLY))
		return type == SIITICMP_ECHO ? NF_ICMP6_ECHO : NF_ICMP6_ECHO_REPLY;
	if (!to6 && (type == NF_ICMP6_ECHO || type == NF_ICMP6_ECHO_REPLY))
		return type == NF_ICMP6_ECHO ? SIITICMP_ECHO : SIITICMP_ECHO_REPLY;
	return type;
}

/*
 * An echo inside of an error, from its first byte on, gets its new number, and its checksum with
 * the pseudo header or without. That of a first fragment stays as it is: its length is not known.
 */
static void siiticmp_inner(uint8_t *at, uint32_t left, const struct nf_siit_hdr *in, bool to6)
{
	uint16_t pseudo, was, is, csum;

	if (in->proto != NF_IP_ICMP || in->offset != 0 || left < 4)
		return;
	memcpy(&was, at, sizeof(was));
	at[0] = siiticmp_echo(at[0], to6);
	memcpy(&is, at, sizeof(is));
	if (was == is || in->has_more)
		return;
	pseudo = (uint16_t)~nf_inet_fold(
		nf_inet_pseudo4(in->be_src, in->be_dst, NF_IP_ICMP6, (uint16_t)in->data_len));
	memcpy(&csum, at + 2, sizeof(csum));
	csum = nf_inet_csum_adjust16(csum, was, is);
	csum = to6 ? nf_inet_csum_adjust16(csum, 0, pseudo)
		   : nf_inet_csum_adjust16(csum, pseudo, 0);
	memcpy(at + 2, &csum, sizeof(csum));
}

/* Makes the header behind the message's first 8 bytes `len` bytes long instead of `was`. */
static bool siiticmp_resize(struct uk_netbuf *p, uint32_t was, uint32_t len)
{
	if (len <= was) {
		nf_packet_pull(p, was - len);
		return true;
	}
	return nf_packet_push(p, len - was);
}

int nf_siit_icmp46(struct uk_netbuf *p, struct nf_siit_hdr *h)
{
	struct nf_siit_hdr in = { 0 };
	struct siiticmp m;
	int rc;

	if (p->len < SIITICMP_LEN || nf_inet_csum(p->data, p->len) != 0)
		return SIITICMP_BAD(ICMP);
	siiticmp_read(p->data, &m);
	if (m.type != SIITICMP_ECHO && m.type != SIITICMP_ECHO_REPLY) {
		rc = nf_siit_read4(p->data + SIITICMP_LEN, p->len - SIITICMP_LEN, false, &in);
		if (rc < 0)
			return SIITICMP_BAD(ICMP);
	}
	if (!siiticmp_map46(&m, in.hdr_len + in.data_len))
		return SIITICMP_BAD(ICMP);
	if (m.is_error) {
		unsigned len = nf_siit_len6(&in);

		if (!siiticmp_resize(p, in.hdr_len, len))
			return SIITICMP_BAD(ROOM);
		nf_siit_write6(p->data + SIITICMP_LEN, &in);
		siiticmp_inner(
			p->data + SIITICMP_LEN + len, p->len - SIITICMP_LEN - len, &in, true);
		if (p->len > SIITICMP_MTU6 - NF_IP6HDR_LEN)
			p->len = SIITICMP_MTU6 - NF_IP6HDR_LEN;
	}
	siiticmp_write(p->data, &m);
	h->data_len = p->len;
	return 0;
}

int nf_siit_icmp64(struct uk_netbuf *p, struct nf_siit_hdr *h)
{
	struct nf_siit_hdr in = { 0 };
	struct siiticmp m;
	uint16_t id = 0, csum;

	if (p->len < SIITICMP_LEN)
		return SIITICMP_BAD(ICMP);
	siiticmp_read(p->data, &m);
	if (!siiticmp_map64(&m))
		return SIITICMP_BAD(ICMP);
	if (m.is_error) {
		if (nf_siit_read6(p->data + SIITICMP_LEN, p->len - SIITICMP_LEN, false, &in) < 0)
			return SIITICMP_BAD(ICMP);
		if (!siiticmp_resize(p, in.hdr_len, NF_SIIT_IP4_LEN))
			return SIITICMP_BAD(ROOM);
		nf_siit_write4(p->data + SIITICMP_LEN, &in, &id);
		siiticmp_inner(p->data + SIITICMP_LEN + NF_SIIT_IP4_LEN,
			p->len - SIITICMP_LEN - NF_SIIT_IP4_LEN, &in, false);
	}
	siiticmp_write(p->data, &m);
	csum = nf_inet_csum(p->data, p->len);
	memcpy(p->data + 2, &csum, sizeof(csum));
	h->data_len = p->len;
	return 0;
}

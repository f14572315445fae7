/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "nf-apps/element/classify/test/gen.h"

static uint64_t state;

void gen_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ull + 1;
}

uint32_t gen(uint32_t below)
{
	uint64_t z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

#define PICK(array) (array)[gen(UK_ARRAY_SIZE(array))]

__attribute__((format(printf, 2, 3))) static void add(char *text, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, GEN_TEXT_MAX - len, fmt, ap);
	va_end(ap);
}

/* Few different ones, so that rules and packets meet. */
static uint32_t gen_addr(void)
{
	static const uint32_t nets[] = { 0x0a000000, 0x0a010000, 0xc0a80000, 0xac100000 };

	return PICK(nets) | gen(4) << 8 | gen(gen(2) ? 4 : 256);
}

static unsigned gen_port(void)
{
	static const uint16_t ports[] = { 0, 1, 22, 53, 80, 443, 1023, 1024, 8080, 65535 };

	return gen(3) ? PICK(ports) : gen(65536);
}

static void add_addr(char *text, uint32_t a)
{
	add(text, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
}

static const char *const ends[] = { "", "src ", "dst ", "src and dst ", "src or dst " };
static const char *const relations[] = { "", "= ", "!= ", "> ", "< ", ">= ", "<= " };
static const char *const equals[] = { "", "= ", "!= " };

static void gen_field(char *text)
{
	static const char *const fields[] = { "ip ttl", "ip tos", "icmp type", "ip proto", "ip[1]",
		"ip[9]", "transp[1]", "tcp[13]", "udp[3]", "transp[0]", "ip[6]" };
	static const char *const words[] = { "ip id", "ip len", "tcp win", "ip[10:2]", "tcp[2:2]",
		"transp[0:2]", "transp[12:2]", "ip[16:2]", "ip[22:2]" };

	switch (gen(5)) {
	case 0:
		add(text, "%s %s%u", PICK(fields), PICK(relations), gen(256));
		break;
	case 1:
		add(text, "%s & 0x%x %s%u", PICK(fields), 1 + gen(255), PICK(relations), gen(256));
		break;
	case 2:
		add(text, "%s %s%u", PICK(words), PICK(relations), gen(gen(2) ? 256 : 65536));
		break;
	case 3:
		add(text, "%s & 0x%x %s%u", PICK(words), 1 + gen(65535), PICK(relations),
			gen(65536));
		break;
	default:
		add(text, "ip[12:4] %s%u", PICK(relations), gen(2) ? gen_addr() : gen(UINT32_MAX));
	}
}

static void gen_test(char *text)
{
	static const char *const words[] = { "tcp", "udp", "icmp", "syn", "ack", "fin", "rst",
		"ip frag", "ip unfrag", "ip ect", "ip ce", "true", "false", "tcpudp", "transp" };
	static const char *const protos[] = { "", "tcp ", "udp " };

	switch (gen(9)) {
	case 0:
		add(text, "%shost %s", PICK(ends), PICK(equals));
		add_addr(text, gen_addr());
		break;
	case 1:
		add(text, "%snet ", PICK(ends));
		add_addr(text, gen_addr());
		add(text, "/%u", gen(33));
		break;
	case 2:
		add(text, "%snet ", PICK(ends));
		add_addr(text, gen_addr());
		add(text, " mask 255.%u.255.%u", gen(256), gen(256));
		break;
	case 3:
	case 4:
		add(text, "%s%sport %s%u", PICK(ends), PICK(protos), PICK(relations), gen_port());
		break;
	case 5:
		add(text, "%sether host %s0:1:2:3:4:%u", PICK(ends), PICK(equals), gen(3));
		break;
	case 6:
		gen_field(text);
		break;
	default:
		add(text, "%s", PICK(words));
	}
}

static void gen_expr(char *text, unsigned depth)
{
	static const char *const joins[] = { " and ", " && ", " or ", " || ", " and " };

	switch (depth > 0 ? gen(8) : 7) {
	case 0:
		add(text, "not (");
		gen_expr(text, depth - 1);
		break;
	case 1:
		add(text, "(");
		gen_expr(text, depth - 1);
		add(text, " ? ");
		gen_expr(text, depth - 1);
		add(text, " : ");
		gen_expr(text, depth - 1);
		break;
	case 7:
		gen_test(text);
		return;
	default:
		add(text, "(");
		gen_expr(text, depth - 1);
		add(text, "%s", PICK(joins));
		gen_expr(text, depth - 1);
	}
	add(text, ")");
}

void gen_ip_pattern(char text[GEN_TEXT_MAX], unsigned depth)
{
	text[0] = '\0';
	gen_expr(text, depth);
}

void gen_firewall_pattern(char text[GEN_TEXT_MAX])
{
	const char *proto = gen(2) ? "tcp " : "udp ";

	text[0] = '\0';
	add(text, "true");
	if (gen(4)) {
		add(text, " && src net ");
		add_addr(text, gen_addr());
		add(text, "/%u", gen(3) ? 24 + gen(9) : gen(33));
	}
	if (gen(4)) {
		add(text, " && dst net ");
		add_addr(text, gen_addr());
		add(text, "/%u", gen(3) ? 24 + gen(9) : gen(33));
	}
	if (gen(3) == 0)
		add(text, " && src %sport >= %u", proto, 1 + gen_port() / 2);
	if (gen(2))
		add(text, " && dst %sport %u", proto, gen_port());
	else if (gen(2))
		add(text, " && dst %sport > %u && dst %sport <= %u", proto, 1 + gen(999), proto,
			1000 + gen(60000));
	if (gen(20) == 0)
		add(text, gen(2) ? " && ack" : " && ip unfrag");
	if (gen(50) == 0)
		add(text, " && ip ttl > 63");
}

void gen_hex_pattern(char text[GEN_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef?";
	unsigned nb = 1 + gen(3);

	text[0] = '\0';
	while (nb-- > 0) {
		unsigned len = 2 * (1 + gen(gen(3) ? 2 : 6));

		add(text, "%s%s%u/", text[0] ? " " : "", gen(5) ? "" : "!",
			gen(3) ? 26 + gen(12) : gen(80));
		for (unsigned i = 0; i < len; i++)
			add(text, "%c", digits[gen(5) ? gen(2) : gen(17)]);
		if (gen(3) == 0) {
			add(text, "%%");
			for (unsigned i = 0; i < len; i++)
				add(text, "%c", digits[gen(16)]);
		}
	}
}

static void gen_ip_header(uint8_t *ip, unsigned hlen)
{
	static const uint8_t protos[] = { 6, 6, 6, 17, 17, 1, 2, 47 };
	uint32_t src = __builtin_bswap32(gen_addr()), dst = __builtin_bswap32(gen_addr());
	uint16_t sport = (uint16_t)gen_port(), dport = (uint16_t)gen_port();

	ip[0] = (uint8_t)(0x40 | hlen / 4);
	ip[1] = (uint8_t)(gen(2) ? 0 : gen(256));
	ip[6] = gen(4) ? 0 : 0x20;
	ip[7] = (uint8_t)(gen(4) ? 0 : gen(3));
	ip[8] = (uint8_t)(gen(5) * 63);
	ip[9] = PICK(protos);
	memcpy(ip + 12, &src, 4);
	memcpy(ip + 16, &dst, 4);
	ip[hlen] = (uint8_t)(gen(3) ? sport >> 8 : gen(20));
	ip[hlen + 1] = (uint8_t)sport;
	ip[hlen + 2] = (uint8_t)(dport >> 8);
	ip[hlen + 3] = (uint8_t)dport;
	ip[hlen + 13] = (uint8_t)gen(64);
}

void gen_packet(struct gen_packet *p)
{
	unsigned hlen = gen(8) ? 20 : 20 + 4 * gen(11), len = hlen + 40, at = 128 + gen(8);
	uint8_t *ip = p->buf + at;

	for (unsigned i = 0; i < sizeof(p->buf); i++)
		p->buf[i] = (uint8_t)(gen(2) ? gen(256) : gen(2) * 16);
	memset(p->end, 0xee, sizeof(p->end));
	memset(&p->nb, 0, sizeof(p->nb));
	memcpy(ip - 14,
		(const uint8_t[]){
			0, 1, 2, 3, 4, (uint8_t)gen(4), 0, 1, 2, 3, 4, (uint8_t)gen(4), 8, 0 },
		14);
	gen_ip_header(ip, hlen);
	if (gen(4) == 0)
		len = gen(hlen + 20);
	p->nb.buf = p->buf;
	p->nb.buflen = sizeof(p->buf);
	p->nb.l2_off = (uint16_t)(gen(10) ? at - 14 : gen(2) ? UK_NETBUF_NO_OFF : gen(3));
	p->nb.l3_off = (uint16_t)(gen(40) ? at : UK_NETBUF_NO_OFF);
	p->nb.l4_off = (uint16_t)(gen(40) ? at + hlen : UK_NETBUF_NO_OFF);
	p->nb.data = gen(3) ? ip : gen(2) ? ip - 14 : ip + gen(60);
	if (p->nb.data > ip + len)
		p->nb.data = ip + len;
	p->nb.len = (uint32_t)(ip + len - p->nb.data);
}

static void gen_view_of(const struct gen_packet *p, struct nf_rule_view *v, unsigned base,
	uint16_t off, uint16_t back)
{
	uint32_t end = (uint32_t)(p->nb.data - p->nb.buf) + p->nb.len;

	if (off != UK_NETBUF_NO_OFF && off >= back && end > (uint32_t)off - back) {
		v->at[base] = p->buf + off - back;
		v->len[base] = end - off + back;
	}
}

void gen_view(const struct gen_packet *p, struct nf_rule_view *v)
{
	memset(v, 0, sizeof(*v));
	v->at[NF_RULE_DATA] = p->nb.data;
	v->len[NF_RULE_DATA] = p->nb.len;
	gen_view_of(p, v, NF_RULE_MAC, p->nb.l2_off, 2);
	gen_view_of(p, v, NF_RULE_NET, p->nb.l3_off, 0);
	gen_view_of(p, v, NF_RULE_TRANSP, p->nb.l4_off, 0);
}

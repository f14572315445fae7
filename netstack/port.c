/* SPDX-License-Identifier: BSD-3-Clause */
/* Time and random numbers for lwIP. */
#include <string.h>
#include <hooks.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>
#include "kernel/random.h"
#include "netstack/port.h"
#include "plat-kvm/clock.h"

#define ISN_TICK_NS 4096 /* RFC 6528, 3: about four microseconds a step */

u32_t sys_now(void)
{
	return (u32_t)(uk_clock_ns() / 1000000u);
}

/* -- keyed hash: SipHash-2-4 (Aumasson and Bernstein, 2012) of whole words -- */

static uint64_t port_rotl(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

static void sip_rounds(uint64_t v[4], unsigned n)
{
	for (; n > 0; n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = port_rotl(v[1], 13) ^ v[0];
		v[3] = port_rotl(v[3], 16) ^ v[2];
		v[0] = port_rotl(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = port_rotl(v[1], 17) ^ v[2];
		v[3] = port_rotl(v[3], 21) ^ v[0];
		v[2] = port_rotl(v[2], 32);
	}
}

static uint64_t sip(const uint64_t key[2], const uint64_t *words, unsigned nb_words)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575ull, key[1] ^ 0x646f72616e646f6dull,
		key[0] ^ 0x6c7967656e657261ull, key[1] ^ 0x7465646279746573ull };
	uint64_t last = (uint64_t)nb_words * 8 << 56;

	for (unsigned i = 0; i <= nb_words; i++) {
		uint64_t m = i < nb_words ? words[i] : last;

		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* -- random -- */

static const uint64_t *port_secret(void)
{
	static uint64_t secret[2];

	if (secret[0] == 0)
		uk_random_bytes(secret, sizeof(secret));
	return secret;
}

uint32_t uk_port_rand(void)
{
	uint32_t r;

	uk_random_bytes(&r, sizeof(r));
	return r;
}

static void isn_address(uint64_t words[2], const ip_addr_t *a)
{
	words[0] = words[1] = 0;
	if (IP_IS_V4(a))
		memcpy(words, ip_2_ip4(a), sizeof(ip4_addr_t));
	else
		memcpy(words, ip_2_ip6(a)->addr, 16);
}

u32_t uk_port_isn(
	const ip_addr_t *local, u16_t local_port, const ip_addr_t *remote, u16_t remote_port)
{
	uint64_t words[5];

	isn_address(words, local);
	isn_address(words + 2, remote);
	words[4] = (uint64_t)local_port << 16 | remote_port;
	return (u32_t)(uk_clock_ns() / ISN_TICK_NS) + (u32_t)sip(port_secret(), words, 5);
}

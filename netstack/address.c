/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <hooks.h>
#include <lwip/dhcp.h>
#include <lwip/dns.h>
#include <lwip/netif.h>
#include "dataplane/netdev_driver.h"
#include "netstack/address.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/console.h"

#define WORD_MAX 64

static struct {
	struct uk_address4 v4[UK_NETDEV_MAX];
	struct uk_address6 v6[UK_NETDEV_MAX];
	struct netif *lw[UK_NETDEV_MAX];
	unsigned nb_dns;
	void (*changed)(void);
} addr;

/* -- options -- */

/* The text up to one of `ends`, moved on behind it. False: too long. */
static bool addr_word(const char **text, const char *ends, char word[WORD_MAX])
{
	size_t len = strcspn(*text, ends);

	if (len >= WORD_MAX)
		return false;
	memcpy(word, *text, len);
	word[len] = '\0';
	*text += len;
	if (**text != '\0')
		++*text;
	return true;
}

/* Digits, `most` at most; -1: something else. */
static int addr_bits(const char *word, int most)
{
	char *end;
	long v = strtol(word, &end, 10);

	return word[0] < '0' || word[0] > '9' || *end != '\0' || v > most ? -1 : (int)v;
}

static const char *addr_way(const char *text, const char *automatic, enum uk_address_way *way)
{
	*way = UK_ADDRESS_STATIC;
	if (text == NULL || strcmp(text, automatic) == 0)
		*way = UK_ADDRESS_AUTO;
	else if (strcmp(text, "none") == 0)
		*way = UK_ADDRESS_NONE;
	return text;
}

/* dotted, all four numbers: lwIP's reader takes more, as inet_aton(3) */
static bool addr_ip4(const char *word, ip4_addr_t *ip)
{
	unsigned dots = 0;

	for (const char *p = word; *p != '\0'; p++)
		dots += *p == '.';
	return dots == 3 && ip4addr_aton(word, ip) == 1;
}

/* Whole: lwIP's reader stops at what it does not know. */
static bool addr_ip6(const char *word, ip6_addr_t *ip)
{
	return word[strspn(word, "0123456789abcdefABCDEF:")] == '\0' && ip6addr_aton(word, ip) == 1;
}

static bool addr_rest4(const char *text, struct uk_address4 *a)
{
	char word[WORD_MAX];

	if (*text == '\0')
		return true;
	if (!addr_word(&text, ":", word) || (word[0] != '\0' && !addr_ip4(word, &a->gateway)))
		return false;
	if (*text == '\0')
		return true;
	IP_SET_TYPE(&a->dns, IPADDR_TYPE_V4);
	return addr_word(&text, "", word) && addr_ip4(word, ip_2_ip4(&a->dns));
}

const char *uk_address_parse4(const char *text, struct uk_address4 *a)
{
	static const char *const wrong = "must be ADDRESS/BITS[:GATEWAY[:DNS]], dhcp or none";
	char word[WORD_MAX];
	int bits;

	memset(a, 0, sizeof(*a));
	addr_way(text, "dhcp", &a->way);
	if (a->way != UK_ADDRESS_STATIC)
		return NULL;
	if (!addr_word(&text, "/", word) || !addr_ip4(word, &a->ip) || ip4_addr_isany_val(a->ip) ||
		!addr_word(&text, ":", word))
		return wrong;
	bits = addr_bits(word, 32);
	if (bits < 0 || !addr_rest4(text, a))
		return wrong;
	ip4_addr_set_u32(&a->mask, bits == 0 ? 0 : lwip_htonl(UINT32_MAX << (32 - bits)));
	return NULL;
}

const char *uk_address_parse6(const char *text, struct uk_address6 *a)
{
	static const char *const wrong = "must be ADDRESS/64[,GATEWAY], auto or none";
	char word[WORD_MAX];

	memset(a, 0, sizeof(*a));
	addr_way(text, "auto", &a->way);
	if (a->way != UK_ADDRESS_STATIC)
		return NULL;
	if (!addr_word(&text, "/", word) || !addr_ip6(word, &a->ip) || ip6_addr_isany(&a->ip) ||
		!addr_word(&text, ",", word))
		return wrong;
	/* lwIP takes every address to be in a subnet of 64 bits (RFC 4291, 2.5.4) */
	if (addr_bits(word, 64) != 64)
		return wrong;
	if (*text != '\0' && (!addr_word(&text, "", word) || !addr_ip6(word, &a->gateway)))
		return wrong;
	return NULL;
}

/* Option `name` of card `index`; the first card's may go without a number. */
static const char *addr_option(unsigned index, const char *name)
{
	char key[32];
	const char *value;

	snprintf(key, sizeof(key), "netdev%u.%s", index, name);
	value = uk_boot_arg(key);
	if (value != NULL || index > 0)
		return value;
	snprintf(key, sizeof(key), "netdev.%s", name);
	return uk_boot_arg(key);
}

/* -- records -- */

static void addr_record4(const struct netif *lw, unsigned index)
{
	char ip[IP4ADDR_STRLEN_MAX], gw[IP4ADDR_STRLEN_MAX];
	uint32_t mask = lwip_ntohl(ip4_addr_get_u32(netif_ip4_netmask(lw)));

	ip4addr_ntoa_r(netif_ip4_addr(lw), ip, sizeof(ip));
	ip4addr_ntoa_r(netif_ip4_gw(lw), gw, sizeof(gw));
	uk_console_printf(
		"@{\"type\":\"address\",\"netif\":%u,\"ip\":\"%s\",\"bits\":%d,\"gateway\":\"%s\"}\n",
		index, ip, __builtin_popcount(mask), gw);
}

static void addr_record6(const struct netif *lw, unsigned index, int slot)
{
	char ip[IP6ADDR_STRLEN_MAX];

	ip6addr_ntoa_r(netif_ip6_addr(lw, slot), ip, sizeof(ip));
	for (char *p = ip; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p); /* RFC 5952, 4.3 */
	uk_console_printf(
		"@{\"type\":\"address\",\"netif\":%u,\"ip\":\"%s\",\"bits\":64}\n", index, ip);
}

static int addr_index(const struct netif *lw)
{
	for (unsigned i = 0; i < UK_NETDEV_MAX; i++) {
		if (addr.lw[i] == lw)
			return (int)i;
	}
	return -1;
}

static void addr_event(
	struct netif *lw, netif_nsc_reason_t reason, const netif_ext_callback_args_t *args)
{
	int index = addr_index(lw);

	if (index < 0)
		return;
	if ((reason & LWIP_NSC_IPV4_SETTINGS_CHANGED) && !ip4_addr_isany(netif_ip4_addr(lw)))
		addr_record4(lw, (unsigned)index);
	if ((reason & LWIP_NSC_IPV6_ADDR_STATE_CHANGED) &&
		ip6_addr_ispreferred(
			netif_ip6_addr_state(lw, args->ipv6_addr_state_changed.addr_index)) &&
		!ip6_addr_ispreferred(args->ipv6_addr_state_changed.old_state))
		addr_record6(lw, (unsigned)index, args->ipv6_addr_state_changed.addr_index);
	if (addr.changed != NULL)
		addr.changed();
}

/* -- start -- */

static int addr_start4(struct netif *lw, const struct uk_address4 *a)
{
	if (a->way == UK_ADDRESS_AUTO)
		return dhcp_start(lw) == ERR_OK ? 0 : -ENOMEM;
	if (a->way == UK_ADDRESS_NONE)
		return 0;
	netif_set_addr(lw, &a->ip, &a->mask, &a->gateway);
	if (!ip_addr_isany(&a->dns) && addr.nb_dns < DNS_MAX_SERVERS)
		dns_setserver((u8_t)addr.nb_dns++, &a->dns);
	return 0;
}

/* The link-local address comes first in any case: neighbour discovery needs it (RFC 4861, 7.2.2). */
static int addr_start6(struct netif *lw, const struct uk_address6 *a)
{
	if (a->way == UK_ADDRESS_NONE)
		return 0;
	netif_create_ip6_linklocal_address(lw, 1);
	netif_set_ip6_autoconfig_enabled(lw, a->way == UK_ADDRESS_AUTO);
	if (a->way == UK_ADDRESS_STATIC && netif_add_ip6_address(lw, &a->ip, NULL) != ERR_OK)
		return -EINVAL;
	return 0;
}

static int addr_bad(unsigned index, const char *name, const char *why)
{
	uk_console_printf(
		"network: netdev%u.%s=%s: %s\n", index, name, addr_option(index, name), why);
	return -EINVAL;
}

int uk_address_start(struct netif *lw, unsigned index)
{
	static netif_ext_callback_t events;
	const char *why;
	int rc;

	if (events.callback_fn == NULL)
		netif_add_ext_callback(&events, addr_event);
	addr.lw[index] = lw;
	why = uk_address_parse4(addr_option(index, "ip"), &addr.v4[index]);
	if (why != NULL)
		return addr_bad(index, "ip", why);
	why = uk_address_parse6(addr_option(index, "ip6"), &addr.v6[index]);
	if (why != NULL)
		return addr_bad(index, "ip6", why);
	rc = addr_start4(lw, &addr.v4[index]);
	return rc < 0 ? rc : addr_start6(lw, &addr.v6[index]);
}

const ip6_addr_t *uk_address_gw6(struct netif *lw, const ip6_addr_t *dest)
{
	int index = addr_index(lw);

	(void)dest;
	if (index < 0 || ip6_addr_isany(&addr.v6[index].gateway))
		return NULL;
	return &addr.v6[index].gateway;
}

bool uk_address_ready(const struct netif *lw, unsigned index)
{
	if (addr.v4[index].way != UK_ADDRESS_NONE)
		return !ip4_addr_isany(netif_ip4_addr(lw));
	for (int i = 0; i < LWIP_IPV6_NUM_ADDRESSES; i++) {
		if (ip6_addr_ispreferred(netif_ip6_addr_state(lw, i)))
			return true;
	}
	return false;
}

void uk_address_watch(void (*fn)(void))
{
	addr.changed = fn;
}

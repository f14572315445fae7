/* SPDX-License-Identifier: BSD-3-Clause */
/* ministore: a key-value cache that answers memcached's get and set over UDP, straight from the ring. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include "dataplane/netdev_driver.h"
#include "kernel/alloc.h"
#include "plat-kvm/boot.h"
#include "plat-kvm/clock.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_region_ops;
const struct uk_netdev_driver *const uk_netdev_drivers[] = { &uk_virtio_net_driver, NULL };

#define BURST 32
#define PORT  11211

/* Two cache lines: a key of up to 30 bytes, a value of up to 88. */
struct item {
	uint64_t hash; /* 0: nothing is here */
	uint8_t key_len, value_len;
	char key[30];
	char value[88];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct item) == 128, "two cache lines");

static struct item *items;
static uint64_t nb_items; /* a power of two */
static uint32_t own_ip;   /* network order */
static uint8_t own_mac[6];

static int store_create(void)
{
	nb_items = 1;
	while (nb_items * 2 * sizeof(*items) < uk_boot_ram_bytes() / 2)
		nb_items *= 2;
	items = aligned_alloc(64, nb_items * sizeof(*items));
	if (items != NULL)
		memset(items, 0, nb_items * sizeof(*items));
	return items != NULL ? 0 : -1;
}

/* FNV-1a: short, and good as long as nobody chooses keys to do harm. */
static uint64_t store_hash(const char *key, uint32_t len)
{
	uint64_t h = 0xcbf29ce484222325;

	for (uint32_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)key[i]) * 0x100000001b3;
	h ^= h >> 32;
	return h | 1;
}

/* The key's item, or the one that has to make room for it. */
static struct item *store_slot(uint64_t hash)
{
	uint64_t at = (hash >> 1) & (nb_items - 1);

	for (uint64_t i = 0; i < 4; i++) {
		struct item *it = &items[(at + i) & (nb_items - 1)];

		if (it->hash == hash || it->hash == 0)
			return it;
	}
	return &items[at];
}

struct frame {
	uint8_t dst[6], src[6];
	uint16_t type;
	uint8_t vhl, tos;
	uint16_t len, id, off;
	uint8_t ttl, proto;
	uint16_t ip_csum;
	uint32_t src_ip, dst_ip;
	uint16_t sport, dport, udp_len, udp_csum;
	uint8_t head[8]; /* memcached's: request, number, of how many datagrams, 0 */
	char text[];
} __attribute__((packed));

struct request {
	struct uk_netbuf *nb;
	struct frame *f;
	const char *key, *value;
	uint32_t key_len, value_len;
	uint64_t hash;
	int set;
};

static uint16_t ip_csum(const struct frame *f)
{
	uint32_t sum = 0;
	uint16_t w[10];

	memcpy(w, &f->vhl, sizeof(w));
	for (int i = 0; i < 10; i++)
		sum += w[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	return (uint16_t)~sum;
}

/* A whole IPv4 datagram for us, not a fragment, with text in it. */
static int request_is_ours(const struct uk_netbuf *nb)
{
	const struct frame *f = (const void *)nb->data;

	return nb->next == NULL && nb->len > sizeof(*f) && f->type == htons(0x0800) &&
	       f->vhl == 0x45 && f->proto == 17 && f->dst_ip == own_ip && f->dport == htons(PORT) &&
	       !(f->off & htons(0x3fff)) && ntohs(f->len) <= nb->len - 14 &&
	       ntohs(f->udp_len) == ntohs(f->len) - 20 && ntohs(f->udp_len) > 8 + sizeof(f->head) &&
	       f->sport != htons(PORT) && ip_csum(f) == 0;
}

/* "get KEY\r\n" or "set KEY FLAGS EXPIRY LENGTH\r\nVALUE\r\n", in len bytes. */
static int request_parse(struct request *r, const char *text, uint32_t len)
{
	const char *end = text + len, *line = memchr(text, '\n', len), *stop;

	if (line == NULL || len < 7 || text[3] != ' ' || line[-1] != '\r')
		return -1;
	r->set = memcmp(text, "set", 3) == 0;
	if (!r->set && memcmp(text, "get", 3) != 0)
		return -1;
	r->key = text + 4;
	stop = memchr(r->key, r->set ? ' ' : '\r', (size_t)(line - r->key));
	if (stop == NULL || stop == r->key || stop - r->key > (long)sizeof(items->key))
		return -1;
	r->key_len = (uint32_t)(stop - r->key);
	r->value = line + 1;
	r->value_len = r->set && end - r->value >= 2 ? (uint32_t)(end - r->value) - 2 : 0;
	r->hash = store_hash(r->key, r->key_len);
	return r->value_len <= sizeof(items->value) ? 0 : -1;
}

static void fetch(const struct request *r)
{
	const struct item *it = &items[(r->hash >> 1) & (nb_items - 1)];

	__builtin_prefetch(it);
	__builtin_prefetch(it->value);
}

static char *put(char *to, const void *text, size_t len)
{
	memcpy(to, text, len);
	return to + len;
}

/* Writes the answer over the request; what it still needs of that comes first. Returns its length. */
static uint32_t answer_text(const struct request *r, char *text)
{
	struct item *it = store_slot(r->hash);
	char *to = text;

	if (r->set) {
		it->hash = r->hash;
		it->key_len = (uint8_t)r->key_len;
		it->value_len = (uint8_t)r->value_len;
		memcpy(it->key, r->key, r->key_len);
		memcpy(it->value, r->value, r->value_len);
		return (uint32_t)(put(text, "STORED\r\n", 8) - text);
	}
	if (it->hash == r->hash && it->key_len == r->key_len &&
		memcmp(it->key, r->key, r->key_len) == 0) {
		char number[2] = { (char)('0' + it->value_len / 10),
			(char)('0' + it->value_len % 10) };

		to = put(to, "VALUE ", 6);
		to = put(to, it->key, it->key_len);
		to = put(to, " 0 ", 3);
		to = it->value_len < 10 ? put(to, number + 1, 1) : put(to, number, 2);
		to = put(to, "\r\n", 2);
		to = put(to, it->value, it->value_len);
		to = put(to, "\r\n", 2);
	}
	return (uint32_t)(put(to, "END\r\n", 5) - text);
}

static void answer(const struct request *r)
{
	struct frame *f = r->f;
	uint32_t ip = f->src_ip, len;
	uint16_t port = f->sport;

	len = answer_text(r, f->text);
	memcpy(f->dst, f->src, 6);
	memcpy(f->src, own_mac, 6);
	f->src_ip = own_ip;
	f->dst_ip = ip;
	f->sport = f->dport;
	f->dport = port;
	f->udp_len = htons((uint16_t)(16 + len));
	f->udp_csum = 0; /* none: RFC 768 */
	f->len = htons((uint16_t)(36 + len));
	f->id = 0;
	f->off = htons(0x4000);
	f->ttl = 64;
	f->ip_csum = 0;
	f->ip_csum = ip_csum(f);
	r->nb->len = (uint32_t)sizeof(*f) + len;
}

/* RFC 826: who asks for our address gets it, in the frame that asked. */
static int answer_arp(struct uk_netbuf *nb)
{
	static const uint8_t ask[] = { 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
	uint8_t *p = nb->data;

	if (nb->len < 42 || memcmp(p + 12, ask, sizeof(ask)) != 0 ||
		memcmp(p + 38, &own_ip, 4) != 0)
		return 0;
	memcpy(p, p + 6, 6);
	memcpy(p + 6, own_mac, 6);
	p[21] = 2;
	memcpy(p + 32, p + 22, 10); /* the asker is the target now */
	memcpy(p + 22, own_mac, 6);
	memcpy(p + 28, &own_ip, 4);
	nb->len = 42;
	return 1;
}

static void burst(struct uk_netdev *dev)
{
	struct uk_netbuf *v[BURST], *out[BURST];
	struct request r[BURST];
	uint16_t n = BURST, nb_out = 0, nb_r = 0, sent;

	if (uk_netdev_rx_burst(dev, 0, v, &n) <= 0)
		return;
	for (uint16_t i = 0; i < n; i++) {
		struct request *q = &r[nb_r];

		q->nb = v[i];
		q->f = (struct frame *)(void *)v[i]->data;
		if (request_is_ours(v[i]) &&
			request_parse(q, q->f->text, ntohs(q->f->udp_len) - 16u) == 0) {
			fetch(q);
			nb_r++;
		} else if (answer_arp(v[i])) {
			out[nb_out++] = v[i];
		} else {
			uk_netbuf_free(v[i]);
		}
	}
	for (uint16_t i = 0; i < nb_r; i++) {
		answer(&r[i]);
		out[nb_out++] = r[i].nb;
	}
	sent = nb_out;
	if (nb_out > 0)
		uk_netdev_tx_burst(dev, 0, out, &sent);
	uk_netbuf_free_burst(out + sent, nb_out - sent);
}

static int fail(const char *why)
{
	printf("ministore: %s\n", why);
	return 1;
}

/* "10.0.0.2/24:10.0.0.1" or the address alone. */
static int address(struct uk_netdev *dev)
{
	const char *text = uk_netdev_einfo_get(dev, UK_NETDEV_EINFO_IPV4);
	char ip[16];
	size_t len = text != NULL ? strcspn(text, "/:") : sizeof(ip);

	if (len >= sizeof(ip))
		return -1;
	memcpy(ip, text, len);
	ip[len] = '\0';
	return inet_pton(AF_INET, ip, &own_ip) == 1 ? 0 : -1;
}

static int card(struct uk_netdev *dev, struct uk_netbuf_pool *pool)
{
	const struct uk_netdev_conf conf = { .nb_rx_queues = 1, .nb_tx_queues = 1 };
	const struct uk_netdev_rxqueue_conf rx = { .alloc_rxpkts = uk_netbuf_pool_alloc_rxpkts,
		.alloc_rxpkts_argp = pool };
	const struct uk_netdev_txqueue_conf tx = { 0 };
	int rc = uk_netdev_probe(dev);

	if (rc < 0)
		return rc;
	memcpy(own_mac, uk_netdev_hwaddr_get(dev)->addr_bytes, 6);
	return uk_netdev_configure(dev, &conf) ?: uk_netdev_rxq_configure(dev, 0, 0, &rx) ?:
		uk_netdev_txq_configure(dev, 0, 0, &tx) ?: uk_netdev_start(dev);
}

int main(void)
{
	struct uk_netdev *dev = uk_netdev_get(0);
	struct uk_netbuf_pool *pool = uk_netbuf_pool_create(1024, 1844, 0);
	int rc;

	if (dev == NULL)
		return fail("there is no network device, start me with --net");
	if (address(dev) < 0)
		return fail("say my address: --cmdline netdev0.ip=10.0.0.2");
	if (pool == NULL || store_create() < 0)
		return fail("too little memory, give me more with --mem");
	rc = card(dev, pool);
	if (rc < 0)
		return fail(strerror(-rc));
	printf("ministore: ready, room for %lu items\n", (unsigned long)nb_items);
	for (uint64_t next_ns = 0;;) {
		burst(dev);
		if (uk_clock_ns() < next_ns)
			continue;
		next_ns = uk_clock_ns() + 250000000;
		(void)!uk_netdev_service(); /* a back end that went away and came back */
	}
}

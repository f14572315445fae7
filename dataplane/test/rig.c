/* SPDX-License-Identifier: BSD-3-Clause */
#include "dataplane/test/rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dataplane/netdev_driver.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_mem.h"
#include "plat-kvm/test/fake_plat.h"

struct rig rig;

#define CHECK(cond, fmt, ...)                                                                      \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fake_plat_fail("[%s, seed %lu] " fmt, rig.name, rig.seed, ##__VA_ARGS__);  \
	} while (0)

struct rig_conf rig_default(void)
{
	return (struct rig_conf){
		.net = {
			.offered = RIG_PLAIN,
			.queue_max = 8,
			.nb_pairs = 1,
			.status = 1,
			.mac = { 2, 0, 0, 0, 0, 7 },
		},
		.dev = { .nb_rx_queues = 1, .nb_tx_queues = 1 },
		.pool_nb = 64,
		.pool_data = 2048,
	};
}

void rig_fill(uint8_t *to, uint32_t seq, uint32_t off, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		uint32_t at = off + i;

		to[i] = at < 4 ? (uint8_t)(seq >> (8 * at)) : (uint8_t)(seq * 131 + at * 7);
	}
}

/* First and last bytes of the pattern, and all of it for one frame in 16: long runs stay quick. */
static bool rig_bytes_are(const uint8_t *p, uint32_t seq, uint32_t off, uint32_t len)
{
	uint32_t step = seq % 16 == 0 ? 1 : 61;
	uint8_t want;

	for (uint32_t i = 0; i < len; i = i < len - 1 && i + step >= len ? len - 1 : i + step) {
		rig_fill(&want, seq, off + i, 1);
		if (p[i] != want)
			return false;
	}
	return true;
}

bool rig_frame_is(const struct uk_netbuf *nb, uint32_t seq, uint32_t len)
{
	uint32_t at = 0;

	if (uk_netbuf_pkt_len(nb) != len)
		return false;
	for (; nb != NULL; nb = nb->next) {
		if (!rig_bytes_are(nb->data, seq, at, nb->len))
			return false;
		at += nb->len;
	}
	return true;
}

struct uk_netbuf *rig_frame(uint32_t seq, uint32_t len, uint16_t parts)
{
	struct uk_netbuf *head = NULL;
	uint32_t at = 0;

	for (uint16_t i = 0; i < parts; i++) {
		struct uk_netbuf *nb = uk_netbuf_alloc(rig.pool);
		uint32_t n = i + 1 == parts ? len - at : len / parts;

		if (nb == NULL) {
			if (head != NULL)
				uk_netbuf_free(head);
			return NULL;
		}
		CHECK(n <= uk_netbuf_tailroom(nb), "a part of %u bytes does not fit the pool", n);
		nb->len = n;
		rig_fill(nb->data, seq, at, n);
		at += n;
		if (head == NULL)
			head = nb;
		else
			uk_netbuf_append(head, nb);
	}
	return head;
}

static void rig_expect_add(struct rig_expect *e, uint32_t seq, uint32_t len)
{
	CHECK(e->tail - e->head < RIG_EXPECT_MAX, "the model holds too many frames");
	e->v[e->tail % RIG_EXPECT_MAX].seq = seq;
	e->v[e->tail % RIG_EXPECT_MAX].len = len;
	e->tail++;
}

/* What the device gets has to be what was sent, in that order. */
static void rig_sink(void *arg, uint16_t pair, const struct fake_net_hdr *hdr, const uint8_t *frame,
	uint32_t len)
{
	struct rig_expect *e = &rig.tx[pair];

	rig.last_hdr = *hdr;
	if (rig.ignore_frames)
		return;
	CHECK(e->head != e->tail, "the device got a frame of %u bytes that nobody sent", len);
	uint32_t seq = e->v[e->head % RIG_EXPECT_MAX].seq;
	uint32_t want = e->v[e->head % RIG_EXPECT_MAX].len;

	e->head++;
	CHECK(len == want && rig_bytes_are(frame, seq, 0, len),
		"the device got a frame of %u bytes that is not number %u of %u bytes", len, seq,
		want);
}

static uint16_t rig_alloc_rx(void *argp, struct uk_netbuf *v[], uint16_t n)
{
	return rig.rx_dry ? 0 : uk_netbuf_pool_alloc_rxpkts(argp, v, n);
}

static void rig_event(struct uk_netdev *dev, uint16_t q, void *cookie)
{
	CHECK(dev == rig.dev && cookie == &rig, "a callback with wrong arguments");
	rig.nb_events[q]++;
}

/* The control queue is worked off while the driver waits, doorbell or not. */
static void rig_hook(void *arg)
{
	if (rig.net.fv.conf.polls)
		fake_net_ctrl(&rig.net);
}

/* The pool of the last case, whole again: making one costs more than most cases do. */
static struct {
	struct uk_netbuf_pool *pool;
	uint32_t nb, data;
} spare;

static struct uk_netbuf_pool *rig_pool_get(uint32_t nb, uint32_t data)
{
	struct uk_netbuf_pool *p = spare.pool;

	spare.pool = NULL;
	if (p != NULL && spare.nb == nb && spare.data == data)
		return p;
	CHECK(p == NULL || uk_netbuf_pool_destroy(p) == 0, "the last pool is still in use");
	return uk_netbuf_pool_create(nb, data, 0);
}

static void rig_pool_put(void)
{
	spare.pool = rig.pool;
	spare.nb = rig.conf.pool_nb;
	spare.data = rig.conf.pool_data;
	rig.pool = NULL;
}

/* Frees all of a rig, in whatever state a failed test left it. */
int rig_teardown(void **state)
{
	if (rig.dev != NULL && rig.pool != NULL)
		fprintf(stderr, "the test that failed was at [%s, seed %lu]\n", rig.name, rig.seed);
	if (rig.dev != NULL) {
		fake_net_fini(&rig.net);
		rig_dev_free();
	}
	if (rig.pool != NULL) {
		free(rig.pool->mem);
		free(rig.pool);
	}
	if (state != NULL && spare.pool != NULL) {
		free(spare.pool->mem);
		free(spare.pool);
		spare.pool = NULL;
	}
	rig.dev = NULL;
	rig.pool = NULL;
	return 0;
}

static void rig_name(const struct rig_conf *c)
{
	uint64_t f = c->net.offered;
	const char *orders[] = { "", " newest-first", " any-order" };

	snprintf(rig.name, sizeof(rig.name), "%s %u%s%s%s%s%s%s%s",
		f & UK_VIRTIO_F_RING_PACKED ? "packed" : "split", c->net.queue_max,
		f & UK_VIRTIO_F_IN_ORDER ? c->batch ? " in-order-batch" : " in-order" : "",
		f & UK_VIRTIO_F_EVENT_IDX ? " event-idx" : "",
		f & FAKE_NET_F_MRG_RXBUF ? " mrg" : "",
		f & UK_VIRTIO_F_INDIRECT_DESC ? " indirect" : "", c->net.polls ? " polls" : "",
		c->net.shared_irq ? " shared-irq" : "", orders[c->order]);
}

/*
 * Case numbers count through ring format, sizes and features; out of the ring sizes each case gets
 * one that its format knows. Every value of every option meets every other.
 */
bool rig_case(unsigned i, struct rig_conf *c)
{
	static const uint16_t split[] = { 2, 4, 8, 16, 256 }, packed[] = { 2, 3, 5, 8, 33, 250 };
	bool is_packed = i & 1;
	unsigned order = i / 64 % 4, size = i / 256;

	*c = rig_default();
	if (size >= (is_packed ? UK_ARRAY_SIZE(packed) : UK_ARRAY_SIZE(split)))
		return size < UK_ARRAY_SIZE(packed) ? rig_case(i | 1, c) : false;
	c->net.queue_max = is_packed ? packed[size] : split[size];
	c->net.offered |= is_packed ? UK_VIRTIO_F_RING_PACKED : 0;
	c->net.offered |= i & 2 ? UK_VIRTIO_F_EVENT_IDX : 0;
	c->net.offered |= i & 4 ? FAKE_NET_F_MRG_RXBUF : 0;
	c->net.offered |= i & 8 ? UK_VIRTIO_F_INDIRECT_DESC : 0;
	c->net.offered |= i & 16 ? FAKE_NET_F_CSUM | FAKE_NET_F_GUEST_CSUM | FAKE_NET_F_CTRL_VQ : 0;
	c->net.polls = i & 32;
	c->net.offered |= order >= 2 ? UK_VIRTIO_F_IN_ORDER : 0;
	c->batch = order == 3;
	c->order = order == 1 ? FAKE_NET_ANY_ORDER : FAKE_NET_OLDEST_FIRST;
	c->pool_nb = 2u * c->net.queue_max + 64;
	return true;
}

void rig_open_dev(const struct rig_conf *c)
{
	static bool added;
	uint64_t now = uk_clock_ns();
	unsigned nb;

	unsigned long seed = rig.seed;

	rig_teardown(NULL);
	memset(&rig, 0, sizeof(rig));
	rig.seed = seed;
	rig.conf = *c;
	rig_name(c);
	rig_queue_fail_at = 0;
	fake_plat_reset();
	fake_plat_advance(now); /* netdev_idle.c remembers when it looked after the devices */
	fake_plat_step(1000);
	fake_plat_hook(rig_hook, NULL);
	fake_mem_reset();
	fake_net_init(&rig.net, &c->net);
	rig.net.sink = rig_sink;
	rig.net.batch = c->batch;
	rig.net.order = c->order;
	if (!added)
		CHECK(uk_virtio_add(&rig.net.fv.dev) == 0, "no place for the device");
	added = true;
	rig.pool = rig_pool_get(c->pool_nb, c->pool_data);
	CHECK(rig.pool != NULL, "no memory for the pool");
	fake_mem_grid(rig.pool->mem, rig.pool->stride, rig.pool->nb_total, sizeof(struct uk_netbuf),
		rig.pool->data_size);
	rig_netdev_forget();
	nb = uk_netdev_count();
	CHECK(nb == 1, "%u devices found instead of 1", nb);
	rig.dev = uk_netdev_get(0);
	CHECK(uk_netdev_state_get(rig.dev) == UK_NETDEV_UNPROBED, "a new device is not UNPROBED");
}

int rig_configure(void)
{
	const struct rig_conf *c = &rig.conf;
	struct uk_netdev_rxqueue_conf rc = { .alloc_rxpkts = rig_alloc_rx,
		.alloc_rxpkts_argp = rig.pool };
	struct uk_netdev_txqueue_conf tc = { 0 };
	int rc_err = uk_netdev_configure(rig.dev, &c->dev);

	if (c->events) {
		rc.callback = rig_event;
		rc.callback_cookie = &rig;
	}
	for (uint16_t q = 0; rc_err == 0 && q < c->dev.nb_rx_queues; q++)
		rc_err = uk_netdev_rxq_configure(rig.dev, q, c->nb_rx_desc, &rc);
	for (uint16_t q = 0; rc_err == 0 && q < c->dev.nb_tx_queues; q++)
		rc_err = uk_netdev_txq_configure(rig.dev, q, c->nb_tx_desc, &tc);
	return rc_err;
}

void rig_open(const struct rig_conf *c)
{
	int rc;

	rig_open_dev(c);
	rc = uk_netdev_probe(rig.dev);
	CHECK(rc == 0, "probe: %s\n%s", strerror(-rc), fake_virtio_faults(&rig.net.fv));
	rc = rig_configure();
	CHECK(rc == 0, "configure: %s\n%s", strerror(-rc), fake_virtio_faults(&rig.net.fv));
	rc = uk_netdev_start(rig.dev);
	CHECK(rc == 0, "start: %s\n%s", strerror(-rc), fake_virtio_faults(&rig.net.fv));
	rig_judge();
}

void rig_expect_no_faults(void)
{
	const char *faults = fake_virtio_faults(&rig.net.fv);

	CHECK(faults[0] == '\0', "the driver breaks rules:\n%s", faults);
}

void rig_judge(void)
{
	for (uint16_t q = 0; q < FAKE_VIRTIO_QUEUES_MAX; q++)
		fake_virtio_kick_check(&rig.net.fv, q);
	rig_expect_no_faults();
}

void rig_expect_pool_full(void)
{
	CHECK(rig.pool->nb_free == rig.pool->nb_total, "%d netbufs are missing from their pool",
		(int)(rig.pool->nb_total - rig.pool->nb_free));
}

void rig_audit(void)
{
	const struct uk_netbuf_pool *p = rig.pool;
	uint8_t *is_free = calloc(1, p->nb_total);

	CHECK(is_free != NULL && p->nb_free <= p->nb_total, "the pool has %u of %u buffers free",
		p->nb_free, p->nb_total);
	for (uint32_t i = 0; i < p->nb_free; i++) {
		CHECK(!is_free[p->stack[i]->obj_id], "netbuf %u is in the pool twice",
			p->stack[i]->obj_id);
		is_free[p->stack[i]->obj_id] = 1;
	}
	for (uint16_t q = 0; q < FAKE_VIRTIO_QUEUES_MAX; q++) {
		for (uint16_t i = 0; i < rig.net.fv.q[q].nb_held; i++) {
			const struct fake_virtio_buf *b = fake_virtio_held(&rig.net.fv, q, i);

			for (uint16_t s = 0; s < b->nb_seg; s++) {
				uintptr_t off = (uintptr_t)b->seg[s].addr - (uintptr_t)p->mem;

				if (off < (size_t)p->stride * p->nb_total)
					CHECK(!is_free[off / p->stride],
						"queue %u: the device holds netbuf %u, which is in the pool",
						q, (unsigned)(off / p->stride));
			}
		}
	}
	free(is_free);
}

int rig_send_burst(uint16_t pair, struct uk_netbuf *v[], uint16_t *cnt)
{
	uint32_t seq[UK_BURST_MAX], len[UK_BURST_MAX];
	uint16_t asked = *cnt;
	int rc;

	CHECK(asked <= UK_BURST_MAX, "a burst of %u", asked);
	for (uint16_t i = 0; i < asked; i++) {
		len[i] = uk_netbuf_pkt_len(v[i]);
		seq[i] = 0;
		uk_netbuf_read(v[i], 0, &seq[i], 4);
	}
	rc = uk_netdev_tx_burst(rig.dev, pair, v, cnt);
	CHECK(*cnt <= asked, "%u of %u frames were taken", *cnt, asked);
	CHECK(rc >= 0 || *cnt == 0, "an error together with %u frames taken", *cnt);
	CHECK(rc < 0 || !!(rc & UK_NETDEV_STATUS_SUCCESS) == (*cnt > 0),
		"tx status 0x%x for %u frames", rc, *cnt);
	for (uint16_t i = 0; i < *cnt; i++) {
		rig_expect_add(&rig.tx[pair], seq[i], len[i]);
		rig.nb_sent[pair]++;
		rig.bytes_sent[pair] += len[i];
	}
	rig_judge();
	return rc;
}

uint16_t rig_send(uint16_t pair, uint16_t nb, uint32_t len, uint16_t parts)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t have = 0, taken;

	while (have < nb) {
		v[have] = rig_frame(rig.seq, len, parts);
		if (v[have] == NULL)
			break;
		rig.seq++;
		have++;
	}
	taken = have;
	rig_send_burst(pair, v, &taken);
	uk_netbuf_free_burst(v + taken, (uint16_t)(have - taken));
	return taken;
}

void rig_drain(uint16_t pair)
{
	fake_net_tx(&rig.net, pair);
	rig_expect_no_faults();
	CHECK(rig.ignore_frames || rig.tx[pair].head == rig.tx[pair].tail,
		"%u frames never reached the device", rig.tx[pair].tail - rig.tx[pair].head);
}

int rig_inject_quiet(uint16_t pair, uint32_t len)
{
	static uint8_t frame[FAKE_NET_FRAME_MAX];
	int rc;

	rig_fill(frame, rig.seq, 0, len);
	rc = fake_net_rx(&rig.net, pair, frame, len, NULL);
	if (rc == 0) {
		rig_expect_add(&rig.rx[pair], rig.seq, len);
		rig.seq++;
	}
	rig_expect_no_faults();
	return rc;
}

int rig_inject(uint16_t pair, uint32_t len)
{
	int rc = rig_inject_quiet(pair, len);

	fake_net_rx_show(&rig.net, pair);
	return rc;
}

int rig_recv_burst(uint16_t pair, struct uk_netbuf *v[], uint16_t *cnt)
{
	struct rig_expect *e = &rig.rx[pair];
	uint16_t asked = *cnt;
	int rc = uk_netdev_rx_burst(rig.dev, pair, v, cnt);

	CHECK(*cnt <= asked, "%u frames of %u asked for", *cnt, asked);
	CHECK(rc >= 0 || *cnt == 0, "an error together with %u frames", *cnt);
	CHECK(rc < 0 || !!(rc & UK_NETDEV_STATUS_SUCCESS) == (*cnt > 0),
		"rx status 0x%x for %u frames", rc, *cnt);
	for (uint16_t i = 0; i < *cnt && !rig.ignore_frames; i++) {
		CHECK(e->head != e->tail, "a frame of %u bytes that nobody sent",
			uk_netbuf_pkt_len(v[i]));
		uint32_t seq = e->v[e->head % RIG_EXPECT_MAX].seq;
		uint32_t len = e->v[e->head % RIG_EXPECT_MAX].len;

		e->head++;
		CHECK(rig_frame_is(v[i], seq, len),
			"a frame of %u bytes is not number %u of %u bytes", uk_netbuf_pkt_len(v[i]),
			seq, len);
		rig.nb_got[pair]++;
		rig.bytes_got[pair] += len;
	}
	CHECK(rc < 0 || !(rc & UK_NETDEV_STATUS_UNDERRUN) || rig.rx_dry || rig.pool->nb_free == 0,
		"UNDERRUN with %u netbufs to be had", rig.pool->nb_free);
	CHECK(rc < 0 || !(rc & UK_NETDEV_STATUS_MORE) || *cnt == asked || *cnt == UK_BURST_MAX,
		"MORE, but only %u of %u came", *cnt, asked);
	rig_judge();
	return rc;
}

int rig_recv(uint16_t pair, uint16_t nb, uint16_t *got)
{
	struct uk_netbuf *v[UK_BURST_MAX];
	uint16_t cnt = nb;
	int rc = rig_recv_burst(pair, v, &cnt);

	uk_netbuf_free_burst(v, cnt);
	if (got != NULL)
		*got = cnt;
	return rc;
}

void rig_expect_stats(void)
{
	struct uk_netdev_qstats st;

	for (uint16_t q = 0; q < rig.conf.dev.nb_tx_queues; q++) {
		uk_netdev_txq_stats_get(rig.dev, q, &st);
		CHECK(st.packets == rig.nb_sent[q] && st.bytes == rig.bytes_sent[q] &&
				st.errors == 0,
			"tx queue %u counts %llu packets, %llu bytes, %llu errors; true are %llu and %llu",
			q, (unsigned long long)st.packets, (unsigned long long)st.bytes,
			(unsigned long long)st.errors, (unsigned long long)rig.nb_sent[q],
			(unsigned long long)rig.bytes_sent[q]);
	}
	for (uint16_t q = 0; q < rig.conf.dev.nb_rx_queues; q++) {
		uk_netdev_rxq_stats_get(rig.dev, q, &st);
		CHECK(st.packets == rig.nb_got[q] && st.bytes == rig.bytes_got[q] && st.errors == 0,
			"rx queue %u counts %llu packets, %llu bytes, %llu errors; true are %llu and %llu",
			q, (unsigned long long)st.packets, (unsigned long long)st.bytes,
			(unsigned long long)st.errors, (unsigned long long)rig.nb_got[q],
			(unsigned long long)rig.bytes_got[q]);
	}
}

void rig_close(void)
{
	if (uk_netdev_state_get(rig.dev) == UK_NETDEV_RUNNING) {
		int rc = uk_netdev_stop(rig.dev);

		CHECK(rc == 0 || rig.net.fv.conf.stuck_reset, "stop: %s", strerror(-rc));
	}
	rig_expect_no_faults();
	rig_expect_pool_full();
	rig_pool_put();
	rig_teardown(NULL);
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A test rig for the virtio-net driver: one scripted device (plat-kvm/test/fake_net.h), one
 *uk_netdev on it, one netbuf pool, and a model that knows every frame under way. Every call of the
 * driver goes through the rig, which afterwards judges doorbells and asks the device for
 *violations.
 *
 *	struct rig_conf c = rig_default(); ...; rig_open(&c); rig_send / rig_inject / ...;
 *rig_close();
 *
 * rig_close checks that each netbuf is back in its pool and that the device has nothing to complain
 *of.
 */
#ifndef SLUICE_DATAPLANE_TEST_RIG_H
#define SLUICE_DATAPLANE_TEST_RIG_H

#include "dataplane/netdev.h"
#include "plat-kvm/test/fake_net.h"

#define RIG_PAIRS_MAX  8
#define RIG_EXPECT_MAX 8192 /* frames under way per queue; a power of two */
#define RIG_PLAIN      (UK_VIRTIO_F_VERSION_1 | FAKE_NET_F_MAC | FAKE_NET_F_STATUS)

struct rig_conf {
	struct fake_net_conf net;
	struct uk_netdev_conf dev;
	uint16_t nb_rx_desc, nb_tx_desc; /* 0: the driver's choice */
	uint32_t pool_nb, pool_data;     /* netbufs, and room in each */
	bool events;                     /* rx queues with a callback: interrupt mode */
	bool batch;                      /* IN_ORDER: batched used entries */
	enum fake_net_order order;
};

/* A frame that one side still has to see. */
struct rig_expect {
	struct {
		uint32_t seq, len;
	} v[RIG_EXPECT_MAX];
	uint32_t head, tail;
};

struct rig {
	char name[128];     /* of the case, for messages */
	unsigned long seed; /* the same */
	struct fake_net net;
	struct rig_conf conf;
	struct uk_netdev *dev;
	struct uk_netbuf_pool *pool;
	struct rig_expect tx[RIG_PAIRS_MAX], rx[RIG_PAIRS_MAX];
	uint64_t nb_sent[RIG_PAIRS_MAX], nb_got[RIG_PAIRS_MAX]; /* frames */
	uint64_t bytes_sent[RIG_PAIRS_MAX], bytes_got[RIG_PAIRS_MAX];
	uint64_t nb_events[RIG_PAIRS_MAX]; /* callbacks */
	uint32_t seq;
	struct fake_net_hdr last_hdr; /* of the frame sent last */
	bool rx_dry;                  /* the allocator callback gives nothing */
	bool ignore_frames;           /* the sink judges nothing */
};

extern struct rig rig;

/* Split ring, polled, 1 pair, ring of 8, MTU not offered, plain 2 KiB buffers. */
struct rig_conf rig_default(void);

/* The i-th combination of ring format, size, order, suppression and features; false: there are no
 * more. */
bool rig_case(unsigned i, struct rig_conf *c);

/* Up to RUNNING; each step has to succeed. rig_open_dev stops before rx/tx queue set-up. */
void rig_open(const struct rig_conf *c);
void rig_open_dev(const struct rig_conf *c); /* UNPROBED */
int rig_configure(void);                     /* UNCONFIGURED -> CONFIGURED, queues set up */
void rig_close(void);

/* For cmocka_run_group_tests: frees what a failed test left behind. */
int rig_teardown(void **state);

/* rig_driver.c: frees what the driver keeps of a stopped device; an image never takes one away. */
void rig_dev_free(void);

/* Ends with a message unless every netbuf is in the pool. */
void rig_expect_pool_full(void);

/* Fails with the device's list of violations, if it has one. */
void rig_expect_no_faults(void);

/* A frame of the pattern of `seq` over `parts` netbufs. NULL: pool too empty. */
struct uk_netbuf *rig_frame(uint32_t seq, uint32_t len, uint16_t parts);
void rig_fill(uint8_t *to, uint32_t seq, uint32_t off, uint32_t len);
bool rig_frame_is(const struct uk_netbuf *nb, uint32_t seq, uint32_t len);

/* uk_netdev_tx_burst with all checks; frees what was not taken if `drop`. Returns the status. */
int rig_send_burst(uint16_t pair, struct uk_netbuf *v[], uint16_t *cnt);

/* Sends `nb` fresh frames of `len` bytes, as many as fit; returns how many were taken. */
uint16_t rig_send(uint16_t pair, uint16_t nb, uint32_t len, uint16_t parts);

/* The device delivers a frame (fake_net_rx) of the next number; shown at once. 0 or -ENOBUFS. */
int rig_inject(uint16_t pair, uint32_t len);
/* The same without showing it. */
int rig_inject_quiet(uint16_t pair, uint32_t len);

/* uk_netdev_rx_burst of up to `nb`; checks each frame against the model and frees it. Returns the
 * status. */
int rig_recv(uint16_t pair, uint16_t nb, uint16_t *got);

/* The same, but hands the frames out. */
int rig_recv_burst(uint16_t pair, struct uk_netbuf *v[], uint16_t *cnt);

/* The device takes and completes all frames that were sent. */
void rig_drain(uint16_t pair);

/* All counters agree with the model. */
void rig_expect_stats(void);

/* Doorbells of all queues are judged. Called by the rig after each driver call. */
void rig_judge(void);

/* No netbuf that the device holds may be in the pool: walks both. */
void rig_audit(void);

/* rig_queue.c: the n-th allocation of a queue's memory from now on fails; 0: none. */
extern unsigned rig_queue_fail_at;

/* rig_netdev.c: forgets all registered netdevs, so that the next rig_open finds the device anew. */
void rig_netdev_forget(void);

#endif

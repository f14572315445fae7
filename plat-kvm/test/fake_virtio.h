/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A scripted virtio device: a transport (struct uk_virtio_ops) and the device's side of split and
 *packed rings in one process with the driver. It checks what virtio 1.2 demands of a driver at each
 *step and keeps every violation with its section as text; a test asks fake_virtio_faults(). It also
 * misbehaves on demand. The network device on top is fake_net.h.
 *
 *	fake_virtio_init -> uk_virtio_add(&fv->dev) -> driver
 *	fake_virtio_pull (looks at what is available) -> fake_virtio_use -> fake_virtio_publish
 *
 * Files: fake_virtio.c transport; fake_ring.c what both rings share; fake_split.c, fake_packed.c.
 */
#ifndef SLUICE_PLAT_KVM_TEST_FAKE_VIRTIO_H
#define SLUICE_PLAT_KVM_TEST_FAKE_VIRTIO_H

#include <stdbool.h>
#include "plat-kvm/virtio.h"

#define FAKE_VIRTIO_QUEUES_MAX 40
#define FAKE_VIRTIO_CONFIG_MAX 64
#define FAKE_VIRTIO_SIZE_MAX   32768

/* Descriptor flags, virtio 1.2, 2.7.5 and 2.8.1. */
#define FAKE_DESC_F_NEXT     0x0001
#define FAKE_DESC_F_WRITE    0x0002
#define FAKE_DESC_F_INDIRECT 0x0004
#define FAKE_DESC_F_AVAIL    0x0080
#define FAKE_DESC_F_USED     0x8000

struct fake_split_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct fake_split_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[]; /* used_event follows */
};

struct fake_split_used_elem {
	uint32_t id;
	uint32_t len;
};

struct fake_split_used {
	uint16_t flags;
	uint16_t idx;
	struct fake_split_used_elem ring[]; /* avail_event follows */
};

struct fake_packed_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t id;
	uint16_t flags;
};

struct fake_packed_event {
	uint16_t off_wrap;
	uint16_t flags; /* 0 enable, 1 disable, 2 descriptor */
};

/* One contiguous piece of a buffer. */
struct fake_virtio_seg {
	uint8_t *addr;
	uint32_t len;
};

/* A buffer that the driver made available and the device has not used yet. */
struct fake_virtio_buf {
	uint16_t id;      /* head descriptor (split) or buffer id (packed) */
	uint16_t pos;     /* where its first descriptor stands in the ring */
	uint16_t nb_desc; /* descriptors of the ring it takes */
	uint16_t nb_seg;  /* pieces; the first nb_out are device-readable */
	uint16_t nb_out;
	uint16_t cap_seg;
	bool seen;                /* free for the device's model: contents were taken */
	uint64_t out_len, in_len; /* bytes */
	struct fake_virtio_seg *seg;
};

struct fake_virtio_queue {
	bool enabled;
	uint16_t size;
	struct uk_virtio_queue_addr addr;
	int vector; /* -1: none */
	/* Buffers in the device's hands in the order they came: fifo[(head + i) % size], i <
	 * nb_held. */
	struct fake_virtio_buf **fifo;
	struct fake_virtio_buf *bufs, **spare;
	uint16_t head, nb_held, nb_spare;
	uint32_t desc_held;  /* ring descriptors they take */
	uint8_t *desc_taken; /* split: descriptor is part of a held chain */
	uint8_t *id_taken;   /* packed: 65536 flags */
	/* Running counts; the ring's own numbers are these modulo something. */
	uint64_t avail_total; /* split: buffers, packed: descriptors made available so far */
	uint64_t used_total;  /* split: entries, packed: descriptors passed by used so far */
	uint64_t shown_total; /* used_total at the last publish */
	uint64_t event_total; /* the device wants a doorbell when this one is made available */
	uint64_t kick_total;  /* avail_total at the last fake_virtio_kick_check */
	bool event_off;       /* the device wants none */
	bool event_any;       /* packed: one for each */
	uint16_t first_flags; /* packed: flags of the first unpublished used descriptor */
	uint16_t first_pos;
	bool first_pending;
	uint16_t in_order_next;     /* split: the head that must come next */
	uint32_t kicks;             /* doorbells since the last kick check */
	uint64_t nb_kicks, nb_irqs; /* ever */
};

enum fake_virtio_ctrl {
	FAKE_VIRTIO_CTRL_ANSWER, /* does what it is told */
	FAKE_VIRTIO_CTRL_REFUSE, /* answers VIRTIO_NET_ERR */
	FAKE_VIRTIO_CTRL_MUTE,   /* never answers */
	FAKE_VIRTIO_CTRL_EMPTY,  /* uses the buffer without writing an answer */
	FAKE_VIRTIO_CTRL_BAD_ID, /* uses a buffer that is not in flight */
};

/* How the device is to be. Set before fake_virtio_init or while the driver is not at work. */
struct fake_virtio_conf {
	uint64_t offered;   /* feature bits */
	uint16_t queue_max; /* ring size offered for queues without an own one */
	uint16_t queue_max_of[FAKE_VIRTIO_QUEUES_MAX];
	uint16_t nb_queues;
	bool polls;                             /* never wants a doorbell */
	bool shared_irq;                        /* one interrupt and an ISR, as virtio-mmio */
	uint8_t config[FAKE_VIRTIO_CONFIG_MAX]; /* the device's configuration space */
	uint32_t config_len;
	uint64_t config_need[FAKE_VIRTIO_CONFIG_MAX]; /* byte exists if one of these is offered; 0:
							 always */
	/* Misbehaviour. */
	uint64_t offered_later; /* what reading the features again gives, if features_flip */
	bool features_flip;
	bool refuse_features;   /* FEATURES_OK does not stick */
	bool needs_reset_at_ok; /* NEEDS_RESET as soon as DRIVER_OK is written */
	bool stuck_reset;       /* status never reads 0 again after a reset */
	unsigned gen_flips;     /* so many reads of the generation give a new value each */
	int enable_error;       /* queue_enable fails with this -errno */
	enum fake_virtio_ctrl ctrl;
	bool hostile; /* rings hold garbage: what the driver does then is not judged */
};

struct fake_virtio {
	struct uk_virtio_dev dev; /* first: the ops get this pointer */
	struct fake_virtio_conf conf;
	uint64_t offered_read; /* the features as the driver last read them */
	uint64_t features;     /* as the driver wrote them */
	uint8_t status;
	bool features_read, features_written, ok_read_back, failed_seen;
	bool lost;     /* self_reset hit: the driver can not know yet */
	bool in_reset; /* stuck_reset hit */
	uint32_t generation;
	uint32_t isr;
	int config_vector, shared_vector;
	struct fake_virtio_queue q[FAKE_VIRTIO_QUEUES_MAX];
	/* Called on a doorbell, after it was checked. */
	void (*on_notify)(struct fake_virtio *fv, uint16_t q);
	/* Called when the driver resets the device. */
	void (*on_reset)(struct fake_virtio *fv);
	void *net; /* struct fake_net */
	unsigned nb_faults;
	char faults[4096];
	uint64_t nb_resets, nb_config_reads;
};

void fake_virtio_init(
	struct fake_virtio *fv, uint16_t device_id, const struct fake_virtio_conf *conf);

/* Frees what the device holds, the driver being gone or past caring. */
void fake_virtio_fini(struct fake_virtio *fv);

/* Notes a violation: the section of virtio 1.2 and what the driver did. */
void fake_virtio_fault(struct fake_virtio *fv, const char *section, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* All violations so far as text, "" when there were none. */
const char *fake_virtio_faults(const struct fake_virtio *fv);

static inline bool fake_virtio_has(const struct fake_virtio *fv, uint64_t feature)
{
	return (fv->features & feature) != 0;
}

/* Whether the driver may use the device: DRIVER_OK and neither FAILED nor NEEDS_RESET. */
bool fake_virtio_live(const struct fake_virtio *fv);

/* Takes over and checks all newly available buffers; returns how many the device holds now. */
uint16_t fake_virtio_pull(struct fake_virtio *fv, uint16_t q);

/* The i-th held buffer, oldest first. */
struct fake_virtio_buf *fake_virtio_held(struct fake_virtio *fv, uint16_t q, uint16_t i);

/* Marks the i-th held buffer used, `len` bytes written; the driver sees it after publish. */
void fake_virtio_use(struct fake_virtio *fv, uint16_t q, uint16_t i, uint32_t len);

/* IN_ORDER: the n oldest held buffers with one used entry, the last one's (2.7.9, 2.8.8). */
void fake_virtio_use_batch(struct fake_virtio *fv, uint16_t q, uint16_t n, uint32_t len);

/* Shows the driver all buffers used so far and raises an interrupt if it wants one. */
void fake_virtio_publish(struct fake_virtio *fv, uint16_t q);

/* Asks for a doorbell at the next new buffer (or for none, if conf.polls). */
void fake_virtio_rearm(struct fake_virtio *fv, uint16_t q);

/*
 * After each driver call: judges the doorbells since the last check against what the device had
 * asked for, then pulls. Call before the device changes its mind.
 */
void fake_virtio_kick_check(struct fake_virtio *fv, uint16_t q);

/* A change of configuration space: copies bytes, moves the generation, raises the interrupt. */
void fake_virtio_config_set(struct fake_virtio *fv, uint32_t off, const void *buf, uint32_t len);

/* What a device or a back end may do to a driver at any time. */
void fake_virtio_needs_reset(struct fake_virtio *fv); /* sets the bit, config interrupt */
void fake_virtio_self_reset(struct fake_virtio *fv);  /* forgets all; the status reads 0 */

/* Raw writes, past all rules. Split and packed: a used entry as if the device meant it. */
void fake_virtio_bad_used(struct fake_virtio *fv, uint16_t q, uint32_t id, uint32_t len);
/* Split: the used index jumps by `delta`. Packed: the next `delta` descriptors look used. */
void fake_virtio_bad_jump(struct fake_virtio *fv, uint16_t q, uint16_t delta);

/* Between the files of the fake. */
bool fake_ring_desc_ok(
	struct fake_virtio *fv, uint16_t q, const char *section, uint64_t addr, uint64_t len);
struct fake_virtio_buf *fake_ring_buf_new(struct fake_virtio *fv, uint16_t q);
void fake_ring_buf_drop(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b);
bool fake_ring_seg_add(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b, uint64_t addr,
	uint32_t len, bool device_writes);
void fake_ring_hold(struct fake_virtio *fv, uint16_t q, struct fake_virtio_buf *b);
int fake_ring_enable(
	struct fake_virtio *fv, uint16_t q, uint16_t size, const struct uk_virtio_queue_addr *addr);
void fake_ring_disable(struct fake_virtio *fv, uint16_t q);
void fake_ring_irq(struct fake_virtio *fv, uint16_t q);

void fake_split_pull(struct fake_virtio *fv, uint16_t q);
void fake_split_used(struct fake_virtio *fv, uint16_t q, const struct fake_virtio_buf *b,
	uint16_t nb, uint32_t len);
bool fake_split_publish(struct fake_virtio *fv, uint16_t q);
void fake_split_event(struct fake_virtio *fv, uint16_t q);
void fake_split_free(struct fake_virtio *fv, uint16_t q, const struct fake_virtio_buf *b);
void fake_packed_pull(struct fake_virtio *fv, uint16_t q);
void fake_packed_used(struct fake_virtio *fv, uint16_t q, const struct fake_virtio_buf *b,
	uint32_t nb_desc, uint32_t len);
bool fake_packed_publish(struct fake_virtio *fv, uint16_t q);
void fake_packed_event(struct fake_virtio *fv, uint16_t q);

#endif

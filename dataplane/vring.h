/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Layouts of split and packed virtqueues (virtio 1.2, 2.7 and 2.8) and the two questions that both
 * sides answer by counting: whether a notification is due and whether a packed descriptor
 * was used. Little-endian, as the machine is.
 */
#ifndef SLUICE_DATAPLANE_VRING_H
#define SLUICE_DATAPLANE_VRING_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

/* Descriptor flags, 2.7.5 and 2.8.1. */
#define UK_VRING_F_NEXT  0x0001u
#define UK_VRING_F_WRITE 0x0002u
#define UK_VRING_F_AVAIL 0x0080u /* packed */
#define UK_VRING_F_USED  0x8000u /* packed */

/* struct uk_vring_avail.flags, 2.7.7; struct uk_vring_used.flags, 2.7.10. */
#define UK_VRING_AVAIL_NO_INTERRUPT 1u
#define UK_VRING_USED_NO_NOTIFY     1u

/* struct uk_vring_event.flags, 2.8.14. */
#define UK_VRING_EVENT_ENABLE  0u
#define UK_VRING_EVENT_DISABLE 1u
#define UK_VRING_EVENT_DESC    2u

/*
 * A descriptor of either ring; `rest` is split: len | flags << 32 | next << 48 (2.7.5), packed:
 * len | id << 32 | flags << 48 (2.8.13). One 64-bit access takes or gives all of it at once.
 */
struct uk_vring_desc {
	uint64_t addr;
	uint64_t rest;
};

struct uk_vring_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[]; /* `size` entries, then used_event */
};

struct uk_vring_used {
	uint16_t flags;
	uint16_t idx;
	uint32_t ring[]; /* `size` pairs of id and len, then avail_event */
};

/* Event suppression of a packed ring, 2.8.14; one 32-bit access. */
struct uk_vring_event {
	uint16_t off_wrap;
	uint16_t flags;
};

_Static_assert(sizeof(struct uk_vring_desc) == 16, "2.7.5, 2.8.13");
_Static_assert(sizeof(struct uk_vring_event) == 4, "2.8.14");

/* Whether moving an index from `old` to `now` passed `event` (2.7.10.1). */
UK_INLINE bool uk_vring_passed(uint16_t event, uint16_t now, uint16_t old)
{
	return (uint16_t)(now - event - 1) < (uint16_t)(now - old);
}

/* A packed descriptor is used when both bits equal the wrap counter of its round (2.8.1). */
UK_INLINE bool uk_vring_is_used(uint64_t rest, bool wrap)
{
	const uint32_t both = UK_VRING_F_AVAIL | UK_VRING_F_USED;

	return (rest >> 48 & both) == (wrap ? both : 0);
}

#endif

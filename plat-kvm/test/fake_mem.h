/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which memory a driver may hand to a device: live heap blocks, and of a pool that lies in
 * one block (a grid of equal objects) only the room of one object.
 */
#ifndef SLUICE_PLAT_KVM_TEST_FAKE_MEM_H
#define SLUICE_PLAT_KVM_TEST_FAKE_MEM_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

void fake_mem_reset(void);

/* Objects of `stride` bytes from base; bytes [room_off, room_off + room_len) of each are a
 * device's. */
void fake_mem_grid(void *base, size_t stride, unsigned nb, size_t room_off, size_t room_len);
void fake_mem_grid_forget(void *base);

/* Whether a device may touch all of [addr, addr + len); `why` gets a reason when not. */
bool fake_mem_ok(uint64_t addr, uint64_t len, const char **why);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* What the program of an image says to its devices (device.c) beside the contract of
 * nf-apps/click/device.h. */
#ifndef SLUICE_NF_APPS_NF_DEVICE_ARM_H
#define SLUICE_NF_APPS_NF_DEVICE_ARM_H

#include <stdbool.h>
#include <stdint.h>

#define NF_DEVICE_MAX 16

/* Set before the first device is opened. */
extern bool nf_device_intr;     /* receive queues raise interrupts when armed */
extern uint16_t nf_device_ring; /* descriptors per ring */

/* Arms the interrupt of every open device; returns on how many packets wait already. */
unsigned nf_device_arm(void);
void nf_device_disarm(void);
/* Buffers that the devices have sent go back to their pool, which else happens when more is sent. */
void nf_device_reclaim(void);

#endif

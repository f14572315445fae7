/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Byte streams to the host: the ports of a virtio console device (virtio 1.2, 5.3), for control
 * channels. Polled: no interrupt, no exit unless data is sent or buffers are given back. Each port
 * is open while somebody is connected to it on the host's side.
 *
 * Life: probe once, then poll now and then, read and write. One device, ports 1 to
 * UK_VIRTIO_CONSOLE_PORTS. The device is not trusted: lengths and ids are checked; a device that
 * breaks the rules is reset and all its ports are closed. Thread: one.
 */
#ifndef SLUICE_DATAPLANE_VIRTIO_CONSOLE_H
#define SLUICE_DATAPLANE_VIRTIO_CONSOLE_H

#include <stdbool.h>
#include "plat-kvm/defs.h"

#define UK_VIRTIO_CONSOLE_PORTS 2

/* Finds the device and starts it; once. 0; -ENODEV: there is none; -EIO: it does not behave;
 * -ENOMEM. Takes 70 KiB of heap. */
int uk_virtio_console_probe(void) UK_MUST_USE;

/*
 * Takes the device's messages about ports. Returns true if a port opened, closed, or has data. Cost
 * when there is nothing: three loads.
 */
bool uk_virtio_console_poll(void);

/* How often the port was opened; odd: it is open. A new number is a new client. */
unsigned uk_virtio_console_session(unsigned port);

/* Up to len bytes that came in; returns how many. */
size_t uk_virtio_console_read(unsigned port, void *to, size_t len);

/* Takes up to len bytes and returns how many; the rest when the host has read on. */
size_t uk_virtio_console_write(unsigned port, const void *from, size_t len);

#endif

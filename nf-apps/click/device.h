/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Network devices as FromDevice and ToDevice see them. Which kind it is, is chosen when the program
 * is linked: an image has uk_netdev underneath (nf-apps/nf/device.c), the twin pcap files
 * (nf-apps/twin/device.c). Life: open in initialize, close in cleanup; each element that names a
 * device opens it, and all get the same one. Thread: a queue belongs to the core that uses it.
 */
#ifndef SLUICE_NF_APPS_CLICK_DEVICE_H
#define SLUICE_NF_APPS_CLICK_DEVICE_H

#include <stdbool.h>
#include "nf-apps/click/core.h"
#include "nf-apps/click/text.h"

struct nf_device;

struct nf_device_stats {
	uint64_t nb_rx, nb_tx; /* packets */
	uint64_t rx_bytes, tx_bytes;
	uint64_t nb_rx_dropped; /* no buffer, or not readable */
	uint64_t nb_tx_refused; /* left with the caller */
};

/*
 * The device of that name ("0", "eth0", what the program knows). NULL: there is none, or it does
 * not start; errs is told under `where`. Close it as often as it was opened.
 */
struct nf_device *nf_device_open(struct nf_core *core, const char *name, struct nf_errors *errs,
	const char *where) UK_MUST_USE;
void nf_device_close(struct nf_device *dev);

/*
 * Up to n packets that have arrived; each lies in one part, and its annotations and header offsets
 * are not set. They are the caller's.
 */
uint16_t nf_device_rx(
	struct nf_device *dev, unsigned queue, struct uk_netbuf *v[] UK_GIVES, uint16_t n);

/* Sends; returns how many it took, the first ones. The rest stays the caller's. */
uint16_t nf_device_tx(
	struct nf_device *dev, unsigned queue, struct uk_netbuf *v[] UK_TAKES_HEAD, uint16_t n);

/* Six bytes. */
const uint8_t *nf_device_mac(const struct nf_device *dev);
/* Bytes of an IP packet. */
uint16_t nf_device_mtu(const struct nf_device *dev);
/* Nothing will arrive any more: the twin's file is at its end. */
bool nf_device_done(const struct nf_device *dev);
const struct nf_device_stats *nf_device_stats(const struct nf_device *dev);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* Control sessions of an image: Click's ControlSocket protocol on each port of the virtio console.
 */
#ifndef SLUICE_NF_APPS_NF_CHANNEL_H
#define SLUICE_NF_APPS_NF_CHANNEL_H

#include "nf-apps/click/router.h"

/* Finds the device; an image without one has no control. Thread: boot. */
void nf_channel_start(void);

/* Serves what came in, on *r. Returns true if there was something: the router may have been changed
 * then (core->next_router). Cost when there is nothing: a few loads. */
bool nf_channel_poll(struct nf_router *r);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which pcap files stand for which device: the twin's option --device.
 */
#ifndef SLUICE_NF_APPS_TWIN_DEVICE_MAP_H
#define SLUICE_NF_APPS_TWIN_DEVICE_MAP_H

#include "nf-apps/click/text.h"

/* "NAME=IN.pcap", "NAME=IN.pcap,OUT.pcap", "NAME=,OUT.pcap". -EINVAL, told; -ENOMEM. */
int nf_device_map(const char *spec, struct nf_errors *errs) UK_MUST_USE;
/* Forgets all. */
void nf_device_unmap(void);

#endif

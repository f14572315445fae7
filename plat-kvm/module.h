/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Boot modules: files handed to the machine at its start. QEMU's
 * "-fw_cfg name=opt/sluice/NAME,file=FILE" makes module NAME (QEMU docs/specs/fw_cfg), "-initrd
 * FILE" makes module "initrd". A module is read when it is first asked for, by DMA, into the heap.
 */
#ifndef SLUICE_PLAT_KVM_MODULE_H
#define SLUICE_PLAT_KVM_MODULE_H

#include "plat-kvm/defs.h"

struct uk_module {
	char name[48];
	const uint8_t *data; /* data[len] is 0, for text parsers */
	size_t len;
};

/*
 * Returns 0 with *m filled in, -ENOENT: there is no such module, -ENOMEM: it does not fit in
 * memory, -EIO: the device refused. Owner: the memory stays valid for good. Thread: boot and
 * set-up. Cost: some exits.
 */
int uk_module_find(const char *name, struct uk_module *m) UK_MUST_USE;

#endif

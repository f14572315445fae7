/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fw_cfg by DMA (QEMU docs/specs/fw_cfg): one exit per transfer instead of one per byte. Numbers in
 * the device's structures are big-endian.
 */
#include <errno.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include "plat-kvm/boot.h"
#include "plat-kvm/io.h"
#include "plat-kvm/module.h"

#define PORT_DMA         0x514
#define KEY_SIGNATURE    0x00
#define KEY_FILE_DIR     0x19
#define DMA_ERROR        0x01
#define DMA_READ         0x02
#define DMA_SELECT       0x08
#define FILES_MAX        128
#define MODULE_BYTES_MAX (1u << 30)
#define PREFIX           "opt/sluice/"

struct dma {
	uint32_t control, length;
	uint64_t address;
};

struct file {
	uint32_t size;
	uint16_t select, reserved;
	char name[56];
};

static struct {
	uint32_t count;
	struct file file[FILES_MAX];
} dir UK_ALIGNED(16);
static int state; /* 0: not looked yet, 1: dir is filled in, -errno */

static int fw_read(uint16_t key, void *buf, uint32_t len)
{
	volatile struct dma d UK_ALIGNED(16) = {
		.control = htobe32((uint32_t)key << 16 | DMA_SELECT | DMA_READ),
		.length = htobe32(len),
		.address = htobe64((uintptr_t)buf),
	};

	uk_io_out32(PORT_DMA, htobe32((uint32_t)((uintptr_t)&d >> 32)));
	uk_io_out32(PORT_DMA + 4, htobe32((uint32_t)(uintptr_t)&d));
	for (unsigned i = 0; i < 1000000 && (d.control & ~htobe32(DMA_ERROR)) != 0; i++)
		uk_pause();
	return d.control == 0 ? 0 : -EIO;
}

static int fw_directory(void)
{
	char signature[4] = { 0 };

	if (fw_read(KEY_SIGNATURE, signature, sizeof(signature)) < 0 ||
		memcmp(signature, "QEMU", 4) != 0)
		return -ENOENT;
	if (fw_read(KEY_FILE_DIR, &dir, sizeof(dir)) < 0)
		return -EIO;
	dir.count = be32toh(dir.count);
	if (dir.count > FILES_MAX)
		dir.count = FILES_MAX;
	return 1;
}

static const struct file *fw_find(const char *name)
{
	for (uint32_t i = 0; i < dir.count; i++) {
		const struct file *f = &dir.file[i];
		size_t n = strnlen(f->name, sizeof(f->name));

		if (n < sizeof(f->name) && strncmp(f->name, PREFIX, sizeof(PREFIX) - 1) == 0 &&
			strcmp(f->name + sizeof(PREFIX) - 1, name) == 0)
			return f;
	}
	return NULL;
}

static int module_load(const struct file *f, struct uk_module *m)
{
	uint32_t size = be32toh(f->size);
	uint8_t *p;
	int rc;

	if (size > MODULE_BYTES_MAX)
		return -ENOMEM;
	p = malloc(size + 1u);
	if (p == NULL)
		return -ENOMEM;
	p[size] = 0;
	rc = size > 0 ? fw_read(be16toh(f->select), p, size) : 0;
	if (rc < 0) {
		free(p);
		return rc;
	}
	m->data = p;
	m->len = size;
	return 0;
}

/* Copied, so that the byte behind it is ours to set. */
static int module_initrd(struct uk_module *m)
{
	const void *data;
	uint8_t *p;

	uk_boot_initrd(&data, &m->len);
	if (m->len == 0)
		return -ENOENT;
	p = malloc(m->len + 1);
	if (p == NULL)
		return -ENOMEM;
	memcpy(p, data, m->len);
	p[m->len] = 0;
	m->data = p;
	return 0;
}

int uk_module_find(const char *name, struct uk_module *m)
{
	const struct file *f;

	memset(m, 0, sizeof(*m));
	strncpy(m->name, name, sizeof(m->name) - 1);
	if (state == 0)
		state = fw_directory();
	f = state > 0 ? fw_find(name) : NULL;
	if (f != NULL)
		return module_load(f, m);
	if (strcmp(name, "initrd") == 0)
		return module_initrd(m);
	return state < 0 ? state : -ENOENT;
}

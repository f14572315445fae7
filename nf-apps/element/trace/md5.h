/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MD5 (RFC 1321), to name a payload in a dump; it protects nothing.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_TRACE_MD5_H
#define SLUICE_NF_APPS_ELEMENT_TRACE_MD5_H

#include "plat-kvm/defs.h"

#define NF_MD5_BYTES      16
#define NF_MD5_TEXT_CHARS 22

void nf_md5(const void *data, size_t len, uint8_t digest[NF_MD5_BYTES]);

#endif

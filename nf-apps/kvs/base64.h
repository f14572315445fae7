/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Base64 with padding and without line ends. Source: RFC 4648, section 4.
 */
#ifndef SLUICE_NF_APPS_KVS_BASE64_H
#define SLUICE_NF_APPS_KVS_BASE64_H

#include <stddef.h>
#include <stdint.h>

#define NF_BASE64_LEN(n) (((n) + 2) / 3 * 4) /* of n bytes */

/* Writes NF_BASE64_LEN(len) bytes; returns how many. */
size_t nf_base64_encode(uint8_t *to, const uint8_t *from, size_t len);
/* Writes at most len / 4 * 3 bytes; returns how many, 0: it is no base64, or of nothing. */
size_t nf_base64_decode(uint8_t *to, const uint8_t *from, size_t len);

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The tlsf allocator for a test image. */
#include "kernel/alloc.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;

/* SPDX-License-Identifier: BSD-3-Clause */
/* Symbols of sluice.ld: the borders of the image's parts, each page-aligned unless said. */
#ifndef SLUICE_PLAT_KVM_LAYOUT_H
#define SLUICE_PLAT_KVM_LAYOUT_H

extern char uk_nucleus_start[], uk_nucleus_data[], uk_nucleus_end[];
extern char uk_text_start[], uk_text_end[], uk_rodata_end[];
extern char uk_trap_guard[], uk_trap_stack_top[];
extern char uk_stack_guard[], uk_stack_top[];
extern char uk_image_end[];
/* Template of thread-local data: not page-aligned; the two below are numbers, not addresses. */
extern char uk_tdata_start[], uk_tdata_end[], uk_tls_bytes[], uk_tls_align[];

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
/* The headers of VXLAN behind IP (RFC 7348, 5). */
#ifndef SLUICE_NF_APPS_ELEMENT_SERVICE_VXLAN_H
#define SLUICE_NF_APPS_ELEMENT_SERVICE_VXLAN_H

#include "nf-apps/click/args.h"
#include "nf-apps/click/inet.h"

#define NF_VXLAN_PORT    4789
#define NF_VXLAN_I       0x08 /* the VNI is valid */
#define NF_VXLAN_VNI_MAX 0xffffffu

struct nf_vxlan {
	struct nf_udp udp;
	uint8_t flags, reserved[3];
	nf_be32 vni; /* << 8 */
} UK_PACKED;

_Static_assert(sizeof(struct nf_vxlan) == 16, "RFC 7348");

UK_INLINE void nf_vxlan_args_vni(struct nf_args *a, uint32_t *vni)
{
	nf_args_u32(a, "VNI", NF_ARGS_POS | NF_ARGS_MUST, vni);
	if (*vni > NF_VXLAN_VNI_MAX)
		nf_args_error(a, "VNI: at most %u", NF_VXLAN_VNI_MAX);
}

#endif

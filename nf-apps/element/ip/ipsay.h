/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A line on the console that says which element speaks. Never more than now and then: it costs
 * exits.
 */
#ifndef SLUICE_NF_APPS_ELEMENT_IP_IPSAY_H
#define SLUICE_NF_APPS_ELEMENT_IP_IPSAY_H

#include "nf-apps/click/element.h"

#define NF_IPSAY_MAX 512 /* bytes of a line; what is longer is cut */

/* "NAME :: CLASS: message" */
void nf_ipsay(const struct nf_element *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), cold));

#endif

/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/twin/macs.h"

static char macs_name[NF_MACS_MAX][16];
static char macs_value[256][NF_MACS_MAX][NF_ADDR_ETHER_LEN];

/* The variable of that name, or NULL. */
static struct nf_config_define *macs_find(struct nf_options *o, const char *name)
{
	for (unsigned i = 0; i < o->nb_defines; i++) {
		if (strcmp(o->defines[i].name, name) == 0)
			return &o->defines[i];
	}
	return NULL;
}

void nf_macs_define(struct nf_options *o, uint8_t first)
{
	for (unsigned i = 0; i < NF_MACS_MAX; i++) {
		uint8_t mac[6] = { first, 0, 0, 0, 0, (uint8_t)i };
		struct nf_config_define *d;

		(void)snprintf(macs_name[i], sizeof(macs_name[i]), "ETH%u_MAC", i);
		d = macs_find(o, macs_name[i]);
		if (d == NULL && o->nb_defines < NF_OPTIONS_LIST_MAX)
			d = &o->defines[o->nb_defines++];
		else if (d == NULL || d->name != macs_name[i])
			continue; /* the user's own stays */
		*d = (struct nf_config_define){ macs_name[i],
			nf_addr_print_ether(mac, macs_value[first][i]) };
	}
}

unsigned nf_macs_nb_given(const struct nf_options *o)
{
	unsigned nb = 0;

	while (nb < o->nb_defines && !(o->defines[nb].name >= macs_name[0] &&
					     o->defines[nb].name <= macs_name[NF_MACS_MAX - 1]))
		nb++;
	return nb;
}

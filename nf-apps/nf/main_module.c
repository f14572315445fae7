/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include "nf-apps/nf/main.h"
#include "plat-kvm/module.h"

int nf_main_text(const char **text, size_t *len, const char **file)
{
	static struct uk_module m;
	int rc = uk_module_find("config", &m);

	if (rc == -ENOENT)
		printf("nf: there is no configuration: start the machine with --config FILE\n");
	else if (rc < 0)
		printf("nf: the configuration can not be read: %s\n", strerror(-rc));
	if (rc < 0)
		return rc;
	*text = (const char *)m.data;
	*len = m.len;
	*file = "config";
	return 0;
}

unsigned nf_main_defines(const struct nf_config_define **v)
{
	*v = NULL;
	return 0;
}

void nf_main_made(struct nf_router *r)
{
	(void)r;
}

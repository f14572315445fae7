/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>
#include "nf-apps/element/ip/ipfield.h"

/* One argument read from `text` alone, so that names from AddressInfo and PortInfo are known. */
static bool ipfield_one(struct nf_element *e, const char *text, uint32_t *be_addr, uint16_t *port)
{
	struct nf_errors quiet = { 0 };
	struct nf_args a;
	bool found = false;

	if (nf_args_init(&a, text, e, e->where, &quiet) == 0) {
		unsigned how = NF_ARGS_POS | NF_ARGS_MUST;

		found = be_addr != NULL ? nf_args_ip4(&a, "ADDR", how, be_addr)
					: nf_args_port(&a, "PORT", how, 17, port);
		found = nf_args_end(&a) == 0 && found;
	}
	nf_errors_free(&quiet);
	return found;
}

void nf_ipfield_args_dst(struct nf_args *a, const char *key, uint32_t *be_addr, bool *anno)
{
	const char *text;

	*anno = false;
	if (!nf_args_raw(a, key, NF_ARGS_POS | NF_ARGS_MUST, &text))
		return;
	if (strcmp(text, "DST_ANNO") == 0) {
		*anno = true;
		*be_addr = 0;
	} else if (!ipfield_one(a->e, text, be_addr, NULL)) {
		nf_args_error(a, "%s: '%s' is neither an IP address nor DST_ANNO", key, text);
	}
}

static void *ipfield_at(const struct nf_element *e, uintptr_t off)
{
	return (uint8_t *)e->state + off;
}

int nf_ipfield_read_ip4(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	char buf[NF_ADDR_IP4_LEN];

	nf_text_printf(out, "%s", nf_addr_print_ip4(*(const uint32_t *)ipfield_at(e, off), buf));
	return 0;
}

int nf_ipfield_write_ip4(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint32_t addr;

	if (!ipfield_one(e, value, &addr, NULL))
		return nf_errors_add(errs, NULL, "'%s' is not an IP address", value);
	*(uint32_t *)ipfield_at(e, off) = addr;
	return 0;
}

int nf_ipfield_read_u16(struct nf_element *e, uintptr_t off, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	nf_text_printf(out, "%u", *(const uint16_t *)ipfield_at(e, off));
	return 0;
}

int nf_ipfield_write_port(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint16_t port;

	if (!ipfield_one(e, value, NULL, &port))
		return nf_errors_add(errs, NULL, "'%s' is not a port", value);
	*(uint16_t *)ipfield_at(e, off) = port;
	return 0;
}

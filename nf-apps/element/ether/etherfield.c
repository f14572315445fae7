/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/element/ether/etherfield.h"

bool nf_etherfield_offset(const char *word, uint32_t *offset)
{
	uint64_t v;

	if (strcasecmp(word, "src") == 0)
		*offset = 6;
	else if (strcasecmp(word, "dst") == 0)
		*offset = 0;
	else if (nf_addr_u64(word, &v) == 0 && v <= UINT32_MAX - 6)
		*offset = (uint32_t)v;
	else
		return false;
	return true;
}

static uint8_t *etherfield_at(const struct nf_element *e, uintptr_t off)
{
	return (uint8_t *)e->state + off;
}

int nf_etherfield_read_addr(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	char buf[NF_ADDR_ETHER_LEN];

	nf_text_printf(out, "%s", nf_addr_print_ether(etherfield_at(e, off), buf));
	return 0;
}

/* The only word of a handler's value. The caller frees *copy. NULL: there is none, or several. */
static char *etherfield_word(const char *value, char **copy)
{
	char *words[1];

	if (nf_args_words(value, words, 1, copy) == 1)
		return words[0];
	free(*copy);
	*copy = NULL;
	return NULL;
}

int nf_etherfield_write_addr(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	uint8_t addr[6];
	char *copy = NULL, *word = etherfield_word(value, &copy);
	int rc = word == NULL ? -EINVAL : nf_args_info_ether(e, word, addr);

	free(copy);
	if (rc < 0)
		return nf_errors_add(errs, NULL, "expected Ethernet address");
	memcpy(etherfield_at(e, off), addr, sizeof(addr));
	return 0;
}

int nf_etherfield_number(const char *value, int32_t least, int32_t most, int32_t *v)
{
	char *copy = NULL, *word = etherfield_word(value, &copy);
	int64_t n = 0;
	int rc = word == NULL ? -EINVAL : nf_addr_i64(word, &n);

	free(copy);
	if (rc < 0)
		return rc;
	if (n < least || n > most)
		return -ERANGE;
	*v = (int32_t)n;
	return 0;
}

int nf_etherfield_read_be16(struct nf_element *e, uintptr_t off, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	nf_text_printf(out, "%u", nf_inet_get16(etherfield_at(e, off)));
	return 0;
}

int nf_etherfield_write_be16(
	struct nf_element *e, uintptr_t off, const char *value, struct nf_errors *errs)
{
	int32_t v;

	if (nf_etherfield_number(value, 0, UINT16_MAX, &v) < 0)
		return nf_errors_add(errs, NULL, "expected a number from 0 to 65535");
	nf_inet_put16(etherfield_at(e, off), (uint16_t)v);
	return 0;
}

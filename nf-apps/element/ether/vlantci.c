/* SPDX-License-Identifier: BSD-3-Clause */
#include "nf-apps/element/ether/vlantci.h"

#define VLANTCI_ID_MAX    0xfff
#define VLANTCI_PCP_SHIFT 13
#define VLANTCI_PCP_MAX   7

static void vlantci_args_number(
	struct nf_args *a, const char *key, unsigned how, int32_t least, int32_t most, int32_t *v)
{
	int32_t n;

	if (!nf_args_i32(a, key, how, &n))
		return;
	if (n < least || n > most)
		nf_args_error(a, "%s: out of range, should be between %d and %d", key, least, most);
	else
		*v = n;
}

void nf_vlantci_args(struct nf_args *a, struct nf_vlantci *t, bool has_anno)
{
	int32_t tci = -1, id = 0, pcp = 0, native = 0;
	const char *word = "";

	if (!has_anno) {
		vlantci_args_number(a, "VLAN_TCI", NF_ARGS_POS, 0, UINT16_MAX, &tci);
	} else if (nf_args_word(a, "VLAN_TCI", NF_ARGS_POS, &word)) {
		t->use_anno = strcmp(word, "ANNO") == 0;
		if (!t->use_anno && nf_etherfield_number(word, 0, UINT16_MAX, &tci) < 0)
			nf_args_error(a, "VLAN_TCI: should be ANNO or between 0 and 65535");
	}
	vlantci_args_number(a, "VLAN_PCP", NF_ARGS_POS, 0, VLANTCI_PCP_MAX, &pcp);
	vlantci_args_number(a, "VLAN_ID", 0, 0, VLANTCI_ID_MAX, &id);
	if (has_anno)
		vlantci_args_number(a, "NATIVE_VLAN", 0, -1, VLANTCI_ID_MAX, &native);
	t->be_tci = nf_inet_hton16((uint16_t)((tci >= 0 ? tci : id) | pcp << VLANTCI_PCP_SHIFT));
	t->be_native = native < 0 ? -1 : nf_inet_hton16((uint16_t)native);
}

int nf_vlantci_read(struct nf_element *e, uintptr_t arg, const char *param, struct nf_text *out,
	struct nf_errors *errs)
{
	const struct nf_vlantci *t = e->state;
	unsigned tci = nf_inet_ntoh16(t->be_tci);

	if (arg == NF_VLANTCI_NATIVE)
		nf_text_printf(
			out, "%d", t->be_native < 0 ? -1 : nf_inet_ntoh16((uint16_t)t->be_native));
	else if (arg == NF_VLANTCI_TCI && t->use_anno)
		nf_text_printf(out, "ANNO");
	else if (arg == NF_VLANTCI_ID)
		nf_text_printf(out, "%u", tci & VLANTCI_ID_MAX);
	else
		nf_text_printf(out, "%u", arg == NF_VLANTCI_TCI ? tci : tci >> VLANTCI_PCP_SHIFT);
	return 0;
}

/* The word ANNO, where VLAN_TCI may be that. */
static bool vlantci_is_anno(const struct nf_element *e, const char *value)
{
	value += strspn(value, " \t\r\n");
	return nf_handler_find(e, "native_vlan") != NULL && strncmp(value, "ANNO", 4) == 0 &&
	       value[4 + strspn(value + 4, " \t\r\n")] == '\0';
}

int nf_vlantci_write(struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	static const int32_t most[] = { UINT16_MAX, VLANTCI_ID_MAX, VLANTCI_PCP_MAX,
		VLANTCI_ID_MAX };
	struct nf_vlantci *t = e->state;
	unsigned tci = nf_inet_ntoh16(t->be_tci);
	int32_t least = arg == NF_VLANTCI_NATIVE ? -1 : 0, v;

	if (arg == NF_VLANTCI_TCI && vlantci_is_anno(e, value)) {
		t->use_anno = true;
		return 0;
	}
	if (nf_etherfield_number(value, least, most[arg], &v) < 0)
		return nf_errors_add(
			errs, NULL, "expected a number from %d to %d", least, most[arg]);
	if (arg == NF_VLANTCI_NATIVE) {
		t->be_native = v < 0 ? -1 : nf_inet_hton16((uint16_t)v);
		return 0;
	}
	if (arg == NF_VLANTCI_TCI) {
		tci = (unsigned)v;
		t->use_anno = false;
	} else if (arg == NF_VLANTCI_ID) {
		tci = (tci & ~(unsigned)VLANTCI_ID_MAX) | (unsigned)v;
	} else {
		tci = (tci & 0x1fff) | (unsigned)v << VLANTCI_PCP_SHIFT;
	}
	t->be_tci = nf_inet_hton16((uint16_t)tci);
	return 0;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARPResponder(IP/MASK [IP/MASK ...] ETH, ...)
 *
 * Answers ARP requests (RFC 826) for the addresses that it has: its own, or those of others
 * (proxy ARP). Takes whole Ethernet frames. Of several prefixes the longest counts; of one given
 * twice the last. What is not a request, or not for one of the addresses, leaves by output 1, or
 * is dropped if there is none. Answers have the VLAN_TCI annotation of the request.
 *
 *	IP/MASK  address or prefix
 *	ETH      Ethernet address; one name may stand for both (AddressInfo)
 *
 * Ports: 1 input; 1 or 2 outputs, the second is push.
 * Handlers:
 *	table (r)      "IP/MASK ETH", one a line
 *	lookup IP (r)  the Ethernet address, or nothing
 *	add (w)        "IP/MASK [IP/MASK ...] ETH"
 *	remove (w)     "IP/MASK"
 * Drops: not for us, not an ARP request.
 *
 *	c :: Classifier(12/0806 20/0001, ...);
 *	c[0] -> ARPResponder(10.0.0.1 10.1.0.0/16 1:1:1:1:1:1) -> ToDevice(0);
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/args_info.h"
#include "nf-apps/element/ether/arpframe.h"

#define ARPRESPONDER_MAX 65536u

enum { ARPRESPONDER_OTHER, ARPRESPONDER_NOT_ARP };

struct arpresponder_entry {
	uint32_t be_ip, be_mask;
	uint8_t eth[6];
};

struct arpresponder_state {
	struct arpresponder_entry *v; /* each before those that contain it */
	uint32_t nb, room;
};

static void arpresponder_print(const struct arpresponder_entry *x, struct nf_text *out)
{
	uint32_t mask = nf_inet_ntoh32(x->be_mask);
	char ip[NF_ADDR_IP4_LEN];

	nf_text_printf(out, "%s/%d", nf_addr_print_ip4(x->be_ip, ip),
		mask == 0 ? 0 : 32 - __builtin_ctz(mask));
}

/* -EEXIST: replaced; -ENOMEM */
static int arpresponder_insert(struct arpresponder_state *s, const struct arpresponder_entry *x)
{
	struct arpresponder_entry *v = s->v;
	uint32_t at = 0;

	for (uint32_t i = 0; i < s->nb; i++) {
		if (v[i].be_ip == x->be_ip && v[i].be_mask == x->be_mask) {
			v[i] = *x;
			return -EEXIST;
		}
	}
	if (s->nb == s->room) {
		uint32_t room = s->room == 0 ? 8 : 2 * s->room;

		if (room > ARPRESPONDER_MAX)
			return -ENOMEM;
		v = realloc(s->v, room * sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		s->v = v;
		s->room = room;
	}
	while (at < s->nb && ((x->be_ip ^ v[at].be_ip) & v[at].be_mask) != 0)
		at++;
	memmove(&v[at + 1], &v[at], (s->nb - at) * sizeof(*v));
	v[at] = *x;
	s->nb++;
	return 0;
}

static bool arpresponder_word_ip(
	const struct nf_element *e, const char *word, struct arpresponder_entry *x)
{
	uint32_t mask;

	x->be_mask = UINT32_MAX; /* a name without more stands for its address, as in Click */
	if ((strchr(word, '/') != NULL || nf_args_info_ip4(e, word, &x->be_ip) < 0) &&
		nf_args_info_ip4_prefix(e, word, &x->be_ip, &x->be_mask) < 0)
		return false;
	mask = nf_inet_ntoh32(x->be_mask);
	x->be_ip &= x->be_mask;
	return (~mask & (~mask + 1)) == 0;
}

/* What the Ethernet address of these words is. NULL: fine, else what is wrong. */
static const char *arpresponder_eth(
	const struct nf_element *e, char *words[], int nb, uint8_t eth[6])
{
	struct arpresponder_entry x;
	int nb_ip = 0, nb_eth = 0;

	for (int i = 0; i < nb; i++) {
		if (arpresponder_word_ip(e, words[i], &x))
			nb_ip++;
		else if (nf_args_info_ether(e, words[i], eth) == 0)
			nb_eth++;
		else
			return "expected IP/MASK ETH";
	}
	for (int i = 0; i < nb && nb_eth == 0; i++)
		nb_eth += nf_args_info_ether(e, words[i], eth) == 0;
	return nb_ip == 0    ? "missing IP/MASK"
	       : nb_eth == 0 ? "missing ETH"
	       : nb_eth > 1  ? "more than one ETH"
			     : NULL;
}

/* Adds what `text` says; `warn`: tells of prefixes that were there. Returns what is wrong, or NULL.
 */
static const char *arpresponder_add(struct nf_element *e, const char *text, struct nf_args *warn)
{
	unsigned max = (unsigned)strlen(text) / 2 + 1;
	char **words = calloc(max, sizeof(*words)), *copy = NULL;
	int nb = words == NULL ? -ENOMEM : nf_args_words(text, words, max, &copy), rc = 0;
	struct arpresponder_entry x;
	const char *bad = nb < 0 ? "out of memory" : arpresponder_eth(e, words, nb, x.eth);
	struct nf_text t = { 0 };

	for (int i = 0; i < nb && bad == NULL; i++) {
		if (!arpresponder_word_ip(e, words[i], &x))
			continue;
		rc = arpresponder_insert(e->state, &x);
		if (rc == -ENOMEM)
			bad = "no memory for so many entries";
		if (rc == -EEXIST && warn != NULL) {
			t.len = 0;
			arpresponder_print(&x, &t);
			nf_errors_warn(warn->errs, warn->where, "multiple entries for %s", t.s);
		}
	}
	nf_text_free(&t);
	free(copy);
	free(words);
	return bad;
}

static int arpresponder_configure(struct nf_element *e, struct nf_args *a)
{
	const char *text, *bad;

	for (unsigned i = 0; (text = nf_args_next(a)) != NULL; i++) {
		bad = arpresponder_add(e, text, a);
		if (bad != NULL)
			nf_args_error(a, "argument %u: %s", i, bad);
	}
	return nf_args_end(a);
}

static void arpresponder_cleanup(struct nf_element *e)
{
	struct arpresponder_state *s = e->state;

	free(s->v);
}

static inline const struct arpresponder_entry *arpresponder_lookup(
	const struct arpresponder_state *s, uint32_t be_ip)
{
	for (uint32_t i = 0; i < s->nb; i++) {
		if ((be_ip & s->v[i].be_mask) == s->v[i].be_ip)
			return &s->v[i];
	}
	return NULL;
}

/* The request's buffer becomes the answer's. */
static inline void arpresponder_answer(
	struct uk_netbuf *p, const struct nf_arp *request, const uint8_t eth[6])
{
	uint16_t tci = nf_packet_anno_u16(p, NF_ANNO_VLAN_TCI);

	p->len = NF_ARPFRAME_LEN;
	p->flags = 0;
	nf_packet_anno_clear(p);
	nf_packet_set_anno_u16(p, NF_ANNO_VLAN_TCI, tci);
	nf_arpframe_write(p->data, NF_ARPFRAME_REPLY, eth, request->target_ip, request->sender_hw,
		request->sender_hw, request->sender_ip);
	nf_etherfield_mark(p, NF_ETHER_LEN);
}

static inline int arpresponder_each(
	struct nf_element *e, const void *conf, unsigned in, struct uk_netbuf *p)
{
	const struct nf_arpframe *f = nf_arpframe_read(p, NF_ARPFRAME_REQUEST);
	const struct arpresponder_entry *x;
	struct nf_arp request;

	if (f == NULL)
		return nf_etherfield_reject(e, ARPRESPONDER_NOT_ARP);
	request = f->arp;
	x = arpresponder_lookup(e->state, request.target_ip);
	if (x == NULL)
		return nf_etherfield_reject(e, ARPRESPONDER_OTHER);
	arpresponder_answer(p, &request, x->eth);
	return 0;
}

NF_EACH_DEFINE(arpresponder)

static int arpresponder_read_table(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	const struct arpresponder_state *s = e->state;
	char eth[NF_ADDR_ETHER_LEN];

	for (uint32_t i = 0; i < s->nb; i++) {
		arpresponder_print(&s->v[i], out);
		nf_text_printf(out, " %s\n", nf_addr_print_ether(s->v[i].eth, eth));
	}
	return 0;
}

/* The prefix that is the only word of `text`. */
static bool arpresponder_only(
	const struct nf_element *e, const char *text, struct arpresponder_entry *x)
{
	char *words[1], *copy = NULL;
	bool ok = nf_args_words(text, words, 1, &copy) == 1 && arpresponder_word_ip(e, words[0], x);

	free(copy);
	return ok;
}

static int arpresponder_read_lookup(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct arpresponder_entry key;
	const struct arpresponder_entry *x;
	char eth[NF_ADDR_ETHER_LEN];

	if (!arpresponder_only(e, param, &key) || key.be_mask != UINT32_MAX)
		return nf_errors_add(errs, NULL, "expected IP address");
	x = arpresponder_lookup(e->state, key.be_ip);
	if (x != NULL)
		nf_text_printf(out, "%s", nf_addr_print_ether(x->eth, eth));
	return 0;
}

static int arpresponder_write_add(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	const char *bad = arpresponder_add(e, value, NULL);

	return bad != NULL ? nf_errors_add(errs, NULL, "%s", bad) : 0;
}

static int arpresponder_write_remove(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct arpresponder_state *s = e->state;
	struct arpresponder_entry x;
	struct nf_text t = { 0 };

	if (!arpresponder_only(e, value, &x))
		return nf_errors_add(errs, NULL, "expected IP/MASK");
	for (uint32_t i = 0; i < s->nb; i++) {
		if (s->v[i].be_ip == x.be_ip && s->v[i].be_mask == x.be_mask) {
			s->nb--;
			memmove(&s->v[i], &s->v[i + 1], (s->nb - i) * sizeof(*s->v));
			return 0;
		}
	}
	arpresponder_print(&x, &t);
	nf_errors_add(errs, NULL, "%s not found", nf_text_get(&t));
	nf_text_free(&t);
	return -ENOENT;
}

static const struct nf_handler arpresponder_handlers[] = {
	{ .name = "table", .read = arpresponder_read_table },
	{ .name = "lookup", .read = arpresponder_read_lookup, .flags = NF_HANDLER_PARAM },
	{ .name = "add", .write = arpresponder_write_add },
	{ .name = "remove", .write = arpresponder_write_remove },
	{ .name = NULL },
};

const struct nf_class nf_arpresponder = {
	.name = "ARPResponder",
	.ports = "1/1-2",
	.processing = "a/ah",
	.state_size = sizeof(struct arpresponder_state),
	.configure = arpresponder_configure,
	.cleanup = arpresponder_cleanup,
	NF_EACH(arpresponder),
	.drops = (const char *const[]){ "not for us", "not an ARP request", NULL },
	.handlers = arpresponder_handlers,
	.flags = NF_CLASS_ANNO,
};

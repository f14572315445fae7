/* SPDX-License-Identifier: BSD-3-Clause */
/* What EtherSwitch and ListenEtherSwitch have in common. */
#ifndef SLUICE_NF_APPS_ELEMENT_ETHER_MACSWITCH_H
#define SLUICE_NF_APPS_ELEMENT_ETHER_MACSWITCH_H

#include "nf-apps/element/ether/etherfield.h"
#include "nf-apps/element/ether/mactable.h"

#define NF_MACSWITCH_ALL INT16_MAX /* as an output: all but the one it came from */

enum { NF_MACSWITCH_FILTERED, NF_MACSWITCH_NO_BUFFER, NF_MACSWITCH_SHORT };

struct nf_macswitch_conf {
	uint32_t capacity;
};

struct nf_macswitch_state {
	struct nf_mactable table;
	uint64_t timeout_ns;
	uint64_t *may; /* a bit for each input and output: frames may go from one to the other */
	uint32_t row;  /* words of `may` for one input */
};

int nf_macswitch_configure(struct nf_element *e, struct nf_args *a);
int nf_macswitch_initialize(struct nf_element *e, struct nf_errors *errs);
void nf_macswitch_cleanup(struct nf_element *e);
void nf_macswitch_take_state(struct nf_element *e, struct nf_element *old);

/* Learns, and says where each frame goes: an output, NF_MACSWITCH_ALL, or NF_DROP(). */
void nf_macswitch_decide(
	struct nf_element *e, unsigned port, struct uk_netbuf *v[], int16_t to[], uint16_t n);
/* Sends them there, in order. */
void nf_macswitch_send(struct nf_element *e, unsigned port, struct uk_netbuf *v[] UK_TAKES,
	int16_t to[], uint16_t n);

extern const struct nf_handler nf_macswitch_handlers[];

#define NF_MACSWITCH_CLASS(click_name, click_ports)                                                \
	.name = click_name, .ports = click_ports, .processing = "h/h", .flow = "#/[^#]",           \
	.conf_size = sizeof(struct nf_macswitch_conf),                                             \
	.state_size = sizeof(struct nf_macswitch_state), .configure = nf_macswitch_configure,      \
	.initialize = nf_macswitch_initialize, .cleanup = nf_macswitch_cleanup,                    \
	.drops = (const char *const[]){ "to where it came from", "no buffer for a copy",           \
		"too short", NULL },                                                               \
	.handlers = nf_macswitch_handlers, .take_state = nf_macswitch_take_state,                  \
	.flags = NF_CLASS_ANNO

#endif

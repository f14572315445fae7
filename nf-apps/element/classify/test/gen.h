/* SPDX-License-Identifier: BSD-3-Clause */
/* Random rules and packets that are likely to match some of them, for tests of this folder. */
#ifndef SLUICE_NF_APPS_ELEMENT_CLASSIFY_TEST_GEN_H
#define SLUICE_NF_APPS_ELEMENT_CLASSIFY_TEST_GEN_H

#include "dataplane/netbuf.h"
#include "nf-apps/element/classify/rule.h"

#define GEN_TEXT_MAX 16384

void gen_seed(uint64_t seed);
uint32_t gen(uint32_t below);

/* An IPClassifier pattern with up to `depth` operators in each other. */
void gen_ip_pattern(char text[GEN_TEXT_MAX], unsigned depth);
/* A rule as firewalls have them. */
void gen_firewall_pattern(char text[GEN_TEXT_MAX]);
/* A Classifier pattern. */
void gen_hex_pattern(char text[GEN_TEXT_MAX]);

struct gen_packet {
	struct uk_netbuf nb;
	uint8_t buf[512] UK_ALIGNED(64);
	uint8_t end[16]; /* to be read by nobody */
};

/* An IP packet, some fragments, short, with options, or without headers. */
void gen_packet(struct gen_packet *p);
/* What nf_rule_eval sees of it. */
void gen_view(const struct gen_packet *p, struct nf_rule_view *v);

#endif

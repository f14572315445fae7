/* SPDX-License-Identifier: BSD-3-Clause */
/* A stack at 10.0.0.2 on a fake card, with a UDP echo and a TCP server that takes everything, for test_stack*.c. */
#ifndef SLUICE_NETSTACK_TEST_STACK_RIG_H
#define SLUICE_NETSTACK_TEST_STACK_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <lwip/stats.h>
#include <lwip/tcp.h>
#include <lwip/udp.h>
#include "netstack/netif.h"
#include "netstack/stack.h"
#include "netstack/test/fake_card.h"
#include "netstack/test/frames.h"
#include "plat-kvm/clock.h"
#include "plat-kvm/test/fake_plat.h"

#define MS       1000000ull
#define UDP_PORT 7
#define TCP_PORT 80
#define NB_KEPT  8192

extern uint8_t stack_out[FAKE_CARD_BYTES]; /* frames are made here */
extern struct tcp_pcb *stack_conn;         /* the connection that came last */
/* What the UDP server kept, while `stack_keep` says that it should. */
extern struct pbuf *stack_kept[NB_KEPT];
extern unsigned stack_nb_kept;
extern bool stack_keep;

/* Group setup of cmocka. */
int stack_start(void **state);
/* The next frame that was sent: there has to be one; the caller's, from malloc. */
struct fake_card_frame *stack_next_frame(void);
/* `len` bytes of stack_out arrive. */
void stack_put(uint32_t len);
/* Time passes in small steps, as lwIP's timers want it. */
void stack_pass(uint64_t ms);
/* Checksums of IP and of what is in it are right; a partial one is completed first, as the card would. */
void stack_check_sums(struct fake_card_frame *f);
void stack_fill_text(uint8_t *p, uint32_t len);
void stack_check_text(const uint8_t *p, uint32_t from, uint32_t len);
/* Everything is where it belongs. */
void stack_check_rest(void);

#endif

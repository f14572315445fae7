/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * poll, ppoll, select and pselect6, for callers inside the kernel as well. In the library 'fd'.
 * Signal masks are ignored: no signal comes.
 */
#ifndef SLUICE_KERNEL_POLL_H
#define SLUICE_KERNEL_POLL_H

#include <poll.h>
#include <time.h>
#include "plat-kvm/defs.h"

/*
 * Waits until one of fds[0..nb) has one of its `events`, or one of `always` beside them, and sets each
 * revents. A deadline of 0 does not wait, but lets the others run once before it says no. A negative
 * fd is skipped; one that is not open has POLLNVAL.
 * Returns: how many have any, 0 at the deadline, -EINVAL (more than UK_FD_MAX), -ENOMEM, -EINTR.
 */
int uk_poll(struct pollfd *fds, size_t nb, short always, uint64_t deadline_ns);

/* Deadlines as uk_poll has them. NULL and negative: no limit. -EINVAL: no valid time. */
uint64_t uk_poll_deadline_ms(long ms);
int uk_poll_deadline(const struct timespec *ts, uint64_t *deadline_ns);

/* What a watch is to be told of that wants `events` (uk_wait_watch.events). */
short uk_poll_interest(short events);

/*
 * Called where a wait found something at once: an application that is always busy lets the others
 * run at every sixteenth.
 */
void uk_poll_fair(void);

#endif

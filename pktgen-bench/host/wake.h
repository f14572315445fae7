/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The vhost library's thread sees a new listening socket only when its poll
 * times out, which takes a second; what does wake it is a connection that the
 * library makes as a client. So let it make one, to a socket of our own.
 */
#ifndef SLUICE_PKTGEN_BENCH_HOST_WAKE_H
#define SLUICE_PKTGEN_BENCH_HOST_WAKE_H

/*
 * Wakes the library's thread, after rte_vhost_driver_start(@path). Uses the path with ".wake"
 * appended for a moment. If anything fails, the first guest waits up to a second, that is all.
 */
void pg_wake_vhost(const char *path);

#endif

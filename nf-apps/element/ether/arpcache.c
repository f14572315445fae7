/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/inet.h"
#include "nf-apps/element/ether/arpcache.h"

#define ARPCACHE_BUCKETS      256u /* at first */
#define ARPCACHE_BLOCK        64u  /* entries that come from the heap at once */
#define ARPCACHE_CAPACITY     2048u
#define ARPCACHE_SECOND_NS    1000000000ull
#define ARPCACHE_POLL_SLOW_NS 2000000000ull /* after so many queries without answer: */
#define ARPCACHE_POLLS_FAST   10

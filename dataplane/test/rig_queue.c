/* SPDX-License-Identifier: BSD-3-Clause */
/* The driver's queues on a heap that runs out when the test says so. */
#include <errno.h>
#include <stdlib.h>
#include "dataplane/test/rig.h"

unsigned rig_queue_fail_at;

static bool fails_now(void)
{
	return rig_queue_fail_at != 0 && --rig_queue_fail_at == 0;
}

static void *failing_calloc(size_t nb, size_t size)
{
	return fails_now() ? NULL : calloc(nb, size);
}

static int failing_memalign(void **p, size_t align, size_t size)
{
	return fails_now() ? ENOMEM : posix_memalign(p, align, size);
}

#define calloc         failing_calloc
#define posix_memalign failing_memalign
#include "dataplane/virtio_net_queue.c"

/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_vhost.h>

#include "pktgen-bench/host/wake.h"

/* A client that nobody will ever talk to. */
static const struct rte_vhost_device_ops wake_ops;

static void wake_connect(const char *path)
{
	if (rte_vhost_driver_register(path, RTE_VHOST_USER_CLIENT | RTE_VHOST_USER_NO_RECONNECT) <
		0)
		return;
	if (rte_vhost_driver_callback_register(path, &wake_ops) == 0)
		rte_vhost_driver_start(path);
	rte_vhost_driver_unregister(path);
}

void pg_wake_vhost(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, n;

	n = snprintf(a.sun_path, sizeof(a.sun_path), "%s.wake", path);
	if (n < 0 || (size_t)n >= sizeof(a.sun_path))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0) {
		if (listen(fd, 1) == 0)
			wake_connect(a.sun_path);
		unlink(a.sun_path);
	}
	close(fd);
}

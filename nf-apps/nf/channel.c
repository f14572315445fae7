/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include "dataplane/virtio_console.h"
#include "nf-apps/click/control.h"
#include "nf-apps/nf/channel.h"

static struct {
	bool there;
	struct {
		struct nf_control control;
		unsigned session; /* of the port when `control` was started */
		bool to_send;
	} port[UK_VIRTIO_CONSOLE_PORTS];
} chan;

void nf_channel_start(void)
{
	int rc = uk_virtio_console_probe();

	chan.there = rc == 0;
	if (rc == -EIO)
		printf("nf: the control channel's device does not work\n");
}

/* A new client, or none any more. */
static void chan_session(unsigned i)
{
	unsigned session = uk_virtio_console_session(i + 1);

	if (session == chan.port[i].session)
		return;
	nf_control_end(&chan.port[i].control);
	chan.port[i].session = session;
	chan.port[i].to_send = session & 1;
	if (session & 1)
		nf_control_start(&chan.port[i].control, false);
}

static void chan_send(unsigned i)
{
	struct nf_control *c = &chan.port[i].control;
	size_t len, sent;
	const char *s = nf_control_output(c, &len);

	sent = uk_virtio_console_write(i + 1, s, len);
	nf_control_sent(c, sent);
	chan.port[i].to_send = sent < len;
}

/* After QUIT the port stays open, since only the host can close it: the session begins anew. */
static void chan_serve(unsigned i, struct nf_router *r)
{
	struct nf_control *c = &chan.port[i].control;
	char data[1024];
	size_t n;

	while ((n = uk_virtio_console_read(i + 1, data, sizeof(data))) > 0) {
		if (chan.port[i].session & 1)
			nf_control_input(
				c, r->core->next_router ? r->core->next_router : r, data, n);
	}
	if (chan.port[i].session & 1)
		chan_send(i);
	if (c->closed && !chan.port[i].to_send) {
		nf_control_end(c);
		nf_control_start(c, false);
		nf_control_sent(c, c->out.len);
	}
}

bool nf_channel_poll(struct nf_router *r)
{
	bool any = chan.there && uk_virtio_console_poll();

	for (unsigned i = 0; chan.there && !any && i < UK_VIRTIO_CONSOLE_PORTS; i++)
		any = chan.port[i].to_send ||
		      chan.port[i].session != uk_virtio_console_session(i + 1);
	for (unsigned i = 0; any && i < UK_VIRTIO_CONSOLE_PORTS; i++) {
		chan_session(i);
		chan_serve(i, r);
	}
	return any;
}

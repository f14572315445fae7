/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * FromDevice(DEVNAME [, keywords]), FromDPDKDevice, PollDevice
 *
 * Polls a network device and pushes each frame it received. In an image a device is one --net of
 *the machine; the number at the end of DEVNAME chooses it ("eth0", "0": the first). In the twin it
 *is the trace file of --device DEVNAME=FILE. A device may have one FromDevice.
 *
 * While a ToDevice of this router has packets that its ring did not take, nothing is received: what
 * is too much then stays in the sender's ring, where it is seen, instead of being dropped half way.
 *
 * Arguments:
 *	DEVNAME (or PORT)  device
 *	BURST n            most frames per visit, default 64
 *	TIMESTAMP bool     set the time annotation, default false (one clock read a burst)
 *	ACTIVE bool        poll, default true
 *	FORCE_IP bool      push IP packets only, with the network header marked (the Ethernet header
 *stays: StripToNetworkHeader takes it off), default false PROMISC, SNIFFER, OUTBOUND, METHOD,
 *SNAPLEN, HEADROOM, BPF_FILTER, CAPTURE, PROTOCOL, QUEUE, N_QUEUES, MAXTHREADS, NDESC, MAC, MTU,
 *VERBOSE, ENCAP: taken as Click and FastClick take them, without effect here: the device is always
 *promiscuous and the only reader of its frames
 *
 * Ports: 1 output, push.
 * Handlers: count (r), byte_count (r), reset_counts (w), active (rw), mac (r), mtu (r), device (r),
 *	stats (r: the device's own counters), tickets (rw), scheduled (rw)
 * Drops: "not IP"
 * Example: FromDevice(eth0) -> EtherMirror -> ToDevice(eth0);
 */
#include <errno.h>
#include <stdlib.h>
#include "nf-apps/click/device.h"
#include "nf-apps/click/element.h"
#include "nf-apps/click/handler.h"
#include "nf-apps/click/inet.h"
#include "nf-apps/click/router.h"

enum { FROMDEVICE_NOT_IP };

#define FROMDEVICE_LAST_ROUNDS 1000

struct fromdevice_conf {
	uint32_t burst;
	bool timestamp, force_ip, active;
};

struct fromdevice {
	struct nf_task task;
	struct nf_device *dev;
	char *name;
	uint64_t count, byte_count;
	bool active, anno, done;
	uint32_t nb_idle; /* rounds since the device was at its end */
};

/* What Click and FastClick know and what means nothing here. */
static void fromdevice_ignored(struct nf_args *a)
{
	static const char *const keys[] = { "PROMISC", "SNIFFER", "OUTBOUND", "METHOD", "SNAPLEN",
		"HEADROOM", "BPF_FILTER", "CAPTURE", "PROTOCOL", "QUEUE", "N_QUEUES", "MAXTHREADS",
		"NDESC", "MAC", "MTU", "VERBOSE", "ENCAP", NULL };
	const char *v;

	for (unsigned i = 0; keys[i] != NULL; i++)
		(void)nf_args_raw(a, keys[i], i < 2 ? NF_ARGS_POS : 0, &v);
}

static int fromdevice_configure(struct nf_element *e, struct nf_args *a)
{
	struct fromdevice_conf *c = e->conf;
	struct fromdevice *s = e->state;
	const char *name = NULL;

	c->burst = UK_BURST_MAX;
	c->active = true;
	if (!nf_args_string(a, "DEVNAME", NF_ARGS_POS, &name) &&
		!nf_args_string(a, "PORT", 0, &name))
		nf_args_error(a, "DEVNAME is missing");
	fromdevice_ignored(a);
	nf_args_u32(a, "BURST", 0, &c->burst);
	nf_args_bool(a, "TIMESTAMP", 0, &c->timestamp);
	nf_args_bool(a, "FORCE_IP", 0, &c->force_ip);
	nf_args_bool(a, "ACTIVE", 0, &c->active);
	if (c->burst < 1 || c->burst > UK_BURST_MAX)
		nf_args_error(a, "BURST is 1 to %u", UK_BURST_MAX);
	if (name != NULL)
		s->name = strdup(name);
	return nf_args_end(a);
}

/* Marks the headers of an IP packet. False: it is none. */
static bool fromdevice_to_ip(struct uk_netbuf *p)
{
	uint16_t type;

	if (p->len < NF_ETHER_LEN + 20)
		return false;
	type = nf_inet_get16(p->data + 12);
	if (type != NF_ETHERTYPE_IP && type != NF_ETHERTYPE_IP6)
		return false;
	nf_packet_set_l2(p, p->data);
	nf_packet_set_l3(p, p->data + NF_ETHER_LEN);
	return true;
}

static uint16_t fromdevice_force_ip(struct nf_element *e, struct uk_netbuf **v, uint16_t n)
{
	uint16_t k = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (fromdevice_to_ip(v[i]))
			v[k++] = v[i];
		else
			nf_element_drop_one(e, FROMDEVICE_NOT_IP, v[i]);
	}
	return k;
}

/* Broadcast and multicast are told by the address; frames for others only by who compares it. */
static uint8_t fromdevice_type(const struct uk_netbuf *p, const uint8_t *mac)
{
	if (p->len < 6)
		return NF_PACKET_OTHERHOST;
	if (p->data[0] & 1)
		return memcmp(p->data, "\xff\xff\xff\xff\xff\xff", 6) == 0 ? NF_PACKET_BROADCAST
									   : NF_PACKET_MULTICAST;
	return memcmp(p->data, mac, 6) == 0 ? NF_PACKET_HOST : NF_PACKET_OTHERHOST;
}

static void fromdevice_annotate(
	struct fromdevice *s, bool timestamp, struct uk_netbuf **v, uint16_t n)
{
	uint64_t now = timestamp ? nf_core_wall_ns() : 0;
	const uint8_t *mac = nf_device_mac(s->dev);

	for (uint16_t i = 0; i < n; i++) {
		struct nf_anno *anno = nf_packet_anno(v[i]);

		memset(anno, 0, sizeof(*anno));
		anno->time_ns = now;
		anno->type = fromdevice_type(v[i], mac);
	}
}

/*
 * The twin's trace is at its end. The run ends when all of them are, and some rounds later, so that what waits in
 * queues comes out.
 */
static void fromdevice_at_end(struct nf_element *e, struct fromdevice *s)
{
	if (s->nb_idle == 0)
		e->router->nb_inputs--;
	s->nb_idle++;
	if (e->router->nb_inputs == 0 && s->nb_idle >= FROMDEVICE_LAST_ROUNDS) {
		nf_task_unschedule(&s->task);
		if (!s->done)
			nf_router_stop_driver(e->router);
		s->done = true;
	}
}

static bool fromdevice_run(struct nf_element *e, void *arg)
{
	const struct fromdevice_conf *c = e->conf;
	struct fromdevice *s = arg;
	struct uk_netbuf *v[UK_BURST_MAX];
	uint64_t bytes = 0;
	uint16_t n;

	if (UK_UNLIKELY(e->core->nb_congested > 0))
		return false;
	n = nf_device_rx(
		s->dev, 0, v, (uint16_t)(c->burst < e->core->burst ? c->burst : e->core->burst));
	if (n == 0) {
		if (nf_device_done(s->dev))
			fromdevice_at_end(e, s);
		return false;
	}
	for (uint16_t i = 0; i < n; i++) {
		bytes += v[i]->len;
		memset(&v[i]->l2_off, 0xff, 8);
	}
	s->count += n;
	s->byte_count += bytes;
	if (s->anno || c->timestamp)
		fromdevice_annotate(s, c->timestamp, v, n);
	if (c->force_ip)
		n = fromdevice_force_ip(e, v, n);
	nf_element_emit(e, 0, v, n);
	return true;
}

static int fromdevice_initialize(struct nf_element *e, struct nf_errors *errs)
{
	const struct fromdevice_conf *c = e->conf;
	struct fromdevice *s = e->state;

	if (s->name == NULL)
		return -ENOMEM;
	s->dev = nf_device_open(e->core, s->name, errs, e->where);
	if (s->dev == NULL)
		return -ENODEV;
	s->anno = e->router->uses_anno;
	e->router->nb_inputs++;
	s->active = c->active;
	nf_task_init(&s->task, e, fromdevice_run, s);
	if (s->active)
		nf_task_schedule(&s->task);
	return 0;
}

static void fromdevice_cleanup(struct nf_element *e)
{
	struct fromdevice *s = e->state;

	if (s->dev != NULL)
		nf_device_close(s->dev);
	free(s->name);
}

static void fromdevice_take_state(struct nf_element *e, struct nf_element *old)
{
	struct fromdevice *s = e->state, *was = old->state;

	s->count = was->count;
	s->byte_count = was->byte_count;
}

static int fromdevice_read(struct nf_element *e, uintptr_t arg, const char *param,
	struct nf_text *out, struct nf_errors *errs)
{
	struct fromdevice *s = e->state;
	const struct nf_device_stats *st;
	char mac[NF_ADDR_ETHER_LEN];

	switch (arg) {
	case 0:
		nf_text_printf(out, "%s", nf_addr_print_ether(nf_device_mac(s->dev), mac));
		break;
	case 1:
		nf_text_printf(out, "%u", nf_device_mtu(s->dev));
		break;
	case 2:
		nf_text_printf(out, "%s", s->name);
		break;
	default:
		st = nf_device_stats(s->dev);
		nf_text_printf(out, "rx_packets %lu\nrx_bytes %lu\nrx_dropped %lu\n", st->nb_rx,
			st->rx_bytes, st->nb_rx_dropped);
		nf_text_printf(out, "tx_packets %lu\ntx_bytes %lu\ntx_refused %lu\n", st->nb_tx,
			st->tx_bytes, st->nb_tx_refused);
	}
	return 0;
}

static int fromdevice_write_active(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct fromdevice *s = e->state;
	int rc = nf_handler_write_bool(e, offsetof(struct fromdevice, active), value, errs);

	if (rc == 0 && s->active)
		nf_task_schedule(&s->task);
	else if (rc == 0)
		nf_task_unschedule(&s->task);
	return rc;
}

static int fromdevice_reset(
	struct nf_element *e, uintptr_t arg, const char *value, struct nf_errors *errs)
{
	struct fromdevice *s = e->state;

	s->count = s->byte_count = 0;
	return 0;
}

static const struct nf_handler fromdevice_handlers[] = {
	NF_HANDLER_U64("count", struct fromdevice, count),
	NF_HANDLER_U64("byte_count", struct fromdevice, byte_count),
	{ .name = "reset_counts", .write = fromdevice_reset, .flags = NF_HANDLER_BUTTON },
	{ .name = "active",
		.read = nf_handler_read_bool,
		.write = fromdevice_write_active,
		.arg = offsetof(struct fromdevice, active) },
	{ .name = "mac", .read = fromdevice_read, .arg = 0 },
	{ .name = "mtu", .read = fromdevice_read, .arg = 1 },
	{ .name = "device", .read = fromdevice_read, .arg = 2 },
	{ .name = "stats", .read = fromdevice_read, .arg = 3 },
	NF_HANDLER_TASK(struct fromdevice, task),
	{ .name = NULL },
};

#define FROMDEVICE_CLASS(click_name)                                                               \
	.name = click_name, .ports = "0/1", .processing = "h/h",                                   \
	.conf_size = sizeof(struct fromdevice_conf), .state_size = sizeof(struct fromdevice),      \
	.configure = fromdevice_configure, .initialize = fromdevice_initialize,                    \
	.cleanup = fromdevice_cleanup, .take_state = fromdevice_take_state,                        \
	.handlers = fromdevice_handlers, .drops = (const char *const[])                            \
	{                                                                                          \
		"not IP", NULL                                                                     \
	}

const struct nf_class nf_fromdevice = { FROMDEVICE_CLASS("FromDevice") };
const struct nf_class nf_fromdevice_dpdk = { FROMDEVICE_CLASS("FromDPDKDevice") };
const struct nf_class nf_fromdevice_poll = { FROMDEVICE_CLASS("PollDevice") };

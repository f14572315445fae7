/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Devices of the twin: what arrives comes from a pcap file, what is sent goes to another one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/addr.h"
#include "nf-apps/click/device.h"
#include "nf-apps/element/trace/input.h"
#include "nf-apps/element/trace/pcap.h"
#include "nf-apps/twin/device_map.h"
#include "plat-kvm/clock.h"

#define DEV_MTU 1500

struct nf_device {
	struct nf_device *next; /* of all that --device named */
	char *name, *in_name, *out_name;
	unsigned nb_users;
	struct nf_core *core;
	struct nf_input in;
	struct nf_pcap pcap;
	struct nf_file *out;
	bool done;
	uint8_t mac[6];
	struct nf_device_stats stats;
};

static struct nf_device *dev_all;

static void dev_free(struct nf_device *d)
{
	free(d->name);
	free(d->in_name);
	free(d->out_name);
	free(d);
}

static struct nf_device *dev_find(const char *name)
{
	struct nf_device *d = dev_all;

	while (d != NULL && strcmp(d->name, name) != 0)
		d = d->next;
	return d;
}

/* A locally administered address that ends in the number at the end of the name: $ETH0_MAC is that
 * of "eth0". */
static void dev_make_mac(struct nf_device *d)
{
	const char *s = d->name + strlen(d->name);

	while (s > d->name && s[-1] >= '0' && s[-1] <= '9')
		s--;
	d->mac[0] = 0x02;
	d->mac[5] = (uint8_t)strtoul(s, NULL, 10);
}

int nf_device_map(const char *spec, struct nf_errors *errs)
{
	const char *eq = strchr(spec, '=');
	const char *comma = eq != NULL ? strchr(eq, ',') : NULL;
	struct nf_device *d;

	if (eq == NULL || eq == spec)
		return nf_errors_add(
			errs, NULL, "--device takes NAME=IN.pcap[,OUT.pcap], not '%s'", spec);
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return -ENOMEM;
	d->name = strndup(spec, (size_t)(eq - spec));
	d->in_name = comma != NULL ? strndup(eq + 1, (size_t)(comma - eq - 1)) : strdup(eq + 1);
	d->out_name = strdup(comma != NULL ? comma + 1 : "");
	if (d->name == NULL || d->in_name == NULL || d->out_name == NULL) {
		dev_free(d);
		return -ENOMEM;
	}
	if (dev_find(d->name) != NULL) {
		dev_free(d);
		return nf_errors_add(errs, NULL, "--device names a device twice: '%s'", spec);
	}
	dev_make_mac(d);
	d->next = dev_all;
	dev_all = d;
	return 0;
}

void nf_device_unmap(void)
{
	while (dev_all != NULL) {
		struct nf_device *d = dev_all;

		dev_all = d->next;
		dev_free(d);
	}
}

static void dev_shut(struct nf_device *d)
{
	nf_input_close(&d->in);
	(void)nf_file_close(d->out);
	d->out = NULL;
}

static int dev_start_in(struct nf_device *d, struct nf_errors *errs, const char *where)
{
	const uint8_t *head;

	if (d->in_name[0] == '\0') {
		d->done = true;
		return 0;
	}
	if (nf_input_open(&d->in, d->in_name, errs, where) < 0)
		return -EINVAL;
	head = nf_input_take(&d->in, NF_PCAP_HEADER_BYTES);
	if (head == NULL || nf_pcap_read(&d->pcap, head) < 0)
		return nf_errors_add(errs, where, "%s: not a pcap file", d->in_name);
	if (d->pcap.linktype != NF_PCAP_ETHER)
		return nf_errors_add(errs, where, "%s: holds no Ethernet frames", d->in_name);
	return 0;
}

static int dev_start_out(struct nf_device *d, struct nf_errors *errs, const char *where)
{
	uint8_t head[NF_PCAP_HEADER_BYTES];

	if (d->out_name[0] == '\0')
		return 0;
	d->out = nf_file_create(d->out_name, false, errs, where);
	if (d->out == NULL)
		return -EINVAL;
	nf_pcap_write(head, NF_PCAP_ETHER, NF_PCAP_CAP_MAX, true);
	if (nf_file_write(d->out, head, sizeof(head)) < 0)
		return nf_errors_add(errs, where, "%s: cannot write it", d->out_name);
	return 0;
}

struct nf_device *nf_device_open(
	struct nf_core *core, const char *name, struct nf_errors *errs, const char *where)
{
	struct nf_device *d = dev_find(name);

	if (d == NULL) {
		nf_errors_add(errs, where,
			"there is no device '%s': give it by --device %s=IN.pcap,OUT.pcap", name,
			name);
		return NULL;
	}
	if (d->nb_users == 0) {
		d->core = core;
		if (dev_start_in(d, errs, where) < 0 || dev_start_out(d, errs, where) < 0) {
			dev_shut(d);
			return NULL;
		}
	}
	d->nb_users++;
	return d;
}

void nf_device_close(struct nf_device *d)
{
	if (d != NULL && --d->nb_users == 0)
		dev_shut(d);
}

/* The next frame of the file. False: it is at its end, or damaged. *p is NULL if no buffer takes
 * it. */
static bool dev_read(struct nf_device *d, struct uk_netbuf **p)
{
	const uint8_t *head = nf_input_take(&d->in, NF_PCAP_RECORD_BYTES);
	struct nf_pcap_record r;
	const uint8_t *data;

	if (head == NULL || nf_pcap_read_record(&d->pcap, head, &r) < 0 ||
		!nf_input_skip(&d->in, r.skip))
		return false;
	data = nf_input_take(&d->in, r.cap_len);
	if (data == NULL)
		return false;
	*p = nf_packet_alloc(&d->core->pools, 0, r.cap_len);
	if (*p != NULL)
		memcpy((*p)->data, data, r.cap_len);
	return true;
}

/* Waits while no buffer is free: a file loses nothing. */
uint16_t nf_device_rx(struct nf_device *d, unsigned queue, struct uk_netbuf *v[], uint16_t n)
{
	uint16_t i = 0;

	while (i < n && !d->done && d->core->pools.small->nb_free > 0 && queue == 0) {
		if (!dev_read(d, &v[i])) {
			d->done = true;
			break;
		}
		if (v[i] == NULL) {
			d->stats.nb_rx_dropped++;
			continue;
		}
		d->stats.nb_rx++;
		d->stats.rx_bytes += v[i++]->len;
	}
	return i;
}

uint16_t nf_device_tx(struct nf_device *d, unsigned queue, struct uk_netbuf *v[], uint16_t n)
{
	uint8_t head[NF_PCAP_RECORD_BYTES];

	for (uint16_t i = 0; i < n; i++) {
		struct nf_pcap_record r = {
			.time_ns = uk_clock_wall_ns(), .cap_len = v[i]->len, .len = v[i]->len
		};

		nf_pcap_write_record(head, &r, true);
		if (d->out != NULL && (nf_file_write(d->out, head, sizeof(head)) < 0 ||
					      nf_file_write(d->out, v[i]->data, v[i]->len) < 0))
			d->stats.nb_tx_refused++;
		d->stats.nb_tx++;
		d->stats.tx_bytes += v[i]->len;
	}
	uk_netbuf_free_burst(v, n);
	return n;
}

const uint8_t *nf_device_mac(const struct nf_device *d)
{
	return d->mac;
}

uint16_t nf_device_mtu(const struct nf_device *d)
{
	return DEV_MTU;
}

bool nf_device_done(const struct nf_device *d)
{
	return d->done;
}

const struct nf_device_stats *nf_device_stats(const struct nf_device *d)
{
	return &d->stats;
}

/* SPDX-License-Identifier: BSD-3-Clause */
/* What a server may send to the load generator: frames, and payloads in each protocol. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pktgen-bench/host/kvs/flight.h"
#include "pktgen-bench/host/kvs/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pg_kvs_keys keys;
static struct pg_kvs_flight flight;

/* Exactly as large as it is, so that the sanitizer sees each byte beyond. */
static uint8_t *fuzz_copy(const uint8_t *data, size_t size)
{
	uint8_t *p = malloc(size ? size : 1);

	if (!p)
		abort();
	memcpy(p, data, size);
	return p;
}

static void fuzz_frame(const uint8_t *data, size_t size)
{
	struct pg_kvs_ends e = { .mac = { 2, 0, 0, 0, 0, 1 },
		.ip = 0x0a000001,
		.server_ip = 0x0a000002,
		.port = 20000,
		.server_port = 11211,
		.nb_ports = 16,
		.checksum = true };
	uint8_t *p = fuzz_copy(data, size), answer[PG_KVS_ARP_LEN];
	const uint8_t *payload;
	uint32_t port, len;
	enum pg_kvs_frame what =
		pg_kvs_frame_look(&e, p, (uint32_t)size, size & 1, &port, &payload, &len);

	if (what == PG_KVS_FRAME_ARP)
		pg_kvs_frame_arp(&e, p, answer);
	if (what == PG_KVS_FRAME_ANSWER && (port >= 16 || payload + len > p + size))
		abort();
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct pg_kvs_proto *const protos[] = { &pg_kvs_text, &pg_kvs_meta,
		&pg_kvs_binary };
	struct pg_kvs_counts c = { 0 };
	struct pg_kvs_slot *s;
	uint8_t *p, knob;

	if (!keys.version && (pg_kvs_keys_init(&keys, 16, 16, 8, 100, 1) < 0 ||
				     pg_kvs_flight_init(&flight, 64, 1) < 0))
		abort();
	if (size < 4)
		return 0;
	fuzz_frame(data, size);
	knob = data[0];
	s = pg_kvs_flight_take(&flight);
	s->key = knob & 15;
	s->set = knob >> 4 & 1;
	s->version = s->set ? pg_kvs_keys_next(&keys, s->key) : keys.version[s->key].acked;
	p = fuzz_copy(data + 4, size - 4);
	pg_kvs_flight_judge(&keys, protos[data[1] % 3], s, p, (uint32_t)(size - 4), &c);
	free(p);
	if (c.hits + c.stored + c.misses + c.wrong + c.stale + c.errors + c.malformed != 1)
		abort();
	/* its answer, or a stray one */
	pg_kvs_flight_land(&flight, s->number & 1, (uint16_t)(s->number >> 1), &c);
	pg_kvs_flight_land(&flight, data[2] & 1, (uint16_t)(data[2] << 8 | data[3]), &c);
	return 0;
}

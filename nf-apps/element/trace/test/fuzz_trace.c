/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traces are files from anybody: a pcap file, a summary dump, and packets that are written as
 * a summary. The first byte chooses which; what a dump gave is written, read and written again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nf-apps/click/file.h"
#include "nf-apps/element/trace/input.h"
#include "nf-apps/element/trace/pcap.h"
#include "nf-apps/element/trace/summaryreader.h"
#include "nf-apps/element/trace/traceencap.h"
#include "plat-kvm/defs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file that is the fuzzer's bytes, in pieces of odd sizes. */
struct nf_file {
	const uint8_t *data;
	size_t len, at;
};

static struct nf_file fuzz_file;
static struct nf_packet_pools fuzz_pools;

void uk_assert_fail(const char *expr, const char *file, int line)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, expr);
	abort();
}

struct nf_file *nf_file_open(const char *name, struct nf_errors *errs, const char *where)
{
	fuzz_file.at = 0;
	return &fuzz_file;
}

int nf_file_read(struct nf_file *f, void *to, uint32_t len)
{
	size_t n = f->len - f->at < 100 + f->at % 77 ? f->len - f->at : 100 + f->at % 77;

	n = n < len ? n : len;
	if (n > 0)
		memcpy(to, f->data + f->at, n);
	f->at += n;
	return (int)n;
}

int nf_file_close(struct nf_file *f)
{
	return 0;
}

static const char *const fuzz_fields =
	"timestamp ntimestamp ts_sec ts_usec ts_usec1 first_timestamp "
	"count link paint direction aggregate wire_len eth_src eth_dst "
	"eth_type ip_src ip_dst ip_tos ip_dscp ip_ecn ip_ttl ip_frag "
	"ip_fragoff ip_id ip_sum ip_proto ip_hl ip_len ip_capture_len "
	"ip_opt sport dport tcp_seq tcp_ack tcp_off tcp_flags tcp_window "
	"tcp_urp tcp_opt tcp_ntopt tcp_sack udp_len icmp_type icmp_code "
	"icmp_type_name icmp_code_name icmp_flowid icmp_seq icmp_nextmtu "
	"payload payload_len payload_md5 payload_md5_hex";

/* All fields of a packet, as one line; each in the binary form as well, which is read again. */
static void fuzz_write(const struct uk_netbuf *p, struct nf_text *out)
{
	struct nf_summary_value again;
	struct nf_text bin = { 0 };
	const uint8_t *at;

	struct nf_summary_packet d;
	struct nf_summary_value v;
	struct nf_text bad = { 0 };
	char list[1024], *save, *word;

	strcpy(list, fuzz_fields);
	nf_summary_open(&d, p, &bad, true, true);
	for (word = strtok_r(list, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
		const struct nf_summary_field *f = nf_summary_find(word);

		UK_ASSERT(f != NULL);
		if (nf_summary_get(&d, f, &v))
			nf_summary_print(f, &v, out);
		else
			nf_text_printf(out, "-");
		nf_text_printf(out, " ");
		if (!nf_summary_bin_can(f))
			continue;
		bin.len = 0;
		nf_summary_bin_put(f, &v, &bin);
		at = (const uint8_t *)bin.s;
		if (bin.s != NULL &&
			nf_summary_bin_get(f, &at, (const uint8_t *)bin.s + bin.len, &again) == 0)
			UK_ASSERT(at == (const uint8_t *)bin.s + bin.len);
	}
	nf_text_free(&bad);
	nf_text_free(&bin);
}

/* What was written can be read, and gives a packet again. */
static void fuzz_again(const char *line)
{
	static struct nf_summaryreader r;
	struct nf_text why = { 0 }, out = { 0 };
	char *copy = strdup(line);
	struct uk_netbuf *p;

	memset(&r, 0, offsetof(struct nf_summaryreader, build));
	r.proto = NF_IP_TCP;
	nf_summaryreader_init(&r);
	UK_ASSERT(nf_summaryreader_fields(&r, fuzz_fields, &why) == 0);
	if (copy != NULL && nf_summaryreader_line(&r, copy, &why) > 0) {
		p = nf_summary_end(&r.build, false, &fuzz_pools);
		if (p != NULL) {
			fuzz_write(p, &out);
			uk_netbuf_free(p);
		}
	}
	free(copy);
	nf_text_free(&why);
	nf_text_free(&out);
	nf_summaryreader_cleanup(&r);
}

static void fuzz_packet(struct uk_netbuf *p)
{
	struct nf_text out = { 0 };

	fuzz_write(p, &out);
	fuzz_again(nf_text_get(&out));
	nf_text_free(&out);
	uk_netbuf_free(p);
}

static void fuzz_dump(struct nf_input *in, bool checksum)
{
	static struct nf_summaryreader r;
	struct nf_errors errs = { 0 };
	struct nf_text why = { 0 };
	uint32_t len;
	char *line;

	memset(&r, 0, offsetof(struct nf_summaryreader, build));
	r.proto = NF_IP_TCP;
	nf_summaryreader_init(&r);
	while ((line = nf_input_line(in, &len)) != NULL) {
		(void)!nf_summaryreader_banner(&r, line, "x", &errs);
		if ((r.binary ? nf_summaryreader_record(&r, (const uint8_t *)line, len, &why)
			      : nf_summaryreader_line(&r, line, &why)) > 0) {
			struct uk_netbuf *p = nf_summary_end(&r.build, checksum, &fuzz_pools);

			if (p != NULL)
				fuzz_packet(p);
		}
		nf_text_free(&why);
	}
	nf_errors_free(&errs);
	nf_summaryreader_cleanup(&r);
}

static void fuzz_pcap(struct nf_input *in)
{
	const uint8_t *head = nf_input_take(in, NF_PCAP_HEADER_BYTES), *data;
	struct nf_pcap_record r;
	struct nf_pcap pcap;
	struct uk_netbuf *p;

	if (head == NULL || nf_pcap_read(&pcap, head) < 0)
		return;
	while ((head = nf_input_take(in, NF_PCAP_RECORD_BYTES)) != NULL) {
		if (nf_pcap_read_record(&pcap, head, &r) < 0 || !nf_input_skip(in, r.skip))
			return;
		data = nf_input_take(in, r.cap_len);
		p = data != NULL ? nf_packet_alloc(&fuzz_pools, 0, r.cap_len) : NULL;
		if (p == NULL)
			return;
		memcpy(p->data, data, r.cap_len);
		nf_packet_anno(p)->time_ns = r.time_ns;
		nf_packet_set_anno_u32(p, NF_ANNO_EXTRA_LENGTH, r.len - r.cap_len);
		(void)!nf_traceencap_force_ip(p, pcap.linktype);
		fuzz_packet(p);
	}
}

/* A bare packet; the second byte says where its network header is thought to be. */
static void fuzz_bare(const uint8_t *data, size_t size)
{
	struct uk_netbuf *p =
		size > 1 ? nf_packet_alloc(&fuzz_pools, 64, (uint32_t)size - 1) : NULL;

	if (p == NULL)
		return;
	memcpy(p->data, data + 1, size - 1);
	nf_packet_set_l2(p, p->data);
	nf_packet_set_l3(p, p->data - 32 + data[0] % 64);
	if (nf_packet_l3(p) > p->data + p->len)
		nf_packet_set_l3(p, p->data);
	fuzz_packet(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nf_errors errs = { 0 };
	struct nf_input in;

	if (size == 0)
		return 0;
	if (fuzz_pools.small == NULL && nf_packet_pools_create(&fuzz_pools, 64, 4) < 0)
		abort();
	if (data[0] % 4 == 3) {
		fuzz_bare(data + 1, size - 1);
		return 0;
	}
	fuzz_file = (struct nf_file){ .data = data + 1, .len = size - 1 };
	if (nf_input_open(&in, "x", &errs, NULL) < 0)
		return 0;
	if (data[0] % 4 == 2)
		fuzz_pcap(&in);
	else
		fuzz_dump(&in, data[0] % 4 == 1);
	nf_input_close(&in);
	UK_ASSERT(fuzz_pools.small->nb_free == 64 && fuzz_pools.large->nb_free == 4);
	return 0;
}

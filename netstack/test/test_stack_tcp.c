/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP over the glue: segments that are merged, held by the card, acknowledged meanwhile, and large ones that come. */
#include "netstack/test/stack_rig.h"

static uint32_t peer_seq, card_seq; /* what each side sends next */

static void tcp_say(uint8_t flags, const void *payload, uint32_t len)
{
	stack_put(frames_tcp(stack_out, 6000, TCP_PORT, peer_seq, card_seq, flags, payload, len));
	peer_seq += len + (flags & (FRAMES_SYN | FRAMES_FIN) ? 1 : 0);
}

static void tcp_open(void)
{
	struct fake_card_frame *f;

	peer_seq = 1000;
	card_seq = 0;
	tcp_say(FRAMES_SYN, NULL, 0);
	f = stack_next_frame();
	stack_check_sums(f);
	assert_int_equal(f->data[47], FRAMES_SYN | FRAMES_ACK);
	card_seq = frames_get32(f->data + 38) + 1;
	free(f);
	stack_conn = NULL;
	tcp_say(FRAMES_ACK, NULL, 0);
	assert_non_null(stack_conn);
	fake_card_forget();
}

static void tcp_end(void)
{
	tcp_abort(stack_conn);
	fake_card_done();
	stack_check_rest();
}

/* Bytes of payload in a frame, checked against the text from `from` on. */
static uint32_t tcp_payload(const struct fake_card_frame *f, uint32_t from)
{
	uint32_t head = 34u + (f->data[46] >> 4) * 4u;

	stack_check_text(f->data + head, from, f->len - head);
	return f->len - head;
}

static void write_text(const uint8_t *text, uint32_t from, uint32_t len, uint8_t flags)
{
	assert_int_equal(tcp_write(stack_conn, text + from, (u16_t)len, flags), ERR_OK);
	assert_int_equal(tcp_output(stack_conn), ERR_OK);
	uk_stack_flush();
}

static void test_tcp_small(void **state)
{
	static uint8_t text[200];
	struct fake_card_frame *f;

	stack_fill_text(text, sizeof(text));
	tcp_open();
	for (uint32_t len = 1; len < 200; len += 13) {
		write_text(text, 0, len, TCP_WRITE_FLAG_COPY);
		f = stack_next_frame();
		stack_check_sums(f);
		assert_int_equal(f->flags, 0);
		assert_int_equal(tcp_payload(f, 0), len);
		card_seq += len;
		free(f);
		tcp_say(FRAMES_ACK, NULL, 0);
	}
	tcp_end();
}

/* What goes out in one round is one packet of several segments, acknowledged and continued, until all is over. */
static void tcp_bulk(uint8_t flags, uint32_t mss_most, bool merges)
{
	static uint8_t text[60000];
	uint32_t done = 0, nb_merged = 0;
	struct fake_card_frame *f;

	stack_fill_text(text, sizeof(text));
	tcp_open();
	write_text(text, 0, sizeof(text), flags);
	while (done < sizeof(text)) {
		f = stack_next_frame();
		stack_check_sums(f);
		assert_int_equal(frames_get32(f->data + 38), card_seq);
		if (f->gso_type != UK_NETBUF_GSO_NONE) {
			assert_int_equal(f->gso_type, UK_NETBUF_GSO_TCPV4);
			assert_int_equal(f->hdr_len, 54);
			assert_true(f->gso_size <= mss_most && f->len - 54 > f->gso_size);
			nb_merged++;
		} else {
			assert_true(f->len - 54 <= mss_most);
		}
		card_seq += tcp_payload(f, done);
		done += f->len - 54;
		free(f);
		if (fake_card.nb_sent == 0)
			tcp_say(FRAMES_ACK, NULL, 0);
	}
	assert_int_equal(nb_merged > 0, merges);
	tcp_end();
}

static void test_tcp_bulk(void **state)
{
	tcp_bulk(TCP_WRITE_FLAG_COPY, 1460, true);
	tcp_bulk(0, 1460, true);
}

/* The end of the stream is a flag of the last segment only; the first one stays as lwIP made it. */
static void test_tcp_fin(void **state)
{
	static uint8_t text[4000];
	struct fake_card_frame *f;

	stack_fill_text(text, sizeof(text));
	tcp_open();
	assert_int_equal(tcp_write(stack_conn, text, sizeof(text), TCP_WRITE_FLAG_COPY), ERR_OK);
	assert_int_equal(tcp_close(stack_conn), ERR_OK);
	uk_stack_flush();
	f = stack_next_frame();
	stack_check_sums(f);
	assert_int_equal(f->gso_size, 1460);
	assert_int_equal(tcp_payload(f, 0), sizeof(text));
	assert_true(f->data[47] & FRAMES_FIN);
	free(f);
	assert_null(fake_card_take());
	/* nobody answers: the first segment alone is sent again */
	for (unsigned i = 0; i < 100 && fake_card.nb_sent == 0; i++)
		stack_pass(50);
	f = stack_next_frame();
	stack_check_sums(f);
	assert_int_equal(tcp_payload(f, 0), 1460);
	assert_false(f->data[47] & FRAMES_FIN);
	free(f);
	fake_card_forget();
	tcp_say(FRAMES_RST, NULL, 0);
	card_seq++;
	stack_put(frames_tcp(
		stack_out, 6000, TCP_PORT, peer_seq, card_seq, FRAMES_RST | FRAMES_ACK, NULL, 0));
	fake_card_done();
	stack_check_rest();
}

/* What the card still holds is not touched: it is sent again only when the card is through with it. */
static void test_tcp_held(void **state)
{
	static uint8_t text[2920], before[FAKE_CARD_BYTES];
	const struct uk_netbuf *nb;
	struct fake_card_frame *f;
	uint32_t len;

	stack_fill_text(text, sizeof(text));
	tcp_open();
	fake_card.hold = true;
	fake_card_done();
	write_text(text, 0, sizeof(text), TCP_WRITE_FLAG_COPY);
	assert_int_equal(fake_card.nb_held, 1);
	nb = fake_card.held[0];
	len = uk_netbuf_read(nb, 0, before, sizeof(before));
	fake_card_forget();
	stack_pass(10000);
	assert_null(fake_card_take());
	assert_int_equal(uk_netbuf_read(nb, 0, stack_out, sizeof(stack_out)), len);
	assert_memory_equal(stack_out, before, len);
	fake_card.hold = false;
	fake_card_done();
	for (unsigned i = 0; i < 1000 && fake_card.nb_sent == 0; i++)
		stack_pass(50);
	f = stack_next_frame();
	stack_check_sums(f);
	assert_int_equal(tcp_payload(f, 0), 1460);
	free(f);
	tcp_end();
}

/* Acknowledged while the card still holds it (as a copy of what was lost would be): it stays until the card is done. */
static void test_tcp_acked_held(void **state)
{
	static uint8_t text[1460];

	stack_fill_text(text, sizeof(text));
	tcp_open();
	fake_card.hold = true;
	fake_card_done();
	write_text(text, 0, sizeof(text), TCP_WRITE_FLAG_COPY);
	card_seq += sizeof(text);
	tcp_say(FRAMES_ACK, NULL, 0);
	tcp_abort(stack_conn);
	assert_true(uk_netif_tx_out() > 0);
	uk_netbuf_read(fake_card.held[0], 54, stack_out, sizeof(text));
	stack_check_text(stack_out, 0, sizeof(text));
	fake_card_done();
	stack_check_rest();
}

/* A packet that the card put together from many, of several buffers. */
static void test_tcp_large_in(void **state)
{
	static uint8_t text[30000];
	struct fake_card_frame *f;
	uint32_t len;

	stack_fill_text(text, sizeof(text));
	tcp_open();
	len = frames_tcp(
		stack_out, 6000, TCP_PORT, peer_seq, card_seq, FRAMES_ACK, text, sizeof(text));
	assert_true(fake_card_put(stack_out, len, 16, UK_NETBUF_F_PARTIAL_CSUM));
	uk_stack_poll();
	f = stack_next_frame();
	stack_check_sums(f);
	assert_int_equal(frames_get32(f->data + 42), peer_seq + sizeof(text));
	free(f);
	fake_card_forget();
	tcp_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tcp_small),
		cmocka_unit_test(test_tcp_bulk),
		cmocka_unit_test(test_tcp_fin),
		cmocka_unit_test(test_tcp_held),
		cmocka_unit_test(test_tcp_acked_held),
		cmocka_unit_test(test_tcp_large_in),
	};

	return cmocka_run_group_tests(tests, stack_start, NULL);
}

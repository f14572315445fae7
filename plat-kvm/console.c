/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include "plat-kvm/console.h"
#include "plat-kvm/io.h"

/* 16550 registers (PC16550D data sheet), relative to the port. */
#define COM1     0x3f8
#define REG_DATA 0
#define REG_FCR  2
#define REG_LSR  5
#define LSR_DR   0x01 /* a byte came in */
#define LSR_THRE 0x20 /* the transmit FIFO is empty */
#define FCR_ON   0x01
#define FIFO     16

#define TRIES 20000 /* of about 0.5 us at least */

static unsigned room; /* bytes that the transmitter takes at once; 0: not started */

/* Switching the FIFO on empties the receiver, so input that is there already keeps it off. */
static void con_start(void)
{
	room = 1;
	if (uk_io_in8(COM1 + REG_LSR) & LSR_DR)
		return;
	uk_io_out8(COM1 + REG_FCR, FCR_ON);
	room = FIFO;
}

/* With the FIFO on: two exits for 16 bytes, not two a byte. */
static void con_put(const char *s, size_t len)
{
	if (room == 0)
		con_start();
	while (len > 0) {
		size_t n = len < room ? len : room;

		for (unsigned i = 0; i < TRIES && !(uk_io_in8(COM1 + REG_LSR) & LSR_THRE); i++)
			uk_pause();
		uk_io_outs8(COM1 + REG_DATA, s, n);
		s += n;
		len -= n;
	}
}

void uk_console_write(const char *s, size_t len)
{
	size_t from = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] != '\n')
			continue;
		con_put(s + from, i - from);
		con_put("\r\n", 2);
		from = i + 1;
	}
	con_put(s + from, len - from);
}

void uk_console_printf(const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (n > 0)
		uk_console_write(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

int uk_console_getc(void)
{
	if (!(uk_io_in8(COM1 + REG_LSR) & LSR_DR))
		return -1;
	return uk_io_in8(COM1 + REG_DATA);
}

# SPDX-License-Identifier: BSD-3-Clause
"""A host that dials in by PPPoE without a password: discovery (RFC 2516), LCP (RFC 1661), IPCP (RFC 1332)."""

import struct

from .say import Fail

ANY = b"\xff" * 6
DISCOVERY, SESSION = 0x8863, 0x8864
PADI, PADR, PADS = 0x09, 0x19, 0x65
LCP, IPCP, IP = 0xC021, 0x8021, 0x0021
REQUEST, ACK, NAK = 1, 2, 3
TRIES = 40


def session_frame(server: bytes, own: bytes, session: int, proto: int, body: bytes) -> bytes:
	"""An Ethernet frame of a session, without CRC."""
	return server + own + struct.pack(">HBBHHH", SESSION, 0x11, 0, session, 2 + len(body), proto) + body


def dial(send, receive, own: bytes, server: bytes) -> tuple:
	"""(session, IPv4 address as bytes).

	send       takes a frame
	receive    gives the next frame for this host, or None after a while
	"""
	session = _discover(send, receive, own, server)
	address, done = bytes(4), set()

	def say(proto, code, ident, options):
		send(session_frame(server, own, session, proto, struct.pack(">BBH", code, ident, 4 + len(options)) + options))

	say(LCP, REQUEST, 1, b"\x05\x06" + own[2:])
	for _ in range(TRIES):
		if done >= {(LCP, ACK), (LCP, REQUEST), (IPCP, ACK), (IPCP, REQUEST)}:
			return session, address
		frame = receive()
		if frame is None or struct.unpack_from(">H", frame, 12)[0] != SESSION:
			continue
		proto, code, ident, size = struct.unpack_from(">HBBH", frame, 20)
		options = frame[26:22 + size]
		if code == REQUEST:
			say(proto, ACK, ident, options)
		if (proto, code) == (LCP, ACK) and not {(LCP, ACK)} & done:
			say(IPCP, REQUEST, 1, b"\x03\x06" + address)
		if (proto, code) == (IPCP, NAK):
			address = options[2:6]
			say(IPCP, REQUEST, ident + 1, options)
		done.add((proto, code))
	raise Fail("PPPoE: no session came about")


def _discover(send, receive, own, server) -> int:
	def say(to, code, tags):
		send(to + own + struct.pack(">HBBHH", DISCOVERY, 0x11, code, 0, len(tags)) + tags)

	say(ANY, PADI, b"\x01\x01\0\0")
	for _ in range(TRIES):
		frame = receive()
		if frame is None or struct.unpack_from(">H", frame, 12)[0] != DISCOVERY:
			continue
		code, session, size = struct.unpack_from(">BHH", frame, 15)
		if code == PADS and session:
			return session
		say(server, PADR, frame[20:20 + size])
	raise Fail("PPPoE: nobody offers a session")

# SPDX-License-Identifier: BSD-3-Clause
"""Frames for tests of middleboxes: right ones, and ones with every defect a router has to find."""

import random
import socket
import struct

from support import paths  # noqa: F401  (finds the launcher)

from launcher.frames import checksum as csum


def addr(text: str) -> bytes:
	return socket.inet_aton(text)


def ether(dst: bytes, src: bytes, kind: int, payload: bytes) -> bytes:
	return (dst + src + struct.pack(">H", kind) + payload).ljust(60, b"\0")


def ip4(src: str, dst: str, proto: int, payload: bytes, ttl=64, ident=1, off=0, options=b"", tos=0, bad=None) -> bytes:
	"""`bad`: csum, version, length, or header."""
	options = options.ljust((len(options) + 3) // 4 * 4, b"\0")
	words = 5 + len(options) // 4
	length = 4 * words + len(payload) + (50 if bad == "length" else 0)
	head = struct.pack(">BBHHHBBH4s4s", (6 if bad == "version" else 4) << 4 | (3 if bad == "header" else words), tos, length,
		ident, off, ttl, proto, 0, addr(src), addr(dst)) + options
	value = csum(head) ^ (0x1234 if bad == "csum" else 0)
	return head[:10] + struct.pack(">H", value) + head[12:] + payload


def _pseudo(src, dst, proto, segment) -> bytes:
	return addr(src) + addr(dst) + struct.pack(">BBH", 0, proto, len(segment))


def udp(src: str, dst: str, sport: int, dport: int, payload: bytes, check=True) -> bytes:
	head = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0)
	value = csum(_pseudo(src, dst, 17, head + payload) + head + payload) or 0xFFFF
	return head[:6] + struct.pack(">H", value if check else 0) + payload


def tcp(src: str, dst: str, sport: int, dport: int, flags: int, payload=b"", seq=1, ack=0) -> bytes:
	head = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 8192, 0, 0)
	value = csum(_pseudo(src, dst, 6, head + payload) + head + payload)
	return head[:16] + struct.pack(">H", value) + head[18:] + payload


def echo(ident: int, seq: int, payload=b"ping", kind=8) -> bytes:
	head = struct.pack(">BBHHH", kind, 0, 0, ident, seq)
	return head[:2] + struct.pack(">H", csum(head + payload)) + head[4:] + payload


def arp(op: int, hw: bytes, ip: str, target_hw: bytes, target_ip: str) -> bytes:
	return struct.pack(">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, op, hw, addr(ip), target_hw, addr(target_ip))


def mix(seed: int, count: int, dst: bytes, src: bytes, source: str, nets) -> list:
	"""`count` frames from one host behind a router to addresses in `nets` ("10.0.1."), good and bad ones."""
	rng, frames = random.Random(seed), []
	for i in range(count):
		to = f"{rng.choice(nets)}{rng.randrange(1, 255)}"
		kind = rng.choice(("udp", "udp", "tcp", "echo", "frag", "ttl", "options", "bad", "short", "other", "stranger"))
		payload = bytes(rng.randrange(256) for _ in range(rng.choice((0, 1, 18, 64, 200))))
		segment = udp(source, to, 1024 + i, 53, payload)
		more, hw = {"ident": i + 1}, dst
		proto = 17
		if kind == "tcp":
			proto, segment = 6, tcp(source, to, 1024 + i, rng.choice((22, 80, 443)), rng.choice((2, 16, 18, 1)), payload)
		elif kind == "echo":
			proto, segment = 1, echo(i, 1, payload)
		elif kind == "frag":
			more["off"] = rng.choice((0x2000, 0x2001, 0x0003))
		elif kind == "ttl":
			more["ttl"] = rng.choice((0, 1, 2))
		elif kind == "options":
			more["options"] = rng.choice((b"\x07\x07\x04\0\0\0\0", b"\x01\x01\x01\x00", b"\x07\xff\x04"))
		elif kind == "bad":
			more["bad"] = rng.choice(("csum", "version", "length", "header"))
		elif kind == "stranger":
			hw = b"\x02\x99\x99\x99\x99\x99"
		packet = ip4(source, to, proto, segment, **more)
		if kind == "short":
			frames.append((hw + src + b"\x08\x00" + packet[:rng.randrange(len(packet))]).ljust(rng.choice((14, 20, 60)), b"\0"))
		elif kind == "other":
			frames.append(ether(hw, src, rng.choice((0x86DD, 0x8100, 0x88CC)), payload))
		else:
			frames.append(ether(hw, src, 0x0800, packet))
	return frames

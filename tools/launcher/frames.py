# SPDX-License-Identifier: BSD-3-Clause
"""Frames of real protocols, made byte by byte, and a pcap file of them.

What a reflector has to hand back unaltered: short and long, tagged and not, with and
without payload, valid in every checksum.
"""

import random
import struct
from pathlib import Path

MAC_A, MAC_B = bytes.fromhex("02534c000001"), bytes.fromhex("525400123456")
BROADCAST = b"\xff" * 6
IP_A, IP_B = bytes([10, 0, 0, 1]), bytes([10, 1, 0, 1])
IP6_A = bytes.fromhex("fd000000000000000000000000000001")
IP6_B = bytes.fromhex("fd000000000000000000000000000002")
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
MIN_FRAME = 60  # without CRC; a shorter frame is padded, as on a wire


def checksum(data: bytes) -> int:
	"""The Internet checksum (RFC 1071)."""
	if len(data) % 2:
		data += b"\0"
	total = sum(struct.unpack(f"!{len(data) // 2}H", data))
	while total >> 16:
		total = (total & 0xFFFF) + (total >> 16)
	return ~total & 0xFFFF


def ethernet(kind: int, payload: bytes, dst=MAC_B, src=MAC_A, vlans=()) -> bytes:
	"""A frame without CRC; vlans: 802.1Q tags from the outside in."""
	tags = b"".join(struct.pack("!HH", 0x88A8 if len(vlans) > 1 and i == 0 else 0x8100, v) for i, v in enumerate(vlans))
	frame = dst + src + tags + struct.pack("!H", kind) + payload
	return frame.ljust(MIN_FRAME, b"\0")


def ipv4(proto: int, payload: bytes, ident=0, src=IP_A, dst=IP_B, ttl=64, options=b"") -> bytes:
	"""An IPv4 packet (RFC 791); options must be a multiple of 4 bytes."""
	words = 5 + len(options) // 4
	head = struct.pack("!BBHHHBBH4s4s", 0x40 | words, 0, 4 * words + len(payload), ident & 0xFFFF, 0x4000, ttl, proto, 0,
		src, dst) + options
	return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(proto: int, payload: bytes, src=IP6_A, dst=IP6_B) -> bytes:
	"""An IPv6 packet (RFC 8200)."""
	return struct.pack("!IHBB16s16s", 6 << 28, len(payload), proto, 64, src, dst) + payload


def _pseudo(proto: int, length: int, six: bool) -> bytes:
	if six:
		return IP6_A + IP6_B + struct.pack("!II", length, proto)
	return IP_A + IP_B + struct.pack("!BBH", 0, proto, length)


def udp(payload: bytes, sport=1024, dport=53, six=False) -> bytes:
	"""A UDP datagram (RFC 768)."""
	length = 8 + len(payload)
	head = struct.pack("!HHHH", sport, dport, length, 0)
	check = checksum(_pseudo(UDP, length, six) + head + payload) or 0xFFFF
	return head[:6] + struct.pack("!H", check) + payload


def tcp(payload: bytes, seq: int, ack: int, flags: int, sport=40000, dport=80, six=False, options=b"") -> bytes:
	"""A TCP segment (RFC 9293)."""
	head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (5 + len(options) // 4) << 4,
		flags, 65535, 0, 0) + options
	check = checksum(_pseudo(TCP, len(head) + len(payload), six) + head + payload)
	return head[:16] + struct.pack("!H", check) + head[18:] + payload


def echo(payload: bytes, seq: int, six=False) -> bytes:
	"""An ICMP or ICMPv6 echo request (RFC 792, RFC 4443)."""
	head = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 0x534C, seq & 0xFFFF)
	check = checksum((_pseudo(ICMP6, 8 + len(payload), True) if six else b"") + head + payload)
	return head[:2] + struct.pack("!H", check) + head[4:] + payload


def arp(seq: int) -> bytes:
	"""A request for an address (RFC 826)."""
	target = bytes([10, 1, seq >> 8 & 0xFF, seq & 0xFF])
	return struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, MAC_A, IP_A, bytes(6), target)


def dns(name: str, ident: int) -> bytes:
	"""A DNS query for an address (RFC 1035)."""
	labels = b"".join(bytes([len(p)]) + p.encode("ascii") for p in name.split(".")) + b"\0"
	return struct.pack("!HHHHHH", ident & 0xFFFF, 0x0100, 1, 0, 0, 0) + labels + struct.pack("!HH", 1, 1)


def mixed(count: int, seed: int = 1, most: int = 9000) -> list:
	"""A list of `count` frames of mixed protocols and sizes, at most `most` bytes each."""
	draw = random.Random(seed)
	out = []
	for n in range(count):
		data = draw.randbytes(draw.choice((0, 1, 6, 18, 64, 200, 512, 1000, 1400)))
		jumbo = draw.randbytes(draw.choice((most - 42, draw.randint(min(1500, most // 2), most - 42))))
		out.append((
			lambda: ethernet(0x0806, arp(n), dst=BROADCAST),
			lambda: ethernet(0x0800, ipv4(ICMP, echo(data, n), n)),
			lambda: ethernet(0x0800, ipv4(TCP, tcp(b"", n, 0, 0x02, options=b"\x02\x04\x05\xb4"), n)),
			lambda: ethernet(0x0800, ipv4(TCP, tcp(data, n * 1460, n, 0x18), n)),
			lambda: ethernet(0x0800, ipv4(UDP, udp(dns(f"host{n}.example.org", n)), n)),
			lambda: ethernet(0x0800, ipv4(UDP, udp(data, 1024 + n % 60000, 9), n, options=b"\x01" * 4)),
			lambda: ethernet(0x86DD, ipv6(ICMP6, echo(data, n, True))),
			lambda: ethernet(0x86DD, ipv6(UDP, udp(data, 4000, 4001, True))),
			lambda: ethernet(0x86DD, ipv6(TCP, tcp(data, n, n, 0x10, six=True))),
			lambda: ethernet(0x0800, ipv4(UDP, udp(data, dport=7), n), vlans=(100 + n % 100,)),
			lambda: ethernet(0x0800, ipv4(TCP, tcp(data, n, 0, 0x11), n), vlans=(10, 0x6000 | 20)),
			lambda: ethernet(0x0800, ipv4(UDP, udp(jumbo, dport=9), n)),
		)[n % 12]())
	return out


def write_pcap(path, frames, gap_ns: int = 1000) -> None:
	"""A classic pcap file with nanosecond stamps."""
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1))
		for n, frame in enumerate(frames):
			ns = n * gap_ns
			f.write(struct.pack("<IIII", 1_700_000_000 + ns // 10**9, ns % 10**9, len(frame), len(frame)) + frame)


def main(argv) -> int:
	"""python3 -m launcher.frames FILE [COUNT [SEED]]: write such a file."""
	if not 2 <= len(argv) <= 4:
		print("usage: frames.py FILE [COUNT [SEED]]")
		return 2
	write_pcap(Path(argv[1]), mixed(*(int(a) for a in argv[2:3] or ["1200"]), *(int(a) for a in argv[3:])))
	return 0


if __name__ == "__main__":
	import sys
	sys.exit(main(sys.argv))

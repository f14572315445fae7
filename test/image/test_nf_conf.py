# SPDX-License-Identifier: BSD-3-Clause
"""The ready middleboxes of nf-apps/conf: each does what its head says, in the twin and in a VM."""

import os
import socket
import struct
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import nfframes as frames  # noqa: E402
from nfbox import mac  # noqa: E402
from nfplay import ANY, Ip, Play, error, everyhow, host, ping, tcp, udp  # noqa: E402

FIN, SYN, RST, ACK = 1, 2, 4, 16


class Wire(Play):
	file = "wire.click"

	def test_both_ways(self):
		with self.box() as box:
			a, b = (udp(host(2), host(1), "10.0.0.1", i, "10.0.0.2", 9, bytes(i)) for i in (1, 900))
			box.send(0, a, b)
			box.send(1, b)
			self.assertEqual(box.receive(1, 2), [a, b])
			self.assertEqual(box.receive(0, 1), [b])


class EtherMirror(Play):
	file, ports = "ethermirror.click", 1

	def test_back(self):
		with self.box() as box:
			frame = udp(mac(0), host(1), "10.0.0.1", 5, "10.0.0.2", 9)
			box.send(0, frame)
			self.assertEqual(self.one(box, 0), host(1) + mac(0) + frame[12:])


class Switch(Play):
	file, ports = "switch.click", 4

	def test_learns(self):
		with self.box() as box:
			def frame(dst, src):
				return frames.ether(dst, src, 0x88CC, b"x" * 50)
			ask, answer, group, near = (frame(host(2), host(1)), frame(host(1), host(2)), frame(ANY, host(2)), frame(host(1), host(3)))
			box.send(0, ask)  # not known: to all others
			for port in (1, 2, 3):
				self.assertEqual(self.one(box, port), ask)
			self.silence(box, 0)
			box.send(2, answer)  # known: there only
			self.assertEqual(self.one(box, 0), answer)
			self.silence(box, 1, 2, 3)
			box.send(2, group)
			for port in (0, 1, 3):
				self.assertEqual(self.one(box, port), group)
			box.send(0, near)  # on the same port: nowhere
			self.silence(box)
			box.send(3, ask)  # has moved
			self.assertEqual(self.one(box, 2), ask)
			box.send(1, frame(host(1), host(4)))
			self.assertEqual(self.one(box, 3), frame(host(1), host(4)))
			self.silence(box)


class Router4(Play):
	file = "router4.click"

	def ready(self, **defines):
		box = self.box(**defines)
		self.addCleanup(box.__exit__, None, None, None)
		box.__enter__()
		self.meet(box, 0, host(1), "10.0.0.2", "10.0.0.1")
		self.meet(box, 1, host(2), "10.0.1.2", "10.0.1.1")
		return box

	def test_forwards(self):
		box = self.ready()
		box.send(0, frames.ether(ANY, host(1), 0x0806, frames.arp(1, host(1), "10.0.0.2", b"\0" * 6, "10.0.0.1")))
		self.assertEqual(self.one(box, 0)[:42], host(1) + mac(0) + b"\x08\x06" + frames.arp(2, mac(0), "10.0.0.1", host(1), "10.0.0.2"))
		box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "192.168.0.9", 53, b"far", ttl=2))  # by the gateway
		got = self.ip(box, 1)
		self.assertEqual((got.to, got.by, got.ttl, got.data), (host(2), mac(1), 1, b"far"))
		box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.0.1.7", 53, b"near"))  # not known yet
		self.assertEqual(self.one(box, 1)[:42], ANY + mac(1) + b"\x08\x06" + frames.arp(1, mac(1), "10.0.1.1", b"\0" * 6, "10.0.1.7"))
		self.meet(box, 1, host(7), "10.0.1.7", "10.0.1.1")
		got = self.ip(box, 1)
		self.assertEqual((got.to, got.ttl, got.data, got.flow()), (host(7), 63, b"near", ("10.0.0.2", 5, "10.0.1.7", 53)))
		for bad in ({"bad": "csum"}, {"bad": "version"}, {"bad": "length"}):
			box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.0.1.2", 53, **bad))
		box.send(0, udp(host(9), host(1), "10.0.0.2", 5, "10.0.1.2", 53))  # for someone else
		box.send(0, udp(ANY, host(1), "10.0.0.2", 5, "10.0.1.2", 53))  # link broadcast
		self.silence(box)

	def test_errors(self):
		box = self.ready(MTU=576)
		sent = udp(mac(0), host(1), "10.0.0.2", 5, "10.0.1.2", 53, ttl=1)
		box.send(0, sent)
		got = self.ip(box, 0)
		self.assertEqual((got.to, got.src, got.dst, got.type, got.code), (host(1), "10.0.0.1", "10.0.0.2", 11, 0))
		self.assertEqual(got.data[:28], sent[14:42])
		box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.0.0.3", 53))  # there is a shorter way
		redirect, = (Ip(self, f) for f in box.receive(0, 2) if f[12:14] == b"\x08\x00")  # the other one asks for 10.0.0.3
		self.assertEqual((redirect.type, redirect.code, redirect.body[4:8]), (5, 1, frames.addr("10.0.0.3")))
		box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.0.1.2", 53, bytes(900), off=0x4000))  # not to be cut
		got = self.ip(box, 0)
		self.assertEqual((got.type, got.code), (3, 4))
		box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.0.1.2", 53, bytes(900)))
		parts = [self.ip(box, 1), self.ip(box, 1)]
		self.assertEqual([p.off for p in parts], [0x2000, 552 // 8])
		self.assertEqual(b"".join(p.body for p in parts)[8:], bytes(900))
		self.silence(box)

	def test_ping(self):
		box = self.ready()
		box.send(0, ping(mac(0), host(1), "10.0.0.2", "10.0.1.1", 3, 4))  # the router's far side
		got = self.ip(box, 0)
		self.assertEqual((got.src, got.dst, got.type, got.echo, got.data), ("10.0.1.1", "10.0.0.2", 0, (3, 4), b"ping"))
		whole = frames.echo(3, 5, bytes(64))
		for off, part in ((0x2000, whole[:40]), (5, whole[40:])):
			box.send(0, frames.ether(mac(0), host(1), 0x0800, frames.ip4("10.0.0.2", "10.0.0.1", 1, part, off=off)))
		self.assertEqual(self.ip(box, 0).echo, (3, 5))


def ip6(src, dst, proto, payload, hops=64):
	return struct.pack(">IHBB", 6 << 28, len(payload), proto, hops) + _six(src) + _six(dst) + payload


def _six(text):
	return socket.inet_pton(socket.AF_INET6, text)


def icmp6(src, dst, body, hops=255):
	pseudo = _six(src) + _six(dst) + struct.pack(">II", len(body), 58)
	return ip6(src, dst, 58, body[:2] + struct.pack(">H", frames.csum(pseudo + body)) + body[4:], hops)


class Router6(Play):
	file = "router6.click"
	HOST0, HOST1, SELF0, SELF1 = "2001:db8::9", "2001:db8:1::2", "2001:db8::1", "2001:db8:1::1"

	def advert(self, src, dst, hw):
		return icmp6(src, dst, struct.pack(">BBHI", 136, 0, 0, 0x60000000) + _six(src) + b"\x02\x01" + hw)

	def ready(self, **defines):
		box = self.box(**defines)
		self.addCleanup(box.__exit__, None, None, None)
		box.__enter__()
		return box

	def test_forwards(self):
		box = self.ready()
		ask = icmp6(self.HOST0, "ff02::1:ff00:1", struct.pack(">BBHI", 135, 0, 0, 0) + _six(self.SELF0) + b"\x01\x01" + host(1))
		box.send(0, frames.ether(b"\x33\x33\xff\0\0\x01", host(1), 0x86DD, ask))
		got = self.one(box, 0)
		self.assertEqual((got[:12], got[54], got[62:78], got[-6:]), (host(1) + mac(0), 136, _six(self.SELF0), mac(0)))
		packet = ip6(self.HOST0, self.HOST1, 17, b"\0\x05\0\x35\0\x0c\x12\x34data")
		box.send(0, frames.ether(mac(0), host(1), 0x86DD, packet))
		got = self.one(box, 1)
		self.assertEqual((got[:6], got[54], got[62:78]), (b"\x33\x33\xff\0\0\x02", 135, _six(self.HOST1)))
		box.send(1, frames.ether(mac(1), host(2), 0x86DD, self.advert(self.HOST1, self.SELF1, host(2))))
		got = self.one(box, 1)
		self.assertEqual((got[:14], got[14:14 + len(packet)]),
			(host(2) + mac(1) + b"\x86\xdd", packet[:7] + b"\x3f" + packet[8:]))
		for bad in (b"\x45" + packet[1:], packet[:4] + b"\xff\xff" + packet[6:], packet[:30]):
			box.send(0, frames.ether(mac(0), host(1), 0x86DD, bad))
		box.send(0, frames.ether(mac(0), host(1), 0x86DD, ip6(self.HOST0, "fe80::1", 17, bytes(8))))
		self.silence(box)

	def test_errors(self):
		box = self.ready(MTU=1280)
		known = False
		for sent, kind, what in ((ip6(self.HOST0, self.HOST1, 17, bytes(9), hops=1), 3, 0),
				(ip6(self.HOST0, self.HOST1, 17, bytes(1300)), 2, 1280)):
			box.send(0, frames.ether(mac(0), host(1), 0x86DD, sent))
			if not known:
				self.assertEqual(self.one(box, 0)[62:78], _six(self.HOST0))  # who is this?
				box.send(0, frames.ether(mac(0), host(1), 0x86DD, self.advert(self.HOST0, self.SELF0, host(1))))
				known = True
			got = self.one(box, 0)
			self.assertEqual((got[:6], got[38:54], got[54]), (host(1), _six(self.HOST0), kind))
			self.assertIn(got[22:38], (_six(self.SELF0), _six(self.SELF1)))
			self.assertEqual(struct.unpack_from(">I", got, 58)[0], what)
			self.assertEqual(frames.csum(got[22:54] + struct.pack(">II", len(got) - 54, 58) + got[54:]), 0)
			self.assertEqual(got[62 + 8:62 + 40], sent[8:40])
		self.silence(box)


class Firewall(Play):
	file = "firewall.click"

	def test_rules(self):
		A, B, far = "10.1.2.3", "198.51.100.7", host(2)
		passes = [ping(far, host(1), A, B, 1, 1), ping(far, host(1), A, B, 1, 1, kind=0), tcp(far, host(1), A, 999, B, 22, SYN),
			tcp(far, host(1), B, 999, A, 80, SYN), tcp(far, host(1), B, 999, A, 443, SYN), tcp(far, host(1), A, 80, B, 999, ACK),
			udp(far, host(1), A, 999, B, 53), udp(far, host(1), A, 53, B, 999), udp(far, host(1), A, 9, B, 33434),
			udp(far, host(1), A, 9, B, 33534), frames.ether(ANY, host(1), 0x0806, frames.arp(1, host(1), A, bytes(6), B))]
		fails = [udp(far, host(1), A, 9, B, 53, off=0x2000), udp(far, host(1), A, 9, B, 53, off=3), tcp(far, host(1), B, 999, A, 22, SYN),
			tcp(far, host(1), A, 443, B, 999, SYN), udp(far, host(1), A, 9, B, 33433), udp(far, host(1), A, 9, B, 33535),
			tcp(far, host(1), "192.0.2.5", 9, A, 25, SYN), tcp(far, host(1), A, 9, B, 25, SYN), ping(far, host(1), A, B, 1, 1, kind=13),
			udp(far, host(1), A, 9, B, 53, bad="csum"), frames.ether(far, host(1), 0x86DD, bytes(60))]
		with self.box() as box:
			for port in (0, 1):
				for frame in fails:
					box.send(port, frame)
				for frame in passes:
					box.send(port, frame)
				self.assertEqual([_plain(f) for f in box.receive(1 - port, len(passes))], [_plain(f) for f in passes])
			self.silence(box)


def _plain(frame):
	"""Without what fills a short frame."""
	return frame[:14 + struct.unpack_from(">H", frame, 16)[0]] if frame[12:14] == b"\x08\x00" else frame.rstrip(b"\0")


class Stateful(Play):
	file = "stateful.click"

	def test_only_answers_and_services(self):
		IN, OUT = "10.0.0.5", "203.0.113.9"

		def up(*a, **k):
			return tcp(host(2), host(1), IN, 4000, OUT, 80, *a, **k)

		def down(*a, **k):
			return tcp(host(1), host(2), OUT, 80, IN, 4000, *a, **k)
		steps = [  # port, frame, passes
			(1, udp(host(1), host(2), OUT, 53, IN, 4000), False),
			(0, udp(host(2), host(1), IN, 4000, OUT, 53), True),
			(1, udp(host(1), host(2), OUT, 53, IN, 4000), True),
			(1, udp(host(1), host(2), OUT, 54, IN, 4000), False),
			(1, down(SYN | ACK, seq=9, ack=101), False),
			(0, up(SYN, seq=100), True),
			(1, down(SYN | ACK, seq=500, ack=101), True),
			(0, up(ACK, seq=101, ack=501), True),
			(1, down(ACK, b"page", seq=501, ack=101), True),
			(1, down(RST, seq=90_000_000), False),
			(0, tcp(host(2), host(1), IN, 4001, OUT, 25, SYN), False),
			(1, tcp(host(1), host(2), OUT, 7000, IN, 8080, SYN), False),
			(1, tcp(host(1), host(2), OUT, 7000, IN, 443, SYN, seq=7), True),
			(0, tcp(host(2), host(1), IN, 443, OUT, 7000, SYN | ACK, seq=70, ack=8), True),
			(1, ping(host(1), host(2), OUT, IN, 1, 1, kind=0), False),
			(1, ping(host(1), host(2), OUT, IN, 1, 1), True),
			(0, ping(host(2), host(1), IN, OUT, 1, 1, kind=0), True),
			(1, error(host(1), host(2), "203.0.113.1", IN, 3, 1, udp(host(2), host(1), IN, 4000, OUT, 53)[14:46]), True),
			(1, error(host(1), host(2), "203.0.113.1", IN, 3, 1, udp(host(2), host(1), IN, 4999, OUT, 53)[14:46]), False),
			(1, frames.ether(ANY, host(2), 0x0806, frames.arp(1, host(2), OUT, bytes(6), IN)), True),
		]
		with self.box() as box:
			for number, (port, frame, passes) in enumerate(steps):
				box.send(port, frame)
				if passes:
					self.assertEqual(_plain(self.one(box, 1 - port)), _plain(frame), f"step {number}")
			self.silence(box)


class Nat(Play):
	file = "nat.click"
	PUBLIC, FAR = "192.0.2.1", "203.0.113.9"

	def ready(self, **defines):
		box = self.box(**defines)
		self.addCleanup(box.__exit__, None, None, None)
		box.__enter__()
		self.meet(box, 0, host(1), "10.0.0.2", "10.0.0.1")
		self.meet(box, 0, host(3), "10.0.0.3", "10.0.0.1")
		self.meet(box, 1, host(2), "192.0.2.254", self.PUBLIC)
		return box

	def up(self, *a, **k):
		return udp(mac(0), host(1), *a, **k)

	def test_udp(self):
		box = self.ready()
		box.send(1, udp(mac(1), host(2), self.FAR, 53, self.PUBLIC, 5000))  # nobody asked
		box.send(0, self.up("10.0.0.2", 5000, self.FAR, 53, b"ask"))
		got = self.ip(box, 1)
		self.assertEqual((got.to, got.flow(), got.ttl, got.data), (host(2), (self.PUBLIC, 5000, self.FAR, 53), 63, b"ask"))
		box.send(0, udp(mac(0), host(3), "10.0.0.3", 5000, self.FAR, 53, b"too"))  # the same port, another host
		other = self.ip(box, 1)
		self.assertEqual((other.src, other.dport), (self.PUBLIC, 53))
		self.assertNotEqual(other.sport, 5000)
		box.send(1, udp(mac(1), host(2), self.FAR, 53, self.PUBLIC, other.sport, b"you"))
		got = self.ip(box, 0)
		self.assertEqual((got.to, got.flow(), got.ttl, got.data), (host(3), (self.FAR, 53, "10.0.0.3", 5000), 63, b"you"))
		box.send(1, udp(mac(1), host(2), "203.0.113.10", 53, self.PUBLIC, 5000))  # another host answers
		box.send(0, frames.ether(mac(0), host(1), 0x0800, frames.ip4("10.0.0.2", self.FAR, 47, bytes(40))))
		self.silence(box)
		self.assertEqual(box.read("nat.nmappings"), "2")

	def test_fragments(self):
		box = self.ready()
		segment = frames.udp("10.0.0.2", self.FAR, 5000, 53, bytes(range(200)))
		for off, part in ((0x2000, segment[:104]), (13, segment[104:])):
			box.send(0, frames.ether(mac(0), host(1), 0x0800, frames.ip4("10.0.0.2", self.FAR, 17, part, off=off)))
		self.assertEqual(self.ip(box, 1).data, bytes(range(200)))

	def test_tcp(self):
		box = self.ready()

		def up(*a, **k):
			return tcp(mac(0), host(1), "10.0.0.2", 6000, self.FAR, 443, *a, **k)
		box.send(0, up(SYN, seq=100))
		port = self.ip(box, 1).sport
		for flags, seq, data in ((SYN | ACK, 500, b""), (ACK, 501, b"hello"), (ACK | FIN, 506, b"")):
			box.send(1, tcp(mac(1), host(2), self.FAR, 443, self.PUBLIC, port, flags, data, seq=seq, ack=101))
			got = self.ip(box, 0)
			self.assertEqual((got.flow(), got.body[13], got.data), ((self.FAR, 443, "10.0.0.2", 6000), flags, data))
			box.send(0, up(ACK, seq=101, ack=seq + 1))
			self.assertEqual(self.ip(box, 1).flow(), (self.PUBLIC, port, self.FAR, 443))
		box.send(1, tcp(mac(1), host(2), self.FAR, 443, self.PUBLIC, 6001, SYN))
		self.silence(box)

	def test_icmp(self):
		box = self.ready()
		box.send(0, ping(mac(0), host(1), "10.0.0.2", self.FAR, 77, 1))
		out = self.ip(box, 1)
		self.assertEqual((out.src, out.type, out.echo[1], out.ttl), (self.PUBLIC, 8, 1, 63))
		box.send(1, ping(mac(1), host(2), self.FAR, self.PUBLIC, out.echo[0], 1, kind=0))
		got = self.ip(box, 0)
		self.assertEqual((got.dst, got.type, got.echo), ("10.0.0.2", 0, (77, 1)))
		box.send(1, ping(mac(1), host(2), self.FAR, self.PUBLIC, 999, 9, kind=0))  # nobody asked
		box.send(0, self.up("10.0.0.2", 5000, self.FAR, 53, b"ask"))
		out = self.ip(box, 1)
		box.send(1, error(mac(1), host(2), "198.51.100.1", self.PUBLIC, 3, 3, out.raw))  # about what went out
		got = self.ip(box, 0)
		self.assertEqual((got.src, got.dst, got.type, got.code), ("198.51.100.1", "10.0.0.2", 3, 3))
		inner = Ip(self, got.data, ether=False)
		self.assertEqual(inner.flow(), ("10.0.0.2", 5000, self.FAR, 53))
		box.send(1, udp(mac(1), host(2), self.FAR, 53, self.PUBLIC, 5000))
		got = self.ip(box, 0)
		box.send(0, error(mac(0), host(1), "10.0.0.2", self.FAR, 3, 3, got.raw))  # nobody listens any more
		got = self.ip(box, 1)
		self.assertEqual((got.src, got.dst, got.type, got.code), (self.PUBLIC, self.FAR, 3, 3))
		self.assertEqual(Ip(self, got.data, ether=False).flow(), (self.FAR, 53, self.PUBLIC, 5000))
		box.send(1, error(mac(1), host(2), "198.51.100.1", self.PUBLIC, 3, 3, self.up("10.0.0.2", 1, self.FAR, 1)[14:42]))
		self.silence(box)

	def test_itself(self):
		box = self.ready()
		for port, src, dst in ((0, "10.0.0.2", "10.0.0.1"), (1, self.FAR, self.PUBLIC)):
			box.send(port, ping(mac(port), host(1 + port), src, dst, 5, 6))
			got = self.ip(box, port)
			self.assertEqual((got.src, got.dst, got.type), (dst, src, 0))
		box.send(0, self.up("10.0.0.2", 5000, self.FAR, 53, ttl=1))
		got = self.ip(box, 0)
		self.assertEqual((got.src, got.dst, got.type), ("10.0.0.1", "10.0.0.2", 11))
		box.send(0, self.up("10.0.0.2", 5000, self.PUBLIC, 53))  # without EIM there is no hairpin
		self.silence(box)

	def test_hairpin(self):
		box = self.ready(EIM="true")
		box.send(0, self.up("10.0.0.2", 5000, self.FAR, 53))
		port = self.ip(box, 1).sport
		box.send(0, self.up("10.0.0.2", 5000, "203.0.113.10", 99))
		self.assertEqual(self.ip(box, 1).sport, port)
		box.send(0, udp(mac(0), host(3), "10.0.0.3", 7000, self.PUBLIC, port, b"inside"))
		got = self.ip(box, 0)
		self.assertEqual((got.to, got.src, got.dst, got.dport, got.data), (host(1), self.PUBLIC, "10.0.0.2", 5000, b"inside"))
		self.silence(box)


class CgNat(Play):
	file = "cgnat.click"
	FAR = "203.0.113.9"

	def test_blocks_and_hairpin(self):
		with self.box() as box:
			self.meet(box, 0, host(1), "100.64.0.2", "100.64.0.1")
			self.meet(box, 0, host(3), "100.64.0.3", "100.64.0.1")
			self.meet(box, 1, host(2), "192.0.2.254", "192.0.2.1")
			seen = {}
			for number, hw in ((2, host(1)), (3, host(3))):
				for sport in (5000, 6001, 7002):
					box.send(0, udp(mac(0), hw, f"100.64.0.{number}", sport, self.FAR, 53))
					got = self.ip(box, 1)
					self.assertTrue(got.src.startswith("198.51.100."))
					seen[number, sport] = got.src, got.sport
			for number in (2, 3):  # one address, one block each
				mine = {v for k, v in seen.items() if k[0] == number}
				self.assertEqual((len({a for a, _ in mine}), len(mine), len({(p - 1024) // 512 for _, p in mine})), (1, 3, 1))
			address, port = seen[2, 5000]
			box.send(0, udp(mac(0), host(1), "100.64.0.2", 5000, "203.0.113.77", 99))  # whatever the destination
			got = self.ip(box, 1)
			self.assertEqual((got.src, got.sport), (address, port))
			box.send(1, udp(mac(1), host(2), self.FAR, 53, address, port, b"back"))
			got = self.ip(box, 0)
			self.assertEqual((got.flow(), got.data), ((self.FAR, 53, "100.64.0.2", 5000), b"back"))
			box.send(0, udp(mac(0), host(3), "100.64.0.3", 5000, address, port, b"hairpin"))
			got = self.ip(box, 0)
			self.assertEqual((got.src, got.sport, got.dst, got.dport), (*seen[3, 5000], "100.64.0.2", 5000))
			box.send(0, ping(mac(0), host(1), "100.64.0.2", self.FAR, 9, 1))
			out = self.ip(box, 1)
			self.assertEqual((out.src, out.type), (address, 8))
			box.send(1, ping(mac(1), host(2), self.FAR, out.src, out.echo[0], 1, kind=0))
			self.assertEqual(self.ip(box, 0).echo, (9, 1))
			box.send(1, frames.ether(ANY, host(2), 0x0806, frames.arp(1, host(2), "192.0.2.254", bytes(6), address)))
			self.assertEqual(self.one(box, 1)[28:32], frames.addr(address))
			box.send(1, udp(mac(1), host(2), self.FAR, 53, "198.51.100.14", 40000))
			self.silence(box)
			log = box.read("cg.log").splitlines()
			self.assertEqual(len([line for line in log if f" alloc 100.64.0.2 {address} " in line]), 1)
			self.assertEqual(box.read("cg.subscribers"), "2")


for play in (Wire, EtherMirror, Switch, Router4, Router6, Firewall, Stateful, Nat, CgNat):
	everyhow(play)
	del globals()[play.__name__]
del play

if __name__ == "__main__":
	unittest.main()

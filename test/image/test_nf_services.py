# SPDX-License-Identifier: BSD-3-Clause
"""The ready middleboxes of nf-apps/conf that serve: tunnels, access, balancing, watching, names."""

import hashlib
import os
import struct
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import nfframes as frames  # noqa: E402
from nfbox import mac  # noqa: E402
from nfplay import ANY, Ip, Play, everyhow, host, ping, tcp, udp  # noqa: E402

SYN, ACK = 2, 16


class Balancer(Play):
	file = "balancer.click"
	VIP = "10.0.0.100"

	def test_flows_stick(self):
		with self.box() as box:
			self.meet(box, 0, host(1), "10.0.0.2", "10.0.0.1")
			for number in (11, 12):
				self.meet(box, 1, host(number), f"10.1.0.{number}", "10.1.0.1")
			box.send(0, frames.ether(ANY, host(1), 0x0806, frames.arp(1, host(1), "10.0.0.2", bytes(6), self.VIP)))
			self.assertEqual(self.one(box, 0)[22:32], mac(0) + frames.addr(self.VIP))

			def ask(sport):
				return tcp(mac(0), host(1), "10.0.0.2", sport, self.VIP, 80, SYN, seq=sport)
			ports = range(3000, 3024)
			box.send(0, *map(ask, ports))
			chosen = {}
			for got in (Ip(self, f) for f in box.receive(1, len(ports))):
				chosen[got.sport] = got.dst
				self.assertEqual((got.src, got.dport, got.ttl, got.to[5]), ("10.0.0.2", 80, 63, int(got.dst[-2:])))
			self.assertEqual((len(chosen), set(chosen.values())), (len(ports), {"10.1.0.11", "10.1.0.12"}))
			box.send(0, *map(ask, ports))
			again = {got.sport: got.dst for got in (Ip(self, f) for f in box.receive(1, len(ports)))}
			self.assertEqual(again, chosen)
			server = chosen[3000]
			box.send(1, tcp(mac(1), host(int(server[-2:])), server, 80, "10.0.0.2", 3000, SYN | ACK, seq=1, ack=3001))
			got = self.ip(box, 0)
			self.assertEqual((got.to, got.flow()), (host(1), (self.VIP, 80, "10.0.0.2", 3000)))
			box.send(1, tcp(mac(1), host(11), "10.1.0.11", 80, "10.0.0.2", 2999, SYN | ACK))  # no such flow
			box.send(0, tcp(mac(0), host(1), "10.0.0.2", 5, "10.1.0.11", 80, SYN))  # not by the balancer
			box.send(0, ping(mac(0), host(1), "10.0.0.2", self.VIP, 1, 2))
			self.assertEqual(self.ip(box, 0).src, self.VIP)
			self.silence(box)
			if not self.twin:
				box.write("lb.down", "10.1.0.11")
				time.sleep(0.2)
				box.send(0, *map(ask, ports))
				moved = {got.sport: got.dst for got in (Ip(self, f) for f in box.receive(1, len(ports)))}
				self.assertEqual(moved, dict.fromkeys(ports, "10.1.0.12"))
				self.assertIn("down", box.read("lb.backends"))


class Ids(Play):
	file = "ids.click"

	def test_finds(self):
		A, B = "10.0.0.2", "203.0.113.9"

		def data(sport, dport, seq, text):
			return tcp(host(2), host(1), A, sport, B, dport, ACK, text, seq=seq)
		sent = [tcp(host(2), host(1), A, 1, B, 9, SYN, seq=99), data(1, 9, 100, b"exec /bi"), data(1, 9, 108, b"n/sh -c x" + bytes(8)),
			data(2, 80, 1, b"GET /../../etc HTTP/1.0" + bytes(8)), data(3, 80, 1, b"GET /Admin.PHP HTTP/1.0" + bytes(8)),
			data(4, 81, 1, b"GET /admin.php HTTP/1.0" + bytes(8)), udp(host(2), host(1), A, 5, B, 5, b"\x90" * 8 + bytes(16))]
		with self.box() as box:
			box.send(0, *sent)
			back = tcp(host(1), host(2), B, 80, A, 2, ACK, b"../../ in an answer" + bytes(20))
			box.send(1, back)
			self.assertEqual([f.rstrip(b"\0") for f in box.receive(1, len(sent))], [f.rstrip(b"\0") for f in sent])
			self.assertEqual(self.one(box, 0), back)
			alerts = box.read("ids.alerts").splitlines()
			self.assertEqual(sorted(line.split()[-1] for line in alerts), ["admin", "shell", "sled", "traversal", "traversal"])
			self.assertEqual(len([line for line in alerts if f"{A}:1 > {B}:9 shell" in line]), 1)


class FlowMon(Play):
	file = "flowmon.click"

	def test_exports(self):
		with self.box(IDLE="1s") as box:
			a = udp(host(2), host(1), "10.0.0.2", 1000, "10.0.1.7", 53, b"x" * 40)
			b = udp(host(1), host(2), "10.0.1.7", 53, "10.0.0.2", 1000, b"y" * 80)
			box.send(0, a, a, a)
			self.assertEqual(box.receive(1, 3), [a] * 3)
			box.send(1, b)
			self.assertEqual(self.one(box, 0), b)
			self.assertEqual(box.read("flows.flows"), "2")
			if self.twin:
				return  # the process ends before a second is over
			seen, end = b"", time.monotonic() + 8
			while time.monotonic() < end and not all(frames.addr(x) + frames.addr(y) in seen
					for x, y in (("10.0.0.2", "10.0.1.7"), ("10.0.1.7", "10.0.0.2"))):
				for frame in box.receive(1, 1, 0.5):
					got = Ip(self, frame)
					self.assertEqual((got.to, got.by, got.src, got.dst, got.dport), (host(0)[:4] + b"\0\x09", mac(1), "10.0.1.1", "10.0.1.9", 4739))
					self.assertEqual((got.data[:2], struct.unpack_from(">H", got.data, 2)[0]), (b"\0\x0a", len(got.data)))
					seen += got.data
			self.assertIn(frames.addr("10.0.0.2") + frames.addr("10.0.1.7"), seen)
			self.assertIn(frames.addr("10.0.1.7") + frames.addr("10.0.0.2"), seen)


class RateLimit(Play):
	file = "ratelimit.click"

	def test_rate(self):
		with self.box(RATE="400kbps", QUEUE=20) as box:  # fifty frames a second
			frame = udp(host(2), host(1), "10.0.0.2", 1000, "10.0.1.7", 53, bytes(958))
			box.send(1, *[frame] * 40)
			self.assertEqual(len(box.receive(0, 40)), 40)  # the other way passes
			if self.twin:
				return  # what time does is for a machine
			start = time.monotonic()
			for _ in range(100):
				box.send(0, frame)
				time.sleep(0.01)
			got, took = len(box.receive(1, 100, 0.2)), time.monotonic() - start
			self.assertGreater(got, 25 * took)
			self.assertLess(got, 50 * took + 15)
			self.assertGreater(int(box.read("q.drops")) + int(box.read("aqm.drops")), 0)


class Vxlan(Play):
	file = "vxlan.click"

	def tunnel(self, src, vni, inner, **more):
		return udp(mac(1), host(2), src, 50000, "10.0.1.1", 4789, struct.pack(">II", 0x08000000, vni << 8) + inner, **more)

	def test_both_ways(self):
		with self.box() as box:
			self.meet(box, 1, host(2), "10.0.1.2", "10.0.1.1")
			self.meet(box, 1, host(3), "10.0.1.3", "10.0.1.1")
			a, b = (frames.ether(dst, src, 0x88CC, b"inner frame" * 9) for dst, src in ((host(8), host(7)), (host(7), host(8))))
			box.send(0, a)  # not known: to all peers
			got = self.ip(box, 1)
			self.assertEqual((got.to, got.src, got.dst, got.dport), (host(2), "10.0.1.1", "10.0.1.2", 4789))
			self.assertEqual(got.data, struct.pack(">II", 0x08000000, 42 << 8) + a)
			box.send(1, self.tunnel("10.0.1.3", 42, b))
			self.assertEqual(self.one(box, 0), b)
			box.send(0, a)  # learnt
			self.assertEqual(self.ip(box, 1).dst, "10.0.1.3")
			box.send(1, self.tunnel("10.0.1.3", 43, b))
			box.send(1, udp(mac(1), host(2), "10.0.1.3", 5, "10.0.1.1", 4790, bytes(8) + b))
			box.send(1, udp(mac(1), host(2), "10.0.1.3", 5, "10.0.1.1", 4789, bytes(8) + b))
			packet = frames.udp("10.0.1.3", "10.0.1.1", 5, 4789, struct.pack(">II", 0x08000000, 42 << 8) + b)
			for off, part in ((0x2000, packet[:64]), (8, packet[64:])):  # in fragments
				box.send(1, frames.ether(mac(1), host(2), 0x0800, frames.ip4("10.0.1.3", "10.0.1.1", 17, part, off=off)))
			self.assertEqual(self.one(box, 0), b)
			self.silence(box)


class Gre(Play):
	file = "gre.click"

	def test_both_ways(self):
		with self.box() as box:
			self.meet(box, 0, host(1), "10.0.0.2", "10.0.0.1")
			self.meet(box, 1, host(2), "192.0.2.254", "192.0.2.1")
			head = struct.pack(">HHI", 0x2000, 0x0800, 7)
			box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.9.1.1", 53, b"over"))
			got = self.ip(box, 1)
			self.assertEqual((got.to, got.src, got.dst, got.proto, got.body[:8]), (host(2), "192.0.2.1", "198.51.100.2", 47, head))
			inner = Ip(self, got.body[8:], ether=False)
			self.assertEqual((inner.flow(), inner.ttl, inner.data), (("10.0.0.2", 5, "10.9.1.1", 53), 63, b"over"))

			def back(head, src="198.51.100.2", **more):
				inside = frames.ip4("10.9.1.1", "10.0.0.2", 17, frames.udp("10.9.1.1", "10.0.0.2", 53, 5, b"answer"), **more)
				return frames.ether(mac(1), host(2), 0x0800, frames.ip4(src, "192.0.2.1", 47, head + inside))
			box.send(1, back(head))
			got = self.ip(box, 0)
			self.assertEqual((got.to, got.flow(), got.ttl, got.data), (host(1), ("10.9.1.1", 53, "10.0.0.2", 5), 63, b"answer"))
			box.send(1, back(head[:4] + bytes(4)), back(head, src="198.51.100.3"), back(head, bad="csum"), back(b"\0\0\x08\0"))
			big = {"data": bytes(1465), "off": 0x4000}
			box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.9.1.1", 53, **big))
			got = self.ip(box, 0)
			self.assertEqual((got.type, got.code, got.echo[1]), (3, 4, 1472))
			big["off"] = 0
			box.send(0, udp(mac(0), host(1), "10.0.0.2", 5, "10.9.1.1", 53, **big))
			parts = [Ip(self, self.ip(box, 1).body[8:], ether=False) for _ in range(2)]
			self.assertEqual(sum(len(p.body) for p in parts), 1473)
			self.assertLessEqual(max(p.length for p in parts), 1472)
			self.silence(box)


def name(text):
	return b"".join(bytes([len(x)]) + x.encode() for x in text.split(".")) + b"\0"


class Dns(Play):
	file = "dns.click"
	ANSWER = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\xc6\x33\x64\x07"  # 60 s, 198.51.100.7

	def ask(self, port, ident, text="www.example.net"):
		return udp(mac(0), host(1), "10.0.0.2", port, "10.0.0.1", 53,
			struct.pack(">6H", ident, 0x0100, 1, 0, 0, 0) + name(text) + b"\0\1\0\1")

	def test_cache(self):
		with self.box() as box:
			self.meet(box, 0, host(1), "10.0.0.2", "10.0.0.1")
			self.meet(box, 1, host(2), "10.0.1.53", "10.0.1.1")
			box.send(0, self.ask(4000, 77))
			up = self.ip(box, 1)
			self.assertEqual((up.to, up.src, up.dst, up.dport), (host(2), "10.0.1.1", "10.0.1.53", 53))
			self.assertEqual(up.data[12:].lower(), name("www.example.net") + b"\0\1\0\1")
			box.send(1, udp(mac(1), host(2), "10.0.1.53", 53, "10.0.1.1", up.sport ^ 1, up.data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + up.data[12:] + self.ANSWER))
			box.send(1, udp(mac(1), host(2), "10.0.1.54", 53, "10.0.1.1", up.sport, up.data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + up.data[12:] + self.ANSWER))
			self.silence(box, 0)  # forged answers
			box.send(1, udp(mac(1), host(2), "10.0.1.53", 53, "10.0.1.1", up.sport, up.data[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + up.data[12:] + self.ANSWER))
			got = self.ip(box, 0)
			self.assertEqual((got.flow(), got.data[:2], got.data[-4:]), (("10.0.0.1", 53, "10.0.0.2", 4000), b"\0\x4d", b"\xc6\x33\x64\x07"))
			box.send(0, self.ask(4001, 78, "WWW.example.NET"))  # known by now
			got = self.ip(box, 0)
			self.assertEqual((got.dport, got.data[:2], got.data[-4:]), (4001, b"\0\x4e", b"\xc6\x33\x64\x07"))
			box.send(0, udp(mac(0), host(1), "10.0.0.2", 9, "10.0.0.1", 53, b"no question"))
			self.silence(box)
			self.assertEqual((box.read("dns.hits"), box.read("dns.misses")), ("1", "1"))


PADI, PADO, PADR, PADS, PADT = 0x09, 0x07, 0x19, 0x65, 0xA7
LCP, IPCP, PAP, CHAP, IP = 0xC021, 0x8021, 0xC023, 0xC223, 0x0021


class Subscriber:
	"""The client's side of PPPoE (RFC 2516), LCP (1661), CHAP (1994) or PAP (1334), IPCP (1332, 1877)."""

	def __init__(self, test, box, hw, user, secret, pap=False):
		self.pap = pap
		self.test, self.box, self.hw, self.user, self.secret = test, box, hw, user, secret
		self.session, self.options, self.up, self.refused = 0, b"\x03\x06\0\0\0\0\x81\x06\0\0\0\0", set(), False

	def disc(self, code, tags, dst):
		self.box.send(0, frames.ether(dst, self.hw, 0x8863, struct.pack(">BBHH", 0x11, code, self.session, len(tags)) + tags))

	def frame(self, proto, body):
		return frames.ether(mac(0), self.hw, 0x8864, struct.pack(">BBHHH", 0x11, 0, self.session, 2 + len(body), proto) + body)

	def control(self, proto, code, ident, options):
		self.box.send(0, self.frame(proto, struct.pack(">BBH", code, ident, 4 + len(options)) + options))

	def session_packet(self, frame):
		size, proto = struct.unpack_from(">HH", frame, 18)
		self.test.assertEqual((frame[:6], frame[6:12], frame[12:16]), (self.hw, mac(0), b"\x88\x64\x11\0"))
		return proto, frame[22:20 + size]

	def discover(self):
		self.disc(PADI, b"\x01\x01\0\0\x01\x03\0\x02me", ANY)
		offer = self.test.one(self.box, 0)
		self.test.assertEqual((offer[:6], offer[12:16]), (self.hw, b"\x88\x63\x11\x07"))
		size = struct.unpack_from(">H", offer, 18)[0]
		self.disc(PADR, offer[20:20 + size], mac(0))
		answer = self.test.one(self.box, 0)
		self.test.assertEqual(answer[15], PADS)
		self.session = struct.unpack_from(">H", answer, 16)[0]
		self.test.assertNotEqual(self.session, 0)

	def dial(self):
		self.discover()
		self.control(LCP, 1, 1, b"\x05\x06\x11\x22\x33\x44")
		for _ in range(30):
			if self.up >= {"lcp", "auth", "ipcp", "server"} or self.refused:
				return
			got = self.box.receive(0, 1, 2)
			if got and got[0][12:14] == b"\x88\x64":
				self.hear(*self.session_packet(got[0]))
			elif got and got[0][12:16] == b"\x88\x63\x11\xa7":
				self.refused = True

	def hear(self, proto, body):
		code, ident, size = struct.unpack_from(">BBH", body)
		data = body[4:size]
		if (proto, code) == (LCP, 1) and self.pap and b"\x03\x05\xc2\x23\x05" in data:
			self.control(LCP, 3, ident, b"\x03\x04\xc0\x23")
		elif code == 1 and proto in (LCP, IPCP):  # what the server wants
			self.control(proto, 2, ident, data)
			self.up |= {"server"} if proto == IPCP else set()
			if proto == IPCP:
				self.gateway = data[2:6]
			elif b"\x03\x04\xc0\x23" in data:
				self.control(PAP, 1, 1, b"".join(bytes([len(x)]) + x for x in (self.user, self.secret)))
		elif (proto, code) == (LCP, 2):
			self.up.add("lcp")
		elif (proto, code) == (LCP, 5):
			self.refused = True
		elif (proto, code) == (CHAP, 1):
			value = hashlib.md5(bytes([ident]) + self.secret + data[1:1 + data[0]]).digest()
			self.control(CHAP, 2, ident, b"\x10" + value + self.user)
		elif (proto, code) in ((CHAP, 3), (PAP, 2)):
			self.up.add("auth")
			self.control(IPCP, 1, 2, self.options)
		elif (proto, code) in ((CHAP, 4), (PAP, 3)):
			self.refused = True
		elif (proto, code) == (IPCP, 3):  # rather these
			self.options = data
			self.control(IPCP, 1, ident + 1, data)
		elif (proto, code) == (IPCP, 2):
			self.address, self.dns = ".".join(map(str, data[2:6])), data[8:12]
			self.up.add("ipcp")


class Bras(Play):
	file = "bras.click"

	def test_session(self):
		with self.box(UP="1Mbps") as box:
			self.meet(box, 1, host(2), "192.0.2.254", "192.0.2.1")
			joe = Subscriber(self, box, host(1), b"joe", b"sesame")
			joe.dial()
			self.assertEqual(joe.up, {"lcp", "auth", "ipcp", "server"})
			self.assertEqual((joe.gateway, joe.dns), (bytes((10, 64, 0, 1)), bytes((9, 9, 9, 9))))
			self.assertTrue(joe.address.startswith("10.64."))
			far = "203.0.113.9"

			def up(src, dst, **more):
				return joe.frame(IP, frames.ip4(src, dst, 17, frames.udp(src, dst, 5, 53, b"up"), **more))
			box.send(0, up(joe.address, far))
			got = self.ip(box, 1)
			self.assertEqual((got.to, got.flow(), got.ttl, got.data), (host(2), (joe.address, 5, far, 53), 63, b"up"))
			box.send(0, up("10.64.9.9", far))  # not his address
			box.send(1, udp(mac(1), host(2), far, 53, joe.address, 5, b"down"))
			proto, packet = joe.session_packet(self.one(box, 0))
			got = Ip(self, packet, ether=False)
			self.assertEqual((proto, got.flow(), got.ttl, got.data), (IP, (far, 53, joe.address, 5), 63, b"down"))
			box.send(1, udp(mac(1), host(2), far, 53, joe.address, 5, bytes(1470), off=0x4000))  # too long for PPPoE
			got = self.ip(box, 1)
			self.assertEqual((got.dst, got.type, got.code, got.echo[1]), (far, 3, 4, 1492))
			box.send(0, joe.frame(IP, frames.ip4(joe.address, "10.64.0.1", 1, frames.echo(1, 2))))
			got = Ip(self, joe.session_packet(self.one(box, 0))[1], ether=False)
			self.assertEqual((got.src, got.type, got.echo), ("10.64.0.1", 0, (1, 2)))
			box.send(1, frames.ether(ANY, host(2), 0x0806, frames.arp(1, host(2), "192.0.2.254", bytes(6), joe.address)))
			self.assertEqual(self.one(box, 1)[22:32], mac(1) + frames.addr(joe.address))
			self.assertIn(f"joe {joe.address} ", box.read("bras.sessions"))
			burst = frames.ip4(joe.address, far, 17, frames.udp(joe.address, far, 5, 53, bytes(972)))
			box.send(0, *[joe.frame(IP, burst)] * 20)  # 100 ms of his rate may go at once, 12,500 bytes
			passed = len(box.receive(1, 20, 0.5))
			self.assertTrue(10 <= passed <= 16, passed)
			joe.disc(PADT, b"", mac(0))
			box.send(1, udp(mac(1), host(2), far, 53, joe.address, 5, b"late"))
			self.silence(box, 1)
			self.assertEqual(box.read("bras.nb_sessions"), "0")

	def test_pap(self):
		with self.box() as box:
			ann = Subscriber(self, box, host(3), b"ann", b"secret", pap=True)
			ann.dial()
			self.assertEqual(ann.up, {"lcp", "auth", "ipcp", "server"})

	def test_wrong_secret(self):
		with self.box() as box:
			eve = Subscriber(self, box, host(1), b"joe", b"guess")
			eve.dial()
			self.assertTrue(eve.refused)
			self.assertNotIn("ipcp", eve.up)


for play in (Balancer, Ids, FlowMon, RateLimit, Vxlan, Gre, Dns, Bras):
	everyhow(play)
	del globals()[play.__name__]
del play

if __name__ == "__main__":
	unittest.main()

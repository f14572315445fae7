# SPDX-License-Identifier: BSD-3-Clause
"""The store over lwIP sockets: datagrams one by one and in batches, and connections."""

import socket
import struct

from support import NetSpec, each_accel
from test_sockets_net import free_port

BURST, ROUNDS = 64, 20


@each_accel
class Store:
	def start(self, mode):
		self.udp, self.tcp = free_port(socket.SOCK_DGRAM), free_port(socket.SOCK_STREAM)
		net = NetSpec("user", options=[f"hostfwd=udp:127.0.0.1:{self.udp}-:11211,hostfwd=tcp:127.0.0.1:{self.tcp}-:11211"])
		return self.vm("kvs-socket", f"mode={mode}", nets=[net], mem="128M")

	def ask(self, s, number, text):
		s.send(struct.pack(">HHHH", number, 0, 1, 0) + text)

	def answers(self, s, n):
		"""By request number, parts joined."""
		parts = {}
		while n > 0:
			data = s.recv(1 << 16)
			number, part, of, _ = struct.unpack(">HHHH", data[:8])
			parts.setdefault(number, {})[part] = data[8:]
			n -= len(parts[number]) == of
		return {number: b"".join(p[i] for i in sorted(p)) for number, p in parts.items()}

	def datagrams(self):
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.settimeout(30)
			s.connect(("127.0.0.1", self.udp))
			self.ask(s, 1, b"set big 3 0 5000\r\n" + b"b" * 5000 + b"\r\n")
			self.assertEqual(self.answers(s, 1), {1: b"STORED\r\n"})
			self.ask(s, 2, b"get big\r\n")
			self.assertEqual(self.answers(s, 1), {2: b"VALUE big 3 5000\r\n" + b"b" * 5000 + b"\r\nEND\r\n"})
			for number in range(BURST * ROUNDS):
				if number % BURST == 0 and number > 0:
					self.check(self.answers(s, BURST))
				self.ask(s, number, b"set k%d 0 0 4\r\n%04d\r\n" % (number, number % 10000))
			self.answers(s, BURST)
			for number in range(0, BURST * ROUNDS, 17):
				self.ask(s, number, b"get k%d\r\n" % number)
				self.assertEqual(self.answers(s, 1),
					{number: b"VALUE k%d 0 4\r\n%04d\r\nEND\r\n" % (number, number % 10000)})

	def check(self, answers):
		self.assertEqual(set(answers.values()), {b"STORED\r\n"})

	def connection(self):
		value = bytes(range(256)) * 4000
		with socket.create_connection(("127.0.0.1", self.tcp), 30) as s, s.makefile("rb") as f:
			s.sendall(b"set v 0 0 %d\r\n%s\r\nget v\r\n" % (len(value), value))
			self.assertEqual(f.readline(), b"STORED\r\n")
			self.assertEqual(f.readline(), b"VALUE v 0 %d\r\n" % len(value))
			self.assertTrue(f.read(len(value)) == value)
			self.assertEqual(f.read(7), b"\r\nEND\r\n")

	def test_single(self):
		self.both("single")

	def test_batch(self):
		self.both("batch")

	def both(self, mode):
		with self.start(mode) as vm:
			vm.wait_line('"type":"ready"', 60)
			self.datagrams()
			self.connection()
			self.assertTrue(vm.running(), vm.console())

	def test_words(self):
		code, out, _ = self.run_image("kvs-socket", "mode=twice")
		self.assertEqual((code, len(out.splitlines())), (2, 1), out)

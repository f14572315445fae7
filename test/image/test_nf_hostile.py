# SPDX-License-Identifier: BSD-3-Clause
"""A middlebox in trouble: its back end dies, memory is short, its tables are full, clients send nonsense."""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import nfframes as frames  # noqa: E402
from nfbox import Box, mac  # noqa: E402
from support import Harness, NetSpec, each_accel, everywhere  # noqa: E402

from launcher import state  # noqa: E402
from launcher.control import Control, Refused  # noqa: E402
from launcher.say import Fail  # noqa: E402

RESUME_S = 20.0
MIRROR = "src :: FromDevice(eth0) -> c :: Counter -> EtherMirror -> out :: ToDevice(eth0);"
HOST = b"\x02\x00\x00\x00\x01\x00"


class BackEnd:
	"""Killed under full load, it comes back: the middlebox goes on, its counters and control with it."""

	def load(self, path):
		h = Harness("fwd", options=["--size", "64"], socket=path, wait=RESUME_S)
		self.addCleanup(h.close)
		h.start()
		return h

	def check(self, packed, *words):
		path = str(self.tmp / "be.sock")
		(self.tmp / "config").write_text(MIRROR, encoding="utf-8")
		first = self.load(path)
		with self.vm("nf", *words, nets=[NetSpec("vhost-user", path)], packed=packed, control=True,
				modules={"config": self.tmp / "config"}) as vm:
			first.until(lambda e: e.get("type") == "tick" and e.get("rx_pkts", 0) > 0, RESUME_S)
			first.kill()
			with Control.of(vm.name) as c:
				before = int(c.read("c.count"))
				self.assertGreater(before, 0)
			second = self.load(path)
			second.until(lambda e: e.get("type") == "tick" and e.get("rx_pkts", 0) > 0, RESUME_S)
			second.kill()
			with Control.of(vm.name) as c:
				self.assertGreater(int(c.read("c.count")), before)
			self.assertTrue(vm.running())
			self.assertNotIn("sluice: exception", vm.console())

	def test_split(self):
		self.check(False)

	def test_packed(self):
		self.check(True)

	def test_asleep(self):
		if (self.accel, self.machine) == ("tcg", "q35"):
			self.skipTest("QEMU 7.2 has no message interrupts of vhost-user cards without KVM")
		self.check(False, "intr=1")


everywhere(BackEnd)


class Limits:
	def test_too_little_memory_is_said(self):
		(self.tmp / "config").write_text(MIRROR, encoding="utf-8")
		with self.assertRaisesRegex(Fail, "does not fit into 2 MiB.*--mem"):
			self.vm("nf", mem="2M")
		for mem in ("3M", "4M"):
			code, console, _ = self.run_image("nf", "bufs=4096", mem=mem, modules={"config": self.tmp / "config"})
			self.assertIn(code, (1, 99), console)
			self.assertIn("too little memory", console)

	def test_memory_that_ends_in_a_table_refuses_the_configuration(self):
		config = MIRROR + "Idle -> rw :: IPRewriter(pattern 1.0.0.1 1024-65535 - - 0 0, drop); rw -> Discard; Idle -> [1] rw;"
		with Box(self, "nf", MIRROR, ports=1, mem="8M") as box, Control.of(box.vm.name) as c:
			huge = config + "".join(f"q{i} :: Queue(1000000); Idle -> q{i} -> Discard;" for i in range(8))
			with self.assertRaises(Refused):
				c.write("hotconfig", huge.encode())
			box.send(0, frames.ether(mac(0), HOST, 0x0800, bytes(46)))
			self.assertEqual(len(box.receive(0, 1)), 1)

	def test_full_flow_table_is_a_counted_drop(self):
		config = """FromDevice(eth0) -> Strip(14) -> CheckIPHeader
			-> rw :: IPRewriter(pattern 1.0.0.1 1024-65535 - - 0 0, MAPPING_CAPACITY 16, UDP_TIMEOUT 600, UDP_GUARANTEE 600);
			rw -> Unstrip(14) -> ToDevice(eth0);"""
		with Box(self, "nf", config, ports=1) as box, Control.of(box.vm.name) as c:
			for i in range(100):
				packet = frames.ip4("10.0.0.2", "10.0.1.2", 17, frames.udp("10.0.0.2", "10.0.1.2", 2000 + i, 53, b"x"))
				box.send(0, frames.ether(mac(0), HOST, 0x0800, packet))
			out = box.receive(0, 100, timeout=2)
			dropped = sum(int(line.split("\t")[0]) for line in c.read("dropped").decode().splitlines())
			self.assertEqual(len(out) + dropped, 100)
			self.assertGreater(dropped, 0)

	def test_nonsense_at_the_control_channel(self):
		with Box(self, "nf", MIRROR, ports=1) as box:
			path = str(state.file(box.vm.name, ".ctl"))
			for data in (b"\0" * 3000, b"READ\r\nWRITE\r\n" * 300, b"WRITEDATA x 99999999999999\r\n", bytes(range(256)) * 50, b"A" * 100000):
				with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
					s.settimeout(2)
					s.connect(path)
					try:
						s.sendall(data)
						s.recv(100)
					except OSError:
						pass
			with Control.of(box.vm.name) as c:
				self.assertEqual(c.read("c.count"), b"0")

	def test_frames_of_every_length(self):
		with Box(self, "nf", MIRROR, ports=1) as box, Control.of(box.vm.name) as c:
			for n in range(1, 200):
				box.send(0, bytes(range(1, 200))[:n])
			whole = box.receive(0, 199 - 13, timeout=3)
			self.assertEqual({len(f) for f in whole} - set(range(14, 200)), set())
			self.assertEqual(len(whole) + int(c.read("out.drops")), int(c.read("c.count")))


each_accel(Limits)

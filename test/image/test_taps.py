# SPDX-License-Identifier: BSD-3-Clause
"""Cards that are not vhost-user: a tap interface, and QEMU's user network;
there QEMU itself is the device. And an idle machine sleeps."""

import os
import random
import socket
import subprocess
import time

from launcher import bench_boot
from support import Harness, NetSpec, everywhere

OUTGOING = 4  # linux/if_packet.h, PACKET_OUTGOING
ETHERTYPE = 0x88b5  # IEEE 802, local experiments
SIZES = (60, 61, 64, 127, 128, 512, 1499, 1514, 4000, 9014)
TAP, MTU = f"slt{os.getpid()}", 9000
IDLE_S, IDLE_MOST = 3.0, 0.2  # the bench has the real bound


@everywhere
class Tap:
	def setUp(self):
		super().setUp()
		if not os.path.exists("/dev/net/tun"):
			self.skipTest("there is no /dev/net/tun")
		self.addCleanup(subprocess.run, ["ip", "link", "del", TAP], capture_output=True, check=False)
		for words in (f"ip tuntap add {TAP} mode tap", f"ip link set {TAP} addrgenmode none mtu {MTU} up"):
			done = subprocess.run(words.split(), capture_output=True, text=True, check=False)
			if done.returncode:
				self.skipTest(f"`{words}`: {done.stderr.strip()}")

	def frames(self):
		rng = random.Random(1)
		head = bytes.fromhex("020000000001020000000002") + ETHERTYPE.to_bytes(2, "big")
		return [head + rng.randbytes(size - 14) for size in SIZES * 10]

	def swapped(self, s, frame):
		"""Send a frame and wait for it to come back with its addresses swapped."""
		s.send(frame)
		want = frame[6:12] + frame[:6] + frame[12:]
		end = time.monotonic() + 10
		while time.monotonic() < end:
			s.settimeout(max(0.01, end - time.monotonic()))
			got, (_, _, kind, *_) = s.recvfrom(1 << 16)
			if kind != OUTGOING:
				self.assertEqual(got, want)
				return
		self.fail(f"a frame of {len(frame)} bytes did not come back")

	def check(self, *args, **more):
		nets = [NetSpec("tap", TAP, device=[f"host_mtu={MTU}"])]
		with self.vm("reflector", *args, nets=nets, **more) as vm, \
				socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE)) as s:
			s.bind((TAP, ETHERTYPE))
			vm.wait_line('"type":"ready"', 30)
			for frame in self.frames():
				self.swapped(s, frame)
			self.assertTrue(vm.running(), vm.console())

	def test_split(self):
		self.check()

	def test_packed(self):
		self.check(packed=True)

	def test_interrupts(self):
		self.check("intr=1")
		self.check("intr=1", packed=True)


@everywhere
class User:
	def test_user(self):
		"""A datagram to a forwarded port makes QEMU ask for the guest's address: that frame comes in, and goes out."""
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.bind(("127.0.0.1", 0))
			port = s.getsockname()[1]
		spec = NetSpec("user", options=[f"hostfwd=udp:127.0.0.1:{port}-:7"])
		with self.vm("reflector", nets=[spec]) as vm, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			vm.wait_line('"type":"ready"', 30)
			for _ in range(100):
				s.sendto(b"knock", ("127.0.0.1", port))
				ticks = [r for r in vm.records() if r.get("type") == "tick"]
				if ticks and ticks[-1]["rx_pkts"]:
					break
				time.sleep(0.1)
			self.assertGreater(ticks[-1]["rx_pkts"], 0, vm.console())
			self.assertEqual(ticks[-1]["rx_pkts"], ticks[-1]["tx_pkts"])


@everywhere
class Idle:
	def test_sleeps(self):
		if (self.accel, self.machine) == ("tcg", "q35"):
			self.skipTest("QEMU 7.2 has no message interrupts of vhost-user cards without KVM")
		with Harness("sink", wait=30) as h, self.vm("reflector", "intr=1", nets=[NetSpec("vhost-user", h.socket)]) as vm:
			vm.wait_line('"type":"ready"', 30)
			time.sleep(0.5)
			self.assertLess(bench_boot.cpu_share(vm, IDLE_S), IDLE_MOST)

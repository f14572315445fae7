# SPDX-License-Identifier: BSD-3-Clause
"""Frames through the reflector, each compared byte by byte by the host harness (random, replay)."""

import os
import struct

from support import Harness, NetSpec, each_accel, everywhere

FRAMES = {"kvm": 60000, "tcg": 20000}
PROBLEMS = ("lost", "altered", "corrupt", "duplicate", "reordered", "foreign", "refused", "unsent", "needs_csum")
MIN, JUMBO = 14, 9000


class Net:
	"""A reflector on a harness."""

	mem = "32M"

	def reflect(self, mode, options=(), *, packed=False, queues=1, ring=256, device=(), args=(), lean=False,
			mem=None):
		"""Run the harness against a reflector until it is through; its result. The guest must still run then."""
		with Harness(mode, options=options, queues=queues, lean=lean, wait=30) as h:
			with self.vm("reflector", f"queues={queues}", *args, nets=[NetSpec("vhost-user", h.socket, device=list(device))],
					packed=packed, queues=queues, ring=ring, mem=mem or self.mem) as vm:
				result = h.result(120)
				told = f"{result} {h.notes()} {vm.console()}"
				self.assertEqual(h.code(30), 0, told)
				self.assertTrue(vm.running(), told)
				self.ready = vm.records()[0]
		self.assertEqual(self.ready["ring"], "packed" if packed else "split")
		self.assertEqual(self.ready["queues"], queues)
		return result

	def unharmed(self, result, frames):
		self.assertEqual({key: result.get(key) for key in PROBLEMS}, dict.fromkeys(PROBLEMS, 0), result)
		self.assertEqual((result["frames"], result["matched"], result["rx_pkts"]), (frames,) * 3, result)
		self.assertEqual(result["tx_bytes"], result["rx_bytes"])

	def random(self, *, least=MIN, most=JUMBO, count=None, **more):
		count = count or FRAMES[self.accel]
		options = ["--count", count, "--min", least, "--max", most, "--seed", count + least + most]
		self.unharmed(self.reflect("random", options, **more), count)


@everywhere
class Rings(Net):
	"""Random frames of 14 to 9,000 bytes: both rings, one and two queue pairs."""

	def test_split(self):
		self.random()

	def test_packed(self):
		self.random(packed=True)

	def test_split_2_queues(self):
		self.random(queues=2)

	def test_packed_2_queues(self):
		self.random(queues=2, packed=True)

	def test_lean_back_end(self):
		self.random(lean=True)
		self.random(lean=True, packed=True)

	def test_without_mergeable(self):
		"""Each buffer holds a whole frame; jumbo frames do not fit then."""
		self.random(most=1514, device=["mrg_rxbuf=off"])
		self.random(most=1514, device=["mrg_rxbuf=off"], packed=True)

	def test_without_indirect(self):
		self.random(device=["indirect_desc=off"])
		self.random(device=["indirect_desc=off"], packed=True)

	def test_without_event_index(self):
		self.random(device=["event_idx=off"])
		self.random(device=["event_idx=off"], packed=True)

	def test_ring_1024(self):
		self.random(ring=1024, args=["desc=1024"])

	def test_least_memory(self):
		"""The reflector runs in 4 MiB."""
		self.random(most=1514, mem="4M")
		self.random(most=1514, mem="4M", packed=True)


@everywhere
class Interrupts(Net):
	"""The same with a guest that sleeps when there is nothing to do; frames come in bursts with pauses."""

	def setUp(self):
		super().setUp()
		self.polls_only = (self.accel, self.machine) == ("tcg", "q35")

	def skip_if_polls_only(self):
		if self.polls_only:
			self.skipTest("QEMU 7.2 has no message interrupts of vhost-user cards without KVM")

	def test_not_there(self):
		if not self.polls_only:
			return
		with Harness("sink", wait=10) as h:
			with self.vm("reflector", "intr=1", nets=[NetSpec("vhost-user", h.socket)]) as vm:
				self.assertEqual(vm.wait(30), 1)
				self.assertEqual(vm.console(), "pktgen-bench: the network device can not be started: Not supported\n")

	def test_random(self):
		self.skip_if_polls_only()
		for packed in (False, True):
			for queues in (1, 2):
				with self.subTest(packed=packed, queues=queues):
					self.random(args=["intr=1"], packed=packed, queues=queues, count=3000)

	def test_slow(self):
		"""Frames at a rate so low that it sleeps before each."""
		self.skip_if_polls_only()
		options = ["--rate", "200", "--duration", "1", "--size", "64", "--drain", "1"]
		for packed in (False, True):
			with self.subTest(packed=packed):
				result = self.reflect("fwd", options, args=["intr=1"], packed=packed)
				self.assertGreater(result["rx_pkts"], 50, result)
				self.assertEqual((result["lost"], result["corrupt"]), (0, 0), result)


@everywhere
class Replay(Net):
	def pcap(self, frames):
		path = self.tmp / "frames.pcap"
		with open(path, "wb") as f:
			f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
			for number, frame in enumerate(frames):
				f.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)
		return path

	def test_pcap(self):
		frames = [os.urandom(size) for size in (14, 60, 64, 65, 127, 128, 1500, 1514, 4096, 9000)] * 20
		result = self.reflect("replay", ["--pcap", self.pcap(frames), "--loops", 5])
		self.unharmed(result, len(frames) * 5)


@everywhere
class NoCard(Net):
	"""Wrong use of the reflector ends in one sentence."""

	def test_none(self):
		code, out, _ = self.run_image("reflector")
		self.assertEqual((code, out), (1, "pktgen-bench: there is no network device 0, start the machine with --net\n"))

	def test_too_many_queues(self):
		with Harness("sink", wait=10) as h:
			with self.vm("reflector", "queues=2", nets=[NetSpec("vhost-user", h.socket)]) as vm:
				self.assertEqual(vm.wait(30), 1)
				self.assertIn("2 queue pairs asked for, the device has 1", vm.console())

	def test_too_little_memory(self):
		with Harness("sink", wait=10) as h:
			with self.vm("reflector", nets=[NetSpec("vhost-user", h.socket)], mem="2M") as vm:
				self.assertEqual(vm.wait(30), 1)
				self.assertIn("too little memory", vm.console())

	def test_options(self):
		for bad in ("queues=0", "burst=abc", "nosuch=1", "intr=maybe"):
			code, out, _ = self.run_image("reflector", bad)
			self.assertEqual((code, out.startswith("reflector: "), len(out.splitlines())), (2, True, 1), out)


@each_accel
class Soak(Net):
	"""24 million random frames (1 million without KVM), half of them on each ring: none is lost or altered."""

	def test_millions(self):
		count = 12_000_000 if self.accel == "kvm" else 500_000
		self.random(count=count, lean=True)
		self.random(count=count, lean=True, packed=True)

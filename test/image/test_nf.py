# SPDX-License-Identifier: BSD-3-Clause
"""Click configurations in an image: as run and as compiled, against the twin, with real frames."""

import collections
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import nfframes as frames  # noqa: E402
from nfbox import Box, mac, run_twin  # noqa: E402
from support import ACCELS, Case, each_accel, paths  # noqa: E402

from launcher import click  # noqa: E402
from launcher.control import Control, Refused  # noqa: E402

CONF = paths.ROOT / "nf-apps" / "conf"
HOST0, HOST1 = b"\x02\x00\x00\x00\x01\x00", b"\x02\x00\x00\x00\x01\x01"


def conf(name: str) -> str:
	return (CONF / name).read_text(encoding="utf-8")


def _counted(found) -> collections.Counter:
	"""How often each frame came, without ARP requests of the router: whom it asks again, and when, is a matter of time."""
	return collections.Counter(frame for frame in found
		if not (frame[12:14] == b"\x08\x06" and frame[20:22] == b"\x00\x01"))


def _seen(test, got, wanted, port, how) -> None:
	"""The same frames, each as often. Frames of different branches may overtake each other within a burst."""
	got, wanted = _counted(got), _counted(wanted)
	if got != wanted:
		missing, extra = wanted - got, got - wanted
		test.fail(f"{how}, port {port}: {sum(missing.values())} frames are missing, {sum(extra.values())} are too many; "
			f"first missing {next(iter(missing), b'').hex()}; first extra {next(iter(extra), b'').hex()}")


# what comes first on card 0 only takes time, so that in the twin, too, the router knows its neighbours by then
LLDP = [frames.ether(b"\x01\x80\xc2\x00\x00\x0e", HOST0, 0x88CC, bytes(46))] * 300
ROUTER_IN = {0: LLDP + [frames.ether(b"\xff" * 6, HOST0, 0x0806, frames.arp(1, HOST0, "10.0.0.2", b"\0" * 6, "10.0.0.1"))]
	+ frames.mix(1, 300, mac(0), HOST0, "10.0.0.2", ["10.0.1.", "10.0.0.", "192.168.7."]),
	1: [frames.ether(mac(1), HOST1, 0x0806, frames.arp(2, HOST1, f"10.0.1.{i}", mac(1), "10.0.1.1")) for i in range(2, 255)]}
PLAIN_IN = {0: frames.mix(2, 300, mac(0), HOST0, "10.1.2.3", ["10.0.1.", "192.0.2."]),
	1: frames.mix(3, 300, mac(1), HOST1, "192.0.2.9", ["10.1.2."])}

# name -> (configuration, ports, frames in per port)
CASES = {
	"wire": (conf("wire.click"), 2, PLAIN_IN),
	"ethermirror": (conf("ethermirror.click"), 1, {0: PLAIN_IN[0]}),
	"firewall": (conf("firewall.click"), 2, PLAIN_IN),
	"router4": (conf("router4.click"), 2, ROUTER_IN),
	"branches": ("""FromDevice(eth0) -> c :: Classifier(12/0800 23/11, 12/0800, -);
		c [0] -> Paint(1) -> s :: Switch(0); c [1] -> Paint(2) -> s; c [2] -> Strip(2) -> Pad(70) -> s;
		s -> p :: PaintSwitch; p [0] -> Unstrip(2) -> Queue -> ToDevice(eth0);
		p [1] -> EtherMirror -> t :: Tee; t [0] -> ToDevice(eth1); t [1] -> Queue(5000) -> Truncate(64) -> ToDevice(eth0);
		p [2] -> rr :: RoundRobinSwitch; rr [0] -> Discard; rr [1] -> Discard; Idle -> [0] ToDevice(eth1);""", 2, {0: PLAIN_IN[0]}),
}


class BothWays:
	"""Each configuration gives the frames that the twin gives, as run and as compiled."""

	def play(self, name, image, config):
		_, ports, inputs = CASES[name]
		wanted = run_twin(self, CASES[name][0], inputs, ports, *(f"ETH{i}_MAC={mac(i).hex('-')}" for i in range(ports)))
		with Box(self, image, config, ports=ports) as box:
			# the later ports first: what a host there says is known when the traffic comes
			for port in sorted(inputs, reverse=True):
				for number, frame in enumerate(inputs[port]):
					box.send(port, frame)
					if number % 32 == 31:
						time.sleep(0.005)
				time.sleep(0.2)
			for port in range(ports):
				got = box.receive(port, len(wanted[port]), timeout=5) + box.quiet(port)
				_seen(self, got, wanted[port], port, f"{name} in {image}")

	def test_as_run(self):
		for name in CASES:
			with self.subTest(name):
				self.play(name, "nf", CASES[name][0])

	def test_compiled(self):
		for name in CASES:
			with self.subTest(name):
				file = self.tmp / f"{name}.click"
				file.write_text(CASES[name][0], encoding="utf-8")
				self.play(name, click.compile(str(file), f"test-{name}", []), None)


each_accel(BothWays)


class Live:
	"""Handlers and changes while packets flow."""

	CONFIG = "src :: FromDevice(eth0) -> c :: Counter -> q :: Queue(100) -> ToDevice(eth0);"

	def test_handlers(self):
		with Box(self, "nf", self.CONFIG, ports=1) as box, Control.of(box.vm.name) as c:
			for _ in range(10):
				box.send(0, PLAIN_IN[0][0])
			self.assertEqual(len(box.receive(0, 10)), 10)
			self.assertEqual(c.read("c.count"), b"10")
			c.write("q.capacity", b"50")
			self.assertEqual(c.read("q.capacity"), b"50")
			c.write("c.reset")
			self.assertEqual(c.read("c.count"), b"0")
			for bad in ("x.count", "c.nothing", "nothing"):
				with self.assertRaises(Refused):
					c.read(bad)

	def test_change_keeps_state_and_packets(self):
		with Box(self, "nf", self.CONFIG.replace("ToDevice", "Unqueue(ACTIVE false) -> Discard; Idle -> ToDevice"), ports=1) as box, \
				Control.of(box.vm.name) as c:
			for _ in range(20):
				box.send(0, PLAIN_IN[0][0])
			end = time.monotonic() + 5
			while c.read("q.length") != b"20" and time.monotonic() < end:
				time.sleep(0.02)
			c.write("hotconfig", self.CONFIG.encode())
			self.assertEqual(len(box.receive(0, 20)), 20)
			self.assertEqual(c.read("c.count"), b"20")

	def test_bad_change_is_refused(self):
		with Box(self, "nf", self.CONFIG, ports=1) as box, Control.of(box.vm.name) as c:
			with self.assertRaises(Refused) as refused:
				c.write("hotconfig", b"FromDevice(eth0) -> Queeue -> ToDevice(eth0);\nx :: Nothing;")
			self.assertIn("Queue", str(refused.exception))
			self.assertIn("Nothing", str(refused.exception))
			box.send(0, PLAIN_IN[0][0])
			self.assertEqual(len(box.receive(0, 1)), 1)
			self.assertEqual(c.read("c.count"), b"1")

	def test_two_clients_one_after_the_other(self):
		with Box(self, "nf", self.CONFIG, ports=1) as box:
			for _ in range(5):
				with Control.of(box.vm.name) as c:
					self.assertIn(b"Sluice", c.read("version"))

	def test_a_client_that_leaves_in_the_middle_harms_nobody(self):
		with Box(self, "nf", self.CONFIG, ports=1) as box:
			c = Control.of(box.vm.name)
			c._sock.sendall(b"WRITEDATA hotconfig 100000\r\nhalf")
			c.close()
			time.sleep(0.2)
			with Control.of(box.vm.name) as c:
				self.assertEqual(c.read("c.count"), b"0")


each_accel(Live)


class Refusal:
	"""What cannot be run is said in one sentence a line, with file, line and the nearest name."""

	def test_errors(self):
		(self.tmp / "config").write_text("FromDevice(eth0)\n -> Queeue -> ToDevice(eth9);\na :: Counter;\n", encoding="utf-8")
		code, console, _ = self.run_image("nf", modules={"config": self.tmp / "config"})
		self.assertEqual(code, 1)
		self.assertIn("config:2: unknown element class 'Queeue'; did you mean 'Queue'?", console)
		self.assertIn("config:3: 'a :: Counter'", console)

	def test_no_configuration(self):
		code, console, _ = self.run_image("nf")
		self.assertEqual(code, 1)
		self.assertIn("--config", console)

	def test_no_device(self):
		(self.tmp / "config").write_text("FromDevice(eth0) -> Discard;", encoding="utf-8")
		code, console, _ = self.run_image("nf", modules={"config": self.tmp / "config"})
		self.assertEqual(code, 1)
		self.assertIn("no network device 'eth0'", console)


each_accel(Refusal)

if __name__ == "__main__":
	unittest.main()

# SPDX-License-Identifier: BSD-3-Clause
"""What `bench nf` sends and measures: its frames come through its configurations, as answers where they are questions."""

import os
import struct
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from nfbox import mac, read_pcap, write_pcap  # noqa: E402
from nfplay import TWIN  # noqa: E402
from support import Case, Harness, NetSpec, each_accel  # noqa: E402

from launcher import bench_nf, frames, pppoe  # noqa: E402
from launcher.say import Fail  # noqa: E402


class Boxes(Case):
	"""In the Linux twin."""

	def run_box(self, name, size="64", ports=2):
		"""(frames that were sent, frames that came out of the last port)"""
		box = bench_nf.BOXES[name]
		sent = box.frames(size)
		text = bench_nf.text_of(name)
		for handler, value in box.writes:
			text += f'\nScript(write {handler} {value});'
		config = self.tmp / "config"
		config.write_text(text, encoding="utf-8")
		words = []
		for i in range(ports):
			write_pcap(self.tmp / f"in{i}", sent if i == 0 else [])
			words += ["--device", f"eth{i}={self.tmp}/in{i},{self.tmp}/out{i}"]
		done = subprocess.run([str(TWIN), "--simtime=1000000", *words, *(f"ETH{i}_MAC={mac(i).hex('-')}" for i in range(ports)),
			"-f", str(config)], capture_output=True, text=True, timeout=60, check=False)
		self.assertEqual(done.returncode, 0, done.stderr)
		return sent, read_pcap(self.tmp / f"out{ports - 1}")

	def test_ipv6(self):
		for size in ("64", "imix", "1500"):
			sent, got = self.run_box("router6", size)
			self.assertEqual([f[14:] for f in sent], [f[14:21] + bytes((f[21] + 1,)) + f[22:] for f in got])
		self.assertEqual({len(f) + 4 for f in bench_nf.BOXES["router6"].frames("64")}, {64})

	def test_names(self):
		sent, got = self.run_box("dns", ports=1)
		self.assertEqual(len(got), len(sent))
		for question, answer in zip(sent, got):
			self.assertEqual(answer[42:44], question[42:44])              # whose answer it is
			self.assertEqual(struct.unpack_from(">HHH", answer, 44), (0x8180, 1, 1))
			self.assertEqual(answer[-4:], bytes.fromhex("c6336407"))

	def test_what_is_changed_is_there(self):
		for name in bench_nf.BOXES:
			self.assertTrue(bench_nf.text_of(name))
		for name, word in (("bras", "AUTH NONE"), ("bras", "kind [1]"), ("bras", "$DOWN 400Gbps"), ("ratelimit", "$RATE 400Gbps"),
				("nat-1m", "$CAPACITY 1500000"), ("dns", "StoreData")):
			self.assertIn(word, bench_nf.text_of(name))


class Dial(Case):
	"""The host that dials in, against somebody who is silent."""

	def test_nobody(self):
		said = []
		with self.assertRaises(Fail):
			pppoe.dial(said.append, lambda: None, bench_nf._subscriber(1), mac(0))
		self.assertEqual(said[0][:6], pppoe.ANY)


class Pcap:
	"""The harness sends the frames of a file, over and over."""

	def test_file(self):
		made = [f for f in frames.mixed(40, most=1514)]
		frames.write_pcap(self.tmp / "f.pcap", made)
		seconds = 1.0 if self.accel == "kvm" else 2.0
		with Harness("fwd", options=["--pcap", str(self.tmp / "f.pcap"), "--rate", "20k", "--capture", str(self.tmp / "got.pcap"),
				"--limit", 200], duration=seconds, wait=30) as h, self.vm("reflector",
				nets=[NetSpec("vhost-user", h.socket)], mem="32M"):
			result = h.result(timeout=60)
		self.assertGreater(result["total_tx_pkts"], len(made))
		swapped = {f[6:12] + f[:6] + f[12:] for f in made}
		got = read_pcap(self.tmp / "got.pcap")
		self.assertGreater(len(got), 0)
		self.assertLessEqual(set(got), swapped)


each_accel(Pcap)

if __name__ == "__main__":
	unittest.main()

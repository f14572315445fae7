# SPDX-License-Identifier: BSD-3-Clause
"""bench and demo: what they refuse, the frames they make, how sides take turns, what they count."""

import struct
import subprocess

from launcher import bench, bench_rate, demo, frames, host
from launcher.say import Fail
from support import Case


def folded(data: bytes) -> int:
	"""The sum of 16-bit words, carries added in, a word at a time: 0xffff if a checksum in it is right."""
	total = 0
	for at in range(0, len(data), 2):
		total += int.from_bytes(data[at:at + 2].ljust(2, b"\0"), "big")
		total = (total & 0xFFFF) + (total >> 16)
	return total


class Frames(Case):
	def test_checksums_are_right(self):
		seen = set()
		for frame in frames.mixed(600, seed=5):
			at = 12
			while frame[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
				at += 4
			kind, packet = int.from_bytes(frame[at:at + 2], "big"), frame[at + 2:]
			if kind == 0x0800:
				head = 4 * (packet[0] & 15)
				length = int.from_bytes(packet[2:4], "big")
				self.assertEqual(folded(packet[:head]), 0xFFFF)
				proto, body = packet[9], packet[head:length]
				pseudo = packet[12:20] + struct.pack("!HH", proto, len(body))
			elif kind == 0x86DD:
				proto, body = packet[6], packet[40:40 + int.from_bytes(packet[4:6], "big")]
				pseudo = packet[8:40] + struct.pack("!II", len(body), proto)
			else:
				seen.add(kind)
				continue
			self.assertEqual(folded(body if proto == 1 else pseudo + body), 0xFFFF)
			seen.add((kind, proto))
		self.assertEqual(seen, {0x0806, (0x0800, 1), (0x0800, 6), (0x0800, 17), (0x86DD, 6), (0x86DD, 17), (0x86DD, 58)})

	def test_sizes_reach_from_the_shortest_to_jumbo(self):
		lengths = [len(f) for f in frames.mixed(600)]
		self.assertEqual((min(lengths), max(lengths)), (60, 9000))
		self.assertEqual(max(len(f) for f in frames.mixed(600, most=1514)), 1514)

	def test_pcap_can_be_read_back(self):
		path = self.tmp / "x.pcap"
		made = frames.mixed(50)
		frames.write_pcap(path, made)
		data = path.read_bytes()
		self.assertEqual(data[:4], bytes.fromhex("4d3cb2a1"))
		at, found = 24, []
		while at < len(data):
			_, _, kept, length = struct.unpack_from("<IIII", data, at)
			self.assertEqual(kept, length)
			found.append(data[at + 16:at + 16 + kept])
			at += 16 + kept
		self.assertEqual(found, made)


class Words(Case):
	def test_sizes(self):
		self.assertEqual(bench.parse_sizes("64,1500,9018"), [64, 1500, 9018])
		for bad in ("", "63", "9019", "64,", "x", "64 128", "-64", "64,64.5", "1e3"):
			with self.assertRaises(Fail) as told:
				bench.parse_sizes(bad)
			self.assertEqual(told.exception.code, 2)

	def test_rates(self):
		self.assertEqual(bench.parse_rates("100k,1.5M,7"), [100e3, 1.5e6, 7])
		for bad in ("0", "k", "1G", "-1", "1M,", "nan"):
			self.assertRaises(Fail, bench.parse_rates, bad)

	def test_command_lines_are_refused_in_a_sentence(self):
		self.refused(2, "no experiment 'frobnicate'", "bench", "frobnicate")
		self.refused(2, "--sizes 12", "bench", "tx", "--sizes", "12")
		self.refused(2, "--runs 0", "bench", "tx", "--runs", "0")
		self.refused(2, "--seconds", "bench", "tx", "--seconds", "0.01")
		self.refused(2, "'warp' is unknown", "bench", "tx", "--peers", "warp")
		self.refused(2, "--seconds 0", "demo", "--seconds", "0")
		self.refused(2, "--size 20", "demo", "--size", "20")
		self.refused(1, "there is no file /nonexistent.pcap", "demo", "--pcap", "/nonexistent.pcap")


class Turns(Case):
	def test_sides_take_turns(self):
		class Name(str):
			pass
		guests, peers = [Name("g1"), Name("g2")], [Name(p) for p in "abcde"]
		order = bench_rate._alternate(guests, peers)
		self.assertEqual(sorted(order), sorted(guests + peers))
		places = [order.index(g) for g in guests]
		self.assertGreater(places[1] - places[0], 1)
		self.assertEqual(bench_rate._alternate([], peers), peers)
		self.assertEqual(bench_rate._alternate(guests, []), guests)

	def _side(self, mpps, **more):
		side = bench_rate.Side("x", **more)
		side.mpps, side.shares = mpps, [1.0] * len(mpps)
		return side

	def test_row_names_the_best_peer_by_median(self):
		guest = self._side([10.0, 30.0, 20.0], ring="packed")
		guest.sent, guest.lost, guest.cycles = 1000, 1, [50.0, 40.0, 45.0]
		lucky, steady = self._side([99.0, 1.0, 2.0]), self._side([15.0, 16.0, 17.0])
		lucky.name, steady.name = "lucky", "steady"
		row = bench_rate._row("tx", 64, guest, [lucky, steady], bench.Conf())
		self.assertEqual((row["sluice_mpps"], row["sluice_min"], row["sluice_max"]), (20.0, 10.0, 30.0))
		self.assertEqual((row["peer"], row["peer_mpps"], row["ratio"]), ("steady", 16.0, 1.25))
		self.assertEqual((row["loss"], row["loss_share"], row["busy_cycles_per_packet"]), (1, 0.001, 45.0))
		self.assertEqual(row["gbps_wire"], round(20 * 84 * 8 / 1e3, 3))

	def test_rx_counts_what_the_guest_counted(self):
		result = {"verdict": "ok", "total_tx_pkts": 1000, "total_rx_pkts": 0, "tx_mpps": 8.0, "rx_mpps": 0.0,
			"cpu_share": 1.0}
		watch = bench_rate._Watch(1, 1)
		found = bench_rate._found("rx", result, watch, None, 750)
		self.assertEqual((found["mpps"], found["lost"], found["sent"]), (6.0, 250, 1000))
		with self.assertRaises(Fail):
			bench_rate._found("rx", {**result, "verdict": "the guest took no frame"}, watch, None, 0)

	def test_busy_cycles_are_of_whole_seconds(self):
		tick = {"type": "tick", "busy_cycles": 9000, "busy_pkts": 10}
		later = {"type": "tick", "busy_cycles": 9000 + 80000, "busy_pkts": 10 + 2000}
		self.assertEqual(bench_rate._cycles([tick, later]), [40.0])
		self.assertEqual(bench_rate._cycles([later]), [89000 / 2010])


class Verdict(Case):
	GOOD = {"verdict": "ok", "lost": 0, "duplicate": 0, "reordered": 0}

	def test_demo_passes_only_if_all_came_back(self):
		self.assertEqual(demo._verdict(self.GOOD, self.GOOD), "")
		self.assertIn("2 frames were lost", demo._verdict({**self.GOOD, "lost": 2}, self.GOOD))
		self.assertIn("out of order", demo._verdict({**self.GOOD, "reordered": 1}, self.GOOD))
		self.assertEqual(demo._verdict(self.GOOD, {**self.GOOD, "verdict": "byte 3 differs"}), "byte 3 differs")


class Program(Case):
	"""The harness itself, where it is built: one sentence and an exit code, whatever is wrong."""

	def setUp(self):
		super().setUp()
		if not host.PROGRAM.exists():
			self.skipTest("the harness is not built")

	def told(self, code, needle, *words):
		done = subprocess.run([str(host.PROGRAM), *words], capture_output=True, text=True, timeout=30, check=False)
		self.assertEqual(done.returncode, code, done.stderr)
		lines = [line for line in done.stderr.splitlines() if "hugepages" not in line]
		self.assertEqual(len(lines), 1, done.stderr)
		self.assertTrue(lines[0].startswith("pgbench-host: "), done.stderr)
		self.assertIn(needle, lines[0])

	def test_refuses_in_a_sentence(self):
		sock, text = str(self.tmp / "s"), self.tmp / "text"
		text.write_text("no pcap at all, just words that are long enough\n", encoding="ascii")
		self.told(2, "is no mode", "frobnicate")
		self.told(2, "--socket", "sink")
		self.told(2, "--size 7", "gen", "--socket", sock, "--size", "7")
		self.told(1, "No such file", "replay", "--socket", sock, "--pcap", "/nonexistent.pcap")
		self.told(1, "cannot read pcap", "replay", "--socket", sock, "--pcap", str(text))
		self.told(1, "core 1023", "sink", "--socket", sock, "--core", "1023")
		self.told(1, "not a socket", "sink", "--socket", str(text), "--no-huge")
		self.told(1, "longer than", "sink", "--socket", str(self.tmp / ("s" * 120)), "--no-huge")
		self.told(1, "no guest came", "sink", "--socket", sock, "--no-huge", "--wait-timeout", "0.1")

	def test_leaves_no_socket_behind_and_takes_over_a_stale_one(self):
		sock = self.tmp / "s"
		with host.Harness("sink", socket=str(sock), options=["--no-huge"]) as h:
			self.assertTrue(sock.is_socket())
			self.told(1, "another process serves", "sink", "--socket", str(sock), "--no-huge")
			h.kill()
			self.assertTrue(sock.is_socket())
		with host.Harness("sink", socket=str(sock), options=["--no-huge"]) as h:
			self.assertTrue(sock.is_socket())
		self.assertFalse(sock.exists())

	def test_a_failure_of_the_harness_is_told(self):
		with self.assertRaises(Fail) as told:
			host.Harness("replay", options=["--pcap", "/nonexistent.pcap"]).start()
		self.assertIn("No such file", str(told.exception))

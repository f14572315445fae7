# SPDX-License-Identifier: BSD-3-Clause
"""bench kvs: rows and ratios; the load generator against servers that are right, and wrong in each way it must notice."""

import json
import os
import socket
import subprocess
import threading
import unittest

from launcher import bench, bench_kvs, host, kvs_levels
from launcher.say import Fail
from support import Case


KEYS = 50


def namespaces() -> list:
	"""Those of this process."""
	names = os.listdir("/run/netns") if os.path.isdir("/run/netns") else []
	return [n for n in names if n.startswith(kvs_levels.PREFIX) and n.endswith(str(os.getpid()))]


class Server:
	"""A few of memcached's text commands over UDP. `wrong`: key, command, right answer, nth request -> datagrams' contents."""

	def __init__(self, wrong=None):
		self.wrong, self.items, self.nth = wrong, {}, 0
		self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
		self.sock.bind(("127.0.0.1", 0))
		self.port = self.sock.getsockname()[1]
		self.thread = threading.Thread(target=self.serve, daemon=True)

	def answer(self, request: bytes) -> tuple:
		line, _, rest = request.partition(b"\r\n")
		words = line.split(b" ")
		if words[0] == b"get":
			value = self.items.get(words[1])
			text = b"" if value is None else b"VALUE %s 0 %d\r\n%s\r\n" % (words[1], len(value), value)
			return words, text + b"END\r\n"
		if words[0] == b"set":
			self.items[words[1]] = rest[:int(words[4])]
			return words, b"STORED\r\n"
		return words, b"ERROR\r\n"

	def serve(self) -> None:
		while True:
			try:
				frame, to = self.sock.recvfrom(2048)
			except OSError:
				return
			if not frame:
				return
			words, right = self.answer(frame[8:])
			self.nth += 1
			texts = self.wrong(self, words, right) if self.wrong else [right]
			for text in texts:
				self.sock.sendto(frame[:2] + b"\0\0\0\1\0\0" + text, to)

	def __enter__(self) -> "Server":
		self.thread.start()
		return self

	def __exit__(self, *exc) -> None:
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.sendto(b"", ("127.0.0.1", self.port))
		self.thread.join(5)
		self.sock.close()


def after_preload(change):
	"""A fault of answers that begins when all keys are set, and not before."""
	def wrong(server, words, right):
		return change(server, words, right) if server.nth > 4 * KEYS else [right]
	return wrong


class Faults:
	"""The ways in which a server is wrong."""

	@staticmethod
	def altered(server, words, right):
		return [right[:60] + b"x" + right[61:] if words[0] == b"get" else right]

	@staticmethod
	def of_another(server, words, right):
		"""The next key's value under this key's name."""
		if words[0] != b"get":
			return [right]
		other = server.items[sorted(server.items)[(int(words[1][8:], 16) + 1) % len(server.items)]]
		return [b"VALUE %s 0 %d\r\n%s\r\nEND\r\n" % (words[1], len(other), other)]

	@staticmethod
	def forgetful(server, words, right):
		"""A set is acknowledged and undone."""
		old = getattr(server, "old", None)
		if old is None:
			server.old = old = dict(server.items)
		if words[0] == b"set":
			server.items[words[1]] = old[words[1]]
		return [right]

	@staticmethod
	def twice(server, words, right):
		return [right, right] if server.nth % 10 == 0 else [right]

	@staticmethod
	def failing(server, words, right):
		return [b"SERVER_ERROR out of memory storing object\r\n"] if words[0] == b"set" else [right]

	@staticmethod
	def cut(server, words, right):
		return [right[:-1]]

	@staticmethod
	def deaf(server, words, right):
		return [right] if server.nth % 20 else []

	@staticmethod
	def empty(server, words, right):
		return [b"END\r\n"] if words[0] == b"get" and server.nth % 2 else [right]


class Generator(Case):
	"""pgbench-host kvs itself."""

	def setUp(self):
		super().setUp()
		if not host.PROGRAM.exists():
			self.skipTest("the harness is not built")

	def load(self, wrong, *words):
		with Server(after_preload(wrong) if wrong else None) as server:
			done = subprocess.run([str(host.PROGRAM), "kvs", "--udp", "--server", f"127.0.0.1:{server.port}", "--json", "--keys", str(KEYS),
				"--timeout", "3", "--warmup", "0.5", "--duration", "1", "--load", "closed:8", *words], capture_output=True, text=True,
				timeout=60, check=False)
		lines = [json.loads(line) for line in done.stdout.splitlines()]
		self.assertTrue(lines and lines[-1]["type"] == "result", done.stderr)
		return done.returncode, lines[-1], lines

	def test_a_right_server(self):
		code, result, lines = self.load(None, "--verify", "--zipf", "0.99", "--value", "8-300")
		self.assertEqual((code, result["verdict"]), (0, "ok"))
		self.assertGreater(result["hits"], KEYS)
		self.assertEqual([e["stored"] for e in lines if e["type"] == "preload"], [KEYS])
		self.assertEqual([e["hits"] for e in lines if e["type"] == "verify"], [KEYS])
		self.assertEqual([result[name] for name in ("wrong", "stale", "misses", "errors", "malformed", "duplicate", "stray")], [0] * 7)

	def test_whatever_is_wrong_is_found(self):
		for wrong, count, verdict in ((Faults.altered, "wrong", "altered"), (Faults.of_another, "wrong", "another key"),
				(Faults.forgetful, "stale", "old values"), (Faults.twice, "duplicate", "twice"), (Faults.failing, "errors", "errors"),
				(Faults.cut, "malformed", "not in the protocol")):
			with self.subTest(wrong.__name__):
				code, result, _ = self.load(wrong)
				self.assertEqual(code, 1)
				self.assertGreater(result[count], 0)
				self.assertIn(verdict, result["verdict"])

	def test_lost_answers_and_misses_are_counted(self):
		for wrong, count in ((Faults.deaf, "lost"), (Faults.empty, "misses")):
			with self.subTest(wrong.__name__):
				code, result, _ = self.load(wrong, "--timeout", "0.3")
				self.assertEqual((code, result["verdict"]), (0, "ok"))
				self.assertGreater(result[count], 0)

	def test_a_second_generator_finds_what_the_first_one_set(self):
		with Server() as server:
			words = [str(host.PROGRAM), "kvs", "--udp", "--server", f"127.0.0.1:{server.port}", "--json", "--keys", str(KEYS), "--warmup", "0",
				"--duration", "0.2", "--timeout", "5", "--verify"]
			for more in ([], ["--no-preload"]):
				done = subprocess.run([*words, *more], capture_output=True, text=True, timeout=60, check=False)
				self.assertEqual(done.returncode, 0, done.stderr)
				verify = [e for e in map(json.loads, done.stdout.splitlines()) if e["type"] == "verify"]
				self.assertEqual([(e["hits"], e["misses"]) for e in verify], [(KEYS, 0)])
			server.items.clear()
			done = subprocess.run([*words, "--no-preload", "--ratio", "1:0"], capture_output=True, text=True, timeout=60, check=False)
			verify = [e for e in map(json.loads, done.stdout.splitlines()) if e["type"] == "verify"]
			self.assertEqual([(e["hits"], e["misses"]) for e in verify], [(0, KEYS)])

	def test_steps_follow_each_other(self):
		_, _, lines = self.load(None, "--load", "closed:4,500,x0.5", "--warmup", "0.1")
		steps = [e for e in lines if e["type"] == "step"]
		self.assertEqual([e["load"] for e in steps], ["closed:4", "500", "x0.5"])
		self.assertEqual(steps[0]["target"], 0)
		self.assertEqual(steps[1]["target"], 500)
		self.assertAlmostEqual(steps[2]["target"], max(100, steps[0]["rate"] / 2), delta=1)
		self.assertTrue(all(e["first_s"] >= 0 for e in steps))
		self.assertIn("p9999", steps[0]["lat_us"])

	def test_no_server_is_told_in_a_sentence(self):
		done = subprocess.run([str(host.PROGRAM), "kvs", "--udp", "--server", "127.0.0.1:9", "--wait-timeout", "0.3"], capture_output=True,
			text=True, timeout=30, check=False)
		self.assertEqual(done.returncode, 1)
		self.assertIn("the server did not answer within 0.3 s", done.stderr)


class Rows(Case):
	STEP = {"type": "step", "verdict": "ok", "load": "closed:8", "rate": 1000.0, "cpu_share": 1.0, "busy": 0.5, "target": 0,
		**dict.fromkeys(bench_kvs.FAULTS, 0)}

	def side(self, name="netdev", rates=(30.0, 10.0, 20.0)):
		side = bench_kvs.Side(kvs_levels.LEVELS[name], "1:1", kvs_levels.Way(8))
		lat = {key: 2.0 for key in bench_kvs.LATENCY.values()}
		tries = [(rate, share) for rate in rates for share in (0.5, 1.0)]
		half = {**self.STEP, "lat_us": lat, "lost": 1}

		def once(side, conf):
			rate, share = tries.pop(0)
			steps = [{**self.STEP, "type": "preload"}, {**self.STEP, "rate": rate * share}, half]
			return bench_kvs._found(side, steps, share, [])
		self.patch(bench_kvs, "_once", once)
		for _ in rates:
			bench_kvs._measure(side, None)
		return side

	def test_a_row_has_the_median_of_the_least_disturbed_tries_and_all_faults(self):
		row = bench_kvs._row(self.side(), bench.Conf())
		self.assertEqual((row["answers_per_s"], row["min"], row["max"], row["runs"]), (20, 10, 30, [30, 10, 20]))
		self.assertEqual((row["lost"], row["wrong"], row["latency_us_at_half"]["p99.99"]), (6, 0, 2.0))
		self.assertEqual(row["failures"], [])

	def test_ratios_of_what_is_there(self):
		rows = [{"level": "netdev", "answers_per_s": 100}, {"level": "linux-batch", "answers_per_s": 8}, {"level": "dpdk", "missing": "x"}]
		self.assertEqual([(r["level"], r["of"], r["ratio"]) for r in bench_kvs.ratios(rows)], [("netdev", "linux-batch", 12.5)])

	def test_a_wrong_answer_ends_it(self):
		class Told:
			events = [{**self.STEP, "verdict": "old values came back", "stale": 3}]

			def result(self, timeout):
				pass
		with self.assertRaisesRegex(Fail, "old values came back .stale 3"):
			bench_kvs.steps_of(Told())
		side = bench_kvs.Side(kvs_levels.LEVELS["netdev"], "1:1", kvs_levels.Way(8))
		with self.assertRaises(Fail):
			bench_kvs._found(side, Told.events, 1.0, [])
		self.assertEqual(side.faults["stale"], 3)

	def test_a_level_that_is_missing_is_named(self):
		self.patch(kvs_levels.build, "known", lambda: ["kvs"])
		self.assertIn("kvs-lwip", kvs_levels.LEVELS["lwip-raw"].lacks())
		self.assertIn("is not in the build", kvs_levels._target("no/such/program"))

	def test_what_is_refused(self):
		self.refused(2, "'warp' is unknown", "bench", "kvs", "--levels", "warp")
		self.refused(2, "--keys 0", "bench", "kvs", "--keys", "0")
		self.refused(2, "--zipf 9", "bench", "kvs", "--zipf", "9")


LEVEL = kvs_levels.LEVELS["linux-batch"]
WHY = "network namespaces need root" if os.geteuid() else "" if (kvs_levels.paths.BUILD / kvs_levels.LINUX).exists() \
	else "kvs-linux is not built"


@unittest.skipIf(WHY, WHY)
class Namespaces(Case):
	def test_the_server_answers_and_nothing_stays(self):
		for variant in LEVEL.variants:
			words = ["--keys", 500, "--load", "closed:16", "--duration", 0.3, "--timeout", 5, "--verify"]
			with LEVEL.serve(kvs_levels.Way(16, variant), words, bench.Conf(), 500) as load:
				self.assertEqual(len(namespaces()), 2)
				steps = bench_kvs.steps_of(load)
			self.assertEqual([s["type"] for s in steps], ["preload", "step", "verify"])
			self.assertEqual((steps[0]["stored"], steps[2]["hits"]), (500, 500))
		self.assertEqual(namespaces(), [])


if __name__ == "__main__":
	unittest.main()

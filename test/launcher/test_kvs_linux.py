# SPDX-License-Identifier: BSD-3-Clause
"""The store behind Linux sockets (kvs-linux), as real clients and memcached's own tests see it."""

import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest

from launcher import paths
from support import Case

PROGRAM = paths.BUILD / "nf-apps" / "kvs" / "linux" / "kvs-linux-san"
TOOLS = "install libmemcached-tools"
WAIT_S = 60
# Of memcached's own tests, those of what is a matter of protocol. The others look into its slabs, its threads, extstore,
# TLS, the proxy, or a debug build.
PEER_TESTS = """binary binary-get binary-sasl bogus-commands cas chunked-items daemonize dash-M evictions flags getandtouch
	getset idle-timeout incrdecr issue_104 issue_108 issue_152 issue_192 issue_3 issue_41 issue_50 issue_68 issue_70
	malicious-commands maxconns metaget multiversioning noreply quit stats-conns stats-detail touch udp unixsocket""".split()


def free_port() -> int:
	"""One that nobody has, for TCP and UDP; another process may be faster, then the server says so."""
	with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
		tcp.bind(("127.0.0.1", 0))
		udp.bind(tcp.getsockname())
		return tcp.getsockname()[1]


class Kvs(Case):
	def server(self, *words) -> int:
		"""Starts kvs-linux for the time of the test; its port."""
		port = free_port()
		log = open(self.tmp / "log", "a+", encoding="utf-8")
		self.addCleanup(log.close)
		self.process = subprocess.Popen([PROGRAM, "-p", str(port), "-U", str(port), "-l", "127.0.0.1", *words], stdout=log, stderr=log,
			stdin=subprocess.DEVNULL)
		self.addCleanup(self.ended, self.process)
		end = time.monotonic() + WAIT_S
		while True:
			with contextlib.suppress(ConnectionRefusedError):
				with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as s:
					s.sendall(b"mn\r\n")
					self.assertEqual(s.recv(100), b"MN\r\n")
				return port
			self.assertIsNone(self.process.poll(), "it did not start")
			self.assertLess(time.monotonic(), end)
			time.sleep(0.02)

	def ended(self, process):
		"""It goes when it is told to, and the sanitizers found nothing (leaks neither)."""
		if process.poll() is None:
			process.send_signal(signal.SIGTERM)
		try:
			status = process.wait(timeout=WAIT_S)
		except subprocess.TimeoutExpired:
			process.kill()
			raise
		self.assertEqual(status, 0, (self.tmp / "log").read_text(encoding="utf-8"))

	def tool(self, name: str, port: int, *words, status=0) -> str:
		if not shutil.which(name):
			self.skipTest(f"{name} is not there: {TOOLS}")
		done = subprocess.run([name, f"--servers=127.0.0.1:{port}", *words], capture_output=True, text=True, timeout=4 * WAIT_S,
			stdin=subprocess.DEVNULL, cwd=self.tmp, check=False)
		self.assertEqual(done.returncode, status, done.stdout + done.stderr)
		return done.stdout


class LibMemcached(Kvs):
	def test_memccapable_finds_every_command(self):
		port = self.server()
		if not shutil.which("memccapable"):
			self.skipTest(f"memccapable is not there: {TOOLS}")
		done = subprocess.run(["memccapable", "-h", "127.0.0.1", "-p", str(port)], capture_output=True, text=True,
			timeout=WAIT_S, check=False)
		self.assertIn("All tests passed", done.stdout, done.stdout + done.stderr)
		self.assertGreater(done.stdout.count("[pass]"), 50)

	def test_the_small_tools(self):
		port = self.server()
		(self.tmp / "file").write_bytes(bytes(range(1, 256)) * 3000)
		(self.tmp / "other").write_text("text\n", encoding="utf-8")
		self.tool("memccp", port, "file", "other")
		self.assertEqual(self.tool("memccat", port, "other"), "text\n\n")
		self.tool("memccat", port, "--file=back", "file")
		self.assertEqual((self.tmp / "back").read_bytes(), (self.tmp / "file").read_bytes())
		self.tool("memcexist", port, "file")
		self.tool("memctouch", port, "--expire=100", "file")
		self.tool("memcping", port)
		self.assertIn("curr_items: 2", self.tool("memcstat", port))
		self.assertEqual(set(self.tool("memcdump", port).split()), {"file", "other"})
		self.tool("memcrm", port, "file")
		self.tool("memcexist", port, "file", status=1)
		self.tool("memcflush", port)
		self.tool("memccat", port, "other", status=1)

	def slap(self, *words):
		port = self.server(*words[:1])
		out = self.tool("memcaslap", port, "--threads=1", "--concurrency=8", "--execute_number=20000", "--fixed_size=100",
			"--verify=1.0", *words[1:])
		for count in ("get_misses", "verify_misses", "verify_failed"):
			self.assertRegex(out, rf"(?m)^{count}: 0$")
		self.assertGreater(int(re.search(r"(?m)^cmd_get: (\d+)", out)[1]), 10000)
		return out

	def test_memcaslap_in_text(self):
		self.slap("--single")

	def test_memcaslap_in_binary(self):
		self.slap("--single", "--binary")

	def test_memcaslap_with_many_keys_at_once(self):
		self.slap("--single", "--division=20")

	def test_memcaslap_over_udp(self):
		for mode in ("--single", "--batch"):
			with self.subTest(mode=mode):
				out = self.slap(mode, "--udp")
				for count in ("packet_disorder", "packet_drop", "udp_timeout"):
					self.assertRegex(out, rf"(?m)^{count}: 0$")


class PyMemcache(Kvs):
	def client(self, port: int, **more):
		try:
			from pymemcache.client.base import Client
		except ImportError:
			self.skipTest("pymemcache is not there: install python3-pymemcache")
		client = Client(("127.0.0.1", port), timeout=WAIT_S, connect_timeout=WAIT_S, no_delay=True, default_noreply=False, **more)
		self.addCleanup(client.close)
		return client

	def test_each_call(self):
		c = self.client(self.server())
		self.assertTrue(c.set("a", b"1", expire=100))
		self.assertEqual(c.get("a"), b"1")
		self.assertFalse(c.add("a", b"x"))
		self.assertTrue(c.replace("a", b"10"))
		self.assertEqual((c.incr("a", 5), c.decr("a", 7), c.incr("none", 1)), (15, 8, None))
		self.assertTrue(c.append("a", b"+") and c.prepend("a", b"-"))
		value, cas = c.gets("a")
		self.assertEqual(value, b"-8 +")
		self.assertTrue(c.cas("a", b"new", cas))
		self.assertIs(c.cas("a", b"newer", cas), False)
		self.assertIsNone(c.cas("none", b"x", b"1"))
		self.assertEqual(c.set_many({f"k{i}": b"v%d" % i for i in range(500)}), [])
		self.assertEqual(c.get_many([f"k{i}" for i in range(600)]), {f"k{i}": b"v%d" % i for i in range(500)})
		self.assertTrue(c.touch("a", 200))
		self.assertTrue(c.delete("a"))
		self.assertFalse(c.delete("a"))
		self.assertEqual(c.version(), b"1.6.18-sluice")
		stats = c.stats()
		self.assertEqual((stats[b"curr_items"], stats[b"threads"]), (500, 1))
		self.assertTrue(c.flush_all())
		self.assertEqual(c.get_many(["k0", "k1"]), {})
		c.quit()

	def test_large_values_and_errors(self):
		c = self.client(self.server())
		from pymemcache.exceptions import MemcacheClientError, MemcacheServerError
		for size in (0, 1, 4095, 65536, 1 << 20):
			value = os.urandom(size)
			self.assertTrue(c.set("big", value))
			self.assertEqual(c.get("big"), value)
		with self.assertRaises(MemcacheServerError):
			c.set("big", bytes((1 << 20) + 1))
		self.assertIsNone(c.get("big"))
		self.assertTrue(c.set("text", b"text"))
		with self.assertRaises(MemcacheClientError):
			c.incr("text", 1)

	def test_noreply(self):
		c = self.client(self.server())
		for i in range(2000):
			c.set(f"k{i % 50}", b"%d" % i, noreply=True)
		self.assertEqual(c.get("k49"), b"1999")


class Datagrams(Kvs):
	def ask(self, port: int, payload: bytes, number=7, total=1) -> bytes:
		"""One request in its frame; the answer, put together of its datagrams."""
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.settimeout(WAIT_S)
			s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
			s.connect(("127.0.0.1", port))
			s.send(struct.pack("!HHHH", number, 0, total, 0) + payload)
			parts, wanted = {}, 1
			while len(parts) < wanted:
				data = s.recv(65536)
				got, seq, wanted, zero = struct.unpack_from("!HHHH", data)
				self.assertEqual((got, zero), (number, 0))
				self.assertLessEqual(len(data), 1400)
				self.assertLess(seq, wanted)
				parts[seq] = data[8:]
		return b"".join(parts[i] for i in range(wanted))

	def test_both_ways(self):
		for mode in ("--single", "--batch"):
			with self.subTest(mode=mode):
				port = self.server(mode)
				self.assertEqual(self.ask(port, b"set foo 3 0 3\r\nbar\r\n"), b"STORED\r\n")
				self.assertEqual(self.ask(port, b"get foo\r\n", 65535), b"VALUE foo 3 3\r\nbar\r\nEND\r\n")
				self.assertEqual(self.ask(port, b"mg foo v\r\n"), b"VA 3\r\nbar\r\n")
				value = os.urandom(50000)
				self.assertEqual(self.ask(port, b"set big 0 0 50000\r\n" + value + b"\r\n"), b"STORED\r\n")
				self.assertEqual(self.ask(port, b"get big foo\r\n"),
					b"VALUE big 0 50000\r\n" + value + b"\r\nVALUE foo 3 3\r\nbar\r\nEND\r\n")
				get = struct.pack("!BBHBBHIIQ", 0x80, 0, 3, 0, 0, 0, 3, 99, 0) + b"foo"
				self.assertEqual(self.ask(port, get)[24:], b"\0\0\0\3bar")
				# of several datagrams: dropped; the next one is answered
				with self.assertRaises(TimeoutError):
					globals()["WAIT_S"], kept = 0.2, WAIT_S
					try:
						self.ask(port, b"get foo\r\n", total=2)
					finally:
						globals()["WAIT_S"] = kept
				self.assertIn(b"STAT dgrams_dropped 1\r\n", self.ask(port, b"stats\r\n"))

	def test_a_burst(self):
		"""More at once than a batch, of which each has its answer."""
		port = self.server("--batch")
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			s.settimeout(WAIT_S)
			s.connect(("127.0.0.1", port))
			for i in range(100):
				s.send(struct.pack("!HHHH", i, 0, 1, 0) + b"set k%d 0 0 2\r\n%02d\r\n" % (i, i))
			self.assertEqual({struct.unpack("!H", s.recv(100)[:2])[0] for _ in range(100)}, set(range(100)))
			for i in range(100):
				s.send(struct.pack("!HHHH", i, 0, 1, 0) + b"get k%d\r\n" % i)
			for _ in range(100):
				data = s.recv(100)
				i = struct.unpack("!H", data[:2])[0]
				self.assertEqual(data[8:], b"VALUE k%d 0 2\r\n%02d\r\nEND\r\n" % (i, i))


class Program(Kvs):
	def run_it(self, *words):
		return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=WAIT_S, check=False)

	def test_what_is_wrong_is_said(self):
		for words, needle in (((["-p", "x"]), "-p is a number"), (["-m", "1"], "-m is a number"), (["-I", "2m"], "-I is from"),
				(["-B", "http"], "-B is auto"), (["more"], "no option"), (["-p", "0"], "no port to listen on"),
				(["-l", "no.such.name.invalid"], "no.such.name.invalid"), (["-s", "/no/such/folder"], "/no/such/folder")):
			with self.subTest(words=words):
				done = self.run_it(*words)
				self.assertNotEqual(done.returncode, 0)
				self.assertIn(needle, done.stderr)
				self.assertEqual(len(done.stderr.strip().splitlines()), 1)
		self.assertEqual(self.run_it("-h").returncode, 0)

	def test_limits_and_signals(self):
		pid = self.tmp / "pid"
		port = self.server("-c", "2", "-P", str(pid))
		self.assertEqual(int(pid.read_text(encoding="utf-8")), self.process.pid)
		with contextlib.ExitStack() as close:
			kept = []
			for _ in range(2):
				kept.append(close.enter_context(socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)))
				kept[-1].sendall(b"mn\r\n")
				# the one before may still be on its way out
				self.assertIn(kept[-1].recv(100), (b"MN\r\n", b"ERROR Too many open connections\r\n"))
			with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as third:
				self.assertEqual(third.recv(100), b"ERROR Too many open connections\r\n")
		self.process.send_signal(signal.SIGUSR1)
		self.assertEqual(self.process.wait(timeout=WAIT_S), 0)
		self.assertFalse(pid.exists())


class MemcachedsOwn(Case):
	def test_those_of_the_protocol(self):
		"""memcached's t/*.t start our program in the place of theirs."""
		source = paths.source("memcached")
		if not (source / "t").is_dir():
			raise unittest.SkipTest("memcached's source is not there: run ./sluice setup")
		if not shutil.which("prove"):
			raise unittest.SkipTest("prove is not there: install perl")
		shutil.copytree(source / "t", self.tmp / "t")
		(self.tmp / "memcached-debug").symlink_to(PROGRAM)
		(self.tmp / "timedrun").write_text('#!/bin/sh\nshift\nexec "$@"\n', encoding="utf-8")
		(self.tmp / "timedrun").chmod(0o755)
		done = subprocess.run(["prove", "-j8", *(f"t/{name}.t" for name in PEER_TESTS)], capture_output=True, text=True, errors="replace",
			timeout=10 * WAIT_S, cwd=self.tmp, check=False)
		self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr[-3000:])
		self.assertIn("Result: PASS", done.stdout)

# SPDX-License-Identifier: BSD-3-Clause
"""The TCP/IP stack against Linux: echo-raw (nf-apps/samples) over a tap interface and QEMU's user network."""

import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time

from launcher import bench_boot
from support import NetSpec, each_accel

TAP = f"sls{os.getpid()}"
NET = f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 250}"
HOST, GUEST = f"{NET}.1", f"{NET}.2"
NET6 = f"fd5a:{os.getpid() % 65536:x}:1"
HOST6, GUEST6 = f"{NET6}::1", f"{NET6}::2"
STATIC = f"netdev.ip={GUEST}/24:{HOST} netdev.ip6={GUEST6}/64"
ECHO, DISCARD, SOURCE = 7, 9, 19
LINE = bytes(32 + i % 95 for i in range(16384))  # what the source sends, over and over
IDLE_S, IDLE_MOST = 3.0, 0.2


def echoed(s, data):
	"""Send all and read as much; a thread sends, so that neither side blocks the other."""
	t = threading.Thread(target=s.sendall, args=(data,))
	t.start()
	got = bytearray()
	while len(got) < len(data):
		piece = s.recv(1 << 16)
		if not piece:
			break
		got += piece
	t.join()
	return bytes(got)


class OnTap:
	"""A tap interface with addresses of its own."""

	def setUp(self):
		super().setUp()
		if not os.path.exists("/dev/net/tun"):
			self.skipTest("there is no /dev/net/tun")
		self.addCleanup(subprocess.run, ["ip", "link", "del", TAP], capture_output=True, check=False)
		for words in (f"ip tuntap add {TAP} mode tap", f"ip addr add {HOST}/24 dev {TAP}",
				f"ip -6 addr add {HOST6}/64 dev {TAP} nodad", f"ip link set {TAP} up"):
			done = subprocess.run(words.split(), capture_output=True, text=True, check=False)
			if done.returncode:
				self.skipTest(f"`{words}`: {done.stderr.strip()}")

	def echo(self, options=STATIC, **more):
		return self.vm("echo-raw", cmdline=options, nets=[NetSpec("tap", TAP)], **more)

	def tool(self, name):
		path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
		if not path:
			self.skipTest(f"{name} is not installed: run ./sluice setup")
		return path

	def service(self, *words):
		p = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
		self.addCleanup(p.wait)
		self.addCleanup(p.terminate)
		return p

	def ping(self, *words):
		return subprocess.run([self.tool("ping"), "-q", *words], capture_output=True, text=True, check=False)

	def assert_pings(self, *words):
		done = self.ping("-c", "3", "-i", "0.2", "-w", "20", *words)
		self.assertEqual(done.returncode, 0, done.stdout)

	def address(self, vm, start):
		"""The address that the guest says it has; starts with what is given."""
		vm.wait_line(f'"ip":"{start}', 60)
		return next(r["ip"] for r in vm.records() if r.get("type") == "address" and r["ip"].startswith(start))


@each_accel
class Tap(OnTap):
	def test_pings(self):
		with self.echo() as vm:
			link = self.address(vm, "fe80:")
			self.address(vm, GUEST6)
			for size in ("0", "56", "1472", "9000", "65000"):
				self.assert_pings("-s", size, GUEST)
			for size in ("56", "1452", "20000"):
				self.assert_pings("-s", size, f"{link}%{TAP}")
				self.assert_pings("-s", size, GUEST6)
			done = subprocess.run([self.tool("arping"), "-c", "2", "-I", TAP, GUEST], capture_output=True, text=True, check=False)
			self.assertEqual(done.returncode, 0, done.stdout)

	def test_udp(self):
		rng = random.Random(1)
		with self.echo() as vm:
			self.address(vm, GUEST6)
			for family, to in ((socket.AF_INET, GUEST), (socket.AF_INET6, GUEST6)):
				with socket.socket(family, socket.SOCK_DGRAM) as s:
					s.settimeout(20)
					s.connect((to, ECHO))
					for size in (0, 1, 100, 1000, 1472, 1473, 5000, 30000, 65000):
						data = rng.randbytes(size)
						s.send(data)
						self.assertEqual(s.recv(1 << 16), data)

	def test_tcp(self):
		data = random.Random(2).randbytes(3 << 20)
		with self.echo() as vm:
			self.address(vm, GUEST6)
			for to in (GUEST, GUEST6):
				with socket.create_connection((to, ECHO), 30) as s:
					self.assertTrue(echoed(s, data) == data)

	def bulk(self, options):
		"""Both ways, many connections at once; every byte is looked at."""
		with self.echo(f"{STATIC} {options}") as vm:
			vm.wait_line('"type":"ready"', 30)
			for _ in range(3):
				with socket.create_connection((GUEST, SOURCE), 120) as s:
					got = bytearray()
					while len(got) < 20 << 20:
						got += s.recv(1 << 18)
				self.assertEqual(bytes(got), (LINE * (len(got) // len(LINE) + 1))[:len(got)])
				with socket.create_connection((GUEST, DISCARD), 120) as s:
					s.sendall(bytes(20 << 20))
			self.assert_pings(GUEST)

	def test_bulk(self):
		self.bulk("")

	def test_bulk_without_offloads(self):
		self.bulk("netstack.offloads=0")

	def test_bulk_polled(self):
		self.bulk("netstack.poll")

	def test_many(self):
		"""Several hundred connections at once."""
		with self.echo() as vm:
			vm.wait_line('"type":"ready"', 30)
			many = [socket.create_connection((GUEST, ECHO), 30) for _ in range(400)]
			for i, s in enumerate(many):
				s.sendall(b"%d\n" % i)
			for i, s in enumerate(many):
				self.assertEqual(s.recv(16), b"%d\n" % i)
				s.close()
			self.assert_pings(GUEST)

	def lossy(self):
		"""Linux drops each twentieth TCP packet, at random, both ways."""
		table = f"inet {TAP}"
		self.addCleanup(subprocess.run, ["nft", "delete", "table", *table.split()], capture_output=True, check=False)
		drop = "meta l4proto tcp numgen random mod 20 == 0 drop"
		rules = f"""table {table} {{
			chain i {{ type filter hook input priority 0; iifname "{TAP}" {drop}; }}
			chain o {{ type filter hook output priority 0; oifname "{TAP}" {drop}; }}
		}}"""
		done = subprocess.run([self.tool("nft"), "-f", "-"], input=rules, capture_output=True, text=True, check=False)
		if done.returncode:
			self.skipTest(f"nft does not drop packets at random here: {done.stderr.strip()}")

	def test_loss(self):
		"""What is lost is sent again: all arrives, a little later."""
		self.lossy()
		data = random.Random(3).randbytes(300000)
		for options in ("", "netstack.offloads=0"):
			with self.echo(f"{STATIC} {options}") as vm:
				vm.wait_line('"type":"ready"', 30)
				with socket.create_connection((GUEST, ECHO), 60) as s:
					s.settimeout(120)
					self.assertTrue(echoed(s, data) == data)

	def test_dhcp(self):
		self.service(self.tool("dnsmasq"), "--conf-file=/dev/null", "--keep-in-foreground", f"--interface={TAP}", "--bind-interfaces",
			"--except-interface=lo", "--port=0", "--leasefile-ro", f"--dhcp-range={NET}.50,{NET}.60,2m", f"--pid-file={self.tmp}/dnsmasq.pid")
		with self.echo("") as vm:
			ip = self.address(vm, f"{NET}.")
			self.assertTrue(50 <= int(ip.split(".")[3]) <= 60, ip)
			self.assert_pings(ip)
			record = next(r for r in vm.records() if r.get("ip") == ip)
			self.assertEqual((record["bits"], record["gateway"]), (24, HOST))

	def test_slaac(self):
		conf = self.tmp / "radvd.conf"
		conf.write_text(f"interface {TAP} {{ AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix {NET6}::/64 {{ }}; }};\n")
		self.service(self.tool("radvd"), "-n", "-C", str(conf), "-p", str(self.tmp / "radvd.pid"), "-m", "none")
		with self.echo("netdev.ip=none") as vm:
			self.assert_pings(self.address(vm, NET6))

	def test_idle(self):
		"""It sleeps when nothing comes, and answers all the same."""
		with self.echo() as vm:
			vm.wait_line('"type":"ready"', 30)
			self.assert_pings(GUEST)
			time.sleep(1)
			p = subprocess.Popen([self.tool("ping"), "-q", "-i", "0.5", "-c", "6", "-w", "20", GUEST], stdout=subprocess.PIPE, text=True)
			share = bench_boot.cpu_share(vm, IDLE_S)
			out, _ = p.communicate()
			self.assertEqual(p.returncode, 0, out)
			self.assertIn(" 0% packet loss", out)
			self.assertLess(share, IDLE_MOST, out)

	def test_bad_options(self):
		for option in ("ip=10.0.0.1", "ip=10.0.0.1/33", "ip=10.0.0/8", "ip=10.0.0.1/8:x", "ip6=fd00::1/63", "ip6=fd00::g/64"):
			code, out, _ = self.run_image("echo-raw", cmdline=f"netdev.{option}", nets=[NetSpec("tap", TAP)])
			self.assertNotEqual(code, 0, out)
			self.assertRegex(out, re.escape(option) + ": must be ")


@each_accel
class User:
	def test_forwarded(self):
		with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u, socket.socket() as t:
			u.bind(("127.0.0.1", 0))
			t.bind(("127.0.0.1", 0))
			ports = u.getsockname()[1], t.getsockname()[1]
		spec = NetSpec("user", options=[f"hostfwd=udp:127.0.0.1:{ports[0]}-:{ECHO}", f"hostfwd=tcp:127.0.0.1:{ports[1]}-:{ECHO}"])
		data = random.Random(4).randbytes(1 << 20)
		with self.vm("echo-raw", nets=[spec]) as vm, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
			vm.wait_line('"ip":"10.0.2.15"', 60)
			s.settimeout(20)
			s.sendto(b"hello", ("127.0.0.1", ports[0]))
			self.assertEqual(s.recv(100), b"hello")
			with socket.create_connection(("127.0.0.1", ports[1]), 30) as c:
				self.assertTrue(echoed(c, data) == data)

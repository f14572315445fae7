# SPDX-License-Identifier: BSD-3-Clause
"""Conversations with a middlebox, the same in a VM and in the Linux twin, and what its frames say.

The twin reads files and ends: so each `receive` runs it anew with all that was said until then, and gives what
is new. Random numbers and time are the same each time. While one port says something the others get a filler
frame, so that what is said later arrives later.
"""

import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nfframes as frames
from nfbox import WAIT_S, Box, mac, read_pcap, write_pcap
from support import Case, each_accel, paths

from launcher.control import Control

CONF = paths.ROOT / "nf-apps" / "conf"
TWIN = paths.BUILD / "nf-apps" / "twin" / "sluice-click-san"
FILLER = b"filler"  # too short to be learnt from, or to be wrapped
ANY = b"\xff" * 6


def host(number: int) -> bytes:
	"""The Ethernet address of a host."""
	return bytes((2, 0, 0, 0, 1, number))


class Twin:
	"""A middlebox that is a Linux process. `defines`: the configuration's variables."""

	def __init__(self, case, text, ports, defines):
		self._case, self._ports = case, ports
		self._said, self._seen, self._fresh = [[] for _ in range(ports)], [0] * ports, [[] for _ in range(ports)]
		self._folder = Path(tempfile.mkdtemp(dir=case.tmp))
		(self._folder / "config").write_text(text, encoding="utf-8")
		self._words = [f"ETH{i}_MAC={mac(i).hex('-')}" for i in range(ports)] + [f"{k}={v}" for k, v in defines.items()]
		self._changed = True

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		pass

	def send(self, port: int, *sent: bytes) -> None:
		for frame in sent:
			for i, said in enumerate(self._said):
				said.append(frame if i == port else FILLER)
		self._changed = True

	def _run(self, handler="") -> str:
		args = [str(TWIN), "--seed", "7", "--simtime=1000000"]
		for i, said in enumerate(self._said):
			write_pcap(self._folder / f"in{i}", said)
			args += ["--device", f"eth{i}={self._folder}/in{i},{self._folder}/out{i}"]
		args += ["-h", handler] if handler else []
		done = subprocess.run([*args, *self._words, "-f", str(self._folder / "config")], capture_output=True, text=True,
			timeout=60, check=False)
		self._case.assertEqual(done.returncode, 0, done.stderr)
		for i in range(self._ports):
			got = [f for f in read_pcap(self._folder / f"out{i}") if f != FILLER]
			self._fresh[i] = got[self._seen[i]:]
		self._changed = False
		return done.stdout

	def receive(self, port: int, count: int, timeout=0) -> list:
		if self._changed:
			self._run()
		got = self._fresh[port][:count]
		self._fresh[port] = self._fresh[port][count:]
		self._seen[port] += len(got)
		return got

	def quiet(self, port: int, seconds=0) -> list:
		return self.receive(port, 1)

	def read(self, handler: str) -> str:
		text = self._run(handler)
		return re.sub(r"\A[\w/.@]+:\n", "", text).strip()


class Machine(Box):
	"""A middlebox that is a VM."""

	def __init__(self, case, text, ports, defines):
		super().__init__(case, "nf", text, ports=ports, options=[f"{k}={v}" for k, v in defines.items()], mem="256M")

		self._last, self._rest_s = None, 0.05 if case.accel == "kvm" else 0.2

	def send(self, port: int, *sent: bytes) -> None:
		"""What another port said before has been heard by then."""
		if self._last not in (None, port):
			time.sleep(self._rest_s)
		self._last = port
		for frame in sent:
			super().send(port, frame)

	def receive(self, port: int, count: int, timeout: float = WAIT_S) -> list:
		got = super().receive(port, count, timeout)
		if got:
			self._last = None
		return got

	def read(self, handler: str) -> str:
		with Control.of(self.vm.name) as c:
			return c.read(handler).decode().strip()

	def write(self, handler: str, value: str) -> None:
		with Control.of(self.vm.name) as c:
			c.write(handler, value.encode())


class Play:
	"""What the tests of a middlebox have in common."""

	file, ports, twin = "", 2, False

	def box(self, ports=0, **defines):
		text = (CONF / self.file).read_text(encoding="utf-8")
		return (Twin if self.twin else Machine)(self, text, ports or self.ports, defines)

	def meet(self, box, port, hw, ip, router) -> None:
		"""Tells the middlebox where a host is."""
		box.send(port, frames.ether(mac(port), hw, 0x0806, frames.arp(2, hw, ip, mac(port), router)))

	def one(self, box, port) -> bytes:
		got = box.receive(port, 1)
		self.assertEqual(len(got), 1, f"nothing came out of port {port}")
		return got[0]

	def ip(self, box, port) -> "Ip":
		"""The next frame of a port, an IPv4 packet that is right in every checksum."""
		return Ip(self, self.one(box, port))

	def silence(self, box, *ports) -> None:
		for number, port in enumerate(ports or range(self.ports)):
			self.assertEqual([f.hex() for f in box.quiet(port, 0.02 if number else 0.3)], [], f"port {port}")


class Ip:
	"""An IPv4 packet, with or without an Ethernet header before it."""

	def __init__(self, test, frame: bytes, ether=True):
		if ether:
			self.to, self.by = frame[:6], frame[6:12]
			test.assertEqual(frame[12:14], b"\x08\x00", frame.hex())
			frame = frame[14:]
		hl = (frame[0] & 15) * 4
		self.tos, self.length, self.ident, self.off, self.ttl, self.proto = struct.unpack_from(">xBHHHBB", frame)
		self.raw = frame[:self.length]
		self.src, self.dst = socket.inet_ntoa(frame[12:16]), socket.inet_ntoa(frame[16:20])
		self.body = self.raw[hl:]
		test.assertEqual(frames.csum(self.raw[:hl]), 0, "IP checksum")
		test.assertEqual(len(self.raw), self.length)
		whole = self.off & 0x3FFF == 0
		pseudo = self.raw[12:20] + struct.pack(">BBH", 0, self.proto, len(self.body))
		if self.proto in (6, 17) and whole:
			self.sport, self.dport = struct.unpack_from(">HH", self.body)
			if self.proto == 6 or self.body[6:8] != b"\0\0":
				test.assertEqual(frames.csum(pseudo + self.body), 0, "checksum of TCP or UDP")
			self.data = self.body[8 if self.proto == 17 else (self.body[12] >> 4) * 4:]
		if self.proto == 1 and whole:
			self.type, self.code, self.echo = self.body[0], self.body[1], struct.unpack_from(">HH", self.body, 4)
			test.assertEqual(frames.csum(self.body), 0, "ICMP checksum")
			self.data = self.body[8:]

	def flow(self) -> tuple:
		return self.src, self.sport, self.dst, self.dport


def udp(to, hw, src, sport, dst, dport, data=b"data", **more) -> bytes:
	return frames.ether(to, hw, 0x0800, frames.ip4(src, dst, 17, frames.udp(src, dst, sport, dport, data), **more))


def tcp(to, hw, src, sport, dst, dport, flags, data=b"", seq=1, ack=0, **more) -> bytes:
	return frames.ether(to, hw, 0x0800, frames.ip4(src, dst, 6, frames.tcp(src, dst, sport, dport, flags, data, seq, ack), **more))


def ping(to, hw, src, dst, ident, seq, kind=8, **more) -> bytes:
	return frames.ether(to, hw, 0x0800, frames.ip4(src, dst, 1, frames.echo(ident, seq, kind=kind), **more))


def error(to, hw, src, dst, kind, code, about: bytes) -> bytes:
	"""An ICMP error about an IP packet."""
	body = struct.pack(">BBHI", kind, code, 0, 0) + about
	return frames.ether(to, hw, 0x0800, frames.ip4(src, dst, 1, body[:2] + struct.pack(">H", frames.csum(body)) + body[4:]))


def everyhow(base):
	"""Class decorator: the tests of this mix-in in the twin, and in a VM under each accelerator."""
	name = base.__name__ + "_twin"
	setattr(sys.modules[base.__module__], name, type(name, (base, Case), {"twin": True, "__module__": base.__module__,
		"__doc__": base.__doc__}))
	return each_accel(base)

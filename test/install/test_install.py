# SPDX-License-Identifier: BSD-3-Clause
"""`ninja install`, then the tutorial's network function built and run outside this tree."""

import contextlib
import functools
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from launcher import accel, paths, work
from launcher.qemu import VM

EXAMPLE = paths.ROOT / "docs" / "examples" / "mirror"
BOOT_S = 30
MAC, PEER, OWN = bytes((2, 0, 0, 0, 0, 9)), bytes((10, 0, 0, 1)), bytes((10, 0, 0, 2))
CARD = {"microvm": "virtio-net-device,netdev=n", "q35": "virtio-net-pci,disable-legacy=on,romfile=,netdev=n"}

THREADS = """
#include <pthread.h>
#include <unistd.h>
#include "kernel/alloc.h"

const struct uk_alloc_ops *const uk_alloc_image = &uk_tlsf_ops;
static int fds[2];

static void *copy(void *arg)
{
	char buf[64];
	long n = read(fds[0], buf, sizeof(buf));

	return (void *)(write(1, buf, n) - n);
}

int main(void)
{
	pthread_t t;
	void *left;

	if (pipe(fds) != 0 || pthread_create(&t, NULL, copy, NULL) != 0)
		return 1;
	write(fds[1], "through the pipe\\n", 17);
	return pthread_join(t, &left) != 0 || left != NULL;
}
"""


def accels() -> list:
	return ["tcg"] if accel.kvm_usable() else ["kvm", "tcg"]


def run(words, cwd=None, env=None) -> str:
	"""Run a program; its output. An error shows all of it."""
	done = subprocess.run([str(w) for w in words], cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
		stdin=subprocess.DEVNULL, text=True, errors="replace", check=False)
	if done.returncode:
		raise AssertionError(f"{' '.join(map(str, words))} failed:\n{done.stdout}")
	return done.stdout


class Wire:
	"""A card whose other end are datagram sockets of this test: one datagram, one frame."""

	def __init__(self, folder: Path, machine: str):
		folder = Path(tempfile.mkdtemp(prefix="w", dir=folder))
		self.guest, here = folder / "guest", folder / "here"
		self.words = ["-netdev", f"dgram,id=n,local.type=unix,local.path={self.guest},"
			f"remote.type=unix,remote.path={here}", "-device", CARD[machine]]
		self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		self.sock.bind(str(here))
		self.sock.settimeout(BOOT_S)

	def __enter__(self):
		return self

	def __exit__(self, *exc):
		self.sock.close()

	def send(self, frame: bytes) -> None:
		self.sock.sendto(frame, str(self.guest))

	def receive(self) -> bytes:
		return self.sock.recv(65536)


def frames():
	"""Frames of many sizes, each with other bytes."""
	for number, size in enumerate((60, 61, 64, 65, 127, 128, 512, 1000, 1513, 1514) * 10):
		body = bytes((number * 7 + i) & 255 for i in range(size - 12))
		yield bytes((2, 0, 0, 0, 1, number)) + bytes((2, 0, 0, 0, 2, number)) + body


class Install(unittest.TestCase):
	"""Everything happens in a copy: the installed tree is moved, the example copied."""

	@classmethod
	def setUpClass(cls):
		cls.tmp = Path(tempfile.mkdtemp(prefix="sli-"))
		cls.addClassCleanup(shutil.rmtree, cls.tmp, ignore_errors=True)
		run([work.tool("meson"), "install", "-C", paths.BUILD, "--no-rebuild", "--destdir", cls.tmp / "dest"])
		# the build's prefix may be anything; what is installed below it can be moved
		prefix = next(p.parent.parent for p in (cls.tmp / "dest").rglob("bin/sluice-mkimage"))
		cls.prefix = cls.tmp / "moved"
		prefix.rename(cls.prefix)
		shutil.rmtree(cls.tmp / "dest")
		found = next(cls.prefix.rglob("sluice.pc")).parent
		cls.env = {**os.environ, "PKG_CONFIG_PATH": str(found)}

	def setUp(self):
		# as a project of its own: a copy, in a folder with a short name (socket paths are short)
		self.folder = Path(tempfile.mkdtemp(prefix="p", dir=self.tmp))
		self.project = self.folder / "mirror"
		shutil.copytree(EXAMPLE, self.project)
		old = os.environ.get("XDG_RUNTIME_DIR")
		os.environ["XDG_RUNTIME_DIR"] = str(self.folder)
		self.addCleanup(lambda: os.environ.pop("XDG_RUNTIME_DIR") if old is None else
			os.environ.__setitem__("XDG_RUNTIME_DIR", old))

	def pkg_config(self, *words) -> list:
		return run(["pkg-config", *words, "sluice"], env=self.env).split()

	def make(self, *words) -> Path:
		run(["make", *words], cwd=self.project, env=self.env)
		return self.project / "mirror"

	def meson(self) -> Path:
		run([work.tool("meson"), "setup", "build"], cwd=self.project, env=self.env)
		run([work.tool("ninja"), "-C", "build"], cwd=self.project, env=self.env)
		return self.project / "build" / "mirror"

	def without_device(self, image: Path):
		for name in accels():
			with self.subTest(accel=name), VM(image, accel=name) as vm:
				self.assertEqual(vm.wait(BOOT_S), 1)
				self.assertEqual(vm.console(), "mirror: there is no network device, start me with --net\n")

	def mirrored(self, image: Path, name: str, machine: str, packed=False):
		with contextlib.ExitStack() as stack:
			wire = stack.enter_context(Wire(self.folder, machine))
			if packed:
				wire.words[-1] += ",packed=on"
			vm = stack.enter_context(VM(image, accel=name, machine=machine, mem="8M", extra=wire.words))
			vm.wait_line("^mirror: ready$", BOOT_S)
			sent = list(frames())
			for frame in sent:
				wire.send(frame)
				self.assertEqual(wire.receive(), frame[6:12] + frame[:6] + frame[12:])
			vm.wait_line(f"^mirror: {len(sent)} frames$", BOOT_S)

	def test_relocated(self):
		"""No flag leads back to the tree, the build folder or the first prefix."""
		flags = self.pkg_config("--cflags", "--libs")
		for place in (paths.ROOT, paths.BUILD, self.tmp / "dest"):
			self.assertFalse([f for f in flags if str(place) in f])
		self.assertTrue([f for f in flags if f.startswith(f"-I{self.prefix}/")])

	def test_headers(self):
		"""Each installed header compiles alone, with nothing but the installed tree."""
		top = self.prefix / "include" / "sluice"
		headers = [h.relative_to(top) for room in ("plat-kvm", "kernel", "dataplane") for h in (top / room).glob("*.h")]
		self.assertGreater(len(headers), 20)
		for header in headers:
			with self.subTest(header=str(header)):
				source = self.folder / "one.c"
				source.write_text(f'#include "{header}"\n', encoding="ascii")
				run(["gcc", "-Wall", "-Werror", *self.pkg_config("--cflags"), "-c", source, "-o", self.folder / "one.o"])

	def test_make(self):
		image = self.make("CFLAGS=-O2 -Wall -Wextra -Werror")
		self.without_device(image)
		for name in accels():
			with self.subTest(accel=name):
				self.mirrored(image, name, "microvm")

	def test_meson(self):
		image = self.meson()
		self.without_device(image)
		for name in accels():
			with self.subTest(accel=name):
				self.mirrored(image, name, "q35", packed=True)

	def test_without_lto(self):
		"""For a compiler that cannot read this one's link-time code."""
		image = self.make("PKG_CONFIG=pkg-config --define-variable=lto=-fno-lto")
		self.mirrored(image, accels()[0], "microvm")

	def test_threads_and_descriptors(self):
		"""Parts that are taken whole have flags of their own, before the others."""
		source, elf, image = self.folder / "t.c", self.folder / "t.elf", self.folder / "t"
		source.write_text(THREADS, encoding="ascii")
		run(["gcc", "-O2", "-Wall", "-Werror", *self.pkg_config("--cflags"), source, *self.pkg_config("--variable=fd"),
			*self.pkg_config("--variable=thread"), *self.pkg_config("--libs"), "-o", elf])
		run([*self.pkg_config("--variable=mkimage"), elf, image])
		for name in accels():
			with self.subTest(accel=name), VM(image, accel=name) as vm:
				self.assertEqual(vm.wait(BOOT_S), 0)
				self.assertEqual(vm.console(), "through the pipe\n")

	def test_ministore(self):
		"""docs/kvs.md's key-value store: found by ARP, it stores and finds."""
		folder = self.folder / "ministore"
		shutil.copytree(EXAMPLE.parent / "ministore", folder)
		run(["make", "CFLAGS=-O2 -Wall -Wextra -Werror"], cwd=folder, env=self.env)
		for name in accels():
			with self.subTest(accel=name), Wire(self.folder, "microvm") as wire, VM(folder / "ministore", accel=name,
					cmdline="netdev0.ip=10.0.0.2", mem="8M", extra=wire.words) as vm:
				vm.wait_line("^ministore: ready, room for [0-9]+ items$", BOOT_S)
				wire.send(b"\xff" * 6 + MAC + bytes.fromhex("08060001080006040001") + MAC + PEER + bytes(6) + OWN)
				answer = wire.receive()
				self.assertEqual(answer[:6] + answer[12:22] + answer[28:], MAC + bytes.fromhex("08060001080006040002") + OWN + MAC + PEER)
				ask = functools.partial(self.ask, wire, answer[6:12])
				self.assertEqual(ask(b"get key\r\n"), b"END\r\n")
				for value in (b"", b"1", bytes(range(88))):
					self.assertEqual(ask(b"set key 0 0 %d\r\n%b\r\n" % (len(value), value)), b"STORED\r\n")
					self.assertEqual(ask(b"get key\r\n"), b"VALUE key 0 %d\r\n%b\r\nEND\r\n" % (len(value), value))

	def ask(self, wire, mac: bytes, text: bytes) -> bytes:
		"""A request by hand, the answer taken apart."""
		udp = struct.pack(">HHHHHHHH", 40000, 11211, 16 + len(text), 0, 7, 0, 1, 0) + text
		ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + PEER + OWN
		total = sum(struct.unpack(">10H", ip))
		ip = ip[:10] + struct.pack(">H", ~((total & 0xffff) + (total >> 16)) & 0xffff) + ip[12:]
		wire.send(mac + MAC + b"\x08\x00" + ip + udp)
		answer = wire.receive()
		self.assertEqual(answer[:14], MAC + mac + b"\x08\x00")
		self.assertEqual(answer[26:38], OWN + PEER + struct.pack(">HH", 11211, 40000))
		self.assertEqual(answer[42:50], struct.pack(">HHHH", 7, 0, 1, 0))
		return answer[50:]

	def test_forgotten_script(self):
		"""mkimage says so in one sentence when an ELF was linked in another way."""
		done = subprocess.run([*self.pkg_config("--variable=mkimage"), "/bin/true", self.folder / "out"],
			capture_output=True, text=True, check=False)
		self.assertEqual(done.returncode, 1)
		self.assertRegex(done.stderr, r"^mkimage: .*link it with sluice\.ld\n$")


if __name__ == "__main__":
	unittest.main()

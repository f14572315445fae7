# SPDX-License-Identifier: BSD-3-Clause
"""A middlebox between Python and Python: a VM whose network cards are datagram sockets of this process.

	with Box(case, "nf", config_text, ports=2) as box:
		box.send(0, frame)
		frames = box.receive(1, count=1)

Each Ethernet frame is one datagram (QEMU: -netdev dgram), so neither root nor a back end is needed. A thread
reads what comes out of each port, since QEMU waits for a reader, and then the guest does.
"""

import queue
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from pathlib import Path

from support import paths

WAIT_S = 5.0
PCAP_MAGIC = 0xA1B2C3D4


class Box:
	"""One VM. `config`: text of the configuration (None: compiled in); `options`: words for its program."""

	def __init__(self, case, image, config, ports=2, options=(), mem="64M"):
		self._socks, self._peers, self._queues, extra = [], [], [], []
		folder = Path(tempfile.mkdtemp(prefix="box", dir=case.tmp))
		for i in range(ports):
			ours, theirs = str(folder / f"o{i}"), str(folder / f"t{i}")
			s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
			s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
			s.bind(ours)
			self._socks.append(s)
			self._peers.append(theirs)
			self._queues.append(queue.Queue())
			threading.Thread(target=self._read, args=(s, self._queues[-1]), daemon=True).start()
			device = "virtio-net-device" if case.machine == "microvm" else "virtio-net-pci,disable-legacy=on,romfile="
			extra += ["-netdev", f"dgram,id=n{i},local.type=unix,local.path={theirs},remote.type=unix,remote.path={ours}",
				"-device", f"{device},netdev=n{i},mac={mac_text(i)}"]
		modules = {}
		if config is not None:
			(folder / "config").write_text(config, encoding="utf-8")
			modules = {"config": folder / "config"}
		self.vm = case.vm(image, *options, modules=modules, extra=extra, mem=mem, control=True)

	def __enter__(self):
		self.vm.start()
		try:
			self.vm.wait_line(r'"type":"ready"', timeout=30)
		except BaseException:
			self.__exit__()
			raise
		return self

	def __exit__(self, *exc):
		self.vm.close()
		for s in self._socks:
			s.shutdown(socket.SHUT_RDWR)
			s.close()

	def send(self, port: int, frame: bytes) -> None:
		self._socks[port].sendto(frame, self._peers[port])

	@staticmethod
	def _read(sock, frames) -> None:
		while True:
			try:
				frames.put(sock.recv(65536))
			except OSError:
				return

	def receive(self, port: int, count: int, timeout: float = WAIT_S) -> list:
		"""Frames that came out of a port: `count` of them, or as many as came in time."""
		frames, end = [], time.monotonic() + timeout
		while len(frames) < count:
			try:
				frames.append(self._queues[port].get(timeout=max(0.001, end - time.monotonic())))
			except queue.Empty:
				break
		return frames

	def quiet(self, port: int, seconds: float = 0.3) -> list:
		"""What came within some time: nothing, it is hoped."""
		return self.receive(port, 1, seconds)


def mac(port: int) -> bytes:
	"""The address of a port."""
	return bytes((0x52, 0x54, 0, 0x12, 0x34, 0x56 + port))


def mac_text(port: int) -> str:
	return mac(port).hex(":")


def write_pcap(path, frames) -> None:
	"""Frames, one a microsecond."""
	with open(path, "wb") as f:
		f.write(struct.pack("<IHHiIII", PCAP_MAGIC, 2, 4, 0, 0, 65535, 1))
		for i, frame in enumerate(frames):
			f.write(struct.pack("<IIII", 1700000000, i, len(frame), len(frame)) + frame)


def read_pcap(path) -> list:
	data, frames, at = Path(path).read_bytes(), [], 24
	while at + 16 <= len(data):
		_, _, n, _ = struct.unpack_from("<IIII", data, at)
		frames.append(data[at + 16:at + 16 + n])
		at += 16 + n
	return frames


def run_twin(case, config: str, inputs: dict, ports: int, *words) -> list:
	"""The same configuration in the twin: frames in per port, frames out per port."""
	folder = Path(tempfile.mkdtemp(prefix="twin", dir=case.tmp))
	(folder / "config").write_text(config, encoding="utf-8")
	args = []
	for i in range(ports):
		write_pcap(folder / f"in{i}", inputs.get(i, []))
		args += ["--device", f"eth{i}={folder}/in{i},{folder}/out{i}"]
	done = subprocess.run([str(paths.BUILD / "nf-apps/twin/sluice-click-san"), *args, *words, "-f", str(folder / "config")],
		capture_output=True, text=True, timeout=60, check=False)
	case.assertEqual(done.returncode, 0, done.stderr)
	return [read_pcap(folder / f"out{i}") if (folder / f"out{i}").exists() else [] for i in range(ports)]

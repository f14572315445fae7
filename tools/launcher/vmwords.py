# SPDX-License-Identifier: BSD-3-Clause
"""What a VM is: its image, memory, cards and modules, checked, and QEMU's words for it."""

import os
import re
import struct
from pathlib import Path

from . import accel as accels
from . import paths, state
from .nets import MAX_QUEUES, quote
from .say import Fail, usage

LIVE = ("inherit", "stderr")
MODULE = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def parse_mem(text) -> int:
	"""Bytes of "64M", "1G", "2048K"; a bare number is MiB."""
	match = re.fullmatch(r"(\d{1,9})([KMG]?)i?B?", str(text), re.IGNORECASE)
	if not match:
		raise usage(f"'{text}' is no memory size: use for instance 64M or 1G")
	size = int(match[1]) << {"K": 10, "": 20, "M": 20, "G": 30}[match[2].upper()]
	if size < 2 << 20 or size > 1 << 40 or size % 4096:
		raise usage(f"memory of {text} is out of range: use 2M to 1024G, whole pages of 4 KiB")
	return size


def find_image(app) -> Path:
	"""The image file for a name in build/images or for a path. Fail if there is none."""
	text = str(app)
	path = Path(text) if "/" in text or os.path.isfile(text) else paths.IMAGES / text
	try:
		with open(path, "rb") as f:
			magic = f.read(4)
	except OSError as err:
		hint = "" if "/" in text else f"; build it with `./sluice build {text}`"
		raise Fail(f"cannot read the image {path}: {err.strerror}{hint}") from None
	if magic != b"\x7fELF":
		raise Fail(f"{path} is not an image: it should be an ELF file")
	return path.absolute()


def image_end(path) -> int:
	"""The first byte of memory behind what an image occupies, from its ELF program headers; 0: they say nothing."""
	with open(path, "rb") as f:
		data = f.read(4096)
	try:
		offset, = struct.unpack_from("<Q", data, 32)
		size, number = struct.unpack_from("<HH", data, 54)
		heads = [struct.unpack_from("<IIQQQQQ", data, offset + i * size) for i in range(number)]
	except struct.error:
		return 0
	return max((physical + memory for kind, _, _, _, physical, _, memory in heads if kind == 1), default=0)


class Words:
	"""The description of a VM. launcher.qemu.VM explains each argument."""

	def __init__(self, image, cmdline="", nets=(), mem="64M", accel="auto", machine="microvm",
			queues=1, packed=False, modules=None, core=None, hugepages="auto",
			console="file", name=None, *, args=(), ring=256, initrd=None, detach=False,
			gdb=None, stdin=False, control=False, extra=()):
		self.image = find_image(image)
		self.app = re.sub(r"\.elf$", "", self.image.name)
		self.cmdline, self.args = cmdline, list(args)
		self.nets = [n for n in nets if n is not None]
		self.mem = parse_mem(mem)
		self.machine, self.queues, self.packed, self.ring = machine, queues, packed, ring
		self.modules, self.initrd = dict(modules or {}), initrd
		self.core, self.hugepages, self.detach = core, hugepages, detach
		self.gdb, self.stdin, self.extra = gdb, stdin, list(extra)
		self.control = control
		self.accel = accels.choose(accel)
		self.name = name or self.app[:24].strip("._-") or "vm"
		self._console = console
		self._check()

	def _check(self) -> None:
		if self.machine not in ("microvm", "q35"):
			raise usage(f"'{self.machine}' is no machine: use microvm or q35")
		if not 1 <= self.queues <= MAX_QUEUES:
			raise usage(f"{self.queues} queue pairs are out of range: use 1 to {MAX_QUEUES}")
		if self.ring not in (256, 512, 1024):
			raise usage(f"a ring of {self.ring} is not possible: use 256, 512 or 1024")
		if self.hugepages not in ("auto", "on", "off"):
			raise usage(f"hugepages '{self.hugepages}' is unknown: use auto, on or off")
		end = image_end(self.image)
		if end > self.mem:
			raise Fail(f"{self.app} does not fit into {self.mem >> 20} MiB of memory: give it --mem {-(-end >> 20)}M or more")
		for key, path in self.modules.items():
			if not MODULE.fullmatch(key):
				raise usage(f"'{key}' is no module name: use letters, digits, '_', '.' or '-'")
			_check_readable(path, f"module {key}")
		if self.initrd:
			_check_readable(self.initrd, "initrd")
		words = [self.cmdline, *self.args]
		if any(ord(c) < 32 or ord(c) == 127 for word in words for c in word):
			raise usage("the command line of a guest cannot hold control characters")

	def boot_line(self) -> str:
		"""What the guest finds as its boot command line: NAME words -- args."""
		words = [self.app] + ([self.cmdline] if self.cmdline else [])
		if self.args:
			words += ["--", *(_word(a) for a in self.args)]
		return " ".join(words)

	def arguments(self, huge: bool = False) -> list:
		"""QEMU's whole command line. huge: guest memory in 2 MiB pages."""
		mem = f"memory-backend-memfd,id=mem,size={self.mem},share=on"
		words = [accels.qemu(), "-name", f"{quote(self.name)},debug-threads=on",
			*self.accel.arguments(), "-m", f"{self.mem // 1024}K",
			"-object", mem + (",hugetlb=on,hugetlbsize=2M" if huge else ""),
			*self._machine(), "-nodefaults", "-no-user-config", "-display", "none",
			"-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
			"-kernel", str(self.image), "-append", self.boot_line(), *self._console_words(),
			"-monitor", "none", "-qmp", f"unix:{quote(self._file('.qmp'))},server=on,wait=off"]
		if self.initrd:
			words += ["-initrd", str(self.initrd)]
		for key, path in self.modules.items():
			words += ["-fw_cfg", f"name=opt/sluice/{key},file={quote(os.path.abspath(path))}"]
		for number, net in enumerate(self.nets):
			words += net.arguments(number, self.name, self.machine, self.queues,
				self.packed, self.ring, self.accel.name == "kvm")
		words += self._control_words()
		if self.gdb:
			words += ["-gdb", f"tcp:127.0.0.1:{self.gdb}", "-S"]
		return words + self.extra

	def _machine(self) -> list:
		"""The machine without what no image uses: each device is start-up time of QEMU.

		Without ACPI a microvm starts by qboot, not SeaBIOS. kvmclock needs no timer chip and
		tells the time of day; without KVM both chips are needed.
		"""
		timers = ",pit=off" if self.accel.name == "kvm" else ""
		if self.machine == "q35":
			return ["-machine", f"q35,memory-backend=mem,acpi=off,smm=off,vmport=off,sata=off,smbus=off,hpet=off{timers}",
				"-bios", paths.QBOOT]
		if timers:
			timers += ",rtc=off"
		return ["-machine", f"microvm,memory-backend=mem,pic=off,acpi=off,x-option-roms=off{timers}",
			"-global", "virtio-mmio.force-legacy=false"]

	def _control_words(self) -> list:
		"""The control channel: a virtio console with a port at a socket of ours, and one at a TCP port."""
		if self.control is False:
			return []
		device = "virtio-serial-device" if self.machine == "microvm" else "virtio-serial-pci,disable-legacy=on,vectors=0"
		words = ["-device", f"{device},max_ports=3",
			"-chardev", f"socket,id=ctl1,path={quote(self._file('.ctl'))},server=on,wait=off",
			"-device", "virtserialport,chardev=ctl1,nr=1,name=sluice.ctl"]
		if self.control is not True:
			words += ["-chardev", f"socket,id=ctl2,host=127.0.0.1,port={self.control},server=on,wait=off",
				"-device", "virtserialport,chardev=ctl2,nr=2,name=sluice.ctl.tcp"]
		return words

	def _console_words(self) -> list:
		log = quote(self._file(".log"))
		if self._console in LIVE:
			return ["-chardev", f"stdio,id=con,signal=on,logfile={log}", "-serial", "chardev:con"]
		return ["-serial", f"file:{quote(self.console_path)}"]

	def _file(self, suffix: str) -> Path:
		return state.file(self.name, suffix)

	@property
	def console_path(self) -> Path:
		"""The file that holds what the guest printed so far."""
		if self._console == "file" or self._console in LIVE:
			return self._file(".log")
		return Path(self._console)


def _word(text: str) -> str:
	"""A word for the guest's command line; one with a space is put in quotes."""
	if text and not re.search(r"[\s\"]", text):
		return text
	if '"' in text:
		raise usage("an argument for the guest cannot hold both a space and a quote")
	return f'"{text}"'


def _check_readable(path, what: str) -> None:
	try:
		with open(path, "rb"):
			pass
	except OSError as err:
		raise Fail(f"cannot read {what} from {path}: {err.strerror}") from None

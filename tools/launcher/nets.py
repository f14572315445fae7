# SPDX-License-Identifier: BSD-3-Clause
"""The network cards of a VM: parse --net, check the other end, build QEMU's words."""

import errno
import hashlib
import os
import re
import socket
import stat
from dataclasses import dataclass, field

from .say import Fail, usage

USER_KEYS = ("hostfwd", "net", "host", "dns", "dhcpstart", "restrict", "hostname")
FORMS = "vhost-user:SOCKET, tap:IFACE, user[:hostfwd=tcp::8080-:80] or none"
MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}", re.IGNORECASE)
MAX_QUEUES = 64
IFF_MULTI_QUEUE = 0x100  # in tun_flags, <linux/if_tun.h>


def quote(text) -> str:
	"""A value inside a QEMU option list: a comma is doubled."""
	return str(text).replace(",", ",,")


@dataclass
class NetSpec:
	"""One network card.

	kind: "vhost-user" (target: socket path that a back end listens on), "tap" (target:
	an interface that exists or that this user may create) or "user" (QEMU's own NAT;
	options: list of "hostfwd=..." and the like).
	mac: "52:54:00:..." or None for one derived from the VM's name and the card's place.
	device: more properties of the virtio-net device, ["mrg_rxbuf=off", "mtu=9000"];
	"host_mtu=9000" is QEMU's name for the MTU that the device reports.
	"""

	kind: str
	target: str = ""
	options: list = field(default_factory=list)
	mac: str = None
	device: list = field(default_factory=list)

	@classmethod
	def parse(cls, text: str):
		"""The card that a --net argument names; None for "none"."""
		kind, colon, rest = text.partition(":")
		if kind == "none" and not colon:
			return None
		if kind == "user":
			options = [o for o in rest.split(",") if o]
			for option in options:
				key, equals, _ = option.partition("=")
				if key not in USER_KEYS or not equals:
					raise usage(f"--net user does not know '{option}': "
						f"use KEY=VALUE with one of {', '.join(USER_KEYS)}")
			return cls("user", options=options)
		if kind not in ("vhost-user", "tap"):
			raise usage(f"--net '{text}' is unknown: use {FORMS}")
		target, *options = rest.split(",")
		if not target:
			raise usage(f"--net {kind} needs {'a socket' if kind[0] == 'v' else 'an interface'}: "
				f"use {FORMS}")
		spec = cls(kind, target)
		for option in options:
			key, _, value = option.partition("=")
			if key != "mac":
				raise usage(f"--net {kind} does not know '{option}': only mac=... may follow")
			spec.mac = value
		spec.check_mac()
		return spec

	def check_mac(self) -> None:
		if self.mac is not None and (not MAC.fullmatch(self.mac) or int(self.mac[:2], 16) & 1):
			raise usage(f"'{self.mac}' is no address for one card: use mac=52:54:00:12:34:56 or alike")

	def check(self, queues: int) -> None:
		"""Fail in one sentence if the other end is not there. Run before QEMU starts."""
		self.check_mac()
		if self.kind == "vhost-user":
			check_socket(self.target)
		elif self.kind == "tap":
			check_tap(self.target, queues)
		elif queues > 1:
			raise usage("--net user has one queue only: leave --queues out")

	def arguments(self, number: int, vm: str, machine: str, queues: int, packed: bool,
			ring: int, kvm: bool = True) -> list:
		"""QEMU's words for the card with this number."""
		net, words = f"n{number}", []
		# QEMU 7.2 crashes when a vhost-user card raises a message interrupt without KVM
		vectors = 2 * queues + 2 if kvm or self.kind != "vhost-user" else 0
		many = f",queues={queues}" if queues > 1 else ""
		if self.kind == "vhost-user":
			# the path alone decides where QEMU connects; it reconnects each second
			words += ["-chardev", f"socket,id=c{number},path={quote(self.target)},reconnect=1",
				"-netdev", f"vhost-user,id={net},chardev=c{number}{many}"]
		elif self.kind == "tap":
			words += ["-netdev", f"tap,id={net},ifname={quote(self.target)},script=no,downscript=no"
				f"{many}"]
		else:
			words += ["-netdev", ",".join(["user", f"id={net}", *self.options])]
		return words + ["-device", self._device(net, vm, number, machine, queues, packed, ring,
			vectors)]

	def _device(self, net, vm, number, machine, queues, packed, ring, vectors) -> str:
		mac = self.mac or mac_of(vm, number)
		if machine == "microvm":
			words = ["virtio-net-device", f"netdev={net}", f"mac={mac}"]
		else:
			# no option ROM: nothing boots from the card
			words = ["virtio-net-pci", "disable-legacy=on", "romfile=", f"netdev={net}", f"mac={mac}",
				f"vectors={vectors}"]
		words.append(f"rx_queue_size={ring}")
		# above 256 QEMU lets only vhost-user have a longer transmit ring
		words.append(f"tx_queue_size={ring if self.kind == 'vhost-user' else min(ring, 256)}")
		if packed:
			words.append("packed=on")
		if queues > 1:
			words.append("mq=on")
		return ",".join(words + self.device)


def mac_of(vm: str, number: int) -> str:
	"""A locally administered address that stays the same for a name and a place."""
	tail = hashlib.sha256(f"{vm}/{number}".encode()).hexdigest()
	return f"52:54:00:{tail[0:2]}:{tail[2:4]}:{tail[4:6]}"


def _listens(path: str) -> bool:
	"""Does a stream socket listen at path, as /proc/net/unix tells it?

	Looking is better than connecting: a back end would take a connection that
	ends at once for a guest that crashed.
	"""
	try:
		with open("/proc/net/unix", encoding="utf-8", errors="replace") as f:
			for line in f:
				words = line.rstrip("\n").split(" ", 7)
				fields = line.split(None, 7)
				if len(words) < 8 or len(fields) < 8:
					continue
				accepts = int(fields[3], 16) & 0x10000 if fields[3] != "Flags" else 0
				if accepts and os.path.realpath(fields[7].rstrip("\n")) == path:
					return True
	except (OSError, ValueError):
		pass
	return False


def check_socket(target: str) -> None:
	"""Fail unless a vhost-user back end listens on the socket."""
	advice = "start the back end (for instance dpdk-testpmd with net_vhost0) first"
	try:
		mode = os.stat(target).st_mode
	except OSError as err:
		why = "does not exist" if err.errno == errno.ENOENT else err.strerror.lower()
		raise Fail(f"the vhost-user socket {target} {why}: {advice}") from None
	if not stat.S_ISSOCK(mode):
		raise Fail(f"{target} is not a socket: {advice}")
	if len(os.fsencode(target)) > 107:
		raise Fail(f"the socket path {target} is longer than 107 bytes: use a shorter one")
	if _listens(os.path.realpath(target)):
		return
	with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
		s.settimeout(2)
		try:
			s.connect(target)
		except OSError as err:
			why = "nobody listens on" if err.errno == errno.ECONNREFUSED else \
				f"cannot connect ({err.strerror or err}) to"
			raise Fail(f"{why} the vhost-user socket {target}: {advice}") from None


def check_tap(iface: str, queues: int = 1) -> None:
	"""Fail unless the tap interface can be used with so many queue pairs."""
	if not re.fullmatch(r"[^\s/:,]{1,15}", iface):
		raise usage(f"'{iface}' is no interface name: use 1 to 15 characters without space, '/' or ':'")
	if not os.path.exists("/dev/net/tun"):
		raise Fail("there is no /dev/net/tun: load the kernel module tun, or use --net user")
	if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
		raise Fail("/dev/net/tun may not be opened by this user: run as root, or use --net user")
	many = " multi_queue" if queues > 1 else ""
	make = f"`ip tuntap add {iface} mode tap{many}` and `ip link set {iface} up`"
	if not os.path.exists(f"/sys/class/net/{iface}"):
		raise Fail(f"there is no interface {iface}: as root, make it with {make}")
	try:
		with open(f"/sys/class/net/{iface}/tun_flags", encoding="ascii") as f:
			flags = int(f.read(), 16)
	except (OSError, ValueError):
		raise Fail(f"{iface} is no tap interface: name one made by `ip tuntap add NAME mode tap`") from None
	if bool(flags & IFF_MULTI_QUEUE) != (queues > 1):
		raise Fail(f"{iface} was made for {'one queue' if queues > 1 else 'several queues'}: as root, "
			f"`ip link del {iface}`, then {make}")

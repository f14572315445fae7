# SPDX-License-Identifier: BSD-3-Clause
"""VMs: exit codes, console, state, clean-up. Booted with tiny images under TCG and KVM."""

import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

from launcher import accel, nets, procs, qemu, state
from launcher.qemu import VM, NetSpec, Timeout
from launcher.say import Fail
from support import Case


class ExitCodes(unittest.TestCase):
	def test_mapping(self):
		self.assertEqual([qemu.exit_code(s) for s in (0, 3, 11, 201, 255)], [0, 1, 5, 100, 127])
		self.assertEqual([qemu.exit_code(s) for s in (1, 2, 4, -9, -15)], [None] * 5)


class Sizes(unittest.TestCase):
	def test_sizes(self):
		for text, size in (("64", 64 << 20), ("2M", 2 << 20), ("1G", 1 << 30), ("4096K", 4 << 20), ("8MiB", 8 << 20)):
			self.assertEqual(qemu.parse_mem(text), size)

	def test_nonsense(self):
		for text in ("", "0", "1M", "-1", "2x", "1.5G", "9999G", "2049K", "M"):
			with self.assertRaises(Fail) as caught:
				qemu.parse_mem(text)
			self.assertEqual(caught.exception.code, 2)


class CommandLine(Case):
	def words(self, *cards, **more):
		vm = VM(self.image(), nets=cards, accel="tcg", **more)
		return vm.arguments()

	def after(self, words, flag):
		return [b for a, b in zip(words, words[1:]) if a == flag]

	def test_microvm(self):
		words = self.words(NetSpec("vhost-user", "/tmp/a,b"), packed=True, queues=2)
		self.assertTrue(self.after(words, "-machine")[0].startswith("microvm,memory-backend=mem"))
		self.assertIn("socket,id=c0,path=/tmp/a,,b,reconnect=1", words)
		self.assertIn("vhost-user,id=n0,chardev=c0,queues=2", words)
		card = self.after(words, "-device")[1].split(",")
		self.assertEqual(card[0], "virtio-net-device")
		self.assertTrue({"packed=on", "mq=on"} <= set(card))
		self.assertIn("share=on", self.after(words, "-object")[0])

	def test_q35(self):
		words = self.words(NetSpec("user"), NetSpec("user", mac="52:54:00:00:00:01"), machine="q35", ring=1024)
		first, second = self.after(words, "-device")[1:]
		self.assertIn("vectors=4", first.split(","))
		self.assertIn("disable-legacy=on", first)
		self.assertIn("rx_queue_size=1024,tx_queue_size=256", first)
		self.assertIn("mac=52:54:00:00:00:01", second)
		self.assertEqual(self.after(words, "-bios"), ["/usr/share/qemu/qboot.rom"])

	def test_message_interrupts(self):
		"""None for a vhost-user card without KVM: QEMU 7.2 crashes then."""
		for net, vectors in ((NetSpec("vhost-user", "/tmp/a"), 0), (NetSpec("tap", "t0"), 4)):
			card = self.after(self.words(net, machine="q35"), "-device")[1]
			self.assertIn(f"vectors={vectors}", card.split(","))

	def test_boot_line(self):
		vm = VM(self.image(name="app.elf"), "heap=tlsf", args=["-n", "3", "a b"], accel="tcg")
		self.assertEqual(vm.boot_line(), 'app heap=tlsf -- -n 3 "a b"')
		self.assertEqual(VM(self.image(), accel="tcg").boot_line(), "tiny")

	def test_control_characters(self):
		with self.assertRaises(Fail):
			VM(self.image(), "a\nb", accel="tcg")

	def test_modules(self):
		file = self.tmp / "a,b"
		file.write_text("x")
		self.assertIn(f"name=opt/sluice/config,file={self.tmp}/a,,b", self.words(modules={"config": file}))
		for bad in ({"no/good": file}, {"x": self.tmp / "absent"}):
			with self.assertRaises(Fail):
				VM(self.image(), modules=bad, accel="tcg")

	def test_wrong_values(self):
		for bad in ({"machine": "pc"}, {"queues": 0}, {"queues": 999}, {"ring": 100}, {"hugepages": "maybe"},
				{"accel": "xen"}):
			with self.assertRaises(Fail) as caught:
				VM(self.image(), **{"accel": "tcg", **bad})
			self.assertEqual(caught.exception.code, 2)


class Boots:
	"""The same for each accelerator."""

	accel = ""

	def test_codes(self):
		for machine in ("microvm", "q35"):
			for code in (0, 1, 100, 127):
				with self.subTest(machine=machine, code=code):
					with VM(self.image(code=code), accel=self.accel, machine=machine) as vm:
						self.assertEqual(vm.wait(20), code)
						self.assertEqual(vm.console(), "hello\n")

	def test_console(self):
		image = self.image('one\r\n@{"n": 2}\n@broken\npart', None)
		with VM(image, accel=self.accel) as vm:
			self.assertEqual(vm.wait_line("^o(.)e$").group(1), "n")
			vm.wait_line("broken")
			self.assertEqual(vm.records(), [{"n": 2}])
			with self.assertRaises(Timeout):
				vm.wait_line("never", timeout=0.3)
			with self.assertRaises(Timeout):
				vm.wait(0.2)
			vm.kill()
			self.assertEqual(list(vm.lines()), ["one", '@{"n": 2}', "@broken", "part"])

	def test_ends_without_the_line(self):
		with VM(self.image(code=3), accel=self.accel) as vm:
			with self.assertRaisesRegex(Fail, r"code 3\).*'hello'"):
				vm.wait_line("never")

	def test_pinned(self):
		cores = sorted(os.sched_getaffinity(0))
		if len(cores) < 2:
			self.skipTest("needs two cores")
		with VM(self.image(code=None), accel=self.accel) as vm:
			self.assertEqual(os.sched_getaffinity(vm.vcpu()), {cores[-1]})
			self.assertNotIn(cores[-1], os.sched_getaffinity(vm.pid))

	def test_memory_sizes(self):
		for mem in ("2M", "6M", "64M"):
			with self.subTest(mem=mem), VM(self.image(), mem=mem, accel=self.accel) as vm:
				self.assertEqual(vm.wait(20), 0)


class BootsTcg(Boots, Case):
	accel = "tcg"


class BootsKvm(Boots, Case):
	accel = "kvm"

	def setUp(self):
		why = accel.kvm_usable()
		if why:
			self.skipTest(why)
		super().setUp()


class Life(Case):
	def halting(self, **more):
		return VM(self.image("up\n", None), accel="tcg", **more)

	def files(self):
		return sorted(p.name for p in state.folder().iterdir() if not p.name.startswith("."))

	def test_stop_and_close(self):
		with self.halting(name="one") as vm:
			pid, started = vm.pid, vm.starttime
			self.assertEqual([e["name"] for e in state.running()], ["one"])
			began = time.monotonic()
			vm.stop()
			self.assertLess(time.monotonic() - began, 2)
			self.assertFalse(procs.alive(pid, started))
		self.assertEqual(self.files(), [])

	def test_names(self):
		with self.halting() as a, self.halting() as b:
			self.assertEqual((a.name, b.name), ("tiny", "tiny-2"))
			with self.assertRaisesRegex(Fail, "running already"):
				self.halting(name="tiny").start()
			self.assertTrue(a.running())
		for bad in ("a/b", "", "..", "x" * 40, "a b"):
			with self.assertRaises(Fail):
				state.check_name(bad)

	def test_own_console_file_stays(self):
		path = self.tmp / "console"
		with VM(self.image(), accel="tcg", console=path) as vm:
			vm.wait(20)
		self.assertEqual(path.read_text(), "hello\n")

	def test_ended_but_not_closed(self):
		"""Another session's cleaning leaves the console of a VM whose launcher still reads it."""
		with VM(self.image(), accel="tcg") as vm:
			self.assertEqual(vm.wait(20), 0)
			state.clean()
			self.assertEqual((vm.console(), state.running()), ("hello\n", []))
		self.assertEqual(self.files(), [])

	def test_stale_entry(self):
		"""An entry of a killed session goes; a process that got its pid by chance lives on."""
		state.record({"name": "old", "pid": os.getpid(), "starttime": 1, "detached": False})
		state.file("old", ".log").write_text("x")
		self.assertEqual(state.running(), [])
		self.assertEqual(self.files(), [])

	def test_log_of_a_detached_one_stays(self):
		state.record({"name": "old", "pid": 1 << 22, "starttime": 1, "detached": True})
		state.file("old", ".log").write_text("x")
		state.clean()
		self.assertEqual(self.files(), ["old.log"])
		os.utime(state.file("old", ".log"), (1, 1))
		state.clean()
		self.assertEqual(self.files(), [])

	def test_broken_entry(self):
		(state.folder() / "bad.json").write_text("{")
		(state.folder() / "odd.json").write_text('["pid"]')
		self.assertEqual(state.running(), [])

	def test_state_folder_of_another(self):
		folder = self.tmp / f"sluice-{os.getuid()}"
		folder.mkdir()
		folder.chmod(0o777)
		with self.assertRaisesRegex(Fail, "not a folder of yours"):
			state.folder()

	def test_qemu_fails(self):
		with self.assertRaisesRegex(Fail, "QEMU failed to run tiny: .*bogus"):
			VM(self.image(), accel="tcg", extra=["-bogus"]).start()
		self.assertEqual(self.files(), [])

	def test_qemu_killed(self):
		with self.halting() as vm:
			os.kill(vm.pid, signal.SIGKILL)
			with self.assertRaisesRegex(Fail, "SIGKILL"):
				vm.wait(5)

	def test_no_image(self):
		for bad in ("/absent", "absent", "/etc/passwd", str(self.tmp)):
			with self.assertRaises(Fail):
				VM(bad, accel="tcg")


class OtherEnds(Case):
	def start(self, spec):
		with VM(self.image(code=None), nets=[spec], accel="tcg"):
			self.fail("started without its other end")

	def test_no_socket(self):
		with self.assertRaisesRegex(Fail, "does not exist"):
			self.start(NetSpec("vhost-user", str(self.tmp / "absent")))

	def test_no_socket_but_a_file(self):
		with self.assertRaisesRegex(Fail, "is not a socket"):
			self.start(NetSpec("vhost-user", self.image(name="file")))

	def test_dead_socket(self):
		path = str(self.tmp / "dead")
		with socket.socket(socket.AF_UNIX) as s:
			s.bind(path)
		with self.assertRaisesRegex(Fail, "nobody listens"):
			self.start(NetSpec("vhost-user", path))

	def test_silent_socket(self):
		"""It is looked at, not connected to; then QEMU waits for an answer that never comes."""
		path = str(self.tmp / "silent")
		self.patch(qemu, "BACK_END_S", 1.0)
		with socket.socket(socket.AF_UNIX) as s:
			s.bind(path)
			s.listen()
			s.settimeout(0)
			nets.check_socket(path)
			with self.assertRaises(BlockingIOError):
				s.accept()
			with self.assertRaisesRegex(Fail, "does not speak vhost-user"):
				self.start(NetSpec("vhost-user", path))
		self.assertEqual(state.running(), [])

	def test_no_tap(self):
		with self.assertRaisesRegex(Fail, "nosuchtap0|/dev/net/tun"):
			self.start(NetSpec("tap", "nosuchtap0"))
		with self.assertRaises(Fail):
			self.start(NetSpec("tap", "lo"))

	def test_user_queues(self):
		with self.assertRaisesRegex(Fail, "one queue only"):
			VM(self.image(), nets=[NetSpec("user")], queues=2, accel="tcg").start()


class Parse(unittest.TestCase):
	def test_forms(self):
		self.assertIsNone(NetSpec.parse("none"))
		self.assertEqual(NetSpec.parse("vhost-user:/a/b").target, "/a/b")
		self.assertEqual(NetSpec.parse("tap:t0,mac=52:54:00:00:00:01").mac, "52:54:00:00:00:01")
		self.assertEqual(NetSpec.parse("user:hostfwd=tcp::1-:2,restrict=on").options,
			["hostfwd=tcp::1-:2", "restrict=on"])

	def test_nonsense(self):
		for text in ("", "bogus", "tap", "tap:", "vhost-user", "none:x", "user:script=/bin/sh", "user:restrict",
				"tap:t0,script=x", "tap:t0,mac=01:00:00:00:00:00", "tap:t0,mac=zz"):
			with self.subTest(text=text), self.assertRaises(Fail) as caught:
				NetSpec.parse(text)
			self.assertEqual(caught.exception.code, 2)

	def test_macs_differ(self):
		macs = {nets.mac_of(vm, n) for vm in ("a", "b") for n in range(3)}
		self.assertEqual(len(macs), 6)
		self.assertTrue(all(nets.MAC.fullmatch(m) and int(m[:2], 16) & 3 == 2 for m in macs))


class Tap(Case):
	"""Needs root: makes interfaces."""

	def setUp(self):
		super().setUp()
		if os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or not shutil.which("ip"):
			self.skipTest("needs root, /dev/net/tun and ip")

	def tap(self, *words):
		name = f"slt{os.getpid() % 100000}"
		made = subprocess.run(["ip", "tuntap", "add", name, "mode", "tap", *words], capture_output=True, check=False)
		if made.returncode:
			self.skipTest(f"cannot make a tap interface: {made.stderr.decode().strip()}")
		self.addCleanup(subprocess.run, ["ip", "link", "del", name], check=False)
		return name

	def run_on(self, name, queues=1):
		with VM(self.image(), nets=[NetSpec("tap", name)], queues=queues, accel="tcg") as vm:
			return vm.wait(20)

	def test_one_queue(self):
		name = self.tap()
		self.assertEqual(self.run_on(name), 0)
		with self.assertRaisesRegex(Fail, "made for one queue"):
			self.run_on(name, 2)

	def test_two_queues(self):
		name = self.tap("multi_queue")
		self.assertEqual(self.run_on(name, 2), 0)
		with self.assertRaisesRegex(Fail, "made for several queues"):
			self.run_on(name)

	def test_in_use(self):
		name = self.tap()
		with VM(self.image("", None), nets=[NetSpec("tap", name)], accel="tcg"):
			with self.assertRaisesRegex(Fail, "busy; another VM"):
				self.run_on(name)

# SPDX-License-Identifier: BSD-3-Clause
"""Set-up: what it says when it cannot go on, told by stand-ins for apt, sudo and the disk."""

import json
import os
import stat
import subprocess
import sys
import threading
import time
import unittest

from launcher import apt, paths, procs, setup, work
from launcher.say import Fail
from support import Case

LISTS = "case $* in *update*) exit 0;; esac\n"


class StandIns(Case):
	"""Programs of our own come first on PATH; the cache is private; sudo is not there."""

	def setUp(self):
		super().setUp()
		self.bin = self.tmp / "bin"
		self.bin.mkdir()
		self.env("PATH", f"{self.bin}:{os.environ['PATH']}")
		self.env("SLUICE_CACHE", str(self.tmp / "cache"))
		self.patch(apt, "_no_lists", lambda: False)
		self.patch(apt, "LOCK_PAUSE_S", 0.01)

	def program(self, name, text):
		path = self.bin / name
		path.write_text("#!/bin/sh\n" + text)
		path.chmod(path.stat().st_mode | stat.S_IXUSR)

	def fails(self, needle, names=("foo",)):
		with self.assertRaises(Fail) as caught:
			apt.install(list(names))
		self.assertEqual(caught.exception.code, 1)
		self.assertIn(needle, str(caught.exception))
		self.assertNotIn("\n", str(caught.exception))


class Packages(StandIns):
	def setUp(self):
		super().setUp()
		self.patch(os, "geteuid", lambda: 0)

	def test_list(self):
		names = apt.packages()
		self.assertEqual(len(names), len(set(names)))
		for needed in ("gcc", "qemu-system-x86", "dpdk-dev", "libcmocka-dev"):
			self.assertIn(needed, names)
		self.assertNotIn("dpdk-dev", apt.packages(("build", "run")))

	def test_missing(self):
		self.program("dpkg-query", "printf 'a ii \\nb rc \\nc un \\n'; exit 1\n")
		self.assertEqual(apt.missing(["a", "b", "c", "d"]), ["b", "c", "d"])

	def test_installs(self):
		self.program("dpkg-query", f"[ -f {self.tmp}/done ] && echo 'foo ii '\n")
		self.program("apt-get", f"case $* in *assume-no*) exit 1;; esac; echo \"$@\" >> {self.tmp}/done\n")
		apt.install(["foo"])
		self.assertIn("--no-install-recommends install foo", (self.tmp / "done").read_text())

	def test_offline(self):
		self.program("apt-get", "echo \"E: Failed to fetch http://x  Temporary failure resolving 'x'\"; exit 100\n")
		self.fails("mirror does not answer")

	def test_offline_without_lists(self):
		"""apt-get update only warns then."""
		self.patch(apt, "_no_lists", lambda: True)
		self.program("apt-get", "echo \"W: Failed to fetch http://x  Temporary failure resolving 'x'\"\n")
		self.fails("mirror does not answer")

	def test_not_offered(self):
		self.patch(apt, "_no_lists", lambda: True)
		self.program("dpkg-query", "exit 1\n")
		self.program("apt-get", LISTS + "echo 'E: Unable to locate package foo' >&2; exit 100\n")
		self.fails("does not offer foo")

	def test_disk_full(self):
		self.program("apt-get", "case $* in *assume-no*) exit 1;; esac\n"
			"echo 'dpkg: error: failed to write (No space left on device)'; exit 100\n")
		self.fails("the disk is full")

	def test_disk_too_small(self):
		self.patch(work, "free_mb", lambda path: 100)
		self.program("apt-get", "echo 'Need to get 312 MB of archives.'\n"
			"echo 'After this operation, 1,274 MB of additional disk space will be used.'; exit 1\n")
		self.fails("the disk is too full")

	def test_lock_is_waited_for(self):
		self.program("dpkg-query", f"[ -f {self.tmp}/done ] && echo 'foo ii '\n")
		self.program("apt-get", f"case $* in *assume-no*) exit 1;; esac\necho x >> {self.tmp}/tries\n"
			f"[ $(wc -l < {self.tmp}/tries) -ge 3 ] && touch {self.tmp}/done && exit 0\n"
			"echo 'E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1'; exit 100\n")
		apt.install(["foo"])

	def test_broken_third_party_source(self):
		"""Reading the lists fails, yet the package is to be had."""
		lists = iter([True, False])
		self.patch(apt, "_no_lists", lambda: next(lists))
		self.program("dpkg-query", f"[ -f {self.tmp}/done ] && echo 'foo ii '\n")
		self.program("apt-get", "case $* in *assume-no*) exit 1;; *update*) echo 'E: x has no Release file'; exit 100;; "
			f"esac\ntouch {self.tmp}/done\n")
		apt.install(["foo"])

	def test_interrupted_dpkg(self):
		self.program("dpkg-query", f"[ -f {self.tmp}/done ] && echo 'foo ii '\n")
		self.program("dpkg", f"echo \"$@\" > {self.tmp}/configured\n")
		self.program("apt-get", f"case $* in *assume-no*) exit 1;; esac\n"
			f"[ -f {self.tmp}/configured ] && touch {self.tmp}/done && exit 0\n"
			"echo \"E: dpkg was interrupted, you must manually run 'dpkg --configure -a'\"; exit 100\n")
		apt.install(["foo"])
		self.assertEqual((self.tmp / "configured").read_text(), "--configure -a\n")

	def test_stale_lists(self):
		"""The archive has moved on since the lists were read: read them again, once."""
		self.program("dpkg-query", f"[ -f {self.tmp}/done ] && echo 'foo ii '\n")
		self.program("apt-get", f"case $* in *assume-no*) exit 1;; *update*) touch {self.tmp}/new; exit 0;; esac\n"
			f"[ -f {self.tmp}/new ] && touch {self.tmp}/done && exit 0\necho 'E: 404  Not Found'; exit 100\n")
		apt.install(["foo"])


class Machine(unittest.TestCase):
	def test_packages_bring_the_programs(self):
		"""`./sluice test` has set up all groups by now."""
		self.assertEqual(apt.missing(apt.packages()), [])
		for name in ("gcc", "nm", "meson", "ninja", "pkg-config", "qemu-system-x86_64", "dpdk-testpmd", "clang-14",
				"clang-format-14"):
			self.assertTrue(os.access(f"/usr/bin/{name}", os.X_OK), name)
		self.assertTrue(os.path.exists(paths.QBOOT))


class NoRoot(StandIns):
	def setUp(self):
		super().setUp()
		self.patch(os, "geteuid", lambda: 1000)
		self.patch(sys, "stdin", open(os.devnull, encoding="ascii"))
		self.addCleanup(sys.stdin.close)

	def test_no_sudo(self):
		self.env("PATH", str(self.bin))
		self.fails("not root and there is no sudo: run as root `apt-get install --no-install-recommends foo`")

	def test_sudo_refuses(self):
		self.program("sudo", "exit 1\n")
		self.fails("sudo does not let this user in")

	def test_sudo_works(self):
		self.program("sudo", f"[ \"$1\" = -n ] && shift\necho \"$@\" >> {self.tmp}/sudo\n[ \"$1\" = true ] || \"$@\"\n")
		self.program("dpkg-query", f"grep -q 'install foo' {self.tmp}/sudo && echo 'foo ii '\n")
		self.program("apt-get", "case $* in *assume-no*) exit 1;; esac\nexit 0\n")
		apt.install(["foo"])
		self.assertIn("DEBIAN_FRONTEND=noninteractive", (self.tmp / "sudo").read_text())


class Sources(StandIns):
	def lock(self, text):
		file = self.tmp / "lock"
		file.write_text(text)
		self.patch(setup, "LOCK_FILE", file)

	def test_wrong_hash_is_refused(self):
		self.lock(f"musl musl_1.2.3.orig.tar.gz {'0' * 64}\n")
		self.program("apt-get", "exit 0\n")
		self.program("apt-cache", "exit 0\n")
		with self.assertRaisesRegex(Fail, "no source of musl has .* sha256 0000"):
			setup.fetch_sources()

	def test_offline(self):
		self.lock(f"musl musl_1.2.3.orig.tar.gz {'0' * 64}\n")
		self.program("apt-get", "echo \"W: Temporary failure resolving 'deb.debian.org'\"; exit 100\n")
		with self.assertRaisesRegex(Fail, "mirror does not answer"):
			setup.fetch_sources()

	def test_unpacks_and_then_needs_no_network(self):
		source = self.tmp / "pkg-1"
		source.mkdir()
		(source / "file").write_text("x")
		dl = self.tmp / "cache" / "dl"
		dl.mkdir(parents=True)
		subprocess.run(["tar", "-czf", dl / "pkg_1.orig.tar.gz", "-C", self.tmp, "pkg-1"], check=True)
		digest = subprocess.run(["sha256sum", dl / "pkg_1.orig.tar.gz"], capture_output=True, text=True, check=True)
		self.lock(f"# comment\npkg pkg_1.orig.tar.gz {digest.stdout.split()[0]}\n")
		self.program("apt-get", "exit 99\n")
		self.assertEqual(setup.fetch_sources(), ["pkg"])
		self.assertEqual((paths.source("pkg") / "file").read_text(), "x")
		self.assertEqual(setup.fetch_sources(), [])

	def test_patches(self):
		files = {"pkg-1/file": "one\n", "debian/patches/series": "# none\nfix.patch\n",
			"debian/patches/fix.patch": "--- a/file\n+++ b/file\n@@ -1 +1 @@\n-one\n+two\n"}
		dl = self.tmp / "cache" / "dl"
		dl.mkdir(parents=True)
		for name, text in files.items():
			(self.tmp / name).parent.mkdir(parents=True, exist_ok=True)
			(self.tmp / name).write_text(text)
		lock = ""
		for tar, folder in (("pkg_1.orig.tar.gz", "pkg-1"), ("pkg_1-1.debian.tar.gz", "debian")):
			subprocess.run(["tar", "-czf", dl / tar, "-C", self.tmp, folder], check=True)
			digest = subprocess.run(["sha256sum", dl / tar], capture_output=True, text=True, check=True)
			lock += f"pkg {tar} {digest.stdout.split()[0]}\n"
		self.lock(lock)
		setup.fetch_sources()
		self.assertEqual((paths.source("pkg") / "file").read_text(), "two\n")


class Configure(StandIns):
	"""When meson runs, and how, for a project of three lines."""

	def setUp(self):
		super().setUp()
		self.root = self.tmp / "tree"
		self.root.mkdir()
		self.project("project('x', 'c', default_options: ['b_lto=false'])")
		(self.root / "meson_options.txt").write_text("option('musl', type: 'string')\noption('lwip', type: 'string')\n")
		self.patch(paths, "ROOT", self.root)
		self.patch(paths, "BUILD", self.tmp / "build")
		self.absent = []
		self.patch(apt, "missing", lambda names: self.absent)

	def project(self, text):
		(self.root / "meson.build").write_text(text + "\n")

	def default(self):
		options = json.loads((paths.BUILD / "meson-info" / "intro-buildoptions.json").read_text())
		return next(o["value"] for o in options if o["name"] == "b_lto")

	def test_once(self):
		self.assertTrue(setup.configure())
		self.assertFalse(setup.configure())

	def test_again_for_new_packages(self):
		setup.configure()
		self.absent = ["libcmocka-dev"]
		self.assertTrue(setup.configure())
		self.assertFalse(setup.configure())

	def test_half_made(self):
		setup.configure()
		(paths.BUILD / "build.ninja").unlink()
		self.assertTrue(setup.configure())
		self.assertTrue((paths.BUILD / "build.ninja").exists())

	def test_new_defaults_reach_an_old_folder(self):
		setup.configure()
		self.assertFalse(self.default())
		self.project("project('x', 'c', default_options: ['b_lto=true'])")
		self.assertTrue(setup.configure())
		self.assertTrue(self.default())

	def test_broken_project(self):
		self.project("project('x', 'c')\nerror('boo')")
		with self.assertRaisesRegex(Fail, "configuring the build failed: .*boo"):
			setup.configure()


class Space(StandIns):
	def test_too_little(self):
		self.patch(work, "free_mb", lambda path: 10)
		with self.assertRaisesRegex(Fail, "the disk is too full: 10 MB free"):
			setup.check_space()

	def test_full_while_building(self):
		with self.assertRaisesRegex(Fail, "the disk is full"):
			work.run("building", ["sh", "-c", "echo 'cc1: fatal: write: No space left on device'; exit 1"], "x.log")

	def test_full_while_writing_the_log(self):
		(work.logs() / "x.log").symlink_to("/dev/full")
		with self.assertRaises(OSError) as caught:
			work.run("building", ["sh", "-c", "seq 100000"], "x.log")
		self.assertEqual(caught.exception.errno, 28)


class Work(StandIns):
	def test_first_error_is_told(self):
		with self.assertRaisesRegex(Fail, r"^building failed: a.c:1: error: boo \(log: /"):
			work.run("building", ["sh", "-c", "echo a.c:1: error: boo; echo ninja: stopped; exit 1"], "x.log")

	def test_no_such_program(self):
		with self.assertRaisesRegex(Fail, "cannot start /no/such"):
			work.run("building", ["/no/such"], "x.log")

	def test_ends_with_us(self):
		"""A build does not go on behind the back of a session that was killed."""
		code = ("import sys\nsys.path.insert(0, sys.argv[1])\nfrom launcher import work\n"
			"work.run('x', ['sh', '-c', 'echo $$ > \"$0\"; exec sleep 60', sys.argv[2]], 'x.log')\n")
		file = self.tmp / "pid"
		child = subprocess.Popen([sys.executable, "-c", code, str(paths.TOOLS), str(file)])
		end = time.monotonic() + 10
		while not (file.exists() and file.read_text().strip()) and time.monotonic() < end:
			time.sleep(0.01)
		pid = int(file.read_text())
		started = procs.start_time(pid)
		child.kill()
		child.wait()
		self.assertTrue(procs.gone_within(pid, started, 5))

	def test_lock_excludes(self):
		order = []

		def other():
			with work.locked("x"):
				order.append("other")

		with work.locked("x"):
			thread = threading.Thread(target=other)
			thread.start()
			time.sleep(0.2)
			order.append("first")
		thread.join(5)
		self.assertEqual(order, ["first", "other"])


if __name__ == "__main__":
	unittest.main()

# SPDX-License-Identifier: BSD-3-Clause
"""Images boot, print, take arguments, and end with their exit code."""

import os
import unittest

from support import everywhere, find_image

CODES = {0: 0, 1: 1, 3: 3, 42: 42, 99: 99, 127: 127, 200: 127, 255: 127}


@everywhere
class Boot:
	def test_hello(self):
		self.assertEqual(self.run_image("hello"), (0, "Hello from Sluice!\n", []))

	def test_arguments(self):
		code, out, _ = self.run_image("hello", "0", "two", "a b  c", "--x=y", "--", "ä")
		self.assertEqual(code, 0)
		self.assertEqual(out.splitlines()[1:], ["argument 1: 0", "argument 2: two", "argument 3: a b  c",
			"argument 4: --x=y", "argument 5: --", "argument 6: ä"])

	def test_exit_codes(self):
		for given, seen in CODES.items():
			with self.subTest(code=given):
				self.assertEqual(self.run_image("hello", str(given))[0], seen)
				self.assertEqual(self.run_image("crash", "exit", str(given))[0], seen)

	def test_least_memory(self):
		for mem in ("2M", "3M", "4M"):
			with self.subTest(mem=mem):
				self.assertEqual(self.run_image("hello", mem=mem)[:2], (0, "Hello from Sluice!\n"))

	def test_elf_with_debug_information(self):
		"""An ELF that did not go through mkimage boots too; its backtraces have addresses only."""
		code, out, _ = self.run_image(str(find_image("crash")) + ".elf", "null-read")
		self.assertEqual(code, 101)
		self.assertRegex(out, r"(?m)^  #0  [0-9a-f]{16}$")


@everywhere
class CommandLine:
	"""What the guest makes of its boot command line."""

	def words(self, line):
		"""Boot with exactly this line. (words, options, key)"""
		vm = self.vm("plat")
		vm.boot_line = lambda: line
		with vm:
			code = vm.wait(30)
			self.out = vm.console()
		if code != 0:
			return code
		found = {"word": [], "option": [], "key": []}
		for text in self.out.splitlines():
			if text.startswith("sluice: no virtio device"):
				continue
			kind, _, value = text.partition(" ")
			found[kind].append(value[value.index("<") + 1:-1])
		options = [o for o in found["option"] if not o.startswith("virtio_mmio.")]
		return found["word"], options, found["key"][0]

	def test_split(self):
		self.assertEqual(self.words("me key=v flag -- w1 w2"), (["me", "w1", "w2"], ["me", "key=v", "flag"], "v"))
		self.assertEqual(self.words("me -- key=v"), (["me", "key=v"], ["me"], "(none)"))
		self.assertEqual(self.words("me key"), (["me"], ["me", "key"], ""))
		self.assertEqual(self.words("key=1 -- a"), (["sluice", "a"], ["key=1"], "1"))
		self.assertEqual(self.words("me keys=1 xkey=2"), (["me"], ["me", "keys=1", "xkey=2"], "(none)"))
		self.assertEqual(self.words(""), (["sluice"], [], "(none)"))

	def test_blanks_and_quotes(self):
		self.assertEqual(self.words('  me \t --   "a b"  ""  x"y "--" -- '),
			(["me", "a b", "", 'x"y', "--", "--"], ["me"], "(none)"))
		self.assertEqual(self.words('me "key=a b"')[2], "a b")

	def test_device_words(self):
		"""QEMU appends virtio_mmio.device= words behind the application's."""
		self.assertEqual(self.words("me -- a virtio_mmio.device=512@0x1:3 b")[0], ["me", "a", "b"])

	def test_long_words(self):
		long = "x" * 3000
		self.assertEqual(self.words(f"me -- {long} end")[0], ["me", long, "end"])

	def test_many_words(self):
		many = [f"w{i}" for i in range(62)]
		self.assertEqual(self.words("me -- " + " ".join(many))[0], ["me", *many])

	def refused(self, line, why):
		self.assertEqual(self.words(line), 99, self.out)
		self.assertEqual(self.out, f"sluice: can not start: {why}\n")

	def test_limits(self):
		self.refused("me -- " + "w " * 80, "the command line has too many words")
		self.refused("me " + "o " * 80, "the command line has too many words")
		self.refused("me -- " + "x" * 5000, "the command line is longer than 4095 bytes")
		self.refused('me -- "a b', "a quote in the command line is not closed")


class Size(unittest.TestCase):
	"""Image files stay small."""

	def least(self, name, limit):
		try:
			path = find_image(name)
		except Exception as err:
			self.skipTest(str(err))
		self.assertLessEqual(os.path.getsize(path), limit)

	def test_hello(self):
		self.least("hello", 64 << 10)

	def test_reflector(self):
		self.least("reflector", 128 << 10)

# SPDX-License-Identifier: BSD-3-Clause
"""The layer checker: each kind of violation is caught, and a clean tree passes."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from launcher import paths

sys.path.append(str(paths.TOOLS))
import layers  # noqa: E402

LAYERS = """# rooms
room low uk_FILE
room mid uk_FILE
room apps nf_FILE
room bench pg_
host bench/host
hook main low/start.c the application
symbol malloc low/heap.c libc's name
include odd.h low/port.c another tree's header
"""
SPDX = "/* SPDX-License-Identifier: BSD-3-Clause */\n"


class Tree(unittest.TestCase):
	"""A small tree with rooms of its own."""

	def setUp(self):
		folder = tempfile.TemporaryDirectory()
		self.addCleanup(folder.cleanup)
		self.root = Path(folder.name)
		self.write("LAYERS", LAYERS, spdx="")
		self.write("low/heap.h", "int uk_heap_get(void);\n")
		self.write("mid/net.h", '#include "low/heap.h"\nint uk_net_get(void);\n')
		self.write("bench/probe.h", "#include <stdint.h>\nuint32_t pg_probe(void);\n")

	def write(self, path, text, spdx=SPDX):
		file = self.root / path
		file.parent.mkdir(parents=True, exist_ok=True)
		file.write_text(spdx + text)

	def read(self):
		return layers.Layers.read(self.root / "LAYERS")

	def one(self, found, needle):
		self.assertEqual(len(found), 1, found)
		self.assertIn(needle, found[0])


class Rules(Tree):
	def broken(self, text, needle):
		self.write("LAYERS", text, spdx="")
		with self.assertRaisesRegex(layers.Broken, needle):
			self.read()

	def test_nonsense(self):
		self.broken("rooom x y\n", "LAYERS:1: not understood")
		self.broken("room x\n", "not understood")
		self.broken("room x uk_\nhook main low/x.c\n", "LAYERS:2")  # no reason
		self.broken("# nothing\n", "names no room")

	def test_too_many_hooks(self):
		self.broken(LAYERS + "".join(f"hook h{n} low/x.c why\n" for n in range(3)), "4 hooks")


class Includes(Tree):
	def check(self, path, text):
		self.write(path, text)
		return layers.check_includes(self.root, self.read())

	def test_clean(self):
		self.assertEqual(self.check("mid/net.c", '#include <stdio.h>\n#include "low/heap.h"\n#include "mid/net.h"\n'), [])
		self.assertEqual(self.check("bench/guest/gen.c", '#include "mid/net.h"\n#include "bench/probe.h"\n'), [])
		self.assertEqual(self.check("bench/host/be.c", '#include "bench/probe.h"\n'), [])
		self.assertEqual(self.check("low/test/test_heap.c", '#include "mid/net.h"\n#include "x.h"\n'), [])
		self.assertEqual(self.check("low/port.c", '#include "odd.h"\n'), [])

	def test_upwards(self):
		self.one(self.check("low/heap.c", '#include "mid/net.h"\n'), "low/heap.c:2: \"mid/net.h\" is above low")
		self.write("low/heap.c", "")
		self.one(self.check("low/more.h", '  #  include "bench/probe.h"\n'), "above low")

	def test_no_room(self):
		self.one(self.check("mid/net.c", '#include "net.h"\n'), "names no room")

	def test_brackets(self):
		self.one(self.check("mid/net.c", "#include <low/heap.h>\n"), "with quotes")

	def test_absent(self):
		self.one(self.check("mid/net.c", '#include "low/absent.h"\n'), "does not exist")

	def test_test_header(self):
		self.write("low/test/fake.h", "")
		self.one(self.check("mid/net.c", '#include "low/test/fake.h"\n'), "part of a test")

	def test_host_program(self):
		self.one(self.check("bench/host/be.c", '#include "mid/net.h"\n'), "its own room only")

	def test_host_header_in_a_guest(self):
		self.write("bench/host/opts.h", "")
		self.one(self.check("bench/guest/gen.c", '#include "bench/host/opts.h"\n'), "belongs to a host program")

	def test_host_program_through_a_header(self):
		self.write("bench/shared.h", '#include "low/heap.h"\n')
		self.one(self.check("bench/host/be.c", '#include "bench/shared.h"\n'), "reaches the host program")


class Text(Tree):
	def check(self, path, text, spdx=SPDX):
		self.write(path, text, spdx)
		return layers.check_text(self.root, self.read())

	def test_clean(self):
		self.assertEqual(self.check("low/a.c", "#include <x.h>\n#define IF 1\n"), [])
		self.assertEqual(self.check("low/a.h", "#if X\n#endif\n"), [])

	def test_licence(self):
		self.one(self.check("low/a.c", "int x;\n", spdx=""), "low/a.c:1: the first line")
		self.one(self.check("low/a.c", "", spdx=""), "the first line")

	def test_condition(self):
		for line in ("#if X", "# ifdef X", "\t#ifndef X"):
			self.one(self.check("low/a.c", f"{line}\n"), "low/a.c:2: no conditional")


class Headers(Tree):
	def test_clean(self):
		self.assertEqual(layers.check_headers(self.root, self.read()), [])

	def test_needs_another(self):
		self.write("mid/needy.h", "uint32_t uk_needy_get(void);\n")
		self.one(layers.check_headers(self.root, self.read()), "mid/needy.h:1: does not compile alone")

	def test_warning(self):
		self.write("mid/loose.h", "static inline int uk_loose(void)\n{\n}\n")
		self.one(layers.check_headers(self.root, self.read()), "mid/loose.h")


class Symbols(Tree):
	def check(self, **sources):
		"""Compile {"low__heap": text} to objects, as a build folder would hold them."""
		commands = []
		for name, text in sources.items():
			path = name.replace("__", "/") + ".c"
			self.write(path, text)
			output = f"{name}.o"
			subprocess.run(["gcc", "-c", "-w", "-O1", "-flto", "-ffat-lto-objects", "-I", str(self.root), "-o",
				str(self.root / output), str(self.root / path)], check=True)
			commands.append({"directory": str(self.root), "file": path, "output": output, "command": "gcc -c"})
		(self.root / "compile_commands.json").write_text(json.dumps(commands))
		return layers.check_symbols(self.root, self.root, self.read())

	def test_clean(self):
		self.assertEqual(self.check(
			low__heap="int uk_heap(void) { return 0; }\nint uk_heap_get(void) { return 1; }\nstatic int x;\n"
			"int *uk_heap_x(void) { return &x; }\nint malloc(void) { return 2; }\n",
			low__start="int main(void);\nint uk_start_go(void) { return main(); }\n",
			mid__net_rx="int uk_heap_get(void);\nint uk_net_get(void) { return uk_heap_get(); }\n",
			apps__fw="int nf_fw_run(void) { return 0; }\nint main(void) { return 0; }\n",
			bench__guest__gen="int pg_any(void) { return 0; }\n"), [])

	def test_wrong_name(self):
		self.one(self.check(low__heap="int heap_get(void) { return 0; }\n"), "global symbol heap_get does not start with uk_heap")

	def test_name_of_another_file(self):
		self.one(self.check(low__list="int uk_heap_size;\n"), "uk_heap_size")
		self.one(self.check(low__hea="int uk_heap_get(void) { return 0; }\n"), "uk_heap_get")

	def test_name_of_another_room(self):
		self.one(self.check(apps__fw="int uk_fw_run(void) { return 0; }\n"), "nf_fw")
		self.one(self.check(bench__guest__gen="int uk_gen(void) { return 0; }\n"), "pg_")

	def test_exception_is_for_its_file(self):
		self.one(self.check(low__list="int malloc(void) { return 0; }\n"), "malloc")

	def test_everybody_may_call_an_exception(self):
		self.write("LAYERS", LAYERS.replace("low/heap.c", "mid/heap.c"), spdx="")
		self.assertEqual(self.check(low__a="int malloc(void);\nint uk_a(void) { return malloc(); }\n",
			mid__heap="int malloc(void) { return 0; }\n"), [])

	def test_upward_call(self):
		self.one(self.check(low__heap="int uk_net_get(void);\nint uk_heap_get(void) { return uk_net_get(); }\n",
			mid__net="int uk_net_get(void) { return 0; }\n"), "uses uk_net_get of mid")

	def test_nothing_built(self):
		with self.assertRaisesRegex(layers.Broken, "cannot read"):
			layers.check_symbols(self.root, self.root / "absent", self.read())
		(self.root / "compile_commands.json").write_text("[]")
		with self.assertRaisesRegex(layers.Broken, "build first"):
			layers.check_symbols(self.root, self.root, self.read())


class Program(Tree):
	def run_it(self, *words):
		return subprocess.run([sys.executable, "-B", str(paths.TOOLS / "layers.py"), "--root", str(self.root), *words],
			capture_output=True, text=True, check=False, env={**os.environ})

	def test_exit_codes(self):
		done = self.run_it()
		self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
		self.write("low/heap.c", '#include "mid/net.h"\n')
		done = self.run_it()
		self.assertEqual(done.returncode, 1)
		self.assertIn("1 violation", done.stdout)
		self.write("LAYERS", "what\n", spdx="")
		done = self.run_it()
		self.assertEqual((done.returncode, len(done.stderr.splitlines())), (1, 1))

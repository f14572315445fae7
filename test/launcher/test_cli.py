# SPDX-License-Identifier: BSD-3-Clause
"""The command line: exit codes, sentences, Ctrl-C, crashes."""

import json
import os
import signal
import subprocess
import unittest

from launcher import paths, procs, state
from support import SLUICE, Case


class Usage(Case):
	def test_help(self):
		for words in ([], ["setup"], ["build"], ["run"], ["ps"], ["stop"], ["logs"], ["test"]):
			code, out, err = self.sluice(*words, "--help")
			self.assertEqual((code, err), (0, ""))
			self.assertIn("usage: ./sluice", out)

	def test_wrong_use(self):
		image = self.image()
		for needle, words in (
			("VERB", []), ("invalid choice", ["bogus"]), ("--bogus", ["run", image, "--bogus"]),
			("APP", ["run"]), ("--net 'x' is unknown", ["run", image, "--net", "x"]),
			("no memory size", ["run", image, "--mem", "lots"]), ("one CPU", ["run", image, "--cpus", "2"]),
			("--accel", ["run", image, "--accel", "xen"]), ("NAME=FILE", ["run", image, "--module", "x"]),
			("given twice", ["run", image, "--module", f"a={image}", "--module", f"a={image}"]),
			("same as", ["run", image, "--config", image, "--module", f"config={image}"]),
			("not allowed with", ["run", image, "--packed", "--split"]),
			("--timeout", ["run", image, "--timeout", "0"]), ("no name", ["run", image, "--name", "a b"]),
			("foreground", ["run", image, "--detach", "--stdin"]), ("--all", ["stop"]), ("no suite", ["test", "bogus"]), ("goes with no other",
			["run", image, "--net", "none", "--net", "user"])):
			with self.subTest(words=words):
				self.refused(2, needle, *words)

	def test_failures(self):
		image = self.image()
		for needle, words in (
			("cannot read the image", ["run", "/no/such"]), ("is not an image", ["run", "/etc/passwd"]),
			("vhost-user socket", ["run", image, "--net", "vhost-user:/no/such"]),
			("cannot read module", ["run", image, "--config", "/no/such"]),
			("no VM named x", ["stop", "x"]), ("no log", ["logs", "x"])):
			with self.subTest(words=words):
				self.refused(1, needle, *words)

	def test_from_another_folder(self):
		code, out, _ = self.sluice("ps", "--json", cwd="/")
		self.assertEqual((code, json.loads(out)), (0, []))
		link = self.tmp / "link"
		link.symlink_to(paths.ROOT / "sluice")
		self.assertEqual(os.system(f"cd / && {link} ps > /dev/null"), 0)


class Run(Case):
	def test_codes_and_console(self):
		for code in (0, 7, 100):
			got, out, err = self.sluice("run", self.image("hi\n", code), "--accel", "tcg")
			self.assertEqual((got, out), (code, "hi\n"), err)

	def test_json(self):
		image = self.image('hi\n@{"a": 1}\n', 5)
		code, out, err = self.sluice("run", image, "--accel", "tcg", "--json")
		summary = json.loads(out)
		self.assertEqual((code, summary["code"], summary["records"]), (5, 5, [{"a": 1}]))
		self.assertIn("hi\n", err)

	def test_timeout(self):
		code, out, err = self.sluice("run", self.image("up\n", None), "--accel", "tcg", "--timeout", "0.5")
		self.assertEqual((code, out), (124, "up\n"))
		self.assertIn("--timeout", err)

	def test_input_is_asked_for(self):
		"""Without --stdin the input of a script's loop is not eaten."""
		image = self.image("up\n", 0)
		for words, eaten in (([], False), (["--stdin"], True)):
			reader, writer = os.pipe()
			os.write(writer, b"rest")
			os.close(writer)
			subprocess.run([SLUICE, "run", image, "--accel", "tcg", *words], stdin=reader, timeout=30,
				capture_output=True, check=True)
			self.assertEqual(os.read(reader, 10) != b"rest", eaten)
			os.close(reader)

	def test_detached(self):
		image = self.image("up\n", None)
		code, out, _ = self.sluice("run", image, "--accel", "tcg", "--detach", "--name", "bg")
		self.assertEqual((code, out), (0, "bg\n"))
		try:
			self.refused(1, "running already", "run", image, "--accel", "tcg", "--name", "bg")
			row, = json.loads(self.sluice("ps", "--json")[1])
			self.assertEqual((row["name"], row["detached"], row["accel"]), ("bg", True, "tcg"))
			self.assertIn("bg ", self.sluice("ps")[1])
			with self.background("logs", "-f", "bg") as follower:
				self.assertEqual(follower.stdout.readline(), "up\n")
				self.assertEqual(self.sluice("stop", "bg")[:2], (0, "bg stopped\n"))
				self.assertEqual(follower.wait(5), 0)
		finally:
			self.sluice("stop", "--all")
		self.assertFalse(procs.alive(row["pid"], procs.start_time(row["pid"])))
		self.assertEqual(self.sluice("logs", "bg")[:2], (0, "up\n"))
		self.assertEqual(self.sluice("stop", "--all")[:2], (0, ""))

	def test_module_and_arguments_reach_qemu(self):
		image = self.image("up\n", None)
		try:
			self.sluice("run", image, "--accel", "tcg", "--detach", "--name", "a", "--cmdline", "x=1", "--config",
				image, "--", "-n", "3")
			command = state.find("a")["command"]
			self.assertIn("tiny x=1 -- -n 3", command)
			self.assertIn(f"name=opt/sluice/config,file={image}", command)
		finally:
			self.sluice("stop", "--all")


class Endings(Case):
	"""However the launcher ends, no VM and no file is left."""

	def ended_by(self, signum, code):
		with self.background("run", self.image("up\n", None), "--accel", "tcg") as child:
			self.assertEqual(child.stdout.readline(), "up\n")
			entry, = state.running()
			child.send_signal(signum)
			self.assertEqual(child.wait(30), code)
			self.assertTrue(procs.gone_within(entry["pid"], entry["starttime"], 5))
		self.assertEqual(state.running(), [])
		self.assertEqual([p.name for p in state.folder().iterdir()], [".lock"])

	def test_ctrl_c(self):
		self.ended_by(signal.SIGINT, 130)

	def test_sigterm(self):
		self.ended_by(signal.SIGTERM, 143)

	def test_sigkill(self):
		self.ended_by(signal.SIGKILL, -signal.SIGKILL)

	def test_closed_pipe(self):
		reader, writer = os.pipe()
		os.close(reader)
		done = subprocess.run([SLUICE, "ps"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
		os.close(writer)
		self.assertEqual((done.returncode, done.stderr), (1, ""))


if __name__ == "__main__":
	unittest.main()

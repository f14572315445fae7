# SPDX-License-Identifier: BSD-3-Clause
"""Broken and exploited programs end with a clear report and a failing exit code."""

import re

from support import everywhere

RING0 = "the page is ring 0's (page tables, interrupt controllers)"
NUCLEUS = "the nucleus is out of bounds for ring 3"
DATA = "execution of data"
TEXT, CONST = "write to program text", "write to constants"
GUARD = "stack overflow: guard page of the main stack"

# case: (error code, reason, innermost functions)
PAGE_FAULTS = {
	"write-text": (0x7, TEXT, ["mem_write", "write_text"]),
	"write-rodata": (0x7, CONST, ["mem_write", "write_rodata"]),
	"write-symbols": (0x7, CONST, ["mem_write", "write_symbols"]),
	"exec-heap": (0x15, DATA, ["", "mem_execute", "exec_heap"]),
	"exec-stack": (0x15, DATA, ["", "mem_execute", "exec_stack"]),
	"exec-data": (0x15, DATA, ["", "mem_execute", "exec_data"]),
	"null-read": (0x4, "null pointer", ["mem_read", "null_read"]),
	"null-write": (0x6, "null pointer", ["mem_write", "null_write"]),
	"null-call": (0x14, "null pointer", ["", "mem_execute", "null_call"]),
	"wild-read": (0x4, "unmapped address", ["mem_read", "wild_read"]),
	"nucleus-read": (0x5, NUCLEUS, ["mem_read", "nucleus_read"]),
	"nucleus-write": (0x7, NUCLEUS, ["mem_write", "nucleus_write"]),
	"nucleus-jump": (0x15, NUCLEUS, ["", "mem_execute", "nucleus_jump"]),
	"pagetable-write": (0x7, RING0, ["mem_write", "pagetable_write"]),
	"pagetable-read": (0x5, RING0, ["mem_read", "pagetable_read"]),
	"lapic": (0x7, RING0, ["mem_write", "lapic"]),
	"lapic-physical": (0x4, "unmapped address", ["mem_read", "lapic_physical"]),
	"ioapic": (0x7, RING0, ["mem_write", "ioapic"]),
	"stack-guard": (0x6, GUARD, ["underrun", "stack_guard"]),
}
PRIVILEGED = ("cr3", "cr3-read", "cr0", "lidt", "lgdt", "ltr", "wrmsr", "rdmsr", "cli", "sti", "hlt", "invlpg")
FUNCTION = {"cr3": "ring_cr3_write"}
OUTER = ["crash_inner", "crash_outer", "main"]
# KVM without hardware virtualisation raises other vectors than a CPU does for these, but ends all the same.
SOFT_INTERRUPTS = {"int80": (13, 6), "int-timer": (13, 6), "breakpoint": (13, 3), "syscall": (6, 14)}


@everywhere
class Crash:
	def report(self, case):
		"""Run a case that must end in an exception; takes its report apart."""
		code, out, _ = self.run_image("crash", case)
		self.assertEqual(code, 101, out)
		self.assertNotIn("survived", out)
		match = re.search(r"^sluice: exception (\d+) \(([^)]+)\), error (0x[0-9a-f]+), at ([0-9a-f]{16})$", out, re.M)
		self.assertIsNotNone(match, out)
		self.vector, self.error = int(match[1]), int(match[3], 16)
		why = re.search(r"^  (read|write|fetch) of address ([0-9a-f]{16}): (.*)$", out, re.M)
		self.access, self.reason = (why[1], why[3]) if why else (None, None)
		self.frames = [m[1] or "" for m in re.finditer(r"^  #\d+ +[0-9a-f]{16}(?: (\w+)\+0x[0-9a-f]+)?$", out, re.M)]
		for register in "rax rbx rcx rdx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15".split():
			self.assertRegex(out, rf"\b{register} +[0-9a-f]{{16}}\b")
		return out

	def test_page_faults(self):
		for case, (error, reason, functions) in PAGE_FAULTS.items():
			with self.subTest(case=case):
				out = self.report(case)
				self.assertEqual((self.vector, self.error, self.reason), (14, error, reason), out)
				self.assertEqual(self.access, "fetch" if error & 16 else "write" if error & 2 else "read")
				self.assertEqual(self.frames[:len(functions) + 3], functions + OUTER, out)

	def test_privileged_instructions(self):
		for case in PRIVILEGED:
			with self.subTest(case=case):
				out = self.report(case)
				self.assertEqual(self.vector, 13, out)
				self.assertEqual(self.frames[:4], [FUNCTION.get(case, "ring_" + case.replace("-", "_"))] + OUTER, out)

	def test_ways_into_ring_0(self):
		for case, vectors in SOFT_INTERRUPTS.items():
			with self.subTest(case=case):
				self.report(case)
				self.assertIn(self.vector, vectors if self.accel == "kvm" else vectors[:1])

	def test_other_exceptions(self):
		cases = {"div0": (0, "ring_div0"), "ud2": (6, "ring_ud2"), "other-gate": (6, "ring_other_gate")}
		if self.accel == "kvm":  # QEMU 7.2's TCG raises no SIMD exceptions
			cases["simd"] = (19, "ring_simd")
		for case, (vector, function) in cases.items():
			with self.subTest(case=case):
				out = self.report(case)
				self.assertEqual((self.vector, self.frames[:4]), (vector, [function] + OUTER), out)

	def test_far_return(self):
		out = self.report("far-return")
		self.assertEqual((self.vector, self.error, self.frames[0]), (13, 0x8, "ring_far_return"), out)

	def test_non_canonical(self):
		self.report("non-canonical")
		self.assertEqual((self.vector, self.frames[:5]), (13, ["mem_read", "non_canonical"] + OUTER))

	def test_stack_overflow(self):
		out = self.report("stack-overflow")
		self.assertEqual((self.vector, self.error, self.reason), (14, 0x6, GUARD), out)
		self.assertEqual(set(self.frames), {"recurse"})
		self.assertLessEqual(len(self.frames), 32)

	def test_damaged_stack(self):
		"""The frames are gone; the report comes all the same, and it ends."""
		out = self.report("stack-top")
		self.assertEqual((self.vector, self.error, self.reason), (14, 0x7, CONST), out)
		self.assertEqual(self.frames[:2], ["overrun", "stack_top"])
		out = self.report("return-smash")
		self.assertEqual((self.vector, "4141414141414141" in out or self.frames[0] == "return_smash"), (13, True), out)
		self.report("bad-rbp")
		self.assertEqual((self.vector, self.frames[0]), (6, "bad_rbp"))
		self.report("bad-rsp")
		self.assertEqual((self.vector, self.error, self.frames[0]), (14, 0x6, "bad_rsp"))

	def test_fault_in_the_report(self):
		self.assertEqual(self.run_image("crash", "nested")[:2], (101, "crash: faults while a fault is handled\n"))

	def test_refused_calls(self):
		"""Nucleus calls that must be refused; the image goes on."""
		for case in ("bad-call", "reseal", "bad-route", "iopl"):
			with self.subTest(case=case):
				code, out, _ = self.run_image("crash", case)
				self.assertEqual((code, "(wrong)" in out, "survived, 0" in out), (0, False, True), out)

	def test_program_ends(self):
		for case, line, functions in (
				("uk-assert", "sluice: assertion failed: two == 3 (", ["program_uk_assert"]),
				("assert", "Assertion failed: two == 4 (", ["raise", "abort", "__assert_fail", "program_assert"]),
				("abort", "sluice: the application raised signal 6", ["raise", "abort", "program_abort"]),
				("raise", "sluice: the application raised signal 15", ["raise", "program_raise"]),
				("double-free", "sluice: assertion failed: ", ["block_used", "tlsf_free", "program_double_free"])):
			with self.subTest(case=case):
				code, out, _ = self.run_image("crash", case)
				self.assertEqual(code, 100, out)
				self.assertIn(f"\n{line}", out)
				frames = re.findall(r"^  #\d+ +[0-9a-f]{16} (\w+)\+", out, re.M)
				self.assertEqual(frames[:len(functions) + 3], functions + OUTER, out)

	def test_wrong_use(self):
		code, out, _ = self.run_image("crash", "nosuchcase")
		self.assertEqual((code, out), (2, "crash: give one case, see `crash list`\n"))


@everywhere
class Covered:
	def test_every_case_is_tested(self):
		_, out, _ = self.run_image("crash", "list")
		listed = {line.split()[0] for line in out.splitlines()}
		tested = {*PAGE_FAULTS, *PRIVILEGED, *SOFT_INTERRUPTS, "div0", "ud2", "other-gate", "simd", "non-canonical", "far-return",
			"stack-overflow", "stack-top", "return-smash", "bad-rbp", "bad-rsp", "nested", "bad-call", "reseal",
			"bad-route", "iopl", "uk-assert", "assert", "abort", "raise", "double-free"}
		self.assertEqual(listed, tested)

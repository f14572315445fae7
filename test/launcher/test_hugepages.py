# SPDX-License-Identifier: BSD-3-Clause
"""Reserving 2 MiB pages, against a pretended pool."""

import json
import os
import unittest

from launcher import hugepages, procs
from support import Case


class Pool(Case):
	def setUp(self):
		super().setUp()
		self.total, self.used, self.limit = 0, 0, 1000
		self.ledger = self.tmp / "ledger"
		self.patch(hugepages, "LEDGER", str(self.ledger))
		self.patch(hugepages, "_counts", lambda: {"Total": self.total, "Free": self.total - self.used, "Rsvd": 0})
		self.patch(hugepages, "_add", self.add)
		self.patch(os, "geteuid", lambda: 0)

	def add(self, pages):
		before = self.total
		self.total = min(max(self.total + pages, 0), self.limit)
		return self.total - before

	def book(self):
		return json.loads(self.ledger.read_text())

	def test_added_and_given_back(self):
		with hugepages.reserve(64) as got:
			self.assertTrue(got)
			self.assertEqual((self.total, hugepages.free_mb()), (32, 64))
			self.assertEqual([h["pid"] for h in self.book()], [os.getpid()])
		self.assertEqual((self.total, self.book()), (0, []))

	def test_free_ones_are_used(self):
		self.total = 40
		with hugepages.reserve(64) as got:
			self.assertTrue(got)
			self.assertEqual(self.total, 40)
		with hugepages.reserve(100):
			self.assertEqual(self.total, 50)
		self.assertEqual(self.total, 40)

	def test_two_at_once(self):
		with hugepages.reserve(10):
			self.used = 5
			with hugepages.reserve(20) as got:
				self.assertTrue(got)
				self.assertEqual(self.total, 15)
				self.used = 15
			self.used = 5
			self.assertEqual(self.total, 5)
		self.assertEqual(self.total, 0)

	def test_too_few(self):
		self.limit = 10
		with hugepages.reserve(64) as got:
			self.assertFalse(got)
			self.assertEqual(self.total, 0)
		self.assertEqual(self.total, 0)

	def test_not_root(self):
		self.patch(os, "geteuid", lambda: 1000)
		with hugepages.reserve(64) as got:
			self.assertFalse(got)
		self.total = 32
		with hugepages.reserve(64) as got:
			self.assertTrue(got)

	def test_killed_session(self):
		self.total = 50
		me = procs.start_time(os.getpid())
		self.ledger.write_text(json.dumps([{"pid": os.getpid(), "starttime": me - 1, "pages": 30, "id": "a"},
			{"pid": os.getpid(), "starttime": me, "pages": 5, "id": "b"}]))
		hugepages.restore()
		self.assertEqual((self.total, [h["id"] for h in self.book()]), (20, ["b"]))

	def test_broken_ledger(self):
		for text in ("", "{", '{"a": 1}', "[1]"):
			self.ledger.write_text(text)
			with hugepages.reserve(2) as got:
				self.assertTrue(got)
			self.assertEqual(self.total, 0)

	def test_on_an_exception(self):
		with self.assertRaises(KeyError), hugepages.reserve(64):
			raise KeyError
		self.assertEqual(self.total, 0)


if __name__ == "__main__":
	unittest.main()

# SPDX-License-Identifier: BSD-3-Clause
"""The back end dies under load and comes back: the guest goes on by itself, with frames unharmed."""

import time

from support import Harness, NetSpec, each_accel, everywhere

KILLS = 2
RESUME_S = 20.0  # a bench measures it; here it only has to happen
FRAMES = 3000
FLUSH_S = 1.5
WINDOW = 64  # frames under way in a queue, the harness' default


class Base:
	def load(self, path, queues):
		"""A back end under full load; returns when frames came back."""
		h = Harness("fwd", options=["--size", "64"], socket=path, queues=queues, wait=RESUME_S)
		self.addCleanup(h.close)
		h.start()
		h.until(lambda e: e.get("type") == "tick" and e.get("rx_pkts", 0) > 0, RESUME_S)
		return h

	def flush(self, path, queues):
		"""A back end that only takes: what earlier ones left in the guest is gone then."""
		with Harness("sink", socket=path, queues=queues, wait=RESUME_S) as h:
			h.until(lambda e: e.get("what") == "connected", RESUME_S)
			time.sleep(FLUSH_S)
			h.finish()

	def check(self, packed, queues=1, args=()):
		path = str(self.tmp / "be.sock")
		first = Harness("fwd", options=["--size", "64"], socket=path, queues=queues, wait=RESUME_S).start()
		self.addCleanup(first.close)
		with self.vm("reflector", f"queues={queues}", *args, nets=[NetSpec("vhost-user", path)], packed=packed, queues=queues,
				mem="32M") as vm:
			first.until(lambda e: e.get("type") == "tick" and e.get("rx_pkts", 0) > 0, RESUME_S)
			first.kill()
			for _ in range(KILLS - 1):
				self.load(path, queues).kill()
			self.flush(path, queues)
			with Harness("random", options=["--count", FRAMES, "--max", 1514], socket=path, queues=queues, lean=False,
					wait=RESUME_S) as last:
				result = last.result(60)
				told = f"{result} {last.notes()} {vm.console()}"
				self.assertEqual((result["altered"], result["corrupt"], result["duplicate"]), (0, 0, 0), told)
				# what was under way when the guest set its device up anew is lost
				self.assertGreaterEqual(result["matched"], FRAMES - queues * WINDOW, told)
			self.assertTrue(vm.running(), told)
			time.sleep(0.1)
			self.assertNotIn("sluice: exception", vm.console())


@everywhere
class Recover(Base):
	def test_split(self):
		self.check(False)

	def test_packed(self):
		self.check(True)


@each_accel
class RecoverMore(Base):
	def test_2_queues(self):
		self.check(True, queues=2)

	def test_interrupts(self):
		self.check(False, args=["intr=1"])
		self.check(True, args=["intr=1"])

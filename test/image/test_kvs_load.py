# SPDX-License-Identifier: BSD-3-Clause
"""The store under the load generator, which checks every answer; clients and back ends come and go, and nothing is lost."""

from launcher import kvs_levels
from support import NetSpec, each_accel

KEYS = 3000
WAIT_S = 60.0
# Nothing here is measured: an answer may take its time on a busy machine.
PATIENT = ["--keys", KEYS, "--timeout", 5, "--wait-timeout", 40, "--warmup", 0]


class Base:
	IMAGE, ARGS, ADDRESS = "kvs", ("stats=1",), "netdev0.ip"

	def load(self, path, *words) -> kvs_levels.Load:
		h = kvs_levels.Load([*PATIENT, *words], socket=path)
		self.addCleanup(h.close)
		return h.start()

	def serve(self, path, packed=True):
		net = NetSpec("vhost-user", path)
		net.mac = kvs_levels.MAC
		return self.vm(self.IMAGE, *self.ARGS, nets=[net], packed=packed, mem="128M", cmdline=f"{self.ADDRESS}={kvs_levels.ADDRESS}/24")

	def check(self, packed, *words):
		path = str(self.tmp / "be.sock")
		first = self.load(path, "--load", "closed:32,x0.5", "--duration", 0.5, "--verify", *words)
		with self.serve(path, packed) as vm:
			result = first.result(WAIT_S)
			self.assertEqual((result["verdict"], result["misses"], result["stray"]), ("ok", 0, 0), f"{result} {vm.console()}")
			self.assertGreater(result["hits"], KEYS)
			self.assertGreaterEqual(result["stored"], KEYS)
			return result

	def test_every_answer_is_right(self):
		for proto in ("text", "meta", "binary"):
			self.check(True, "--proto", proto, "--ratio", "9:1", "--checksum")

	def test_values_of_many_sizes(self):
		self.check(False, "--value", "8-1200", "--key-len", 40, "--zipf", 0.99)

	def test_a_killed_back_end_loses_no_item(self):
		path = str(self.tmp / "be.sock")
		first = self.load(path, "--load", "closed:32", "--ratio", "1:0", "--duration", 600)
		with self.serve(path, packed=False) as vm:
			first.until(lambda e: e.get("type") == "tick" and e["hits"] > 0, WAIT_S)
			for _ in range(2):
				first.kill()
				first.close()
				first = self.load(path, "--no-preload", "--ratio", "1:0", "--load", "closed:32", "--duration", 0.3, "--verify")
				result = first.result(WAIT_S)
				verify = [e for e in first.events if e["type"] == "verify"]
				told = f"{result} {vm.console()}"
				self.assertEqual((result["verdict"], result["misses"]), ("ok", 0), told)
				self.assertEqual([e["hits"] for e in verify], [KEYS], told)


@each_accel
class Netdev(Base):
	pass


@each_accel
class LwipRaw(Base):
	IMAGE, ARGS, ADDRESS = "kvs-lwip", (), "netdev.ip"


@each_accel
class LwipSockets(Base):
	IMAGE, ARGS, ADDRESS = "kvs-socket", ("mode=batch",), "netdev.ip"

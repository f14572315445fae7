# SPDX-License-Identifier: BSD-3-Clause
"""Peers of bench nf: rules in nft's words, routes, and Linux' forwarding between namespaces."""

import ipaddress
import os
import subprocess
import unittest
from unittest import mock

from launcher import bench_nf, peers
from launcher.say import Fail
from support import Case


def namespaces() -> set:
	return {name for name in os.listdir("/run/netns") if name.startswith(peers.PREFIX)} if os.path.isdir("/run/netns") else set()


class Words(Case):
	def test_rules(self):
		for rule, wanted in (("deny src net 192.0.2.0/24", "ip saddr 192.0.2.0/24 drop"), ("allow all", "accept"),
				("allow src net 10.0.0.0/8 && dst tcp port 22", "ip saddr 10.0.0.0/8 tcp dport 22 accept"),
				("deny dst net 198.18.0.0/15 && dst udp port 53", "ip daddr 198.18.0.0/15 udp dport 53 drop")):
			self.assertEqual(peers.nft_rule(rule), wanted)
		for bad in ("deny src host 1.2.3.4", "deny ip frag x", "allow dst tcp opt syn"):
			with self.assertRaises(Fail):
				peers.nft_rule(bad)

	def test_every_rule_of_the_bench_can_be_told(self):
		lines = bench_nf.rules(1000).split(",\n")
		self.assertEqual(len([peers.nft_rule(line) for line in lines]), 1000)

	def test_routes(self):
		found = bench_nf.routes(1000)
		self.assertEqual(len(set(found)), 1000)
		self.assertTrue(all(net.subnet_of(ipaddress.ip_network("16.0.0.0/4")) and 16 <= net.prefixlen <= 24 for net in found))

	def test_what_is_lacking_is_told(self):
		with mock.patch("os.geteuid", return_value=1000):
			self.assertIn("root", peers.linux_lacks())
		with mock.patch("os.geteuid", return_value=0), mock.patch("shutil.which", return_value=None):
			self.assertIn("nft", peers.linux_lacks())


@unittest.skipIf(peers.linux_lacks(), peers.linux_lacks())
class Forwarding(Case):
	def test_frames_come_through_and_nothing_stays(self):
		rules = [*bench_nf.rules(10).split(",\n")]
		with peers.Linux(64, rules=rules, routes=[ipaddress.ip_network("16.1.0.0/16")]) as router:
			self.assertGreater(router.rate(0.3, 0.0), 0)
			listed = subprocess.run(["ip", "netns", "exec", router.router, "nft", "list", "ruleset"], capture_output=True,
				text=True, check=True).stdout
			self.assertEqual(len([line for line in listed.splitlines() if line.endswith(("accept", "drop"))]), 10)
			own = {router.gen, router.router}
			self.assertLessEqual(own, namespaces())
		self.assertFalse(own & namespaces())

	def test_a_failure_leaves_nothing(self):
		before = namespaces()
		with self.assertRaises(Fail):
			peers.Linux(64, rules=["deny src net 300.0.0.0/8"]).start()
		self.assertEqual(namespaces(), before)

	def test_what_a_dead_bench_left_is_removed(self):
		name = f"{peers.PREFIX}g{subprocess.run(['sh', '-c', 'echo $$'], capture_output=True, text=True, check=True).stdout.strip()}"
		subprocess.run(["ip", "netns", "add", name], check=True)
		peers._forget_namespaces()
		self.assertNotIn(name, namespaces())

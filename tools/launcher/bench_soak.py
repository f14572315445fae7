# SPDX-License-Identifier: BSD-3-Clause
"""A long run of a NAT that is reconfigured every second, below its no-drop rate.

The harness sends flows of frames of mixed sizes into the inside card and counts what leaves by the outside one.
Each second the configuration is swapped for another one and back (handler `hotconfig`). At the end, while the
machine is quiet, everything has to add up to the packet:

	sent by the harness = received by FromDevice = sent by ToDevice + drops that have a name
	sent by ToDevice = received by the harness

and nothing is lost, altered or refused, and neither packet buffers nor memory have become fewer.
"""

import re
import tempfile
import time

from . import host, paths
from .bench_nf import GUEST_MAC, NATTED, NEXT_MAC
from .control import Control
from .qemu import VM, NetSpec
from .say import Fail, note, step

EXPERIMENTS = {"soak": "an hour of NAT, reconfigured every second: loss, leaks, and counters that add up"}
IMAGES = ("nf",)
RATE, FLOWS, CAPACITY = 200_000, 20_000, 65536
NB_NETS, RING, MEM = 2, 1024, "256M"
QUIET_S = 1.0   # after the traffic, before the counters are read
HEAP_SLACK = 16 << 10
TELL_EVERY = 10  # changes
NAT = paths.ROOT / "nf-apps" / "conf" / "nat.click"
# The same without classifiers.
PLAIN = f"""nat :: IPRewriter(pattern 192.0.2.1 1024-65535 - - 0 1, drop, MAPPING_CAPACITY {CAPACITY});
from0 :: FromDevice(eth0) -> Strip(14) -> CheckIPHeader -> [0] nat;
from1 :: FromDevice(eth1) -> Strip(14) -> CheckIPHeader -> [1] nat;
nat [0] -> DecIPTTL -> EtherEncap(0x0800, $ETH1_MAC, {NEXT_MAC}) -> to1 :: ToDevice(eth1);
nat [1] -> DecIPTTL -> EtherEncap(0x0800, $ETH0_MAC, {NEXT_MAC}) -> to0 :: ToDevice(eth0);
"""
# What every other configuration has besides.
MORE = "\nsoak :: Idle -> soaked :: Counter -> Discard;\n"


def text() -> tuple:
	"""(the configuration that runs, handlers to write before there is traffic)"""
	return NAT.read_text(encoding="utf-8"), NATTED


def quiet(config: str) -> str:
	"""The same without devices: nothing comes, the tables can be filled."""
	return re.sub(r"\bToDevice\([^)]*\)", "Discard", re.sub(r"\bFromDevice\([^)]*\)", "Idle", config))


class _Guest:
	"""The machine's handlers."""

	def __init__(self, vm, control, config, writes=()):
		self.vm, self.control, self.texts, self.writes = vm, control, (config, config + MORE), writes
		self.nb_changes, self.slowest_s, self.mappings = 0, 0.0, []

	def number(self, handler: str) -> int:
		return int(self.control.read(handler))

	def tell(self) -> None:
		"""What the harness does not: that the next hop is still there. (It answers no ARP query; entries get old.)"""
		for handler, value in self.writes:
			self.control.write(handler, value.encode())

	def change(self) -> None:
		"""To the other configuration. The first change brings the devices, and with them the traffic."""
		if self.nb_changes % TELL_EVERY == 0:
			self.tell()
		value, began = self.texts[self.nb_changes % 2].encode(), time.monotonic()
		self.control.write("hotconfig", value)
		self.slowest_s = max(self.slowest_s, time.monotonic() - began)
		self.nb_changes += 1

	def look(self) -> None:
		self.mappings.append(self.number("nat.nmappings"))

	def free(self) -> int:
		return int(re.search(r"small (\d+) free", self.control.read("pools").decode())[1])

	def devices(self) -> dict:
		"""{"FromDevice eth0": frames, ...}"""
		found = {}
		for name in self.control.read("list").decode().split()[1:]:
			kind = self.control.read(f"{name}.class").decode().strip()
			if kind in ("FromDevice", "ToDevice"):
				found[f"{kind} {self.control.read(name + '.device').decode().strip()}"] = self.number(f"{name}.count")
		return found

	def dropped(self) -> dict:
		"""{"element: reason": frames}"""
		lines = [line.split("\t") for line in self.control.read("dropped").decode().splitlines()]
		return {f"{element}: {reason}": int(count) for count, element, reason in lines}

	def heap(self) -> list:
		return [r["heap_bytes"] for r in self.vm.records() if r.get("type") == "tick" and "heap_bytes" in r]


def run(names, conf) -> list:
	with step(f"bench soak, {conf.minutes:g} minutes") as now:
		row = measure(conf.minutes * 60, conf.accel, conf.machine, lean=conf.lean, idle=conf.idle, rate=conf.rates[0] if conf.rates else RATE,
			tell=now.update)
	print(f"soak           {row['sent']} frames in {row['seconds']:.0f} s at {row['rate_pps']:.0f} a second, {row['changes']} "
		f"changes (slowest {row['slowest_change_ms']:.1f} ms): lost {row['lost']}, refused {row['refused']}, altered "
		f"{row['corrupt']}, reordered {row['reordered']}, named drops {sum(row['dropped'].values())}; at most "
		f"{row['mappings_max']} mappings; buffers gone {row['buffers_gone']}, heap grown by {row['heap_grown']} bytes", flush=True)
	for line in row["failures"]:
		note(f"soak: {line}")
	if not row["failures"]:
		note("soak: nothing lost, nothing leaked, the counters add up")
	return [row]


def measure(seconds, accel="auto", machine="microvm", *, rate=RATE, flows=FLOWS, config=None, writes=None, lean=True,
		period=1.0, idle=False, tell=lambda text: None) -> dict:
	"""One run, the machine spinning or, if `idle`, asleep between packets; row["failures"] lists what is not as it has to be."""
	if config is None:
		config, writes = text()
	with tempfile.TemporaryDirectory(prefix="sluice-soak-") as tmp:
		words = ["--rate", int(rate), "--size", "imix", "--flows", flows, "--stamp", "all", "--check", "--src-net", "10.0.0.0/24",
			"--dst-net", "198.18.0.0/16", "--back", f"{tmp}/back", "--drain", 4 * QUIET_S]
		first = f"{tmp}/config"
		with open(first, "w", encoding="utf-8") as f:
			f.write(quiet(config))
		with host.Harness("fwd", options=words, duration=seconds, lean=lean) as h:
			nets = [NetSpec("vhost-user", h.socket, mac=GUEST_MAC), NetSpec("vhost-user", f"{tmp}/back")]
			with VM("nf", args=["stats=1", f"ring={RING}", f"intr={int(idle)}"], nets=nets, mem=MEM, accel=accel, machine=machine, ring=RING,
					control=True, modules={"config": first}) as vm:
				host.favour(vm.pid)
				vm.wait_line(r'"type":"ready"', timeout=60)
				with Control.of(vm.name) as control:
					guest = _Guest(vm, control, config, writes or ())
					try:
						found = _follow(h, guest, seconds, period, tell)
					except Fail as err:
						raise Fail(f"soak: after {guest.nb_changes} changes: {err} {vm.end()}") from None
					row = {"experiment": "soak", "accel": vm.accel.name, "machine": machine, "rate_pps": rate, "flows": flows, **found}
	row["failures"] = failures(row)
	return row


def _follow(h, guest, seconds, period, tell) -> dict:
	"""From the first change to the end of the traffic, and then the sums."""
	# each receive ring holds as many buffers as it has places
	begin = guest.free() - NB_NETS * RING
	guest.change()
	began = time.monotonic()
	h.until(lambda e: e.get("what") == "measuring", 60)
	while True:
		event = _next(h, period)
		if event and event.get("what") == "window":
			break
		guest.change()
		guest.look()
		tell(f"{time.monotonic() - began:.0f} of {seconds:.0f} s, {guest.nb_changes} changes")
		if time.monotonic() > began + seconds + 60:
			raise Fail("soak: the harness does not come to its end")
	took = time.monotonic() - began
	time.sleep(QUIET_S)
	counts, dropped, free = guest.devices(), guest.dropped(), guest.free()
	guest.look()
	result = h.result(timeout=60)
	return {"seconds": round(took, 1), "changes": guest.nb_changes, "slowest_change_ms": round(guest.slowest_s * 1e3, 2),
		"sent": result["total_tx_pkts"], "received": result["total_rx_pkts"], "verdict": result["verdict"],
		**{key: sum(e.get(key, 0) for e in h.events if e.get("type") == "result") for key in ("lost", "refused", "corrupt", "reordered")},
		"counts": counts, "dropped": dropped, "mappings_max": max(guest.mappings), "free_buffers": free,
		"buffers_gone": begin - free, "lat_us": result.get("lat_us"), **_heap(guest.heap())}


def _next(h, period):
	"""What the harness tells within some time: its window's end, or nothing of interest."""
	end = time.monotonic() + period
	while time.monotonic() < end:
		try:
			event = h.next(end - time.monotonic())
		except Fail:
			return None
		if event is None:
			raise Fail("soak: the harness ended early")
		if event.get("what") == "window":
			return event
	return None


def _heap(samples: list) -> dict:
	"""The heap at the end, and how much more is in use in the last quarter of the run than in the second, when all
	tables have their size. Least values, since a change holds two routers for a moment."""
	part = len(samples) // 4
	if part < 1:
		return {"heap_bytes": samples[-1] if samples else None, "heap_grown": 0}
	return {"heap_bytes": samples[-1], "heap_grown": min(samples[-part:]) - min(samples[part:2 * part])}


def failures(row: dict) -> list:
	"""What does not hold, one sentence each."""
	counts, found = row["counts"], []
	inside, outside = counts.get("FromDevice eth0", -1), counts.get("ToDevice eth1", -1)
	others = {k: n for k, n in counts.items() if k not in ("FromDevice eth0", "ToDevice eth1") and n}
	drops = sum(row["dropped"].values())
	for holds, sentence in (
			(row["verdict"] == "ok", f"the harness says: {row['verdict']}"),
			(row["sent"] == inside, f"the harness sent {row['sent']}, FromDevice counts {inside}"),
			(inside == outside + drops, f"FromDevice counts {inside}, ToDevice {outside} and {drops} named drops"),
			(outside == row["received"], f"ToDevice counts {outside}, the harness received {row['received']}"),
			(row["lost"] == 0 and row["sent"] == row["received"], f"{row['sent'] - row['received']} frames are lost "
				f"(numbers that are missing: {row['lost']}), dropped: {row['dropped'] or 'none'}"),
			(row["refused"] == 0, f"{row['refused']} frames found the ring full"),
			(row["corrupt"] == 0, f"{row['corrupt']} frames were altered"),
			(not others, f"frames where none can be: {others}"),
			(row["mappings_max"] <= row["flows"], f"{row['mappings_max']} mappings for {row['flows']} flows"),
			(row["buffers_gone"] <= 0, f"{row['buffers_gone']} packet buffers are gone"),
			(row["heap_grown"] <= HEAP_SLACK, f"the heap has grown by {row['heap_grown']} bytes")):
		if not holds:
			found.append(sentence)
	return found

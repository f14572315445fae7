# SPDX-License-Identifier: BSD-3-Clause
"""What an image costs apart from packets: its boot, its ring-0 instructions, its sleep.

boot: the guest stamps entry and main by its own clock and prints them right before main
(platform option boot.trace). The first byte of that line on the host's side, less the
stamp, is when the entry instruction ran. The time of the first packet is the guest's.
"""

import os
import statistics
import time

from . import accel as accels
from . import bench_ring0, host
from .qemu import VM, NetSpec
from .say import Fail, note, step

EXPERIMENTS = {
	"boot": "QEMU's start to entry, entry to main, main to the first packet",
	"ring0": bench_ring0.HELP,
	"idle": "CPU time of an idle machine in interrupt mode",
}
IMAGES = ("reflector", "hello")
MACHINES = ("microvm", "q35")
TARGET_MS = {"exec_to_main": 60.0, "exec_to_first_packet": 80.0}  # microvm under KVM
IDLE_S, IDLE_TARGET = 10.0, 0.02
SETTLE_S = 1.0
POLL_S = 0.0001
PARTS = ("exec_to_entry", "entry_to_main", "main_to_first_packet", "exec_to_main", "exec_to_first_packet")


def run(names, conf) -> list:
	rows = []
	for name in names:
		rows += {"boot": _boot, "ring0": bench_ring0.run, "idle": _idle}[name](conf)
	return rows


def places(conf) -> list:
	"""(accelerator, machine) pairs that there are here; --accel narrows them."""
	names = [conf.accel] if conf.accel != "auto" else [n for n in ("kvm", "tcg")
		if n == "tcg" or not accels.kvm_usable()]
	return [(name, machine) for name in names for machine in MACHINES]


# -- boot ----------------------------------------------------------------------------


def _boot(conf) -> list:
	runs = max(conf.runs, 5)
	found = {place: [] for place in places(conf)}
	with step("bench boot") as now:
		for number in range(runs):
			for place in found:
				now.update(f"run {number + 1} of {runs}, {place[0]} {place[1]}")
				found[place].append(_boot_once(*place, conf.mem))
	print(f"{'boot, ms':14}" + "".join(f"{part.replace('_', ' '):>26}" for part in PARTS), flush=True)
	return [_boot_row(accel, machine, samples) for (accel, machine), samples in found.items()]


def _boot_row(accel, machine, samples) -> dict:
	row = {"experiment": "boot", "accel": accel, "machine": machine, "runs": len(samples)}
	text = f"{accel} {machine:10}"
	for part in PARTS:
		values = [s[part] for s in samples]
		row[part + "_ms"] = {"median": round(statistics.median(values), 3), "min": round(min(values), 3),
			"max": round(max(values), 3)}
		text += f"{'%.2f [%.2f-%.2f]' % (statistics.median(values), min(values), max(values)):>26}"
	row["steps_us"] = {key: round(statistics.median(s["steps"][key] for s in samples) / 1e3, 1)
		for key in samples[0]["steps"]}
	row["clock"] = samples[0]["clock"]
	print(text, flush=True)
	if (accel, machine) == ("kvm", "microvm"):
		row["target_ms"] = TARGET_MS
		for part, most in TARGET_MS.items():
			if row[part + "_ms"]["median"] > most:
				note(f"{part.replace('_', ' ')} is above its target of {most:.0f} ms")
	return row


def _boot_once(accel, machine, mem) -> dict:
	with host.Harness("gen", options=["--size", "64"], wait=30) as h:
		with VM("reflector", "boot.trace", [NetSpec("vhost-user", h.socket)], mem, accel, machine) as vm:
			came = _first_byte(vm)
			vm.wait_line('"type":"first_packet"', 30)
			records = {r.get("type"): r for r in vm.records()}
	boot, first = records["boot"], records["first_packet"]
	main_ms = boot["entry_to_main_ns"] / 1e6
	entry_ms = (came - vm.started_at) * 1e3 - main_ms
	first_ms = first["since_entry_ns"] / 1e6
	return {"exec_to_entry": entry_ms, "entry_to_main": main_ms, "main_to_first_packet": first_ms - main_ms,
		"exec_to_main": entry_ms + main_ms, "exec_to_first_packet": entry_ms + first_ms,
		"steps": boot["steps"], "clock": boot["clock"]}


def _first_byte(vm, timeout: float = 30.0) -> float:
	"""When the console got its first byte, by the wall clock."""
	end = time.monotonic() + timeout
	while os.stat(vm.console_path).st_size == 0:
		if time.monotonic() > end or not vm.running():
			raise Fail(f"{vm.name} printed nothing within {timeout:.0f} s")
		time.sleep(POLL_S)
	return time.time()


# -- idle ----------------------------------------------------------------------------


def _idle(conf) -> list:
	rows = []
	for accel, machine in places(conf):
		if (accel, machine) == ("tcg", "q35"):
			note("idle: tcg q35 left out: QEMU 7.2 has no message interrupts of vhost-user cards without KVM")
			continue
		rows.append(_idle_row(accel, machine, conf.mem))
	return rows


def _idle_row(accel, machine, mem) -> dict:
	with step(f"bench idle, {accel} {machine}"), host.Harness("sink", wait=30) as h, \
			VM("reflector", "", [NetSpec("vhost-user", h.socket)], mem, accel, machine, args=["intr=1"]) as vm:
		vm.wait_line('"type":"ready"', 30)
		time.sleep(SETTLE_S)
		share = cpu_share(vm, IDLE_S)
	print(f"idle           {accel} {machine:10} {share * 100:6.2f} % of a core over {IDLE_S:.0f} s", flush=True)
	if share >= IDLE_TARGET:
		note(f"that is above the target of {IDLE_TARGET * 100:.0f} %")
	return {"experiment": "idle", "accel": accel, "machine": machine, "seconds": IDLE_S, "cpu_share": round(share, 5),
		"target": IDLE_TARGET}


def cpu_share(vm, seconds: float) -> float:
	"""CPU time that the whole of QEMU uses, user and system, as a share of a core."""
	used, began = vm.cpu_seconds(), time.monotonic()
	time.sleep(seconds)
	return (vm.cpu_seconds() - used) / (time.monotonic() - began)

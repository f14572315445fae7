# SPDX-License-Identifier: BSD-3-Clause
"""Not how fast, but whether: random frames compared byte by byte, a back end that dies."""

import os
import signal
import tempfile
import time
from pathlib import Path

from . import host
from .qemu import VM, NetSpec
from .say import Fail, note, step

EXPERIMENTS = {
	"random": "random frames of 14 to 9000 bytes through the reflector, each compared (--frames)",
	"reconnect": "the back end is killed and restarted under load: how long until frames flow again",
}
IMAGES = ("reflector",)
KILLS = 3
LOAD_PPS = 500e3
RESUME_S = 20.0


def run(names, conf) -> list:
	rows = []
	for name in names:
		for ring in conf.rings:
			rows.append((_random if name == "random" else _reconnect)(ring, conf))
	return rows


def _vm(socket, ring, conf) -> VM:
	return VM("reflector", args=[f"burst={conf.burst}"], nets=[NetSpec("vhost-user", socket)], mem=conf.mem,
		accel=conf.accel, machine=conf.machine, packed=ring == "packed", ring=conf.ring_size)


def _random(ring, conf) -> dict:
	with step(f"bench random, {conf.frames} frames, {ring}") as now:
		with host.Harness("random", options=["--count", conf.frames, "--seed", conf.seed], lean=conf.lean) as h:
			with _vm(h.socket, ring, conf) as vm:
				host.favour(vm.pid)
				for tick in h.ticks():
					now.update(f"{tick['rx_pkts'] / conf.frames:.0%}")
				result = h.result()
	row = {"experiment": "random", "ring": ring, "frames": result["frames"], "matched": result["matched"],
		"altered": result["altered"], "loss": result["lost"], "unsent": result["unsent"], "seed": conf.seed,
		"sluice_mpps": result["rx_mpps"], "gbps": result["rx_gbps"], "verdict": result["verdict"]}
	print(f"random {ring:7} {row['matched']} of {row['frames']} frames came back unaltered, altered {row['altered']}, "
		f"lost {row['loss']}, {row['sluice_mpps']:.3f} Mpps, {row['gbps']:.1f} Gb/s", flush=True)
	if result["verdict"] != "ok":
		note(f"random, {ring}: {result['verdict']}")
	return row


def _load(socket, conf) -> host.Harness:
	return host.Harness("fwd", socket=socket, lean=conf.lean, options=["--rate", LOAD_PPS, "--check"])


def _flows(h) -> float:
	"""Wait for the first second in which frames come back; when that second began."""
	end = time.monotonic() + RESUME_S
	for tick in h.ticks(RESUME_S):
		if tick["rx_mpps"] > 0:
			return time.monotonic()
		if time.monotonic() > end:
			break
	raise Fail(f"no frame came back within {RESUME_S:.0f} s")


def _reconnect(ring, conf) -> dict:
	resumed, corrupt, foreign = [], 0, 0
	with step(f"bench reconnect, {ring}") as now, tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
		socket = str(Path(folder) / "vhost.sock")
		h = _load(socket, conf).start()
		try:
			with _vm(socket, ring, conf) as vm:
				_flows(h)
				for number in range(KILLS):
					now.update(f"kill {number + 1} of {KILLS}")
					os.kill(h.pid, signal.SIGKILL)
					h.close()
					h = _load(socket, conf).start()
					served = time.monotonic()
					h.until(lambda e: e.get("what") == "connected", RESUME_S)
					connected = time.monotonic()
					h.until(lambda e: e.get("what") == "measuring", RESUME_S)
					began = time.monotonic()
					_flows(h)
					result = h.finish()
					h.close()
					resumed.append((connected - served, began - connected))
					corrupt += result["corrupt"]
					foreign += result["foreign"]
					h = _load(socket, conf).start()
					_flows(h)
				alive = vm.running()
		finally:
			h.close()
	row = {"experiment": "reconnect", "ring": ring, "kills": KILLS, "alive": alive, "corrupt": corrupt, "foreign": foreign,
		"reconnect_s": [round(a, 3) for a, _ in resumed], "resume_s": [round(b, 3) for _, b in resumed]}
	print(f"reconnect {ring:7} QEMU was back after {max(row['reconnect_s']):.2f} s at most, frames flowed "
		f"{max(row['resume_s']):.3f} s later at most; altered {corrupt}, guest {'alive' if alive else 'DEAD'}", flush=True)
	return row

# SPDX-License-Identifier: BSD-3-Clause
"""Round trips through a reflector: latency at fixed rates, and the no-drop rate.

The harness stamps each frame when it puts it into the ring and looks at the stamp when the
frame is back, so a latency holds both rings, the guest's turn and the harness' own polling.
"""

import statistics

from . import host
from .qemu import VM, NetSpec
from .say import Fail, note, step

EXPERIMENTS = {
	"latency": "round-trip latency at fixed rates (--rates), with percentiles",
	"ndr": "the no-drop rate of the reflector, searched as RFC 2544, 26.1 says",
}
IMAGES = ("reflector",)
RATES = (100e3, 1e6)
PERCENTILES = ("min", "p50", "p99", "p999", "max")
RESOLUTION = 0.02
RETRIES = 2  # of a trial that lost frames: another program may have used the core


def run(names, conf) -> list:
	rows = []
	for name in names:
		for size in conf.sizes:
			rows += (_latency if name == "latency" else _ndr)(size, conf)
	return rows


def _sides(conf) -> list:
	"""(name, ring, variant) of every contestant."""
	return [(f"sluice-{r}", r, "") for r in conf.rings] + [(v, "", v) for v in conf.peers]


def _through(mode, options, size, conf, ring, variant, duration) -> dict:
	"""One run of the harness with a guest (ring) or a peer (variant) as the reflector."""
	with host.Harness(mode, options=["--size", size, "--burst", conf.burst, *options], duration=duration,
			warmup=conf.warmup if duration else 0, lean=conf.lean) as h:
		if variant:
			with host.Peer(variant, "fwd", size, h.socket, burst=conf.burst, ring=conf.ring_size):
				return h.result(600)
		with VM("reflector", args=[f"burst={conf.burst}"], nets=[NetSpec("vhost-user", h.socket)], mem=conf.mem,
				accel=conf.accel, machine=conf.machine, packed=ring == "packed", ring=conf.ring_size) as vm:
			host.favour(vm.pid)
			return h.result(600)


def _runs(label, conf, one) -> dict:
	"""Runs of every side, in turn: name -> list of results. A failed run is noted."""
	found = {name: [] for name, _, _ in _sides(conf)}
	with step(label) as now:
		for number in range(conf.runs):
			for name, ring, variant in _sides(conf):
				now.update(f"run {number + 1} of {conf.runs}, {name}")
				try:
					found[name].append(one(ring, variant))
				except Fail as err:
					note(f"{label}, {name}: {err}")
	return found


def _percentiles(results) -> dict:
	lats = [r["lat_us"] for r in results if r.get("lat_us")]
	return {p: round(statistics.median(lat[p] for lat in lats), 3) for p in PERCENTILES} if lats else {}


def _latency(size, conf) -> list:
	rows = []
	for rate in conf.rates or RATES:
		label = f"bench latency, {size} bytes, {rate / 1e6:g} Mpps"
		found = _runs(label, conf, lambda ring, variant: _through("fwd", ["--rate", rate], size, conf, ring, variant,
			conf.seconds))
		peers = {v: _percentiles(found[v]) for v in conf.peers}
		best = min((v for v in peers if peers[v]), key=lambda v: peers[v]["p99"], default=None)
		for ring in conf.rings:
			results = found[f"sluice-{ring}"]
			mine = _percentiles(results)
			if not mine:
				raise Fail(f"{label}: no frame came back from the guest")
			rows.append({"experiment": "latency", "size": size, "ring": ring, "rate_mpps": rate / 1e6,
				**{f"{p}_us": mine[p] for p in PERCENTILES},
				"loss": sum(r["lost"] for r in results), "refused": sum(r["refused"] for r in results),
				"peer": best, **{f"peer_{p}_us": peers[best][p] for p in PERCENTILES if best},
				"ratio": round(mine["p99"] / peers[best]["p99"], 3) if best else None, "peers": peers})
			_print_latency(rows[-1])
	return rows


def _print_latency(row) -> None:
	lat = "/".join(f"{row[f'{p}_us']:.1f}" for p in PERCENTILES)
	peer = "/".join(f"{row[f'peer_{p}_us']:.1f}" for p in PERCENTILES) if row["peer"] else "-"
	print(f"latency {row['size']:5} {row['ring']:7} {row['rate_mpps']:7.3f} Mpps  us min/50/99/99.9/max {lat}  "
		f"lost {row['loss']}  {row['peer'] or 'no peer'} {peer}", flush=True)


def _ndr(size, conf) -> list:
	options = ["--trial", max(0.2, conf.seconds), "--resolution", RESOLUTION, "--stamp", "seq", "--retries", RETRIES, "--loss", conf.loss]
	label = f"bench ndr, {size} bytes"
	found = _runs(label, conf, lambda ring, variant: _through("rfc2544", options, size, conf, ring, variant, 0))
	rates = {name: [r["ndr_pps"] / 1e6 for r in results] for name, results in found.items()}
	best = max((v for v in conf.peers if rates[v]), key=lambda v: statistics.median(rates[v]), default=None)
	rows = []
	for ring in conf.rings:
		mine = rates[f"sluice-{ring}"]
		if not mine:
			raise Fail(f"{label}: no run of the guest succeeded")
		peer = statistics.median(rates[best]) if best else None
		rows.append({"experiment": "ndr", "size": size, "ring": ring, "sluice_mpps": round(statistics.median(mine), 4),
			"sluice_min": min(mine), "sluice_max": max(mine), "peer": best, "peer_mpps": round(peer, 4) if best else None,
			"ratio": round(statistics.median(mine) / peer, 3) if peer else None, "loss_tolerance": conf.loss,
			"resolution": RESOLUTION, "peers": {v: rates[v] for v in conf.peers}})
		print(f"ndr {size:5} {ring:7} {statistics.median(mine):8.3f} Mpps [{min(mine):.2f}-{max(mine):.2f}]  "
			f"{best or 'no peer'} {peer if peer is not None else 0:8.3f} Mpps  ratio {rows[-1]['ratio']}", flush=True)
	return rows

# SPDX-License-Identifier: BSD-3-Clause
"""Packet rates at full speed: the guest sends (tx), receives (rx) or reflects (fwd).

Each run measures every side once, in turn: the guest with each ring layout, and each
variant of the peer, all against the same harness on the same core. The clock is the
harness'; frames are counted by the side that received them:
- tx, fwd: the harness counts.
- rx: the harness counts what it put into the ring during the window, and at the end the
  guest's own total says what share of it arrived.
"""

import re
import statistics
import time

from . import host, procs
from .qemu import VM, NetSpec
from .say import Fail, note, step

EXPERIMENTS = {
	"tx": "the guest sends at full speed, the harness counts",
	"rx": "the harness sends at full speed, the guest counts",
	"fwd": "the guest swaps MAC addresses and sends back, the harness counts what returns",
}
IMAGES = ("pktgen", "reflector")
MODES = {"tx": "sink", "rx": "gen", "fwd": "fwd"}
SETTLE_S = 2.5
# The peer has mergeable receive buffers off where a frame fits one buffer; so has the guest (VIRTIO_NET_F_MRG_RXBUF).
NO_MERGEABLE, PLAIN_MAX = "virtio_net.features_off=8000", 1518
LINGER_S = 10.0
SHARE = 0.95  # a polling core that gets less of its time was used by another program too
TRIES = 3


class Side:
	"""One contestant: a guest with a ring layout, or a variant of the peer."""

	def __init__(self, name: str, ring: str = "", variant: str = ""):
		self.name, self.ring, self.variant = name, ring, variant
		self.mpps, self.cycles, self.notes, self.shares = [], [], [], []
		self.sent = self.lost = 0
		self.guest_ring = ""

	def median(self) -> float:
		return statistics.median(self.mpps) if self.mpps else 0.0

	def spread(self) -> dict:
		return {"mpps": round(self.median(), 4), "min": round(min(self.mpps), 4), "max": round(max(self.mpps), 4),
			"runs": [round(m, 4) for m in self.mpps]} if self.mpps else {"mpps": None}


def run(names, conf) -> list:
	rows = []
	print(f"{'experiment':10} {'size':>5} {'ring':7} {'Sluice Mpps [min-max]':>26} {'best peer':>17} "
		f"{'Mpps [min-max]':>22} {'ratio':>6} {'lost':>6} {'cycles/packet':>13}", flush=True)
	for name in names:
		for size in conf.sizes:
			rows += _experiment(name, size, conf)
	return rows


def _experiment(name, size, conf) -> list:
	guests = [Side(f"sluice-{ring}", ring=ring) for ring in conf.rings]
	peers = [Side(variant, variant=variant) for variant in conf.peers]
	sides = _alternate(guests, peers)
	with step(f"bench {name}, {size} bytes") as now:
		for number in range(conf.runs):
			turn = sides[number % len(sides):] + sides[:number % len(sides)]
			for side in turn:
				now.update(f"run {number + 1} of {conf.runs}, {side.name}")
				_measure(name, size, conf, side)
	busy = [s for s in sides for share in s.shares if share < SHARE]
	if busy:
		note(f"{name} {size}: in {len(busy)} of {sum(len(s.shares) for s in sides)} runs another program used the "
			f"cores as well (least share {min(min(s.shares) for s in busy):.0%}): these figures are too low")
	for side in sides:
		if side.notes:
			note(f"{name} {size} {side.name}: {len(side.notes)} of {conf.runs} runs failed: {side.notes[-1]}")
	if not any(g.mpps for g in guests):
		raise Fail(f"bench {name} {size}: no run of the guest succeeded"
			+ (f": {guests[0].notes[-1]}" if guests and guests[0].notes else ""))
	return [_row(name, size, g, peers, conf) for g in guests if g.mpps]


def _alternate(a, b) -> list:
	"""Spread the shorter list evenly over the longer one, so that sides take turns."""
	if len(a) > len(b):
		a, b = b, a
	out, step_len = [], (len(b) / len(a)) if a else 0
	for number, side in enumerate(b):
		if a and len([s for s in out if s in a]) * step_len <= number and \
				len([s for s in out if s in a]) < len(a):
			out.append(a[len([s for s in out if s in a])])
		out.append(side)
	return out + [s for s in a if s not in out]


def _row(name, size, guest, peers, conf) -> dict:
	best = max((p for p in peers if p.mpps), key=Side.median, default=None)
	mine = guest.spread()
	row = {"experiment": name, "size": size, "ring": guest.ring, "sluice_mpps": mine["mpps"], "sluice_min": mine["min"],
		"sluice_max": mine["max"], "peer": best.name if best else None,
		"peer_mpps": round(best.median(), 4) if best else None,
		"ratio": round(guest.median() / best.median(), 3) if best and best.median() else None,
		"loss": guest.lost, "loss_share": guest.lost / guest.sent if guest.sent else None,
		"busy_cycles_per_packet": round(statistics.median(guest.cycles), 1) if guest.cycles else None,
		"gbps": round(guest.median() * size * 8 / 1e3, 3), "gbps_wire": round(guest.median() * (size + 20) * 8 / 1e3, 3),
		"sluice_runs": mine["runs"], "least_core_share": round(min(s for x in (guest, *peers) for s in x.shares), 3), "negotiated_ring": guest.guest_ring,
		"peers": {p.name: {**p.spread(), "lost": p.lost} for p in peers}}
	peer = f"{best.median():9.2f} [{min(best.mpps):.1f}-{max(best.mpps):.1f}]" if best else ""
	print(f"{name:10} {size:5} {guest.ring:7} {guest.median():11.2f} {'[%.1f-%.1f]' % (mine['min'], mine['max']):>14} "
		f"{best.name if best else '-':>17} {peer:>22} {row['ratio'] if best else '-':>6} {guest.lost:>6} "
		f"{row['busy_cycles_per_packet'] or '-':>13}", flush=True)
	return row


def _measure(name, size, conf, side) -> None:
	"""One run of one side. If another program used the cores meanwhile it is tried again, and
	the least disturbed try counts. A failure is noted, and the bench goes on with the others."""
	best = None
	for _ in range(TRIES):
		try:
			found = _measure_peer(name, size, conf, side) if side.variant else \
				_measure_guest(name, size, conf, side)
		except Fail as err:
			side.notes.append(str(err))
			break
		if best is None or found["share"] > best["share"]:
			best = found
		if best["share"] >= SHARE:
			break
	if best:
		side.mpps.append(best["mpps"])
		side.cycles += best["cycles"]
		side.shares.append(best["share"])
		side.sent += best["sent"]
		side.lost += best["lost"]


class _Watch:
	"""How much of its core's time a polling thread got between two moments."""

	def __init__(self, pid: int, tid: int):
		self.path = f"/proc/{pid}/task/{tid}/schedstat"
		self.began, self.share = None, 1.0

	def _now(self):
		try:
			with open(self.path, encoding="ascii") as f:
				return time.monotonic_ns(), int(f.read().split()[0])
		except (OSError, ValueError, IndexError):
			return None

	def begin(self) -> None:
		self.began = self._now()

	def end(self) -> None:
		now = self._now()
		if self.began and now and now[0] > self.began[0]:
			self.share = min(1.0, (now[1] - self.began[1]) / (now[0] - self.began[0]))


def _window(h, conf, watch) -> None:
	"""Follow the harness to the end of its window."""
	wait = conf.seconds + conf.warmup + 60
	h.until(lambda e: e.get("what") == "measuring", wait)
	watch.begin()
	h.until(lambda e: e.get("what") == "window", wait)
	watch.end()


def _harness(name, size, conf) -> host.Harness:
	# At full speed frames stay as built: numbering them would make the harness the limit. What
	# is lost shows in the totals of both ends.
	options = ["--burst", conf.burst]
	if name == "tx":
		options += ["--linger", LINGER_S]
	else:
		options += ["--size", size, "--stamp", "none"]
	return host.Harness(MODES[name], options=options, duration=conf.seconds, warmup=conf.warmup, lean=conf.lean)


def _found(name, result, watch, sender_total=None, receiver_total=None) -> dict:
	"""What a run gave: its rate, and what one end sent and the other did not get."""
	if result["verdict"] != "ok":
		raise Fail(f"the harness says: {result['verdict']}")
	sent = result["total_tx_pkts"] if sender_total is None else sender_total
	got = result["total_rx_pkts"] if receiver_total is None else receiver_total
	rate = result["tx_mpps"] * min(1.0, got / sent) if name == "rx" else result["rx_mpps"]
	return {"mpps": rate, "sent": sent, "lost": max(0, sent - got), "cycles": [],
		"share": min(watch.share, result["cpu_share"])}


def _thread(pid: int, pattern: str) -> int:
	return next((tid for tid, name in procs.threads(pid).items() if re.search(pattern, name)), pid)


def _measure_peer(name, size, conf, side) -> dict:
	with _harness(name, size, conf) as h, host.Peer(side.variant, name, size, h.socket, burst=conf.burst,
			ring=conf.ring_size) as peer:
		watch = _Watch(peer.pid, _thread(peer.pid, r"worker"))
		_window(h, conf, watch)
		sent = received = None
		if name == "tx":
			peer.pause()
			sent = peer.counts()["tx_pkts"]
		result = h.result()
		if name == "rx":
			received = peer.counts()["rx_pkts"]
		return _found(name, result, watch, sent, received)


def _measure_guest(name, size, conf, side) -> dict:
	with _harness(name, size, conf) as h:
		with VM(IMAGES[1] if name == "fwd" else IMAGES[0], args=_guest_args(name, size, conf),
				nets=[NetSpec("vhost-user", h.socket)], mem=conf.mem, accel=conf.accel, machine=conf.machine,
				packed=side.ring == "packed", ring=conf.ring_size,
				cmdline=NO_MERGEABLE if size <= PLAIN_MAX else "") as vm:
			host.favour(vm.pid)
			watch = _Watch(vm.pid, vm.vcpu())
			_window(h, conf, watch)
			result = h.result()
			records = _settled(name, vm, result)
	counts = [r for r in records if r.get("type") in ("tick", "result")]
	if not counts:
		raise Fail("the guest reported nothing")
	side.guest_ring = next((r.get("ring", "") for r in records if r.get("type") == "ready"), "")
	last = counts[-1]
	found = _found(name, result, watch, last["tx_pkts"] if name == "tx" else None,
		last["rx_pkts"] if name == "rx" else None)
	found["cycles"] = _cycles(counts)
	return found


def _guest_args(name, size, conf) -> list:
	if name == "fwd":
		return ["queues=1", f"burst={conf.burst}"]
	args = [f"mode={name}", "queues=1", f"burst={conf.burst}"]
	if name == "tx":
		# Ends by itself, so that its total can be compared.
		args += [f"size={size}", f"duration={int(conf.seconds + conf.warmup + 1.999)}"]
	else:
		# Like the peer's rxonly: frames are counted, not looked into.
		args += ["check=off"]
	return args


def _settled(name, vm, result) -> list:
	"""The guest's records, once its count of what it received stands still; tx: once it is over."""
	end = time.monotonic() + SETTLE_S
	if name == "tx":
		vm.wait(timeout=30)
		return vm.records()
	while True:
		records = vm.records()
		ticks = [r["rx_pkts"] for r in records if r.get("type") == "tick"]
		whole = ticks and (name == "fwd" or ticks[-1] >= result["total_tx_pkts"])
		if whole or time.monotonic() > end:
			return records
		time.sleep(0.02)


def _cycles(counts) -> list:
	"""Busy cycles a packet in each whole second that the guest reported, but the first."""
	out = []
	for a, b in zip(counts, counts[1:]):
		pkts = b["busy_pkts"] - a["busy_pkts"]
		if b.get("type") == "tick" and pkts > 1000:
			out.append((b["busy_cycles"] - a["busy_cycles"]) / pkts)
	return out or [c["busy_cycles"] / c["busy_pkts"] for c in counts[-1:] if c["busy_pkts"]]

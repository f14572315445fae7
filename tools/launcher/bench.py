# SPDX-License-Identifier: BSD-3-Clause
"""bench: measured experiments, each against a peer in the same run where there is one.

An experiment family is a module with EXPERIMENTS = {name: help}, and
run(names, conf) -> rows; each row is a dict with "experiment" first.
"""

import argparse
import importlib
import json
import os
import re
import subprocess
from dataclasses import dataclass, field

from . import accel as accels
from . import build, host, hugepages, paths, setup
from .say import note, of_os_error, usage

FAMILIES = ("bench_rate", "bench_latency", "bench_check", "bench_boot", "bench_nf", "bench_many", "bench_soak", "bench_kvs")
DEFAULT = ("tx", "rx", "fwd")


@dataclass
class Conf:
	"""What the command line asks for; every family takes from it what it needs."""

	sizes: list = field(default_factory=lambda: [64])
	runs: int = 5
	seconds: float = 1.5
	warmup: float = 0.4
	accel: str = "auto"
	machine: str = "microvm"
	rings: list = field(default_factory=lambda: ["split", "packed"])
	peers: list = field(default_factory=lambda: list(host.VARIANTS))
	burst: int = 64
	ring_size: int = 256
	lean: bool = True
	rates: list = field(default_factory=list)
	frames: int = 24_000_000
	seed: int = 1
	loss: float = 0.0
	mem: str = "64M"
	boxes: list = field(default_factory=list)
	sizes_nf: list = field(default_factory=lambda: ["64", "imix", "1500"])
	search: bool = True
	trial: float = 0.3
	count: int = 100
	count_given: bool = False
	keys: int = 1_000_000
	keys_given: bool = False
	zipf: float = 0.0
	levels: list = field(default_factory=list)
	minutes: float = 60.0
	idle: bool = False
	packages: tuple = ("build", "run", "bench")


def modules() -> dict:
	"""Experiment name -> the module that runs it, for all families there are."""
	found = {}
	for name in FAMILIES:
		try:
			module = importlib.import_module(f".{name}", __package__)
		except ModuleNotFoundError as err:
			if err.name != f"{__package__}.{name}":
				raise
			continue
		for experiment in module.EXPERIMENTS:
			found[experiment] = module
	return found


def helps() -> dict:
	return {name: module.EXPERIMENTS[name] for name, module in modules().items()}


def about(conf) -> dict:
	"""What a report has to name: machine, versions, flags."""
	chosen = accels.choose(conf.accel)
	version = subprocess.run([accels.qemu(), "--version"], capture_output=True, text=True, check=False)
	huge = "2 MiB pages" if _huge_possible() else "4 KiB pages"
	harness, guest = host.cores()
	return {"cpu": _cpu(), "cores": os.cpu_count(), "kernel": os.uname().release, "accel": chosen.name,
		"cpu_model": chosen.cpu, "hardware": chosen.hardware,
		"qemu": (re.search(r"version (\S+)", version.stdout) or [None, "unknown"])[1],
		"dpdk": host.dpdk_version() or "unknown", "sluice": _revision(), "machine": conf.machine, "memory": huge,
		"harness_core": harness, "guest_core": guest, "engine": "lean" if conf.lean else "vhost",
		"ring_size": conf.ring_size, "burst": conf.burst, "runs": conf.runs, "seconds": conf.seconds,
		"warmup": conf.warmup, "sizes_include_crc": True,
		"peer": "dpdk-testpmd on virtio-user, same back end, same cores",
		"peer_variants": {name: host.VARIANTS[name] for name in conf.peers}}


def _huge_possible() -> bool:
	return os.geteuid() == 0 or hugepages.free_mb() >= 256


def _cpu() -> str:
	try:
		with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as f:
			for line in f:
				if line.startswith("model name"):
					return line.split(":", 1)[1].strip()
	except OSError:
		pass
	return "unknown"


def _revision() -> str:
	done = subprocess.run(["git", "-C", str(paths.ROOT), "describe", "--always", "--dirty"], capture_output=True,
		text=True, check=False)
	return done.stdout.strip() or "unknown"


def parse_sizes(text: str) -> list:
	sizes = []
	for word in text.split(","):
		if not re.fullmatch(r"\d{2,4}", word) or not 64 <= int(word) <= 9018:
			raise usage(f"--sizes {text}: '{word}' is no frame size with CRC from 64 to 9018")
		sizes.append(int(word))
	return sizes


def parse_words(option: str, text: str, known) -> list:
	words = text.split(",") if text else []
	for word in words:
		if word not in known:
			raise usage(f"{option} {text}: '{word}' is unknown, use some of {', '.join(known)}")
	return words


def parse_rates(text: str) -> list:
	"""Frames per second, with k or M: "100k,1M"."""
	rates = []
	for word in text.split(",") if text else []:
		match = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)", word)
		if not match or float(match[1]) <= 0:
			raise usage(f"--rates {text}: '{word}' is no rate such as 100k or 1.5M")
		rates.append(float(match[1]) * {"": 1, "k": 1e3, "M": 1e6}[match[2]])
	return rates


def _boxes(text: str) -> list:
	from .bench_nf import BOXES  # which needs this module's neighbours only when it is asked for
	return parse_words("--boxes", text, BOXES)


def _levels(text: str) -> list:
	from .kvs_levels import LEVELS
	return parse_words("--levels", text, LEVELS)


def _sizes_nf(text) -> list:
	"""nf takes the word imix as well, and has sizes of its own where none are given."""
	if text is None:
		return ["64", "imix", "1500"]
	return [word if word == "imix" else str(parse_sizes(word)[0]) for word in text.split(",")]


def _conf(args) -> Conf:
	if not 1 <= args.runs <= 1000:
		raise usage(f"--runs {args.runs} is out of range: use 1 to 1000")
	if not 0 <= args.loss <= 1:
		raise usage(f"--loss {args.loss:g} is out of range: use 0 to 1")
	if args.frames < 1 or args.seed < 0:
		raise usage("--frames must be at least 1 and --seed not negative")
	if not 0.2 <= args.seconds <= 3600:
		raise usage(f"--seconds {args.seconds:g} is out of range: use 0.2 to 3600")
	if args.count is not None and not 1 <= args.count <= 4000:
		raise usage(f"--count {args.count} is out of range: use 1 to 4000")
	if not 0.1 <= args.minutes <= 10000:
		raise usage(f"--minutes {args.minutes:g} is out of range: use 0.1 to 10000")
	if args.keys is not None and not 1 <= args.keys <= 1 << 28:
		raise usage(f"--keys {args.keys} is out of range: use 1 to {1 << 28}")
	if not 0 <= args.zipf <= 4:
		raise usage(f"--zipf {args.zipf:g} is out of range: use 0 to 4")
	peers = [] if args.peers == "none" else list(host.VARIANTS) if args.peers == "all" else \
		parse_words("--peers", args.peers, host.VARIANTS)
	return Conf(sizes=parse_sizes(",".join(w for w in (args.sizes or "64").split(",") if w != "imix") or "64"), runs=args.runs, seconds=args.seconds, accel=args.accel,
		machine=args.machine, rings=parse_words("--rings", args.rings, ("split", "packed")), peers=peers,
		burst=args.burst, ring_size=args.ring, lean=args.engine == "lean", rates=parse_rates(args.rates),
		warmup=args.warmup, frames=args.frames, seed=args.seed, loss=args.loss, search=not args.no_search,
		count=args.count or 100, count_given=args.count is not None, minutes=args.minutes,
		keys=args.keys or 1_000_000, keys_given=args.keys is not None, zipf=args.zipf, levels=_levels(args.levels),
		idle=args.idle, boxes=_boxes(args.boxes), sizes_nf=_sizes_nf(args.sizes))


def _open_report(path):
	"""The report is opened before the hour of measuring, not after it."""
	if not path:
		return None
	try:
		return open(path, "w", encoding="utf-8")
	except OSError as err:
		raise of_os_error(err, "opening the report") from None


def _bench(args) -> int:
	known = modules()
	for name in args.experiment:
		if name not in known:
			raise usage(f"there is no experiment '{name}': use some of {', '.join(known)}")
	conf = _conf(args)
	names = args.experiment or [n for n in DEFAULT if n in known]
	setup.ensure(conf.packages)
	report = _open_report(args.json)
	build.images(sorted({i for n in names for i in known[n].IMAGES}))
	setup.compile([host.TARGET])
	facts = about(conf)
	note(f"{facts['cpu']}, {facts['cores']} cores, {facts['accel']} ({facts['cpu_model']}), QEMU {facts['qemu']}, "
		f"DPDK {facts['dpdk']}, harness on core {facts['harness_core']}, guest or peer on core {facts['guest_core']}, "
		f"engine {facts['engine']}, {facts['memory']}")
	if facts["harness_core"] == facts["guest_core"]:
		note("this machine has one core: harness and guest share it, rates say little")
	rows = []
	try:
		for module in dict.fromkeys(known[n] for n in names):
			rows += module.run([n for n in names if known[n] is module], conf)
			_save(report, facts, rows)
	finally:
		if report:
			report.close()
	return 0 if rows and not any(row.get("failures") for row in rows) else 1


def _save(report, facts, rows) -> None:
	if not report:
		return
	try:
		report.seek(0)
		report.truncate()
		json.dump({"about": facts, "rows": rows}, report, indent=1)
		report.write("\n")
		report.flush()
	except OSError as err:
		raise of_os_error(err, "writing the report") from None


def add(subparsers) -> None:
	lines = "\n".join(f"  {name:9} {text}" for name, text in helps().items())
	p = subparsers.add_parser("bench", help="measure, against DPDK in the same run",
		formatter_class=argparse.RawDescriptionHelpFormatter,
		description="Measure the guest's packet rates and more. Rates are medians over the runs, with the lowest and "
		"highest; the two sides take turns; frames are counted by the side that receives them.\n\nexperiments "
		f"({' '.join(DEFAULT)} if none is named):\n{lines}")
	p.add_argument("experiment", nargs="*", metavar="EXPERIMENT", help="what to measure")
	p.add_argument("--sizes", help="frame sizes with CRC, as RFC 2544 counts: 64,128,...,1518 (64); nf: also imix (64,imix,1500)")
	p.add_argument("--runs", type=int, default=5, help="runs of each side (5)")
	p.add_argument("--seconds", type=float, default=1.5, help="length of the measured window (1.5)")
	p.add_argument("--warmup", type=float, default=0.4, help="seconds of traffic that do not count (0.4)")
	p.add_argument("--json", metavar="FILE", help="write the report as JSON to FILE")
	p.add_argument("--accel", default="auto", choices=("auto", "kvm", "tcg"), help="QEMU's accelerator (auto)")
	p.add_argument("--machine", default="microvm", choices=("microvm", "q35"), help="QEMU's machine (microvm)")
	p.add_argument("--rings", default="split,packed", help="the guest's ring layouts (split,packed)")
	p.add_argument("--peers", default="all", help=f"variants of the peer: all, none, or some of {','.join(host.VARIANTS)}")
	p.add_argument("--engine", default="lean", choices=("lean", "vhost"),
		help="the harness' own ring walker, or DPDK's vhost data path (lean)")
	p.add_argument("--burst", type=int, default=64, choices=(1, 2, 4, 8, 16, 32, 64), help="frames per burst, the peer's too (64)")
	p.add_argument("--ring", type=int, default=256, choices=(256, 512, 1024), help="descriptors per ring (256)")
	p.add_argument("--rates", default="", help="latency, soak: frames per second, for instance 100k,1M")
	p.add_argument("--loss", type=float, default=0.0, help="ndr: share of frames that may be lost (0)")
	p.add_argument("--frames", type=int, default=24_000_000, help="random: how many frames (24000000)")
	p.add_argument("--boxes", default="", help="nf: which middleboxes (all)")
	p.add_argument("--no-search", action="store_true", help="nf: full speed only, no search of the no-drop rate")
	p.add_argument("--count", type=int, help="many: how many machines (100); kvs-repeat: how many load tests (10)")
	p.add_argument("--keys", type=int, help="kvs: how many keys (1000000; kvs-memory: 10000000)")
	p.add_argument("--zipf", type=float, default=0.0, help="kvs: exponent of Zipf's law, for instance 0.99; 0: all keys alike (0)")
	p.add_argument("--levels", default="", help="kvs: which levels (all)")
	p.add_argument("--idle", action="store_true", help="soak: the machine sleeps when nothing comes (interrupt mode)")
	p.add_argument("--minutes", type=float, default=60.0, help="soak: how long (60)")
	p.add_argument("--seed", type=int, default=1, help="random: which frames (1)")
	p.set_defaults(func=_bench)

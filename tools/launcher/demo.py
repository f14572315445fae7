# SPDX-License-Identifier: BSD-3-Clause
"""demo: from nothing to frames through a network function, each checked byte by byte."""

import json
import os
import tempfile
import time

from . import build, frames, host, setup
from .qemu import VM, NetSpec
from .say import Fail, note, usage

IMAGE = "reflector"
REPLAY_FRAMES = 1200
REPLAY_LOOPS = 50
MOST_TCG = 5  # loops under emulation


def _line(event) -> str:
	lat = event.get("lat_us")
	words = [f"{event['t']:6.1f} s", f"{event['rx_mpps']:7.3f} Mpps", f"{event['rx_gbps']:7.3f} Gb/s",
		f"({event['rx_gbps_wire']:.3f} with preamble and gap)", f"lost {event['lost']}"]
	if lat:
		words.append(f"latency us: median {lat['p50']:.1f}, 99 % {lat['p99']:.1f}, highest {lat['max']:.0f}")
	return "  ".join(words)


def _boot(args, harness) -> VM:
	return VM(IMAGE, nets=[NetSpec("vhost-user", harness.socket)], mem="64M", accel=args.accel,
		machine=args.machine, packed=args.packed)


def _drive(args) -> dict:
	"""Frames of 64 bytes at full speed through the reflector, with a line each second."""
	options = ["--size", args.size, "--flows", 16]
	with host.Harness("fwd", options=options, duration=args.seconds, lean=args.engine == "lean") as h:
		began = time.monotonic()
		with _boot(args, h) as vm:
			h.until(lambda e: e.get("what") == "connected", 30)
			ready = time.monotonic() - began
			note(f"{IMAGE} runs on {vm.accel.name} ({args.machine}), {ready * 1000:.0f} ms after QEMU was started")
			for event in h.ticks():
				if not args.json:
					print(_line(event), flush=True)
			result = h.result()
			tcg = vm.accel.name == "tcg"
		return {**result, "boot_ms": round(ready * 1000, 1), "tcg": tcg, "notes": h.notes()}


def _replay(args, pcap, loops) -> dict:
	"""Each frame of the pcap through a fresh reflector and compared when it comes back."""
	with host.Harness("replay", options=["--pcap", pcap, "--loops", loops, "--expect", "swap"],
			lean=args.engine == "lean") as h:
		with _boot(args, h):
			return h.result(timeout=60 + loops * 2)


def _verdict(drive, replay) -> str:
	if drive["verdict"] != "ok":
		return f"at full speed {drive['verdict']}"
	if drive["lost"] or drive["duplicate"] or drive["reordered"]:
		return (f"at full speed {drive['lost']} frames were lost, {drive['duplicate']} came twice, "
			f"{drive['reordered']} out of order")
	return "" if replay["verdict"] == "ok" else replay["verdict"]


def _summary(drive, replay, verdict) -> None:
	print(f"full speed: {drive['rx_pkts']} frames in {drive['seconds']:.1f} s, {drive['rx_mpps']:.3f} Mpps, "
		f"{drive['rx_gbps_wire']:.3f} Gb/s on the wire, lost {drive['lost']}")
	print(f"replay: {replay['matched']} of {replay['frames']} frames of mixed protocols came back as they must, "
		f"byte by byte; altered {replay['altered']}, lost {replay['lost']}")
	print("all frames came back unaltered" if not verdict else f"FAILED: {verdict}")


def _demo(args) -> int:
	if not 1 <= args.seconds <= 86400:
		raise usage(f"--seconds {args.seconds:g} is out of range: use 1 to 86400")
	if not 64 <= args.size <= 9018:
		raise usage(f"--size {args.size} is out of range: use 64 to 9018, with CRC")
	if args.pcap and not os.path.isfile(args.pcap):
		raise Fail(f"there is no file {args.pcap}: give --pcap a capture of Ethernet frames")
	setup.ensure(("build", "run"))
	build.images([IMAGE])
	setup.compile([host.TARGET])
	drive = _drive(args)
	loops = MOST_TCG if drive["tcg"] else REPLAY_LOOPS
	with tempfile.TemporaryDirectory(prefix="sluice-demo-") as folder:
		pcap = args.pcap
		if not pcap:
			pcap = os.path.join(folder, "mixed.pcap")
			frames.write_pcap(pcap, frames.mixed(REPLAY_FRAMES))
		replay = _replay(args, pcap, loops)
	verdict = _verdict(drive, replay)
	if args.json:
		print(json.dumps({"ok": not verdict, "verdict": verdict or "ok", "full_speed": drive, "replay": replay}))
	else:
		_summary(drive, replay, verdict)
	return 1 if verdict else 0


def add(subparsers) -> None:
	p = subparsers.add_parser("demo", help="boot the reflector, drive it from DPDK, check each frame",
		description="Install what is missing, build, boot the reflector, send it frames over vhost-user at full speed "
		"for some seconds, then replay a capture of mixed protocols through it and compare each frame that comes "
		"back, byte by byte. Exit code 0 only if all came back unaltered.")
	p.add_argument("--seconds", type=float, default=5, help="how long to drive it at full speed (5)")
	p.add_argument("--size", type=int, default=64, help="frame size with CRC (64)")
	p.add_argument("--pcap", metavar="FILE", help="replay this capture instead of one made on the spot")
	p.add_argument("--accel", default="auto", choices=("auto", "kvm", "tcg"), help="QEMU's accelerator (auto)")
	p.add_argument("--machine", default="microvm", choices=("microvm", "q35"), help="QEMU's machine (microvm)")
	p.add_argument("--packed", action="store_true", help="packed rings instead of split ones")
	p.add_argument("--engine", default="lean", choices=("lean", "vhost"),
		help="the harness' own ring walker, or DPDK's vhost data path (lean)")
	p.add_argument("--json", action="store_true", help="print the results as JSON")
	p.set_defaults(func=_demo)

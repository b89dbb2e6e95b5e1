"""What the timing scripts share: variants of PyTorch, a process for each of them, JSON lines."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import torch

from batformer import CoarseMap, LocalAttention
from networks import ConvAttention, SwinBlock

VARIANTS = ("default", "channels_last", "fused_attention", "compile", "compile_channels_last")
WARM_UP_STEPS = 2


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepare(network, variant, images):
    if "channels_last" in variant:
        network, images = network.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    if variant == "fused_attention":
        SwinBlock.fused = ConvAttention.fused = CoarseMap.fused = LocalAttention.fused = True
    return (torch.compile(network) if variant.startswith("compile") else network), images


def time_steps(step, seconds):
    """Calls `step` for so many seconds: median, fastest, and what the machine was like."""

    def timed():
        started = time.perf_counter()
        step()
        return time.perf_counter() - started

    for _ in range(WARM_UP_STEPS):
        step()
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(timed())
    return {"seconds": round(statistics.median(times), 4), "fastest": round(min(times), 4), "steps": len(times),
            "peak_mib": round(peak_mib()), "load": round(os.getloadavg()[0], 1)}


def in_own_process(name, variant, options):
    command = [sys.executable, sys.argv[0], "--one", "--network", name, "--variant", variant,
               "--seconds", str(options.seconds), "--threads", str(options.threads)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.limit)
    except subprocess.TimeoutExpired:
        return {"network": name, "variant": variant, "failed": f"not done within {options.limit} s"}
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return {"network": name, "variant": variant, "failed": last}
    return json.loads(done.stdout.splitlines()[-1])


def applies(name, variant):
    return "u-net" != name.split()[0] or variant != "fused_attention"


def run(what, networks, variants, time_one):
    """The command line: times networks and variants, each in a process of its own that calls
    time_one(name, variant, seconds, threads), and names the fastest variant of each network."""
    parser = argparse.ArgumentParser(description=f"Times {what}.")
    parser.add_argument("--network", nargs="+", choices=networks, default=list(networks))
    parser.add_argument("--variant", nargs="+", choices=variants, default=list(variants))
    parser.add_argument("--seconds", type=float, default=20, help="time for the measured steps of each variant")
    parser.add_argument("--limit", type=float, default=600, help="seconds before a variant is given up")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.one:
        name, variant = options.network[0], options.variant[0]
        torch.set_num_threads(options.threads)
        result = time_one(name, variant, options.seconds, options.threads)
        print(json.dumps({"network": name, "variant": variant, **result, "threads": options.threads,
                          "torch": torch.__version__}))
        return
    for name in options.network:
        results = []
        for variant in filter(lambda v: applies(name, v), options.variant):
            results.append(in_own_process(name, variant, options))
            print(json.dumps(results[-1]), flush=True)
        timed = [r for r in results if "failed" not in r]
        if timed:
            print(json.dumps({"best": min(timed, key=lambda r: r["seconds"])}), flush=True)

"""What the timing scripts share: networks, variants of PyTorch, a process for each of them, JSON lines."""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from functools import partial

import torch

from batformer import BATFormer, CoarseMap, LocalAttention
from hybrid import R50UNet, TransUNet
from mt_unet import MTUNet
from networks import AttUNet, ConvAttention, CSUNet, SwinBlock, SwinUNet, UNet
from vit import ViTNet

NETWORKS = {"u-net": UNet, "u-net-64": partial(UNet, width=64), "swin-unet": SwinUNet, "cs-unet": CSUNet,
            "att-unet": AttUNet, "r50-unet": R50UNet, "r50-att-unet": partial(R50UNet, how="gated"), "vit": ViTNet,
            "r50-vit": partial(TransUNet, skips=False), "trans-unet": TransUNet, "mt-unet": MTUNet,
            "batformer": BATFormer}

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
    """Calls `step` for so many seconds: median, fastest, the median of the processor's seconds over all threads, and
    what the machine was like."""

    def timed():
        started, busy = time.perf_counter(), time.process_time()
        step()
        return time.perf_counter() - started, time.process_time() - busy

    for _ in range(WARM_UP_STEPS):
        step()
    steps, end = [], time.perf_counter() + seconds
    while not steps or time.perf_counter() < end:
        steps.append(timed())
    times, busy = zip(*steps)
    return {"seconds": round(statistics.median(times), 4), "fastest": round(min(times), 4),
            "processor_seconds": round(statistics.median(busy), 4), "steps": len(times),
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
    """Whose attention can be fused; PyTorch's exporter can't write how BATFormer chooses its windows."""
    network = name.split()[0]
    if variant == "fused_attention":
        return network in ("swin-unet", "cs-unet", "batformer")
    return (network, variant) != ("batformer", "onnxruntime")


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

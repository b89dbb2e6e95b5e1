"""Times PyTorch's training steps (forward, 1/2 (cross entropy + Dice), backward, SGD) to hold septum's against.

    python time_training_step.py [--network NAME ...] [--variant NAME ...] [--seconds 20] [--threads 2]

Each network and variant runs in a process of its own, so that the peak memory is its own. One JSON line each, then one
line with the best variant of each network:

    {"network": "u-net 4x256", "variant": "default", "seconds": 0.62, "peak_mib": 1400, "steps": 12}

`seconds` is the median of the steps after warm-up; `peak_mib` the largest resident set, the interpreter included
(`base_mib`: what it was before the network was made). `load` is the machine's load average at the end: much more than
`threads` means that others were running and the seconds are worth nothing.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time

import torch

from networks import ConvAttention, CSUNet, SwinBlock, SwinUNet, UNet, supervised_loss

NETWORKS = {
    "u-net 4x256": (UNet, 4, 256),
    "u-net 8x224": (UNet, 8, 224),
    "swin-unet 4x224": (SwinUNet, 4, 224),
    "cs-unet 4x224": (CSUNet, 4, 224),
}
VARIANTS = ("default", "channels_last", "fused_attention", "compile", "compile_channels_last")
WARM_UP_STEPS = 2


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def prepare(network, variant, images):
    if "channels_last" in variant:
        network, images = network.to(memory_format=torch.channels_last), images.to(memory_format=torch.channels_last)
    if variant == "fused_attention":
        SwinBlock.fused = ConvAttention.fused = True
    return (torch.compile(network) if variant.startswith("compile") else network), images


def time_steps(name, variant, seconds):
    create, batch, side = NETWORKS[name]
    base = peak_mib()
    torch.manual_seed(1)
    network, images = prepare(create(classes=4), variant, torch.rand(batch, 1, side, side))
    labels = torch.randint(0, 4, (batch, side, side))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=True)

    def step():
        started = time.perf_counter()
        loss = supervised_loss(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        return time.perf_counter() - started

    for _ in range(WARM_UP_STEPS):
        step()
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        times.append(step())
    return {"network": name, "variant": variant, "seconds": round(statistics.median(times), 4),
            "fastest": round(min(times), 4), "steps": len(times), "peak_mib": round(peak_mib()),
            "base_mib": round(base), "load": round(os.getloadavg()[0], 1),
            "threads": torch.get_num_threads(), "torch": torch.__version__}


def in_own_process(name, variant, options):
    command = [sys.executable, __file__, "--one", "--network", name, "--variant", variant,
               "--seconds", str(options.seconds), "--threads", str(options.threads)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.limit)
    except subprocess.TimeoutExpired:
        return {"network": name, "variant": variant, "failed": f"not done within {options.limit} s"}
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return {"network": name, "variant": variant, "failed": last}
    return json.loads(done.stdout)


def applies(name, variant):
    return "u-net" != name.split()[0] or variant != "fused_attention"


def main():
    parser = argparse.ArgumentParser(description="Times PyTorch's training steps.")
    parser.add_argument("--network", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--variant", nargs="+", choices=VARIANTS, default=list(VARIANTS))
    parser.add_argument("--seconds", type=float, default=20, help="time for the measured steps of each variant")
    parser.add_argument("--limit", type=float, default=600, help="seconds before a variant is given up")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.one:
        torch.set_num_threads(options.threads)
        print(json.dumps(time_steps(options.network[0], options.variant[0], options.seconds)))
        return
    for name in options.network:
        results = []
        for variant in filter(lambda v: applies(name, v), options.variant):
            results.append(in_own_process(name, variant, options))
            print(json.dumps(results[-1]), flush=True)
        timed = [r for r in results if "failed" not in r]
        if timed:
            print(json.dumps({"best": min(timed, key=lambda r: r["seconds"])}), flush=True)


if __name__ == "__main__":
    main()

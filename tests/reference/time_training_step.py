"""Times PyTorch's training steps (forward, 1/2 (cross entropy + Dice), backward, SGD) to hold septum's against.

    python time_training_step.py [--network NAME ...] [--variant NAME ...] [--seconds 20] [--threads 2]

Each network and variant runs in a process of its own, so that the peak memory is its own. One JSON line each, then one
line with the best variant of each network:

    {"network": "u-net 4x256", "variant": "default", "seconds": 0.62, "peak_mib": 1400, "steps": 12}

`seconds` is the median of the steps after warm-up; `peak_mib` the largest resident set, the interpreter included
(`base_mib`: what it was before the network was made). `load` is the machine's load average at the end: much more than
`threads` means that others were running and the seconds are worth nothing.
"""

import torch

from networks import loss_of
from timing import NETWORKS, VARIANTS, peak_mib, prepare, run, time_steps

BATCHES = {"u-net": ("4x256", "12x256", "8x224"), "swin-unet": ("4x224", "12x224"), "cs-unet": ("4x224", "12x224")}
TIMED = [f"{name} {batch}" for name in NETWORKS for batch in BATCHES.get(name, ("4x224",))]


def time_training(name, variant, seconds, _threads):
    network, size = name.split()
    batch, side = map(int, size.split("x"))
    base = peak_mib()
    torch.manual_seed(1)
    network, images = prepare(NETWORKS[network](classes=4), variant, torch.rand(batch, 1, side, side))
    labels = torch.randint(0, 4, (batch, side, side))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=True)

    def step():
        loss = loss_of(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return {**time_steps(step, seconds), "base_mib": round(base)}


if __name__ == "__main__":
    run("PyTorch's training steps", TIMED, VARIANTS, time_training)

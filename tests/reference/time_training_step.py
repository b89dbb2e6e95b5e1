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

from batformer import BATFormer
from mt_unet import MTUNet
from networks import CSUNet, SwinUNet, UNet, loss_of
from timing import VARIANTS, peak_mib, prepare, run, time_steps

NETWORKS = {
    "u-net 4x256": (UNet, 4, 256),
    "u-net 12x256": (UNet, 12, 256),
    "u-net 8x224": (UNet, 8, 224),
    "swin-unet 4x224": (SwinUNet, 4, 224),
    "swin-unet 12x224": (SwinUNet, 12, 224),
    "cs-unet 4x224": (CSUNet, 4, 224),
    "cs-unet 12x224": (CSUNet, 12, 224),
    "mt-unet 4x224": (MTUNet, 4, 224),
    "batformer 4x224": (BATFormer, 4, 224),
}


def time_training(name, variant, seconds, _threads):
    create, batch, side = NETWORKS[name]
    base = peak_mib()
    torch.manual_seed(1)
    network, images = prepare(create(classes=4), variant, torch.rand(batch, 1, side, side))
    labels = torch.randint(0, 4, (batch, side, side))
    optimiser = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=True)

    def step():
        loss = loss_of(network(images), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    return {**time_steps(step, seconds), "base_mib": round(base)}


if __name__ == "__main__":
    run("PyTorch's training steps", NETWORKS, VARIANTS, time_training)

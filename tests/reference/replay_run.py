"""Puts a method in PyTorch through the steps of a training of septum, and compares losses and weights.

    make build/tests/reference/record_run
    build/tests/reference/record_run CONFIG.ini 200 run.safetensors student_0.no_dropout=yes
    python tests/reference/replay_run.py METHOD run.safetensors

METHOD: supervised or ict, with U-Nets, AdamW and septum's default settings. Both see the same images and labels, what
the host draws and the same rates. Prints the losses of both over spans of steps, how far each term is off, and how far
the weights moved apart, as a share of how far they moved.
"""

import copy
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from layouts import conv_weight, nchw
from networks import UNet, supervised_loss
from septum_names import septum_tensors

SPAN, TEACHER, DECAY = 25, 0.99, 5e-4


def load_start(network, recorded):
    """The parameters are views in septum's layouts, so that copying into them is enough."""
    with torch.no_grad():
        for name, view in septum_tensors(network).items():
            view.copy_(recorded[f"start.student_0.{name}"].reshape(view.shape))


def follow(teacher, student, t):
    keep = min(1 - 1 / (t + 1), TEACHER)
    with torch.no_grad():
        for mine, theirs in zip(teacher.parameters(), student.parameters()):
            mine.mul_(keep).add_(theirs, alpha=1 - keep)


def supervised(student, _, images, labels, __):
    loss = supervised_loss(student(images), labels)
    return [loss], loss


def ict(student, teacher, images, labels, values):
    """`values`: the share of each pair, then the weight of the consistency."""
    known, half = len(images) // 2, len(images) // 4
    shares, weight = values[:half, None, None, None], values[half]
    first, second = images[known:].split(half)
    logits = student(torch.cat([images[:known], (1 - shares) * first + shares * second]))
    with torch.no_grad():
        taught = (1 - shares) * teacher(first).softmax(1) + shares * teacher(second).softmax(1)
    loss = supervised_loss(logits[:known], labels[:known])
    consistency = F.mse_loss(logits[known:].softmax(1), taught)
    return [loss, consistency], loss + weight * consistency


METHODS = {"supervised": supervised, "ict": ict}


def replay(step, recorded, classes):
    student = UNet(classes=classes, stochastic=False)
    load_start(student, recorded)
    teacher = copy.deepcopy(student)
    optimiser = torch.optim.AdamW(student.parameters(), weight_decay=DECAY)
    losses = []
    for t, (images, labels, values, rate) in enumerate(zip(*(recorded[k] for k in ("images", "labels", "values", "rates")))):
        terms, total = step(student, teacher, nchw(images.unsqueeze(-1)), labels.long(), values)
        optimiser.param_groups[0]["lr"] = float(rate[0])
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        follow(teacher, student, t)
        losses.append(torch.stack([term.detach() for term in terms]))
    return torch.stack(losses), student


def main():
    method, path = sys.argv[1:]
    recorded = load_file(path)
    classes = recorded["start.student_0.head.bias"].numel()
    losses, student = replay(METHODS[method], recorded, classes)
    theirs = recorded["losses"]
    print("steps        septum's terms, PyTorch's (means)")
    for first in range(0, len(losses), SPAN):
        span = slice(first, first + SPAN)
        mine, other = theirs[span].mean(0), losses[span].mean(0)
        print(f"{first + 1:4d} - {min(first + SPAN, len(losses)):4d}", *(f"  {a:.5f} {b:.5f}" for a, b in zip(mine, other)))
    off = ((losses - theirs).abs() / theirs.abs().clamp(min=1e-9))
    for count in (1, 10, 50, len(losses)):
        print(f"first {count}: off by at most", *(f"{x:.1e}" for x in off[:count].amax(0)))
    apart = moved = 0.0
    for name, view in septum_tensors(student).items():
        start, end = (recorded[f"{when}.student_0.{name}"].reshape(view.shape) for when in ("start", "end"))
        apart += (view - end).square().sum().item()
        moved += (end - start).square().sum().item()
    print(f"weights: {(apart / moved) ** 0.5:.1e} of the way apart")


if __name__ == "__main__":
    main()

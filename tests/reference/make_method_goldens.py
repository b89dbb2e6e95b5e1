"""Makes tests/golden/methods.safetensors: three whole training steps of each method, with narrow U-Nets.

    python tests/reference/make_method_goldens.py [OUTPUT]

`start_0` and `start_1` hold the parameters that both students start from, `batch` three batches of two labelled and two
unlabelled images. Per method, `<method>.losses` [3, terms] in the order of septum's log, and what the third step leaves
of the outermost layers: `<method>.student_<i>.<name>`, `<method>.teacher_0.<name>`. SGD with momentum and weight decay;
dropout and the teacher's noise are off. All in float64.
"""

import copy
import math
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from golden_file import Goldens
from layouts import nhwc
from make_network_goldens import blobs, lively
from networks import UNet, dice_loss, supervised_loss
from septum_names import septum_tensors

CLASSES, WIDTH, SIDE, LABELLED, STEPS = 4, 2, 32, 2, 3
RATE, ITERATIONS, WEIGHT, DECAY = 0.02, 10, 0.1, 0.6
SHARES, TURNS = (0.25, 0.875, 0.5), (1, 3, 2)  # what septum's run draws is replaced by these
OUTERMOST = ("encoder_0.", "decoder_0.", "head.")


def ramp(t):
    return WEIGHT * math.exp(-5 * (1 - t / ITERATIONS) ** 2)


def supervised(students, _, images, labels, t):
    logits = students[0](images[:LABELLED])
    loss = supervised_loss(logits, labels)
    return [loss], loss


def mean_teacher(students, teacher, images, labels, t):
    logits = students[0](images)
    with torch.no_grad():
        taught = teacher(images[LABELLED:]).softmax(1)
    loss = supervised_loss(logits[:LABELLED], labels)
    consistency = F.mse_loss(logits[LABELLED:].softmax(1), taught)
    return [loss, consistency], loss + ramp(t) * consistency


def uamt(students, teacher, images, labels, t):
    """The teacher's noise is off, so that all passes that tell its doubt are one."""
    logits = students[0](images)
    with torch.no_grad():
        taught = teacher(images[LABELLED:]).softmax(1)
        doubt = -(taught * (taught + 1e-6).log()).sum(1, keepdim=True)
        sure = (doubt < (0.8 + 0.2 * ramp(t) / WEIGHT) * math.log(CLASSES)).to(doubt.dtype)
    loss = supervised_loss(logits[:LABELLED], labels)
    squares = (logits[LABELLED:].softmax(1) - taught).square()
    consistency = (squares * sure).sum() / (CLASSES * sure.sum().clamp(min=1))
    return [loss, consistency], loss + ramp(t) * consistency


def ict(students, teacher, images, labels, t):
    half = LABELLED // 2
    first, second = images[LABELLED:].split(half)
    mixed = (1 - SHARES[t]) * first + SHARES[t] * second
    logits = students[0](torch.cat([images[:LABELLED], mixed]))
    with torch.no_grad():
        taught = (1 - SHARES[t]) * teacher(first).softmax(1) + SHARES[t] * teacher(second).softmax(1)
    loss = supervised_loss(logits[:LABELLED], labels)
    consistency = F.mse_loss(logits[LABELLED:].softmax(1), taught)
    return [loss, consistency], loss + ramp(t) * consistency


def dct(students, _, images, labels, t):
    logits = students[0](images)
    turned = students[0](torch.rot90(images[LABELLED:], TURNS[t], (2, 3))).softmax(1)
    straight = torch.rot90(logits[LABELLED:].softmax(1), TURNS[t], (2, 3))
    loss = supervised_loss(logits[:LABELLED], labels)
    agreement = 0.5 * (F.mse_loss(turned, straight.detach()) + F.mse_loss(straight, turned.detach()))
    return [loss, agreement], loss + ramp(t) * agreement


def crossed(pseudo_loss):
    def step(students, _, images, labels, t):
        logits = [student(images) for student in students]
        terms, total = [], 0
        for mine, other in ((0, 1), (1, 0)):
            loss = supervised_loss(logits[mine][:LABELLED], labels)
            pseudo = pseudo_loss(logits[mine][LABELLED:], logits[other][LABELLED:].detach().argmax(1))
            terms += [loss, pseudo]
            total = total + loss + ramp(t) * pseudo
        return terms, total
    return step


METHODS = {
    "supervised": (1, supervised),
    "mean_teacher": (1, mean_teacher),
    "uamt": (1, uamt),
    "ict": (1, ict),
    "dct": (1, dct),
    "cps": (2, crossed(F.cross_entropy)),
    "cross_teaching": (2, crossed(dice_loss)),
}


WITH_TEACHER = ("mean_teacher", "uamt", "ict")


def student(index, dtype=torch.float64):
    return lively(f"methods.start_{index}", UNet(classes=CLASSES, width=WIDTH, stochastic=False).to(dtype)).train()


def follow(teacher, leader, t):
    keep = min(1 - 1 / (t + 1), DECAY)
    with torch.no_grad():
        for mine, theirs in zip(teacher.parameters(), leader.parameters()):
            mine.mul_(keep).add_(theirs, alpha=1 - keep)


def run(count, step, batches, dtype):
    students = [student(i, dtype) for i in range(count)]
    teacher = copy.deepcopy(students[0])
    optimisers = [torch.optim.SGD(s.parameters(), lr=RATE, momentum=0.9, weight_decay=1e-4) for s in students]
    losses = []
    for t, (images, labels) in enumerate(batches):
        terms, total = step(students, teacher, images.to(dtype), labels[:LABELLED], t)
        for optimiser in optimisers:
            optimiser.zero_grad()
        total.backward()
        for optimiser in optimisers:
            optimiser.step()
        follow(teacher, students[0], t)
        losses.append(torch.stack([term.detach().double() for term in terms]))
    return torch.stack(losses), students, teacher


def outermost(prefix, network):
    return {f"{prefix}.{name}": tensor for name, tensor in septum_tensors(network).items() if name.startswith(OUTERMOST)}


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "methods.safetensors"
    goldens = Goldens()
    batches = [blobs(f"methods.{i}", (2 * LABELLED, SIDE), CLASSES) for i in range(STEPS)]

    goldens.put("batch", images=torch.stack([nhwc(images) for images, _ in batches]),
                labels=torch.stack([labels for _, labels in batches]))
    for i in range(2):
        goldens.put(f"start_{i}", **septum_tensors(student(i)))
    for name, (count, step) in METHODS.items():
        losses, students, teacher = run(count, step, batches, torch.float64)
        single, _, _ = run(count, step, batches, torch.float32)
        goldens.put(name, losses=losses)
        for i, trained in enumerate(students):
            goldens.put(name, **outermost(f"student_{i}", trained))
        if name in WITH_TEACHER:
            goldens.put(name, **outermost("teacher_0", teacher))
        print(f"{name}: float32 losses off by {((single - losses).abs() / losses).max():.1e}")
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()

"""Makes tests/golden/losses.safetensors: each supervised loss and its gradient, written from the formulas that
include/septum/losses.h states.

    python tests/reference/make_loss_goldens.py [OUTPUT]

Settings are repeated by the table in tests/golden/test_losses.c. Of the labels -1 stands for none.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from golden_file import Goldens, integers, normal

SMOOTH = 1e-5
WEIGHTS = torch.tensor([0.125, 1.0, 2.0, 0.5], dtype=torch.float64)


def labelled_rows(x, labels):
    """Logits [n, C] and labels [n] of the pixels that have one."""
    kept = labels.reshape(-1) >= 0
    return x.reshape(-1, x.shape[-1])[kept], labels.reshape(-1)[kept].long()


def probabilities(x, labels):
    x, labels = labelled_rows(x, labels)
    return x.softmax(-1), F.one_hot(labels, x.shape[-1]).double()


def cross_entropy(x, labels):
    return F.cross_entropy(*labelled_rows(x, labels))


def dice(x, labels):
    p, g = probabilities(x, labels)
    return (1 - (2 * (p * g).sum(0) + SMOOTH) / ((p * p).sum(0) + g.sum(0) + SMOOTH)).mean()


def dice_ce(x, labels):
    return 0.375 * cross_entropy(x, labels) + 0.625 * dice(x, labels)


def weighted_cross_entropy(x, labels):
    return F.cross_entropy(*labelled_rows(x, labels), weight=WEIGHTS)


def generalised_dice(x, labels):
    p, g = probabilities(x, labels)
    volume = g.sum(0)
    rarest = volume[volume > 0].min()
    weights = torch.where(volume > 0, (rarest / volume.clamp(min=1)) ** 2, 1.0)
    above = 2 * (weights * (p * g).sum(0)).sum() + SMOOTH
    return 1 - above / ((weights * (p + g).sum(0)).sum() + SMOOTH)


def focal(gamma, weights):
    def loss(x, labels):
        x, labels = labelled_rows(x, labels)
        p = x.softmax(-1).gather(-1, labels[:, None])[:, 0]
        return -(weights[labels] * (1 - p) ** gamma * p.log()).mean()
    return loss


def tversky(alpha, beta):
    def loss(x, labels):
        p, g = probabilities(x, labels)
        true, false, missed = (p * g).sum(0), (p * (1 - g)).sum(0), ((1 - p) * g).sum(0)
        return (1 - (true + SMOOTH) / (true + alpha * false + beta * missed + SMOOTH)).mean()
    return loss


def class_distances(labels, classes):
    """By brute force, from the definition of sep_class_distances in include/septum/streams.h."""
    rows, columns = torch.meshgrid(*(torch.arange(side) for side in labels.shape[1:]), indexing="ij")
    places = torch.stack((rows, columns), -1).reshape(-1, 2).double()
    between = torch.cdist(places, places, compute_mode="donot_use_mm_for_euclid_dist")
    result = torch.zeros((labels.shape[0], len(places), classes), dtype=torch.float64)
    for sample, label in zip(result, labels.reshape(labels.shape[0], -1)):
        for c in range(classes):
            own, other = label == c, (label != c) & (label >= 0)
            if own.any() and other.any():
                sample[other, c] = between[other][:, own].amin(1)
                sample[own, c] = -between[own][:, other].amin(1)
    return result.float().double().reshape(*labels.shape, classes)


def by_distance(weight, cost):
    """dice-ce and weight times the mean of cost(p, g, distance)."""
    def loss(x, labels, distances):
        p, g = probabilities(x, labels)
        kept = distances.reshape(-1, x.shape[-1])[labels.reshape(-1) >= 0]
        return dice_ce(x, labels) + weight * cost(p, g, kept).mean()
    return loss


def boundary(weight):
    return by_distance(weight, lambda p, g, d: p * d)


def hausdorff(weight, alpha):
    return by_distance(weight, lambda p, g, d: (p - g) ** 2 * d.abs() ** alpha)


LOSSES = {
    "dice_ce": dice_ce,
    "cross_entropy": cross_entropy,
    "dice": dice,
    "weighted_cross_entropy": weighted_cross_entropy,
    "generalised_dice": generalised_dice,
    "focal": focal(2.0, torch.ones(4, dtype=torch.float64)),
    "focal_weighted": focal(0.5, WEIGHTS),
    "tversky": tversky(0.3, 0.7),
    "tversky_other": tversky(0.75, 0.5),
}

DISTANCE_LOSSES = {
    "boundary": boundary(0.01),
    "boundary_other": boundary(0.5),
    "hausdorff": hausdorff(0.01, 2.0),
    "hausdorff_other": hausdorff(0.25, 1.5),
}


def main():
    output = sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1] / "golden" / "losses.safetensors"
    goldens = Goldens()
    shape = (2, 13, 11)
    x = normal("losses.x", (*shape, 4), 2.0)
    upstream = torch.tensor(1.0, dtype=torch.float64)
    drawn = integers("losses.labels", shape, 4)
    every = {
        "full": drawn,
        "scribbled": torch.where(integers("losses.drawn", shape, 4) == 0, drawn, -1),
        "absent": torch.where(drawn == 2, -1, drawn),
    }
    for kind, labels in every.items():
        for name, loss in LOSSES.items():
            goldens.gradients(f"{name}_{kind}", loss, {"labels": labels}, upstream, x=x)
        measured = {"labels": labels, "distances": class_distances(labels, 4)}
        for name, loss in DISTANCE_LOSSES.items():
            goldens.gradients(f"{name}_{kind}", loss, measured, upstream, x=x)
    goldens.write(output)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()

"""Makes tests/golden/contrast.safetensors: the denominators of contrastive losses and their gradients, in the forms that
the losses use.

    python tests/reference/make_contrast_goldens.py [OUTPUT]

Rows have length 1, one has length 0; some have no class. tests/golden/test_contrast.c repeats each case's options.
"""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F

from golden_file import Goldens, integers, normal

CLASSES = 4
TEMPERATURE = torch.tensor(0.1, dtype=torch.float32).double()


def rows(name, shape):
    x = F.normalize(normal(name, shape), dim=-1)
    x[0, 1] = 0
    return x.float().double()


def classes(name, shape):
    """-1 where there is none."""
    return integers(name, shape, CLASSES + 1) - 1


def denominators(anchor, key, anchor_class, key_class, balanced, own_class, skip_self):
    """Straight from the definition, pair by pair."""
    weights = torch.zeros(*anchor_class.shape, key_class.shape[1], dtype=torch.float64)
    for g in range(anchor_class.shape[0]):
        for i, a in enumerate(anchor_class[g]):
            counted = (key_class[g] >= 0) & (a >= 0)
            if not own_class:
                counted &= key_class[g] != a
            if skip_self:
                counted[i] = False
            for k in torch.nonzero(counted).flatten():
                alike = counted & (key_class[g] == key_class[g, k])
                weights[g, i, k] = 1 / alike.sum().double() if balanced else 1
    scores = torch.einsum("gid,gkd->gik", anchor, key) / TEMPERATURE
    return (weights * scores.exp()).sum(-1, keepdim=True)


def against_others(goldens, name, keys_learn, **options):
    """Keys of their own."""
    anchor, key = rows(f"{name}.anchor", (2, 37, 19)), rows(f"{name}.key", (2, 29, 19))
    constants = {"anchor_class": classes(f"{name}.anchor_class", (2, 37)),
                 "key_class": classes(f"{name}.key_class", (2, 29))}

    def function(anchor, key, anchor_class, key_class):
        return denominators(anchor, key, anchor_class, key_class, skip_self=False, **options)

    if keys_learn:
        goldens.gradients(name, function, constants, anchor=anchor, key=key)
    else:
        goldens.gradients(name, function, {"key": key, **constants}, anchor=anchor)


def among_themselves(goldens, name, background, **options):
    """Anchors are keys too; without `background` those of class 0 are keys only."""
    key_class = classes(f"{name}.key_class", (2, 53))
    anchor_class = key_class if background else torch.where(key_class == 0, -1, key_class)

    def function(anchor, anchor_class, key_class):
        return denominators(anchor, anchor, anchor_class, key_class, own_class=True, skip_self=True, **options)

    goldens.gradients(name, function, {"anchor_class": anchor_class, "key_class": key_class},
                      anchor=rows(f"{name}.anchor", (2, 53, 19)))


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "contrast.safetensors"
    goldens = Goldens()
    among_themselves(goldens, "balanced_all", background=True, balanced=True)
    among_themselves(goldens, "plain_foreground", background=False, balanced=False)
    against_others(goldens, "balanced_bank", keys_learn=False, balanced=True, own_class=False)
    against_others(goldens, "plain_batch", keys_learn=True, balanced=False, own_class=False)
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()

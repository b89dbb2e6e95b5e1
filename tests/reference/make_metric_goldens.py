#!/usr/bin/env python3
"""Writes tests/golden/metrics.json: what medpy and scipy say about small pairs of masks.

    python tests/reference/make_metric_goldens.py tests/golden/metrics.json

A mask pair is one character a voxel, x fastest: '.' neither, 'p' prediction, 'r' reference, 'b' both.
"""

import json
import sys

import numpy as np
from medpy.metric import binary
from scipy.ndimage import gaussian_filter


def blob(rng, shape, level):
    """A random shape with holes and several parts."""
    field = gaussian_filter(rng.standard_normal(shape), [0.8] + [1.6] * (len(shape) - 1))
    return field > level * field.std()


def box(shape, *ranges):
    mask = np.zeros(shape, bool)
    mask[tuple(slice(low, high) for low, high in ranges)] = True
    return mask


def pairs():
    rng = np.random.default_rng(11)
    thin = (1.5, 1.25, 8.0)
    yield "blobs", (1, 1, 1), blob(rng, (7, 17, 19), 0.6), blob(rng, (7, 17, 19), 0.6)
    yield "blobs, anisotropic", thin, blob(rng, (6, 18, 15), 0.7), blob(rng, (6, 18, 15), 0.5)
    yield "blobs, other axis long", (4.0, 0.7, 0.9), blob(rng, (9, 8, 13), 0.3), blob(rng, (9, 8, 13), 0.9)
    yield "identical", thin, *[blob(rng, (5, 11, 9), 0.5)] * 2
    yield "single voxels", thin, box((6, 9, 8), (1, 2), (2, 3), (7, 8)), box((6, 9, 8), (4, 5), (8, 9), (0, 1))
    yield "single voxel in the corner", (1, 1, 1), box((3, 4, 5), (0, 1), (0, 1), (0, 1)), box((3, 4, 5), (1, 3), (1, 3), (1, 4))
    yield "touching the border", thin, box((5, 8, 8), (0, 5), (0, 5), (0, 8)), box((5, 8, 8), (1, 4), (2, 8), (1, 7))
    yield "whole volume", (1, 1, 1), box((4, 6, 5), (0, 4), (0, 6), (0, 5)), box((4, 6, 5), (1, 3), (2, 4), (2, 4))
    yield "nested cubes", (2.0, 1.0, 3.0), box((9, 9, 9), (1, 8), (1, 8), (1, 8)), box((9, 9, 9), (3, 6), (3, 6), (3, 6))
    yield "plane", (0.8, 1.3), blob(rng, (23, 29), 0.4), blob(rng, (23, 29), 0.6)
    yield "plane, touching the border", (1, 1), box((7, 9), (0, 4), (0, 9)), box((7, 9), (2, 7), (3, 9))


def code(prediction, reference):
    letters = np.array([".", "p", "r", "b"])
    return "".join(letters[prediction.ravel() + 2 * reference.ravel()])


def measure(prediction, reference, spacing):
    """`spacing` is x, y(, z) as septum stores it; medpy wants the array's own order."""
    sampling = tuple(reversed(spacing))
    result = {"dice": binary.dc(prediction, reference)}
    for suffix, voxelspacing in (("", None), ("_mm", sampling)):
        result["hd" + suffix] = binary.hd(prediction, reference, voxelspacing)
        result["hd95" + suffix] = binary.hd95(prediction, reference, voxelspacing)
        result["assd" + suffix] = binary.assd(prediction, reference, voxelspacing)
    return {key: float(value) for key, value in result.items()}


def as_float32(spacing):
    """septum keeps spacing in float32: medpy gets the same numbers."""
    return tuple(float(np.float32(step)) for step in spacing)


def golden(name, spacing, prediction, reference):
    spacing = as_float32(spacing)
    shape = (1,) * (3 - prediction.ndim) + prediction.shape
    padded = spacing + (1.0,) * (3 - len(spacing))
    return {"name": name, "shape": shape, "spacing": padded, "masks": code(prediction, reference)} | measure(
        prediction, reference, spacing
    )


def main(path):
    rows = [json.dumps(golden(*pair)) for pair in pairs()]
    with open(path, "w") as file:
        file.write("[\n" + ",\n".join(rows) + "\n]\n")
    print(f"{path}: {len(rows)} pairs")


if __name__ == "__main__":
    main(sys.argv[1])

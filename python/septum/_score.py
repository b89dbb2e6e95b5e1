"""Scores of label maps."""

from ctypes import c_double
from typing import List, NamedTuple, Optional, Sequence

import numpy as np

from ._grid import grid, label_map, octets
from ._library import call


class Score(NamedTuple):
    """Of one class. Distances in mm where spacing or affine are given, else in voxels."""

    dice: float
    hd95: float
    assd: float


def evaluate(prediction: np.ndarray, reference: np.ndarray, classes: int, spacing: Optional[Sequence[float]] = None,
             affine: Optional[np.ndarray] = None) -> List[Score]:
    """Scores of classes 1 to classes - 1, as `septum evaluate` has them for one case."""
    prediction, reference = label_map(prediction, "the prediction"), label_map(reference, "the reference")
    if prediction.shape != reference.shape:
        raise ValueError(f"the prediction is {prediction.shape}, the reference {reference.shape}")
    numbers = (c_double * (max(classes - 1, 1) * len(Score._fields)))()
    call("score", octets(prediction), octets(reference), *grid(reference.shape, spacing, affine), classes, numbers)
    return [Score(*row) for row in np.array(numbers).reshape(-1, len(Score._fields)).tolist()]

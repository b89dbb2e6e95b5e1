"""septum for numpy arrays: trained models, scores, registration, logs of training runs.

>>> import septum
>>> model = septum.Model("runs/my/best.safetensors")
>>> labels = model.segment(image, spacing=(8.0, 1.5, 1.5))
>>> septum.evaluate(labels, reference, classes=4, spacing=(8.0, 1.5, 1.5))[0].dice

Arrays are [slices, rows, columns], images of several channels [channels, slices, rows, columns]. Where the voxels lie is
said by `spacing` (mm along these axes) or by `affine` (4 x 4, from voxel (x, y, z, 1) to mm in RAS+, as NIfTI has it);
without either nothing is known. Everything is computed by septum's shared library, bit for bit as the command does it:
it is found by SEPTUM_LIBRARY, in build/ of the source tree that this package lies in, or where the system finds it.
"""

from ._library import SeptumError
from ._log import log
from ._model import Model
from ._score import Score, evaluate
from ._transform import Grid, Transform, register

__all__ = ["Grid", "Model", "Score", "SeptumError", "Transform", "evaluate", "log", "register"]

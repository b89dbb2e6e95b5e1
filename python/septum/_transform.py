"""Registration and warping."""

import os
from ctypes import byref, c_double, c_void_p
from typing import NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np

from ._grid import floats, grid, label_map, octets, volume
from ._library import call, function


class Grid(NamedTuple):
    """What a moving image is brought to: size [slices, rows, columns], and spacing or affine."""

    shape: Tuple[int, int, int]
    spacing: Optional[Sequence[float]] = None
    affine: Optional[np.ndarray] = None


class Transform:
    """From the fixed world to the moving one, in millimetres. Made by `register` or `Transform.read`."""

    def __init__(self, handle: c_void_p):
        self._handle = handle

    def __del__(self):
        if getattr(self, "_handle", None):
            function("transform_free")(self._handle)
            self._handle = None

    @classmethod
    def read(cls, path: Union[str, os.PathLike]) -> "Transform":
        """One of ITK's files."""
        handle = c_void_p()
        call("transform_read", os.fsencode(path), byref(handle))
        return cls(handle)

    def write(self, path: Union[str, os.PathLike]) -> None:
        call("transform_write", os.fsencode(path), self._handle)

    def point(self, point: Sequence[float]) -> np.ndarray:
        """Where a point (RAS+, mm) of the fixed world is in the moving one."""
        point = np.asarray(point, float)
        if point.shape != (3,):
            raise ValueError("a point has three numbers: x, y and z in mm")
        out = (c_double * 3)()
        function("transform_point")(self._handle, (c_double * 3)(*point), out)
        return np.array(out)

    def warp(self, moving: np.ndarray, to: Grid, spacing: Optional[Sequence[float]] = None,
             affine: Optional[np.ndarray] = None, labels: bool = False) -> np.ndarray:
        """The moving image (linearly) or, with `labels`, label map (nearest voxel) on another grid, as `septum warp`."""
        moving = label_map(moving, "the label map") if labels else volume(moving, np.float32, "the image")
        out = np.empty(to.shape, moving.dtype)
        call("warp_labels" if labels else "warp", self._handle, (octets if labels else floats)(moving),
             *grid(moving.shape, spacing, affine), *grid(to.shape, to.spacing, to.affine),
             (octets if labels else floats)(out))
        return out


def register(fixed: np.ndarray, moving: np.ndarray, kind: str = "affine", fixed_spacing: Optional[Sequence[float]] = None,
             fixed_affine: Optional[np.ndarray] = None, moving_spacing: Optional[Sequence[float]] = None,
             moving_affine: Optional[np.ndarray] = None, threads: int = 0) -> Transform:
    """Finds the transform: rigid, similarity, affine or bspline; the same as `septum register` finds."""
    fixed, moving = volume(fixed, np.float32, "the fixed image"), volume(moving, np.float32, "the moving image")
    handle = c_void_p()
    call("register", floats(fixed), *grid(fixed.shape, fixed_spacing, fixed_affine), floats(moving),
         *grid(moving.shape, moving_spacing, moving_affine), kind.encode(), threads, byref(handle))
    return Transform(handle)

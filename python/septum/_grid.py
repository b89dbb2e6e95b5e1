"""Arrays and grids as the library takes them."""

from ctypes import c_double, c_int32

import numpy as np

from ._library import BYTES, FLOATS


def volume(array, kind, name):
    """A C-ordered copy, if one is needed, of [slices, rows, columns]."""
    array = np.ascontiguousarray(array, kind)
    if array.ndim != 3:
        raise ValueError(f"{name} has {array.ndim} axes: slices, rows and columns are wanted")
    return array


def label_map(array, name):
    array = np.asarray(array)
    if array.size and (array.min() < 0 or array.max() > 255 or not np.equal(np.mod(array, 1), 0).all()):
        raise ValueError(f"{name} is no label map: its values are not whole numbers from 0 to 255")
    return volume(array, np.uint8, name)


def floats(array):
    return array.ctypes.data_as(FLOATS)


def octets(array):
    return array.ctypes.data_as(BYTES)


def grid(shape, spacing, affine):
    """(size, affine) for the library. `spacing` is along slices, rows and columns."""
    if len(shape) != 3:
        raise ValueError(f"a grid has three sizes, of slices, rows and columns, not {len(shape)}")
    size = (c_int32 * 3)(*shape)
    if affine is not None and spacing is not None:
        raise ValueError("the affine says the spacing, too: give one of them")
    if spacing is not None:
        spacing = np.asarray(spacing, float)
        if spacing.shape != (3,):
            raise ValueError("spacing has three numbers: along slices, rows and columns")
        affine = np.diag([*spacing[::-1], 1.0]) * [-1, -1, 1, 1]  # as ITK takes axes of which nothing is known
    if affine is None:
        return size, None
    affine = np.ascontiguousarray(affine, np.float64)
    if affine.shape != (4, 4):
        raise ValueError("an affine is 4 x 4")
    return size, (c_double * 16)(*affine.ravel())

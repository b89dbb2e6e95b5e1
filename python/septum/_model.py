"""Trained models."""

import os
from ctypes import byref, c_void_p
from threading import Lock
from typing import List, Optional, Sequence, Tuple, Union

import numpy as np

from ._grid import floats, grid, octets
from ._library import call, function


class Model:
    """A checkpoint of septum, on the processor; `threads` 0 takes all of them. Threads of Python may share one: it
    segments one image after the other."""

    def __init__(self, path: Union[str, os.PathLike], threads: int = 0):
        self._handle = c_void_p()
        self._lock = Lock()
        call("model_open", os.fsencode(path), threads, byref(self._handle))

    def __del__(self):
        if getattr(self, "_handle", None):
            function("model_close")(self._handle)
            self._handle = None

    @property
    def classes(self) -> List[str]:
        """Names, background first."""
        names = (function("model_class_name")(self._handle, c) for c in range(function("model_classes")(self._handle)))
        return [name.decode() if name is not None else f"class {c}" for c, name in enumerate(names)]

    @property
    def channels(self) -> int:
        return function("model_channels")(self._handle)

    def segment(self, image: np.ndarray, spacing: Optional[Sequence[float]] = None,
                affine: Optional[np.ndarray] = None, probabilities: bool = False
                ) -> Union[np.ndarray, Tuple[np.ndarray, np.ndarray]]:
        """The label map (uint8) of an image as it was read, as `septum predict` writes it: intensities, orientation,
        resampling and what validation decided are the model's affair. With `probabilities`, also [classes, slices, rows,
        columns], float32."""
        image = np.ascontiguousarray(image, np.float32)
        if image.ndim not in (3, 4):
            raise ValueError(f"the image has {image.ndim} axes: (channels,) slices, rows and columns are wanted")
        shape = image.shape[-3:]
        labels = np.empty(shape, np.uint8)
        shares = np.empty((function("model_classes")(self._handle), *shape), np.float32) if probabilities else None
        with self._lock:
            call("model_segment", self._handle, floats(image), image.shape[0] if image.ndim == 4 else 1,
                 *grid(shape, spacing, affine), octets(labels), floats(shares) if probabilities else None)
        return (labels, shares) if probabilities else labels

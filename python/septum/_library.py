"""The shared library: where it is, its functions (include/septum/flat.h), its errors."""

import ctypes
import ctypes.util
import os
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_int32, c_uint8, c_void_p
from pathlib import Path

FLOATS, BYTES, DOUBLES, SIZE = POINTER(c_float), POINTER(c_uint8), POINTER(c_double), POINTER(c_int32)
GRID = (SIZE, DOUBLES)
HANDLE = POINTER(c_void_p)

FUNCTIONS = {
    "model_open": (c_int, c_char_p, c_int, HANDLE),
    "model_close": (None, c_void_p),
    "model_classes": (c_int, c_void_p),
    "model_channels": (c_int, c_void_p),
    "model_class_name": (c_char_p, c_void_p, c_int),
    "model_segment": (c_int, c_void_p, FLOATS, c_int, *GRID, BYTES, FLOATS),
    "score": (c_int, BYTES, BYTES, *GRID, c_int, DOUBLES),
    "register": (c_int, FLOATS, *GRID, FLOATS, *GRID, c_char_p, c_int, HANDLE),
    "transform_read": (c_int, c_char_p, HANDLE),
    "transform_write": (c_int, c_char_p, c_void_p),
    "transform_free": (None, c_void_p),
    "transform_point": (None, c_void_p, DOUBLES, DOUBLES),
    "warp": (c_int, c_void_p, FLOATS, *GRID, *GRID, FLOATS),
    "warp_labels": (c_int, c_void_p, BYTES, *GRID, *GRID, BYTES),
}


class SeptumError(Exception):
    """What septum says is wrong, in one line."""


def _candidates():
    if "SEPTUM_LIBRARY" in os.environ:
        yield os.environ["SEPTUM_LIBRARY"]
        return
    beside = Path(__file__).resolve().parents[2] / "build" / "libseptum.so"
    if beside.exists():
        yield str(beside)
    yield ctypes.util.find_library("septum") or "libseptum.so.0"


def _load():
    problems = []
    for path in _candidates():
        try:
            return ctypes.CDLL(path)
        except OSError as error:
            problems.append(str(error))
    raise ImportError(f"septum's shared library is not found ({'; '.join(problems)}): make install, or set SEPTUM_LIBRARY")


_library = _load()
_library.sep_error_text.restype = c_char_p
for _name, (_result, *_arguments) in FUNCTIONS.items():
    _function = getattr(_library, f"sep_flat_{_name}")
    _function.restype, _function.argtypes = _result, _arguments


def function(name):
    """A function that returns no status."""
    return getattr(_library, f"sep_flat_{name}")


def call(name, *arguments):
    """Calls a function that returns a status; raises what it says."""
    if function(name)(*arguments) != 0:
        raise SeptumError(_library.sep_error_text().decode())

"""Writes tests/golden/augment.h: what numpy and scipy make of small planes, for tests/unit/test_augment.c.

    python tests/reference/make_augment_goldens.py | clang-format > tests/golden/augment.h

Needs numpy and scipy. A plane of pixel numbers shows where each pixel of the output comes from (-1: from outside); of
most maps only a hash is stored (FNV-1a, 64 bits, over little-endian int32).
"""
import numpy as np
import scipy
from scipy.ndimage import rotate

SIZES = [(1, 1), (7, 7), (8, 8), (5, 9), (12, 7), (64, 51), (256, 216)]
SHOWN = (5, 9, 13)  # height, width, degrees


def numbers(height, width):
    return np.arange(1, height * width + 1, dtype=np.int32).reshape(height, width)


def fnv1a(array):
    value = 0xCBF29CE484222325
    for byte in (array - 1).astype("<i4").tobytes():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"0x{value:016x}"


def rotated(height, width, degrees):
    return rotate(numbers(height, width), degrees, order=0, reshape=False)


def turned(height, width, turns, axis):
    return np.flip(np.rot90(numbers(height, width), turns), axis=axis)


def rows(entries):
    return ",\n".join(f"    {{{', '.join(map(str, entry))}}}" for entry in entries)


print(f"/* Maps of scipy.ndimage.rotate, numpy.rot90 and numpy.flip, made by tests/reference/make_augment_goldens.py\n"
      f" * (numpy {np.__version__}, scipy {scipy.__version__}). */\n")
print("typedef struct rotation_golden {\n    int height, width, degrees;\n    uint64_t hash;\n} rotation_golden;\n")
print("static const rotation_golden rotation_goldens[] = {")
print(rows((h, w, d, fnv1a(rotated(h, w, d))) for h, w in SIZES for d in range(-20, 20)))
print("};\n")
print("typedef struct turn_golden {\n    int height, width, turns, flip;\n    uint64_t hash;\n} turn_golden;\n")
print("static const turn_golden turn_goldens[] = {")
print(rows((h, w, k, a, fnv1a(turned(h, w, k, a))) for h, w in SIZES[1:6] for k in range(4) for a in range(2)))
print("};\n")
print("static const rotation_golden shown_rotation = {%d, %d, %d, 0};" % SHOWN)
print("static const int32_t shown_map[] = {")
print(",".join(str(n - 1) for n in rotated(*SHOWN).ravel()))
print("};")

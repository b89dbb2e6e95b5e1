"""Writes tests/golden/zoom.h: what scipy.ndimage.zoom returns for small planes, for tests/unit/test_zoom.c.

    python tests/reference/make_zoom_goldens.py | clang-format > tests/golden/zoom.h

Needs numpy and scipy. The input of every case is the same formula in both languages, so only outputs are stored.

For some pairs of lengths (512 to 224 and 232 to 224 among them) the source of the last pixel is rounded to more than
the last input pixel, and scipy in its default mode returns 0 there. septum returns the last pixel. The lines are
therefore made with mode="nearest", which is scipy's way to say so, and the planes are chosen where both agree.
"""
import sys

import numpy as np
import scipy
from scipy.ndimage import zoom

# (in height, in width, out height, out width)
PLANES = [(7, 5, 7, 5), (5, 7, 12, 10), (13, 11, 6, 5), (2, 3, 5, 9), (1, 6, 3, 11), (9, 8, 1, 4),
          (4, 4, 17, 3), (6, 1, 4, 2)]
# Lengths of the field's volumes, to and from the networks' input: rounding at the halves shows here.
LINES = [(256, 224), (232, 224), (216, 256), (224, 216), (512, 224), (224, 512),
         (154, 224), (224, 154), (428, 256), (51, 64), (64, 51)]


def plane(height, width):
    index = np.arange(height * width, dtype=np.int64)
    return ((index * 7919 + 13) % 1009).astype(np.float32).reshape(height, width) / np.float32(1009)


def resize(array, shape, order, mode="constant"):
    factors = [out / size for out, size in zip(shape, array.shape)]
    result = zoom(array, factors, order=order, mode=mode)
    assert result.shape == shape, (array.shape, shape, result.shape)
    return result


def print_array(declaration, texts):
    print(f"{declaration} = {{")
    line = "   "
    for text in texts:
        if len(line) + len(text) + 2 > 120:
            print(line)
            line = "   "
        line += " " + text + ","
    print(line)
    print("};\n")


def main():
    print("/* Outputs of scipy.ndimage.zoom, made by tests/reference/make_zoom_goldens.py")
    print(f" * (numpy {np.__version__}, scipy {scipy.__version__}). */\n")
    print("typedef struct zoom_plane {\n    int in_height, in_width, out_height, out_width, offset;\n} zoom_plane;\n")
    rows, offset = [], 0
    for p in PLANES:
        rows.append("{" + ", ".join(map(str, p)) + f", {offset}" + "}")
        offset += p[2] * p[3]
        one = np.ones(p[:2], np.float32)
        assert resize(one, p[2:], 0).all(), f"scipy puts a 0 at the end of {p}"
    print_array("static const zoom_plane zoom_planes[]", rows)
    for order in (0, 1, 3):
        values = np.concatenate([resize(plane(*p[:2]), p[2:], order).ravel() for p in PLANES])
        print_array(f"static const float zoom_order_{order}[]", [f"{v:.9e}f" for v in values])

    print("typedef struct zoom_line {\n    int in, out, offset;\n} zoom_line;\n")
    rows, offset, picked = [], 0, []
    for size, out in LINES:
        rows.append(f"{{{size}, {out}, {offset}}}")
        offset += out
        picked.append(resize(np.arange(size, dtype=np.float32)[None, :], (1, out), 0, "nearest").ravel())
    print_array("static const zoom_line zoom_lines[]", rows)
    print_array("static const short zoom_line_pixels[]", [str(int(v)) for v in np.concatenate(picked)])


if __name__ == "__main__":
    sys.exit(main())

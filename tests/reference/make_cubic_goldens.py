"""Writes tests/golden/cubic.h: cubic B-spline interpolation of small volumes, for tests/unit/test_cubic.c.

    python tests/reference/make_cubic_goldens.py | clang-format > tests/golden/cubic.h

Needs numpy, scipy and SimpleITK. The values are those of scipy.ndimage.map_coordinates(order=3, mode="mirror"), in
double; ITK's B-spline interpolation must agree where it can (it takes no axis of one voxel). A line of the table is a
volume's width, height and depth, a point in voxels (x, y, z), and the value there.
"""
import numpy as np
import scipy
import SimpleITK as sitk
from scipy.ndimage import map_coordinates

SIZES = [(7, 6, 5), (8, 5, 2), (9, 7, 1)]  # width, height, depth
POINTS = 12


def volume(size):
    index = np.arange(np.prod(size), dtype=np.int64)
    return (((index * 7919 + 13) % 1009).astype(np.float32) / np.float32(1009)).reshape(size[::-1])


def in_itk(voxels, point):
    return sitk.GetImageFromArray(voxels).EvaluateAtContinuousIndex(point, sitk.sitkBSpline3)


def main():
    print("/* Cubic B-spline interpolation, made by tests/reference/make_cubic_goldens.py")
    print(f" * (numpy {np.__version__}, scipy {scipy.__version__}). */\n")
    print("typedef struct cubic_point {\n    int size[3];\n    double at[3], value;\n} cubic_point;\n")
    print("static const cubic_point cubic_points[] = {")
    random = np.random.default_rng(5)
    for size in SIZES:
        voxels = volume(size)
        last = np.array(size) - 1.0
        points = np.concatenate([[np.zeros(3), last, np.minimum(1.0, last)], random.random((POINTS, 3)) * last])
        for point in np.round(points, 4):
            value = map_coordinates(voxels.astype(np.float64), point[::-1, None], order=3, mode="mirror")[0]
            if min(size) > 3:
                assert abs(in_itk(voxels, point.tolist()) - value) < 1e-4, (size, point)
            print("{" + f"{{{size[0]}, {size[1]}, {size[2]}}}, {{{point[0]}, {point[1]}, {point[2]}}}, {value:.9g}" + "},")
    print("};")


main()

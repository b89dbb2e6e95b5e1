"""Writes tests/golden/transforms: ITK's transform files and a displacement field, with points and where they go.

Needs SimpleITK and numpy. Run from the root of the repository:

    python tests/reference/make_transform_goldens.py
"""
import numpy as np
import SimpleITK as sitk

FOLDER = "tests/golden/transforms"
# LPS; inside the domain of the B-spline, then far beyond it, and just within and beyond its last slices, z = -8 and 16
POINTS = [(0.0, 0.0, 0.0), (-20.0, 5.0, 3.0), (5.0, 20.25, 12.0), (4.0, 9.0, -6.0),
          (200.0, -90.0, 40.0), (0.0, 0.0, 15.99), (0.0, 0.0, 16.01), (-20.0, 5.0, -7.99), (-20.0, 5.0, -8.01)]


def affine():
    t = sitk.AffineTransform(3)
    t.SetMatrix((1.1, 0.05, -0.02, -0.03, 0.95, 0.04, 0.01, -0.06, 1.02))
    t.SetCenter((3.0, -4.0, 5.0))
    t.SetTranslation((2.5, -1.25, 0.75))
    return t


def euler(z_first):
    t = sitk.Euler3DTransform((1.0, 2.0, -3.0), 0.1, -0.2, 0.3, (4.0, 5.0, 6.0))
    t.SetComputeZYX(z_first)
    return t


def versor():
    return sitk.VersorRigid3DTransform((0.1, -0.2, 0.05, 0.97339), (3.0, 2.0, 1.0), (1.0, 2.0, -3.0))


def similarity():
    return sitk.Similarity3DTransform(1.2, (0.6, 0.8, 0.0), 0.25, (1.0, -2.0, 3.0), (1.0, 2.0, -3.0))


def b_spline():
    """Over 40 x 36 x 20 mm, turned by 20 degrees about z, coefficients of up to 2 mm."""
    t = sitk.BSplineTransform(3, 3)
    c, s = np.cos(np.radians(20)), np.sin(np.radians(20))
    t.SetTransformDomainOrigin((-25.0, -10.0, -8.0))
    t.SetTransformDomainDirection((c, -s, 0, s, c, 0, 0, 0, 1))
    t.SetTransformDomainPhysicalDimensions((60.0, 56.0, 24.0))
    t.SetTransformDomainMeshSize((4, 3, 2))
    count = len(t.GetParameters())
    t.SetParameters([round(2.0 * np.sin(1.7 * i), 3) for i in range(count)])
    return t


def composite():
    """ITK applies what was added last first."""
    return sitk.CompositeTransform([affine(), b_spline()])


def composite_affine():
    """Three that do not commute."""
    return sitk.CompositeTransform([affine(), euler(False), similarity()])


def field():
    """Displacements in LPS on a turned grid of 5 x 4 x 3 voxels."""
    vectors = np.round(np.sin(np.arange(3 * 4 * 5 * 3, dtype=np.float32)), 3).reshape(3, 4, 5, 3)
    image = sitk.GetImageFromArray(vectors, isVector=True)
    image.SetSpacing((1.5, 2.0, 4.0))
    image.SetOrigin((-3.0, 7.0, 11.0))
    image.SetDirection((0, -1, 0, 1, 0, 0, 0, 0, 1))
    return image


transforms = {
    "affine": affine(),
    "euler": euler(False),
    "euler_zyx": euler(True),
    "versor": versor(),
    "similarity": similarity(),
    "translation": sitk.TranslationTransform(3, (1.0, -2.0, 3.5)),
    "b_spline": b_spline(),
    "composite": composite(),
    "composite_affine": composite_affine(),
}

with open(f"{FOLDER}/points.txt", "w") as points:
    points.write("# file, point, where the transform takes it: all in LPS\n")
    for name, transform in transforms.items():
        sitk.WriteTransform(transform, f"{FOLDER}/{name}.tfm")
        for p in POINTS:
            to = transform.TransformPoint(p)
            points.write(f"{name} " + " ".join(f"{x:.9g}" for x in (*p, *to)) + "\n")
sitk.WriteImage(field(), f"{FOLDER}/field.nii.gz")

# Points inside the field (continuous indices), and one beyond it, which ITK leaves where it is.
by_field = sitk.DisplacementFieldTransform(sitk.Cast(sitk.ReadImage(f"{FOLDER}/field.nii.gz"), sitk.sitkVectorFloat64))
with open(f"{FOLDER}/field_points.txt", "w") as points:
    points.write("# point, where the field takes it: all in LPS\n")
    for index in [(0, 0, 0), (4, 3, 2), (1.25, 2.5, 0.75), (3.5, 0.125, 1.5), (9, 1, 1)]:
        p = field().TransformContinuousIndexToPhysicalPoint(index)
        points.write(" ".join(f"{x:.9g}" for x in (*p, *by_field.TransformPoint(p))) + "\n")

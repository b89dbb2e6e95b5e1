"""How far apart ITK finds a transform file and the field of displacements that septum made of it.

    septum transform T.tfm --grid FIXED.nii.gz --field FIELD.nii.gz --jacobian GROWTH.nii.gz
    python tests/reference/check_field.py T.tfm FIELD.nii.gz GROWTH.nii.gz

Needs numpy and SimpleITK. Prints the largest distance over random voxels of the field, in mm, and the largest difference
between septum's determinants and ITK's, which are those of differences between voxels. Points beyond a B-spline's domain
differ: there ITK displaces nothing, septum as at the border.
"""
import sys

import numpy as np
import SimpleITK as sitk

transform = sitk.ReadTransform(sys.argv[1])
vectors = sitk.Cast(sitk.ReadImage(sys.argv[2]), sitk.sitkVectorFloat64)
determinants = sitk.GetArrayFromImage(sitk.ReadImage(sys.argv[3]))
differences = sitk.GetArrayFromImage(sitk.DisplacementFieldJacobianDeterminant(vectors))
voxels = [tuple(map(int, v)) for v in np.random.default_rng(1).integers(0, vectors.GetSize(), (5000, 3))]
points = [vectors.TransformIndexToPhysicalPoint(v) for v in voxels]
displaced = np.array(points) + np.array([vectors.GetPixel(v) for v in voxels])
wanted = np.array([transform.TransformPoint(p) for p in points])
inner = tuple(slice(2, -2) if n > 4 else slice(None) for n in determinants.shape)
print(f"points: {np.linalg.norm(displaced - wanted, axis=1).max():.3g} mm apart at most")
print(f"determinants: {np.abs(determinants - differences)[inner].max():.3g} apart at most")

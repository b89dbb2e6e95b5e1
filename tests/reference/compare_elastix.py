"""septum register beside elastix on pairs of ACDC end-diastolic volumes: time, and Dice of the labels carried over.

    python tests/reference/compare_elastix.py BUILD ACDC WORK [--pairs 72] [--seeds 3] [--kinds affine bspline]

ACDC is the folder with volumes/*.h5; WORK gets the volumes as NIfTI, voxels of 1 mm since the files have no spacing.
Needs elastix 5 and transformix (Debian: elastix), h5py, numpy and SimpleITK. elastix runs with its published defaults, but
that its pyramids do not shrink z: with theirs it ends with an error on most of these thin stacks. A pair that either
program gives up on counts as Dice 0. Pairs are drawn at random, the first 64 left out: those were used to choose defaults.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import time

import h5py
import numpy
import SimpleITK

COMMON = """(FixedInternalImagePixelType "float")
(MovingInternalImagePixelType "float")
(UseDirectionCosines "true")
(Registration "MultiResolutionRegistration")
(Interpolator "LinearInterpolator")
(ResampleInterpolator "FinalBSplineInterpolator")
(Resampler "DefaultResampler")
(FixedImagePyramid "FixedRecursiveImagePyramid")
(MovingImagePyramid "MovingRecursiveImagePyramid")
(Optimizer "AdaptiveStochasticGradientDescent")
(Metric "AdvancedMattesMutualInformation")
(HowToCombineTransforms "Compose")
(NumberOfHistogramBins 32)
(ErodeMask "false")
(NumberOfResolutions 4)
(NumberOfSpatialSamples 2048)
(NewSamplesEveryIteration "true")
(ImageSampler "Random")
(BSplineInterpolationOrder 1)
(FinalBSplineInterpolationOrder 0)
(DefaultPixelValue 0)
(WriteResultImage "false")
(ResultImageFormat "nii")
(FixedImagePyramidSchedule 8 8 1 4 4 1 2 2 1 1 1 1)
(MovingImagePyramidSchedule 8 8 1 4 4 1 2 2 1 1 1 1)
"""
AFFINE = '(Transform "AffineTransform")\n(AutomaticScalesEstimation "true")\n' \
         '(AutomaticTransformInitialization "true")\n(MaximumNumberOfIterations 250)\n'
B_SPLINE = '(Transform "BSplineTransform")\n(FinalGridSpacingInPhysicalUnits 16)\n(MaximumNumberOfIterations 500)\n'


def first_frames(acdc):
    frames = {}
    for name in sorted(os.listdir(f"{acdc}/volumes")):
        frames.setdefault(name[:10], name[:-3])
    return frames


def draw_pairs(frames, count):
    pairs = [(a, b) for a in frames for b in frames if a != b]
    random.Random(2026).shuffle(pairs)
    return [(frames[a], frames[b]) for a, b in pairs[64:64 + count]]


def export(acdc, name):
    if not os.path.exists(f"{name}_label.nii"):
        with h5py.File(f"{acdc}/volumes/{name}.h5") as file:
            for key, kind in (("image", numpy.float32), ("label", numpy.uint8)):
                SimpleITK.WriteImage(SimpleITK.GetImageFromArray(file[key][()].astype(kind)), f"{name}_{key}.nii")


def timed(command):
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    code = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return code == 0, time.time() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def labels(path):
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(path))


def dice(fixed, path):
    a, b = labels(f"{fixed}_label.nii"), labels(path)
    return numpy.mean([2 * ((a == c) & (b == c)).sum() / max(1, (a == c).sum() + (b == c).sum()) for c in (1, 2, 3)])


def septum(build, kind, fixed, moving, seed):
    done, wall, cpu = timed([f"{build}/septum", "register", f"{fixed}_image.nii", f"{moving}_image.nii", "--out", "t.tfm",
                             "--transform", kind, "--seed", str(seed), "-q"])
    done = done and timed([f"{build}/septum", "warp", "--labels", f"{moving}_label.nii", "--transform", "t.tfm", "--grid",
                           f"{fixed}_image.nii", "--out", "moved.nii", "-q"])[0]
    return (dice(fixed, "moved.nii") if done else 0.0), wall, cpu, done


def elastix(kind, fixed, moving):
    shutil.rmtree("elastix", ignore_errors=True)
    os.mkdir("elastix")
    stages = [AFFINE] if kind == "affine" else [AFFINE, B_SPLINE]
    command = ["elastix", "-f", f"{fixed}_image.nii", "-m", f"{moving}_image.nii", "-out", "elastix", "-threads", "2"]
    for i, stage in enumerate(stages):
        with open(f"elastix/{i}.txt", "w", encoding="ascii") as file:
            file.write(COMMON + stage)
        command += ["-p", f"elastix/{i}.txt"]
    done, wall, cpu = timed(command)
    done = done and timed(["transformix", "-in", f"{moving}_label.nii", "-out", "elastix", "-tp",
                           f"elastix/TransformParameters.{len(stages) - 1}.txt"])[0]
    return (dice(fixed, "elastix/result.nii") if done else 0.0), wall, cpu, done


def report(name, rows):
    table = numpy.array([row[:3] for row in rows])
    failed = sum(not row[3] for row in rows)
    print(f"{name:24} Dice {table[:, 0].mean():.4f}  wall {numpy.median(table[:, 1]):.3f} s  processor "
          f"{numpy.median(table[:, 2]):.3f} s  failed {failed} of {len(rows)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("acdc")
    parser.add_argument("work")
    parser.add_argument("--pairs", type=int, default=72)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--kinds", nargs="+", default=["affine", "bspline"])
    given = parser.parse_args()
    build, acdc = os.path.abspath(given.build), os.path.abspath(given.acdc)
    os.makedirs(given.work, exist_ok=True)
    os.chdir(given.work)
    pairs = draw_pairs(first_frames(acdc), given.pairs)
    for name in {name for pair in pairs for name in pair}:
        export(acdc, name)
    for kind in given.kinds:
        for seed in range(given.seeds):
            report(f"septum {kind}, seed {seed}", [septum(build, kind, *pair, seed) for pair in pairs])
        report(f"elastix {kind}", [elastix(kind, *pair) for pair in pairs])


main()

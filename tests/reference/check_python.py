"""What the Python package says, beside what the command wrote: check_python.py FOLDER, as tests/end_to_end/python.sh
fills it. Prints a line a check, "ok NAME" or "not ok NAME"."""

import json
import struct
import sys
from pathlib import Path

import numpy as np

import septum

KINDS = {2: np.uint8, 4: np.int16, 16: np.float32, 64: np.float64}
failed = False


def report(passed, name):
    global failed
    failed |= not passed
    print(("ok " if passed else "not ok ") + name)


def read(path):
    """Values and affine of an uncompressed NIfTI-1 file with an sform."""
    data = Path(path).read_bytes()
    x, y, z = struct.unpack("<3h", data[42:48])
    kind = KINDS[struct.unpack("<h", data[70:72])[0]]
    values = np.frombuffer(data, kind, x * y * z, int(struct.unpack("<f", data[108:112])[0])).reshape(z, y, x)
    affine = np.array([*struct.unpack("<12f", data[280:328]), 0, 0, 0, 1], float).reshape(4, 4)
    return values, affine


def fails(text, function, *arguments, **named):
    """Whether it says so, in septum's words or Python's."""
    try:
        function(*arguments, **named)
    except (septum.SeptumError, ValueError) as error:
        return text in str(error)
    return False


def main():
    folder = Path(sys.argv[1])
    image, affine = read(folder / "image.nii")
    other, other_affine = read(folder / "other.nii")
    reference, _ = read(folder / "reference.nii")
    written, _ = read(folder / "predicted.nii")

    model = septum.Model(folder / "run" / "last.safetensors", threads=1)
    labels, shares = model.segment(image, affine=affine, probabilities=True)
    report(np.array_equal(labels, written), "a label map as predict writes it")
    report(shares.shape == (len(model.classes), *image.shape) and np.allclose(shares.sum(0), 1, atol=1e-5),
           "probabilities of all classes")
    report(len(model.classes) == 4 and model.channels == 1, "classes and channels")

    scores = septum.evaluate(labels, reference, 4, affine=affine)
    said = json.loads((folder / "scores.json").read_text())["cases"][0]["classes"]
    report(all(abs(score.dice - one["dice"]) < 1e-6 and abs(score.hd95 - one["hd95_mm"]) < 1e-5 * (1 + score.hd95) and
               abs(score.assd - one["assd_mm"]) < 1e-5 * (1 + score.assd) for score, one in zip(scores, said)),
           "scores as evaluate has them")

    transform = septum.register(image, other, fixed_affine=affine, moving_affine=other_affine, threads=1)
    transform.write(folder / "own.tfm")
    report((folder / "own.tfm").read_bytes() == (folder / "transform.tfm").read_bytes(), "the transform that register finds")
    warped = septum.Transform.read(folder / "transform.tfm").warp(
        other, septum.Grid(image.shape, affine=affine), affine=other_affine)
    report(np.array_equal(warped, read(folder / "warped.nii")[0]), "an image as warp writes it")
    report(np.allclose(transform.point([0, 0, 0]), transform.point((0.0, 0.0, 0.0))), "points")

    report(len(list(septum.log(folder / "run", "finish"))) == 1, "a run's log")

    report(fails("no-such.safetensors", septum.Model, folder / "no-such.safetensors"), "a model that is missing")
    report(fails("the model looks at 1", model.segment, np.zeros((2, 3, 32, 32))), "channels that the model hasn't")
    report(fails("one of rigid", septum.register, image, other, kind="swirl"), "a transform that there isn't")
    report(fails("a point has three numbers", transform.point, [1.0, 2.0]), "a point of two numbers")
    report(fails("a point has three numbers", transform.point, [1.0, 2.0, 3.0, 4.0]), "a point of four")
    report(all(fails("a grid has three sizes", transform.warp, other, septum.Grid(shape))
               for shape in ((8, 8), (1, 8, 8, 8))), "grids of two axes and of four")
    report(fails("no label map", septum.evaluate, labels + 0.5, reference, 4), "a prediction that is no label map")
    report(fails("another task", septum.evaluate, labels, np.full_like(labels, 9), 4) or
           fails("class", septum.evaluate, labels, np.full_like(labels, 9), 4), "a label beyond the classes")
    return failed


if __name__ == "__main__":
    sys.exit(main())

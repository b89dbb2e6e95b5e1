"""Runs exported models in ONNX Runtime and compares with what septum predict wrote.

usage: check_onnx.py MODEL.onnx IMAGE.nii[,IMAGE.nii,...] LABELS.nii PROBABILITY_0.nii PROBABILITY_1.nii ...

Of several channels IMAGE is the files of all, in their order.

Of a model of patches the logits are compared by their differences between classes, which the logarithms of the
probabilities have, too; to 1e-5 of the logits' range. Of a model of slices the probabilities are compared, to 1e-5, and
the label maps, which may differ where two classes are within 1e-5 of each other.
"""

import gzip
import struct
import sys

import numpy as np
import onnx
import onnxruntime

TYPES = {2: np.uint8, 16: np.float32}


def read_nifti(path):
    """The voxels as [slice, row, column]."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        header = file.read(352)
        dim = struct.unpack("<8h", header[40:56])
        kind = TYPES[struct.unpack("<h", header[70:72])[0]]
        return np.frombuffer(file.read(), kind).reshape(dim[3], dim[2], dim[1])


def range_of(image, rule):
    if rule == "percentiles":
        voxels = np.sort(image, axis=None)
        return voxels[int(0.005 * (voxels.size - 1) + 0.5)], voxels[int(0.995 * (voxels.size - 1) + 0.5)]
    return (image.min(), image.max()) if rule == "min-max" else map(np.float32, rule.split()[1:])


def intensities(image, rule):
    low, high = range_of(image, rule)
    return (np.clip(image, low, high) - low) / (high - low)


def rules_of(metadata, channels):
    keys = ["septum.intensity"] if channels == 1 else [f"septum.intensity.{c}" for c in range(channels)]
    return [metadata[key] for key in keys]


def check_patches(session, metadata, images, probability):
    rules = rules_of(metadata, len(images))
    patch = np.stack([intensities(image, rule) for image, rule in zip(images, rules)], axis=-1)
    logits = session.run(["logits"], {"patch": patch})[0].astype(np.float64)
    ours = np.log(np.maximum(probability.astype(np.float64), 1e-30))
    difference = np.abs((logits - logits[..., :1]) - (ours - ours[..., :1]))[ours.min(axis=-1) > np.log(1e-20)].max()
    return difference / (logits.max() - logits.min())


def check_slices(session, metadata, images, labels, probability):
    rules = rules_of(metadata, len(images))
    ranges = np.array([[*range_of(image, rule)] for image, rule in zip(images, rules)], np.float32)
    inputs = {"slice": images[0] if len(images) == 1 else np.stack(images, axis=1)}
    if "range" in [i.name for i in session.get_inputs()]:
        inputs["range"] = ranges[0] if len(images) == 1 else ranges
    theirs, theirs_probability = session.run(["labels", "probabilities"], inputs)
    top = np.sort(probability, axis=-1)
    clear = top[..., -1] - top[..., -2] > 1e-5
    assert (theirs[clear] == labels[clear]).all(), "the label maps differ"
    return np.abs(theirs_probability.transpose(0, 2, 3, 1) - probability).max()


def main(path, image, labels, *probabilities):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    images, labels = [read_nifti(one).astype(np.float32) for one in image.split(",")], read_nifti(labels)
    probability = np.stack([read_nifti(p) for p in probabilities], axis=-1)
    if session.get_inputs()[0].name == "patch":
        error = check_patches(session, metadata, images, probability)
    else:
        error = check_slices(session, metadata, images, labels, probability)
    print(f"{path}: within {error:.2g}")
    return 0 if error < 1e-5 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

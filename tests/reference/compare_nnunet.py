"""nnU-Net's 2-D network with a few labelled cases of ACDC and a given number of steps, to hold septum's by plan against.

    python tests/reference/compare_nnunet.py ACDC WORK [--labelled 3] [--steps 575] [--threads 1]
    septum evaluate --prediction WORK/predictions --reference WORK/raw/Dataset001_ACDC/labelsTs

ACDC is a folder as datasets/acdc makes it, with train.list and val.list: the first cases of the one are labelled, as with
septum, and the scans of the other are predicted. The files have no spacing; nnU-Net is told 1.5 x 1.5 x 8 mm for all, so
that nothing is resampled. Needs nnunetv2 (PyPI), h5py, nibabel and numpy.

All is nnU-Net's own (plan, augmentation, SGD, fold "all", mirrored prediction, the last checkpoint) but the length: its
learning rate falls over the steps that are given, in epochs of 25 of them with one step that validates. One JSON line at
the end: seconds and seconds of the processors of the training, with what it predicts of its own cases behind it, and the
memory of its largest process:

    {"steps": 575, "seconds": 3600, "processor_seconds": 3600, "peak_mib": 1800}
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time

import h5py
import nibabel
import numpy

DATASET = "Dataset001_ACDC"
CLASSES = {"background": 0, "RV": 1, "Myo": 2, "LV": 3}
STEPS_PER_EPOCH = 25
TRAINER = """from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer


class nnUNetTrainerSteps(nnUNetTrainer):
    def __init__(self, plans, configuration, fold, dataset_json, device):  # names that the base class looks up
        super().__init__(plans, configuration, fold, dataset_json, device)
        self.num_epochs = {epochs}
        self.num_iterations_per_epoch = {steps}
        self.num_val_iterations_per_epoch = 1
"""


def names(path):
    with open(path) as file:
        return file.read().split()


def labelled_scans(acdc, count):
    scans = names(f"{acdc}/train.list")
    cases = list(dict.fromkeys(scan.split("_frame")[0] for scan in scans))[:count]
    return [scan for scan in scans if scan.split("_frame")[0] in cases]


def write(path, voxels):
    nibabel.save(nibabel.Nifti1Image(voxels.transpose(2, 1, 0), numpy.diag([1.5, 1.5, 8.0, 1.0])), path)


def make_dataset(acdc, raw, labelled):
    for part, scans in ("Tr", labelled), ("Ts", names(f"{acdc}/val.list")):
        os.makedirs(f"{raw}/images{part}", exist_ok=True)
        os.makedirs(f"{raw}/labels{part}", exist_ok=True)
        for scan in scans:
            with h5py.File(f"{acdc}/volumes/{scan}.h5") as file:
                write(f"{raw}/images{part}/{scan}_0000.nii.gz", file["image"][()].astype(numpy.float32))
                write(f"{raw}/labels{part}/{scan}.nii.gz", file["label"][()].astype(numpy.uint8))
    with open(f"{raw}/dataset.json", "w") as file:
        json.dump({"channel_names": {"0": "MRI"}, "labels": CLASSES, "numTraining": len(labelled),
                   "file_ending": ".nii.gz"}, file)


def make_trainer(folder, steps):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/nnUNetTrainerSteps.py", "w") as file:
        file.write(TRAINER.format(epochs=max(1, steps // STEPS_PER_EPOCH), steps=min(steps, STEPS_PER_EPOCH)))


def run(work, threads, command, *arguments):
    environment = dict(os.environ, nnUNet_raw=f"{work}/raw", nnUNet_preprocessed=f"{work}/preprocessed",
                       nnUNet_results=f"{work}/results", nnUNet_extTrainer=f"{work}/trainer", nnUNet_n_proc_DA="1",
                       OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
    start, before = time.time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([f"{os.path.dirname(sys.executable)}/nnUNetv2_{command}", *arguments], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.time() - start), "processor_seconds": round(used),
            "peak_mib": round(after.ru_maxrss / 1024)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("acdc")
    parser.add_argument("work")
    parser.add_argument("--labelled", type=int, default=3)
    parser.add_argument("--steps", type=int, default=575)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    work, raw = os.path.abspath(given.work), f"{os.path.abspath(given.work)}/raw/{DATASET}"

    make_dataset(given.acdc, raw, labelled_scans(given.acdc, given.labelled))
    make_trainer(f"{work}/trainer", given.steps)
    network = ["-tr", "nnUNetTrainerSteps", "-device", "cpu"]
    run(work, given.threads, "plan_and_preprocess", "-d", "1", "-c", "2d", "-np", "1")
    cost = run(work, given.threads, "train", "1", "2d", "all", *network)
    run(work, given.threads, "predict", "-d", "1", "-c", "2d", "-f", "all", "-i", f"{raw}/imagesTs",
        "-o", f"{work}/predictions", "-npp", "1", "-nps", "1", *network)
    print(json.dumps({"steps": given.steps, **cost}))


main()

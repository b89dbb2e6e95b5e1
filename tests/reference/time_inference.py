"""Times one slice through each network, by PyTorch and by ONNX Runtime, to hold `septum predict` against.

    python time_inference.py [--network NAME ...] [--variant NAME ...] [--seconds 20] [--threads 2]

The networks are those of timing.py with random weights, in evaluation mode, on one image of 224x224 from memory to
logits in memory. Prints the JSON lines of time_training_step.py, whose notes on memory and load hold here too. The
variant "onnxruntime" exports the same network to ONNX and runs it with all graph optimisations on the processor;
`difference` is then the largest distance of its logits from PyTorch's, relative to the largest logit, and `peak_mib` holds what the export
took as well.
"""

import os
import tempfile

import torch

from timing import NETWORKS, VARIANTS, peak_mib, prepare, run, time_steps

SIDE = 224
TIMED = [f"{name} 1x{SIDE}" for name in NETWORKS]


def export(network, image, folder):
    path = os.path.join(folder, "network.onnx")
    torch.onnx.export(network, (image,), path, input_names=["image"], output_names=["logits"], dynamo=False)
    return path


def open_session(path, threads):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"]), onnxruntime.__version__


def time_onnxruntime(network, image, seconds, threads):
    with tempfile.TemporaryDirectory() as folder:
        session, version = open_session(export(network, image, folder), threads)
    inputs = {"image": image.numpy()}
    wanted, got = network(image), torch.from_numpy(session.run(None, inputs)[0])
    difference = ((got - wanted).abs().max() / wanted.abs().max()).item()
    return {**time_steps(lambda: session.run(None, inputs), seconds), "difference": float(f"{difference:.1e}"),
            "onnxruntime": version}


@torch.inference_mode()
def time_inference(name, variant, seconds, threads):
    base = peak_mib()
    torch.manual_seed(1)
    network, image = prepare(NETWORKS[name.split()[0]](classes=4).eval(), variant, torch.rand(1, 1, SIDE, SIDE))
    if variant == "onnxruntime":
        result = time_onnxruntime(network, image, seconds, threads)
    else:
        result = time_steps(lambda: network(image), seconds)
    return {**result, "base_mib": round(base)}


if __name__ == "__main__":
    run("inference of one slice", TIMED, (*VARIANTS, "onnxruntime"), time_inference)

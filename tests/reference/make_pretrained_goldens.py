"""Small files of weights of elsewhere, random, under the names that such files have, each with an image and the maps that
the module with these weights makes of it (`golden.image`, `golden.map_0`, ...): tests/golden/pretrained/*.safetensors.
"""

import os
import re

import torch
from safetensors.torch import save_file

from golden_file import generator, normal, stored
from layouts import nhwc
from pretrained_modules import ResNet, Swin, VisionTransformer, jax_names

FOLDER = os.path.join(os.path.dirname(__file__), "..", "golden", "pretrained")
HYBRID = dict(grid=2, width=8, heads=2, depth=2, hidden=16, resnet=(4, (1, 2, 2), 2))


def drawn(name, network):
    """All parameters random and exact in float32, norms' about 1 and 0."""
    network = network.double().eval()
    random = generator(name)
    for key, parameter in network.named_parameters():
        values = torch.randn(parameter.shape, generator=random, dtype=torch.float64)
        scale = 0.3 if parameter.dim() == 1 else 1.5 * parameter[0].numel() ** -0.5
        one = parameter.dim() == 1 and key.endswith("weight")
        parameter.data = (values * scale + (1.0 if one else 0.0)).float().double()
    return network


def write(name, tensors, image, maps):
    tensors = dict(tensors)
    tensors["golden.image"] = nhwc(image)
    tensors.update({f"golden.map_{i}": x for i, x in enumerate(maps)})
    save_file({key: stored(x) for key, x in sorted(tensors.items())}, f"{FOLDER}/{name}.safetensors")


def swin():
    """The same weights under both names. The third stage has a block more than septum's, as Swin-T's has four."""
    network = drawn("swin", Swin(4, (2, 2, 3, 2), (2, 4, 8, 16), 2))
    image = normal("swin.image", (1, 1, 64, 64))
    maps = network.features(image.expand(-1, 3, -1, -1), 2)
    write("swin", {f"model.{key}": x for key, x in network.state_dict().items()}, image, maps)
    renamed = {re.sub(r"(\d)\.downsample", lambda m: f"{int(m[1]) + 1}.downsample", key): x
               for key, x in network.state_dict().items()}
    network = Swin(4, (2, 2, 3, 2), (2, 4, 8, 16), 2, merges_first=True).double()
    network.load_state_dict(renamed)
    write("swin-timm", renamed, image, network.features(image.expand(-1, 3, -1, -1), 2))


def resnet():
    network = drawn("resnet", ResNet(4, (1, 2, 2, 1), 2))
    image = normal("resnet.image", (1, 3, 64, 64))
    write("resnet", network.state_dict(), image, network.features(image))


def two_channels(weight):
    """RGB weights for two channels: the first two, times 3 / 2."""
    return (weight[:, :2] * 1.5).float().double()


def vit():
    """Positions for 3x3 patches on an image of 2x4; weights for RGB on an image of two channels."""
    network = drawn("vit", VisionTransformer(3, 8, 2, 2, 16))
    tensors = {key: x.clone() for key, x in network.state_dict().items()}
    names = jax_names(network, 2)
    names = {key: x.clone() for key, x in names.items()}
    image = normal("vit.image", (1, 2, 32, 64))
    network.patch_embed.proj.weight.data = two_channels(network.patch_embed.proj.weight.data)
    maps = network.features(image)
    write("vit-timm", tensors, image, maps)
    write("vit-jax", names, image, maps)


def hybrid():
    network = drawn("hybrid", VisionTransformer(**HYBRID))
    image = normal("hybrid.image", (1, 1, 64, 64))
    maps = network.features(image.expand(-1, 3, -1, -1))
    write("r50-vit-timm", network.state_dict(), image, maps)
    write("r50-vit-jax", jax_names(network, 2), image, maps)


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.makedirs(FOLDER, exist_ok=True)
    with torch.no_grad():
        for make in (swin, resnet, vit, hybrid):
            make()

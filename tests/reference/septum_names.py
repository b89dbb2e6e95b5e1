"""The tensors of a reference network under septum's names and in septum's layouts.

septum calls a tensor `<scope>.<layer>.<tensor>`. Q, K and V of CS-Unet are one depthwise convolution and one layer norm
with three affine rows there, a batch norm's running mean and variance are one tensor `running` [2, C], and decoder
stages are numbered like the encoder's (0 is the finest), where the lists of networks.py go from coarse to fine.
"""

import re

import torch
from torch import nn

from layouts import conv_weight_of, depthwise_weight_of, transposed_weight_of
from batformer import BATFormer, GlobalAttention as AcrossScales, LocalAttention as InWindows
from cs_unet_parts import ForwardAlone, MixedAttention, MixedCSUNet
from networks import AttUNet, ConvSwinBlock, CSUNet, SwinBlock, SwinUNet, UNet, parameter_count
from hybrid import R50UNet, TransUNet
from mt_unet import Embedding, GlobalAttention, MTUNet
from vit import ViT, ViTNet

U_NET = (
    (r"^encoder\.(\d)", r"encoder_\1"),
    (r"^decoder\.(\d)(\.block)?", r"decoder_\1"),
)
TRANSFORMER = (
    (r"^(en|de)coder\.(\d)\.(\d)", r"\1coder_\2.block_\3"),
    (r"^merging\.(\d)\.linear", r"encoder_\1.merge.reduce"),
    (r"^merging\.(\d)", r"encoder_\1.merge"),
    (r"^encoder_norm", "norm"),
    (r"^decoder_norm", "norm_up"),
    (r"^final\.head", "head"),
)
SWIN_UNET = TRANSFORMER + (
    (r"^embed$", "embed.conv"),
    (r"^embed_norm", "embed.norm"),
    (r"^expanding\.(\d)", r"decoder_\1.expand"),
    (r"^skip\.(\d)", r"decoder_\1.fuse"),
    (r"(block_\d)\.qkv", r"\1.attention.qkv"),
    (r"(block_\d)\.projection", r"\1.attention.project"),
    (r"(block_\d)\.mlp_0", r"\1.mlp.expand"),
    (r"(block_\d)\.mlp_1", r"\1.mlp.reduce"),
)
CS_UNET = TRANSFORMER + (
    (r"^up\.(\d)", r"decoder_\1.up"),
    (r"^skip\.(\d)", r"decoder_\1.skip"),
    (r"(block_\d)\.norm_0", r"\1.norm"),
    (r"attention\.projection", "attention.project"),
    (r"(block_\d)\.depthwise", r"\1.dsf.spatial"),
    (r"(block_\d)\.norm_1", r"\1.dsf.norm"),
    (r"(block_\d)\.mlp_0", r"\1.dsf.expand"),
    (r"(block_\d)\.mlp_1", r"\1.dsf.reduce"),
)
MIXED = SWIN_UNET + ((r"feed_forward", "forward"),)
VIT = (
    (r"^vit\.block\.(\d+)\.([qkv]|project)$", r"vit.block_\1.attention.\2"),
    (r"^vit\.block\.(\d+)\.(expand|reduce)$", r"vit.block_\1.mlp.\2"),
    (r"^vit\.block\.(\d+)", r"vit.block_\1"),
    (r"^bottom", "bottom.layer_0"),
    (r"^decoder\.(\d)\.layer\.(\d)", r"decoder_\1.layer_\2"),
)
HYBRID = (
    (r"^resnet\.root_norm", "resnet.root.norm"),
    (r"^resnet\.root$", "resnet.root.conv"),
    (r"^resnet\.stage\.(\d)\.(\d+)", r"resnet.stage_\1.block_\2"),
)
MT_UNET = U_NET[:1] + (
    (r"^decoder\.(\d)(\.convs|\.level)?", r"decoder_\1"),
    (r"^(encoder_\d)\.entry", r"\1"),
    (r"\.entry", ".join"),
    (r"\.block\.(\d)", r".block_\1"),
)
BATFORMER = (
    (r"^encoder\.(\d)", r"encoder_\1"),
    (r"^decoder\.(\d)\.convs", r"decoder_\1"),
    (r"\.layer\.(\d)\.0$", r".layer_\1.conv"),
    (r"\.layer\.(\d)\.1$", r".layer_\1.norm"),
    (r"^scale\.(\d)", lambda m: ("full", "half", "quarter")[int(m[1])]),
)
RENAMES = {UNet: U_NET, AttUNet: U_NET, SwinUNet: SWIN_UNET, CSUNet: CS_UNET, ViTNet: VIT,
           TransUNet: HYBRID + VIT,
           R50UNet: HYBRID + U_NET, MTUNet: MT_UNET, BATFormer: BATFORMER, MixedCSUNet: MIXED, ForwardAlone: ((r"^block", "forward"),)}


def layer_name(network, path):
    last = len(getattr(network, "decoder", ())) - 1
    path = re.sub(r"^(decoder|expanding|skip|up)\.(\d)", lambda m: f"{m[1]}.{last - int(m[2])}", path)
    for pattern, replacement in RENAMES[type(network)]:
        path = re.sub(pattern, replacement, path)
    return path


def own_tensors(module, value):
    """The tensors that a module holds itself (not its children), by septum's names of tensors."""
    if isinstance(module, nn.Conv2d):
        yield "weight", (conv_weight_of if module.groups == 1 else depthwise_weight_of)(value(module.weight))
    elif isinstance(module, nn.ConvTranspose2d):
        yield "weight", transposed_weight_of(value(module.weight))
    elif isinstance(module, nn.Linear):
        yield "weight", value(module.weight).T
    elif isinstance(module, nn.LayerNorm):
        yield "gamma", value(module.weight)[None]
        yield "beta", value(module.bias)[None]
    elif isinstance(module, (nn.BatchNorm2d, nn.GroupNorm)):
        yield "gamma", value(module.weight)
        yield "beta", value(module.bias)
    elif isinstance(module, SwinBlock):
        yield "attention.table", value(module.table)
    elif isinstance(module, MixedAttention):
        yield "table", value(module.table)
    elif isinstance(module, ConvSwinBlock):
        yield "dsf.scale.factor", value(module.scale)
    elif isinstance(module, GlobalAttention):
        yield "spread", value(module.spread)
    elif isinstance(module, (ViT, Embedding, AcrossScales, InWindows)):
        yield "position", value(module.position)
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)) and module.bias is not None:
        yield "bias", value(module.bias)


def join_qkv(tensors):
    """attention.conv.0, .1, .2 -> attention.qkv, channels side by side; attention.norm.0, ... -> rows of one norm."""
    joined = {}
    for name, tensor in tensors.items():
        name = re.sub(r"attention\.conv\.\d", "attention.qkv", name)
        name = re.sub(r"attention\.norm\.\d", "attention.norm", name)
        axis = -1 if name.endswith("weight") else 0
        joined[name] = torch.cat([joined[name], tensor], axis) if name in joined else tensor
    return joined


def split_head(tensors):
    """BATFormer's head over three scales side by side is three, of which the first has the bias."""
    parts = tensors.pop("head.weight").chunk(3, 2)
    tensors["full.head.bias"] = tensors.pop("head.bias")
    for scale, part in zip(("full", "half", "quarter"), parts):
        tensors[f"{scale}.head.weight"] = part
    return tensors


def septum_tensors(network, value=lambda parameter: parameter):
    """{name: value(parameter) in septum's layout} of all parameters; `value` may return the gradient instead."""
    tensors = {}
    for path, module in network.named_modules():
        for tensor_name, tensor in own_tensors(module, value):
            tensors[f"{layer_name(network, path)}.{tensor_name}"] = tensor.detach()
    tensors = join_qkv(tensors)
    if isinstance(network, BATFormer):
        tensors = split_head(tensors)
    if sum(t.numel() for t in tensors.values()) != parameter_count(network):
        raise ValueError(f"septum's tensors of {type(network).__name__} are not all of its parameters")
    return tensors


def septum_gradients(network):
    return septum_tensors(network, lambda parameter: parameter.grad)


def septum_states(network):
    """{name: running mean and variance [2, C]} of all batch norms."""
    return {f"{layer_name(network, path)}.running": torch.stack([module.running_mean, module.running_var])
            for path, module in network.named_modules() if isinstance(module, nn.BatchNorm2d)}

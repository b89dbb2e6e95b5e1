"""The networks that weights come from elsewhere for, with the names of modules that their files have: Swin Transformer
and Vision Transformer (timm), ResNet (torchvision, timm), R50+ViT (timm). Written from the papers' descriptions; only
the encoders, and what a classifier has beyond them so that it can be left out. Images are [N, C, H, W]; `features`
gives maps [N, H, W, C], finest first.
"""

import torch
import torch.nn.functional as F
from torch import nn

from attention import attend, shift_mask
from hybrid import StandardisedConv
from layouts import nhwc, window_partition, window_reverse


def perceptron(width, hidden):
    mlp = nn.Module()
    mlp.fc1, mlp.fc2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
    return mlp


def run(mlp, x):
    return mlp.fc2(F.gelu(mlp.fc1(x)))


# ---- Swin Transformer ------------------------------------------------------------------------------------------------

class WindowAttention(nn.Module):
    def __init__(self, width, heads, window):
        super().__init__()
        self.heads = heads
        self.relative_position_bias_table = nn.Parameter(torch.zeros((2 * window - 1) ** 2, heads))
        rows = torch.arange(window * window) // window
        columns = torch.arange(window * window) % window
        self.register_buffer("relative_position_index",
                             (rows[:, None] - rows + window - 1) * (2 * window - 1)
                             + columns[:, None] - columns + window - 1)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, mask):
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, width).unbind(2)
        bias = self.relative_position_bias_table[self.relative_position_index].permute(2, 0, 1)
        return self.proj(attend(q, k, v, self.heads, (width // self.heads) ** -0.5, bias, mask))


class SwinBlock(nn.Module):
    def __init__(self, width, heads, window, shift):
        super().__init__()
        self.window, self.shift = window, shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.mlp = WindowAttention(width, heads, window), perceptron(width, 4 * width)

    def attention(self, x):
        height, width = x.shape[1:3]
        shift = self.shift if min(height, width) > self.window else 0
        mask = shift_mask(height, width, self.window, shift) if shift else None
        windows = window_partition(torch.roll(x, (-shift, -shift), (1, 2)), self.window)
        y = self.attn(windows.flatten(1, 2), mask).reshape(windows.shape)
        return torch.roll(window_reverse(y, height, width), (shift, shift), (1, 2))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + run(self.mlp, self.norm2(x))


class Merging(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, x):
        parts = [x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class Swin(nn.Module):
    """`merges_first`: merging is the first thing of the stage that it leads to, as timm has it since 0.9."""

    def __init__(self, width, depths, heads, window, merges_first=False, channels=3, classes=3):
        super().__init__()
        self.merges_first = merges_first
        self.patch_embed = nn.Module()
        self.patch_embed.proj, self.patch_embed.norm = nn.Conv2d(channels, width, 4, 4), nn.LayerNorm(width)
        self.layers = nn.ModuleList(nn.Module() for _ in depths)
        for i, (stage, depth, count) in enumerate(zip(self.layers, depths, heads)):
            stage.blocks = nn.ModuleList(SwinBlock(width << i, count, window, window // 2 if b % 2 else 0)
                                         for b in range(depth))
        for i in range(len(depths) - 1):
            self.layers[i + 1 if merges_first else i].downsample = Merging(width << i)
        self.norm = nn.LayerNorm(width << len(depths) - 1)
        self.head = nn.Linear(width << len(depths) - 1, classes)

    def features(self, image, depth):
        """With the first `depth` blocks of each stage: each but the first stage's input, then the norm's output."""
        x = self.patch_embed.norm(nhwc(self.patch_embed.proj(image)))
        maps = []
        for i, stage in enumerate(self.layers):
            maps.append(x)
            for block in stage.blocks[:depth]:
                x = block(x)
            if i + 1 < len(self.layers):
                x = self.layers[i + 1 if self.merges_first else i].downsample(x)
        return [*maps[:-1], self.norm(x)]


# ---- ResNet ----------------------------------------------------------------------------------------------------------

class Bottleneck(nn.Module):
    """`names` of norms ("bn"), and `around`: what makes the way around from its convolution and its norm."""

    def __init__(self, channels_in, channels, stride, groups, names, around):
        super().__init__()
        self.names = names
        sizes = ((channels_in, channels, 1), (channels, channels, 3), (channels, 4 * channels, 1))
        for i, (before, after, kernel) in enumerate(sizes, 1):
            stride_here = stride if i == 2 else 1
            setattr(self, f"conv{i}", StandardisedConv(before, after, kernel, stride_here, kernel // 2, bias=False))
            setattr(self, f"{names}{i}", nn.GroupNorm(groups, after, eps=1e-6))
        self.downsample = None
        if stride > 1 or channels_in != 4 * channels:
            self.downsample = around(StandardisedConv(channels_in, 4 * channels, 1, stride, bias=False),
                                     nn.GroupNorm(groups, 4 * channels, eps=1e-6))

    def forward(self, x):
        y = x
        for i in (1, 2, 3):
            y = getattr(self, f"{self.names}{i}")(getattr(self, f"conv{i}")(y))
            y = F.relu(y) if i < 3 else y
        return F.relu(y + (x if self.downsample is None else self.downsample(x)))


class ConvNorm(nn.Module):
    def __init__(self, conv, norm):
        super().__init__()
        self.conv, self.norm = conv, norm

    def forward(self, x):
        return self.norm(self.conv(x))


def bottlenecks(width, counts, groups, names, around):
    channels_in = width
    for stage, count in enumerate(counts):
        channels = width << stage
        yield [Bottleneck(channels_in if i == 0 else 4 * channels, channels, 2 if i == 0 and stage > 0 else 1, groups,
                          names, around) for i in range(count)]
        channels_in = 4 * channels


def resnet_maps(root, stages, image):
    maps = [F.relu(root(image))]
    x = F.pad(F.max_pool2d(maps[0], 3, 2), (0, 1, 0, 1))
    for stage in stages:
        for block in stage:
            x = block(x)
        maps.append(x)
    return maps


class ResNet(nn.Module):
    """With the norms and padding that septum's encoder has, under ResNet-50's names; the last stage is for the
    classifier alone."""

    def __init__(self, width, counts, groups, channels=3, classes=3):
        super().__init__()
        self.conv1 = StandardisedConv(channels, width, 7, 2, 3, bias=False)
        self.bn1 = nn.GroupNorm(groups, width, eps=1e-6)
        for i, blocks in enumerate(bottlenecks(width, counts, groups, "bn", nn.Sequential), 1):
            setattr(self, f"layer{i}", nn.ModuleList(blocks))
        self.fc = nn.Linear(32 * width, classes)

    def features(self, image):
        stages = [self.layer1, self.layer2, self.layer3]
        return [nhwc(x) for x in resnet_maps(lambda x: self.bn1(self.conv1(x)), stages, image)]


# ---- Vision Transformer ----------------------------------------------------------------------------------------------

class TokenAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.proj = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        return self.proj(attend(q, k, v, self.heads, (x.shape[-1] // self.heads) ** -0.5))


class TokenBlock(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn, self.mlp = TokenAttention(width, heads), perceptron(width, hidden)

    def forward(self, x):
        x = x + self.attn(self.norm1(x))
        return x + run(self.mlp, self.norm2(x))


class VisionTransformer(nn.Module):
    """On patches of 16x16, or, with `resnet` = (width, counts, groups), on the map of such an encoder. `grid` is what
    the positions are for."""

    def __init__(self, grid, width, heads, depth, hidden, resnet=None, channels=3, classes=3):
        super().__init__()
        self.patch_embed = nn.Module()
        if resnet is None:
            self.patch_embed.proj = nn.Conv2d(channels, width, 16, 16)
        else:
            self.patch_embed.backbone = self.backbone(channels, *resnet)
            self.patch_embed.proj = nn.Conv2d(16 * resnet[0], width, 1)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + grid * grid, width))
        self.blocks = nn.ModuleList(TokenBlock(width, heads, hidden) for _ in range(depth))
        self.norm, self.head = nn.LayerNorm(width, eps=1e-6), nn.Linear(width, classes)

    @staticmethod
    def backbone(channels, width, counts, groups):
        backbone = nn.Module()
        backbone.stem = ConvNorm(StandardisedConv(channels, width, 7, 2, 3, bias=False),
                                 nn.GroupNorm(groups, width, eps=1e-6))
        backbone.stages = nn.ModuleList(nn.Module() for _ in counts)
        for stage, blocks in zip(backbone.stages, bottlenecks(width, counts, groups, "norm", ConvNorm)):
            stage.blocks = nn.ModuleList(blocks)
        return backbone

    def positions(self, height, width):
        """Bicubic from the grid of the weights, without the class token."""
        grid = round((self.pos_embed.shape[1] - 1) ** 0.5)
        table = self.pos_embed[:, 1:].reshape(1, grid, grid, -1).permute(0, 3, 1, 2)
        return nhwc(F.interpolate(table, (height, width), mode="bicubic", align_corners=False)).flatten(1, 2)

    def features(self, image):
        """Segmentation's use of it: no class token."""
        maps, x = [], image
        if hasattr(self.patch_embed, "backbone"):
            backbone = self.patch_embed.backbone
            maps = resnet_maps(backbone.stem, [stage.blocks for stage in backbone.stages], image)
            x = maps.pop()
        x = nhwc(self.patch_embed.proj(x))
        tokens = x.flatten(1, 2) + self.positions(*x.shape[1:3])
        for block in self.blocks:
            tokens = block(tokens)
        return [*map(nhwc, maps), self.norm(tokens).reshape(x.shape)]


# ---- the original names ----------------------------------------------------------------------------------------------

def jax_names(network, heads):
    """{name in the published .npz: array in its layout} of a VisionTransformer."""
    state, names = dict(network.state_dict()), {}

    def kernel(name):
        weight = state[name]
        return weight.permute(2, 3, 1, 0) if weight.dim() == 4 else weight.T

    def norm(theirs, name, shape=(-1,)):
        names[f"{theirs}/scale"] = state[f"{name}.weight"].reshape(shape)
        names[f"{theirs}/bias"] = state[f"{name}.bias"].reshape(shape)

    def dense(theirs, name):
        names[f"{theirs}/kernel"], names[f"{theirs}/bias"] = kernel(f"{name}.weight"), state[f"{name}.bias"]

    names["cls"] = state["cls_token"]
    names["Transformer/posembed_input/pos_embedding"] = state["pos_embed"]
    dense("embedding", "patch_embed.proj")
    dense("head", "head")
    norm("Transformer/encoder_norm", "norm")
    for i in range(len(network.blocks)):
        block, name = f"Transformer/encoderblock_{i}", f"blocks.{i}"
        norm(f"{block}/LayerNorm_0", f"{name}.norm1")
        norm(f"{block}/LayerNorm_2", f"{name}.norm2")
        dense(f"{block}/MlpBlock_3/Dense_0", f"{name}.mlp.fc1")
        dense(f"{block}/MlpBlock_3/Dense_1", f"{name}.mlp.fc2")
        attention = f"{block}/MultiHeadDotProductAttention_1"
        width = state[f"{name}.attn.proj.bias"].numel()
        for k, part in enumerate(("query", "key", "value")):
            rows = slice(k * width, (k + 1) * width)
            names[f"{attention}/{part}/kernel"] = state[f"{name}.attn.qkv.weight"][rows].T.reshape(width, heads, -1)
            names[f"{attention}/{part}/bias"] = state[f"{name}.attn.qkv.bias"][rows].reshape(heads, -1)
        names[f"{attention}/out/kernel"] = kernel(f"{name}.attn.proj.weight").reshape(heads, -1, width)
        names[f"{attention}/out/bias"] = state[f"{name}.attn.proj.bias"]
    if not hasattr(network.patch_embed, "backbone"):
        return names
    backbone = "patch_embed.backbone"
    names["conv_root/kernel"] = kernel(f"{backbone}.stem.conv.weight")
    norm("gn_root", f"{backbone}.stem.norm", (1, 1, 1, -1))
    for s, stage in enumerate(network.patch_embed.backbone.stages):
        for b, block in enumerate(stage.blocks):
            unit, name = f"block{s + 1}/unit{b + 1}", f"{backbone}.stages.{s}.blocks.{b}"
            for i in (1, 2, 3):
                names[f"{unit}/conv{i}/kernel"] = kernel(f"{name}.conv{i}.weight")
                norm(f"{unit}/gn{i}", f"{name}.norm{i}", (1, 1, 1, -1))
            if block.downsample is not None:
                names[f"{unit}/conv_proj/kernel"] = kernel(f"{name}.downsample.conv.weight")
                norm(f"{unit}/gn_proj", f"{name}.downsample.norm")
    return names

"""The networks of septum in PyTorch, written from their published descriptions: U-Net, Swin-Unet, CS-Unet.

They exist to check septum (make_network_goldens.py) and to be timed beside it (time_training_step.py,
time_inference.py). Every width is an option, so that a golden can be a few hundred kilobytes. `python networks.py`
prints and checks the parameter counts.
Images come in as PyTorch's [N, C, H, W]; the two transformers work on [N, H, W, C] maps inside.
"""

import torch
import torch.nn.functional as F
from torch import nn

from attention import attend, shift_mask, table_bias
from layouts import depth_to_space, nchw, nhwc, window_partition, window_reverse


# ---- U-Net -----------------------------------------------------------------------------------------------------------

class ConvBlock(nn.Module):
    """Twice convolution 3x3, batch norm, leaky ReLU; dropout between."""

    def __init__(self, channels_in, channels, dropout):
        super().__init__()
        self.conv_0 = nn.Conv2d(channels_in, channels, 3, padding=1)
        self.norm_0 = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout(dropout)
        self.conv_1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm_1 = nn.BatchNorm2d(channels)

    def forward(self, x):
        x = self.dropout(F.leaky_relu(self.norm_0(self.conv_0(x)), 0.01))
        return F.leaky_relu(self.norm_1(self.conv_1(x)), 0.01)


class UpStep(nn.Module):
    """Halves the channels and doubles the map (1x1 convolution and bilinear, or transposed 2x2), joins the skip."""

    def __init__(self, channels, transposed):
        super().__init__()
        self.transposed = transposed
        if transposed:
            self.up = nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)
        else:
            self.reduce = nn.Conv2d(2 * channels, channels, 1)
        self.block = ConvBlock(2 * channels, channels, 0.0)

    def forward(self, low, skip):
        if self.transposed:
            up = self.up(low)
        else:
            up = F.interpolate(self.reduce(low), scale_factor=2, mode="bilinear", align_corners=True)
        return self.block(torch.cat([skip, up], 1))


class UNet(nn.Module):
    DROPOUT = (0.05, 0.1, 0.2, 0.3, 0.5)

    def __init__(self, classes=4, width=16, channels=1, transposed=False, stochastic=True):
        super().__init__()
        widths = [width * 2 ** level for level in range(5)]
        rates = self.DROPOUT if stochastic else [0.0] * 5
        self.encoder = nn.ModuleList(map(ConvBlock, [channels, *widths[:-1]], widths, rates))
        self.decoder = nn.ModuleList(UpStep(c, transposed) for c in reversed(widths[:-1]))
        self.head = nn.Conv2d(width, classes, 3, padding=1)

    def forward(self, x):
        return self.decode(self.encode(x))

    def encode(self, x):
        maps = []
        for level, block in enumerate(self.encoder):
            x = block(F.max_pool2d(x, 2) if level > 0 else x)
            maps.append(x)
        return maps

    def decode(self, maps):
        x = maps[-1]
        for step, skip in zip(self.decoder, reversed(maps[:-1])):
            x = step(x, skip)
        return self.head(x)


# ---- Attention U-Net ---------------------------------------------------------------------------------------------------

class NormedConv(nn.Module):
    def __init__(self, channels_in, channels, kernel):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.norm(self.conv(x))


class TwoConvs(nn.Module):
    def __init__(self, channels_in, channels):
        super().__init__()
        self.layer_0 = NormedConv(channels_in, channels, 3)
        self.layer_1 = NormedConv(channels, channels, 3)

    def forward(self, x):
        return F.relu(self.layer_1(F.relu(self.layer_0(x))))


class Gate(nn.Module):
    """Additive attention: one weight for each pixel of the skip connection."""

    def __init__(self, channels):
        super().__init__()
        self.gate = NormedConv(channels, channels // 2, 1)
        self.skip = NormedConv(channels, channels // 2, 1)
        self.weight = NormedConv(channels // 2, 1, 1)

    def forward(self, gate, skip):
        return skip * torch.sigmoid(self.weight(F.relu(self.gate(gate) + self.skip(skip))))


class GatedUpStep(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.up = NormedConv(2 * channels, channels, 3)
        self.gate = Gate(channels)
        self.block = TwoConvs(2 * channels, channels)

    def forward(self, low, skip):
        up = F.relu(self.up(F.interpolate(low, scale_factor=2, mode="nearest")))
        return self.block(torch.cat([self.gate(up, skip), up], 1))


class AttUNet(nn.Module):
    def __init__(self, classes=4, width=64, channels=1):
        super().__init__()
        widths = [width * 2 ** level for level in range(5)]
        self.encoder = nn.ModuleList(map(TwoConvs, [channels, *widths[:-1]], widths))
        self.decoder = nn.ModuleList(map(GatedUpStep, reversed(widths[:-1])))
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        maps = []
        for level, block in enumerate(self.encoder):
            x = block(F.max_pool2d(x, 2) if level > 0 else x)
            maps.append(x)
        for step, skip in zip(self.decoder, reversed(maps[:-1])):
            x = step(x, skip)
        return self.head(x)


# ---- what the two transformers share ---------------------------------------------------------------------------------

class DropPath(nn.Module):
    def __init__(self, probability):
        super().__init__()
        self.probability = probability

    def forward(self, x):
        if not self.training or self.probability == 0.0:
            return x
        keep = 1.0 - self.probability
        return x * x.new_empty((x.shape[0],) + (1,) * (x.dim() - 1)).bernoulli_(keep) / keep


class PatchMerging(nn.Module):
    """2x2 pixels side by side in the order (0,0) (1,0) (0,1) (1,1), layer norm, linear 4c -> 2c."""

    def __init__(self, dim):
        super().__init__()
        self.norm = nn.LayerNorm(4 * dim)
        self.linear = nn.Linear(4 * dim, 2 * dim, bias=False)

    def forward(self, x):
        x = torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)
        return self.linear(self.norm(x))


class PatchExpanding(nn.Module):
    """Linear, depth to space, layer norm: `block` times the map's sides."""

    def __init__(self, dim, block, dim_out):
        super().__init__()
        self.block = block
        self.linear = nn.Linear(dim, block * block * dim_out, bias=False)
        self.norm = nn.LayerNorm(dim_out)

    def forward(self, x):
        return self.norm(depth_to_space(self.linear(x), self.block))


class FinalExpanding(PatchExpanding):
    """x4 to the image's size and the logits."""

    def __init__(self, dim, classes):
        super().__init__(dim, 4, dim)
        self.head = nn.Conv2d(dim, classes, 1, bias=False)

    def forward(self, x):
        return self.head(nchw(super().forward(x)))


class ShiftedWindows(nn.Module):
    """Cuts a map in windows, rolled by `shift`, and puts it together again; knows the mask."""

    def __init__(self, grid, window, shift):
        super().__init__()
        self.grid, self.window = grid, window
        self.shift = shift if grid > window else 0
        self.register_buffer("mask", shift_mask(grid, grid, window, shift) if self.shift else None, persistent=False)

    def cut(self, x):
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (1, 2))
        return window_partition(x, self.window)

    def join(self, windows):
        x = window_reverse(windows, self.grid, self.grid)
        return torch.roll(x, (self.shift, self.shift), (1, 2)) if self.shift else x


class Shape:
    """Sizes common to both transformers: `grid` tokens a side after the patch embedding, one rate a block."""

    def __init__(self, grid=56, dim=96, heads=(3, 6, 12, 24), depth=2, window=7, stochastic=True):
        self.grid, self.dim, self.heads, self.depth, self.window = grid, dim, heads, depth, window
        self.dropout = 0.2 if stochastic else 0.0
        top = 0.2 if stochastic else 0.0
        self.drop_path = torch.linspace(0, top, depth * len(heads), dtype=torch.float64).tolist()

    def stage(self, block, level):
        """The `depth` blocks of a stage; a decoder stage takes the rates of the encoder's stage of the same level."""
        return nn.Sequential(*(block(self.dim << level, self.grid >> level, self.heads[level], self.window,
                                     self.window // 2 if i % 2 else 0, self.drop_path[level * self.depth + i])
                               for i in range(self.depth)))


# ---- Swin-Unet -------------------------------------------------------------------------------------------------------

class SwinBlock(nn.Module):
    fused = False  # attention by PyTorch's own kernel

    def __init__(self, dim, grid, heads, window, shift, drop_path):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.windows = ShiftedWindows(grid, window, shift)
        self.norm_0 = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.table = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))
        self.projection = nn.Linear(dim, dim)
        self.norm_1 = nn.LayerNorm(dim)
        self.mlp_0 = nn.Linear(dim, 4 * dim)
        self.mlp_1 = nn.Linear(4 * dim, dim)
        self.drop_path = DropPath(drop_path)
        nn.init.trunc_normal_(self.table, std=0.02)

    def attention(self, x):
        windows = self.windows.cut(x)
        q, k, v = self.qkv(windows.flatten(1, 2)).chunk(3, -1)
        bias = table_bias(self.table, self.windows.window)
        y = self.projection(attend(q, k, v, self.heads, self.scale, bias, self.windows.mask, self.fused))
        return self.windows.join(y.reshape(windows.shape))

    def forward(self, x):
        x = x + self.drop_path(self.attention(self.norm_0(x)))
        return x + self.drop_path(self.mlp_1(F.gelu(self.mlp_0(self.norm_1(x)))))


class SwinUNet(nn.Module):
    block = SwinBlock

    def __init__(self, classes=4, channels=3, **sizes):
        super().__init__()
        shape = Shape(**sizes)
        dims = [shape.dim << level for level in range(4)]
        self.channels = channels
        self.embed = nn.Conv2d(channels, shape.dim, 4, stride=4)
        self.embed_norm = nn.LayerNorm(shape.dim)
        self.encoder = nn.ModuleList(shape.stage(self.block, level) for level in range(4))
        self.merging = nn.ModuleList(PatchMerging(d) for d in dims[:3])
        self.encoder_norm = nn.LayerNorm(dims[3])
        self.expanding = nn.ModuleList(PatchExpanding(d, 2, d // 2) for d in reversed(dims[1:]))
        self.skip = nn.ModuleList(nn.Linear(2 * d, d) for d in reversed(dims[:3]))
        self.decoder = nn.ModuleList(shape.stage(self.block, level) for level in (2, 1, 0))
        self.decoder_norm = nn.LayerNorm(shape.dim)
        self.final = FinalExpanding(shape.dim, classes)
        initialise_weights(self, nn.Linear)

    def forward(self, image):
        x = self.embed_norm(nhwc(self.embed(image.expand(-1, self.channels, -1, -1))))
        inputs = []
        for stage, merging in zip(self.encoder, [*self.merging, None]):
            inputs.append(x)
            x = stage(x)
            x = merging(x) if merging else self.encoder_norm(x)
        for expanding, skip, stage, encoder_input in zip(self.expanding, self.skip, self.decoder, inputs[2::-1]):
            x = stage(skip(torch.cat([expanding(x), encoder_input], -1)))
        return self.final(self.decoder_norm(x))


# ---- CS-Unet ---------------------------------------------------------------------------------------------------------

def depthwise(dim, kernel, bias):
    return nn.Conv2d(dim, dim, kernel, padding=kernel // 2, groups=dim, bias=bias)


class ConvEmbedding(nn.Module):
    """Four 3x3 convolutions to a quarter of the sides."""

    def __init__(self, channels, dim, dropout):
        super().__init__()
        half = dim // 2
        self.conv_0 = nn.Conv2d(channels, half, 3, padding=1)
        self.conv_1 = nn.Conv2d(half, half, 3, stride=2, padding=1)
        self.norm_0 = nn.LayerNorm(half)
        self.conv_2 = nn.Conv2d(half, dim, 3, padding=1)
        self.conv_3 = nn.Conv2d(dim, dim, 3, stride=2, padding=1)
        self.dropout = nn.Dropout(dropout)
        self.norm_1 = nn.LayerNorm(dim)

    def forward(self, image):
        x = F.gelu(self.conv_1(F.gelu(self.conv_0(image))))
        x = nchw(self.norm_0(nhwc(x)))
        x = F.gelu(self.conv_3(F.gelu(self.conv_2(x))))
        return self.norm_1(nhwc(self.dropout(x)))


class ConvAttention(nn.Module):
    """Q, K, V and the projection by depthwise 3x3 convolutions inside each window."""

    fused = False  # attention by PyTorch's own kernel

    def __init__(self, dim, heads):
        super().__init__()
        self.heads, self.scale = heads, (dim // heads) ** -0.5
        self.conv = nn.ModuleList(depthwise(dim, 3, bias=False) for _ in "qkv")
        self.norm = nn.ModuleList(nn.LayerNorm(dim) for _ in "qkv")
        self.projection = depthwise(dim, 3, bias=False)

    def forward(self, windows, mask):
        x = nchw(windows)
        q, k, v = (norm(nhwc(conv(x))).flatten(1, 2) for conv, norm in zip(self.conv, self.norm))
        y = attend(q, k, v, self.heads, self.scale, mask=mask, fused=self.fused).reshape(windows.shape)
        return F.gelu(nhwc(self.projection(nchw(y))))


class ConvSwinBlock(nn.Module):
    def __init__(self, dim, grid, heads, window, shift, drop_path):
        super().__init__()
        self.windows = ShiftedWindows(grid, window, shift)
        self.norm_0 = nn.LayerNorm(dim)
        self.attention = ConvAttention(dim, heads)
        self.drop_path = DropPath(drop_path)
        self.depthwise = depthwise(dim, 7, bias=True)
        self.norm_1 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp_0 = nn.Conv2d(dim, 4 * dim, 1)
        self.mlp_1 = nn.Conv2d(4 * dim, dim, 1)
        self.scale = nn.Parameter(torch.full((dim,), 0.7))

    def forward(self, x):
        y = self.attention(self.windows.cut(self.norm_0(x)), self.windows.mask)
        x = x + self.drop_path(self.windows.join(y))
        y = self.norm_1(nhwc(self.depthwise(nchw(x))))
        y = nhwc(self.mlp_1(F.gelu(self.mlp_0(nchw(y)))))
        return x + self.scale * y


class ConvUp(nn.Module):
    def __init__(self, dim, dropout):
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.conv = nn.ConvTranspose2d(dim, dim // 2, 2, stride=2)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        return nhwc(self.dropout(F.gelu(self.conv(nchw(self.norm(x))))))


class ConvSkip(nn.Module):
    """Joins the decoder's map and the encoder's by two 3x3 convolutions."""

    def __init__(self, dim, dropout):
        super().__init__()
        self.conv_0 = nn.Conv2d(2 * dim, dim, 3, padding=1)
        self.conv_1 = nn.Conv2d(dim, dim, 3, padding=1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, skip):
        x = F.gelu(self.conv_0(nchw(torch.cat([x, skip], -1))))
        return nhwc(self.dropout(F.gelu(self.conv_1(x))))


class CSUNet(nn.Module):
    def __init__(self, classes=4, channels=3, **sizes):
        super().__init__()
        shape = Shape(**sizes)
        dims = [shape.dim << level for level in range(4)]
        self.channels = channels
        self.embed = ConvEmbedding(channels, shape.dim, shape.dropout)
        self.encoder = nn.ModuleList(shape.stage(ConvSwinBlock, level) for level in range(4))
        self.merging = nn.ModuleList(PatchMerging(d) for d in dims[:3])
        self.encoder_norm = nn.LayerNorm(dims[3])
        self.up = nn.ModuleList(ConvUp(d, shape.dropout) for d in reversed(dims[1:]))
        self.skip = nn.ModuleList(ConvSkip(d, shape.dropout) for d in reversed(dims[:3]))
        self.decoder = nn.ModuleList(shape.stage(ConvSwinBlock, level) for level in (2, 1, 0))
        self.decoder_norm = nn.LayerNorm(shape.dim)
        self.final = FinalExpanding(shape.dim, classes)
        initialise_weights(self, (nn.Linear, nn.Conv2d))

    def forward(self, image):
        x = self.embed(image.expand(-1, self.channels, -1, -1))
        inputs = []
        for stage, merging in zip(self.encoder, [*self.merging, None]):
            inputs.append(x)
            x = stage(x)
            x = merging(x) if merging else self.encoder_norm(x)
        for up, skip, stage, encoder_input in zip(self.up, self.skip, self.decoder, inputs[2::-1]):
            x = stage(skip(up(x), encoder_input))
        return self.final(self.decoder_norm(x))


# ---- initialisation, loss, counts ------------------------------------------------------------------------------------

def initialise_weights(network, kinds):
    """Truncated normal weights for `kinds`; zero bias for linear layers; convolutions keep their default bias."""
    for module in network.modules():
        if isinstance(module, kinds):
            nn.init.trunc_normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)


def dice_loss(logits, labels, smooth=1e-5):
    """Over all pixels of the batch at once, background included."""
    classes = logits.shape[1]
    p = nhwc(logits.softmax(1)).reshape(-1, classes)
    g = F.one_hot(labels.reshape(-1), classes).to(p)
    return (1 - (2 * (p * g).sum(0) + smooth) / ((p * p).sum(0) + g.sum(0) + smooth)).mean()


def supervised_loss(logits, labels, entropy_weight=0.5):
    return entropy_weight * F.cross_entropy(logits, labels) + (1 - entropy_weight) * dice_loss(logits, labels)


def nearest(labels, height, width):
    """Labels [N, H, W] of a smaller map: corners on corners, halves down and to the right."""
    rows, columns = ((2 * torch.arange(to) * (size - 1) + to - 1) // (2 * (to - 1))
                     for to, size in ((height, labels.shape[1]), (width, labels.shape[2])))
    return labels[:, rows][:, :, columns]


def loss_of(output, labels):
    """The supervised loss of logits; or of logits and side outputs, which have weights: the logits have the rest."""
    if torch.is_tensor(output):
        return supervised_loss(output, labels)
    logits, sides = output
    loss = (1 - sum(weight for weight, _ in sides)) * supervised_loss(logits, labels)
    for weight, side in sides:
        loss = loss + weight * supervised_loss(side, nearest(labels, *side.shape[2:]))
    return loss


def parameter_count(network):
    return sum(p.numel() for p in network.parameters())


EXPECTED_COUNTS = (
    (UNet, {"classes": 4}, 1_813_764),
    (UNet, {"classes": 9}, 1_814_489),
    (UNet, {"classes": 4, "transposed": True}, 1_944_324),
    (UNet, {"classes": 4, "width": 32}, 7_244_292),
    (UNet, {"classes": 4, "width": 32, "transposed": True}, 7_766_532),
    (SwinUNet, {"classes": 4}, 27_168_420),
    (SwinUNet, {"classes": 9}, 27_168_900),
    (CSUNet, {"classes": 9}, 24_690_576),
)


def main():
    for network, options, expected in EXPECTED_COUNTS:
        count = parameter_count(network(**options))
        print(f"{network.__name__} {options}: {count:,}", "" if count == expected else f"(expected {expected:,})")
    if any(parameter_count(network(**options)) != expected for network, options, expected in EXPECTED_COUNTS):
        raise SystemExit("parameter counts differ from the published ones")


if __name__ == "__main__":
    main()

"""The Vision Transformer with TransUNet's decoder in PyTorch, written from the papers' descriptions."""

import torch
import torch.nn.functional as F
from torch import nn

from attention import attend


class ViTBlock(nn.Module):
    """Attention over all tokens, then a perceptron; each behind a norm, around a residual."""

    def __init__(self, width, heads, mlp, dropout):
        super().__init__()
        self.heads = heads
        self.norm_0 = nn.LayerNorm(width, eps=1e-6)
        self.q = nn.Linear(width, width)
        self.k = nn.Linear(width, width)
        self.v = nn.Linear(width, width)
        self.project = nn.Linear(width, width)
        self.norm_1 = nn.LayerNorm(width, eps=1e-6)
        self.expand = nn.Linear(width, mlp)
        self.reduce = nn.Linear(mlp, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        y = self.norm_0(x)
        scale = (y.shape[-1] // self.heads) ** -0.5
        x = x + self.project(attend(self.q(y), self.k(y), self.v(y), self.heads, scale))
        y = self.dropout(F.gelu(self.expand(self.norm_1(x))))
        return x + self.dropout(self.reduce(y))


class ViT(nn.Module):
    """Of tokens [N, C, H, W], with a learned position, a map of the same shape."""

    def __init__(self, grid, width=768, heads=12, layers=12, mlp=3072, dropout=0.1):
        super().__init__()
        self.position = nn.Parameter(torch.zeros(grid * grid, width))
        self.dropout = nn.Dropout(dropout)
        self.block = nn.ModuleList(ViTBlock(width, heads, mlp, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)

    def forward(self, x):
        tokens = self.dropout(x.flatten(2).transpose(1, 2) + self.position)
        for block in self.block:
            tokens = block(tokens)
        return self.norm(tokens).transpose(1, 2).reshape(x.shape)


class Layer(nn.Module):
    """Convolution 3x3 without bias, batch norm, ReLU."""

    def __init__(self, channels_in, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class Step(nn.Module):
    def __init__(self, channels_in, skip, channels):
        super().__init__()
        self.layer = nn.ModuleList([Layer(channels_in + skip, channels), Layer(channels, channels)])

    def forward(self, x, skip):
        x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
        if skip is not None:
            x = torch.cat([x, skip], 1)
        return self.layer[1](self.layer[0](x))


class ViTNet(nn.Module):
    """Patches of 16x16 as tokens, no convolutional encoder and no skips."""

    def __init__(self, classes=9, side=224, width=768, heads=12, layers=12, mlp=3072, decoder=256, stochastic=True):
        super().__init__()
        self.embed = nn.Conv2d(3, width, 16, stride=16)
        self.make_rest(classes, side, width, heads, layers, mlp, decoder, (0, 0, 0, 0), stochastic)

    def make_rest(self, classes, side, width, heads, layers, mlp, decoder, skips, stochastic):
        widths = (decoder, decoder // 2, decoder // 4, decoder // 16)
        self.vit = ViT(side // 16, width, heads, layers, mlp, 0.1 if stochastic else 0.0)
        self.bottom = Layer(width, 2 * decoder)
        self.decoder = nn.ModuleList(map(Step, (2 * decoder, *widths), skips, widths))
        self.head = nn.Conv2d(widths[-1], classes, 3, padding=1)

    def encode(self, x):
        """Maps that the decoder's steps join, and tokens."""
        return (None,) * 4, self.embed(x)

    def forward(self, x):
        skips, x = self.encode(x.expand(-1, 3, -1, -1))
        x = self.bottom(self.vit(x))
        for step, skip in zip(self.decoder, skips):
            x = step(x, skip)
        return self.head(x)

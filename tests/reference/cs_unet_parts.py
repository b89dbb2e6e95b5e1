"""CS-Unet with parts of Swin-Unet in the place of its own, and the feed-forward modules that its thesis compares (Tables
3.3 and 3.4). What has weights is named as in septum, where the classes of networks.py don't come first."""

import torch
import torch.nn.functional as F
from torch import nn

from attention import attend, table_bias
from layouts import nchw, nhwc
from networks import ShiftedWindows, SwinUNet, depthwise


class ConvForward(nn.Module):
    """Blocks of convolutional networks, with layer norm."""

    def __init__(self, dim, kind):
        super().__init__()
        self.kind = kind
        if kind == "resnext":
            self.reduce, self.expand = nn.Conv2d(dim, dim // 2, 1), nn.Conv2d(dim // 2, dim, 1)
            self.grouped = depthwise(dim // 2, 3, bias=True)
            norms = (dim // 2, dim // 2, dim)
        else:
            norms = (dim,) if kind == "convolution" else (dim, dim)
            for i in range(len(norms)):
                setattr(self, f"conv_{i}", nn.Conv2d(dim, dim, 3, padding=1))
        for i, channels in enumerate(norms):
            setattr(self, f"norm_{i}", nn.LayerNorm(channels, eps=1e-6))

    def norm(self, i, y):
        return nchw(getattr(self, f"norm_{i}")(nhwc(y)))

    def forward(self, x):
        x = nchw(x)
        if self.kind == "convolution":
            x = x + F.gelu(self.norm(0, self.conv_0(x)))
        elif self.kind == "residual":
            x = F.relu(x + self.norm(1, self.conv_1(F.relu(self.norm(0, self.conv_0(x))))))
        elif self.kind == "pre-activation":
            x = x + self.conv_1(F.relu(self.norm(1, self.conv_0(F.relu(self.norm(0, x))))))
        else:
            y = self.grouped(F.relu(self.norm(0, self.reduce(x))))
            x = F.relu(x + self.norm(2, self.expand(F.relu(self.norm(1, y)))))
        return nhwc(x)


class ForwardAlone(nn.Module):
    """A feed-forward module between a 3x3 convolution and the loss: its channels are the classes."""

    def __init__(self, dim, kind):
        super().__init__()
        self.embed = nn.Conv2d(1, dim, 3, padding=1)
        self.block = ConvForward(dim, kind)

    def forward(self, image):
        return nchw(self.block(nhwc(self.embed(image))))


class MixedAttention(nn.Module):
    """Q, K and V by depthwise convolutions inside each window; a learned bias and a linear layer as in Swin-Unet."""

    def __init__(self, dim, heads, window):
        super().__init__()
        self.heads, self.scale, self.window = heads, (dim // heads) ** -0.5, window
        self.conv = nn.ModuleList(depthwise(dim, 3, bias=False) for _ in "qkv")
        self.norm = nn.ModuleList(nn.LayerNorm(dim) for _ in "qkv")
        self.project = nn.Linear(dim, dim)
        self.table = nn.Parameter(torch.empty((2 * window - 1) ** 2, heads))

    def forward(self, windows, mask):
        x = nchw(windows)
        q, k, v = (norm(nhwc(conv(x)).flatten(1, 2)) for conv, norm in zip(self.conv, self.norm))
        y = attend(q, k, v, self.heads, self.scale, table_bias(self.table, self.window), mask)
        return self.project(y.reshape(windows.shape))


class MixedBlock(nn.Module):
    def __init__(self, dim, grid, heads, window, shift, _):
        super().__init__()
        self.windows = ShiftedWindows(grid, window, shift)
        self.norm = nn.LayerNorm(dim)
        self.attention = MixedAttention(dim, heads, window)
        self.feed_forward = ConvForward(dim, "resnext")

    def forward(self, x):
        y = self.attention(self.windows.cut(self.norm(x)), self.windows.mask)
        return self.feed_forward(x + self.windows.join(y))


class MixedCSUNet(SwinUNet):
    """Swin-Unet but for the blocks."""

    block = MixedBlock

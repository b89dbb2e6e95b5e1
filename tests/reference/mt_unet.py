"""MT-UNet in PyTorch, written from the paper's description. Transformer blocks work on [N, H, W, C] maps.

`python mt_unet.py` prints and checks the parameter count.
"""

import torch
import torch.nn.functional as F
from torch import nn

from attention import attend
from layouts import nchw, nhwc, window_partition, window_reverse
from networks import parameter_count


class LocalAttention(nn.Module):
    """Inside windows of 4x4 tokens, zeros below and to the right of the map making them whole."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.project = nn.Linear(width, width)

    def forward(self, x):
        q, k, v = self.qkv(x).chunk(3, -1)
        return self.project(attend(q, k, v, self.heads, (x.shape[-1] // self.heads) ** -0.5))


class GlobalAttention(nn.Module):
    """Along the row and the column of each token; a score falls with the square of the distance."""

    def __init__(self, width):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.spread = nn.Parameter(torch.ones(1))

    def rows(self, q, k, v):
        at = torch.arange(q.shape[2]).to(q)
        scores = q @ k.transpose(-1, -2) - self.spread * (at[:, None] - at) ** 2
        return scores.softmax(-1) @ v

    def forward(self, x):
        parts = self.qkv(x).chunk(3, -1)
        return self.rows(*parts) + self.rows(*(part.transpose(1, 2) for part in parts)).transpose(1, 2)


class ExternalAttention(nn.Module):
    """Every head of the widened tokens reads a memory of its slots, shared by all images; doubly normalised."""

    def __init__(self, width, heads, slots):
        super().__init__()
        self.heads = 4 * heads
        self.query = nn.Linear(width, 4 * width)
        self.key = nn.Linear(width // heads, slots)
        self.value = nn.Linear(slots, width // heads)
        self.project = nn.Linear(4 * width, width)

    def forward(self, x):
        weight = self.key(self.query(x).flatten(1, 2).unflatten(-1, (self.heads, -1))).softmax(1)
        weight = weight / (1e-9 + weight.sum(-1, keepdim=True))
        return self.project(self.value(weight).flatten(2).unflatten(1, x.shape[1:3]))


class MixedBlock(nn.Module):
    def __init__(self, width, heads, slots):
        super().__init__()
        self.norm_0 = nn.LayerNorm(width, eps=1e-6)
        self.norm_1 = nn.LayerNorm(width, eps=1e-6)
        self.local = LocalAttention(width, heads)
        self.gather = nn.Linear(width, 16)
        setattr(self, "global", GlobalAttention(width))
        self.join = nn.Conv2d(2 * width, width, 1)
        self.external = ExternalAttention(width, heads, slots)

    def local_global(self, x):
        n, height, width, _ = x.shape
        x = F.pad(x, (0, 0, 0, -width % 4, 0, -height % 4))
        windows = self.local(window_partition(x, 4).flatten(1, 2))
        weight = self.gather(windows.mean(1)).softmax(-1)
        far = (windows * weight[..., None]).sum(1).reshape(n, x.shape[1] // 4, x.shape[2] // 4, -1)
        far = nchw(getattr(self, "global")(far))
        far = F.interpolate(far, scale_factor=4, mode="bilinear", align_corners=True)
        near = nchw(window_reverse(windows.unflatten(1, (4, 4)), x.shape[1], x.shape[2]))
        return nhwc(self.join(torch.cat([far, near], 1)))[:, :height, :width]

    def forward(self, x):
        x = x + self.local_global(self.norm_0(x))
        return x + self.external(self.norm_1(x))


class ConvNorm(nn.Module):
    def __init__(self, channels_in, channels, kernel, stride=1, bias=False):
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2 if stride == 1 else 0, bias=bias)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return self.norm(self.conv(x))


class ResidualConvs(nn.Module):
    def __init__(self, channels_in, channels):
        super().__init__()
        self.layer_0 = ConvNorm(channels_in, channels, 3)
        self.layer_1 = ConvNorm(channels, channels, 3)
        self.point = ConvNorm(channels, channels, 1, bias=True)

    def forward(self, x):
        x = self.layer_1(F.relu(self.layer_0(x)))
        return F.relu(x + self.point(x))


class MixedLevel(nn.Module):
    """Of Transformer blocks, behind what brings the map to this level."""

    def __init__(self, entry, width, blocks, heads, slots):
        super().__init__()
        self.entry = entry
        self.block = nn.ModuleList(MixedBlock(width, heads, slots) for _ in range(blocks))

    def forward(self, x):
        x = nhwc(self.entry(x))
        for block in self.block:
            x = block(x)
        return nchw(x)


class Embedding(nn.Module):
    def __init__(self, channels, grid):
        super().__init__()
        self.embed = ConvNorm(channels, channels, 1)
        self.position = nn.Parameter(torch.zeros(grid, grid, channels))

    def forward(self, x):
        return F.relu(self.embed(F.max_pool2d(x, 2))) + nchw(self.position[None])


class Down(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.down = ConvNorm(channels, 2 * channels, 2, stride=2)

    def forward(self, x):
        return F.relu(self.down(x))


class UpStep(nn.Module):
    def __init__(self, channels, convolved, joins, *mixed):
        super().__init__()
        self.convolved = convolved
        self.up = nn.ConvTranspose2d(2 * channels, channels, 2, stride=2)
        if convolved:
            self.convs = ResidualConvs(2 * channels, channels)
        else:
            join = nn.Conv2d(2 * channels, channels, 1) if joins else nn.Identity()
            self.level = MixedLevel(join, channels if joins else 2 * channels, *mixed)

    def forward(self, low, skip):
        if self.convolved:
            return self.convs(torch.cat([skip, self.up(low)], 1))
        return self.level(torch.cat([self.up(low), skip], 1))


class MTUNet(nn.Module):
    def __init__(self, classes=4, side=224, width=64, blocks=2, heads=8, slots=64):
        super().__init__()
        mixed = blocks, heads, slots
        self.encoder = nn.ModuleList([ResidualConvs(3, width), ResidualConvs(width, 2 * width),
                                      ResidualConvs(2 * width, 4 * width),
                                      MixedLevel(Embedding(4 * width, side // 8), 4 * width, *mixed),
                                      MixedLevel(Down(4 * width), 8 * width, *mixed),
                                      MixedLevel(Down(8 * width), 16 * width, *mixed)])
        self.decoder = nn.ModuleList([UpStep(8 * width, False, True, *mixed), UpStep(4 * width, False, False, *mixed),
                                      UpStep(4 * width, True, False), UpStep(2 * width, True, False),
                                      UpStep(width, True, False)])
        self.head = nn.Conv2d(width, classes, 1)

    def forward(self, x):
        x, maps = x.expand(-1, 3, -1, -1), []
        for level, step in enumerate(self.encoder):
            x = step(F.max_pool2d(x, 2) if level in (1, 2) else x)
            maps.append(x)
        for step, skip in zip(self.decoder, reversed(maps[:-1])):
            x = step(x, skip)
        return self.head(x)


if __name__ == "__main__":
    count = parameter_count(MTUNet())
    print(f"MTUNet: {count:,}")
    if count != 75_268_334:
        raise SystemExit("the parameter count differs from septum's")

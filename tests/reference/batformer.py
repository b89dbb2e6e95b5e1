"""BATFormer in PyTorch, written from the paper's description and, where it says too little, after what the authors'
program does; but the map at a sixteenth has its own keys and values, and windows are their own pixels. Transformer
blocks work on tokens [N, L, C] or maps [N, H, W, C]. In training mode it gives its logits and [(weight, side output)].

`python batformer.py` prints and checks the parameter counts.
"""

import torch
import torch.nn.functional as F
from torch import nn

from attention import attend
from layouts import nchw, nhwc
from networks import parameter_count
from windows import choose_windows, gather_windows, most_shared, scatter_windows


class TwoConvs(nn.Module):
    def __init__(self, channels_in, between, channels):
        super().__init__()
        self.layer = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU())
            for a, b in ((channels_in, between), (between, channels)))

    def forward(self, x):
        return self.layer[1](self.layer[0](x))


class Up(nn.Module):
    def __init__(self, low, skip, channels):
        super().__init__()
        self.convs = TwoConvs(low + skip, skip, channels)

    def forward(self, low, skip):
        low = F.interpolate(low, scale_factor=2, mode="bilinear", align_corners=True)
        return self.convs(torch.cat([skip, low], 1))


class Perceptron(nn.Module):
    def __init__(self, width, dropout):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 4 * width)
        self.reduce = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x):
        y = self.dropout(F.relu(self.expand(self.norm(x))))
        return x + self.dropout(self.reduce(y))


class CoarseMap(nn.Module):
    """Tokens of a coarser map, and what those of the finer one find in them."""

    fused = False

    def __init__(self, channels, width, heads, head_channels):
        super().__init__()
        self.heads = heads
        self.embed = nn.Linear(channels, width)
        self.norm = nn.LayerNorm(width)
        self.q, self.k, self.v = (nn.Linear(width, heads * head_channels, bias=False) for _ in range(3))

    def forward(self, asking, tokens):
        q, k, v = self.q(asking), self.k(tokens), self.v(tokens)
        return attend(q, k, v, self.heads, (q.shape[-1] // self.heads) ** -0.5, fused=self.fused)


class GlobalAttention(nn.Module):
    def __init__(self, tokens, base, heads, head_channels, dropout):
        super().__init__()
        width = 4 * base
        self.position = nn.Parameter(torch.randn(tokens, width))
        self.embed = nn.Linear(2 * base, width)
        self.norm = nn.LayerNorm(width)
        self.eighth = CoarseMap(16 * base, width, heads, head_channels)
        self.sixteenth = CoarseMap(8 * base, width, heads, head_channels)
        self.project = nn.Linear(2 * heads * head_channels, width)
        self.mlp = Perceptron(width, dropout)
        self.dropout = nn.Dropout(dropout)

    def tokens(self, embed, x):
        x = embed(x).flatten(1, 2)
        return self.dropout(x + self.position[:x.shape[1]])

    def forward(self, x, eighth, sixteenth):
        """2x2 pixels of the map at an eighth are one token."""
        eighth = F.pixel_unshuffle(nchw(eighth), 2)
        eighth = nhwc(eighth.unflatten(1, (-1, 4)).transpose(1, 2).flatten(1, 2))
        tokens = self.tokens(self.embed, x)
        asking = self.norm(tokens)
        found = [way(asking, way.norm(self.tokens(way.embed, seen)))
                 for way, seen in ((self.eighth, eighth), (self.sixteenth, sixteenth))]
        tokens = self.mlp(tokens + self.dropout(self.project(torch.cat(found, -1))))
        return tokens.unflatten(1, x.shape[1:3])


class LocalAttention(nn.Module):
    fused = False

    def __init__(self, tokens, base, heads, head_channels, window, dropout):
        super().__init__()
        width = 2 * base
        self.heads, self.window = heads, window
        self.position = nn.Parameter(torch.randn(tokens, width))
        self.embed = nn.Linear(base, width)
        self.norm = nn.LayerNorm(width)
        self.q, self.k, self.v = (nn.Linear(width, heads * head_channels, bias=False) for _ in range(3))
        self.project = nn.Linear(heads * head_channels, width)
        self.mlp = Perceptron(width, dropout)
        self.dropout = nn.Dropout(dropout)

    def attend(self, x, at):
        windows = gather_windows(x, at, self.window)
        tokens = windows.flatten(1, 2)
        q, k, v = self.q(tokens), self.k(tokens), self.v(tokens)
        found = attend(q, k, v, self.heads, (q.shape[-1] // self.heads) ** -0.5, fused=self.fused)
        found = self.dropout(self.project(found))
        sums = scatter_windows(found.reshape(windows.shape), at, *x.shape[1:3])
        count = scatter_windows(torch.ones_like(windows[..., :1]), at, *x.shape[1:3])
        return sums / count.clamp(min=1)

    def forward(self, x, at):
        tokens = self.embed(x).flatten(1, 2) + self.position
        x = self.norm(self.dropout(tokens)).unflatten(1, x.shape[1:3])
        return self.mlp(x + self.attend(x, at))


class Scale(nn.Module):
    def __init__(self, channels_in, channels, classes):
        super().__init__()
        self.widen = nn.Conv2d(channels_in, channels, 1, bias=False)
        self.side = nn.Conv2d(channels, classes, 1)

    def forward(self, x):
        x = self.widen(x)
        return x, self.side(x)


class BATFormer(nn.Module):
    def __init__(self, classes=4, side=224, base=16, global_heads=4, global_channels=128, local_heads=6,
                 local_channels=64, window=16, windows=50, share=0.7, overlap=0.2, dropout=0.1):
        super().__init__()
        wide = (base, 2 * base, 4 * base, 8 * base, 8 * base)
        up = (base, base, 2 * base, 4 * base, 8 * base)
        self.encoder = nn.ModuleList(TwoConvs(a, b, b) for a, b in zip((1, *wide), wide))
        self.decoder = nn.ModuleList(Up(up[i + 1], wide[i], up[i]) for i in (3, 2, 1, 0))
        setattr(self, "global", GlobalAttention((side // 4) ** 2, base, global_heads, global_channels, dropout))
        self.local = LocalAttention((side // 2) ** 2, base, local_heads, local_channels, window, dropout)
        self.scale = nn.ModuleList(Scale(channels, 4 * base, classes) for channels in (base, 2 * base, 4 * base))
        self.head = nn.Conv2d(12 * base, classes, 1)
        self.window, self.overlap = window, most_shared(window // 2, overlap)
        self.most = max(1, min(int(share * (side // 2 // window) ** 2), windows))

    def uncertain_windows(self, logits):
        p = logits.detach().softmax(1)
        doubt = -(p * (p + 1e-10).log()).sum(1)
        return choose_windows(doubt, self.window // 2, 2, self.most, self.overlap)

    def forward(self, x):
        maps = []
        for level, step in enumerate(self.encoder):
            x = step(F.max_pool2d(x, 2) if level > 0 else x)
            maps.append(x)
        levels = [x]
        for step, skip in zip(self.decoder, reversed(maps[:-1])):
            levels.insert(0, step(levels[0], skip))
        quarter, side_quarter = self.scale[2](nchw(getattr(self, "global")(*map(nhwc, levels[2:]))))
        at = self.uncertain_windows(side_quarter)
        half, side_half = self.scale[1](nchw(self.local(nhwc(levels[1]), at)))
        full, side_full = self.scale[0](levels[0])
        half, quarter = F.interpolate(half, scale_factor=2), F.interpolate(quarter, scale_factor=4)
        logits = self.head(torch.cat([full, half, quarter], 1))
        if not self.training:
            return logits
        return logits, [(0.2, side_full), (0.1, side_half), (0.1, side_quarter)]


if __name__ == "__main__":
    for side, expected in ((224, 2_072_288), (256, 2_256_608)):
        count = parameter_count(BATFormer(side=side))
        print(f"BATFormer at {side}: {count:,}")
        if count != expected:
            raise SystemExit("the parameter count differs from septum's")

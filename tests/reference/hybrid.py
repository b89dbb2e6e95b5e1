"""R50+ViT-B/16 and the networks on it (TransUNet, R50-ViT) in PyTorch, written from the papers' descriptions."""

import torch
import torch.nn.functional as F
from torch import nn

from networks import Gate, NormedConv, TwoConvs
from vit import ViTNet


class StandardisedConv(nn.Conv2d):
    """The weights of each output channel with mean 0 and variance 1."""

    def forward(self, x):
        mean = self.weight.mean((1, 2, 3), keepdim=True)
        variance = self.weight.var((1, 2, 3), unbiased=False, keepdim=True)
        return F.conv2d(x, (self.weight - mean) / (variance + 1e-5).sqrt(), None, self.stride, self.padding)


def conv_norm(channels_in, channels, kernel, stride, groups):
    return (StandardisedConv(channels_in, channels, kernel, stride, kernel // 2, bias=False),
            nn.GroupNorm(groups, channels, eps=1e-6))


class Bottleneck(nn.Module):
    def __init__(self, channels_in, channels, stride, groups, projects):
        super().__init__()
        self.conv_0, self.norm_0 = conv_norm(channels_in, channels, 1, 1, groups)
        self.conv_1, self.norm_1 = conv_norm(channels, channels, 3, stride, groups)
        self.conv_2, self.norm_2 = conv_norm(channels, 4 * channels, 1, 1, groups)
        self.projects = projects
        if projects:
            self.project, self.project_norm = conv_norm(channels_in, 4 * channels, 1, stride, groups)

    def forward(self, x):
        y = F.relu(self.norm_0(self.conv_0(x)))
        y = F.relu(self.norm_1(self.conv_1(y)))
        y = self.norm_2(self.conv_2(y))
        return F.relu((self.project_norm(self.project(x)) if self.projects else x) + y)


class HybridResNet(nn.Module):
    """Maps at 1/2, 1/4, 1/8 and 1/16 of the image."""

    def __init__(self, width=64, blocks=(3, 4, 9), groups=32):
        super().__init__()
        self.root, self.root_norm = conv_norm(3, width, 7, 2, groups)
        self.stage = nn.ModuleList()
        channels_in = width
        for s, count in enumerate(blocks):
            channels = width << s
            self.stage.append(nn.ModuleList(
                Bottleneck(channels_in if i == 0 else 4 * channels, channels, 2 if i == 0 and s > 0 else 1, groups,
                           i == 0) for i in range(count)))
            channels_in = 4 * channels

    def forward(self, x):
        maps = [F.relu(self.root_norm(self.root(x)))]
        x = F.pad(F.max_pool2d(maps[0], 3, 2), (0, 1, 0, 1))
        for stage in self.stage:
            for block in stage:
                x = block(x)
            maps.append(x)
        return maps


class HybridStep(nn.Module):
    """Twice the map; where there is a map of the encoder two convolutions more, of it alone, of it joined to the encoder's,
    or of the encoder's, gated."""

    def __init__(self, channels_in, channels, skip, how):
        super().__init__()
        self.up = NormedConv(channels_in, channels, 3)
        self.how = how
        if skip > 0 and how == "gated":
            self.gate = Gate(channels)
        self.block = TwoConvs(channels + (skip if how == "concat" else 0), channels) if skip > 0 else None

    def forward(self, low, skip):
        x = F.relu(self.up(F.interpolate(low, scale_factor=2, mode="nearest")))
        if self.block is None:
            return x
        if self.how == "gated":
            x = self.gate(x, skip)
        elif self.how == "concat":
            x = torch.cat([skip, x], 1)
        return self.block(x)


class R50UNet(nn.Module):
    """`how`: none, concat or gated."""

    def __init__(self, classes=9, width=64, blocks=(3, 4, 9), groups=32, how="concat"):
        super().__init__()
        self.resnet = HybridResNet(width, blocks, groups)
        channels = [16 * width, 8 * width, 4 * width, width, width // 2]
        skips = [8 * width, 4 * width, width, 0]
        self.decoder = nn.ModuleList(HybridStep(channels[i], channels[i + 1], skips[i], how) for i in range(4))
        self.head = nn.Conv2d(width // 2, classes, 1)

    def forward(self, x):
        *maps, x = self.resnet(x.expand(-1, 3, -1, -1))
        for step, skip in zip(self.decoder, [*reversed(maps), None]):
            x = step(x, skip)
        return self.head(x)


class TransUNet(ViTNet):
    def __init__(self, classes=9, side=224, width=64, blocks=(3, 4, 9), groups=32, hidden=768, heads=12, layers=12,
                 mlp=3072, decoder=256, skips=True, stochastic=True):
        nn.Module.__init__(self)
        self.resnet = HybridResNet(width, blocks, groups)
        self.embed = nn.Conv2d(16 * width, hidden, 1)
        self.joins = skips
        self.make_rest(classes, side, hidden, heads, layers, mlp, decoder,
                       (8 * width, 4 * width, width, 0) if skips else (0, 0, 0, 0), stochastic)

    def encode(self, x):
        maps = self.resnet(x)
        return ((*maps[2::-1], None) if self.joins else (None,) * 4), self.embed(maps[3])

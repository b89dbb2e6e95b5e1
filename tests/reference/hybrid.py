"""R50+ViT-B/16 and the networks on it (TransUNet, R50-ViT) in PyTorch, written from the papers' descriptions."""

import torch.nn.functional as F
from torch import nn

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

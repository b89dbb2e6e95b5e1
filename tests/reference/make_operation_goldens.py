"""Makes tests/golden/operations.safetensors: inputs, outputs and gradients of every operation that PyTorch has too.

    python tests/reference/make_operation_goldens.py [OUTPUT]

Tensors are in septum's layouts; the attributes of each case (stride, window, heads, ...) are repeated by the table in
tests/golden/test_operations.c. Shapes are small, odd, and off the vector widths; sums over pixels are longer than one
block of septum's tree.
"""

import sys
from fractions import Fraction
from math import floor
from pathlib import Path

import torch
import torch.nn.functional as F

import attention
from golden_file import Goldens, integers, normal
from layouts import (conv_weight, depth_to_space, depthwise_weight, nchw, nhwc, transposed_weight, window_partition,
                     window_reverse)
from windows import choose_windows, gather_windows, scatter_windows

LEAKY_SLOPE = 0.01
EPSILON = 1e-5


# ---- convolutions and linear -----------------------------------------------------------------------------------------

def convolutions(goldens):
    def convolution(stride, padding):
        def function(x, w, b=None):
            return nhwc(F.conv2d(nchw(x), conv_weight(w), b, stride=stride, padding=padding))
        return function

    def case(name, x, out, kernel, stride=1, padding=0, bias=True):
        inputs = {"x": normal(f"{name}.x", x), "w": normal(f"{name}.w", (kernel, kernel, x[3], out), 0.3)}
        if bias:
            inputs["b"] = normal(f"{name}.b", (out,))
        goldens.gradients(name, convolution(stride, padding), **inputs)

    case("conv1x1", (2, 5, 7, 19), 11, kernel=1)
    case("conv1x1_no_bias", (1, 6, 6, 24), 9, kernel=1, bias=False)
    case("conv3x3", (2, 13, 11, 5), 17, kernel=3, padding=1)
    case("conv3x3_one_channel", (1, 19, 18, 1), 16, kernel=3, padding=1)
    case("conv3x3_wide", (1, 6, 6, 33), 20, kernel=3, padding=1)
    case("conv3x3_stride2", (2, 10, 12, 6), 18, kernel=3, stride=2, padding=1)
    case("conv3x3_stride2_odd", (1, 9, 7, 4), 3, kernel=3, stride=2, padding=1)
    case("conv3x3_no_padding", (1, 8, 9, 3), 7, kernel=3)
    case("conv4x4_stride4", (2, 12, 16, 3), 21, kernel=4, stride=4)
    case("conv7x7", (1, 10, 9, 3), 8, kernel=7, padding=3)


def transposed_convolutions(goldens):
    def function(x, w, b=None):
        return nhwc(F.conv_transpose2d(nchw(x), transposed_weight(w), b, stride=w.shape[0]))

    def case(name, x, out, kernel, bias=True):
        inputs = {"x": normal(f"{name}.x", x), "w": normal(f"{name}.w", (kernel, kernel, x[3], out), 0.3)}
        if bias:
            inputs["b"] = normal(f"{name}.b", (out,))
        goldens.gradients(name, function, **inputs)

    case("conv_transpose2x2", (2, 5, 7, 12), 17, kernel=2)
    case("conv_transpose2x2_no_bias", (1, 17, 16, 6), 3, kernel=2, bias=False)


def depthwise_convolutions(goldens):
    def function(x, w, b=None):
        """Output channel j reads input channel j % C, and the copies of all channels lie side by side."""
        copies = w.shape[2] // x.shape[3]
        x = nchw(x.repeat(1, 1, 1, copies))
        return nhwc(F.conv2d(x, depthwise_weight(w), b, padding=w.shape[0] // 2, groups=w.shape[2]))

    def case(name, x, copies, kernel, bias):
        out = x[3] * copies
        inputs = {"x": normal(f"{name}.x", x), "w": normal(f"{name}.w", (kernel, kernel, out), 0.3)}
        if bias:
            inputs["b"] = normal(f"{name}.b", (out,))
        goldens.gradients(name, function, **inputs)

    case("depthwise3x3", (2, 9, 8, 19), copies=1, kernel=3, bias=False)
    case("depthwise3x3_qkv", (4, 7, 7, 12), copies=3, kernel=3, bias=False)
    case("depthwise7x7", (1, 14, 13, 18), copies=1, kernel=7, bias=True)
    case("depthwise7x7_small_map", (2, 4, 5, 6), copies=1, kernel=7, bias=True)


def linears(goldens):
    def function(x, w, b=None):
        return F.linear(x, w.T, b)

    def case(name, x, out, bias=True):
        inputs = {"x": normal(f"{name}.x", x), "w": normal(f"{name}.w", (x[-1], out), 0.3)}
        if bias:
            inputs["b"] = normal(f"{name}.b", (out,))
        goldens.gradients(name, function, **inputs)

    case("linear", (5, 7, 23), 18)
    case("linear_no_bias", (37, 16), 5, bias=False)
    case("linear_deep", (9, 600), 13)
    case("linear_many_rows", (530, 6), 7)


# ---- normalisation ---------------------------------------------------------------------------------------------------

ACTIVATIONS = {
    "linear": lambda u: u,
    "relu": F.relu,
    "leaky_relu": lambda u: F.leaky_relu(u, LEAKY_SLOPE),
    "gelu": F.gelu,
}


def batch_norms(goldens):
    def case(name, shape, activation):
        channels = shape[-1]
        x = normal(f"{name}.x", shape, scale=2.0, offset=1.5)
        gamma = normal(f"{name}.gamma", (channels,), 0.5, 1.0)
        beta = normal(f"{name}.beta", (channels,), 0.5)
        rows = x.reshape(-1, channels)
        stats = torch.stack([rows.mean(0), rows.var(0, unbiased=False)])

        running = torch.stack([normal(f"{name}.running_mean", (channels,)),
                               normal(f"{name}.running_var", (channels,)).abs() + 0.5]).float().double()
        updated = running.clone()
        F.batch_norm(rows, updated[0], updated[1], training=True, momentum=0.1)

        def train(x, gamma, beta):
            u = F.batch_norm(x.reshape(-1, channels), None, None, gamma, beta, training=True, eps=EPSILON)
            return ACTIVATIONS[activation](u).reshape(x.shape)

        def evaluate(x, gamma, beta):
            u = F.batch_norm(x.reshape(-1, channels), running[0], running[1], gamma, beta, eps=EPSILON)
            return ACTIVATIONS[activation](u).reshape(x.shape)

        _, gradient = goldens.gradients(name, train, x=x, gamma=gamma, beta=beta)
        goldens.put(name, stats=stats, running=running, running_after=updated,
                    reduce=torch.stack([gradient["beta"], gradient["gamma"]]))
        _, frozen = goldens.gradients(f"{name}_eval", evaluate, x=x, gamma=gamma, beta=beta)
        goldens.put(f"{name}_eval", stats=running, reduce=torch.stack([frozen["beta"], frozen["gamma"]]))

    case("batch_norm", (2, 15, 13, 9), "linear")
    case("batch_norm_relu", (3, 9, 11, 3), "relu")
    case("batch_norm_leaky_relu", (2, 12, 12, 17), "leaky_relu")
    case("batch_norm_gelu", (1, 17, 18, 4), "gelu")


def group_norms(goldens):
    """With ReLU behind it; statistics and sums are [N, 2, C], each channel having its group's statistics."""
    def case(name, shape, groups):
        channels = shape[-1]
        x = normal(f"{name}.x", shape, scale=2.0, offset=0.7)
        gamma = normal(f"{name}.gamma", (channels,), 0.5, 1.0)
        beta = normal(f"{name}.beta", (channels,), 0.5)

        def function(x, gamma, beta):
            return nhwc(F.relu(F.group_norm(nchw(x), groups, gamma, beta, eps=EPSILON)))

        goldens.gradients(name, function, x=x, gamma=gamma, beta=beta)
        grouped = x.reshape(shape[0], -1, groups, channels // groups)
        stats = torch.stack([grouped.mean((1, 3)), grouped.var((1, 3), unbiased=False)], 1)
        stats = stats.repeat_interleave(channels // groups, 2)
        rows = x.reshape(shape[0], -1, channels)
        xhat = (rows - stats[:, :1]) / (stats[:, 1:] + EPSILON).sqrt()
        du = goldens.tensors[f"{name}.dy"].double().reshape(rows.shape) * (xhat * gamma + beta > 0)
        goldens.put(name, stats=stats, reduce=torch.stack([du.sum(1), (du * xhat).sum(1)], 1))

    case("group_norm", (2, 17, 16, 12), 4)
    case("group_norm_instance", (3, 5, 7, 9), 9)


def layer_norms(goldens):
    def function(x, gamma, beta):
        """x [rows, groups, C]; each group has its own affine."""
        return F.layer_norm(x, (x.shape[-1],), eps=EPSILON) * gamma + beta

    def case(name, rows, groups, channels):
        _, gradient = goldens.gradients(
            name, function, x=normal(f"{name}.x", (rows, groups, channels), 2.0, 0.7),
            gamma=normal(f"{name}.gamma", (groups, channels), 0.5, 1.0),
            beta=normal(f"{name}.beta", (groups, channels), 0.5))
        goldens.put(name, dparam=torch.stack([gradient["gamma"], gradient["beta"]]))

    case("layer_norm", 61, 1, 24)
    case("layer_norm_narrow", 530, 1, 3)
    case("layer_norm_wide", 5, 1, 197)
    case("layer_norm_qkv", 49, 3, 20)


# ---- elementwise, pooling, upsampling, moves -------------------------------------------------------------------------

def elementwise(goldens):
    for name in ("relu", "leaky_relu", "gelu"):
        goldens.gradients(name, ACTIVATIONS[name], x=normal(f"{name}.x", (7, 5, 13), 2.0))
    tails = torch.linspace(-14.0, 14.0, 141, dtype=torch.float64).float().double()
    goldens.gradients("gelu_tails", F.gelu, x=tails)

    shape = (5, 7, 11)
    a, b = normal("elementwise.a", shape), normal("elementwise.b", shape)
    row, one = normal("elementwise.row", shape[-1:]), normal("elementwise.one", (1,))
    goldens.put("elementwise", a=a, b=b, row=row, one=one, a_plus_b=a + b, a_plus_row=a + row, a_plus_one=a + one,
                a_times_b=a * b, a_times_row=a * row, a_times_one=a * one, a_scaled=a * 0.375)

    goldens.gradients("layer_scale", lambda x, scale: x * scale, x=normal("layer_scale.x", (290, 9)),
                      scale=normal("layer_scale.scale", (9,)))


def resizing(goldens):
    def max_pool(x):
        return nhwc(F.max_pool2d(nchw(x), 2))

    def bilinear(x):
        return nhwc(F.interpolate(nchw(x), scale_factor=2, mode="bilinear", align_corners=True))

    def nearest(x):
        return nhwc(F.interpolate(nchw(x), scale_factor=2, mode="nearest"))

    goldens.gradients("max_pool", max_pool, x=normal("max_pool.x", (2, 6, 10, 17)))
    ties = integers("max_pool_ties.x", (1, 8, 8, 5), 3).double()
    goldens.gradients("max_pool_ties", max_pool, x=ties)
    for kernel, stride, padding in ((3, 2, 0), (3, 2, 1), (2, 3, 0)):
        name = f"max_pool_{kernel}_{stride}_{padding}"
        goldens.gradients(name, lambda x: nhwc(F.max_pool2d(nchw(x), kernel, stride, padding)),
                          x=normal(f"{name}.x", (2, 8, 11, 5)))
    goldens.gradients("upsample_bilinear", bilinear, x=normal("upsample_bilinear.x", (2, 5, 7, 9)))
    goldens.gradients("upsample_bilinear_one", bilinear, x=normal("upsample_bilinear_one.x", (1, 1, 3, 4)))
    goldens.gradients("upsample_nearest", nearest, x=normal("upsample_nearest.x", (2, 3, 5, 6)))


def warps(goldens):
    def warp(x, move):
        """Places in pixels, as grid_sample takes them: columns first, from -1 to 1."""
        height, width = x.shape[1:3]
        row = torch.arange(height)[:, None] + move[..., 0]
        column = torch.arange(width) + move[..., 1]
        grid = torch.stack([2 * column / (width - 1) - 1, 2 * row / (height - 1) - 1], -1)
        return nhwc(F.grid_sample(nchw(x), grid, mode="bilinear", padding_mode="border", align_corners=True))

    for name, shape, reach in (("warp_near", (2, 9, 11, 4), 0.7), ("warp_far", (2, 7, 6, 3), 5.0)):
        move = normal(f"{name}.move", (*shape[:3], 2), reach)
        move = (move * 4096).round() / 4096  # their sums with a pixel's place are exact
        goldens.gradients(name, warp, x=normal(f"{name}.x", shape), move=move)


def moves(goldens):
    goldens.gradients("concat", lambda a, b: torch.cat([a, b], -1), a=normal("concat.a", (2, 3, 4, 5)),
                      b=normal("concat.b", (2, 3, 4, 7)))
    goldens.gradients("slice", lambda x: x[..., 4:10], x=normal("slice.x", (6, 5, 13)))
    goldens.gradients("view", lambda x: x.reshape(-1)[12:42], x=normal("view.x", (9, 6)))

    def partition(shift):
        return lambda x: window_partition(torch.roll(x, (-shift, -shift), (1, 2)), 4)

    def reverse(shift):
        return lambda x: torch.roll(window_reverse(x, 8, 12), (shift, shift), (1, 2))

    for shift in (0, 2):
        goldens.gradients(f"window_partition_{shift}", partition(shift),
                          x=normal(f"window_partition_{shift}.x", (2, 8, 12, 5)))
        goldens.gradients(f"window_reverse_{shift}", reverse(shift),
                          x=normal(f"window_reverse_{shift}.x", (12, 4, 4, 5)))

    def merge(x):
        """Patch merging: the pixels of a 2x2 block in the order (row, column) = (0,0) (1,0) (0,1) (1,1)."""
        return torch.cat([x[:, 0::2, 0::2], x[:, 1::2, 0::2], x[:, 0::2, 1::2], x[:, 1::2, 1::2]], -1)

    goldens.gradients("patch_merging", merge, x=normal("patch_merging.x", (2, 6, 4, 5)))
    for block in (2, 4):
        goldens.gradients(f"depth_to_space_{block}", lambda x: depth_to_space(x, block),
                          x=normal(f"depth_to_space_{block}.x", (2, 3, 2, block * block * 3)))


# ---- functions of one number and of two, sums and largest elements of rows, batches and turns ------------------------

def functions_of_one(goldens):
    shape = (7, 5, 13)
    for name, function in (("exp", torch.exp), ("square", torch.square), ("abs", torch.abs),
                           ("sigmoid", torch.sigmoid)):
        goldens.gradients(name, function, x=normal(f"{name}.x", shape, 2.0))
    for name, function in (("ln", torch.log), ("sqrt", torch.sqrt), ("power", lambda x: x ** 2.5)):
        x = (normal(f"{name}.x", shape).abs() + 0.125).float().double()
        goldens.gradients(name, function, x=x)


def functions_of_two(goldens):
    """b in every form that it may have."""
    shape = (3, 4, 5, 6)
    forms = {"whole": shape, "one": (1,), "row": shape[-1:], "map": shape[1:], "pixel": (*shape[:-1], 1),
             "sample": (shape[0], 1, 1, 1)}
    functions = {"plus": torch.add, "minus": torch.sub, "times": torch.mul, "over": torch.div,
                 "minimum": torch.minimum, "maximum": torch.maximum,
                 "less": lambda a, b: (a < b).double()}
    a = normal("functions_of_two.a", shape)
    goldens.put("functions_of_two", a=a)
    for form, b_shape in forms.items():
        b = normal(f"functions_of_two.{form}", b_shape)
        b = (b + 0.25 * b.sign()).float().double()
        goldens.put("functions_of_two", **{form: b},
                    **{f"{name}_{form}": function(a, b) for name, function in functions.items()})


def rows(goldens):
    def sums(x):
        return x.sum(-1, keepdim=True)

    def largest(x):
        return x.max(-1, keepdim=True).values

    for channels in (4, 37):
        shape = (11, 7, channels)
        goldens.gradients(f"channel_sum_{channels}", sums, x=normal(f"channel_sum_{channels}.x", shape))
        goldens.gradients(f"channel_max_{channels}", largest, x=normal(f"channel_max_{channels}.x", shape))


def batches_and_turns(goldens):
    goldens.gradients("concat_batch", lambda a, b: torch.cat([a, b]), a=normal("concat_batch.a", (2, 3, 4, 5)),
                      b=normal("concat_batch.b", (1, 3, 4, 5)))
    for quarters in range(4):
        name = f"turn_{quarters}"
        goldens.gradients(name, lambda x: torch.rot90(x, quarters, (1, 2)), x=normal(f"{name}.x", (2, 5, 5, 3)))
        goldens.put(name, quarters=torch.tensor([float(quarters)]))


def quantiles(goldens):
    """By double's position: at both ends, at an element, and between two."""
    x = normal("quantile.x", (3, 7, 11, 1))
    goldens.put("quantile", x=x)
    for number, share in enumerate((0.0, 0.25, 0.5, 0.8, 0.999, 1.0)):
        share = torch.tensor([share]).double()
        goldens.put("quantile", **{f"share_{number}": share, f"y_{number}": torch.quantile(x.flatten(), share)})


# ---- rows of maps ----------------------------------------------------------------------------------------------------

def drawn(name, shape, rows):
    """Indices of rows, -1 for none at every fifth."""
    index = integers(name, shape, rows)
    index.reshape(-1)[4::5] = -1
    return index


def gathered(x, index):
    """Rows of each group of x [G, S, C], zeros where the index is -1."""
    padded = torch.cat([torch.zeros_like(x[:, :1]), x], 1)
    return torch.gather(padded, 1, (index.long() + 1)[..., None].expand(-1, -1, x.shape[-1]))


def gathers_and_scatters(goldens):
    def pixels(x, index):
        flat = gathered(x.reshape(1, -1, x.shape[-1]), index.reshape(1, -1))
        return flat.reshape(*index.shape, x.shape[-1])

    index = drawn("gather.index", (3, 23), 2 * 5 * 6)
    goldens.gradients("gather", pixels, {"index": index}, x=normal("gather.x", (2, 5, 6, 7)))
    labels = integers("gather.labels", (2, 5, 6), 9)
    goldens.put("gather", labels=labels, taken=torch.where(index < 0, -1, labels.reshape(-1)[index]))
    goldens.gradients("gather_groups", gathered, {"index": drawn("gather_groups.index", (3, 40), 11)},
                      x=normal("gather_groups.x", (3, 11, 17)))

    def scattered(rows):
        def function(x, index):
            """Sums by index; what has -1 goes to a row that is left out."""
            sums = torch.zeros(x.shape[0], rows + 1, x.shape[2], dtype=x.dtype)
            return sums.scatter_add(1, (index.long() % (rows + 1))[..., None].expand_as(x), x)[:, :rows]
        return function

    for rows in (4, 90):
        name = f"scatter_{rows}"
        goldens.gradients(name, scattered(rows), {"index": drawn(f"{name}.index", (3, 120), rows)},
                          x=normal(f"{name}.x", (3, 120, 9)))


def windows(goldens):
    """Scores at random, and of zeros and ones, so that many sums are equal; maps with room for few windows."""
    scores = torch.stack([normal("windows.score", (7, 11)).abs(), integers("windows.equal", (7, 11), 2).double()])
    at = choose_windows(scores, 5, 2, 6, 4)
    goldens.put("choose_windows", x=scores[..., None], y=choose_windows(scores, 3, 2, 8, 3), few=at)
    at = choose_windows(scores, 3, 2, 9, 4)
    at[:, 4] = -1
    goldens.gradients("gather_windows", lambda x, at: gather_windows(x, at, 6), {"at": at},
                      x=normal("gather_windows.x", (2, 14, 22, 5)))
    goldens.gradients("scatter_windows", lambda x, at: scatter_windows(x, at, 14, 22), {"at": at},
                      x=normal("scatter_windows.x", (18, 6, 6, 5)))


def ranks_and_sizes(goldens):
    ties = integers("rank_ties.x", (31, 16), 5).double()
    for name, x in (("rank", normal("rank.x", (5, 7, 19))), ("rank_ties", ties)):
        places = x.sort(stable=True, dim=-1, descending=True).indices
        goldens.put(name, x=x, y=places.argsort(-1).double())

    def nearest(size, wanted):
        """The sources of `wanted` pixels among `size`: corners on corners, halves up."""
        return torch.tensor([floor(Fraction(o * (size - 1), max(wanted - 1, 1)) + Fraction(1, 2))
                             for o in range(wanted)])

    for name, height, width in (("resize_smaller", 5, 6), ("resize_larger", 23, 31), ("resize_to_one", 1, 4)):
        x, labels = normal(f"{name}.x", (2, 9, 11, 3)), integers(f"{name}.labels", (2, 9, 11), 7)
        rows, columns = nearest(9, height), nearest(11, width)
        goldens.put(name, x=x, y=x[:, rows][:, :, columns], labels=labels, resized=labels[:, rows][:, :, columns])


# ---- attention and softmax -------------------------------------------------------------------------------------------

def flood(labels, first):
    """The pixels of `first`'s label that touch it, corners included, directly or through others."""
    reached, waiting = {first}, [first]
    while waiting:
        row, column = waiting.pop()
        for pixel in ((row + dy, column + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)):
            inside = 0 <= pixel[0] < labels.shape[0] and 0 <= pixel[1] < labels.shape[1]
            if inside and pixel not in reached and labels[pixel] == labels[first]:
                reached.add(pixel)
                waiting.append(pixel)
    return reached


def largest_component(labels, label):
    """Of one map; of equally large components the first."""
    components, seen = [], set()
    for pixel in map(tuple, (labels == label).nonzero().tolist()):
        if pixel not in seen:
            components.append(flood(labels, pixel))
            seen |= components[-1]
    return max(components, key=len, default=set())


def components(goldens):
    """Four classes, labels beyond them and none; the first class in large pieces."""
    labels = integers("largest_component.labels", (3, 23, 29), 6) - 1
    labels[integers("largest_component.large", labels.shape, 3) > 1] = 1
    kept = labels.clone()
    for sample, own in zip(labels, kept):
        for label in range(1, 4):
            others = set(map(tuple, (sample == label).nonzero().tolist())) - largest_component(sample, label)
            for pixel in others:
                own[pixel] = 0
    goldens.put("largest_component", labels=labels, kept=kept)


def window_attentions(goldens):
    def case(name, grid, window, shift, heads, head_dim, table):
        channels, length = heads * head_dim, window * window
        scale = head_dim ** -0.5
        mask = attention.shift_mask(*grid, window, shift) if shift > 0 else None
        windows = grid[0] // window * (grid[1] // window)
        inputs = {"qkv": normal(f"{name}.qkv", (2 * windows, length, 3 * channels), 1.5)}
        if table:
            inputs["table"] = normal(f"{name}.table", ((2 * window - 1) ** 2, heads))

        def function(qkv, table=None):
            bias = attention.table_bias(table, window) if table is not None else None
            return attention.attend(*qkv.split(channels, -1), heads, scale, bias, mask)

        _, gradient = goldens.gradients(name, function, **inputs)
        goldens.put(name, dflat=torch.cat([g.reshape(-1) for g in gradient.values()]))

    case("attention_plain", (4, 8), window=4, shift=0, heads=2, head_dim=5, table=False)
    case("attention_table", (4, 8), window=4, shift=0, heads=3, head_dim=8, table=True)
    case("attention_mask", (8, 12), window=4, shift=2, heads=2, head_dim=4, table=False)
    case("attention_table_mask", (8, 12), window=4, shift=2, heads=2, head_dim=4, table=True)
    case("attention_swin", (14, 14), window=7, shift=3, heads=2, head_dim=4, table=True)


def token_attentions(goldens):
    """Queries of one map, keys and values of another."""
    def case(name, queries, keys, heads, head_dim):
        channels = heads * head_dim
        inputs = {"q": normal(f"{name}.q", (2, queries, channels), 1.5),
                  "k": normal(f"{name}.k", (2, keys, channels), 1.5), "v": normal(f"{name}.v", (2, keys, channels))}
        _, gradient = goldens.gradients(
            name, lambda q, k, v: attention.attend(q, k, v, heads, head_dim ** -0.5), **inputs)
        goldens.put(name, dflat=torch.cat([g.reshape(-1) for g in gradient.values()]))

    case("token_attention_own", queries=20, keys=20, heads=2, head_dim=5)
    case("token_attention_other", queries=50, keys=9, heads=3, head_dim=4)


def softmaxes(goldens):
    for shape in ((37, 4), (5, 49), (3, 2, 9), (7, 1)):
        name = f"softmax_{shape[-1]}"
        x = normal(f"{name}.x", shape, 4.0)
        goldens.gradients(name, lambda x: x.softmax(-1), x=x)
        goldens.gradients(f"log_{name}", lambda x: x.log_softmax(-1), x=x)
        goldens.put(name, argmax=x.argmax(-1))
    goldens.gradients("softmax_far", lambda x: x.softmax(-1), x=normal("softmax_far.x", (6, 21), 60.0, 300.0))


# ---- losses ----------------------------------------------------------------------------------------------------------

def dice_sums(p, labels):
    """[3, C] over all pixels that have a label: sum p g, sum p p, sum g."""
    classes = p.shape[-1]
    kept = labels.reshape(-1) >= 0
    p, g = p.reshape(-1, classes)[kept], F.one_hot(labels.reshape(-1)[kept].long(), classes).double()
    return torch.stack([(p * g).sum(0), (p * p).sum(0), g.sum(0)])


def dice_loss(sums, smooth=1e-5):
    return (1 - (2 * sums[0] + smooth) / (sums[1] + sums[2] + smooth)).mean()


def losses(goldens):
    def cross_entropy(x, labels):
        return F.cross_entropy(x.reshape(-1, x.shape[-1]), labels.reshape(-1).long(), ignore_index=-1)

    upstream = torch.tensor(0.625, dtype=torch.float64)
    for classes in (4, 9):
        shape = (2, 13, 11)
        labels = integers(f"losses_{classes}.labels", shape, classes)
        logits = normal(f"losses_{classes}.logits", (*shape, classes), 2.0)
        p = logits.softmax(-1).float().double()
        goldens.gradients(f"cross_entropy_{classes}", cross_entropy, {"labels": labels}, upstream, x=logits)
        goldens.gradients(f"dice_{classes}", lambda p, labels: dice_loss(dice_sums(p, labels)), {"labels": labels},
                          upstream, p=p)
        goldens.put(f"dice_{classes}", sums=dice_sums(p, labels))

    scribbled = torch.where(integers("scribbled.drawn", (2, 13, 11), 5) == 0, integers("scribbled.labels", (2, 13, 11), 4), -1)
    logits = normal("scribbled.logits", (2, 13, 11, 4), 2.0)
    p = logits.softmax(-1).float().double()
    goldens.gradients("cross_entropy_scribbled", cross_entropy, {"labels": scribbled}, upstream, x=logits)
    goldens.gradients("dice_scribbled", lambda p, labels: dice_loss(dice_sums(p, labels)), {"labels": scribbled},
                      upstream, p=p)
    goldens.put("dice_scribbled", sums=dice_sums(p, scribbled))

    absent = torch.zeros(1, 9, 9, dtype=torch.long)
    p = normal("dice_absent.p", (1, 9, 9, 3)).softmax(-1).float().double()
    goldens.gradients("dice_absent", lambda p, labels: dice_loss(dice_sums(p, labels)), {"labels": absent}, upstream,
                      p=p)
    goldens.put("dice_absent", sums=dice_sums(p, absent))

    goldens.gradients("mse", F.mse_loss, upstream=upstream, a=normal("mse.a", (30, 11, 4)),
                      b=normal("mse.b", (30, 11, 4)))


# ---- optimisers ------------------------------------------------------------------------------------------------------

STEPS, PARAMETERS = 5, 211


def optimisers(goldens):
    """Several steps of each; `p_after` [STEPS, n] is the parameter after each step, `hyper` [STEPS, 4] what septum's
    update reads, `gradients` [STEPS, n], and where a norm limits these, `clip` [STEPS, 1] what septum multiplies by."""
    rates = torch.tensor([0.1, 0.08, 0.05, 0.05, 0.01], dtype=torch.float64).float().double()
    gradients = torch.stack([normal(f"optimiser.g{t}", (PARAMETERS,)) for t in range(STEPS)])
    start = normal("optimiser.p", (PARAMETERS,))

    def case(name, create, hyper, rate_scale=1.0, limit=None):
        p = torch.nn.Parameter(start.clone())
        optimiser = create([p])
        after, clip = [], []
        for t in range(STEPS):
            optimiser.param_groups[0]["lr"] = (rates[t] * rate_scale).item()
            p.grad = gradients[t].clone()
            if limit is not None:
                torch.nn.utils.clip_grad_norm_([p], limit)
                clip.append(p.grad[:1] / gradients[t][:1])
            optimiser.step()
            after.append(p.detach().clone())
        rows = torch.tensor([hyper(t, (rates[t] * rate_scale).item()) for t in range(STEPS)], dtype=torch.float64)
        goldens.put(name, p=start, gradients=gradients, hyper=rows, p_after=torch.stack(after))
        if clip:
            goldens.put(name, clip=torch.stack(clip))

    def sgd_hyper(t, rate):
        return [rate, 1.0 if t == 0 else 0.0, 0.0, 0.0]

    def adam_hyper(t, rate):
        return [rate, 1 - 0.9 ** (t + 1), 1 - 0.999 ** (t + 1), 0.0]

    optim = torch.optim
    case("sgd", lambda p: optim.SGD(p, lr=1, momentum=0.9, weight_decay=0.01), sgd_hyper)
    case("sgd_plain", lambda p: optim.SGD(p, lr=1), sgd_hyper)
    case("adam", lambda p: optim.Adam(p, lr=1, weight_decay=0.01), adam_hyper, rate_scale=0.125)
    case("adamw", lambda p: optim.AdamW(p, lr=1, weight_decay=0.01), adam_hyper, rate_scale=0.125)
    case("sgd_clipped", lambda p: optim.SGD(p, lr=1, momentum=0.9, weight_decay=0.01), sgd_hyper, limit=3.0)
    case("adam_clipped", lambda p: optim.Adam(p, lr=1, weight_decay=0.01), adam_hyper, rate_scale=0.125, limit=3.0)


def clipping(goldens):
    """One large and one small gradient vector: clipped to norm 5, and left alone."""
    for name, scale in (("clip_large", 1.0), ("clip_small", 0.01)):
        x = normal(f"{name}.x", (9001,), scale)
        p = torch.nn.Parameter(torch.zeros_like(x))
        p.grad = x.clone()
        torch.nn.utils.clip_grad_norm_([p], 5.0)
        goldens.put(name, x=x, total=x.square().sum(), factor=p.grad[0] / x[0])


def moving_average(goldens):
    average, p = normal("ema.average", (57,)), normal("ema.p", (57,))
    alpha = torch.tensor(0.984375, dtype=torch.float64)
    hyper = torch.stack([alpha, *torch.zeros(3, dtype=torch.float64)])
    goldens.put("ema", average=average, p=p, hyper=hyper, after=alpha * average + (1 - alpha) * p)


def main():
    default = Path(__file__).resolve().parents[1] / "golden" / "operations.safetensors"
    goldens = Goldens()
    for family in (convolutions, transposed_convolutions, depthwise_convolutions, linears, batch_norms, group_norms, layer_norms,
                   elementwise, resizing, warps, moves, functions_of_one, functions_of_two, rows, batches_and_turns, quantiles,
                   gathers_and_scatters, windows, ranks_and_sizes, components, window_attentions, token_attentions, softmaxes, losses, optimisers,
                   clipping, moving_average):
        family(goldens)
    goldens.write(sys.argv[1] if len(sys.argv) > 1 else default)


if __name__ == "__main__":
    main()

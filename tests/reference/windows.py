"""Windows of maps [N, H, W, C]: chosen by a score, cut out, and added back. `at` [N, K] are numbers of first pixels, -1
for none."""

import torch


def choose_windows(score, window, stride, most, overlap):
    """By the sums of score [N, H, W] over window x window pixels, best first; a window that shares more than `overlap`
    pixels with a better one is left out. Pixels are those of a map `stride` times as large."""
    sums = score.unfold(1, window, 1).sum(-1).unfold(2, window, 1).sum(-1)
    rows, columns = torch.arange(sums.shape[1]), torch.arange(sums.shape[2])
    chosen = torch.full((len(sums), most), -1)
    for n, left in enumerate(sums.clone()):
        for k in range(most):
            best = (left == left.max()).nonzero()[0]
            if left[tuple(best)] == -torch.inf:
                break
            chosen[n, k] = stride * best[0] * stride * score.shape[2] + stride * best[1]
            down = (window - (rows - best[0]).abs()).clamp(min=0)
            across = (window - (columns - best[1]).abs()).clamp(min=0)
            left[down[:, None] * across > overlap] = -torch.inf
    return chosen


def most_shared(window, overlap):
    """The most pixels of two windows that are no more than this share of what both cover."""
    return int(2 * window * window * overlap / (1 + overlap))


def pixels_of(at, window, shape):
    """[N, K, window * window]: where the windows' pixels lie in a map of all samples; behind its end for none."""
    n, height, width, _ = shape
    side = torch.arange(window)
    within = (side[:, None] * width + side).reshape(-1)
    first = at + torch.arange(n)[:, None] * height * width
    return torch.where(at[..., None] < 0, n * height * width, first[..., None] + within)


def gather_windows(x, at, window):
    """-> [N * K, window, window, C]"""
    flat = torch.cat([x.flatten(0, 2), x.new_zeros(1, x.shape[3])])
    return flat[pixels_of(at, window, x.shape)].reshape(-1, window, window, x.shape[3])


def scatter_windows(windows, at, height, width):
    """-> [N, height, width, C]: sums"""
    shape = (len(at), height, width, windows.shape[3])
    pixels = pixels_of(at, windows.shape[1], shape).reshape(-1)
    sums = windows.new_zeros(len(at) * height * width + 1, shape[3]).index_add(0, pixels, windows.flatten(0, 2))
    return sums[:-1].reshape(shape)

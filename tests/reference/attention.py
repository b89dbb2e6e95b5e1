"""Window attention as Swin defines it, on windows of tokens: relative position table, mask of shifted windows."""

import torch
import torch.nn.functional as F

from layouts import window_partition


def relative_position_index(window):
    """[w*w, w*w]: which row of the table belongs to query i and key j."""
    axis = torch.arange(window)
    row, column = (t.reshape(-1) for t in torch.meshgrid(axis, axis, indexing="ij"))
    d_row = row[:, None] - row[None, :] + window - 1
    d_column = column[:, None] - column[None, :] + window - 1
    return d_row * (2 * window - 1) + d_column


def shift_mask(height, width, window, shift):
    """[windows of one image, w*w, w*w]: -100 where query and key come from different regions of the rolled map."""

    def bands(size):
        position = torch.arange(size)
        return (position >= size - window).long() + (position >= size - shift).long()

    regions = bands(height)[:, None] * 3 + bands(width)[None, :]
    tokens = window_partition(regions[None, :, :, None], window).reshape(-1, window * window)
    return (tokens[:, :, None] != tokens[:, None, :]) * -100.0


def attend(q, k, v, heads, scale, bias=None, mask=None, fused=False):
    """q, k, v [B, L, C] (k and v may have another L), channel = head * C/heads + d; bias [heads, L, L]; mask [windows, L, L] -> [B, L, C]. `fused`
    leaves the arithmetic to PyTorch's own attention kernel (for timing)."""
    b, length, c = q.shape
    q, k, v = (t.reshape(b, -1, heads, c // heads).transpose(1, 2) for t in (q, k, v))
    extra = None
    if mask is not None:
        extra = mask[:, None].to(q).repeat(b // mask.shape[0], 1, 1, 1)
    if bias is not None:
        extra = bias[None] if extra is None else extra + bias
    if fused:
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=extra, scale=scale)
    else:
        score = (q * scale) @ k.transpose(2, 3)
        y = (score if extra is None else score + extra).softmax(-1) @ v
    return y.transpose(1, 2).reshape(b, length, c)


def table_bias(table, window):
    """table [(2w-1)^2, heads] -> [heads, w*w, w*w]"""
    return table[relative_position_index(window)].permute(2, 0, 1)

"""Between septum's layouts (NHWC maps; convolution weights [k, k, in, out]; depthwise [k, k, channels]; linear
[in, out]) and PyTorch's. All are views, so autograd returns gradients in the layout a tensor was given in."""


def nchw(x):
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    return x.permute(0, 2, 3, 1)


def conv_weight(w):
    """[k, k, in, out] -> [out, in, k, k]"""
    return w.permute(3, 2, 0, 1)


def transposed_weight(w):
    """[k, k, in, out] -> [in, out, k, k], as conv_transpose2d takes it"""
    return w.permute(2, 3, 0, 1)


def depthwise_weight(w):
    """[k, k, channels] -> [channels, 1, k, k]"""
    return w.permute(2, 0, 1).unsqueeze(1)


def conv_weight_of(w):
    """[out, in, k, k] -> [k, k, in, out]"""
    return w.permute(2, 3, 1, 0)


def transposed_weight_of(w):
    """[in, out, k, k] -> [k, k, in, out]"""
    return w.permute(2, 3, 0, 1)


def depthwise_weight_of(w):
    """[channels, 1, k, k] -> [k, k, channels]"""
    return w.squeeze(1).permute(1, 2, 0)


def window_partition(x, window):
    """[N, H, W, C] -> [N * H/window * W/window, window, window, C]"""
    n, h, w, c = x.shape
    x = x.reshape(n, h // window, window, w // window, window, c)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, window, window, c)


def window_reverse(windows, height, width):
    """The inverse of window_partition."""
    window, c = windows.shape[1], windows.shape[3]
    x = windows.reshape(-1, height // window, width // window, window, window, c)
    return x.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, c)


def depth_to_space(x, block):
    """[N, H, W, block * block * C] -> [N, block H, block W, C], channel order (row, column, C)"""
    n, h, w, c = x.shape
    c //= block * block
    x = x.reshape(n, h, w, block, block, c).permute(0, 1, 3, 2, 4, 5)
    return x.reshape(n, h * block, w * block, c)

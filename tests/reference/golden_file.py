"""Collects the tensors of golden cases and writes them as one safetensors file.

Every value is computed in float64 from inputs that are exact in float32, and stored as float32: what a test finds
between a golden and septum's result is septum's rounding alone. Keys are `<case>.<tensor>`.
"""

import zlib

import torch
from safetensors.torch import save_file


def generator(name):
    """A random generator that depends on the case's name alone, so new cases leave the others as they are."""
    return torch.Generator().manual_seed(zlib.crc32(name.encode()))


def normal(name, shape, scale=1.0, offset=0.0):
    """Normally distributed float64 numbers that are exact in float32."""
    values = torch.randn(shape, generator=generator(name), dtype=torch.float64) * scale + offset
    return values.float().double()


def integers(name, shape, bound):
    return torch.randint(0, bound, shape, generator=generator(name))


def stored(tensor):
    """Floating point as float32, whole numbers as int32: the two element types septum has."""
    tensor = tensor.detach().contiguous()
    return tensor.float() if tensor.is_floating_point() else tensor.int()


class Goldens:
    def __init__(self):
        self.tensors = {}

    def put(self, case, **tensors):
        for name, tensor in tensors.items():
            key = f"{case}.{name}"
            if key in self.tensors:
                raise ValueError(f"{key} is stored twice")
            tensor = stored(tensor)
            self.tensors[key] = tensor.reshape(1) if tensor.dim() == 0 else tensor.clone()

    def gradients(self, case, function, constants=None, upstream=None, **inputs):
        """Stores the float64 `inputs`, y = function(inputs..., constants...), a random upstream gradient dy (or
        `upstream`) and d<input> for each input. Returns y and the gradients by input name."""
        leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
        constants = constants or {}
        y = function(*leaves.values(), *constants.values())
        dy = normal(f"{case}.dy", y.shape) if upstream is None else upstream
        gradient = dict(zip(leaves, torch.autograd.grad(y, list(leaves.values()), dy)))
        self.put(case, **inputs, **constants, y=y, dy=dy)
        self.put(case, **{f"d{name}": value for name, value in gradient.items()})
        return y.detach(), gradient

    def write(self, path):
        save_file(dict(sorted(self.tensors.items())), path)
        total = sum(tensor.numel() * 4 for tensor in self.tensors.values())
        print(f"{path}: {len(self.tensors)} tensors, {total / 1e6:.2f} MB")

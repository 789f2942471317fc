"""Layers of a torch module that look at pictures, as steps of a net; torch_calls.py lists them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from sheetnet.errors import SheetnetError
from sheetnet.models.convolution import Conv, MaxPool, MeanPool, Sliding
from sheetnet.models.torch_steps import Steps, Value, must

Pair = int | tuple[int, int]
Sizes = tuple[int, int, int, int, int, int, int, int, int]


def _pair(size: Pair) -> tuple[int, int]:
    """Rows and columns of a size, which may be one number for both.

    Raises: SheetnetError for what is neither.
    """
    both = size if isinstance(size, tuple | list) else (size, size)
    if len(both) != 2 or not all(type(one) is int for one in both):
        raise SheetnetError(f"the size {size!r} is not known; take a whole number, or two of them")
    return both[0], both[1]


def _sizes(to: Steps, a: Value, kernel: Pair, stride: Pair, padding: Any) -> Sizes:
    """Channels, rows and columns of the pictures, then of the window, its steps and the padding.

    Raises: SheetnetError for what is no picture.
    """
    if len(a.shape) != 3 or not a.rows:
        words = "take nn.Unflatten(1, (channels, rows, columns)) before it"
        raise SheetnetError(f"{to.seen(a)} comes in, expected (n, channels, rows, columns); {words}")
    if isinstance(padding, str):
        raise SheetnetError(f"padding={padding!r} is not known; take a number, such as {(_pair(kernel)[0] - 1) // 2}")
    channels, rows, cols = a.shape
    return channels, rows, cols, *_pair(kernel), *_pair(stride), *_pair(padding)


def conv(to: Steps, module: nn.Conv2d, path: str, a: Value) -> int:
    """The step that an nn.Conv2d is."""
    must(module, padding_mode="zeros", dilation=(1, 1), groups=1)
    sizes = _sizes(to, a, module.kernel_size, module.stride, module.padding)  # type: ignore[arg-type]
    if sizes[0] != module.in_channels:
        raise SheetnetError(f"pictures of {sizes[0]} channels come in, expected {module.in_channels}")
    return to.add(Conv(*sizes, module.out_channels, module.bias is not None), a, key=to.key(module, path))


def _pool(kind: type[Sliding], known: dict[str, Any]) -> Callable[..., int]:
    def step(to: Steps, a: Value, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, **more: Any) -> int:
        for name, value in more.items():
            if name not in known or value not in (known[name], (known[name],) * 2):
                raise SheetnetError(f"{name}={value!r} is not known; leave it out")
        return to.add(kind(*_sizes(to, a, kernel_size, kernel_size if stride is None else stride, padding)), a)

    return step


max_pool = _pool(MaxPool, {"dilation": 1, "ceil_mode": False, "return_indices": False})
mean_pool = _pool(MeanPool, {"ceil_mode": False, "count_include_pad": True, "divisor_override": None})


def of_layer(step: Callable[..., int], **known: Any) -> Callable[..., int]:
    """A pool that is a layer; known: what its other settings are."""

    def made(to: Steps, module: Any, path: str, a: Value) -> int:
        must(module, **known)
        return step(to, a, module.kernel_size, module.stride, module.padding)

    return made


def whole(to: Steps, module: nn.AdaptiveAvgPool2d, path: str, a: Value) -> int:
    """The mean of each channel: the one output size that is known."""
    if module.output_size not in (1, (1, 1)):
        raise SheetnetError(f"output_size={module.output_size} is not known; take 1, or nn.AvgPool2d")
    return mean_pool(to, a, a.shape[1:])

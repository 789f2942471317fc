"""A net as an ordinary torch module, layer by layer of torch.nn: the independent witness of the graph.

Nothing here is made from the graph's formulas: each layer and each loss has its counterpart in torch, named by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sheetnet.errors import TrainingError
from sheetnet.models import convolution, norms
from sheetnet.models import layers as ours
from sheetnet.models.layer import Layer
from sheetnet.models.net import Net

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda a: a,
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "gelu_tanh": lambda a: F.gelu(a, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "softmax": lambda a: F.softmax(a, dim=1),
    "log_softmax": lambda a: F.log_softmax(a, dim=1),
    "exp": torch.exp,
    "abs": torch.abs,
    "square": torch.square,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "neg": torch.neg,
}
ARITHMETIC: dict[str, Callable[[Any, Any], Tensor]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
}


class Masked(nn.Module):
    """Dropout with a mask that was drawn before."""

    def __init__(self) -> None:
        super().__init__()
        self.mask: Tensor | None = None

    def forward(self, a: Tensor) -> Tensor:
        """(n, k) -> (n, k)."""
        return a if self.mask is None or not self.training else a * self.mask


class Function(nn.Module):
    """A function of what comes in, without parameters."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *sources: Tensor) -> Tensor:
        """(n, k), ... -> (n, m)."""
        return self.function(*sources)


class Codes(nn.Embedding):
    """An embedding that takes codes as numbers, (n, 1) -> (n, size)."""

    def forward(self, codes: Tensor) -> Tensor:
        """(n, 1) -> (n, size)."""
        return super().forward(codes[:, 0].long())


class Pictures(nn.Conv2d):
    """A convolution of pictures that are rows, (n, channels * rows * cols) -> (n, filters * places)."""

    def __init__(self, layer: convolution.Conv) -> None:
        kernel, stride, padding = _window(layer)
        super().__init__(layer.channels, layer.filters, kernel, stride, padding, bias=layer.bias)
        self.picture = layer.picture

    def forward(self, a: Tensor) -> Tensor:
        """(n, k) -> (n, m)."""
        return super().forward(a.reshape(-1, *self.picture)).flatten(1)


def _window(layer: convolution.Sliding) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """Kernel, stride and padding."""
    return (layer.k_rows, layer.k_cols), (layer.s_rows, layer.s_cols), (layer.p_rows, layer.p_cols)


def _pool(function: Callable[..., Tensor]) -> Callable[[convolution.Sliding], Function]:
    def made(layer: convolution.Sliding) -> Function:
        return Function(lambda a: function(a.reshape(-1, *layer.picture), *_window(layer)).flatten(1))

    return made


class Given(nn.Module):
    """A parameter or buffer that belongs to no layer; what becomes of it and of what comes in is the function's."""

    def __init__(self, value: Tensor, trained: bool, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.itself: Tensor
        if trained:
            self.itself = nn.Parameter(value)
        else:
            self.register_buffer("itself", value)
        self.function = function

    def forward(self, a: Tensor) -> Tensor:
        """(n, k) -> (n, m), or (1, m)."""
        return self.function(a, self.itself)


def _given(layer: ours.Row | ours.Product) -> Given:
    value = torch.zeros(layer.held[0].torch_shape)
    if isinstance(layer, ours.Row):
        return Given(value, layer.trained, lambda a, row: row.reshape(1, -1))
    if layer.dims == 1:
        return Given(value, layer.trained, lambda a, weight: (a @ weight)[:, None])
    return Given(value, layer.trained, F.linear if layer.turned else torch.matmul)


def _combine(layer: ours.Combine) -> Callable[..., Tensor]:
    op, number = ARITHMETIC[layer.op], layer.number

    def function(*sources: Tensor) -> Tensor:
        both: list[Any] = list(sources) if number is None else [sources[0], number]
        return op(*(reversed(both) if layer.swapped else both))

    return function


TWINS: dict[type[Layer], Callable[[Any], nn.Module]] = {
    ours.Dense: lambda layer: nn.Linear(layer.n_in, layer.n_out, layer.bias),
    ours.Activation: lambda layer: Function(ACTIVATIONS[layer.kind]),
    ours.LeakyReLU: lambda layer: nn.LeakyReLU(layer.slope),
    ours.Dropout: lambda layer: Masked(),
    norms.BatchNorm: lambda layer: nn.BatchNorm1d(layer.n, layer.eps, layer.momentum, layer.affine),
    norms.LayerNorm: lambda layer: nn.LayerNorm(layer.n, layer.eps, layer.affine),
    norms.Embedding: lambda layer: Codes(layer.codes, layer.size),
    ours.Columns: lambda layer: Function(lambda a: a[:, layer.first : layer.first + layer.count]),
    ours.Concat: lambda layer: Function(lambda *parts: torch.cat(parts, dim=1)),
    ours.Combine: lambda layer: Function(_combine(layer)),
    convolution.Conv: Pictures,
    convolution.MaxPool: _pool(F.max_pool2d),
    convolution.MeanPool: _pool(F.avg_pool2d),
    ours.Row: _given,
    ours.Product: _given,
    ours.SumColumns: lambda layer: Function(
        lambda a: a.mean(dim=1, keepdim=True) if layer.mean else a.sum(dim=1, keepdim=True)
    ),
}
LOSSES: dict[str, Callable[..., Tensor]] = {  # (out, y, reduction="mean")
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "huber": F.huber_loss,
    "bce_with_logits": F.binary_cross_entropy_with_logits,
    "cross_entropy": lambda out, y, **how: F.cross_entropy(out, y[:, 0].long(), **how),
}


class NetTwin(nn.Module):
    """A net in torch; parameters go in and out by our names. `seen` holds what each step gave in the last pass.

    Layers draw weights as they are made, but not from the user's stream of random numbers.
    """

    def __init__(self, net: Net, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.net = net
        made: dict[str, nn.Module] = {}  # steps of one key share what they hold
        self.each: list[nn.Module] = []
        for at, step in enumerate(net.steps):
            if type(step.layer) not in TWINS:
                raise TrainingError(f"the layer {step.layer} has no counterpart in torch: name it in TWINS")
            key = step.key if step.layer.held else f"step {at}"
            with torch.random.fork_rng(devices=[]):
                self.each.append(made.setdefault(key, TWINS[type(step.layer)](step.layer)))
        self.held = nn.ModuleList(made.values())
        self.to(dtype)
        tensors = self.tensors()
        for parameter in net.parameters:
            if parameter.frozen:
                tensors[parameter.name].requires_grad_(False)
        self.seen: list[Tensor] = []

    def forward(self, X: Tensor) -> Tensor:
        """(n, p) -> (n, outputs)."""
        values = [X]
        for step, module in zip(self.net.steps, self.each, strict=True):
            values.append(module(*(values[source] for source in step.sources)))
        self.seen = values[1:]
        return values[-1]

    def tensors(self) -> dict[str, Tensor]:
        """Its parameters and buffers by our names, in torch's orientation."""
        found = {
            step.key_of(held): getattr(module, held.name)
            for step, module in zip(self.net.steps, self.each, strict=True)
            for held in step.layer.held
        }
        return {parameter.name: found[parameter.key] for parameter in self.net.parameters}

    def put(self, params: Mapping[str, np.ndarray]) -> None:
        """None; the module has these parameters."""
        tensors = self.tensors()
        with torch.no_grad():
            for parameter in self.net.parameters:
                value = torch.as_tensor(parameter.to_torch(params[parameter.name]))
                tensors[parameter.name].copy_(value.to(tensors[parameter.name].dtype))

    def masked(self, masks: Mapping[str, np.ndarray]) -> None:
        """None; its dropouts have these masks, of the rows that it will be given."""
        dropouts = [module for module in self.each if isinstance(module, Masked)]
        for module, name in zip(dropouts, self.net.masks, strict=True):
            module.mask = torch.as_tensor(masks[name])

    def params(self) -> dict[str, np.ndarray]:
        """The parameters and buffers as they are, by our names and in the shapes of a sheet."""
        tensors = self.tensors()
        return {p.name: p.from_torch(tensors[p.name]) for p in self.net.parameters}

    def loss(self, out: Tensor, y: Tensor, reduction: str = "mean") -> Tensor:
        """The mean loss of rows, (n, k) and (n, 1) -> (); with reduction="none" of each row."""
        return LOSSES[self.net.loss](out, y, reduction=reduction)

    def right(self, out: Tensor, y: Tensor) -> Tensor:
        """Whether the class that the net says is the row's, (n, 1) of 0 and 1."""
        if self.net.loss == "cross_entropy":
            said = out.argmax(dim=1, keepdim=True).to(y.dtype)
        else:
            said = (out > (0.0 if self.net.loss == "bce_with_logits" else 0.5)).to(y.dtype)
        return (said == y).to(y.dtype)


assert set(TWINS) == set(ours.KINDS.values()), "a layer without a counterpart in torch"

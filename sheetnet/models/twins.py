"""The models as ordinary torch modules, written by hand: the independent witness of the graph.

Nothing here is made from the graph: its forward passes are only named, as those whose twin a module is. A twin is made
from n_features and n_hidden and has one parameter, in torch's orientation, (n_hidden, n_features). The names of its
layers (`lin`, `relu`) are the words of the sheets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sheetnet.errors import TrainingError
from sheetnet.models.model import Forward, kind_of, linear_forward, relus_forward


class Linear(nn.Module):
    """pred = X W, without a bias: the table brings its own column of ones."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.lin = nn.Linear(n_features, 1, bias=False)

    def forward(self, X: Tensor) -> Tensor:
        """(n, p) -> (n, 1)."""
        pred: Tensor = self.lin(X)
        return pred


class ReLUs(nn.Module):
    """pred = relu(X w_1) + ... + relu(X w_k): k hidden units, no output weights."""

    def __init__(self, n_features: int, n_hidden: int) -> None:
        super().__init__()
        self.lin = nn.Linear(n_features, n_hidden, bias=False)
        self.relu = nn.ReLU()

    def forward(self, X: Tensor) -> Tensor:
        """(n, p) -> (n, 1)."""
        pred: Tensor = self.relu(self.lin(X)).sum(dim=1, keepdim=True)
        return pred


class TwoReLU(ReLUs):
    """pred = relu(X w_1) + relu(X w_2): two hidden units."""

    def __init__(self, n_features: int) -> None:
        super().__init__(n_features, 2)


TWINS: dict[Forward, Callable[[int, int], nn.Module]] = {
    linear_forward: lambda n_features, n_hidden: Linear(n_features),
    relus_forward: ReLUs,
}


def create(name: str, params: dict[str, Any], device: torch.device, dtype: torch.dtype) -> nn.Module:
    """The twin of the model of that name, with the given parameters {"W": (p, k)}, on the device.

    Raises: TrainingError for a model without a twin, or a twin that has not just one parameter of the right shape.
    """
    kind = kind_of(name)
    if kind is None or kind.forward not in TWINS:
        raise TrainingError(
            f"the model {name} has no twin in torch: write it as an nn.Module, by hand, and name it in TWINS of"
            " sheetnet/models/twins.py beside the model's forward pass"
        )
    n_features, n_hidden = np.shape(params["W"])
    with torch.device(device):
        module = TWINS[kind.forward](n_features, n_hidden).to(dtype)
    shapes = [tuple(parameter.shape) for parameter in module.parameters()]
    if shapes != [(n_hidden, n_features)]:
        raise TrainingError(
            f"the twin of {name}, {type(module).__name__}, must have one parameter, of shape {(n_hidden, n_features)}:"
            f" its units by the features; found {shapes}"
        )
    put(module, params["W"])
    return module


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: an epoch of a sheet's table takes it 0.1 ms, and more threads would wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


# ---- weights, in and out of a twin


def parameter(module: nn.Module) -> nn.Parameter:
    """The weights of a twin as it holds them: (out, in)."""
    [weight] = module.parameters()
    return weight


def put(module: nn.Module, W: np.ndarray) -> None:
    """None; the twin has the weights W (in, out)."""
    weight = parameter(module)
    with torch.no_grad():
        weight.copy_(torch.tensor(weight_from_W(W).tolist(), dtype=weight.dtype))


def W_of(module: nn.Module) -> np.ndarray:
    """The weights W (in, out) of a twin, as float64."""
    return weight_from_W(as_numpy(parameter(module)))


def grad_W_of(module: nn.Module) -> np.ndarray:
    """The gradient (in, out) that the last backward pass left in a twin, as float64."""
    return weight_from_W(as_numpy(gradient_of(parameter(module))))


def gradient_of(parameter: Tensor) -> Tensor:
    """The gradient that the last backward pass left in a parameter.

    Raises: TrainingError where it left none.
    """
    if parameter.grad is None:
        raise TrainingError("a parameter has no gradient: the loss does not depend on it")
    return parameter.grad


def weight_from_W(W: np.ndarray) -> np.ndarray:
    """Torch's `weight` (out, in) from our W (in, out), or the other way: the one place where it is turned."""
    return np.asarray(W).T


def as_numpy(a: Tensor) -> np.ndarray:
    """A tensor from any device as a float64 array."""
    return a.detach().cpu().double().numpy().copy()

"""The models as ordinary torch modules, written by hand: the independent witness of the graph.

Nothing here is made from the graph. The names of the layers (`lin`, `relu`) are the words of the sheets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


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


MODULES: dict[str, type[nn.Module]] = {"linear": Linear, "two_relu": TwoReLU}


def create(name: str, params: dict[str, Any], device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A module of that name with the given parameters, on the device."""
    weight = weight_from_W(params["W"])
    n_hidden, n_features = weight.shape
    with torch.device(device):
        module = MODULES[name](n_features) if name in MODULES else ReLUs(n_features, n_hidden)
        module = module.to(dtype)
    with torch.no_grad():
        module.get_parameter("lin.weight").copy_(torch.tensor(weight.tolist(), dtype=dtype))
    return module


def weight_from_W(W: np.ndarray) -> np.ndarray:
    """Torch's `weight` (out, in) from our W (in, out), or the other way: the one place where it is turned."""
    return np.asarray(W).T

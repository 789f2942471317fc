"""The models as ordinary torch modules, written by hand: the independent witness of the graph.

Nothing here is made from the graph. The names of the layers (`lin`, `relu`) are the words of the sheets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sheetnet.errors import TrainingError


class Linear(nn.Module):
    """pred = X W, without a bias: the table brings its own column of ones."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.lin = nn.Linear(n_features, 1, bias=False)

    def forward(self, X: Tensor) -> Tensor:
        """(n, p) -> (n, 1)."""
        pred: Tensor = self.lin(X)
        return pred


class TwoReLU(nn.Module):
    """pred = relu(X w_1) + relu(X w_2): two hidden units, no output weights."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.lin = nn.Linear(n_features, 2, bias=False)
        self.relu = nn.ReLU()

    def forward(self, X: Tensor) -> Tensor:
        """(n, p) -> (n, 1)."""
        pred: Tensor = self.relu(self.lin(X)).sum(dim=1, keepdim=True)
        return pred


MODULES: dict[str, type[nn.Module]] = {"linear": Linear, "two_relu": TwoReLU}


def create(name: str, params: dict[str, Any], device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A module of that name with the given parameters, on the device."""
    weight = weight_from_W(params["W"])
    with torch.device(device):
        module = MODULES[name](weight.shape[1]).to(dtype)
    with torch.no_grad():
        module.get_parameter("lin.weight").copy_(torch.tensor(weight.tolist(), dtype=dtype))
    return module


def weight_from_W(W: np.ndarray) -> np.ndarray:
    """Torch's `weight` (out, in) from our W (in, out), or the other way: the one place where it is turned."""
    return np.asarray(W).T


def resolve_device(name: str = "auto", dtype: str = "float64") -> torch.device:
    """The torch device of that name; `auto` takes CUDA, else MPS (for float32, the most it has), else the CPU.

    Raises: TrainingError for a device that is unknown or not there.
    """
    found = ["cpu"]
    if torch.backends.mps.is_available():
        found.insert(0, "mps")
    if torch.cuda.is_available():
        found.insert(0, "cuda")
    if name == "auto":
        return torch.device(next(device for device in found if (device, dtype) != ("mps", "float64")))
    try:
        device = torch.device(name)
    except RuntimeError:
        raise TrainingError(f"there is no device {name!r}; this machine has {', '.join(found)}, or say auto") from None
    missing = device.type not in found
    if missing or (device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()):
        raise TrainingError(f"the device {name!r} is not there; this machine has {', '.join(found)}, or say auto")
    return device


def resolve_dtype(name: str, device: torch.device) -> torch.dtype:
    """torch.float64 or torch.float32; MPS has no float64.

    Raises: TrainingError for any other.
    """
    if name not in ("float64", "float32"):
        raise TrainingError(f"the dtype must be float64 or float32, not {name!r}")
    if name == "float64" and device.type == "mps":
        raise TrainingError("mps has no float64; say --dtype float32, or --device cpu to compare with the sheet")
    return torch.float64 if name == "float64" else torch.float32

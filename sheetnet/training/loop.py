"""A plain training loop with autograd: full-batch gradient descent on the mean squared error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from sheetnet.errors import TrainingError
from sheetnet.features import Table
from sheetnet.models import Model
from sheetnet.settings import learning_rate, whole_number
from sheetnet.training.modules import create, resolve_device, resolve_dtype, weight_from_W

MAX_EPOCHS = 10**9
Watch = Callable[[int, nn.Module], None]


@dataclass(frozen=True)
class Run:
    """What a training run gives: losses[k] and accuracies[k] belong to epoch k's weights, k = 0..epochs."""

    params: dict[str, np.ndarray] = field(repr=False)
    losses: np.ndarray = field(repr=False)
    accuracies: np.ndarray = field(repr=False)
    device: str
    dtype: str

    @property
    def diverged_at(self) -> int | None:
        """The first epoch whose loss is not a finite number, or None."""
        bad = np.flatnonzero(~np.isfinite(self.losses))
        return int(bad[0]) if bad.size else None


def train(
    model: Model,
    table: Table,
    start: dict[str, np.ndarray] | None = None,
    *,
    epochs: int = 100,
    lr: float = 0.1,
    device: str = "auto",
    dtype: str = "float64",
    watch: Watch | None = None,
) -> Run:
    """A run of torch from start (default: model.init()): epoch k -> k + 1 is W - lr * dloss/dW on all rows.

    watch(epoch, module) is called after each backward pass, when gradients stand in the parameters.
    Raises: SheetnetError for settings that cannot be and parameters of the wrong shape; TrainingError for a device or
    dtype that is not there.
    """
    epochs, lr = whole_number("epochs", epochs, 0, MAX_EPOCHS), learning_rate(lr)
    if model.n_features != len(table.features):
        raise TrainingError(f"{model.name} is for {model.n_features} features, the table has {len(table.features)}")
    params = {"W": model.check_params(model.init() if start is None else start)}
    where = resolve_device(device, dtype)
    kind = resolve_dtype(dtype, where)
    module = create(model.name, params, where, kind)
    X = torch.as_tensor(table.X, dtype=kind, device=where)
    y = torch.as_tensor(table.y, dtype=kind, device=where)
    losses = torch.empty(epochs + 1, dtype=kind, device=where)
    accuracies = torch.empty_like(losses)
    for epoch in range(epochs + 1):
        pred = module(X)
        loss = mse_loss(pred, y)
        module.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        losses[epoch] = loss.detach()
        accuracies[epoch] = accuracy(pred, y)
        if watch:
            watch(epoch, module)
        if epoch < epochs:
            with torch.no_grad():
                for parameter in module.parameters():
                    parameter.sub_(lr * gradient_of(parameter))
    return Run({"W": params_of(module)}, as_numpy(losses), as_numpy(accuracies), str(where), dtype)


def accuracy(pred: Tensor, y: Tensor) -> Tensor:
    """The share of rows where (pred > 0.5) is y."""
    return ((pred.detach() > 0.5).to(y.dtype) == y).to(y.dtype).mean()


def gradient_of(parameter: Tensor) -> Tensor:
    """The gradient that the last backward pass left in a parameter."""
    if parameter.grad is None:
        raise TrainingError("a parameter has no gradient: the loss does not depend on it")
    return parameter.grad


def params_of(module: nn.Module) -> np.ndarray:
    """W (in, out) of a module, as float64."""
    return weight_from_W(as_numpy(module.get_parameter("lin.weight")))


def as_numpy(a: Tensor) -> np.ndarray:
    """A tensor from any device as a float64 array."""
    return a.detach().cpu().numpy().astype(float)

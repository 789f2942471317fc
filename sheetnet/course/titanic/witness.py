"""Torch on the passengers: every epoch of each model, one epoch in slow motion, least squares, the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch.nn.functional import mse_loss

from sheetnet.models.model import Model
from sheetnet.models.twins import create, one_thread
from sheetnet.tables.table import Table
from sheetnet.training import least_squares, observe
from sheetnet.training import witness as run


@one_thread()
def witness(
    table: Table, models: Sequence[Model], weights: Mapping[str, np.ndarray], rates: Mapping[str, float], *, epochs: int,
    epoch: int, optimiser: str, best: bool, mmult: np.ndarray,
) -> dict[str, np.ndarray]:  # fmt: skip
    """What torch's autograd says of the blocks it has a say in, by id, for the inputs as they now stand.

    weights: W (p, k) of each model by name; mmult: the W of the last one on the sheet MMULT. epoch: the chosen one.
    """
    out: dict[str, np.ndarray] = {}
    for model in models:
        said = run(model, table, weights[model.name], rates[model.name], epochs, epoch, optimiser)
        out |= {f"{model.name}.{key}": value for key, value in said.items()}
    if best:
        out |= {f"linear.{key}": value for key, value in least_squares(table).items()}
    return out | {f"mmult.now.{key}": value for key, value in observe(models[-1], table, mmult).items()}


def small(given: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What torch says of the sheet Small: one step of two ReLUs, without a module, by autograd."""
    X, y, weight, lr = (torch.tensor(given[f"small.{id}"], dtype=torch.float64) for id in ("X", "y", "weight", "lr"))
    weight.requires_grad_()
    lin = X @ weight.T
    relu = torch.relu(lin)
    pred = relu.sum(1, keepdim=True)
    loss = mse_loss(pred, y)
    grad, d_lin, d_relu, d_pred = torch.autograd.grad(loss, [weight, lin, relu, pred])
    after = weight - lr * grad
    loss_after = mse_loss(torch.relu(X @ after.T).sum(1, keepdim=True), y)
    said = {
        "lin": lin, "relu": relu, "pred": pred, "error": pred - y, "sq_error": (pred - y) ** 2, "loss": loss,
        "d_pred": d_pred, "d_relu": d_relu, "mask": torch.heaviside(lin, torch.zeros_like(lin)), "d_lin": d_lin,
        "grad": grad, "after": after, "loss_after": loss_after,
    }  # fmt: skip
    return {f"small.{id}": np.atleast_2d(one.detach().numpy()) for id, one in said.items()}


def passenger(
    table: Table, models: Sequence[Model], said: Mapping[str, np.ndarray], no: float, ages: np.ndarray
) -> dict[str, np.ndarray]:  # fmt: skip
    """What torch says of the sheet Passenger: one row at the last weights, and the same row at other ages.

    said: what torch said of the runs. no: of the row, from 1. ages (n, 1): as they stand in X.
    """
    if no not in range(1, table.n_rows + 1):
        return {}
    X, y = (torch.tensor(one[int(no) - 1 : int(no)]) for one in (table.X, table.y))
    others = X.repeat(len(ages), 1)
    at = next(i for i, name in enumerate(table.features) if name.lower().startswith("age"))
    others[:, at] = torch.tensor(ages[:, 0])
    out = {"features": others}
    for model in models:
        W = said[f"{model.name}.final.W"]
        module = create(model.name, {"W": W}, torch.device("cpu"), torch.float64)
        pred = module(X)
        out |= {
            f"{model.name}.votes": X.T * torch.tensor(W),
            f"{model.name}.at": module(others),
            f"{model.name}.W": torch.tensor(W),
        }
        out |= {f"{model.name}.pred": pred, f"{model.name}.error": pred - y, f"{model.name}.sq_error": (pred - y) ** 2}
    return {f"passenger.{id}": one.detach().numpy() for id, one in out.items()}

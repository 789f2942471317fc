"""What torch says of a run, quantity by quantity, under the names of the sheets' blocks.

It is built from the hand-written modules and autograd alone, so that build can put it into a workbook and check can
hold it against the graph and against a spreadsheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from sheetnet.models.model import Model
from sheetnet.models.twins import W_of, as_numpy, create, grad_W_of, parameter, weight_from_W
from sheetnet.tables.table import Table
from sheetnet.training.loop import accuracy
from sheetnet.training.trainer import train

Record = dict[str, np.ndarray]
SINGULAR = 1e-10  # the share of a column that others do not give, below which there is no single solution


@dataclass(frozen=True)
class Path:
    """What torch went through: losses and accuracies (epochs + 1,); weights, gradients and state before each step."""

    losses: np.ndarray
    accuracies: np.ndarray
    weights: np.ndarray  # (epochs + 1, p, k), as all below; a step more where it was made
    gradients: np.ndarray
    state: dict[str, np.ndarray]


def witness(
    model: Model, table: Table, start: np.ndarray, lr: float, epochs: int, epoch: int, optimiser: str = "sgd"
) -> Record:
    """Torch's numbers in float64 on the CPU, keyed `now.loss`, `then.d_lin`, `descent.grad_1` and so on.

    now: at the start weights (p, k); then: at the chosen epoch, with cotangents; descent: every epoch, losses
    (epochs + 1, 1), and per hidden unit weights and gradients (epochs + 1, p); final: the last weights (p, k).
    Any optimiser but sgd is torch.optim's own; what it remembers is added, before each step as `descent.m_1` and
    `then.m`, and after it as `then.m_next`.
    """
    path = (_by_hand if optimiser == "sgd" else partial(_by_optim, optimiser))(model, table, start, lr, epochs)
    W = path.weights
    out: Record = {"descent.loss": path.losses[:, None], "descent.accuracy": path.accuracies[:, None]}
    for unit in range(model.n_hidden):
        every = {"W": W, "grad": path.gradients, **path.state}
        out |= {f"descent.{key}_{unit + 1}": value[: epochs + 1, :, unit] for key, value in every.items()}
    out["final.W"] = W[epochs]
    out |= {f"now.{name}": value for name, value in observe(model, table, start).items()}
    if 0 <= epoch <= epochs:
        seen = observe(model, table, W[epoch])
        out |= {f"then.{name}": value for name, value in seen.items()}
        out["then.W"] = W[epoch]
        out["then.W_next"] = W[epoch] - lr * seen["grad_W"] if optimiser == "sgd" else W[epoch + 1]
        for key, value in path.state.items():
            out |= {f"then.{key}": value[epoch], f"then.{key}_next": value[epoch + 1]}
    return out


def _by_hand(model: Model, table: Table, start: np.ndarray, lr: float, epochs: int) -> Path:
    """Gradient descent by the loop in training/loop.py."""
    X, y = torch.tensor(table.X), torch.tensor(table.y)
    weights: list[np.ndarray] = []
    grads: list[np.ndarray] = []
    shares: list[float] = []

    def watch(_: int, module: nn.Module) -> None:
        weights.append(W_of(module))
        grads.append(grad_W_of(module))
        with torch.no_grad():
            shares.append(float(accuracy(module(X), y)))  # as the sheet counts, whatever the target

    run = train(model, table, {"W": start}, epochs=epochs, lr=lr, device="cpu", watch=watch)
    if run.stopped:
        raise KeyboardInterrupt
    return Path(run.losses, np.array(shares), np.stack(weights), np.stack(grads), {})


def _by_optim(name: str, model: Model, table: Table, start: np.ndarray, lr: float, epochs: int) -> Path:
    """The loop that everyone writes with torch.optim, one step beyond the last epoch."""
    from sheetnet.models import torch_optim as optim

    module = create(model.name, {"W": start}, torch.device("cpu"), torch.float64)
    weight = parameter(module)
    optimiser = optim.create(name, [weight], lr)
    X, y = torch.tensor(table.X), torch.tensor(table.y)
    losses, shares, weights, grads, states = [], [], [], [], []
    for _ in range(epochs + 2):
        weights.append(W_of(module))
        states.append(optim.state_of(name, optimiser, weight))
        optimiser.zero_grad()
        pred = module(X)
        loss = mse_loss(pred, y)
        loss.backward()  # type: ignore[no-untyped-call]
        losses.append(float(loss.detach()))
        shares.append(float(accuracy(pred, y)))
        grads.append(grad_W_of(module))
        optimiser.step()
    state = {key: np.stack([weight_from_W(kept[key]) for kept in states]) for key in states[0]}
    end = slice(epochs + 1)
    return Path(np.array(losses[end]), np.array(shares[end]), np.stack(weights), np.stack(grads), state)


def observe(model: Model, table: Table, W: np.ndarray) -> Record:
    """One forward and backward pass at W (p, k): pred, error, loss, each layer's output and its cotangent, grad_W."""
    module = create(model.name, {"W": W}, torch.device("cpu"), torch.float64)
    X, y = torch.tensor(table.X), torch.tensor(table.y)
    layers: dict[str, Tensor] = {}

    def keep(name: str) -> None:
        def hook(_: nn.Module, __: object, output: Tensor) -> None:
            output.retain_grad()
            layers[name] = output

        module.get_submodule(name).register_forward_hook(hook)

    for name, _ in module.named_children():
        keep(name)
    pred = module(X)
    pred.retain_grad()
    layers["pred"] = pred
    loss = mse_loss(pred, y)
    loss.backward()  # type: ignore[no-untyped-call]
    out = {name: as_numpy(value) for name, value in layers.items()}
    out |= {f"d_{name}": as_numpy(value.grad) for name, value in layers.items() if value.grad is not None}
    error = pred - y
    out["error"] = as_numpy(error)
    out["sq_error"] = as_numpy(error**2)
    out["correct"] = as_numpy(((pred > 0.5).to(y.dtype) == y).to(y.dtype) + 0 * pred)  # of no number, none
    out["loss"] = as_numpy(loss).reshape(1, 1)
    out["accuracy"] = as_numpy(accuracy(pred, y)).reshape(1, 1)
    out["grad_W"] = grad_W_of(module)
    return out


def least_squares(table: Table) -> Record:
    """The weights (1, p) of least squared error by torch's own solver, and their loss; nan where columns depend."""
    X, y = torch.tensor(table.X), torch.tensor(table.y)
    if not (y.isfinite().all() and _new_share(X) > SINGULAR):
        return {"best.weight": np.full((1, X.shape[1]), np.nan), "best.loss": np.full((1, 1), np.nan)}
    lengths = X.norm(dim=0)
    even = X / lengths
    W = torch.linalg.lstsq(even, y).solution
    W = (W + torch.linalg.lstsq(even, y - even @ W).solution) / lengths[
        :, None
    ]  # with digits to spare on any processor
    return {"best.weight": as_numpy(W).T, "best.loss": as_numpy(mse_loss(X @ W, y)).reshape(1, 1)}


def _new_share(X: Tensor) -> float:
    """The least share of a column's square that is at right angles to all others, by QR; 0 where there is none."""
    columns = X / X.norm(dim=0)
    if X.shape[0] < X.shape[1] or not columns.isfinite().all():
        return 0.0
    R = torch.linalg.qr(columns).R
    rows = torch.linalg.solve_triangular(R, torch.eye(len(R), dtype=R.dtype), upper=True)
    share = 1.0 / float(rows.square().sum(dim=1).max())  # row j is 1 / as long as what is new in column j
    return share if share > 0.0 else 0.0  # nan, where a column is exactly a sum of others

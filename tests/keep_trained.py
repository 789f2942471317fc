"""Trains the nets that lesson 10 shows ready trained, with torch, and keeps their weights.

    python tests/keep_trained.py

writes sheetnet/course/deep/trained.json anew: `curve` and `passengers` train one net each, and a test does it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

import sheetnet as sn
from sheetnet.course.deep.own import CHECKED, FOLDS, FOLLOWED, GROUPS, MODELS, POINTS, STARTS, folds, points

KEPT = Path(sn.__file__).parent / "course" / "deep" / "trained.json"
DECIMALS = 4
Weights = list[list[list[float]]]


class TwoReLU(nn.Module):
    """Lesson 4's net: two rectified sums of the features, added."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.lin = nn.Linear(n_features, 2, bias=False)

    def forward(self, X: Tensor) -> Tensor:
        return torch.relu(self.lin(X)).sum(1, keepdim=True)


def module_of(sizes: Sequence[int], bias: bool = True) -> nn.Sequential:
    """Linear layers with ReLUs between them."""
    layers: list[nn.Module] = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out, bias=bias), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).double()


def drawn(net: nn.Module, seed: int, times: float, reach: float) -> nn.Module:
    """The net with starts that numpy draws: weights of spread times sqrt(2 / n), biases from -reach to reach."""
    draw = np.random.RandomState(seed)
    with torch.no_grad():
        for p in net.parameters():
            n_out, n_in = (p.shape[0], p.shape[1]) if p.dim() == 2 else (len(p), 0)
            some = (
                draw.normal(0, times * np.sqrt(2 / n_in), (n_in, n_out)).T
                if n_in
                else draw.uniform(-reach, reach, n_out)
            )
            p.copy_(torch.tensor(np.ascontiguousarray(some)))
    return net


def trained(net: nn.Module, X: Tensor, y: Tensor, epochs: int, lr: float, falls: bool) -> Iterator[nn.Module]:
    """The net before each epoch of Adam and after the last; falls: the rate goes down to 0 in a straight line."""
    adam = torch.optim.Adam(net.parameters(), lr=lr)
    for epoch in range(epochs):
        yield net
        adam.param_groups[0]["lr"] = lr * (1 - epoch / epochs * falls)
        adam.zero_grad()
        mse_loss(net(X), y).backward()  # type: ignore[no-untyped-call]
        adam.step()
    yield net


def curve(hidden: Sequence[int], seed: int) -> tuple[float, Weights]:
    """The loss and weights of a net that has learnt the points of the curve."""
    X, y = (torch.tensor(column) for column in points(POINTS))
    (*_, net) = trained(drawn(module_of((1, *hidden, 1)), seed, 1.0, 1.0), X, y, FOLLOWED, 0.02, True)
    return mse_loss(net(X), y).item(), weights(net)


def passengers(model: str, fold: int) -> tuple[list[float], Weights]:
    """The losses on a fold after each of CHECKED epochs, and the weights at the end, of a net trained on the others."""
    table, inside = sn.titanic(), folds() == fold
    X, y = torch.tensor(np.asarray(table.X, float)), torch.tensor(np.asarray(table.y, float).reshape(-1, 1))
    hidden = MODELS[model]
    if hidden is None:
        net: nn.Module = TwoReLU(X.shape[1]).double()
    else:
        net = module_of((X.shape[1], *hidden, 1), bias=bool(hidden))
    steps = trained(drawn(net, 0, 0.5, 0.0), X[~inside], y[~inside], CHECKED[-1], 0.01, False)
    losses = [mse_loss(now(X[inside]), y[inside]).item() for epoch, now in enumerate(steps) if epoch in CHECKED]
    return [round(loss, DECIMALS) for loss in losses], weights(net)


def weights(net: nn.Module) -> Weights:
    """Its parameters as a sheet has them: (in, out), and biases as rows."""
    return [np.atleast_2d(p.detach().numpy().T).round(DECIMALS).tolist() for p in net.parameters()]


def main() -> None:
    torch.set_num_threads(1)
    best = {name: min(curve(hidden, seed) for seed in range(STARTS))[1] for name, hidden in GROUPS.items()}
    runs = {model: [passengers(model, fold) for fold in range(FOLDS)] for model in MODELS}
    kept = {
        "curve": best,
        "passengers": {model: found[0][1] for model, found in runs.items()},
        "losses": {model: found[0][0] for model, found in runs.items()},
        "folds": {model: [losses[-1] for losses, _ in found] for model, found in runs.items()},
    }
    KEPT.write_text(json.dumps(kept, indent=None, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()

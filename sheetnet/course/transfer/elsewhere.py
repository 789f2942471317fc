"""The old task, and the weights that torch found for it elsewhere: on 400 rows, which no sheet must learn from again.

They are kept in weights.csv, to four decimals: `trained` is how they were made.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

ROWS, SHOWN = 400, 40  # of the old task; of which every tenth stands in the sheet
TURNS, NOISE = 1.5, 0.1  # of every old wave: how fast it swings, and what chance adds
OLD = ((1.0, 0.0), (1.0, 1.2), (0.8, 2.4), (0.9, -1.0))  # of each old wave: its height, and how far it is shifted
HIDDEN, FEATURES = 8, 2
SHAPES = {
    "W_1": (1, HIDDEN), "b_1": (1, HIDDEN), "W_2": (HIDDEN, FEATURES), "b_2": (1, FEATURES),
    "W_3": (FEATURES, len(OLD)), "b_3": (1, len(OLD)),
}  # fmt: skip
LOWER = ("W_1", "b_1", "W_2", "b_2")
HEAD = ("W_3", "b_3")
FILE = Path(__file__).with_name("weights.csv")
EPOCHS, DECAY, SEED = 300, 0.001, 3


def old_rows() -> tuple[np.ndarray, np.ndarray]:
    """x (400, 1) from -3 to 3, and the old waves with noise, (400, 4)."""
    x = np.linspace(-3, 3, ROWS)[:, None]
    noise = np.random.RandomState(SEED).normal(scale=NOISE, size=(ROWS, len(OLD)))
    waves = [height * np.sin(TURNS * x + shift) for height, shift in OLD]
    return x.round(3), (np.hstack(waves) + noise).round(3)


@cache
def weights() -> dict[str, np.ndarray]:
    """The weights and biases of the old task by name, in the shapes of a sheet."""
    with FILE.open(newline="", encoding="utf-8") as file:
        lines = {name: list(map(float, numbers)) for name, *numbers in csv.reader(file)}
    return {name: np.array(lines[name]).reshape(shape) for name, shape in SHAPES.items()}


def trained() -> dict[str, np.ndarray]:
    """The same, learnt once more by torch: 300 epochs of L-BFGS on the mean squared error, with a little decay."""
    import torch
    from torch import nn

    from sheetnet.models.twins import one_thread

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        module = nn.Sequential(
            nn.Linear(1, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, FEATURES), nn.Tanh(), nn.Linear(FEATURES, len(OLD))
        ).double()
    x, Y = map(torch.as_tensor, old_rows())
    with torch.no_grad():
        for parameter in module[0].parameters():
            parameter.mul_(2.0)
    optimiser = torch.optim.LBFGS(
        module.parameters(), max_iter=EPOCHS, line_search_fn="strong_wolfe", tolerance_grad=1e-9, tolerance_change=1e-12
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = (module(x) - Y).square().mean() + DECAY * sum(p.square().sum() for p in module.parameters())
        loss.backward()
        return torch.as_tensor(loss)

    with one_thread():
        optimiser.step(closure)  # type: ignore[no-untyped-call]
    found = [parameter.detach().numpy() for parameter in module.parameters()]
    return {name: value.T.reshape(SHAPES[name]) for name, value in zip(SHAPES, found, strict=True)}


def keep() -> None:
    """None; weights.csv is written anew."""
    lines = [[name, *(f"{number:.4f}" for number in value.flat)] for name, value in trained().items()]
    FILE.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")

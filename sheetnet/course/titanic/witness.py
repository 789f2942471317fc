"""Torch on the passengers: every epoch of each model, one epoch in slow motion, least squares, the product."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sheetnet.models.model import Model
from sheetnet.tables.table import Table
from sheetnet.training import least_squares, observe
from sheetnet.training import witness as run


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

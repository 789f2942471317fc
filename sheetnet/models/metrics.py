"""Metrics of predictions, by what the target is: a number, two classes or many. In numpy, as scikit-learn defines them.

Where a prediction is no number there is no metric: nan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-3  # what half precision may lose: a net that says 0 for every row is not above the loss of saying 0


def metrics(
    kind: str, said: np.ndarray, y: np.ndarray, in_units: Callable[[np.ndarray], np.ndarray] | None = None
) -> dict[str, float]:
    """What predictions are worth: r2, rmse and mae of numbers, accuracy and majority of classes.

    kind: "number", "two" or "many". said, y (n,) or (n, 1): numbers, or which class, counted from 0. in_units: from y
    to the target's own units, as Table.in_units; rmse and mae are in these, r2 is of y.
    majority is the share of the most common class: what is right without looking at a feature.
    """
    said, y = (np.asarray(a, dtype=float).ravel() for a in (said, y))
    if kind == "number":
        own = (said, y) if in_units is None else (in_units(said), in_units(y))
        return {"r2": r2(said, y), "rmse": rmse(*own), "mae": mae(*own)}
    return {"accuracy": accuracy(said, y), "majority": majority(y)}


def r2(said: np.ndarray, y: np.ndarray) -> float:
    """1 - sum (y - said)^2 / sum (y - mean(y))^2; nan where y is the same in every row."""
    spread = float(((y - y.mean()) ** 2).sum()) if len(y) else 0.0
    return 1.0 - float(((y - said) ** 2).sum()) / spread if spread else float("nan")


def rmse(said: np.ndarray, y: np.ndarray) -> float:
    """sqrt(mean((y - said)^2)), in the units of y."""
    return float(np.sqrt(((y - said) ** 2).mean())) if len(y) else float("nan")


def mae(said: np.ndarray, y: np.ndarray) -> float:
    """mean(|y - said|), in the units of y."""
    return float(np.abs(y - said).mean()) if len(y) else float("nan")


def accuracy(said: np.ndarray, y: np.ndarray) -> float:
    """The share of rows of which the class is said."""
    said, y = np.ravel(said), np.ravel(y)
    return float((said == y).mean()) if len(y) and np.isfinite(said).all() else float("nan")


def majority(y: np.ndarray) -> float:
    """The share of the most common class."""
    return float(np.unique(y, return_counts=True)[1].max() / len(y)) if len(y) else float("nan")


def exploded(first: Any, last: Any, nothing: Any) -> Any:
    """Whether a loss has run away though it is finite: above where it began, and above that of saying 0 in every row.

    first, last: the loss at the first and last epoch, numbers or arrays of them; nothing: losses.of_nothing.
    """
    return np.isfinite(last) & (np.asarray(last) > first) & (np.asarray(last) > np.multiply(nothing, 1 + ROUNDING))


def trouble(first: float, last: float, nothing: float) -> str:
    """What is wrong with the way that a loss went, and what to do, in words; empty where it went well."""
    if not np.isfinite(first):
        return "the loss is no finite number from the start: the start weights or the rows are too large"
    if not np.isfinite(last):
        return "the loss is no finite number at the end: take a smaller learning rate"
    if exploded(first, last, nothing):
        told = f"{first:.4g} to {last:.4g}, where saying 0 for every row has {nothing:.4g}"
        return f"the loss has run away, {told}: take a smaller learning rate"
    return ""


def silent(first: float, last: float, nothing: float) -> str:
    """What it means that a loss has become that of saying 0 for every row, in words; empty where it has not."""
    if first == last or not nothing > 0 or abs(last - nothing) > 1e-12 * nothing:
        return ""
    what = f"the loss has become that of saying 0 for every row, {last:.4g}: its units are dead"
    return f"{what}. Take a smaller learning rate, or another seed"


def confusion(said: np.ndarray, y: np.ndarray, classes: Sequence[str]) -> pd.DataFrame:
    """How many rows of each class (rows) are taken for each (columns); a row without a prediction is left out."""
    import pandas as pd

    said, y = (np.asarray(a, dtype=float).ravel() for a in (said, y))
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    told = np.isfinite(said)
    np.add.at(counts, (y[told].astype(int), said[told].astype(int)), 1)
    return pd.DataFrame(
        counts, index=pd.Index(list(classes), name="is"), columns=pd.Index(list(classes), name="taken for")
    )

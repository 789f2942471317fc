"""What a net learns from: the rows of any table, judged before the first epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from sheetnet.errors import DataError, TrainingError
from sheetnet.models.net import Net
from sheetnet.models.norms import BatchNorm
from sheetnet.tables.rows import Rows

PARTS = ("train", "valid", "test")  # in the order of table.parts: 0, 1, 2
NET_DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class NetTask:
    """A net, rows and their parts (n,), what its target is, and how it is trained; rates has one for each epoch."""

    net: Net
    X: np.ndarray = field(repr=False)  # (n, p)
    y: np.ndarray = field(repr=False)  # (n, 1)
    parts: np.ndarray = field(repr=False)
    features: tuple[str, ...]
    kind: str  # of the target: "number", "two", "many"
    optimiser: str
    rates: np.ndarray = field(repr=False)
    weight_decay: float | None  # None for the optimiser's own
    batch: int | None
    seed: int
    device: torch.device
    dtype: str

    def of_part(self, part: int) -> tuple[np.ndarray, np.ndarray]:
        """X and y of the rows of a part."""
        rows = self.parts == part
        return self.X[rows], self.y[rows]


@dataclass(frozen=True)
class Learnt:
    """Rows that a net can learn from: X (n, p), y (n, 1), parts (n,), and what the target is."""

    X: np.ndarray
    y: np.ndarray
    parts: np.ndarray
    features: tuple[str, ...]
    kind: str
    in_units: Callable[[np.ndarray], np.ndarray] | None = None  # from y to the target's own, where the table can say
    classes: tuple[str, ...] = ()


def rows_of(net: Net, table: Any) -> Learnt:
    """The rows of a table, or of files that fit into memory, as the net takes them.

    Raises: DataError for rows that it cannot learn from, SheetnetError for a net that is for another table.
    """
    if isinstance(table, Rows):
        (X, y), features = table.load(), table.features
    elif all(hasattr(table, name) for name in ("X", "y", "features")):
        X, y, features = table.X, table.y, tuple(table.features)
    else:
        raise DataError(f"a table is needed, such as sn.titanic(), found {type(table).__name__}")
    if net.n_features != X.shape[1]:
        raise TrainingError(f"{net.title} is for {net.n_features} features, the table has {X.shape[1]}")
    if (bad := ~(np.isfinite(X).all(1) & np.isfinite(y).all(1))).any():
        raise DataError(f"row {int(np.flatnonzero(bad)[0]) + 1} of the table holds an entry that is no finite number")
    parts = _parts(table, len(y))
    classes = tuple(getattr(getattr(table, "target", None), "classes", ()))
    return Learnt(X, y, parts, features, _kind(net, table, y, parts), getattr(table, "in_units", None), classes)


def _parts(table: Any, n: int) -> np.ndarray:
    parts = np.asarray(getattr(table, "parts", np.zeros(n, dtype=int))).ravel()
    if parts.shape != (n,) or not np.isin(parts, (0, 1, 2)).all():
        raise DataError("the parts of a table are 0 (train), 1 (valid) or 2 (test), one for each row")
    if not (parts == 0).any():
        raise DataError("no row of the table is for training: split it so that some are")
    return parts


def _kind(net: Net, table: Any, y: np.ndarray, parts: np.ndarray) -> str:
    """What the target is, if the net's loss can learn it."""
    loss, target = net.of_loss, getattr(table, "target", None)
    name = str(getattr(target, "name", target or "the target"))
    if (seen := np.unique(y[parts == 0])).size == 1:
        raise DataError(f"{name} is {seen[0]:g} in every row for training: there is nothing to tell apart")
    kind = getattr(target, "kind", None)
    if kind is None:
        usual = {"cross_entropy": "many", "bce_with_logits": "two"}
        kind = usual.get(net.loss, "two" if zero_one(y) else "number")
    elif kind not in loss.targets:
        what = "a number" if kind == "number" else "two classes" if kind == "two" else "more than two classes"
        raise TrainingError(f"{net.title} learns by {net.loss}, which does not suit {name}: that is {what}")
    k = net.n_outputs
    if net.loss == "cross_entropy":
        bad = (y != np.round(y)) | (y < 0) | (y >= k)
        wanted = f"a class, 0 to {k - 1}: {net.title} gives {k} scores"
    else:
        if k != 1:
            raise TrainingError(f"{net.title} gives {k} columns; with the loss {net.loss} a net gives one")
        bad = ~np.isin(y, (0.0, 1.0)) if net.loss == "bce_with_logits" else np.zeros(y.shape, dtype=bool)
        wanted = "0 or 1, as the loss bce_with_logits takes them"
    if bad.any():
        row = int(np.flatnonzero(bad[:, 0])[0])
        raise DataError(f"row {row + 1} of the table: {name} is {y[row, 0]:g}, expected {wanted}")
    return str(kind)


def zero_one(y: np.ndarray) -> bool:
    """Whether a target holds exactly 0 and 1: two classes, of which one can count those told right."""
    return bool(np.isin(y, (0.0, 1.0)).all()) and bool((y == 0).any()) and bool((y == 1).any())


def check_batch(task: NetTask) -> None:
    """See that each mini-batch has rows enough for the net's layers.

    Raises: TrainingError where a norm would have but one row.
    """
    n = int((task.parts == 0).sum())
    least = min(n, task.batch or n, n % task.batch or n if task.batch else n)
    if least == 1 and any(isinstance(step.layer, BatchNorm) for step in task.net.steps):
        where = f"a mini-batch of {n} rows by {task.batch}" if task.batch else "the training part"
        raise TrainingError(f"{where} has but one row, and batch norm needs two: say another batch")


def check_numbers(learnt: Learnt, dtype: str) -> None:
    """See that the rows can be written in a dtype.

    Raises: TrainingError for another dtype than a net is trained in, DataError for numbers that are too large for it.
    """
    if dtype not in NET_DTYPES:
        raise TrainingError(f"a net is trained in {' or '.join(NET_DTYPES)}, not in {dtype!r}")
    limit = float(np.finfo(dtype).max)
    largest = max(float(np.abs(a).max(initial=0)) for a in (learnt.X, learnt.y))
    if largest > limit:
        raise DataError(f"the table holds numbers of size {largest:g}; {dtype} ends at {limit:g}: take float64")

"""What is trained and how; what a path is; and a linear task on fewer rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

import numpy as np
import torch

from sheetnet.errors import TrainingError
from sheetnet.models.model import Model
from sheetnet.training.devices import HALF
from sheetnet.training.written import is_linear

BLAS = 2000  # weights over which matrix products are faster than the fused loops (measured on 2 cores)
ROWS, EPOCHS = 5, 4000  # to a weight, and of a net, from which on Gram matrices were faster in every size measured
MULTIPLY = 2e-10  # seconds that fused takes in float64 for a row and weight


@dataclass(frozen=True)
class Task:
    """A model, the rows it learns from, and the settings of descent; rows is what the squared error is divided by."""

    model: Model
    X: np.ndarray = field(repr=False)  # (n, p)
    y: np.ndarray = field(repr=False)  # (n, 1)
    rows: int
    lr: float
    weight_decay: float
    batch: int | None  # rows of a mini-batch; None for all
    seed: int  # of the order of the mini-batches
    device: torch.device
    dtype: str


class Path(Protocol):
    """A way to train: holds the weights and moves them; all give the same numbers, up to rounding."""

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """Take a step for each entry of losses, from that epoch on, and record each epoch's loss before its step."""

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy at the present weights."""

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""


@runtime_checkable
class Anchored(Path, Protocol):
    """A path that remembers more than its weights, but for anchors: what comes after one follows from its weights."""

    anchor: tuple[int, np.ndarray] | None  # the epoch and weights (p, k) of the last one

    def replay(self, epoch: int, W: np.ndarray, until: int) -> None:
        """Go from an anchor to a later epoch, as it was gone before."""


def shuffled(seed: int, epoch: int, n: int) -> np.ndarray:
    """The order of n rows in an epoch of mini-batches: the same on every path, and after a resume."""
    return np.random.default_rng((seed, epoch)).permutation(n)


def factored(task: Task, R: np.ndarray) -> Task:
    """The same linear task on at most p + 1 rows, for full-batch squared error: its loss is equal for every W.

    The triangle R of QR([X y]) has R'R = [X y]'[X y], so |X W - y|^2 = |R_X W - R_y|^2: all that the rows say about a
    linear model, found once; each epoch then costs O(p^2). (X'X and X'y say it too, with half the digits.)
    """
    return replace(task, X=R[:, :-1], y=R[:, -1:])


def gram_pays(task: Task, epochs: int, nets: int = 1) -> bool:
    """Whether Gram matrices (gram.py) save more time than compiling their loops may take; on a CPU, with numba."""
    rows, weights = len(task.y), task.model.n_features * task.model.n_hidden
    suits = task.model.rectified and task.dtype == "float64" and task.batch is None
    enough = rows >= ROWS * weights and epochs >= EPOCHS
    return suits and enough and MULTIPLY * rows * weights * epochs * nets >= 1.0


def triangle(Xy: np.ndarray, chunk: int = 16_384) -> np.ndarray:
    """R (at most p + 1, p + 1) of QR([X y]), chunk by chunk: the triangle so far is stacked on the next rows."""
    R = np.empty((0, Xy.shape[1]))
    for first in range(0, max(1, len(Xy)), chunk):
        R = np.asarray(np.linalg.qr(np.vstack([R, Xy[first : first + chunk]]), mode="r"))
    return R


def can_factor(task: Task, n_rows: int) -> bool:
    """Whether the task is a linear model, full batch, in exact enough numbers, with rows to spare."""
    return is_linear(task.model) and task.batch is None and task.dtype not in HALF and n_rows > 2 * task.X.shape[1]


@contextmanager
def enough_memory(task: Task) -> Iterator[None]:
    """Says what would fit where a device, or the machine, is full.

    Raises: TrainingError in place of an error of memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as reason:  # on a CPU torch has no error of its own for it
        full = isinstance(reason, MemoryError | torch.OutOfMemoryError) or "allocate memory" in str(reason)
        if not full:
            raise
        (n, p), k = task.X.shape, task.model.n_hidden
        raise TrainingError(
            f"{task.device} has no memory for {n or task.rows} x {p} rows and {k} units in {task.dtype}; take fewer"
            " rows or units, a smaller --memory (rows from files are then read in chunks), --dtype float32, or another"
            " device"
        ) from None

"""What is trained and how, and the ways (paths) to train it: each gives the same numbers, up to rounding."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Protocol

import numpy as np
import torch

from sheetnet.errors import TrainingError
from sheetnet.models.model import Model
from sheetnet.training.devices import HALF

PATHS = {
    "autograd": "loop:Autograd",  # the referee: a hand-written module, mse_loss, backward
    "fused": "fused:Fused",  # compiled loops on the CPU
    "closed": "closed:Closed",  # the gradient written out in torch's matrix operations; a CUDA graph on CUDA
    "persistent": "cuda:Persistent",  # one Triton kernel for many epochs of a small table
    "passes": "cuda:Passes",  # a Triton kernel that loads each feature once an epoch
}
PATIENCE = 2.0  # seconds of autograd under which compiling a faster path does not pay
BLAS = 2000  # weights over which matrix products are faster than the fused loops (measured on 2 cores)


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
    """A way to train: holds the weights and moves them."""

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """Take a step for each entry of losses, from that epoch on, and record each epoch's loss before its step."""

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy at the present weights."""

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""


def shuffled(seed: int, epoch: int, n: int) -> np.ndarray:
    """The order of n rows in an epoch of mini-batches: the same on every path, and after a resume."""
    return np.random.default_rng((seed, epoch)).permutation(n)


def factored(task: Task, R: np.ndarray) -> Task:
    """The same linear task on at most p + 1 rows, for full-batch squared error: its loss is equal for every W.

    The triangle R of QR([X y]) has R'R = [X y]'[X y], so |X W - y|^2 = |R_X W - R_y|^2: all that the rows say about a
    linear model, found once; each epoch then costs O(p^2). (X'X and X'y say it too, with half the digits.)
    """
    return replace(task, X=R[:, :-1], y=R[:, -1:])


def triangle(Xy: np.ndarray, chunk: int = 16_384) -> np.ndarray:
    """R (at most p + 1, p + 1) of QR([X y]), chunk by chunk: the triangle so far is stacked on the next rows."""
    R = np.empty((0, Xy.shape[1]))
    for first in range(0, max(1, len(Xy)), chunk):
        R = np.asarray(np.linalg.qr(np.vstack([R, Xy[first : first + chunk]]), mode="r"))
    return R


def can_factor(task: Task, n_rows: int) -> bool:
    """Whether the task is a linear model, full batch, in exact enough numbers, with rows to spare."""
    return not task.model.rectified and task.batch is None and task.dtype not in HALF and n_rows > 2 * task.X.shape[1]


def choose(task: Task, epochs: int) -> str:
    """The path that suits a task: autograd for small work, else the fastest for device, dtype and size."""
    weights = task.model.n_features * task.model.n_hidden
    if task.dtype in HALF:
        return "closed"
    if task.device.type == "cpu":
        steps = -(-len(task.y) // task.batch) if task.batch else 1
        if epochs * (1e-4 * steps + 2e-9 * weights * len(task.y)) < PATIENCE:
            return "autograd"
        return "fused" if weights <= BLAS or task.batch else "closed"
    if task.batch:
        return "autograd"
    if task.device.type == "cuda" and task.dtype == "float32":
        return _by_triton(task)
    return "closed"


def _by_triton(task: Task) -> str:
    try:
        from sheetnet.training.kernels import fits, fits_one
    except ImportError:  # no Triton, as on Windows
        return "closed"
    p, k = task.model.n_features, task.model.n_hidden
    return "persistent" if fits_one(len(task.y), p, k) else "passes" if fits(p, k) else "closed"


def start(name: str, task: Task, W: np.ndarray) -> Path:
    """The path of that name, holding W (p, k).

    Raises: TrainingError for a path that is unknown or does not suit the task.
    """
    if name not in PATHS:
        raise TrainingError(f"there is no path {name!r}; known are auto, factored, summed, {', '.join(PATHS)}")
    module, _, kind = PATHS[name].partition(":")
    made: Path = getattr(import_module(f"sheetnet.training.{module}"), kind)(task, W)
    return made


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

"""basins: many starts of one net in a plane, each trained to its end -> Basins: which start ends in which minimum."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.common.settings import MAX_SEED, called, learning_rate, whole_number
from sheetnet.errors import SheetnetError, TrainingError
from sheetnet.models.model import Model
from sheetnet.tables.table import Table
from sheetnet.training.block import Block, Nets
from sheetnet.training.devices import resolve_device, resolve_dtype
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.nets import choose
from sheetnet.training.ranks import Ranks, launched
from sheetnet.training.source import check_range, source_of
from sheetnet.training.sweep_blocks import BEAT, SHORT, Progress
from sheetnet.training.task import Task, enough_memory
from sheetnet.training.trainer import MAX_EPOCHS, on

if TYPE_CHECKING:
    import pandas as pd

STARTS, MAX_STARTS = 2500, 4_000_000
DIGITS = 4  # decimals of a loss by which minima are told apart
ALIKE = 0.02  # of the size of what units say: nets closer than this are one
PROBES = 4  # random sums of rows by which units are compared
MOST = 200  # nets of one loss that are told apart


@dataclass(frozen=True, eq=False)
class Basins:
    """What came of the starts W = first * U + second * V, of which U and V (p, k) are two random directions.

    table: first, second, loss (missing where it diverged), dead_units; a row for each start that was trained.
    minima: loss (to four decimals), starts, share, nets (different ones among them), unlike (that are different
    however their units are named), by loss; two nets are one where their units say the same for every row.
    """

    model: Model
    table: pd.DataFrame = field(repr=False)
    minima: pd.DataFrame = field(repr=False)
    side: int  # starts along each direction
    size: float
    epochs: int
    lr: float
    device: str
    dtype: str
    path: str
    seconds: float
    stopped: bool = False

    @property
    def grid(self) -> np.ndarray:
        """The losses (side, side), second by first; nan where none is known."""
        out = np.full((self.side, self.side), np.nan)
        out[np.divmod(self.table.index.to_numpy(), self.side)] = self.table["loss"]
        return out

    @property
    def title(self) -> str:
        """What came of it, in a line."""
        if self.minima.empty:
            return f"{len(self.table):,} starts, and every one diverged"
        best = self.minima.iloc[0]
        ends = f"{len(self.minima):,} different losses" if len(self.minima) > 1 else "one loss"
        return f"{len(self.table):,} starts, {ends}; {best['share']:.1%} end at the least, {best['loss']:.{DIGITS}f}"

    def plot(self, path: str | Path | None = None) -> Any:
        """The final loss by both directions, and the starts by their final loss: both axes. path: written too."""
        from sheetnet.training.plots import plot_basins

        losses = self.table["loss"].to_numpy()
        return plot_basins(self.grid, self.size, losses, self.title, None if path is None else Path(path))

    def workbook(self, path: str | Path) -> None:
        """Write a workbook: the minima, and a map of the starts."""
        from sheetnet.sweep_book.basins import write_basins

        write_basins(self, Path(path))


def basins(
    model: Model, table: Table, *, starts: int = STARTS, epochs: int = 4000, lr: float = 0.1, size: float = 1.0,
    seed: int = 0, device: str = "auto", dtype: str = "float64", path: str = "auto", progress: Progress | None = None,
) -> Basins:  # fmt: skip
    """Train a square of about so many starts, as many along U as along V, each from -size to size.

    U and V are drawn from seed, evenly between -1 and 1. Starts are taken in an order that is drawn too: where Ctrl-C
    ends it the starts that are done lie all over the plane, and Basins.stopped says so.
    Raises: SheetnetError for settings that cannot be, TrainingError for a device or dtype that is not there.
    """
    import pandas as pd

    called("progress", progress, "print, which gets how many starts are done")
    side = isqrt(whole_number("starts", starts, 1, MAX_STARTS))
    epochs, seed = whole_number("epochs", epochs, 0, MAX_EPOCHS), whole_number("seed", seed, 0, MAX_SEED)
    lr, size = learning_rate(lr), learning_rate(size, "the size")
    if launched():
        raise TrainingError("basins are for one process; start it without torchrun")
    if not isinstance(model, Model) or not model.rectified:
        raise SheetnetError("basins are of a net of ReLUs, such as sn.two_relu(table): a linear model has one minimum")
    if model.n_features != len(table.features):
        raise TrainingError(f"{model.name} is for {model.n_features} features, the table has {len(table.features)}")
    where = resolve_device(device, dtype)
    resolve_dtype(dtype, where)
    source = source_of(table, dtype, None, Ranks())
    if source.streamed:
        raise TrainingError("basins need their rows in memory; take fewer rows")
    check_range(source, dtype)
    rng = np.random.default_rng(seed)
    U, V = rng.uniform(-1, 1, (2, model.n_hidden, model.n_features))
    order = rng.permutation(side * side)
    marks = np.linspace(-size, size, side) if side > 1 else np.zeros(1)
    second, first = (marks[at] for at in np.divmod(np.arange(side * side), side))
    task = Task(model, source.X, source.y, source.n_rows, lr, 0.0, None, seed, where, dtype)
    with on(where), enough_memory(task):
        way = choose(task, path, side * side, epochs)
        began = time.perf_counter()
        done, loss, dead, says = _trained(way, task, first, second, U, V, order, epochs, progress)
    at = np.sort(order[:done])
    losses = np.where(np.isfinite(loss[at]), loss[at], np.nan)
    ends = pd.DataFrame(
        {"first": first[at], "second": second[at], "loss": losses, "dead_units": dead[at]}, index=pd.Index(at)
    )
    return Basins(
        model, ends, _minima(losses, says[at]), side, size, epochs, lr, str(where), dtype, way.name,
        time.perf_counter() - began, done < side * side,
    )  # fmt: skip


def _trained(
    way: Nets, task: Task, first: np.ndarray, second: np.ndarray, U: np.ndarray, V: np.ndarray, order: np.ndarray,
    epochs: int, progress: Progress | None,
) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
    """How many starts were trained, in that order; by start: loss, dead units, and what its units say (k, PROBES)."""
    n, k = len(order), task.model.n_hidden
    loss, dead, says = np.full(n, np.nan), np.zeros(n, np.int64), np.zeros((n, k, PROBES), np.float32)
    P = np.random.default_rng(0).normal(size=(task.rows, PROBES)) / task.rows**0.5
    each = 1e-6 * epochs * (1 + task.rows * U.size / 14_240)  # what two cores take for a net
    size = max(1, min(way.size, int(SHORT / max(each, 1e-12)))) if task.device.type == "cpu" else way.size
    done = 0
    with Interrupt() as interrupt:
        while done < n and not interrupt.heard:
            part = order[done : done + size]
            W = first[part, None, None] * U + second[part, None, None] * V
            W = np.ascontiguousarray(W, dtype="float64" if task.dtype == "float64" else "float32")
            many = len(W)
            block = Block(W, np.full(many, task.lr), np.zeros(many), np.full(many, np.inf), np.full(many, -1))
            if not _to_the_end(way, block, epochs, interrupt):
                break
            found = way.measure(block)
            loss[part], dead[part] = np.where(block.diverged < 0, found.loss, np.nan), found.dead
            with np.errstate(all="ignore"):  # of nets that diverged
                for at, one in zip(part, block.W, strict=True):
                    says[at] = np.maximum(task.X @ one.T, 0).T @ P
            done += many
            if progress:
                progress(done, done)
    return done, loss, dead, says


def _to_the_end(way: Nets, block: Block, epochs: int, interrupt: Interrupt) -> bool:
    """Whether a block was trained to its end; else Ctrl-C came first."""
    epoch, step = 0, 1
    while epoch < epochs:
        count, began = min(step, epochs - epoch), time.perf_counter()
        way.advance(block, epoch, count)
        epoch += count
        step = max(1, min(8 * step, int(count * BEAT / max(time.perf_counter() - began, 1e-9))))
        if interrupt.heard and epoch < epochs:
            return False
    return True


def _minima(losses: np.ndarray, says: np.ndarray) -> pd.DataFrame:
    """The different final losses, the least first, and how many nets there are of each."""
    import pandas as pd

    finite = np.flatnonzero(np.isfinite(losses))
    values, which, counts = np.unique(np.round(losses[finite], DIGITS), return_inverse=True, return_counts=True)
    members = np.split(finite[np.argsort(which, kind="stable")], np.cumsum(counts)[:-1])
    ordered = np.take_along_axis(says, np.argsort(says[:, :, :1], axis=1), axis=1)
    rows = [
        (value, count, count / max(1, len(losses)), _different(says[which]), _different(ordered[which]))
        for value, count, which in zip(values, counts, members, strict=True)
        if count
    ]
    return pd.DataFrame(rows, columns=["loss", "starts", "share", "nets", "unlike"])


def _different(says: np.ndarray) -> int:
    """How many of the nets (m, k, PROBES) are different, counted up to MOST."""
    left, found = says.reshape(len(says), -1).astype(float), 0
    while len(left) and found < MOST:
        far = np.linalg.norm(left - left[0], axis=1) > ALIKE * max(float(np.linalg.norm(left[0])), 1e-12)
        far[0] = False
        left, found = left[far], found + 1
    return found

"""From a task and where its rows are to the way to train it: in memory, factored, or summed up from parts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetnet.errors import TrainingError
from sheetnet.training.loop import Autograd, Watch
from sheetnet.training.paths import PATHS, choose, start
from sheetnet.training.ranks import Ranks
from sheetnet.training.source import Source, Target, check_range, free_memory
from sheetnet.training.summed import CHUNK, Summed
from sheetnet.training.task import Path, Task, can_factor, factored, triangle

FACTORED = "factored"
ROOM = 64 << 20  # bytes that predictions may take when rows are counted
Way = tuple[str, Callable[[np.ndarray], Path], Target]


def way_of(task: Task, source: Source, group: Ranks, path: str, epochs: int, watch: Watch | None) -> Way:
    """The name of the way to train, what makes it from weights W (p, k), and what the target is.

    path: auto, one of paths.PATHS, summed, or factored (with a path for what comes of it, as in `factored, fused`).
    Raises: TrainingError for a path that is unknown or does not suit; DataError for a target of one value.
    """
    parted = source.streamed or group.world > 1
    if watch is not None:
        if parted or task.batch or path not in ("auto", "autograd"):
            raise TrainingError("watch is for the autograd path, with all rows in memory and at once")
        target = Target()
        target.see(source.y)
        return "autograd", lambda W: Autograd(task, W, watch), target
    check_range(source, task.dtype)
    outer, _, within = path.partition(", ")
    if outer == FACTORED and within and (within not in PATHS or within == "autograd"):
        raise TrainingError(
            f"what is factored can be trained on {', '.join(sorted({*PATHS} - {'autograd'}))}, not {within!r}"
        )
    if outer == FACTORED and not can_factor(task, source.n_rows):
        raise TrainingError("the factored path is for linear models, all rows at once, in float64 or float32")
    wanted = path == "auto" and (parted or choose(task, epochs) != "autograd")
    if outer == FACTORED or (wanted and can_factor(task, source.n_rows)):
        R, target = _factor(source, group)
        small = factored(task, R)
        name = within or choose(small, epochs)
        name = "closed" if name == "autograd" else name  # the referee takes rows as they are, with their own mean
        return f"{FACTORED}, {name}", lambda W: start(name, small, W), target
    target = _see_target(source, group)
    if parted and path not in ("auto", "summed") and path in PATHS:
        raise TrainingError(
            f"the path {path} is for rows in memory and one process: give more --memory, start one process, or say"
            " --path auto"
        )
    name = path if path != "auto" else "summed" if parted else choose(task, epochs)
    if path == "auto" and name == "closed" and task.device.type == "cpu" and _buffers(task) > free_memory() // 2:
        name = "summed"
    if name == "summed":
        return name, lambda W: Summed(task, W, source.chunks, group), target
    return name, lambda W: start(name, task, W), target


def count_right(source: Source, W: np.ndarray, group: Ranks) -> np.ndarray:
    """The share of right rows for each column of W (p, m), in one pass."""
    right = np.zeros(W.shape[1])
    for X, y in source.chunks(_rows_at_once(W)):
        right += ((X @ W > 0.5) == y).sum(0)
    return group.add(right) / source.n_rows


def count_dead(source: Source, W: np.ndarray, group: Ranks) -> int:
    """How many columns of W (p, k) are above 0 for no row, in one pass."""
    alive = np.zeros(W.shape[1])
    for X, _ in source.chunks(_rows_at_once(W)):
        alive += (~(X @ W.astype(X.dtype) <= 0)).any(0)  # what is no number is not 0
    return int((group.add(alive) == 0).sum())


def _rows_at_once(W: np.ndarray) -> int:
    """How many rows times the columns of W stay within ROOM bytes."""
    return max(1, min(CHUNK, ROOM // (8 * int(W.shape[1]))))


def _buffers(task: Task) -> int:
    """Bytes that the closed path takes besides the table."""
    return (
        3 * len(task.y) * task.model.n_hidden * np.dtype("float64" if task.dtype == "float64" else "float32").itemsize
    )


def _factor(source: Source, group: Ranks) -> tuple[np.ndarray, Target]:
    """The triangle of all rows of all ranks, and what the target is."""
    R: np.ndarray | None = None
    target = Target()
    for X, y in source.chunks(CHUNK):
        Xy = np.hstack([X, y]).astype(float)
        R = triangle(Xy if R is None else np.vstack([R, Xy]))
        target.see(y)
    target.judge(source, group)
    return triangle(np.vstack([found for found in group.each(R) if found is not None])), target


def _see_target(source: Source, group: Ranks) -> Target:
    """What the target is, by one pass over the rows: faults are told before the first epoch."""
    target = Target()
    for _, y in source.chunks(CHUNK):  # a rank may have none, where rows are few
        target.see(y)
    target.judge(source, group)
    return target

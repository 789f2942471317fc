"""The blocks of a sweep: nets at their starts, trained, measured at both ends, until all are done or Ctrl-C comes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch

from sheetnet.errors import TrainingError
from sheetnet.training.block import Block, Nets
from sheetnet.training.designs import Settings, starts
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.task import Task

BEAT = 0.5  # seconds between two looks at Ctrl-C and the progress line
SHORT = 2.0  # seconds that a block of nets may take on a CPU: what Ctrl-C can lose
Progress = Callable[[int, int], None]  # nets done, counting parts of the present block; nets of finished blocks


@dataclass
class Results:
    """What each net came to, (n,) each; only the first `n` nets are done."""

    first: np.ndarray  # loss at the start
    loss: np.ndarray
    best: np.ndarray
    accuracy: np.ndarray
    diverged: np.ndarray
    dead: np.ndarray
    best_W: np.ndarray
    n: int = 0
    stopped: bool = False


def trained(way: Nets, task: Task, settings: Settings, epochs: int, progress: Progress | None) -> Results:
    """What the nets of all settings came to, block by block; Ctrl-C ends it.

    Raises: TrainingError where memory does not hold one net.
    """
    n, model = len(settings.lr), task.model
    shape = (model.n_features, model.n_hidden)
    first, loss, best, accuracy = (np.full(n, np.nan) for _ in range(4))
    done = Results(first, loss, best, accuracy, np.full(n, -1), np.zeros(n), np.full(shape, np.nan))
    size, least = way.size, np.inf
    if task.device.type == "cpu":
        each = 1e-6 * epochs * (1 + task.rows * shape[0] * shape[1] / 14_240)  # what two cores take for a net
        size = max(1, min(size, max(2, int(SHORT / max(each, 1e-12)))))
    with Interrupt() as interrupt:
        while done.n < n and not done.stopped and not interrupt.heard:
            part = slice(done.n, min(n, done.n + size))
            try:
                block = _block(task, settings, part)
                first = way.measure(block).loss
                if not _advanced(way, block, part, epochs, interrupt, progress):
                    done.stopped = True
                    break
                found = way.measure(block)
            except (torch.OutOfMemoryError, MemoryError):
                if size == 1:
                    raise TrainingError(f"{task.device} has no memory for one net of this size; free some") from None
                size = max(1, size // 2)
                continue
            finite = np.isfinite(found.loss)
            done.first[part] = first
            done.loss[part] = np.where(finite, found.loss, np.nan)
            done.accuracy[part], done.dead[part] = found.accuracy, found.dead
            done.best[part] = np.where(finite, np.minimum(block.best, found.loss), block.best)
            done.diverged[part] = np.where(~finite & (block.diverged < 0), epochs, block.diverged)
            if finite.any() and (low := np.nanmin(done.loss[part])) < least:
                least, done.best_W = low, block.W[int(np.nanargmin(done.loss[part]))].T.astype(float)
            done.n = part.stop
        done.stopped = done.n < n
    return done


def warm(way: Nets, task: Task, settings: Settings) -> None:
    """None; what a way compiles when it is first used is compiled: the time of a sweep is that of training."""
    with suppress(torch.OutOfMemoryError, MemoryError):  # it is said where nets are trained
        block = _block(task, settings, slice(0, 1))
        way.advance(block, 0, 1)
        way.measure(block)


def _block(task: Task, settings: Settings, part: slice) -> Block:
    """A block of nets at their starts."""
    W = starts(task.model, settings.seed[part], settings.scale[part])
    W = np.ascontiguousarray(W, dtype=task.dtype if task.dtype == "float64" else "float32")
    size = len(W)
    return Block(W, settings.lr[part], settings.decay[part], np.full(size, np.inf), np.full(size, -1))


def _advanced(
    way: Nets, block: Block, part: slice, epochs: int, interrupt: Interrupt, progress: Progress | None
) -> bool:  # fmt: skip
    """Whether a block of nets was trained to its end; else Ctrl-C came first."""
    epoch, step = 0, 1
    while epoch < epochs:
        count, began = min(step, epochs - epoch), time.perf_counter()
        way.advance(block, epoch, count)
        epoch += count
        step = max(1, min(8 * step, int(count * BEAT / max(time.perf_counter() - began, 1e-9))))
        if progress:
            progress(part.start + (part.stop - part.start) * epoch // epochs, part.start)
        if interrupt.heard and epoch < epochs:
            return False
    return True

"""The blocks of a sweep: nets at their starts, trained, measured at both ends, until all are done or Ctrl-C comes.

Of several processes each takes every so-many-th block; they wait for each other after each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import numpy as np
import torch

from sheetnet.errors import TrainingError
from sheetnet.training.block import Block, Nets
from sheetnet.training.designs import Settings, starts
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.ranks import Ranks
from sheetnet.training.sweep_state import Results, Saver, State
from sheetnet.training.task import Task

BEAT = 0.5  # seconds between two looks at Ctrl-C and the progress line
SHORT = 2.0  # seconds that a block of nets may take on a CPU: what Ctrl-C can lose
Progress = Callable[[int, int], None]  # nets done, counting parts of the present block; nets of finished blocks


class Sweeping:
    """A sweep on its way in one process."""

    def __init__(self, way: Nets, task: Task, settings: Settings, epochs: int, saver: Saver) -> None:
        self.way, self.task, self.settings, self.epochs, self.saver = way, task, settings, epochs, saver
        self.progress: Progress | None = None
        self.n = len(settings.lr)
        self.state = State(Results.of(self.n, (task.model.n_features, task.model.n_hidden)))
        self.step = 1  # epochs that take about BEAT
        self.mark: tuple[Block, int] | None = None  # the block where it could last be taken up again, and its epoch

    @property
    def size(self) -> int:
        """How many nets a block has: the same in every process and after a resume."""
        if self.task.device.type != "cpu":
            return self.way.size
        weights = self.task.model.n_features * self.task.model.n_hidden
        each = 1e-6 * self.epochs * (1 + self.task.rows * weights / 14_240)  # what two cores take for a net
        return max(1, min(self.way.size, max(2, int(SHORT / max(each, 1e-12)))))

    def run(self, group: Ranks, progress: Progress | None = None) -> Results:
        """What the nets of all settings came to, block by block, where Ctrl-C did not end it before.

        progress: what the first process of the group tells how far it is.
        Raises: TrainingError where memory does not hold one net.
        """
        self.progress = progress if group.first else None
        size, self.began = self.size, time.perf_counter() - self.state.seconds
        with Interrupt() as interrupt:
            for first in range(0, self.n, size * group.world):
                mine = first + size * group.rank
                self._train(slice(mine, min(self.n, mine + size)), interrupt)
                if any(group.each(interrupt.heard)):
                    break
            self._save(now=True)
        self.state.results.gather(group)
        return self.state.results

    def _train(self, part: slice, interrupt: Interrupt) -> None:
        """None; the nets of a part are done, in smaller blocks where memory is short, up to Ctrl-C."""
        state, size = self.state, max(1, part.stop - part.start)
        while (first := part.start + int(state.results.done[part].sum())) < part.stop and not interrupt.heard:
            try:
                if state.block is None or state.part.start != first:
                    self._begin(slice(first, min(part.stop, first + size)))
                if not self._advance(interrupt):
                    return
                self._end()
            except (torch.OutOfMemoryError, MemoryError):
                if size == 1:
                    words = f"{self.task.device} has no memory for one net of this size; free some"
                    raise TrainingError(words) from None
                state.block, size = None, max(1, size // 2)

    def _save(self, now: bool = False) -> None:
        self.state.seconds = time.perf_counter() - self.began
        state = self.state
        if state.block is not None and state.epoch % self.way.stride and self.mark:
            state = replace(state, block=self.mark[0], epoch=self.mark[1])
        self.saver.save(state, now)

    def _begin(self, part: slice) -> None:
        block = block_of(self.task, self.settings, part)
        self.state.first = self.way.measure(block).loss
        self.state.block, self.state.part, self.state.epoch = block, part, 0

    def _advance(self, interrupt: Interrupt) -> bool:
        """Whether the block was trained to its end; else Ctrl-C came first."""
        state, part = self.state, self.state.part
        assert state.block is not None
        state.block.lr, state.block.decay = self.settings.lr[part], self.settings.decay[part]
        while state.epoch < self.epochs:
            stop = min(self.epochs, self._marked())
            count, began = min(self.step, stop - state.epoch), time.perf_counter()
            self.way.advance(state.block, state.epoch, count)
            state.epoch += count
            took = max(time.perf_counter() - began, 1e-9)
            self.step = max(1, min(8 * self.step, int(count * BEAT / took)))
            self._save()
            if self.progress:
                self.progress(part.start + (part.stop - part.start) * state.epoch // self.epochs, part.start)
            if interrupt.heard and state.epoch < self.epochs:
                return False
        return True

    def _marked(self) -> int:
        """The epoch up to which to go at most; where a block can be taken up again, it is kept as it is now."""
        state, stride = self.state, self.way.stride
        if stride == 1:
            return self.epochs
        if state.block is not None and state.epoch % stride == 0:
            copies = {name: getattr(state.block, name).copy() for name in ("W", "best", "diverged")}
            self.mark = replace(state.block, **copies), state.epoch
        return state.epoch - state.epoch % stride + stride

    def _end(self) -> None:
        """None; what the block came to is among the results."""
        block, part, results = self.state.block, self.state.part, self.state.results
        assert block is not None
        found = self.way.measure(block)
        finite = np.isfinite(found.loss)
        results.first[part] = self.state.first
        results.loss[part] = np.where(finite, found.loss, np.nan)
        results.accuracy[part], results.dead[part] = found.accuracy, found.dead
        results.best[part] = np.where(finite, np.minimum(block.best, found.loss), block.best)
        results.diverged[part] = np.where(~finite & (block.diverged < 0), self.epochs, block.diverged)
        if finite.any():
            low = int(np.nanargmin(results.loss[part]))
            if results.best_at < 0 or results.loss[part][low] < results.loss[results.best_at]:
                results.best_at, results.best_W = part.start + low, block.W[low].T.astype(float)
        results.done[part], self.state.block = True, None


def warm(way: Nets, task: Task, settings: Settings) -> None:
    """None; what a way compiles when it is first used is compiled: the time of a sweep is that of training."""
    with suppress(torch.OutOfMemoryError, MemoryError):  # it is said where nets are trained
        block = block_of(task, settings, slice(0, 1))
        way.advance(block, 0, 1)
        way.measure(block)


def block_of(task: Task, settings: Settings, part: slice) -> Block:
    """A block of nets at their starts."""
    W = starts(task.model, settings.seed[part], settings.scale[part])
    W = np.ascontiguousarray(W, dtype=task.dtype if task.dtype == "float64" else "float32")
    size = len(W)
    return Block(W, settings.lr[part], settings.decay[part], np.full(size, np.inf), np.full(size, -1))

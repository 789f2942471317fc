"""The epochs of a run in blocks, between which progress is told, weights are kept and checkpoints written."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path as File

import numpy as np

from sheetnet.errors import TrainingError
from sheetnet.training import checkpoint
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.ranks import Ranks
from sheetnet.training.task import Anchored, Path

BEAT = 0.2  # seconds between two looks at Ctrl-C and the progress line
SAVING = 0.1  # the share of the time that checkpoints may take
Progress = Callable[[int, float], None]


class Descent:
    """A run on its way: where it is, what was recorded, and what was kept."""

    def __init__(
        self, state: checkpoint.Checkpoint, epochs: int, keep: set[int], every: int, file: File | None, group: Ranks,
        interrupt: Interrupt, progress: Progress | None,
    ) -> None:  # fmt: skip
        """Raises: TrainingError where memory does not hold the history."""
        self.state, self.epoch, self.epochs, self.every, self.file = state, state.epoch, epochs, every, file
        self.group, self.interrupt, self.progress = group, interrupt, progress
        try:
            self._losses, self._accuracies = np.empty(epochs + 1), np.empty(epochs + 1)
        except MemoryError:
            size = 16 * epochs / 1e9
            raise TrainingError(f"the history of {epochs:,} epochs takes {size:.3g} GB; ask for fewer epochs") from None
        self._losses[: self.epoch], self._accuracies[: self.epoch] = state.losses, state.accuracies
        self.kept = dict(state.kept)
        self._to_keep = sorted(epoch for epoch in keep if epoch >= self.epoch)
        self._saved, self._next = self.epoch, 0.0
        self.stopped, self.unsaved = False, ""

    def run(self, worker: Path, fixed: int) -> tuple[np.ndarray, np.ndarray]:
        """Losses and accuracies of all epochs up to the last, or to Ctrl-C; of a loss that is no number no accuracy.

        Blocks are of a fixed number of epochs, or (0) of about BEAT seconds.
        """
        block = fixed or 1
        while self.epoch < self.epochs and not self.stopped:
            if self._to_keep and self._to_keep[0] == self.epoch:
                self.kept[self._to_keep.pop(0)] = worker.get()
            stops = [self.epochs, self.epoch + block, *self._to_keep[:1]]
            if self.file:
                stops.append((self.epoch // self.every + 1) * self.every)
            until, began = min(stops), time.perf_counter()
            part = slice(self.epoch, until)
            worker.advance(self.epoch, self._losses[part], self._accuracies[part])
            whole, self.epoch = until == self.epoch + block, until
            # all ranks must take blocks of the same length, and stop after the same one
            seen = self.group.each((self.interrupt.heard, time.perf_counter() - began))
            self.stopped = any(heard for heard, _ in seen) and self.epoch < self.epochs
            if whole and not fixed:
                took = max(took for _, took in seen)
                block = max(1, min(4 * block, int(block * BEAT / max(took, 1e-9))))
            if self.progress and self.group.first:
                self.progress(self.epoch, float(self._losses[self.epoch - 1]))
            if self.epoch % self.every == 0 and time.perf_counter() >= self._next:
                self._save(worker)
        if self._saved < self.epoch:
            self._save(worker)
        last = self.epoch
        self._losses[last], self._accuracies[last] = worker.measure(last)
        losses = self._losses[: last + 1]
        return losses, np.where(np.isfinite(losses), self._accuracies[: last + 1], np.nan)

    def _save(self, worker: Path) -> None:
        """Write a checkpoint; where that fails the old one stands, and the run goes on."""
        if not self.file or not self.group.first:
            return
        began, done = time.perf_counter(), slice(0, self.epoch)
        state = checkpoint.Checkpoint(
            self.state.settings, worker.get(), self._losses[done], self._accuracies[done], self.kept,
            worker.anchor if isinstance(worker, Anchored) else None,
        )  # fmt: skip
        try:
            checkpoint.save(self.file, state)
            self._saved, self.unsaved = self.epoch, ""
        except TrainingError as reason:
            self.unsaved = str(reason)
        now = time.perf_counter()
        self._next = now + (now - began) / SAVING

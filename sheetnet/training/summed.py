"""Full-batch descent whose sums over rows come in parts: chunks of a file, shares of several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from sheetnet.common.extras import has
from sheetnet.errors import TrainingError
from sheetnet.models.twins import as_numpy
from sheetnet.training.closed import Sums
from sheetnet.training.devices import HALF, resolve_dtype
from sheetnet.training.loop import ModuleSums
from sheetnet.training.ranks import Ranks
from sheetnet.training.task import BLAS, Task
from sheetnet.training.written import rectified, suits

if TYPE_CHECKING:
    from sheetnet.training.fused import Fused

Chunks = Callable[[int], Iterator[tuple[Any, Any]]]  # arrays, or tensors where they stay on the device
CHUNK, LEAST = 65_536, 1024  # rows read at a time, and the fewest before a device counts as full


class Summed:
    """One net; each epoch goes through the chunks of this rank's rows and adds up over ranks, in float64.

    A model that the fast paths do not know is summed by its twin and autograd.
    """

    def __init__(self, task: Task, W: np.ndarray, chunks: Chunks, ranks: Ranks) -> None:
        if task.batch:
            raise TrainingError("mini-batches are for rows in memory and one process; leave --batch away")
        if task.dtype in HALF:
            raise TrainingError(f"{task.dtype} is for rows in memory and one process; say --dtype float32")
        self.task, self.ranks = task, ranks
        self.kind = resolve_dtype(task.dtype, task.device)
        self.chunks, self.rows = chunks, CHUNK
        self.whole: Fused | None = None
        if len(task.y) and task.device.type == "cpu" and W.size <= BLAS and suits(task.model) and has("numba"):
            from sheetnet.training.fused import Fused

            self.whole = Fused(task, W)
        if len(task.y) and task.device.type != "cpu":  # what fits stays on the device
            with suppress(torch.OutOfMemoryError):  # else in chunks, in every epoch
                X, y = self._tensor(task.X), self._tensor(task.y)
                self.chunks = lambda size: zip(torch.split(X, size), torch.split(y, size), strict=True)
        self.W = np.array(W, dtype=task.dtype)
        self.sums: dict[int, Sums | ModuleSums] = {}

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """An epoch for each entry: its loss and accuracy, then a step."""
        task = self.task
        for i in range(len(losses)):
            squared, right, G = self._pass(step=True)
            losses[i], accuracies[i] = squared / task.rows, right / task.rows
            change = 2.0 / task.rows * G + task.weight_decay * self.W.astype(float)
            self.W = (self.W - task.lr * change).astype(task.dtype)

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows of all ranks."""
        squared, right, _ = self._pass(step=False)
        return squared / self.task.rows, right / self.task.rows

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return self.W.astype(float)

    def _pass(self, step: bool) -> tuple[float, float, np.ndarray]:
        """Squared error, number of right rows and X' d of all rows; in smaller chunks where the device is full."""
        while True:
            try:
                total = self.ranks.add(self._share(step))
            except torch.OutOfMemoryError:
                self.rows //= 2
                self.sums.clear()
                if self.rows < LEAST:
                    raise TrainingError(
                        f"{self.task.device} has no memory for {2 * self.rows} rows at a time; free some, or say"
                        " --device cpu"
                    ) from None
                continue
            return float(total[0]), float(total[1]), total[2:].reshape(self.W.shape)

    def _share(self, step: bool) -> np.ndarray:
        """The sums over this rank's rows: squared error, number of right rows, X' d."""
        if self.whole:
            squared, right, G = self.whole.totals(self.W, step)
            return np.concatenate([[squared, right], G.ravel()])
        total = np.zeros(2 + self.W.size)
        W = torch.as_tensor(self.W, device=self.task.device)
        for X, y in self.chunks(self.rows):
            Xd, yd = self._tensor(X), self._tensor(y)
            sums = self._sums_for(len(Xd))
            sums(Xd, yd, W, 1.0, step)
            total[0] += float(sums.squared)
            total[1] += float(sums.hits)
            if step:
                total[2:] += as_numpy(sums.G).ravel()
        return total

    def _sums_for(self, n: int) -> Sums | ModuleSums:
        """The buffers for chunks of n rows: one set for all whole chunks, one for the last."""
        if n not in self.sums:
            model, where = self.task.model, (self.kind, self.task.device)
            if suits(model):
                size = model.n_features, model.n_hidden, rectified(model, "summed")
                self.sums[n] = Sums(n, *size, *where)
            else:
                self.sums[n] = ModuleSums(model, *where)
        return self.sums[n]

    def _tensor(self, a: np.ndarray | torch.Tensor) -> torch.Tensor:
        if self.task.device.type == "cuda" and isinstance(a, np.ndarray):
            pinned = torch.from_numpy(a).to(self.kind).pin_memory()
            return pinned.to(self.task.device, non_blocking=True)  # the next chunk is read while this one travels
        return torch.as_tensor(a, dtype=self.kind, device=self.task.device)

"""One net on CUDA: the Triton kernel that keeps the table on the chip and makes many epochs in a launch."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import numpy as np
import torch

from sheetnet.errors import TrainingError
from sheetnet.training.loop import as_numpy
from sheetnet.training.task import Task

IN_A_LAUNCH = 10_000  # epochs, so that Ctrl-C is heard


def kernels_or_error() -> ModuleType:
    """The module of Triton kernels.

    Raises: TrainingError where there is no Triton.
    """
    try:
        return import_module("sheetnet.training.kernels")
    except ImportError:
        raise TrainingError("this path needs Triton, which comes with torch's CUDA builds on Linux") from None


class Persistent:
    """One net whose epochs are turns of a loop inside a kernel; float32, full batch."""

    def __init__(self, task: Task, W: np.ndarray) -> None:
        n, p = task.X.shape
        suits = task.device.type == "cuda" and task.dtype == "float32" and not task.batch
        kernels = kernels_or_error() if suits else None
        if kernels is None or not kernels.fits_one(n, p, task.model.n_hidden):
            raise TrainingError(
                "the persistent path is for CUDA, float32, full batch and small tables, not for"
                f" {n} x {p} in {task.dtype} on {task.device}"
            )
        self.task, self.descend = task, kernels.descend_one
        self.X, self.y = (torch.as_tensor(a, dtype=torch.float32, device=task.device) for a in (task.X, task.y[:, 0]))
        self.W = torch.tensor(W.T.tolist(), dtype=torch.float32, device=task.device)
        self.losses, self.right = (torch.empty(IN_A_LAUNCH, device=task.device) for _ in "lr")

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """An epoch for each entry: its loss and accuracy, then a step."""
        for first in range(0, len(losses), IN_A_LAUNCH):
            count = min(IN_A_LAUNCH, len(losses) - first)
            self._run(self.W, count, self.task.lr)
            losses[first : first + count] = as_numpy(self.losses[:count])
            accuracies[first : first + count] = as_numpy(self.right[:count]) / self.task.rows

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows: an epoch with a rate of 0, on a copy."""
        self._run(self.W.clone(), 1, 0.0)
        return float(self.losses[0]), float(self.right[0]) / self.task.rows

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return as_numpy(self.W).T

    def _run(self, W: torch.Tensor, count: int, lr: float) -> None:
        task = self.task
        settings = {"lr": lr, "decay": task.weight_decay, "rows": float(task.rows), "relu": task.model.rectified}
        found = {"losses": self.losses[:count], "correct": self.right[:count]}
        self.descend(self.X, self.y, W, epochs=count, **settings, **found)

"""One net on CUDA by Triton kernels, in float32 and full batch."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

import numpy as np
import torch

from sheetnet.errors import TrainingError
from sheetnet.models.twins import as_numpy
from sheetnet.training.task import Task
from sheetnet.training.written import rectified

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
    """A small table: its epochs are turns of a loop inside a kernel, which keeps the table on the chip."""

    def __init__(self, task: Task, W: np.ndarray) -> None:
        n, p = task.X.shape
        self.relu = rectified(task.model, "persistent")
        kernels = kernels_or_error() if _suits(task) else None
        if kernels is None or not kernels.fits_one(n, p, task.model.n_hidden):
            raise TrainingError(
                f"the persistent path is for CUDA, float32, full batch, small tables, not {_what(task)}"
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
        settings = {"lr": lr, "decay": task.weight_decay, "rows": float(task.rows), "relu": self.relu}
        self.descend(self.X, self.y, W, self.losses[:count], self.right[:count], **settings)


class Passes:
    """A table of any length on the device: each epoch is one pass that loads every feature once."""

    def __init__(self, task: Task, W: np.ndarray) -> None:
        n, p = task.X.shape
        self.relu = rectified(task.model, "passes")
        kernels = kernels_or_error() if _suits(task) else None
        if kernels is None or not kernels.fits(p, task.model.n_hidden):
            raise TrainingError(f"the passes path is for CUDA, float32, full batch, few weights, not {_what(task)}")
        self.task, self.sums, self.n = task, kernels.sums, n
        self.X = torch.zeros((p, kernels.padded(n)), device=task.device)
        self.y = torch.zeros(kernels.padded(n), device=task.device)
        for f in range(p):
            self.X[f, :n] = torch.as_tensor(task.X[:, f], dtype=torch.float32)
        self.y[:n] = torch.as_tensor(task.y[:, 0], dtype=torch.float32)
        self.W = torch.tensor(W.T.tolist(), dtype=torch.float32, device=task.device)

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """An epoch for each entry: its loss and accuracy, then a step; the device is not waited for in between."""
        task, found = self.task, []
        for _ in range(len(losses)):
            total = self._pass()
            found.append(total[-2:])
            change = 2.0 / task.rows * total[:-2].view_as(self.W) + task.weight_decay * self.W
            self.W = (self.W - task.lr * change).float()
        if found:
            losses[:], accuracies[:] = as_numpy(torch.stack(found, 1)) / task.rows

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows."""
        squared, right = self._pass()[-2:].tolist()
        return squared / self.task.rows, right / self.task.rows

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return as_numpy(self.W).T

    def _pass(self) -> torch.Tensor:
        total: torch.Tensor = self.sums(self.X, self.y, self.W, n=self.n, relu=self.relu)
        return total


def _suits(task: Task) -> bool:
    return task.device.type == "cuda" and task.dtype == "float32" and not task.batch


def _what(task: Task) -> str:
    n, p = task.X.shape
    return f"{n} x {p} with {task.model.n_hidden} units in {task.dtype} on {task.device}"

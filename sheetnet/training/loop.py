"""The plain loop with autograd: the referee of all other paths, and the path for small work."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from sheetnet.errors import TrainingError
from sheetnet.models.model import Model
from sheetnet.models.twins import W_of, as_numpy, create, grad_W_of, gradient_of, put
from sheetnet.training.devices import HALF, resolve_dtype
from sheetnet.training.task import Task, shuffled

Watch = Callable[[int, nn.Module], None]


class Autograd:
    """Gradient descent as a torch user writes it: forward, mse_loss, backward, step."""

    def __init__(self, task: Task, W: np.ndarray, watch: Watch | None = None) -> None:
        if task.dtype in HALF:
            raise TrainingError(f"{task.dtype} has a path of its own: say --path closed, or auto")
        if task.rows != len(task.y):
            raise TrainingError("the autograd path takes the rows as they are, not factored; say --path auto")
        self.task, self.watch = task, watch
        kind = resolve_dtype(task.dtype, task.device)
        self.module = create(task.model.name, {"W": W}, task.device, kind)
        self.X = torch.as_tensor(task.X, dtype=kind, device=task.device)
        self.y = torch.as_tensor(task.y, dtype=kind, device=task.device)

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """An epoch for each entry: losses and accuracies on all rows, then a step, or one for each mini-batch."""
        kept, shares = (torch.empty(len(losses), dtype=self.y.dtype, device=self.y.device) for _ in "la")
        for i in range(len(losses)):
            if self.task.batch:
                with torch.no_grad():
                    pred = self.module(self.X)
                    kept[i], shares[i] = mse_loss(pred, self.y), accuracy(pred, self.y)
                order = torch.as_tensor(shuffled(self.task.seed, epoch + i, len(self.y)), device=self.y.device)
                for rows in torch.split(order, self.task.batch):
                    self.backward(self.X[rows], self.y[rows])
                    self.step()
            else:
                loss, pred = self.backward(self.X, self.y)
                kept[i], shares[i] = loss, accuracy(pred, self.y)
                if self.watch:
                    self.watch(epoch + i, self.module)
                self.step()
        losses[:], accuracies[:] = as_numpy(kept), as_numpy(shares)

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows."""
        loss, pred = self.backward(self.X, self.y)
        if self.watch:
            self.watch(epoch, self.module)
        return float(loss), float(accuracy(pred, self.y))

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return W_of(self.module)

    def backward(self, X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Loss and prediction; leaves the gradient in the parameters."""
        pred = self.module(X)
        loss = mse_loss(pred, y)
        self.module.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach(), pred

    def step(self) -> None:
        """W - lr * (grad + weight_decay * W), as torch.optim.SGD has it."""
        with torch.no_grad():
            for parameter in self.module.parameters():
                change = gradient_of(parameter)
                if self.task.weight_decay:
                    change = change + self.task.weight_decay * parameter
                parameter.sub_(self.task.lr * change)


class ModuleSums:
    """As closed.Sums, for every model: squared error, number of right rows and the sum of gradients by its twin."""

    def __init__(self, model: Model, dtype: torch.dtype, device: torch.device) -> None:
        W = np.zeros((model.n_features, model.n_hidden))
        self.module = create(model.name, {"W": W}, device, dtype)
        self.squared, self.hits, self.G = torch.zeros(()), torch.zeros(()), torch.as_tensor(W)

    def __call__(self, X: Tensor, y: Tensor, W: Tensor, scale: float, step: bool = True) -> None:
        """Of X (n, p) and y (n, 1) at W (p, k): fills squared, hits and, for a step, G: scale / 2 * d squared / dW."""
        put(self.module, as_numpy(W))
        pred = self.module(X)
        squared = mse_loss(pred, y, reduction="sum")
        self.squared, self.hits = squared.detach(), ((pred.detach() > 0.5) == y).sum()
        if step:
            self.module.zero_grad()
            (scale / 2 * squared).backward()  # type: ignore[no-untyped-call]
            self.G = torch.as_tensor(grad_W_of(self.module))


def accuracy(pred: Tensor, y: Tensor) -> Tensor:
    """The share of rows where (pred > 0.5) is y; nan where a prediction is no finite number."""
    pred = pred.detach()
    return ((pred > 0.5).to(y.dtype) == y).to(y.dtype).mean() + (0 * pred).sum()

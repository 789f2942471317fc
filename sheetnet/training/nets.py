"""Many nets of one shape on one table, side by side: the ways to train a block of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

from sheetnet.errors import TrainingError
from sheetnet.models.twins import as_numpy
from sheetnet.training.cuda import kernels_or_error
from sheetnet.training.devices import HALF, resolve_dtype
from sheetnet.training.task import BLAS, Task, can_factor, factored, triangle

ROOM = 256 << 20  # bytes of buffers that a block of nets may take


@dataclass
class Block:
    """Some nets: W (N, k, p), their rates and decays (N,), and what is known of them so far."""

    W: np.ndarray
    lr: np.ndarray
    decay: np.ndarray
    best: np.ndarray  # the least finite loss so far
    diverged: np.ndarray  # the first epoch without a finite loss, or -1


@dataclass(frozen=True)
class Found:
    """What the nets of a block came to, each (N,)."""

    loss: np.ndarray
    accuracy: np.ndarray
    dead: np.ndarray  # units that are never above 0


class Nets(Protocol):
    """A way to train blocks of nets."""

    name: str
    size: int  # how many nets suit one block

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place; best and diverged are brought up to date, each before its step."""

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""


class Fused:
    """On a CPU: each net in a compiled loop, nets dealt out to threads."""

    def __init__(self, task: Task) -> None:
        import numba

        from sheetnet.training import fused

        self.task, self.fused, self.dtype = task, fused, np.dtype(task.dtype)
        self.shape = task.model.n_hidden, task.model.n_features
        self.whole = fused.tiled(task.X, task.y, self.dtype)
        short = can_factor(task, task.rows)
        few = factored(task, triangle(np.hstack([task.X, task.y]))) if short else task
        self.table = fused.tiled(few.X, few.y, self.dtype) if short else self.whole
        self.name = "factored, fused" if short else "fused"
        numba.set_num_threads(fused.threads())
        self.buffers, self.measuring = (
            fused.scratch(*self.shape, X.shape[2], self.dtype, fused.threads()) for X, _ in (self.table, self.whole)
        )
        self.size = 1024

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place."""
        settings = float(self.task.rows), block.lr, block.decay, self.task.model.rectified, epochs, first
        self.fused.descend_nets(*self.table, block.W, *settings, block.best, block.diverged, *self.buffers)

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        X, y = self.whole
        loss, right, dead = (np.empty(len(block.W)) for _ in "lrd")
        settings = float(self.task.rows), self.task.model.rectified
        self.fused.measure_nets(X, y, block.W, *settings, loss, right, dead, *self.measuring[:3])
        return Found(loss, (right - (y.size - self.task.rows)) / self.task.rows, dead)


class Closed:
    """On any device: all nets of a block in torch's matrix operations; half precision keeps the weights in float32."""

    name = "closed"

    def __init__(self, task: Task) -> None:
        self.task = task
        self.kind = resolve_dtype(task.dtype, task.device)
        self.exact = torch.float32 if task.dtype in HALF else self.kind
        self.X = torch.as_tensor(task.X, device=task.device).to(self.kind)
        self.y = torch.as_tensor(task.y, device=task.device).to(self.kind)
        self.size = max(1, min(65_536, ROOM // (4 * self.exact.itemsize * task.rows * task.model.n_hidden)))

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place."""
        W, lr, decay, best = (self._tensor(a) for a in (block.W, block.lr, block.decay, block.best))
        diverged = torch.as_tensor(block.diverged, device=self.task.device)
        for e in range(epochs):
            _, pred, mask = self._forward(W)
            error = pred.sub_(self.y)
            loss = self._loss(error)
            finite = loss.isfinite()
            torch.where(finite & (loss < best), loss, best, out=best)
            diverged = torch.where(finite | (diverged >= 0), diverged, first + e)
            d = (error * (2.0 / self.task.rows))[:, :, None].expand(self._by_unit(W))
            if mask is not None:
                d = d * mask
            G = (d.reshape(len(self.y), -1).T @ self.X).to(self.exact).view_as(W)
            W -= lr[:, None, None] * (G + decay[:, None, None] * W)
        block.W[:], block.best[:] = as_numpy(W), as_numpy(best)
        block.diverged[:] = diverged.cpu().numpy()

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        W = self._tensor(block.W)
        lin, pred, _ = self._forward(W)
        right = ((pred > 0.5) == self.y).sum(0)
        dead = ((lin > 0).any(0).logical_not()).sum(1) if self.task.model.rectified else torch.zeros(len(W))
        return Found(as_numpy(self._loss(pred.sub_(self.y))), as_numpy(right) / self.task.rows, as_numpy(dead))

    def _by_unit(self, W: torch.Tensor) -> tuple[int, int, int]:
        return len(self.y), W.shape[0], W.shape[1]

    def _forward(self, W: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """lin (n, N, k), pred (n, N) and where a unit passes its gradient (n, N, k)."""
        lin = (self.X @ W.to(self.kind).reshape(-1, W.shape[2]).T).view(self._by_unit(W))
        if not self.task.model.rectified:
            return lin, lin[:, :, 0].clone(), None
        return lin, torch.relu(lin).sum(2), lin > 0

    def _loss(self, error: torch.Tensor) -> torch.Tensor:
        return error.to(self.exact).square().sum(0) / self.task.rows

    def _tensor(self, a: np.ndarray) -> torch.Tensor:
        return torch.tensor(a, dtype=self.exact, device=self.task.device)


class Lanes:
    """On CUDA: one Triton kernel, a net on each thread, many epochs in a launch."""

    name = "lanes"

    def __init__(self, task: Task) -> None:
        if task.device.type != "cuda" or task.dtype != "float32":
            raise TrainingError(f"the lanes path is for CUDA in float32, not for {task.device} in {task.dtype}")
        self.task, self.kernels, self.closed = task, kernels_or_error(), Closed(task)
        self.X, self.y = (torch.as_tensor(a, dtype=torch.float32, device=task.device) for a in (task.X, task.y[:, 0]))
        self.size = 1 << 18

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place."""
        W, lr, decay, best = (self.closed._tensor(a) for a in (block.W, block.lr, block.decay, block.best))
        diverged = torch.as_tensor(block.diverged, device=W.device)
        settings = {"rows": float(self.task.rows), "epochs": epochs, "first": first, "relu": self.task.model.rectified}
        self.kernels.descend_nets(self.X, self.y, W, lr, decay, best, diverged, **settings)
        block.W[:], block.best[:] = as_numpy(W), as_numpy(best)
        block.diverged[:] = diverged.cpu().numpy()

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        size = self.closed.size
        cuts = [slice(i, i + size) for i in range(0, len(block.W), size)]
        parts = [self.closed.measure(Block(block.W[c], *(a[c] for a in _vectors(block)))) for c in cuts]
        return Found(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("loss", "accuracy", "dead"))
        )


def _vectors(block: Block) -> tuple[np.ndarray, ...]:
    return block.lr, block.decay, block.best, block.diverged


def choose(task: Task, path: str = "auto") -> Nets:
    """The way to train many nets that suits model, device and dtype, or the one of that name."""
    known: dict[str, Callable[[Task], Nets]] = {"fused": Fused, "closed": Closed, "lanes": Lanes}
    if path != "auto":
        if path not in known:
            raise TrainingError(f"there is no path {path!r} for a sweep; known are auto, {', '.join(known)}")
        return known[path](task)
    p, k = task.model.n_features, task.model.n_hidden
    if task.device.type == "cpu" and task.dtype not in HALF and p * k <= BLAS:
        return Fused(task)
    if task.device.type == "cuda" and task.dtype == "float32":
        try:
            from sheetnet.training.kernels import fits
        except ImportError:
            return Closed(task)
        if fits(p, k):
            return Lanes(task)
    return Closed(task)

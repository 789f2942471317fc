"""Many nets of one shape on one table, side by side: the ways to train a block of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.func import functional_call, grad_and_value, vmap
from torch.nn.functional import mse_loss

from sheetnet.common.extras import has, need
from sheetnet.errors import TrainingError
from sheetnet.models.twins import as_numpy, create
from sheetnet.training.block import Block, Found, Nets, noted
from sheetnet.training.cuda import kernels_or_error
from sheetnet.training.devices import HALF, resolve_dtype
from sheetnet.training.task import BLAS, Task, can_factor, factored, gram_pays, triangle
from sheetnet.training.threads import together
from sheetnet.training.tiles import tiled
from sheetnet.training.written import rectified, suits

if TYPE_CHECKING:
    from sheetnet.training.shapes import Room
    from sheetnet.training.side_by_side import Loops

    Table = tuple[Loops, np.ndarray, np.ndarray]

ROOM = 256 << 20  # bytes of buffers that a block of nets may take


class Fused:
    """On a CPU: a few nets at once in compiled loops, dealt out to threads."""

    size = 1024

    stride = 1

    def __init__(self, task: Task) -> None:
        need("numba")  # whose LLVM compiles them
        from sheetnet.training.shapes import shape_of
        from sheetnet.training.side_by_side import loops_of

        self.task, self.relu = task, rectified(task.model, "fused")
        short = can_factor(task, task.rows)
        few = factored(task, triangle(np.hstack([task.X, task.y]))) if short else task
        self.name = "factored, fused" if short else "fused"

        def loops(of: Task) -> Table:
            shape = shape_of(len(of.y), of.model.n_features, of.model.n_hidden, self.relu, of.dtype)
            return loops_of(shape), *tiled(of.X, of.y, np.dtype(of.dtype), shape.tile)

        self.whole = loops(task)
        self.table = loops(few) if short else self.whole

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place."""
        rates, decays = block.lr * (2.0 / self.task.rows), block.lr * block.decay

        def descend(loops: Loops, room: Room, part: slice, count: int) -> None:
            room.rates[:count], room.decays[:count] = rates[part, None], decays[part, None]
            for done, squared in loops.descend(room, epochs):
                noted(block, part, squared[:, :count] / self.task.rows, first + done)
            block.W[part] = room.W[:count].reshape(count, *block.W.shape[1:])

        self._each(self.table, block, descend)

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        rows, padding = self.task.rows, self.whole[2].size - self.task.rows
        loss, right, dead = (np.empty(len(block.W)) for _ in "lrd")

        def measure(loops: Loops, room: Room, part: slice, count: int) -> None:
            loops.measure(room)
            loss[part], right[part] = room.squared[:count], room.right[:count]
            dead[part] = (room.tops[:count].max(2) <= 0).sum(1) if self.relu else 0

        self._each(self.whole, block, measure)
        return Found(loss / rows, (right - padding) / rows, dead)

    def _each(self, on: Table, block: Block, work: Callable[[Loops, Room, slice, int], None]) -> None:
        """None; work was done for all nets of a block, some at a time, whose weights are in its room's W."""
        loops, X, y = on
        firsts = iter(range(0, len(block.W), loops.shape.nets))

        def worker() -> None:
            room = loops.room(X, y)
            for first in firsts:  # shared by all threads
                part = slice(first, min(first + loops.shape.nets, len(block.W)))
                count = part.stop - first
                room.W[:count] = block.W[part].reshape(count, -1)
                work(loops, room, part, count)

        together(worker)


class Closed:
    """On any device: all nets of a block in torch's matrix operations; half precision keeps the weights in float32."""

    name, stride = "closed", 1

    def __init__(self, task: Task) -> None:
        self.task, self.relu = task, rectified(task.model, "closed")
        self.kind = resolve_dtype(task.dtype, task.device)
        self.exact = torch.float32 if task.dtype in HALF else self.kind
        self.X = torch.tensor(task.X, device=task.device).to(self.kind)
        self.y = torch.tensor(task.y, device=task.device).to(self.kind)
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
        block.W[:], block.best[:], block.diverged[:] = (a.cpu().numpy() for a in (W, best, diverged))

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        W = self._tensor(block.W)
        lin, pred, _ = self._forward(W)
        right = ((pred > 0.5) == self.y).sum(0)
        dead = ((lin > 0).any(0).logical_not()).sum(1) if self.relu else torch.zeros(len(W))
        return Found(as_numpy(self._loss(pred.sub_(self.y))), as_numpy(right) / self.task.rows, as_numpy(dead))

    def _by_unit(self, W: torch.Tensor) -> tuple[int, int, int]:
        return len(self.y), W.shape[0], W.shape[1]

    def _forward(self, W: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
        """lin (n, N, k), pred (n, N) and where a unit passes its gradient (n, N, k)."""
        lin = (self.X @ W.to(self.kind).reshape(-1, W.shape[2]).T).view(self._by_unit(W))
        if not self.relu:
            return lin, lin[:, :, 0].clone(), None
        return lin, torch.relu(lin).sum(2), lin > 0

    def _loss(self, error: torch.Tensor) -> torch.Tensor:
        return error.to(self.exact).square().sum(0) / self.task.rows

    def _tensor(self, a: np.ndarray) -> torch.Tensor:
        return torch.tensor(a, dtype=self.exact, device=self.task.device)


class Lanes:
    """On CUDA: one Triton kernel, a net on each thread, many epochs in a launch."""

    name, stride = "lanes", 1

    def __init__(self, task: Task) -> None:
        rectified(task.model, "lanes")  # or an error
        if task.device.type != "cuda" or task.dtype != "float32":
            raise TrainingError(f"the lanes path is for CUDA in float32, not for {task.device} in {task.dtype}")
        self.task, self.kernels, self.closed = task, kernels_or_error(), Closed(task)
        self.X, self.y = (torch.as_tensor(a, dtype=torch.float32, device=task.device) for a in (task.X, task.y[:, 0]))
        self.size = 1 << 18

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place."""
        W, lr, decay, best = (self.closed._tensor(a) for a in (block.W, block.lr, block.decay, block.best))
        diverged = torch.as_tensor(block.diverged, device=W.device)
        settings = {"rows": float(self.task.rows), "epochs": epochs, "first": first, "relu": self.closed.relu}
        self.kernels.descend_nets(self.X, self.y, W, lr, decay, best, diverged, **settings)
        block.W[:], block.best[:], block.diverged[:] = (a.cpu().numpy() for a in (W, best, diverged))

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        size = self.closed.size
        cuts = [slice(i, i + size) for i in range(0, len(block.W), size)]
        parts = [self.closed.measure(Block(block.W[c], *(a[c] for a in _vectors(block)))) for c in cuts]
        return Found(
            *(np.concatenate([getattr(part, name) for part in parts]) for name in ("loss", "accuracy", "dead"))
        )


class Autograd:
    """For every model: its hand-written twin and autograd, the nets of a block side by side by torch.func."""

    name, stride = "autograd", 1

    def __init__(self, task: Task) -> None:
        if task.dtype in HALF:
            raise TrainingError(f"the autograd path is for float64 and float32, not for {task.dtype}")
        self.task, self.kind = task, resolve_dtype(task.dtype, task.device)
        p, k = task.model.n_features, task.model.n_hidden
        self.twin = create(task.model.name, {"W": np.zeros((p, k))}, task.device, self.kind)
        [self.weight] = dict(self.twin.named_parameters())
        self.X, self.y = (torch.tensor(a, dtype=self.kind, device=task.device) for a in (task.X, task.y))
        self.size = max(1, min(256, ROOM // (4 * self.kind.itemsize * task.rows * k)))

    def advance(self, block: Block, first: int, epochs: int) -> None:
        """Epochs of descent in place."""
        gradient = vmap(grad_and_value(self._loss, has_aux=True))
        W, lr, decay = (self._tensor(a) for a in (block.W, block.lr[:, None, None], block.decay[:, None, None]))
        found = []
        for _ in range(epochs):
            G, (loss, _) = gradient(W)
            found.append(loss)
            W = W - lr * (G + decay * W)
        block.W[:] = as_numpy(W)
        noted(block, slice(None), as_numpy(torch.stack(found)), first)

    def measure(self, block: Block) -> Found:
        """Loss, accuracy and dead units at the present weights."""
        W = self._tensor(block.W)
        loss, pred = vmap(self._loss)(W)
        right, dead = ((pred > 0.5) == self.y).sum((1, 2)), torch.zeros(len(W))
        if self.task.model.rectified:
            dead = ((self.X @ W.transpose(1, 2)) > 0).any(1).logical_not().sum(1)
        return Found(as_numpy(loss), as_numpy(right) / self.task.rows, as_numpy(dead))

    def _loss(self, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Loss and prediction of one net, whose weight (k, p) is as its twin has it."""
        pred = functional_call(self.twin, {self.weight: weight}, (self.X,))
        return mse_loss(pred, self.y), pred

    def _tensor(self, a: np.ndarray) -> torch.Tensor:
        return torch.tensor(a, dtype=self.kind, device=self.task.device)


def _vectors(block: Block) -> tuple[np.ndarray, ...]:
    return block.lr, block.decay, block.best, block.diverged


def _grams(task: Task) -> Nets:
    need("numba")
    from sheetnet.training.gram_nets import Grams

    return Grams(task, Fused(task))


def choose(task: Task, path: str = "auto", nets: int = 1, epochs: int = 0) -> Nets:
    """The way to train so many nets so long that suits model, device and dtype, or the one of that name."""
    known: dict[str, Callable[[Task], Nets]] = {
        "fused": Fused, "gram": _grams, "closed": Closed, "lanes": Lanes, "autograd": Autograd,
    }  # fmt: skip
    if path != "auto":
        if path not in known:
            raise TrainingError(f"there is no path {path!r} for a sweep; known are auto, {', '.join(known)}")
        return known[path](task)
    if not suits(task.model) and task.dtype not in HALF:
        return Autograd(task)
    p, k = task.model.n_features, task.model.n_hidden
    if task.device.type == "cpu" and task.dtype not in HALF and p * k <= BLAS and has("numba"):
        return _grams(task) if gram_pays(task, epochs, nets) else Fused(task)
    if task.device.type == "cuda" and task.dtype == "float32":
        try:
            from sheetnet.training.kernels import fits
        except ImportError:
            return Closed(task)
        if fits(p, k):
            return Lanes(task)
    return Closed(task)

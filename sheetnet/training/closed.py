"""The gradient written out in torch's matrix operations, into buffers that are made once.

For devices without a faster path, for nets so wide that matrix products are what counts, and for half precision. On
CUDA the operations of several epochs are captured into one graph, so that nothing is launched one by one.

Half precision (bfloat16, float16): table and products in half, the weights themselves, the update and all sums over
rows of losses in float32.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sheetnet.errors import TrainingError
from sheetnet.models.twins import as_numpy
from sheetnet.training.devices import HALF, resolve_dtype
from sheetnet.training.task import Task
from sheetnet.training.written import rectified

IN_A_GRAPH = 32  # epochs captured together


class Sums:
    """Squared error, number of right rows and X' d of a table's rows, as torch operations without new memory.

    lin = X W (n, k), pred = sum of relu(lin) or lin, error = pred - y, d = error * (lin > 0), G = X' d (p, k).
    """

    def __init__(self, n: int, p: int, k: int, rectified: bool, dtype: torch.dtype, device: torch.device) -> None:
        def empty(*shape: int, kind: torch.dtype = dtype) -> Tensor:
            return torch.empty(shape, dtype=kind, device=device)

        exact = torch.float32 if dtype.itemsize == 2 else dtype
        self.rectified = rectified
        self.lin, self.act, self.d = empty(n, k), empty(n, k), empty(n, k)
        self.pred, self.right, self.exact = empty(n, 1), empty(n, 1, kind=torch.bool), empty(n, 1, kind=exact)
        self.G = empty(p, k)
        self.squared, self.hits = empty(1, 1, kind=exact), torch.empty((), dtype=torch.int64, device=device)

    def __call__(self, X: Tensor, y: Tensor, W: Tensor, scale: float, step: bool = True) -> None:
        """Of X (n, p) and y (n, 1) at W (p, k): fills squared (1, 1), hits () and, for a step, G = scale * X' d."""
        pred = self.lin
        torch.mm(X, W, out=self.lin)
        if self.rectified:
            torch.clamp_min(self.lin, 0, out=self.act)
            pred = torch.sum(self.act, 1, keepdim=True, out=self.pred)
        torch.gt(pred, 0.5, out=self.right)
        torch.eq(self.right, y, out=self.right)
        torch.sum(self.right, (0, 1), out=self.hits)
        pred.sub_(y)
        self.exact.copy_(pred)
        torch.mm(self.exact.T, self.exact, out=self.squared)
        if not step:
            return
        pred.mul_(scale)
        d = pred
        if self.rectified:
            like = pred.expand(self.lin.shape)
            d = torch.ops.aten.threshold_backward.grad_input(like, self.lin, 0, grad_input=self.d)
        torch.mm(X.T, d, out=self.G)


class Closed:
    """One net in torch's matrix operations, full batch."""

    def __init__(self, task: Task, W: np.ndarray) -> None:
        if task.batch:
            raise TrainingError("the closed path takes all rows at once; for mini-batches say --path fused or autograd")
        relu = rectified(task.model, "closed")
        self.task = task
        n, p = task.X.shape
        kind = resolve_dtype(task.dtype, task.device)
        self.half = task.dtype in HALF
        self.X = torch.as_tensor(task.X, device=task.device).to(kind)
        self.y = torch.as_tensor(task.y, device=task.device).to(kind)
        self.W = torch.tensor(W, dtype=torch.float32 if self.half else kind, device=task.device)
        self.low, self.change = self.W.to(kind), torch.empty_like(self.W)
        self.sums = Sums(n, p, task.model.n_hidden, relu, kind, task.device)
        self.losses = torch.zeros(IN_A_GRAPH, dtype=self.W.dtype, device=task.device)
        self.hits = torch.zeros(IN_A_GRAPH, dtype=torch.int64, device=task.device)
        self.graph: torch.cuda.CUDAGraph | None = None

    def advance(self, epoch: int, losses: np.ndarray, accuracies: np.ndarray) -> None:
        """An epoch for each entry: its loss and accuracy, then a step."""
        for first in range(0, len(losses), IN_A_GRAPH):
            count = min(IN_A_GRAPH, len(losses) - first)
            if count == IN_A_GRAPH and self.task.device.type == "cuda":
                self._replay()
            else:
                self._epochs(count)
            losses[first : first + count] = as_numpy(self.losses[:count]) / self.task.rows
            accuracies[first : first + count] = as_numpy(self.hits[:count]) / self.task.rows

    def measure(self, epoch: int) -> tuple[float, float]:
        """Loss and accuracy on all rows."""
        self.sums(self.X, self.y, self.low.copy_(self.W), 1.0, step=False)
        return float(self.sums.squared) / self.task.rows, float(self.sums.hits) / self.task.rows

    def get(self) -> np.ndarray:
        """The weights W (p, k) as float64."""
        return as_numpy(self.W)

    def _epochs(self, count: int) -> None:
        task = self.task
        for i in range(count):
            self.low.copy_(self.W)
            self.sums(self.X, self.y, self.low, 2.0 / task.rows)
            self.losses[i].copy_(self.sums.squared[0, 0])
            self.hits[i].copy_(self.sums.hits)
            self.change.copy_(self.sums.G).add_(self.W, alpha=task.weight_decay)
            self.W.sub_(self.change, alpha=task.lr)

    def _replay(self) -> None:
        """IN_A_GRAPH epochs in one launch; captured at the first call, after a warm-up as torch asks for."""
        if self.graph is None:
            kept = self.W.clone()
            side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                self._epochs(2)
            torch.cuda.current_stream().wait_stream(side)
            self.W.copy_(kept)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self._epochs(IN_A_GRAPH)
        self.graph.replay()

"""The paths there are for one net in memory, and which one suits a task."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetnet.common.extras import has, need
from sheetnet.errors import TrainingError
from sheetnet.training.closed import Closed
from sheetnet.training.cuda import Passes, Persistent
from sheetnet.training.devices import HALF
from sheetnet.training.loop import Autograd
from sheetnet.training.task import BLAS, Path, Task, gram_pays
from sheetnet.training.written import suits

PATIENCE = 2.0  # seconds of autograd under which compiling a faster path does not pay


def _fused(task: Task, W: np.ndarray) -> Path:
    need("numba")
    from sheetnet.training.fused import Fused  # numba takes its time to be imported

    return Fused(task, W)


def _gram(task: Task, W: np.ndarray) -> Path:
    need("numba")
    from sheetnet.training.gram import Gram

    return Gram(task, W)


PATHS: dict[str, Callable[[Task, np.ndarray], Path]] = {
    "autograd": Autograd,  # the referee, for every model: a hand-written module, mse_loss, backward
    "fused": _fused,  # compiled loops on the CPU
    "gram": _gram,  # epochs of ReLU nets that do not go through the rows, on the CPU in float64
    "closed": Closed,  # the gradient written out in torch's matrix operations; a CUDA graph on CUDA
    "persistent": Persistent,  # one Triton kernel for many epochs of a small table
    "passes": Passes,  # a Triton kernel that loads each feature once an epoch
}


def choose(task: Task, epochs: int) -> str:
    """The path that suits a task: autograd for small work and models of its own, else the fastest for device and size.

    In half precision there is closed only, which says so to a model that it does not know. Without numba
    closed stands in for fused, and for mini-batches autograd.
    """
    weights = task.model.n_features * task.model.n_hidden
    if task.dtype in HALF:
        return "closed"
    if not suits(task.model):
        return "autograd"
    if task.device.type == "cpu":
        steps = -(-len(task.y) // task.batch) if task.batch else 1
        if epochs * (1e-4 * steps + 2e-9 * weights * len(task.y)) < PATIENCE:
            return "autograd"
        if (weights <= BLAS or task.batch) and has("numba"):
            return "gram" if gram_pays(task, epochs) else "fused"
        return "autograd" if task.batch else "closed"
    if task.batch:
        return "autograd"
    if task.device.type == "cuda" and task.dtype == "float32":
        return _by_triton(task)
    return "closed"


def _by_triton(task: Task) -> str:
    try:
        from sheetnet.training.kernels import fits, fits_one
    except ImportError:  # no Triton, as on Windows
        return "closed"
    p, k = task.model.n_features, task.model.n_hidden
    return "persistent" if fits_one(len(task.y), p, k) else "passes" if fits(p, k) else "closed"


def start(name: str, task: Task, W: np.ndarray) -> Path:
    """The path of that name, holding W (p, k).

    Raises: TrainingError for a path that is unknown or does not suit the task or its model.
    """
    if name not in PATHS:
        raise TrainingError(f"there is no path {name!r}; known are auto, factored, summed, {', '.join(PATHS)}")
    return PATHS[name](task, W)

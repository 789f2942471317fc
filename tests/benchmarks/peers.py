"""What others offer for the same task, each as a function that gives seconds for one unit of its work."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn.functional import mse_loss

from sheetnet.models.twins import create
from sheetnet.training.task import Task

Timed = Callable[[], float]


def seconds(work: Callable[[], object]) -> float:
    """Seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _tensors(task: Task) -> tuple[Any, torch.Tensor, torch.Tensor]:
    module = create(task.model.name, task.model.init(), task.device, torch.float32)
    X, y = (torch.as_tensor(a, dtype=torch.float32, device=task.device) for a in (task.X, task.y))
    return module, X, y


def autograd(machine: Any, task: Task, epochs: int) -> Timed:
    """The ordinary loop: forward, mse_loss, backward, step."""
    module, X, y = _tensors(task)
    parameters = list(module.parameters())

    def loop() -> None:
        for _ in range(epochs):
            loss = mse_loss(module(X), y)
            loss.backward()
            with torch.no_grad():
                for parameter in parameters:
                    parameter -= task.lr * parameter.grad
                    parameter.grad = None

    return lambda: machine.seconds(loop) / epochs


def compiled(machine: Any, task: Task, epochs: int) -> Timed | None:
    """The same with forward and backward under torch.compile; None where there is no C++ compiler for it."""
    if task.device.type == "cpu" and not (shutil.which("g++") or shutil.which("clang++")):
        print("torch.compile: not measured, it needs a C++ compiler")
        return None
    module, X, y = _tensors(task)
    parameters = list(module.parameters())
    forward = torch.compile(lambda X, y: mse_loss(module(X), y))

    def loop() -> None:
        for _ in range(epochs):
            forward(X, y).backward()
            with torch.no_grad():
                for parameter in parameters:
                    parameter -= task.lr * parameter.grad
                    parameter.grad = None

    return lambda: machine.seconds(loop) / epochs


def vmapped(machine: Any, task: Task, nets: int, epochs: int) -> Timed:
    """torch.func over nets: vmap of grad of the functional module."""
    from torch.func import functional_call, grad, vmap

    module, X, y = _tensors(task)
    weights = {
        name: torch.rand(nets, *value.shape, device=task.device) - 0.5 for name, value in module.named_parameters()
    }
    step = vmap(grad(lambda W: mse_loss(functional_call(module, W, (X,)), y)))

    def loop() -> None:
        for _ in range(epochs):
            for name, change in step(weights).items():
                weights[name] -= task.lr * change

    return lambda: machine.seconds(loop) / nets / epochs


def linear_regression(task: Task) -> Timed:
    """scikit-learn's exact solution."""
    from sklearn.linear_model import LinearRegression

    model = LinearRegression(fit_intercept=False)
    X, y = task.X.astype(np.float32), task.y[:, 0].astype(np.float32)
    return lambda: seconds(lambda: model.fit(X, y))


def sgd_regressor(task: Task) -> Timed:
    """scikit-learn's stochastic descent, row by row: one pass."""
    from sklearn.linear_model import SGDRegressor

    model = SGDRegressor(fit_intercept=False, penalty=None, learning_rate="constant", eta0=0.01)
    X, y = task.X.astype(np.float32), task.y[:, 0].astype(np.float32)
    return lambda: seconds(lambda: model.partial_fit(X, y))


def mlp(task: Task, epochs: int) -> Timed:
    """scikit-learn's MLPRegressor with as many ReLUs, full batch; it has biases and output weights besides."""
    import warnings

    from sklearn.neural_network import MLPRegressor

    X, y = task.X.astype(np.float32), task.y[:, 0].astype(np.float32)
    model = MLPRegressor(
        hidden_layer_sizes=(task.model.n_hidden,), solver="sgd", batch_size=len(y), learning_rate_init=0.01, momentum=0,
        alpha=0, max_iter=epochs, n_iter_no_change=epochs + 1, random_state=0,
    )  # fmt: skip

    def run() -> float:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return seconds(lambda: model.fit(X, y)) / epochs

    return run

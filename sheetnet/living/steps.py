"""How torch goes on between two pushes: by plain descent, or by the workbook's optimiser, whose memory stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sheetnet.models.model import Model
from sheetnet.models.net import Net
from sheetnet.tables.table import Table

Arrays = dict[str, np.ndarray]  # parameters, by our names


@dataclass(frozen=True)
class Stretch:
    """Where some epochs have led: parameters and the loss there, after how many; or where numbers ended."""

    params: Arrays
    loss: float
    epochs: int
    stopped: bool = False
    diverged_at: int | None = None


class Way(Protocol):
    """A way to go on from parameters that may be others than it left."""

    def loss(self, params: Arrays) -> float:
        """Torch's loss at parameters, as when predicting."""

    def dead_units(self, params: Arrays) -> int:
        """How many units are above 0 for no row, where that is known."""

    def go(self, params: Arrays, lr: float, epochs: int) -> Stretch:
        """So many epochs from parameters on; fewer where Ctrl-C is heard."""


def way_of(model: Model | Net, table: Table, optimiser: str, seed: int) -> Way:
    """The way that suits a model and an optimiser; seed: of a net's masks."""
    if isinstance(model, Net):
        return OfNet(model, table, optimiser, seed)
    return Plain(model, table) if optimiser == "sgd" else Remembering(model, table, optimiser)


class Plain:
    """W - lr * grad, by the fastest way that train() has."""

    def __init__(self, net: Model, table: Table) -> None:
        self.net, self.table = net, table

    def loss(self, params: Arrays) -> float:
        """Torch's loss at W (p, k)."""
        from sheetnet.training import train

        return float(train(self.net, self.table, params, epochs=0, device="cpu").losses[0])

    def dead_units(self, params: Arrays) -> int:
        """How many of the units at W (p, k) are above 0 for no row."""
        from sheetnet.training import train

        return train(self.net, self.table, params, epochs=0, device="cpu").dead_units

    def go(self, params: Arrays, lr: float, epochs: int) -> Stretch:
        """So many epochs from W on; fewer where Ctrl-C is heard."""
        from sheetnet.training import train

        run = train(self.net, self.table, params, epochs=epochs, lr=lr, device="cpu", keep=0)
        ended = run.diverged_at if _finite(run.params) or run.diverged_at is not None else run.epochs
        return Stretch(run.params, float(run.losses[-1]), run.epochs, run.stopped, ended)


class Remembering(Plain):
    """torch.optim's optimiser of that name (models/torch_optim.py), which remembers from push to push."""

    def __init__(self, net: Model, table: Table, optimiser: str) -> None:
        import torch

        from sheetnet.models import torch_optim as optim
        from sheetnet.models.twins import create, parameter

        super().__init__(net, table)
        zeros = np.zeros((net.n_features, net.n_hidden))
        self.module = create(net.name, {"W": zeros}, torch.device("cpu"), torch.float64)
        self.optimiser = optim.create(optimiser, [parameter(self.module)], lr=0.0)
        self.X, self.y = torch.tensor(table.X), torch.tensor(table.y)

    def go(self, params: Arrays, lr: float, epochs: int) -> Stretch:
        """As Plain, by the optimiser's steps; a W that a person has changed goes on with the memory of before."""
        from torch.nn.functional import mse_loss

        from sheetnet.models.twins import W_of, put

        put(self.module, params["W"])
        self.optimiser.param_groups[0]["lr"] = lr

        def step() -> bool:
            self.optimiser.zero_grad()
            loss = mse_loss(self.module(self.X), self.y)
            loss.backward()  # type: ignore[no-untyped-call]
            if finite := bool(loss.isfinite()):
                self.optimiser.step()
            return finite

        epoch, stopped = _steps(step, epochs)
        return _stretch(self, {"W": W_of(self.module)}, epoch, stopped)


class OfNet:
    """A net, by the steps of its training (training/net_loop.py), with the masks that the sheet has drawn."""

    def __init__(self, net: Net, table: Table, optimiser: str, seed: int) -> None:
        import torch

        from sheetnet.training.net_loop import NetLoop
        from sheetnet.training.net_task import NetTask, rows_of

        learnt = rows_of(net, table)
        self.task = NetTask(
            net, learnt.X, learnt.y, learnt.parts, learnt.features, learnt.kind, optimiser, np.empty(0), None, None,
            seed, torch.device("cpu"), "float64",
        )  # fmt: skip
        self.loop = NetLoop(self.task, net.init(seed))

    def loss(self, params: Arrays) -> float:
        """Torch's loss at parameters, of the rows that are learnt from, as when predicting."""
        self.loop.twin.put(params)
        return self.loop.predict(*self.task.of_part(0))[1]

    def dead_units(self, params: Arrays) -> int:
        """0: it is told of the models whose last step adds up ReLUs."""
        return 0

    def go(self, params: Arrays, lr: float, epochs: int) -> Stretch:
        """So many epochs; parameters that a person has changed go on with the optimiser's memory of before."""
        self.loop.twin.put(params)
        epoch, stopped = _steps(lambda: self.loop.step(lr), epochs)
        return _stretch(self, self.loop.twin.params(), epoch, stopped)


def _steps(step: Callable[[], bool], epochs: int) -> tuple[int, bool]:
    """How many epochs were taken, and whether Ctrl-C was heard; step says whether its loss was a finite number."""
    from sheetnet.training.interrupt import Interrupt

    epoch = 0
    with Interrupt() as interrupt:
        while epoch < epochs and not interrupt.heard and step():
            epoch += 1
        return epoch, interrupt.heard


def _stretch(way: Way, end: Arrays, epoch: int, stopped: bool) -> Stretch:
    reached = way.loss(end) if _finite(end) else np.nan
    return Stretch(end, reached, epoch, stopped, None if np.isfinite(reached) else epoch)


def _finite(params: Arrays) -> bool:
    return all(np.isfinite(value).all() for value in params.values())

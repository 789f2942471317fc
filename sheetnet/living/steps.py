"""How torch goes on between two pushes: by plain descent, or by the workbook's optimiser, whose memory stays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sheetnet.models.model import Model
from sheetnet.tables.table import Table


@dataclass(frozen=True)
class Stretch:
    """Where some epochs have led: weights W (p, k) and the loss there, after how many; or where numbers ended."""

    W: np.ndarray
    loss: float
    epochs: int
    stopped: bool = False
    diverged_at: int | None = None


class Plain:
    """W - lr * grad, by the fastest way that train() has."""

    def __init__(self, net: Model, table: Table) -> None:
        self.net, self.table = net, table

    def loss(self, W: np.ndarray) -> float:
        """Torch's loss at W (p, k)."""
        from sheetnet.training import train

        return float(train(self.net, self.table, {"W": W}, epochs=0, device="cpu").losses[0])

    def dead_units(self, W: np.ndarray) -> int:
        """How many of the units at W (p, k) are above 0 for no row."""
        from sheetnet.training import train

        return train(self.net, self.table, {"W": W}, epochs=0, device="cpu").dead_units

    def go(self, W: np.ndarray, lr: float, epochs: int) -> Stretch:
        """So many epochs from W on; fewer where Ctrl-C is heard."""
        from sheetnet.training import train

        run = train(self.net, self.table, {"W": W}, epochs=epochs, lr=lr, device="cpu", keep=0)
        end = run.params["W"]
        ended = run.diverged_at if np.isfinite(end).all() or run.diverged_at is not None else run.epochs
        return Stretch(end, float(run.losses[-1]), run.epochs, run.stopped, ended)


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

    def go(self, W: np.ndarray, lr: float, epochs: int) -> Stretch:
        """As Plain, by the optimiser's steps; a W that a person has changed goes on with the memory of before."""
        import torch
        from torch.nn.functional import mse_loss

        from sheetnet.models.twins import W_of, put
        from sheetnet.training.interrupt import Interrupt

        put(self.module, W)
        self.optimiser.param_groups[0]["lr"] = lr
        epoch = 0
        with Interrupt() as interrupt:
            while epoch < epochs and not interrupt.heard:
                self.optimiser.zero_grad()
                loss = mse_loss(self.module(self.X), self.y)
                loss.backward()  # type: ignore[no-untyped-call]
                if not torch.isfinite(loss):
                    break
                self.optimiser.step()
                epoch += 1
        end = W_of(self.module)
        reached = self.loss(end) if np.isfinite(end).all() else np.nan
        return Stretch(end, reached, epoch, interrupt.heard, None if np.isfinite(reached) else epoch)

"""Many nets of one kind on one table, side by side: a stack of parameters, torch.func's vmap, torch.optim on slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, vmap

from sheetnet.models import torch_optim
from sheetnet.models.layer_twins import NetTwin
from sheetnet.models.layers import Dropout
from sheetnet.models.net import Net
from sheetnet.models.norms import BatchNorm
from sheetnet.models.twins import as_numpy
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.net_loop import NetLoop, Params, right
from sheetnet.training.net_task import NetTask

ROOM = 64 << 20  # bytes of values that the nets of a block may take
Setting = tuple[str, float, float, int]  # optimiser, rate, weight decay, seed
Told = Callable[[int], None]  # epochs done


def suits(net: Net) -> bool:
    """Whether nets can go side by side: not where each has masks or running statistics of its own, or is frozen."""
    return not net.frozen and not any(isinstance(step.layer, BatchNorm | Dropout) for step in net.steps)


def one_by_one(
    task: NetTask, settings: list[Setting], interrupt: Interrupt, told: Told
) -> tuple[dict[str, np.ndarray], list[Params]] | None:
    """The curves (epochs + 1, 1) and last parameters of a net on its own; None where Ctrl-C came first."""
    [(optimiser, lr, decay, seed)] = settings
    rates = np.full(len(task.rates), lr)
    alone = replace(task, optimiser=optimiser, rates=rates, weight_decay=decay, seed=seed)
    loop = NetLoop(alone, task.net.init(seed))
    loop.run(set(), interrupt, lambda epoch, loss: told(epoch), None, None)
    if loop.stopped:
        return None
    return {name: curve[:, None] for name, curve in loop.curves.items()}, [loop.kept[loop.epoch]]


class SideBySide:
    """The nets of a block, each with an optimiser, rate, decay and seed; sorted, so that equals are neighbours."""

    def __init__(self, task: NetTask, settings: list[Setting]) -> None:
        self.task, self.loop = task, NetLoop(task, task.net.init(0))  # whose rows are judged and stand on the device
        self.twin: NetTwin = self.loop.twin
        tensors = self.loop.tensors
        ours = {id(tensor): name for name, tensor in tensors.items()}
        self.names = {ours[id(parameter)]: key for key, parameter in self.twin.named_parameters()}
        starts = [task.net.init(seed) for *_, seed in settings]
        self.stacks = {
            p.name: torch.tensor(np.stack([p.to_torch(start[p.name]) for start in starts])).to(tensors[p.name])
            for p in task.net.parameters
        }
        self.slices: list[tuple[slice, list[Tensor]]] = []
        groups: dict[str, list[Any]] = {}
        at = 0
        for (optimiser, lr, decay), same in groupby(settings, key=lambda setting: setting[:3]):
            part = slice(at, at + len(list(same)))
            views = [stack[part] for stack in self.stacks.values()]
            groups.setdefault(optimiser, []).append({"params": views, "lr": lr, "weight_decay": decay})
            self.slices.append((part, views))
            at = part.stop
        self.optimisers = [torch_optim.create(name, made, 0.0) for name, made in groups.items()]
        self.gradient = vmap(grad_and_value(self._loss, has_aux=True), in_dims=(0, None, None))
        self.value = vmap(self._loss, in_dims=(0, None, None))

    def run(self, interrupt: Interrupt, told: Told) -> tuple[dict[str, np.ndarray], list[Params]] | None:
        """The curves (epochs + 1, nets) and last parameters of each net; None where Ctrl-C came first."""
        epochs, losses = len(self.task.rates), []
        for epoch in range(epochs):
            G, (loss, _) = self.gradient(self.stacks, self.loop.X, self.loop.y)
            losses.append(loss)
            for part, views in self.slices:
                for view, grad in zip(views, G.values(), strict=True):
                    view.grad = grad[part]
            for optimiser in self.optimisers:
                optimiser.step()
            told(epoch + 1)
            if interrupt.heard and epoch + 1 < epochs:
                return None
        curves = self._last("", self.loop.X, self.loop.y)
        curves["loss"] = np.vstack([*map(as_numpy, losses), curves["loss"]])
        if self.loop.valid:
            curves |= self._last("valid_", *self.loop.valid)
        return curves, self._params()

    def _last(self, part: str, X: Tensor, y: Tensor) -> dict[str, np.ndarray]:
        """Losses and shares of right rows at the present parameters, (1, nets) each."""
        with torch.no_grad():
            loss, out = self.value(self.stacks, X, y)
            found = {f"{part}loss": as_numpy(loss)[None]}
            if self.task.kind != "number":
                hits = vmap(lambda one: right(self.task.net.loss, one, y))(out)
                found[f"{part}accuracy"] = np.where(np.isfinite(found[f"{part}loss"]), as_numpy(hits) / len(y), np.nan)
        return found

    def _loss(self, stacks: dict[str, Tensor], X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        out = functional_call(self.twin, {self.names[name]: value for name, value in stacks.items()}, (X,))
        self.twin.seen = []  # what vmap left there is of no use outside
        return self.twin.loss(out, y), out

    def _params(self) -> list[Params]:
        found = {p: as_numpy(self.stacks[p.name]) for p in self.task.net.parameters}
        count = len(next(iter(found.values())))
        return [{p.name: p.from_torch(a[i]) for p, a in found.items()} for i in range(count)]


def room(task: NetTask) -> int:
    """How many nets suit one block: by what their values take, and what Ctrl-C can lose."""
    each = 3 * sum(task.net.widths) * len(task.X) * (8 if task.dtype == "float64" else 4)
    return max(1, min(1024, ROOM // each))

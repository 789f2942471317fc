"""The loop that everyone writes with torch.optim, for nets: forward, loss, backward, step; what each epoch was is kept.

All rows at once: an epoch's loss is that of training, with the norms' statistics of all training rows and dropout's
masks drawn once (Net.draw_masks), as in a sheet. In mini-batches dropout is drawn anew for each, and an epoch's loss
is that of all training rows as when predicting, before its steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from sheetnet.errors import TrainingError
from sheetnet.models import torch_optim
from sheetnet.models.layer_twins import Masked, NetTwin
from sheetnet.models.norms import Embedding
from sheetnet.models.twins import as_numpy
from sheetnet.training.descent import BEAT, Progress
from sheetnet.training.devices import DTYPES
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.loop import Watch
from sheetnet.training.net_task import NetTask
from sheetnet.training.task import shuffled

OnEpoch = Callable[[int, dict[str, float]], None]
Params = dict[str, np.ndarray]
CURVES = ("loss", "accuracy", "valid_loss", "valid_accuracy")


class NetLoop:
    """A net on its way: the module, its optimiser, and the curves so far."""

    def __init__(self, task: NetTask, start: Params) -> None:
        """Raises: TrainingError for codes that an embedding has no row for, and a history beyond memory."""
        self.task, self.dtype = task, DTYPES[task.dtype]
        self.twin = NetTwin(task.net, self.dtype)
        self.twin.put(start)
        _see_codes(self.twin, self._tensor(task.X).cpu())
        self.twin.to(task.device)
        self.X, self.y = self._rows(0)
        self.valid = self._rows(1) if (task.parts == 1).any() else None
        settings = {} if task.weight_decay is None else {"weight_decay": task.weight_decay}
        self.tensors = self.twin.tensors()
        self.optimiser = torch_optim.create(task.optimiser, self.twin.parameters(), 0.0, **settings)
        self.dropouts = [module for module in self.twin.each if isinstance(module, Masked)]
        self.random = torch.Generator(task.device).manual_seed(task.seed)
        masks = task.net.draw_masks(len(task.X), task.seed)
        for module, mask in zip(self.dropouts, masks.values(), strict=True):
            module.mask = self._tensor(mask[task.parts == 0])
        epochs = len(task.rates)
        try:
            self.curves = {name: np.full(epochs + 1, np.nan) for name in CURVES}
        except MemoryError:
            size = 8 * len(CURVES) * epochs / 1e9
            raise TrainingError(f"the history of {epochs:,} epochs takes {size:.3g} GB; ask for fewer epochs") from None
        self.epoch, self.stopped = 0, False
        self._kept: dict[int, dict[str, Tensor]] = {}
        self._found: dict[str, list[Tensor]] = {name: [] for name in CURVES}
        self._told = 0

    def run(
        self, keep: set[int], interrupt: Interrupt, progress: Progress | None, watch: Watch | None,
        on_epoch: OnEpoch | None,
    ) -> None:  # fmt: skip
        """All epochs, or those up to Ctrl-C; then the last parameters are measured, as each epoch's were."""
        rates, epochs = self.task.rates, len(self.task.rates)
        beat = time.perf_counter() + BEAT
        while True:
            last = self.epoch == epochs or self.stopped
            if last or self.epoch in keep:
                self._keep()
            if not last:
                for group in self.optimiser.param_groups:
                    group["lr"] = rates[self.epoch]
            self._advance(last, watch)
            if on_epoch:
                self._tell()
                on_epoch(self.epoch, {name: float(curve[self.epoch]) for name, curve in self.curves.items()})
            if last:
                break
            self.epoch += 1
            self.stopped = interrupt.heard and self.epoch < epochs
            if time.perf_counter() >= beat:
                self._tell()
                if progress:
                    progress(self.epoch, float(self.curves["loss"][self.epoch - 1]))
                beat = time.perf_counter() + BEAT
        self._tell()
        self.curves = {name: curve[: self.epoch + 1] for name, curve in self.curves.items()}
        if progress:
            progress(self.epoch, float(self.curves["loss"][-1]))

    def step(self, lr: float) -> bool:
        """Whether the loss is a finite number; if so, one epoch more of all rows, outside of run and its curves."""
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        _, loss = self._backward(self.X, self.y)
        if finite := bool(loss.isfinite()):
            self.optimiser.step()
        return finite

    @property
    def kept(self) -> dict[int, Params]:
        """The parameters at the kept epochs and at the last, by our names and in the shapes of a sheet."""
        stacks = {
            p: as_numpy(torch.stack([tensors[p.name] for tensors in self._kept.values()]))
            for p in self.task.net.parameters
        }
        return {epoch: {p.name: p.from_torch(a[i]) for p, a in stacks.items()} for i, epoch in enumerate(self._kept)}

    def predict(self, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
        """What the net gives for rows as when predicting, (n, outputs), and its loss there."""
        with torch.no_grad():
            out = self.twin.eval()(self._tensor(X))
            return as_numpy(out), float(self.twin.loss(out, self._tensor(y)))

    def _advance(self, last: bool, watch: Watch | None) -> None:
        """One epoch: what its parameters are worth, then its step or steps; no step after the last."""
        if self.valid:
            self._measure("valid_", *self.valid)
        if self.task.batch:
            self._measure("", self.X, self.y)
            if not last:
                self._mini_batches()
            return
        running = [buffer.clone() for buffer in self.twin.buffers()] if last else []
        out, loss = self._backward(self.X, self.y)
        self._note("", out, loss, self.y)
        if watch:
            watch(self.epoch, self.twin)
        if not last:
            self.optimiser.step()
            return
        for buffer, before in zip(self.twin.buffers(), running, strict=True):
            buffer.copy_(before)  # the last pass measures; it is not part of the run

    def _mini_batches(self) -> None:
        order = torch.as_tensor(shuffled(self.task.seed, self.epoch, len(self.y)), device=self.y.device)
        batch = self.task.batch or len(order)
        for X, y in zip(torch.split(self.X[order], batch), torch.split(self.y[order], batch), strict=True):
            for module, (width, p) in zip(self.dropouts, self.task.net.masks.values(), strict=True):
                drawn = torch.rand(len(X), width, generator=self.random, dtype=X.dtype, device=X.device)
                module.mask = (drawn >= p).to(X.dtype) / (1.0 - p)
            self._backward(X, y)
            self.optimiser.step()

    def _backward(self, X: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """What comes out, and the loss; leaves the gradient in the parameters."""
        if not self.twin.training:
            self.twin.train()
        out = self.twin(X)
        loss = self.twin.loss(out, y)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        return out.detach(), loss.detach()

    def _measure(self, part: str, X: Tensor, y: Tensor) -> None:
        with torch.no_grad():
            out = self.twin.eval()(X)
            self._note(part, out, self.twin.loss(out, y), y)

    def _keep(self) -> None:
        self._kept[self.epoch] = {name: tensor.detach().clone() for name, tensor in self.tensors.items()}

    def _note(self, part: str, out: Tensor, loss: Tensor, y: Tensor) -> None:
        self._found[f"{part}loss"].append(loss)
        if self.task.kind != "number":
            self._found[f"{part}accuracy"].append(right(self.task.net.loss, out, y))

    def _tell(self) -> None:
        """What was found since the last time goes into the curves; where a loss is no number, no row is told right."""
        done = slice(self._told, self._told + len(self._found["loss"]))
        for name, values in self._found.items():
            if values:
                self.curves[name][done] = as_numpy(torch.stack(values))
                values.clear()
        for part, y in (("", self.y), ("valid_", self.valid[1] if self.valid else self.y)):
            self.curves[f"{part}accuracy"][done] /= len(y)
            bad = ~np.isfinite(self.curves[f"{part}loss"][done])
            self.curves[f"{part}accuracy"][done][bad] = np.nan
        self._told = done.stop

    def _tensor(self, a: np.ndarray) -> Tensor:
        return torch.tensor(a, dtype=self.dtype, device=self.task.device)

    def _rows(self, part: int) -> tuple[Tensor, Tensor]:
        """X and y of a part; classes as whole numbers, which a loss would else make of them in each epoch."""
        X, y = map(self._tensor, self.task.of_part(part))
        return X, y.long() if self.task.net.loss == "cross_entropy" else y


def right(loss: str, out: Tensor, y: Tensor) -> Tensor:
    """How many rows have their class said: the largest score, a logit above 0, or a number above 0.5."""
    border = 0.0 if loss == "bce_with_logits" else 0.5
    said = out.argmax(1, keepdim=True) if loss == "cross_entropy" else out > border
    return (said == y).sum()


def _see_codes(twin: NetTwin, X: Tensor) -> None:
    """See that what comes to each embedding is 0, 1, ... below its number of codes, at the start.

    Raises: TrainingError naming the layer and the row.
    """
    steps = twin.net.steps
    if not any(isinstance(step.layer, Embedding) for step in steps):
        return
    values = [X]
    with torch.no_grad():
        for at, (step, module) in enumerate(zip(steps, twin.eval().each, strict=True), start=1):
            sources = [values[source] for source in step.sources]
            if isinstance(step.layer, Embedding):
                codes = sources[0][:, 0]
                known = (codes == codes.round()) & (codes >= 0) & (codes < step.layer.codes)
                if not known.all():
                    row = int((~known).nonzero()[0, 0])
                    place = f"layer {at}" + f" ({step.key})" * bool(step.key)
                    raise TrainingError(
                        f"{twin.net.title}, {place}: row {row + 1} has the code {float(codes[row]):g}, expected a whole"
                        f" number from 0 to {step.layer.codes - 1}"
                    )
            values.append(module(*sources))

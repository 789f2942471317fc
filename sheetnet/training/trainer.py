"""train: a model or net, rows and settings -> a Run; with progress, checkpoints and a clean end on Ctrl-C."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path as File
from typing import Any, overload

import numpy as np
import torch

from sheetnet.common.notebook import telling
from sheetnet.common.settings import MAX_SEED, called, known, learning_rate, whole_number
from sheetnet.errors import TrainingError
from sheetnet.models.as_net import as_net
from sheetnet.models.frozen import froze
from sheetnet.models.labels import taken
from sheetnet.models.make import net_of
from sheetnet.models.model import Model
from sheetnet.models.net import Net
from sheetnet.tables.rows import Rows
from sheetnet.tables.table import Table
from sheetnet.training import checkpoint as files
from sheetnet.training.descent import Descent, Progress
from sheetnet.training.devices import resolve_device, resolve_dtype
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.loop import Watch
from sheetnet.training.net_loop import OnEpoch
from sheetnet.training.net_run import NetRun
from sheetnet.training.net_trainer import train_net
from sheetnet.training.ranks import Ranks, own, ranks
from sheetnet.training.run import Run
from sheetnet.training.source import source_of
from sheetnet.training.summed import Summed
from sheetnet.training.task import Anchored, Task, enough_memory
from sheetnet.training.ways import FACTORED, count_dead, count_right, way_of

MAX_EPOCHS = 10**9
KEPT = 100  # how many epochs' weights are kept, unless said otherwise


@overload
def train(model: Net, table: Any, start: Mapping[str, Any] | None = None, **options: Any) -> NetRun: ...
@overload
def train(model: Any, table: Any, start: Mapping[str, Any] | None = None, **options: Any) -> Run: ...
def train(
    model: Any,
    table: Any,
    start: Mapping[str, Any] | None = None,
    *,
    epochs: int = 100,
    lr: float | None = None,
    optimiser: str = "sgd",
    schedule: str = "constant",
    weight_decay: float | None = None,
    batch: int | None = None,
    seed: int = 0,
    device: str = "auto",
    dtype: str = "float64",
    frozen: Sequence[str] = (),
    path: str = "auto",
    keep: int | Sequence[int] = KEPT,
    checkpoint: str | File | None = None,
    every: int | None = None,
    memory: int | None = None,
    watch: Watch | None = None,
    on_epoch: OnEpoch | None = None,
    progress: Progress | None = None,
    **others: Any,
) -> Run:
    """A run of torch from start: the loss of each epoch is that of its parameters, before its step.

    A net (sn.mlp and such) goes through autograd and torch.optim, and comes back as a NetRun (net_loop.py says what an
    epoch's loss is where there are masks and norms):
    start: by our names or torch's keys (a state_dict), arrays, tensors or frames; by default net.init(seed).
    optimiser: sgd, momentum, adagrad, rmsprop, adam or adamw, with torch's settings; lr: by default one that suits it.
    schedule: constant, cosine, step or warmup (models/schedules.py), epoch by epoch.
    table.parts: rows of part 0 are learnt from, of part 1 validated on in every epoch, of part 2 tested at the end.
    frozen: parameters that stay as they are, by our names or torch's keys, or layers: "W_1", "0.weight", "0".
    on_epoch(epoch, values) is called with loss, accuracy, valid_loss and valid_accuracy of each epoch.

    A model (sn.linear and such) goes the same way where one of these is asked for, and else down a faster path, by
    W - lr * (dloss/dW + weight_decay * W); start: {"W": (p, k)}, by default model.init().
    batch: rows of a mini-batch, in an order drawn from seed and epoch; by default all rows make one step.
    path: how it is computed (ways.way_of); auto takes the fastest for model, device and size, and a linear model with
    all rows at once is first brought to p + 1 rows (task.factored), with a loss that is equal for all weights.
    keep: the epochs whose weights are kept, or into how many even steps they are spread, and half as many growing ones.
    checkpoint: a file that is written every `every` epochs (default: a tenth of them; less often where writing would
    take over a tenth of the time), at the end and on Ctrl-C. Where it exists, the run goes on from it and ends with the
    losses and weights of a run that was never stopped: bit for bit on the same path, in the same memory and number of
    processes, else up to rounding. One that cannot be written ends no run: Run.unsaved says why.
    memory: bytes that rows from files may take; larger ones are streamed in every epoch.
    watch(epoch, module) is called after each backward pass, when gradients stand in the parameters; for the autograd
    path, all rows in memory and at once.
    progress(epoch, loss) is called after each block of epochs; without it a notebook shows how far a long run is.
    Under torchrun each process takes its share of the rows.

    Ctrl-C ends the run after the present epochs: Run.stopped says so.
    Raises: SheetnetError for settings that cannot be and parameters of the wrong shape; DataError for rows that cannot
    be used; TrainingError for a device or dtype that is not there, or a checkpoint of another run.
    """
    known(others, train)
    called("progress", progress, "print, which gets the epoch and its loss")
    called("watch", watch, "one of (epoch, module)")
    called("on_epoch", on_epoch, "one of (epoch, values)")
    epochs = whole_number("epochs", epochs, 0, MAX_EPOCHS)
    seed = whole_number("seed", seed, 0, MAX_SEED)
    if every is not None and checkpoint is None:
        raise TrainingError("every is for a checkpoint: name its file, or leave it away")
    every = whole_number("every", every, 1, MAX_EPOCHS) if every is not None else max(1, epochs // 10)
    to_keep = _kept(keep, epochs)
    if not isinstance(model, Model | Net):
        model = as_net(model, table)
    plain = optimiser == "sgd" and schedule == "constant" and on_epoch is None
    if isinstance(model, Net) or frozen or not plain or np.any(getattr(table, "parts", 0)):
        _only_autograd(path, checkpoint, memory)
        if isinstance(model, Model):
            start, model = model.init() if start is None else start, net_of(model)
        model = froze(model, frozen) if frozen else model
        return train_net(
            model, table, start, epochs=epochs, lr=lr, optimiser=optimiser, schedule=schedule,
            weight_decay=weight_decay, batch=batch, seed=seed, device=device, dtype=dtype, keep=to_keep, watch=watch,
            on_epoch=on_epoch, progress=progress,
        )  # fmt: skip
    lr = learning_rate(0.1 if lr is None else lr)
    weight_decay = learning_rate(0.0 if weight_decay is None else weight_decay, "the weight decay")
    if isinstance(table, (Table, Rows)) and model.n_features != len(table.features):
        raise TrainingError(f"{model.name} is for {model.n_features} features, the table has {len(table.features)}")
    W = taken(model, model.init() if start is None else start, getattr(table, "features", ()))
    where = own(resolve_device(device, dtype))
    resolve_dtype(dtype, where)
    file = File(checkpoint) if checkpoint is not None else None
    with ranks(where) as group, on(where), Interrupt() as interrupt:
        source = source_of(table, dtype, memory, group)
        if batch is not None:
            batch = whole_number("batch", batch, 1, source.n_rows, ": the number of rows")
            batch = None if batch == source.n_rows else batch
        task = Task(model, source.X, source.y, source.n_rows, lr, weight_decay, batch, seed, where, dtype)
        found = _resumed(file, group)
        with enough_memory(task):
            name, make, target = way_of(task, source, group, path, epochs, watch)
            settings = {
                "model": model.name, "features": list(source.features), "data": source.digest, "dtype": dtype,
                "start": hashlib.sha256(W.tobytes()).hexdigest()[:16], "lr": lr, "weight_decay": weight_decay,
                "batch": batch, "seed": seed, "path": name, "device": where.type,
            }  # fmt: skip
            group.agree({**settings, "epochs": epochs, "every": every, "epochs to keep": sorted(to_keep)})
            state = files.Checkpoint(settings, W, np.empty(0), np.empty(0))
            if found and file:
                if str(found.settings.get("path")).startswith(FACTORED):
                    found.accuracies[:] = np.nan  # of p + 1 rows they say nothing
                if path in ("auto", FACTORED):  # chosen anew: faster for a longer run
                    found.settings["path"] = name
                files.check(file, found, settings, W.shape)
                state = found
                if state.epoch > epochs:
                    words = f"this checkpoint is after {state.epoch} epochs; ask for at least as many"
                    raise TrainingError(f"{file}: {words}")
            descent = Descent(state, epochs, to_keep, every, file, group, interrupt, progress)
            worker = make(state.W)
            if state.anchor and isinstance(worker, Anchored):
                worker.replay(*state.anchor, state.epoch)
            with telling("training", epochs, progress is None) as line:
                descent.progress = progress or (line.epoch if line else None)
                losses, accuracies = descent.run(worker, fixed=1 if isinstance(worker, Summed) else 0)
            kept = descent.kept | {descent.epoch: worker.get()}
            if name.startswith(FACTORED) or not target.zero_one:
                accuracies[:] = np.nan
            accuracies[~np.isfinite(losses)] = np.nan
            uncounted = [epoch for epoch in kept if np.isnan(accuracies[epoch]) and np.isfinite(losses[epoch])]
            if uncounted and target.zero_one:
                accuracies[uncounted] = count_right(source, np.hstack([kept[epoch] for epoch in uncounted]), group)
            dead = count_dead(source, worker.get(), group) if model.rectified else 0
    return Run(
        {"W": worker.get()}, losses, accuracies, str(where), dtype, name, source.features, kept, descent.stopped,
        descent.unsaved, dead, target.nothing,
    )  # fmt: skip


def _only_autograd(path: str, checkpoint: str | File | None, memory: int | None) -> None:
    """Raises: TrainingError for what only the faster paths of a model have."""
    asked = {"path": path not in ("auto", "autograd"), "checkpoint": checkpoint, "memory": memory is not None}
    for name, there in asked.items():
        if there:
            raise TrainingError(f"{name} is for sn.linear, sn.two_relu and sn.relus, all rows and sgd; leave it away")


def on(device: torch.device) -> torch.cuda.device | nullcontext[None]:
    """A context in which CUDA's present device is this one, as graphs and kernels want it."""
    return torch.cuda.device(device) if device.type == "cuda" else nullcontext()


def _resumed(file: File | None, group: Ranks) -> files.Checkpoint | None:
    """The checkpoint that the first rank finds, for all of them; None where there is none."""
    found: files.Checkpoint | TrainingError | None = None
    if file is not None and group.first:
        try:
            files.check_place(file)
            found = files.load(file) if file.exists() else None
        except TrainingError as reason:
            found = reason
    found = group.each(found)[0]
    if isinstance(found, TrainingError):
        raise found
    return found


def _kept(keep: int | Sequence[int], epochs: int) -> set[int]:
    if isinstance(keep, Sequence):
        return {whole_number("an epoch to keep", epoch, 0, epochs) for epoch in keep}
    steps = min(epochs, whole_number("keep", keep, 0, MAX_EPOCHS))
    if not steps:
        return set()
    early = np.geomspace(1, epochs, steps // 2 + 1)  # of a long run the first epochs say most
    return {int(epoch) for epoch in (*np.linspace(0, epochs, steps + 1), *early)}

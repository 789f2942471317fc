"""train_net: a net, the rows of any table and settings -> a NetRun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sheetnet.common.notebook import telling
from sheetnet.common.settings import MAX_SEED, learning_rate, whole_number
from sheetnet.errors import TrainingError
from sheetnet.models.answers import classes
from sheetnet.models.labels import taken
from sheetnet.models.losses import of_nothing
from sheetnet.models.metrics import metrics
from sheetnet.models.net import Net
from sheetnet.models.optimisers import optimiser_of
from sheetnet.models.schedules import rates
from sheetnet.training.descent import Progress
from sheetnet.training.devices import resolve_device
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.loop import Watch
from sheetnet.training.net_loop import NetLoop, OnEpoch
from sheetnet.training.net_run import NetRun
from sheetnet.training.net_task import PARTS, NetTask, check_batch, check_numbers, rows_of
from sheetnet.training.ranks import launched


def train_net(
    net: Net, table: Any, start: Any, *, epochs: int, lr: float | None, optimiser: str, schedule: str,
    weight_decay: float | None, batch: int | None, seed: int, device: str, dtype: str, keep: set[int],
    watch: Watch | None, on_epoch: OnEpoch | None, progress: Progress | None,
) -> NetRun:  # fmt: skip
    """A run of a net, as trainer.train says; epochs and the epochs to keep are judged there.

    Raises: SheetnetError for settings that cannot be, DataError for rows that the net cannot learn from, TrainingError
    for a device or dtype that is not there.
    """
    if launched():
        raise TrainingError("a net is trained in one process; start it without torchrun")
    rule, seed = optimiser_of(optimiser), whole_number("seed", seed, 0, MAX_SEED)
    lr = learning_rate(rule.lesson_lr if lr is None else lr)
    decay = None if weight_decay is None else learning_rate(weight_decay, "the weight decay")
    if not net.trained:
        raise TrainingError(f"{net.title} has no parameters to train")
    learnt = rows_of(net, table)
    check_numbers(learnt, dtype)
    n = int((learnt.parts == 0).sum())
    if batch is not None:
        batch = whole_number("batch", batch, 1, n, ": the number of rows for training")
        batch = None if batch == n else batch
    if batch and watch:
        raise TrainingError("watch is for all rows at once: leave batch away")
    begin = net.init(seed) if start is None else taken(net, start, learnt.features, learnt.classes)
    task = NetTask(
        net, learnt.X, learnt.y, learnt.parts, learnt.features, learnt.kind, optimiser, rates(schedule, lr, epochs),
        decay, batch, seed, resolve_device(device, dtype), dtype,
    )  # fmt: skip
    check_batch(task)
    with Interrupt() as interrupt:
        loop = NetLoop(task, begin)
        with telling("training", epochs, progress is None) as line:
            loop.run(keep, interrupt, progress or (line.epoch if line else None), watch, on_epoch)
    curves, kept = loop.curves, loop.kept
    return NetRun(
        kept[loop.epoch], curves["loss"], curves["accuracy"], str(task.device), dtype, "autograd",
        learnt.features, kept, loop.stopped, net=net, optimiser=optimiser, rates=task.rates,
        valid_losses=curves["valid_loss"], valid_accuracies=curves["valid_accuracy"],
        nothing=of_nothing(net.loss, task.of_part(0)[1], net.n_outputs),
        measured=_measured(task, loop, learnt.in_units),
    )  # fmt: skip


def _measured(
    task: NetTask, loop: NetLoop, in_units: Callable[[np.ndarray], np.ndarray] | None
) -> dict[str, dict[str, float]]:
    """Rows, loss and metrics of each part that has rows; errors in the target's own units where these are known."""
    found = {}
    for part, name in enumerate(PARTS):
        X, y = task.of_part(part)
        if len(y):
            out, loss = loop.predict(X, y)
            said = out[:, 0] if task.kind == "number" else classes(task.net, out)
            found[name] = {"rows": float(len(y)), "loss": loss, **metrics(task.kind, said, y, in_units)}
    return found

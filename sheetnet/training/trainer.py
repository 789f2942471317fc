"""train: a model, rows and settings -> a Run; with progress, checkpoints and a clean end on Ctrl-C on every path."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path as File

import numpy as np

from sheetnet.data.rows import Rows
from sheetnet.errors import TrainingError
from sheetnet.features import Table
from sheetnet.models import Model
from sheetnet.settings import MAX_SEED, learning_rate, whole_number
from sheetnet.training import checkpoint as files
from sheetnet.training.devices import resolve_device, resolve_dtype
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.loop import Autograd, Watch
from sheetnet.training.ranks import Ranks, ranks
from sheetnet.training.run import Run
from sheetnet.training.source import Source, check_classes, source_of
from sheetnet.training.summed import CHUNK, Summed
from sheetnet.training.task import Path, Task, can_factor, choose, factored, triangle
from sheetnet.training.task import start as start_path

MAX_EPOCHS = 10**9
BEAT = 0.2  # seconds between two looks at Ctrl-C and the progress line
KEPT = 100  # how many epochs' weights are kept, unless said otherwise
Progress = Callable[[int, float], None]


def train(
    model: Model,
    table: Table | Rows,
    start: dict[str, np.ndarray] | None = None,
    *,
    epochs: int = 100,
    lr: float = 0.1,
    weight_decay: float = 0.0,
    batch: int | None = None,
    seed: int = 0,
    device: str = "auto",
    dtype: str = "float64",
    path: str = "auto",
    keep: int | Sequence[int] = KEPT,
    checkpoint: str | File | None = None,
    every: int | None = None,
    memory: int | None = None,
    watch: Watch | None = None,
    progress: Progress | None = None,
) -> Run:
    """A run of torch from start (default: model.init()): W - lr * (dloss/dW + weight_decay * W) in each epoch.

    batch: rows of a mini-batch, in an order drawn from seed and epoch; by default all rows make one step.
    path: how it is computed (task.PATHS); auto takes the fastest for model, device and size, and a linear model with
    all rows at once is first brought to p + 1 rows (task.factored), with a loss that is equal for all weights.
    keep: the epochs whose weights are kept, or how many of them, evenly spread.
    checkpoint: a file that is written every `every` epochs (default: a tenth of them), at the end and on Ctrl-C; where
    it exists, the run goes on from it, and ends with the numbers of a run that was never stopped.
    memory: bytes that rows from files may take; larger ones are streamed in every epoch.
    watch(epoch, module) is called after each backward pass, when gradients stand in the parameters (autograd only).
    progress(epoch, loss) is called about five times a second.
    Under torchrun each process takes its share of the rows.

    Ctrl-C ends the run after the present epochs: Run.stopped says so.
    Raises: SheetnetError for settings that cannot be and parameters of the wrong shape; DataError for rows that cannot
    be used; TrainingError for a device or dtype that is not there, or a checkpoint of another run.
    """
    epochs, lr = whole_number("epochs", epochs, 0, MAX_EPOCHS), learning_rate(lr)
    weight_decay = learning_rate(weight_decay, "the weight decay")
    seed = whole_number("seed", seed, 0, MAX_SEED)
    every = whole_number("every", every, 1, MAX_EPOCHS) if every is not None else max(1, epochs // 10)
    if isinstance(table, (Table, Rows)) and model.n_features != len(table.features):
        raise TrainingError(f"{model.name} is for {model.n_features} features, the table has {len(table.features)}")
    W = model.check_params(model.init() if start is None else start)
    where = resolve_device(device, dtype)
    resolve_dtype(dtype, where)
    with ranks(where) as group, Interrupt() as interrupt:
        source = source_of(table, dtype, memory, group)
        if batch is not None:
            batch = whole_number("batch", batch, 1, source.n_rows, ": the number of rows")
            batch = None if batch == source.n_rows else batch
        task = Task(model, source.X, source.y, source.n_rows, lr, weight_decay, batch, seed, where, dtype)
        file = File(checkpoint) if checkpoint is not None else None
        found = _resumed(file, group)
        if found and path == "auto":
            path = str(found.settings.get("path"))
        name, make = _path(task, source, group, path, epochs, watch)
        settings = {
            "model": model.name, "features": list(source.features), "data": source.digest, "dtype": dtype,
            "start": hashlib.sha256(W.tobytes()).hexdigest()[:16], "lr": lr, "weight_decay": weight_decay,
            "batch": batch, "seed": seed, "path": name, "device": where.type,
        }  # fmt: skip
        state = files.Checkpoint(settings, W, np.empty(0), np.empty(0))
        if found and file:
            files.check(file, found, settings)
            state = found
            if state.epoch > epochs:
                raise TrainingError(f"{file}: this checkpoint is after {state.epoch} epochs; ask for at least as many")
        descent = Descent(state, epochs, _kept(keep, epochs), every, file, group, interrupt, progress)
        worker = make(state.W)
        descent.run(worker, 1 if isinstance(worker, Summed) else 0)
        loss, right = worker.measure(descent.epoch)
        losses, accuracies = np.append(descent.losses, loss), np.append(descent.accuracies, right)
        kept = descent.kept | {descent.epoch: worker.get()}
        if "factored" in name:
            accuracies[:] = np.nan
            accuracies[list(kept)] = _accuracies(source, np.hstack(list(kept.values())), group)
    return Run({"W": worker.get()}, losses, accuracies, str(where), dtype, name, source.features, kept, descent.stopped)


class Descent:
    """The epochs of a run in blocks, between which progress is told, weights are kept and checkpoints written."""

    def __init__(
        self, state: files.Checkpoint, epochs: int, kept: set[int], every: int, file: File | None, group: Ranks,
        interrupt: Interrupt, progress: Progress | None,
    ) -> None:  # fmt: skip
        self.state, self.epoch, self.epochs, self.every, self.file = state, state.epoch, epochs, every, file
        self.group, self.interrupt, self.progress = group, interrupt, progress
        self._losses, self._accuracies = np.empty(epochs), np.empty(epochs)
        self._losses[: self.epoch], self._accuracies[: self.epoch] = state.losses, state.accuracies
        self.kept = {epoch: W for epoch, W in state.kept.items() if epoch in kept}
        self._to_keep = sorted(epoch for epoch in kept if epoch >= self.epoch)
        self.stopped = False

    @property
    def losses(self) -> np.ndarray:
        """The losses before each step that was made."""
        return self._losses[: self.epoch]

    @property
    def accuracies(self) -> np.ndarray:
        """The accuracies before each step that was made."""
        return self._accuracies[: self.epoch]

    def run(self, worker: Path, fixed: int) -> None:
        """Epochs up to the last, or to Ctrl-C; in blocks of a fixed number of them, or (0) of about BEAT seconds."""
        block, saved = fixed or 1, self.epoch
        while self.epoch < self.epochs and not self.stopped:
            if self._to_keep and self._to_keep[0] == self.epoch:
                self.kept[self._to_keep.pop(0)] = worker.get()
            stops = [self.epochs, self.epoch + block, *self._to_keep[:1]]
            if self.file:
                stops.append((self.epoch // self.every + 1) * self.every)
            until, began = min(stops), time.perf_counter()
            part = slice(self.epoch, until)
            worker.advance(self.epoch, self._losses[part], self._accuracies[part])
            took = time.perf_counter() - began
            if not fixed and until == self.epoch + block:
                block = max(1, min(4 * block, int(block * BEAT / max(took, 1e-9))))
            self.epoch = until
            if self.progress and self.group.first:
                self.progress(self.epoch, float(self._losses[self.epoch - 1]))
            self.stopped = any(self.group.each(self.interrupt.heard))
            if self.file and (self.epoch % self.every == 0 or self.stopped):
                self._save(worker)
                saved = self.epoch
        if self.file and saved < self.epoch:
            self._save(worker)

    def _save(self, worker: Path) -> None:
        if self.group.first and self.file:
            state = self.state
            files.save(
                self.file, files.Checkpoint(state.settings, worker.get(), self.losses, self.accuracies, self.kept)
            )


def _path(
    task: Task, source: Source, group: Ranks, path: str, epochs: int, watch: Watch | None
) -> tuple[str, Callable[[np.ndarray], Path]]:
    """The name of the way to train, and what makes it from weights."""
    if watch is not None:
        return "autograd", lambda W: Autograd(task, W, watch)
    parted = source.streamed or group.world > 1
    factor, _, within = path.rpartition(", ")
    wanted = factor or (path == "auto" and (parted or choose(task, epochs) != "autograd"))
    if wanted and can_factor(task, source.n_rows):
        R = _factor(source, group)
        small = factored(task, R)
        name = within if factor else choose(small, epochs)
        name = "closed" if name == "autograd" else name  # the referee takes rows as they are, with their own mean
        return f"factored, {name}", lambda W: start_path(name, small, W)
    _see_classes(source, group)
    if parted:
        if path not in ("auto", "summed"):
            raise TrainingError(f"the path {path} is for rows in memory and one process; say --path auto")
        return "summed", lambda W: Summed(task, W, source.chunks, group)
    name = choose(task, epochs) if path == "auto" else path
    return name, lambda W: start_path(name, task, W)


def _factor(source: Source, group: Ranks) -> np.ndarray:
    """The triangle of all rows of all ranks; sees to it that the target takes more than one value."""
    R, low, high = None, np.inf, -np.inf
    for X, y in _parts(source):
        Xy = np.hstack([X, y]).astype(float)
        R = triangle(Xy if R is None else np.vstack([R, Xy]))
        low, high = min(low, float(y.min())), max(high, float(y.max()))
    check_classes(source, group, low, high)
    return triangle(np.vstack([found for found in group.each(R) if found is not None]))


def _see_classes(source: Source, group: Ranks) -> None:
    """One pass over the targets, and over streamed rows as a whole: faults are told before the first epoch."""
    low, high = np.inf, -np.inf
    for _, y in _parts(source):  # a rank may have none, where rows are few
        low, high = min(low, float(y.min())), max(high, float(y.max()))
    check_classes(source, group, low, high)


def _parts(source: Source) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    return source.chunks(CHUNK) if source.streamed else iter([(source.X, source.y)])


def _accuracies(source: Source, W: np.ndarray, group: Ranks) -> np.ndarray:
    """The share of right rows for each column of W (p, m), in one pass."""
    right = np.zeros(W.shape[1])
    for X, y in _parts(source):
        right += ((X @ W > 0.5) == y).sum(0)
    return group.add(right) / source.n_rows


def _resumed(file: File | None, group: Ranks) -> files.Checkpoint | None:
    """The checkpoint that the first rank finds, for all of them; None where there is none."""
    found: files.Checkpoint | TrainingError | None = None
    if file is not None and group.first:
        try:
            found = files.load(file) if file.exists() else None
        except TrainingError as reason:
            found = reason
    found = group.each(found)[0]
    if isinstance(found, TrainingError):
        raise found
    return found


def _kept(keep: int | Sequence[int], epochs: int) -> set[int]:
    if isinstance(keep, int):
        return {int(epoch) for epoch in np.linspace(0, epochs, min(keep, epochs) + 1)} if keep > 0 else set()
    return {whole_number("an epoch to keep", epoch, 0, epochs) for epoch in keep}

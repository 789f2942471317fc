"""sweep_net: a net over learning rates, optimisers and seeds -> a NetSweep, with the face of a Sweep."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.common.notebook import telling
from sheetnet.common.settings import MAX_SEED, whole_number
from sheetnet.errors import SheetnetError, TrainingError
from sheetnet.models.losses import of_nothing
from sheetnet.models.metrics import exploded
from sheetnet.models.net import Net
from sheetnet.models.optimisers import OPTIMISERS, optimiser_of
from sheetnet.training.designs import draw
from sheetnet.training.devices import resolve_device
from sheetnet.training.interrupt import Interrupt
from sheetnet.training.net_loop import Params
from sheetnet.training.net_nets import Setting, SideBySide, one_by_one, room, suits
from sheetnet.training.net_task import NetTask, check_batch, check_numbers, rows_of

if TYPE_CHECKING:
    import pandas as pd

MAX_NETS = 100_000
SEEDS = 10  # nets of each combination, unless said otherwise
BEAT = 0.5  # seconds between two turns of the progress line
Progress = Callable[[int, int], None]


@dataclass(frozen=True, repr=False, eq=False)
class NetSweep:
    """What a sweep of nets gives: a row for each net, and the parameters of the best.

    table: optimiser, lr, weight_decay, seed; loss, best_loss (the least on the way), accuracy, valid_loss and
    valid_accuracy where there are such; diverged_at (the first epoch without a finite loss, or missing); exploded
    (finite at the end, but above where it began and above saying 0 for every row).
    best: of the least final loss, on the rows for validation where there are some.
    """

    model: Net
    table: pd.DataFrame
    best: Params
    start: Params
    features: tuple[str, ...]
    epochs: int
    device: str
    dtype: str
    path: str  # side by side, or one by one
    seconds: float
    stopped: bool = False

    @property
    def judged(self) -> str:
        """The column by which nets are ranked."""
        return "valid_loss" if "valid_loss" in self.table else "loss"

    @property
    def best_row(self) -> pd.Series:
        """The settings and results of the best net; of one that exploded only where all did."""
        well = self.table[~self.table["exploded"].astype(bool) & self.table[self.judged].notna()]
        return self.table.loc[(well if len(well) else self.table)[self.judged].idxmin()]

    @property
    def title(self) -> str:
        """What was swept and how it ended, in a line."""
        diverged = self.table["diverged_at"].notna().mean() if len(self.table) else 0.0
        least = self.table[self.judged].min()
        name = self.judged.replace("_", " ")
        exploded = self.table["exploded"].mean() if len(self.table) else 0.0
        ended = f"least {name} {least:.4g}, {diverged:.1%} diverged" + f", {exploded:.1%} exploded" * bool(exploded)
        return f"{len(self.table)} x {self.model.title}, {self.epochs} epochs: {ended}"

    def by_rate(self) -> pd.DataFrame:
        """The median final loss by rate (rows) and optimiser (columns)."""
        return self.table.groupby(["lr", "optimiser"], sort=True)[self.judged].median().unstack()

    def plot(self, path: str | Path | None = None) -> Any:
        """Median loss by rate and optimiser, histogram of final losses: both axes. path: a picture is written too."""
        from sheetnet.training.plots import plot_net_sweep

        place = None if path is None else Path(path)
        return plot_net_sweep(self.by_rate(), self.table[self.judged].to_numpy(), self.title, place)

    def __repr__(self) -> str:
        return f"<NetSweep {self.title}, on {self.device}, {self.dtype}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self.title)}; the best:</p>{self.table.nsmallest(5, self.judged).to_html()}"


def sweep_net(
    net: Net, table: Any, *, nets: int | None, lrs: list[float], decays: list[float] | None,
    optimisers: str | Sequence[str], seed: int, design: str, epochs: int, device: str, dtype: str,
    progress: Progress | None,
) -> NetSweep:  # fmt: skip
    """A sweep of a net, as sweep.sweep says; rates, decays, seed and epochs are judged there.

    Raises: SheetnetError for settings that cannot be, DataError for rows that the net cannot learn from.
    """
    names = [optimisers] if isinstance(optimisers, str) else list(optimisers)
    if not names:
        raise SheetnetError(f"a sweep needs at least one optimiser; known are {', '.join(OPTIMISERS)}")
    if not net.trained:
        raise TrainingError(f"{net.title} has no parameters to train")
    if net.start is not None:
        raise TrainingError(f"{net.title} comes with its own parameters, the same for every seed: train it instead")
    settings = _settings(names, nets, lrs, decays, seed, design)
    learnt = rows_of(net, table)
    check_numbers(learnt, dtype)
    task = NetTask(
        net, learnt.X, learnt.y, learnt.parts, learnt.features, learnt.kind, "sgd", np.zeros(epochs), None, None, seed,
        resolve_device(device, dtype), dtype,
    )  # fmt: skip
    check_batch(task)
    began = time.perf_counter()
    with telling("nets", len(settings), progress is None) as line:
        rows, best, stopped = _train(task, settings, progress or (line.nets if line else None))
    start = net.init(settings[best[0]][3]) if best else {}
    return NetSweep(
        net, rows, best[1] if best else {}, start, learnt.features, epochs, str(task.device), dtype,
        "side by side" if suits(net) else "one by one", time.perf_counter() - began, stopped,
    )  # fmt: skip


def _settings(
    names: list[str], nets: int | None, lrs: list[float], decays: list[float] | None, seed: int, design: str
) -> list[Setting]:
    """What each net is trained with, seed by seed, so that a sweep which is stopped has been everywhere."""
    each = SEEDS * len(lrs) * len(decays or [0]) if nets is None else whole_number("nets", nets, 1, MAX_NETS)
    if nets is not None:
        each, rest = divmod(nets, len(names))
        if rest or not each:
            raise SheetnetError(f"{nets} nets cannot be dealt out to {len(names)} optimisers; ask for a multiple")
    seed, columns = whole_number("seed", seed, 0, MAX_SEED - each), []
    for name in names:
        usual = [optimiser_of(name).settings.get("weight_decay", 0.0)]  # torch's
        found = draw(design, each, lrs, [1.0], decays or usual, seed)
        rows = zip(found.lr.tolist(), found.decay.tolist(), found.seed.tolist(), strict=True)
        columns.append([(name, lr, decay, int(at)) for lr, decay, at in rows])
    return [setting for together in zip(*columns, strict=True) for setting in together]


def _train(
    task: NetTask, settings: list[Setting], progress: Progress | None
) -> tuple[pd.DataFrame, tuple[int, Params] | None, bool]:
    """A row for each net that was done, the best one's place and parameters, and whether Ctrl-C came first."""
    import pandas as pd

    epochs, together = len(task.rates), suits(task.net)
    extra = ["accuracy"]
    if (task.parts == 1).any():
        extra += ["valid_loss"] if task.kind == "number" else ["valid_loss", "valid_accuracy"]
    size = room(task) if together else 1
    nothing = of_nothing(task.net.loss, task.of_part(0)[1], task.net.n_outputs)
    rows: list[dict[str, Any]] = []
    best: tuple[int, Params] | None = None
    least, beat = np.inf, 0.0
    with Interrupt() as interrupt:
        while len(rows) < len(settings) and not interrupt.heard:
            first = len(rows)
            block = sorted(range(first, min(first + size, len(settings))), key=lambda at: settings[at][:3])

            def told(epoch: int, first: int = first, count: int = len(block)) -> None:
                nonlocal beat
                if progress and time.perf_counter() >= beat:
                    progress(first + count * epoch // max(1, epochs), first)
                    beat = time.perf_counter() + BEAT

            chosen = [settings[at] for at in block]
            run = SideBySide(task, chosen).run if together else None
            found = run(interrupt, told) if run else one_by_one(task, chosen, interrupt, told)
            if found is None:
                break
            curves, params = found
            made = {at: _row(settings[at], curves, i, extra, nothing) for i, at in enumerate(block)}
            rows += [made[at] for at in sorted(block)]
            for i, at in enumerate(block):
                if (value := made[at].get("valid_loss", made[at]["loss"])) < least:
                    least, best = value, (at, params[i])
    heads = ["optimiser", "lr", "loss", "diverged_at", "exploded"]
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else heads)
    frame["diverged_at"] = frame["diverged_at"].astype("Int64")
    if progress:
        progress(len(rows), len(rows))
    return frame, best, len(rows) < len(settings)


def _row(
    setting: Setting, curves: dict[str, np.ndarray], i: int, extra: list[str], nothing: float
) -> dict[str, Any]:  # fmt: skip
    losses = curves["loss"][:, i]
    finite = np.isfinite(losses)
    row: dict[str, Any] = dict(zip(("optimiser", "lr", "weight_decay", "seed"), setting, strict=True))
    row["loss"] = losses[-1] if finite[-1] else np.nan
    row["best_loss"] = losses[finite].min() if finite.any() else np.nan
    row |= {name: curves[name][-1, i] if name in curves else np.nan for name in extra}
    row["diverged_at"] = None if finite.all() else int(np.argmin(finite))
    return row | {"exploded": bool(exploded(losses[0], losses[-1], nothing))}

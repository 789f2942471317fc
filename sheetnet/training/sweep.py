"""sweep: many nets of one shape, over learning rates, start weights, their scale and weight decay -> a Sweep."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from sheetnet.common.settings import MAX_SEED, called, known, whole_number
from sheetnet.errors import SheetnetError, TrainingError
from sheetnet.models.metrics import exploded
from sheetnet.models.model import Model, decimals_of
from sheetnet.models.net import Net
from sheetnet.tables.rows import Rows
from sheetnet.tables.table import Table
from sheetnet.training.designs import Settings, axis, draw, spread
from sheetnet.training.devices import resolve_device, resolve_dtype
from sheetnet.training.net_sweep import NetSweep, sweep_net
from sheetnet.training.nets import choose
from sheetnet.training.ranks import Ranks, launched
from sheetnet.training.source import Target, check_range, source_of
from sheetnet.training.sweep_blocks import Progress, Results, trained, warm
from sheetnet.training.task import Task, enough_memory
from sheetnet.training.trainer import MAX_EPOCHS, on

if TYPE_CHECKING:
    import pandas as pd

MAX_NETS = 10_000_000
POOR = 1.05  # a net has landed in a poor minimum where its loss is so many times the best one's
LR, SCALE = spread(0.01, 1, 10), spread(0.05, 2, 10)


@dataclass(frozen=True, eq=False)
class Sweep:
    """What a sweep gives: a row for each net, and the weights of the best.

    table: lr, scale, weight_decay, seed; loss, best_loss and accuracy (of a target of 0 and 1, and a finite loss);
    diverged_at (the first epoch without a finite loss, or missing); exploded (finite at the end, but above where it
    began and above saying 0 for every row); dead_units (above 0 for no row at the end).
    """

    model: Model
    table: pd.DataFrame = field(repr=False)
    best: dict[str, np.ndarray] = field(repr=False)  # the weights of the least final loss
    start: dict[str, np.ndarray] = field(repr=False)  # and those it started from
    features: tuple[str, ...] = field(repr=False)
    epochs: int
    device: str
    dtype: str
    path: str
    seconds: float  # of training
    stopped: bool = False

    @property
    def best_row(self) -> pd.Series:
        """The settings and results of the net with the least final loss."""
        return self.table.loc[self.table["loss"].idxmin()]

    @property
    def all_dead(self) -> np.ndarray:
        """Which nets ended with every unit dead, (n,) of bool."""
        dead = self.table["dead_units"].to_numpy() == self.model.n_hidden
        return np.asarray(dead & self.model.rectified & self.table["diverged_at"].isna().to_numpy())

    @property
    def shares(self) -> dict[str, float]:
        """How the nets ended, as shares of all; poor is alive and finite, with a loss over 1.05 x the best."""
        loss, dead = self.table["loss"].to_numpy(), self.table["dead_units"].to_numpy()
        diverged = self.table["diverged_at"].notna().to_numpy()
        exploded = self.table["exploded"].to_numpy() & ~diverged & ~self.all_dead
        ended = ~diverged & ~self.all_dead & ~exploded
        good = ended & (loss <= POOR * np.nanmin(loss, initial=np.inf))
        return {
            "diverged": float(diverged.mean()),
            "exploded": float(exploded.mean()),
            "all units dead": float(self.all_dead.mean()),
            "in a poor minimum": float((ended & ~good).mean()),
            "within 5% of the best": float(good.mean()),
            "some units dead": float((~diverged & ~self.all_dead & (dead > 0)).mean()),
        }

    @property
    def title(self) -> str:
        """How the nets ended, in a line."""
        return ", ".join(f"{share:.1%} {name}" for name, share in self.shares.items() if name != "some units dead")

    def by_rate_and_scale(self, bins: int = 20) -> pd.DataFrame:
        """The median final loss by scale (rows) and rate (columns); many different values are put into bins."""
        import pandas as pd

        def binned(values: pd.Series) -> pd.Series:
            if values.nunique() <= bins:
                return values
            edges = np.geomspace(values[values > 0].min(), values.max(), bins + 1)
            middles = np.sqrt(edges[1:] * edges[:-1])
            binned = middles[np.clip(np.searchsorted(edges, values) - 1, 0, bins - 1)]
            return pd.Series(np.where(values > 0, binned, 0.0), index=values.index)

        table = self.table
        return table.groupby([binned(table["scale"]), binned(table["lr"])])["loss"].median().unstack()

    def plot(self, path: str | Path | None = None) -> Any:
        """Heat map by rate and scale, histogram of final losses: both axes. path: a picture is written too."""
        from sheetnet.training.plots import plot_sweep

        losses = self.table["loss"].to_numpy()
        place = None if path is None else Path(path)
        return plot_sweep(self.by_rate_and_scale(), losses, self.all_dead, self.title, place)

    def workbook(self, path: str | Path) -> None:
        """Write a workbook: every net, a heat map and a histogram as formulas over them."""
        from sheetnet.sweep_book import write_sweep

        write_sweep(self, Path(path))

    def _repr_html_(self) -> str:
        return f"<p>{self.title}; the best:</p>{self.table.nsmallest(5, 'loss').to_html()}"


@overload
def sweep(model: Model, table: Table | Rows, **options: Any) -> Sweep: ...
@overload
def sweep(model: Net, table: Any, **options: Any) -> NetSweep: ...
def sweep(
    model: Model | Net,
    table: Any,
    *,
    nets: int | None = None,
    lr: Sequence[float] | float = LR,
    scale: Sequence[float] | float | None = None,
    weight_decay: Sequence[float] | float | None = None,
    optimiser: Sequence[str] | str = "sgd",
    seed: int = 0,
    design: str = "grid",
    epochs: int = 1000,
    device: str = "auto",
    dtype: str = "float32",
    path: str = "auto",
    memory: int | None = None,
    progress: Progress | None = None,
    **others: Any,
) -> Sweep | NetSweep:
    """Train that many nets (default: 1000), each from start weights of its own: model.init(seed, scale).

    A net (sn.mlp and such) is swept over rates, optimisers, decays and seeds: by default ten of these for each
    combination, each as train(net, table, seed=...) has it, all rows at once; a NetSweep comes back.
    design: grid takes every combination of the rates, scales and decays with as many seeds each (seed, seed + 1, ...);
    random draws rate, scale and decay of each net evenly in their logarithm between the least and the largest given.
    Ctrl-C ends it, and the nets of finished blocks are kept; Sweep.stopped says so. Memory is that of one block and of
    the table of results, about 100 bytes a net.
    Raises: SheetnetError for settings that cannot be, TrainingError for a device or dtype that is not there.
    """
    known(others, sweep)
    called("progress", progress, "print, which gets how many nets are done")
    epochs = whole_number("epochs", epochs, 0, MAX_EPOCHS)
    if launched():
        raise TrainingError("a sweep is for one process; start it without torchrun, with a --seed for each machine")
    lrs, decays = axis(lr, "rate"), None if weight_decay is None else axis(weight_decay, "weight decay")
    if isinstance(model, Net):
        if scale is not None or path != "auto" or memory is not None:
            raise TrainingError("scale, path and memory are for a sweep of sn.linear, sn.two_relu and sn.relus")
        return sweep_net(
            model, table, nets=nets, lrs=lrs, decays=decays, optimisers=optimiser,
            seed=seed, design=design, epochs=epochs, device=device, dtype=dtype, progress=progress,
        )  # fmt: skip
    if not isinstance(model, Model):
        raise TrainingError(f"a model is needed, such as sn.two_relu(table), found {model!r}")
    if optimiser != "sgd" or np.any(getattr(table, "parts", 0)):
        raise TrainingError(f"a sweep of {model.name} is by sgd, on all rows; sweep a net, such as sn.mlp(table, 8)")
    nets = whole_number("nets", 1000 if nets is None else nets, 1, MAX_NETS)
    seed = whole_number("seed", seed, 0, MAX_SEED - nets)
    if isinstance(table, (Table, Rows)) and model.n_features != len(table.features):
        raise TrainingError(f"{model.name} is for {model.n_features} features, the table has {len(table.features)}")
    scales = axis(SCALE if scale is None else scale, "scale")
    if min(scales) == 0:
        raise SheetnetError("a sweep needs at least one scale, and scales above 0")
    for value in scales:
        decimals_of(value)  # judged before the work is done
    where = resolve_device(device, dtype)
    resolve_dtype(dtype, where)
    source = source_of(table, dtype, memory, Ranks())
    if source.streamed:
        raise TrainingError("a sweep needs its rows in memory; take fewer rows, or more --memory")
    target = Target()
    target.see(source.y)
    zero_one = target.judge(source, Ranks())
    task = Task(model, source.X, source.y, source.n_rows, 0.0, 0.0, None, seed, where, dtype)
    settings = draw(design, nets, lrs, scales, decays or [0.0], seed)
    check_range(source, dtype)
    with on(where), enough_memory(task):
        way = choose(task, path, nets, epochs)
        warm(way, task, settings)
        began = time.perf_counter()
        done = trained(way, task, settings, epochs, progress)
    done.accuracy[np.isnan(done.loss) if zero_one else slice(None)] = np.nan
    return Sweep(
        model, _as_table(settings, done, target.nothing), {"W": done.best_W}, _start_of(model, settings, done),
        table.features, epochs, str(where), dtype, way.name, time.perf_counter() - began, done.stopped,
    )  # fmt: skip


def _as_table(settings: Settings, done: Results, nothing: float) -> pd.DataFrame:
    import pandas as pd

    n = done.n
    diverged = pd.array(np.maximum(done.diverged[:n], 0).astype(np.int64), dtype="Int64")
    diverged[done.diverged[:n] < 0] = pd.NA
    return pd.DataFrame(
        {
            "lr": settings.lr[:n],
            "scale": settings.scale[:n],
            "weight_decay": settings.decay[:n],
            "seed": settings.seed[:n],
            "loss": done.loss[:n],
            "best_loss": np.where(np.isfinite(done.best[:n]), done.best[:n], np.nan),
            "accuracy": done.accuracy[:n],
            "diverged_at": diverged,
            "exploded": exploded(done.first[:n], done.loss[:n], nothing),
            "dead_units": done.dead[:n].astype(np.int64),
        }
    )


def _start_of(model: Model, settings: Settings, done: Results) -> dict[str, np.ndarray]:
    if not done.n or not np.isfinite(done.loss[: done.n]).any():
        return {"W": np.full((model.n_features, model.n_hidden), np.nan)}
    net = int(np.nanargmin(done.loss[: done.n]))
    return model.init(int(settings.seed[net]), float(settings.scale[net]))

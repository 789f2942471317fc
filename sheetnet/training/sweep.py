"""sweep: many nets of one shape, over learning rates, start weights, their scale and weight decay -> a Sweep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from sheetnet.common.notebook import telling
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
from sheetnet.training.ranks import Ranks, launched, own, ranks
from sheetnet.training.source import Target, check_range, source_of
from sheetnet.training.sweep_blocks import Progress, Sweeping, warm
from sheetnet.training.sweep_state import Results, Saver
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
    seconds: float  # of training, all runs of a checkpoint together
    stopped: bool = False
    unsaved: str = ""  # why the last checkpoint could not be written

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
    checkpoint: str | Path | None = None,
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
    checkpoint: a file that is written every 20 seconds (less often where writing would take over a tenth of the time),
    at the end and on Ctrl-C. Where it exists the sweep goes on from it, and ends with the bits of one that was never
    stopped. One that cannot be written ends no sweep: Sweep.unsaved says why.
    Under torchrun each process takes every so-many-th block of nets, has a checkpoint of its own (FILE, FILE.1, ...),
    and gets all results: the bits of one process.
    Raises: SheetnetError for settings that cannot be, TrainingError for a device or dtype that is not there.
    """
    known(others, sweep)
    called("progress", progress, "print, which gets how many nets are done")
    epochs = whole_number("epochs", epochs, 0, MAX_EPOCHS)
    lrs, decays = axis(lr, "rate"), None if weight_decay is None else axis(weight_decay, "weight decay")
    if isinstance(model, Net):
        if scale is not None or path != "auto" or memory is not None:
            raise TrainingError("scale, path and memory are for a sweep of sn.linear, sn.two_relu and sn.relus")
        if launched() or checkpoint is not None:
            raise TrainingError(
                "torchrun and checkpoints are for a sweep of sn.linear, sn.two_relu and sn.relus; sweep a net in one"
                " process, without a checkpoint"
            )
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
    where = own(resolve_device(device, dtype))
    resolve_dtype(dtype, where)
    source = source_of(table, dtype, memory, Ranks())  # every process has all rows
    if source.streamed:
        raise TrainingError("a sweep needs its rows in memory; take fewer rows, or more --memory")
    target = Target()
    target.see(source.y)
    zero_one = target.judge(source, Ranks())
    task = Task(model, source.X, source.y, source.n_rows, 0.0, 0.0, None, seed, where, dtype)
    settings = draw(design, nets, lrs, scales, decays or [0.0], seed)
    check_range(source, dtype)
    with ranks(where) as group, on(where), enough_memory(task):
        way = choose(task, path, nets, epochs)
        about = {
            "model": model.name, "features": list(source.features), "data": source.digest, "nets": nets,
            "epochs": epochs, "design": design, "lr": lrs, "scale": scales, "weight_decay": decays or [0.0],
            "seed": seed, "dtype": dtype, "path": way.name, "device": where.type,
        }  # fmt: skip
        group.agree(about)
        saver = Saver(_of_rank(checkpoint, group), about | {"worker": f"{group.rank} of {group.world}"})
        sweeping = Sweeping(way, task, settings, epochs, saver)
        _together(lambda: saver.load(sweeping.state, epochs), group)
        warm(way, task, settings)
        with telling("nets", len(settings.lr), progress is None and group.first) as line:
            done = sweeping.run(group, progress or (line.nets if line else None))
    done.accuracy[np.isnan(done.loss) if zero_one else slice(None)] = np.nan
    start = model.init(int(settings.seed[done.best_at]), float(settings.scale[done.best_at]))
    nothing = {"W": np.full(done.best_W.shape, np.nan)}
    return Sweep(
        model, _as_table(settings, done, target.nothing), {"W": done.best_W}, start if done.best_at >= 0 else nothing,
        table.features, epochs, str(where), dtype, way.name, sweeping.state.seconds, not done.done.all(),
        saver.unsaved,
    )  # fmt: skip


def _of_rank(checkpoint: str | Path | None, group: Ranks) -> Path | None:
    """The file of this process: FILE of the first one, FILE.1, FILE.2, ... of others."""
    return None if checkpoint is None else Path(f"{checkpoint}.{group.rank}" if group.rank else checkpoint)


def _together(work: Callable[[], None], group: Ranks) -> None:
    """None, where the work went well in every process. Raises: the error of the first in which it did not, in all."""
    found: TrainingError | None = None
    try:
        work()
    except TrainingError as reason:
        found = reason
    for error in group.each(found):
        if error is not None:
            raise error


def _as_table(settings: Settings, done: Results, nothing: float) -> pd.DataFrame:
    import pandas as pd

    at = done.done
    diverged = pd.array(np.maximum(done.diverged[at], 0), dtype="Int64")
    diverged[done.diverged[at] < 0] = pd.NA
    return pd.DataFrame(
        {
            "lr": settings.lr[at],
            "scale": settings.scale[at],
            "weight_decay": settings.decay[at],
            "seed": settings.seed[at],
            "loss": done.loss[at],
            "best_loss": np.where(np.isfinite(done.best[at]), done.best[at], np.nan),
            "accuracy": done.accuracy[at],
            "diverged_at": diverged,
            "exploded": exploded(done.first[at], done.loss[at], nothing),
            "dead_units": done.dead[at].astype(np.int64),
        }
    )

"""Pictures of runs and sweeps, by matplotlib: written to a file, nothing shown on a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.common.files import replacing
from sheetnet.errors import TrainingError

if TYPE_CHECKING:
    from sheetnet.training.run import Run
    from sheetnet.training.sweep import Sweep

BLUE, ORANGE, GREY = "#0B5394", "#C55A11", "#595959"
FORMATS = (".png", ".svg", ".pdf")
LONG = 2000  # epochs from which the first ones are drawn wider than the last


def figure(width: float, height: float) -> Any:
    """An empty figure that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(picture: Any, path: Path) -> None:
    """Write a figure.

    Raises: TrainingError for another kind of file, or when it cannot be written.
    """
    check_picture(path)
    try:
        with replacing(path) as beside:
            picture.savefig(beside, dpi=120, format=path.suffix[1:].lower())
    except OSError as reason:
        raise TrainingError(f"{path}: the picture cannot be written: {reason.strerror}") from None


def check_picture(path: Path) -> None:
    """See that a picture can go there, before the work is done.

    Raises: TrainingError for another kind of file or a folder that is not there.
    """
    if path.suffix.lower() not in FORMATS:
        raise TrainingError(f"{path}: a picture must be named .png, .svg or .pdf")
    if not path.parent.is_dir():
        raise TrainingError(f"{path}: the folder {path.parent} does not exist; create it or choose another")


def plot_run(run: Run, path: Path) -> None:
    """Loss and accuracy by epoch, and beside them the weights at the kept epochs."""
    picture = figure(11, 4.5)
    left, right = picture.subplots(1, 2)
    epochs = np.arange(len(run.losses))
    finite = np.isfinite(run.losses)
    left.plot(epochs[finite], run.losses[finite], color=BLUE)
    if (run.losses[finite] > 0).all() and run.losses[finite].size and np.ptp(np.log10(run.losses[finite])) > 1.5:
        left.set_yscale("log")
    for side in (left, right):
        if run.epochs >= LONG:
            side.set_xscale("symlog", linthresh=10)
    left.set(xlabel="epoch", title=f"Loss: {run.losses[0]:.4g} to {run.losses[-1]:.4g}")
    left.set_ylabel("mean squared error", color=BLUE)
    left.grid(alpha=0.3)
    if run.diverged_at is not None:
        left.set_title(f"Loss: no finite number from epoch {run.diverged_at} on")
        left.axvline(run.diverged_at, color=GREY, linestyle=":")
    counted = np.isfinite(run.accuracies)
    if counted.any():
        share = left.twinx()
        share.plot(epochs[counted], 100 * run.accuracies[counted], color=ORANGE, linewidth=1)
        share.set_ylabel("rows told right, %", color=ORANGE)
    weights = run.weights
    for i, column in enumerate(weights.columns):
        unit, feature = column
        label = feature if run.params["W"].shape[1] == 1 else f"{feature} {unit}"
        right.plot(weights.index, weights[column], color=f"C{i % 10}", linestyle="-" if unit % 2 else "--", label=label)
    right.set(xlabel="epoch", title="Weights")
    right.grid(alpha=0.3)
    if len(weights.columns) <= 30:
        right.legend(fontsize=7, ncols=1, loc="center left", bbox_to_anchor=(1, 0.5))
    save(picture, path)


def plot_sweep(sweep: Sweep, path: Path) -> None:
    """A heat map of the median final loss by rate and start scale, and a histogram of all final losses."""
    picture = figure(12, 4.8)
    left, right = picture.subplots(1, 2)
    by = sweep.by_rate_and_scale()
    edges = np.arange(by.shape[1] + 1), np.arange(by.shape[0] + 1)
    shown = by.to_numpy()[by.notna().to_numpy()]
    norm = "log" if shown.size and 0 < 1.5 * shown.min() < shown.max() else "linear"
    image = left.pcolormesh(*edges, by.to_numpy(), cmap="viridis_r", norm=norm)
    picture.colorbar(image, ax=left, label="median final loss")
    left.set_xticks(np.arange(by.shape[1]) + 0.5, [f"{c:.3g}" for c in by.columns], rotation=45)
    left.set_yticks(np.arange(by.shape[0]) + 0.5, [f"{r:.3g}" for r in by.index])
    left.set(
        xlabel="learning rate",
        ylabel="scale of the start weights",
        title="Where nets land (blank: none there, or diverged)",
    )
    losses = sweep.table["loss"].to_numpy()
    dead, alive = sweep.all_dead, np.isfinite(losses) & ~sweep.all_dead
    top = np.quantile(losses[np.isfinite(losses)], 0.995) if np.isfinite(losses).any() else 1.0
    bins = np.linspace(min(losses[np.isfinite(losses)], default=0.0), top, 60)
    losses = np.minimum(losses, top)  # the last bar has all beyond
    right.hist(
        [losses[alive], losses[dead]], bins=bins, stacked=True, color=[BLUE, ORANGE], label=["alive", "all units dead"]
    )
    right.set(xlabel="final loss", ylabel="nets", title="Final losses of all nets (the last bar: and beyond)")
    picture.suptitle(sweep.title, fontsize=10)
    right.legend()
    save(picture, path)

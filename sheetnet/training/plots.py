"""Pictures of runs and sweeps, by matplotlib: written to a file, nothing shown on a screen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.common.files import replacing
from sheetnet.errors import TrainingError

if TYPE_CHECKING:
    import pandas as pd

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


def plot_run(history: pd.DataFrame, weights: pd.DataFrame, path: Path) -> None:
    """Loss and accuracy by epoch, and beside them the weights at the kept epochs: Run.history and Run.weights."""
    picture = figure(11, 4.5)
    left, right = picture.subplots(1, 2)
    epochs, losses, accuracies = history.index.to_numpy(), history["loss"].to_numpy(), history["accuracy"].to_numpy()
    finite = np.isfinite(losses)
    left.plot(epochs[finite], losses[finite], color=BLUE)
    if (losses[finite] > 0).all() and losses[finite].size and np.ptp(np.log10(losses[finite])) > 1.5:
        left.set_yscale("log")
    for side in (left, right):
        if epochs[-1] >= LONG:
            side.set_xscale("symlog", linthresh=10)
    left.set(xlabel="epoch", title=f"Loss: {losses[0]:.4g} to {losses[-1]:.4g}")
    left.set_ylabel("mean squared error", color=BLUE)
    left.grid(alpha=0.3)
    if not finite.all():
        diverged = int(np.flatnonzero(~finite)[0])
        left.set_title(f"Loss: no finite number from epoch {diverged} on")
        left.axvline(diverged, color=GREY, linestyle=":")
    counted = np.isfinite(accuracies)
    if counted.any():
        share = left.twinx()
        share.plot(epochs[counted], 100 * accuracies[counted], color=ORANGE, linewidth=1)
        share.set_ylabel("rows told right, %", color=ORANGE)
    alone = weights.columns.get_level_values("unit").nunique() == 1
    for i, column in enumerate(weights.columns):
        unit, feature = column
        label = feature if alone else f"{feature} {unit}"
        right.plot(weights.index, weights[column], color=f"C{i % 10}", linestyle="-" if unit % 2 else "--", label=label)
    right.set(xlabel="epoch", title="Weights")
    right.grid(alpha=0.3)
    if len(weights.columns) <= 30:
        right.legend(fontsize=7, ncols=1, loc="center left", bbox_to_anchor=(1, 0.5))
    save(picture, path)


def plot_sweep(medians: pd.DataFrame, losses: np.ndarray, dead: np.ndarray, title: str, path: Path) -> None:
    """A heat map of the median final loss by rate and start scale, and a histogram of all final losses.

    medians: scales (rows) by rates (columns). losses and dead (n,): the final loss of each net, and whether all its
    units are dead.
    """
    picture = figure(12, 4.8)
    left, right = picture.subplots(1, 2)
    edges = np.arange(medians.shape[1] + 1), np.arange(medians.shape[0] + 1)
    shown = medians.to_numpy()[medians.notna().to_numpy()]
    norm = "log" if shown.size and 0 < 1.5 * shown.min() < shown.max() else "linear"
    image = left.pcolormesh(*edges, medians.to_numpy(), cmap="viridis_r", norm=norm)
    picture.colorbar(image, ax=left, label="median final loss")
    left.set_xticks(np.arange(medians.shape[1]) + 0.5, [f"{c:.3g}" for c in medians.columns], rotation=45)
    left.set_yticks(np.arange(medians.shape[0]) + 0.5, [f"{r:.3g}" for r in medians.index])
    left.set(
        xlabel="learning rate",
        ylabel="scale of the start weights",
        title="Where nets land (blank: none there, or diverged)",
    )
    alive = np.isfinite(losses) & ~dead
    top = np.quantile(losses[np.isfinite(losses)], 0.995) if np.isfinite(losses).any() else 1.0
    bins = np.linspace(min(losses[np.isfinite(losses)], default=0.0), top, 60)
    losses = np.minimum(losses, top)  # the last bar has all beyond
    right.hist(
        [losses[alive], losses[dead]], bins=bins, stacked=True, color=[BLUE, ORANGE], label=["alive", "all units dead"]
    )
    right.set(xlabel="final loss", ylabel="nets", title="Final losses of all nets (the last bar: and beyond)")
    picture.suptitle(title, fontsize=10)
    right.legend()
    save(picture, path)

"""Pictures of runs and sweeps, by matplotlib: written to a file, or given back for a notebook to show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.common.extras import need
from sheetnet.common.files import replacing
from sheetnet.errors import TrainingError

if TYPE_CHECKING:
    import pandas as pd

BLUE, ORANGE, GREY = "#0B5394", "#C55A11", "#595959"
FORMATS = (".png", ".svg", ".pdf")
MANY = 30  # lines that a legend can tell apart
LONG = 2000  # epochs from which the first ones are drawn wider than the last


def figure(width: float, height: float, path: Path | None) -> Any:
    """An empty figure: one that belongs to no window where it goes to a file, else pyplot's, which a notebook shows."""
    need("matplotlib")
    if path is None:
        from matplotlib import pyplot

        return pyplot.figure(figsize=(width, height), layout="constrained")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def save(picture: Any, path: Path | None) -> None:
    """Write a figure, if there is a path.

    Raises: TrainingError for another kind of file, or when it cannot be written.
    """
    if path is None:
        return
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


def plot_run(history: pd.DataFrame, weights: pd.DataFrame, path: Path | None) -> Any:
    """Loss and accuracy by epoch, and beside them the weights at the kept epochs: Run.history and Run.weights.

    Both axes come back, (2,).
    """
    picture = figure(11, 4.5, path)
    left, right = axes = picture.subplots(1, 2)
    epochs, losses = history.index.to_numpy(), history["loss"].to_numpy()
    finite = np.isfinite(losses)
    left.plot(epochs[finite], losses[finite], color=BLUE, label="train")
    if (losses[finite] > 0).all() and losses[finite].size and np.ptp(np.log10(losses[finite])) > 1.5:
        left.set_yscale("log")
    for side in (left, right):
        if epochs[-1] >= LONG:
            side.set_xscale("symlog", linthresh=10)
    left.set(xlabel="epoch", title=f"Loss: {losses[0]:.4g} to {losses[-1]:.4g}")
    left.set_ylabel(history.attrs.get("loss", "mean squared error"), color=BLUE)
    left.grid(alpha=0.3)
    if "valid_loss" in history:
        left.plot(
            epochs, history["valid_loss"].where(np.isfinite(history["valid_loss"])), "--", color=BLUE, label="valid"
        )
        left.legend(fontsize=7)
    if not finite.all():
        diverged = int(np.flatnonzero(~finite)[0])
        left.set_title(f"Loss: no finite number from epoch {diverged} on")
        left.axvline(diverged, color=GREY, linestyle=":")
    told = {name: history[name].dropna() for name in ("accuracy", "valid_accuracy") if name in history}
    if any(len(curve) for curve in told.values()):
        share = left.twinx()
        for (_, curve), line in zip(told.items(), ("-", "--"), strict=False):
            share.plot(curve.index, 100 * curve, line, color=ORANGE, linewidth=1)
        share.set_ylabel("rows told right, %", color=ORANGE)
        share.set_ylim(0, 100)
    _plot_weights(right, weights)
    save(picture, path)
    return axes


def _plot_weights(right: Any, weights: pd.DataFrame) -> None:
    if weights.columns.names == ["unit", "feature"]:
        right.set(title="Weights")
        alone = weights.columns.get_level_values("unit").nunique() == 1
        labels = [feature if alone else f"{feature} {unit}" for unit, feature in weights.columns]
        dashed = [unit % 2 == 0 for unit, _ in weights.columns]
    elif len(weights.columns) <= MANY:
        right.set(title="Parameters")
        labels = [f"{name} {row}, {column}" for name, row, column in weights.columns]
        dashed = [column % 2 == 0 for _, _, column in weights.columns]
    else:
        right.set(title="Parameters: root mean square of each")
        weights = (weights**2).T.groupby(level="parameter", sort=False).mean().T ** 0.5
        labels, dashed = list(weights.columns), [False] * len(weights.columns)
    for i, column in enumerate(weights.columns):
        line = "--" if dashed[i] else "-"
        right.plot(weights.index, weights[column], color=f"C{i % 10}", linestyle=line, label=labels[i])
    right.set(xlabel="epoch")
    right.grid(alpha=0.3)
    if len(weights.columns) <= MANY:
        right.legend(fontsize=7, ncols=1, loc="center left", bbox_to_anchor=(1, 0.5))


def plot_sweep(medians: pd.DataFrame, losses: np.ndarray, dead: np.ndarray, title: str, path: Path | None) -> Any:
    """A heat map of the median final loss by rate and start scale, and a histogram of all final losses.

    medians: scales (rows) by rates (columns). losses and dead (n,): the final loss of each net, and whether all its
    units are dead. Both axes come back, (2,).
    """
    picture = figure(12, 4.8, path)
    left, right = axes = picture.subplots(1, 2)
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
    return axes


def plot_net_sweep(medians: pd.DataFrame, losses: np.ndarray, title: str, path: Path | None) -> Any:
    """The median final loss by rate, a line for each optimiser, and a histogram of all final losses: both axes, (2,).

    medians: rates (rows) by optimisers (columns). losses (n,): the final loss of each net.
    """
    picture = figure(11, 4.5, path)
    left, right = axes = picture.subplots(1, 2)
    for name in medians.columns:
        left.plot(medians.index, medians[name], "o-", label=name)
    if (medians.index > 0).all():
        left.set_xscale("log")
    if (shown := medians.to_numpy()[medians.notna().to_numpy()]).size and 0 < 10 * shown.min() < shown.max():
        left.set_yscale("log")
    left.set(xlabel="learning rate", ylabel="median final loss", title="Where nets land (no dot: diverged)")
    left.grid(alpha=0.3)
    if len(medians.columns):
        left.legend()
    finite = losses[np.isfinite(losses)]
    top = np.quantile(finite, 0.995) if finite.size else 1.0
    right.hist(np.minimum(finite, top), bins=40, color=BLUE)  # the last bar has all beyond
    right.set(xlabel="final loss", ylabel="nets", title="Final losses of all nets (the last bar: and beyond)")
    picture.suptitle(title, fontsize=10)
    save(picture, path)
    return axes


def plot_basins(grid: np.ndarray, size: float, losses: np.ndarray, title: str, path: Path | None) -> Any:
    """The final loss by two directions of the start, from -size to size, and a histogram of them: both axes, (2,).

    grid (side, side): the loss by second and first; losses (n,): of all starts; of what diverged nan.
    """
    picture = figure(11.5, 5.2, path)
    left, right = axes = picture.subplots(1, 2)
    finite = losses[np.isfinite(losses)]
    top = float(np.quantile(finite, 0.99)) if finite.size else 1.0
    low = min(finite.min(initial=top), top)
    half = size / max(1, len(grid) - 1)
    reach = (-size - half, size + half)
    left.set_facecolor("#CCCCCC")
    image = left.imshow(
        grid, origin="lower", extent=(*reach, *reach), cmap="viridis_r", vmin=low, vmax=max(top, low + 1e-9),
        interpolation="nearest",
    )  # fmt: skip
    picture.colorbar(image, ax=left, label="final loss", extend="max", shrink=0.8)
    left.set(
        xlabel="start weights: first direction",
        ylabel="start weights: second direction",
        title="Where each start ends (grey: diverged, or not done)",
    )
    right.hist(np.minimum(finite, top), bins=80, color=BLUE)
    right.set(
        xlabel="final loss", ylabel="starts", yscale="log", title="Starts by final loss (the last bar: and beyond)"
    )
    picture.suptitle(title, fontsize=10)
    save(picture, path)
    return axes

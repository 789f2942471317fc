"""Run: what a training run gives, as arrays, as tables and as a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Run:
    """What a training run gives: losses[k] and accuracies[k] belong to epoch k's weights, k = 0..epochs.

    An accuracy is nan where it was not counted: a linear model on its factored table counts at the kept epochs only.
    """

    params: dict[str, np.ndarray] = field(repr=False)
    losses: np.ndarray = field(repr=False)
    accuracies: np.ndarray = field(repr=False)
    device: str
    dtype: str
    path: str = "autograd"
    features: tuple[str, ...] = ()
    kept: dict[int, np.ndarray] = field(default_factory=dict, repr=False)  # W (p, k) at chosen epochs
    stopped: bool = False  # by Ctrl-C, before the last epoch
    unsaved: str = ""  # why the last checkpoint could not be written
    dead_units: int = 0  # ReLUs that are above 0 for no row at the end: they get no gradient

    @property
    def epochs(self) -> int:
        """How many steps were made."""
        return len(self.losses) - 1

    @property
    def diverged_at(self) -> int | None:
        """The first epoch whose loss is not a finite number, or None."""
        bad = np.flatnonzero(~np.isfinite(self.losses))
        return int(bad[0]) if bad.size else None

    @property
    def history(self) -> pd.DataFrame:
        """Loss and accuracy of each epoch, indexed by epoch."""
        import pandas as pd

        index = pd.RangeIndex(len(self.losses), name="epoch")
        return pd.DataFrame({"loss": self.losses, "accuracy": self.accuracies}, index=index)

    @property
    def weights(self) -> pd.DataFrame:
        """The weights at the kept epochs, a row each; columns (unit, feature), units counted from 1."""
        import pandas as pd

        p, k = self.params["W"].shape
        names = self.features or tuple(f"x_{i + 1}" for i in range(p))
        columns = pd.MultiIndex.from_product([range(1, k + 1), names], names=["unit", "feature"])
        rows = np.array([W.T.ravel() for W in self.kept.values()]).reshape(-1, p * k)
        return pd.DataFrame(rows, index=pd.Index(list(self.kept), name="epoch"), columns=columns)

    def plot(self, path: str | Path) -> None:
        """Write a picture (.png, .svg or .pdf): loss and accuracy by epoch, and the weights on their way.

        Raises: TrainingError when it cannot be written.
        """
        from sheetnet.training.plots import plot_run

        plot_run(self.history, self.weights, Path(path))

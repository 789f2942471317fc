"""Run: what a training run gives, as arrays, as tables and as a picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.models.metrics import exploded, trouble

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False, eq=False)
class Run:
    """What a training run gives: losses[k] and accuracies[k] belong to epoch k's weights, k = 0..epochs.

    An accuracy is nan where there is none: the target is other than 0 and 1, or a prediction is no number; and where
    it was not counted: a linear model on its factored table counts at the kept epochs only.
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
    nothing: float = float("nan")  # the loss of saying 0 for every row

    @property
    def title(self) -> str:
        """What was trained, for people."""
        return f"{self.params['W'].shape[1]} units of {self.params['W'].shape[0]} weights" if "W" in self.params else ""

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
    def exploded(self) -> bool:
        """Whether the last loss is finite, but above the first one and above that of saying 0 for every row."""
        return bool(exploded(self.losses[0], self.losses[-1], self.nothing))

    @property
    def trouble(self) -> str:
        """What is wrong with the way that the loss went, and what to do, in words; empty where it went well."""
        return trouble(self.losses[0], self.losses[-1], self.nothing)

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

    def plot(self, path: str | Path | None = None) -> Any:
        """Loss and accuracy by epoch, and the weights on their way: the two axes of matplotlib.

        path: where a picture is written too (.png, .svg or .pdf).
        Raises: TrainingError when it cannot be written.
        """
        from sheetnet.training.plots import plot_run

        return plot_run(self.history, self.weights, None if path is None else Path(path))

    @property
    def facts(self) -> dict[str, str]:
        """What matters of the run, in words: for a notebook and for repr."""
        found = {"epochs": f"{self.epochs}{', stopped' * self.stopped}"}
        for name, values, form in self._curves():
            if np.isfinite(values[-1:]).any() or name == "loss":
                found[name] = f"{values[0]:{form}} to {values[-1]:{form}}"
        if self.diverged_at is not None:
            found["diverged at"] = f"epoch {self.diverged_at}"
        if self.dead_units:
            found["dead units"] = f"{self.dead_units} of {self.params['W'].shape[1]}"
        if self.trouble:
            found["trouble"] = self.trouble
        return found | {"on": f"{self.device}, {self.dtype}"}

    def _curves(self) -> list[tuple[str, np.ndarray, str]]:
        return [("loss", self.losses, ".6g"), ("accuracy", self.accuracies, ".1%")]

    def __repr__(self) -> str:
        words = ", ".join(f"{name} {value}" for name, value in self.facts.items())
        return f"<{type(self).__name__} {self.title}: {words}>"

    def _repr_html_(self) -> str:
        lines = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in self.facts.items())
        return f"<table><caption>{escape(self.title)}</caption>{lines}</table>"

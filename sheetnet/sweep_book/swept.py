"""What a sweep must tell so that its workbook can be written; training.sweep.Sweep does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from sheetnet.models.model import Model

if TYPE_CHECKING:
    import pandas as pd


class Swept(Protocol):
    """Every net that was trained, and the weights of the best; said here, so that training may import this room."""

    @property
    def model(self) -> Model:
        """What all the nets are."""

    @property
    def table(self) -> pd.DataFrame:
        """A row for each net: lr, scale, weight_decay, seed, loss, best_loss, accuracy, diverged_at, dead_units."""

    @property
    def best(self) -> dict[str, np.ndarray]:
        """The weights {"W": (p, k)} of the least final loss; nan where none is finite."""

    @property
    def start(self) -> dict[str, np.ndarray]:
        """And those it started from."""

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the p columns that it learned from."""

    @property
    def epochs(self) -> int:
        """How many steps each net made."""

    @property
    def device(self) -> str:
        """Where torch trained."""

    @property
    def dtype(self) -> str:
        """And in which numbers."""

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C ended it."""

    @property
    def best_row(self) -> pd.Series:
        """The settings and results of the net with the least final loss."""

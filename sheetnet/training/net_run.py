"""NetRun: what training a net gives; a Run whose parameters are many, with a part of the rows to validate on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.models.net import Net, Parameter
from sheetnet.training.run import Run

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor


@dataclass(frozen=True, repr=False, eq=False)
class NetRun(Run):
    """What training a net gives: losses[k], valid_losses[k] and so on belong to epoch k's parameters, k = 0..epochs.

    params: by our names; kept: such of chosen epochs. Accuracies are nan throughout where the target is a number, and
    in an epoch in which a prediction is no finite number; what is of the rows for validation is nan where none are.
    measured: each part's rows, loss and metrics at the end, as when predicting.
    """

    kept: dict[int, dict[str, np.ndarray]] = field(default_factory=dict, repr=False)  # type: ignore[assignment]
    net: Net | None = None
    optimiser: str = "sgd"
    rates: np.ndarray = field(default_factory=lambda: np.empty(0))
    valid_losses: np.ndarray = field(default_factory=lambda: np.empty(0))
    valid_accuracies: np.ndarray = field(default_factory=lambda: np.empty(0))
    measured: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The net's name for people, and its optimiser."""
        return f"{self._net.title}, {self.optimiser}"

    @property
    def history(self) -> pd.DataFrame:
        """Loss and learning rate of each epoch, indexed by epoch; accuracy and validation where there are such."""
        frame = super().history
        for name, values in (("valid_loss", self.valid_losses), ("valid_accuracy", self.valid_accuracies)):
            if np.isfinite(values).any():
                frame[name] = values
        if not np.isfinite(self.accuracies).any():
            frame = frame.drop(columns="accuracy")
        frame = frame.assign(lr=[*self.rates[: self.epochs], np.nan])
        frame.attrs["loss"] = self._net.of_loss.title.lower()  # what a picture calls it
        return frame

    @property
    def metrics(self) -> pd.DataFrame:
        """A row for each part of the table: its rows, loss and metrics at the end, as when predicting.

        Of a target that is a number rmse and mae are in its own units, r2 and the loss of y as the net learns it.
        """
        import pandas as pd

        return pd.DataFrame.from_dict(self.measured, orient="index").rename_axis("part")

    @property
    def weights(self) -> pd.DataFrame:
        """All parameters at the kept epochs, a row each; columns (parameter, row, column), counted from 1."""
        import pandas as pd

        keys = [
            (p.name, self._row(p, i), j + 1)
            for p in self._net.parameters
            for i in range(p.shape[0])
            for j in range(p.shape[1])
        ]
        columns = pd.MultiIndex.from_tuples(keys, names=["parameter", "row", "column"])
        rows = [np.concatenate([kept[p.name].ravel() for p in self._net.parameters]) for kept in self.kept.values()]
        return pd.DataFrame(
            np.reshape(rows, (-1, len(keys))), index=pd.Index(list(self.kept), name="epoch"), columns=columns
        )

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters by torch's keys, in torch's orientation and the run's dtype: for Module.load_state_dict."""
        import torch

        kind = getattr(torch, self.dtype)
        return {p.key: torch.tensor(p.to_torch(self.params[p.name]), dtype=kind) for p in self._net.parameters}

    def _curves(self) -> list[tuple[str, np.ndarray, str]]:
        valid = [("valid loss", self.valid_losses, ".6g"), ("valid accuracy", self.valid_accuracies, ".1%")]
        return super()._curves() + valid

    @property
    def _net(self) -> Net:
        assert self.net is not None  # a NetRun is made with its net
        return self.net

    def _row(self, parameter: Parameter, i: int) -> Any:
        of_X = {f"{step.key}.weight" if step.key else "weight" for step in self._net.steps if step.sources == (0,)}
        fits = parameter.key in of_X and parameter.shape[0] == len(self.features)
        return self.features[i] if fits else i + 1

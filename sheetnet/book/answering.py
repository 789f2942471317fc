"""predict, of any table and net: new rows through what a workbook's table has learnt, and its net's parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.book.params import Params
from sheetnet.errors import SheetnetError
from sheetnet.models.answers import classes, outputs, probabilities
from sheetnet.models.metrics import metrics
from sheetnet.models.net import Net

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Answers:
    """What a net says of new rows, and what it is worth on the workbook's own.

    frame: prediction, a number in the target's own units or the name of a class; for classes also probability of each,
    or where the net gives none, the value that it gives. worth: the metrics of the workbook's rows in use
    (models/metrics.py).
    """

    frame: pd.DataFrame = field(repr=False)
    worth: dict[str, float]
    model: str
    epoch: int


def answers_for(stands: Params, rows: Any, model: str | None, epoch: int | None, fill: bool) -> Answers:
    """What a net of the workbook says of rows, at an epoch of its descent, by default the last; see predict.

    Raises: DataError naming column and row for what the workbook's table does not know; SheetnetError for a model or
    epoch that is not there, and for what is no finite number.
    """
    net, key, table = stands.model(model), stands.key(model), stands.table
    assert isinstance(net, Net)
    epoch = stands.last_epoch if epoch is None else epoch
    params = stands.of(model, epoch)
    if not all(np.isfinite(value).all() for value in params.values()):
        raise SheetnetError(
            f"{stands.file}: the parameters of {net.name} at epoch {epoch} have outgrown the sheet; choose an earlier"
            " epoch, or a smaller rate on Start"
        )
    X = table.transform(rows, fill)
    out = table.in_units(outputs(net, params, X))
    if (bad := np.flatnonzero(~(np.isfinite(X).all(1) & np.isfinite(out).all(1)))).size:
        raise SheetnetError(
            f"{stands.file}: no finite prediction for row {bad[0] + 1}: an entry is blank, a feature cannot be"
            " calculated, or a number is too large"
        )
    own = outputs(net, params, table.X)
    kind = table.target.kind
    worth = metrics(kind, own[:, 0] if kind == "number" else classes(net, own), table.y, table.in_units)
    index = rows.index if hasattr(rows, "index") and hasattr(rows, "columns") else None
    return Answers(_framed(net, out, kind, table.target.classes, index), worth, key, epoch)


def _framed(net: Net, out: np.ndarray, kind: str, names: tuple[str, ...], index: Any) -> pd.DataFrame:
    """Predictions (n, outputs) as people read them."""
    import pandas as pd

    if kind == "number":
        return pd.DataFrame({"prediction": out[:, 0]}, index)
    said = np.array(names, dtype=object)[classes(net, out).astype(int)]
    if net.loss not in ("bce_with_logits", "cross_entropy"):
        return pd.DataFrame({"prediction": said, "value": out[:, 0]}, index)
    shares = zip(names, probabilities(net, out).T, strict=True)
    return pd.DataFrame({"prediction": said} | {f"probability of {name}": share for name, share in shares}, index)

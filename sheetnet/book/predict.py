"""predict: new rows through a workbook's table and model; here those of the passengers, other ones in answering.py.

A recipe takes some numbers from its whole table: the largest age, the most common port. For new rows they stay those of
the workbook's rows, with which the weights were learnt; taken from the new rows, the same person would become another.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.book.answering import answers_for
from sheetnet.book.params import Params, read_params
from sheetnet.common.files import end_of, meant, writing
from sheetnet.errors import GraphError, SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, constant, order, variable
from sheetnet.graph.rewrite import substitute
from sheetnet.models.metrics import accuracy
from sheetnet.models.model import Model
from sheetnet.models.net import Net
from sheetnet.tables.newcomers import BLANK_OK, Newcomers, read_newcomers
from sheetnet.tables.recipe import Recipe
from sheetnet.tables.sayings import lay

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Predictions:
    """What predict finds: ids (n,), pred (n, 1), and how it came about.

    filled: how many blanks of a column were filled, and with what. accuracy: the share of the workbook's own rows that
    these weights predict right, nan where one has no number. For display: model and epoch (None: W of the sheet MMULT).
    """

    ids: np.ndarray = field(repr=False)
    pred: np.ndarray = field(repr=False)
    filled: dict[str, tuple[int, float | str]]
    accuracy: float
    model: str
    epoch: int | None

    @property
    def frame(self) -> pd.DataFrame:
        """Columns PassengerId and Survived (1 where pred > 0.5, else 0), in the order of the file."""
        import pandas as pd

        return pd.DataFrame({"PassengerId": self.ids, "Survived": (self.pred[:, 0] > 0.5).astype(int)})


def predict(
    path: str | Path,
    rows: Any,
    out: str | Path | None = None,
    model: str | None = None,
    epoch: int | None = None,
    *,
    fill: bool = False,
) -> pd.DataFrame:
    """What the model of a workbook says of new rows: a number, or a class and how probable each is.

    rows: a path of a CSV or Parquet file, or a DataFrame, with the columns of the workbook's table; the target may be
    missing. They go the way of the workbook's own rows, with the means, spreads, largest and levels that the sheet Data
    now gives. model: a name, by default the last model. epoch: of the sheet's descent, by default the last; 0 has the
    yellow parameters, with which it begins. out: also write the table there, a .csv.

    Of one's own table: the columns prediction and, for classes, "probability of CLASS" for each (where the net gives
    no probabilities, its value), with the index of the rows.
    fill: also fill blanks for which a row of the workbook's table would have been left out.

    Of the passengers: PassengerId and Survived, 0 or 1, as Kaggle takes it, for a CSV with the columns of Kaggle's
    test.csv. Every row gets an answer: a blank in Age, Fare or Embarked is filled from the workbook's rows in use, as
    the recipe does it, else with the median (numbers) or the most common entry (texts). model: also "mmult" for W of
    the sheet MMULT, which has no descent.
    Raises: DataError naming line and column; WorkbookError; SheetnetError for a model or epoch that is not there, and
    for parameters or features that are no finite numbers.
    """
    if out is not None:
        _check_out(Path(out), rows)
    stands = read_params(path)
    if isinstance(stands.model(model), Net):
        frame = answers_for(stands, rows, model, epoch, fill).frame
        if out is not None:
            write_frame(frame, Path(out))
        return frame
    if not isinstance(rows, str | Path):
        needs = "takes the path of a CSV with the columns of Kaggle's test.csv"
        raise SheetnetError(f"{stands.file}: the passengers' workbook {needs}, found {type(rows).__name__}")
    found = predictions(stands, read_newcomers(rows), model, epoch)
    if out is not None:
        write_predictions(found, Path(out))
    return found.frame


def _check_out(out: Path, rows: Any) -> None:
    if out.suffix.lower() != ".csv":
        raise SheetnetError(f"{out}: name a file that ends in .csv")
    if isinstance(rows, str | Path) and end_of(out) == end_of(meant(rows)):
        raise SheetnetError(f"{out}: this would overwrite the rows to be predicted; name another file")


def write_frame(frame: pd.DataFrame, out: Path) -> None:
    """Write predictions to a CSV file; with their index, where it is more than a count.

    Raises: SheetnetError when it cannot be written.
    """
    import pandas as pd

    with writing(out) as beside:
        frame.to_csv(beside, index=not isinstance(frame.index, pd.RangeIndex), lineterminator="\n")


def write_predictions(found: Predictions, out: Path) -> None:
    """Write PassengerId,Survived to a CSV file.

    Raises: SheetnetError when it cannot be written.
    """
    write_frame(found.frame, out)


def predictions(stands: Params, rows: Newcomers, model: str | None = None, epoch: int | None = None) -> Predictions:
    """The predictions for new rows, with what was filled in; see predict."""
    net, place = stands.model(model), stands.place(model)
    assert isinstance(net, Model)  # of the passengers
    epoch = stands.last_epoch if epoch is None and place.descent else epoch
    W = stands.W(model, epoch)
    at = "" if epoch is None else f" at epoch {epoch}"
    if not np.isfinite(W).all():
        raise SheetnetError(
            f"{stands.file}: the weights of {net.name}{at} have outgrown the sheet; choose an earlier epoch, or a"
            " smaller rate on Start"
        )
    columns, filled = fill(stands, rows)
    X = features_of(stands, columns)
    pred = _forward(net, X, W)
    if not np.isfinite(pred).all():
        where = ", ".join(map(str, rows.ids[~np.isfinite(pred[:, 0])][:5]))
        raise SheetnetError(
            f"{stands.file}: no finite prediction for PassengerId {where}: a feature of the workbook cannot be"
            " calculated, or a number is too large"
        )
    own = _forward(net, stands.table.X, W)
    right = accuracy(np.where(np.isfinite(own), own > 0.5, np.nan), stands.table.y)
    return Predictions(rows.ids, pred, filled, right, stands.key(model), epoch)


def _forward(model: Model, X: np.ndarray, W: np.ndarray) -> np.ndarray:
    """X (n, p), W (p, k) -> pred (n, 1), as the sheet calculates it."""
    given = {variable("X", X.shape): X, variable("W", W.shape): W}
    pred: np.ndarray = evaluate(model.forward(*given)[-1:], given)[0]
    return pred


def fill(stands: Params, rows: Newcomers) -> tuple[dict[str, np.ndarray], dict[str, tuple[int, float | str]]]:
    """The columns without blanks, and how many of each were filled with what, from the workbook's rows in use."""
    columns, filled = dict(rows.columns), {}
    for name in BLANK_OK:
        column = columns[name]
        blank = column == "" if column.dtype == object else np.isnan(column)
        if blank.any():
            value = filling(stands, name)
            columns[name] = np.where(blank, np.array(value, dtype=column.dtype), column)
            filled[name] = (int(blank.sum()), value)
    return columns, filled


def filling(stands: Params, name: str) -> float | str:
    """What a blank of a column becomes: the recipe's own choice, else the median or the most common entry."""
    recipe, given = stands.recipe, stands.workbook.by_node(stands.everything)
    own = recipe.facts.get(f"Most common {name}")
    if own is not None:
        value = evaluate([own], given)[0][0, 0]
        return value if isinstance(value, str) else float(value)
    entries = evaluate([recipe.columns[name]], given)[0][:, 0]
    if entries.dtype == object:
        return str(Counter(entries.tolist()).most_common(1)[0][0])
    return float(np.median(entries))


def features_of(stands: Params, columns: dict[str, np.ndarray]) -> np.ndarray:
    """X (m, p) of m new rows without blanks, by the workbook's recipe with the workbook's own largest and most common.

    The recipe is laid out for the new rows; each number that the workbook's takes from its whole table goes in as a
    constant.
    """
    ours, rows = stands.recipe, len(columns["Age"])
    m = max(rows, 2)  # one cell is no range in every program: a row alone goes twice
    if rows == 1:
        columns = {name: np.vstack([column, column]) for name, column in columns.items()}
    recipe = lay(ours.name, m, m)
    new, old = order(list(recipe.features.values())), order(list(ours.features.values()))
    if [node.op for node in new] != [node.op for node in old]:
        raise GraphError(f"the recipe {ours.name} is another for {m} rows than for {ours.no.shape[0]}")
    whole = [(a, b) for a, b in zip(new, old, strict=True) if b.shape == (1, 1) and b.op != "constant"]
    values = evaluate([b for _, b in whole], stands.workbook.by_node(stands.everything))
    change: dict[Node, Node] = {a: _number(value) for (a, _), value in zip(whole, values, strict=True)}
    found: list[Any] = evaluate(substitute(list(recipe.features.values()), change), _inputs(recipe, columns, m))
    return np.hstack(found)[:rows]


def _number(value: np.ndarray) -> Node:
    entry = value[0, 0]
    return constant(entry if isinstance(entry, str) else float(entry))


def _inputs(recipe: Recipe, columns: dict[str, np.ndarray], m: int) -> dict[Node, np.ndarray]:
    count = np.arange(1.0, m + 1)[:, None]
    return {
        recipe.number: count,
        recipe.no: count,
        **{node: columns[name] for name, node in recipe.raw.items() if name in columns},
    }

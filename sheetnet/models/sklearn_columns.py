"""The columns that an estimator takes, made of a table's X: which they are, and how they are scaled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.models.sklearn_steps import Label, Scaling, Taken

if TYPE_CHECKING:
    import pandas as pd

NOTHING: Scaling = (0.0, 1.0, 1.0, 0.0)
OPS = ("sub", "div", "mul", "add")
WORDS = ("shift", "scale", "factor", "offset")


@dataclass(frozen=True)
class Arranged:
    """What stands before an estimator: matrix (p, q) picks columns of X, None for X as it is; then rows by op and key.

    labels: the columns that it was fitted on; direct: whether they are the table's features, so that X is given to it,
    and not its raw columns. Names that are both are taken for the raw ones, as fit(frame[names], y) has them.
    """

    matrix: np.ndarray | None
    rows: tuple[tuple[str, str, np.ndarray], ...]
    labels: tuple[Label, ...]
    features: tuple[str, ...]
    direct: bool
    remedy: str

    def given(self, X: np.ndarray) -> Any:
        """X as the estimator takes it: a DataFrame, where it was fitted on one."""
        if not all(isinstance(label, str) for label in self.labels):
            return X
        import pandas as pd

        return pd.DataFrame(X, columns=list(self.features))[list(self.labels)]


def arranged(taken: Sequence[Taken], labels: Sequence[Label], table: Any, title: str) -> Arranged:
    """The columns, made of the table's X.

    labels: those that go into the first step. Raises: SheetnetError naming a column that X does not have, and how to
    say it.
    """
    features = tuple(map(str, table.features))
    named = all(isinstance(label, str) for label in labels)
    remedy = _remedy(taken) if named else "fit it on table.X, or on a DataFrame with the table's columns"
    raw = set(map(str, table.raw.columns))
    direct = set(labels) <= set(features) and not set(labels) <= raw if named else len(labels) == len(features)
    direct = direct and all(one.entry is None for one in taken)
    if not named and not direct:
        found = f"was fitted on {len(labels)} columns without names, the table has {len(features)} features"
        found = found if len(labels) != len(features) else "encodes columns without names"
        raise SheetnetError(f"{title} {found}; {remedy}")
    matrix, offset = np.zeros((len(features), len(taken))), np.zeros(len(taken))
    for at, one in enumerate(taken):
        found_at = _where(one, features, table, named)
        if found_at is None:
            entry = f" = {spelt(one.entry)}" * (one.entry is not None)
            raise SheetnetError(f"{title} takes {one.label}{entry}, which the table's X has not; {remedy}")
        columns, sign = found_at
        matrix[columns, at] = sign
        offset[at] = float(sign < 0)
    rows: list[tuple[str, str, np.ndarray]] = [("columns.rest", "add", offset)] * bool(offset.any())
    for depth in range(max((len(one.scalings) for one in taken), default=0)):
        scalings = [one.scalings[depth] if depth < len(one.scalings) else NOTHING for one in taken]
        for op, word, nothing, row in zip(OPS, WORDS, NOTHING, np.array(scalings).T, strict=True):
            if (row != nothing).any():
                rows.append((f"scaling{depth or ''}.{word}", op, row))
    same = matrix.shape[0] == matrix.shape[1] and np.array_equal(matrix, np.eye(len(features)))
    return Arranged(None if same else matrix, tuple(rows), tuple(labels), features, direct, remedy)


def _where(one: Taken, features: Sequence[str], table: Any, named: bool) -> tuple[list[int], float] | None:
    """The columns of X whose sum, or what it lacks to 1, is the column; None where there are none."""
    if not named:
        return [int(one.label)], 1.0
    name = str(one.label)
    if one.entry is None:
        return ([features.index(name)], 1.0) if name in features else None
    title = f"{name} = {spelt(one.entry)}"
    if title in features:
        return [features.index(title)], 1.0
    used = next(
        (column for column in getattr(getattr(table, "plan", None), "columns", ()) if column.name == name), None
    )
    levels = [spelt(level) for level in used.levels] if used is not None else []
    if used is None or spelt(one.entry) not in levels:
        return None
    if used.how == "yes_no":
        return [features.index(name)], 1.0 if levels.index(spelt(one.entry)) else -1.0
    others = [f"{name} = {level}" for level in levels if level != spelt(one.entry)]
    if used.how == "dummies" and all(other in features for other in others):
        return [features.index(other) for other in others], -1.0
    return None


def spelt(entry: Any) -> str:
    """An entry as a table's features have it."""
    return f"{float(entry):.15g}" if isinstance(entry, int | float | np.number | np.bool_) else str(entry)


def _remedy(taken: Sequence[Taken]) -> str:
    """How the table is said so that its X has these columns."""
    if all(one.entry is None and not one.filled for one in taken):
        return 'say sn.table(..., scale="none"), or fit it on table.X'
    sayings = {}
    for one in taken:
        kind, fill = ("number", "median") if one.entry is None else ("dummies", "mode")
        sayings[str(one.label)] = f"sn.{kind}(" + f'missing="{fill}"' * one.filled + ")"
    words = ", ".join(f'"{label}": {saying}' for label, saying in sayings.items())
    return f"say columns={{{words}}}, or fit it on table.X"


def raw_rows(table: Any, labels: Sequence[Label]) -> pd.DataFrame:
    """The raw columns in the rows that the table uses, as pandas has them."""
    frame, columns = table.raw.frame, getattr(getattr(table, "plan", None), "columns", ())
    needed = [one.name for one in columns if one.blank and one.missing == "drop"] + [table.target.name]
    if lacking := [str(label) for label in labels if label not in frame]:
        raise SheetnetError(
            f"the estimator was fitted on the columns {', '.join(map(str, labels))}, of which the table has not"
            f" {', '.join(lacking)}; make the table of all of them, or fit it on fewer"
        )
    used = frame[frame[[name for name in needed if name in frame]].notna().all(axis=1)]
    return used[list(labels)].fillna(np.nan)  # a blank text too, which is None there

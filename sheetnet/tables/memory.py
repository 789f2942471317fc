"""What is in memory, a DataFrame, arrays, a Bunch, as columns of numbers and texts, with a word on each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sheetnet.tables.cells import NAMELESS, Column, clean, column_of, marks
from sheetnet.tables.names import unique
from sheetnet.tables.words import counted, refusal

MAX_TEXT = 255  # characters of an entry that a formula can say
ARRAYS = "arrays"  # the source of what has no names
LARGEST = 2.0**53  # above it doubles skip whole numbers
COUNTING = re.compile(r"index|level_\d+")  # what pandas calls an index that it makes a column


@dataclass(frozen=True)
class Given:
    """What a person gave: columns of one height, where they are from, what was said; and a target, where one is known.

    others: columns that can only be a target, such as the other targets of a Bunch. twice: names that several columns
    had; all but the first have a number behind theirs.
    """

    columns: tuple[Column, ...]
    source: str
    said: tuple[str, ...] = ()
    target: str | None = None
    others: tuple[str, ...] = ()
    twice: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return len(self.columns[0].entries)


def of_frame(frame: Any, source: str) -> Given:
    said = []
    names = [name for name in frame.index.names if name is not None]
    if names:
        said.append(f"the index {', '.join(map(str, names))} is no feature")
    columns = []
    for at, name in enumerate(frame.columns):
        title = " ".join(map(str, name)) if isinstance(name, tuple) else str(name)
        columns.append(_of_series(title, frame.iloc[:, at], source))
    return Given(tuple(columns), source, tuple(said))


def _of_series(name: str, series: Any, source: str) -> Column:
    """A column of pandas."""
    import pandas as pd
    from pandas.api import types

    kind = series.dtype
    if isinstance(kind, pd.CategoricalDtype):
        levels = kind.categories
        if types.is_numeric_dtype(levels.dtype) and not types.is_bool_dtype(levels.dtype):
            return judged(Column(name, _floats(name, series.astype(levels.dtype.name), source)))
        texts = [None if pd.isna(entry) else str(entry) for entry in series]
        found = _of_objects(name, texts, source)
        order = tuple(clean(str(level)) for level in levels) if found.is_text else ()
        return judged(replace(found, levels=order))
    if types.is_bool_dtype(kind):
        values = np.array([math.nan if pd.isna(v) else float(v) for v in series])
        return Column(name, values, said=("True is 1 and False 0",))
    if types.is_complex_dtype(kind):
        return Column(name, np.zeros(len(series)), why="complex numbers")
    if types.is_numeric_dtype(kind):
        return judged(Column(name, _floats(name, series, source)))
    if types.is_datetime64_any_dtype(kind) or types.is_timedelta64_dtype(kind):
        return Column(name, np.zeros(len(series)), why="dates: make a number of them, such as the year")
    return judged(_of_objects(name, [None if _missing(v) else v for v in series], source))


def _missing(entry: Any) -> bool:
    import pandas as pd

    return entry is None or entry is pd.NA or entry is pd.NaT or (isinstance(entry, float) and math.isnan(entry))


def _floats(name: str, series: Any, source: str) -> np.ndarray:
    values = np.array(series.to_numpy(dtype=float, na_value=np.nan) if hasattr(series, "to_numpy") else series, float)
    return _finite(name, values, source)


def _finite(name: str, values: np.ndarray, source: str) -> np.ndarray:
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0])
        place, found = f"{source}, column {name}, row {row + 1}", f"found {values[row]}"
        raise refusal(place, found, "a finite number or nothing", "mend this value or leave the column out before")
    return values + 0.0


def _of_objects(name: str, entries: Sequence[Any], source: str) -> Column:
    """A column of whatever there is: numbers where all are, else texts."""
    full = [entry for entry in entries if entry is not None]
    places = [f"row {at}" for at in range(1, len(entries) + 1)]
    if all(isinstance(entry, bool | np.bool_) for entry in full):
        values = np.array([math.nan if entry is None else float(entry) for entry in entries])
        return Column(name, values, said=("True is 1 and False 0",) if full else ())
    if any(isinstance(entry, Mapping | list | tuple | set | np.ndarray | complex | bytes) for entry in full):
        return Column(name, np.zeros(len(entries)), why="neither numbers nor texts")
    if not any(isinstance(entry, str) for entry in full):
        try:
            values = np.array([math.nan if entry is None else float(entry) for entry in entries])
            return Column(name, _finite(name, values, source))
        except (TypeError, ValueError, OverflowError):
            return Column(name, np.zeros(len(entries)), why="neither numbers nor texts")
    texts = ["" if entry is None else str(entry) for entry in entries]
    (mark,) = marks([texts], source, [name], None)
    return column_of(name, texts, mark, places)


def of_mapping(source: Mapping[Any, Any]) -> Given:
    columns = []
    heights = {}
    for name, column in source.items():
        if hasattr(column, "dtype") and hasattr(column, "iloc"):
            columns.append(_of_series(str(name), column, "a dict"))
        elif isinstance(column, str) or not (isinstance(column, Sequence) or hasattr(column, "__array__")):
            found = f"found {type(column).__name__}"
            raise refusal(f"column {name}", found, "a column of entries", "give a list or an array")
        else:
            columns.append(_of_values(str(name), column))
        heights[str(name)] = len(columns[-1].entries)
    _same_height(heights)
    return Given(tuple(columns), "a dict")


def _unmasked(values: Any) -> Any:
    """An array whose masked entries are blank; all else as it is."""
    if not isinstance(values, np.ma.MaskedArray):
        return values
    plain = np.asarray(values.data).astype(float if values.dtype.kind in "iufb" else object)
    plain[np.ma.getmaskarray(values)] = np.nan
    return plain


def _of_values(name: str, column: Any) -> Column:
    """A column that is a list or an array of rank 1 (or n x 1)."""
    import pandas as pd

    column = _unmasked(column)
    values = np.asarray(column) if hasattr(column, "__array__") else column
    if isinstance(values, np.ndarray) and values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if isinstance(values, np.ndarray) and values.ndim != 1:
        found = f"found an array of {values.ndim} axes"
        raise refusal(f"column {name}", found, "one entry for each row", "give its columns one by one")
    texts = not isinstance(values, np.ndarray) and any(isinstance(value, str) for value in values)
    return _of_series(name, pd.Series(values, dtype=object if texts or not len(values) else None), "the table")


def of_array(source: Any) -> Given:
    X = np.asarray(_unmasked(source))
    if X.ndim != 2:
        found, remedy = f"found X of shape {X.shape}", "give X of two axes, such as X.reshape(len(X), -1)"
        raise refusal("the table", found, "rows and columns (n, p)", remedy)
    columns = (_of_values(f"x_{at}", X[:, at - 1]) for at in range(1, X.shape[1] + 1))
    return Given(tuple(columns), ARRAYS)


def with_target(found: Given, y: Any) -> Given:
    """The table with an array y beside it as its target."""
    name = str(getattr(y, "name", None) or "target")
    if name in found.names:
        name = unique([*found.names, name])[-1]
    if hasattr(y, "iloc") and getattr(y, "ndim", 1) == 2:
        y = y.to_numpy()
    column = _of_series(name, y, "y") if hasattr(y, "iloc") else _of_values(name, y)
    _same_height({"X": found.n_rows, "y": len(column.entries)})
    return replace(found, columns=(*found.columns, column), target=name)


def of_bunch(bunch: Any) -> Given:
    """A Bunch of scikit-learn: numbers that stand for names become these names."""
    import pandas as pd

    data, target, names = bunch.data, bunch.target, getattr(bunch, "target_names", None)
    frame = data if hasattr(data, "iloc") else pd.DataFrame(np.asarray(data), columns=list(bunch.feature_names))
    found = of_frame(frame, "a Bunch")
    titles = [] if names is None else [clean(str(name)) for name in names]
    y = np.asarray(_unmasked(target))
    if y.ndim == 2:
        titles = titles if len(titles) == y.shape[1] else [f"target_{at}" for at in range(1, y.shape[1] + 1)]
        targets = tuple(_of_values(title, y[:, at]) for at, title in enumerate(titles))
        known = titles[0] if len(titles) == 1 else None
        return replace(found, columns=(*found.columns, *targets), target=known, others=tuple(titles))
    whole = y.dtype.kind in "iu" and len(titles) > 1 and 0 <= y.min(initial=0) <= y.max(initial=0) < len(titles)
    title = str(getattr(target, "name", None) or (titles[0] if len(titles) == 1 else "target"))
    title = unique([*found.names, title])[-1]
    if whole:
        entries = np.array([titles[at] for at in y], dtype=object)
        column = Column(title, entries, tuple(titles), ("its numbers stand for these names",))
    else:
        column = _of_values(title, target)
    return replace(found, columns=(*found.columns, replace(column, name=title)), target=title)


def _same_height(heights: Mapping[str, int]) -> None:
    if len(set(heights.values())) > 1:
        found = ", ".join(f"{name} has {counted(rows, 'row')}" for name, rows in list(heights.items())[:5])
        raise refusal("the table", found, "columns of one height", "give each row one entry in each")


def judged(column: Column) -> Column:
    """The column with a word if it can be no feature, or is an index by its name."""
    entries, nameless = column.entries, NAMELESS.fullmatch(column.name)
    counted = (np.arange(first, len(entries) + first) for first in (0, 1))
    if nameless or COUNTING.fullmatch(column.name):
        counts = len(entries) > 1 and any(np.array_equal(entries, numbers) for numbers in counted)
        why = "it counts the rows" if counts else "it has no name, as an index that pandas wrote" if nameless else ""
        column = replace(column, index=why)
    if column.is_text:
        longest = len(max(entries[~column.blank], key=len, default=""))
        why = f"texts of up to {longest:,} characters" if longest > MAX_TEXT else ""
        return replace(column, why=column.why or why)
    if np.isinf(entries).any():
        return replace(column, why="numbers too large for a cell")
    return column

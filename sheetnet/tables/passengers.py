"""Passengers as columns of numbers and texts, judged cell by cell as they are read.

Only the standard library and numpy are used, so that a command which reads the table starts at once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sheetnet.common.files import meant
from sheetnet.errors import DataError
from sheetnet.tables.cells import is_blank, marks
from sheetnet.tables.reading import cells_of, content_of, text_of
from sheetnet.tables.words import counted, refusal, shown

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MIN_ROWS = 2
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class Column:
    """One column of the table: its name, and which values it may hold.

    A number is `low` or more (None: any) and finite, and without a fraction where `whole`; where `allowed` is not
    empty, only its members will do. A blank cell is refused unless `blank_ok`.
    """

    name: str
    kind: Literal["number", "text"]
    allowed: tuple[float, ...] | tuple[str, ...] = ()
    whole: bool = False
    blank_ok: bool = False
    low: float | None = 0.0

    @property
    def expected(self) -> str:
        """What a cell of this column may hold, in words: `"1, 2 or 3"`, `"a number of 0 or more, or nothing"`."""
        if self.allowed:
            *most, last = map(_spelt, self.allowed[:20])
            last = f"{last} ({len(self.allowed) - 20} more)" if len(self.allowed) > 20 else last
            words = f"{', '.join(most)} or {last}" if most else last
        else:
            words = f"a {'whole ' * self.whole}number" + ("" if self.low is None else f" of {self.low:g} or more")
        return words + ", or nothing" * self.blank_ok

    def value(self, found: str | float | None) -> float | str:
        """The value of a cell of a text file or a spreadsheet; a blank is nan in a number column, else "".

        Blank are None, a text of nothing but spaces, and the float nan, so that a value is its own value.

        >>> SCHEMA["Fare"].value(" 7.25 "), SCHEMA["Age"].value(None), SCHEMA["Sex"].value("female")
        (7.25, nan, 'female')

        Raises:
            DataError: names the column, what was found and what was expected; the caller puts the place before it.
        """
        cell = found.strip() if isinstance(found, str) else found
        if cell is None or cell == "" or (isinstance(cell, float) and math.isnan(cell)):
            if not self.blank_ok:
                raise self._refusal("found an empty cell")
            return math.nan if self.kind == "number" else ""
        value = decimal(cell) if self.kind == "number" else cell
        if self.allowed:
            fits = value in self.allowed
        else:
            low = -math.inf if self.low is None else self.low
            fits = isinstance(value, float) and math.isfinite(value) and low <= value
            fits = fits and (not self.whole or value.is_integer())  # type: ignore[union-attr]
        if not fits:
            raise self._refusal(f"found {shown(cell)}")
        return value

    def _refusal(self, found: str) -> DataError:
        return refusal(f"column {self.name}", found, self.expected, "mend this value or remove its row")


SCHEMA: Mapping[str, Column] = {
    column.name: column
    for column in (
        Column("Survived", "number", allowed=(0, 1)),
        Column("Pclass", "number", allowed=(1, 2, 3)),
        Column("Sex", "text", allowed=("male", "female")),
        Column("Age", "number", blank_ok=True),
        Column("SibSp", "number", whole=True),
        Column("Parch", "number", whole=True),
        Column("Fare", "number"),
        Column("Embarked", "text", allowed=("C", "Q", "S"), blank_ok=True),
    )
}
"""The columns of the table by name, in order; Age in years, Fare in pounds."""


@dataclass(frozen=True, eq=False)
class Raw:
    """A table as it was read: one column (n, 1) each by its name, of the passengers those of SCHEMA in its order.

    Numbers are float64, nan where blank; texts are str in an array of dtype object, "" where blank. `source` is
    the bare name of the file, without its folder, so that what is made from it is the same on every machine.
    """

    columns: dict[str, NDArray[Any]]
    source: str
    said: tuple[str, ...] = ()  # what was taken for what as it was read

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()), ()))

    def same_as(self, other: Raw) -> bool:
        """Whether its columns hold the same entries as those of another table."""
        pairs = ((column, other.columns[name]) for name, column in self.columns.items())
        return all(np.array_equal(a, b, equal_nan=a.dtype != object) for a, b in pairs)

    @property
    def frame(self) -> pd.DataFrame:
        """A new DataFrame (n, columns): numbers float64 with NaN, texts dtype object with None, where blank."""
        import pandas as pd

        def series(column: NDArray[Any]) -> pd.Series:
            if column.dtype != object:
                return pd.Series(column[:, 0].copy())
            return pd.Series([text or None for text in column[:, 0]], dtype=object)

        return pd.DataFrame({name: series(column) for name, column in self.columns.items()})


def read_passengers(path: str | Path | None = None) -> Raw:
    """The passengers in a CSV file, by default the 891 of the shipped titanic.csv.

    Kaggle's train.csv, titanic3.csv and seaborn's titanic.csv are read as they are: columns in any order and case,
    others beside them ignored, any separator, encoding and line ends. A row without Fare is left out, with a word.

    Raises:
        DataError: one sentence that names the file, the line and the column, what was found, what was expected
            and what to do.

    Source: sheetnet/tables/README.md; RFC 4180 for quotes.
    """
    if path is None:
        shipped = files("sheetnet.tables") / "titanic.csv"
        file, name, content = shipped.name, shipped.name, shipped.read_bytes()
    else:
        path = meant(path)
        file, name, content = str(path), path.name, content_of(path, "a CSV table such as Kaggle's train.csv")
    said: list[str] = []
    columns = columns_of(content, file, SCHEMA, MIN_ROWS, said, needed="Fare")
    return Raw(columns, name, tuple(said))


def columns_of(
    content: bytes, file: str, schema: Mapping[str, Column], at_least: int, said: list[str], needed: str = ""
) -> dict[str, NDArray[Any]]:
    """The columns (n, 1) of a schema in a CSV file, by name, in the schema's order: float64, or object for texts.

    said: where words go on what was taken for what. needed: a column without which a row is left out, with a word.
    Raises: DataError naming file, line and column; also for fewer rows than at_least.
    """
    cells = cells_of(text_of(content, file, said=said, lines="a line for each passenger"), file, said=said)
    said[:] = cells.said
    places = _places(cells.header, schema, f"{file}, line {cells.first}")
    texts = {name: [row[at] for row in cells.rows] for name, at in places.items()}
    if needed:
        full = [not is_blank(cell) for cell in texts[needed]]
        gone = [f"line {line}" for line, kept in zip(cells.lines, full, strict=True) if not kept]
        said += [f"without {needed}, left out: {', '.join(gone[:5])}{' and more' * (len(gone) > 5)}"] if gone else []
    else:
        full = [True] * len(cells.rows)
    if sum(full) < at_least:
        found = f"the table has {counted(sum(full), 'row') if any(full) else 'no rows'}"
        found += f" ({said[-1]})" if not all(full) else ""
        raise refusal(file, found, f"at least {at_least} below the header", "add a line for each passenger")
    dtypes = {"number": np.float64, "text": np.object_}
    out = {name: _plain(schema[name], entries, file, said) for name, entries in texts.items()}
    values: dict[str, list[float | str]] = {name: [] for name in schema}
    for at in (at for at, kept in enumerate(full) if kept):
        try:
            for name, column in schema.items():
                values[name].append(column.value(out[name][at]))
        except DataError as error:
            raise DataError(f"{file}, line {cells.lines[at]}, {error}") from None
    return {name: np.array(values[name], dtype=dtypes[c.kind]).reshape(-1, 1) for name, c in schema.items()}


def _plain(column: Column, cells: list[str], file: str, said: list[str]) -> list[str]:
    """The cells as the column's rule knows them: blank where they say so, in its spelling, with a decimal point."""
    cells = ["" if is_blank(cell) else cell.strip() for cell in cells]
    if column.kind == "text":
        spelling = {str(one).casefold(): str(one) for one in column.allowed}
        other = sorted({cell for cell in cells if spelling.get(cell.casefold(), cell) != cell})
        said += [f"{column.name}: {shown(cell)} is {spelling[cell.casefold()]}" for cell in other]
        return [spelling.get(cell.casefold(), cell) for cell in cells]
    (mark,) = marks([cells], file, [column.name], None)
    if mark is None or not any("," in cell for cell in cells):
        return cells
    said.append(f"{column.name}: commas {'are decimal marks' if mark == ',' else 'stand between thousands'}")
    group = "." if mark == "," else ","
    return [cell.replace(group, "").replace(mark, ".") for cell in cells]


def _places(header: list[str], schema: Mapping[str, Column], place: str) -> dict[str, int]:
    """Where each column of the schema stands in the header; its case does not matter, unless two differ in that."""
    lower = [name.casefold() for name in header]
    alike = {name: header if name in header else lower for name in schema}
    keys = {name: name if name in header else name.casefold() for name in schema}
    twice = [name for name in schema if alike[name].count(keys[name]) > 1]
    if twice:
        found = f"found column {twice[0]} {alike[twice[0]].count(keys[twice[0]])} times"
        raise refusal(place, found, "each column once", "remove or rename all but one")
    missing = [name for name in schema if keys[name] not in alike[name]]
    if missing:
        found = f"found no column {', '.join(missing)} among {', '.join(map(shown, header[:20]))}"
        found += f" and {len(header) - 20} more" if len(header) > 20 else ""
        raise refusal(place, found, f"the columns {', '.join(schema)}", _remedy(missing, header))
    return {name: alike[name].index(keys[name]) for name in schema}


def _remedy(missing: list[str], header: list[str]) -> str:
    """What to do about missing columns."""
    alike = {"".join(name.split()).lower(): name for name in header}
    misspelt = [f"{shown(alike[name.lower()])} to {name}" for name in missing if name.lower() in alike]
    if misspelt:
        rest = " and add the rest" * (len(misspelt) < len(missing))
        return f"rename {', '.join(misspelt)} (only spaces differ){rest}"
    if missing == ["Survived"]:
        return "use Kaggle's train.csv, for its test.csv does not say who survived"
    if missing == ["PassengerId"]:
        return "add a column of that name that numbers the rows, as in Kaggle's test.csv"
    return "add what is missing"


def _spelt(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.15g}"


def decimal(cell: str | float) -> float:
    """The number in a cell, nan if there is none: no TRUE, no inf, no 1_000, which Python would take."""
    if isinstance(cell, bool) or (isinstance(cell, str) and not _DECIMAL.fullmatch(cell)):
        return math.nan
    return float(cell) + 0.0  # never -0.0

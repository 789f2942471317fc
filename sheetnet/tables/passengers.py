"""Passengers as columns of numbers and texts, judged cell by cell as they are read.

Only csv and numpy are used, so that a command which reads the table starts at once.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sheetnet.errors import DataError
from sheetnet.tables.words import counted, refusal, shown

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

MIN_ROWS = 2
MAX_ROWS = 16_384
MAX_BYTES = 16 * 2**20
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

    @property
    def n_rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values()), ()))

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

    Kaggle's train.csv is read as it is: columns in any order, others beside them ignored, utf-8 with or without
    BOM, any line ends. Blanks around a cell are dropped and empty lines skipped.

    Raises:
        DataError: one sentence that names the file, the line and the column, what was found, what was expected
            and what to do.

    Source: sheetnet/tables/README.md; RFC 4180 for quotes.
    """
    if path is None:
        shipped = files("sheetnet.tables") / "titanic.csv"
        file, name, content = shipped.name, shipped.name, shipped.read_bytes()
    else:
        file, name, content = str(path), Path(path).name, content_of(Path(path), "Kaggle's train.csv")
    return Raw(columns_of(text_of(content, file), file, SCHEMA, MIN_ROWS), source=name)


def content_of(path: Path, such_as: str) -> bytes:
    """The bytes of a CSV file that a person named, such as one of theirs that they know.

    Raises: DataError for a folder, a file that is not there, cannot be read or is too large.
    """
    table = f"a CSV table such as {such_as}"
    if path.is_dir():
        raise refusal(str(path), "this is a folder", table, "name a file in it")
    if path.exists() and not path.is_file():
        raise refusal(str(path), "this is no regular file", table, "name a file")
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise refusal(str(path), "there is no such file", table, "check the path") from None
    except OSError as error:
        raise refusal(str(path), f"it cannot be read ({error.strerror})", table, "check the path and rights") from None
    if len(content) > MAX_BYTES:
        found = f"the file is larger than {MAX_BYTES // 2**20} MiB"
        raise refusal(str(path), found, f"at most {MAX_ROWS:,} rows", "keep fewer passengers")
    return content


def text_of(content: bytes, file: str, lines: str = "a line for each passenger") -> str:
    """The text of a CSV file, without BOM; lines: what stands below its header, in words.

    Raises: DataError for what is no text in utf-8, and for a file without any.
    """
    found = ""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(content[: error.start + 1].splitlines())
        text, found = "", f"line {line} is not utf-8 text (byte 0x{content[error.start]:02x})"
    if b"\0" in content:
        found = "the file is binary, not utf-8 text"
    if content.startswith(b"PK\x03\x04"):
        found = "the file is an Excel workbook or another zip archive, not utf-8 text"
    if found:
        raise refusal(file, found, "a CSV table", "open it in a spreadsheet and save it as 'CSV UTF-8'")
    if not text.strip():
        raise refusal(file, "the file is empty", f"a header and {lines}", "check that it was saved")
    return text


def columns_of(text: str, file: str, schema: Mapping[str, Column], at_least: int) -> dict[str, NDArray[Any]]:
    """The columns (n, 1) of a schema in a CSV text, by name, in the schema's order: float64, or object for texts.

    Raises: DataError naming file, line and column; also for fewer rows than at_least.
    """
    dtypes = {"number": np.float64, "text": np.object_}
    cells = zip(*_rows(text, file, schema, at_least), strict=True)
    return {
        column.name: np.array(values, dtype=dtypes[column.kind]).reshape(-1, 1)
        for column, values in zip(schema.values(), cells, strict=True)
    }


def _rows(text: str, file: str, schema: Mapping[str, Column], at_least: int) -> list[list[float | str]]:
    """The values of each passenger in the order of the schema."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records = filter(None, reader)  # an empty line is an empty record
    rows: list[list[float | str]] = []
    try:
        header = [name.strip() for name in next(records)]
        places = _places(header, schema, f"{file}, line {reader.line_num}")
        for record in records:
            place = f"{file}, line {reader.line_num}"
            if len(record) != len(header):
                expected = f"{len(header)} as in the header"
                remedy = "give each column one cell and put a text that holds a comma in double quotes"
                raise refusal(place, f"found {counted(len(record), 'field')}", expected, remedy)
            if len(rows) == MAX_ROWS:
                found = f"the table has more than {MAX_ROWS:,} rows"
                raise refusal(place, found, f"at most {MAX_ROWS:,} in a sheet for learning", "keep fewer passengers")
            try:
                rows.append([column.value(record[places[name]]) for name, column in schema.items()])
            except DataError as error:
                raise DataError(f"{place}, {error}") from None
    except csv.Error as error:
        expected = f"cells of at most {csv.field_size_limit():,} characters with their quotes in pairs"
        remedy = "shorten the cell or close the quote"
        raise refusal(f"{file}, line {reader.line_num}", f"found a broken cell ({error})", expected, remedy) from None
    if len(rows) < at_least:
        found = f"the table has {counted(len(rows), 'row') if rows else 'no rows'}"
        raise refusal(file, found, f"at least {at_least} below the header", "add a line for each passenger")
    return rows


def _places(header: list[str], schema: Mapping[str, Column], place: str) -> dict[str, int]:
    """Where each column of the schema stands in the header."""
    twice = [name for name in schema if header.count(name) > 1]
    if twice:
        found = f"found column {twice[0]} {header.count(twice[0])} times"
        raise refusal(place, found, "each column once", "remove or rename all but one")
    missing = [name for name in schema if name not in header]
    if missing:
        found = f"found no column {', '.join(missing)} among {', '.join(map(shown, header[:20]))}"
        found += f" and {len(header) - 20} more" if len(header) > 20 else ""
        raise refusal(place, found, f"the columns {', '.join(schema)}", _remedy(missing, header))
    return {name: header.index(name) for name in schema}


def _remedy(missing: list[str], header: list[str]) -> str:
    """What to do about missing columns."""
    alike = {"".join(name.split()).lower(): name for name in header}
    misspelt = [f"{shown(alike[name.lower()])} to {name}" for name in missing if name.lower() in alike]
    if misspelt:
        rest = " and add the rest" * (len(misspelt) < len(missing))
        return f"rename {', '.join(misspelt)} (only case or spaces differ){rest}"
    if len(header) == 1 and re.search(r"[;\t]", header[0]):
        return "save the table with commas between the cells, not semicolons or tabs"
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

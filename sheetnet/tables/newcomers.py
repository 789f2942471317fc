"""Passengers of whom nobody says who survived, such as those of Kaggle's test.csv."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.common.files import meant
from sheetnet.tables.passengers import SCHEMA, Column, columns_of
from sheetnet.tables.reading import content_of
from sheetnet.tables.words import refusal

if TYPE_CHECKING:
    from numpy.typing import NDArray

SUCH_AS = "a CSV table such as Kaggle's test.csv"
LARGEST = 2**53  # above it doubles skip whole numbers
BLANK_OK = ("Age", "Fare", "Embarked")
COLUMNS = {"PassengerId": Column("PassengerId", "number", whole=True)} | {
    name: replace(column, blank_ok=name in BLANK_OK) for name, column in SCHEMA.items() if name != "Survived"
}
"""The columns of new rows by name; Age, Fare and Embarked may be blank."""


@dataclass(frozen=True, eq=False)
class Newcomers:
    """Rows to be predicted: ids (n,) of int, and the columns (n, 1) by name, blanks as nan or ""."""

    ids: NDArray[Any]
    columns: dict[str, NDArray[Any]]


def read_newcomers(path: str | Path) -> Newcomers:
    """The rows of a CSV file with the columns of Kaggle's test.csv, in any order; others are ignored, Survived too.

    Raises: DataError naming the file, the line and the column, or the PassengerId that stands there twice.
    """
    file = str(path)
    columns = columns_of(content_of(meant(path), SUCH_AS), file, COLUMNS, 1, [])
    numbers = columns.pop("PassengerId")[:, 0]
    if (largest := numbers.max()) >= LARGEST:
        raise refusal(f"{file}, column PassengerId", f"found {largest:g}", f"numbers below {LARGEST}", "number anew")
    ids = numbers.astype(int)
    found, counts = np.unique(ids, return_counts=True)
    if counts.max() > 1:
        twice = f"found {found[counts.argmax()]} {counts.max()} times"
        raise refusal(f"{file}, column PassengerId", twice, "each once", "remove the row that is there again")
    return Newcomers(ids, columns)

"""What a person says of a column: how its entries become numbers, and what becomes of its blanks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from sheetnet.errors import DataError

How = Literal[
    "number", "standardised", "share_of_largest", "min_max", "log", "dummies", "codes", "yes_no", "left_out"
]  # fmt: skip
Missing = Literal["drop", "median", "mode", "flag"]
Level = float | str

NUMBERS = ("number", "standardised", "share_of_largest", "min_max", "log")  # of a column of numbers
LEVELS = ("dummies", "codes", "yes_no")  # of a column with few different entries
SCALES: dict[str, How] = {
    "standard": "standardised",
    "largest": "share_of_largest",
    "min_max": "min_max",
    "log": "log",
    "none": "number",
}
WORDS: dict[How, str] = {
    "number": "as it is",
    "standardised": "(x - mean) / spread",
    "share_of_largest": "x / largest",
    "min_max": "(x - smallest) / (largest - smallest)",
    "log": "ln(x + 1)",
    "dummies": "0 or 1 for each entry",
    "codes": "0, 1, 2, ... by entry",
    "yes_no": "0 or 1",
    "left_out": "left out",
}


@dataclass(frozen=True)
class Saying:
    """How a column is taken; missing None: as the table says. drop: of dummies, the entry that gets no column."""

    how: How
    missing: Missing | None = None
    drop: Level | None = None

    def __post_init__(self) -> None:
        if self.missing is not None:
            missing_of(self.missing)
        if self.missing == "median" and self.how in LEVELS:
            raise DataError(f'{self.how}: there is no median of entries that are names; say missing="mode" or "flag"')
        if not (self.drop is None or isinstance(self.drop, str)):
            if isinstance(self.drop, bool) or not math.isfinite(self.drop):
                raise DataError(f'drop must be "first", None or an entry of the column, found {self.drop!r}')
            object.__setattr__(self, "drop", float(self.drop))


def missing_of(missing: object) -> Missing:
    """What becomes of blanks, if it is a word for it.

    Raises: DataError for another.
    """
    if missing not in get_args(Missing):
        raise DataError(f'missing must be "drop", "median", "mode" or "flag", found {missing!r}')
    return missing  # type: ignore[return-value]


def number(missing: Missing | None = None) -> Saying:
    """Numbers as they are."""
    return Saying("number", missing)


def standardised(missing: Missing | None = None) -> Saying:
    """(x - mean) / spread; the spread is that of a population, sqrt(mean((x - mean)^2)), as in StandardScaler."""
    return Saying("standardised", missing)


def share_of_largest(missing: Missing | None = None) -> Saying:
    """x / largest, at most 1. The largest must be above 0."""
    return Saying("share_of_largest", missing)


def min_max(missing: Missing | None = None) -> Saying:
    """(x - smallest) / (largest - smallest), from 0 to 1."""
    return Saying("min_max", missing)


def log(missing: Missing | None = None) -> Saying:
    """ln(x + 1), the natural logarithm; every x must be above -1."""
    return Saying("log", missing)


def dummies(drop: Level | None = "first", missing: Missing | None = None) -> Saying:
    """A column of 0 and 1 for each entry but one: "first" of them, or the one that is named; None drops none."""
    return Saying("dummies", missing, drop)


def codes(missing: Missing | None = None) -> Saying:
    """The entries as 0, 1, 2, ..., such as an embedding takes them."""
    return Saying("codes", missing)


def yes_no(missing: Missing | None = None) -> Saying:
    """1 for the later of two entries (yes, true, 1), 0 for the other."""
    return Saying("yes_no", missing)


def left_out() -> Saying:
    """Not used."""
    return Saying("left_out")

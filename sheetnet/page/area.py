"""Rectangles of cells and their addresses. Rows and columns count from 0; addresses are as in a sheet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MAX_ROWS, MAX_COLS = 1_048_576, 16_384  # of a sheet


@lru_cache(maxsize=MAX_COLS)
def column_letters(col: int) -> str:
    """The letters of a column counted from 0.

    >>> column_letters(0), column_letters(25), column_letters(26)
    ('A', 'Z', 'AA')
    """
    text = ""
    col += 1
    while col:
        col, rest = divmod(col - 1, 26)
        text = chr(65 + rest) + text
    return text


def cell_address(row: int, col: int, fixed: tuple[bool, bool] = (False, False)) -> str:
    """The address of a cell; fixed puts $ before row and column."""
    return f"{'$' * fixed[1]}{column_letters(col)}{'$' * fixed[0]}{row + 1}"


@dataclass(frozen=True)
class Area:
    """A rectangle of cells on a sheet."""

    sheet: str
    row: int
    col: int
    n_rows: int
    n_cols: int

    def address(self, fixed: tuple[bool, bool] = (False, False)) -> str:
        """The range without its sheet, such as B5:K5."""
        first = cell_address(self.row, self.col, fixed)
        if (self.n_rows, self.n_cols) == (1, 1):
            return first
        return f"{first}:{cell_address(self.row + self.n_rows - 1, self.col + self.n_cols - 1, fixed)}"

    def full(self, fixed: bool = True) -> str:
        """The range with its sheet, such as 'Two ReLU'!$B$5:$K$6."""
        return f"{quoted(self.sheet)}!{self.address((fixed, fixed))}"

    @property
    def corners(self) -> tuple[int, int, int, int]:
        """First row, first column, last row, last column."""
        return self.row, self.col, self.row + self.n_rows - 1, self.col + self.n_cols - 1

    def part(self, rows: tuple[int, int], cols: tuple[int, int]) -> Area:
        """Some of its rows and columns, first and last counted from 0."""
        return Area(self.sheet, self.row + rows[0], self.col + cols[0], rows[1] - rows[0] + 1, cols[1] - cols[0] + 1)

    def cells(self) -> Iterator[tuple[int, int]]:
        """Its cells row by row, as (row, column) of the sheet."""
        for r in range(self.row, self.row + self.n_rows):
            for c in range(self.col, self.col + self.n_cols):
                yield r, c


def quoted(sheet: str) -> str:
    """A sheet's name as formulas need it."""
    return sheet if re.fullmatch(r"[A-Za-z_]\w*", sheet) else "'" + sheet.replace("'", "''") + "'"


def area_of(sheet: str, address: str) -> Area:
    """The area of an address such as B5:K5, with or without $.

    Raises: ValueError.
    """
    found = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d+)(?::\$?([A-Z]{1,3})\$?(\d+))?", address)
    if not found:
        raise ValueError(f"{address!r} is no range of cells")
    left, top, right, bottom = found.groups()
    row, col, last_row, last_col = int(top) - 1, column_of(left), int(bottom or top) - 1, column_of(right or left)
    if not (0 <= row <= last_row < MAX_ROWS and col <= last_col < MAX_COLS):
        raise ValueError(f"{address!r} is no range of cells")
    return Area(sheet, row, col, last_row - row + 1, last_col - col + 1)


@lru_cache(maxsize=MAX_COLS)
def column_of(letters: str) -> int:
    """The column of some letters, counted from 0."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1

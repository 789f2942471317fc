"""The cells of a workbook that is open in Excel: what becomes of values on their way in and out.

What was found in xlwings 0.37 and Excel's documentation, and shapes this module:

- `Value` gives a Decimal for currency and a date for dates: `Value2` gives the double itself.
- On Windows an error arrives as a whole number and every number as a float. On macOS an error is told from what the
  cell shows; `err_to_str` of xlwings does that too, but fails on a block of more than one row.
- A text that is written counts as typed: '=1+1' becomes a formula, '12' a number. A leading apostrophe prevents that
  and is no part of the text, but in a cell with the number format '@' (text) it may stay. There the text goes in
  without it. And in such a cell a number turns into text. So what was written is read back.
- `clear_contents` on macOS switches the screen off and on; when it fails in between, the screen stays off.
- A written number below 2.3e-308 (a subnormal) becomes 0: Excel has none.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sheetnet.engines.base import CellError, Value
from sheetnet.page.area import cell_address, quoted

if TYPE_CHECKING:
    import xlwings as xw

MAC = sys.platform == "darwin"
CELLS_AT_ONCE = 500_000  # one Apple event carries less than 2 million
LEAST = sys.float_info.min

ERRORS = {
    2000: "#NULL!", 2007: "#DIV/0!", 2015: "#VALUE!", 2023: "#REF!", 2029: "#NAME?", 2036: "#NUM!", 2042: "#N/A",
    2043: "#GETTING_DATA", 2045: "#SPILL!", 2046: "#CONNECT!", 2047: "#BLOCKED!", 2048: "#UNKNOWN!", 2049: "#FIELD!",
    2050: "#CALC!",
}  # fmt: skip
_FIRST_ERROR = -2146828288  # an error arrives as 0x800A0000 and its number, as a signed whole number of 32 bits


class Cells:
    """The cells of one workbook. Rows and columns count from zero; faults are those of xlwings, and ValueError."""

    def __init__(self, book: xw.Book) -> None:
        self.book = book

    def block(self, sheet: str, row: int, col: int, n_rows: int = 1, n_cols: int = 1) -> xw.Range:
        """A block of a sheet, for xlwings."""
        return self.book.sheets[sheet].range((row + 1, col + 1), (row + n_rows, col + n_cols))

    def get(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        """The values of a block, (n_rows, n_cols)."""
        rows: list[list[Value]] = []
        while len(rows) < n_rows:
            n = min(n_rows - len(rows), max(1, CELLS_AT_ONCE // n_cols))
            flat = values(self.block(sheet, row + len(rows), col, n, n_cols))
            rows += [flat[i : i + n_cols] for i in range(0, n * n_cols, n_cols)]
        return rows

    def put(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        """None; the cell holds the value.

        Raises: ValueError where Excel makes something else of it.
        """
        cell = self.block(sheet, row, col)
        if value is None or value == "":
            _clear(cell)
            return
        cell.raw_value = _typed(value)
        if isinstance(value, str) and values(cell) != [value]:
            cell.raw_value = value  # the format is '@', and the apostrophe has become part of the text
        elif not isinstance(value, str) and isinstance(values(cell)[0], str):  # the same, and it has become text
            cell.number_format = "General"
            cell.raw_value = value
        [held] = values(cell)
        if not _same(held, value):
            raise ValueError(f"{quoted(sheet)}!{cell_address(row, col)} holds {held!r} after {value!r} was written")

    def fill(self, sheet: str, row: int, col: int, rows: Sequence[Sequence[float | str | None]]) -> None:
        """None; a block holds the rows, written in one call; a cell in which that did not succeed is put alone.

        Raises: as put.
        """
        n_cols = len(rows[0])
        there = self.block(sheet, row, col, len(rows), n_cols)
        wanted = [value or None if isinstance(value, str) else value for cells in rows for value in cells]
        if wanted == [None] * len(wanted):
            _clear(there)
            return
        typed = [[_typed(value) for value in cells] for cells in rows]
        there.raw_value = typed if len(wanted) > 1 else typed[0][0]
        for k, (held, value) in enumerate(zip(values(there), wanted, strict=True)):
            if not _same(held, value):
                self.put(sheet, row + k // n_cols, col + k % n_cols, value)


def values(cells: xw.Range) -> list[Value]:
    """All values of a range, row after row."""
    if not MAC:
        return [_value(value) for value in _flat(cells.api.Value2)]
    found, shown = _flat(cells.api.value2.get()), _flat(cells.api.string_value.get())
    if not set(ERRORS.values()).isdisjoint(shown):  # errors, or texts that read like one
        formulas = _flat(cells.api.formula.get())
        for i, (value, text, formula) in enumerate(zip(found, shown, formulas, strict=True)):
            if text in ERRORS.values() and (not isinstance(value, str) or str(formula).startswith("=")):
                found[i] = CellError(text)
    return [_value_on_mac(value) for value in found]


def _clear(cells: xw.Range) -> None:
    if MAC:
        cells.api.clear_contents()
    else:
        cells.api.ClearContents()


def _typed(value: float | str | None) -> float | str:
    """What a person would type to have the value in a cell."""
    return "" if value is None or value == "" else "'" + value if isinstance(value, str) else value


def _same(held: Value, value: float | str | None) -> bool:
    """Whether a cell holds what was written, as far as Excel can."""
    lost = isinstance(value, float) and abs(value) < LEAST and held == 0.0
    return (type(held), held) == (type(value), value) or lost


def _value(value: Any) -> Value:
    """The value of a cell as it arrives on Windows, where only errors are whole numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return CellError(ERRORS.get(value - _FIRST_ERROR, f"#ERROR {value}"))
    return None if value == "" else value


def _value_on_mac(value: Any) -> Value:
    """The value of a cell as it arrives on macOS: an empty one as '' or as appscript's word for nothing."""
    if isinstance(value, bool | str):
        return value if value != "" else None
    return float(value) if isinstance(value, int | float) else None


def _flat(found: Any) -> list[Any]:
    """The values of a range row after row: one cell arrives bare, one row perhaps flat, a block in rows."""
    if not isinstance(found, list | tuple):
        return [found]
    return [value for row in found for value in (row if isinstance(row, list | tuple) else [row])]

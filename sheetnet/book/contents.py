"""What stands in a workbook's file: cells, formulas and names as text, the values stored beside formulas."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sheetnet.book.package import Package
from sheetnet.page.area import area_of, cell_address, quoted

MAX_ARRAY_CELLS = 2_000_000  # of a sheet

Value = float | str | bool | None  # an error, such as #NUM!, is a CellError, which is a str
Cell = tuple[int, int]


class FormulaCell(NamedTuple):
    """A formula as the file has it: its text with the equals sign, and for an array formula the range it fills."""

    text: str
    fills: str | None


@dataclass(frozen=True)
class TableCells:
    """A table of a sheet: its range, its columns' names, how many rows of it are heads and totals.

    formulas: what fills a new row, as text without the equals sign, by column; totals: the formula or the function of
    a column's totals row.
    """

    ref: str
    columns: tuple[str, ...]
    header_rows: int = 1
    totals_rows: int = 0
    formulas: dict[str, str] = field(default_factory=dict)
    totals: dict[str, str] = field(default_factory=dict)


@dataclass
class Sheet:
    """The filled cells of one sheet, counted from 0; covered are the cells of array formulas besides their first.

    values: of cells without a formula. stored: what the file says beside each formula cell, covered ones included; a
    cell without any is not there.
    """

    values: dict[Cell, Value] = field(default_factory=dict)
    formulas: dict[Cell, FormulaCell] = field(default_factory=dict)
    covered: set[Cell] = field(default_factory=set)
    stored: dict[Cell, Value] = field(default_factory=dict)
    tables: dict[str, TableCells] = field(default_factory=dict)


@dataclass
class Contents:
    """A whole workbook: its sheets in order, and its defined names, sheet-scoped ones as Sheet!name.

    package: the parts of the file as it was read. paths: the part of each sheet by its name. oddities: (place, words)
    for what the file says twice or outside of a sheet's edge, where programs differ in what they read.
    """

    file: str
    sheets: dict[str, Sheet]
    names: dict[str, str]
    calculation: dict[str, tuple[str, str]] = field(default_factory=dict)  # setting: (found, as it should be)
    package: Package = field(default_factory=lambda: Package("", {}), repr=False)
    paths: dict[str, str] = field(default_factory=dict)
    oddities: list[tuple[str, str]] = field(default_factory=list)

    @property
    def n_formula_cells(self) -> int:
        """The cells that a formula fills."""
        return sum(len(sheet.formulas) + len(sheet.covered) for sheet in self.sheets.values())


def where(sheet: str, row: int, col: int) -> str:
    """A cell as people write it: 'Two ReLU'!B7."""
    return f"{quoted(sheet)}!{cell_address(row, col)}"


def array_cells(refs: Iterable[str]) -> set[Cell]:
    """The cells of all array formulas of a sheet, from the ranges that they fill.

    Raises: ValueError for what is no range, and for more cells than any workbook of ours has.
    """
    areas = [area_of("", ref) for ref in refs]
    if sum(area.n_rows * area.n_cols for area in areas) > MAX_ARRAY_CELLS:
        raise ValueError(f"array formulas over more than {MAX_ARRAY_CELLS} cells")
    return {cell for area in areas for cell in area.cells()}

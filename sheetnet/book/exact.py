"""A worksheet of XlsxWriter: every double with all its digits, no cell written twice, no triangle that frightens."""

from __future__ import annotations

from typing import Any

from xlsxwriter.utility import xl_cell_to_rowcol, xl_range, xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import (
    CellArrayFormulaTuple,
    CellFormulaTuple,
    CellNumberTuple,
    CellStringTuple,
    Worksheet,
)

from sheetnet.book.triangles import Content, marked, rectangles
from sheetnet.errors import GraphError
from sheetnet.page.area import Area, area_of
from sheetnet.page.book import Block, Formula

ERROR = "#NUM!"  # what a sheet shows when a number has outgrown it


class ExactSheet(Worksheet):  # type: ignore[misc]
    """A worksheet that writes every double with all its digits, and error values also inside array formulas.

    spills: array formulas are written as Excel 365 writes what is typed there with Enter alone.
    """

    spills = False

    def claim(self, area: Area) -> None:
        """Widen the sheet's used range to an area that put and put_formula are about to fill."""
        top, left, bottom, right = area.corners
        self._check_dimensions(top, left)
        self._check_dimensions(bottom, right)

    def put(self, row: int, col: int, value: float | str, format: Any) -> None:
        """A plain value, or the stored value of a cell inside an array formula; nan is an error value.

        Raises: GraphError where a number or a formula stands in the cell.
        """
        self._free(row, col)
        if isinstance(value, str):
            self.write_string(row, col, value, format)
        else:
            self.table[row][col] = CellNumberTuple(value, format)

    def put_formula(self, formula: Formula, value: float | str, format: Any) -> None:
        """A formula with the stored value of its first cell; the other cells of an array formula are put beside it."""
        text, (row, col, bottom, right) = formula.text.removeprefix("="), formula.area.corners
        self._free(row, col)
        if formula.array:
            range_ = xl_range(row, col, bottom, right)
            kind = "dynamic" if self.spills else "static"
            self.table[row][col] = CellArrayFormulaTuple(text, format, value, range_, kind)
            self.has_dynamic_arrays |= self.spills
        else:
            self.table[row][col] = CellFormulaTuple(text, format, value)

    def fill_new_rows(self, block: Block, texts: set[str]) -> None:
        """The formula of a block that is a column of the Table added last, for rows that a person adds below.

        Raises: GraphError where the rows have more than one formula, of which a Table keeps none.
        """
        if len(texts) != 1:
            raise GraphError(f"the block {block.id} has {len(texts)} formulas; the rows of a Table share one")
        first = self.tables[-1]["a_range"].partition(":")[0]
        col = block.area.col - xl_cell_to_rowcol(first)[1]
        self.tables[-1]["columns"][col]["formula"] = texts.pop().removeprefix("=")

    def _free(self, row: int, col: int) -> None:
        if isinstance(self.table[row].get(col), CellNumberTuple | CellFormulaTuple | CellArrayFormulaTuple):
            cell = xl_rowcol_to_cell_fast(row, col)
            raise GraphError(f"on the sheet {self.get_name()}, two numbers or formulas would stand in {cell}")

    def _write_ignored_errors(self) -> None:
        self.ignore_errors({rule: rectangles(places) for rule, places in marked(self._contents()).items()})
        super()._write_ignored_errors()

    def _contents(self) -> dict[tuple[int, int], Content]:
        """What each cell holds that is not empty; those that an array formula fills hold it and values of their own."""
        filled: dict[tuple[int, int], tuple[str, tuple[int, int]]] = {}
        for row, cells in self.table.items():
            for col, cell in cells.items():
                if isinstance(cell, CellArrayFormulaTuple):
                    filled |= dict.fromkeys(area_of("", cell.range).cells(), (cell.formula, (row, col)))
        out: dict[tuple[int, int], Content] = {}
        for row, cells in self.table.items():
            for col, cell in cells.items():
                at = row, col
                if isinstance(cell, CellNumberTuple):
                    out[at] = Content(cell.number, *filled.get(at, ()))
                elif isinstance(cell, CellStringTuple):
                    out[at] = Content(self.str_table._get_shared_string(cell.string), *filled.get(at, ()))
                elif isinstance(cell, CellArrayFormulaTuple):
                    out[at] = Content(cell.value, *filled[at])
                elif isinstance(cell, CellFormulaTuple):
                    out[at] = Content(cell.value, cell.formula, at)
        return out

    def _get_range_data(self, *area: int) -> list[Any]:
        """The numbers that a chart keeps beside its ranges: an error is a gap."""
        return ["" if value == "nan" or value != value else value for value in super()._get_range_data(*area)]

    def _write_cell(self, row: int, col: int, cell: Any) -> None:
        kind = cell.__class__.__name__
        if kind not in ("Number", "Formula", "ArrayFormula"):
            super()._write_cell(row, col, cell)
            return
        text, type_ = self._stored(cell.number if kind == "Number" else cell.value)
        formula = ""
        if kind == "Formula":
            formula = f"<f>{self._escape_data(cell.formula)}</f>"
        elif kind == "ArrayFormula":
            formula = f'<f t="array" ref="{cell.range}">{self._escape_data(cell.formula)}</f>'
            type_ += ' cm="1"' * (cell.atype == "dynamic")
        style = cell.format._get_xf_index()
        self.fh.write(f'<c r="{xl_rowcol_to_cell_fast(row, col)}" s="{style}"{type_}>{formula}<v>{text}</v></c>')

    def _stored(self, value: float | str) -> tuple[str, str]:
        """A value's text and type attribute in the file."""
        if isinstance(value, str):
            return self._escape_data(value), ' t="str"'
        if value != value:
            return ERROR, ' t="e"'
        return (str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)), ""

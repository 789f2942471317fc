"""Formulas as an engine without tables reads them: a table's cells by their range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sheetnet.book.contents import Contents
from sheetnet.errors import WorkbookError
from sheetnet.page.area import Area, area_of

_TEXT_OR_TABLE = re.compile(
    r'"(?:[^"]|"")*"'  # words within a formula stay as they are
    r"|(?P<table>[A-Za-z_]\w*)\[(?:\[#(?P<part>This Row|Headers)\],\[(?P<of>[^\]]+)\]|(?P<column>[^\]\[#]+))\]"
)
_SIGN = re.compile(r"(?:^=|[-+*/^&<>=(,;{])\s*-\s*[^\d\s.]")
_PLACE = re.compile(r"=?(?:'(?:[^']|'')+'|[^\W\d]\w*)!\$?[A-Z]{1,3}\$?\d+(?::\$?[A-Z]{1,3}\$?\d+)?")


@dataclass(frozen=True)
class _Table:
    area: Area
    columns: tuple[str, ...]
    header_rows: int
    totals_rows: int

    def cells(self, part: str, column: str, row: int) -> Area | None:
        """Those of a column: its head, what stands in a row, or all between head and totals; None: no such column."""
        if column not in self.columns:
            return None
        at = self.columns.index(column)
        first, last = self.header_rows, self.area.n_rows - self.totals_rows - 1
        if part == "Headers":
            first = last = 0
        elif part == "This Row":
            first = last = row - self.area.row
        return self.area.part((first, last), (at, at))


class Tables:
    """The tables of a workbook, by which formulas name cells."""

    def __init__(self, contents: Contents) -> None:
        self._file = contents.file
        self._tables: Mapping[str, _Table] = {
            name.lower(): _Table(area_of(sheet, table.ref), table.columns, table.header_rows, table.totals_rows)
            for sheet, found in contents.sheets.items()
            for name, table in found.tables.items()
        }

    def lowered(self, formula: str, sheet: str, row: int) -> str:
        """The formula of a cell on a row of a sheet, with ranges in place of tables.

        Raises: WorkbookError for a table or a column that is not there.
        """

        def place(found: re.Match[str]) -> str:
            if found["table"] is None:
                return found[0]
            table = self._tables.get(found["table"].lower())
            column = found["of"] or found["column"]
            area = None if table is None else table.cells(found["part"] or "", column, row)
            if area is None:
                raise WorkbookError(f"{self._file}: the sheet {sheet} names {found[0]}, which is no column of a table")
            return area.address((True, True)) if area.sheet == sheet else area.full()

        return _TEXT_OR_TABLE.sub(place, formula)


def without_signs(formula: str) -> str:
    """The formula with 0-x for -x: IronCalc 0.8 in a browser negates no array. Before a number the sign stays.

    >>> without_signs("=-A1:A3/-B1+2-C1*-SUM(-D1,-2)")
    '=(0-A1:A3)/(0-B1)+2-C1*(0-SUM((0-D1),-2))'
    """
    if not _SIGN.search(formula):
        return formula
    from openpyxl.formula.tokenizer import Token, Tokenizer

    out, closing, depth = [], [], 0  # closing: how deep the operands are that end with a parenthesis of ours
    tokens = Tokenizer(formula).items
    for at, token in enumerate(tokens):
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        if token.type == Token.OP_PRE and token.value == "-" and after and after.subtype != Token.NUMBER:
            out.append("(0-")
            closing.append(depth)
            continue
        out.append(token.value)
        depth += {Token.OPEN: 1, Token.CLOSE: -1}.get(token.subtype, 0)
        operand = token.type == Token.OPERAND or token.subtype == Token.CLOSE
        while operand and closing and closing[-1] == depth:
            out.append(")")
            closing.pop()
    return f"={''.join(out)}"


def is_place(meaning: str) -> bool:
    """Whether a defined name stands for cells: an engine may know no other.

    >>> is_place("Fit!$B$5"), is_place("'Two ReLU'!$A$1:$B$9"), is_place("0.0001")
    (True, True, False)
    """
    return _PLACE.fullmatch(meaning) is not None

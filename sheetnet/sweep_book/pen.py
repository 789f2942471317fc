"""Pen: writes numbers and formulas with their values straight into a sheet of a file."""

from __future__ import annotations

import math
from typing import Any

from sheetnet.book.exact import ExactSheet
from sheetnet.book.xlsx import Formats
from sheetnet.page.area import Area
from sheetnet.page.book import Formula, Page

NONE = "-"  # what a formula shows where there is nothing to compute from


class Pen:
    """Writes a sheet: words go to its page, numbers and formulas with their values straight into the file."""

    def __init__(self, file: Any, formats: Formats, page: Page) -> None:
        self.file, self.formats, self.page = file, formats, page
        self.sheet = file.add_worksheet(page.name, worksheet_class=ExactSheet)
        self.areas: list[tuple[Area, str]] = []  # what stands on the sheet, and what it is

    def put(self, row: int, col: int, value: float, format: str = "plain", style: str = "data") -> None:
        """A number; nan is a blank."""
        if value == value:
            self._take(row, col, "a number")
            self.sheet.put(row, col, float(value), self.formats.get(style, format))

    def live(
        self, row: int, col: int, text: str, value: float | str, format: str = "plain", style: str = "figure",
        array: bool = False,
    ) -> None:  # fmt: skip
        """A formula and its value; what is no finite number is NONE. What reads an array formula is one as well.

        Why: see _block, where the other workbooks are written.
        """
        value = value if isinstance(value, str) else float(value) if math.isfinite(value) else NONE
        area = self._take(row, col, f"the formula {text[:40]!r}")
        self.sheet.put_formula(Formula(area, text, array), value, self.formats.get(style, format))

    def _take(self, row: int, col: int, what: str) -> Area:
        area = Area(self.page.name, row, col, 1, 1)
        self.areas.append((area, what))
        self.sheet.claim(area)
        return area

    def name(self, name: str, row: int, col: int, n_rows: int = 1, n_cols: int = 1) -> Area:
        """Give some cells a name."""
        area = Area(self.page.name, row, col, n_rows, n_cols)
        self.page.book.names.give(name, area)
        self.file.define_name(name, "=" + area.full())
        return area

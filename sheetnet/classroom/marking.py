"""Which files assign and grade have written themselves, and may write over: they say so near their beginning."""

from __future__ import annotations

import csv
import io
import os
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any

from sheetnet.errors import SheetnetError

GRADES, KEY = "made by sheetnet grade", "made by sheetnet assign --key"
PROPERTIES = "docProps/core.xml"
DATE = datetime(2000, 1, 1)  # of all workbooks: same grades, same bytes
LINE = 15.0  # points
LONGEST = 32_000  # characters of a cell
NEAR = 2_000  # bytes, and of a workbook's properties


def new_book(path: Path, mark: str) -> Any:
    """A workbook of XlsxWriter in which every text stays text, with a mark of who made it and no date of today."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    book = xlsxwriter.Workbook(str(path), options)
    book.set_properties({"comments": mark, "created": DATE})
    return book


def new_sheet(book: Any, name: str, heads: Sequence[str], row: int, bold: Any, still: int = 0) -> Any:
    """A sheet with heads, that prints on few pages: lying, as wide as the paper, its heads on each.

    still: how many columns stay as one scrolls.
    """
    sheet = book.add_worksheet(name)
    for col, head in enumerate(heads):
        sheet.write_string(row, col, head, bold)
    sheet.freeze_panes(row + 1, still)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(0.4, 0.4, 0.5, 0.5)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(row)
    return sheet


def write_words(sheet: Any, row: int, cells: Mapping[int, tuple[str, int]], look: Any) -> None:
    """None; texts stand in a row that is as tall as they need. cells: text and width of the column, by column."""
    lines = max((ceil(len(text) / width) for text, width in cells.values()), default=1)
    sheet.set_row(row, LINE * max(1, lines))
    for col, (text, _) in cells.items():
        sheet.write_string(row, col, text[:LONGEST], look)


def first_line(heads: Sequence[str]) -> str:
    """The line of heads of a CSV file, by which it is known again."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow(heads)
    return out.getvalue()


def writable(path: Path, mark: str, heads: Sequence[str], names: Path | None = None) -> None:
    """Nothing, where no file stands, or one with this mark, of a CSV with these heads, that is not the class's.

    names: the file with the names of the class. Raises: SheetnetError for another.
    """
    if names and os.path.realpath(path) == os.path.realpath(names):
        raise SheetnetError(f"{path}: that is the file with the names of the class; name another")
    if path.is_file() and not is_marked(path, mark, first_line(heads)):
        raise SheetnetError(f"{path}: there is a file that was not {mark}; move it, or name another")


def is_marked(path: Path, *marks: str) -> bool:
    """Whether a file has one of the marks near its beginning, a workbook in its properties."""
    try:
        with path.open("rb") as file:
            start = file.read(NEAR)
        if start.startswith(b"PK"):
            with zipfile.ZipFile(path) as book, book.open(PROPERTIES) as part:
                start = part.read(NEAR)
    except (OSError, EOFError, KeyError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return False
    return any(mark.encode() in start for mark in marks)

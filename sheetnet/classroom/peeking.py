"""Formulas that ask the sheet of exercises for what it knows, instead of the lesson for an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sheetnet.book.contents import Contents, where
from sheetnet.course.lesson import Lesson
from sheetnet.motifs.exercises import ANSWERS
from sheetnet.page.area import area_of

# a text; or a sheet, and the first and last column of a cell, of a range, or of whole columns
REFERENCE = re.compile(
    r"""("[^"]*")|(?<![\w.])(?:('[^']+'|[\w.]+)!)?\$?([A-Z]{1,3})(?:\$?\d+(?::\$?([A-Z]{1,3})\$?\d+)?|:\$?([A-Z]{1,3}))"""
    r"(?![\w.(])",
    re.IGNORECASE,
)
SOMEWHERE = re.compile(r"\b(INDIRECT|OFFSET)\s*\(", re.IGNORECASE)  # any cell
ROWS = re.compile(r"""(?<![\w.$])(?:('[^']+'|[\w.]+)!)?\$?\d+:\$?\d+""")  # whole ones
WORDS = "the formula asks the sheet for its own verdicts or keys"


def peeks(text: str, here: str, workbook: Lesson) -> bool:
    """Whether a formula on the sheet `here` reads what stands to the right of the answers, or cells that it finds."""
    area = workbook.book.block(ANSWERS).area
    if SOMEWHERE.search(text):
        return True
    if any((sheet.strip("'") or here).lower() == area.sheet.lower() for sheet in ROWS.findall(text)):
        return True
    for words, sheet, *columns in REFERENCE.findall(text):
        on = sheet.strip("'") or here
        last = max((area_of("", f"{column}1").col for column in columns if column), default=0)
        if not words and on.lower() == area.sheet.lower() and last > area.col:
            return True
    return False


def scratch_that_peeks(contents: Contents, workbook: Lesson) -> Iterator[str]:
    """The cells, and names, beside what was built whose formulas peek: an answer may read them."""
    built: dict[str, set[tuple[int, int]]] = {}
    for block in workbook.book.blocks:
        built.setdefault(block.area.sheet, set()).update(block.area.cells())
    for name, sheet in contents.sheets.items():
        for at, formula in sheet.formulas.items():
            if at not in built.get(name, ()) and peeks(formula.text, name, workbook):
                yield where(name, *at)
    known = {name.lower() for name in workbook.book.names}
    for name, text in contents.names.items():
        own = name.rpartition("!")[2].lower()
        if own not in known and not own.startswith(("_xlnm", "solver_")) and peeks(f"={text}", "", workbook):
            yield f"the name {name}"

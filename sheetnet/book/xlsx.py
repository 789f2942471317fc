"""A book and its numbers -> an .xlsx file. Of a lesson's workbook the only user of XlsxWriter, with exact.py,
charts.py and tips.py.

Same input, same bytes: fixed dates, no machine names, no random order. Every formula cell stores its value, exact to
the last bit. The file is written beside its target and then renamed, so that nothing is ever half written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from xlsxwriter.exceptions import XlsxFileError

from sheetnet.book import charts, tips
from sheetnet.book.colours import conditions
from sheetnet.book.exact import ExactSheet
from sheetnet.book.manifest import MANIFEST_SHEET
from sheetnet.book.solver import solver_settings
from sheetnet.book.spoken import SpokenWorkbook
from sheetnet.common import files
from sheetnet.errors import WorkbookError
from sheetnet.page.book import Block, Book, Formula, Page, Text
from sheetnet.page.language import Language, said, speaking
from sheetnet.page.look import (
    CHOSEN,
    CROWDED_FORMAT,
    FAINT_FORMAT,
    FONT,
    GROWN_FORMAT,
    LARGE_FORMAT,
    NUMBER_FORMATS,
    STYLES,
    UNUSED,
    WINDOW,
    for_block,
    heading_style,
)
from sheetnet.page.printed import MARGINS, printed
from sheetnet.page.screen import HEADING, USUAL, WIDEST

CHUNK = 30_000  # characters of manifest in one cell; Excel takes 32,767
FIXED_DATE = datetime(2000, 1, 1)
PAGE, GOES_ON = "Page {page} of {pages}", "(the sheet goes on: this is its beginning)"
WORDS = re.compile(r'(?<=")[a-z]+(?= ?-?")')  # of a number format


def write(
    path: Path, book: Book, values: Mapping[str, np.ndarray], manifest: str, same: files.Same | None = None
) -> None:  # fmt: skip
    """Write the book to path, with the value of each block (by id) beside its formulas.

    same: whether the file that stands there is this workbook already, and stays.
    Raises: WorkbookError when the target cannot be written.
    """
    with replacing(path, same) as content, speaking(book.language):
        fill(content, book, values, manifest)


@contextmanager
def replacing(path: Path, same: files.Same | None = None) -> Iterator[BytesIO]:
    """Room for a workbook, which stands at path when the context ends well; else path stays as it was.

    A full disk is met once the workbook is whole: zipfile would try again to write what it has left, and complain.
    Raises: WorkbookError when the target cannot be written.
    """
    with files.writing(path, WorkbookError, "; is it open elsewhere?", same) as beside:
        content = BytesIO()
        try:
            yield content
            beside.write_bytes(content.getbuffer())
        except XlsxFileError as reason:
            raise OSError(*reason.args) from reason


def new_file(content: BytesIO, title: str, language: Language | None = None) -> Any:
    """An empty XlsxWriter workbook that calculates by itself and carries no date of today; None: in English."""
    file = SpokenWorkbook(content, {"in_memory": True})
    file.language = language.code if language else file.language
    file.set_properties({"title": title, "created": FIXED_DATE, "comments": "made by sheetnet"})
    file.set_calc_mode("auto")
    return file


def fill(
    content: BytesIO, book: Book, values: Mapping[str, np.ndarray], manifest: str,
    put: Callable[[Any, Book, Block, np.ndarray, Formats], None] | None = None,
) -> None:  # fmt: skip
    """Write all of a book into a new file; put: what writes a block, if not its values and formulas."""
    file = new_file(content, book.pages[0].title, book.language)
    formats = Formats(file)
    sheets = {page.name: file.add_worksheet(page.name, worksheet_class=ExactSheet) for page in book.pages}
    for sheet in sheets.values():
        sheet.spills = book.dialect.spills
    for name, area in book.names.items():
        file.define_name(name, "=" + area.full())
    for page in book.pages:
        sheet = sheets[page.name]
        lay_out(sheet, page, formats)
        for block in page.blocks:
            _heading(sheet, page, block, formats)
            (put or _block)(sheet, book, block, values[block.id], formats)
        tips.put(sheet, page, values)
        for chart in page.charts:
            charts.draw(file, sheet, chart, hidden=bool(book.instead))
    for index, page in enumerate(book.pages):
        if page.solver:
            for key, value in solver_settings(page.solver).items():
                file.defined_names.append([key, index, value, True])
    hidden = file.add_worksheet(MANIFEST_SHEET)
    for i in range(0, len(manifest), CHUNK):
        hidden.write_string(i // CHUNK, 0, manifest[i : i + CHUNK])
    hidden.very_hidden()
    sheets[book.pages[0].name].activate()
    file.close()


class Formats:
    """Each combination of style and number format once."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._made: dict[tuple[str, str], Any] = {}
        self.large = file.add_format({"num_format": LARGE_FORMAT})
        self.grown = file.add_format({"num_format": GROWN_FORMAT})
        self.crowded = file.add_format({"num_format": CROWDED_FORMAT})
        self.faint = file.add_format({"num_format": FAINT_FORMAT})
        looks = {"chosen": CHOSEN, "unused": UNUSED, "window": WINDOW}
        self.by_look = {look: file.add_format(options) for look, options in looks.items()}

    def get(self, style: str, number: str = "") -> Any:
        """The XlsxWriter format of a style of look.STYLES with a number format of look.NUMBER_FORMATS."""
        key = style, number
        if key not in self._made:
            options = {**FONT, **STYLES[style]}
            if number:
                options["num_format"] = WORDS.sub(lambda found: said(found[0]), NUMBER_FORMATS[number])
            self._made[key] = self._file.add_format(options)
        return self._made[key]


def _settings(sheet: Any, page: Page, formats: Formats) -> None:
    sheet.set_column(0, 60, 10)
    for col, width in page.widths.items():
        sheet.set_column(col, col, width)
    if page.hidden:
        sheet.set_column(page.hidden.start, page.hidden.stop - 1, 9, None, {"hidden": True})
    for row, height in page.heights.items():
        sheet.set_row(row, height)
    sheet.set_row(0, 26)
    sheet.write_string(0, 0, page.title, formats.get("title"))
    sheet.write_string(1, 0, page.about, formats.get("about"))
    sheet.freeze_panes(*page.freeze)
    if not page.gridlines:
        sheet.hide_gridlines(2)
    sheet.set_selection(*page.active, *page.active)
    _on_paper(sheet, page)
    if page.table:
        name, area, headers = page.table
        made = {block.area.col: heading_style("head", block) for block in page.blocks}
        styles = [made.get(area.col + i, "head_left") for i in range(len(headers))]
        columns = [
            {"header": header, "header_format": formats.get(style)}
            for header, style in zip(headers, styles, strict=True)
        ]
        sheet.add_table(*area.corners, {"name": name, "columns": columns, "style": "Table Style Light 1"})


def _on_paper(sheet: Any, page: Page) -> None:
    """Say what is printed of a page, and how."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(**MARGINS)
    sheet.repeat_rows(0, max(1, page.freeze[0] - 1))
    sheet.fit_to_pages(1, 0)
    goes_on = ""
    if page.blocks:
        plan = printed(page)
        sheet.print_area(0, 0, plan.n_rows - 1, plan.n_cols - 1)
        sheet.fit_to_pages(1, 1)
        if plan.n_pages > 1:  # a program that is told how many pages there are takes no notice of breaks
            sheet.set_print_scale(plan.scale)
            sheet.set_h_pagebreaks(plan.rows)
            sheet.set_v_pagebreaks(plan.cols)
        if plan.cols and page.freeze[1]:
            sheet.repeat_columns(0, page.freeze[1] - 1)
        goes_on = f" {said(GOES_ON)}" * plan.more
    sheet.set_footer(f"&L&A{goes_on}&R{said(PAGE, page='&P', pages='&N')}")


def lay_out(sheet: Any, page: Page, formats: Formats) -> None:
    """Write a page's settings and words, all but its blocks and charts."""
    _settings(sheet, page, formats)
    tips.bound(sheet, page)
    for one in page.highlights:
        rule = {"type": "formula", "criteria": one.condition, "format": formats.by_look[one.look]}
        sheet.conditional_format(*one.area.corners, rule)
    for text in page.texts:
        format = formats.get(text.style)
        if text.tall == 1 and not text.link and _runs_on(STYLES[text.style]):
            for col in range(text.col + 1, text.col + text.wide):
                sheet.write_blank(text.row, col, None, format)
        elif text.wide > 1 or text.tall > 1:
            last = text.row + text.tall - 1, text.col + text.wide - 1
            sheet.merge_range(text.row, text.col, *last, "", format)
        if text.link:
            sheet.write_url(text.row, text.col, f"internal:{text.link}", format, text.text)
        elif text.style == "count":
            sheet.put(text.row, text.col, float(text.text), format)
        else:
            sheet.write_string(text.row, text.col, _fitted(text, page), format)


def _runs_on(style: Mapping[str, Any]) -> bool:
    """Whether a line of words may run on over empty cells: it needs no merged one, which sorting and readers mind."""
    return style.get("align", "left") == "left" and not {"text_wrap", "border"} & style.keys()


def _fitted(text: Text, page: Page) -> str:
    """The words; of a name to the left of a row no more than fits, for it would run over what stands left of it."""
    room = int(page.widths.get(text.col, USUAL)) - 2
    cut = text.style == "label" and text.wide == 1 and room < len(text.text) > WIDEST - 2
    return f"{text.text[: room - 1]}…" if cut else text.text


def _heading(sheet: Any, page: Page, block: Block, formats: Formats) -> None:
    """Title to the left, or above: title on a band, shape in grey where there are three rows, labels over columns."""
    area = block.area
    if block.side:
        sheet.write_string(area.row, area.col - 1, block.title, formats.get("label"))
        return
    if not block.title:
        return
    top, last = area.row - block.heading, area.col + area.n_cols - 1
    rows = {"band": top, "shape": top + 1, "head": area.row - 1}
    band, shape, head = (
        formats.get(heading_style(part, block) + "_wrapped" * (row in page.heights)) for part, row in rows.items()
    )
    for col in range(area.col, last + 1):
        sheet.write_blank(top, col, None, band)
    sheet.write_string(top, area.col, block.title, band)
    if page.shapes and block.heading == HEADING:
        sheet.write_string(top + 1, area.col, f"{area.n_rows} x {area.n_cols}", shape)
    for i, label in enumerate(block.labels):
        sheet.write_string(area.row - 1, area.col + i, label, head)


def _block(sheet: Any, book: Book, block: Block, value: np.ndarray, formats: Formats) -> None:
    format = formats.get(*for_block(block))
    top, left = block.area.row, block.area.col
    plain = value.tolist() if value.dtype == object else (value + 0.0).tolist()  # -0.0 becomes 0
    sheet.claim(block.area)
    formulas = list(book.formulas(block))
    if not formulas:  # values, or filled by a formula to the left
        for r, c in block.area.cells():
            entry = plain[r - top][c - left]
            blank = entry == "" or (entry != entry and block.role != "torch")  # torch's nan is an error
            if block.style == "values" and blank:
                sheet.write_blank(r, c, None, format)
            else:
                sheet.put(r, c, entry, format)
    # LibreOffice takes a plain formula's stored value, and calculates an array formula when it is looked at. Until then
    # that counts as changed and passes no edit on: a plain formula that reads it would go on showing what was stored.
    # So such a formula is written as an array formula of one cell. Programs that save the file keep that.
    lazy = block.style == "cells" and not book.dialect.spills and book.reads_arrays(block)
    texts = set()
    for formula in formulas:
        texts.add(formula.text)
        _formula(sheet, replace(formula, array=True) if lazy else formula, plain, top, left, format)
    if block.style == "cells" and block.name.endswith("]"):  # a column of a Table
        sheet.fill_new_rows(block, texts)
    conditions(sheet, block, formats)


def _formula(sheet: Any, formula: Formula, plain: list[list[float | str]], top: int, left: int, format: Any) -> None:
    area = formula.area
    sheet.put_formula(formula, plain[area.row - top][area.col - left], format)
    for r, c in area.cells():
        if (r, c) != (area.row, area.col) and c - left < len(plain[0]):
            sheet.put(r, c, plain[r - top][c - left], format)

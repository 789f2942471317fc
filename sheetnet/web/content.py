"""What a page knows of a workbook, ready for JSON: its cells, formulas and names, how it looks, its charts and rules.

Values are those that the file holds, so that a page shows them before anything is calculated. Rows and columns count
from 0. Formulas are text, which every version of an engine reads.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from typing import Any

from sheetnet.book import reader
from sheetnet.book.contents import Contents, Sheet, Value
from sheetnet.book.manifest import MANIFEST_SHEET
from sheetnet.book.opened import as_laid_out, find_manifest
from sheetnet.page.area import Area, area_of
from sheetnet.page.book import Block, Page
from sheetnet.page.chart import Chart
from sheetnet.page.highlight import Highlight, Unused, Window
from sheetnet.page.language import said, speaking
from sheetnet.page.look import (
    CROWDED,
    CROWDED_FORMAT,
    FAINT,
    FAINT_FORMAT,
    FILLS,
    FIXED_FORMATS,
    GROWN_FORMAT,
    HEAT,
    LARGE,
    LARGE_FORMAT,
    LINES,
    STYLES,
    TINTED,
    WHITE,
    WORDS_OF_VERDICTS,
)
from sheetnet.page.rule import Rule, any_number
from sheetnet.page.screen import LINE, USUAL, Geometry, pixels
from sheetnet.web.blocks import Panels
from sheetnet.web.looks import Looks
from sheetnet.web.parts import parts
from sheetnet.web.play import played
from sheetnet.web.references import Tables, is_place, without_signs
from sheetnet.web.words import words

Json = dict[str, Any]
FUTURE = re.compile(r"_xl(fn|ws|pm)\.")  # what Excel puts before new names in a file, and shows nobody


def content(path: Path) -> tuple[Json, Looks]:
    """All that a page shows of a workbook of ours, and how its cells look.

    Raises: WorkbookError for a file that is no workbook of ours, or one that another version laid out.
    """
    from openpyxl import load_workbook

    contents = reader.read(path)
    found = find_manifest(contents)
    as_laid_out(contents, found)
    book = found.workbook.book
    looks, tables = Looks(), Tables(contents)
    panels = Panels(book, contents)
    file = load_workbook(path)  # what reader has found in bounds
    pages = {page.name: page for page in book.pages}
    with speaking(book.language):
        own = words()
        sheets = [
            _sheet(name, sheet, file[name], pages.get(name), looks, tables, panels)
            for name, sheet in contents.sheets.items()
            if name != MANIFEST_SHEET
        ]
    used = {series["look"] for sheet in sheets for chart in sheet["charts"] for series in chart["series"]}
    return {
        "title": book.pages[0].title,
        "words": own,
        "mark": book.language.mark if book.language else ".",
        "about": book.pages[0].about,
        "language": book.language.code if book.language and book.language.code else "en",
        "names": _names(contents),
        "formats": looks.formats,
        "runs": looks.runs,
        "lines": {key: LINES[key] for key in sorted(used)},
        "sheets": sheets,
        "said": {"texts": panels.texts, "of": panels.names},
    }, looks


def _names(contents: Contents) -> list[list[str]]:
    """Names as [name, sheet or "", meaning]: those that stand for cells."""
    out = []
    for name, meaning in contents.names.items():
        sheet, _, own = name.rpartition("!")
        if is_place(meaning) and not own.startswith("_xlnm") and sheet != MANIFEST_SHEET:
            out.append([own, sheet, meaning.removeprefix("=")])
    return out


def _sheet(
    name: str, sheet: Sheet, file: Any, page: Page | None, looks: Looks, tables: Tables, panels: Panels
) -> Json:  # fmt: skip
    values = {**sheet.values, **sheet.stored}
    rows: dict[int, list[list[Any]]] = {}
    merged = {(r.min_row - 1, r.min_col - 1): r for r in file.merged_cells.ranges}
    links = []
    for line in file.iter_rows():
        for cell in line:
            at = cell.row - 1, cell.column - 1
            value, look = _json(values.get(at)), looks.number(cell) if cell.has_style else -1
            if value is None and look == -1:
                continue
            rows.setdefault(at[0], []).append([at[1], look, value])
            target = cell.hyperlink.location if cell.hyperlink is not None else None
            if target:
                links.append([*at, target])
    tops, lefts = _lines(page, file)
    return {
        "name": name,
        "tops": tops,
        "lefts": lefts,
        "grid": page is None or page.gridlines,
        "freeze": page.freeze if page else (0, 0),
        "rows": [[row, cells] for row, cells in sorted(rows.items())],
        "formulas": [_formula(name, at, sheet, tables) for at in sheet.formulas],
        "written": _written(name, sheet, tables),
        "merged": [[*at, r.size["rows"], r.size["columns"]] for at, r in sorted(merged.items())],
        "links": links,
        **(
            _of_page(page) | {"blocks": [panels.of(block) for block in page.blocks], "play": played(page.book, page)}
            if page
            else {key: [] for key in ("charts", "rules", "chosen", "unused", "looks", "parts", "blocks")}
        ),
    }


def _json(value: Value) -> float | str | bool | None:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _formula(name: str, at: tuple[int, int], sheet: Sheet, tables: Tables) -> list[Any]:
    """[row, column, text], and for an array formula how many rows and columns it fills."""
    formula = sheet.formulas[at]
    text = without_signs(tables.lowered(formula.text, name, at[0]))
    if formula.fills is None:
        return [*at, text]
    area = area_of(name, formula.fills)
    return [*at, text, area.n_rows, area.n_cols]


def _written(name: str, sheet: Sheet, tables: Tables) -> list[list[Any]]:
    """[text, [row, column] ...] of each formula that Excel has in another text than the engine."""
    found: dict[str, list[tuple[int, int]]] = {}
    for at in sheet.formulas:
        text = FUTURE.sub("", sheet.formulas[at].text)
        if text != _formula(name, at, sheet, tables)[2]:
            found.setdefault(text, []).append(at)
    return [[text, *places] for text, places in found.items()]


def _lines(page: Page | None, file: Any) -> tuple[list[int], list[int]]:
    """Where the rows and columns begin that hold anything, in pixels, and where the last one ends."""
    n_rows, n_cols = file.max_row, file.max_column
    if page is None:
        return _begun([0], n_rows, LINE), _begun([0], n_cols, pixels(USUAL))
    geometry = Geometry(page)
    for area in map(geometry.covered, page.charts):
        n_rows, n_cols = max(n_rows, area.row + area.n_rows), max(n_cols, area.col + area.n_cols)
    lefts = _begun(geometry.lefts, n_cols, pixels(USUAL))
    widths = [0 if col in page.hidden else lefts[col + 1] - lefts[col] for col in range(n_cols)]
    return _begun(geometry.tops, n_rows, LINE), [0, *accumulate(widths)]


def _begun(starts: Sequence[float], n: int, usual: int) -> list[int]:
    """The beginnings of n lines and the end of the last, where those that are not known are usual ones."""
    known = [round(at) for at in starts[: n + 1]]
    return known + [known[-1] + usual * more for more in range(1, n + 2 - len(known))]


def _of_page(page: Page) -> Json:
    return {
        "charts": [_chart(chart) for chart in page.charts],
        "rules": [_rule(rule) for rule in page.rules] + [_rule(any_number(area), True) for area in _data(page)],
        "chosen": [
            {
                **_place(one.area),
                "look": one.look,
                "row": one.row and _place(one.row),
                "col": one.col and _place(one.col),
                "size": one.size if isinstance(one, Window) else 1,
            }
            for one in page.highlights
            if isinstance(one, Highlight | Window)
        ],
        "unused": [
            {**_place(one.area), "most": _place(one.most)}
            for one in page.highlights
            if isinstance(one, Unused)
        ],
        "looks": [look for block in page.blocks for look in _conditions(block)],
        "parts": parts(page),
    }  # fmt: skip


def _data(page: Page) -> list[Area]:
    """The numbers that are no yellow cells, and may be typed over too."""
    ruled = {rule.area for rule in page.rules}
    return [b.area for b in page.blocks if b.role == "data" and b.style == "values" and b.area not in ruled]


def _rule(rule: Rule, data: bool = False) -> Json:
    bounds = {"whole": rule.whole, "low": rule.low, "high": rule.high, "also": rule.also, "message": rule.said}
    return {**_place(rule.area), **bounds, "data": data}


def _conditions(block: Block) -> list[Json]:
    """What changes the look of a block's cells by what they hold, as colours.conditions has it."""
    out: list[Json] = []
    if block.format in (*FIXED_FORMATS, "grows"):
        format = GROWN_FORMAT if block.format == "grows" else LARGE_FORMAT
        out.append({**_place(block.area), "beyond": LARGE, "format": format})
    if block.format in FAINT:
        out += [
            {**_place(block.area), "beyond": CROWDED, "format": CROWDED_FORMAT},
            {**_place(block.area), "faint": FAINT[block.format], "format": FAINT_FORMAT},
        ]
    if block.format in TINTED:
        blue, _, orange = HEAT
        middle = FILLS["input"] if block.role == "input" else WHITE
        out.append({**_place(block.area), "full": TINTED[block.format], "scale": [orange, middle, blue]})
    if block.role == "agreement":
        verdicts = {
            said(word): [STYLES[style]["font_color"], STYLES[style]["bg_color"]] for word, style in WORDS_OF_VERDICTS
        }
        out.append({**_place(block.area), "verdicts": verdicts})
    return out


def _place(area: Area) -> Json:
    return {"sheet": area.sheet, "at": [area.row, area.col, area.n_rows, area.n_cols]}


def _chart(chart: Chart) -> Json:
    series = [{"label": s.label, "look": s.look, "x": _place(s.x), "y": _place(s.y)} for s in chart.series]
    return {**{key: value for key, value in asdict(chart).items() if key != "series"}, "series": series}

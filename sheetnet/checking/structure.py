"""Is the workbook still the one that was built: sheets, names, tables, values on record, every formula?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sheetnet.book import reader
from sheetnet.book.manifest import MANIFEST_SHEET, Manifest
from sheetnet.book.opened import missing_sheets
from sheetnet.book.reader import Contents, where
from sheetnet.book.solver import SOLVES, solver_settings
from sheetnet.checking.canonical import canonical
from sheetnet.checking.compare import hold_against
from sheetnet.checking.report import BlockReport, Finding, Report
from sheetnet.errors import WorkbookError
from sheetnet.motifs.workbook import SAME, Workbook
from sheetnet.page.book import Block


def check_sheets(contents: Contents, workbook: Workbook, found: Manifest, report: Report) -> None:
    """Every sheet of ours must be there, laid out as this version of sheetnet lays it out.

    Raises: WorkbookError when another version has laid it out otherwise.
    """
    present = ", ".join(name for name in contents.sheets if name != MANIFEST_SHEET)
    for name in missing_sheets(contents, found):
        report.structure.append(Finding(name, "this sheet is missing: renamed or deleted", present, name))


def check_calculation(contents: Contents, report: Report) -> None:
    """Settings of the workbook that change what Excel calculates, whatever the formulas say."""
    for setting, (got, expected) in contents.calculation.items():
        if got != expected:
            report.structure.append(Finding("calculation settings", f"{setting} was changed", got, expected))


def check_once(contents: Contents, report: Report) -> None:
    """What a file says twice, or outside of a sheet, is read by one program so and by another otherwise."""
    for place, words in contents.oddities:
        report.structure.append(Finding(place, "programs differ in what they read here", words, "said once, in place"))


def check_record(found: Manifest, report: Report) -> None:
    """The hidden record must be what was written, to the letter."""
    if not found.intact:
        words = "the hidden record was changed; build the workbook anew"
        report.structure.append(Finding(MANIFEST_SHEET, words, "another text", "the text whose digest it holds"))


def check_names(contents: Contents, workbook: Workbook, report: Report) -> None:
    """Names that formulas read by must mean what they meant, and from every cell the same."""
    known = {name.lower(): text for name, text in contents.names.items()}
    for name, area in workbook.book.names.items():
        text = known.get(name.lower(), "nothing")  # programs take names as they are said in any case
        if canonical(text.removeprefix("=")) != canonical(area.full()):
            report.structure.append(Finding(f"name {name}", "the name refers to something else", text, area.full()))
        for sheet in contents.sheets:
            hiding = known.get(f"{sheet}!{name}".lower())
            if hiding is not None:
                words = "a second name hides the first"
                report.structure.append(Finding(f"name {sheet}!{name}", words, hiding, area.full()))


def check_tables(contents: Contents, workbook: Workbook, report: Report) -> None:
    """Tables must have the cells, the columns, the head and no totals, as formulas read their columns."""
    for page in workbook.book.pages:
        if not page.table:
            continue
        name, area, headers = page.table
        found = contents.sheets[page.name].tables.get(name)
        held = [
            ("the table has another range", found.ref if found else "nothing", area.address()),
            ("its columns have other names", ", ".join(found.columns) if found else "", ", ".join(headers)),
            ("it has no header row, or several", str(found.header_rows) if found else "0", "1"),
            ("it has a totals row, which is no data", str(found.totals_rows) if found else "0", "0"),
        ]
        for words, got, expected in held:
            if got != expected:
                report.structure.append(Finding(f"table {name}", words, got, expected))
                break
        for block in (block for block in page.blocks if block.style == "cells" and block.name.startswith(f"{name}[")):
            column, expected = block.name[len(name) + 1 : -1], next(workbook.book.formulas(block)).text
            got = found.formulas.get(column, "") if found else ""
            if got and canonical(f"={got}") != canonical(expected):  # some programs leave it out
                words = f"new rows get another formula in the column {column}"
                report.structure.append(Finding(f"table {name}", words, f"={got}", expected))


def check_solver(contents: Contents, workbook: Workbook, report: Report) -> None:
    """What Excel's Solver finds preset on a sheet: target and cells are differences, the rest is only shown.

    Programs that know no Solver leave all of it out, which is no difference.
    """
    for page in workbook.book.pages:
        if page.solver is None:
            continue
        presets = solver_settings(page.solver)
        found = {name: contents.names.get(f"{page.name}!{name}") for name in presets}
        if not any(found.values()):
            report.presentation.append(
                Finding(page.name, "Solver's settings are gone", "none", f"{len(presets)} names")
            )
            continue
        for name, expected in presets.items():
            got = found[name]
            if got is None or canonical(got.removeprefix("=")) != canonical(expected):
                findings = report.structure if name in SOLVES else report.presentation
                findings.append(
                    Finding(f"name {page.name}!{name}", "Solver is set otherwise", got or "nothing", expected)
                )


def check_values_on_record(
    contents: Contents, workbook: Workbook, found: Manifest, inputs: dict[str, np.ndarray],
    blocks: Mapping[str, BlockReport],
) -> None:  # fmt: skip
    """Values that are not for editing: torch's numbers, counting columns, what is known of answers."""
    by_id = {block.id: block for block in workbook.book.blocks}
    for id, value in inputs.items():
        block = by_id[id]
        if block.role not in ("torch", "fixed"):
            blocks[id].compared = True
            continue
        expected = found.record.get(id)
        if expected is None or expected.shape != value.shape:
            raise WorkbookError(f"{contents.file}: its hidden manifest has no record of {id}; build the workbook anew")
        hold_against(blocks[id], block.area, value, expected, SAME, 0.0, "a value that is not for editing was changed")


def check_formulas(contents: Contents, workbook: Workbook, blocks: Mapping[str, BlockReport], report: Report) -> None:
    """Every formula must be the one that was built, and on our sheets there is no other."""
    pages = {page.name for page in workbook.book.pages} | {MANIFEST_SHEET}
    known: dict[str, set[tuple[int, int]]] = {name: set() for name in contents.sheets}
    for block in workbook.book.blocks:
        sheet = contents.sheets[block.area.sheet]
        if block.role == "answer":
            known[block.area.sheet].update(block.area.cells())
        for formula in workbook.book.formulas(block):
            at = (formula.area.row, formula.area.col)
            known[block.area.sheet].update(formula.area.cells())
            got = sheet.formulas.get(at)
            fills = formula.area.address() if formula.array else None
            finding = _formula_finding(contents, block, at, got, formula.text, fills)
            if finding and blocks[block.id].finding is None:
                blocks[block.id].finding = finding
    for name, sheet in contents.sheets.items():
        extra = sorted((set(sheet.formulas) | sheet.covered) - known[name])
        if name not in pages:
            report.notes.append(f"the sheet {name} was added; its {len(extra)} formula cells were not compared")
            continue
        if extra:
            cells = ", ".join(where(name, *at) for at in extra[:3])
            text = sheet.formulas[extra[0]].text if extra[0] in sheet.formulas else "part of an array formula"
            words = f"a formula that was not built ({len(extra)} such cells on this sheet: {cells})"
            report.structure.append(Finding(where(name, *extra[0]), words, text, "no formula"))


def _formula_finding(
    contents: Contents, block: Block, at: tuple[int, int], got: reader.FormulaCell | None, text: str, fills: str | None
) -> Finding | None:
    if got is not None and got.text == text and got.fills == fills:
        return None
    cell = where(block.area.sheet, *at)
    wanted = f"{{{text}}}" if fills else text
    if got is None:
        sheet = contents.sheets[block.area.sheet]
        value = "part of another array formula" if at in sheet.covered else repr(sheet.values.get(at))
        return Finding(cell, "a formula was replaced by a value", value, wanted)
    if got.text != text and canonical(got.text) != canonical(text):
        shown = f"{{{got.text}}}" if got.fills else got.text
        return Finding(cell, "this is not the formula that was built", shown, wanted)
    alone = fills is None and _once(got.fills) == cell.rpartition("!")[2]  # what reads an array formula is written so
    if alone or _once(got.fills) == _once(fills):
        return None
    if got.fills is None:
        return Finding(cell, "an array formula was typed as a plain one (enter it with Ctrl+Shift+Enter)", text, wanted)
    return Finding(cell, "the formula fills other cells", got.fills, fills or "one cell")


def _once(fills: str | None) -> str | None:
    """A range as all programs would write it: A1 and A1:A1 are one."""
    first, _, last = (fills or "").replace("$", "").partition(":")
    return first if first == last or not last else f"{first}:{last}"

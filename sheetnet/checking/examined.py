"""What can be told of a workbook without recalculating it: its structure, its record, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sheetnet.book import reader
from sheetnet.book.contents import Contents
from sheetnet.book.inputs import read_inputs
from sheetnet.book.manifest import Manifest
from sheetnet.book.opened import find_manifest
from sheetnet.checking.looks import looks
from sheetnet.checking.presentation import check_presentation
from sheetnet.checking.report import BlockReport, Report
from sheetnet.checking.stored import drawn_otherwise
from sheetnet.checking.structure import (
    check_calculation,
    check_formulas,
    check_names,
    check_once,
    check_record,
    check_sheets,
    check_solver,
    check_tables,
    check_values_on_record,
)
from sheetnet.common.collecting import collecting_later
from sheetnet.errors import WorkbookError
from sheetnet.page.language import speaking


@dataclass
class Examined:
    """A workbook on its way through a check: contents, manifest, report, inputs by id, and blocks by id."""

    contents: Contents
    found: Manifest
    report: Report
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    blocks: dict[str, BlockReport] = field(default_factory=dict)


@collecting_later()
def examine(path: Path, strict: bool = False) -> Report:
    """All that check finds in a file without recalculating it.

    Raises: WorkbookError when the file cannot be read or an input is no number.
    """
    seen = begin(path, "no engine", strict)
    if not seen.report.structure:
        look_through(seen)
    return seen.report


def begin(path: Path, engine: str, strict: bool) -> Examined:
    """A workbook that has been read, with its inputs; without them where its report says that a sheet is missing.

    Raises: WorkbookError when the file cannot be read or an input is no number.
    """
    contents = reader.read(path)
    found = find_manifest(contents)
    seen = Examined(contents, found, Report(str(path), engine, contents.n_formula_cells, strict=strict))
    check_sheets(contents, found.workbook, found, seen.report)
    if not seen.report.structure:
        seen.inputs = read_inputs(contents, found.workbook)
    return seen


def look_through(seen: Examined) -> None:
    """Put into the report, and into its blocks, all that can be told without a recalculation.

    Raises: WorkbookError for a record that lacks something, and damaged XML.
    """
    contents, found, report = seen.contents, seen.found, seen.report
    workbook = found.workbook
    check_once(contents, report)
    check_record(found, report)
    check_calculation(contents, report)
    check_names(contents, workbook, report)
    check_tables(contents, workbook, report)
    check_solver(contents, workbook, report)
    for block in workbook.book.blocks:
        cells = block.area.n_rows * block.area.n_cols
        seen.blocks[block.id] = BlockReport(block.id, block.area.full(fixed=False), cells)
    report.blocks = list(seen.blocks.values())
    check_values_on_record(contents, workbook, found, seen.inputs, seen.blocks)
    check_formulas(contents, workbook, seen.blocks, report)
    try:
        with speaking(workbook.book.language):
            seen_as = looks(contents.package)
    except WorkbookError as reason:  # of a part
        raise WorkbookError(f"{contents.file}: {reason}") from None
    report.presentation += check_presentation(seen_as, workbook.book, found.tips)
    report.notes += drawn_otherwise(contents, (chart for one in seen_as.values() for chart in one.charts))

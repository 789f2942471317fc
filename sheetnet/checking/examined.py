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
from sheetnet.checking.presentation import check_presentation
from sheetnet.checking.report import BlockReport, Report
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


@dataclass
class Examined:
    """A workbook that has been looked through: its contents, manifest, inputs by id and report, with blocks by id.

    Where a sheet is missing, the report says so and there is nothing else.
    """

    contents: Contents
    found: Manifest
    report: Report
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    blocks: dict[str, BlockReport] = field(default_factory=dict)


def examine(path: Path, engine: str = "", strict: bool = False) -> Examined:
    """All that check finds in a file before an engine recalculates it; engine: the name that the report will have.

    Raises: WorkbookError when the file cannot be read or an input is no number.
    """
    contents = reader.read(path)
    found = find_manifest(contents)
    workbook = found.workbook
    report = Report(str(path), engine, contents.n_formula_cells, strict=strict)
    check_sheets(contents, workbook, found, report)
    if report.structure:
        return Examined(contents, found, report)
    inputs = read_inputs(contents, workbook)
    check_once(contents, report)
    check_record(found, report)
    check_calculation(contents, report)
    check_names(contents, workbook, report)
    check_tables(contents, workbook, report)
    check_solver(contents, workbook, report)
    blocks = {
        block.id: BlockReport(block.id, block.area.full(fixed=False), block.area.n_rows * block.area.n_cols)
        for block in workbook.book.blocks
    }
    report.blocks = list(blocks.values())
    check_values_on_record(contents, workbook, found, inputs, blocks)
    check_formulas(contents, workbook, blocks, report)
    report.presentation += check_presentation(contents.parts, workbook.book, found.tips)
    return Examined(contents, found, report, inputs, blocks)

"""The inputs of a workbook as they now stand in its cells: a person may have edited them."""

from __future__ import annotations

import math

import numpy as np

from sheetnet.book import reader
from sheetnet.book.reader import Contents, where
from sheetnet.errors import DataError, WorkbookError
from sheetnet.motifs.workbook import Workbook
from sheetnet.page.book import Block
from sheetnet.tables.passengers import Column


def read_inputs(contents: Contents, workbook: Workbook) -> dict[str, np.ndarray]:
    """The value of every block that holds values, by id, as it now stands in the file.

    Raises: WorkbookError naming the cell when an input is blank, text, or a formula.
    """
    inputs: dict[str, np.ndarray] = {}
    for block in workbook.book.blocks:
        if block.style != "values":
            continue
        if block.role == "answer":  # a number, a formula or nothing: known when it is recalculated
            inputs[block.id] = np.full(block.node.shape, "", dtype=object)
            continue
        column = workbook.column(block.id)
        numbers = np.empty(block.node.shape, dtype=object)
        for (r, c), at in zip(block.area.cells(), np.ndindex(block.node.shape), strict=True):
            if column is None:
                numbers[at] = _number(contents, block, r, c)
            else:
                numbers[at] = _data_value(contents, block.area.sheet, r, c, column)
        is_text = column is not None and column.kind == "text"
        inputs[block.id] = numbers if is_text else numbers.astype(float)
    _keep_the_rules(contents, workbook)
    if lack := workbook.lacking(inputs):
        raise WorkbookError(f"{contents.file}: {lack}")
    return inputs


def _keep_the_rules(contents: Contents, workbook: Workbook) -> None:
    """Rates, epoch and wiggle within the bounds that the workbook itself asks for; answers, and blanks that may be, are
    free."""
    answers = {block.area for block in workbook.book.blocks if block.role == "answer"}
    for page in workbook.book.pages:
        for rule in page.rules:
            for r, c in rule.area.cells() if rule.area not in answers else ():
                value = contents.sheets[page.name].values.get((r, c))
                if value is not None and not rule.allows(value):  # type: ignore[arg-type]
                    raise WorkbookError(f"{contents.file}: {where(page.name, r, c)} holds {value:g}. {rule.message}")


def _cell(contents: Contents, sheet: str, row: int, col: int) -> reader.Value:
    """A plain value; a formula in an input cell is refused, since its result cannot be told without trusting it."""
    found = contents.sheets[sheet].formulas.get((row, col))
    if found is not None:
        raise WorkbookError(
            f"{contents.file}: {where(sheet, row, col)} holds the formula {found.text!r} where a value is expected;"
            " type the value itself"
        )
    return contents.sheets[sheet].values.get((row, col))


def _number(contents: Contents, block: Block, row: int, col: int) -> float:
    value = _cell(contents, block.area.sheet, row, col)
    if isinstance(value, float) and math.isfinite(value):
        return value
    if block.role == "torch" and isinstance(value, str) and value.startswith("#"):
        return float("nan")  # torch's number was not finite when the workbook was made
    name = block.title or block.id
    got = "is blank" if value is None else f"holds {value!r}"
    raise WorkbookError(
        f"{contents.file}: {where(block.area.sheet, row, col)} ({name}) {got}, a number is expected; type one and save"
    )


def _data_value(contents: Contents, sheet: str, row: int, col: int, column: Column) -> float | str:
    value = _cell(contents, sheet, row, col)
    try:
        if isinstance(value, bool) or (isinstance(value, str) and column.kind == "number"):
            raise DataError(f"column {column.name}: found {value!r}, expected {column.expected}")
        found = column.value(value)
        if isinstance(value, str) and found != value:
            wanted = f"{column.expected}, without blanks around it"
            raise DataError(f"column {column.name}: found {value!r}, expected {wanted}")
        return found
    except DataError as reason:
        raise WorkbookError(f"{contents.file}: {where(sheet, row, col)}, {reason}") from None

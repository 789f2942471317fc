"""What a yellow cell says when it is chosen, and which numbers can be typed into it: XlsxWriter's data validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetnet.graph.dialect import number
from sheetnet.page.book import Page, Rule

MOST = 200  # cells of one block with a tip each; a table of data has none


def bound(sheet: Any, page: Page) -> None:
    """Rules of cells that are no block, such as those of a sweep's workbook."""
    blocks = {block.area for block in page.blocks}
    for rule in page.rules:
        if rule.area not in blocks:
            sheet.data_validation(*rule.area.corners, _bounds(rule))


def put(sheet: Any, page: Page, values: Mapping[str, np.ndarray]) -> None:
    """Each cell that a person may change shows what it held as the workbook came; rules refuse what cannot be."""
    rules = {rule.area: rule for rule in page.rules}
    for block in page.blocks:
        few = block.area.n_rows * block.area.n_cols <= MOST
        if block.role not in ("input", "data") or block.style != "values" or not few:
            continue
        rule = _bounds(rules[block.area]) if block.area in rules else {"validate": "any"}
        for (row, col), value in zip(block.area.cells(), values[block.id].flat, strict=True):
            if isinstance(value, float) and value == value:
                tip = {"input_title": "As it came", "input_message": f"{value:.12g}"}
                sheet.data_validation(row, col, row, col, rule | tip)


def _bounds(rule: Rule) -> dict[str, Any]:
    return {
        "validate": "integer" if rule.whole else "decimal",
        "criteria": "between",
        "minimum": number(rule.low),
        "maximum": number(rule.high),
        "error_title": "sheetnet",
        "error_message": rule.message,
    }

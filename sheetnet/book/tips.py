"""What a yellow cell says when it is chosen, and which numbers can be typed into it: XlsxWriter's data validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetnet.graph.dialect import number
from sheetnet.page.area import cell_address
from sheetnet.page.book import Block, Page
from sheetnet.page.language import said
from sheetnet.page.rule import Rule

TITLE = "As it came"
MOST = 200  # cells of one block with a tip each; a table of data has none


def has_tips(block: Block) -> bool:
    """Whether the cells of a block say what they held as the workbook came."""
    few = block.area.n_rows * block.area.n_cols <= MOST
    return block.tip and block.role in ("input", "data") and block.style == "values" and few


def tips(value: np.ndarray) -> list[str]:
    """What the cells of such a block say, one after the other; blanks and words have no tip."""
    return [f"{one:.12g}" if isinstance(one, float) and one == one else "" for one in value.ravel().tolist()]


def bound(sheet: Any, page: Page) -> None:
    """Rules of cells that are no block, such as those of a sweep's workbook."""
    blocks = {block.area for block in page.blocks}
    for rule in page.rules:
        if rule.area not in blocks:
            sheet.data_validation(*rule.area.corners, _bounds(rule))


def put(sheet: Any, page: Page, values: Mapping[str, np.ndarray]) -> None:
    """Each cell that a person may change shows what it held as the workbook came; rules refuse what cannot be."""
    rules = {rule.area: _bounds(rule) for rule in page.rules}
    for block in page.blocks:
        rule = rules.get(block.area)
        if not has_tips(block):
            if rule:
                sheet.data_validation(*block.area.corners, rule)
            continue
        for (row, col), text in zip(block.area.cells(), tips(values[block.id]), strict=True):
            tip = {"input_title": said(TITLE), "input_message": text} if text else {}
            if rule or tip:
                sheet.data_validation(row, col, row, col, (rule or {"validate": "any"}) | tip)


def _bounds(rule: Rule) -> dict[str, Any]:
    words = {"error_title": "sheetnet", "error_message": rule.said}
    if rule.also:
        first = cell_address(rule.area.row, rule.area.col)
        return {"validate": "custom", "value": f'=OR(ISNUMBER({first}),TRIM({first})="{rule.also}")', **words}
    kind = "integer" if rule.whole else "decimal"
    return {"validate": kind, "criteria": "between", "minimum": number(rule.low), "maximum": number(rule.high), **words}

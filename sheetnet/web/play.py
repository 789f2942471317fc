"""Which yellow cell plays a sheet: the one that says which epoch, or which step of a descent, the sheet shows."""

from __future__ import annotations

from typing import Any

from sheetnet.page.book import Book, Page

ENDS = "epoch", "at", "step"  # of the id of such a cell


def played(book: Book, page: Page) -> dict[str, Any] | None:
    """The cell of a page, or where it has none that of the first page, with its title and its bounds; None for none."""
    return next((found for one in (page, book.pages[0]) if (found := _own(one))), None)


def _own(page: Page) -> dict[str, Any] | None:
    titles = {block.area: block.title for block in page.blocks if block.id.rpartition(".")[2] in ENDS}
    for rule in page.rules:
        if rule.whole and rule.area in titles and (rule.area.n_rows, rule.area.n_cols) == (1, 1):
            at = [rule.area.row, rule.area.col, 1, 1]
            return {"sheet": page.name, "at": at, "title": titles[rule.area], "low": rule.low, "high": rule.high}
    return None

"""Start: what a workbook is for, its colours, its sheets, what to try, how far one has come. The same everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.graph.node import Node, apply
from sheetnet.page.area import cell_address, quoted
from sheetnet.page.book import Book, Page

LEGEND = (
    ("legend_input", "you may change this"),
    ("legend_data", "data: change it if you like"),
    ("legend_torch", "a value that torch gave"),
    ("legend_equal", "equal, or differs"),
    ("legend_forward", "forward: from data to loss"),
    ("legend_backward", "backward: from loss to gradient"),
    ("legend_update", "update: what is learnt moves"),
    ("legend_result", "result"),
)
ABOUT = "Every formula on these sheets is live. Change a yellow cell and look at what moves; its tip says what it held."
LEFT, MAP_COL = 9, 10  # columns of the left half; where the list of sheets begins


def first_page(book: Book, title: str) -> Page:
    """The page Start, still empty; the others come after it and are filled in by the functions below."""
    page = book.page("Start", title, ABOUT, gridlines=False, freeze=(2, 0))
    page.widths |= {0: 23.0, **dict.fromkeys(range(1, 8), 10.5), 8: 13.0, 9: 2.0, MAP_COL: 18.0, MAP_COL + 1: 56.0}
    return page


def purpose(page: Page, words: str) -> None:
    """Rows 4 to 6: what the workbook is for, in two sentences."""
    page.text(3, 0, "What this is for", "band_plain", wide=LEFT)
    page.text(4, 0, words, "wrap", wide=LEFT, tall=2)


def legend(page: Page, row: int, col: int = 4) -> dict[str, str]:
    """Six rows: what the colours mean, and the grey sizes under headings; where each colour stands, by style."""
    places = {}
    page.text(row, col, "What the colours mean", "band_plain", wide=5)
    for i, (style, words) in enumerate(LEGEND):
        at, left = row + 1 + i % 4, col if i < 4 else col + 2
        page.text(at, left, words, style, wide=2 if i < 4 else 3)
        places[style] = f"Start!{cell_address(at, left)}"
    page.text(row + 5, col, "20 x 1 under a heading: it has 20 rows and 1 column", "hint")
    return places


def tries(page: Page, row: int, words: Sequence[str]) -> None:
    """What to try, a row each."""
    counted = {4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}.get(len(words), str(len(words)))
    page.text(row, 0, f"{counted} things to try, in this order", "band_plain", wide=LEFT)
    for i, line in enumerate(words):
        page.text(row + 1 + i, 0, f"{i + 1}.  {line}", "try", wide=LEFT)


def progress(page: Page, row: int, verdict: Node, right: Node, n_exercises: int) -> None:
    """Two rows: whether torch agrees, and how many exercises are right."""
    page.text(row, 0, "Does torch agree?", "label_left")
    page.place("start.verdict", apply("same", verdict), row, 1, "agreement", "cells", format="text")
    page.text(row + 1, 0, "Exercises that are right", "label_left")
    page.place("start.right", apply("same", right), row + 1, 1, "result", "cells", format="plain")
    page.text(row + 1, 2, f"of {n_exercises}", "hint")


def map_of_sheets(book: Book) -> None:
    """The linked list of sheets on the right; called when all pages stand."""
    page = book.pages[0]
    page.text(3, MAP_COL, "The sheets", "band_plain", wide=2)
    for i, other in enumerate(book.pages[1:]):
        page.text(4 + i, MAP_COL, other.name, "link", link=f"{quoted(other.name)}!A1")
        page.text(4 + i, MAP_COL + 1, other.title.partition(": ")[2], "plain")

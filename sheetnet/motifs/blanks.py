"""Blanks: formulas that a learner is to fill in on a lesson's own sheets, and what is said of them.

The cells of such a block are empty and coloured as an answer; the block itself, from which all else is calculated and
drawn, stands in hidden columns of the sheet Blanks. So all else is alive, and a blank is judged by the numbers of now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.graph.judging import fingerprint
from sheetnet.graph.node import apply, constant, lift, variable, where
from sheetnet.page.area import Area
from sheetnet.page.book import Block, Book, Page
from sheetnet.page.language import said, whole
from sheetnet.page.rule import any_number
from sheetnet.page.shown import Shown

BLANK, SAID = "blank.", "blanks.says_"
TOP, WHAT, LINK, VERDICT, HELPERS = 6, 1, 2, 3, 5
CLOSE = 1e-6  # of 1 + the size of a number: how far what was filled in may be off
EMPTY, RIGHT, SO_FAR, DIFFERS = "not filled in yet", "right", "right so far", "differs"
ABOUT = "Type a formula into each yellow cell that a blue place leads to; all other cells go on as if it were there."


@dataclass(frozen=True)
class Blank:
    """The cells that are empty, their sheet, and the block whose formulas are missing there."""

    cells: Block
    page: Page
    filled: Block

    @property
    def called(self) -> str:
        """Its title; without one the words to the left of one cell, or over a column; its id where there are none."""
        area = self.cells.area
        single = area.n_rows == 1
        near = [
            (text.col if single else text.row, text.text)
            for text in self.page.texts
            if (
                text.row == area.row and text.col < area.col if single else text.col == area.col and text.row < area.row
            )
        ]
        return self.cells.title or (max(near)[1].strip() if near else whole(self.filled.id))


class Blanks:
    """The sheet, and the blanks that are found while the lesson's own sheets are laid."""

    def __init__(self, book: Book, ids: Collection[str]) -> None:
        """Still empty: the sheets with the blanks come after it, and it is filled in when they stand."""
        self.page = book.page("Blanks", "Blanks: what is missing?", ABOUT, freeze=(TOP, 0))
        self.found: list[Blank] = []
        self.next = HELPERS  # the first free column: each takes as many as its block has, twice, and one for its gap
        self.words = {word: said(word) for word in (RIGHT, SO_FAR, DIFFERS, EMPTY)}
        book.instead.update(dict.fromkeys(ids, self._place))

    def _place(self, page: Page, id: str, one: Shown, row: int, col: int, side: bool) -> Block:
        """Empty cells at this place; the block itself, with its formulas and its name, in hidden columns."""
        cells = page.place(
            f"{BLANK}{id}", variable(id, one.node.shape), row, col, "answer",
            title=one.title, labels=one.labels, side=side, format=one.format,
        )  # fmt: skip
        page.rules.append(any_number(cells.area))
        filled = self.page.place(id, one.node, TOP, self.next, one.role, one.style, name=one.name, format=one.format)
        self.next += 2 * one.node.shape[1] + 1
        self.found.append(Blank(cells, page, filled))
        return cells

    def fill(self) -> None:
        """Lay the sheet: where something is missing, and whether what was filled in is right."""
        page = self.page
        places = [blank.cells.area.full(fixed=False) for blank in self.found]
        page.widths |= {0: 4.0, WHAT: 44.0, LINK: max(24.0, *map(len, places)), VERDICT: 22.0}
        for col, head in ((WHAT, "What is missing"), (LINK, "Where"), (VERDICT, "Verdict")):
            page.text(TOP - 1, col, head, "head_left")
        for i, (blank, at) in enumerate(zip(self.found, places, strict=True)):
            page.text(TOP + i, 0, str(i + 1), "count")
            page.text(TOP + i, WHAT, whole(blank.called), "lead_top")
            page.text(TOP + i, LINK, whole(at.replace("'", "")), "link_top", link=at)
            self._judge(i, blank)
        page.hidden = range(HELPERS, self.next)
        page.print_cols = VERDICT + 1
        page.active = (TOP, VERDICT)

    def _judge(self, i: int, blank: Blank) -> None:
        typed, right, beside = blank.cells.node, blank.filled.node, blank.filled.area
        n = beside.n_rows * beside.n_cols
        within = CLOSE * (1.0 + apply("abs", right))
        marks = constant(((fingerprint(0.0),) * beside.n_cols,) * beside.n_rows)
        hits = apply("hit", typed, within, right, marks)
        self.page.place(f"blanks.hit_{i + 1}", hits, TOP, beside.col + beside.n_cols, "result", "cells", format="plain")
        empty, n_right = apply("sum", apply("equal", typed, lift(""))), apply("sum", hits)
        wrong = float(n) - empty - n_right
        says = where(apply("greater", wrong, lift(0.5)), self.words[DIFFERS], self.words[SO_FAR])
        says = where(apply("greater", n_right, lift(n - 0.5)), self.words[RIGHT], says)
        says = where(apply("greater", empty, lift(n - 0.5)), self.words[EMPTY], says)
        self.page.place(f"{SAID}{i + 1}", says, TOP + i, VERDICT, "agreement", format="text")

    def told(self, values: Mapping[str, np.ndarray]) -> str:
        """How far one has come, in a line, from the recalculated values of blocks, by id."""
        english = {words: word for word, words in self.words.items()}
        places: dict[str, list[str]] = {word: [] for word in self.words}
        for i, blank in enumerate(self.found, start=1):
            verdict = str(values[f"{SAID}{i}"][0, 0])
            places.setdefault(english.get(verdict, verdict), []).append(blank.cells.area.full(fixed=False))
        wrong = f" ({', '.join(places[DIFFERS])})" if places[DIFFERS] else ""
        counts = (f"{len(at)} {word}{wrong * (word == DIFFERS)}" for word, at in places.items() if at)
        return f"of {len(self.found)} blanks {', '.join(counts)}"


def near(typed: float, right: float) -> bool:
    """Whether a number that was filled in is right, as the sheet Blanks says it."""
    return abs(typed - right) <= CLOSE * (1.0 + abs(right))


def seen_at(book: Book, id: str) -> Area:
    """Where a block is seen: its empty cells, where it is to be filled in."""
    return book.block(f"{BLANK}{id}" if id in book.instead else id).area


def fillable(lesson: str, to_fill: Collection[str]) -> None:
    """Nothing, where a lesson has formulas that can be left out. Raises: SheetnetError for one without."""
    if not to_fill:
        raise SheetnetError(f"the lesson {lesson} has no blanks to fill in: leave them away, or take another lesson")

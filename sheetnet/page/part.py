"""A part of a page, and the page while it is laid: what every kind of part stands on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from sheetnet.graph.dialects import shown as as_shown
from sheetnet.page.book import Block, Page
from sheetnet.page.rule import Rule, any_number
from sheetnet.page.screen import HEADING, TALL, USUAL
from sheetnet.page.shown import Shown

MOST_LINES = 4  # of a heading: the rest is read in its cell


class Part:
    """A rectangle of a page to be. above: how many rows the titles of its blocks take, see book.Block.heading."""

    above: int = HEADING

    @property
    def within(self) -> Sequence[Part]:
        """The parts that it is made of."""
        return ()

    @property
    def labelled(self) -> bool:
        """Whether words stand between a title and its numbers."""
        return False

    @property
    def airy(self) -> bool:
        """Whether its last column holds so little that no gap is needed after it."""
        return False

    def columns(self) -> list[float]:
        """The width that each of its columns asks for; 0: whatever the others ask for."""
        raise NotImplementedError

    def rows(self, widths: Sequence[float]) -> int:
        """How many rows it takes, now that its columns have their widths."""
        raise NotImplementedError

    def put(self, on: Canvas, row: int, col: int) -> None:
        """Place it."""
        raise NotImplementedError


@dataclass
class Canvas:
    """A page while it is laid: ids are completed with its prefix; charts wait until all pages of the book stand."""

    page: Page
    prefix: str
    widths: Sequence[float]

    def id(self, id: str) -> str:
        """The full id of a block."""
        return id if "." in id else f"{self.prefix}.{id}"

    def place(self, id: str, one: Shown, row: int, col: int, side: bool = False, tip: bool = True) -> Block:
        """A block for what is shown, with the rule of what may be typed into it: of an input at least a number."""
        full, side = self.id(id), side and bool(one.title)
        if full in self.page.book.instead:
            block = self.page.book.instead[full](self.page, full, one, row, col, side)
        else:
            block = self.page.place(
                full, one.node, row, col, one.role, one.style, name=one.name, title=one.title, labels=one.labels,
                side=side, format=one.format, tip=tip,
            )  # fmt: skip
        if one.bounds:
            b = one.bounds
            self.page.rules.append(Rule(block.area, b.whole, b.low, b.high, b.message))
        elif one.role == "input" and block.style == "values":
            self.page.rules.append(any_number(block.area))
        self._heighten(block)
        return block

    def _heighten(self, block: Block) -> None:
        """Room for the words of a heading that are wider than their column, such as the name of a person's column."""
        area, title = block.area, () if block.side or block.area.n_cols > 1 else (block.title,)
        for row, words in ((area.row - block.heading, title), (area.row - 1, block.labels)):
            widths = self.across(area.col, len(words))
            lines = max((ceil(len(text) / width) for text, width in zip(words, widths, strict=True)), default=1)
            if lines > 1:
                self.page.heights[row] = max(self.page.heights.get(row, 0.0), TALL * min(lines, MOST_LINES))

    def say_formula(self, id: str, row: int, col: int) -> None:
        """The formula of a block (of its first cell) in grey words, as it stands when all pages do."""

        def say() -> None:
            book = self.page.book
            if self.id(id) in book.instead:  # it is asked for
                return
            formula = next(book.formulas(book.block(self.id(id))))
            text = as_shown(formula.text)
            self.page.text(row, col, f"{{{text}}}" if formula.array and not book.dialect.spills else text, "hint")

        self.page.book.later.append(say)

    def across(self, col: int, wide: int) -> Sequence[float]:
        """The widths of some columns."""
        return [self.widths[c] if c < len(self.widths) else USUAL for c in range(col, col + wide)]

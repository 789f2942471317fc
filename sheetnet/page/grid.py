"""Rows of numbers with words to their left: facts under each other, and grids under heads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheetnet.graph.node import Node
from sheetnet.page.language import said, speak
from sheetnet.page.part import Canvas, Part
from sheetnet.page.shown import ROOM, Group, Shown

WAS = 6.0  # the width of "was " and what is around it
MOST = 8  # letters of a number beside its cell; one that is longer stands in the tip of its cell


@dataclass
class Grid(Part):
    """Rows of numbers, each with its words to the left, under a band; heads stand over the columns of numbers.

    lines: (words, group), a line of words for each row; a group's blocks (or words) stand side by side. Where words are
    empty the row takes the title of its first block. span: how many columns the words may take. after: words to the
    right of a row, by the number of the row; "=" stands for the formula of its first block. Where all rows are one
    number, what an input held as the workbook came stands beside it. over: heads over the heads,
    each with the number of its columns. frozen: all of it, and the words, stay as one scrolls.
    """

    heading: str
    lines: Sequence[tuple[str, Mapping[str, Shown | str]]]
    heads: Sequence[str] = ()
    span: int = 1
    named: str = "label"
    after: Mapping[int, str] = field(default_factory=dict)
    band: str = ""
    over: Sequence[tuple[str, int]] = ()
    corner: str = ""  # over the words
    frozen: bool = False

    def __post_init__(self) -> None:
        speak(self, "heading", "heads", "after", "over", "corner")
        self.lines = [
            (said(words), {id: said(one) if isinstance(one, str) else one for id, one in group.items()})
            for words, group in self.lines
        ]

    def columns(self) -> list[float]:
        words = [words or next((one.title for one in _blocks(group)), "") for words, group in self.lines]
        longest = max((len(line) for text in words for line in text.split("\n")), default=0) + 2.0
        out = [max(longest / max(self.span, 1), 8.0)] * self.span
        wide: list[float] = [len(head) + 2.0 for head in self.heads]
        for _, group in self.lines:
            rooms = [room for one in group.values() for room in _rooms(one)]
            wide += [0.0] * (len(rooms) - len(wide))
            wide = [max(a, b) for a, b in zip(wide, [*rooms, *[0.0] * len(wide)], strict=False)]
        return out + wide + [WAS + self._letters] * bool(self._letters)

    @property
    def airy(self) -> bool:
        return bool(self._letters) and not self.after

    @property
    def _letters(self) -> int:
        """Of the column that says what its inputs held as the workbook came; 0 where numbers in rows leave no room."""
        blocks = [(len(group), one) for _, group in self.lines for one in _blocks(group)]
        single = all(n == 1 and one.node.shape == (1, 1) for n, one in blocks) and not self.heads
        return max((came[1] for _, one in blocks if (came := _beside(one))), default=0) if single else 0

    def rows(self, widths: Sequence[float]) -> int:
        tall = sum(_tall(group) for _, group in self.lines)
        return bool(self.heading) + bool(self.over) + bool(self.heads) + tall

    def put(self, on: Canvas, row: int, col: int) -> None:
        page, left = on.page, col + self.span
        if self.heading:
            first = next((one for _, group in self.lines for one in _blocks(group)), None)
            typed = first is not None and first.role in ("input", "data", "fixed")
            band = self.band or ("band_plain" if typed else "band_result")
            page.text(row, col, self.heading, band, wide=len(self.columns()) - bool(self._letters))
            row += 1
        at = left
        for head, wide in self.over:
            page.text(row, at, head, "head_wide", wide=wide)
            at += wide
        row += bool(self.over)
        for j, head in enumerate(self.heads):
            if head:
                page.text(row, left + j, head, "head")
        if self.corner:
            page.text(row, left - 1, self.corner, "head")
        row += bool(self.heads)
        for i, (words, group) in enumerate(self.lines):
            for n, line in enumerate(words.split("\n") if words else ()):
                page.text(row + n, left - 1, line, self.named)
            at = left
            for j, (id, one) in enumerate(group.items()):
                if isinstance(one, Shown):
                    came = _beside(one) if self._letters else None
                    on.place(id, one, row, at, side=not words and j == 0, tip=came is None)
                    if came:
                        on.place(f"came.{on.id(id)}", Shown(came[0], "", "came", "fixed"), row, at + 1)
                elif one:
                    page.text(row, at, one, "count" if one.isdigit() else "hint")
                at += len(_rooms(one))
            at += bool(self._letters)
            if self.after.get(i) == "=":
                on.say_formula(next(iter(group)), row, at)
            elif i in self.after:
                page.text(row, at, self.after[i], "hint")
            row += _tall(group)
        if self.frozen:
            page.freeze = row, left


def _blocks(group: Mapping[str, Shown | str]) -> list[Shown]:
    return [one for one in group.values() if isinstance(one, Shown)]


def _beside(one: Shown) -> tuple[Node, int] | None:
    """What an input held as the workbook came and its letters, where it can stand beside it."""
    return one.came if one.came and one.came[1] <= MOST else None


def _rooms(one: Shown | str) -> list[float]:
    """The width of each column that a block, or words, take in a grid."""
    return [0.0] if isinstance(one, str) else [max(ROOM.get(one.format, 10.0), 10.0)] * one.node.shape[1]


def _tall(group: Mapping[str, Shown | str]) -> int:
    return max((one.node.shape[0] for one in _blocks(group)), default=1)


def facts(heading: str, *groups: Group, **more: Any) -> Grid:
    """Numbers under each other, each with its own title to the left."""
    return Grid(heading, [("", {id: one}) for group in groups for id, one in group.items()], **more)


def grid(heading: str, lines: Mapping[str, Mapping[str, Shown | str]], **more: Any) -> Grid:
    """Rows of numbers, {words: group}."""
    return Grid(heading, list(lines.items()), **more)

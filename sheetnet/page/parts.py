"""The parts that a page is made of: each knows how wide its columns want to be and how many rows it takes.

A part is placed by flow.lay; nobody else says a row or a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import ceil
from typing import Any

from sheetnet.page.part import Canvas, Part
from sheetnet.page.screen import HEADING, pixels
from sheetnet.page.shown import ROOM, Group, Shown

GAP = 3.0  # the width of a column between two parts
LETTER = 5.8  # pixels of a letter of prose, on average


@dataclass
class Table(Part):
    """Columns of numbers side by side under their titles, each a block; None among the groups is a narrow gap.

    names stand to the left of the rows, in a style of look.STYLES; a whole number counts the rows, from `first`.
    corner: the heading over the names. lead: words above the whole. frozen: headings and names stay as one scrolls.
    short: what stands in the rows that a shorter block leaves empty. after: words to the right of a row, by its number.
    tight: columns are no wider than their headings need.
    """

    groups: tuple[Group | None, ...]
    names: Sequence[str] | int = ()
    corner: str = ""
    lead: str = ""
    named: str = "label"
    first: int = 1
    frozen: bool = False
    short: str = ""
    after: Mapping[int, str] = field(default_factory=dict)
    tight: bool = False

    @property
    def parts(self) -> list[tuple[str, Shown] | None]:
        """Its columns in order; None for a gap."""
        out: list[tuple[str, Shown] | None] = []
        for group in self.groups:
            out += [None] if group is None else group.items()
        return out

    @property
    def _titled(self) -> bool:
        return bool(self.corner) or any(part is not None and part[1].title for part in self.parts)

    def columns(self) -> list[float]:
        out: list[float] = []
        if isinstance(self.names, int):
            out.append(max(8.0, len(self.corner) + 3.0))
        elif self.names:
            out.append(max(len(name) for name in (*self.names, self.corner)) + 3.0)
        for part in self.parts:
            room = 0.0 if part is None else part[1].heading if self.tight else part[1].room
            out += [GAP] if part is None else [room] * part[1].node.shape[1]
        return out + [0.0] * bool(self.after)

    @property
    def _tall(self) -> int:
        return max(part[1].node.shape[0] for part in self.parts if part is not None)

    def rows(self, widths: Sequence[float]) -> int:
        return self._tall + HEADING * self._titled + bool(self.lead)

    def put(self, on: Canvas, row: int, col: int) -> None:
        page = on.page
        if self.lead:
            page.text(row, col, self.lead, "lead")
        row += HEADING * self._titled + bool(self.lead)
        named = isinstance(self.names, int) or bool(self.names)
        if self.frozen:
            page.freeze = row, col + 1
        if self.corner:
            page.text(row - 1, col, self.corner, "head" if isinstance(self.names, int) else "head_left")
        names = range(self.first, self.first + self.names) if isinstance(self.names, int) else self.names
        style = "count" if isinstance(self.names, int) else self.named
        for i, name in enumerate(names):
            if name != "":
                page.text(row + i, col, str(name), style)
        col += named
        for part in self.parts:
            n, k = (self._tall, 1) if part is None else part[1].node.shape
            if part is not None:
                on.place(*part, row, col)
            for i, j in product(range(n, self._tall), range(k)) if self.short else ():
                page.text(row + i, col + j, self.short, "label")
            col += k
        for i, words in self.after.items():
            page.text(row + i, col, words, "hint")


def table(*groups: Group | None, **more: Any) -> Table:
    """A Table of these groups."""
    return Table(groups, **more)


@dataclass
class Grid(Part):
    """Rows of numbers, each with its words to the left, under a band; heads stand over the columns of numbers.

    rows: {words: group}; a group's blocks stand side by side. A row whose words are empty takes the title of its first
    block. span: how many columns the words may take. after: words to the right of a row, by the number of the row.
    frozen: all of it, and the words, stay as one scrolls.
    """

    heading: str
    lines: Sequence[tuple[str, Group]]
    heads: Sequence[str] = ()
    span: int = 1
    named: str = "label"
    after: Mapping[int, str] = field(default_factory=dict)
    band: str = ""
    frozen: bool = False

    def columns(self) -> list[float]:
        words = [words or next((one.title for one in group.values()), "") for words, group in self.lines]
        longest = max((len(text) for text in words), default=0) + 2.0
        out = [max(longest / max(self.span, 1), 8.0)] * self.span
        wide: list[float] = [len(head) + 2.0 for head in self.heads]
        for _, group in self.lines:
            rooms = [max(ROOM.get(one.format, 10.0), 10.0) for one in group.values() for _ in range(one.node.shape[1])]
            wide += [0.0] * (len(rooms) - len(wide))
            wide = [max(a, b) for a, b in zip(wide, [*rooms, *[0.0] * len(wide)], strict=False)]
        return out + wide

    def rows(self, widths: Sequence[float]) -> int:
        tall = sum(max((one.node.shape[0] for one in group.values()), default=1) for _, group in self.lines)
        return bool(self.heading) + bool(self.heads) + tall

    def put(self, on: Canvas, row: int, col: int) -> None:
        page, left = on.page, col + self.span
        if self.heading:
            first = next((one for _, group in self.lines for one in group.values()), None)
            typed = first is not None and first.role in ("input", "data", "fixed")
            band = self.band or ("band_plain" if typed else "band_result")
            page.text(row, col, self.heading, band, wide=len(self.columns()))
            row += 1
        for j, head in enumerate(self.heads):
            if head:
                page.text(row, left + j, head, "head")
        row += bool(self.heads)
        for i, (words, group) in enumerate(self.lines):
            if words:
                page.text(row, left - 1, words, self.named)
            at = left
            for j, (id, one) in enumerate(group.items()):
                on.place(id, one, row, at, side=not words and j == 0)
                at += one.node.shape[1]
            if i in self.after:
                page.text(row, at, self.after[i], "hint")
            row += max((one.node.shape[0] for one in group.values()), default=1)
        if self.frozen:
            page.freeze = row, left


def facts(heading: str, *groups: Group, **more: Any) -> Grid:
    """Numbers under each other, each with its own title to the left."""
    return Grid(heading, [("", {id: one}) for group in groups for id, one in group.items()], **more)


def grid(heading: str, lines: Mapping[str, Group], **more: Any) -> Grid:
    """Rows of numbers, {words: group}."""
    return Grid(heading, list(lines.items()), **more)


@dataclass
class Note(Part):
    """Words on grey, so many columns wide and as tall as they need."""

    text: str
    wide: int = 8

    def columns(self) -> list[float]:
        return [0.0] * self.wide

    def rows(self, widths: Sequence[float]) -> int:
        letters = (sum(pixels(width) for width in widths) - 20) / LETTER
        return 1 + sum(ceil(len(line) / letters) or 1 for line in self.text.split("\n"))

    def put(self, on: Canvas, row: int, col: int) -> None:
        tall = self.rows(on.across(col, self.wide))
        on.page.text(row, col, self.text, "note", wide=self.wide, tall=tall)


@dataclass
class Words(Part):
    """A line of words in a style of look.STYLES; wide > 1 merges columns, tall > 1 rows."""

    text: str
    style: str = "lead"
    wide: int = 1
    tall: int = 1
    link: str = ""

    def columns(self) -> list[float]:
        return [0.0] * self.wide

    def rows(self, widths: Sequence[float]) -> int:
        return self.tall

    def put(self, on: Canvas, row: int, col: int) -> None:
        on.page.text(row, col, self.text, self.style, wide=self.wide, tall=self.tall, link=self.link)


@dataclass
class Pile(Part):
    """Blocks on top of each other under one heading, as if they were one: title, shape in words, labels."""

    title: str
    group: Group
    shape: str = ""
    labels: tuple[str, ...] = ()
    kind: str = "forward"  # of the heading's colour

    def columns(self) -> list[float]:
        wide = max(one.node.shape[1] for one in self.group.values())
        return [max(10.0, len(self.title) + 3.0 if wide == 1 else 0.0)] * wide

    def rows(self, widths: Sequence[float]) -> int:
        return HEADING + sum(one.node.shape[0] for one in self.group.values())

    def put(self, on: Canvas, row: int, col: int) -> None:
        wide = len(self.columns())
        side = "" if wide > 1 else "_narrow"
        on.page.text(row, col, self.title, f"band_{self.kind}{side}", wide=wide)
        if self.shape:
            on.page.text(row + 1, col, self.shape, f"shape_{self.kind}{side}", wide=wide)
        for j, label in enumerate(self.labels):
            on.page.text(row + 2, col + j, label, f"head_{self.kind}{side}")
        row += HEADING
        for id, one in self.group.items():
            on.place(id, one, row, col)
            row += one.node.shape[0]


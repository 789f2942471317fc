"""The parts that a page is made of: each knows how wide its columns want to be and how many rows it takes.

A part is placed by flow.lay; nobody else says a row or a column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import ceil
from typing import Any

from sheetnet.page.language import speak
from sheetnet.page.part import Canvas, Part
from sheetnet.page.screen import HEADING, pixels
from sheetnet.page.shown import Group, Shown

GAP = 3.0  # the width of a column between two parts
LETTER = 5.8  # pixels of a letter of prose, on average


@dataclass
class Table(Part):
    """Columns of numbers side by side under their titles, each a block; None among the groups is a narrow gap.

    names stand to the left of the rows, in a style of look.STYLES; a whole number counts the rows, from `first`.
    corner: the heading over the names. lead: words above the whole, or {id: words} above blocks. frozen: headings and
    names stay as one scrolls.
    short: what stands in the rows that a shorter block leaves empty. after: words to the right of a row, by its number;
    -1 is the line of the headings. tight: columns are no wider than their headings need.
    """

    groups: tuple[Group | None, ...]
    names: Sequence[str] | int = ()
    corner: str = ""
    lead: str | Mapping[str, str] = ""
    named: str = "label"
    first: int = 1
    frozen: bool = False
    short: str = ""
    after: Mapping[int, str] = field(default_factory=dict)
    tight: bool = False

    def __post_init__(self) -> None:
        speak(self, "names", "corner", "lead", "short", "after")

    @property
    def parts(self) -> list[tuple[str, Shown] | None]:
        """Its columns in order; None for a gap."""
        out: list[tuple[str, Shown] | None] = []
        for group in self.groups:
            out += [None] if group is None else group.items()
        return out

    @property
    def labelled(self) -> bool:
        return any(part is not None and part[1].labels for part in self.parts)

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
            if part is None:
                out.append(GAP)
            else:
                out += [part[1].heading if self.tight else part[1].room] * part[1].node.shape[1]
        return out + [0.0] * bool(self.after)

    @property
    def _tall(self) -> int:
        named = self.names if isinstance(self.names, int) else len(self.names)
        return max((part[1].node.shape[0] for part in self.parts if part is not None), default=named)

    def rows(self, widths: Sequence[float]) -> int:
        return self._tall + self.above * self._titled + bool(self.lead)

    def put(self, on: Canvas, row: int, col: int) -> None:
        page, top, leads = on.page, row, {} if isinstance(self.lead, str) else self.lead
        if isinstance(self.lead, str) and self.lead:
            page.text(row, col, self.lead, "lead")
        row += self.above * self._titled + bool(self.lead)
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
                if part[0] in leads:
                    page.text(top, col, leads[part[0]], "lead")
            for i, j in product(range(n, self._tall), range(k)) if self.short else ():
                page.text(row + i, col + j, self.short, "label")
            col += k
        for i, words in self.after.items():
            page.text(row + i, col, words, "hint")


def table(*groups: Group | None, **more: Any) -> Table:
    """A Table of these groups."""
    return Table(groups, **more)


def spaced(*groups: Group) -> list[Group | None]:
    """The blocks of groups with a gap between each and the next, for a table."""
    out: list[Group | None] = []
    for id, one in (item for group in groups for item in group.items()):
        out += [{id: one}, None]
    return out[:-1]


@dataclass
class Note(Part):
    """Words on grey, so many columns wide and as tall as they need."""

    text: str
    wide: int = 8

    def __post_init__(self) -> None:
        speak(self, "text")

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

    def __post_init__(self) -> None:
        speak(self, "text")

    def columns(self) -> list[float]:
        return [0.0] * self.wide

    def rows(self, widths: Sequence[float]) -> int:
        return self.tall

    def put(self, on: Canvas, row: int, col: int) -> None:
        on.page.text(row, col, self.text, self.style, wide=self.wide, tall=self.tall, link=self.link)


@dataclass
class Ruler(Part):
    """No rows: only how wide columns are, where words alone do not say it."""

    wide: Sequence[float]

    def columns(self) -> list[float]:
        return list(self.wide)

    def rows(self, widths: Sequence[float]) -> int:
        return 0

    def put(self, on: Canvas, row: int, col: int) -> None:
        """Nothing stands here."""


@dataclass
class Pile(Part):
    """Blocks on top of each other under one heading, as if they were one: title, shape in words, labels.

    skip: so many empty rows under the heading, for numbers that begin lower than those beside them.
    """

    title: str
    group: Group
    shape: str = ""
    labels: tuple[str, ...] = ()
    kind: str = "forward"  # of the heading's colour
    skip: int = 0

    def __post_init__(self) -> None:
        speak(self, "title", "shape", "labels")

    @property
    def labelled(self) -> bool:
        return bool(self.labels)

    def columns(self) -> list[float]:
        wide = max(one.node.shape[1] for one in self.group.values())
        return [max(10.0, len(self.title) + 3.0 if wide == 1 else 0.0)] * wide

    def rows(self, widths: Sequence[float]) -> int:
        return self.above + self.skip + sum(one.node.shape[0] for one in self.group.values())

    def put(self, on: Canvas, row: int, col: int) -> None:
        wide = len(self.columns())
        side = "" if wide > 1 else "_narrow"
        on.page.text(row, col, self.title, f"band_{self.kind}{side}", wide=wide)
        if self.shape and self.above == HEADING:
            on.page.text(row + 1, col, self.shape, f"shape_{self.kind}{side}", wide=wide)
        for j, label in enumerate(self.labels):
            on.page.text(row + self.above - 1, col + j, label, f"head_{self.kind}{side}")
        row += self.above + self.skip
        for id, one in self.group.items():
            on.place(id, one, row, col)
            row += one.node.shape[0]

"""Which block stands where: pages, blocks, names, ranges. Touches no file.

A page is a sheet to be: blocks (a node each), texts, charts. A block is a rectangle that shows one node, as one array
formula, cell by cell, or as plain values; stacked nodes are laid part by part. Rows and columns count from 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal

from sheetnet.errors import GraphError
from sheetnet.graph import dialects
from sheetnet.graph.cut import needs_cells
from sheetnet.graph.dialect import STACKS
from sheetnet.graph.formula import render, render_cell
from sheetnet.graph.node import Node, hstack
from sheetnet.graph.repeating import Repeated
from sheetnet.page.area import Area, quoted
from sheetnet.page.chart import Chart
from sheetnet.page.highlight import Highlight, Unused, Window
from sheetnet.page.language import present, said
from sheetnet.page.leaves import leaves_of, parts_of
from sheetnet.page.names import Names
from sheetnet.page.rule import Rule
from sheetnet.page.view import Apart, View

# fixed: numbers that nobody edits, such as a count of epochs; answer: of an exercise, a number or a formula
Role = Literal["input", "data", "fixed", "answer", "torch", "forward", "backward", "update", "result", "agreement"]
Style = Literal["array", "cells", "values"]
BACK = 2  # the row of the way back to the first sheet, under title and sentence


@dataclass(frozen=True)
class Block:
    """One node on a sheet: where, how, and in which words."""

    id: str
    node: Node
    area: Area
    role: Role
    style: Style
    name: str = ""  # what formulas call it: a defined name, or a table's column
    title: str = ""
    labels: tuple[str, ...] = ()  # over its columns
    side: bool = False  # title to the left, not above
    format: str = "weight"
    heading: int = 3  # rows of its title above: title, shape, labels; of two title and labels, of one the title
    tip: bool = True  # whether cells that may be edited say in a tip what they held: beside others it stands


@dataclass(frozen=True)
class Formula:
    """One formula of a file: its text and the cells it fills."""

    area: Area
    text: str
    array: bool


@dataclass(frozen=True)
class Text:
    """Words in a cell; wide > 1 takes that many columns, tall that many rows; link is a place such as Data!A1."""

    row: int
    col: int
    text: str
    style: str = "plain"
    wide: int = 1
    tall: int = 1
    link: str = ""


@dataclass(frozen=True)
class Solver:
    """What Excel's Solver finds preset on a sheet: minimise target by changing cells, by GRG, negative allowed."""

    target: Area
    changing: Area


@dataclass
class Page:
    """One sheet."""

    book: Book
    name: str
    title: str
    about: str
    freeze: tuple[int, int] = (2, 1)
    blocks: list[Block] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)  # of rows, in points
    rules: list[Rule] = field(default_factory=list)
    highlights: list[Highlight | Unused | Window] = field(default_factory=list)
    solver: Solver | None = None
    table: tuple[str, Area, tuple[str, ...]] | None = None  # name, area with header, headers
    active: tuple[int, int] = (0, 0)
    gridlines: bool = True
    print_cols: int = 0  # print only so many columns; 0 prints all
    hidden: range = range(0)  # columns that hold what formulas need and nobody reads
    heading: int = 3  # rows of a title over a block
    shapes: bool = True  # whether a title of three rows says the shape

    def place(
        self, id: str, node: Node, row: int, col: int, role: Role, style: Style | None = None, *,
        name: str = "", title: str = "", labels: tuple[str, ...] = (), side: bool = False, format: str = "weight",
        tip: bool = True,
    ) -> Block:  # fmt: skip
        """Put a node on the sheet; from then on formulas refer to its place (by name if it has one)."""
        area = Area(self.name, row, col, *node.shape)
        style = style or ("values" if node.op == "input" else "cells" if needs_cells(node) else "array")
        title, labels = said(title), tuple(map(said, labels))
        block = Block(id, node, area, role, style, name, title, labels, side, format, self.heading, tip)
        self.blocks.append(block)
        self.book.add(block)
        return block

    def tabulate(self, name: str, area: Area, headers: tuple[str, ...]) -> None:
        """Make an area with its line of headings a Table of Excel.

        Raises: GraphError where there is one already, for headings that are not one a column, and as Names.claim.
        """
        if self.table is not None:
            raise GraphError(f"the sheet {self.name} has the table {self.table[0]!r} already, and {name!r} beside it")
        if len(headers) != area.n_cols or "" in headers or len({head.lower() for head in headers}) < len(headers):
            raise GraphError(f"the table {name!r} needs {area.n_cols} different headings, found {headers}")
        self.book.names.claim(name, area)
        self.table = name, area, headers

    def text(self, row: int, col: int, text: str, style: str = "plain", **more: int | str) -> None:
        """Put words on the sheet."""
        self.texts.append(Text(row, col, said(text), style, **more))  # type: ignore[arg-type]


class Book:
    """All pages, and where each node stands."""

    def __init__(self) -> None:
        self.language, self.dialect = present(), dialects.present()
        self.pages: list[Page] = []
        self.names = Names()
        self.instead: dict[str, Callable[..., Block]] = {}  # how blocks are placed that are to be filled in, by id
        self.later: list[Callable[[], None]] = []  # what can only be drawn when all pages stand
        self.repeated: dict[str, Repeated] = {}  # blocks, by id, that are one formula for many steps
        self._joined: dict[str, tuple[Block, ...]] = {}  # blocks side by side, each row of which is one formula
        self._places: dict[Node, tuple[Area, str]] = {}
        self._arrays: set[Node] = set()
        self._ids: dict[str, Block] = {}
        self._shows: dict[Node, Block] = {}

    def page(self, name: str, title: str, about: str, **more: object) -> Page:
        """A new sheet at the end, with a link to the first one under its title; name has at most 31 characters."""
        if not 0 < len(name) <= 31 or re.search(r"[\[\]:*?/\\]|^'|'$", name) or name.lower() == "history":
            words = "at most 31 characters, none of [ ] : * ? / \\, no ' at an end, and not History, which Excel keeps"
            raise GraphError(f"a sheet cannot be called {name!r}: {words}")
        if name.lower() in (page.name.lower() for page in self.pages):
            raise GraphError(f"there is a sheet {name!r} already")
        page = Page(self, name, said(title), said(about), **more)  # type: ignore[arg-type]
        if self.pages:
            first = self.pages[0].name
            page.text(BACK, 0, said("Back to {first}", first=first), "link", link=f"{quoted(first)}!A1")
        self.pages.append(page)
        return page

    @property
    def blocks(self) -> list[Block]:
        """Every block, in the order of the sheets."""
        return [block for page in self.pages for block in page.blocks]

    def block(self, id: str) -> Block:
        """The block of that id.

        Raises: GraphError for an id that no block has, with those that come close.
        """
        if id not in self._ids:
            close = ", ".join(get_close_matches(id, self._ids)) or "none that comes close"
            raise GraphError(f"there is no block {id!r}; there is {close}")
        return self._ids[id]

    def block_of(self, node: Node) -> Block:
        """The block that shows a node as a whole."""
        return self._shows[node]

    def add(self, block: Block) -> None:
        """Register a block, its name, and the places of its parts.

        Raises: GraphError for an id used twice, and for a name as Names.give.
        """
        if block.id in self._ids:
            raise GraphError(f"two blocks are called {block.id!r}")
        self._ids[block.id] = self._shows[block.node] = block
        if block.name and "[" not in block.name:
            self.names.give(block.name, block.area)
        self._settle(block.node, block.area, block.name, block.style)

    def _settle(self, node: Node, area: Area, name: str, style: Style) -> None:
        if node in self._places:
            raise GraphError(f"{node!r} stands at {self._places[node][0].full()} and again at {area.full()}")
        self._places[node] = area, name
        if style == "array":
            self._arrays.add(node)
        if node.op in STACKS and style == "array":
            for part, place in parts_of(node, area):
                self._settle(part, place, "", style)

    def place_of(self, node: Node) -> tuple[Area, str] | None:
        """Where a node stands and what it is called there, or None."""
        return self._places.get(node)

    def reads_arrays(self, block: Block) -> bool:
        """Whether what a block shows comes from an array formula, be it through other cells."""
        waiting, seen = list(block.node.sources), set(block.node.sources)
        while waiting:
            node = waiting.pop()
            if node in self._arrays:
                return True
            waiting += set(node.sources) - seen
            seen.update(node.sources)
        return False

    def join(self, *ids: str) -> None:
        """Blocks side by side become one formula a row, which stands in the first, where the dialect can say that."""
        blocks = tuple(self.block(id) for id in ids)
        if len(blocks) > 1 and self.dialect.has("hstack"):
            self._joined |= dict.fromkeys(ids, blocks)

    def formulas(self, block: Block) -> Iterator[Formula]:
        """Every formula of a block, none for values and for what a formula of the block to the left fills."""
        view = View(self, block.area.sheet)
        if block.id in self.repeated:
            yield Formula(block.area, self.repeated[block.id].render(view, self.dialect, self.names.taken), True)
        elif block.id in self._joined:
            yield from self._of_rows(self._joined[block.id], view) if block is self._joined[block.id][0] else ()
        elif block.style == "cells":
            for i in range(block.area.n_rows):
                for j in range(block.area.n_cols):
                    area = block.area.part((i, i), (j, j))
                    yield Formula(area, render_cell(block.node, i, j, view, self.dialect), False)
        elif block.style == "array":
            for node, area in leaves_of(block.node, block.area):
                yield Formula(area, render(node, view, self.dialect, self.names.taken), True)

    def _of_rows(self, blocks: Sequence[Block], view: View) -> Iterator[Formula]:
        """A formula for each row of blocks side by side."""
        for leaves in zip(*(leaves_of(block.node, block.area) for block in blocks), strict=True):
            first, last = leaves[0][1], leaves[-1][1]
            area = replace(first, n_cols=last.col + last.n_cols - first.col)
            nodes = [node for node, _ in leaves]
            yield Formula(area, render(hstack(nodes), Apart(view, nodes), self.dialect, self.names.taken), True)

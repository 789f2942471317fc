"""What the panel of a cell says of its block: its name, its formula in words, the lines of torch, torch's numbers.

Each is said once for a block; of a stack once for each run of parts that read alike, such as all epochs but the first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sheetnet.book.contents import Contents
from sheetnet.graph.aloud import aloud
from sheetnet.graph.dialect import STACKS
from sheetnet.graph.node import Node
from sheetnet.graph.torch_text import Untold, fits, torch_lines
from sheetnet.motifs.agreement import HERE, TORCH
from sheetnet.page.area import Area
from sheetnet.page.book import Block, Book
from sheetnet.page.language import present, said
from sheetnet.page.leaves import leaves_of, parts_of

Json = dict[str, Any]
Said = list[Any]  # row, column, rows, columns, [number of a text in words, of its names ...], and so in torch
RELATIVE = {  # by how many rows above
    -1: "the row below in {a}",
    0: "this row of {a}",
    1: "the row above in {a}",
    2: "the row two above in {a}",
}
ROW, ROWS, PART = "row {b} of {a}", "rows {b} to {c} of {a}", "a part of {a}"
TEXTS = *RELATIVE.values(), ROW, ROWS, PART


class Panels:
    """What the panels of a book say."""

    def __init__(self, book: Book, contents: Contents) -> None:
        """contents: what the file holds; torch has no words for blocks of words."""
        self._ids = {block.id: block for block in book.blocks}
        self._words = {block.id for block in book.blocks if _holds_words(block, contents)}
        self._places: dict[Node, tuple[Block, Area]] = {}
        for block in book.blocks:
            self._settle(block, block.node, block.area)
        self.variables = _variables(book)
        self._taken = {name.lower() for name in self.variables.values()}
        self.numbers: dict[object, str] = {}  # what torch's lines call constants of many numbers
        self._texts: dict[str, int] = {}
        self._names: dict[str, int] = {}

    @property
    def texts(self) -> list[str]:
        """What has been said, each once, with {0}, {1} in place of the names of what it is said of."""
        return list(self._texts)

    @property
    def names(self) -> list[str]:
        """What all texts are said of, each once."""
        return list(self._names)

    def _settle(self, block: Block, node: Node, area: Area) -> None:
        self._places[node] = block, area
        if node.op in STACKS and block.style == "array":
            for part, place in parts_of(node, area):
                self._settle(block, part, place)

    def _place(self, node: Node) -> tuple[Block, Area] | None:
        """The block in which a node stands, and where; also of one row of what stands somewhere, by its number."""
        if node.op == "row" and node not in self._places and isinstance(number := node.sources[1].value, float):
            found, row = self._places.get(node.sources[0]), int(number) - 1
            return found and (found[0], found[1].part((row, row), (0, found[1].n_cols - 1)))
        return self._places.get(node)

    def of(self, block: Block) -> Json:
        """All that a panel says of a block, ready for JSON."""
        out: Json = {"at": _at(block.area), "name": self.variables[block.id], "title": block.title, "role": block.role}
        if block.style != "values":
            out["says"] = list(self._runs(block))
        if told := self._told(block):
            out["told"] = told
        return out

    def _told(self, block: Block) -> Json:
        """Where torch's numbers of a block stand, and the verdict on them."""
        id = block.id.removeprefix(HERE)
        torch, verdict = self._ids.get(f"{TORCH}{id}"), self._ids.get(f"verdict.{id}")
        if torch is None or verdict is None or torch.area.n_rows != block.area.n_rows:
            return {}
        return {"sheet": torch.area.sheet, "at": _at(torch.area), "verdict": _at(verdict.area)}

    def _runs(self, block: Block) -> Iterator[Said]:
        """What is said of each run of parts below each other that read alike."""
        leaves = list(leaves_of(block.node, block.area)) if block.style == "array" else [(block.node, block.area)]
        runs: list[tuple[Said, Node, Area]] = []
        for node, area in sorted(leaves, key=lambda leaf: (leaf[1].col, leaf[1].row)):
            row, col, n_rows, n_cols, *words = self._said(node, _Here(block, area, True))
            last = runs[-1][0] if runs else None
            if last and last[4:] == words and (last[1], last[3]) == (col, n_cols):
                last[2] += n_rows
            else:
                runs.append(([row, col, n_rows, n_cols, *words], node, area))
        for run, node, area in runs:  # a row alone is called by its number
            yield run if run[2] > 1 else self._said(node, _Here(block, area, False))

    def _said(self, node: Node, here: _Here) -> Said:
        return [*_at(here.area), self._aloud(node, here), *filter(None, [self._torch(node, here)])]

    def _with(self, lines: list[str], of: dict[str, str]) -> list[int]:
        """The numbers of a text and of its names: most epochs and most nets have the same text."""
        text = self._texts.setdefault("\n".join(lines), len(self._texts))
        return [text, *(self._names.setdefault(name, len(self._names)) for name in of)]

    # ---- of one node

    def _aloud(self, node: Node, here: _Here) -> list[int]:
        """How a node is calculated, in sentences, a line each."""
        of_these: dict[str, str] = {}

        def called(other: Node) -> str | None:
            found = self._place(other)
            return found and of_these.setdefault(told(*found), f"{{{len(of_these)}}}")

        def told(of: Block, area: Area) -> str:
            title = f'"{of.title}"' if of.title else self.variables[of.id]
            if area == of.area:
                return title
            above = here.above(area, of)
            if above is not None:
                return said(RELATIVE[above], a=title)
            if area.n_cols < of.area.n_cols:
                return said(PART, a=title)
            first = area.row - of.area.row + 1
            return said(ROWS if area.n_rows > 1 else ROW, a=title, b=first, c=first + area.n_rows - 1)

        language = present()
        lines = aloud(node, called, said, language.number if language else str, self._taken)
        return self._with(lines, of_these)

    def _torch(self, node: Node, here: _Here) -> list[int] | None:
        """The lines of torch that give a node; None where torch has no words for it."""
        if here.block.id in self._words:
            return None
        block, area = here.block, here.area
        of_these = {self.variables[block.id] + _index(area, block, here.above(area, block)): "{0}"}

        def called(other: Node) -> str | None:
            found = self._place(other)
            if found is None:
                return None
            of, area = found
            if of.id in self._words:
                raise Untold
            name = self.variables[of.id] + _index(area, of, here.above(area, of))
            return of_these.setdefault(name, f"{{{len(of_these)}}}")

        lines = torch_lines(node, called, self.numbers, self._taken)
        return None if lines is None else self._with([*lines[:-1], f"{{0}} = {lines[-1]}"], of_these)


@dataclass(frozen=True)
class _Here:
    """The part of a block that is told of, and whether its row may be called i."""

    block: Block
    area: Area
    relative: bool

    def above(self, area: Area, of: Block) -> int | None:
        """How many rows a row of a block stands above this one, such as 1; None for what is no row, or far away."""
        if not self.relative or (self.area.n_rows, area.n_rows) != (1, 1):
            return None
        rows = (self.area.row - self.block.area.row) - (area.row - of.area.row)
        return rows if rows in RELATIVE and of.area.n_rows > 1 else None


def _index(area: Area, of: Block, above: int | None) -> str:
    """The part of a block as torch takes it, which stays a matrix; nothing for the whole of it."""
    if area == of.area:
        return ""
    down = _span(area.row - of.area.row, area.n_rows, of.area.n_rows)
    if above is not None:
        down = f"[i {'-' if above > 0 else '+'} {abs(above)}]" if above else "[i]"
    across = _span(area.col - of.area.col, area.n_cols, of.area.n_cols)
    if across == ":":
        return f"[{down}]"
    return f"[{down}][:, {across}]" if down.startswith("[") and across.startswith("[") else f"[{down}, {across}]"


def _span(first: int, n: int, whole: int) -> str:
    if n == whole:
        return ":"
    return f"[{first}]" if n == 1 else f"{first}:{first + n}"


def _at(area: Area) -> list[int]:
    return [area.row, area.col, area.n_rows, area.n_cols]


def _variables(book: Book) -> dict[str, str]:
    """A name for each block that Python takes, each once: what formulas call it, or the end of its id."""
    out: dict[str, str] = {}
    used: set[str] = set()
    for block in book.blocks:
        parts = [re.sub(r"\W", "_", part) for part in block.id.split(".")]
        own = block.name.partition("[")[2].rstrip("]") if "[" in block.name else block.name
        wishes = [own, *("_".join(parts[at:]) for at in reversed(range(len(parts))))]
        free = (wish for wish in wishes if fits(wish) and wish not in used)
        name = next(free, None) or next(
            n for k in range(len(used) + 2) if (n := f"{block.role}_{parts[-1]}_{k}") not in used
        )
        used.add(name)
        out[block.id] = name
    return out


def _holds_words(block: Block, contents: Contents) -> bool:
    sheet = contents.sheets[block.area.sheet]
    return any(isinstance(sheet.stored.get(at, sheet.values.get(at)), str) for at in block.area.cells())

"""What is not as it came: the first difference by its sheet and title, and the other sheets on which there is one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

from sheetnet.graph.node import Node, apply, hstack, lift, vstack, where
from sheetnet.motifs.agreement import MOVED, Marks
from sheetnet.page.book import Book
from sheetnet.page.language import said

SOME = "no: beside a yellow cell, or in its tip, stands what it held"
YELLOW = "no: on {sheet}, {what}. Beside it, or in its tip, stands what it held."
OTHER = "no: on {sheet}, {what}."
ALSO = " And on {sheet}."
Far = tuple[Node, str, Node]  # an input, its title, and how far it is from what it was, (1, 1)


@dataclass(frozen=True)
class _Difference:
    """An input that may be another: its sheet and title, whether it is yellow, and a node (1, 1): 1 where it is."""

    sheet: str
    title: str
    yellow: bool
    moved: Node

    @property
    def words(self) -> str:
        return said(YELLOW if self.yellow else OTHER, sheet=self.sheet, what=self.title)


class Differences:
    """changed: above 0 where anything is another. told: yes, or what is.

    columns: what that is read from, side by side, by id.
    """

    def __init__(self, book: Book, marks: Marks, others: Sequence[Far]) -> None:
        """others: the inputs that are not compared with torch's."""
        self.changed = reduce(add, (far for *_, far in others), marks.any)
        pages = [page.name for page in book.pages]
        found = sorted(_found(book, marks, others), key=lambda one: pages.index(one.sheet))
        first: list[Node] = [lift(said(SOME))]
        for one in reversed(found):
            first.append(where(one.moved, one.words, first[-1]))
        also = list(_also(found))
        self.columns: dict[str, Node] = {}
        if found:
            self.columns |= {"moved": vstack([one.moved for one in found]), "first": vstack(first[:0:-1])}
        words = first[-1]
        if also:
            parts = self.columns["parts"] = hstack([apply("same", words), *also])
            words = self.columns["differs"] = apply("joined", parts)
        self.told = where(apply("greater", self.changed, lift(0.0)), words, said("yes"))


def _found(book: Book, marks: Marks, others: Sequence[Far]) -> Iterator[_Difference]:
    """Each input that stands somewhere; what has no place yet will have it on the first sheet, which is laid last."""
    blocks = {block.node: block for block in book.blocks}
    compared = ((one.node, one.title, far, MOVED) for one, far in zip(marks.watched, marks.moved, strict=True))
    for node, title, far, least in (*compared, *((*other, 0.0) for other in others)):
        moved = apply("greater", far, lift(least))
        if block := blocks.get(node):
            yield _Difference(block.area.sheet, title or block.title, block.role == "input", moved)
        elif node.op == "input":
            yield _Difference(book.pages[0].name, title, True, moved)


def _also(found: Sequence[_Difference]) -> Iterator[Node]:
    """Of each sheet but the first a word where something on it is another, and something on a sheet before it."""
    before: Node | None = None
    for sheet in dict.fromkeys(one.sheet for one in found):
        here = reduce(add, (one.moved for one in found if one.sheet == sheet))
        if before is not None:
            yield where(apply("greater", here * before, lift(0.0)), said(ALSO, sheet=sheet), "")
        before = here if before is None else before + here

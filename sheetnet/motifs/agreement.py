"""Torch: what torch said when the workbook was made, beside what the sheet says now; the same in every workbook.

What is compared (Pair) may depend on some of the inputs only (Watched), such as the two of one model: pairs and watched
inputs of a group go together, and those of no group concern all. Where an input is not as it was, there is nothing to
compare with, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

import numpy as np

from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.node import Node, apply, constant, lift, variable, where
from sheetnet.motifs.verdicts import CHANGED, CLOSE, apart
from sheetnet.page.book import Book
from sheetnet.page.flow import Aside, across, beside, down, lay
from sheetnet.page.grid import facts, grid
from sheetnet.page.language import said as in_words
from sheetnet.page.part import Part
from sheetnet.page.parts import Words, table
from sheetnet.page.screen import HEADING
from sheetnet.page.shown import Group, agreement, result, shown

BUILT = "built."  # the ids of the fingerprints of inputs, as they were when the workbook was made
HERE = "here."  # the ids of the numbers that the sheets give now, beside torch's
TORCH = "torch."  # the ids of torch's numbers: this and the id of the block that they belong to
SIZE = "size."  # the ids of how large the numbers of each compared column are, when the workbook was made
SHARE = 0.001  # of the size, beside the number itself: at CLOSE, 1e-10, this is the noise that check allows, 1e-13
HOW = "Differences are divided by torch's number and a thousandth of the size that the numbers of its column are of."
MOVED = 1e-12  # of a mark, beside 1 + its size: beyond, an input is another


@dataclass(frozen=True)
class Pair:
    """What is shown beside torch's numbers: the block of that id, or a node of its own; labels over its columns.

    names: of its rows; by_epoch: a row for each, from 0. differences: also show, entry by entry, how far they are
    apart.
    """

    id: str
    title: str
    labels: tuple[str, ...] = ()
    format: str = "weight"
    group: str = ""
    node: Node | None = None
    names: tuple[str, ...] = ()
    differences: bool = False
    by_epoch: bool = False


@dataclass(frozen=True)
class Said:
    """Numbers of torch that stand on the sheet alone, for other sheets to look up; node holds them."""

    id: str
    node: Node
    title: str
    labels: tuple[str, ...] = ()
    name: str = ""
    group: str = ""


@dataclass(frozen=True)
class Watched:
    """An input on which the compared blocks depend; counter (n, 1) weighs the rows of a long column.

    centred: its numbers are of both signs and cancel in the mark, whose digits are then those of what is added up.
    """

    node: Node
    title: str
    counter: Node | None = None
    group: str = ""
    centred: bool = False

    def size(self, built: Node) -> Node:
        """Beside which number a mark that was `built` counts as moved, (1, 1)."""
        if not self.centred or self.counter is None:
            return 1.0 + apply("abs", built)
        return 1.0 + apply("sum", apply("abs", self.node) * self.counter)

    def mark(self) -> Node:
        """One number, (1, 1), that changes when an entry does, or when two rows or columns change places."""
        n, k = self.node.shape
        if (n, k) == (1, 1):
            return apply("same", self.node)
        if self.counter is not None:
            rows = self.node * self.counter
            return apply("sum", rows if k == 1 else rows * constant((tuple(float(j + 1) for j in range(k)),)))
        weights = constant(tuple(tuple(_weight(i * k + j) for j in range(k)) for i in range(n)))
        return apply("sum", self.node * weights)


def _weight(i: int) -> float:
    """From 1 to 2, in an order that no change by small whole numbers undoes: multiples of the golden ratio."""
    return round(1.0 + (i * 0.6180339887) % 1.0, 4)


class Marks:
    """A mark of each watched input, now and as it was; for each group a node (1, 1) that is 1 when one has moved."""

    def __init__(self, watched: Sequence[Watched]) -> None:
        self.watched = watched
        self.now = {f"{BUILT}{i + 1}": one.mark() for i, one in enumerate(watched)}
        self.built = {id: variable(id, (1, 1)) for id in self.now}
        groups = dict.fromkeys(one.group for one in watched if one.group) or {"": None}
        self.changed = {group: self._changed(group) for group in groups}
        self.any: Node = reduce(add, self.changed.values())

    @cached_property
    def moved(self) -> list[Node]:
        """How far each watched input is from what it was, beside its size, (1, 1) each: more than MOVED is another."""
        return [
            apply("abs", mark - built) / one.size(built)
            for one, mark, built in zip(self.watched, self.now.values(), self.built.values(), strict=True)
        ]

    def _changed(self, group: str) -> Node:
        moved: Node = lift(0.0)
        for one, far in zip(self.watched, self.moved, strict=True):
            if one.group in ("", group):
                moved = moved + far
        return where(apply("greater", moved, lift(MOVED)), 1.0, 0.0).named("changed")

    def part(self) -> Part:
        """What the inputs were and are."""
        rows = {
            one.title: result({f"mark.{id}": (now,)}, format="plain") | shown("torch", {id: (was,)}, format="plain")
            for one, (id, now), was in zip(self.watched, self.now.items(), self.built.values(), strict=True)
        }
        changed = {
            f"torch.changed.{group}" if group else "torch.changed": (
                node, in_words("{part} changed (1: yes)", part=group) if group else "changed (1: yes)"
            )
            for group, node in self.changed.items()
        }  # fmt: skip
        heads = ("now", "when made")
        inputs = grid("Inputs: a mark of each", rows, heads=heads, named="word")
        return down(inputs, facts("", result(changed, format="plain")))


def torch_page(
    book: Book, marks: Marks, pairs: Sequence[Pair], said: Sequence[Said], version: str, how: str
) -> Node:  # fmt: skip
    """Lay out the page Torch: verdict on top, then each pair, then the inputs, then numbers beside numbers.

    version: torch's; how: in which way it was asked, in words. The node of the verdict over all pairs is given back.
    """
    page = book.page(
        "Torch",
        "Torch: does PyTorch say the same?",
        "This sheet compares the workbook with PyTorch, a program in which people train models. You need not do"
        " anything here.",
    )
    grey = in_words(
        "Grey numbers are values that torch {version} gave ({how}) when this workbook was made. Beside them stands what"
        " its formulas say now.",
        version=version,
        how=how,
    )
    rows: dict[str, Group] = {}
    numbers: list[Part] = []
    wrong: list[Node] = []
    equal, differs = in_words("equal"), in_words("differs")
    mixed = not all(pair.by_epoch or pair.names for pair in pairs)  # else one column of epochs is for all
    for pair in pairs:
        live = pair.node or apply("same", book.block(pair.id).node)
        told, size = variable(pair.id, live.shape), variable(f"{SIZE}{pair.id}", (1, live.shape[1]))
        difference = apply("max", apart(live, told, apply("abs", told) + SHARE * size))
        changed = marks.changed[pair.group]
        far = where(apply("greater", difference, lift(CLOSE)), differs, equal)
        says = where(changed, in_words(CHANGED), apply("if_error", far, lift(differs)))
        wrong.append(where(apply("equal", says, lift(equal)), 0.0, 1.0))
        rows[pair.title] = (
            result({f"agree.{pair.id}": (difference,)}, format="diff") | agreement({f"verdict.{pair.id}": (says,)})
            | shown("fixed", {f"{SIZE}{pair.id}": (size,)}, format="plain")
        )  # fmt: skip
        look = {"labels": pair.labels, "format": pair.format}
        what = in_words(pair.title)
        both = shown("torch", {f"{TORCH}{pair.id}": (told, in_words("{what}: torch", what=what))}, **look)
        both |= result({f"{HERE}{pair.id}": (live, in_words("{what}: this sheet", what=what))}, **look)
        if pair.differences:
            each = apart(live, told, apply("abs", told))
            both |= result({f"apart.{pair.id}": (each, "relative difference", "diff")}, labels=pair.labels)
        counted = {"names": live.shape[0], "corner": "Epoch", "first": 0} if mixed and pair.by_epoch else {}
        numbers.append(table(both, **{"names": pair.names, **counted}))
    alone = [
        table(shown("torch", {f"{TORCH}{one.id}": (one.node, one.title, "gradient")}, labels=one.labels, name=one.name))
        for one in said
    ]
    found = where(apply("greater", reduce(add, wrong), lift(0.0)), differs, equal)
    verdict: Node = where(marks.any, in_words(CHANGED), found)
    heads = ("differs by at most", "verdict", "size of the numbers")
    here = [pair.by_epoch is not mixed and not pair.names for pair in pairs]  # those whose rows the first column counts
    tallest = max(one.rows(()) - HEADING for one, counted_here in zip(numbers, here, strict=True) if counted_here)
    more = [Aside(across(*alone))] if alone else []
    counts = {"corner": "Row"} if mixed else {"corner": "Epoch", "first": 0}
    lay(page, "torch", down(
        facts("", agreement({"torch.verdict": (verdict, "Verdict")}, name="verdict")),
        down(grid("What is compared", rows, heads=heads, named="word"), Words(grey, "hint"), Words(HOW, "hint"), gap=0),
        marks.part(),
        beside(table(names=tallest, **counts), across(*numbers, *more)),
    ))  # fmt: skip
    page.active = next((block.area.row, block.area.col) for block in page.blocks)
    return verdict


def sizes(book: Book, pairs: Sequence[Pair], given: Mapping[Node, np.ndarray]) -> dict[str, np.ndarray]:
    """How large the numbers are that the sheet Torch compares, (1, k) for each column of a block, by id.

    Of two digits, so that machines that round otherwise say the same; a column of nothing but zeros counts as 1.
    """
    live = [book.block(f"{HERE}{pair.id}").node for pair in pairs]
    out = {}
    for pair, (_, magnitude) in zip(pairs, with_magnitudes(live, given, [b.node for b in book.blocks]), strict=True):
        most = magnitude.max(axis=0).tolist()
        out[f"{SIZE}{pair.id}"] = np.array([[float(f"{size:.1e}") or 1.0 for size in most]])
    return out

"""What a formula needs more than once, found in the graph: each such part gets a name, bound once by LET."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Container, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from sheetnet.graph.dialect import ATOM, CONDITION
from sheetnet.graph.names import unfit
from sheetnet.graph.node import Node, lift, order

MOST = 126  # pairs of name and value in one LET of Excel
# what a part is called that has no name of its own, by its op
CALLED = {
    "matmul": "lin", "add": "added", "sub": "difference", "mul": "product", "div": "share", "square": "squared",
    "step": "mask", "greater": "mask", "equal": "same", "where": "chosen", "exp": "powers_of", "sum": "sum_of",
    "sum_rows": "sums", "max": "largest", "min": "smallest", "inverse": "inverse", "row": "line", "abs": "size",
    "sqrt": "root", "sigmoid": "probability", "tanh": "activation", "neg": "minus",
}  # fmt: skip
_NAME = re.compile(r"[A-Za-z_][\w.]*")


class Seen(Protocol):
    """Where nodes stand, of formula.Places what array formulas ask."""

    def whole(self, node: Node) -> str | None: ...


Write = Callable[[Node, Seen], tuple[str, float]]  # a node in full, whatever it is called; how tightly it binds


def shared(root: Node, places: Seen, write: Write, taken: Collection[str]) -> tuple[str, float]:
    """The formula of a root in which nothing is written twice that is more than a name, and how tightly it binds.

    taken: what cells are called, in small letters: some programs take a part of that name for these cells.
    """
    root, below = _unified(root, places)
    inner = [node for node in order([root], below) if node not in below]
    marks, uses = _Marks(places, inner), Counter[Node]()
    for node in inner:
        uses.update(marks.read_by(node, write))
    twice = [node for node in inner if uses[node] > 1 and node.op != "constant"]
    names, bound, pairs = named(twice, taken), _Bound(places), list[str]()
    for node in twice:
        text, _ = write(node, bound)
        if _NAME.fullmatch(text):
            bound.names[node] = text
        else:
            bound.names[node] = f"_xlpm.{names[node]}"
            pairs.append(f"{bound.names[node]},{text}")
    text, binds = write(root, bound)
    for first in reversed(range(0, len(pairs), MOST)):
        text, binds = f"_xlfn.LET({','.join(pairs[first : first + MOST])},{text})", ATOM
    return text, binds


def _unified(root: Node, places: Seen) -> tuple[Node, _Below]:
    """The root with each thing that stands nowhere as one node, and what stands. A relu is an IF of its mask."""
    below, new, known = _Below(root, places), dict[Node, Node](), dict[object, Node]()

    def one(node: Node, op: str, *sources: Node) -> Node:
        key = (op, node.value) if op == "constant" else (op, *map(id, sources))
        return known.setdefault(key, replace(node, op=op, sources=sources))

    for node in order([root], below):
        sources = [new.get(source, source) for source in node.sources]
        if node in below or node.op == "input":
            new[node] = node
        elif node.op == "relu":
            mask = one(replace(node, name=""), "step", *sources)
            new[node] = one(node, "where", mask, *sources, one(lift(0.0), "constant"))
        else:
            if node.op == "mul":  # a column beside a matrix is repeated by itself
                a, b = sources
                sources = [_column(a, b, below), _column(b, a, below)]
            new[node] = one(node, node.op, *sources)
    return new[root], _Below(new[root], places)


def _column(a: Node, other: Node, below: Container[object]) -> Node:
    """The column that a repeats beside another matrix of its shape; a itself where it repeats none, or stands."""
    repeats = a not in below and a.op == "matmul" and a.sources[1].value == ((1.0,) * a.shape[1],)
    return a.sources[0] if repeats and a.shape == other.shape else a


def named(nodes: Sequence[Node], taken: Collection[str]) -> dict[Node, str]:
    """A name for each, of words of the field: numbered where several would have the same."""
    wished = {node: _wish(node) for node in nodes}
    often = Counter(name.lower() for name in wished.values())
    used, out, at = set[str](), dict[Node, str](), Counter[str]()
    for node, wish in wished.items():
        name = wish
        while (
            (often[wish.lower()] > 1 and name == wish) or name.lower() in used or name.lower() in taken or unfit(name)
        ):
            at[wish.lower()] += 1
            name = f"{wish}_{at[wish.lower()]}"
        used.add(name.lower())
        out[node] = name
    return out


def _wish(node: Node) -> str:
    if node.name and not unfit(node.name):
        return node.name
    if node.op == "transpose":
        return f"{_wish(node.sources[0])}_T"
    rectified = node.op == "where" and node.sources[0].op == "step"
    wish = "relu" if rectified else CALLED.get(node.op, node.op)
    return wish if not unfit(wish) else "part"


class _Below:
    """Whether a node stands somewhere below a root, which is written in full wherever it stands."""

    def __init__(self, root: Node, places: Seen) -> None:
        self.root, self.places = root, places

    def __contains__(self, node: object) -> bool:
        return node is not self.root and isinstance(node, Node) and self.places.whole(node) is not None


class _Marks:
    """Places in which each node that stands nowhere is a mark, so that a text tells which it has how often."""

    def __init__(self, places: Seen, inner: Sequence[Node]) -> None:
        self.places, self.inner = places, inner
        self.marks = {node: f"\0{i}\0" for i, node in enumerate(inner)}
        self.readers = Counter(source for node in inner for source in node.sources)
        self.condition: Node | None = None

    def read_by(self, node: Node, write: Write) -> Iterator[Node]:
        """What the text of a node has, as often as it has it."""
        is_if = node.op == "where" and node.sources[0].op in CONDITION and self.readers[node.sources[0]] == 1
        self.condition = node.sources[0] if is_if else None  # it is written into the IF
        for at in re.findall("\0(\\d+)\0", write(node, self)[0]):
            yield self.inner[int(at)]

    def whole(self, node: Node) -> str | None:
        if node in self.marks:
            return None if node is self.condition else self.marks[node]
        return self.places.whole(node)


class _Bound:
    """Places, and what is bound so far."""

    def __init__(self, places: Seen) -> None:
        self.places, self.names = places, dict[Node, str]()

    def whole(self, node: Node) -> str | None:
        return self.names.get(node) or self.places.whole(node)

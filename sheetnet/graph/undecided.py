"""What is undecided by rounding, settled in an evaluation as a sheet has settled it.

Where a matrix in doubt (see doubts) stands in a sheet, the sheet has decided: a number within the doubt is taken from
there, and what follows is calculated from it, as exactly as ever. So a fault beside what is undecided, or after it, is
a fault.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from sheetnet.graph.dialect import STACKS
from sheetnet.graph.doubts import ANY, DIGITS, DOUBTS, NONE, carried
from sheetnet.graph.evaluate import Array
from sheetnet.graph.magnitude import NOISE
from sheetnet.graph.node import Node
from sheetnet.graph.recurrence import MOST, size

EDGE, ROOT = 1e290, 1e145  # beyond, a product with a few more numbers may be too large for a double; of a square

# of numbers that are the same in every program these are the same too
KEEPS = {"same", "where", "transpose", "row", "pick", "lookup", "hstack", "vstack", "expand", "relu", "neg", "abs"}
KEEPS |= {"max", "min", "median", "if_error", "add", "sub", "mul", "div", "sqrt"}  # rounded once, and everywhere alike
KEEPS |= {"gather", "largest"}
DECIDES = {"sign", "step", "floor", "greater", "equal", "reads", "filled", "match", "count_same", "hit"}
FLAGS = {"step", "greater", "equal", "reads", "filled"}  # 1 or 0
WHOLE = {"square", "sum", "matmul", "cumsum", "sum_rows", "scatter", "correlate"}  # of whole numbers
MOVES = {"same", "neg", "transpose", "expand", "add", "sub", "mul", "div", "row", *STACKS}  # one decision, no mixture
SPOILS = {"matmul", "sum_rows", "softmax", "shares", "logsumexp", "inverse", "determinant"}
Known = Mapping[Node, Array]


class Undecided:
    """Goes along with an evaluation (see with_magnitudes) and settles in it what is undecided, as a sheet has it."""

    def __init__(self, said: Mapping[Node, Array]) -> None:
        """said: the numbers and texts of nodes as they stand in a sheet, nan for an error."""
        self.said = said
        self.apart: dict[Node, Array] = {}  # how far a program may be from the value that decides for itself
        self._doubts: dict[Node, Array] = {}
        self._either: set[Node] = set()  # of those in doubt: each entry is one number or one other, none between
        self._same: set[Node] = set()  # in every program
        self._off: dict[Node, Array] = {}  # how far the sheet is from the value, where that is known
        self._large: set[Node] = set()

    def settle(
        self, node: Node, value: Array, sources: Sequence[Array], sizes: Sequence[Array], own: Array, state: bool
    ) -> Array:
        """The value of a node with which to go on; own is its magnitude, sizes are those of its sources.

        state: it is one with which a step of a recurrence begins. Of such a one noise alone is a doubt where it is
        more than check allows a number: an optimiser that divides a gradient by its own size makes steps of noise.
        """
        if own.size and np.maximum.reduce(own, axis=None) > ROOT:
            self._large.add(node)
        if _is_same(node, value, sources, self._same):
            self._same.add(node)
        doubt = self._doubt(node, value, sources, sizes, self._doubts, self._off)
        apart = self._doubt(node, value, sources, sizes, self.apart, {})
        value = self._settle(node, value, sources, own, doubt, apart, state)
        self._measure(node, value, sources)
        return value

    def _settle(
        self, node: Node, value: Array, sources: Sequence[Array], own: Array, doubt: Array, apart: Array, state: bool
    ) -> Array:
        if not state and doubt is NONE and apart is NONE:
            return value
        if state:
            allowed = MOST * size(value).max(initial=0.0)
            if node in self.said and own.max(initial=0.0) > allowed:
                doubt = np.maximum(doubt, NOISE * own)
            apart = np.maximum(doubt, apart)
            apart = np.where(apart > NOISE * allowed, apart, 0.0)  # what is allowed anyhow is not carried on
        if apart.any():
            self.apart[node] = np.broadcast_to(apart, node.shape)
        if not doubt.any():
            return value
        doubt = np.broadcast_to(doubt, node.shape)
        if node in self.said:
            settled = _settled(value, doubt, self.said[node], self._is_either(node))
            if node.op in FLAGS:
                return np.where(np.isin(settled, (0.0, 1.0)) | np.isnan(settled), settled, value)
            return settled
        if self._is_either(node):
            self._either.add(node)
        self._doubts[node] = doubt
        return value

    def _is_either(self, node: Node) -> bool:
        """Whether nothing but one decision, its own or one below it, is in doubt in each entry."""
        below = [source for source in node.sources if source in self._doubts]
        if node.op in FLAGS or node.op == "floor" or (node.op == "where" and below in ([], [node.sources[0]])):
            return True
        one = len(below) == 1 or node.op in STACKS
        return bool(below) and one and node.op in MOVES and self._either.issuperset(below)

    def _measure(self, node: Node, value: Array, sources: Sequence[Array]) -> None:
        """Note how far the sheet is from a value that stands in it, or is made by few roundings of such."""
        if node in self._same or value.dtype == object:
            return
        if node in self.said:
            gap = np.abs(_numbers(self.said[node]) - value)
            self._off[node] = np.where(gap < np.inf, gap, 0.0)
            return
        known = all(source in self._off or source in self._same for source in node.sources)
        if known and node.op in KEEPS and _is_clear(node.op, value, sources):
            off = [self._off.get(source, NONE) for source in node.sources]
            self._off[node] = carried(node.op, value, sources, off) if any(one.any() for one in off) else NONE

    def _doubt(
        self, node: Node, value: Array, sources: Sequence[Array], sizes: Sequence[Array], known: Known, off: Known
    ) -> Array:
        """The doubt of a node, from those of its sources that are known; broadcasts to its shape; NONE for none.

        off: how far a program is from the sources' values, where that is less than noise.
        """
        inherited = not known.keys().isdisjoint(node.sources)
        large = bool(self._large) and (node in self._large or not self._large.isdisjoint(node.sources))
        if not inherited and not large and node.op not in DOUBTS and node.op not in SPOILS:
            return NONE
        doubts = [known.get(source, NONE) for source in node.sources]
        out: Array = NONE
        if node.op in DOUBTS:
            reach = [
                doubt if source in self._same else doubt + (off[source] if source in off else NOISE * m)
                for source, doubt, m in zip(node.sources, doubts, sizes, strict=True)
            ]
            out = DOUBTS[node.op](value, sources, reach)
            if node.op in ("greater", "equal"):
                out = _but_with_itself(node, out)
        if inherited and node.op not in DECIDES:
            out = out + carried(node.op, value, sources, doubts)
        if value.dtype != object and (large or node.op in SPOILS):
            errors = np.isnan(value)
            if large:
                out = out + np.where(errors | (np.abs(value) > EDGE), np.inf, 0.0)
            if node.op in SPOILS and errors.any():
                out = np.where(errors, out, np.inf)
        return out


def _but_with_itself(node: Node, doubt: Array) -> Array:
    """The doubt of a comparison, but where a number is compared with itself, as in a > TRANSPOSE(a)."""
    a, b = node.sources
    if a is b:
        return NONE
    if a.sources == (b,) or b.sources == (a,):
        turned = a if a.sources == (b,) else b
        return np.where(np.eye(*node.shape, dtype=bool), 0.0, doubt) if turned.op == "transpose" else doubt
    return doubt


def _is_same(node: Node, value: Array, sources: Sequence[Array], same: Collection[Node]) -> bool:
    """Whether a value is the same in every program, to the last bit."""
    if node.op == "constant" and value.dtype != object:  # a formula has 15 digits of it
        return all(float(f"{number:.15g}") == number for number in value.flat)
    if not node.sources or node.op in DECIDES:
        return True
    if not all(source in same for source in node.sources):
        return False
    if node.op in KEEPS:
        return _is_clear(node.op, value, sources)
    if node.op == "power":  # of 2 it is exact
        return bool((sources[0] == 2.0).all()) and _whole(sources[1])
    return node.op in WHOLE and all(map(_whole, (value, *sources)))


def _is_clear(op: str, value: Array, sources: Sequence[Array]) -> bool:
    """Whether no entry is a difference so near 0 that some sheet makes it 0."""
    if op not in ("add", "sub") or value.dtype == object:
        return True
    a, b = map(np.abs, sources)
    return not ((value != 0) & (np.abs(value) <= DIGITS * np.maximum(a, b))).any()


def _whole(a: Array) -> bool:
    return a.dtype != object and bool((a == np.rint(a)).all() and (np.abs(a) < 2.0**53).all())


def _settled(value: Array, doubt: Array, said: Array, either: bool) -> Array:
    """The value, but what a sheet says where that is within the doubt: one may be an error where it is ANY or inf.

    either: a number must be as far as the doubt, not less.
    """
    texts = _texts(said)
    if value.dtype == object:
        other = (doubt >= ANY) & (_errors(said) | _errors(value))
        return np.where((doubt > 0) & (texts == _texts(value)) | other, said, value)
    numbers = _numbers(said)
    gap = np.abs(numbers - value)
    close = np.abs(gap - doubt) <= NOISE * MOST * doubt if either else gap <= 2.0 * doubt
    close &= np.isfinite(doubt)
    other = (doubt >= ANY) & (np.isnan(numbers) | np.isnan(value))
    return np.where((doubt > 0) & (close | other) & ~texts, numbers, value)


def _numbers(cells: Array) -> Array:
    """The numbers among some cells; nan for text and errors."""
    numbers = np.where(_texts(cells), np.nan, cells).astype(float)
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _errors(cells: Array) -> Array:
    return np.array([cell != cell for cell in cells.flat], dtype=bool).reshape(cells.shape)


def _texts(cells: Array) -> Array:
    return np.array([isinstance(cell, str) for cell in cells.flat], dtype=bool).reshape(cells.shape)

"""Decisions that hang on less than programs agree on, and how far what follows from them may move.

A sheet compares numbers by 15 digits, and which of two sums is larger by a last digit depends on the order of adding:
there a mask, a mode or a verdict may fall either way, and both are right. DOUBTS says op by op where, and by how much
the value may then be another: its *doubt*, entry by entry, 0 where all programs decide alike; inf where one may have
an error and another a number. What an op makes of its sources' doubts follows its rule in magnitude.

Where a matrix in doubt stands in a sheet, the sheet has decided: a number within the doubt is taken from there, and
what follows is calculated from it, as exactly as ever. So a fault beside what is undecided, or after it, is a fault.

Where engines mean different things (seen in IronCalc 0.9 and LibreOffice 7.4, read of Excel):
- `greater`, `equal`, `step`: equal are numbers of 15 equal digits; in IronCalc also those within 2.2E-16.
- `relu`, written with >: so IronCalc says 0 up to 2.2E-16.
- `match`, `lookup`, `count_same`: keys of 15 equal digits are one. Below the first key is an error everywhere.
- `row`, `pick`: an index within 15 digits of a whole number is that one, as INT has it. Between -1 and 0 LibreOffice
  gives the first row, IronCalc an error.
- `power`: 0^0 is 1 in LibreOffice, an error in Excel and IronCalc; (-8)^(1/3) is -2 in a sheet and none in torch.
- any: beyond EDGE it depends on the order whether a product overflows.
- `matmul` and what is written with it: one error may spoil its row, its column or the whole.
- `median` leaves blanks out, and is an error where one of its numbers is.
- `where` with one condition for a whole matrix does not repeat a column in IronCalc: ops.triple refuses it.
- ranges of one cell are no ranges in IronCalc (MATCH, LOOKUP, COUNTIF, INDEX): ops refuses them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sheetnet.graph.evaluate import NUMERIC, Array
from sheetnet.graph.magnitude import MAGNITUDE, NOISE
from sheetnet.graph.node import Node
from sheetnet.graph.recurrence import MOST, size

DIGITS, ALIKE = 1e-14, 2.3e-16  # numbers are equal in some sheet that are no farther apart: relative, absolute
EDGE, ROOT = 1e290, 1e145  # beyond, a product with a few more numbers may be too large for a double; of a square

NONE = np.zeros((1, 1))

Doubt = Callable[[Array, Sequence[Array], Sequence[Array]], Array]  # value, the sources' values and how far they reach

# exact in every program where their sources are
KEEPS = {"same", "where", "transpose", "row", "pick", "lookup", "hstack", "vstack", "expand", "relu", "neg", "abs"}
KEEPS |= {"max", "min", "median", "if_error"}
DECIDES = {"sign", "step", "greater", "equal", "filled", "match", "count_same", "judge"}
WHOLE = {"add", "sub", "mul", "square", "sum", "matmul", "cumsum", "sum_rows"}  # of whole numbers
SPOILS = {"matmul", "sum_rows", "softmax", "logsumexp", "inverse", "determinant"}


# ---- where two numbers may be taken for one, or an order for another


def _near(a: Array, b: Array, reach: Array) -> Array:
    """Where it is undecided which of two numbers is larger: not the same but for 15 digits, or noise tells."""
    gap = np.abs(a - b)
    alike = (gap > 0) & (gap <= np.maximum(ALIKE, DIGITS * np.maximum(np.abs(a), np.abs(b))))
    return alike | ((gap <= reach) & (reach > 0))


def _apart(a: Array, b: Array) -> Array:
    """How far two values are apart: inf between a number and an error, and between texts."""
    if a.dtype == object or b.dtype == object:
        return np.where(a == b, 0.0, np.inf)
    return np.where(np.isnan(a) != np.isnan(b), np.inf, np.nan_to_num(np.abs(a - b)))


def _either(undecided: Array, step: float, reach: Array) -> Array:
    """A step where it is undecided; inf where there may be an error to decide on."""
    return np.where(np.isinf(reach), np.inf, undecided * step)


def _compared(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    a, b = values
    both = reach[0] + reach[1]
    return _either(both > 0 if a.dtype == object or b.dtype == object else _near(a, b, both), 1.0, both)


def _positive(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return _either(_near(values[0], NONE, reach[0]), 1.0, reach[0])


def _sign(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return _either((np.abs(values[0]) <= reach[0]) & (reach[0] > 0), 2.0, reach[0])


def _relu(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    a = np.abs(values[0])
    return np.where(a <= ALIKE, a, 0.0)


def _power(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    a, b = values
    return np.where(((a == 0) & (b == 0)) | ((a < 0) & (b != np.rint(b))), np.inf, 0.0)


def _where(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    if not reach[0].any():
        return NONE
    return np.where(np.isinf(reach[0]), np.inf, np.where(reach[0] > 0, _apart(values[1], values[2]), 0.0))


def _if_error(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return np.where(reach[0] < np.inf, 0.0, np.inf)


def _indexed(op: str, k: int) -> Doubt:
    """Of an op whose k-th source is an index: how far what the next or last one gives is from the value."""

    def rule(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
        at = values[k].item()
        apart = reach[k].item() + (0.0 if at == round(at) else DIGITS * abs(at)) if np.isfinite(at) else 0.0
        if -1 < at - apart < 0:
            return np.full(v.shape, np.inf)
        ends = {np.floor(at - apart), np.floor(at + apart)} if apart else ()
        others = [NUMERIC[op](np, *values[:k], np.full((1, 1), end), *values[k + 1 :]) for end in ends]
        return np.max([NONE * size(v), *(_apart(v, other) for other in others)], axis=0)

    return rule


def _alike(key: Array, keys: Array, reach: Array) -> Array | None:
    """For each key (n, 1) which of the keys (m, 1) may be the same though it is another, (n, m); None where none is."""
    if key.dtype == object:
        return None
    every = np.unique(np.concatenate([key, keys]))
    if not reach.any() and not _near(every[1:], every[:-1], NONE).any():
        return None
    found: Array = _near(key, keys.T, reach) & (key != keys.T)
    return found


def _match(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    key, keys = values
    if (alike := _alike(key, keys, reach[0] + reach[1].max())) is None:
        return NONE
    places = np.arange(1.0, 1.0 + alike.shape[1])
    return np.max(np.where(alike, np.nan_to_num(np.abs(places - v), nan=np.inf), 0.0), axis=1, keepdims=True)


def _lookup(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    key, keys, _ = values
    if (alike := _alike(key, keys, reach[0] + reach[1].max())) is None:
        return NONE
    return np.where(alike.any(axis=1, keepdims=True), np.inf, 0.0)


def _count_same(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    alike = _alike(values[0], values[0], reach[0])
    return NONE if alike is None else alike.sum(axis=1, keepdims=True) * 1.0


def _errors(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    """Where there may be an error; noise alone is none."""
    return np.where(np.maximum.reduce(np.broadcast_arrays(*reach)) == np.inf, np.inf, 0.0)


DOUBTS: dict[str, Doubt] = {
    "greater": _compared,
    "equal": _compared,
    "step": _positive,
    "sign": _sign,
    "relu": _relu,
    "softplus": _relu,
    "power": _power,
    "where": _where,
    "if_error": _if_error,
    "filled": _errors,
    "judge": _errors,
    "row": _indexed("row", 1),
    "pick": _indexed("pick", 0),
    "match": _match,
    "lookup": _lookup,
    "count_same": _count_same,
}


# ---- what an op makes of its sources' doubts, where that is more than its rule in magnitude says


def _sum(v: Array, values: Sequence[Array], doubts: Sequence[Array]) -> Array:
    return doubts[0] + doubts[1]


def _product(times: Callable[[Array, Array], Array]) -> Doubt:
    def rule(v: Array, values: Sequence[Array], doubts: Sequence[Array]) -> Array:
        (a, b), (d, e) = map(np.abs, values), doubts
        return times(d, b + e) + times(a, e)

    return rule


CARRIES: dict[str, Doubt] = {
    "add": _sum,
    "sub": _sum,
    "mul": _product(np.multiply),
    "matmul": _product(np.matmul),
    "estimate": lambda v, a, d: d[0],
    "outcome": lambda v, a, d: d[0],
    "inverse": lambda v, a, d: np.abs(v) @ d[0] @ np.abs(v),
}


def _carried(op: str, value: Array, values: Sequence[Array], doubts: Sequence[Array]) -> Array:
    full = [np.broadcast_to(doubt, a.shape) for doubt, a in zip(doubts, values, strict=True)]
    if op in CARRIES:
        out = CARRIES[op](value, values, full)
    else:
        out = NOISE * MAGNITUDE[op](value, values, [doubt / NOISE for doubt in full])
    endless = any(np.isinf(doubt).any() for doubt in doubts)
    return np.nan_to_num(np.broadcast_to(out, value.shape), nan=np.inf if endless else 0.0, posinf=np.inf)


class Undecided:
    """Goes along with an evaluation (see with_magnitudes) and settles in it what is undecided, as a sheet has it."""

    def __init__(self, said: Mapping[Node, Array]) -> None:
        """said: the numbers and texts of nodes as they stand in a sheet, nan for an error."""
        self.said = said
        self.apart: dict[Node, Array] = {}  # how far a program may be from the value that decides for itself
        self._doubts: dict[Node, Array] = {}
        self._exact: set[Node] = set()
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
        if self._is_exact(node, value, sources):
            self._exact.add(node)
        doubt = self._doubt(node, value, sources, sizes, self._doubts)
        apart = self._doubt(node, value, sources, sizes, self.apart) if self.apart else doubt
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
            return _settled(value, doubt, self.said[node])
        self._doubts[node] = doubt
        return value

    def _is_exact(self, node: Node, value: Array, sources: Sequence[Array]) -> bool:
        if not node.sources or node.op in DECIDES:
            return True
        if not all(source in self._exact for source in node.sources):
            return False
        return node.op in KEEPS or (node.op in WHOLE and all(map(_whole, (value, *sources))))

    def _doubt(
        self, node: Node, value: Array, sources: Sequence[Array], sizes: Sequence[Array], known: Mapping[Node, Array]
    ) -> Array:
        """The doubt of a node, from those of its sources that are known; broadcasts to its shape."""
        doubts = [known.get(source, NONE) for source in node.sources]
        inherited = any(source in known for source in node.sources)
        out: Array = NONE
        if node.op in DOUBTS:
            reach = [
                doubt if source in self._exact else doubt + NOISE * m
                for source, doubt, m in zip(node.sources, doubts, sizes, strict=True)
            ]
            out = DOUBTS[node.op](value, sources, reach)
        if inherited and node.op not in DECIDES:
            out = out + _carried(node.op, value, sources, doubts)
        large = bool(self._large) and (node in self._large or any(s in self._large for s in node.sources))
        if value.dtype != object and (large or inherited):
            errors = np.isnan(value)
            if large:
                out = out + np.where(errors | (np.abs(value) > EDGE), np.inf, 0.0)
            if node.op in SPOILS and errors.any():
                out = np.full(value.shape, np.inf)
        return out


def _whole(a: Array) -> bool:
    return a.dtype != object and bool((a == np.rint(a)).all() and (np.abs(a) < 2.0**53).all())


def _settled(value: Array, doubt: Array, said: Array) -> Array:
    """The value, but what a sheet says where that is within the doubt: one may be an error where the doubt is inf."""
    if value.dtype == object:
        return np.where((doubt > 0) & (_texts(said) == _texts(value)), said, value)
    texts = _texts(said)
    numbers = np.where(texts, np.nan, said).astype(float)
    numbers[~np.isfinite(numbers)] = np.nan
    close = np.abs(numbers - value) <= 2.0 * doubt
    other = np.isinf(doubt) & (np.isnan(numbers) | np.isnan(value))
    return np.where((doubt > 0) & (close | other) & ~texts, numbers, value)


def _texts(cells: Array) -> Array:
    return np.array([isinstance(cell, str) for cell in cells.flat], dtype=bool).reshape(cells.shape)

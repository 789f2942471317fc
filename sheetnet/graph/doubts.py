"""Where programs decide otherwise, op by op, and how far the value may then be another.

A sheet compares numbers by 15 digits, and which of two sums is larger by a last digit depends on the order of adding:
there a mask, a mode or a verdict may fall either way, and both are right. The *doubt* of a value says, entry by entry,
by how much it may then be another: 0 where all programs decide alike, inf where one may have an error and another a
number. DOUBTS says where an op decides; what it makes of its sources' doubts follows its rule in magnitude.

Where engines mean different things (seen in IronCalc 0.9 and LibreOffice 7.4, read of Excel):
- `greater`, `equal`, `step`: equal are numbers of 15 equal digits; in IronCalc also those within 2.2E-16.
- `relu`, written with >: so IronCalc says 0 up to 2.2E-16.
- `match`, `lookup`, `count_same`: keys of 15 equal digits are one. Below the first key is an error everywhere.
- `row`, `pick`: an index within 15 digits of a whole number is that one, as INT has it. Between -1 and 0 LibreOffice
  gives the first row, IronCalc an error.
- `power`: 0^0 is 1 in LibreOffice, an error in Excel and IronCalc; (-8)^(1/3) is -2 in a sheet and none in torch.
- `inverse`, `determinant`: what is below about 1E-15 counts as 0 in IronCalc, whatever the size of the rest.
- `normal`: far out, and where its square is too small, an error in LibreOffice.
- `floor`: a number within 15 digits of a whole one is that one.
- `sin`, `cos`: from 2^27 on an error in Excel, from somewhere in LibreOffice.
- `square`, `power`: too small for a double is an error in LibreOffice.
- any: beyond undecided.EDGE it depends on the order whether a product overflows; IronCalc goes on with infinity within
  a formula, and has an error where a cell would show it.
- `matmul` and what is written with it: one error may spoil its row, its column or the whole.
- `median` leaves blanks out, and is an error where one of its numbers is.
- `where` with one condition for a whole matrix does not repeat a column in IronCalc: ops.triple refuses it.
- `if_error` of one cell does not repeat it beside a matrix: ops.instead refuses it.
- ranges of one cell are no ranges in IronCalc (MATCH, LOOKUP, COUNTIF, INDEX): ops refuses them; node folds
  sums of one row and products of two cells (MMULT of an error is 0 in LibreOffice).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sheetnet.graph.evaluate import NUMERIC, Array
from sheetnet.graph.magnitude import MAGNITUDE, NOISE
from sheetnet.graph.recurrence import size

DIGITS, ALIKE = 1e-14, 2.3e-16  # numbers are equal in some sheet that are no farther apart: relative, absolute

PIVOT, LOST = 1e-14, 1e-17  # the least singular value of a matrix that has an inverse; as a share of the largest
FAR, TURNS, SMALLEST = 1e3, 2.0**27, 2.3e-308  # arguments of normal, sin and cos; a power that is not too small
NONE, ANY = np.zeros((1, 1)), 1e308  # no doubt, and one that allows all

Doubt = Callable[[Array, Sequence[Array], Sequence[Array]], Array]  # value, the sources' values and how far they reach

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
    both: Array = reach[0] + reach[1]
    return _either(both > 0 if a.dtype == object or b.dtype == object else _near(a, b, both), 1.0, both)


def _positive(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return _either(_near(values[0], NONE, reach[0]), 1.0, reach[0])


def _floor(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return _either(_near(values[0], np.rint(values[0]), reach[0]), 1.0, reach[0])


def _sign(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return _either((np.abs(values[0]) <= reach[0]) & (reach[0] > 0), 2.0, reach[0])


def _relu(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    a = np.abs(values[0])
    return np.where(a <= ALIKE, a, 0.0)


def _outgrown(v: Array, *values: Array) -> Array:
    """Where there is no number though all sources are some: within a formula a program may go on with infinity."""
    return np.isnan(v) & ~np.any(np.broadcast_arrays(*map(np.isnan, values)), axis=0)


def _div(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return np.where(_outgrown(v, *values) & (values[1] != 0), np.inf, 0.0)


def _exp(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return np.where(_outgrown(v, *values), np.inf, 0.0)


def _power(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    a, b = values
    small = (np.abs(v) < SMALLEST) & (a != 0)
    return np.where(small | _outgrown(v, a, b) | ((a == 0) & (b == 0)) | ((a < 0) & (b != np.rint(b))), np.inf, 0.0)


def _singular(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    """Of an inverse: inf where a pivot may be none, and any number where none of its digits is known."""
    if not np.isfinite(values[0]).all():
        return NONE
    sizes = np.linalg.svd(values[0], compute_uv=False)
    if sizes[-1] < LOST * sizes[0] and np.isfinite(v).all():
        return np.full(v.shape, ANY)
    return np.full(v.shape, np.inf) if sizes[-1] <= PIVOT else NONE


def _determinant(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    return np.abs(v) if _singular(np.full((1, 1), np.nan), values, reach).any() else NONE


def _where(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    if not reach[0].any():
        return NONE
    return np.where(np.isinf(reach[0]), np.inf, np.where(reach[0] > 0, _apart(values[1], values[2]), 0.0))


def _if_error(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    """How far the other number is; if there is one in place of an error, it may be any."""
    a, b = values
    if not np.isinf(reach[0]).any():
        return NONE
    if a.dtype == object or b.dtype == object:
        return np.where(np.isinf(reach[0]), np.inf, 0.0)
    return np.where(np.isinf(reach[0]), np.where(np.isnan(a), ANY, np.nan_to_num(np.abs(a - b), nan=np.inf)), 0.0)


def _indexed(op: str, k: int) -> Doubt:
    """Of an op whose k-th source is an index: how far what the next or last one gives is from the value.

    The 0th row is all of them in the midst of a formula, and the first where it stands for itself.
    """

    def rule(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
        at = values[k].item()
        apart = reach[k].item() + (0.0 if at == round(at) else DIGITS * abs(at)) if np.isfinite(at) else 0.0
        if -1 < at - apart < 0:
            return np.full(v.shape, np.inf)
        if op == "row" and 0 <= at < 1:
            return np.full(v.shape, ANY)
        ends = {np.floor(at - apart), np.floor(at + apart)} if apart else ()
        others = [NUMERIC[op](np, *values[:k], np.full((1, 1), end), *values[k + 1 :]) for end in ends]
        return np.max([NONE * size(v), *(_apart(v, other) for other in others)], axis=0)

    return rule


def _letter(v: Array, values: Sequence[Array], reach: Sequence[Array]) -> Array:
    """Where the place may be another."""
    at = values[1]
    apart = reach[1] + np.where(at == np.rint(at), 0.0, DIGITS * np.abs(at))
    other = np.isinf(reach[1]) | (np.floor(at - apart) != np.floor(at + apart))
    return np.broadcast_to(np.where(other, np.inf, 0.0), v.shape)


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
    key, keys, found = values
    if (alike := _alike(key, keys, reach[0] + reach[1].max())) is None:
        return NONE
    return np.max(np.where(alike, _apart(v, found.T), 0.0), axis=1, keepdims=True)


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
    "floor": _floor,
    "relu": _relu,
    "softplus": _relu,
    "normal": lambda v, a, reach: np.where((np.abs(a[0]) > FAR) | (a[0] ** 2 < SMALLEST) & (a[0] != 0), np.inf, 0.0),
    "sin": lambda v, a, reach: np.where(np.abs(a[0]) >= TURNS, np.inf, 0.0),
    "cos": lambda v, a, reach: np.where(np.abs(a[0]) >= TURNS, np.inf, 0.0),
    "square": lambda v, a, reach: np.where((np.abs(v) < SMALLEST) & (a[0] != 0), np.inf, 0.0),
    "div": _div,
    "exp": _exp,
    "shares": lambda v, a, reach: _exp(v, a[:1], reach),
    "power": _power,
    "inverse": _singular,
    "determinant": _determinant,
    "where": _where,
    "if_error": _if_error,
    "filled": _errors,
    "reads": _errors,
    "hit": _errors,
    "row": _indexed("row", 1),
    "pick": _indexed("pick", 0),
    "letter": _letter,
    "joined": lambda v, a, reach: np.where(reach[0] > 0, np.inf, 0.0).max(axis=1, keepdims=True),
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


def carried(op: str, value: Array, values: Sequence[Array], doubts: Sequence[Array]) -> Array:
    """The doubt of an op's value that its sources' doubts make, to first order and beyond."""
    full = [np.broadcast_to(doubt, a.shape) for doubt, a in zip(doubts, values, strict=True)]
    if op in CARRIES:
        out = CARRIES[op](value, values, full)
    else:
        out = NOISE * MAGNITUDE[op](value, values, [doubt / NOISE for doubt in full])
    endless = any(np.isinf(doubt).any() for doubt in doubts)
    return np.nan_to_num(np.broadcast_to(out, value.shape), nan=np.inf if endless else 0.0, posinf=np.inf)

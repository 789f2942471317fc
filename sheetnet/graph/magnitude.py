"""How large the numbers are whose difference (or sum) a value is: what counts as zero beside it.

0.1 + 0.2 - 0.3 is 5.6e-17 in one program and 0 in another, and both are right: the numbers are of size 0.3. A
magnitude is that size, entry by entry. It begins with |value|, the larger one survives a sum or a difference, and
every other op carries it along as it carries a small error along, to first order; so a magnitude times NOISE is how
far apart two programs that calculate alike may be. None is below |value|. Text, blanks and error values count 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from sheetnet.graph.evaluate import NUMERIC, Array, steps
from sheetnet.graph.node import Node, order
from sheetnet.graph.ops import FLAT, SHAPES
from sheetnet.graph.recurrence import MOST, Recurrences, size
from sheetnet.graph.windows import correlated, windows

NOISE = 1e-13  # of a magnitude: how far programs may be apart that add in another order; hundreds of roundings
SOLVED = 0.05  # of it, in an inverse and a determinant: they lose tens of roundings (12 measured), not hundreds

Rule = Callable[[Array, Sequence[Array], Sequence[Array]], Array]  # value, the sources' values and magnitudes
Settle = Callable[[Node, Array, Sequence[Array], Sequence[Array], Array, bool], Array]  # see undecided


def _near(a: Array, m: Array) -> Array:
    """How large |a| may be in another program: at 0 it is the noise that is carried on."""
    return np.abs(a) + NOISE * m


# ---- the rules: v is the value, a and b are sources, m and n their magnitudes


def _by_value(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    """Truths, counts and places have no digits to lose, and those of an estimate may be lost."""
    return 0.0


def _along(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    return sizes[0]


def _larger(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    return np.maximum(*sizes)


def _product(times: Callable[[Array, Array], Array]) -> Rule:
    """The rule of a product: max(m |b|, |a| n); of a matrix with itself their sum.

    A square's relative error is twice that of its root, so that a chain of k squarings loses 2^k times the digits.
    """

    def rule(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
        (a, b), (m, n) = values, sizes
        left, right = times(m, _near(b, n)), times(_near(a, m), n)
        return left + right if a is b else np.maximum(left, right)

    return rule


def _div(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    (a, b), (m, n) = values, sizes
    b = np.abs(b)
    return np.maximum(m, _near(a, m) * (n / b)) / b


def _sqrt(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    return sizes[0] / (2.0 * np.sqrt(_near(values[0], sizes[0])))


def _power(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    (a, b), (m, n) = values, sizes
    a = _near(a, m)
    return np.fmax(np.abs(b) * a ** (b - 1.0) * m, np.abs(v * np.log(a)) * n)


def _relu(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    return np.where(values[0] + NOISE * sizes[0] > 0, sizes[0], 0.0)


def _softmax(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    shares = v * sizes[0]
    return v * (sizes[0] - 2.0 * shares + np.sum(shares, axis=1, keepdims=True))


def _softplus(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    """1 or more: ln(1 + x) has no digits of x beyond the last of 1."""
    return np.maximum(1.0, NUMERIC["sigmoid"](np, values[0]) * sizes[0])


def _logsumexp(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    return np.maximum(1.0, np.max(np.exp(values[0] - v) * sizes[0], axis=1, keepdims=True))


def _pick(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    return NUMERIC["pick"](np, values[0], *sizes[1:])


def _if_error(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    a = values[0]
    error = [[not isinstance(e, str) and e != e for e in line] for line in a] if a.dtype == object else np.isnan(a)
    return np.where(error, sizes[1], sizes[0])


def _correlate(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    (a, taps, places), (m, n, _) = values, sizes
    left, right = correlated(np, m, _near(taps, n), places), correlated(np, _near(a, m), n, places)
    return np.maximum(left, right)


def _largest(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    """The largest magnitude of the entries that another program may find there."""
    near, own = (windows(of, *values[1:]) for of in (values[0], sizes[0]))
    low = (near - NOISE * own).max(-1, keepdims=True)
    return np.max(own, axis=-1, where=near + NOISE * own >= low, initial=0.0)


def _determinant(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    """The sum of |cofactor| m, with the cofactors of singular matrices too: by singular values s, without dividing."""
    if not np.isfinite(values[0]).all():
        return np.zeros((1, 1))
    U, s, Vt = np.linalg.svd(values[0])
    s = s + NOISE * sizes[0].max()
    without = np.array([np.prod(np.delete(s, i)) for i in range(len(s))])
    return SOLVED * np.sum(np.abs((U * without) @ Vt) * sizes[0])


def _extreme(sign: float) -> Rule:
    """The rule of max (1) and min (-1): the largest magnitude of the entries that another program may find there."""

    def rule(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
        a, reach = sign * values[0], NOISE * sizes[0]
        return np.max(sizes[0], where=a + reach >= (a - reach).max(), initial=0.0).reshape(1, 1)

    return rule


def _median(v: Array, values: Sequence[Array], sizes: Sequence[Array]) -> Array:
    filled = ~np.isnan(values[0])
    if not filled.any():
        return np.zeros((1, 1))
    a, m = values[0][filled], sizes[0][filled]
    reach, (left, right) = NOISE * m, ((a.size - 1) // 2, a.size // 2)
    low, high = np.sort(a - reach)[left : left + 1], np.sort(a + reach)[right : right + 1]
    return np.max(m, where=(a + reach >= low) & (a - reach <= high), initial=0.0).reshape(1, 1)


MAGNITUDE: dict[str, Rule] = {
    "add": _larger,
    "sub": _larger,
    "mul": _product(np.multiply),
    "div": _div,
    "neg": _along,
    "square": lambda v, a, m: 2.0 * _near(a[0], m[0]) * m[0],
    "abs": _along,
    "sqrt": _sqrt,
    "power": _power,
    "sin": lambda v, a, m: np.abs(np.cos(a[0])) * m[0],
    "cos": lambda v, a, m: np.abs(np.sin(a[0])) * m[0],
    "relu": _relu,
    "log10": lambda v, a, m: m[0] / np.abs(a[0]) / np.log(10.0),
    "ln": lambda v, a, m: m[0] / np.abs(a[0]),
    "exp": lambda v, a, m: v * m[0],
    "tanh": lambda v, a, m: (1.0 - v * v) * m[0],
    "sigmoid": lambda v, a, m: np.maximum(0.5, v * (1.0 - v) * m[0]),  # 0.5 + ...
    "softplus": _softplus,
    "normal": lambda v, a, m: np.maximum(0.5, 0.4 * np.exp(-0.5 * a[0] * a[0]) * m[0]),  # as a sigmoid
    "softmax": _softmax,
    "shares": _softmax,
    "logsumexp": _logsumexp,
    "pick": _pick,
    "where": lambda v, a, m: np.where(a[0] != 0, m[1], m[2]),
    "if_error": _if_error,
    "same": _along,
    "outcome": lambda v, a, m: np.maximum(m[0], MOST * np.abs(v)),  # as much as check allows any number
    "estimate": _by_value,  # its noise is corrected, not carried on
    "matmul": _product(np.matmul),
    "transpose": lambda v, a, m: m[0].T,
    "inverse": lambda v, a, m: SOLVED * (np.abs(v) @ m[0] @ np.abs(v)),
    "determinant": _determinant,
    "expand": _along,
    "hstack": lambda v, a, m: np.hstack(m),
    "vstack": lambda v, a, m: np.vstack(m),
    "row": lambda v, a, m: NUMERIC["row"](np, m[0], a[1]),
    "gather": lambda v, a, m: NUMERIC["gather"](np, m[0], a[1]),
    "scatter": lambda v, a, m: NUMERIC["scatter"](np, m[0], a[1], a[2]),
    "correlate": _correlate,
    "largest": _largest,
    "lookup": lambda v, a, m: NUMERIC["lookup"](np, a[0], a[1], m[2]),
    "cumsum": lambda v, a, m: np.cumsum(m[0], 0),
    "sum": lambda v, a, m: m[0].sum(),
    "mean": lambda v, a, m: m[0].mean(),
    "max": _extreme(1.0),
    "min": _extreme(-1.0),
    "median": _median,
    "sum_rows": lambda v, a, m: m[0].sum(0),
} | dict.fromkeys(FLAT, _by_value)


def with_magnitudes(
    roots: Sequence[Node], inputs: Mapping[Node, Array], within: Sequence[Node] = (), settle: Settle | None = None
) -> list[tuple[Array, Array]]:
    """The value and the magnitude of each root, numpy arrays of its shape.

    within: other nodes of the same workbook. A descent is known by the table of its states, of which the losses that
    are asked for need not know: without that table they would be taken for a long calculation, and excused as such.
    settle: says with which value of a node to go on (see undecided).
    Raises: GraphError for an input that was not given or has another shape.
    """
    nodes, keep = order(roots), set(roots)
    recurrences = Recurrences(order([*roots, *within]))
    found: dict[Node, Array] = {}
    sizes: dict[Node, Array] = {}

    def measure(node: Node, value: Array, sources: list[Array]) -> Array:
        if node.sources:
            seen = [sizes[source] for source in node.sources]
            if node in recurrences.steps:
                seen = [recurrences.seen(node, *of) for of in zip(node.sources, sources, seen, strict=True)]
            sizes[node] = _counted(MAGNITUDE[node.op](value, sources, seen), value)
        else:
            seen, sizes[node] = [], size(value)
        if settle is not None:
            value = settle(node, value, sources, seen, sizes[node], node in recurrences.sums)
        return value

    with np.errstate(all="ignore"):
        for node, value, _, spent in steps(nodes, keep, inputs, settle=measure):
            if node in keep:
                found[node] = value
            for source in spent:
                del sizes[source]
    return [(found[root], sizes[root]) for root in roots]


def _counted(magnitude: Array, value: Array) -> Array:
    """What was carried along or |value|; |value| where the first has outgrown a double, 0 where the value is none."""
    if value.dtype != object:
        both = np.maximum(np.abs(value), magnitude)
        if np.maximum.reduce(both, axis=None) < np.inf:
            return both
    return np.maximum(size(value), np.where((np.asarray(magnitude) < np.inf) & (value == value), magnitude, 0.0))


assert set(MAGNITUDE) == set(SHAPES), "an op without a rule for its magnitude"

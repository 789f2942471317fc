"""Node -> numpy or torch.

A value that is not finite becomes nan, and nan spreads: that is how an error value spreads in a sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from math import erfc, sqrt
from typing import Any

import numpy as np

from sheetnet.errors import GraphError
from sheetnet.graph.judging import hit
from sheetnet.graph.node import Node, order
from sheetnet.graph.ops import SHAPES
from sheetnet.graph.windows import correlated, gathered, highest, scattered

Array = Any  # a numpy array or a torch tensor of rank 2


def _flag(condition: Array, *sources: Array) -> Array:
    """1 where the condition holds, else 0; nan where a source is nan."""
    return sum((0 * s for s in sources), condition)


def _equal(xp: Any, a: Array, b: Array) -> Array:
    if _is_text(a) or _is_text(b):
        return np.asarray(_folded(a) == _folded(b), dtype=float)
    return _flag(a == b, a, b)


def _reads(xp: Any, a: Array, b: Array) -> Array:
    if not _is_text(b):  # no number is a text
        return _flag(a != a, a, b)
    return _equal(xp, np.vectorize(lambda s: s.strip(" ") if isinstance(s, str) else s, otypes=[object])(a), b)


def _is_text(a: Array) -> bool:
    return isinstance(a, np.ndarray) and a.dtype == object


def _folded(a: Array) -> Array:
    return np.vectorize(lambda s: s.casefold() if isinstance(s, str) else s, otypes=[object])(a)


def _filled(xp: Any, a: Array) -> Array:
    return np.asarray(a != "" if _is_text(a) else ~np.isnan(a), dtype=float)


def _letter(xp: Any, text: Array, place: Array) -> Array:
    return np.vectorize(lambda a, at: a[int(at) - 1 : int(at)] if at >= 1 else np.nan, otypes=[object])(text, place)


def _joined(xp: Any, a: Array) -> Array:
    words = ["".join(line) if all(isinstance(e, str) for e in line) else np.nan for line in a.tolist()]
    return np.array([[word] for word in words], dtype=object)


def _where(xp: Any, condition: Array, yes: Array, no: Array) -> Array:
    if _is_text(yes) or _is_text(no):
        picked = np.asarray(np.where(condition != 0, yes, no), dtype=object)
        return np.where(np.isnan(condition), np.nan, picked)
    return xp.where(condition != 0, yes, no) + 0 * condition


def _if_error(xp: Any, a: Array, b: Array) -> Array:
    if _is_text(a) or _is_text(b):
        missing = np.array([[not isinstance(e, str) and e != e for e in line] for line in a])
        return np.asarray(np.where(missing, b, a), dtype=object)
    return xp.where(xp.isnan(a), b, a)


def _matmul(xp: Any, a: Array, b: Array) -> Array:
    return a @ b


def _inverse(xp: Any, a: Array) -> Array:
    try:
        return xp.linalg.inv(a) + 0 * a.sum()
    except xp.linalg.LinAlgError:
        return a * xp.nan


def _row(xp: Any, a: Array, index: Array) -> Array:
    at = float(index[0, 0])
    if at == at and 0 <= at < a.shape[0] + 1:  # INDEX takes 0 for all rows, of which a cell shows the first
        first = max(int(at), 1) - 1
        return a[first : first + 1]
    return np.full((1, a.shape[1]), np.nan) if _is_text(a) else a[:1] * xp.nan


def _softplus(xp: Any, a: Array) -> Array:
    return xp.clip(a, 0, None) + xp.log1p(xp.exp(-abs(a)))


def _normal(xp: Any, a: Array) -> Array:
    if xp is np:
        return np.vectorize(lambda x: 0.5 * erfc(-x / sqrt(2.0)), otypes=[float])(a)
    return xp.special.ndtr(a)


def _shifted(xp: Any, a: Array) -> tuple[Array, Array]:
    """Each row's largest entry (n, 1), and exp of how far the row's entries are below it."""
    most = a.max(1)
    most = (most if xp is np else most.values).reshape(-1, 1)
    return most, xp.exp(a - most)


def _softmax(xp: Any, a: Array) -> Array:
    _, powers = _shifted(xp, a)
    return powers / powers.sum(1).reshape(-1, 1)


def _shares(xp: Any, a: Array, *seen: Array) -> Array:
    powers = xp.exp(a) * seen[0] if seen else xp.exp(a)
    return powers / powers.sum(1).reshape(-1, 1)


def _logsumexp(xp: Any, a: Array) -> Array:
    most, powers = _shifted(xp, a)
    return most + xp.log(powers.sum(1)).reshape(-1, 1)


def _pick(xp: Any, index: Array, *parts: Array) -> Array:
    at = float(index[0, 0])
    return parts[int(at)] if 0 <= at < len(parts) else parts[0] * xp.nan


def _lookup(xp: Any, key: Array, keys: Array, values: Array) -> Array:
    missing = ~(key >= keys[0, 0])
    at = np.searchsorted(keys[:, 0], np.where(missing, keys[0, 0], key)[:, 0], side="right") - 1
    return np.where(missing, np.nan, values[np.maximum(at, 0)]).astype(values.dtype)


def _match(xp: Any, key: Array, keys: Array) -> Array:
    first: dict[float, float] = {}
    for at, entry in enumerate(keys[:, 0].tolist(), start=1):
        first.setdefault(entry, float(at))
    return np.array([[first.get(entry, np.nan)] for entry in key[:, 0].tolist()])


def _count_same(xp: Any, a: Array) -> Array:
    text = _folded(a) if _is_text(a) else a
    counts: dict[Any, int] = {}
    for entry in text[:, 0]:
        counts[entry] = counts.get(entry, 0) + 1
    return np.array([[float(counts[e]) if e not in ("",) and e == e else 0.0] for e in text[:, 0]])


NUMERIC: dict[str, Callable[..., Array]] = {
    "add": lambda xp, a, b: a + b,
    "sub": lambda xp, a, b: a - b,
    "mul": lambda xp, a, b: a * b,
    "div": lambda xp, a, b: a / b,
    "neg": lambda xp, a: -a,
    "square": lambda xp, a: a * a,
    "abs": lambda xp, a: abs(a),
    "sign": lambda xp, a: xp.sign(a),
    "sqrt": lambda xp, a: xp.sqrt(a),
    "floor": lambda xp, a: xp.floor(a),
    "power": lambda xp, a, b: a**b + 0 * a + 0 * b,  # an error to the power of 0 is one
    "sin": lambda xp, a: xp.sin(a),
    "cos": lambda xp, a: xp.cos(a),
    "relu": lambda xp, a: xp.clip(a, 0, None),
    "step": lambda xp, a: _flag(a > 0, a),
    "log10": lambda xp, a: xp.log10(a),
    "ln": lambda xp, a: xp.log(a),
    "exp": lambda xp, a: xp.exp(a),
    "tanh": lambda xp, a: xp.tanh(a),
    "sigmoid": lambda xp, a: 0.5 + 0.5 * xp.tanh(0.5 * a),
    "softplus": _softplus,
    "normal": _normal,
    "greater": lambda xp, a, b: _flag(a > b, a, b),
    "equal": _equal,
    "reads": _reads,
    "where": _where,
    "letter": _letter,
    "joined": _joined,
    "filled": _filled,
    "if_error": _if_error,
    "same": lambda xp, a: a,
    "estimate": lambda xp, a: a,
    "outcome": lambda xp, a: a,
    "matmul": _matmul,
    "transpose": lambda xp, a: a.T,
    "inverse": _inverse,
    "determinant": lambda xp, a: xp.linalg.det(a).reshape(1, 1) + 0 * a.sum(),
    "expand": lambda xp, a, like: a + 0 * like,
    "hstack": lambda xp, *parts: xp.hstack(parts),
    "vstack": lambda xp, *parts: xp.vstack(parts),
    "softmax": _softmax,
    "shares": _shares,
    "logsumexp": _logsumexp,
    "row": _row,
    "pick": _pick,
    "lookup": _lookup,
    "match": _match,
    "cumsum": lambda xp, a: xp.cumsum(a, 0),
    "count_same": _count_same,
    "gather": gathered,
    "scatter": scattered,
    "correlate": correlated,
    "largest": highest,
    "hit": lambda xp, *columns: np.vectorize(hit, otypes=[float])(*columns),
    "sum": lambda xp, a: a.sum().reshape(1, 1),
    "mean": lambda xp, a: a.mean().reshape(1, 1),
    "max": lambda xp, a: a.max().reshape(1, 1),
    "min": lambda xp, a: a.min().reshape(1, 1),
    "median": lambda xp, a: np.median(a[~np.isnan(a)] if (a == a).any() else a).reshape(1, 1),
    "sum_rows": lambda xp, a: a.sum(0).reshape(1, -1),
}


def evaluate(roots: Sequence[Node], inputs: Mapping[Node, Array], xp: Any = np) -> list[Array]:
    """The value of each root: numpy arrays, or torch tensors with xp=torch and tensors as inputs.

    Text ops (equal to a text, filled, lookup, match, count_same) are for numpy; text is an object array of str, a
    blank number is nan in an input.

    Raises: GraphError for an input that was not given or has another shape.
    """
    keep = set(roots)
    with np.errstate(all="ignore"):
        found = {node: value for node, value, *_ in steps(order(roots), keep, inputs, xp) if node in keep}
    return [found[root] for root in roots]


def steps(
    nodes: Sequence[Node],
    keep: Collection[Node],
    inputs: Mapping[Node, Array],
    xp: Any = np,
    settle: Callable[[Node, Array, list[Array]], Array] = lambda node, value, sources: value,
) -> Iterator[tuple[Node, Array, list[Array], list[Node]]]:
    """Each node (each after its sources), its value, its sources' values, and the sources that are read no more.

    What is read no more is forgotten, but for the nodes to keep. settle(node, value, its sources' values) says with
    which value to go on. Run it under np.errstate(all="ignore").
    Raises: GraphError for an input that was not given or has another shape.
    """
    values: dict[Node, Array] = {}
    last_use = {source: at for at, node in enumerate(nodes) for source in node.sources}
    for at, node in enumerate(nodes):
        sources = [values[s] for s in node.sources]
        if node.op == "input":
            value = _given(node, inputs)
        elif node.op == "constant":
            value = _constant(node, inputs, xp)
        else:
            value = NUMERIC[node.op](xp, *sources)
            if node.op == "median" and node.sources[0].op != "input":  # nan is no blank, but an error
                value = value + 0 * sources[0].sum()
            value = value if _is_text(value) else xp.where(xp.isfinite(value), value, xp.nan)
        value = values[node] = settle(node, value, sources)
        spent = [source for source in set(node.sources) if source not in keep and last_use[source] == at]
        for source in spent:
            del values[source]
        yield node, value, sources, spent


def _given(node: Node, inputs: Mapping[Node, Array]) -> Array:
    if node not in inputs:
        raise GraphError(f"no value was given for the input {node!r}")
    if tuple(inputs[node].shape) != node.shape:
        raise GraphError(f"the input {node!r} was given a value of shape {tuple(inputs[node].shape)}")
    return inputs[node]


def _constant(node: Node, inputs: Mapping[Node, Array], xp: Any) -> Array:
    if isinstance(node.value, str):
        return np.array([[node.value]], dtype=object)
    rows = node.value if isinstance(node.value, tuple) else ((node.value,),)
    if xp is np:
        return np.array(rows, dtype=object if isinstance(rows[0][0], str) else float)
    like = next(iter(inputs.values()))
    return xp.tensor(rows, dtype=like.dtype, device=like.device)


assert set(NUMERIC) == set(SHAPES), "an op without a numeric rule"

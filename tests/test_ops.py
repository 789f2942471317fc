"""Every op means the same in numpy, in torch, in its gradient and in a sheet that IronCalc recalculates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
import torch

from sheetnet import engines
from sheetnet.book import xlsx as workbook
from sheetnet.engines import CellError
from sheetnet.errors import GraphError
from sheetnet.graph import dialect, formula
from sheetnet.graph.evaluate import NUMERIC, evaluate
from sheetnet.graph.gradient import RULES, UNRULED, gradient
from sheetnet.graph.judging import key
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.node import Node, apply, constant, mean, relu, square, sum_columns, variable
from sheetnet.graph.ops import SHAPES
from sheetnet.page.book import Block, Book, Role

RNG = np.random.default_rng(20)
NAN = float("nan")
WRONG = 99.0  # stored beside every formula, so that a stored value cannot pass for a computed one


def numbers(n_rows: int, n_cols: int = 1) -> np.ndarray:
    """Random numbers of both signs, 0.3 to 2 in size: away from every kink."""
    return RNG.uniform(0.3, 2, (n_rows, n_cols)) * RNG.choice([-1, 1], (n_rows, n_cols))


def positive(n_rows: int, n_cols: int = 1) -> np.ndarray:
    return np.abs(numbers(n_rows, n_cols))


def column(*entries: float | str) -> np.ndarray:
    kind = object if any(isinstance(e, str) for e in entries) else float
    return np.array([[entry] for entry in entries], dtype=kind)


@dataclass(frozen=True)
class Example:
    """The sources of one op, and its value by plain numpy, written without the library."""

    sources: tuple[np.ndarray, ...]
    expected: Callable[..., np.ndarray]
    errors: bool = False  # nan is an error value in the sheet; elsewhere a blank cell

    def nodes(self, op: str) -> tuple[Node, list[Node]]:
        """The op, and its sources as inputs."""
        sources = [variable(f"source_{i}", a.shape) for i, a in enumerate(self.sources, start=1)]
        return apply(op, *self.read(op, sources)), sources

    def read(self, op: str, sources: list[Node]) -> list[Node]:
        """What the op reads: its sources, or constants in their place."""
        known = {at: constant(tuple(map(tuple, self.sources[at].tolist()))) for at in CONSTANT.get(op, ())}
        return [known.get(at, source) for at, source in enumerate(sources)]


def one(value: float) -> np.ndarray:
    return np.array([[value]])


def flags(condition: np.ndarray) -> np.ndarray:
    return np.array([[1.0 if entry else 0.0 for entry in line] for line in condition])


def beside(key: np.ndarray, keys: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The value beside the last of the ascending keys that is not above the key."""
    return np.array([[values[sum(keys[:, 0] <= k) - 1, 0]] for k in key[:, 0]], dtype=values.dtype)


def first_place(key: np.ndarray, keys: np.ndarray) -> np.ndarray:
    return np.array([[keys[:, 0].tolist().index(k) + 1.0] for k in key[:, 0]])


CONSTANT = {"gather": (1,), "scatter": (1,), "correlate": (2,), "largest": (1, 2)}  # sources that stand in formulas
PLACES = np.array([[5.0, 0, -1], [11, 5, 5]])  # of the entries of a 3 x 4
CORNERS = np.array([[0.0, 2], [4, 6]])  # of windows of 2 x 2 in it


def each_window(a: np.ndarray, found: Callable[[np.ndarray], float]) -> np.ndarray:
    return np.array([[found(a[i : i + 2, j : j + 2]) for j in (0, 2)] for i in (0, 1)])


KEYS = column(1, 2, 4, 7, 9)
TEXTS = column("C", "", "S", "s", "Q")
TRUTHS = (1.0, 0.5, -0.1234, 0.5, 7.0, 0.0, 0.0)
TOLERANCES = (0.1, 0.01, 0.001, 0.01, 1.0, 0.5, 0.5)
ANSWERS = (
    column("", 0.5099, -0.1225, 0.5101, "seven", 1e30, -0.49),
    column(*TOLERANCES),
    *(column(*part) for part in zip(*map(key, TRUTHS, TOLERANCES), strict=True)),
)
# "op", or "op: what is special"
EXAMPLES: dict[str, Example] = {
    "add": Example((numbers(3, 4), numbers(3, 4)), lambda a, b: a - -b),
    "add: a column and a row": Example((numbers(3), numbers(1, 4)), lambda a, b: np.add.outer(a[:, 0], b[0])),
    "sub": Example((numbers(3, 4), numbers(3, 4)), lambda a, b: a + -b),
    "sub: a number": Example((numbers(1), numbers(3, 4)), lambda a, b: a.item() - b),
    "mul": Example((numbers(3, 4), numbers(3, 4)), lambda a, b: a / (1 / b)),
    "mul: a row": Example((numbers(3, 4), numbers(1, 4)), lambda a, b: a @ np.diag(b[0])),
    "div": Example((numbers(3, 4), numbers(3, 4)), lambda a, b: a * b**-1),
    "div: by a column": Example((numbers(3, 4), numbers(3)), lambda a, b: np.diag(1 / b[:, 0]) @ a),
    "neg": Example((numbers(3, 4),), lambda a: 0 - a),
    "square": Example((numbers(3, 4),), lambda a: a**2),
    "abs": Example((numbers(3, 4),), lambda a: np.sqrt(a**2)),
    "sign": Example((numbers(3, 4),), lambda a: a / np.abs(a)),
    "sign: at 0": Example((column(-3, 0, 2),), lambda a: column(-1, 0, 1)),
    "sqrt": Example((positive(3, 4),), lambda a: np.exp2(np.log2(a) / 2)),
    "floor": Example((numbers(3, 4),), lambda a: a - np.mod(a, 1)),
    "floor: of whole numbers": Example((column(-2, 0, 3, 2047),), lambda a: column(-2, 0, 3, 2047)),
    "power": Example((positive(3, 4), numbers(3, 4)), lambda a, b: np.exp2(b * np.log2(a))),
    "power: of a number": Example((one(0.9), column(1, 2, 30)), lambda a, b: column(0.9, 0.81, 0.9**30)),
    "power: small base": Example((column(0.01, 0.02, 0.03), column(2, 3, -1)), lambda a, b: np.exp2(b * np.log2(a))),
    "sin": Example((numbers(3, 4),), lambda a: np.exp(1j * a).imag),
    "cos": Example((numbers(3, 4),), lambda a: np.exp(1j * a).real),
    "relu": Example((numbers(3, 4),), lambda a: np.where(a > 0, a, 0)),
    "relu: at 0": Example((column(-1, 0, 2),), lambda a: column(0, 0, 2)),
    "step": Example((numbers(3, 4),), lambda a: np.heaviside(a, 0)),
    "step: at 0": Example((column(-1, 0, 2),), lambda a: column(0, 0, 1)),
    "log10": Example((positive(3, 4),), lambda a: np.log2(a) / np.log2(10)),
    "ln": Example((positive(3, 4),), lambda a: np.log1p(a - 1)),
    "exp": Example((numbers(3, 4),), lambda a: np.exp2(a / np.log(2))),
    "tanh": Example((numbers(3, 4),), lambda a: 1 - 2 / (np.exp(2 * a) + 1)),
    "sigmoid": Example((numbers(3, 4),), lambda a: 1 / (1 + np.exp(-a))),
    "sigmoid: far from 0": Example((column(-900, 0, 900),), lambda a: column(0, 0.5, 1)),
    "softplus": Example((numbers(3, 4),), lambda a: np.log(1 + np.exp(a))),
    "softplus: far from 0": Example((column(-900, 900),), lambda a: column(0, 900)),
    "normal": Example((numbers(3, 4),), lambda a: np.vectorize(NormalDist().cdf)(a)),
    "softmax": Example((numbers(3, 4),), lambda a: np.exp(a) / np.exp(a).sum(1, keepdims=True)),
    "softmax: of two": Example((numbers(3, 2),), lambda a: np.exp(a) / np.exp(a).sum(1, keepdims=True)),
    "softmax: of five, far from 0": Example(
        (np.array([[900.0, 901, -900, 0, 900], [1, 2, 3, 4, 5]]),),
        lambda a: np.exp(a - a.max(1, keepdims=True)) / np.exp(a - a.max(1, keepdims=True)).sum(1, keepdims=True),
    ),
    "softmax: of one": Example((numbers(3),), lambda a: column(1, 1, 1)),
    "logsumexp": Example((numbers(3, 3),), lambda a: np.log(np.exp(a).sum(1, keepdims=True))),
    "logsumexp: far from 0": Example(
        (np.array([[900.0, 900], [-900, -900]]),), lambda a: column(900 + np.log(2), -900 + np.log(2))
    ),
    "greater": Example((numbers(3, 4), numbers(3, 4)), lambda a, b: flags(a - b > 0)),
    "greater: at equal numbers": Example((column(1, 2, 3), one(2.0)), lambda a, b: column(0, 0, 1)),
    "equal": Example((column(1, 2, 3, 2), one(2.0)), lambda a, b: column(0, 1, 0, 1)),
    "equal: texts in any case": Example((TEXTS, column("S")), lambda a, b: column(0, 0, 1, 1, 0)),
    "reads": Example((column("?", "? ", "  ?", "??", "", "? ?"), column("?")), lambda a, b: column(1, 1, 1, 0, 0, 0)),
    "reads: among numbers": Example((column("? ", 2.0, "x"), column("?")), lambda a, b: column(1, 0, 0)),
    "where": Example((column(1, 0, -2), numbers(3, 4), numbers(1, 4)), lambda c, a, b: np.vstack([a[0], b[0], a[2]])),
    "where: texts": Example((column(1, 0), column("yes"), column("no")), lambda c, a, b: column("yes", "no")),
    "filled": Example((column(0, NAN, 3),), lambda a: column(1, 0, 1)),
    "filled: texts": Example((TEXTS,), lambda a: column(1, 0, 1, 1, 1)),
    "if_error": Example((column(1, NAN, 3), one(7.0)), lambda a, b: column(1, 7, 3), errors=True),
    "if_error: no errors": Example((numbers(3, 4), numbers(1, 4)), lambda a, b: a),
    "same": Example((numbers(3, 4),), lambda a: np.array(a.tolist())),
    "outcome": Example((numbers(3, 4),), lambda a: np.array(a.tolist())),
    "estimate": Example((numbers(3, 4),), lambda a: np.array(a.tolist())),
    "matmul": Example((numbers(3, 4), numbers(4, 2)), lambda a, b: np.einsum("ij,jk->ik", a, b)),
    "transpose": Example((numbers(3, 4),), lambda a: np.array([a[:, j] for j in range(4)])),
    "inverse": Example((np.eye(3) * 3 + numbers(3, 3) / 2,), lambda a: np.linalg.solve(a, np.eye(3))),
    "determinant": Example((np.array([[2.0, 1, 0], [1, 3, 1], [0, 1, 4]]),), lambda a: one(18.0)),
    "expand": Example((numbers(1), numbers(3, 4)), lambda a, like: np.full((3, 4), a.item())),
    "expand: a row": Example((numbers(1, 4), numbers(3, 4)), lambda a, like: np.repeat(a, 3, axis=0)),
    "hstack": Example((numbers(3, 2), numbers(3), numbers(3, 4)), lambda a, b, c: np.concatenate([a, b, c], axis=1)),
    "vstack": Example((numbers(2, 3), numbers(1, 3), numbers(4, 3)), lambda a, b, c: np.concatenate([a, b, c])),
    "row": Example((numbers(3, 4), one(2.0)), lambda a, i: a[[1]]),
    "row: of a column": Example((numbers(3), one(3.0)), lambda a, i: a[[2]]),
    "row: between two numbers": Example((numbers(3, 4), one(2.9)), lambda a, i: a[[1]]),
    "pick": Example((one(1.0), numbers(2, 3), numbers(2, 3), numbers(2, 3)), lambda i, a, b, c: b),
    "gather": Example(
        (numbers(3, 4), PLACES), lambda a, at: np.array([[a[1, 1], a[0, 0], 0], [a[2, 3], a[1, 1], a[1, 1]]])
    ),
    "scatter": Example(
        (numbers(2, 3), PLACES, numbers(3, 4)),
        lambda d, at, like: np.array([[d[0, 1], 0, 0, 0], [0, d[0, 0] + d[1, 1] + d[1, 2], 0, 0], [0, 0, 0, d[1, 0]]]),
    ),
    "correlate": Example(
        (numbers(3, 4), numbers(2, 2), CORNERS), lambda a, taps, at: each_window(a, lambda part: np.sum(part * taps))
    ),
    "largest": Example((numbers(3, 4), np.zeros((2, 2)), CORNERS), lambda a, size, at: each_window(a, np.max)),
    "pick: between two numbers": Example((one(2.9), numbers(2, 3), numbers(2, 3), numbers(2, 3)), lambda i, a, b, c: c),
    "lookup": Example((column(7, 1, 8, 9), KEYS, numbers(5)), beside),
    "lookup: texts": Example((column(4, 1, 9), KEYS, column("a", "b", "c", "d", "e")), beside),
    "match": Example((column(4, 9, 1), KEYS), first_place),
    "match: the first of equals": Example((column(2), column(1, 2, 2, 3)), first_place),
    "cumsum": Example((numbers(6),), lambda a: np.tril(np.ones((6, 6))) @ a),
    "count_same": Example((column(3, 1, 3, NAN, 3, 1),), lambda a: column(3, 2, 3, 0, 3, 2)),
    "count_same: texts in any case": Example((TEXTS,), lambda a: column(1, 0, 2, 2, 1)),
    "shares": Example((numbers(3, 4),), lambda a: np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)),
    "shares: of what may be seen": Example(
        (numbers(3, 3), np.tril(np.ones((3, 3)))),
        lambda a, seen: np.exp(a) * seen / (np.exp(a) * seen).sum(axis=1, keepdims=True),
    ),
    "letter": Example((column("abc"), column(1, 3, 2.9)), lambda a, i: column("a", "c", "b")),
    "letter: of several texts": Example((column("abc", "de"), one(2.0)), lambda a, i: column("b", "e")),
    "joined": Example((np.array([["a", "", "b"], ["c", "d", ""]], dtype=object),), lambda a: column("ab", "cd")),
    "sum": Example((numbers(3, 4),), lambda a: np.ones((1, 3)) @ a @ np.ones((4, 1))),
    "mean": Example((numbers(3, 4),), lambda a: one(sum(a.flat) / 12)),
    "max": Example((numbers(3, 4),), lambda a: one(sorted(a.flat)[-1])),
    "min": Example((numbers(3, 4),), lambda a: one(sorted(a.flat)[0])),
    "median": Example((numbers(5),), lambda a: one(sorted(a.flat)[2])),
    "median: of an even number, blanks left out": Example((column(4, NAN, 1, 3, NAN, 9),), lambda a: one(3.5)),
    "sum_rows": Example((numbers(3, 4),), lambda a: np.ones((1, 3)) @ a),
    "hit": Example(ANSWERS, lambda *_: column(0, 1, 1, 0, 0, 0, 1)),
}
# an error in: errors out, wherever the entry is needed and nowhere else
ERRORS: dict[str, Example] = {
    "add: an error": Example((column(NAN, 1), one(2.0)), lambda a, b: column(NAN, 3), errors=True),
    "div: by 0": Example((column(1, 0, -1), column(0, 0, 2)), lambda a, b: column(NAN, NAN, -0.5)),
    "log10: of 0": Example((column(0, -1, 100),), lambda a: column(NAN, NAN, 2)),
    "ln: of 0": Example((column(0, -1, 1),), lambda a: column(NAN, NAN, 0)),
    "relu: an error": Example((column(NAN, -1, 1),), lambda a: column(NAN, 0, 1), errors=True),
    "step: an error": Example((column(NAN, -1, 1),), lambda a: column(NAN, 0, 1), errors=True),
    "greater: an error": Example((column(NAN, 1), one(0.0)), lambda a, b: column(NAN, 1), errors=True),
    "greater: than an error": Example((column(0, 1), one(NAN)), lambda a, b: column(NAN, NAN), errors=True),
    "equal: an error": Example((column(NAN, 1), one(1.0)), lambda a, b: column(NAN, 1), errors=True),
    "where: the condition is an error": Example(
        (column(NAN, 1, 0), one(5.0), one(6.0)), lambda c, a, b: column(NAN, 5, 6), errors=True
    ),
    "where: a choice is an error": Example(
        (column(1, 0), one(NAN), one(6.0)), lambda c, a, b: column(NAN, 6), errors=True
    ),
    "where: texts and an error": Example(
        (column(NAN, 1, 0), column("yes"), column("no")), lambda c, a, b: column(NAN, "yes", "no"), errors=True
    ),
    "if_error: both": Example((column(NAN, 1), one(NAN)), lambda a, b: column(NAN, 1), errors=True),
    "matmul: an error": Example(
        (np.array([[NAN, 1.0], [2.0, 3.0]]), numbers(2, 2)),
        lambda a, b: np.vstack([[NAN, NAN], a[1] @ b]),
        errors=True,
    ),
    "matmul: an overflow": Example((np.full((2, 2), 1e200), np.full((2, 1), 1e200)), lambda a, b: column(NAN, NAN)),
    "inverse: of a singular matrix": Example((np.ones((2, 2)),), lambda a: np.full((2, 2), NAN)),
    "sum: an error": Example((column(1, NAN),), lambda a: one(NAN), errors=True),
    "mean: an error": Example((column(1, NAN),), lambda a: one(NAN), errors=True),
    "max: an error": Example((column(1, NAN, 3),), lambda a: one(NAN), errors=True),
    "sqrt: of a negative number": Example((column(-1, 4),), lambda a: column(NAN, 2)),
    "min: an error": Example((column(1, NAN, 3),), lambda a: one(NAN), errors=True),
    "sum_rows: an error": Example((np.array([[NAN, 1.0], [2.0, 3.0]]),), lambda a: np.array([[NAN, 4.0]]), errors=True),
    "cumsum: an error": Example((column(1, NAN, 2),), lambda a: column(1, NAN, NAN), errors=True),
    "row: out of range": Example((numbers(3, 2), one(4.0)), lambda a, i: np.full((1, 2), NAN)),
    "row: 0 is all rows, of which the first is shown": Example((numbers(3, 2), one(0.0)), lambda a, i: a[:1]),
    "row: 0 of a column": Example((numbers(3), one(0.0)), lambda a, i: a[:1]),
    "row: a negative one": Example((numbers(3, 2), one(-1.0)), lambda a, i: np.full((1, 2), NAN)),
    "pick: out of range": Example((one(2.0), numbers(2), numbers(2)), lambda i, a, b: np.full((2, 1), NAN)),
    "exp: an overflow": Example((column(710, 1),), lambda a: column(NAN, np.e)),
    "softmax: an error": Example(
        (np.array([[NAN, 1.0], [2.0, 2.0]]),), lambda a: np.array([[NAN, NAN], [0.5, 0.5]]), errors=True
    ),
    "logsumexp: an error": Example(
        (np.array([[NAN, 1.0], [2.0, 2.0]]),), lambda a: column(NAN, 2 + np.log(2)), errors=True
    ),
    "match: nothing found": Example((column(4, 5), KEYS), lambda a, b: column(3, NAN)),
    "letter: before the first": Example((column("abc"), column(0, 1)), lambda a, i: column(NAN, "a")),
    "lookup: of an error": Example((column(NAN, 1), KEYS, KEYS), lambda k, a, b: column(NAN, 1), errors=True),
}
ALL = EXAMPLES | ERRORS
# look-ups and blanks, answers: torch never sees them
NUMPY_ONLY = {"filled", "reads", "letter", "joined", "lookup", "match", "count_same", "median", "hit"}
FLAT = {"step", "sign", "floor", "greater", "equal", "reads", "filled", "letter", "joined", "match", "count_same"}
FLAT |= {"hit"}  # no slope, or none wanted
SLOPELESS_SOURCES = {"where": {0}, "expand": {1}, "gather": {1}, "scatter": {1, 2}, "shares": {1}}
SLOPED = set(SHAPES) - FLAT - UNRULED
# in a matrix product one error may spoil the whole: programs differ
MAY_SPOIL = {"matmul: an error", "sum_rows: an error", "softmax: an error", "logsumexp: an error"}


def op_of(case: str) -> str:
    return case.partition(":")[0]


def has_text(case: str) -> bool:
    return any(a.dtype == object for a in ALL[case].sources)


def value(case: str, xp: object = np) -> np.ndarray:
    """The op's value by evaluate."""
    node, sources = ALL[case].nodes(op_of(case))
    as_array = np.asarray if xp is np else torch.as_tensor
    (out,) = evaluate([node], {s: as_array(a) for s, a in zip(sources, ALL[case].sources, strict=True)}, xp)
    assert tuple(out.shape) == node.shape
    return np.asarray(out)


def assert_close(got: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Equal texts, errors in the same cells, numbers within a tolerance relative to each."""
    assert got.shape == expected.shape
    for g, e in zip(got.flat, expected.flat, strict=True):
        if isinstance(g, str) or isinstance(e, str):
            assert g == e
        else:
            assert np.isnan(g) == np.isnan(e), f"{g} where {e} is expected"
            assert np.isnan(e) or abs(g - e) <= tolerance * abs(e), f"{g} where {e} is expected"


# ---- the table


def test_every_op_has_an_example() -> None:
    assert {op_of(case) for case in EXAMPLES} == set(SHAPES)


def test_every_op_has_a_slope_or_is_known_to_have_none() -> None:
    assert set(RULES) == SLOPED | FLAT
    assert not set(RULES) & UNRULED


# ---- numpy and torch


@pytest.mark.parametrize("case", ALL)
def test_numpy_gives_the_value_of_plain_numpy(case: str) -> None:
    assert_close(value(case), ALL[case].expected(*ALL[case].sources), 1e-14)


@pytest.mark.parametrize("case", [c for c in ALL if op_of(c) not in NUMPY_ONLY and not has_text(c)])
def test_torch_gives_the_value_of_numpy(case: str) -> None:
    assert_close(value(case, torch), value(case), 1e-14)


@pytest.mark.parametrize("shape", [(4, 3), (2, 1)])
def test_an_input_of_another_shape_or_none_is_refused(shape: tuple[int, int]) -> None:
    a = variable("ages", (4, 1))
    with pytest.raises(GraphError, match=r"<ages 4 x 1> was given a value of shape"):
        evaluate([-a], {a: np.zeros(shape)})
    with pytest.raises(GraphError, match=r"no value was given for the input <ages 4 x 1>"):
        evaluate([-a], {})


# ---- gradients


def weighted(case: str) -> tuple[Node, list[Node], dict[Node, np.ndarray]]:
    """sum(weights * op), its sources that have a slope, and values for all of them."""
    op = op_of(case)
    node, sources = EXAMPLES[case].nodes(op)
    weights = constant(tuple(map(tuple, np.random.default_rng(8).uniform(0.5, 2, node.shape).tolist())))
    wanted = [s for i, s in enumerate(sources) if i not in SLOPELESS_SOURCES.get(op, ())]
    given = {s: a.astype(float) for s, a in zip(sources, EXAMPLES[case].sources, strict=True)}
    return apply("sum", node * weights), wanted, given


def by_differences(loss: Node, source: Node, given: dict[Node, np.ndarray], step: float = 1e-6) -> np.ndarray:
    out = np.empty(source.shape)
    for at in np.ndindex(source.shape):
        moved = np.zeros(source.shape)
        moved[at] = step
        (up,), (down,) = (evaluate([loss], given | {source: given[source] + sign * moved}) for sign in (1, -1))
        out[at] = (up - down).item() / (2 * step)
    return out


def by_autograd(loss: Node, wanted: list[Node], given: dict[Node, np.ndarray]) -> list[np.ndarray]:
    tensors = {s: torch.tensor(a, requires_grad=s in wanted) for s, a in given.items()}
    evaluate([loss], tensors, torch)[0].backward()
    return [tensors[s].grad.numpy() for s in wanted]


def assert_gradient_right(loss: Node, wanted: list[Node], given: dict[Node, np.ndarray]) -> None:
    """By central differences (1e-6) and torch's autograd (1e-12), each relative to 1 + |gradient|."""
    found = evaluate(gradient(loss, wanted), given)
    for source, got, exact in zip(wanted, found, by_autograd(loss, wanted, given), strict=True):
        assert got.shape == source.shape
        np.testing.assert_array_less(np.abs(got - exact) / (1 + np.abs(exact)), 1e-12)
        near = by_differences(loss, source, given)
        np.testing.assert_array_less(np.abs(got - near) / (1 + np.abs(near)), 1e-6)


SMOOTH = [case for case in EXAMPLES if op_of(case) in SLOPED and "at 0" not in case and not has_text(case)]


def test_every_op_with_a_slope_is_differentiated_below() -> None:
    assert {op_of(case) for case in SMOOTH} == SLOPED


@pytest.mark.parametrize("case", SMOOTH)
def test_the_gradient_agrees_with_differences_and_autograd(case: str) -> None:
    assert_gradient_right(*weighted(case))


def test_gradients_add_up_where_paths_meet_and_sum_over_what_was_broadcast() -> None:
    X, W, b, s = variable("X", (5, 3)), variable("W", (3, 2)), variable("b", (1, 2)), variable("s", (1, 1))
    lin = (X @ W + b).named("lin")
    act = relu(lin).named("relu")
    loss = mean(square(sum_columns(act * lin / (1 + square(s))) - s * (X @ W).T.T @ b.T)) + s * apply("sum", lin)
    rng = np.random.default_rng(4)
    given = {node: rng.uniform(-2, 2, node.shape) for node in (X, W, b, s)}
    assert_gradient_right(loss, [X, W, b, s], given)


def test_relu_has_gradient_0_at_0_as_in_torch() -> None:
    a, given = variable("a", (3, 1)), column(-1, 0, 2)
    (got,) = evaluate(gradient(apply("sum", relu(a)), [a]), {a: given})
    tensor = torch.tensor(given, requires_grad=True)
    torch.relu(tensor).sum().backward()
    np.testing.assert_array_equal(got, tensor.grad.numpy())
    np.testing.assert_array_equal(got, column(0, 0, 1))


def test_the_gradient_of_a_power_is_torchs_in_base_and_exponent() -> None:
    x = variable("x", (1, 1))
    (got,) = evaluate(gradient(apply("power", x, x), [x]), {x: one(3.0)})
    assert got.item() == pytest.approx(27 * (1 + np.log(3)), rel=1e-14)
    a, b = variable("a", (8, 1)), variable("b", (8, 1))
    given = {a: column(0, 0, 2, 3, -2, -2, 0.5, 4), b: column(1, 2, 0, -1, 2, -1, 0.5, 1.5)}
    loss = apply("sum", apply("power", a, b))
    for mine, torchs in zip(evaluate(gradient(loss, [a, b]), given), by_autograd(loss, [a, b], given), strict=True):
        np.testing.assert_allclose(mine, torchs, rtol=1e-14)


def test_a_cotangent_that_is_itself_an_input_keeps_its_value() -> None:
    a, b, weights = (variable(name, (2, 2)) for name in ("a", "b", "weights"))
    given = {node: np.random.default_rng(5).uniform(1, 2, (2, 2)) for node in (a, b, weights)}
    assert_gradient_right(apply("sum", weights * (a + b)), [a, b], given)


@pytest.mark.parametrize("op", sorted(UNRULED))
def test_an_op_without_a_rule_is_refused_by_name(op: str) -> None:
    node, sources = EXAMPLES[op].nodes(op)
    with pytest.raises(GraphError, match=rf"no gradient rule for the op '{op}'"):
        gradient(apply("sum", node), sources)


@pytest.mark.parametrize("op", sorted(FLAT))
def test_through_an_op_without_a_slope_nothing_depends(op: str) -> None:
    node, sources = EXAMPLES[op].nodes(op)
    with pytest.raises(GraphError, match=r"<sum 1 x 1> does not depend on <source_1"):
        gradient(apply("sum", node), sources[:1])


def test_a_gradient_needs_a_single_number_that_depends_on_what_is_wanted() -> None:
    a, b = variable("a", (3, 1)), variable("b", (3, 1))
    with pytest.raises(GraphError, match=r"a loss of 1 x 1, not <neg 3 x 1>"):
        gradient(-a, [a])
    with pytest.raises(GraphError, match=r"<mean 1 x 1> does not depend on <b 3 x 1>"):
        gradient(mean(a), [a, b])


def test_a_gradient_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "relu", lambda node, d: (d,))
    with pytest.raises(AssertionError):
        assert_gradient_right(*weighted("relu"))


def test_differences_notice_a_fault_that_autograd_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    loss, wanted, given = weighted("square")
    monkeypatch.setitem(RULES, "square", lambda n, d: (2.00001 * n.sources[0] * d,))
    monkeypatch.setitem(globals(), "by_autograd", lambda *_: evaluate(gradient(loss, wanted), given))
    with pytest.raises(AssertionError):
        assert_gradient_right(loss, wanted, given)


# ---- in a sheet


def styles(case: str) -> list[str]:
    """The ways in which a sheet can write this example: as one array formula, cell by cell, or both."""
    op = op_of(case)
    array = op in dialect.ARRAY or op in dialect.ROWWISE or op in dialect.STACKS
    if op == "match":
        array = len(ALL[case].sources[0]) == 1
    cells = op in dialect.CELL or op in formula.CELL_RULES or op in formula.ENTRYWISE
    return ["array"] * array + ["cells"] * cells


PLACED = [(case, style) for case in ALL for style in styles(case)]


def place(book: Book, case: str, row: int) -> tuple[int, dict[str, np.ndarray]]:
    """Put the sources and the op, in each style, on the sheet; the next free row, and what stands where by id."""
    page, op, example = book.pages[0], op_of(case), ALL[case]
    node, sources = example.nodes(op)
    values: dict[str, np.ndarray] = {}
    col, below = 1, 0
    for i, (source, array) in enumerate(zip(sources, example.sources, strict=True)):
        if i in CONSTANT.get(op, ()):
            continue
        role: Role = "torch" if example.errors else "data"
        format = "text" if array.dtype == object else "plain"
        values[page.place(f"{case}/{i}", source, row + below, col, role, format=format).id] = array
        if op == "pick" and 0 < i < len(sources) - 1:  # what it picks from stands below each other
            below += source.shape[0] + 1
        else:
            col += source.shape[1] + 1
    for style in styles(case):
        parts = [apply("same", s) for s in sources] if op in dialect.STACKS else example.read(op, sources)
        values[f"{case}/{style}"] = np.full(node.shape, WRONG)
        page.place(f"{case}/{style}", apply(op, *parts), row, col, "forward", style)
        col += node.shape[1] + 1
    return row + below + max(*(s.shape[0] for s in sources), node.shape[0]) + 1, values


def recalculated(folder: Path, cases: list[str]) -> dict[tuple[str, str], np.ndarray]:
    """The values of the cases' blocks after IronCalc recalculated a workbook of them; nan for an error value."""
    book, values, row = Book(), {}, 3
    book.page("Ops", "Every op", "one example below the other")
    for case in cases:
        row, more = place(book, case, row)
        values |= more
    workbook.write(folder / "ops.xlsx", book, values, "{}")
    with engines.get("ironcalc").open(folder / "ops.xlsx") as session:
        session.recalculate()
        asked = [(case, style) for case in cases for style in styles(case)]
        return {key: read(session, book.block("/".join(key))) for key in asked}


def read(session: engines.Session, block: Block) -> np.ndarray:
    area = block.area
    cells = session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
    return np.array([[NAN if isinstance(e, CellError) else e for e in line] for line in cells], dtype=object)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], np.ndarray]:
    return recalculated(tmp_path_factory.mktemp("ops"), list(ALL))


@pytest.mark.parametrize(("case", "style"), PLACED)
def test_ironcalc_gives_the_value_of_numpy(sheet: dict[tuple[str, str], np.ndarray], case: str, style: str) -> None:
    got, expected = sheet[case, style], value(case)
    if case in MAY_SPOIL:
        assert np.isnan(got[np.isnan(expected)].astype(float)).all()
        expected = np.where(np.isnan(got.astype(float)), NAN, expected)
    assert_close(got, expected, 1e-12)


def test_every_op_is_recalculated_in_every_way_it_can_be_written() -> None:
    array = {op_of(case) for case, style in PLACED if style == "array"}
    cells = {op_of(case) for case, style in PLACED if style == "cells"}
    assert array == set(dialect.ARRAY) | set(dialect.ROWWISE) | dialect.STACKS
    assert cells == set(dialect.CELL) | set(formula.CELL_RULES) | formula.ENTRYWISE
    assert array | cells == set(SHAPES)


def test_a_formula_that_is_wrong_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dialect.ARRAY, "mul", ("{0}+{1}", dialect.SUM, (dialect.SUM, dialect.SUM)))
    found = recalculated(tmp_path, ["mul"])
    for style in ("array", "cells"):
        with pytest.raises(AssertionError):
            assert_close(found["mul", style], value("mul"), 1e-12)


def test_a_numpy_value_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NUMERIC, "matmul", lambda xp, a, b: (1 + 1e-9) * (a @ b))
    with pytest.raises(AssertionError):
        test_numpy_gives_the_value_of_plain_numpy("matmul")
    with pytest.raises(AssertionError):
        assert_close(value("matmul"), np.matmul(*ALL["matmul"].sources), 1e-12)


@pytest.mark.parametrize(
    ("got", "expected"),
    [(1.0, 1.1), (NAN, 1.0), (1.0, NAN), ("male", "Male"), ("1", 1.0), (0.0, 1e-300)],
)
def test_a_cell_that_is_wrong_is_noticed(got: float | str, expected: float | str) -> None:
    assert_close(column(got), column(got), 0)
    with pytest.raises(AssertionError):
        assert_close(column(got), column(expected), 1e-12)


REFUSED = {
    "a key among one": ("match", [(3, 1), (1, 1)], "one cell is none"),
    "a value beside one key": ("lookup", [(3, 1), (1, 1), (1, 1)], "one cell is none"),
    "how often one entry occurs": ("count_same", [(1, 1)], "one cell is none"),
    "a row of a single one": ("row", [(1, 3), (1, 1)], "INDEX counts the columns"),
    "one condition for a column and a matrix": ("where", [(1, 1), (3, 1), (3, 2)], "of one condition"),
    "one cell, and a matrix in place of errors": ("if_error", [(1, 1), (3, 2)], "IFERROR repeats no cell"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_spreadsheets_read_in_several_ways_is_refused(what: str) -> None:
    op, shapes, words = REFUSED[what]
    with pytest.raises(GraphError, match=words):
        apply(op, *(variable(f"x{i}", shape) for i, shape in enumerate(shapes)))


def test_what_spreadsheets_do_not_do_with_single_cells_is_written_otherwise() -> None:
    a, row, cell = variable("a", (3, 2)), variable("row", (1, 3)), variable("cell", (1, 1))
    assert apply("sum_rows", row) is row
    assert [(cell @ row).op, (row.T @ cell).op, (cell @ cell).op, (row @ a).op] == ["mul", "mul", "mul", "matmul"]
    given = {row: numbers(1, 3), cell: one(2.0)}
    assert_gradient_right(apply("sum", cell @ row @ row.T @ cell), [row, cell], given)


@pytest.mark.parametrize("op", ["median", "determinant", "inverse"])
def test_an_error_inside_is_an_error(op: str) -> None:
    a = variable("a", (2, 2))
    (found,) = evaluate([apply(op, 1.0 * a + 0.0)], {a: np.array([[0.0, NAN], [1.0, 2.0]])})
    assert np.isnan(found).all()
    [(_, magnitude)] = with_magnitudes([apply(op, a + 0.0)], {a: np.array([[0.0, NAN], [1.0, 2.0]])})
    assert (magnitude == 0).all()


def test_an_error_to_the_power_of_0_is_an_error() -> None:
    a, b = variable("a", (3, 1)), variable("b", (3, 1))
    (found,) = evaluate([apply("power", a, b)], {a: column(NAN, 1, 2), b: column(0, NAN, 0)})
    np.testing.assert_array_equal(found, column(NAN, NAN, 1))


def test_below_the_first_key_there_is_no_value() -> None:
    key, keys = variable("key", (3, 1)), variable("keys", (5, 1))
    (found,) = evaluate([apply("lookup", key, keys, keys)], {key: column(0.5, 1, 100), keys: KEYS})
    np.testing.assert_array_equal(found, column(NAN, 1, 9))

"""How large the numbers are whose difference a value is: for every op, in a chain, in a descent, and in every block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from conftest import Made
from test_ops import ALL, EXAMPLES, column, has_text, numbers, op_of

from sheetnet.book.build import evaluate_blocks
from sheetnet.checking.blocks import _compare
from sheetnet.checking.compare import RELATIVE
from sheetnet.checking.report import BlockReport
from sheetnet.course import LISTING, kind_of
from sheetnet.graph.evaluate import NUMERIC, evaluate
from sheetnet.graph.magnitude import MAGNITUDE, NOISE, SOLVED, with_magnitudes
from sheetnet.graph.node import Node, apply, constant, lift, mean, relu, row, square, variable, vstack, where
from sheetnet.graph.recurrence import MOST, size
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.motifs.workbook import Workbook

NAN = float("nan")
Values = dict[str, np.ndarray]


def magnitude(node: Node, given: Mapping[Node, np.ndarray]) -> np.ndarray:
    [(_, found)] = with_magnitudes([node], given)
    assert found.shape == node.shape
    return found


# ---- every op, against what a small error of each source does

EXACT = {op for op, rule in MAGNITUDE.items() if rule is MAGNITUDE["equal"]}  # truths, counts, places
MOVED = [
    case for case in EXAMPLES
    if op_of(case) not in EXACT and not has_text(case) and "at 0" not in case and "power: of" not in case
]  # fmt: skip
STAYS = {
    "pick": {0},
    "row": {1},
    "lookup": {0, 1},
    "where": {0},
    "expand": {1},
    "gather": {1},
    "scatter": {1, 2},
    "correlate": {2},
    "largest": {1, 2},
    "shares": {1},
}  # sources that choose, and carry no digits
TINY = 1e-7
INSIDE = {"sigmoid": 0.5, "normal": 0.5, "softplus": 1.0, "logsumexp": 1.0}  # what is added to in the formula itself
FEW = {"inverse": SOLVED, "determinant": SOLVED}


def by_moving(case: str, sizes: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """How far the value moves, as a multiple of how far the sources were: the largest move, and all of them added."""
    op, sources = op_of(case), EXAMPLES[case].sources
    value = NUMERIC[op](np, *sources)
    largest, total = np.zeros(value.shape), np.zeros(value.shape)
    for k, (source, m) in enumerate(zip(sources, sizes, strict=True)):
        if k in STAYS.get(op, set()):
            continue
        for at in np.ndindex(source.shape):
            moves = []
            for sign in (1.0, -1.0):
                moved = source.copy()
                moved[at] += sign * TINY * m[at]
                moves.append(np.abs(NUMERIC[op](np, *sources[:k], moved, *sources[k + 1 :]) - value) / TINY)
            move = np.maximum(*moves)
            largest, total = np.maximum(largest, move), total + move
    return largest, total


def test_every_op_is_moved_below_or_has_no_digits_to_lose() -> None:
    assert {op_of(case) for case in MOVED} | EXACT == set(MAGNITUDE)


@pytest.mark.parametrize("times", [1.0, 300.0])
@pytest.mark.parametrize("case", MOVED)
def test_a_magnitude_is_what_small_errors_of_the_sources_do(case: str, times: float) -> None:
    """Not less than the largest of them, and not more than all of them added; within a factor of 2.1."""
    op, sources = op_of(case), EXAMPLES[case].sources
    rng = np.random.default_rng(5)
    sizes = [np.abs(np.nan_to_num(a)) * rng.uniform(1, times, a.shape) for a in sources]
    found = MAGNITUDE[op](NUMERIC[op](np, *sources), sources, sizes) / FEW.get(op, 1.0)
    largest, total = by_moving(case, sizes)
    assert (found >= largest / 2.1 - 1e-9).all(), largest
    before = 1000.0 * np.abs(sources[0]) if op == "outcome" else 0.0  # what has added up before
    assert (found <= np.maximum(total * 2.1 + 1e-9, INSIDE.get(op, before))).all(), total


@pytest.mark.parametrize("op", sorted(set(MAGNITUDE) - EXACT))
def test_a_rule_that_is_wrong_is_noticed(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = next(case for case in MOVED if op_of(case) == op)
    honest = MAGNITUDE[op]
    for wrong in (0.0, 1e4):
        monkeypatch.setitem(MAGNITUDE, op, lambda *of, wrong=wrong: wrong * honest(*of))
        with pytest.raises(AssertionError):
            test_a_magnitude_is_what_small_errors_of_the_sources_do(case, 1.0)


@pytest.mark.parametrize("case", ALL)
def test_it_is_finite_never_below_the_value_and_0_for_text_blanks_and_errors(case: str) -> None:
    node, sources = ALL[case].nodes(op_of(case))
    [(value, found)] = with_magnitudes([node], dict(zip(sources, ALL[case].sources, strict=True)))
    assert found.shape == node.shape
    assert np.isfinite(found).all()
    assert (found >= size(value)).all()
    none = np.array([isinstance(e, str) or e != e for e in value.flat]).reshape(value.shape)
    assert (found[none] == 0).all()


def test_what_outgrows_a_double_counts_by_its_value() -> None:
    a, b = variable("a", (2, 1)), variable("b", (2, 1))
    given = {a: column(1e200, 3), b: column(1e-200, 1e-320)}
    assert magnitude((a - a) / b, given).tolist() == [[0.0], [0.0]]
    assert np.isfinite(magnitude(square(a) * b, given)).all()


# ---- near 0, where first order says nothing


def zero() -> tuple[Node, dict[Node, np.ndarray]]:
    """Noise of numbers of size 1."""
    a = variable("a", (3, 1))
    return a - 1.0, {a: column(1, 1, 1)}


def test_the_noise_of_a_square_and_of_its_root_is_carried_on() -> None:
    noise, given = zero()
    assert magnitude(noise, given) == pytest.approx(1.0)
    assert magnitude(mean(square(noise)), given) == pytest.approx(2 * NOISE, rel=0.01)
    assert magnitude(noise * noise, given) == pytest.approx(2 * NOISE, rel=0.01)
    assert magnitude(apply("sqrt", square(noise)), given) == pytest.approx(1.0, rel=0.5)
    assert magnitude(relu(noise), given) == pytest.approx(1.0)
    assert magnitude(relu(noise - 1e-9), given) == pytest.approx(0.0)


def test_a_largest_among_noise_counts_as_the_noise_and_one_that_stands_out_as_itself() -> None:
    a = variable("a", (3, 1))
    noise = apply("abs", a - column_of(1e6, 1.0, 5.0))
    assert magnitude(apply("max", noise), {a: column(1e6, 1, 5)}) == pytest.approx(1e6)
    assert magnitude(apply("max", noise), {a: column(1e6, 1, 9)}) == pytest.approx(9)
    assert magnitude(apply("min", -noise), {a: column(1e6, 1, 9)}) == pytest.approx(9)


def column_of(*entries: float) -> Node:
    return constant(tuple((entry,) for entry in entries))


def test_numbers_beside_words_count_and_words_do_not() -> None:
    a = variable("a", (3, 1))
    node = where(apply("greater", a, lift(2.0)), a - 1000.0, "none")
    assert magnitude(node, {a: column(1, 3, 5)}).tolist() == [[0.0], [1000.0], [1000.0]]


@pytest.mark.parametrize("n", [2, 4])
def test_a_singular_determinant_has_the_size_of_what_cancels(n: int) -> None:
    a = variable("a", (n, n))
    X = numbers(3 * n, n)
    X[:, 1] = 2 * X[:, 0]
    gram = X.T @ X
    regular = gram + np.diag(np.diag(gram))
    found, beside = (magnitude(apply("determinant", a), {a: m}).item() for m in (gram, regular))
    assert abs(np.linalg.det(gram)) < 1e-16 * found / SOLVED * 100
    assert beside / 1e4 < found < beside * 10


# ---- chains: a random graph in float32, whose noise is known


def random_graph(seed: int) -> tuple[list[Node], dict[Node, np.ndarray]]:
    """Forty nodes over two matrices, of any op that keeps its numbers near 1."""
    rng = np.random.default_rng(seed)
    given = {variable(name, (4, 4)): np.asarray(rng.uniform(0.3, 2, (4, 4)), np.float32) for name in "ab"}
    nodes: list[Node] = list(given)
    unary = ("neg", "square", "abs", "sqrt", "sin", "cos", "relu", "same", "transpose", "ln", "inverse")
    for _ in range(40):
        a, b = (nodes[i] for i in rng.integers(max(0, len(nodes) - 8), len(nodes), 2))
        kind = rng.integers(8)
        if kind < 3:
            node = apply(("add", "sub", "sub")[kind], a, b)
        elif kind == 3:
            node = a * b
        elif kind == 4:
            node = a @ b / 4.0
        elif kind == 5:
            node = a / (1.0 + apply("abs", b))
        else:
            node = apply(unary[rng.integers(len(unary))], 0.1 + apply("abs", a) if kind == 6 else a)
        nodes.append(node)
    return nodes, given


@pytest.mark.parametrize("seed", range(40))
def test_the_noise_of_a_random_graph_is_within_its_magnitude(seed: int) -> None:
    nodes, given = random_graph(seed)
    rough = evaluate(nodes, {node: torch.as_tensor(value) for node, value in given.items()}, torch)
    exact = with_magnitudes(nodes, {node: value.astype(float) for node, value in given.items()})
    eps = float(np.finfo(np.float32).eps)
    for node, got, (value, m) in zip(nodes, rough, exact, strict=True):
        off, floor = np.abs(got.numpy() - value), 50 * eps * m.max()
        if not np.isfinite(off).all() or floor > 0.01 * np.abs(value).max() + 0.01 or node.op == "inverse":
            break  # a division by noise: from here on nothing is said
        assert off.max() <= floor, node


# ---- recurrences


def descent(name: str, lr: float, epochs: int) -> tuple[dict[str, Node], dict[Node, np.ndarray]]:
    """Tables of an optimiser's epochs on eight rows: weights, gradients, losses, and what it remembers."""
    optimiser = OPTIMISERS[name]
    X, y, W = variable("X", (8, 2)), variable("y", (8, 1)), variable("W", (1, 2))
    rng = np.random.default_rng(3)
    given = {X: rng.uniform(0, 2, (8, 2)), y: rng.uniform(0, 1, (8, 1)), W: rng.normal(size=(1, 2))}
    state = optimiser.zeros(W)
    rows: dict[str, list[Node]] = {key: [] for key in ("W", "grad", "loss", *state)}
    at: Node = apply("same", W)
    for t in range(epochs + 1):
        error = X @ at.T - y
        grad = 2.0 * (error.T @ X) / 8.0
        for key, node in {"W": at, "grad": grad, "loss": mean(square(error)), **state}.items():
            rows[key].append(node)
        step = optimiser.step(at, grad, state, lr, t + 1.0)
        at, state = step.W_next, step.state
    return {key: vstack(nodes) for key, nodes in rows.items()}, given


@pytest.mark.parametrize("lr", [1e-3, 0.05, 0.6, 50.0])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_descent_does_not_excuse_more_the_longer_it_is(name: str, lr: float) -> None:
    """Beside the largest number of each table its magnitude is moderate, whatever the rate."""
    tables, given = descent(name, lr, 200)
    found = with_magnitudes(list(tables.values()), given)
    for key, (value, m) in zip(tables, found, strict=True):
        assert m.max() / 2000 <= size(value).max(), key


def test_at_the_optimum_a_gradient_has_the_size_of_what_cancels_in_it() -> None:
    tables, given = descent("sgd", 0.3, 3000)
    (value, m), (W, n) = with_magnitudes([row(tables["grad"], 3001), row(tables["W"], 3001)], given)
    assert np.abs(value).max() < 1e-14
    assert 0.1 < m.min() < m.max() < 10
    assert n.max() < 3 * np.abs(W).max()


def test_a_descent_is_known_by_a_table_that_the_losses_do_not_need() -> None:
    tables, given = descent("sgd", 0.6, 100)
    (_, alone), (_, known) = (with_magnitudes([tables["loss"]], given, within)[0] for within in ([], [tables["W"]]))
    [(_, beside), _] = with_magnitudes([tables["loss"], tables["W"]], given)
    assert alone.max() > 1e9 * known.max()
    assert (known == beside).all()


def test_a_chain_within_each_epoch_of_a_descent_excuses_no_more_than_the_descent() -> None:
    """A unit that remembers, and learns how much to keep: its memory is a chain of sums within each epoch's."""
    signs, w = variable("signs", (1, 6)), variable("w", (1, 1))
    given = {signs: np.array([[1.0, -1.0, -1.0, 1.0, 1.0, -1.0]]), w: np.array([[0.5]])}
    state: Node = apply("same", w)
    weights, memories, grads = [state], [], []
    for _ in range(100):
        h, by_w = [0.0 * signs], 0.0 * signs
        for t in range(12):
            by_w = (1.0 - state) * by_w + (signs - h[-1])
            h.append((1.0 - state) * h[-1] + state * (signs if t == 0 else -0.1 * signs))
        memories.append(vstack(h))
        grads.append(2.0 * mean((h[-1] - signs) * by_w) + 100.0 * state - 100.0 * state)  # noise five times the state
        state = state - 0.05 * grads[-1]
        weights.append(state)
    tables = [vstack(weights), *memories[::10], vstack(grads)]
    for value, m in with_magnitudes(tables, given, memories):
        assert m.max() / 2000 <= size(value).max()


def test_a_matrix_that_is_squared_again_and_again_loses_digits_up_to_a_bound() -> None:
    a = variable("a", (2, 2))
    powers = [0.5 * a]
    for _ in range(20):
        powers.append(powers[-1] @ powers[-1])
    stack = vstack(powers)
    given = {a: np.array([[2.0, 0.0], [0.0, 2.0]])}
    found = magnitude(stack, given)[::2].max(1)
    assert found[:9] == pytest.approx(2.0 ** np.arange(9))
    assert found[-1] == pytest.approx(2 * MOST)
    assert pytest.approx(RELATIVE) == NOISE * MOST


# ---- every block of every lesson


def compared(workbook: Workbook, inputs: Values, got: Values, said: Values) -> dict[str, BlockReport]:
    """The blocks of an untouched workbook of which an engine says what got holds, and torch what said does."""
    empty = SimpleNamespace(stored={})
    seen: Any = SimpleNamespace(
        found=SimpleNamespace(workbook=workbook, touched=lambda _: set()),
        contents=SimpleNamespace(sheets={page.name: empty for page in workbook.book.pages}),
        blocks={block.id: BlockReport(block.id, "", 1) for block in workbook.book.blocks},
        report=SimpleNamespace(notes=[]),
        inputs=inputs,
    )
    _compare(seen, {id: value.astype(object) for id, value in got.items()}, said)
    blocks: dict[str, BlockReport] = seen.blocks
    return blocks


@dataclass(frozen=True)
class Case:
    workbook: Workbook
    inputs: Values

    def findings(self, got: Values, inputs: Values | None = None) -> dict[str, str]:
        """What check finds when an engine has calculated these values, by block."""
        inputs = self.inputs if inputs is None else inputs
        lines = compared(self.workbook, inputs, got, self.workbook.torch_says(inputs))
        return {id: str(line.finding) for id, line in lines.items() if line.finding}

    def edited(self, change: Callable[[str, np.ndarray], np.ndarray]) -> Values:
        """The inputs with every number that may be typed changed, within its bounds."""
        rules = {rule.area: rule for page in self.workbook.book.pages for rule in page.rules}
        out = dict(self.inputs)
        for block in self.workbook.book.blocks:
            if block.role == "input" and block.style == "values":
                new, rule = change(block.format, out[block.id]), rules.get(block.area)
                if rule:
                    new = np.clip(out[block.id] + 1 if rule.whole else new, rule.low, rule.high)
                out[block.id] = new
        return out


@pytest.fixture(scope="module", params=LISTING)
def case(request: pytest.FixtureRequest) -> Case:
    if request.param == "titanic":
        small: Made = request.getfixturevalue("small")
        return Case(small.workbook, small.inputs)
    workbook = kind_of(request.param)("0")
    inputs = workbook.as_delivered()
    return Case(workbook, {**workbook.no_answers(), **inputs, **workbook.record(inputs)})


@pytest.fixture
def otherwise(monkeypatch: pytest.MonkeyPatch) -> Callable[[Workbook, Values], Values]:
    """The values of all blocks by an engine that adds in another order and inverts in another way."""
    other = {
        "matmul": lambda xp, a, b: sum_up(a[:, ::-1].T[:, :, None] * b[::-1, None]),
        "sum": lambda xp, a: sum_up(a[::-1, ::-1].reshape(-1, 1, 1)),
        "mean": lambda xp, a: sum_up(a[::-1, ::-1].reshape(-1, 1, 1)) * (1 / a.size),
        "sum_rows": lambda xp, a: sum_up(a[::-1, None]),
        "inverse": lambda xp, a: eliminated(a),
        "square": lambda xp, a: a**2 * (1 + 2.0**-52),
        "div": lambda xp, a, b: a * (1 / b),
    }  # fmt: skip

    def values(workbook: Workbook, inputs: Values) -> Values:
        with monkeypatch.context() as patch:
            for op, rule in other.items():
                patch.setitem(NUMERIC, op, rule)
            return evaluate_blocks(workbook, inputs)

    return values


def sum_up(terms: np.ndarray) -> np.ndarray:
    """The sum over the first axis, one term after the other."""
    return np.cumsum(terms, axis=0)[-1]


def eliminated(a: np.ndarray) -> np.ndarray:
    """The inverse, by Gauss and Jordan, as spreadsheets have it."""
    n = len(a)
    both = np.hstack([a, np.eye(n)])
    for k in range(n):
        top = k + int(np.argmax(np.abs(both[k:, k])))
        both[[k, top]] = both[[top, k]]
        both[k] /= both[k, k]
        for i in set(range(n)) - {k}:
            both[i] -= both[i, k] * both[k]
    return both[:, n:]


TYPED: dict[str, Callable[[str, np.ndarray], np.ndarray]] = {
    "as delivered": lambda format, value: value,
    "a little less": lambda format, value: value if value.dtype == object else value * 0.9 + 1e-4,
    "large rates": lambda format, value: value * 30.0 if format == "rate" else value,
}


@pytest.mark.parametrize("typed", TYPED)
def test_an_engine_that_adds_in_another_order_is_right(
    case: Case, typed: str, otherwise: Callable[[Workbook, Values], Values]
) -> None:
    inputs = case.edited(TYPED[typed]) if typed != "as delivered" else case.inputs
    if case.workbook.name == "titanic" and typed == "a little less":
        inputs = {**inputs, **{id: v for id, v in case.inputs.items() if id.startswith(("data.", "start.epoch"))}}
    assert case.findings(otherwise(case.workbook, inputs), inputs) == {}


# what is noise by its nature: a difference of numbers so much larger that 1e-9 of it is less than their own noise
NOISE_ITSELF = {
    "agree.*": "how far torch and the sheet are apart",
    "apart.*": "the same, entry by entry",
    "*.apart": "how far a wiggled slope is from the exact one",
    "*.*_difference": "the same, the largest of a table",
    "*.then.wiggled": "a difference of two losses, divided by a wiggle of 1e-5",
    "frozen.wiggled": "the same, divided by a wiggle of 0.01, where the slope is nearly 0",
    "digits.off": "a number less what is kept of it",
    "rounded.mov*": "the same, of weights",
    "rounded.far": "predictions of these, less those of the weights",
    "parabola.bend_wiggled": "of three losses, divided by the square of the wiggle",
    "schedules.last.*": "a loss less the lowest there is",
    "errors.*_ratio": "of errors, each a sum of hundreds of slopes that nearly cancel",
    "*.best.loss": "of least squares from 24 rows and 10 columns: X'X is nearly singular",
    "start.level": "the same, drawn",
    "marathon.raw.loss": "through 2^17 epochs: 17 squarings, beside fares up to 512 squared",
    "search.raw.loss": "the same",
}


def planted(got: Values) -> Values:
    """The values with the largest number of each block larger by a part in a billion."""
    out = {}
    for id, value in got.items():
        out[id] = value.copy()
        sizes = size(value)
        if sizes.max() > 0:
            at = np.unravel_index(sizes.argmax(), sizes.shape)
            out[id][at] = value[at] * (1 + 1e-9)
    return out


def test_a_fault_of_a_billionth_is_found_in_every_block(case: Case) -> None:
    """In all that shows a number other than 0; what is missed must be noise by its nature, and by its magnitude."""
    got = evaluate_blocks(case.workbook, case.inputs)
    live = [b for b in case.workbook.book.blocks if b.style != "values" and size(got[b.id]).max() > 0]
    found = case.findings(planted(got))
    sizes = with_magnitudes([b.node for b in live], case.workbook.by_node(case.inputs))
    missed = {b.id: m for b, (_, m) in zip(live, sizes, strict=True) if b.id not in found}
    assert [id for id in missed if not any(fnmatchcase(id, pattern) for pattern in NOISE_ITSELF)] == []
    for id, m in missed.items():
        assert NOISE * m.max() > 0.89e-9 * size(got[id]).max(), id
    assert len(missed) < len(live) / 6


def test_the_sheets_own_verdict_finds_a_billionth_and_excuses_noise(
    case: Case, otherwise: Callable[[Workbook, Values], Values]
) -> None:
    ids = [id.removeprefix("size.") for id in case.inputs if id.startswith("size.")]
    assert ids
    by_noise = otherwise(case.workbook, case.inputs)
    said = {f"torch.{id}": planted(case.inputs)[f"torch.{id}"] for id in ids}
    by_fault = evaluate_blocks(case.workbook, {**case.inputs, **said})
    assert {id: by_noise[f"verdict.{id}"].item() for id in ids} == dict.fromkeys(ids, "equal")
    assert {id: by_fault[f"verdict.{id}"].item() for id in ids} == dict.fromkeys(ids, "differs")


def test_a_verdict_on_numbers_that_are_all_0_is_no_division_by_0(case: Case) -> None:
    """Of size 0 there is none: a column of nothing but zeros counts as 1."""
    sizes = {id: value for id, value in case.inputs.items() if id.startswith("size.")}
    assert all((value > 0).all() for value in sizes.values())

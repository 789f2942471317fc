"""A graph is checked as it is built, folded where a formula gets shorter, and keeps its values when rewritten."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from sheetnet.errors import GraphError
from sheetnet.graph import ops, rewrite
from sheetnet.graph.evaluate import NUMERIC, evaluate
from sheetnet.graph.formula import render
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import (
    Node,
    apply,
    constant,
    hstack,
    lift,
    mean,
    ones,
    order,
    relu,
    row,
    square,
    sum_columns,
    variable,
    vstack,
    where,
)
from sheetnet.graph.ops import Shape
from sheetnet.graph.rewrite import split_columns, substitute

LONG = 5_000  # nodes in a chain: more than Python's stack holds frames


class ByName:
    """Places in which every named node stands under its name."""

    def whole(self, node: Node) -> str | None:
        return node.name or None

    def part(self, *_: object) -> str | None:
        return None


def text(node: Node) -> str:
    return render(node, ByName())


def variables(*shapes: Shape) -> list[Node]:
    return [variable("abcdef"[i], shape) for i, shape in enumerate(shapes)]


def random_values(*nodes: Node, seed: int = 0) -> dict[Node, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {node: rng.uniform(-2, 2, node.shape) for node in order(nodes) if node.op == "input"}


def chain(length: int) -> tuple[Node, Node]:
    """x, and x + x + ... : so many sums on top of each other."""
    x = top = variable("x", (1, 1))
    for _ in range(length):
        top = top + x
    return x, top


# ---- shapes

FITS = [
    *[(op, ((2, 3), (2, 3)), (2, 3)) for op in ("add", "sub", "mul", "div", "greater", "equal", "if_error")],
    ("add", ((2, 3), (1, 1)), (2, 3)),
    ("add", ((4, 1), (1, 3)), (4, 3)),
    ("sub", ((1, 3), (4, 3)), (4, 3)),
    ("where", ((4, 1), (4, 3), (1, 1)), (4, 3)),
    ("relu", ((4, 3),), (4, 3)),
    ("matmul", ((4, 3), (3, 2)), (4, 2)),
    ("transpose", ((4, 3),), (3, 4)),
    ("inverse", ((3, 3),), (3, 3)),
    ("expand", ((1, 1), (4, 3)), (4, 3)),
    ("expand", ((1, 3), (4, 1)), (4, 3)),
    ("hstack", ((4, 3), (4, 1), (4, 2)), (4, 6)),
    ("vstack", ((4, 3), (1, 3)), (5, 3)),
    ("row", ((4, 3), (1, 1)), (1, 3)),
    ("lookup", ((2, 1), (5, 1), (5, 1)), (2, 1)),
    ("match", ((2, 1), (5, 1)), (2, 1)),
    ("cumsum", ((4, 1),), (4, 1)),
    ("count_same", ((4, 1),), (4, 1)),
    ("letter", ((1, 1), (4, 3)), (4, 3)),
    ("shares", ((4, 3), (4, 3)), (4, 3)),
    ("joined", ((4, 3),), (4, 1)),
    ("sum", ((4, 3),), (1, 1)),
    ("mean", ((4, 3),), (1, 1)),
    ("max", ((4, 3),), (1, 1)),
    ("sum_rows", ((4, 3),), (1, 3)),
]
REFUSED = [
    *[(op, ((2, 3), (3, 2))) for op in ("add", "sub", "mul", "div", "greater", "equal", "if_error")],
    ("add", ((2, 3), (2, 2))),
    ("where", ((2, 1), (3, 1), (1, 1))),
    ("matmul", ((4, 3), (4, 2))),
    ("expand", ((2, 2), (4, 3))),
    ("inverse", ((2, 3),)),
    ("hstack", ((4, 3), (5, 3))),
    ("vstack", ((4, 3), (4, 2))),
    ("lookup", ((2, 1), (5, 1), (4, 1))),
    ("lookup", ((2, 2), (5, 1), (5, 1))),
    ("match", ((2, 1), (5, 2))),
    ("cumsum", ((4, 2),)),
    ("count_same", ((4, 2),)),
    ("letter", ((2, 1), (3, 1))),
    ("shares", ((4, 1), (4, 3))),
    ("hit", ((4, 2), (4, 3), (4, 3), (4, 3))),
    ("hit", ((4, 1), (4, 1), (3, 1), (4, 1))),
]
WRONG_NUMBER = [("neg", 2), ("matmul", 3), ("add", 1), ("add", 3), ("mul", 1), ("where", 2), ("if_error", 1)]


@pytest.mark.parametrize(("op", "shapes", "result"), FITS)
def test_shapes_that_fit_give_the_shape_of_the_result(op: str, shapes: tuple[Shape, ...], result: Shape) -> None:
    node = apply(op, *variables(*shapes))
    assert (node.op, node.shape) == (op, result)


@pytest.mark.parametrize(("op", "shapes"), REFUSED)
def test_shapes_that_do_not_fit_are_refused_with_op_nodes_and_shapes(op: str, shapes: tuple[Shape, ...]) -> None:
    with pytest.raises(GraphError) as caught:
        apply(op, *variables(*shapes))
    assert str(caught.value).startswith(f"{op} of ")
    for name, (n_rows, n_cols) in zip("abcdef", shapes, strict=False):
        assert f"<{name} {n_rows} x {n_cols}>" in str(caught.value)


@pytest.mark.parametrize(("op", "count"), WRONG_NUMBER)
def test_a_wrong_number_of_sources_is_refused_as_the_graph_is_built(op: str, count: int) -> None:
    with pytest.raises(GraphError, match=op):
        apply(op, *variables(*[(2, 2)] * count))


@pytest.mark.parametrize("table", ["evaluate", "gradient", "formula", "magnitude"])
def test_an_op_that_a_table_has_forgotten_fails_at_import(table: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = str(Path(ops.__file__).with_name(f"{table}.py"))
    runpy.run_path(file)
    monkeypatch.setitem(ops.SHAPES, "new", ops.same)
    with pytest.raises(AssertionError, match="an op without"):
        runpy.run_path(file)


def test_an_unknown_op_is_refused_and_the_known_ones_are_listed() -> None:
    with pytest.raises(GraphError, match=r"no op 'convolve'; known are abs, add, .*where"):
        apply("convolve", variable("a", (1, 1)))


def test_operators_and_short_forms_build_the_op_they_stand_for() -> None:
    a, b = variables((2, 2), (2, 2))
    built = [a + b, a - b, a * b, a / b, -a, a @ b, a.T, relu(a), mean(a), square(a), row(a, 1), where(a, a, b)]
    assert " ".join(node.op for node in built) == "add sub mul div neg matmul transpose relu mean square row where"
    for node in (2 + a, 2 - a, 2 * a, 2 / a):
        assert (node.sources[0].value, node.sources[1]) == (2.0, a)
    assert hstack([a]) is a
    assert vstack([a]) is a
    assert (hstack([a, b]).shape, vstack([a, b]).shape, sum_columns(a).shape) == ((2, 4), (4, 2), (2, 1))


# ---- names


def test_a_name_is_kept_and_shown_and_makes_a_node_of_its_own() -> None:
    a, b = variables((2, 3), (2, 3))
    total = a + b
    named = total.named("total")
    assert (named.name, repr(named), repr(total)) == ("total", "<total 2 x 3>", "<add 2 x 3>")
    assert named is not total
    assert named != total
    assert (named.op, named.sources, named.shape) == (total.op, total.sources, total.shape)


def test_cotangents_are_named_after_what_they_belong_to() -> None:
    X, W, y = variable("X", (4, 3)), variable("W", (3, 2)), variable("y", (4, 1))
    lin = (X @ W).named("lin")
    pred = sum_columns(relu(lin).named("relu")).named("pred")
    wanted = [pred, lin, W]
    d_pred, d_lin, grad_W = gradient(mean(square(pred - y)).named("loss"), wanted)
    assert [d.name for d in (d_pred, d_lin, grad_W)] == ["d_pred", "d_lin", "grad_W"]
    assert [d.shape for d in (d_pred, d_lin, grad_W)] == [node.shape for node in wanted]


# ---- folding


@pytest.mark.parametrize(
    "fold",
    [lambda x: 1 * x, lambda x: x * 1, lambda x: 1 * (x * 1), lambda x: x.T.T, lambda x: x.T.T.T.T],
    ids=["1*x", "x*1", "1*(x*1)", "x.T.T", "x.T.T.T.T"],
)
def test_what_changes_nothing_is_folded_away(fold: Callable[[Node], Node]) -> None:
    x = variable("x", (3, 2))
    assert fold(x) is x


def test_a_product_with_one_that_widens_a_shape_is_kept() -> None:
    number = variable("number", (1, 1))
    assert (number * ones(3, 2)).shape == (3, 2)


def test_the_transpose_of_a_number_is_the_number() -> None:
    x = variable("x", (1, 1))
    assert x.T is x


def test_the_transpose_of_a_product_is_folded_only_while_the_product_is_unnamed() -> None:
    A, B = variable("A", (4, 3)), variable("B", (3, 2))
    assert text((A @ B).T) == "=MMULT(TRANSPOSE(B),TRANSPOSE(A))"
    assert text((B.T @ A.T).T) == "=MMULT(A,B)"
    assert text((A @ B).named("lin").T) == "=TRANSPOSE(lin)"


@pytest.mark.parametrize(
    ("made", "value"),
    [(lift(2) * 3, 6.0), (lift(2) + 3, 5.0), (lift(2) - 3, -1.0), (2 * (lift(3) * lift(4)), 24.0)],
)
def test_numbers_are_folded(made: Node, value: float) -> None:
    assert (made.op, made.value, made.shape) == ("constant", value, (1, 1))


def test_the_transpose_of_a_constant_matrix_is_a_constant_matrix() -> None:
    assert constant(((1.0, 2.0, 3.0), (4.0, 5.0, 6.0))).T.value == ((1.0, 4.0), (2.0, 5.0), (3.0, 6.0))


def test_division_by_the_number_of_rows_stays_readable() -> None:
    error = variable("error", (712, 1))
    (d_error,) = gradient(mean(square(error)), [error])
    assert text(d_error) == "=2*error/712"


def test_folding_keeps_the_value() -> None:
    a, b, c = variables((3, 2), (2, 4), (3, 4))
    folded = [(((a @ b).T @ c).T).T.T, 1 * ((1 / c) * (c * 1)), apply("expand", lift(2), c) * c, (2 * lift(3)) * c.T.T]
    given = random_values(a, b, c)
    A, B, C = (given[node] for node in (a, b, c))
    expected = [C.T @ (A @ B), np.ones((3, 4)), 2 * C, 6 * C]
    for got, want in zip(evaluate(folded, given), expected, strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-13)


# ---- order


def assert_sources_first(nodes: list[Node]) -> None:
    place = {node: i for i, node in enumerate(nodes)}
    assert len(place) == len(nodes), "a node comes twice"
    assert all(place[source] < place[node] for node in nodes for source in node.sources)


@pytest.mark.parametrize("seed", range(10))
def test_order_gives_each_node_once_and_after_its_sources(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = variables((2, 2), (2, 2))
    for _ in range(60):
        i, j = rng.integers(len(nodes), size=2)
        nodes.append(apply(str(rng.choice(["add", "sub", "matmul", "greater"])), nodes[i], nodes[j]))
    assert_sources_first(order(nodes))
    assert set(order(nodes)) == set(nodes)
    assert_sources_first(order([nodes[-1], nodes[5], nodes[-1]]))


def test_order_leaves_out_what_the_roots_do_not_need() -> None:
    a, b = variables((2, 2), (2, 2))
    unused = a @ b
    assert unused not in order([a + b])
    assert order([]) == []


def test_a_wrong_order_is_noticed() -> None:
    a, b = variables((2, 2), (2, 2))
    total = a + b
    for wrong in ([a, total, b], [a, a]):
        with pytest.raises(AssertionError):
            assert_sources_first(wrong)


def test_a_chain_of_thousands_is_ordered_evaluated_derived_and_rebuilt() -> None:
    x, top = chain(LONG)
    assert_sources_first(order([top]))
    assert len(order([top])) == LONG + 1
    (d_x,) = gradient(top, [x])
    z = variable("z", (1, 1))
    (moved,) = substitute([top], {x: z})
    half = np.array([[0.5]])
    values = evaluate([top, moved, d_x], {x: half, z: half})
    assert [float(v[0, 0]) for v in values] == [(LONG + 1) / 2, (LONG + 1) / 2, LONG + 1]


# ---- rewriting


def net(n: int = 5, p: int = 3) -> tuple[Node, Node, Node, Node]:
    X, W, y = variable("X", (n, p)), variable("W", (p, 2)), variable("y", (n, 1))
    pred = sum_columns(relu((X @ W).named("lin"))).named("pred")
    return X, W, y, mean(square(pred - y)).named("loss")


def test_substitution_keeps_values_names_and_what_does_not_depend() -> None:
    X, W, y, loss = net()
    U, V = variable("U", (3, 2)), variable("V", (3, 2))
    kept = X @ X.T
    changed, untouched = substitute([loss, kept], {W: U - V})
    assert untouched is kept
    assert changed.name == "loss"
    assert {"lin", "pred"} <= {node.name for node in order([changed])}
    given = random_values(X, y, U, V)
    (before,) = evaluate([loss], given | {W: given[U] - given[V]})
    (after,) = evaluate([changed], given)
    np.testing.assert_allclose(after, before, rtol=1e-14)


def test_substitution_checks_shapes_and_folds_again() -> None:
    X, W, _, loss = net()
    with pytest.raises(GraphError, match="matmul of <X 5 x 3>"):
        substitute([loss], {W: variable("W", (4, 2))})
    scaled = variable("k", (1, 1)) * X
    assert substitute([scaled], {scaled.sources[0]: constant(1.0)}) == [X]


def test_substitution_that_folds_a_named_node_to_an_input_keeps_its_value() -> None:
    k, b = variables((1, 1), (2, 2))
    (folded,) = substitute([(k * b).named("share")], {k: constant(1.0)})
    given = random_values(b)
    np.testing.assert_array_equal(evaluate([folded], given)[0], given[b])


def test_a_slope_that_is_one_number_for_all_has_the_shape_of_what_it_is_for() -> None:
    (x,) = variables((4, 3))
    (d_x,) = gradient(apply("sum", x), [x])
    assert d_x.shape == x.shape
    np.testing.assert_array_equal(evaluate([d_x], random_values(x))[0], np.ones(x.shape))


Build = Callable[[Node, Node], Node]
SPLITS: Mapping[str, Build] = {
    "sum of rectified units": lambda X, W: sum_columns(relu(X @ W)),
    "mean of squares": lambda X, W: mean(square(sum_columns(relu(X @ W)))),
    "weighted units": lambda X, W: relu(X @ W) @ constant(((2.0,), (-0.5,))),
    "elementwise with numbers": lambda X, W: sum_columns(2 * relu(X @ W) / 3 - 1),
    "units with each other": lambda X, W: sum_columns(relu(X @ W) * (X @ W) - (X @ W)),
    "units less their sum": lambda X, W: sum_columns(square(X @ W - sum_columns(X @ W))),
    "a condition": lambda X, W: sum_columns(where(apply("greater", X @ W, lift(0.25)), X @ W, 0.1 * (X @ W))),
    "does not depend on W": lambda X, W: mean(X @ X.T),
}
SPLIT_OR_REFUSED: Mapping[str, Build] = {
    "a bias for each unit": lambda X, W: sum_columns(relu(X @ W + constant(((0.5, -1.0),)))),
    "a constant of the units' shape": lambda X, W: sum_columns((X @ W) * constant(((1.0, 2.0),) * 5)),
    "two sums of the units": lambda X, W: mean((X @ W) @ constant(((1.0, 2.0), (3.0, 4.0)))),
}
NO_SPLIT: Mapping[str, tuple[str, Build]] = {
    "mean": ("mean", lambda X, W: mean(X @ W)),
    "sum": ("sum", lambda X, W: apply("sum", W)),
    "transpose": ("transpose", lambda X, W: mean(apply("transpose", apply("same", X @ W)))),
    "row": ("row", lambda X, W: sum_columns(row(W, 1))),
    "more than one column is left": ("matmul", lambda X, W: X @ W),
}


def split(build: Build) -> tuple[np.ndarray, np.ndarray]:
    """The value with W whole, and with W by its two columns."""
    X, W = variable("X", (5, 3)), variable("W", (3, 2))
    columns = [variable("w_1", (3, 1)), variable("w_2", (3, 1))]
    root = build(X, W)
    by_columns = split_columns(root, W, columns)
    given = random_values(X, *columns, seed=3)
    (whole,) = evaluate([root], given | {W: np.hstack([given[c] for c in columns])})
    (parts,) = evaluate([by_columns], given)
    assert W not in order([by_columns])
    return whole, parts


def assert_split_keeps_the_value(build: Build) -> None:
    whole, parts = split(build)
    assert whole.shape == parts.shape
    np.testing.assert_allclose(parts, whole, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("build", SPLITS.values(), ids=SPLITS)
def test_a_graph_written_column_by_column_keeps_its_value(build: Build) -> None:
    assert_split_keeps_the_value(build)


def test_a_weight_stands_behind_its_unit() -> None:
    X, W, columns = variable("X", (5, 3)), variable("W", (3, 2)), [variable("w_1", (3, 1)), variable("w_2", (3, 1))]
    by_units = split_columns(relu(X @ W) @ constant(((2.0,), (-0.5,))), W, columns)
    units = [f"IF(MMULT(X,w_{k})>0,MMULT(X,w_{k}),0)" for k in (1, 2)]
    assert text(by_units) == f"={units[0]}*2+{units[1]}*-0.5"


@pytest.mark.parametrize("build", SPLIT_OR_REFUSED.values(), ids=SPLIT_OR_REFUSED)
def test_what_cannot_be_split_rightly_is_refused_and_not_split_wrongly(build: Build) -> None:
    try:
        assert_split_keeps_the_value(build)
    except GraphError:
        return


@pytest.mark.parametrize(("op", "build"), NO_SPLIT.values(), ids=NO_SPLIT)
def test_what_cannot_be_split_is_refused_with_its_op(op: str, build: Build) -> None:
    with pytest.raises(GraphError, match=op):
        split(build)


def test_split_columns_that_changes_a_value_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "_weighted", lambda columns, weights: columns[0] + columns[0])
    with pytest.raises(AssertionError):
        assert_split_keeps_the_value(SPLITS["sum of rectified units"])


def test_a_folded_value_that_is_wrong_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NUMERIC, "matmul", lambda xp, a, b: 1.0001 * (a @ b))
    with pytest.raises(AssertionError):
        test_folding_keeps_the_value()

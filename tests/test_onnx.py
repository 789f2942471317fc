"""What ONNX says comes out of its ops: graph, IronCalc and LibreOffice say the same, in array and in cell form.

ONNX calculates its expected values in float32 mostly, and so they are right to some 1e-7: see tolerance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from onnx_cases import BUILDS, Case, Pairs, Unfit, built, collected

from sheetnet import engines
from sheetnet.book import xlsx as workbook
from sheetnet.engines import CellError, Engine
from sheetnet.graph import dialect
from sheetnet.graph.cut import cuts, needs_cells
from sheetnet.graph.evaluate import NUMERIC, evaluate
from sheetnet.graph.formula import CELL_RULES, ENTRYWISE
from sheetnet.graph.node import Node, order
from sheetnet.graph.ops import SHAPES
from sheetnet.page.book import Book, Style

WRONG = 99.0  # stored beside every formula, so that a stored value cannot pass for a computed one
AT_LEAST = 449  # cases that are reproduced
# entries that are differences: float32 leaves them right relative to the largest, not each to itself
DIFFERENCES = {"BatchNormalization", "LayerNormalization"}
NOT_IN_ONNX = {
    "log10": "Log is the natural one; a division by ln(10) would not be this op",
    "filled": "a tensor has no blanks",
    "if_error": "a tensor has no error values; IsNaN tells inf from nan, a sheet has one kind of error",
    "estimate": "a copy; Identity is reproduced as `same`",
    "outcome": "a copy; Identity is reproduced as `same`",
    "inverse": "there is no such op",
    "pick": "Gather is reproduced as `row`, of one matrix",
    "gather": "Gather is reproduced as `row`, of one matrix",
    "scatter": "what `gather` has for a gradient",
    "correlate": "Conv takes pictures of four dimensions; models/convolution.py is held to torch",
    "largest": "MaxPool takes pictures of four dimensions; models/convolution.py is held to torch",
    "lookup": "there is no such op, for ascending keys",
    "match": "there is no such op",
    "count_same": "there is no such op; Unique counts, but does not keep the places",
    "shares": "Softmax is reproduced as `softmax`; there is none with a mask",
    "letter": "a string has no letters there",
    "joined": "StringConcat joins two tensors, and not the row of one",
    "hit": "it is for exercises",
    "reads": "it is for exercises",
    "median": "there is no such op",
}


def tolerance(wanted: np.ndarray) -> float:
    """Eight roundings of the type in which ONNX calculated; of a double, what is left of it in any program."""
    return max(8.0 * float(np.finfo(wanted.dtype).eps), 1e-12) if wanted.dtype.kind == "f" else 1e-12


def assert_same(got: np.ndarray, wanted: np.ndarray, case: Case) -> None:
    """As ONNX says; inf and nan are an error value in a sheet."""
    assert got.shape == wanted.shape
    found, expected = np.array(got, dtype=float), np.array(wanted, dtype=float)
    expected[~np.isfinite(expected)] = np.nan
    size = np.abs(expected)
    if case.op in DIFFERENCES:
        size = np.full_like(size, np.nanmax(size))
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), case.name)
    far = np.abs(found - expected) > tolerance(wanted) * size
    assert not far.any(), f"{case.name}: {found[far][:3]} where {expected[far][:3]} is expected"


def fits(case: Case) -> bool:
    try:
        built(case)
    except Unfit:
        return False
    return True


def reproduced(op: str) -> list[Case]:
    return [case for case in collected().values() if case.op == op and fits(case)]


# ---- the table


def test_enough_cases_are_reproduced_and_the_others_have_a_reason() -> None:
    reasons: Counter[str] = Counter()
    for case in collected().values():
        try:
            built(case)
        except Unfit as reason:
            reasons[str(reason)] += 1
    assert len(collected()) - reasons.total() >= AT_LEAST
    assert all(reasons)


@pytest.mark.parametrize("op", BUILDS)
def test_each_op_of_onnx_in_the_table_has_a_case_that_is_reproduced(op: str) -> None:
    assert reproduced(op)


def test_each_op_of_ours_is_reproduced_or_onnx_has_none() -> None:
    used = {node.op for op in BUILDS for case in reproduced(op) for node in order([root for root, _ in built(case)[0]])}
    assert used - {"input", "constant"} == set(SHAPES) - set(NOT_IN_ONNX)


# ---- by numpy


def assert_graph_right(case: Case) -> None:
    pairs, given = built(case)
    for got, (_, wanted) in zip(evaluate([root for root, _ in pairs], given), pairs, strict=True):
        assert_same(got, wanted, case)


@pytest.mark.parametrize("op", BUILDS)
def test_the_graph_says_what_onnx_says(op: str) -> None:
    for case in reproduced(op):
        assert_graph_right(case)


# ---- in a sheet


def in_cells(node: Node) -> bool:
    """Whether a node can be written cell by cell."""
    return node.op in dialect.CELL or node.op in CELL_RULES or node.op in ENTRYWISE


def written(pairs: Pairs, style: Style) -> Iterator[tuple[Node, Style]]:
    """The nodes that get a place, each after those it reads, and how: as long array formulas, or op by op in cells."""
    roots = [root for root, _ in pairs]
    if style == "array":
        nodes = [*cuts(roots, ()), *roots]
    else:
        within = {part for node in order(roots) if node.op in dialect.STACKS for part in node.sources}
        nodes = [node for node in order(roots) if node.op not in ("input", "constant") and node not in within]
    for node in dict.fromkeys(nodes):
        cells = in_cells(node) if style == "cells" else needs_cells(node)
        yield node, "cells" if cells else "array"


def place(book: Book, case: Case, style: Style, row: int) -> tuple[int, list[str], dict[str, np.ndarray]]:
    """Put a case on the sheet; the next free row, the blocks of what comes out, and what stands where."""
    page, values, (pairs, given) = book.pages[0], dict[str, np.ndarray](), built(case)
    col, tallest, prefix = 1, 1, f"{case.name}/{style}"

    def put(id: str, node: Node, value: np.ndarray, style: Style, format: str = "plain") -> None:
        nonlocal col, tallest
        page.place(id, node, row, col, "data" if style == "values" else "forward", style, format=format)
        values[id] = value
        col, tallest = col + node.shape[1] + 1, max(tallest, node.shape[0])

    for i, (source, array) in enumerate(given.items()):
        put(f"{prefix}/source {i}", source, array, "values", "text" if array.dtype == object else "plain")
    for i, (node, how) in enumerate(written(pairs, style)):
        put(f"{prefix}/node {i}", node, np.full(node.shape, WRONG), how)
    return row + tallest + 1, [book.block_of(root).id for root, _ in pairs], values


def two_ways(case: Case) -> list[Style]:
    """Array and cells, or the one that there is where both are written alike."""
    pairs, _ = built(case)
    if [*written(pairs, "array")] == [*written(pairs, "cells")]:
        return ["array"]
    return ["array", "cells"]


Found = dict[str, list[tuple[np.ndarray, np.ndarray]]]  # by case, way and output: what comes out, and what ONNX says


@dataclass(frozen=True)
class Sheet:
    """One sheet with some cases: its file, its layout, and the blocks of what comes out of a case in a way."""

    path: Path
    book: Book
    placed: dict[tuple[str, Style], list[str]]


def sheet_of(folder: Path, cases: list[Case]) -> Sheet:
    book, values, row = Book(), dict[str, np.ndarray](), 3
    book.page("ONNX", "What ONNX says", "one case below the other")
    placed: dict[tuple[str, Style], list[str]] = {}
    for case in cases:
        for style in two_ways(case):
            row, placed[case.name, style], more = place(book, case, style, row)
            values |= more
    workbook.write(folder / "onnx.xlsx", book, values, "{}")
    return Sheet(folder / "onnx.xlsx", book, placed)


def recalculated(engine: Engine, sheet: Sheet) -> Found:
    """What comes out of the cases of a sheet; nan for an error value."""
    found: Found = {}
    with engine.open(sheet.path) as session:
        session.recalculate()
        for (name, _), ids in sheet.placed.items():
            wanted = [out for _, out in built(collected()[name])[0]]
            outs = [_read(session, sheet.book, id) for id in ids]
            found.setdefault(name, []).extend(zip(outs, wanted, strict=True))
    return found


def _read(session: engines.Session, book: Book, id: str) -> np.ndarray:
    area = book.block(id).area
    cells = session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
    return np.array([[np.nan if isinstance(e, CellError) else e for e in line] for line in cells], dtype=float)


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    return sheet_of(tmp_path_factory.mktemp("onnx"), [case for op in BUILDS for case in reproduced(op)])


@pytest.fixture(scope="module")
def found(engine: Engine, sheet: Sheet) -> Found:
    return recalculated(engine, sheet)


@pytest.mark.parametrize("op", BUILDS)
def test_the_sheet_says_what_onnx_says(found: Found, op: str) -> None:
    for case in reproduced(op):
        for got, wanted in found[case.name]:
            assert_same(got, wanted, case)


# ---- faults


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("leakyrelu_example", {"alpha": 0.11}),
        ("gemm_all_attributes", {"beta": 0.36}),
        ("gemm_alpha", {"alpha": 1.0}),
        ("gelu_tanh_1", {"approximate": b"none"}),
        ("softmax_axis_0", {"axis": 1}),
        ("concat_3d_axis_0", {"axis": 2}),
        ("cumsum_1d_reverse", {"exclusive": 1}),
        ("layer_normalization_3d_axis0_epsilon", {"epsilon": 0.11}),
        ("batchnorm_epsilon", {"epsilon": 1e-5}),
        ("sce_mean_weight_ii", {"ignore_index": None}),
        ("sce_sum", {"reduction": b"mean"}),
    ],
)
def test_a_wrong_attribute_is_noticed(name: str, wrong: dict[str, object]) -> None:
    case = collected()[name]
    assert_graph_right(case)
    with pytest.raises(AssertionError):
        assert_graph_right(replace(case, settings=case.settings | wrong))


def test_a_wrong_number_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NUMERIC, "exp", lambda xp, a: (1 + 2e-6) * xp.exp(a))
    with pytest.raises(AssertionError, match="exp"):
        test_the_graph_says_what_onnx_says("Exp")


def test_a_wrong_formula_is_noticed_in_either_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = collected()["mul_bcast"]
    monkeypatch.setitem(dialect.ARRAY, "mul", ("{0}+{1}", dialect.SUM, (dialect.SUM, dialect.SUM)))
    found = recalculated(engines.get("ironcalc"), sheet_of(tmp_path, [case]))[case.name]
    assert len(found) == 2
    for got, wanted in found:
        with pytest.raises(AssertionError, match="mul_bcast"):
            assert_same(got, wanted, case)


def test_an_op_that_no_case_uses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BUILDS, "Det", BUILDS["Neg"])
    with pytest.raises(AssertionError, match="determinant"):
        test_each_op_of_ours_is_reproduced_or_onnx_has_none()

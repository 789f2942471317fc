"""Random graphs: what a spreadsheet calculates is what numpy does; what is differentiated is what torch says.

RANDOM_GRAPHS=1000 tries so many (40% of them in LibreOffice, too); without it a seeded part of them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from conftest import block_at, engine_of
from test_ops import by_autograd, by_differences

from sheetnet.book import xlsx
from sheetnet.checking.blocks import _parts, _spoilt
from sheetnet.checking.compare import RELATIVE, floor_of, hold_against
from sheetnet.checking.report import BlockReport
from sheetnet.engines.base import CellError
from sheetnet.errors import GraphError
from sheetnet.graph import dialect
from sheetnet.graph.cut import cuts, needs_cells
from sheetnet.graph.gradient import gradient
from sheetnet.graph.magnitude import NOISE, with_magnitudes
from sheetnet.graph.node import Node, apply, lift, order, selector, variable, where
from sheetnet.graph.ops import SHAPES
from sheetnet.graph.undecided import Undecided
from sheetnet.page.book import Block, Book

COUNT = int(os.environ.get("RANDOM_GRAPHS", "100"))
NAN = float("nan")
SIZES = ((1, 1), (4, 1), (1, 3), (4, 3), (3, 3), (3, 1))
SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, 1e-17, 1e-300, 1e16, -1e100, 1e200, 0.1 + 0.2, 0.3, 1 + 2**-52)
BLANKS = {"median", "filled", "count_same"}  # that read a cell with nothing in it as such
# of these test_ops has examples: their sources must be of a kind
NEVER = {"hit", "pick", "lookup", "letter", "joined", "gather", "scatter", "correlate", "largest"}
Values = dict[Node, np.ndarray]


@dataclass(frozen=True)
class Graph:
    """Inputs with values, and the nodes to be looked at, each after those it is made from."""

    given: Values
    errors: frozenset[Node]  # inputs in which nan is an error, and not a blank
    nodes: list[Node]


def drawn(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Numbers with ties and zeros, and now and then huge, tiny or nearly equal ones."""
    kind = rng.integers(4)
    if kind == 0:
        return rng.integers(-2, 3, shape).astype(float)
    if kind == 1:
        return rng.choice(SPECIAL, shape)
    if kind == 2:
        return np.round(rng.uniform(-3, 3, shape), 1)
    return rng.normal(size=shape) * 10.0 ** rng.integers(-3, 4)


def random_graph(seed: int) -> Graph:
    rng = np.random.default_rng(seed)
    given: Values = {}
    for i in range(4):
        shape = SIZES[rng.integers(len(SIZES))]
        given[variable(f"x{i}", shape)] = drawn(rng, shape)
    errors = frozenset(given)
    first = next(iter(given))
    if rng.random() < 0.2:
        given[first].flat[rng.integers(given[first].size)] = NAN
    blank = variable("blank", (4, 1))
    nodes: list[Node] = list(given)
    ops = sorted(set(SHAPES) - NEVER)
    while len(nodes) < 14:
        node = _applied(rng, str(rng.choice(ops)), nodes, blank)
        if node is not None and node.op not in ("input", "constant"):
            nodes.append(node)
    given[blank] = np.where(rng.random((4, 1)) < 0.4, NAN, drawn(rng, (4, 1)))
    return Graph(given, errors, nodes[4:])


def _applied(rng: np.random.Generator, op: str, nodes: list[Node], blank: Node) -> Node | None:
    """The op of some of the nodes at random; None where they do not fit."""
    for _ in range(20):
        pool = [node for node in nodes if op not in ("power", "row") or node.shape == (1, 1) or rng.random() < 0.5]
        count = {"pair": 2, "instead": 2, "triple": 3}.get(SHAPES[op].__name__, 1)
        count = {"matmul": 2, "hstack": 2, "vstack": 2, "match": 2, "row": 2, "expand": 2}.get(op, count)
        sources = [pool[i] for i in rng.integers(len(pool), size=count)] if pool else []
        if op in BLANKS and rng.random() < 0.7:
            sources = [blank]
        elif op == "filled" or (op in BLANKS and sources and sources[0].op == "input"):
            return None  # a formula is never blank, and nan is an error in these inputs
        if op == "row":
            sources[1:] = [lift(float(rng.choice([0, 1, 2, 1.5, 4, -0.5, -1, 9])))]
        if sources and op in ("add", "mul", "power", "greater", "equal") and rng.random() < 0.2:
            sources[-1] = lift(float(rng.choice([0.0, 1.0, 2.0, -0.5, 1 / 3, 0.3])))
        if op in dialect.STACKS:
            sources = [apply("same", source) for source in sources]
        try:
            return apply(op, *sources)
        except (GraphError, TypeError, IndexError):
            continue
    return None


# ---- on one sheet


def placed(book: Book, graph: Graph, row: int, number: int) -> tuple[int, list[Block], dict[str, np.ndarray]]:
    """Put the inputs, some of the nodes and what must stand too on the sheet; the next free row, the blocks, values."""
    page, rng, col = book.pages[0], np.random.default_rng(number), 1
    values: dict[str, np.ndarray] = {}

    def put(node: Node, style: str) -> Block:
        nonlocal col
        id = f"{number}/{len(values)}"
        role: Any = "torch" if node in graph.errors else "data" if node.op == "input" else "forward"
        block = page.place(id, node, row, col, role, None if node.op == "input" else style, format="plain")  # type: ignore[arg-type]
        values[id] = graph.given.get(node, np.full(node.shape, 99.0))
        col += node.shape[1] + 1
        return block

    for node in graph.given:
        put(node, "values")
    alone = ("match", "row", *dialect.STACKS)
    roots = [node for node in graph.nodes if rng.random() < 0.4 or node.op in alone]
    roots += [source for node in roots for source in node.sources if needs_cells(node) or node.op == "match"]
    roots = [node for node in dict.fromkeys(roots) if node.op not in ("input", "constant")]
    stands = order([*cuts(roots, list(graph.given)), *roots])
    wanted = {*cuts(roots, list(graph.given)), *roots}
    blocks = []
    for node in stands:
        if node in wanted:
            cells = needs_cells(node) or node.op == "match"
            blocks.append(put(node, "cells" if cells else "array"))
    return row + 1 + max(block.area.n_rows for block in [*blocks, *page.blocks[-len(values) :]]), blocks, values


def compared(folder: Path, seeds: range, engine: str) -> list[str]:
    """What differs between a spreadsheet and numpy, in words."""
    book = Book()
    book.page("Graphs", "Random graphs", "one below the other")
    graphs = {seed: random_graph(seed) for seed in seeds}
    blocks: dict[int, list[Block]] = {}
    values: dict[str, np.ndarray] = {}
    row = 3
    for seed, graph in graphs.items():
        row, blocks[seed], more = placed(book, graph, row, seed)
        values |= more
    xlsx.write(folder / "graphs.xlsx", book, values, "{}")
    out = []
    with engine_of(engine) as program, program.open(folder / "graphs.xlsx") as session:
        session.recalculate()
        got = {block.id: _read(session, block) for every in blocks.values() for block in every}
    for seed, graph in graphs.items():
        nodes = [block.node for block in blocks[seed]]
        said = dict(part for block in blocks[seed] for part in _parts(block.node, got[block.id]))
        found = with_magnitudes(nodes, graph.given, settle=Undecided(said).settle)
        for block, (value, magnitude) in zip(blocks[seed], found, strict=True):
            line = BlockReport(block.id, block.area.address(), 1)
            spoilt = _spoilt(SimpleNamespace(book=book), block, value)  # type: ignore[arg-type]
            floor = floor_of(magnitude)
            hold_against(line, block.area, got[block.id], value, RELATIVE, floor, block.node.op, spoilt)
            if line.finding:
                texts = [formula.text for formula in book.formulas(block)][:2]
                out.append(f"graph {seed}: {line.finding} {texts} {[s.op for s in block.node.sources]}")
    return out


def _read(session: Any, block: Block) -> np.ndarray:
    cells = block_at(session, block)
    return np.array([[NAN if isinstance(e, CellError) else e for e in line] for line in cells], dtype=object)


@pytest.mark.parametrize("part", range(0, COUNT, 100))
def test_random_graphs_in_ironcalc(tmp_path: Path, part: int) -> None:
    assert compared(tmp_path, range(part, min(COUNT, part + 100)), "ironcalc") == []


@pytest.mark.office
@pytest.mark.parametrize("part", range(0, COUNT * 2 // 5, 100))
def test_random_graphs_in_libreoffice(tmp_path: Path, part: int) -> None:
    assert compared(tmp_path, range(part, min(COUNT * 2 // 5, part + 100)), "libreoffice") == []


def test_a_wrong_template_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(dialect.ARRAY, "square", ("{0}^2.000000001", dialect.POWER, (dialect.ATOM,)))
    assert any("square" in words for words in compared(tmp_path, range(100), "ironcalc"))


# ---- gradients

SMOOTH = ("neg", "sin", "cos", "tanh", "sigmoid", "softplus", "normal", "relu", "abs", "square", "transpose", "softmax")
SMOOTH += ("logsumexp", "same", "add", "sub", "mul", "matmul", "sum", "mean", "sum_rows", "hstack", "vstack")


def smooth_graph(seed: int) -> tuple[Node, Values]:
    """A number that is made of some inputs by ops with a slope, and where they are not too large by any."""
    rng = np.random.default_rng(seed)
    given: Values = {}
    for i in range(3):
        shape = SIZES[rng.integers(len(SIZES))]
        given[variable(f"x{i}", shape)] = rng.uniform(-1.5, 1.5, shape)
    nodes: list[Node] = list(given)
    extra = {
        "div": lambda a, b: a / (1.5 + apply("square", b)),
        "sqrt": lambda a, b: apply("sqrt", 0.5 + apply("square", a)),
        "ln": lambda a, b: apply("ln", 0.5 + apply("square", a)),
        "exp": lambda a, b: apply("exp", apply("tanh", a)),
        "power": lambda a, b: apply("power", 0.5 + apply("square", a), apply("tanh", b)),
        "where": lambda a, b: where(apply("greater", a, b), a * b, a - b),
        "inverse": lambda a, b: apply("inverse", 4.0 * selector(3, 0, 3) + apply("tanh", a)),
    }
    while len(nodes) < 12:
        op = str(rng.choice([*SMOOTH, *extra]))
        a, b = (nodes[i] for i in rng.integers(len(nodes), size=2))
        two = SHAPES[op].__name__ == "pair" or op in ("matmul", "hstack", "vstack")
        try:
            nodes.append(extra[op](a, b) if op in extra else apply(op, *((a, b) if two else (a,))))
        except GraphError:
            continue
    parts = [apply("mean", apply("tanh", 0.3 * node)) for node in nodes[-4:]]
    return parts[0] + parts[1] * parts[2] - parts[3], given


@pytest.mark.parametrize("part", range(0, COUNT, 100))
def test_gradients_of_random_graphs_are_torchs_and_those_of_differences(part: int) -> None:
    for seed in range(part, min(COUNT, part + 100)):
        loss, given = smooth_graph(seed)
        below = set(order([loss]))
        wanted = [node for node in given if node in below]
        found = with_magnitudes(gradient(loss, wanted), given)
        for source, (got, magnitude), exact in zip(wanted, found, by_autograd(loss, wanted, given), strict=True):
            off = np.abs(got - exact)
            assert (off <= 1e-12 * np.abs(exact) + NOISE * magnitude.max() + 1e-15).all(), (seed, source)
            near = by_differences(loss, source, given)
            assert (np.abs(got - near) <= 1e-6 * (1 + np.abs(got))).all(), (seed, source)

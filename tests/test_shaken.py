"""A descent that makes its own rounding grow is no false alarm, and what is wrong beside it is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_magnitude import Case, Values, otherwise  # noqa: F401 (otherwise is a fixture)

import sheetnet as sn
from sheetnet.checking.blocks import GROWS
from sheetnet.checking.examined import begin
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, apply, variable, vstack
from sheetnet.graph.shaken import TIMES, shaken
from sheetnet.graph.undecided import Undecided
from sheetnet.motifs.workbook import Workbook

STEPS, EPOCHS = 40, 150


def history(rate: float) -> tuple[Node, dict[Node, np.ndarray]]:
    """x + rate x (1 - x), again and again: at rates near 3 chaos, below 2 it settles."""
    start = variable("start", (1, 1))
    states: list[Node] = [apply("same", start)]
    for _ in range(STEPS):
        states.append(states[-1] + rate * states[-1] * (1.0 - states[-1]))
    return vstack(states), {start: np.array([[0.3]])}


@pytest.mark.parametrize(("rate", "grows"), [(0.5, False), (1.9, False), (2.9, True)])
def test_the_rounding_of_a_descent_is_found_to_grow_where_it_does(rate: float, grows: bool) -> None:
    """Held against the same numbers with more digits, and with another order of the same sums."""
    table, given = history(rate)
    (value,) = evaluate([table], given)
    moved = shaken({table: value}, given, Undecided({}).settle)[table]
    exact, near = np.longdouble(np.float64(0.3)), 0.3
    exactly, nearly = [exact], [near]
    for _ in range(STEPS):
        exactly.append(exactly[-1] + np.longdouble(rate) * exactly[-1] * (1 - exactly[-1]))
        nearly.append((1 + rate) * nearly[-1] - rate * nearly[-1] ** 2)
    for there in (exactly, nearly):
        apart = np.abs(value[:, 0] - np.array(there, dtype=float))
        assert (apart <= np.maximum(np.maximum.accumulate(moved[:, 0]), 1e-14)).all()
    assert moved.max() < (1.0 if grows else TIMES * 1e-14)
    assert (moved.max() > 1e-10) == grows


def build(path: Path) -> Path:
    """The workbook of a net whose rate is about too large."""
    x = np.random.default_rng(1).normal(size=(12, 2)).round(2)
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": (np.sin(3 * x[:, 0]) + x[:, 1]).round(2)})
    table = sn.table(frame, "y")
    return sn.build(path, table, sn.mlp(table, 3, activation="tanh"), epochs=EPOCHS, lr=0.82).path


@pytest.fixture
def edge(tmp_path: Path) -> Case:
    seen = begin(build(tmp_path / "edge.xlsx"), "ironcalc", strict=False)
    return Case(seen.found.workbook, dict(seen.inputs))


def test_what_another_program_makes_of_it_is_no_difference_and_a_fault_is_one(
    edge: Case,
    otherwise: Callable[[Workbook, Values], Values],  # noqa: F811
) -> None:
    got = {id: value.astype(object) for id, value in otherwise(edge.workbook, edge.inputs).items()}
    assert edge.findings(got) == {}
    (last,) = (id for id in got if id.endswith(f"W_1.{EPOCHS}") or id.endswith("descent.W_1"))
    early, *_ = (id for id in got if id.endswith("grad_W_1"))
    for id, by in ((early, 1e-9), (last, 0.01)):
        wrong = got[id].copy()
        wrong[0, 0] *= 1 + by
        assert id in edge.findings({**got, id: wrong}), id


def test_check_says_so(tmp_path: Path) -> None:
    report = sn.check(build(tmp_path / "edge.xlsx"))
    assert report.ok
    assert GROWS in report.notes

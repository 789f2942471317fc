"""What is undecided by rounding is no difference, and a fault beside it or after it is one all the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from conftest import Made, edit
from test_magnitude import Values, compared, planted
from test_ops import ALL, column, numbers, one, op_of

import sheetnet as sn
from sheetnet.book import reader
from sheetnet.book.build import evaluate_blocks
from sheetnet.book.opened import find_manifest
from sheetnet.book.reader import where as cell_of
from sheetnet.checking.blocks import _parts
from sheetnet.graph.doubts import DOUBTS, NONE
from sheetnet.graph.evaluate import NUMERIC
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.node import Node, apply, lift, variable, where
from sheetnet.graph.undecided import Undecided
from sheetnet.motifs.workbook import Workbook

pytestmark = pytest.mark.usefixtures("one_office")
NAN = float("nan")
Edits = dict[tuple[str, int, int], float]
TINY = (1e-17, -1e-17, 2e-17, 3e-17, -2e-17)


# ---- plain edits that gave false alarms

EDITS: dict[str, tuple[str, Edits]] = {
    "c of 100,000": ("quadratic", {("fit.c", 0, 0): 1e5}),
    "an x of 10,000, whose descent ends at the edge of a double": ("quadratic", {("fit.x", 3, 0): 1e4}),
    "an x of -100,000": ("learning_rate", {("points.x", 3, 0): -1e5}),
    "weights of 1e-17, which are not above 0 in IronCalc": (
        "small", {("two_relu.now.weight", i, j): TINY[(3 * i + j) % 5] for i in range(2) for j in range(10)},
    ),
    "ages of one 15 digits": ("small", {("data.Age", 0, 0): 0.3, ("data.Age", 1, 0): 0.1 + 0.2}),
    "a Parch of 1e16": ("small", {("data.Parch", 0, 0): 1e16}),
    "a start of 1e308": ("small", {("linear.now.weight", 0, j): 1e308 for j in range(10)}),
    "one weight of 1e308": ("small", {("two_relu.now.weight", 0, 0): 1e308}),
}  # fmt: skip


@pytest.fixture
def file(small: Made, lesson_file: Callable[[str], Path]) -> Callable[[str], Path]:
    return lambda name: small.path if name == "small" else lesson_file(name)


def edited(source: Path, out: Path, changes: Edits) -> Path:
    """A copy with numbers in cells of blocks, {(id, row, column): number}."""
    book = find_manifest(reader.read(source)).workbook.book
    areas = {id: book.block(id).area for id, _, _ in changes}
    return edit(source, out, {
        cell_of(areas[id].sheet, areas[id].row + i, areas[id].col + j): number for (id, i, j), number in changes.items()
    })  # fmt: skip


@pytest.mark.parametrize("what", EDITS)
def test_a_plain_edit_is_no_false_alarm(file: Callable[[str], Path], tmp_path: Path, what: str) -> None:
    name, changes = EDITS[what]
    assert sn.check(edited(file(name), tmp_path / "mine.xlsx", changes)).findings == []


@pytest.mark.office
def test_nor_is_it_one_in_libreoffice(file: Callable[[str], Path], tmp_path: Path) -> None:
    for name in ("quadratic", "learning_rate", "small"):
        changes: Edits = {}
        for of, more in EDITS.values():
            changes |= more if of == name else {}
        report = sn.check(edited(file(name), tmp_path / f"{name}.xlsx", changes), "libreoffice")
        assert report.findings == [], name


# ---- a fault is found all the same


@dataclass(frozen=True)
class Tiny:
    """The small workbook with weights of the first unit so small that it is undecided whether it is on."""

    workbook: Workbook
    inputs: Values
    said: Values  # by torch

    def findings(self, got: Values) -> set[str]:
        """The blocks in which something is found when an engine has calculated these values."""
        lines = compared(self.workbook, self.inputs, got, self.said)
        return {id for id, line in lines.items() if line.finding}


@pytest.fixture(scope="module")
def tiny(small: Made) -> Tiny:
    weight = small.inputs["two_relu.now.weight"].copy()
    weight[0] = [TINY[j % 5] for j in range(10)]
    inputs = {**small.inputs, "two_relu.now.weight": weight}
    return Tiny(small.workbook, inputs, small.workbook.torch_says(inputs))


@pytest.fixture
def as_ironcalc(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> Values:
    """What a program says for which nothing up to 2.2e-16 is above 0."""
    with monkeypatch.context() as patch:
        patch.setitem(NUMERIC, "step", lambda xp, a: (a > 2.2e-16) + 0 * a)
        patch.setitem(NUMERIC, "relu", lambda xp, a: np.where(a > 2.2e-16, a, 0 * a))
        return evaluate_blocks(tiny.workbook, tiny.inputs)


def test_a_program_that_decides_otherwise_is_right(tiny: Tiny, as_ironcalc: Values) -> None:
    own = evaluate_blocks(tiny.workbook, tiny.inputs)
    assert np.abs(own["two_relu.descent.loss"] - as_ironcalc["two_relu.descent.loss"]).max() > 1e-4
    assert tiny.findings(own) == set()
    assert tiny.findings(as_ironcalc) == set()


def test_a_billionth_is_found_beside_and_after_what_is_undecided(tiny: Tiny, as_ironcalc: Values) -> None:
    """In every block of the net, one at a time, but the weights that hang on it themselves, and noise by its nature."""
    faults = planted(as_ironcalc)
    live = [block.id for block in tiny.workbook.book.blocks if block.style != "values" and "two_relu" in block.id]
    asked = {id for id in live if as_ironcalc[id].dtype != object and (faults[id] != as_ironcalc[id]).any()}
    missed = {id for id in asked if id not in tiny.findings({**as_ironcalc, id: faults[id]})}
    itself = {f"two_relu.{id}" for id in ("descent.W_1", "then.wiggled", "then.wiggle_difference")}
    assert missed <= itself
    assert len(asked) > 35


def test_what_is_beyond_the_undecided_is_found_in_the_very_same_numbers(tiny: Tiny, as_ironcalc: Values) -> None:
    wrong = as_ironcalc["two_relu.descent.W_1"].copy()
    wrong[-1] += 1.0
    assert "two_relu.descent.W_1" in tiny.findings({**as_ironcalc, "two_relu.descent.W_1": wrong})


@pytest.mark.parametrize("wrong", [0.5, -1.0, 2.0, NAN])
def test_a_decision_is_one_or_the_other(tiny: Tiny, as_ironcalc: Values, wrong: float) -> None:
    mask = as_ironcalc["two_relu.then.mask"].copy()
    mask[0, 0] = wrong
    assert "two_relu.then.mask" in tiny.findings({**as_ironcalc, "two_relu.then.mask": mask})


def test_nothing_that_is_compared_with_torch_is_in_doubt_as_delivered(small: Made) -> None:
    live = [block for block in small.workbook.book.blocks if block.style != "values"]
    said = {block.id: small.values[block.id].astype(object) for block in live}
    undecided = Undecided(dict(part for block in live for part in _parts(block.node, said[block.id])))
    with_magnitudes([b.node for b in live], small.workbook.by_node(small.inputs), settle=undecided.settle)
    assert [block.id for block in live if block.node in undecided.apart] == []


# ---- op by op: where programs decide otherwise, and how far the value may then be another

a, NEAR = column(1.0, 1.0, 0.3, 2e-16, NAN), column(1 + 4e-15, 1.1, 0.1 + 0.2, 0.0, 1.0)
KEYS, TWINS = column(0.3, 0.1 + 0.2, 2), column(5, 7, 7)
CASES: dict[str, tuple[str, tuple[np.ndarray, ...], np.ndarray]] = {
    "greater": ("greater", (a, NEAR), column(1, 0, 1, 1, 0)),
    "equal": ("equal", (a, NEAR), column(1, 0, 1, 1, 0)),
    "step": ("step", (column(1e-17, -1e-17, 0, 1e-15),), column(1, 1, 0, 0)),
    "sign": ("sign", (column(1e-17, 0),), column(0, 0)),
    "floor": ("floor", (column(3 - 4e-15, 3, 3 + 4e-15, 2.5, -1e-17),), column(1, 0, 1, 0, 1)),
    "relu": ("relu", (column(1e-17, 1, 0),), column(1e-17, 0, 0)),
    "softplus": ("softplus", (column(1e-17, 1),), column(1e-17, 0)),
    "power": ("power", (column(0, -8, -8, 2), column(0, 1 / 3, 3, 0)), column(np.inf, np.inf, 0, 0)),
    "row, at a whole number": ("row", (numbers(3, 1), one(2.0)), column(0)),
    "row, beside one": ("row", (column(1, 2, 5), one(2 - 2**-52)), column(1)),
    "row, the 0th, which is all of them": ("row", (column(1, 2, 5), one(0.5)), column(1e308)),
    "row, between -1 and 0": ("row", (column(1, 2, 5), one(-0.5)), column(np.inf)),
    "pick, beside a whole number": ("pick", (one(1 - 2**-53), column(1, 2), column(4, 8)), column(3, 6)),
    "normal": ("normal", (column(1e4, 1e-200, 1.0, 0.0),), column(np.inf, np.inf, 0, 0)),
    "sin": ("sin", (column(2.0**27, 1.0),), column(np.inf, 0)),
    "square": ("square", (column(1e-300, 0, 1),), column(np.inf, 0, 0)),
    "inverse": ("inverse", (np.diag([1.0, 1e-15]),), np.full((2, 2), np.inf)),
    "determinant": ("determinant", (np.diag([1.0, 1e-15]),), column(1e-15)),
    "if_error": ("if_error", (column(NAN, 1), one(5.0)), column(0, 0)),
    "match, of the second of twins": ("match", (column(0.1 + 0.2, 2), KEYS), column(1, 0)),
    "match, of none but a twin": ("match", (column(0.3 - 2**-54), column(0.3, 1)), column(np.inf)),
    "lookup": ("lookup", (column(0.1 + 0.2, 2), KEYS, TWINS), column(2, 0)),
    "count_same": ("count_same", (KEYS,), column(1, 1, 0)),
    "letter, beside a whole number": ("letter", (column("abc"), column(2 - 2**-52, 2)), column(np.inf, 0)),
}


def doubt(op: str, values: tuple[np.ndarray, ...]) -> np.ndarray:
    """The doubt of an op whose sources are the same in every program."""
    with np.errstate(all="ignore"):
        found = DOUBTS[op](NUMERIC[op](np, *values), values, [NONE] * len(values))
        return np.broadcast_to(found, NUMERIC[op](np, *values).shape)


@pytest.mark.parametrize("case", CASES)
def test_the_doubt_of_an_op_is_how_far_the_other_value_is(case: str) -> None:
    op, values, expected = CASES[case]
    np.testing.assert_allclose(doubt(op, values), expected)


APART = {"power: of a number", "inverse: of a singular matrix", "row: 0 of a column"}  # these are in doubt, or may be
APART |= {"row: 0 is all rows, of which the first is shown"}


@pytest.mark.parametrize("case", [case for case in ALL if op_of(case) in DOUBTS and case not in APART])
def test_ordinary_numbers_are_in_no_doubt(case: str) -> None:
    assert not doubt(op_of(case), ALL[case].sources).any()


def settled(node: Node, given: dict[Node, np.ndarray], said: dict[Node, np.ndarray]) -> object:
    """The single value of a node when a sheet says these of some nodes."""
    [(value, _)] = with_magnitudes([node], given, settle=Undecided(said).settle)
    return value.item()


def test_noise_decides_nothing_and_a_choice_is_taken_from_the_sheet() -> None:
    x = variable("x", (1, 1))
    rest = x + 0.2 - 0.3  # of 0.1: 0 or 5.6e-17, as programs like
    word = where(apply("greater", rest, lift(0.0)), "more", "not more")
    far = where(apply("greater", rest, lift(0.0)), 5.0, 2.0)
    near = where(apply("greater", x, lift(0.0)), 5.0, 2.0)

    def cell(value: float | str) -> np.ndarray:
        return np.array([[value]], dtype=object)

    assert [settled(word, {x: one(0.1)}, {word: cell(said)}) for said in ("more", "not more")] == ["more", "not more"]
    assert [settled(far, {x: one(0.1)}, {far: cell(said)}) for said in (2.0, 5.0, 3.0, NAN)] == [2.0, 5.0, 5.0, 5.0]
    assert settled(near, {x: one(0.1)}, {near: cell(2.0)}) == 5.0
    assert settled(far * 2.0 + x, {x: one(0.1)}, {far: cell(2.0)}) == 4.1


def test_a_number_too_large_may_be_an_error_and_none_else() -> None:
    x = variable("x", (2, 1))
    total = apply("sum", x * 1e150)
    given = {x: column(1e157, -1e157)}
    for said, expected in ((NAN, NAN), (3.0, 0.0)):
        assert settled(total, given, {total: np.array([[said]], dtype=object)}) == pytest.approx(expected, nan_ok=True)
    assert settled(total, {x: column(1e20, 1)}, {total: np.array([[NAN]], dtype=object)}) == pytest.approx(1e170)

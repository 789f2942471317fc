"""Least squares that a sheet shows as exact is so: NIST's certified regressions, and tables with nearly no answer."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import EACH_ENGINE, ROOT, Made, block_at, edit, usable, value_at

import sheetnet as sn
from sheetnet.book.build import _has_single_best
from sheetnet.book.xlsx import write
from sheetnet.checking.compare import floor_of
from sheetnet.engines import Engine
from sheetnet.errors import DataError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.formula import MAX_LENGTH
from sheetnet.graph.magnitude import NOISE, with_magnitudes
from sheetnet.graph.node import apply, variable
from sheetnet.motifs.least_squares import NO, SINGULAR, YES, best, corrected, new_share, solution
from sheetnet.motifs.predictions import GUESSES
from sheetnet.page.book import Book
from sheetnet.tables.passengers import SCHEMA
from sheetnet.tables.table import Table
from sheetnet.training import least_squares

pytestmark = pytest.mark.usefixtures("one_office")
SOLVED, HOPELESS = ("norris", "longley", "wampler1", "wampler2"), "filip"
DIGITS = 9
each_engine = pytest.mark.parametrize("name", EACH_ENGINE)


@dataclass(frozen=True)
class Certified:
    """A set of NIST: X (n, p) with its ones, y (n, 1), the coefficients; and the same as exact fractions."""

    exact: tuple[list[list[Fraction]], list[Fraction]]
    coefficients: list[float]

    @property
    def X(self) -> np.ndarray:
        return np.array(self.exact[0], dtype=float)

    @property
    def y(self) -> np.ndarray:
        return np.array(self.exact[1], dtype=float)[:, None]


def certified(name: str) -> Certified:
    lines = (ROOT / "tests" / "certified" / f"{name}.csv").read_text().splitlines()
    coefficients = [float(text) for text in lines[1].partition(": ")[2].split(",")]
    rows = [[Fraction(text) for text in line] for line in csv.reader(lines[3:])]
    p = len(coefficients)
    X = [[Fraction(1), *row[1:]] if len(row) == p else [row[1] ** k for k in range(p)] for row in rows]
    return Certified((X, [row[0] for row in rows]), coefficients)


def by_fractions(X: Sequence[Sequence[Fraction]], y: Sequence[Fraction]) -> list[float]:
    """The weights of least squares without any rounding, by Gauss and Jordan."""
    p = range(len(X[0]))
    rows = [[*(sum(x[i] * x[j] for x in X) for j in p), sum(x[i] * v for x, v in zip(X, y, strict=True))] for i in p]
    for k in p:
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in set(p) - {k}:
            rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [float(row[-1]) for row in rows]


def digits(got: np.ndarray, expected: Sequence[float]) -> float:
    """How many digits of the worst coefficient are right, at most 16."""
    off = np.abs(np.asarray(got, dtype=float).ravel() - expected) / np.abs(expected)
    return float(-np.log10(np.maximum(off.max(), 1e-16)))


@dataclass
class Sheet:
    """A workbook with X, y and what workbooks show of least squares."""

    X: np.ndarray
    y: np.ndarray

    def __post_init__(self) -> None:
        X, y = variable("X", self.X.shape), variable("y", self.y.shape)
        self.given = {X: self.X, y: self.y}
        self.weight, self.single = best(X, y)
        self.book = Book()
        page = self.book.page("Page", "Least squares", "The best weights.")
        page.place("X", X, 8, 0, "input", name="X")
        page.place("y", y, 8, self.X.shape[1] + 1, "input", name="y")
        page.place("weight", self.weight, 5, 0, "result")
        page.place("single", self.single, 6, 0, "result")

    def recalculated(self, engine: Engine, path: Path) -> tuple[np.ndarray, str]:
        """Weights (1, p) and the word, from a file in which other values are stored."""
        blocks = self.book.blocks
        values = evaluate([b.node for b in blocks], self.given)
        wrong = {"weight": np.full(self.weight.shape, 99.0), "single": np.array([["wrong"]], dtype=object)}
        write(path, self.book, {b.id: wrong.get(b.id, v) for b, v in zip(blocks, values, strict=True)}, "{}")
        with engine.open(path) as session:
            session.recalculate()
            weight, single = (block_at(session, self.book.block(id)) for id in ("weight", "single"))
        return weight, single.item()


# ---- NIST's sets


@pytest.mark.parametrize("name", [*SOLVED, HOPELESS])
def test_the_data_are_those_of_which_nist_certified_the_coefficients(name: str) -> None:
    of = certified(name)
    assert digits(np.array(by_fractions(*of.exact)), of.coefficients) > 13.5


@each_engine
@pytest.mark.parametrize("set_", SOLVED)
def test_nine_digits_of_the_certified_coefficients_are_right(name: str, set_: str, tmp_path: Path) -> None:
    of = certified(set_)
    weight, single = Sheet(of.X, of.y).recalculated(usable(name), tmp_path / "set.xlsx")
    assert single == YES
    assert digits(weight, of.coefficients) >= DIGITS


@each_engine
def test_where_no_digit_would_be_right_a_word_says_so_and_no_weight_is_shown(name: str, tmp_path: Path) -> None:
    of = certified(HOPELESS)
    weight, single = Sheet(of.X, of.y).recalculated(usable(name), tmp_path / "set.xlsx")
    assert single == NO
    assert not any(isinstance(entry, float) for entry in weight.flat)


@pytest.mark.parametrize("set_", ["longley", "wampler1", "wampler2"])
def test_the_normal_equations_alone_would_not_do(set_: str) -> None:
    of, sheet = certified(set_), Sheet(certified(set_).X, certified(set_).y)
    X, y = sheet.given
    alone, once = evaluate([solution(X, y), corrected(X, y)], sheet.given)
    assert digits(alone, of.coefficients) < DIGITS <= digits(once, of.coefficients)


@pytest.mark.parametrize("set_", SOLVED)
def test_torch_says_the_same_by_another_way(set_: str) -> None:
    of = certified(set_)
    assert digits(least_squares(of_sheet(of.X, of.y))["best.weight"], of.coefficients) >= DIGITS


def test_torch_too_has_no_weights_where_no_digit_would_be_right() -> None:
    of = certified(HOPELESS)
    assert all(np.isnan(said).all() for said in least_squares(of_sheet(of.X, of.y)).values())


def of_sheet(X: np.ndarray, y: np.ndarray) -> Table:
    return Table.of_sheet(X, y, tuple(f"x{j}" for j in range(X.shape[1])), "sheet")


# ---- many columns, of all sizes, nearly depending on each other


def nearly(share: float, n: int, p: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """X (n, p), of sizes from 0.001 to 1000, the last column nearly the sum of two others; y (n, 1)."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p))
    X[:, -1] = X[:, 0] + X[:, 1] + np.sqrt(share) * X[:, -1]
    X *= 10.0 ** rng.uniform(-3, 3, p)
    return X, X @ (rng.normal(size=(p, 1)) / np.abs(X).max(axis=0)[:, None]) + 0.01 * rng.normal(size=(n, 1))


@pytest.mark.parametrize("p", [3, 10, 30])
def test_nine_digits_are_right_of_many_columns_in_formulas_of_one_length(p: int, tmp_path: Path) -> None:
    X, y = nearly(1e-6, 2 * p, p)
    exact = by_fractions([list(map(Fraction, line)) for line in X], list(map(Fraction, y[:, 0])))
    sheet = Sheet(X, y)
    weight, single = sheet.recalculated(usable("ironcalc"), tmp_path / "many.xlsx")
    assert single == YES
    assert digits(weight, exact) >= DIGITS
    texts = [f.text for id in ("weight", "single") for f in sheet.book.formulas(sheet.book.block(id))]
    assert max(map(len, texts)) < 250 < MAX_LENGTH


def test_how_much_of_a_column_is_new_does_not_depend_on_sizes() -> None:
    X, _ = nearly(1e-4, 40, 6)
    of = variable("X", X.shape)
    (share,), (other,) = (evaluate([new_share(of)], {of: one}) for one in (X, X / np.abs(X).max(axis=0)))
    assert other == pytest.approx(share, rel=1e-9)
    inverse = np.linalg.pinv(X / np.linalg.norm(X, axis=0))
    assert share == pytest.approx(1 / (inverse**2).sum(axis=1).max(), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("share", [1e-2, 1e-5, 1e-8])
def test_what_check_allows_corrected_weights_covers_their_error_and_is_less_than_before(
    share: float, seed: int
) -> None:
    X, y = nearly(share, 30, 6, seed)
    of, to = variable("X", X.shape), variable("y", y.shape)
    (got, size), (_, before) = with_magnitudes([corrected(of, to), solution(of, to)], {of: X, to: y})
    exact = np.array([by_fractions([list(map(Fraction, line)) for line in X], list(map(Fraction, y[:, 0])))]).T
    assert (np.abs(got - exact) <= NOISE * size + 1e-15 * np.abs(exact)).all()
    assert floor_of(size).item() < floor_of(before).item()


def test_the_noise_of_an_estimate_is_not_carried_on() -> None:
    a, b = variable("a", (1, 1)), variable("b", (1, 1))
    given = {a: np.array([[1e6]]), b: np.array([[1e6 - 1.0]])}
    (_, carried), (_, not_carried) = with_magnitudes([a - b, apply("estimate", a - b)], given)
    assert (carried.item(), not_carried.item()) == (1e6, 1.0)


# ---- a fresh workbook never fails its own check


def rows_of(n: int, seed: int) -> Iterator[dict[str, str]]:
    """So many complete passengers, with all levels of each column among them."""
    with (ROOT / "sheetnet" / "tables" / "titanic.csv").open() as stream:
        full = [row for row in csv.DictReader(stream) if row["Age"] and row["Embarked"]]
    rng = np.random.default_rng(seed)
    return (dict(full[i]) for i in rng.choice(len(full), n, replace=False))


def ages(rule: Callable[[np.random.Generator, int], float]) -> Callable[[list[dict[str, str]], int], None]:
    def change(rows: list[dict[str, str]], seed: int) -> None:
        rng = np.random.default_rng(seed)
        for i, row in enumerate(rows):
            row["Age"] = repr(float(rule(rng, i)))

    return change


def fare_is_age(noise: float) -> Callable[[list[dict[str, str]], int], None]:
    """The logarithm of the fare is the age and a little noise, up to a factor."""

    def change(rows: list[dict[str, str]], seed: int) -> None:
        rng = np.random.default_rng(seed)
        for row in rows:
            row["Fare"] = repr(float(10 ** (float(row["Age"]) / 40 * (1 + noise * rng.normal())) - 1))

    return change


NEAR: dict[str, tuple[int, Callable[[list[dict[str, str]], int], None]]] = {
    "ages within 1e-9": (40, ages(lambda rng, i: 30 + 1e-9 * rng.uniform())),
    "ages within 1e-4": (40, ages(lambda rng, i: 30 + 1e-4 * rng.uniform())),
    "ages within 1e-3": (60, ages(lambda rng, i: 30 + 1e-3 * rng.uniform())),
    "ages equal but for one": (40, ages(lambda rng, i: 30.0 if i else 31.0)),
    "ages equal but for one, a little": (40, ages(lambda rng, i: 30.0 if i else 30.003)),
    "ages equal but for one, very little": (12, ages(lambda rng, i: 30.0 if i else 30.0 + 2e-14)),
    "as many rows as columns": (10, ages(lambda rng, i: 30 + 1e-3 * rng.uniform())),
    "fare nearly age": (40, fare_is_age(1e-3)),
    "fare very nearly age": (40, fare_is_age(1e-9)),
    "two rows": (2, ages(lambda rng, i: 30.0 + 1e-9 * i)),
}


def write_rows(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(SCHEMA), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def built(path: Path, file: Path) -> Made:
    table = sn.titanic(csv=file)
    sn.build(path, table, [sn.linear(table)], epochs=2)
    return Made(path, table, csv=file)


@pytest.mark.parametrize("case", NEAR)
@pytest.mark.parametrize("seed", range(2))
def test_a_fresh_workbook_of_a_table_near_to_no_answer_passes_its_check(case: str, seed: int, tmp_path: Path) -> None:
    n, change = NEAR[case]
    rows = list(rows_of(n, seed))
    change(rows, seed)
    fresh = built(tmp_path / "near.xlsx", write_rows(tmp_path / "near.csv", rows))
    assert sn.check(fresh.path).findings == []


def test_ages_that_are_equal_in_some_programs_only_are_refused_where_equal_ones_are_counted(tmp_path: Path) -> None:
    rows = list(rows_of(40, 0))
    ages(lambda rng, i: 30.0 if i else 30.00000000000001)(rows, 0)
    file = write_rows(tmp_path / "near.csv", rows)
    wanted = r"near\.csv, column Age: found 30\.0 and 30\.00000000000001, expected numbers .*; round the column to 12"
    with pytest.raises(DataError, match=wanted):
        sn.titanic("notebook", csv=file)
    assert sn.check(built(tmp_path / "near.xlsx", file).path).findings == []  # the other recipe counts none


# eleven rows of which numpy finds X'X without an inverse, and other programs one of noise
ELEVEN = """0,3,male,4,0,0,7.2292,C
1,3,female,4,0,0,7.75,Q
0,1,male,4,0,0,38.5,S
0,2,male,4.000000000116415,2,0,73.5,S
1,2,female,4,0,0,13,S
0,3,female,4,0,0,7.775,S
1,3,female,4,0,2,15.7417,C
1,3,male,4,0,0,8.05,S
0,2,male,4,2,0,73.5,S
0,3,male,4,0,0,7.25,S
0,3,male,4,0,0,8.3625,S"""


@each_engine
def test_what_one_program_cannot_invert_and_another_can_is_no_difference(name: str, tmp_path: Path) -> None:
    """Fresh; and typed into a workbook that had a single answer before."""
    names = ["Survived", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked"]
    rows = [dict(zip(names, line.split(","), strict=True)) for line in ELEVEN.splitlines()]
    fresh = built(tmp_path / "eleven.xlsx", write_rows(tmp_path / "eleven.csv", rows))
    assert sn.check(fresh.path, name).findings == []
    before = [row | {"Age": str(20 + i * i)} for i, row in enumerate(rows)]
    old = built(tmp_path / "old.xlsx", write_rows(tmp_path / "old.csv", before))
    edits: dict[str, object] = {old.cell("data.Age", i): float(r["Age"]) for i, r in enumerate(rows)}
    edits |= {old.cell(GUESSES, i): 1 for i in range(len(old.workbook.predictions))}
    mine = edit(old.path, tmp_path / "mine.xlsx", edits)
    assert sn.check(mine, name).findings == []
    with usable(name).open(mine) as session:
        session.recalculate()
        assert value_at(session, old.cell("linear.best.single")) == NO
        assert value_at(session, old.cell("start.best.loss")) == "not unique"


@pytest.mark.parametrize(("times", "shown"), [(0.5, False), (1.5, False), (3.0, True)])
def test_a_workbook_shows_least_squares_only_well_above_the_limit(times: float, shown: bool) -> None:
    """So that no other program may find it on the other side."""
    X = np.ones((400, 2))
    X[:, 1] += np.sqrt(SINGULAR * times) * np.tile([1.0, -1.0], 200)
    assert _has_single_best(X) is shown

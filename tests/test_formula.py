"""Formulas read as a teacher would write them, mean what they say, and no text can break out of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np
import pytest
import xlsxwriter

from sheetnet import engines
from sheetnet.checking.canonical import canonical
from sheetnet.errors import GraphError
from sheetnet.graph import dialect, formula
from sheetnet.graph.dialect import number
from sheetnet.graph.formula import MAX_LENGTH, render, render_cell
from sheetnet.graph.gradient import gradient
from sheetnet.graph.node import (
    Node,
    apply,
    constant,
    hstack,
    lift,
    mean,
    ones,
    relu,
    row,
    square,
    variable,
    vstack,
    where,
)
from sheetnet.models.model import Model, evaluate_loss
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.page.area import Area
from sheetnet.page.book import Book, Formula
from sheetnet.page.view import View

WRONG = 99.0
SHEET = "Sheet"


@dataclass
class Sheet:
    """One sheet on which matrices stand below each other, each under its name; written and read back recalculated."""

    folder: Path
    values: dict[str, np.ndarray]
    areas: dict[str, Area] = field(default_factory=dict)
    formulas: list[Formula] = field(default_factory=list)

    def __post_init__(self) -> None:
        row = 4
        for name, value in self.values.items():
            self.areas[name] = Area(SHEET, row, 0, *value.shape)
            row += len(value) + 1

    def add(self, text: str, shape: tuple[int, int] = (1, 1), array: bool = True, at: tuple[int, int] = (0, 0)) -> None:
        """A formula, each in a column band of its own unless it is a cell of the last one's block."""
        top, left = 4 + at[0], 10 + 6 * len(self.formulas) + at[1]
        self.formulas.append(Formula(Area(SHEET, top, left, *shape), text, array))

    def recalculated(self) -> list[np.ndarray]:
        """The value of each formula by IronCalc; wrong values are stored beside them."""
        path = self.folder / "formulas.xlsx"
        with xlsxwriter.Workbook(path) as file:
            sheet = file.add_worksheet(SHEET)
            for name, area in self.areas.items():
                file.define_name(name, "=" + area.full())
                for (r, c), entry in zip(area.cells(), self.values[name].flat, strict=True):
                    sheet.write_number(r, c, entry)
            for f in self.formulas:
                self._write(sheet, f)
        with engines.get("ironcalc").open(path) as session:
            session.recalculate()
            areas = [f.area for f in self.formulas]
            return [np.array(session.read(SHEET, a.row, a.col, a.n_rows, a.n_cols), dtype=object) for a in areas]

    def _write(self, sheet: xlsxwriter.worksheet.Worksheet, f: Formula) -> None:
        first, last = (f.area.row, f.area.col), (f.area.row + f.area.n_rows - 1, f.area.col + f.area.n_cols - 1)
        if not f.array:
            sheet.write_formula(*first, f.text, None, WRONG)
            return
        sheet.write_array_formula(*first, *last, f.text, None, WRONG)
        for cell in f.area.cells():
            if cell != first:
                sheet.write_number(*cell, WRONG)


class Named:
    """Places as a sheet has them on which every named node stands: by name, and cell by cell where asked."""

    def __init__(self, areas: dict[str, Area]) -> None:
        self.areas = areas

    def whole(self, node: Node) -> str | None:
        return node.name or None

    def part(self, node: Node, rows: tuple[int, int], cols: tuple[int, int], fixed: tuple[bool, bool]) -> str | None:
        return self.areas[node.name].part(rows, cols).address(fixed) if node.name in self.areas else None


SHAPES = {
    "X": (5, 3), "W": (3, 2), "y": (5, 1), "lr": (1, 1), "lin": (5, 2), "pred": (5, 1), "error": (5, 1),
    "sq_error": (5, 1), "d_pred": (5, 1), "d_relu": (5, 2), "d_lin": (5, 2), "mask": (5, 2), "grad_W": (3, 2),
    "aa": (2, 2), "bb": (2, 2), "cc": (2, 2), "col": (2, 1), "line": (1, 2), "kk": (1, 1),
}  # fmt: skip
N = {name: variable(name, shape) for name, shape in SHAPES.items()}
X, W, y, lr, aa, bb, cc, kk = (N[name] for name in ("X", "W", "y", "lr", "aa", "bb", "cc", "kk"))
Values = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def values() -> Values:
    rng = np.random.default_rng(11)
    sizes = {name: rng.uniform(0.3, 2, shape) * rng.choice([-1, 1], shape) for name, shape in SHAPES.items()}
    return sizes | {"sq_error": abs(sizes["sq_error"])}


def assert_means(folder: Path, values: Values, texts: Sequence[str], expected: np.ndarray) -> None:
    """Each text, as an array formula of its own, comes to the expected numbers in IronCalc, to 1e-12."""
    sheet = Sheet(folder, values)
    for text in texts:
        sheet.add(text, expected.shape)
    for got in sheet.recalculated():
        np.testing.assert_allclose(got.astype(float), expected, rtol=1e-12, atol=1e-14)


# ---- the formulas of the lessons


def net() -> dict[str, Node]:
    """Every named node of two_relu, its cotangents, gradient and step."""
    found = evaluate_loss(Model("two_relu", 3), X, W, y)
    lin, act, pred = found.forward
    d_pred, d_relu, d_lin, grad_W = gradient(found.loss, [pred, act, lin, W])
    W_next = OPTIMISERS["sgd"].step(W, grad_W, {}, lr, 1).W_next
    nodes = (lin, act, pred, found.error, found.sq_error, found.loss, d_pred, d_relu, d_lin, grad_W, W_next)
    return {node.name: node for node in nodes} | {"accuracy": found.accuracy}


def rectified(a: np.ndarray) -> np.ndarray:
    return np.where(a > 0, a, 0)


LESSONS: dict[str, tuple[str, Callable[[Values], np.ndarray]]] = {
    "lin": ("=MMULT(X,W)", lambda v: v["X"] @ v["W"]),
    "relu": ("=IF(lin>0,lin,0)", lambda v: rectified(v["lin"])),
    "error": ("=pred-y", lambda v: v["pred"] - v["y"]),
    "sq_error": ("=error^2", lambda v: v["error"] ** 2),
    "loss": ("=AVERAGE(sq_error)", lambda v: v["sq_error"].mean(keepdims=True)),
    "d_pred": ("=2*error/5", lambda v: 2 * v["error"] / 5),
    "d_relu": ("=MMULT(d_pred,{1,1})", lambda v: v["d_pred"] @ np.ones((1, 2))),
    "d_lin": ("=d_relu*mask", lambda v: v["d_relu"] * v["mask"]),
    "grad_W": ("=MMULT(TRANSPOSE(X),d_lin)", lambda v: v["X"].T @ v["d_lin"]),
    "W_next": ("=W-lr*grad_W", lambda v: v["W"] - v["lr"] * v["grad_W"]),
}


@pytest.mark.parametrize("name", LESSONS)
def test_each_step_of_a_lesson_reads_as_a_teacher_writes_it(tmp_path: Path, values: Values, name: str) -> None:
    text, expected = LESSONS[name]
    assert render(net()[name], Named({})) == text
    assert_means(tmp_path, values, [text], expected(values))


def test_a_net_of_which_nothing_stands_on_the_sheet_is_one_formula(tmp_path: Path, values: Values) -> None:
    hidden = relu(X @ W)
    loss = mean(square(hidden @ ones(2, 1) - y))
    text = render(loss, Named({}))
    assert text == "=AVERAGE((MMULT(IF(MMULT(X,W)>0,MMULT(X,W),0),{1;1})-y)^2)"
    expected = np.mean((rectified(values["X"] @ values["W"]).sum(1, keepdims=True) - values["y"]) ** 2)
    assert_means(tmp_path, values, [text], np.array([[expected]]))


def test_unit_by_unit_a_product_is_a_sumproduct_with_the_weights_held_by_dollars(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    sheet = Sheet(tmp_path, {"weight": rng.normal(size=(2, 3)), "X": rng.normal(size=(5, 3))})
    weight = variable("weight", (2, 3))
    texts = [[render_cell(X @ weight.T, i, j, Named(sheet.areas)) for j in range(2)] for i in range(5)]
    assert texts[0] == ["=SUMPRODUCT(A8:C8,$A$5:$C$5)", "=SUMPRODUCT(A8:C8,$A$6:$C$6)"]
    assert texts[4][1] == "=SUMPRODUCT(A12:C12,$A$6:$C$6)"
    for text in (text for line in texts for text in line):
        sheet.add(text, array=False)
    got = np.array(sheet.recalculated(), dtype=float).reshape(5, 2)
    np.testing.assert_allclose(got, sheet.values["X"] @ sheet.values["weight"].T, rtol=1e-12)


def test_a_book_refers_by_name_by_range_and_across_sheets() -> None:
    book = Book()
    pages = [book.page(name, name, "") for name in ("Here", "Two ReLU")]
    pages[0].place("X", X, 4, 1, "data", name="X")
    pages[1].place("W", W, 4, 1, "input")
    assert render(X @ W, View(book, "Here")) == "=MMULT(X,'Two ReLU'!$B$5:$C$7)"
    assert render(X @ W, View(book, "Two ReLU")) == "=MMULT(X,B5:C7)"
    assert render_cell(relu(W), 1, 0, View(book, "Two ReLU")) == "=MAX(0,B6)"
    assert render_cell(relu(W), 1, 0, View(book, "Here")) == "=MAX(0,'Two ReLU'!$B$6)"


# ---- brackets

BRACKETS: dict[str, tuple[Node, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]]] = {
    "aa-(bb-cc)": (aa - (bb - cc), lambda a, b, c: a - (b - c)),
    "aa-bb-cc": ((aa - bb) - cc, lambda a, b, c: (a - b) - c),
    "aa-(bb+cc)": (aa - (bb + cc), lambda a, b, c: a - (b + c)),
    "aa+(bb-cc)": (aa + (bb - cc), lambda a, b, c: a + (b - c)),
    "aa+(bb+cc)": (aa + (bb + cc), lambda a, b, c: a + (b + c)),
    "aa+bb-cc": ((aa + bb) - cc, lambda a, b, c: (a + b) - c),
    "aa/(bb*cc)": (aa / (bb * cc), lambda a, b, c: a / (b * c)),
    "aa/(bb/cc)": (aa / (bb / cc), lambda a, b, c: a / (b / c)),
    "aa/bb/cc": ((aa / bb) / cc, lambda a, b, c: (a / b) / c),
    "aa/bb*cc": ((aa / bb) * cc, lambda a, b, c: (a / b) * c),
    "aa*(bb/cc)": (aa * (bb / cc), lambda a, b, c: a * (b / c)),
    "aa*(bb*cc)": (aa * (bb * cc), lambda a, b, c: a * (b * c)),
    "aa*bb/cc": ((aa * bb) / cc, lambda a, b, c: (a * b) / c),
    "(aa+bb)*cc": ((aa + bb) * cc, lambda a, b, c: (a + b) * c),
    "aa*(bb-cc)": (aa * (bb - cc), lambda a, b, c: a * (b - c)),
    "aa/(bb+cc)": (aa / (bb + cc), lambda a, b, c: a / (b + c)),
    "aa-bb*cc": (aa - bb * cc, lambda a, b, c: a - b * c),
    "-(aa^2)": (-square(aa), lambda a, b, c: -(a**2)),
    "(-aa)^2": (square(-aa), lambda a, b, c: a**2),
    "-(aa+bb)": (-(aa + bb), lambda a, b, c: -(a + b)),
    "-(aa*bb)": (-(aa * bb), lambda a, b, c: -(a * b)),
    "aa--bb": (aa - -bb, lambda a, b, c: a + b),
    "--aa": (apply("neg", -aa), lambda a, b, c: a),
    "aa*-bb": (aa * -bb, lambda a, b, c: -a * b),
    "aa/-3": (aa / -3, lambda a, b, c: a / -3),
    "aa--3": (aa - -3, lambda a, b, c: a + 3),
    "(-3)^2*aa": (square(lift(-3)) * aa, lambda a, b, c: 9 * a),
    "(aa^2)^2": (square(square(aa)), lambda a, b, c: a**4),
    "(aa+bb)^2": (square(aa + bb), lambda a, b, c: (a + b) ** 2),
    "aa-bb^2": (aa - square(bb), lambda a, b, c: a - b**2),
    "aa/bb^2": (aa / square(bb), lambda a, b, c: a / b**2),
    "ABS(aa-bb)*cc": (apply("abs", aa - bb) * cc, lambda a, b, c: abs(a - b) * c),
    "IF(aa-bb>0,aa-bb,0)*cc": (relu(aa - bb) * cc, lambda a, b, c: rectified(a - b) * c),
    "IF(aa>bb,aa-bb,cc)*2": (
        where(apply("greater", aa, bb), aa - bb, cc) * 2,
        lambda a, b, c: np.where(a > b, a - b, c) * 2,
    ),
    "IF(aa+bb>cc-0.1,1,0)": (apply("greater", aa + bb, cc - 0.1), lambda a, b, c: 1.0 * (a + b > c - 0.1)),
    "IF(aa>bb,1,0)*IF(cc>0,1,0)": (
        apply("greater", aa, bb) * apply("step", cc),
        lambda a, b, c: 1.0 * (a > b) * (c > 0),
    ),
    "IF(IF(aa>bb,1,0)=IF(cc>0,1,0),1,0)": (
        apply("equal", apply("greater", aa, bb), apply("step", cc)),
        lambda a, b, c: 1.0 * ((a > b) == (c > 0)),
    ),
    "IFERROR(1/(aa-aa),bb)": (apply("if_error", 1 / (aa - aa), bb), lambda a, b, c: b),
}
ARRAY_ONLY: dict[str, tuple[Node, Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]]] = {
    "MMULT(aa-bb,cc)-aa": ((aa - bb) @ cc - aa, lambda a, b, c: (a - b) @ c - a),
    "MMULT(TRANSPOSE(bb),TRANSPOSE(aa))": ((aa @ bb).T, lambda a, b, c: (a @ b).T),
    "TRANSPOSE(aa-bb)": ((aa - bb).T, lambda a, b, c: (a - b).T),
    "MINVERSE(aa+bb)": (apply("inverse", aa + bb), lambda a, b, c: np.linalg.inv(a + b)),
    "2+0*aa": (apply("expand", lift(2), aa), lambda a, b, c: np.full((2, 2), 2.0)),
    "(2+0*(aa/bb))^2": (square(apply("expand", lift(2), aa / bb)), lambda a, b, c: np.full((2, 2), 4.0)),
    "aa-(2+0*bb^2)": (aa - apply("expand", lift(2), square(bb)), lambda a, b, c: a - 2),
    "aa-SUM(bb-cc)": (aa - apply("sum", bb - cc), lambda a, b, c: a - (b - c).sum()),
    "aa/AVERAGE(bb)/MAX(cc)": (aa / mean(bb) / apply("max", cc), lambda a, b, c: a / b.mean() / c.max()),
    "aa-INDEX(bb-cc,2,0)": (aa - row(bb - cc, 2), lambda a, b, c: a - (b - c)[[1]]),
    "{1,-2;0.5,4}*aa": (constant(((1.0, -2.0), (0.5, 4.0))) * aa, lambda a, b, c: [[1, -2], [0.5, 4]] * a),
}


@pytest.mark.parametrize("text", [*BRACKETS, *ARRAY_ONLY])
def test_brackets_stand_where_they_are_needed_and_nowhere_else(tmp_path: Path, values: Values, text: str) -> None:
    node, expected = (BRACKETS | ARRAY_ONLY)[text]
    assert render(node, Named({})) == "=" + text
    assert_means(tmp_path, values, ["=" + text], expected(*(values[name] for name in ("aa", "bb", "cc"))))


@pytest.mark.parametrize("text", BRACKETS)
def test_cell_by_cell_the_same_node_means_the_same(tmp_path: Path, values: Values, text: str) -> None:
    node, expected = BRACKETS[text]
    sheet = Sheet(tmp_path, {name: values[name] for name in ("aa", "bb", "cc")})
    for i, j in np.ndindex(node.shape):
        sheet.add(render_cell(node, i, j, Named(sheet.areas)), array=False)
    got = np.array(sheet.recalculated(), dtype=float).reshape(node.shape)
    np.testing.assert_allclose(got, expected(*sheet.values.values()), rtol=1e-12)


def test_the_column_sums_of_what_stands_nowhere_are_right(tmp_path: Path, values: Values) -> None:
    text = render(apply("sum_rows", aa - bb), Named({}))
    assert_means(tmp_path, values, [text], (values["aa"] - values["bb"]).sum(0, keepdims=True))


@pytest.mark.parametrize(
    ("op", "wrong", "text"),
    [
        ("mul", ("{0}+{1}", dialect.SUM, (dialect.SUM, dialect.SUM)), "aa/(bb*cc)"),
        ("sub", ("{0}-{1}", dialect.SUM, (dialect.SUM, dialect.SUM)), "aa-(bb-cc)"),
        ("neg", ("-{0}", dialect.SIGN, (dialect.POWER,)), "-(aa^2)"),
        ("div", ("{0}/{1}", dialect.PRODUCT, (dialect.PRODUCT, dialect.PRODUCT)), "aa/(bb/cc)"),
    ],
)
def test_a_template_that_is_wrong_is_noticed(
    tmp_path: Path, values: Values, monkeypatch: pytest.MonkeyPatch, op: str, wrong: tuple[object, ...], text: str
) -> None:
    node, expected = BRACKETS[text]
    monkeypatch.setitem(dialect.ARRAY, op, wrong)
    rendered = render(node, Named({}))
    assert rendered != "=" + text
    with pytest.raises(AssertionError):
        assert_means(tmp_path, values, [rendered], expected(*(values[name] for name in ("aa", "bb", "cc"))))


def test_dollars_hold_what_is_broadcast_over_rows_and_columns() -> None:
    places = Named({name: Area(SHEET, 4, 2 * i, *SHAPES[name]) for i, name in enumerate(("aa", "col", "line", "kk"))})
    node = aa * N["col"] + N["line"] / kk
    assert render_cell(node, 1, 1, places) == "=B6*$C6+F$5/$G$5"
    assert render_cell(N["col"] * kk, 1, 0, places) == "=C6*G$5"
    assert render_cell(N["line"] * kk, 0, 1, places) == "=F5*$G5"
    one, two = constant(((2.0,), (3.0,))), constant(((2.0, 5.0), (3.0, 6.0)))
    assert render_cell(N["col"] + constant(((7.0, 8.0),)), 1, 1, places) == "=$C6+8"  # its own entry, not the first
    assert render_cell(aa @ one, 1, 0, places) == "=A6*2+B6*3"
    assert render_cell(aa @ two, 1, 1, places) == "=$A6*5+$B6*6"


# ---- constants

NASTY = [
    "", "male", '"', '""', 'a"b', '"&1+1&"', '",1,0)', "=1+1", "+1", "-1", "@x", "'", "''!A1", "{0}", "{1;2}", "%s",
    "a,b;c", "<&>", "&amp;", "é ß 🚢", "C:\\x", "TRUE", "#REF!", "1E5", " pad ", "\t", "(", ")", 'x")&CHAR(34)&("',
]  # fmt: skip
ALPHABET = list("\"'&=(),;{}<>+ a1!$\\")


def texts_at_random(count: int) -> list[str]:
    rng = np.random.default_rng(6)
    return ["".join(rng.choice(ALPHABET, size=rng.integers(1, 30))) for _ in range(count)]


def round_trip(folder: Path, texts: list[str]) -> list[object]:
    """What a sheet makes of text constants, each in an IF between other arguments, with its length behind it."""
    sheet = Sheet(folder, {})
    for text in texts:
        sheet.add(render(where(lift(1), text, "no"), Named({})), array=False)
        sheet.add("=LEN(" + render(constant(text), Named({}))[1:] + ")", array=False)
    found = [cell.item() for cell in sheet.recalculated()]
    return [("" if text is None else text, size) for text, size in zip(found[::2], found[1::2], strict=True)]


def test_no_text_can_end_its_string_or_change(tmp_path: Path) -> None:
    texts = NASTY + texts_at_random(120)
    sizes = [sum(1 + (ord(letter) > 0xFFFF) for letter in text) for text in texts]
    got = round_trip(tmp_path, texts)
    assert [text for text, _ in got] == texts
    assert all(size in (len(text), utf16) for (text, size), utf16 in zip(got, sizes, strict=True))


def test_a_text_that_is_not_escaped_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formula, "_constant", lambda node: (f'"{node.value}"', dialect.ATOM))
    assert [text for text, _ in round_trip(tmp_path, ['"&1+1&"'])] != ['"&1+1&"']


NUMBERS = {
    2.0: "2", -3.0: "-3", 0.05: "0.05", -0.05: "-0.05", 1e-05: "0.00001", -1e-05: "-0.00001", 1e-10: "1E-10",
    1.5e-10: "1.5E-10", 1e22: "1E+22", 1e300: "1E+300", -1e300: "-1E+300", 0.1 + 0.2: "0.3",
    1 / 3: "0.333333333333333", 0.0: "0", 712.0: "712", 5e-324: "5E-324", 999999999999999.0:
    "999999999999999", 1e15: "1E+15", 2.0**53: "9007199254740990", 1.25e-05: "1.25E-5",
    1e6: "1E+6", 1e5: "100000",
}  # fmt: skip


@pytest.mark.parametrize(("value", "text"), [*NUMBERS.items(), (-0.0, "0")])
def test_a_number_is_written_as_excel_writes_it(value: float, text: str) -> None:
    assert number(value) == text
    assert float(text) == float(f"{value:.15g}")


def floats_at_random(count: int) -> list[float]:
    rng = np.random.default_rng(7)
    return [float(s * m * 10.0**e) for s, m, e in zip(
        rng.choice([-1, 1], count), rng.uniform(1, 10, count), rng.integers(-30, 30, count), strict=True
    )]  # fmt: skip


def test_every_number_reads_back_as_the_same_15_digits() -> None:
    numbers = [*NUMBERS, *floats_at_random(300)]
    assert [float(number(value)) for value in numbers] == [float(f"{value:.15g}") for value in numbers]
    assert not [number(value) for value in numbers if not re.fullmatch(r"-?\d+(\.\d+)?(E[+-]\d+)?", number(value))]


def test_a_number_in_a_formula_is_the_number_that_a_sheet_can_hold_there(tmp_path: Path) -> None:
    numbers = [value for value in (*NUMBERS, *floats_at_random(300)) if value == 0 or abs(value) > 1e-300]
    sheet = Sheet(tmp_path, {})
    for value in numbers:
        sheet.add(render(constant(value), Named({})), array=False)
    assert [cell.item() for cell in sheet.recalculated()] == [float(f"{value:.15g}") for value in numbers]


def test_pi_is_written_with_all_its_digits(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path, {"aa": np.array([[30.0]])})
    degrees = variable("aa", (1, 1))
    for node in (lift(math.pi), degrees * math.pi / 180, math.pi * degrees):
        sheet.add(render(node, Named({})), array=False)
    assert [f.text for f in sheet.formulas] == ["=PI()", "=aa*PI()/180", "=PI()*aa"]
    assert [cell.item() for cell in sheet.recalculated()] == [math.pi, 30 * math.pi / 180, math.pi * 30]


# ---- what cannot be written


@pytest.mark.parametrize("value", [1e308, -1.7e308, 5e-324, float("inf"), float("nan")])
def test_a_number_that_no_cell_can_hold_is_refused(value: float) -> None:
    for node in (constant(value) * kk, kk @ constant(((value,),))):
        with pytest.raises(GraphError, match=r"stands in a formula, Excel takes 0 and 2.2\S+ to 9.9"):
            render(node, Named({}))


def wide_sum(length: int, terms: int = 64) -> Node:
    """A sum whose formula has so many characters, from long names side by side."""
    sizes = [(length - terms) // terms] * (terms - 1)
    sizes.append(length - terms - sum(sizes))
    return reduce(add, (variable("n" * size, (1, 1)) for size in sizes))


def test_a_formula_longer_than_excel_takes_is_refused() -> None:
    assert len(render(wide_sum(MAX_LENGTH), Named({}))) == MAX_LENGTH == 8192
    with pytest.raises(GraphError, match=r"<add 1 x 1>: its formula has 8193 characters, Excel takes 8192"):
        render(wide_sum(MAX_LENGTH + 1), Named({}))


def test_a_formula_of_thousands_of_short_terms_is_refused_in_words() -> None:
    total = kk
    for _ in range(5_000):
        total = total + kk
    with pytest.raises(GraphError, match="Excel takes 8192"):
        render(total, Named({}))


NO_ARRAY = {
    "hstack": hstack([aa, bb]),
    "vstack": vstack([aa, bb]),
    "lookup": apply("lookup", N["col"], N["col"], N["col"]),
    "cumsum": apply("cumsum", N["col"]),
    "count_same": apply("count_same", N["col"]),
    "match": apply("match", N["col"], N["col"]),
    "letter": apply("letter", lift("abc"), N["col"]),
    "joined": apply("joined", N["col"]),
}
NO_CELL = {
    "transpose": aa.T,
    "inverse": apply("inverse", aa),
    "hstack": hstack([aa, bb]),
    "vstack": vstack([aa, bb]),
    "row": row(aa, 1),
    "expand": apply("expand", kk, aa),
    "sum_rows": apply("sum_rows", aa),
}


@pytest.mark.parametrize("op", NO_ARRAY)
def test_an_op_without_an_array_form_is_refused_by_name(op: str) -> None:
    for node in (NO_ARRAY[op], 2 * NO_ARRAY[op]):
        with pytest.raises(GraphError, match=rf"{op} cannot stand inside an array formula; place it"):
            render(node, Named({}))


@pytest.mark.parametrize("op", NO_CELL)
def test_an_op_without_a_cell_form_is_refused_by_name(op: str) -> None:
    places = Named({name: Area(SHEET, 4, 3 * i, *SHAPES[name]) for i, name in enumerate(("aa", "bb", "kk"))})
    for node in (NO_CELL[op], 2 * NO_CELL[op]):
        with pytest.raises(GraphError, match=rf"{op} cannot be written cell by cell"):
            render_cell(node, 0, 0, places)


def test_a_cell_cannot_refer_to_what_stands_nowhere() -> None:
    with pytest.raises(GraphError, match=r"<add 2 x 2> must stand somewhere before a cell can refer to the whole"):
        render_cell(apply("sum", aa + bb), 0, 0, Named({}))
    with pytest.raises(GraphError, match=r"<aa 2 x 2> must stand on the sheet before a cell can refer to a part"):
        render_cell(aa @ bb, 0, 0, Named({}))


# ---- one formula, many spellings

BASE = '=IF(A1>0.0001,SUM($B$2:$C$10)*Data!B2,"Yes, 1.0")'
SAME = {
    "spaces": '= IF( A1 > 0.0001, SUM( $B$2:$C$10 ) * Data!B2 , "Yes, 1.0" )',
    "case": '=if(a1>0.0001,sum($b$2:$c$10)*data!b2,"Yes, 1.0")',
    "an exponent": '=IF(A1>1E-4,SUM($B$2:$C$10)*Data!B2,"Yes, 1.0")',
    "a small exponent with zeros": '=IF(A1>1.0e-04,SUM($B$2:$C$10)*Data!B2,"Yes, 1.0")',
    "trailing zeros": '=IF(A1>0.000100,SUM($B$2:$C$10)*Data!B2,"Yes, 1.0")',
    "a quoted sheet": "=IF(A1>0.0001,SUM($B$2:$C$10)*'Data'!B2,\"Yes, 1.0\")",
    "line breaks": '=IF(A1>0.0001,\n  SUM($B$2:$C$10)*Data!B2,\n  "Yes, 1.0")',
}
OTHER = {
    "a digit": BASE.replace("0.0001", "0.0002"),
    "a digit more": BASE.replace("0.0001", "0.00011"),
    "a sign": BASE.replace(">0.0001", ">-0.0001"),
    "an operator": BASE.replace("*", "/"),
    "a comparison": BASE.replace(">", ">="),
    "a shorter range": BASE.replace("$C$10", "$C$9"),
    "a row that only looks alike": BASE.replace("$C$10", "$C$100"),
    "another column": BASE.replace("$C$10", "$D$10"),
    "a $ less": BASE.replace("$B$2", "B$2"),
    "no $": BASE.replace("$B$2", "B2"),
    "another cell": BASE.replace("A1", "A2"),
    "another sheet": BASE.replace("Data!", "Raw!"),
    "no sheet": BASE.replace("Data!", ""),
    "another function": BASE.replace("SUM", "MAX"),
    "case inside a text": BASE.replace("Yes", "yes"),
    "a space inside a text": BASE.replace("Yes, ", "Yes,"),
    "a number inside a text": BASE.replace("1.0", "1"),
    "quotes inside a text": BASE.replace("Yes", '""Yes""'),
    "an order": BASE.replace("$B$2:$C$10", "$C$10:$B$2"),
}


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_spellings_of_one_formula_are_the_same(text: str) -> None:
    assert canonical(text) == canonical(BASE)


@pytest.mark.parametrize("text", OTHER.values(), ids=OTHER)
def test_another_formula_is_not_the_same(text: str) -> None:
    assert text != BASE
    assert canonical(text) != canonical(BASE)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("='Two ReLU'!A1", "='two relu'!a1", True),
        ("='Two ReLU'!A1", "='TwoReLU'!A1", False),
        ("='It''s'!A1", "='It'!A1", False),
        ('="it\'s"', '="it\'S"', False),
        ('="a""b"', '="a""B"', False),
        ('="a"&"b"', '="a" & "b"', True),
        ('="A"', "=A", False),
        ("=12345678901234567", "=1.2345678901234567E+16", True),
        ("=0.30000000000000004", "=0.3", True),  # spreadsheets keep 15 digits
        ("=0.300000000000001", "=0.3", False),
        ("=A1*0.0174532925199433", "=A1*0.017453292519943295", True),
        ("=SUM(A1:A5 A2:A3)", "=SUM(A1:A5A2:A3)", False),  # what both have in common
        ("=A1 + B1", "=A1+B1", True),
        ("=A1+\u00a0B1", "=A1+B1", False),  # a no-break space
        ("=A1+\u2003B1", "=A1+B1", False),  # an em space
        ("=A1+\u200bB1", "=A1+B1", False),  # a space without width
        ("=A1+\u0661", "=A1+1", False),  # a digit of another script
        ("=MAX(A1)", "=MA\uff38(A1)", False),  # a wide letter
        ("=\u0131F(A1,1,2)", "=IF(A1,1,2)", False),  # an i without its dot
        ("=tbl[[#This Row],[Age]]", "=TBL[[#THIS ROW],[AGE]]", True),
        ("=W_1*2", "=W_1*2.0", True),
        ("=W_1*2", "=W_2*2", False),
        ("={1,2;3,4}", "={1.0, 2; 3, 4}", True),
        ("={1,2;3,4}", "={1,2,3,4}", False),
    ],
)
def test_spelling_matters_only_where_meaning_does(left: str, right: str, same: bool) -> None:
    assert (canonical(left) == canonical(right)) is same


@pytest.mark.parametrize("text", [BASE, *SAME.values(), *OTHER.values(), "='Two ReLU'!A1"])
def test_the_canonical_form_is_its_own_canonical_form(text: str) -> None:
    assert canonical(canonical(text)) == canonical(text)

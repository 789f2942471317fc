"""The modern dialect: the same numbers as the classic one, each thing calculated once, files as Excel writes them."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
from conftest import EPOCHS, ROOT, Made, made, rezip, run_here
from test_formula import LESSONS, Named, Values, net, values
from test_ops import ALL, MAY_SPOIL, assert_close, op_of
from test_own_random import group
from test_random_graphs import compared

import sheetnet as sn
from sheetnet import engines
from sheetnet.book import reader, xlsx
from sheetnet.book.inputs import read_inputs
from sheetnet.book.opened import find_manifest
from sheetnet.checking.recalculation import recalculated
from sheetnet.course import LISTING
from sheetnet.engines import CellError, Engine
from sheetnet.errors import EngineError, SheetnetError
from sheetnet.graph import formula, sharing
from sheetnet.graph.dialect import STACKS
from sheetnet.graph.dialects import CLASSIC, COUNTED, DIALECTS, MODERN, RESERVED, Dialect, dialect_of, shown, writing
from sheetnet.graph.formula import render
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.names import unfit
from sheetnet.graph.node import Node, apply, counted, hstack, mean, relu, square, variable, vstack
from sheetnet.graph.ops import SHAPES
from sheetnet.page.book import Book

__all__ = ["values"]
# An error in the first cell of what spills leaves the others empty; one typed with Ctrl+Shift+Enter shows it in all.
# The formulas are the same, so that examples with errors are tried so.
TYPED = replace(MODERN, spills=False)
CLOSE = 1e-12  # relative to the largest number of a block
NAN = float("nan")
X, y, W, lr = variable("X", (5, 3)), variable("y", (5, 1)), variable("W", (3, 2)), variable("lr", (1, 1))


class Inputs:
    """Places of inputs alone, each under its name."""

    def whole(self, node: Node) -> str | None:
        return node.name if node.op == "input" else None


def modern(node: Node, *taken: str) -> str:
    """The formula as a program shows it."""
    return shown(render(node, Inputs(), MODERN, taken))


# ---- formulas


def test_what_is_needed_once_is_written_as_in_the_classic_dialect(values: Values) -> None:
    for name, (text, _) in LESSONS.items():
        assert render(net()[name], Named({}), MODERN) == text


def test_what_is_needed_twice_is_bound_once() -> None:
    lin = X @ W
    hidden = relu(lin)
    assert modern(mean(square(hidden))) == "=LET(lin,MMULT(X,W),AVERAGE(IF(lin>0,lin,0)^2))"
    both = apply("sum_rows", hidden * apply("step", lin)) - apply("sum_rows", hidden)
    assert modern(both) == (
        "=LET(lin,MMULT(X,W),mask,IF(lin>0,1,0),relu,IF(mask,lin,0),"
        "BYCOL(relu*mask,LAMBDA(each_,SUM(each_)))-BYCOL(relu,LAMBDA(each_,SUM(each_))))"
    )


def test_a_part_that_was_built_twice_is_one() -> None:
    assert modern(X @ W - relu(X @ W)) == "=LET(lin,MMULT(X,W),lin-IF(lin>0,lin,0))"


def test_a_part_is_called_as_no_cells_are_and_as_no_other_part() -> None:
    a, b = X @ W, X @ (W * 2.0)
    text = modern(a * a - b * b, "lin_2")
    assert text == "=LET(lin_1,MMULT(X,W*2),lin_3,MMULT(X,W),lin_3*lin_3-lin_1*lin_1)"
    named = (X @ W).named("score")
    assert modern(named * named) == "=LET(score,MMULT(X,W),score*score)"
    assert modern(named * named, "score") == "=LET(score_1,MMULT(X,W),score_1*score_1)"
    assert all(unfit(name) for name in RESERVED)


def test_more_parts_than_one_let_may_have_are_shared_out() -> None:
    total = lr
    for i in range(130):
        total = square(total + float(i)) + total * 1e-9
    text = render(total, Inputs(), MODERN)
    assert text.count("LET(") == 2
    assert all(len(re.findall(r"_xlpm\.\w+,", part)) <= 126 for part in text.split("_xlfn.LET(")[1:])


def test_stacks_stand_within_a_formula() -> None:
    assert modern(hstack([X @ W, y]) * 2.0) == "=HSTACK(MMULT(X,W),y)*2"
    assert modern(vstack([lr, lr * 2.0]) - 1.0) == "=VSTACK(lr,lr*2)-1"


def test_a_look_up_of_keys_that_count_goes_to_the_place_itself() -> None:
    with writing(MODERN):
        book = Book()
    page, picked = book.page("Sheet", "", ""), variable("picked", (3, 1))
    counts, others, ages = counted("counts", 5), variable("others", (5, 1)), variable("ages", (5, 1))
    for i, node in enumerate((picked, counts, others, ages)):
        page.place(node.name, node, 4, i, "data", name=node.name)
    for i, (keys, text) in enumerate(((counts, "=INDEX(ages,A5)"), (others, "=INDEX(ages,MATCH(A5,others))"))):
        block = page.place(f"found_{i}", apply("lookup", picked, keys, ages), 4, 5 + i, "forward", "cells")
        assert next(book.formulas(block)).text == text


# ---- in a spreadsheet


def test_random_graphs_mean_in_ironcalc_what_they_mean_in_numpy(tmp_path: Path) -> None:
    with writing(TYPED):
        assert compared(tmp_path, range(60), "ironcalc") == []


def test_a_part_with_another_value_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = sharing.shared

    def planted(*of: Any) -> tuple[str, float]:
        text, binds = honest(*of)
        return re.sub(r"LET\((_xlpm\.\w+),", r"LET(\1,1+", text, count=1), binds

    monkeypatch.setattr(formula, "shared", planted)
    with writing(TYPED):
        assert compared(tmp_path, range(30), "ironcalc") != []


OWN = sorted({*MODERN.array.maps[0], *MODERN.cell.maps[0]} - {COUNTED})  # type: ignore[attr-defined]  # said otherwise
EXAMPLES = [case for case in ALL if op_of(case) in OWN]


def test_every_op_that_is_written_otherwise_has_an_example() -> None:
    assert {op_of(case) for case in EXAMPLES} == {*OWN} <= {*SHAPES}


def test_every_op_that_is_written_otherwise_is_right_in_ironcalc(tmp_path: Path) -> None:
    """Within a formula: a stack as what is left when nothing is taken away."""
    with writing(TYPED):
        book = Book()
    page = book.page("Sheet", "Every op", "")
    held, row = dict[str, np.ndarray](), 5
    for case in EXAMPLES:
        node, sources = ALL[case].nodes(op_of(case))
        for i, (source, value) in enumerate(zip(sources, ALL[case].sources, strict=True)):
            role = "torch" if ALL[case].errors else "data"
            held[f"{case}/{i}"] = page.place(f"{case}/{i}", source, row, 1 + 6 * i, role).id and value  # type: ignore[arg-type]
        cells = op_of(case) in MODERN.cell.maps[0]  # type: ignore[attr-defined]
        whole = node if cells else apply("same", node)
        page.place(case, whole, row, 40, "forward", "cells" if cells else "array")
        held[case] = np.full(node.shape, 99.0)
        row += 10
    xlsx.write(tmp_path / "ops.xlsx", book, held, "{}")
    with engines.get("ironcalc").open(tmp_path / "ops.xlsx") as session:
        session.recalculate()
        for case in EXAMPLES:
            area = book.block(case).area
            got = session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
            found = np.array([[NAN if isinstance(v, CellError) else v for v in line] for line in got], dtype=object)
            expected = ALL[case].expected(*ALL[case].sources)
            if case in MAY_SPOIL | {"cumsum: an error"}:
                assert all(np.isnan(f) for f, e in zip(found.flat, expected.flat, strict=True) if np.isnan(e))
            else:
                assert_close(found, expected, 1e-13)


# ---- workbooks

# DIALECT=all tries every lesson, and 24 random nets; without it what is quick
LESSON_NAMES = [*LISTING] if "DIALECT" in os.environ else ["matmul", "classification"]
GROUPS = range(6 if "DIALECT" in os.environ else 1)


@pytest.fixture(scope="module")
def small_modern(small: Made) -> Made:
    """The small workbook in the modern dialect."""
    book = made(small.path.with_name("small_modern.xlsx"), small.table, epochs=EPOCHS, dialect="modern")
    return Made(book.path, book.table, csv=small.csv)


def rewritten(path: Path, folder: Path, old: str, new: str) -> Path:
    """A copy whose formulas read otherwise."""

    def change(name: str, content: bytes) -> bytes:
        return content.replace(old.encode(), new.encode())

    return rezip(path, folder / "rewritten.xlsx", change)


def worst_difference(a: Path, b: Path) -> float:
    """How far blocks that two workbooks both have are apart in IronCalc, relative to the largest number of each.

    That number may be one whose difference a block is. Texts and errors must be the same.
    """
    sides = []
    for path in (a, b):
        contents = reader.read(path)
        workbook = find_manifest(contents).workbook
        sides.append(recalculated(contents, workbook, "ironcalc"))
    left, right = sides
    assert left.keys() <= right.keys()  # the modern one has the descent in one cell besides
    blocks = [block for block in workbook.book.blocks if block.id in left]
    given = workbook.by_node(workbook.no_answers() | read_inputs(contents, workbook))
    sizes = [size for _, size in with_magnitudes([block.node for block in blocks], given)]
    worst = 0.0
    for id, one, size in ((block.id, left[block.id], size) for block, size in zip(blocks, sizes, strict=True)):
        numbers = np.array([isinstance(v, float | bool) for v in one.flat])
        first, second = (side[id].ravel() for side in (left, right))
        assert first[~numbers].tolist() == second[~numbers].tolist(), id
        p, q = first[numbers].astype(float), second[numbers].astype(float)
        assert (np.isnan(p) == np.isnan(q)).all(), id
        largest = max(np.nanmax(np.abs(p), initial=0.0), np.nanmax(size, initial=0.0))
        worst = max(worst, np.nanmax(np.abs(p - q), initial=0.0) / (largest or 1.0))
    return float(worst)


@pytest.mark.parametrize("name", LESSON_NAMES)
def test_both_dialects_say_the_same_of_a_lesson(name: str, lesson_file: Callable[[str], Path], tmp_path: Path) -> None:
    path = sn.build_lesson(name, tmp_path / "modern.xlsx", dialect="modern").path
    assert worst_difference(lesson_file(name), path) < CLOSE


@pytest.mark.parametrize("seed", GROUPS)
def test_both_dialects_say_the_same_of_four_random_nets(seed: int, tmp_path: Path) -> None:
    table, nets, optimiser = group(seed)
    paths = {name: tmp_path / f"{name}.xlsx" for name in DIALECTS}
    for name, path in paths.items():
        sn.build(path, table, nets, epochs=5, lr=0.02, optimiser=optimiser, seed=seed, dialect=name)
    assert sn.check(paths["modern"]).ok
    assert worst_difference(*paths.values()) < CLOSE


def test_both_dialects_say_the_same_of_the_passengers(small: Made, small_modern: Made) -> None:
    assert worst_difference(small.path, small_modern.path) < CLOSE


def test_it_agrees_with_the_graph_and_with_torch_and_says_what_it_is(small_modern: Made) -> None:
    report = sn.check(small_modern.path, strict=True)
    assert report.ok, str(report)
    assert small_modern.workbook.settings["dialect"] == "modern"


def test_an_epoch_of_the_passengers_is_one_short_formula(small_modern: Made) -> None:
    book = small_modern.workbook.book
    for block in book.blocks:  # the words of a verdict on an answer are no part of a calculation
        assert all(len(re.sub(r'"[^"]*"', '""', shown(one.text))) < 400 for one in book.formulas(block)), block.id
    assert len(list(book.formulas(book.block("two_relu.descent.W_1")))) == EPOCHS + 1
    assert list(book.formulas(book.block("two_relu.descent.W_2"))) == []
    epoch = list(book.formulas(book.block("two_relu.descent.W_1")))[1]
    assert epoch.area.n_cols == 2 * len(small_modern.table.features)
    assert epoch.text.count("MMULT(X,") == 1
    assert shown(epoch.text).startswith("=LET(weight,VSTACK(")


def test_the_whole_descent_stands_in_one_cell_and_in_lines_beside_it(small_modern: Made) -> None:
    book = small_modern.workbook.book
    (formula,) = book.formulas(book.block("two_relu.once.W"))
    text = shown(formula.text)
    assert text.startswith(
        f"=REDUCE(two_relu_weight,SEQUENCE({EPOCHS}),LAMBDA(weight,each_,LET(lin_1,MMULT(X,TRANSPOSE("
    )
    assert len(text) < 400
    page = next(page for page in book.pages if page.name == "One cell Two ReLU")
    lines = [text.text for text in page.texts if text.style == "formula"]
    assert len(lines) > 3
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    values = small_modern.values
    last = np.vstack([values[f"two_relu.descent.W_{unit}"][-1] for unit in (1, 2)])
    assert np.array_equal(values["two_relu.once.W"], last)
    assert values["two_relu.once.verdict"].item() == "equal"


def test_a_step_too_few_in_one_cell_is_noticed(small_modern: Made, tmp_path: Path) -> None:
    path = rewritten(small_modern.path, tmp_path, f"_xlfn.SEQUENCE({EPOCHS})", f"_xlfn.SEQUENCE({EPOCHS - 1})")
    found = {block.id for block in sn.check(path).blocks if block.finding}
    assert "two_relu.once.W" in found


def test_a_rate_that_is_too_large_gives_errors_where_the_classic_sheet_has_them(small: Made, tmp_path: Path) -> None:
    for name in DIALECTS:
        made(tmp_path / f"{name}.xlsx", small.table, epochs=60, lr=1e6, dialect=name)
    assert sn.check(tmp_path / "modern.xlsx").ok
    assert worst_difference(tmp_path / "classic.xlsx", tmp_path / "modern.xlsx") < CLOSE


def test_weights_are_read_written_and_predicted_with_and_the_dialect_stays(
    small: Made, small_modern: Made, tmp_path: Path
) -> None:
    stands = sn.read_params(small_modern.path)
    weights = {"two_relu": {"W": stands.params["two_relu"]["W"] + 0.25}}
    sn.write_params(small_modern.path, tmp_path / "other.xlsx", weights)
    sn.write_params(small.path, tmp_path / "classic.xlsx", weights)
    assert find_manifest(reader.read(tmp_path / "other.xlsx")).workbook.book.dialect is MODERN
    assert sn.check(tmp_path / "other.xlsx").ok
    assert worst_difference(tmp_path / "classic.xlsx", tmp_path / "other.xlsx") < CLOSE
    assert sn.predict(small_modern.path, small.csv).equals(sn.predict(small.path, small.csv))


def test_a_changed_formula_is_told_as_it_stands(small_modern: Made, tmp_path: Path) -> None:
    mask = "_xlpm.mask,IF(_xlpm.lin_1&gt;0,1,0)"
    path = rewritten(small_modern.path, tmp_path, mask, mask.replace("&gt;", "&gt;="))
    report = sn.check(path)
    assert not report.ok
    assert any(block.finding and block.id == "two_relu.descent.W_1" for block in report.blocks)


def test_arrays_are_written_as_excel_365_writes_what_is_typed_with_enter_alone(small_modern: Made) -> None:
    with zipfile.ZipFile(small_modern.path) as file:
        parts = {name: file.read(name).decode() for name in file.namelist()}
    formulas = [found for text in parts.values() for found in re.findall(r"<c [^>]*><f t=\"array\"", text)]
    assert formulas
    assert all('cm="1"' in found for found in formulas)
    assert 'name="XLDAPR"' in parts["xl/metadata.xml"]
    assert 'fDynamic="1"' in parts["xl/metadata.xml"]
    assert "metadata.xml" in parts["[Content_Types].xml"]
    texts = [text for part in parts.values() for text in re.findall(r"<f[^>]*>([^<]*)</f>", part)]
    assert not [
        text for text in texts if re.search(r"(?<!_xlfn\.)\b(LET|LAMBDA|HSTACK|VSTACK|BYCOL|BYROW|MAP|SCAN)\(", text)
    ]


def test_a_classic_file_has_none_of_it(small: Made) -> None:
    with zipfile.ZipFile(small.path) as file:
        assert "xl/metadata.xml" not in file.namelist()
        assert not any(b"_xlfn" in file.read(name) or b' cm="1"' in file.read(name) for name in file.namelist())
    assert "dialect" not in small.workbook.settings


def test_the_command_builds_it_and_says_which_programs_know_it(small: Made, tmp_path: Path) -> None:
    done = run_here("build", "quadratic", "--dialect", "modern", "-o", tmp_path / "q.xlsx")
    assert done.returncode == 0
    assert "LibreOffice does not know LET, LAMBDA and HSTACK (it shows #NAME?)" in done.stderr
    assert find_manifest(reader.read(tmp_path / "q.xlsx")).workbook.book.dialect is MODERN
    usual = run_here("build", "quadratic", "-o", tmp_path / "c.xlsx")
    assert "LibreOffice" not in usual.stderr + usual.stdout
    again = run_here("build", "titanic", "--params", small.path, "--dialect", "modern", "-o", tmp_path / "p.xlsx")
    assert again.returncode == 2
    assert "leave --dialect away" in again.stderr


def test_an_engine_without_let_is_refused_before_it_is_asked(small_modern: Made) -> None:
    engine = engines.get("libreoffice")
    with pytest.raises(
        EngineError, match=r"LibreOffice does not know LET.* IronCalc or Excel 365, or build .* classic"
    ):
        engine.refuse_modern(small_modern.path, "modern")
    engine.refuse_modern(small_modern.path, "classic")
    for name in ("ironcalc", "excel"):
        engines.get(name).refuse_modern(small_modern.path, "modern")
    if engine.missing() is None:
        with pytest.raises(EngineError, match="LibreOffice does not know LET"):
            sn.check(small_modern.path, "libreoffice")
        with pytest.raises(EngineError, match="LibreOffice does not know LET"):
            sn.live(small_modern.path, "libreoffice", visible=False)


# ---- what the README says of it


def functions(template: str) -> str:
    return ", ".join(dict.fromkeys(re.findall(r"([A-Z][A-Z0-9.]*)\(", shown(template))))


def how(dialect: Dialect, op: str) -> str:
    """With which functions a dialect says an op, within a formula or cell by cell."""
    if op in dialect.rowwise:
        return functions(dialect.rowwise[op][0]("a", 3))
    if dialect.has(op) and (op not in dialect.cell or (dialect is MODERN and op in OWN and op != "lookup")):
        return functions(dialect.array[op][0])
    if op in dialect.cell:
        return f"cell by cell: {functions(dialect.cell[op][0])}"
    return "a formula for each part" if op in STACKS else f"cell by cell: {functions(CELLS[op])}"


CELLS = {"cumsum": "SUM(", "pick": "INDEX("}  # of formula.CELL_RULES
MISSING = ("match", "count_same", "pick")  # what no dialect says of a column within a formula


def table() -> str:
    """What the dialects say otherwise, and what neither says within a formula, op by op."""
    lines = [
        "| op | classic: every program | modern: IronCalc, Excel 365 or 2024, Google Sheets |",
        "|---|---|---|",
        "| what a formula needs twice | written twice | LET |",
        "| all epochs in one cell | | REDUCE, SEQUENCE, LAMBDA, LET |",
        *(f"| `{op}` | {how(CLASSIC, op)} | {how(MODERN, op)} |" for op in (*OWN, *MISSING)),
        f"| `{COUNTED}` | {how(CLASSIC, 'lookup')} | {how(MODERN, COUNTED)} |",
        "| all other ops | the same | the same |",
    ]
    return "\n".join(lines)


def test_the_readme_says_which_functions_each_dialect_takes() -> None:
    assert table() in (ROOT / "README.md").read_text(encoding="utf-8"), table()
    assert not [op for op in MISSING if MODERN.has(op) and op != "match"]


@pytest.mark.office
def test_libreoffice_knows_none_of_the_new_functions(office: Engine, tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    texts = ["LET(_xlpm.a,2,_xlpm.a)", "SEQUENCE(3)", "REDUCE(0,{1,2},_xlfn.LAMBDA(_xlpm.a,_xlpm.b,_xlpm.a+_xlpm.b))"]
    texts += ["HSTACK({1,2},{3})", "VSTACK({1,2},{3,4})", "BYROW({1,2},_xlfn.LAMBDA(_xlpm.a,SUM(_xlpm.a)))"]
    with xlsxwriter.Workbook(path) as file:
        sheet = file.add_worksheet("New")
        for row, text in enumerate(texts):
            sheet.write_array_formula(row, 0, row, 0, f"=_xlfn.{text}", None, 99)
    with office.open(path) as session:
        session.recalculate()
        assert [type(line[0]) for line in session.read("New", 0, 0, len(texts), 1)] == [CellError] * len(texts)


def test_an_unknown_dialect_is_refused(tmp_path: Path, small: Made) -> None:
    with pytest.raises(SheetnetError, match="there is no dialect 'latin'; known are classic, modern"):
        sn.build(tmp_path / "x.xlsx", small.table, sn.linear(small.table), dialect="latin")
    assert dialect_of("").name == "classic"


def test_a_workbook_that_is_open_takes_weights_and_says_their_loss(small: Made, small_modern: Made) -> None:
    losses = []
    for path in (small.path, small_modern.path):
        with sn.live(path, "ironcalc", into="yellow") as session:
            session.push({"two_relu": {"W": np.full((len(small.table.features), 2), 0.125)}})
            losses.append(session.loss("two_relu"))
    assert losses[0] == pytest.approx(losses[1], rel=CLOSE)

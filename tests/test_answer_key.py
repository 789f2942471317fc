"""The answer key of a class: what is right for each learner, for the teacher alone."""

from __future__ import annotations

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import run_here
from openpyxl import load_workbook
from test_classroom import answered, truths, verdicts

from sheetnet.classroom import assign, grade, right_answers
from sheetnet.classroom.answers import as_seen, save_key
from sheetnet.course import kind_of


def test_the_key_says_what_is_right_for_each_and_what_grade_takes_for_right(tmp_path: Path) -> None:
    """One has changed her workbook: that does not touch the key."""
    names = ["=1+1", "Ada"]
    done = assign(tmp_path, names, "matmul")
    rights = list(right_answers(done, "matmul"))
    done[0].path.write_bytes(b"answered")
    again = [replace(done[0], written=False), done[1]]
    assert list(right_answers(again, "matmul")) == rights
    mine = [one for one in rights if one.learner == "Ada"]
    assert [one.right for one in mine] == pytest.approx(truths(done[1].path))
    assert all(one.within > 0 and one.why for one in mine)
    target = answered(done[1].path, tmp_path / "in.xlsx", {i: one.right for i, one in enumerate(mine)})
    assert set(verdicts(grade([target]), target)) == {"right"}
    for ending in (".csv", ".xlsx"):
        save_key(rights, tmp_path / f"key{ending}")
    rows = list(csv.DictReader((tmp_path / "key.csv").open(encoding="utf-8-sig")))
    assert [float(row["right"]) for row in rows] == [one.right for one in rights]
    assert not any(value.startswith(("=", "@", "+")) for row in rows for value in row.values())
    sheet, reasons = load_workbook(tmp_path / "key.xlsx")
    assert {cell.data_type for page in (sheet, reasons) for row in page.iter_rows() for cell in row} <= {"s", "n"}
    lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert lines[0] == ["learner", "file", *(str(one.exercise) for one in mine)]
    assert [line[0] for line in lines[1:]] == names
    assert lines[2][2:] == [one.right for one in mine]
    assert [reasons.cell(i + 2, 5).value for i in range(len(mine))] == [
        one.why for one in rights if one.learner == rights[0].learner
    ]


def test_the_key_of_blanks_names_the_formula_that_was_taken_out(tmp_path: Path) -> None:
    done = assign(tmp_path, ["Ada", "Ben"], "matmul", blanks=True)
    rights = list(right_answers(done, "matmul", blanks=True))
    blanks = [one for one in rights if one.learner == "Ada" and one.within is None]
    assert [one.exercise for one in blanks] == [f"blank {i}" for i in range(1, len(blanks) + 1)]
    assert len(blanks) >= 10
    assert all(str(one.right).startswith("=") and "Blanks!" not in str(one.right) for one in blanks)
    for ending in (".csv", ".xlsx"):
        save_key(rights, tmp_path / f"key{ending}")
    reasons = load_workbook(tmp_path / "key.xlsx")["Reasons"]
    assert [[cell.value for cell in row[:3]] for row in reasons.iter_rows() if "blank" in str(row[0].value)] == [
        [one.exercise, one.question, one.right] for one in blanks
    ]
    with (tmp_path / "key.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [value for row in csv.DictReader(file) for value in row.values()]
    assert not [value for value in cells if value.startswith(("=", "+", "@"))]
    kinds = {cell.data_type for row in reasons.iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s"}  # a formula would be "f"
    assert any("(with the numbers of Ada)" in str(row[1].value) for row in reasons.iter_rows())


def test_the_key_of_blanks_speaks_of_the_cells_that_are_seen() -> None:
    blanks = kind_of("quadratic")("2.0", 0, "", True).blanks
    assert blanks
    top = next(blank.cells.area.row + 1 for blank in blanks.found if blank.filled.id == "fit.pred")
    for formula, said in (
        ("=L7-Fit!$B$10", f"=Fit!C{top}-Fit!$B$10"),
        ("=AVERAGE($U$7:$U$26)", f"=AVERAGE(Fit!F{top}:F{top + 19})"),
        ("=SUM(Fit!C7:L7)*LOG10(A1)+coef_a", "=SUM(Fit!C7:L7)*LOG10(A1)+coef_a"),
    ):
        assert as_seen(formula, blanks.found) == said


def test_the_key_never_lies_among_what_learners_are_given(tmp_path: Path) -> None:
    (tmp_path / "names.csv").write_text("name\nAda\n")
    arguments = "assign", tmp_path / "out", "--class", tmp_path / "names.csv", "--lesson", "quadratic", "--key"
    said = run_here(*arguments, tmp_path / "key.csv")
    assert said.returncode == 0, said.stderr
    assert "for you alone" in said.stdout
    assert run_here(*arguments, tmp_path / "key.csv").returncode == 0  # over its own
    (tmp_path / "notes.csv").write_text("mine")
    said = run_here(*arguments, tmp_path / "notes.csv")
    assert (said.returncode, (tmp_path / "notes.csv").read_text()) == (2, "mine")
    (workbook,) = (tmp_path / "out").glob("*.xlsx")
    before = workbook.read_bytes()
    shutil.copy(workbook, tmp_path / "other.xlsx")
    for place, words in (
        (tmp_path / "out" / "key.csv", "which learners are given"),
        (tmp_path / "other.xlsx", "a file that was not made by sheetnet assign --key"),
        (tmp_path / "key.pdf", "ends in"),
        (tmp_path / "names.csv", "the names of the class"),
    ):
        said = run_here(*arguments, place)
        assert said.returncode == 2
        assert words in said.stderr
    assert workbook.read_bytes() == before
    assert (tmp_path / "names.csv").read_text() == "name\nAda\n"
    assert not (tmp_path / "out" / "key.csv").exists()

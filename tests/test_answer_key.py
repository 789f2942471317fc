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
from sheetnet.classroom.answers import save_key


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
    (sheet,) = load_workbook(tmp_path / "key.xlsx")
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert sheet.max_row == 1 + len(rights)


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

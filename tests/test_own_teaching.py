"""The workbook of one's own table teaches as a lesson does: it asks first, gives hints, and can leave formulas out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from conftest import edit
from openpyxl.worksheet.formula import ArrayFormula

import sheetnet as sn
from sheetnet.__main__ import main
from sheetnet.book import reader
from sheetnet.book.build import evaluate_blocks
from sheetnet.book.inputs import read_inputs
from sheetnet.book.opened import find_manifest
from sheetnet.book.reader import where
from sheetnet.classroom import OwnTable, assign, grade, right_answers
from sheetnet.classroom.answers import as_seen
from sheetnet.course.own.guesses import LOST
from sheetnet.course.own.lesson import Own
from sheetnet.errors import SheetnetError
from sheetnet.motifs.exercises import ANSWERS
from sheetnet.motifs.predictions import GUESSES
from sheetnet.page.area import cell_address
from sheetnet.page.screen import Geometry

RNG = np.random.default_rng(7)
N, EPOCHS, RATE = 20, 12, 0.1
FRAME = pd.DataFrame({"dose": RNG.normal(3, 2, N).round(2), "age": RNG.integers(20, 60, N).astype(float)}).assign(
    site=lambda f: np.where(f.dose + RNG.normal(0, 1, N) > 3, "north", "south"),
    kind=["a", "b b", "c", "a"] * 5,
    cost=lambda f: (20 * f.dose - f.age + RNG.normal(0, 5, N)).round(1),
)
FEATURES = ["dose", "age"]
TARGETS = {"number": "cost", "two": "site", "many": "kind"}


def table_of(kind: str) -> sn.Table:
    return sn.table(FRAME, TARGETS[kind], features=FEATURES, name="clinic.csv")


def models_of(kind: str, table: sn.Table) -> Any:
    return sn.logistic(table) if kind == "two" else sn.mlp(table, 3)


@pytest.fixture(scope="module", params=TARGETS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The workbook of a kind of target, each once."""
    place, made = tmp_path_factory.mktemp("own"), dict[str, Path]()

    def build(kind: str, **how: Any) -> Path:
        name = f"{kind}{sorted(how.items())}"
        if name not in made:
            table = table_of(kind)
            path = place / f"{len(made)}.xlsx"
            made[name] = sn.build(path, table, models_of(kind, table), epochs=EPOCHS, lr=RATE, **how).path
        return made[name]

    return build


def opened(path: Path) -> tuple[Own, dict[str, np.ndarray]]:
    """The workbook, and its inputs as it came, by id."""
    contents = reader.read(path)
    workbook = find_manifest(contents).workbook
    assert isinstance(workbook, Own)
    return workbook, {**workbook.no_answers(), **read_inputs(contents, workbook)}


# ---- Predict


def test_what_comes_true_is_what_torch_finds(kind: str, built: Callable[..., Path]) -> None:
    """By training again, at the rate and at ten times the rate, and from plain numpy for who needs no model."""
    _, inputs = opened(built(kind))
    table = table_of(kind)
    usual, fast = (sn.train(models_of(kind, table), table, epochs=EPOCHS, lr=RATE * by, device="cpu") for by in (1, 10))
    right, before, after = (inputs[f"predict.{name}"][:, 0] for name in ("outcome", "was", "becomes"))
    start, largest, rule, faster, tenth = range(5)
    y = table.y[:, 0]
    if kind == "number":
        loss_of_mean = ((y - y.mean()) ** 2).mean()
        assert (before[start], after[start]) == pytest.approx((0.0, 1 - usual.losses[0] / loss_of_mean))
        assert (before[rule], after[rule]) == pytest.approx((loss_of_mean, usual.losses[-1]))
        assert right[rule] == (1 if usual.losses[-1] < loss_of_mean else 2)
    else:
        share = np.bincount(y.astype(int)).max() / len(y)
        assert (before[rule], after[rule]) == pytest.approx((share, usual.accuracies[-1]))
        assert right[rule] == 1 + (usual.accuracies[-1] > share) + 2 * (usual.accuracies[-1] == share)
    last, ended = usual.losses[-1], float(np.nan_to_num(fast.losses[-1], nan=LOST))
    assert (before[faster], after[faster]) == pytest.approx((last, ended))
    assert right[faster] == (3 if ended > 1000 * last else 1 + (ended > last))
    sizes = np.abs(next(iter(usual.params.values()))).sum(axis=1)
    assert right[largest] == 1 + np.argmax(sizes)
    assert after[largest] == pytest.approx(sizes.max())
    fall = (usual.losses[0] - usual.losses[1]) / (usual.losses[0] - usual.losses[-1])
    assert right[tenth] == 1 + (fall > 0.1) + (fall > 0.5)


def test_results_are_kept_back_until_one_has_guessed(kind: str, built: Callable[..., Path]) -> None:
    workbook, inputs = opened(built(kind))
    name = workbook.nets[0].net.name
    at = f"start.{name}.loss.last", "start.rule", "predict.why"
    closed = evaluate_blocks(workbook, inputs)
    assert [closed[id][0, 0] for id in at] == [-1.0, -1.0, ""]
    one = np.ones((len(workbook.predictions), 1), dtype=object)
    open_ = evaluate_blocks(workbook, {**inputs, GUESSES: one})
    assert open_[at[0]][0, 0] == open_[f"{name}.descent.loss"][-1, 0]
    assert open_[at[1]][0, 0] > 0
    assert {*open_["predict.verdict"][:, 0]} <= {
        "as you said",
        *(f"{i}: {words}" for p in workbook.predictions for i, words in enumerate(p.choices, start=1)),
    }


def test_no_question_speaks_of_passengers_or_lets_its_reason_be_cut(kind: str, built: Callable[..., Path]) -> None:
    workbook, _ = opened(built(kind))
    texts = [text for p in workbook.predictions for text in (p.words, p.why, f"{p.number}. {p.why}")]
    texts += [text for e in workbook.exercises for text in (e.question, e.hint, e.why, *(s.words for s in e.mistakes))]
    assert not [text for text in texts if "passenger" in text.lower() or "surviv" in text.lower()]
    assert max(len(f"{p.number}. {p.why}") for p in workbook.predictions) <= 255
    assert 3 <= len(workbook.predictions) <= 5


def test_the_curve_and_what_it_must_beat_are_on_the_first_screen(kind: str, built: Callable[..., Path]) -> None:
    workbook, _ = opened(built(kind))
    start = workbook.book.pages[0]
    assert len(Geometry(start).first_screen().charts) == 1
    assert [text.text for text in start.texts if text.text.startswith("•")]


# ---- exercises


def test_each_exercise_has_a_hint_and_a_reason_and_knows_its_mistakes(kind: str, built: Callable[..., Path]) -> None:
    workbook, inputs = opened(built(kind))
    given = workbook.by_node(inputs)
    for one in workbook.exercises:
        assert one.hint, one.question
        assert one.why, one.question
        assert np.isfinite(one.truth(given)), one.question
        assert any(np.isfinite(one.wrong(given))), one.question


def test_right_and_wrong_answers_are_graded(kind: str, built: Callable[..., Path], tmp_path: Path) -> None:
    path = built(kind)
    workbook, inputs = opened(path)
    given, cells = workbook.by_node(inputs), [*workbook.book.block(ANSWERS).area.cells()]
    truths = [one.truth(given) for one in workbook.exercises]
    slips = [next(w for w in one.wrong(given) if np.isfinite(w)) for one in workbook.exercises]
    for answers, verdict in ((truths, "right"), (slips, "wrong")):
        typed = {f"Exercises!{cell_address(*at)}": float(v) for at, v in zip(cells, answers, strict=True)}
        (paper,) = grade([edit(path, tmp_path / f"{verdict}.xlsx", typed)]).papers
        assert {answer.verdict for answer in paper.answers} == {verdict}
        assert all(answer.says for answer in paper.answers) is (verdict == "wrong")


# ---- blanks


def test_the_formulas_that_were_taken_out_are_right_in_their_places(
    kind: str, built: Callable[..., Path], tmp_path: Path
) -> None:
    path = built(kind, blanks=True)
    workbook, _ = opened(path)
    assert workbook.blanks
    ids = {blank.filled.id.rpartition(".")[2] for blank in workbook.blanks.found}
    assert {"loss", "row_loss"} < ids
    assert len(ids) == 6
    contents, typed = reader.read(path), dict[str, object]()
    for blank in workbook.blanks.found:
        seen, area = blank.cells.area, blank.filled.area
        formulas = contents.sheets[area.sheet].formulas
        if blank.filled.style == "cells":
            pairs = zip(seen.cells(), area.cells(), strict=True)
            typed |= {where(seen.sheet, *at): as_seen(formulas[of].text, workbook.blanks.found) for at, of in pairs}
        else:
            text = as_seen(formulas[area.row, area.col].text, workbook.blanks.found)
            typed[where(seen.sheet, seen.row, seen.col)] = ArrayFormula(seen.address((False, False)), text)
    filled = edit(path, tmp_path / "in.xlsx", typed)
    (paper,) = grade([filled]).papers
    blanks = paper.answers[len(workbook.exercises) :]
    assert [(one.verdict, one.remarks) for one in blanks] == [("right", ())] * 6
    report = sn.check(filled)
    assert report.ok
    assert "of 6 blanks 6 right" in str(report)
    (empty,) = grade([path]).papers
    assert {one.verdict for one in empty.answers} == {"not done"}


def test_a_matrix_is_judged_cell_by_cell(built: Callable[..., Path]) -> None:
    """One wrong entry of a gradient of three columns, and one that is missing."""
    workbook, inputs = opened(built("many", blanks=True))
    assert workbook.blanks
    at = next(
        i for i, one in enumerate(workbook.blanks.found) if one.cells.area.n_cols == 3 and one.cells.area.n_rows == 3
    )
    cells, right = (one.id for one in (workbook.blanks.found[at].cells, workbook.blanks.found[at].filled))
    numbers = evaluate_blocks(workbook, inputs)[right].astype(object)
    said = []
    for change in (None, "", 0.5):
        typed = numbers.copy()
        if change is not None:
            typed[1, 2] = change
        said.append(evaluate_blocks(workbook, {**inputs, cells: typed})[f"blanks.says_{at + 1}"][0, 0])
    assert said == ["right", "right so far", "differs"]


# ---- a class


def test_a_class_gets_start_numbers_of_its_own(tmp_path: Path) -> None:
    table = table_of("two")
    handout = OwnTable(table, sn.logistic(table), {"epochs": 3})
    done = assign(tmp_path / "week", ["Ada", "Ben"], handout, blanks=True)
    assert [one.path.name[:10] for one in done] == ["clinic_Ada", "clinic_Ben"]
    grades = grade([tmp_path / "week"], learners=["Ada", "Ben", "Cem"])
    assert {paper.learner for paper in grades.papers} == {"Ada", "Ben"}
    assert not [words for paper in grades.papers for words in paper.remarks if "numbers" in words]
    assert [problem.learner for problem in grades.problems] == ["Cem"]
    rights = list(right_answers(done, handout, blanks=True))
    loss = [one.right for one in rights if one.exercise == 2]
    assert len({*loss}) == 2
    again = [replace(one, written=False) for one in done]
    assert list(right_answers(again, handout, blanks=True)) == rights
    assert [one.written for one in assign(tmp_path / "week", ["Ada", "Ben"], handout, blanks=True)] == [False, False]


def test_start_numbers_that_all_would_share_are_refused(tmp_path: Path) -> None:
    table = table_of("two")
    with pytest.raises(SheetnetError, match="start numbers of their own"):
        assign(tmp_path / "week", ["Ada"], OwnTable(table, sn.logistic(table), {"seed": 1}))
    assert not (tmp_path / "week").exists()


def test_the_command_hands_out_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("clinic.csv", index=False)
    Path("names.csv").write_text("name\nAda\n")
    week = ["assign", "week", "--class", "names.csv", "--lesson"]
    asked = [*week, "clinic.csv", "--target", "site", "--features", "dose,age", "--epochs", "2"]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 0, said.output
    (path,) = Path("week").iterdir()
    workbook = opened(path)[0]
    assert (workbook.learner, workbook.spec.epochs, workbook.spec.target) == ("Ada", 2, "site")
    said = CliRunner().invoke(main, [*week, "quadratic", "--target", "site"])
    assert "--target is for a table, such as penguins.csv; quadratic is a lesson" in said.output
    said = CliRunner().invoke(main, [*week, "quadratik"])
    assert "did you mean quadratic?" in said.output


def test_a_workbook_from_before_there_were_learners_is_read(built: Callable[..., Path]) -> None:
    settings = dict(opened(built("two"))[0].settings)
    assert (settings.pop("learner"), settings.pop("blanks")) == ("", False)
    assert Own.from_settings(settings).spec.blanks is False
    with pytest.raises(ValueError, match="blanks"):
        Own.from_settings({**settings, "blanks": "yes"})


# ---- what is not as it came


def test_the_sheet_exercises_names_the_first_difference_and_the_other_sheets(built: Callable[..., Path]) -> None:
    workbook, inputs = opened(built("number"))
    [net] = workbook.nets
    rate, weight = (workbook.book.block_of(node).id for node in (net.lr, net.start["W_1"]))
    dose = next(block.id for block in workbook.book.blocks if block.title == "dose" and block.role == "data")
    asked = {
        (): "yes",
        (rate,): "no: on Start, rate, MLP 2-3-1. Beside it, or in its tip, stands what it held.",
        ("epoch",): "no: on Start, Epoch to look at. Beside it, or in its tip, stands what it held.",
        (weight,): "no: on MLP 2-3-1, W_1, MLP 2-3-1. Beside it, or in its tip, stands what it held.",
        (dose,): "no: on Features, X.",
        (dose, weight): "no: on Features, X. And on MLP 2-3-1.",
        (weight, rate): (
            "no: on Start, rate, MLP 2-3-1. Beside it, or in its tip, stands what it held. And on MLP 2-3-1."
        ),
    }
    for changed, words in asked.items():
        ids = [next(id for id in inputs if id.endswith(one)) for one in changed]
        typed = {id: inputs[id] + np.eye(*inputs[id].shape) for id in ids}
        assert evaluate_blocks(workbook, {**inputs, **typed})["exercises.as_it_came"][0, 0] == words

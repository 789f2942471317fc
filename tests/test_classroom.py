"""A class in two commands: own numbers for each learner, and answers judged by what they are, not by what is stored."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Made, edit, run_here
from openpyxl import Workbook, load_workbook
from openpyxl.workbook.defined_name import DefinedName

from sheetnet.book import manifest, reader
from sheetnet.book.build import build_lesson
from sheetnet.book.opened import find_manifest
from sheetnet.classroom import Grades, assign, assigning, grade, grading
from sheetnet.classroom.answers import HEADS
from sheetnet.classroom.copying import point_out
from sheetnet.classroom.filling import LEANING, LITERAL
from sheetnet.classroom.grades import COLUMNS, Paper, Problem
from sheetnet.classroom.grading import graded as graded_alone
from sheetnet.classroom.handing_in import AGAIN, NOTHING
from sheetnet.classroom.keys import CHANGED, FOREIGN, OTHERWISE, keys_of
from sheetnet.classroom.marking import GRADES, KEY, writable
from sheetnet.classroom.names import names_in
from sheetnet.classroom.papers import RIGHT_NOW
from sheetnet.classroom.peeking import peeks
from sheetnet.classroom.writing import save
from sheetnet.course import kind_of
from sheetnet.course.lesson import Lesson
from sheetnet.errors import SheetnetError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.judging import WIDTH, fingerprint, key
from sheetnet.motifs.exercises import ANSWERS, CLOSE_WORDS, MARKS, OFFSETS, REACH
from sheetnet.page.area import cell_address

HOSTILE = ["=1+1", "<b>Bo</b>", "../../up", "数据", "Ada Lovelace"]
NAMES = [*HOSTILE, *(f"Learner {i}" for i in range(6, 13))]


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("class")
    return {one.learner: one.path for one in assign(folder, NAMES, "quadratic")}


def lesson_of(path: Path) -> Lesson:
    workbook = find_manifest(reader.read(path)).workbook
    assert isinstance(workbook, Lesson)
    return workbook


def truths(path: Path) -> list[float]:
    """The right answers, from the graph, not from the keys in the file."""
    workbook = lesson_of(path)
    given = workbook.by_node(workbook.as_delivered())
    return [exercise.truth(given) for exercise in workbook.exercises]


def answered(path: Path, target: Path, answers: Mapping[int, object]) -> Path:
    """A copy with answers to exercises, counted from 0."""
    area = lesson_of(path).book.block(ANSWERS).area
    return edit(path, target, {f"Exercises!{'ABCDEFG'[area.col]}{area.row + 1 + i}": a for i, a in answers.items()})


def verdicts(grades: Grades, file: Path) -> list[str]:
    return [answer.verdict for paper in grades.papers if paper.file == file.name for answer in paper.answers]


# ---- handing out


def test_each_learner_has_a_name_and_numbers_of_their_own(handed_out: dict[str, Path]) -> None:
    assert list(handed_out) == NAMES
    assert len({truths(path)[0] for path in handed_out.values()}) == len(NAMES)
    for name, path in handed_out.items():
        assert path.parent == next(iter(handed_out.values())).parent
        assert lesson_of(path).learner == name
        cells = [cell for row in load_workbook(path)["Start"].iter_rows() for cell in row]
        mine = [cell for cell in cells if isinstance(cell.value, str) and name in cell.value]
        assert mine
        assert all(cell.data_type == "s" for cell in mine)


def test_the_readme_says_which_exercises_of_lesson_1_are_the_same_for_all(handed_out: dict[str, Path]) -> None:
    told = [truths(path) for path in handed_out.values()]
    same = [i for i, answers in enumerate(zip(*told, strict=True), start=1) if len({*answers}) == 1]
    assert same == [4, 5, 6, 7, 9, 12, 13]
    readme = " ".join((ROOT / "README.md").read_text().split())
    assert "in lesson 1 exercises 4 to 7, 9, 12 and 13" in readme


def test_a_workbook_with_own_numbers_is_green(handed_out: dict[str, Path]) -> None:
    import sheetnet as sn

    assert sn.check(handed_out["=1+1"]).findings == []


def test_who_comes_later_changes_nobody_elses_numbers_and_what_is_there_stays(tmp_path: Path) -> None:
    first = assign(tmp_path, ["Ada"], "quadratic")[0]
    first.path.write_bytes(b"answered")
    again = assign(tmp_path, ["Ben", "Ada"], "quadratic")
    assert [(one.learner, one.written) for one in again] == [("Ben", True), ("Ada", False)]
    assert first.path.read_bytes() == b"answered"
    assert again[1].seed == first.seed
    other = assign(tmp_path / "other", ["Ada"], "quadratic", seed=7)[0]
    assert other.seed != first.seed


def test_what_is_there_already_is_asked_without_being_laid_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (one,) = assign(tmp_path, ["Ada"], "matmul")
    before = one.path.read_bytes()
    monkeypatch.setattr(manifest, "workbook_of", lambda *_: pytest.fail("it was laid out"))
    assert [again.written for again in assign(tmp_path, ["Ada"], "matmul")] == [False]
    with pytest.raises(SheetnetError, match="another --seed"):
        assign(tmp_path, ["Ada"], "matmul", seed=7)
    assert one.path.read_bytes() == before
    for text in ("", "{", "[]", "{}", '{"spec": 3}', '{"spec": {}, "digest": "0"}'):
        assert manifest.settings(text) is None, text


def test_what_was_handed_out_with_other_settings_is_told_before_anything_is_written(tmp_path: Path) -> None:
    (one,) = assign(tmp_path, ["Ada"], "matmul", seed=7)
    before = one.path.read_bytes()
    for how, words in (
        ({"seed": 8}, "another --seed"), ({"seed": 7, "blanks": True}, "--blanks"), ({}, "another --seed"),
    ):  # fmt: skip
        with pytest.raises(SheetnetError, match=f"{one.path.name}.*{words}"):
            assign(tmp_path, ["Ben", "Ada"], "matmul", **how)  # type: ignore[arg-type]
    with pytest.raises(SheetnetError, match="another --language"):
        assigning._as_asked(one.path, {"seed": one.seed, "language": "de"})
    with pytest.raises(SheetnetError, match=r"of the lesson matmul; name another folder for quadratic"):
        assign(tmp_path, ["Ada"], "quadratic")
    assert [(path, path.read_bytes()) for path in tmp_path.iterdir()] == [(one.path, before)]
    assert not assign(tmp_path, ["Ada"], "matmul", seed=7)[0].written


def test_a_class_fills_in_blanks_and_is_graded_all_the_same(tmp_path: Path) -> None:
    (one,) = assign(tmp_path, ["Ada"], "matmul", blanks=True)
    workbook = lesson_of(one.path)
    assert workbook.blanks is not None
    assert (workbook.learner, workbook.seed) == ("Ada", one.seed)
    target = answered(one.path, tmp_path / "in.xlsx", {0: truths(one.path)[0]})
    assert verdicts(grade([target]), target) == [
        "right",
        *["not done"] * (len(workbook.exercises) - 1 + len(workbook.blanks.found)),
    ]


def test_a_lesson_without_blanks_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kind_of("matmul"), "to_fill", ())
    with pytest.raises(SheetnetError, match="matmul has no blanks"):
        assign(tmp_path, ["Ada"], "matmul", blanks=True)


def test_what_is_filled_into_blanks_is_graded(tmp_path: Path) -> None:
    (one,) = assign(tmp_path, ["Ada"], "quadratic", blanks=True)
    workbook = lesson_of(one.path)
    assert workbook.blanks
    places = {blank.filled.id: blank.cells.area for blank in workbook.blanks.found}
    x, y, pred, error, size, square = (
        [cell_address(*at) for at in (places.get(id) or workbook.book.block(id).area).cells()]
        for id in ("fit.x", "fit.y", "fit.pred", "fit.error", "fit.abs", "fit.square")
    )
    given = workbook.by_node(workbook.as_delivered())
    errors = evaluate([workbook.book.block("fit.error").node], given)[0][:, 0].tolist()
    typed: dict[str, object] = {
        f"Fit!{at}": f"=coef_a*{x[i]}^2+coef_b*{x[i]}+coef_c" for i, at in enumerate(pred)
    }  # right
    typed |= {f"Fit!{at}": errors[i] for i, at in enumerate(error)}  # right, and typed
    typed |= {f"Fit!{at}": f"=ABS(coef_a*{x[i]}^2+coef_b*{x[i]}+coef_c-{y[i]})" for i, at in enumerate(size[:3])}
    typed |= {f"Fit!{at}": f"={error[i]}*2" for i, at in enumerate(square)}  # wrong
    typed[places["fit.mse"].full(fixed=False)] = (
        f"=Blanks!{cell_address(*workbook.book.block('fit.mse').area.corners[:2])}"
    )
    typed[places["fit.mae"].full(fixed=False)] = "=1/0"
    target = edit(one.path, tmp_path / "in.xlsx", typed)
    (paper,) = grade([target]).papers
    found = paper.answers[len(workbook.exercises) :]
    assert len(found) == len(places)
    assert [answer.called for answer in found] == [f"blank {i}" for i in range(1, len(places) + 1)]
    assert {a.question: (a.verdict, *a.remarks) for a in found if a.typed} == {
        f"The blank {title}, {places[id].full(fixed=False)}": said
        for id, title, said in (
            ("fit.pred", "Prediction", ("right",)),
            ("fit.error", "Error", ("right", "numbers were typed where formulas are missing")),
            ("fit.abs", "Absolute error", ("not done", "right so far: 3 of 20 cells")),
            ("fit.square", "Squared error", ("wrong",)),
            ("fit.mse", "Mean squared error", ("wrong", "the formula asks the sheet for its own verdicts or keys")),
            ("fit.mae", "Mean absolute error", ("wrong", "a formula gives an error")),
        )
    }
    assert not [words for words in paper.remarks if "blanks" in words]


def test_a_blank_is_judged_as_if_the_others_were_right(tmp_path: Path) -> None:
    """Predictions with a number in place of a coefficient; errors are wrong, sizes of them and their mean right."""
    (one,) = assign(tmp_path, ["Ada"], "quadratic", blanks=True)
    workbook = lesson_of(one.path)
    assert workbook.blanks
    place = {blank.filled.id: blank.cells.area for blank in workbook.blanks.found}
    x, y = ([cell_address(*at) for at in workbook.book.block(id).area.cells()] for id in ("fit.x", "fit.y"))
    pred, error, size = ([cell_address(*at) for at in place[id].cells()] for id in ("fit.pred", "fit.error", "fit.abs"))
    typed: dict[str, object] = {f"Fit!{at}": f"=1.1*{x[i]}^2+coef_b*{x[i]}+coef_c" for i, at in enumerate(pred)}
    typed |= {f"Fit!{at}": f"={y[i]}*2-{pred[i]}" for i, at in enumerate(error)}
    typed |= {f"Fit!{at}": f"=ABS({error[i]})" for i, at in enumerate(size[1:], start=1)}
    typed[place["fit.mae"].full(fixed=False)] = f"=AVERAGE({size[0]}:{size[-1]})"
    typed[place["fit.mse"].full(fixed=False)] = f"=AVERAGE({size[0]}:{size[-1]})"
    (paper,) = grade([edit(one.path, tmp_path / "in.xlsx", typed)]).papers
    found = {a.question.split(",")[0]: (a.verdict, *a.remarks) for a in paper.answers if a.typed}
    assert found == {
        "The blank Prediction": ("right", LITERAL),
        "The blank Error": ("wrong",),
        "The blank Absolute error": ("not done", "right so far: 19 of 20 cells", LEANING),
        "The blank Mean absolute error": ("right", LEANING),
        "The blank Mean squared error": ("wrong",),
    }


def test_names_are_read_as_people_write_them(tmp_path: Path) -> None:
    file = tmp_path / "names.csv"
    for text, names in (
        ("name\nAda\nBen\n", ["Ada", "Ben"]),
        ("id;First name;Last name\n1;Ada;Lovelace\n2;Ben;X\n", ["Ada Lovelace", "Ben X"]),
        ("Learner A\nBen\n", ["Learner A", "Ben"]),
        ("first,last\nAda,Lovelace\nAda,Byron\n", ["Ada Lovelace", "Ada Byron"]),
        ("First,Last name\nAda,Lovelace\n", ["Ada Lovelace"]),
        ("name\nZoe\u0301\n", ["Zo\u00e9"]),  # as some systems write it: the letter, then its accent
    ):
        file.write_text(text)
        assert names_in(file) == names


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "call one of them name"),
        ("name,id\nAda,1\n,2\n", "line 3"),
        ("name\n", "no name in it"),
        ("", "empty"),
        ("name\nAda\nBen\nAda\n", "names.csv, line 4: the name 'Ada' stands there twice, in line 2 too"),
        (
            "name\nBen\n" + "x" * 81 + "\n",
            "names.csv, line 3: the name of a learner is one line of at most 80 characters",
        ),
    ],
)
def test_names_that_cannot_be_are_told(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "names.csv"
    file.write_text(text)
    said = run_here("assign", tmp_path / "out", "--class", file, "--lesson", "quadratic")
    assert said.returncode == 2
    assert words in said.stderr
    assert not list((tmp_path / "out").glob("*.xlsx"))


# ---- grading


@pytest.fixture(scope="module")
def handed_in(handed_out: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class of planted papers: right, close, wrong by name, copied, typed in, damaged, foreign, twice, empty."""
    folder = tmp_path_factory.mktemp("handed_in")
    paths = list(handed_out.values())
    right = [truths(path) for path in paths]
    odd = {8: 123.25, 5: -77.5, 4: 41.125}
    asked_for_formulas = {
        3: "=2*1.5^2-1*1.5+3",
        4: "=(1.5+2+0.5+3)/4",
        5: "=(1.5^2+2^2+0.5^2+3^2)/4",
        6: "=(3.9-4.1)/(1.11-1.09)",
    }
    plan: dict[int, dict[int, object]] = {
        0: dict(enumerate(right[0])) | asked_for_formulas,
        1: {0: "=" + lesson_of(paths[1]).book.block("fit.mse").area.full()},  # it reads another sheet
        2: {i: truth + (0.005 if abs(truth) < 50 else 0.0) for i, truth in enumerate(right[2][:9])},
        3: {3: 4.5, 4: 0.75, 5: 15.5, 6: -0.1, 8: 0.7, 11: 1},
        4: {0: right[0][0], 3: 6.0},  # copied from the first; a number where a formula was asked for
        5: odd,
        6: odd,
        7: {0: "=1/0", 1: "forty", 2: True, 8: "?"},
        8: {},
    }
    for i, answers in plan.items():
        answered(paths[i], folder / paths[i].name, answers)
    shutil.copy(folder / paths[8].name, folder / "again.xlsx")
    (folder / "Ada").mkdir()
    shutil.move(folder / paths[3].name, folder / "Ada" / "mine.xlsx")
    (folder / "essay.docx").write_bytes(b"PK")
    (folder / "damaged.xlsx").write_bytes(paths[9].read_bytes()[:5000])
    with zipfile.ZipFile(folder / "foreign.xlsx", "w") as other:
        other.writestr("xl/workbook.xml", "<workbook/>")
    (folder / "~$open.xlsx").write_bytes(b"")
    (folder / "notes.txt").write_text("not a workbook")
    return folder


@pytest.fixture(scope="module")
def graded(handed_in: Path) -> Grades:
    return grade([handed_in])


def paper(grades: Grades, who: str) -> dict[int, tuple[str, str]]:
    """Verdict and mistake of each exercise that was answered, counted from 0."""
    (found,) = (p for p in grades.papers if p.learner == who and p.file != "again.xlsx")
    return {a.number - 1: (a.verdict, a.says) for a in found.answers if a.verdict != "not done"}


def test_every_kind_of_answer_is_graded_as_what_it_is(graded: Grades) -> None:
    assert {verdict for verdict, _ in paper(graded, NAMES[0]).values()} == {"right"}
    assert paper(graded, NAMES[1]) == {0: ("right", "")}
    close = paper(graded, NAMES[2])
    assert close[0] == close[3] == ("close", CLOSE_WORDS)
    named = paper(graded, NAMES[3])
    assert {verdict for verdict, _ in named.values()} == {"wrong"}
    assert all(says for _, says in named.values())
    assert "square" in named[3][1]
    assert "minus sign" in named[4][1]
    assert paper(graded, NAMES[7]) == {0: ("wrong", ""), 1: ("wrong", ""), 2: ("wrong", "")}
    assert paper(graded, NAMES[8]) == {}


def test_what_looks_copied_or_typed_is_pointed_out(graded: Grades) -> None:
    said = dict.fromkeys(NAMES, "")
    for who, words in graded.remarks:
        said[who] += words + ". "
    assert "right with the numbers of =1+1" in said[NAMES[4]]
    assert "a number was typed where a formula was asked for" in said[NAMES[4]]
    assert f"the same odd answers as {NAMES[6]} to" in said[NAMES[5]]
    assert "the same odd answers" in said[NAMES[6]]
    assert "also from" in said[NAMES[8]]
    assert "asked for a hint" in said[NAMES[7]]
    assert not said[NAMES[0]]
    assert not said[NAMES[3]]


def test_a_damaged_or_foreign_file_is_a_line_and_not_the_end(graded: Grades) -> None:
    assert {problem.file for problem in graded.problems} == {"damaged.xlsx", "foreign.xlsx", "essay.docx"}
    assert all(problem.words for problem in graded.problems)
    assert "Ada/mine.xlsx" in {paper.file for paper in graded.papers}
    assert len(graded.papers) == 10


def test_a_file_that_cannot_be_read_was_handed_in_all_the_same(
    handed_out: dict[str, Path], lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    """By the name that assign gave it: damaged, empty, a letter, of another lesson, somebody else's; and nothing."""
    names, paths = [*handed_out], [*handed_out.values()]
    for i in (0, 1):
        shutil.copy(paths[i], tmp_path / paths[i].name)
    (tmp_path / paths[2].name).write_bytes(paths[2].read_bytes()[:5000])
    (tmp_path / paths[3].name).write_bytes(b"")
    (tmp_path / f"copy of {paths[4].stem} (1).docx").write_bytes(b"PK")
    shutil.copy(lesson_file("relu"), tmp_path / paths[5].name)
    shutil.copy(paths[0], tmp_path / paths[6].name)
    (tmp_path / f"{paths[7].stem}.pdf").write_bytes(b"%PDF")
    said = grade([tmp_path], learners=names[:9])
    told = {problem.learner: problem.words for problem in said.problems}
    assert set(told) == set(names[2:9])
    assert all(AGAIN in told[names[i]] and "build" not in told[names[i]] for i in (2, 3, 4, 7))
    assert "of the lesson relu" in told[names[5]]
    assert told[names[6]] == f"the file holds the workbook of {names[0]}: ask for the right one"
    assert told[names[8]] == NOTHING
    assert next(paper.remarks for paper in said.papers if paper.file == paths[6].name)[0].endswith(names[6])
    assert {question.lesson for question in said.questions} == {"quadratic"}
    assert {paper.lesson for paper in grade([tmp_path / paths[5].name, paths[0]], lesson="relu").papers} == {"relu"}
    with pytest.raises(SheetnetError, match="no workbook is of the lesson matmul"):
        grade([paths[0]], lesson="matmul")


def test_a_stored_value_is_not_believed(handed_in: Path, handed_out: dict[str, Path], tmp_path: Path) -> None:
    """A wrong formula beside which the file stores the right number, and a verdict that says right."""
    path = handed_out[NAMES[9]]
    target = answered(path, tmp_path / "stored.xlsx", {3: "=1+1"})
    with zipfile.ZipFile(target) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = next(n for n, content in parts.items() if b"1+1</f>" in content and n.startswith("xl/worksheets"))
    assert (
        parts[name].count(b"<f>1+1</f><v></v>")
        + parts[name].count(b"<f>1+1</f><v />")
        + parts[name].count(b"<f>1+1</f><v/>")
        == 1
    )
    for empty in (b"<v></v>", b"<v />", b"<v/>"):
        parts[name] = parts[name].replace(b"<f>1+1</f>" + empty, b"<f>1+1</f><v>6</v>")
    with zipfile.ZipFile(target, "w") as new:
        for part, content in parts.items():
            new.writestr(part, content)
    assert verdicts(grade([target]), target)[3] == "wrong"


# ---- pupils who would rather not


def alone(path: Path, answers: Mapping[int, object], target: Path) -> tuple[list[str], str]:
    """The verdicts on one paper, and all remarks."""
    grades = grade([answered(path, target, answers)])
    return verdicts(grades, target), " ".join(words for _, words in grades.remarks)


def test_keys_are_worked_out_and_not_read_from_the_file(handed_out: dict[str, Path], tmp_path: Path) -> None:
    """The hidden record says that 0 is right everywhere, with a digest that fits."""
    contents = reader.read(handed_out["=1+1"])
    found = find_manifest(contents)
    n = found.record[MARKS].shape[0]
    for id, column in ((OFFSETS, 0.0), (MARKS, key(0.0, 1e9)[1]), (REACH, 1e9)):
        found.record[id][:] = column
    text = manifest.dump(found)
    sheet = contents.sheets[manifest.MANIFEST_SHEET]
    places = sorted(sheet.values)
    size = max(len(str(value)) for value in sheet.values.values())
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    pieces += [""] * (len(places) - len(pieces))
    book = load_workbook(handed_out["=1+1"])
    for (row, col), piece in zip(places, pieces, strict=True):
        book[manifest.MANIFEST_SHEET].cell(row + 1, col + 1).value = piece
    book.save(tmp_path / "forged.xlsx")
    said, remarks = alone(tmp_path / "forged.xlsx", dict.fromkeys(range(n), 0), tmp_path / "zero.xlsx")
    assert "right" not in said
    assert "hidden record was changed" in remarks


PEEKS = (
    '=IF(D10="right",1,2)',
    "=Q10+H10",
    "=OFFSET(C10,0,5)",
    "=SUM(10:10)",
    "=SUM(H:H)",
    '=INDIRECT("Q10")',
    "=Exercises!$AR$10",
    "=MAX(C11:Z11)",
)
FAIR = ("=Fit!H12*2", "=SUM(Fit!C10:Z10)", "=C11*2", "=slope_h+lr", "=MAX(1,2)", '="H10"&1', "=Sheet.H10!A1")


def test_a_formula_that_asks_for_the_verdict_is_no_answer(handed_out: dict[str, Path], tmp_path: Path) -> None:
    workbook = lesson_of(handed_out["=1+1"])
    assert [text for text in PEEKS if not peeks(text, "Exercises", workbook)] == []
    assert [text for text in FAIR if peeks(text, "Exercises", workbook)] == []
    assert peeks("=Exercises!H10", "Fit", workbook)
    assert not peeks("=H10", "Fit", workbook)
    right = truths(handed_out["=1+1"])
    said, remarks = alone(handed_out["=1+1"], {0: f"={right[0]!r}+0*H10"}, tmp_path / "peek.xlsx")
    assert said[0] == "wrong"
    assert "asks the sheet for its own verdicts" in remarks


def test_scratch_cells_do_not_hide_it(handed_out: dict[str, Path], tmp_path: Path) -> None:
    path = edit(handed_out["=1+1"], tmp_path / "scratch.xlsx", {"Fit!Z90": "=Exercises!Q10"})
    _, remarks = alone(path, {0: "=Fit!Z90"}, tmp_path / "by_scratch.xlsx")
    assert "Fit!Z90" in remarks


def test_a_name_that_peeks_does_not_hide_it_either(handed_out: dict[str, Path], tmp_path: Path) -> None:
    book = load_workbook(handed_out["=1+1"])
    book.defined_names["mine"] = DefinedName("mine", attr_text="Exercises!$Q$10")
    book.save(tmp_path / "named.xlsx")
    assert "the name mine" in alone(tmp_path / "named.xlsx", {0: "=mine"}, tmp_path / "by_name.xlsx")[1]


def test_what_no_program_at_hand_can_calculate_is_to_be_looked_at(handed_out: dict[str, Path], tmp_path: Path) -> None:
    said, remarks = alone(handed_out["=1+1"], {0: "=NOSUCHFUNCTION(1)"}, tmp_path / "unknown.xlsx")
    assert said[0] == "wrong"
    assert "could not be calculated here: look at it" in remarks


def test_a_file_too_large_to_be_ours_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large.xlsx").write_bytes(b"x" * 1000)
    monkeypatch.setattr(grading, "MAX_BYTES", 999)
    found = graded_alone(tmp_path / "large.xlsx", "large.xlsx", "ironcalc")
    assert isinstance(found, Problem)
    assert found.words == "larger than any workbook that is handed out"


def test_a_passengers_workbook_with_settings_of_its_own_is_judged_by_its_file(small: Made, tmp_path: Path) -> None:
    assert FOREIGN in alone(small.path, {0: 1}, tmp_path / "own.xlsx")[1]


def test_anothers_file_under_ones_own_name_is_seen(handed_out: dict[str, Path], tmp_path: Path) -> None:
    build_lesson("quadratic", tmp_path / "kim.xlsx", seed=lesson_of(handed_out["=1+1"]).seed, learner="Kim")
    both = grade([tmp_path / "kim.xlsx", handed_out["=1+1"]])
    assert ("Kim", "with the numbers of =1+1") in both.remarks
    assert any("not with the numbers" in words for _, words in grade([tmp_path / "kim.xlsx"]).remarks)
    build_lesson("quadratic", tmp_path / "course.xlsx")
    assert any("nobody's name" in words for _, words in grade([tmp_path / "course.xlsx"]).remarks)


def test_a_copy_is_seen_though_the_original_is_there_twice(handed_out: dict[str, Path], tmp_path: Path) -> None:
    ada, ben = handed_out["=1+1"], handed_out["<b>Bo</b>"]
    shutil.copy(ada, tmp_path / "one.xlsx")
    shutil.copy(ada, tmp_path / "two.xlsx")
    copied = answered(ben, tmp_path / "ben.xlsx", {0: truths(ada)[0]})
    said = grade([tmp_path / "one.xlsx", tmp_path / "two.xlsx", copied, copied])
    assert ("<b>Bo</b>", "exercise 1: right with the numbers of =1+1") in said.remarks
    assert len(said.papers) == 3


def test_one_small_whole_number_accuses_nobody(graded: Grades) -> None:
    """A count that is right with a neighbour's numbers is chance; two of them, or one with decimals, are not."""
    one, other = (p for p in graded.papers if p.learner in (NAMES[0], NAMES[2]))
    n = len(one.answers)
    whose = replace(other, keys=tuple((0.25, 0.0, fingerprint(float(i))) for i in range(n)))
    mine = replace(one, keys=((0.25, 0.0, fingerprint(99.0)),) * n)

    def remarks(given: Mapping[int, float], neighbour: Paper = whose) -> list[str]:
        answers = tuple(
            replace(a, verdict="wrong" if i in given else "not done", value=given.get(i), says="", remarks=())
            for i, a in enumerate(one.answers)
        )
        (paper, _) = point_out([replace(mine, answers=answers), neighbour])
        return [words for answer in paper.answers for words in answer.remarks]

    step = WIDTH * 0.25
    assert remarks({2: 2 * step}) == [f"right with the numbers of {NAMES[2]}"]  # 1.001 has decimals
    close = replace(whose, keys=tuple((0.01, key(float(i), 0.01)[0], key(float(i), 0.01)[1]) for i in range(n)))
    assert remarks({2: 2.0}, close) == []
    assert remarks({2: 2.0, 7: 7.0}, close) == [f"right with the numbers of {NAMES[2]}"] * 2


# ---- pupils who are right

ERRORS = (1.5, -2, 0.5, 3)


@pytest.mark.office
def test_a_function_that_an_engine_knows_wrong_is_no_fault_of_the_pupil(
    handed_out: dict[str, Path], tmp_path: Path
) -> None:
    """IronCalc takes SUMPRODUCT(ABS(range)) for an error, or for another number."""
    cells = {f"Exercises!C{30 + i}": value for i, value in enumerate(ERRORS)}
    path = edit(handed_out["=1+1"], tmp_path / "scratch.xlsx", cells)
    said, remarks = alone(path, {4: "=SUMPRODUCT(ABS(C30:C33))/4"}, tmp_path / "abs.xlsx")
    assert said[4] == "right", remarks


def test_a_number_as_text_and_a_lone_number_are_told(handed_out: dict[str, Path], tmp_path: Path) -> None:
    said, remarks = alone(handed_out["=1+1"], {4: "1,75", 5: "=3.875"}, tmp_path / "text.xlsx")
    assert said[4:6] == ["wrong", "right"]
    words = "cannot be read as a number: '1,75' (and would be right); which decimal sign does the program take?"
    assert f"exercise 5: {words}" in remarks
    assert "exercise 6: a number was typed" in remarks


def test_no_zero_is_silent(handed_out: dict[str, Path], tmp_path: Path) -> None:
    """Text that is nearly a number, answers in other columns, verdicts written over, sheets that were changed."""
    path, rights = handed_out["=1+1"], truths(handed_out["=1+1"])
    workbook = lesson_of(path)
    area, at = workbook.book.block(ANSWERS).area, workbook.book.block("fit.a").area.full(fixed=False)
    given = workbook.by_node({**workbook.as_delivered(), "fit.a": np.full((1, 1), 2.0)})
    cells = {at: 2, f"Exercises!D{area.row + 2}": 9.5, f"Exercises!G{area.row + 3}": 1, f"Exercises!D{area.row + 4}": 1}
    changed = edit(path, tmp_path / "changed.xlsx", cells)
    nearly = {3: "6 ", 4: "31/8", 5: "3,875", 6: "\u221210", 8: "x = -2", 11: "3:", 12: "? "}
    answers = {0: workbook.exercises[0].truth(given), **nearly}
    (paper,) = grade([answered(changed, tmp_path / "in.xlsx", answers)]).papers
    told = [answer.remarks for answer in paper.answers]
    assert told[0] == (RIGHT_NOW,)
    assert [told[i][0].partition(" ")[0] for i in (1, 2)] == ["nothing", "nothing"]
    assert "D" in told[1][0]
    assert "G" in told[2][0]
    assert [told[i][0].partition(": ")[2] for i in nearly if i != 12] == [
        "'6 ' (and would be right)",
        "'31/8'",
        "'3,875' (and would be right); which decimal sign does the program take?",
        "'\u221210' (and would be right)", "'x = -2'", "'3:' (and would be right)",
    ]  # fmt: skip
    assert (told[12], paper.answers[12].verdict) == (("asked for a hint",), "not done")
    assert f"cells of verdicts were written over: D{area.row + 2}, D{area.row + 4}" in paper.remarks
    assert [answer.right for answer in paper.answers] == pytest.approx(rights)


def test_a_workbook_of_another_version_is_told_as_such(
    handed_out: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_manifest(reader.read(handed_out["=1+1"]))
    assert keys_of(found).remarks == ()
    found.record[MARKS][0, 0] += 1.0
    assert keys_of(found).remarks == (OTHERWISE,)
    assert "made by sheetnet 0.0" in keys_of(replace(found, version="0.0")).remarks[0]
    assert keys_of(replace(found, version="0.0", intact=False)).remarks == (CHANGED,)


def test_moved_rows_are_told_and_not_judged(handed_out: dict[str, Path], tmp_path: Path) -> None:
    book = load_workbook(handed_out["=1+1"])
    book["Exercises"].insert_rows(10)
    book.save(tmp_path / "moved.xlsx")
    with pytest.raises(SheetnetError, match="were moved"):
        grade([tmp_path / "moved.xlsx"])


def test_a_likely_mistake_of_lesson_1_is_the_one_that_it_names(handed_out: dict[str, Path]) -> None:
    workbook = lesson_of(handed_out["=1+1"])
    given = workbook.by_node(workbook.as_delivered())
    largest, power = workbook.exercises[2], workbook.exercises[3]
    x, y = (given[workbook.book.block(f"fit.{id}").node] for id in "xy")
    error = 1.1 * x**2 + 1.1 * x + 1.1 - y
    worst = float(error.ravel()[np.abs(error).argmax()])
    told = dict(zip(largest.wrong(given), largest.mistakes, strict=True))
    assert any("the error itself" in slip.words for value, slip in told.items() if abs(value - worst) < 1e-9)
    found = {slip.words: value for value, slip in zip(power.wrong(given), power.mistakes, strict=True)}
    assert found["Only x is squared, not a x: first the power, then times a."] == (2 * 1.5) ** 2 - 1.5 + 3


def test_who_is_missing_is_told_and_no_submission_is_written_over(handed_out: dict[str, Path], tmp_path: Path) -> None:
    path = Path(shutil.copy(handed_out["=1+1"], tmp_path / "one.xlsx"))
    said = grade([path], learners=["=1+1", "Zoe"])
    assert [(p.learner, p.words) for p in said.problems] == [("Zoe", "handed in nothing")]
    before = path.read_bytes()
    refused = run_here("grade", path, "-o", path)
    assert refused.returncode == 2
    assert path.read_bytes() == before
    assert "would overwrite a workbook" in refused.stderr
    names, book = tmp_path / "names.csv", tmp_path / "mine.xlsx"
    names.write_text("name\nZoe\n")
    Workbook().save(book)
    for taken in (path, names, book):  # of a folder, a file within; the class; somebody's own
        before = taken.read_bytes()
        refused = run_here("grade", tmp_path, "--class", names, "-o", taken)
        assert (refused.returncode, taken.read_bytes()) == (2, before)


def test_several_processes_say_what_one_says(handed_in: Path, graded: Grades) -> None:
    """Those of the fixture took as many as there are processors, these few one."""
    few = sorted(handed_in.glob("0*.xlsx"))[:2]
    alone = {paper.file: paper.answers for paper in grade(few).papers}
    together = {paper.file: paper.answers for paper in graded.papers}
    for file, answers in alone.items():
        assert [(a.verdict, a.value) for a in answers] == [(a.verdict, a.value) for a in together[file]]


def test_grades_are_written_as_text_and_never_as_formulas_or_html(graded: Grades, tmp_path: Path) -> None:
    for ending in (".csv", ".html", ".xlsx", ".json"):
        save(graded, tmp_path / f"class{ending}")
    rows = list(csv.DictReader((tmp_path / "class.csv").open(encoding="utf-8-sig")))
    assert len(rows) == sum(len(p.answers) for p in graded.papers) + len(graded.problems)
    assert not any(value.startswith(("=", "@", "+")) for row in rows for value in row.values())
    page = (tmp_path / "class.html").read_text()
    assert "&lt;b&gt;Bo&lt;/b&gt;" in page
    assert "<b>Bo" not in page
    for ending in (".csv", ".html", ".xlsx", ".json"):  # which grade may write over, and assign --key may not
        file = tmp_path / f"class{ending}"
        writable(file, GRADES, COLUMNS)
        with pytest.raises(SheetnetError, match="not made by sheetnet assign"):
            writable(file, KEY, HEADS)
    for sheet in load_workbook(tmp_path / "class.xlsx"):
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    results = json.loads((tmp_path / "class.json").read_text())
    assert results["papers"][0]["tests"][0]["max_score"] == 1.0
    assert len(results["not_graded"]) == len(graded.problems)
    with pytest.raises(SheetnetError, match="ends in"):
        save(graded, tmp_path / "class.pdf")


def test_the_report_is_a_gradebook_first(graded: Grades, tmp_path: Path) -> None:
    """The class in its order, a letter for each exercise, the right answer beside another; the same bytes again."""
    order = (NAMES[7], "Zoe", NAMES[0], NAMES[3])
    missing = [*graded.problems, Problem("", NOTHING, "Zoe")]
    report = replace(graded, learners=order, problems=missing, source="7b.csv")
    assert [line.who for line in report.lines][:4] == [*order]
    for ending in (".html", ".xlsx"):
        save(report, tmp_path / f"class{ending}")
        before = (tmp_path / f"class{ending}").read_bytes()
        save(report, tmp_path / f"class{ending}")
        assert (tmp_path / f"class{ending}").read_bytes() == before
    page = (tmp_path / "class.html").read_text()
    assert "<h1>Grades: lesson 1, quadratic (7b.csv)</h1>" in page
    assert page.index("<tr><td>=1+1<td class=R>R") < page.index("Exercise by exercise")
    assert f"<td>Zoe<td colspan=13>{NOTHING}" in page
    told = next(p.answers[4] for p in graded.papers if p.learner == NAMES[3])
    assert f"<tr><td>5<td>0.75<td>0.75<td>1.75<td>{told.says}</tr>" in page
    book = load_workbook(tmp_path / "class.xlsx")
    assert book.sheetnames == ["Gradebook", "Exercises", "Answers"]
    lines = [[cell.value for cell in row] for row in book["Gradebook"].iter_rows(min_row=4)]
    assert [line[0] for line in lines][:4] == [*order]
    assert lines[2][1:14] == ["R"] * 13
    assert lines[3][4:8] == ["W"] * 4
    assert {(sheet.page_setup.orientation, sheet.page_setup.fitToHeight) for sheet in book} == {("landscape", 0)}
    assert all(sheet.print_title_rows for sheet in book)
    assert str(report).startswith("Grades: lesson 1")


def test_what_is_no_mistake_of_thinking_is_not_among_the_commonest(graded: Grades) -> None:
    paper = next(p for p in graded.papers if p.learner == NAMES[3])
    first = replace(paper.answers[3], apart=True)
    papers = [replace(paper, answers=(first, *paper.answers[4:])), replace(paper, answers=paper.answers[3:])]
    assert [count for question in Grades(papers, []).questions[:2] for _, count in question.mistakes] == [1, 2]


def test_the_command_grades_a_folder(handed_in: Path, tmp_path: Path) -> None:
    out = tmp_path / "class.csv"
    said = run_here("grade", handed_in, "-o", out)
    assert said.returncode == 0, said.stderr
    assert "damaged.xlsx: not graded" in said.stdout
    assert out.exists()
    shutil.copy(next(handed_in.glob("*1_1*.xlsx")), tmp_path / "one.xlsx")
    for _ in range(2):  # its own report of last time is no paper
        said = run_here("grade", tmp_path, "-o", tmp_path / "class.xlsx")
        assert (said.returncode, "not graded" in said.stdout) == (0, False)
    (tmp_path / "one.xlsx").unlink()
    said = run_here("grade", tmp_path)
    assert said.returncode == 2
    assert "no .xlsx file" in said.stderr


def test_a_file_that_is_damaged_within_is_a_line_too(handed_out: dict[str, Path], tmp_path: Path) -> None:
    """The properties are packed anew with letters that no one can unpack: a mark is looked for there."""
    whole = handed_out["=1+1"].read_bytes()
    with zipfile.ZipFile(handed_out["=1+1"]) as file:
        start = file.getinfo("docProps/core.xml").header_offset + 30 + len("docProps/core.xml")
    shutil.copy(handed_out["<b>Bo</b>"], tmp_path / "good.xlsx")
    (tmp_path / "broken.xlsx").write_bytes(whole[: start + 5] + b"\xff" * 20 + whole[start + 25 :])
    found = grade([tmp_path])
    assert [paper.file for paper in found.papers if paper.file == "good.xlsx"]
    assert "broken.xlsx" in {one.file for one in (*found.papers, *found.problems)}


def test_each_paper_has_its_own_remarks_and_no_file_is_lost(handed_out: dict[str, Path], tmp_path: Path) -> None:
    for name in ("one.xlsx", "two.xlsx"):
        shutil.copy(handed_out["Ada Lovelace"], tmp_path / name)
    junk = tmp_path / handed_out["Ada Lovelace"].name
    junk.write_bytes(b"junk")
    found = grade([tmp_path], learners=["Ada Lovelace"])
    told = {paper.file: " ".join(paper.told) for paper in found.papers}
    assert "two.xlsx" in told["one.xlsx"]
    assert "one.xlsx" not in told["one.xlsx"]
    save(found, tmp_path / "grades.xlsx")
    sheet = load_workbook(tmp_path / "grades.xlsx")["Gradebook"]
    assert any(junk.name in str(cell.value) for row in sheet.iter_rows() for cell in row)

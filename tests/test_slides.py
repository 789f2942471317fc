"""Pictures of first screens, and the page for the teacher beside them."""

from __future__ import annotations

import html
import re
import struct
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
import xlsxwriter
from conftest import run_here
from translations import laid

from sheetnet.book import reader
from sheetnet.book.opened import find_manifest
from sheetnet.classroom import teaching
from sheetnet.course import LISTING
from sheetnet.course.lesson import Lesson
from sheetnet.engines import screens
from sheetnet.errors import SheetnetError
from sheetnet.page.language import has_words


@pytest.fixture
def lesson(lesson_file: Callable[[str], Path]) -> Lesson:
    found = find_manifest(reader.read(lesson_file("quadratic"))).workbook
    assert isinstance(found, Lesson)
    return found


# ---- the page


def test_the_page_says_what_the_lesson_says(lesson: Lesson) -> None:
    page = teaching.page_of(lesson, {}).partition("<h1>")[2]
    words = import_module("sheetnet.course.quadratic.teaching")
    text = re.sub("<[^>]*>", "", page).replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'")
    for said in (
        "Lesson 1: ", f"About {lesson.minutes} minutes", *lesson.goals, *words.HARD, *words.ALOUD, lesson.purpose,
        *(one.why for one in lesson.predictions), *(sheet.title for sheet in lesson.book.pages),
    ):  # fmt: skip
        assert said in text
    assert "All numbers here are those of the course's own workbook." in text
    assert f"minutes: Exercises, {len(lesson.exercises)} questions" in text
    mistakes = [slip.words for one in lesson.exercises for slip in one.slips]
    assert all(one.question in text for one in lesson.exercises)
    assert sum(words in text for words in mistakes) >= 0.9 * len(mistakes)
    assert "10.5: Only x is squared" in text
    assert all(answer in text for answer in words.ANSWERS)
    assert "a (How far it moves: by a; by b or c, whichever is more: 7.491 -> 2.841)" in text
    assert not re.search(r"\d[eE][-+]?\d", text)
    assert "<img" not in page


@pytest.mark.parametrize("name", ["quadratic", "titanic"])
def test_the_page_of_a_german_workbook_is_german(name: str) -> None:
    """All of it: what the English page says and is no name, number or command, it says in other words."""
    pages = [teaching.page_of(laid(name, 0, language), {}) for language in ("", "de")]
    english, german = (
        [html.unescape(text) for text in re.findall(r">([^<]+)<", page.partition("</style>")[2])] for page in pages
    )
    assert "<html lang=de>" in pages[1]
    assert len(english) == len(german)
    alike = {a for a, b in zip(english, german, strict=True) if a == b and has_words(a)}
    assert not {text for text in alike if len(text.split()) > 3}, alike
    assert any("Fragen auf Predict" in text for text in german)


def test_pictures_of_the_page_have_a_text_and_words_never_become_html(lesson: Lesson, tmp_path: Path) -> None:
    lesson.book.pages[2].title = "<script>alert(1)</script>"
    page = teaching.page_of(lesson, {lesson.book.pages[0].name: tmp_path / "01_Start.png"})
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert '<img src="01_Start.png" alt="The first screen of the sheet Start">' in page
    assert "<html lang=en>" in page


@pytest.mark.parametrize("name", LISTING)
def test_every_lesson_has_words_for_the_teacher(name: str) -> None:
    """At least three hard things in whole sentences, and three questions; no digit of a sheet that could go stale."""
    words = import_module(f"sheetnet.course.{name}.teaching")
    assert len(words.HARD) >= 3
    assert len(words.ALOUD) == 3
    assert all(line[-1] in ".?" and len(line) <= 140 for line in words.HARD)
    assert all("?" in line and len(line) <= 140 for line in words.ALOUD)
    assert len(words.ANSWERS) == len(words.ALOUD)
    assert all(line[-1] == "." and len(line) <= 150 for line in words.ANSWERS)
    assert not [line for line in (*words.HARD, *words.ALOUD, *words.ANSWERS) if re.search(r"\d\.\d|%", line)]


# ---- the command


def test_what_is_no_lesson_and_no_workbook_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for what, words in (("relo", "relu"), ("mine.docx", "no workbook"), ("mine.xlsx", "no such file")):
        said = run_here("slides", what)
        assert said.returncode == 2
        assert words in said.stderr
    assert not [*tmp_path.iterdir()]


def test_without_programs_it_says_so_and_the_page_is_there_all_the_same(
    lesson_file: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screens.LibreOffice, "missing", lambda self: None)
    monkeypatch.setattr(screens, "DRAW", "no-such-program")
    said = run_here("slides", lesson_file("quadratic"), "-o", tmp_path / "out")
    assert said.returncode == 2
    assert "install poppler" in said.stderr
    assert "teacher.html is written" in said.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [teaching.NAME]


def test_a_page_of_somebody_else_stays(lesson_file: Callable[[str], Path], tmp_path: Path) -> None:
    mine = tmp_path / teaching.NAME
    mine.write_text("<p>my own notes")
    said = run_here("slides", lesson_file("quadratic"), "-o", tmp_path)
    assert said.returncode == 2
    assert "not made" in said.stderr
    assert mine.read_text() == "<p>my own notes"


def test_the_teachers_page_never_lies_among_what_learners_are_given(
    lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    (tmp_path / "01_quadratic_Ada_8cf7.xlsx").write_bytes(b"hers")
    said = run_here("slides", lesson_file("quadratic"), "-o", tmp_path)
    assert said.returncode == 2
    assert "holds workbooks of learners" in said.stderr
    assert not (tmp_path / teaching.NAME).exists()


def test_a_picture_of_somebody_else_stays(tmp_path: Path) -> None:
    ours, mine = tmp_path / "01_Start.png", tmp_path / "02_Fit.png"
    ours.write_bytes(screens.START + bytes(25) + screens.MARK)
    mine.write_bytes(screens.START + bytes(99))
    screens.not_others(ours, screens.is_ours)
    screens.not_others(tmp_path / "03_new.png", screens.is_ours)
    with pytest.raises(SheetnetError, match=r"02_Fit.png: there is a file that sheetnet has not made"):
        screens.not_others(mine, screens.is_ours)


@pytest.mark.office
def test_each_sheet_becomes_a_picture(lesson_file: Callable[[str], Path], lesson: Lesson, tmp_path: Path) -> None:
    said = run_here("slides", lesson_file("quadratic"), "-o", tmp_path)
    assert said.returncode == 0, said.stderr
    pictures = sorted(tmp_path.glob("*.png"))
    sheets = [page.name for page in lesson.book.pages]
    assert [path.name for path in pictures] == [screens.file_name(i, name) for i, name in enumerate(sheets, start=1)]
    assert (tmp_path / teaching.NAME).read_text().count("<img") == len(sheets)
    assert {struct.unpack(">II", path.read_bytes()[16:24]) for path in pictures} == {(2250, 723)}
    assert len({path.read_bytes() for path in pictures}) == len(pictures)
    assert all(map(screens.is_ours, pictures))


@pytest.mark.office
def test_sheets_of_others_are_drawn_too(tmp_path: Path) -> None:
    """An empty one, one whose columns and rows are hidden to the end, a protected one; not one that is hidden."""
    with xlsxwriter.Workbook(str(tmp_path / "odd.xlsx")) as book:
        names = ["Short", "Empty", "Locked", "Unseen", "a b"]
        short, _, locked, unseen, last = (book.add_worksheet(name) for name in names)
        short.set_column(3, 16_383, None, None, {"hidden": True})
        short.set_default_row(hide_unused_rows=True)
        locked.protect("secret")
        unseen.hide()
        last.write(4, 4, "words")
    said = run_here("slides", tmp_path / "odd.xlsx", "-o", tmp_path)
    assert said.returncode == 0, said.stderr
    there = sorted(path.name for path in tmp_path.iterdir())
    assert there == ["01_Short.png", "02_Empty.png", "03_Locked.png", "04_a_b.png", "odd.xlsx"]

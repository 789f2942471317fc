"""Start says which lesson this is, what one can do afterwards and where to go; each sheet leads back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Made
from openpyxl import load_workbook

from sheetnet.course import LISTING, kind_of
from sheetnet.course.lesson import Lesson
from sheetnet.course.place import neighbours, number_and_time
from sheetnet.errors import GraphError
from sheetnet.motifs.start import FIRST, GOALS, Try, begins
from sheetnet.page.area import area_of, cell_address
from sheetnet.page.book import BACK, Page
from sheetnet.page.rule import NUMBER
from sheetnet.page.screen import Geometry

WHOLE = {"promise.which", "descent.epoch", "predict.guesses"}  # of lesson 1: cells that take whole numbers only


@pytest.fixture(scope="module", params=LISTING)
def lesson(request: pytest.FixtureRequest) -> Lesson:
    """Each lesson, laid out; the passengers' with few rows."""
    if request.param == "titanic":
        small: Made = request.getfixturevalue("small")
        return small.workbook
    return kind_of(request.param)("0")


def page_of(lesson: Lesson, place: str) -> tuple[Page, int, int]:
    """The page, row and column that a link such as 'Two ReLU'!B7 leads to."""
    sheet, _, address = place.rpartition("!")
    area = area_of(sheet, address)
    return next(page for page in lesson.book.pages if page.name == sheet.strip("'")), area.row, area.col


def test_every_lesson_has_minutes_goals_and_its_neighbours() -> None:
    for name, entry in LISTING.items():
        kind = kind_of(name)
        assert kind.minutes >= 30, name
        assert 2 <= len(kind.goals) <= 3, name
        assert all(goal[0].islower() and len(goal) <= 60 and goal[-1] != "." for goal in kind.goals), name
        said = neighbours(name)
        others = [other for other in LISTING.values() if abs(other.number - entry.number) == 1]
        assert all(
            f"lesson {other.number}, {kind_of(other.name).title} ({other.file}.xlsx)" in said for other in others
        )
        assert [word in said for word in ("Before", "Next")] == [entry.number > 1, entry.number < len(LISTING)]
    assert number_and_time("titanic", 60) == f"Lesson 4 of {len(LISTING)}, about 60 minutes."
    assert number_and_time("own", 0) == neighbours("own") == ""


def test_start_says_what_one_can_do_and_where_one_is_on_its_first_screen(lesson: Lesson) -> None:
    start = lesson.book.pages[0]
    seen = [text.text for text in Geometry(start).first_screen().texts]
    assert {GOALS, *(f"•  {goal}" for goal in lesson.goals)} <= {*seen}
    assert [FIRST, neighbours(lesson.name)] == [text.text for text in start.texts if text.row == BACK]
    assert start.about.startswith(number_and_time(lesson.name, lesson.minutes))
    assert start.charts
    tasks = [text for text in start.texts if text.style == "try"]
    assert lesson.name == "titanic" or {text.text for text in tasks} <= {
        *seen
    }  # there the rates and results come first


def test_each_thing_to_try_leads_to_a_cell_that_stands_on_the_sheet_it_names(lesson: Lesson) -> None:
    tasks = [text for text in lesson.book.pages[0].texts if text.style == "try"]
    assert len(tasks) == len(lesson.tries)
    for text in tasks:
        page, row, col = page_of(lesson, text.link)
        assert any((row, col) in block.area.cells() for block in page.blocks), text.text
        said = text.text.partition("  ")[2]
        assert not said.startswith("On ") or said.startswith(f"On {page.name}"), said


def test_a_thing_to_try_leads_to_its_block_or_its_sheet_or_goes_on_where_the_one_before_is() -> None:
    book = kind_of("quadratic")("0").book
    active = {page.name: page.active for page in book.pages}
    found = list(
        begins(book, ["Look.", "Then, on Fit, change a.", "Go on.", Try("Elsewhere.", "slopes.wiggle"), "On it."])
    )
    fit = area_of("Fit", found[1].partition("!")[2])
    assert (fit.row, fit.col) == active["Fit"]
    assert [place.partition("!")[0] for place in found] == ["Start", "Fit", "Fit", "Slopes", "Slopes"]
    assert found[3] == book.block("slopes.wiggle").area.full(fixed=False)
    with pytest.raises(GraphError, match=r"there is no block 'slopes\.wigle'"):
        list(begins(book, [Try("Elsewhere.", "slopes.wigle")]))


def test_every_sheet_leads_back_to_start(lesson_file: Callable[[str], Path]) -> None:
    book = load_workbook(lesson_file("quadratic"))
    for sheet in book.worksheets[1:-1]:  # the last one is the manifest
        link = sheet["A3"].hyperlink
        assert (sheet["A3"].value, link.location) == ("Back to Start", "Start!A1"), sheet.title


def test_each_yellow_cell_takes_numbers_only_and_says_how_to_type_them(lesson: Lesson) -> None:
    """That each has a rule is held as a page is laid, see test_pages."""
    rules = [rule for page in lesson.book.pages for rule in page.rules]
    assert all(len(rule.said) <= 255 for rule in rules)  # more Excel does not take
    assert all(rule.said.endswith(NUMBER) for rule in rules if not rule.whole)
    assert {rule.also for rule in rules} == {"", "?"}


def test_the_rules_stand_in_the_file(lesson_file: Callable[[str], Path]) -> None:
    book = load_workbook(lesson_file("quadratic"))
    lesson = kind_of("quadratic")("0")
    for block in lesson.book.blocks:
        if block.role in ("input", "answer") and block.style == "values":
            found = book[block.area.sheet].data_validations.dataValidation
            first = cell_address(block.area.row, block.area.col)
            kinds = {rule.type for rule in found if first in rule.sqref}
            wanted = {"answer": {"custom"}, "input": {"decimal"}}[block.role]
            assert kinds == ({"whole"} if block.id in WHOLE else wanted), block.id
    answers = book["Exercises"].data_validations.dataValidation[0]
    assert answers.formula1 == 'OR(ISNUMBER(C8),TRIM(C8)="?")'
    assert NUMBER in answers.error


def test_each_yellow_cell_says_what_it_held_beside_it_or_in_its_tip(lesson_file: Callable[[str], Path]) -> None:
    book = load_workbook(lesson_file("quadratic"))
    lesson = kind_of("quadratic")("0")
    delivered, blocks = lesson.as_delivered(), {block.id: block for block in lesson.book.blocks}
    beside = set()
    for id, value in delivered.items():
        area = blocks[id].area
        tips = {
            str(rule.sqref): rule.prompt for rule in book[area.sheet].data_validations.dataValidation if rule.prompt
        }
        for (row, col), number in zip(area.cells(), value.flat, strict=True):
            cell = cell_address(row, col)
            if f"came.{id}" in blocks:
                was = book[area.sheet].cell(row + 1, col + 2)
                assert (was.value, was.number_format, was.font.i) == (number, '"was "General;"was -"General', True)
                assert cell not in tips
                beside.add(id)
            elif blocks[id].role == "input":
                assert float(tips[cell]) == number
    assert beside >= {"fit.a", "fit.b", "fit.c", "descent.lr", "descent.epoch", "slopes.wiggle"}

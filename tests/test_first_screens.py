"""What a window of 1366 x 768 shows of lessons 1 to 7 before anybody scrolls: the picture, and plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Made
from openpyxl import load_workbook

from sheetnet.book import reader
from sheetnet.course import kind_of
from sheetnet.course.lesson import Lesson
from sheetnet.course.titanic.lesson import Titanic
from sheetnet.graph.evaluate import evaluate
from sheetnet.page.book import Page
from sheetnet.page.screen import Geometry

# Charts below the first screen, each beside or under one that is on it
LATER = {
    "Work grows faster than reading": "the workers come first",
    "The size of the error: 0 at the knots, arches between": "the two falling lines come first",
    "Accuracy of Linear, epoch by epoch": "the loss, which is what descent makes small, comes first",
    "Accuracy of Two ReLU, epoch by epoch": "the loss, which is what descent makes small, comes first",
}
SHAPE = re.compile(r"\d+ x \d+( .*)?")


@pytest.fixture(scope="module")
def lessons(small: Made) -> list[Lesson]:
    """Lessons 1 to 3, and lesson 4 with its 100 epochs, laid out."""
    titanic = Titanic(replace(small.workbook.spec, epochs=100))
    return [*(kind_of(name)("0") for name in ("quadratic", "relu", "matmul")), titanic]


def unseen(page: Page) -> Iterator[str]:
    """The charts of a page that are not whole on its first screen; the first chart with a word."""
    seen = Geometry(page).first_screen().charts
    for i, chart in enumerate(page.charts):
        if chart not in seen:
            yield f"first: {chart.title}" if i == 0 else chart.title


LATER_IN_5_TO_7 = {
    "Newborns, or your own spike: passengers by age, before and after filling": "the median's spike comes first",
    "The same, above the lowest loss": "the four losses themselves come first",
    "The points and the curve at the chosen epoch": "the path of the weights, which is what a run is, comes first",
}


@pytest.fixture(scope="module")
def pages_of_5_to_7() -> list[Page]:
    """The sheets of lessons 5 to 7, laid out."""
    return [page for name in ("preparing", "learning_rate", "optimisers") for page in kind_of(name)("0").book.pages]


def test_lessons_5_to_7_show_first_charts_and_notes_at_once(pages_of_5_to_7: list[Page]) -> None:
    """The first chart and the first note of each sheet are whole on its first screen."""
    assert sum(bool(page.charts) for page in pages_of_5_to_7) == 26
    assert {title for page in pages_of_5_to_7 for title in unseen(page)} == set(LATER_IN_5_TO_7)
    notes = [(page, next((text for text in page.texts if text.style == "note"), None)) for page in pages_of_5_to_7]
    cut = [page.name for page, note in notes if note and note not in Geometry(page).first_screen().texts]
    assert cut == ["Marathon"]  # which is for the curious


def test_numbers_of_lessons_5_to_7_are_such_as_people_read(pages_of_5_to_7: list[Page]) -> None:
    blocks = [block for page in pages_of_5_to_7 if page.name != "Torch" for block in page.blocks]
    assert not {"diff", "loss", "heat_loss"} & {block.format for block in blocks}
    assert not {chart.title for page in pages_of_5_to_7 for chart in page.charts if "E" in chart.y_format}


def test_the_first_chart_of_each_sheet_is_whole_on_its_first_screen(lessons: list[Lesson]) -> None:
    pages = [page for lesson in lessons for page in lesson.book.pages]
    assert sum(bool(page.charts) for page in pages) == 22
    assert {title for page in pages for title in unseen(page)} == set(LATER)


def test_a_first_chart_below_the_screen_is_noticed(lessons: list[Lesson]) -> None:
    page = next(page for page in lessons[0].book.pages if page.name == "Fit")
    chart = page.charts[0]
    moved = replace(page, charts=[replace(chart, row=chart.row + 2)])
    assert list(unseen(moved)) == [f"first: {chart.title}"]
    assert list(unseen(replace(page, charts=[replace(chart, width=chart.width + 300)]))) == [f"first: {chart.title}"]


def test_start_of_lesson_4_shows_rates_results_and_reason_at_once(lessons: list[Lesson]) -> None:
    page = lessons[-1].book.pages[0]
    seen = {block.id for block in Geometry(page).first_screen().blocks}
    assert seen >= {
        "start.linear.lr",
        "start.two_relu.lr",
        "start.best.loss",
        "start.died.accuracy",
        "start.wins",
        "start.why",
    }


def shapes_in(path: Path) -> set[str]:
    """The sheets with a line such as 20 x 1."""
    sheets = reader.read(path).sheets.items()
    return {name for name, sheet in sheets if any(SHAPE.fullmatch(str(value)) for value in sheet.values.values())}


def test_shapes_are_not_said_before_lesson_3_nor_where_one_answers(
    lesson_file: Callable[[str], Path], small: Made
) -> None:
    assert shapes_in(lesson_file("quadratic")) == shapes_in(lesson_file("relu")) == set()
    assert not {"Predict", "Exercises"} & shapes_in(small.path)
    assert {"MMULT", "Features", "Torch"} <= shapes_in(small.path)


@pytest.mark.parametrize("name", ["quadratic", "relu", "matmul"])
def test_numbers_of_the_first_lessons_are_such_as_people_read(name: str) -> None:
    """No differences by powers of ten, and six decimals only where what is shown is smaller than a thousandth."""
    blocks = [block for page in kind_of(name)("0").book.pages if page.name != "Torch" for block in page.blocks]
    assert "diff" not in {block.format for block in blocks}
    assert {block.id for block in blocks if block.format in ("small", "loss")} <= {"errors.largest", "errors.mse"}


def test_a_flat_line_has_no_corner_in_words() -> None:
    lesson = kind_of("relu")("0")
    inputs = lesson.as_delivered()
    for m in ("one.m", "two.m_1", "two.m_2"):
        inputs[m] = np.array([[0.0]])
    corners = [lesson.book.block(id).node for id in ("one.corner", "two.corner_1", "two.corner_2")]
    assert [found.item() for found in evaluate(corners, lesson.by_node(inputs))] == ["no corner"] * 3
    said = lesson.torch_says(inputs)
    assert not {"one.corner", "two.corner_1"} & set(said)


def test_the_chosen_row_column_and_entry_of_a_product_stand_out(lesson_file: Callable[[str], Path]) -> None:
    """Also once other ones are chosen: the condition reads the yellow cells."""
    book = kind_of("matmul")("0").book
    at = {id: book.block(f"product.{id}").area.address((True, True)) for id in ("row", "column")}
    found = load_workbook(lesson_file("matmul"))["Product"].conditional_formatting
    rules = {str(one.sqref): one.rules[0].formula[0] for one in found if one.rules[0].type == "expression"}
    conditions = {
        id: rules[book.block(f"product.{id}").area.address()]
        for id in ("A", "B", "turned", "hand", "sumproduct", "mmult")
    }
    top, left = (book.block(f"product.{id}").area for id in ("A", "B"))
    assert conditions["A"] == f"AND(ROW()-{top.row}={at['row']})"
    assert conditions["B"] == f"AND(COLUMN()-{left.col}={at['column']})"
    assert at["column"] in conditions["turned"]
    assert all(cell in conditions[id] for id in ("hand", "sumproduct", "mmult") for cell in at.values())

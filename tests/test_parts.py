"""Parts of a page that differ in height or stand far apart: what goes together stands in one row."""

from __future__ import annotations

import pytest

from sheetnet.graph.node import variable
from sheetnet.motifs.data import Records
from sheetnet.page.book import Book, Page
from sheetnet.page.flow import finish, lay, level
from sheetnet.page.grid import grid
from sheetnet.page.part import USUAL, Canvas, Part
from sheetnet.page.parts import Table, Words, table
from sheetnet.page.shown import Shown, forward


def laid(body: Part) -> Page:
    book = Book()
    page = lay(book.page("Sheet", "Sheet: of a test", "A page."), "sheet", body)
    finish(book)
    return page


def column(id: str, n: int) -> Table:
    return table(forward({id: (variable(id, (n, 1)),)}))


def test_what_is_level_begins_in_one_row_and_may_reach_past_the_next() -> None:
    a, b, c, d, long = (column(id, n) for id, n in {"a": 2, "b": 3, "c": 1, "d": 1, "long": 9}.items())
    page = laid(level([a, b], [long, None, c], [None, d]))
    row = {block.id.partition(".")[2]: block.area.row for block in page.blocks}
    assert row["a"] == row["long"] == 3
    assert row["b"] == row["d"] == row["a"] + 2 + 1
    assert row["c"] == row["long"] + 9 + 1
    assert len({block.area.col for block in page.blocks}) == 3


def test_words_stand_where_a_block_is_shorter_and_after_a_row() -> None:
    shown = forward({"long": (variable("long", (3, 1)),), "short": (variable("short", (2, 1)),)})
    page = laid(table(shown, names="abc", short="none", after={2: "no more"}))
    last = page.book.block("sheet.long").area.row + 2
    assert {text.text: (text.row, text.col) for text in page.texts[-2:]} == {"none": (last, 2), "no more": (last, 3)}


def test_tight_columns_are_as_wide_as_their_headings() -> None:
    X = Shown(variable("X", (2, 2)), "A title", "plain", labels=("Age", "Class 1"))
    wide, tight = (table({"X": X}, tight=tight) for tight in (False, True))
    assert wide.columns() == [11.0, 11.0]
    assert tight.columns() == [8.0, 8.0]
    assert table(forward({"one": (variable("one", (2, 1)), "A long title")}), tight=True).columns() == [15.0]


def test_a_frozen_grid_stays_with_its_words() -> None:
    take = {"take": Shown(variable("take", (1, 2)), role="input")}
    page = laid(grid("", {"Take it?": take}, heads="ab", frozen=True))
    assert page.freeze == (5, 1)
    assert page.active == (4, 1)


@pytest.mark.parametrize("n", [1, 4])
def test_records_are_a_table_of_their_blocks(n: int) -> None:
    columns = {"No": Shown(variable("No", (n, 1)), role="fixed"), "Age": Shown(variable("Age", (n, 1)), role="data")}
    page = laid(level([Words("above"), Records("people", columns)]))
    assert page.table is not None
    name, area, headers = page.table
    assert (name, headers, area.address()) == ("people", ("No", "Age"), f"A6:B{6 + n}")
    assert [block.id for block in page.blocks] == ["sheet.No", "sheet.Age"]
    assert {block.area.row for block in page.blocks} == {area.row + 1}
    assert page.freeze == (area.row + 1, 1)
    assert page.active == (area.row + 1, 1)  # data before numbers that nobody edits
    assert Records("people", columns).columns() == [8.0, 8.0]


def test_a_column_that_no_part_asked_for_has_the_usual_width() -> None:
    on = Canvas(Book().page("Sheet", "T", ""), "sheet", [5.0, 6.0])
    assert on.across(0, 4) == [5.0, 6.0, USUAL, USUAL]

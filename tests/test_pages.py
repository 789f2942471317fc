"""Pages that place themselves: what stands beside what, how wide and tall it is, what overlaps, what is seen first."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sheetnet import course
from sheetnet.course import LISTING, kind_of
from sheetnet.errors import GraphError
from sheetnet.graph.node import lift, variable
from sheetnet.page.area import Area
from sheetnet.page.book import Book, Page
from sheetnet.page.chart import Chart
from sheetnet.page.flow import Aside, across, beside, down, finish, lay
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, Pile, Words, table
from sheetnet.page.plot import Some, plot
from sheetnet.page.rule import ANY, Rule
from sheetnet.page.screen import TALL, WIDEST, Geometry, check_overlaps
from sheetnet.page.shown import Bounds, Shown, result


def laid(body: Part, **page: object) -> Page:
    book = Book()
    made = lay(book.page("Sheet", "Sheet: of a test", "A page.", **page), "sheet", body)
    finish(book)
    return made


def one(id: str, n: int = 1, k: int = 1, title: str = "A title", **more: object) -> dict[str, Shown]:
    return {id: Shown(variable(id, (n, k)), title, **more)}  # type: ignore[arg-type]


def at(page: Page, id: str) -> tuple[int, int]:
    area = page.book.block(f"sheet.{id}").area
    return area.row, area.col


# ---- where things stand


def test_across_leaves_a_narrow_column_and_beside_none() -> None:
    parts = table(one("a", k=2)), table(one("b"))
    apart, close = laid(across(*parts)), laid(beside(*parts))
    assert (at(apart, "a"), at(apart, "b")) == ((6, 0), (6, 3))
    assert apart.widths[2] == 3.0
    assert at(close, "b") == (6, 2)


def test_down_leaves_an_empty_row_and_shares_columns() -> None:
    page = laid(down(table(one("a", n=4, title="A long title")), table(one("b", title="B"))))
    assert (at(page, "a"), at(page, "b")) == ((6, 0), (14, 0))
    assert page.widths[0] == 15.0


def test_facts_and_grids_stand_beside_their_words() -> None:
    typed = one("a", role="input", bounds=Bounds(0, 1, False, "from 0 to 1")), one("b", role="input")
    third: dict[str, Shown | str] = {**result(one("d", title="")), "w": "12", "x": "say"}
    rows = {"first\nsecond": result(one("c", n=2, title="")), "third": third}
    comes = grid("What comes out", rows, heads=("loss",), after={1: "so much"}, corner="words")
    page = laid(down(facts("Change these", *typed), comes))
    assert [at(page, id) for id in "abcd"] == [(4, 1), (5, 1), (9, 1), (11, 1)]
    said = {(text.row, text.col): text.text for text in page.texts}
    assert said[3, 0] == "Change these"
    assert (said[9, 0], said[10, 0], said[11, 0]) == ("first", "second", "third")
    assert (said[8, 0], said[8, 1]) == ("words", "loss")
    assert (said[11, 2], said[11, 3], said[11, 4]) == ("12", "say", "so much")
    assert [block.side for block in page.blocks] == [True, True, False, False]
    assert [(rule.low, rule.high) for rule in page.rules] == [(0, 1), (-1e300, 1e300)]
    assert page.rules[1].message == ANY
    assert page.active == (4, 1)


def test_what_an_input_held_stands_beside_it_where_all_are_single_numbers_and_short() -> None:
    def typed(id: str, letters: int) -> dict[str, Shown]:
        kept = variable(f"{id}_kept", (1, 1))
        return {id: Shown(variable(id, (1, 1)), id, "plain", "input", came=(kept, letters))}

    page = laid(facts("Change these", typed("a", 3), result(one("b")), typed("c", 9), after={0: "say"}))
    came = page.book.block("came.sheet.a").area
    assert ((came.row, came.col), at(page, "a")) == ((4, 2), (4, 1))
    assert [block.id for block in page.blocks if not block.tip] == ["sheet.a"]
    assert [text.col for text in page.texts if text.text == "say"] == [3]
    assert page.widths[2] == 9.0
    wide = laid(facts("Change these", typed("a", 3), one("b", k=2)))
    assert [block.id for block in wide.blocks] == ["sheet.a", "sheet.b"]
    assert all(block.tip for block in wide.blocks)


def test_a_table_counts_or_names_its_rows_and_stays_as_one_scrolls() -> None:
    page = laid(table(one("a", n=3), None, one("b", n=3), names=3, corner="No", first=0, frozen=True))
    assert page.freeze == (6, 1)
    assert at(page, "b") == (6, 3)
    assert [text.text for text in page.texts if text.style == "count"] == ["0", "1", "2"]
    named = laid(table(one("a", n=2), names=("x", "y"), named="word"))
    assert [(text.row, text.text) for text in named.texts if text.style == "word"] == [(6, "x"), (7, "y")]


def test_a_pile_stands_under_one_heading() -> None:
    page = laid(Pile("both", one("a", n=2, title="") | one("b", n=3, title=""), "5 x 1", skip=1))
    assert (at(page, "a"), at(page, "b")) == ((7, 0), (9, 0))


def test_a_note_is_as_tall_as_its_words_need() -> None:
    words = "word " * 100
    narrow, wide = laid(Note(words, 2)), laid(Note(words, 8))
    assert narrow.texts[0].tall > 3 * wide.texts[0].tall
    assert 500 * 5.0 / (8 * 75) < wide.texts[0].tall < 500 * 7.0 / (8 * 75) + 2


def test_a_chart_waits_until_what_it_draws_stands() -> None:
    lines = [("all", "x", "y"), ("some", Some("x", (1, 2)), Some("y", (1, 2), (0, 0)), "dots"), ("=x", "x", "y")]
    page = laid(down(plot("A chart", "x", "y", lines, "alt"), table(one("x", n=3), one("y", n=3, k=2))))
    (chart,) = page.charts
    assert [series.y.address() for series in chart.series] == ["B26:C28", "B27:B28", "B26:C28"]
    assert chart.series[2].label == "=Sheet!$A$26:$A$28"


def test_what_stands_aside_is_not_printed() -> None:
    assert laid(across(table(one("a", k=2)), Aside(table(one("b"))))).print_cols == 3


# ---- what overlaps is an error


def block(page: Page, row: int, col: int = 0, **more: object) -> None:
    page.place("b", variable("b", (1, 1)), row, col, "result", **more)  # type: ignore[arg-type]


def chart(page: Page, title: str, row: int, col: int = 0) -> None:
    page.charts.append(Chart(row, col, title, "x", "y", (), "alt"))


def two_charts(page: Page) -> None:
    chart(page, "C", 3, 4)
    chart(page, "D", 20, 4)


def tabled(page: Page) -> None:
    page.tabulate("people", Area("Sheet", 20, 0, 4, 2), ("No", "Age"))


def column(page: Page) -> None:
    page.place("b", lift(1.0) + variable("c", (3, 1)), 21, 1, "forward")


def rule(page: Page, row: int) -> None:
    page.rules.append(Rule(Area("Sheet", row, 0, 2, 1), True, 0, 1, "words"))


OVERLAPS: dict[str, tuple[Callable[[Page], object], str]] = {
    "two blocks": (lambda page: block(page, 8), "the block b overlaps the block sheet.a at A9"),
    "a heading": (lambda page: block(page, 12, title="B"), "heading of b overlaps the block sheet.a at A10"),
    "a title to the left": (
        lambda page: block(page, 7, 1, title="B", side=True), "title of the block b overlaps the block sheet.a at A8",
    ),
    "words": (lambda page: page.text(10, 0, "words", "hint"), "the words 'words' overlaps the block sheet.a at A11"),
    "wide words": (lambda page: page.text(4, 0, "W", "note", wide=3, tall=4), "overlaps the heading of sheet.a at A5"),
    "a chart": (lambda page: chart(page, "C", 10), "the chart 'C' overlaps the block sheet.a at A11"),
    "two charts": (two_charts, "the chart 'D' overlaps the chart 'C' at E21"),
    "a block over a chart": (lambda page: (chart(page, "C", 20), block(page, 25)), "overlaps the block b at A26"),
    "words over words": (lambda page: (page.text(20, 0, "one", wide=4), page.text(20, 3, "two")), "words 'one' at D21"),
    "a heading over the edge": (lambda page: block(page, 2, 5, title="B"), "the heading of b leaves the sheet"),
    "a title over the edge": (lambda page: block(page, 20, 0, title="B", side=True), "title of the block b leaves"),
    "a block beyond the last column": (lambda page: block(page, 20, 16_384), "the block b leaves the sheet"),
    "words beyond the last row": (lambda page: page.text(1_048_575, 0, "words", tall=2), "'words' leaves the sheet"),
    "words in the headings of a table": (lambda page: (tabled(page), page.text(20, 1, "words")), "table people at B21"),
    "words in a column of a table": (lambda page: (tabled(page), page.text(22, 1, "words")), "the table people at B23"),
    "an array formula in a table": (lambda page: (tabled(page), column(page)), "array formula in the table people"),
    "two rules": (lambda page: (rule(page, 20), rule(page, 20)), "two rules are of the same cells"),
    "rules that share a cell": (lambda page: (rule(page, 20), rule(page, 21)), "rule 'words' at A22"),
    "a rule of a part of a block": (lambda page: rule(page, 11), "the rule 'words' overlaps the block sheet.a at A12"),
    "the title": (lambda page: page.text(1, 0, "words", "hint"), "overlaps the title at A2"),
    "a yellow cell without a rule": (
        lambda page: page.place("b", variable("b", (1, 1)), 20, 0, "answer"), "no rule says what may be typed into b",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", OVERLAPS)
def test_what_overlaps_is_told_with_both_and_the_cell(what: str) -> None:
    page = laid(table(one("a", n=6)))
    spoil, words = OVERLAPS[what]
    spoil(page)
    with pytest.raises(GraphError, match=f"on the sheet Sheet, .*{re.escape(words)}"):
        check_overlaps(page)


def test_what_only_touches_does_not_overlap() -> None:
    page = laid(table(one("a", n=6)))
    page.place("b", variable("b", (1, 1)), 12, 0, "result")
    page.charts.append(Chart(3, 1, "C", "x", "y", (), "alt", width=75, height=60))
    page.charts.append(Chart(6, 1, "D", "x", "y", (), "alt"))
    check_overlaps(page)


# ---- the first screen


def test_the_first_screen_is_what_a_window_shows_whole() -> None:
    page = laid(down(table(one("a", n=3)), table(one("b", n=30, title="B"))))
    page.charts += [Chart(3, 2, "in", "x", "y", (), "alt"), Chart(8, 2, "out", "x", "y", (), "alt")]
    seen = Geometry(page).first_screen()
    assert seen.n_rows == 22  # as Excel shows them at 100 % on a screen of 1366 x 768
    assert [block.id for block in seen.blocks] == ["sheet.a"]
    assert [chart.title for chart in seen.charts] == ["in"]
    assert len(Geometry(page).first_screen((700, 460)).charts) == 0


def test_no_page_of_any_lesson_overlaps() -> None:
    """finish() says so as a lesson is laid; a page that it does not see would have no widths."""
    for name in (name for name in LISTING if name != "titanic"):
        assert all(page.widths for page in kind_of(name)("0").book.pages)


def test_the_sources_of_lessons_name_no_row_no_column_and_no_width() -> None:
    folder = Path(course.__file__).parent
    found = [
        f"{path.name}: {line.strip()}"
        for path in folder.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"\.place\(|\.text\(\w|\.widths\b|\.charts\b|\bChart\(|\.heights\b|\.print_cols\b", line)
    ]
    assert found == []
    assert not Words("x").columns()[0]  # words ask for no width of their own


@pytest.mark.parametrize("name", ["n" * 32, "a/b", "what?", "[one]", "SHEET", "", "'a", "a'", "History"])
def test_a_name_that_no_program_takes_is_refused(name: str) -> None:
    book = Book()
    book.page("Sheet", "T", "")
    book.page("n" * 31, "T", "")
    with pytest.raises(GraphError, match="there is a sheet 'SHEET' already" if name == "SHEET" else "cannot be called"):
        book.page(name, "T", "")


# ---- words that are longer than a column


def test_a_column_is_only_so_wide_and_its_heading_is_taller_instead() -> None:
    long, labels = "a question of some length? " * 6, ("x", "y" * 1000)
    page = laid(across(table(one("a", title=long)), table({"X": Shown(variable("X", (2, 2)), "X", labels=labels)})))
    assert max(page.widths.values()) == WIDEST
    title, label = page.book.block("sheet.a").area.row - 3, page.book.block("sheet.X").area.row - 1
    assert page.heights == {title: 3 * TALL, label: 4 * TALL}
    chart(page, "C", title + 1, 6)
    assert Geometry(page).tops[label + 1] == Geometry(page).tops[label] + 4 * TALL * 4 / 3


def test_words_of_a_usual_length_change_no_row() -> None:
    page = laid(
        across(table(one("a", title="t" * 50)), table(one("b", k=2, title="a title over two columns, long" * 3)))
    )
    assert page.heights == {}
    assert max(page.widths.values()) == 53

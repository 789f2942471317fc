"""Sheets on paper: no chart, note or heading is cut, nothing is too small to read; told from the file alone."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from math import prod
from pathlib import Path

import pytest
from conftest import Made, rezip
from openpyxl.utils import range_boundaries

from sheetnet.graph.node import variable
from sheetnet.page.book import Book, Page
from sheetnet.page.chart import Chart
from sheetnet.page.flow import across, down, finish, lay
from sheetnet.page.parts import Note, table
from sheetnet.page.printed import PAPER, SMALLEST, printed
from sheetnet.page.shown import Shown

Span = tuple[int, int]  # the first row or column, and the one after the last
FAR = 10**7, 10**7


def lost(path: Path) -> list[str]:
    """Charts, and merged cells of several rows, that are not printed, or through which a page break goes."""
    found = []
    with zipfile.ZipFile(path) as file:
        areas = printed_areas(file)
        for number in sheets_of(file):
            sheet = file.read(f"xl/worksheets/sheet{number}.xml").decode()
            breaks: dict[str, set[int]] = {"row": set(), "col": set()}
            for axis, part in re.findall(r"<(row|col)Breaks (.*?)</\1Breaks>", sheet):
                breaks[axis] |= {int(at) for at in re.findall(r'<brk id="(\d+)"', part)}
            for what, rows, cols in [*merged(sheet), *charts(file, number)]:
                for axis, (first, end), last in zip(("row", "col"), (rows, cols), areas.get(number, FAR), strict=True):
                    if end > last and first < areas.get(number, FAR)[1]:
                        found.append(f"sheet {number}: {what} is not printed")
                    if any(first < at < end for at in breaks[axis]):
                        found.append(f"sheet {number}: {what} is cut at a {axis}")
    return found


def sheets_of(file: zipfile.ZipFile) -> list[int]:
    """The numbers of the sheets, in their order."""
    names = (re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name) for name in file.namelist())
    return sorted(int(found[1]) for found in names if found)


def printed_areas(file: zipfile.ZipFile) -> dict[int, tuple[int, int]]:
    """How many rows and columns of each sheet are printed, by its number; of the others all."""
    book = file.read("xl/workbook.xml").decode()
    out = {}
    for index, ref in re.findall(r'_xlnm.Print_Area" localSheetId="(\d+)">[^<]*!([^<!]+)<', book):
        _, _, right, bottom = range_boundaries(ref)
        out[int(index) + 1] = bottom, right
    return out


def n_pages(path: Path) -> dict[int, int]:
    """The pages on paper of each sheet, by its number, as the file says it; 0 where that hangs on the program."""
    out = {}
    with zipfile.ZipFile(path) as file:
        for number in sheets_of(file):
            sheet = file.read(f"xl/worksheets/sheet{number}.xml").decode()
            breaks = [len(re.findall("<brk ", part)) for _, part in re.findall(r"<(row|col)(Breaks .*?)</\1", sheet)]
            setup = re.search(r"<pageSetup[^>]*>", sheet)
            if 'fitToPage="1"' in sheet:
                out[number] = 0 if setup and 'fitToHeight="0"' in setup[0] else 1
            else:
                out[number] = prod(n + 1 for n in breaks)
    return out


def merged(sheet: str) -> list[tuple[str, Span, Span]]:
    out = []
    for ref in re.findall(r'<mergeCell ref="([^"]+)"', sheet):
        left, top, right, bottom = range_boundaries(ref)
        if bottom > top:
            out.append((ref, (top - 1, bottom), (left - 1, right)))
    return out


def charts(file: zipfile.ZipFile, number: int) -> list[tuple[str, Span, Span]]:
    related = f"xl/worksheets/_rels/sheet{number}.xml.rels"
    drawing = (
        re.search(r"drawings/drawing\d+\.xml", file.read(related).decode()) if related in file.namelist() else None
    )
    text = file.read(f"xl/{drawing[0]}").decode() if drawing else ""
    out = []
    for anchor in re.findall(r"<xdr:twoCellAnchor.*?</xdr:twoCellAnchor>", text):
        spans = []
        for axis in ("row", "col"):
            (first, _), (last, more) = re.findall(rf"<xdr:{axis}>(\d+)</xdr:{axis}><xdr:{axis}Off>(-?\d+)<", anchor)
            spans.append((int(first), int(last) + (int(more) > 0)))
        out.append(("a chart", spans[0], spans[1]))
    return out


def test_only_notes_and_lines_with_a_link_are_merged_cells(lesson_file: Callable[[str], Path]) -> None:
    """Sorting, and programs that read aloud, mind merged cells; a line of words runs on without."""
    for name in ("quadratic", "optimisers"):
        with zipfile.ZipFile(lesson_file(name)) as file:
            sheets = [file.read(f"xl/worksheets/sheet{number}.xml").decode() for number in sheets_of(file)[1:]]
        refs = [ref for sheet in sheets for ref in re.findall(r'<mergeCell ref="([^"]+)"', sheet)]
        tall = [ref for sheet in sheets for ref, *_ in merged(sheet)]
        assert refs == tall
        assert tall


@pytest.fixture
def files(small: Made, lesson_file: Callable[[str], Path]) -> list[Path]:
    return [small.path, *map(lesson_file, ("quadratic", "relu", "optimisers"))]


def test_no_chart_and_no_note_is_lost_or_cut(files: list[Path]) -> None:
    assert [one for path in files for one in lost(path)] == []
    with zipfile.ZipFile(files[1]) as file:
        assert sum(len(charts(file, number)) for number in sheets_of(file)) >= 5


def test_a_sheet_is_one_page_and_a_lesson_no_more_than_its_sheets(files: list[Path]) -> None:
    """But for the words, which are as many pages as the program makes of them."""
    for path in files:
        pages = n_pages(path)
        assert [*pages.values()].count(0) == 1, path
        assert {n for n in pages.values() if n} == {1}, path


def test_a_long_table_is_printed_with_its_head_and_first_rows_and_says_so(
    lesson_file: Callable[[str], Path],
) -> None:
    with zipfile.ZipFile(lesson_file("quadratic")) as file:
        rows = {rows for rows, _ in printed_areas(file).values()}
        sheets = [file.read(f"xl/worksheets/sheet{number}.xml").decode() for number in sheets_of(file)]
    assert 30 < max(rows) < 70
    assert sum("the sheet goes on" in sheet for sheet in sheets) == 2  # Descent, Torch


def test_a_chart_that_is_cut_or_lost_would_be_noticed(lesson_file: Callable[[str], Path], tmp_path: Path) -> None:
    def split(name: str, content: bytes) -> bytes:
        breaks = b'<rowBreaks count="1" manualBreakCount="1"><brk id="20" max="16383" man="1"/></rowBreaks>'
        return content.replace(b"</headerFooter>", b"</headerFooter>" + breaks)

    def shorten(name: str, content: bytes) -> bytes:
        return re.sub(rb"(Print_Area[^<]*<?[^<]*\$)\d+<", rb"\g<1>8<", content) if "workbook.xml" in name else content

    path = lesson_file("quadratic")
    assert "sheet 5: a chart is cut at a row" in lost(rezip(path, tmp_path / "cut.xlsx", split))
    assert "sheet 5: a chart is not printed" in lost(rezip(path, tmp_path / "lost.xlsx", shorten))


def page(*columns: int, tall: int = 5) -> Book:
    """A page of tables side by side, each so many columns wide, under a note."""
    book = Book()
    parts = [table({f"x{i}": Shown(variable(f"x{i}", (tall, k)), "X")}) for i, k in enumerate(columns)]
    lay(book.page("Sheet", "T", ""), "sheet", down(Note("words", 4), across(*parts)))
    finish(book)
    return book


def test_a_small_page_is_one_page_and_no_larger_than_life() -> None:
    plan = printed(page(2).pages[0])
    assert (plan.rows, plan.cols, plan.scale, plan.more) == ((), (), 100, False)


def test_a_wide_page_ends_between_its_parts_and_stays_readable() -> None:
    plan = printed(page(10, 10, 10, 10).pages[0])
    assert plan.cols == ()
    assert plan.n_cols in {11, 22, 33}  # where a part begins
    assert plan.scale >= 100 * SMALLEST
    assert plan.more


def test_one_part_that_is_wider_than_paper_is_made_smaller_not_cut() -> None:
    plan = printed(page(40).pages[0])
    assert (plan.cols, plan.n_cols) == ((), 40)
    assert plan.scale == pytest.approx(100 * PAPER[0] / (40 * 82), abs=1)


def test_a_long_table_ends_where_the_paper_does() -> None:
    plan = printed(page(2, tall=200).pages[0])
    assert (plan.n_pages, plan.more) == (1, True)
    assert 25 < plan.n_rows < 40


def with_charts(*rows: int) -> Page:
    """A page of a long table with charts beside it."""
    (made,) = page(2, tall=200).pages
    made.charts.extend(Chart(row, 4, "C", "x", "y", (), "alt") for row in rows)
    return made


def test_charts_that_fit_on_one_page_are_made_as_small_as_that_needs() -> None:
    plan = printed(with_charts(6, 24, 43))
    assert plan.n_pages == 1
    assert plan.n_rows >= 43 + 18
    assert 100 * SMALLEST <= plan.scale < 60


@pytest.mark.parametrize("row", range(3, 46))
def test_a_chart_as_far_down_as_a_page_goes_is_on_the_first_one(row: int) -> None:
    plan = printed(with_charts(row))
    assert plan.n_pages == 1
    assert plan.n_rows >= row + 18


def test_a_long_page_is_cut_between_charts_and_ends_after_the_last() -> None:
    rows = 6, 24, 45, 66, 90
    plan = printed(with_charts(*rows))
    assert len(plan.rows) >= 1
    assert all(not row < cut < row + 18 for row in rows for cut in plan.rows)
    assert 90 + 18 <= plan.n_rows < 200


def test_a_cell_to_answer_in_is_never_left_out() -> None:
    """As on the sheet Exercises of a lesson that asks much."""
    made = page(2).pages[0]
    made.place("answers", variable("answers", (300, 1)), 20, 1, "answer")
    plan = printed(made)
    assert plan.n_rows == 320
    assert len(plan.rows) >= 5

"""Sheets on paper: no chart, note or heading is cut, nothing is too small to read; told from the file alone."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Made, rezip
from openpyxl.utils import range_boundaries

from sheetnet.graph.node import variable
from sheetnet.page.book import Book
from sheetnet.page.chart import Chart
from sheetnet.page.flow import across, down, finish, lay
from sheetnet.page.parts import Note, table
from sheetnet.page.printed import PAPER, SMALLEST, printed
from sheetnet.page.shown import Shown

Span = tuple[int, int]  # the first row or column, and the one after the last


def cut(path: Path) -> list[str]:
    """Charts, and merged cells, through which a page break goes."""
    found = []
    with zipfile.ZipFile(path) as file:
        for name in file.namelist():
            number = re.fullmatch(r"xl/worksheets/sheet(\d+)\.xml", name)
            if number is None:
                continue
            sheet = file.read(name).decode()
            breaks: dict[str, set[int]] = {"row": set(), "col": set()}
            for axis, part in re.findall(r"<(row|col)Breaks (.*?)</\1Breaks>", sheet):
                breaks[axis] |= {int(at) for at in re.findall(r'<brk id="(\d+)"', part)}
            for what, rows, cols in [*merged(sheet), *charts(file, int(number[1]))]:
                for axis, (first, end) in (("row", rows), ("col", cols)):
                    if any(first < at < end for at in breaks[axis]):
                        found.append(f"{name}: {what} is cut at a {axis}")
    return found


def merged(sheet: str) -> list[tuple[str, Span, Span]]:
    out = []
    for ref in re.findall(r'<mergeCell ref="([^"]+)"', sheet):
        left, top, right, bottom = range_boundaries(ref)
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


def test_no_chart_and_no_note_is_cut(small: Made, lesson_file: Callable[[str], Path]) -> None:
    files = [small.path, *map(lesson_file, ("quadratic", "relu"))]
    assert [one for path in files for one in cut(path)] == []
    with zipfile.ZipFile(files[1]) as file:
        assert sum(len(charts(file, number)) for number in range(1, 8)) == 6
        assert any(b"<rowBreaks" in file.read(name) for name in file.namelist())
        assert any(b"<colBreaks" in file.read(name) for name in file.namelist())


def test_a_chart_that_is_cut_would_be_noticed(lesson_file: Callable[[str], Path], tmp_path: Path) -> None:
    def move(name: str, content: bytes) -> bytes:
        return re.sub(rb'(<rowBreaks [^>]*><brk id=")\d+', rb"\g<1>20", content)

    found = cut(rezip(lesson_file("quadratic"), tmp_path / "cut.xlsx", move))
    assert "xl/worksheets/sheet5.xml: a chart is cut at a row" in found


def page(*columns: int, tall: int = 5) -> Book:
    """A page of tables side by side, each so many columns wide, under a note."""
    book = Book()
    parts = [table({f"x{i}": Shown(variable(f"x{i}", (tall, k)), "X")}) for i, k in enumerate(columns)]
    lay(book.page("Sheet", "T", ""), "sheet", down(Note("words", 4), across(*parts)))
    finish(book)
    return book


def test_a_small_page_is_one_page_and_no_larger_than_life() -> None:
    plan = printed(page(2).pages[0])
    assert (plan.rows, plan.cols, plan.scale) == ((), (), 100)


def test_a_wide_page_is_cut_between_its_parts_and_stays_readable() -> None:
    plan = printed(page(10, 10, 10, 10).pages[0])
    assert len(plan.cols) >= 1
    assert {*plan.cols} <= {11, 22, 33}  # where a part begins
    assert plan.scale >= 100 * SMALLEST


def test_one_part_that_is_wider_than_paper_is_made_smaller_not_cut() -> None:
    plan = printed(page(40).pages[0])
    assert plan.cols == ()
    assert plan.scale == pytest.approx(100 * PAPER[0] / (40 * 82), abs=1)


def test_a_long_page_is_cut_between_charts_and_below_them_anywhere() -> None:
    book = page(2, tall=200)
    for row in (6, 24, 45):
        book.pages[0].charts.append(Chart(row, 4, "C", "x", "y", (), "alt"))
    plan = printed(book.pages[0])
    assert plan.rows[0] == 24
    assert all(not row < cut < row + 18 for row in (6, 24, 45) for cut in plan.rows)
    assert len(plan.rows) < 5  # of the rest the program takes care

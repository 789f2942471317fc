"""publish: the page calculates what the workbook does, takes what is typed, and lets no text become a program."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook

from sheetnet.book import reader
from sheetnet.book.build import evaluate_blocks
from sheetnet.book.opened import find_manifest
from sheetnet.checking.examined import begin
from sheetnet.page.area import Area, cell_address
from sheetnet.web.content import content
from sheetnet.web.page import html, write
from sheetnet.web.parts import parts
from sheetnet.web.references import Tables
from tests.browser import Browser, Page
from tests.conftest import edit_xml, run_here

WITHIN = 1e-10
ALL_VALUES = """JSON.parse(document.getElementById('workbook').textContent).sheets.map((sheet) =>
    [sheet.name, sheet.formulas.flatMap(([row, col, , rows = 1, cols = 1]) => {
        const out = [];
        for (let r = row; r < row + rows; r++)
            for (let c = col; c < col + cols; c++) out.push([r, c, valueAt(sheet.name, r, c)]);
        return out;
    })])"""
HOSTILE = "</script><script>window.bad=1</script><img src=x onerror='window.bad=1'>&lt;b&gt; ]]> \u2028 -->"


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory, lesson_file: Callable[[str], Path]) -> Path:
    """Lesson 1 as a page, which holds nothing in its formula cells: all that it shows there is its engine's."""
    shown, looks = content(lesson_file("quadratic"))
    target = tmp_path_factory.mktemp("page") / "lesson 1.html"
    target.write_text(html(emptied(shown), looks.css), encoding="utf-8", newline="\n")
    return target


def emptied(shown: dict[str, Any]) -> dict[str, Any]:
    """What a page knows of a workbook, without the values of formula cells."""
    shown = copy.deepcopy(shown)
    for sheet in shown["sheets"]:
        filled = set()
        for row, col, _, *size in sheet["formulas"]:
            n_rows, n_cols = size or (1, 1)
            filled |= {(r, c) for r in range(row, row + n_rows) for c in range(col, col + n_cols)}
        for row, cells in sheet["rows"]:
            for cell in cells:
                if (row, cell[0]) in filled:
                    cell[2] = None
    return shown


def by_graph(path: Path, changes: Mapping[str, float]) -> dict[tuple[str, int, int], Any]:
    """What the graph says of each formula cell of a workbook, with other numbers in some blocks of one cell, by id."""
    seen = begin(path, "none", False)
    workbook = seen.found.workbook
    values = evaluate_blocks(workbook, seen.inputs | {id: np.array([[x]]) for id, x in changes.items()})
    return {
        (block.area.sheet, r, c): values[block.id][r - block.area.row][c - block.area.col]
        for block in workbook.book.blocks
        if block.style != "values"
        for r, c in block.area.cells()
    }


def apart(page: Page, expected: Mapping[tuple[str, int, int], Any]) -> list[str]:
    """The formula cells of a page that are not as expected, in words; all must be there."""
    got = {(sheet, r, c): value for sheet, cells in page.run(ALL_VALUES) for r, c, value in cells}
    assert got.keys() == expected.keys()
    return [f"{cell}: {got[cell]} for {value}" for cell, value in expected.items() if not same(got[cell], value)]


def same(got: Any, expected: Any) -> bool:
    if isinstance(expected, str):
        return (got or "") == expected
    return isinstance(got, int | float) and abs(got - expected) <= WITHIN * max(1.0, abs(expected))


def type_into(page: Page, sheet: str, cell: str, text: str) -> None:
    """None; a learner has opened a sheet, and typed into a yellow cell."""
    page.run(
        f"""[...document.querySelectorAll('.tab')].find((tab) => tab.textContent === {json.dumps(sheet)}).click();
        cell = document.querySelector('[data-at="{cell}"]');
        cell.focus(); cell.value = {json.dumps(text)}; cell.blur()"""
    )
    page.settled()


def test_every_formula_cell_is_as_the_graph_has_it_after_load_after_edits_and_by_a_link(
    browser: Browser, lesson: Path, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    file = lesson_file("quadratic")
    delivered, edited = by_graph(file, {}), by_graph(file, {"fit.a": 0.25, "descent.lr": 0.1})
    page = Page(browser, lesson.as_uri())
    assert not apart(page, delivered)
    type_into(page, "Fit", "B5", "0.25")
    type_into(page, "Descent", "B4", "0,1")
    assert not apart(page, edited)
    link = page.run("location.href")
    assert link.endswith("#Descent&Fit.B5=0.25&Descent.B4=0%2C1")
    other = Page(browser, link)  # as it is sent to somebody else
    assert not apart(other, edited)
    other.close()
    page.run("new Promise((gone) => { addEventListener('hashchange', gone, {once: true}); history.back() })")
    page.settled()
    assert not apart(page, by_graph(file, {"fit.a": 0.25}))
    page.run("document.querySelector('.reset').click()")
    page.settled()
    assert not apart(page, delivered)
    page.close()


def test_a_formula_that_says_another_thing_is_noticed(
    browser: Browser, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    shown, looks = content(lesson_file("quadratic"))
    sheet = next(sheet for sheet in shown["sheets"] if sheet["name"] == "Fit")
    sheet["formulas"][3][2] += "+1E-9"
    (tmp_path / "page.html").write_text(html(emptied(shown), looks.css), encoding="utf-8")
    page = Page(browser, (tmp_path / "page.html").as_uri())
    assert apart(page, by_graph(lesson_file("quadratic"), {}))
    page.close()


def test_a_formula_that_is_typed_reads_cells_that_nothing_else_follows_from(browser: Browser, lesson: Path) -> None:
    """Only what follows from an edit is calculated, from what other cells hold."""
    page = Page(browser, lesson.as_uri())
    loss = page.run("valueAt('Fit', 4, 5)")
    for text, expected in (("=Fit!F5", loss), ("=SUM(Fit!F:F)-SUM(Fit!F6:F99)", loss), ("=Fit!B5*2", 2.2)):
        type_into(page, "Descent", "B4", text)
        assert page.run("valueAt('Descent', 3, 1)") == pytest.approx(expected, rel=1e-13), text
    type_into(page, "Fit", "B5", "0.25")  # from which the typed formula follows
    assert page.run("valueAt('Descent', 3, 1)") == 0.5
    type_into(page, "Descent", "B4", "0.1")
    type_into(page, "Fit", "B5", "1.1")
    assert page.run("valueAt('Descent', 3, 1)") == 0.1
    assert page.run("valueAt('Fit', 4, 5)") == pytest.approx(loss, rel=1e-13)
    page.close()


def test_what_a_cell_cannot_hold_is_refused_in_words_and_nothing_changes(browser: Browser, lesson: Path) -> None:
    page = Page(browser, lesson.as_uri())
    for typed in ("much", "1e999", "<b>1</b>"):
        type_into(page, "Fit", "B5", typed)
        assert page.run("document.querySelector('input:invalid').validationMessage").startswith(
            "A number is expected here."
        )
        assert page.run("valueAt('Fit', 4, 1)") == 1.1
    page.close()


def test_words_of_a_workbook_stay_words(browser: Browser, lesson_file: Callable[[str], Path], tmp_path: Path) -> None:
    words = "Fit a curve by hand, then let it fit itself"
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    bad = edit_xml(
        lesson_file("quadratic"), tmp_path / "bad.xlsx", "xl/sharedStrings.xml", f">{words}<", f">{escaped}<"
    )
    write(bad, tmp_path / "page.html")
    page = Page(
        browser, (tmp_path / "page.html").as_uri() + f"#Start&Fit.B5={HOSTILE[:40]}&<img>.B5=1&Fit.B5=javascript:1"
    )
    assert page.run("[...document.querySelectorAll('.cell')].map((cell) => cell.textContent)")[0] == HOSTILE
    assert page.run("window.bad === undefined && !document.querySelector('img, b')")
    assert page.run("document.scripts.length") == 4
    assert page.run("valueAt('Fit', 4, 1)") == 1.1
    page.close()


EMPTY = "merged", "links", "charts", "rules", "chosen", "unused", "looks", "parts", "blocks", "written"
BLANK: dict[str, Any] = {"freeze": [0, 0], **{key: [] for key in EMPTY}}
SHOWN = [
    (0.285, "0.00", "0.29"), (-0.0001, "0.000", "0.000"), (1234567.891, "#,##0.0", "1,234,567.9"), (0.5, "0%", "50%"),
    (0.0000123, "0.0E+00", "1.2E-05"), (3, '[=0]"closed";0.000', "3.000"), (0, '[=0]"closed";0.000', "closed"),
    (-2.5, '"was "General;"was -"General', "was -2.5"), (1e-7, '[<0.000001]"equal";0.000000', "equal"),
    (0.25, '[=0.25]"";General', ""), (1.5, "0.0###", "1.5"), (1.25, "0.0###", "1.25"), (12, "General", "12"),
    (1 / 3, "General", "0.3333333333"), (7, ";;;", ""), (0, '0.0000;-0.0000;"exact"', "exact"),
    (-1.5, "0.0;-0.0", "-1.5"), (2e6, '[>=1000000]"> 1,000,000";[>=1000]#,##0;0.000', "> 1,000,000"),
    (1.5e12, "General", "1.5E+12"), (1e-7, "0.000", "0.000"), ("wörter", "0.0", "wörter"), (True, "0.0", "TRUE"),
]  # fmt: skip


def test_numbers_are_shown_in_their_format(browser: Browser, tmp_path: Path) -> None:
    n = len(SHOWN)
    sheet: dict[str, Any] = {
        "name": "One", "tops": [20 * i for i in range(n + 1)], "lefts": [0, 200], "grid": True, "formulas": [],
        "rows": [[i, [[0, i, value]]] for i, (value, _, _) in enumerate(SHOWN)],
    }  # fmt: skip
    sheet = BLANK | sheet
    shown: dict[str, Any] = {"title": "t", "language": "en", "names": [], "formats": [format for _, format, _ in SHOWN]}
    shown |= {"runs": [1] * n, "lines": {}, "sheets": [sheet]}
    (tmp_path / "page.html").write_text(html(shown, ""), encoding="utf-8")
    page = Page(browser, (tmp_path / "page.html").as_uri())
    got = page.run("[...document.querySelectorAll('.cell')].map((cell) => cell.textContent)")
    assert got == [text for _, _, text in SHOWN]
    page.close()


def test_a_page_knows_all_that_colours_the_cells_of_a_sheet(lesson_file: Callable[[str], Path]) -> None:
    """Each conditional format of the file is there, on its cells, and no other; pictures in the file's colours."""
    path = lesson_file("convolution")
    file = load_workbook(path)
    for sheet in content(path)[0]["sheets"]:
        rules = [(str(one.sqref), rule) for one in file[sheet["name"]].conditional_formatting for rule in one.rules]
        known = sheet["looks"] + sheet["chosen"] + sheet["unused"]
        held = [Area("", *one["at"]).address() for one in known for _ in one.get("verdicts", [0])]
        assert sorted(held) == sorted(cells for cells, _ in rules), sheet["name"]
        for cells, scale in ((cells, rule.colorScale) for cells, rule in rules if rule.colorScale):
            (look,) = (one for one in known if "scale" in one and Area("", *one["at"]).address() == cells)
            assert [f"#{color.rgb[2:]}" for color in scale.color] == look["scale"]
            assert [float(end.val) for end in scale.cfvo] == [-look["full"], 0, look["full"]]


COLOURS = """[...document.querySelectorAll('.cell:not(input)')].map((cell) => [
    getComputedStyle(cell).backgroundColor, cell.textContent, cell.classList.contains('window')])"""


def test_cells_have_the_colours_of_what_they_hold_now(browser: Browser, tmp_path: Path) -> None:
    """A row of a picture, one of a map, and a window; all follow from two yellow cells."""
    picture = {"sheet": "One", "at": [1, 0, 1, 4]}
    number, first = ({"sheet": "One", "at": [0, col, 1, 1]} for col in (0, 1))
    rule = {"whole": False, "low": -1e9, "high": 1e9, "also": "", "message": "A number", "data": False}
    formulas = ["=A1", "=-A1", "=A1/200", "=A1*1000"], ["=A1", "=A1/2", "=A1/5", "=A1/10"]
    sheet: dict[str, Any] = {
        "name": "One", "tops": [0, 20, 40, 60], "lefts": [0, 60, 120, 180, 240], "grid": True,
        "rows": [[0, [[0, 0, 1], [1, 0, 1]]], *([row, [[col, 0, None] for col in range(4)]] for row in (1, 2))],
        "formulas": [[row, col, text] for row, texts in enumerate(formulas, 1) for col, text in enumerate(texts)],
        "rules": [number | rule, first | rule],
        "chosen": [picture | {"look": "window", "row": None, "col": first, "size": 2}],
        "looks": [
            picture | {"beyond": 99.99, "format": '"> 99";"< -99"'}, picture | {"faint": 0.005, "format": "0"},
            picture | {"full": 2, "scale": ["#FF0000", "#FFFFFF", "#0000FF"]},
            {"sheet": "One", "at": [2, 0, 1, 4], "full": 1, "scale": ["#FF0000", "#FFFFFF", "#0000FF"]},
        ],
    }  # fmt: skip
    sheet = BLANK | sheet
    shown: dict[str, Any] = {"title": "t", "language": "en", "names": [], "formats": ["0.00"], "runs": [1], "lines": {}}
    (tmp_path / "page.html").write_text(html(shown | {"sheets": [sheet]}, ""), encoding="utf-8")
    page = Page(browser, (tmp_path / "page.html").as_uri())
    assert page.run(COLOURS) == [
        ["color(srgb 0.5 0.5 1)", "1.00", True], ["color(srgb 1 0.5 0.5)", "-1.00", True],
        ["color(srgb 0.9975 0.9975 1)", "0", False], ["color(srgb 0 0 1)", "> 99", False],
        ["color(srgb 0 0 1)", "1.00", False], ["color(srgb 0.5 0.5 1)", "0.50", False],
        ["color(srgb 0.8 0.8 1)", "0.20", False], ["color(srgb 0.9 0.9 1)", "0.10", False],
    ]  # fmt: skip
    type_into(page, "One", "A1", "-0.4")
    type_into(page, "One", "B1", "3")
    assert page.run(COLOURS) == [
        ["color(srgb 1 0.8 0.8)", "-0.40", False], ["color(srgb 0.8 0.8 1)", "0.40", False],
        ["color(srgb 1 0.999 0.999)", "0", True], ["color(srgb 1 0 0)", "< -99", True],
        ["color(srgb 1 0.6 0.6)", "-0.40", False], ["color(srgb 1 0.8 0.8)", "-0.20", False],
        ["color(srgb 1 0.92 0.92)", "-0.08", False], ["color(srgb 1 0.96 0.96)", "-0.04", False],
    ]  # fmt: skip
    page.close()


def test_columns_of_a_table_become_ranges(small: Any) -> None:
    tables = Tables(reader.read(small.path))
    found = tables.lowered('=SUM(passengers[No],passengers[[#Headers],[No]])&"passengers[No]"', "Data", 20)
    assert found.count("[") == 1, found
    assert found.endswith('&"passengers[No]"')
    assert tables.lowered("=MAX(passengers[No])", "Start", 20).startswith("=MAX(Data!$A$")
    assert tables.lowered("=passengers[[#This Row],[No]]", "Data", 20) == "=$A$21"


def test_the_command_writes_a_page_and_says_what_is_no_workbook(
    lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    done = run_here("publish", lesson_file("quadratic"), "-o", tmp_path / "page.html")
    assert done.returncode == 0, done.stderr
    first = (tmp_path / "page.html").read_bytes()
    assert 0.8e6 < len(first) < 4e6
    run_here("publish", lesson_file("quadratic"), "-o", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_bytes() == first
    assert run_here("publish", "nothing").returncode == 2


def test_an_exercise_is_not_done_hinted_wrong_and_right(browser: Browser, lesson: Path) -> None:
    page = Page(browser, lesson.as_uri())
    row, col = page.run(
        "JSON.parse(document.getElementById('workbook').textContent).sheets.find((one) => one.name === 'Exercises')"
        ".rules[0].at.slice(0, 2)"
    )
    verdict = f"valueAt('Exercises', {row}, {col + 1})"
    assert page.run(verdict) == "not done"
    cell = cell_address(row, col)
    for typed, expected in (("?", "hint"), ("3", "wrong"), ("=Fit!F5", "right"), ("10.137", "right")):
        type_into(page, "Exercises", cell, typed)
        assert page.run(verdict) == expected, typed
    page.close()


@pytest.mark.parametrize("name", ["quadratic", "preparing"])
def test_a_narrow_window_reads_each_block_text_and_chart_once(name: str, lesson_file: Callable[[str], Path]) -> None:
    for page in find_manifest(reader.read(lesson_file(name))).workbook.book.pages:
        found = parts(page)
        held = [
            (r, c)
            for kind, row, col, rows, cols in found
            for r, c in Area("", row, col, rows, cols).cells()
            if kind != "chart"
        ]
        assert len(set(held)) == len(held), page.name
        assert {cell for block in page.blocks for cell in block.area.cells()} <= {*held}
        assert {(text.row, text.col) for text in page.texts if text.text} | {(0, 0), (1, 0)} <= {*held}
        assert sorted(one[1:3] for one in found if one[0] == "chart") == sorted((c.row, c.col) for c in page.charts)


@pytest.mark.parametrize("width", [1366, 390])
def test_what_may_be_typed_can_be_reached_and_nothing_leaves_the_window(
    browser: Browser, lesson: Path, width: int
) -> None:
    page = Page(browser, f"{lesson.as_uri()}#Fit", width, 800)
    assert page.run("document.documentElement.scrollWidth") == width
    assert page.run("[...document.querySelectorAll('input, a, button')].every((one) => one.tabIndex === 0)")
    assert page.run("document.querySelectorAll('input').length") == 43  # a, b, c and 20 points
    assert page.run("document.querySelectorAll('svg.chart').length") == 1
    assert page.run("document.querySelector('.way').textContent") == ("Whole grid" if width == 390 else "Read")
    page.run("document.querySelector('.way').click()")
    assert page.run("document.querySelectorAll('input').length") == 43
    page.close()


@pytest.mark.parametrize("sheet", ["Predict", "Exercises"])
def test_a_question_and_its_answer_fit_into_a_narrow_window(browser: Browser, lesson: Path, sheet: str) -> None:
    """The whole question, and below it the cell to answer in, with nothing to scroll sideways for."""
    page = Page(browser, lesson.as_uri(), 390, 844)
    page.run(f"[...document.querySelectorAll('.tab')].find((tab) => tab.textContent === '{sheet}').click()")
    found = page.run("""[...document.querySelectorAll('.cards input')].map((input) => {
        const boxes = [...input.parentElement.querySelectorAll('.cell')].map((cell) => cell.getBoundingClientRect());
        const words = [...input.parentElement.querySelectorAll('span')].map((one) => one.scrollWidth - one.clientWidth);
        return [Math.min(...boxes.map((b) => b.left)), Math.max(...boxes.map((b) => b.right)), Math.max(...words)];
    })""")
    page.close()
    assert len(found) >= 5
    assert all(left >= 0 and right <= 390 and cut <= 0 for left, right, cut in found), found


def test_rows_of_a_long_sheet_are_drawn_when_they_come_near(browser: Browser, tmp_path: Path) -> None:
    n = 900
    yellow = {
        "sheet": "One",
        "at": [700, 0, 1, 1],
        "whole": False,
        "low": -9,
        "high": 9,
        "also": "",
        "message": "A number",
    }
    sheet = {
        "name": "One", "tops": [20 * i for i in range(n + 1)], "lefts": [0, 90, 180], "grid": True, "freeze": [0, 0],
        "rows": [[i, [[0, 0, i], [1, 0, 2 * i]]] for i in range(n)], "rules": [yellow | {"data": False}],
        "formulas": [[i, 1, f"=2*A{i + 1}"] for i in range(n)], "links": [[0, 0, "One!A801"]],
    } | {key: [] for key in ("merged", "charts", "chosen", "unused", "looks", "parts", "blocks")}  # fmt: skip
    shown = {"title": "t", "about": "", "language": "en", "names": [], "formats": ["0"], "runs": [1], "lines": {}}
    (tmp_path / "page.html").write_text(html(shown | {"sheets": [sheet]}, ""), encoding="utf-8")
    page = Page(browser, (tmp_path / "page.html").as_uri())
    rows = "[...document.querySelectorAll('[role=row]')].map((row) => Number(row.getAttribute('aria-rowindex')))"
    assert 100 <= len(page.run(rows)) < 300
    assert page.run("document.querySelector('[role=grid]').getAttribute('aria-rowcount')") == str(n)
    page.run("document.querySelector('a.cell').click()")  # a link to a row far below
    assert page.run("document.querySelector('.reached').textContent") == "800"
    page.run("document.querySelector('.view').scrollTop = 20 * 690; new Promise((done) => setTimeout(done, 300))")
    found = page.run(rows)
    assert found == sorted(found)  # in the order in which they are read
    assert {650, 701, 801} <= {*found}
    page.run("cell = document.querySelector('input'); cell.focus(); cell.value = '3'; cell.blur()")
    page.settled()
    words = "document.querySelector('[aria-rowindex=\"701\"]').lastChild.textContent"
    assert page.run(words) == "6"
    page.close()

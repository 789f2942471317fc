"""publish: what a learner does with a page: asks a cell what it is, plays, moves sliders and arrows, downloads."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
import torch
from openpyxl import load_workbook
from torch.nn import functional

import sheetnet as sn
import sheetnet.web
from sheetnet.book import reader
from sheetnet.book.build import evaluate_blocks
from sheetnet.book.kept import saved_since
from sheetnet.book.opened import find_manifest
from sheetnet.checking.examined import begin, examine
from sheetnet.graph import torch_text
from sheetnet.page.area import cell_address
from sheetnet.page.language import filled
from sheetnet.web.blocks import Panels
from sheetnet.web.content import content
from sheetnet.web.page import html, write
from sheetnet.web.parts import parts
from sheetnet.web.words import PAGE
from tests.browser import Browser, Page


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory, lesson_file: Callable[[str], Path]) -> str:
    """The address of lesson 1."""
    return write(lesson_file("quadratic"), tmp_path_factory.mktemp("page") / "lesson.html").as_uri()


@pytest.fixture
def page(browser: Browser, lesson: str) -> Iterator[Page]:
    """Lesson 1 on a laptop, at the sheet Fit."""
    opened = Page(browser, f"{lesson}#Fit")
    yield opened
    opened.close()


BOOK = "JSON.parse(document.getElementById('workbook').textContent)"


def click(page: Page, cell: str) -> None:
    page.run(f"""document.querySelector('[data-at="{cell}"]').click()""")


def panel(page: Page) -> str:
    """What the panel says, its parts a line each; "" where it is closed."""
    lines = "[...document.querySelectorAll('.panel:not([hidden]) > *')].map((one) => one.textContent)"
    return "\n".join(page.run(lines))


# ---- the lines of torch


def run_by_torch(path: Path) -> tuple[int, list[str]]:
    """How many lines of torch a workbook's panels have, and those that give other numbers than the graph, in words."""
    seen = begin(path, "none", False)
    book = seen.found.workbook.book
    values = evaluate_blocks(seen.found.workbook, seen.inputs)
    panels = Panels(book, seen.contents)
    told = [(block, run) for block in book.blocks for run in panels.of(block).get("says", ()) if len(run) == 6]
    space: dict[str, Any] = {name: torch.tensor(value) for value, name in panels.numbers.items()}
    for block in book.blocks:
        if values[block.id].dtype != object:
            space[panels.variables[block.id]] = torch.tensor(values[block.id])
    wrong = []
    for block, (row, col, n_rows, n_cols, _, (text, *of)) in told:
        lines = filled(panels.texts[text], {str(at): panels.names[name] for at, name in enumerate(of)})
        top, left = row - block.area.row, col - block.area.col
        within = slice(left, left + n_cols)
        by_row = [(i, i + 1) for i in range(top, top + n_rows)] if re.search(r"\[i\b", lines) else [(top, top + n_rows)]
        for first, end in by_row:
            expected = values[block.id][first:end, within].astype(float)
            *before, (_, last) = (line.split(" = ", 1) for line in lines.split("\n"))
            names = {**space, "torch": torch, "F": functional, "i": first}
            for name, line in before:
                names[name] = eval(line, names)
            got = np.asarray(eval(last, names), float)
            got = got.reshape(expected.shape) if got.size == expected.size else np.broadcast_to(got, expected.shape)
            if not np.allclose(np.where(np.isfinite(got), got, np.nan), expected, 1e-8, 1e-9, equal_nan=True):
                wrong.append(f"{block.id}: {lines}")
    return len(told), wrong


@pytest.fixture
def doubles() -> Iterator[None]:
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


@pytest.mark.parametrize(("name", "least"), [("quadratic", 80), ("convolution", 120), ("learning_rate", 220)])
@pytest.mark.usefixtures("doubles")
def test_the_lines_of_torch_give_what_the_cells_give(name: str, least: int, lesson_file: Callable[[str], Path]) -> None:
    n, wrong = run_by_torch(lesson_file(name))
    assert n >= least
    assert not wrong, wrong[:3]


@pytest.mark.usefixtures("doubles")
def test_a_line_of_torch_that_says_another_thing_is_noticed(
    lesson_file: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(torch_text.TORCH, "square", ("{0} ** 3", torch_text.POWER, (torch_text.ATOM,)))
    assert run_by_torch(lesson_file("quadratic"))[1]


# ---- the panel


def test_a_cell_says_what_it_is_in_excel_in_words_and_in_torch(page: Page) -> None:
    click(page, "C13")
    assert panel(page).split("\n") == [
        "C13  Prediction×",
        "pred is 20 × 1: rows × columns. This is row 1, column 1.",
        "Formula",
        "=B$5*A13^2+B$6*A13+B$7",
        "In words",
        'This is "a" times the square of "x" plus "b" times "x" plus "c".',
        "In torch",
        "pred = coef_a * x ** 2 + coef_b * x + coef_c",
        "What torch says",
        "3.3: equal",
    ]
    page.run("document.querySelector('.panel .close').click()")
    assert panel(page) == ""


def test_what_torch_says_of_a_cell_is_compared_as_it_is_now(page: Page) -> None:
    page.run("[...document.querySelectorAll('.tab')].find((tab) => tab.textContent === 'Descent').click()")
    row, col = page.run(f"{BOOK}.sheets.find((one) => one.name === 'Descent').blocks.find((one) => one.told).at")[:2]
    click(page, cell_address(row + 1, col))
    assert panel(page).endswith("equal")
    assert "Here i is 1: torch counts rows from 0." in panel(page)
    page.run("location.hash = '#Descent&Descent.B4=0.1'")
    page.settled()
    assert not panel(page).endswith("equal")


@pytest.mark.parametrize("width", [1366, 390])
def test_the_panel_covers_no_cell_that_it_tells_of(browser: Browser, lesson: str, width: int) -> None:
    opened = Page(browser, f"{lesson}#Fit", width, 700)
    for cell in ("A13", "F32", "B5"):
        click(opened, cell)
        where = f"""(box = document.querySelector('[data-at="{cell}"]').getBoundingClientRect(),
            p = document.querySelector('.panel').getBoundingClientRect(), [box, p].map((r) => r.toJSON()))"""
        box, told = opened.run(where)
        assert box["right"] <= told["left"] + 1 or box["bottom"] <= told["top"] + 1, (cell, box, told)
        assert 0 <= box["top"] < 700
    assert opened.run("document.documentElement.scrollWidth") == width
    opened.close()


# ---- play and sliders

NOW = "[...document.querySelectorAll('.cell.now')].map((cell) => cell.textContent)[0]"


def press(page: Page, name: str) -> None:
    page.run(f"[...document.querySelectorAll('.player button')].find((one) => one.ariaLabel === '{name}').click()")
    page.settled()


def test_epochs_are_stepped_through_by_the_yellow_cell(page: Page) -> None:
    page.run("location.hash = '#Descent'")
    row, col = page.run(f"{BOOK}.sheets.find((one) => one.name === 'Descent').play.at")[:2]
    epoch, steps = f"valueAt('Descent', {row}, {col})", page.run("history.length")
    first = page.run(epoch)
    press(page, "Step")
    press(page, "Step")
    press(page, "Step back")
    assert page.run(epoch) == first + 1
    assert page.run(NOW) == f"{first + 1}"
    assert page.run("document.querySelector('.player span').textContent") == f"Epoch to look at: {first + 1}"
    assert page.run("history.length") == steps
    play = "document.querySelector('.player button:not([aria-label])')"
    page.run(f"{play}.click()")
    assert page.run(f"{play}.textContent") == "Pause"
    page.run(
        f"new Promise((done) => {{ wait = setInterval(() => {epoch} > {first + 2} && done(clearInterval(wait)), 50) }})"
    )
    page.run(f"{play}.click()")
    page.settled()
    there = page.run(epoch)
    page.run("new Promise((done) => setTimeout(done, 700))")
    assert page.run(epoch) == there


def test_who_wants_no_motion_steps_and_sees_no_play(page: Page) -> None:
    page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "reduce"}])
    page.run("location.hash = '#Descent'")
    assert page.run("getComputedStyle(document.querySelector('.player button:not([aria-label])')).display") == "none"


def test_where_no_cell_tells_the_epoch_its_row_and_its_point_are_marked(
    browser: Browser, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    shown, looks = content(lesson_file("quadratic"))
    sheet = next(sheet for sheet in shown["sheets"] if sheet["name"] == "Descent")
    sheet["play"] = None
    (tmp_path / "page.html").write_text(html(shown, looks.css), encoding="utf-8")
    opened = Page(browser, (tmp_path / "page.html").as_uri() + "#Descent")
    press(opened, "Step")
    assert opened.run(NOW) == "1"
    first = opened.run("document.querySelector('circle.now').getAttribute('cx')")
    press(opened, "Step")
    assert float(opened.run("document.querySelector('circle.now').getAttribute('cx')")) > float(first)
    assert opened.run("location.hash") == "#Descent"
    opened.close()


def test_a_slider_asks_for_one_edit_at_a_time_and_ends_where_it_ends(page: Page) -> None:
    click(page, "B5")
    got = page.run(
        """(asked = 0, post = Worker.prototype.postMessage,
        Worker.prototype.postMessage = function (...all) { asked++; post.apply(this, all) },
        slider = document.querySelector('.slider input'), before = history.length,
        [...Array(40).keys()].forEach((at) => { slider.value = at / 20; slider.dispatchEvent(new Event('input')) }),
        [slider.min, slider.max])"""
    )
    page.settled()
    assert [float(end) for end in got] == pytest.approx([-1.1, 3.3])
    assert page.run("asked") == 2
    assert page.run("valueAt('Fit', 4, 1)") == 1.95
    assert page.run("[document.querySelector('.slider output').textContent, location.hash]") == [
        "1.95",
        "#Fit&Fit.B5=1.95",
    ]
    assert page.run("history.length - before") == 1  # back goes to where it was before the drag
    page.run("slider.dispatchEvent(new Event('change'))")
    click(page, "C13")
    assert page.run("document.querySelector('.slider')") is None


def test_the_slider_of_a_whole_number_keeps_to_its_rule(page: Page) -> None:
    page.run("location.hash = '#Descent'")
    row, col = page.run(f"{BOOK}.sheets.find((one) => one.name === 'Descent').play.at")[:2]
    click(page, cell_address(row, col))
    ends = page.run("(one = document.querySelector('.slider input'), [one.min, one.max, one.step])")
    assert ends == ["0", "60", "1"]


# ---- keys, and what stays in sight

FOCUS = "document.activeElement.dataset.at"


def keys(page: Page, *names: str) -> str:
    """The cell that has the keyboard when these keys have been typed."""
    for name in names:
        *held, key = name.split("+")
        for kind in ("rawKeyDown", "keyUp"):
            page.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=CODES.get(key, 0),
                     modifiers=2 * ("Ctrl" in held) + 8 * ("Shift" in held))  # fmt: skip
    got: str = page.run(FOCUS)
    return got


CODES = {"Enter": 13, "Escape": 27, "End": 35, "Home": 36}
CODES |= {f"Arrow{way}": 37 + at for at, way in enumerate(("Left", "Up", "Right", "Down"))}


def test_arrows_go_through_a_sheet_as_in_a_spreadsheet(page: Page) -> None:
    page.run("""document.querySelector('[data-at="C13"]').focus()""")
    assert page.run("document.querySelectorAll('div.cell[tabindex=\"0\"]').length") == 1
    assert keys(page, "ArrowRight") == "D13"
    assert keys(page, "ArrowDown", "ArrowDown") == "D15"
    assert keys(page, "Ctrl+ArrowDown") == "D32"
    assert keys(page, "End") == "F32"
    assert keys(page, "Home") == "A32"  # may be typed over
    assert keys(page, "ArrowUp", "ArrowRight", "ArrowRight") == "C31"
    assert keys(page, "Ctrl+Home") == "A1"
    assert keys(page, "Ctrl+End") is not None
    page.run("""document.querySelector('[data-at="C13"]').focus()""")
    keys(page, "Enter")
    assert panel(page).startswith("C13  Prediction")
    assert keys(page, "ArrowRight") == "D13"
    assert panel(page).startswith("D13  Error")
    assert keys(page, "Escape") == "D13"
    assert panel(page) == ""


def test_arrows_move_the_caret_of_who_is_typing(page: Page) -> None:
    page.run("""document.querySelector('[data-at="B5"]').focus()""")
    page.run("document.activeElement.setSelectionRange(1, 1)")
    assert keys(page, "ArrowLeft") == "B5"
    assert keys(page, "ArrowDown") == "B6"


def test_a_screen_reader_hears_what_a_cell_is(page: Page) -> None:
    page.run("""document.querySelector('[data-at="C13"]').focus()""")
    assert page.run("document.activeElement.ariaLabel") == "C13, Prediction, 3.300"
    page.run("""document.querySelector('[data-at="B5"]').focus()""")
    assert page.run("document.activeElement.ariaLabel").startswith("B5, a, may be changed, A number is expected here.")
    tree = page.ask("Accessibility.getFullAXTree")["nodes"]
    roles = {node["role"]["value"] for node in tree if "role" in node}
    assert {"grid", "row", "gridcell", "textbox", "navigation", "status"} <= roles
    grid = page.run("(one = document.querySelector('.grid'), [one.ariaRowCount, one.ariaColCount])")
    assert all(int(n) > 5 for n in grid)
    cell = page.run("document.querySelector('[data-at=\"C13\"]').ariaColIndex")
    assert (cell, page.run("document.querySelector('[data-at=\"C13\"]').parentNode.ariaRowIndex")) == ("3", "13")


def test_frozen_rows_and_columns_stay_in_sight_and_hide_no_cell_that_is_reached(browser: Browser, lesson: str) -> None:
    opened = Page(browser, f"{lesson}#Descent", 900, 900)
    place = "(r = document.querySelector('[data-at=\"{}\"]').getBoundingClientRect(), [r.left, r.top])"
    head = opened.run("JSON.parse(document.getElementById('workbook').textContent).sheets[4].freeze")
    assert head == [13, 1]
    first = opened.run(place.format("A1")), opened.run(place.format("A14"))
    opened.run("new Promise((done) => (document.querySelector('.view').scrollTo(300, 400), setTimeout(done, 200)))")
    after = opened.run(place.format("A1")), opened.run(place.format("A14"))
    assert after[0][1] == first[0][1]
    assert abs(after[1][0] - first[1][0]) <= 8
    assert after[1][1] == first[1][1] - 400
    opened.run("document.querySelector('[data-at=\"B40\"]').focus()")
    keys(opened, *["ArrowUp"] * 20)
    opened.run("new Promise((done) => setTimeout(done, 200))")
    hidden = opened.run("document.querySelector('.strip.heldrow').getBoundingClientRect().bottom")
    assert opened.run(FOCUS) == "B20"
    assert opened.run("document.activeElement.getBoundingClientRect().top") >= hidden - 1
    assert opened.run("document.querySelectorAll('.lines').length") == 1
    opened.run("location.hash = '#Start'")
    assert opened.run("document.querySelectorAll('.lines').length") == 0  # a page without gridlines
    opened.close()


# ---- the workbook as a file again


def downloaded(page: Page, target: Path) -> Path:
    """The file that a press on the button gives."""
    packed = page.run(
        """new Promise((done) => {
            URL.createObjectURL = (blob) => {
                const read = new FileReader();
                read.onload = () => done(read.result.split(',')[1]);
                read.readAsDataURL(blob);
                return 'about:blank#';
            };
            HTMLAnchorElement.prototype.click = function () { window.called = this.download };
            document.querySelector('.save').click();
        })"""
    )
    target.write_bytes(b64decode(packed))
    return target


def test_the_file_that_is_downloaded_is_the_one_that_was_delivered(
    page: Page, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    got = downloaded(page, tmp_path / "got.xlsx")
    assert page.run("called") == lesson_file("quadratic").name
    with ZipFile(lesson_file("quadratic")) as came, ZipFile(got) as now:
        assert now.testzip() is None
        assert now.namelist() == came.namelist()
        for name in came.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                assert now.read(name) == came.read(name), name
    before, after = reader.read(lesson_file("quadratic")), reader.read(got)
    for name, sheet in before.sheets.items():
        assert after.sheets[name].formulas == sheet.formulas
        assert after.sheets[name].values == sheet.values
        assert after.sheets[name].stored.keys() == sheet.stored.keys()
        for at, value in sheet.stored.items():
            close = value if isinstance(value, str) else pytest.approx(value, rel=1e-10, abs=1e-10)
            assert after.sheets[name].stored[at] == close
    report = examine(got)
    assert report.ok, str(report)


def test_what_was_typed_is_in_the_file_and_what_comes_of_it(
    browser: Browser, lesson: str, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    shown = next(one for one in content(lesson_file("quadratic"))[0]["sheets"] if one["name"] == "Exercises")
    row, col = shown["rules"][0]["at"][:2]
    typed = f"#Fit&Fit.B5=0.25&Fit.B32=3&Exercises.{cell_address(row, col)}=%3DFit!F5"
    opened = Page(browser, lesson + typed)
    got = downloaded(opened, tmp_path / "got.xlsx")
    loss = opened.run("valueAt('Fit', 4, 5)")
    opened.close()
    held = reader.read(got).sheets
    assert held["Fit"].values[4, 1] == 0.25
    assert held["Fit"].values[31, 1] == 3
    assert held["Exercises"].formulas[row, col].text == "=Fit!F5"
    stored = load_workbook(got, data_only=True)
    assert stored["Fit"]["F5"].value == pytest.approx(loss)
    assert load_workbook(got)["Fit"]["C13"].value == "=B$5*A13^2+B$6*A13+B$7"
    assert examine(got).ok
    assert saved_since(got)  # so that build keeps a copy


# ---- in another language


def test_all_words_of_the_page_are_known_to_translators() -> None:
    source = Path(sheetnet.web.__file__).parent / "source"
    said = {text for file in source.glob("*.ts") for text in re.findall(r'\bsay\("([^"]+)"', file.read_text("utf-8"))}
    said |= set(re.findall(r'rule\?\.data \? "([^"]+)" : "([^"]+)"', (source / "keys.ts").read_text("utf-8"))[0])
    assert said | {"calculating", "waking"} == {*PAGE}  # states, which are said as they are called


def test_the_page_of_a_german_workbook_is_german(browser: Browser, tmp_path: Path) -> None:
    file = sn.build_lesson("quadratic", tmp_path / "de.xlsx", language="de").path
    opened = Page(browser, write(file, tmp_path / "de.html").as_uri() + "#Fit")
    assert opened.run("document.documentElement.lang") == "de"
    assert opened.run("document.querySelector('.reset').textContent") == "Zurücksetzen"
    assert opened.run("document.querySelector('.save').textContent") == ".xlsx herunterladen"
    assert opened.run("""document.querySelector('[data-at="B5"]').value""") == "1,1000"
    click(opened, "C13")
    told = panel(opened)
    assert 'Dies ist "a" mal das Quadrat von "x" plus "b" mal "x" plus "c".' in told
    assert told.endswith("3,3: gleich")
    english = {text for text in PAGE if f"\n{text}" in told} - {"In torch"}
    assert not english
    opened.run("""document.querySelector('[data-at="B5"]').focus()""")
    assert opened.run("document.activeElement.value") == "1,1"
    opened.run("document.activeElement.value = '0,25'; document.activeElement.blur()")
    opened.settled()
    assert opened.run("valueAt('Fit', 4, 1)") == 0.25
    opened.close()


def test_a_chart_names_what_a_cell_names_and_has_no_tick_twice(
    browser: Browser, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    opened = Page(browser, write(lesson_file("learning_rate"), tmp_path / "page.html").as_uri() + "#Rates")
    labels = opened.run("[...document.querySelectorAll('.chart .tick')].map((one) => one.textContent)")
    assert "0.002" in labels
    assert not [text for text in labels if text.startswith("=")]
    opened.run("location.hash = '#Limit'")
    ticks = """[...document.querySelectorAll('.chart')].map((one) =>
        [...one.querySelectorAll('.tick[text-anchor=end]')].map((t) => t.textContent))"""
    for one in [*opened.run(ticks)]:
        assert len(set(one)) == len(one), one
    opened.close()


def test_yellow_cells_follow_their_heading_in_a_narrow_window(lesson_file: Callable[[str], Path]) -> None:
    book = find_manifest(reader.read(lesson_file("embeddings"))).workbook.book
    match = parts(next(page for page in book.pages if page.name == "Match"))
    heading = match.index(("words", 3, 0, 1, 3))
    assert match[heading + 1] == ("table", 4, 0, 2, 3)

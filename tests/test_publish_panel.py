"""publish: what a learner does with a page: asks a cell what it is, plays, moves sliders and arrows, downloads."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from sheetnet.book.build import evaluate_blocks
from sheetnet.checking.examined import begin
from sheetnet.graph import torch_text
from sheetnet.page.area import cell_address
from sheetnet.page.language import filled
from sheetnet.web.blocks import Panels
from sheetnet.web.content import content
from sheetnet.web.page import html, write
from tests.browser import CHROMIUM, Browser, Page, browsing


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not CHROMIUM:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed: apt-get install chromium")
    with browsing(tmp_path_factory.mktemp("chromium")) as started:
        yield started


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


@pytest.mark.parametrize(("name", "least"), [("quadratic", 80), ("convolution", 120), ("learning_rate", 280)])
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
        "This is “a” times the square of “x” plus “b” times “x” plus “c”.",
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

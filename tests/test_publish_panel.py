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
from sheetnet.web.page import write
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

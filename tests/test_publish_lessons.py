"""publish: every formula cell of the lessons' pages holds what the graph and the workbook say, at load and after edits.

PAGE_EDITS=10 tries all lessons with so many edits each, and prints a line of figures for each (pytest -s); without it
the quick ones are tried, with two.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import numpy as np
import pytest

from sheetnet.checking.blocks import _parts, _spoilt
from sheetnet.checking.compare import RELATIVE, floor_of, hold_against
from sheetnet.checking.examined import Examined, begin
from sheetnet.checking.report import BlockReport
from sheetnet.course.listing import LISTING
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.graph.node import Node
from sheetnet.graph.shaken import shaken
from sheetnet.graph.undecided import Undecided
from sheetnet.page.area import cell_address
from sheetnet.page.book import Block
from sheetnet.page.rule import Rule
from sheetnet.web.content import content
from sheetnet.web.page import html
from tests.browser import Browser, Page
from tests.test_publish import ALL_VALUES, emptied

QUICK, FEW, PATIENCE = ("quadratic", "relu", "matmul", "learning_rate", "optimisers"), 2, 900.0
EDITS = int(os.environ.get("PAGE_EDITS", "0"))
Cells = Mapping[tuple[str, int, int], Any]


class Trial:
    """A workbook beside its page, whose formula cells come empty: all that stands in them is the page's own."""

    def __init__(self, path: Path) -> None:
        self.seen: Examined = begin(path, "a page", False)
        self.book = self.seen.found.workbook.book
        self.live = [block for block in self.book.blocks if block.style != "values"]
        self.typed: dict[str, str] = {}
        self.worst = 0.0  # difference, as a share of the block's magnitude

    def stored(self) -> Cells:
        """What the workbook holds in its formula cells."""
        sheets = self.seen.contents.sheets
        return {
            (block.area.sheet, r, c): sheets[block.area.sheet].stored.get((r, c))
            for block in self.live
            for r, c in block.area.cells()
        }

    def faults(self, cells: Cells) -> list[str]:
        """The formula cells that are not what the graph says, the first of each block, in words."""
        workbook = self.seen.found.workbook
        got = {block.id: _numbers(block, cells) for block in self.live}
        inputs = self.seen.inputs | workbook.no_answers()
        said = dict(part for block in self.live for part in _parts(block.node, got[block.id]))
        nodes, given = [block.node for block in self.live], workbook.by_node(inputs)
        expected = dict(zip(nodes, with_magnitudes(nodes, given, settle=Undecided(said).settle), strict=True))
        floors = {node: floor_of(magnitude) for node, (_, magnitude) in expected.items()}
        out = self._held(got, expected, floors)
        if out:  # as check does where a descent makes its own rounding grow
            moved = shaken({node: value for node, (value, _) in expected.items()}, given, Undecided(said).settle)
            floors = {node: np.maximum(floors[node], most.max(axis=0, initial=0.0)) for node, most in moved.items()}
            out = self._held(got, expected, floors)
        return out

    def _held(self, got: Mapping[str, Any], expected: Mapping[Node, Any], floors: Mapping[Node, Any]) -> list[str]:
        out = []
        for block in self.live:
            value, magnitude = expected[block.node]
            line = BlockReport(block.id, block.area.full(fixed=False), got[block.id].size)
            spoilt = _spoilt(self.seen.found.workbook, block, value)
            most, _ = hold_against(
                line, block.area, got[block.id], value, RELATIVE, floors[block.node], "differs", spoilt
            )
            self.worst = max(self.worst, most / magnitude.max(initial=1e-300))
            out += [str(line.finding)] if line.finding else []
        return out

    def edits(self, seed: int, n: int) -> Iterator[str]:
        """The address of the page after each of so many edits of yellow cells: numbers near those that stand there."""
        draw = random.Random(seed)
        rules = [(rule, block) for page in self.book.pages for rule in page.rules if (block := self._typed_in(rule))]
        for _ in range(n):
            rule, block = draw.choice(rules)
            r, c = draw.choice([*rule.area.cells()])
            at = r - block.area.row, c - block.area.col
            if not np.isfinite(self.seen.inputs[block.id][at]):  # an empty cell
                continue
            value = _near(float(self.seen.inputs[block.id][at]), rule, draw)
            self.seen.inputs[block.id] = self.seen.inputs[block.id].copy()
            self.seen.inputs[block.id][at] = value
            self.typed[f"{quote_plus(rule.area.sheet)}.{cell_address(r, c)}"] = repr(value)
            yield "#" + "&".join([quote_plus(rule.area.sheet), *(f"{k}={v}" for k, v in self.typed.items())])

    def _typed_in(self, rule: Rule) -> Block | None:
        """The block of numbers, which are no answers, in which the cells of a rule are."""
        cells = {*rule.area.cells()}
        return next(
            (
                block for block in self.book.blocks
                if block.area.sheet == rule.area.sheet and block.style == "values" and block.role == "input"
                and cells <= {*block.area.cells()} and block.id in self.seen.inputs
                and self.seen.inputs[block.id].dtype != object
            ),
            None,
        )  # fmt: skip


def _near(value: float, rule: Rule, draw: random.Random) -> float:
    """A number like one, that the rule lets stand; whole ones are some steps away."""
    for _ in range(99):
        new = (
            value + draw.randint(-5, 5)
            if rule.whole
            else round(value * draw.uniform(0.8, 1.2) + draw.gauss(0, 0.02), 4)
        )
        if new != value and rule.allows(new):
            return int(new) if rule.whole else new
    return value


def _numbers(block: Block, cells: Cells) -> np.ndarray:
    """What stands in the cells of a block, as check reads it: nan for an error value."""
    out = np.empty((block.area.n_rows, block.area.n_cols), dtype=object)
    for r, c in block.area.cells():
        value = cells.get((block.area.sheet, r, c))
        error = isinstance(value, str) and value.startswith("#") and value.endswith(("!", "?", "A"))
        out[r - block.area.row, c - block.area.col] = np.nan if error else "" if value is None else value
    texts = any(isinstance(one, str) for one in out.flat)
    return out if texts else out.astype(float)


def cells_of(page: Page) -> Cells:
    """All formula cells of a page, as they are now."""
    return {(sheet, r, c): value for sheet, cells in page.run(ALL_VALUES) for r, c, value in cells}


def edited(page: Page, address: str) -> float:
    """How many ms it took until all that follows from another address stood on the page."""
    return float(
        page.run(
            f"""new Promise((done) => {{
                const begin = performance.now();
                const look = () => document.documentElement.dataset.state === 'ready'
                    ? done(performance.now() - begin) : setTimeout(look, 2);
                addEventListener('hashchange', look, {{once: true}});
                location.hash = {json.dumps(address)};
            }})"""
        )
    )


def as_page(shown: dict[str, Any], css: str, target: Path) -> str:
    """The address of a page that is written there."""
    target.write_text(html(shown, css), encoding="utf-8", newline="\n")
    return target.as_uri()


@pytest.mark.parametrize("lesson", LISTING if EDITS else QUICK)
def test_every_formula_cell_is_what_the_graph_says_after_load_and_after_each_edit(
    browser: Browser, lesson: str, lesson_file: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.browser.SECONDS", PATIENCE)
    trial = Trial(lesson_file(lesson))
    shown, looks = content(lesson_file(lesson))
    page = Page(browser, as_page(emptied(shown), looks.css, tmp_path / "page.html"))
    cells = cells_of(page)
    assert cells.keys() == trial.stored().keys()
    assert not trial.faults(trial.stored())
    assert not trial.faults(cells)
    spent = []
    for address in trial.edits(LISTING[lesson].number, EDITS or FEW):
        spent.append(edited(page, address))
        assert not trial.faults(cells_of(page)), address
    page.close()
    if EDITS:
        begin = time.monotonic()
        page = Page(browser, as_page(shown, looks.css, tmp_path / "whole.html"))
        awake, size = time.monotonic() - begin, (tmp_path / "whole.html").stat().st_size
        page.close()
        times = f"{np.median(spent):.0f} | {max(spent):.0f}"
        print(f"| {lesson} | {len(cells)} | {trial.worst:.1e} | {times} | {awake * 1000:.0f} | {size / 1e6:.2f} |")


def test_one_formula_that_says_another_thing_is_found(
    browser: Browser, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    trial = Trial(lesson_file("matmul"))
    shown, looks = content(lesson_file("matmul"))
    formula = next(one for sheet in shown["sheets"] for one in sheet["formulas"] if "MMULT" in one[2])
    formula[2] += "*(1+1E-9)"
    page = Page(browser, as_page(emptied(shown), looks.css, tmp_path / "page.html"))
    assert trial.faults(cells_of(page))
    page.close()

"""Long work in a notebook says how far it is; short work, work elsewhere and a notebook that is kept say nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import IPython.display
import numpy as np
import pytest

import sheetnet as sn
from sheetnet.common import notebook
from sheetnet.common.notebook import SWITCH, tell, telling

TABLE_OF = np.random.default_rng(1)


class Screen:
    """What a notebook shows: each line as it was first shown, and as it is after each update."""

    def __init__(self) -> None:
        self.lines: list[list[str]] = []

    def display(self, shown: Any, display_id: bool = False) -> Any:
        assert display_id
        line = [repr(shown)]
        self.lines.append(line)
        return SimpleNamespace(update=lambda again: line.append(repr(again)))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Screen]:
    """A notebook in which everything takes long enough."""
    found = Screen()
    monkeypatch.setattr(IPython.display, "display", found.display)
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: SimpleNamespace(kernel=None))
    monkeypatch.setattr(notebook, "AFTER", 0.0)
    monkeypatch.setattr(notebook, "BEAT", 0.0)
    monkeypatch.delenv(SWITCH, raising=False)
    return found


def table() -> sn.Table:
    X = TABLE_OF.normal(size=(12, 2))
    return sn.table(X, X[:, 0] - X[:, 1], name="rows")


def test_a_run_a_sweep_a_build_and_a_check_say_how_far_they_are(screen: Screen, tmp_path: Path) -> None:
    rows, path = table(), tmp_path / "n.xlsx"
    for work, words in (
        (lambda: sn.train(sn.mlp(rows, 2), rows, epochs=40, device="cpu"), "training: 40 of 40, loss "),
        (lambda: sn.train(sn.linear(sn.titanic()), sn.titanic(), epochs=40, device="cpu"), "training: 40 of 40, loss "),
        (lambda: sn.sweep(sn.mlp(rows, 2), rows, nets=10, epochs=5, device="cpu"), "nets: 10 of 10"),
        (lambda: sn.build(path, rows, sn.linear(rows), epochs=2), f"build: writing {path}"),
        (lambda: sn.check(path), "check: asking torch"),
    ):
        screen.lines.clear()
        work()
        (line,) = screen.lines
        assert any(said.startswith(words) for said in line), line
        assert line[-1] == ""  # and nothing is left of it


def test_ones_own_progress_is_told_and_nothing_shown_beside_it(screen: Screen) -> None:
    told: list[int] = []
    sn.train(sn.mlp(table(), 2), table(), epochs=3, device="cpu", progress=lambda epoch, loss: told.append(epoch))
    assert told[-1] == 3
    assert not screen.lines


def test_an_error_takes_the_line_away(screen: Screen) -> None:
    @telling("work")
    def fail() -> None:
        tell("of it")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert screen.lines[0][-1] == ""


def test_work_within_work_has_no_line_of_its_own(screen: Screen) -> None:
    with telling("outer") as outer, telling("inner", 5) as inner:
        assert inner is outer
        tell("deep within")
    assert len(screen.lines) == 1


def test_work_that_says_nothing_is_shown_all_the_same(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "AFTER", 0.01)
    with telling("silent"):
        until = time.perf_counter() + 5
        while not screen.lines and time.perf_counter() < until:
            time.sleep(0.005)
    assert screen.lines[0][0] == "silent"


def test_short_work_shows_nothing(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook, "AFTER", 60.0)
    with telling("short", 10) as line:
        assert line is not None
        line.to(10)
    assert not screen.lines


@pytest.mark.parametrize("word", ["off", "0"])
def test_a_notebook_that_is_kept_stays_quiet(screen: Screen, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv(SWITCH, word)
    with telling("work") as line:
        assert line is None
        tell("something")
    assert not screen.lines


def test_elsewhere_nothing_is_shown(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    for shell in (None, SimpleNamespace()):  # plain Python, and IPython in a terminal
        monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda shell=shell: shell)
        with telling("work") as line:
            assert line is None


def test_what_a_line_says_is_no_html(screen: Screen) -> None:
    with telling("build", 4) as line:
        assert line is not None
        line.to(1, "<b>x</b>")
        text, html = line._said()
    assert text == "build: 1 of 4, <b>x</b>"
    assert html.endswith("build: 1 of 4, &lt;b&gt;x&lt;/b&gt;</div>")
    assert '<progress value="1" max="4">' in html

"""show: a page within a notebook."""

from __future__ import annotations

import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest

import sheetnet as sn
from sheetnet.web.page import page
from tests.browser import Browser, Page
from tests.conftest import edit_xml
from tests.test_publish import HOSTILE
from tests.test_publish_site import WORDS


class Frames(HTMLParser):
    """The attributes of all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_a_notebook_shows_the_page_in_a_frame_that_may_calculate_alone(lesson_file: Callable[[str], Path]) -> None:
    path = lesson_file("quadratic")
    shown = sn.show(path, height=300)
    ((tag, frame),) = Frames(shown._repr_html_()).found
    assert (tag, frame["sandbox"], frame["height"]) == ("iframe", "allow-scripts", "300")
    assert frame["srcdoc"] == page(path)
    assert sn.show(SimpleNamespace(path=path))._repr_html_() == sn.show(str(path))._repr_html_()
    assert "sheetnet publish" in repr(shown)
    assert "\n" not in repr(shown)


@pytest.mark.parametrize(
    ("what", "words"), [("cubic", "is no lesson"), (3, "found int"), ("none.xlsx", "there is no such file")]
)
def test_what_is_no_workbook_is_said_in_words(what: object, words: str) -> None:
    with pytest.raises(sn.SheetnetError, match=words):
        sn.show(what)  # type: ignore[arg-type]
    with pytest.raises(sn.SheetnetError, match="height"):
        sn.show("quadratic", height=3)


def test_a_page_calculates_within_its_frame_and_its_words_stay_words(
    browser: Browser, lesson_file: Callable[[str], Path], tmp_path: Path
) -> None:
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    bad = edit_xml(
        lesson_file("quadratic"),
        tmp_path / "'><script>bad=1<.xlsx",
        "xl/sharedStrings.xml",
        f">{WORDS}<",
        f">{escaped}<",
    )
    target = tmp_path / "notebook.html"
    target.write_text(f"<!doctype html><meta charset=utf-8><body>{sn.show(bad)._repr_html_()}</body>", encoding="utf-8")
    notebook = Page(browser, target.as_uri(), wait=False)
    assert notebook.run("[document.scripts.length, window.bad === undefined]") == [0, True]
    begin = time.monotonic()
    while notebook.within("document.documentElement.dataset.state") != "ready":
        assert time.monotonic() - begin < 60
        time.sleep(0.05)
    assert notebook.within("document.querySelector('.cell').textContent") == HOSTILE
    notebook.within("""[...document.querySelectorAll('.tab')].find((tab) => tab.textContent === 'Fit').click();
        cell = document.querySelector('input[data-at="B5"]');
        loss = () => document.querySelector('[aria-rowindex="5"]').textContent;
        before = loss(); cell.focus(); cell.value = '0.25'; cell.blur()""")
    while notebook.within("document.documentElement.dataset.state") != "ready":
        time.sleep(0.05)
    assert notebook.within("loss() !== before")
    assert notebook.within("location.hash") == "#Fit&Fit.B5=0.25"
    notebook.close()

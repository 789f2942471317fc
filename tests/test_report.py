"""A report says in a line, a table, a frame and as HTML what a check found."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from sheetnet.checking import BlockReport, Finding, Report
from sheetnet.errors import SheetnetError, WorkbookError


def report(bad: int | None = None) -> Report:
    """A check of a descent of five epochs, two parameters each; one block of which may differ."""
    found = Report("mine.xlsx", "ironcalc", 1234)
    found.blocks = [
        BlockReport("start.lr", "Start!B9", 1, compared=True),
        BlockReport("mlp.descent.loss", "Descent!B7:B11", 5, 1e-15, 2e-15, compared=True),
    ]
    for epoch in range(5):
        for name, column, at in (("W", "D", 1e-16), ("b", "F", 3e-16)):
            id, place = f"mlp.descent.{name}.{epoch}", f"Descent!{column}{7 + epoch}:E{7 + epoch}"
            found.blocks.append(BlockReport(id, place, 2, at * (epoch + 1), 0.0, at, 0.0, compared=True))
    if bad is not None:
        block = found.blocks[bad]
        block.finding = Finding("Descent!D9", "the sheet's value differs from <b>torch's</b>", "1", "2", computed=True)
        block.max_abs = math.nan
    return found


def test_it_is_true_where_everything_agrees() -> None:
    assert report()
    assert not report(bad=6)
    structural = report()
    structural.structure = [Finding("Start", "the sheet is missing", "nothing", "a sheet")]
    assert not structural
    assert bool(structural) == structural.ok


def test_its_repr_is_short() -> None:
    counts = "1234 formula cells recalculated by ironcalc; 10 blocks also equal torch"
    assert repr(report()) == f"<Report mine.xlsx: all 12 blocks equal, {counts}>"
    assert repr(report(bad=6)) == "<Report mine.xlsx: 1 difference found>"


def test_the_epochs_of_a_parameter_are_one_line_of_what_is_printed() -> None:
    lines = str(report()).splitlines()
    assert [line.split("  ")[0] for line in lines[2:6]] == [
        "start.lr", "mlp.descent.loss", "mlp.descent.W, 5 epochs", "mlp.descent.b, 5 epochs",
    ]  # fmt: skip
    line = " ".join(lines[4].split())
    assert line == "mlp.descent.W, 5 epochs Descent!D7:E7 to D11:E11 10 5.0e-16 0 1.0e-16 equal"
    assert lines[-1].startswith("mine.xlsx: all 12 blocks equal")


def test_an_epoch_that_differs_is_seen_in_its_line_and_below() -> None:
    words = str(report(bad=6))
    (line,) = [line for line in words.splitlines() if line.startswith("mlp.descent.W")]
    assert line.endswith("differs in 1")
    assert " nan " in line
    assert "mlp.descent.b, 5 epochs" in words
    assert "Descent!D9: the sheet's value differs" in words
    assert words.endswith("mine.xlsx: 1 difference found; see above.")


def test_programs_get_every_block() -> None:
    blocks = json.loads(report(bad=6).to_json())["blocks"]
    assert [block["id"] for block in blocks] == [block.id for block in report().blocks]
    frame = report(bad=6).frame
    assert list(frame.index) == [block.id for block in report().blocks]
    assert frame.loc["mlp.descent.W.2", "verdict"] == "differs"
    assert (frame["verdict"] == "equal").sum() == 11
    assert frame.loc["mlp.descent.b.4", "max_abs"] == pytest.approx(1.5e-15)
    assert np.isnan(frame.loc["start.lr", "torch_abs"])
    assert Report("empty.xlsx", "ironcalc", 0).frame.shape == (0, 7)


def test_it_raises_what_it_found_first_and_says_how_much_more() -> None:
    report().raise_if_bad()
    with pytest.raises(WorkbookError, match=r"mine\.xlsx: Descent!D9: .* got 1 expected 2$"):
        report(bad=6).raise_if_bad()
    two = report(bad=6)
    two.structure = [Finding("Start", "the sheet is missing", "nothing", "a sheet")]
    with pytest.raises(SheetnetError, match=r"mine\.xlsx: Start: the sheet is missing .*; and 1 more, see print"):
        two.raise_if_bad()


def test_in_a_notebook_it_is_a_table_and_words_stay_words() -> None:
    html = report(bad=6)._repr_html_()
    assert "<td>mlp.descent.W, 5 epochs</td>" in html
    assert "&lt;b&gt;torch&#x27;s&lt;/b&gt;" in html
    assert "<b>" not in html
    assert html.count("<tr>") == html.count("</tr>") == 5


def presented(strict: bool = False) -> Report:
    found = report()
    found.strict = strict
    found.presentation = [Finding("Start!B9", "the <fill> is another", "FFFFFF", "FFF9D6")]
    return found


def test_what_is_only_shown_otherwise_is_told_and_is_no_difference() -> None:
    found = presented()
    assert found.ok
    assert found.findings == []
    words = str(found)
    assert "(--strict makes these differences):\nStart!B9: the <fill> is another\n" in words
    assert words.splitlines()[-1].startswith("mine.xlsx: all 12 blocks equal")
    content = json.loads(found.to_json())
    assert (content["ok"], content["presentation"][0]["where"]) == (True, "Start!B9")
    assert "the &lt;fill&gt; is another" in found._repr_html_()


def test_what_is_only_shown_otherwise_is_a_difference_where_strict() -> None:
    found = presented(strict=True)
    assert not found
    assert found.findings == found.presentation
    assert str(found).count("the <fill> is another") == 1
    assert str(found).endswith("1 difference found; see above.")
    with pytest.raises(WorkbookError, match="Start!B9"):
        found.raise_if_bad()

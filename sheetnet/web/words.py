"""The page's own words, in English, which are the keys of other languages."""

from __future__ import annotations

from collections.abc import Iterator

from sheetnet.graph import aloud
from sheetnet.page.language import present, said
from sheetnet.web.blocks import TEXTS

SCRIPT = "This page calculates in your browser: allow it to run its script."
TITLE = "Learn how a model learns"  # of the index
WORDS = (
    "Each lesson is a workbook that calculates in your browser. Yellow cells may be changed: all that follows from them"
    " is calculated anew. What you type stands in the page's address, and can be sent as a link."
)
KEPT = "When this page has been open for a minute, all pages work without a network."
PAGE = (  # of source/*.ts
    "All yellow cells as they came", "Close", "Download .xlsx", "Epoch", "Epochs", "Formula",
    "Here i is {i}: torch counts rows from 0.", "In torch", "In words", "No file can be made here: {why}", "Pause",
    "Play", "Read", "Reset", "Sheets", "Slider of {cell}", "Step", "Step back",
    "The engine cannot start here: {why}", "The engine gave up: {why}. Reload the page.", "What this cell does",
    "What torch says", "Whole grid", "Words, cells and charts below each other, or as they stand on the sheet",
    "calculating", "data, may be changed", "may be changed", "waking",
    "{name} is {rows} × {cols}: rows × columns. This is row {row}, column {col}.", "{name}: one number (1 × 1)",
)  # fmt: skip


def texts() -> Iterator[str]:
    """All English texts that a page says and its workbook does not, for translators."""
    yield from (SCRIPT, TITLE, WORDS, KEPT, *PAGE, *TEXTS, *aloud.texts())


def words() -> dict[str, str]:
    """What the page's own words are called in the language of now; nothing for English."""
    return {text: said(text) for text in (SCRIPT, TITLE, WORDS, KEPT, *PAGE)} if present() else {}

"""The delivered workbook as a page carries it: without what the page knows already, so that it is small.

The page fills in formulas and values as they are then, and makes a file of it again (source/download.ts).
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any
from xml.sax.saxutils import unescape

from sheetnet.book import reader
from sheetnet.book.manifest import MANIFEST_SHEET
from sheetnet.page.area import cell_address, column_of

QUOTES = {"&quot;": '"', "&apos;": "'"}
TOKEN = re.compile(r'<row r="(\d+)"|<c(?: r="([A-Z]+)\d+")?((?: \w+="[^"]*")*)(?:/>|>(.*?)</c>)', re.DOTALL)
FORMULA = re.compile(r"(<f(?: [^>]*)?>)([^<]*)</f>")
VALUE = re.compile(r"<v>[^<]*</v>")


def delivered(path: Path, shown: dict[str, Any]) -> bytes:
    """The parts of a workbook and which of them is which sheet, as packed JSON; shown: what content gives of it."""
    contents = reader.read(path)
    parts = {name: part.decode("latin-1") for name, part in contents.package.parts.items()}
    sheets = {
        sheet["name"]: contents.paths[sheet["name"]] for sheet in shown["sheets"] if sheet["name"] != MANIFEST_SHEET
    }
    for sheet in shown["sheets"]:
        part = sheets[sheet["name"]]
        parts[part] = _bare(parts[part], _formulas(sheet))
    text = json.dumps({"name": path.name, "sheets": sheets, "parts": parts}, separators=(",", ":"))
    return gzip.compress(text.encode(), 9, mtime=0)


def _formulas(sheet: dict[str, Any]) -> dict[tuple[int, int], str]:
    """The formulas of a sheet as the page shows them."""
    known = {(row, col): text for row, col, text, *_ in sheet["formulas"]}
    return known | {(row, col): text for text, *cells in sheet["written"] for row, col in cells}


def _bare(xml: str, known: dict[tuple[int, int], str]) -> str:
    """A sheet whose cells have no numbers, and no formulas that the page shows in the same text."""
    row, col = 0, -1

    def bare(found: re.Match[str]) -> str:
        nonlocal row, col
        line, letters, rest, inner = found.groups()
        if line:
            row, col = int(line) - 1, -1
            return found[0]
        at = col + 1 if letters is None else column_of(letters)
        place = "" if at == col + 1 else f' r="{cell_address(row, at)}"'
        col = at
        if inner is None:
            return f"<c{place}{rest}/>"
        if 't="s"' not in rest and 't="inlineStr"' not in rest:
            inner = VALUE.sub("<v></v>", inner)
            inner = FORMULA.sub(lambda one: _without(one, known.get((row, at), "")), inner)
        return f"<c{place}{rest}>{inner}</c>"

    return TOKEN.sub(bare, xml)


def _without(found: re.Match[str], shown: str) -> str:
    text = unescape(found[2].encode("latin-1").decode(), QUOTES)
    return f"{found[1]}</f>" if text and f"={text}" == shown else found[0]

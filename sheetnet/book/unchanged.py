"""Whether a file already is the workbook that was just written, but for the last bits of calculated numbers.

Another processor rounds some sums otherwise. A workbook that differs from the one that stands in its place by no more
than that is left alone, so that building a committed workbook leaves a checkout clean.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from sheetnet.book.manifest import DIGEST
from sheetnet.page.area import area_of
from sheetnet.page.book import Block, Book

_CELL = re.compile(rb'<c r="([A-Z]+\d+)"[^>]*>(?:<f[^>]*>[^<]*</f>)?<v>([^<]*)</v>')
_STORED = re.compile(rb"<(c:)?v>[^<]*</(c:)?v>")  # of a cell, and what a chart keeps beside its ranges
LAST_BITS = 1e-12  # beside a number, and beside the numbers that it comes from: two processors are closer than that
MOST = 64 << 20  # bytes of one part; ours are far smaller


def same_workbook(old: Path, new: Path, book: Book, sizes_of: Callable[[], Mapping[str, float]]) -> bool:
    """Whether old holds the same sheets, formulas, words and inputs as new, and calculated numbers to the last bits.

    sizes_of: gives, by the id of each block that holds formulas or torch's numbers, how large the numbers are that it
    comes from; asked for where the files differ, which on one machine they seldom do.
    A file that is no workbook, or that somebody has saved with another program, is another.
    """
    try:
        with zipfile.ZipFile(old) as a, zipfile.ZipFile(new) as b:
            if a.namelist() != b.namelist() or any(part.file_size > MOST for part in a.infolist()):
                return False
            parts = [(name, was, is_) for name in b.namelist() if (was := a.read(name)) != (is_ := b.read(name))]
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return False
    pages = {f"xl/worksheets/sheet{i}.xml": page.name for i, page in enumerate(book.pages, start=1)}
    sizes = sizes_of() if parts else {}
    for name, was, is_ in parts:
        bare = _without_record if name == "xl/sharedStrings.xml" else _without_values
        blocks = [block for block in book.blocks if block.area.sheet == pages.get(name)]
        if bare(was) != bare(is_) or not _same_cells(was, is_, blocks, sizes):
            return False
    return True


def _without_values(sheet: bytes) -> bytes:
    """A part of the file, but for the values of cells, and those that charts keep beside their ranges."""
    return _STORED.sub(b"", sheet)


def _without_record(strings: bytes) -> str:
    """The words of a workbook, with its hidden record of numbers set aside: their cells are compared."""
    text = strings.decode()
    start = text.find('{"sheetnet":')
    if start < 0:
        return text
    found = re.sub(r"</t></si><si><t[^>]*>", "", text[start:])
    end = found.rfind("}") + 1
    content = json.loads(found[:end].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    content = {key: value for key, value in content.items() if key not in ("record", DIGEST)}
    return re.sub(r'(unique)?[cC]ount="\d+"', "", text[:start]) + json.dumps(content) + found[end:]


def _same_cells(was: bytes, is_: bytes, blocks: list[Block], sizes: Mapping[str, float]) -> bool:
    """Whether the numbers of a sheet are the same: to the last bits where a block was calculated, else exactly."""
    loose = {at: sizes[block.id] for block in blocks if block.id in sizes for at in block.area.cells()}
    for (cell, a), (other, b) in zip(_CELL.findall(was), _CELL.findall(is_), strict=True):
        if cell != other:
            return False
        if a == b:
            continue
        at = area_of("", cell.decode())
        try:
            x, y = float(a), float(b)
        except ValueError:
            return False
        size = loose.get((at.row, at.col))
        if size is None or not np.isclose(x, y, rtol=LAST_BITS, atol=LAST_BITS * size):
            return False
    return True

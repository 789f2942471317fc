"""Basins as a workbook: the different final losses with how many starts have them, and a map of the starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from sheetnet.book.xlsx import Formats, lay_out, new_file, replacing
from sheetnet.errors import WorkbookError
from sheetnet.page.area import Area
from sheetnet.page.book import Book
from sheetnet.page.look import HEAT
from sheetnet.page.screen import check_overlaps
from sheetnet.sweep_book.heat import BY_RANK
from sheetnet.sweep_book.pen import Pen

if TYPE_CHECKING:
    import pandas as pd

MAX_SIDE = 100  # columns of the map
HEADER = 3  # row of the table's header
COLUMNS = {  # heading, number format, width
    "loss": ("final loss", "heat_loss", 13.0),
    "starts": ("starts", "plain", 10.0),
    "share": ("share of all", "share", 14.0),
    "nets": ("different nets", "plain", 16.0),
    "unlike": ("with units in any order", "plain", 24.0),
}


class Ended(Protocol):
    """What basins must tell so that their workbook can be written; training.basins.Basins does."""

    @property
    def minima(self) -> pd.DataFrame:
        """A row for each different final loss: loss, starts, share, nets, unlike."""

    @property
    def grid(self) -> np.ndarray:
        """The final losses (side, side), second direction by first; nan where there is none."""

    @property
    def size(self) -> float:
        """How far starts go along each direction."""

    @property
    def epochs(self) -> int:
        """How many steps each net made."""

    @property
    def lr(self) -> float:
        """The learning rate of all."""


def write_basins(basins: Ended, path: Path) -> None:
    """Write the workbook: the minima, and a map of the starts.

    Raises: WorkbookError when no start has a final loss, or the target cannot be written.
    """
    if basins.minima.empty:
        raise WorkbookError(f"{path}: no start has a final loss; there is nothing to write")
    starts = int(np.isfinite(basins.grid).sum())
    with replacing(path) as content:
        title = f"Basins: where {starts:,} starts end"
        file, book = new_file(content, title), Book()
        formats = Formats(file)
        for pen in (_minima(file, formats, book, basins, title), _map(file, formats, book, basins)):
            check_overlaps(pen.page, pen.areas)
            lay_out(pen.sheet, pen.page, formats)
        file.close()


def _minima(file: Any, formats: Formats, book: Book, basins: Ended, title: str) -> Pen:
    about = f"Each start made {basins.epochs:,} steps at the learning rate {basins.lr:g}. Each row is one final loss."
    page = book.page("Basins", title, about, freeze=(HEADER + 1, 0), active=(HEADER + 1, 0))
    pen = Pen(file, formats, page)
    table = basins.minima
    area = Area("Basins", HEADER, 0, len(table) + 1, len(COLUMNS))
    pen.sheet.claim(area)
    for col, (key, (_, format, width)) in enumerate(COLUMNS.items()):
        page.widths[col] = width
        form = formats.get("torch", format)
        for row, value in enumerate(table[key].tolist(), HEADER + 1):
            pen.sheet.put(row, col, float(value), form)
    page.tabulate("minima", area, tuple(heading for heading, _, _ in COLUMNS.values()))
    words = (
        "How to read it",
        "A net that stops at a loss above the least one is in a poor minimum, or not yet at the bottom.",
        "Two nets are one where their units say the same for every row.",
        "Units may change places: the last column does not count such nets twice.",
    )
    page.widths[len(COLUMNS)], page.widths[len(COLUMNS) + 1] = 2.0, 80.0
    for row, line in enumerate(words, HEADER):
        page.text(row, len(COLUMNS) + 1, line, "band_plain" if row == HEADER else "plain")
    return pen


def _map(file: Any, formats: Formats, book: Book, basins: Ended) -> Pen:
    step = -(-len(basins.grid) // MAX_SIDE)
    grid = basins.grid[::step, ::step][::-1]  # the second direction goes up
    marks = np.linspace(-basins.size, basins.size, len(basins.grid))[::step] if len(basins.grid) > 1 else np.zeros(1)
    about = "Each cell is one start. Its colour is its final loss: blue is low, red is high. Blank: there is no loss."
    page = book.page("Map", "Map: the start weights in two directions", about, freeze=(4, 1), active=(4, 1))
    pen = Pen(file, formats, page)
    page.widths |= {0: 18.0, **dict.fromkeys(range(1, 1 + len(marks)), 8.0)}
    page.text(2, 1, "first direction", "about")
    page.text(3, 0, "second direction", "label")
    for at, mark in enumerate(marks.tolist()):
        pen.put(3, 1 + at, round(mark, 3), "rate", "heat_mark")
        pen.put(3 + len(marks) - at, 0, round(mark, 3), "rate", "label")
    for (i, j), loss in np.ndenumerate(grid):
        pen.put(4 + i, 1 + j, float(loss), "heat_loss", "heat")
    low, middle, high = HEAT
    colours = BY_RANK | {"type": "3_color_scale", "min_color": low, "mid_color": middle, "max_color": high}
    pen.sheet.conditional_format(*Area("", 4, 1, *grid.shape).corners, colours)
    return pen

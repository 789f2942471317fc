"""A sweep as a workbook: an overview, every net a row, and the weights of the best.

The nets are sorted, the best first: so the first of several equal losses is the same net in every program.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.book.xlsx import Formats, lay_out, new_file, replacing
from sheetnet.errors import WorkbookError
from sheetnet.models.model import KINDS
from sheetnet.page.area import Area
from sheetnet.page.book import Book
from sheetnet.page.screen import check_overlaps
from sheetnet.sweep_book.overview import COLUMNS, Overview
from sheetnet.sweep_book.pen import Pen
from sheetnet.sweep_book.swept import Swept

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 50_000  # nets on the sheet
HEADER = 3  # row of the table's header on Nets


def write_sweep(sweep: Swept, path: Path) -> None:
    """Write the workbook of a sweep: what came of the nets, every net (or a sample), the weights of the best.

    Raises: WorkbookError when no net was trained, or the target cannot be written.
    """
    if sweep.table.empty:
        raise WorkbookError(f"{path}: the sweep was stopped before a net was done; there is nothing to write")
    nets = _shown(sweep.table, sweep.model.rectified)
    with replacing(path) as content:
        title = f"Sweep: {len(sweep.table):,} nets, and how they ended"
        file, book = new_file(content, title), Book()
        formats = Formats(file)
        about = "Each result here is a formula over the sheet Nets. Change a yellow cell and look at what moves."
        first = Pen(file, formats, book.page("Sweep", title, about, freeze=(2, 0), gridlines=False))
        second = _nets(file, formats, book, nets, len(sweep.table))
        third = _best(file, formats, book, sweep)
        Overview(first, sweep, nets).fill()
        for pen in (first, second, third):
            check_overlaps(pen.page, pen.areas)
            lay_out(pen.sheet, pen.page, formats)
        first.sheet.activate()
        file.close()


def _shown(table: pd.DataFrame, rectified: bool) -> pd.DataFrame:
    """The nets of the sheet, the best first; of very many a sample. What says nothing of a net is missing."""
    nets = (
        table[[key for key in COLUMNS if key in table]]
        .reset_index(drop=True)
        .astype({"diverged_at": "Float64"})
        .astype(float)
    )
    nets.insert(0, "net", np.arange(1.0, len(nets) + 1))
    nets = nets.replace([np.inf, -np.inf], np.nan)
    nets.loc[nets["loss"].isna(), "accuracy"] = np.nan
    nets.loc[nets["diverged_at"].notna(), "dead_units"] = np.nan
    if not rectified:
        del nets["dead_units"]
    nets = nets.sort_values("loss", kind="stable")
    if len(nets) > MAX_ROWS:
        others = np.random.default_rng(0).choice(len(nets) - 1, MAX_ROWS - 1, replace=False) + 1
        nets = nets.iloc[np.r_[0, np.sort(others)]]
    return nets.reset_index(drop=True)


def _nets(file: Any, formats: Formats, book: Book, nets: pd.DataFrame, n_all: int) -> Pen:
    """Every net a row, as a table to sort and filter, with a name for each column that formulas use."""
    title = f"Nets: {len(nets):,} nets, the best first"
    about = "The arrows in the headings sort and filter. A blank says that there is no such number."
    if len(nets) < n_all:
        about = f"The best and {len(nets) - 1:,} others of {n_all:,} nets, drawn at random. " + about
    pen = Pen(file, formats, book.page("Nets", title, about, freeze=(HEADER + 1, 1), active=(HEADER + 1, 0)))
    first = HEADER + 1
    area = Area("Nets", HEADER, 0, len(nets) + 1, len(nets.columns))
    pen.sheet.claim(area)
    headings = []
    for col, key in enumerate(nets.columns):
        heading, name, format, style, width = COLUMNS[key]
        headings.append(heading)
        pen.page.widths[col] = width
        if name:
            pen.name(name, first, col, max(2, len(nets)))  # two: see heat.py
        form, put = formats.get(style, format), pen.sheet.put
        for row, value in enumerate(nets[key].tolist(), first):
            if value == value:
                put(row, col, value, form)
    pen.page.tabulate("nets", area, tuple(headings))
    return pen


def _best(file: Any, formats: Formats, book: Book, sweep: Swept) -> Pen:
    """The best net's weights at its start and at its end, a row for each unit, as a model's sheet has them."""
    title = "Best: the weights of the best net, at its start and at its end"
    about = "A row for each unit, a column for each feature, as on a model's sheet."
    page = book.page("Best", title, about, freeze=(2, 1), active=(3, 0))
    pen = Pen(file, formats, page)
    page.widths |= {0: 18.0, **{1 + i: min(40.0, max(10.0, len(f) + 3)) for i, f in enumerate(sweep.features)}}
    if np.isnan(sweep.best["W"]).any():
        page.text(3, 0, "No net ended with a finite loss: there is no best one.", "lead")
        return pen
    model = sweep.model
    if model.name in KINDS:
        page.text(3, 0, f"To see them at work, go to the sheet {model.title} of a workbook of `sheetnet build`.")
        page.text(4, 0, "Copy the weights at the end, click on its first yellow weight (B7), Paste special > Values.")
        words = f"its Loss is the final loss of the sheet Sweep, as closely as {sweep.dtype} has it."
        page.text(5, 0, f"The headings must be the same; then {words}")
    elif model.rectified:
        page.text(3, 0, "Each unit is MAX(0, SUMPRODUCT(features, its weights)); their sum is the prediction.")
    row = 7
    for what, weights, style in (("start", sweep.start["W"], "data"), ("end", sweep.best["W"], "torch")):
        page.text(row, 0, f"Weights at the {what}", "band_plain", wide=min(4, 1 + model.n_features))
        page.text(row + 1, 0, f"{model.n_hidden} x {model.n_features}", "shape_plain")
        for i, feature in enumerate(sweep.features):
            page.text(row + 2, 1 + i, feature, "head")
        for j, unit in enumerate(weights.T.tolist()):
            page.text(row + 3 + j, 0, f"weight {j + 1}" if model.n_hidden > 1 else "weight", "label")
            for i, weight in enumerate(unit):
                pen.put(row + 3 + j, 1 + i, weight, "weight", style)
        row += 5 + model.n_hidden
    return pen

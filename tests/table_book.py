"""A table's recipe as a workbook, laid in the plainest way, and what a spreadsheet engine makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from sheetnet import engines
from sheetnet.book import xlsx
from sheetnet.engines import CellError
from sheetnet.graph.magnitude import with_magnitudes
from sheetnet.motifs.data import Records
from sheetnet.page.book import Block, Book
from sheetnet.page.flow import across, lay
from sheetnet.page.grid import facts
from sheetnet.page.parts import table
from sheetnet.page.shown import Shown, forward, result, shown
from sheetnet.tables.recipe import Recipe
from sheetnet.tables.table import Table

WRONG = 99.0  # stored beside every formula, so that a stored value cannot pass for a computed one


def laid(recipe: Recipe) -> tuple[Book, list[Block]]:
    """Raw columns, helpers and facts on Data, rows in use and X on Features; and the blocks that are calculated."""
    book = Book()
    data = book.page("Data", "Data", "raw")
    features = book.page("Features", "Features", "in use")
    columns = {"No": Shown(recipe.number, "", "plain", "fixed")}
    for name, node in recipe.raw.items():
        columns[node.name] = Shown(node, "", "text" if recipe.schema[name].kind == "text" else "plain", "data")
    columns |= {name: Shown(node, "", "plain", "forward", "cells") for name, node in recipe.helpers.items()}
    columns = {name: replace(one, name=f"passengers[{name}]") for name, one in columns.items()}
    known = result({f"data.fact.{label}": (node, label, "plain") for label, node in recipe.facts.items()})
    lay(data, "data", across(Records("passengers", columns), facts("", known, span=2)))
    left = shown("fixed", {"no": (recipe.no, "No", "plain")}, name="No")
    if recipe.picked is not None:
        left |= forward({"row": (recipe.picked, "Row in Data", "plain")}, style="cells")
    for at, node in enumerate(recipe.columns.values()):
        own = "y" if node is recipe.y else node.name
        left |= forward({f"column_{at}": (node, node.name, "plain")}, style="cells", name=own)
    X = forward({"X": (recipe.X, "X", "feature")}, name="X", labels=tuple(recipe.features))
    lay(features, "features", table(left, None, X, frozen=True))
    return book, [block for block in book.blocks if block.style != "values"]


def recalculated(
    path: Path, table: Table, engine: str = "ironcalc"
) -> list[tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
    """Of each calculated block: its id, what the engine gives, what the graph gives, and the magnitude."""
    recipe = table.graph()
    book, calculated = laid(recipe)
    inputs = recipe.inputs(table.raw)
    values = {block.id: inputs[block.node] for block in book.blocks if block.node in inputs}
    values |= {block.id: np.full(block.node.shape, WRONG) for block in calculated}
    xlsx.write(path, book, values, "{}")
    found = with_magnitudes([block.node for block in calculated], inputs)
    with engines.get(engine).open(path) as session:
        session.recalculate()
        return [
            (block.id, read(session, block), value, size)
            for block, (value, size) in zip(calculated, found, strict=True)
        ]


def read(session: engines.Session, block: Block) -> np.ndarray:
    area = block.area
    cells = session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
    return np.array([[np.nan if isinstance(e, CellError) else e for e in line] for line in cells], dtype=object)


def assert_calculates(path: Path, table: Table, engines: Sequence[str] = ("ironcalc",)) -> None:
    """Each block of the recipe is in a sheet what it is in Python."""
    for engine in engines:
        for id, got, expected, size in recalculated(path, table, engine):
            if expected.dtype == object:
                assert got.tolist() == expected.tolist(), (engine, id)
            else:
                assert (np.abs(got.astype(float) - expected) <= 1e-12 * size).all(), (engine, id)

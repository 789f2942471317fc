"""The table of the Titanic's passengers, by one of two recipes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sheetnet.errors import DataError
from sheetnet.tables import Raw, read_passengers
from sheetnet.tables.recipe import complete_rows
from sheetnet.tables.sayings import RECIPES, lay
from sheetnet.tables.table import Passengers, Table
from sheetnet.tables.words import refusal

TOLD_APART = 1e-13  # relative: LibreOffice takes numbers for equal at 2^-48, Excel where they agree in 15 digits


def prepare(raw: Raw, recipe: str) -> Table:
    """The table that a recipe makes of raw rows.

    Raises: DataError for an unknown recipe, too few usable rows, or a column that cannot be scaled.
    """
    if recipe not in RECIPES:
        raise DataError(f"there is no recipe {recipe!r}; known are {', '.join(RECIPES)}")
    n_rows = int(complete_rows(raw).sum()) if RECIPES[recipe].drops_incomplete else raw.n_rows
    if n_rows < 2:
        raise DataError(f"{raw.source}: {n_rows} complete rows are left of {raw.n_rows}; at least 2 are needed")
    helpers = lay(recipe, raw.n_rows, n_rows).helpers
    for name, column in raw.columns.items():
        if f"Same_{name}" in helpers and column.dtype != object:
            _check_told_apart(raw.source, name, column)
    table = Table(raw, Passengers(recipe, raw.n_rows, n_rows), raw.said)
    for name, column in zip(table.features, table.X.T, strict=True):
        if np.isnan(column).any():
            raise DataError(
                f"{raw.source}: the feature {name} cannot be computed: its column is blank throughout, or"
                f" the largest entry of its column is 0. The recipe {recipe} needs at least one row where it is not 0"
            )
    return table


def _check_told_apart(source: str, name: str, column: np.ndarray) -> None:
    """Refuse numbers of which equal ones are counted, and some of which are equal in one program and not in another."""
    known = np.unique(column[~np.isnan(column)])
    near = np.flatnonzero(np.diff(known) <= TOLD_APART * np.abs(known[1:]))
    if near.size:
        one, other = known[near[0] : near[0] + 2].tolist()
        raise refusal(
            f"{source}, column {name}",
            f"found {one!r} and {other!r}",
            "numbers that every spreadsheet tells apart, as equal ones are counted",
            "round the column to 12 digits",
        )


def titanic(recipe: str = "sheet", csv: str | Path | None = None) -> Table:
    """The Titanic's passengers, prepared: X (712, 10) with recipe="sheet", X (891, 12) with recipe="notebook".

    csv: a table of your own with the same columns, such as Kaggle's train.csv.
    Raises: DataError naming file, line and column.
    """
    if csv is not None and not isinstance(csv, str | Path):
        raise DataError(
            f"csv must be the path of a file, found {type(csv).__name__}; sn.table(frame, 'Survived') takes a DataFrame"
        )
    return prepare(read_passengers(Path(csv) if csv is not None else None), recipe)

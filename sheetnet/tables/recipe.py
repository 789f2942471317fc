"""Recipes: from the raw table to feature columns, as graph; and the Table that they give.

A recipe is written once. In a sheet it is formulas that lead back to the raw data; in Python it is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sheetnet.errors import DataError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, apply, hstack, lift, row, variable, where
from sheetnet.tables import SCHEMA, Raw, read_passengers
from sheetnet.tables.words import refusal

if TYPE_CHECKING:
    import pandas as pd

TOLD_APART = 1e-13  # relative: LibreOffice takes numbers for equal at 2^-48, Excel where they agree in 15 digits


@dataclass
class Recipe:
    """A prepared table as graph: from the raw columns (n_raw, 1) to X (n, p) and y (n, 1).

    helpers stand beside the raw columns, facts are single numbers shown beside the table, picked says which raw row
    each row of X comes from, columns are the raw columns in use.
    """

    name: str
    number: Node  # (n_raw, 1): 1, 2, 3, ...
    raw: dict[str, Node]
    no: Node  # (n, 1): 1, 2, 3, ...
    helpers: dict[str, Node] = field(default_factory=dict)
    facts: dict[str, Node] = field(default_factory=dict)
    picked: Node | None = None
    columns: dict[str, Node] = field(default_factory=dict)
    features: dict[str, Node] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._X: Node | None = None

    @property
    def X(self) -> Node:
        """The feature columns side by side, (n, p)."""
        self._X = self._X or hstack(list(self.features.values())).named("X")
        return self._X

    @property
    def y(self) -> Node:
        """What is to be predicted, (n, 1)."""
        return self.columns["Survived"]

    def inputs(self, raw: Raw) -> dict[Node, np.ndarray]:
        """The values of the recipe's inputs for a raw table."""
        return {
            self.number: counting(raw.n_rows),
            self.no: counting(self.no.shape[0]),
            **{node: raw.columns[name] for name, node in self.raw.items()},
        }


def counting(n: int) -> np.ndarray:
    """1, 2, ..., n as a column (n, 1)."""
    return np.arange(1.0, n + 1)[:, None]


def _start(name: str, n_raw: int, n_rows: int) -> Recipe:
    raw = {name: variable(name, (n_raw, 1)) for name in SCHEMA}
    return Recipe(name, variable("number", (n_raw, 1)), raw, variable("no", (n_rows, 1)))


def _share_of_max(a: Node) -> Node:
    return a / apply("max", a)


def _is(column: Node, level: str | float) -> Node:
    return apply("equal", column, lift(level))


def _sheet(n_raw: int, n_rows: int) -> Recipe:
    """Drop what is incomplete; ten columns with a constant, after fast.ai's spreadsheet."""
    r = _start("sheet", n_raw, n_rows)
    complete = apply("filled", r.raw["Age"]) * apply("filled", r.raw["Embarked"])
    count = apply("cumsum", complete)
    r.helpers = {"Complete": complete, "Count": count}
    r.facts = {"Rows": apply("max", r.number), "Complete rows": apply("max", count), "Rows in use": apply("max", r.no)}
    r.picked = apply("match", r.no, count)
    r.columns = {name: apply("lookup", r.picked, r.number, node).named(name) for name, node in r.raw.items()}
    c = r.columns
    r.features = {
        "SibSp": apply("same", c["SibSp"]),
        "Parch": apply("same", c["Parch"]),
        "Age_N": _share_of_max(c["Age"]),
        "log_Fare": apply("log10", c["Fare"] + 1),
        "Pclass_1": _is(c["Pclass"], 1.0),
        "Pclass_2": _is(c["Pclass"], 2.0),
        "Embark_S": _is(c["Embarked"], "S"),
        "Embark_C": _is(c["Embarked"], "C"),
        "Male": _is(c["Sex"], "male"),
        "Ones": where(apply("greater", r.no, lift(0.0)), 1.0, 0.0),
    }
    return r


def _notebook(n_raw: int, n_rows: int) -> Recipe:
    """Fill what is missing with the most common entry; twelve columns, no constant, after fast.ai's notebook."""
    r = _start("notebook", n_raw, n_rows)
    r.facts = {"Rows": apply("max", r.number)}
    for column in SCHEMA.values():
        node = r.raw[column.name]
        if column.blank_ok:
            count = apply("count_same", node)
            mode = row(node, apply("match", apply("max", count), count))
            r.helpers[f"Same_{column.name}"] = count
            r.facts[f"Most common {column.name}"] = mode
            r.columns[column.name] = where(apply("filled", node), node, mode).named(column.name)
        else:
            r.columns[column.name] = apply("same", node).named(column.name)
    c = r.columns
    unscaled = {
        "Age": c["Age"],
        "SibSp": c["SibSp"],
        "Parch": c["Parch"],
        "LogFare": apply("ln", c["Fare"] + 1),
        **{f"Sex_{level}": _is(c["Sex"], level) for level in ("male", "female")},
        **{f"Pclass_{level}": _is(c["Pclass"], float(level)) for level in (1, 2, 3)},
        **{f"Embarked_{level}": _is(c["Embarked"], level) for level in "CQS"},
    }
    r.features = {name: _share_of_max(node) for name, node in unscaled.items()}
    return r


@dataclass(frozen=True)
class RecipeKind:
    """How a recipe is built for a table of n_raw rows, and which rows it uses."""

    build: Callable[[int, int], Recipe]
    drops_incomplete: bool
    about: str


RECIPES = {
    "sheet": RecipeKind(_sheet, True, "incomplete rows dropped, ten columns with a constant"),
    "notebook": RecipeKind(_notebook, False, "blanks filled with the most common entry, twelve columns up to 1"),
}


def complete_rows(raw: Raw) -> np.ndarray:
    """Which rows have no blank, (n_raw,) of bool."""
    whole = [~np.isnan(c[:, 0]) if c.dtype != object else c[:, 0] != "" for c in raw.columns.values()]
    return np.asarray(np.logical_and.reduce(whole))


@dataclass(frozen=True)
class Table:
    """A prepared table: X (n, p), y (n, 1), the features' names, and the raw table that it came from."""

    X: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    features: tuple[str, ...]
    raw: Raw = field(repr=False)
    recipe: str

    @classmethod
    def of_sheet(cls, X: np.ndarray, y: np.ndarray, features: tuple[str, ...], recipe: str, file: str = "") -> Table:
        """The rows as a sheet prepares them; what they were made from stays in the sheet."""
        return cls(X, y, features, Raw({}, file), recipe)

    @property
    def n_rows(self) -> int:
        """Rows in use."""
        return len(self.X)

    @property
    def n_features(self) -> int:
        """Columns of X."""
        return len(self.features)

    @property
    def frame(self) -> pd.DataFrame:
        """The raw table as pandas has it, before the recipe."""
        return self.raw.frame


def prepare(raw: Raw, recipe: str) -> Table:
    """The table that a recipe makes of raw rows.

    Raises: DataError for an unknown recipe, too few usable rows, or a column that cannot be scaled.
    """
    if recipe not in RECIPES:
        raise DataError(f"there is no recipe {recipe!r}; known are {', '.join(RECIPES)}")
    kind = RECIPES[recipe]
    n_rows = int(complete_rows(raw).sum()) if kind.drops_incomplete else raw.n_rows
    if n_rows < 2:
        raise DataError(f"{raw.source}: {n_rows} complete rows are left of {raw.n_rows}; at least 2 are needed")
    graph = kind.build(raw.n_rows, n_rows)
    for name, column in raw.columns.items():
        if f"Same_{name}" in graph.helpers and column.dtype != object:
            _check_told_apart(raw.source, name, column)
    X, y = evaluate([graph.X, graph.y], graph.inputs(raw))
    for name, column in zip(graph.features, X.T, strict=True):
        if np.isnan(column).any():
            raise DataError(
                f"{raw.source}: the feature {name} cannot be computed: its column is blank throughout, or"
                f" the largest entry of its column is 0. The recipe {recipe} needs at least one row where it is not 0"
            )
    return Table(X, y, tuple(graph.features), raw, recipe)


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
    return prepare(read_passengers(Path(csv) if csv is not None else None), recipe)

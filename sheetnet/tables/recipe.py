"""Recipes: from the raw table to feature columns, as graph; and the two of the passengers.

A recipe is written once. In a sheet it is formulas that lead back to the raw data; in Python it is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sheetnet.graph.node import Node, apply, counted, hstack, lift, row, variable, where
from sheetnet.tables import SCHEMA, Raw
from sheetnet.tables.passengers import Column
from sheetnet.tables.units import Units


@dataclass
class Recipe:
    """A prepared table as graph: from the raw columns (n_raw, 1) to X (n, p) and y (n, 1).

    helpers stand beside the raw columns, facts are single numbers shown beside the table, picked says which raw row
    each row of X comes from, columns are the raw columns in use. Where names are no names in a sheet, their nodes have
    such (node.name). target is y, units what it is in its own units where it is a number, part (n, 1) the column of
    "train", "valid" and "test" where there is one, schema what may stand in each raw column.
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
    target: Node | None = None
    units: Units | None = None
    part: Node | None = None
    schema: Mapping[str, Column] = field(default_factory=lambda: SCHEMA)
    settings: dict[str, Any] = field(default_factory=dict)  # from which `table.recipe_of` makes it again

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
        return self.target or self.columns["Survived"]

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
    settings = {"recipe": name, "n_raw": n_raw, "n_rows": n_rows}
    return Recipe(name, counted("number", n_raw), raw, variable("no", (n_rows, 1)), settings=settings)


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

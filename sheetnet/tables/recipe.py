"""Recipes: from the raw table to feature columns, as graph.

A recipe is written once. In a sheet it is formulas that lead back to the raw data; in Python it is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sheetnet.graph.node import Node, hstack
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


def complete_rows(raw: Raw) -> np.ndarray:
    """Which rows have no blank, (n_raw,) of bool."""
    whole = [~np.isnan(c[:, 0]) if c.dtype != object else c[:, 0] != "" for c in raw.columns.values()]
    return np.asarray(np.logical_and.reduce(whole))

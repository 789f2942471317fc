"""The passengers' two recipes are sayings of a table: said to sn.table, they make the same numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sheetnet as sn
from sheetnet.tables.passengers import SCHEMA
from sheetnet.tables.plan import Plan
from sheetnet.tables.sayings import RECIPES, lay


def said(recipe: str) -> sn.Table:
    """The passengers through sn.table, by the sayings of a recipe."""
    sayings = RECIPES[recipe]
    columns: dict[str, Any] = {}
    for name, taken in sayings.columns.items():
        left = taken.levels[len(taken.names) :]
        columns[name] = sn.dummies(drop=left[0] if left else None) if taken.levels else getattr(sn, taken.how)()
    frame = sn.titanic().raw.frame
    return sn.table(frame, "Survived", features=list(columns), columns=columns, missing=sayings.missing)


@pytest.mark.parametrize("recipe", RECIPES)
def test_said_to_a_table_a_recipe_makes_the_same_numbers(recipe: str) -> None:
    """Column by column; the sheet's logarithm is to base 10 and it has ones, the notebook divides by the largest."""
    made, ours, taken = said(recipe), sn.titanic(recipe), RECIPES[recipe].columns
    found = dict(zip(made.features, made.X.T, strict=True))
    theirs = dict(zip(ours.features, ours.X.T, strict=True))
    for name, one in taken.items():
        for at, feature in enumerate(one.names):
            level = f"{one.levels[at]:g}" if one.levels and SCHEMA[name].kind == "number" else (*one.levels, "")[at]
            column = found.pop(f"{name} = {level}" if one.levels else name)
            if one.how == "log":
                column = column / np.log(10) if recipe == "sheet" else column / column.max()
            assert theirs.pop(feature) == pytest.approx(column, rel=1e-14), feature
    assert not found
    assert [*theirs] == ["Ones"] * (recipe == "sheet")
    assert np.array_equal(made.y, ours.y)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_plan_of_a_recipe_is_one_that_any_table_may_have(recipe: str) -> None:
    plan = RECIPES[recipe].plan(891, 712 if RECIPES[recipe].drops_incomplete else 891)
    settings = {**plan.settings, "source": "titanic.csv"}
    assert Plan.of(settings).settings == settings


def test_what_is_learnt_of_a_passenger_stays_within_the_formulas() -> None:
    assert [*lay("sheet", 891, 712).facts] == ["Rows", "Complete rows", "Rows in use"]
    assert [*lay("notebook", 891, 891).facts] == ["Rows", "Most common Age", "Most common Embarked"]


def test_a_net_of_any_layers_learns_from_the_passengers(tmp_path: Path) -> None:
    """A workbook of one's own nets, whose table is the passengers'."""
    table = sn.titanic()
    sn.build(tmp_path / "n.xlsx", table, sn.mlp(table, 2), epochs=2)
    assert sn.check(tmp_path / "n.xlsx").ok

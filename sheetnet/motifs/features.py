"""Data and Features: the raw table, and the recipe as formulas that lead back to it."""

from __future__ import annotations

from sheetnet.page.area import Area
from sheetnet.page.book import Book, Page
from sheetnet.page.flow import lay
from sheetnet.page.parts import table
from sheetnet.page.shown import forward, shown
from sheetnet.tables import SCHEMA
from sheetnet.tables.recipe import Recipe

TABLE = "passengers"
TOP = 6  # first row of numbers under a heading of three rows


def _format(column: str) -> str:
    return "text" if column in SCHEMA and SCHEMA[column].kind == "text" else "plain"


def data_page(book: Book, recipe: Recipe, first_model: str, shipped: bool) -> Page:
    """The raw rows as an Excel Table, with the recipe's helper columns beside them."""
    page = book.page(
        "Data",
        "Data: the passengers as they were written down",
        "One row for each passenger; blank is unknown. Green columns are formulas and No only counts. The rest is data:"
        + (" change it, fill in what is unknown, but delete no Age or Embarked." if recipe.picked else " change it."),
        freeze=(4, 1),
    )
    top, headers = 4, ["No", *SCHEMA, *recipe.helpers]
    n = recipe.number.shape[0]
    columns = {"No": recipe.number, **recipe.raw, **recipe.helpers}
    for col, (name, node) in enumerate(columns.items()):
        helper = name in recipe.helpers
        page.place(
            f"data.{name}",
            node,
            top,
            col,
            "forward" if helper else "fixed" if name == "No" else "data",
            "cells" if helper else "values",
            name=f"{TABLE}[{name}]",
            format=_format(name),
        )
        page.widths[col] = max(10.0, len(name) + 5)
    page.table = (TABLE, Area("Data", top - 1, 0, n + 1, len(headers)), tuple(headers))
    side = len(headers) + 1
    page.widths[side] = 26
    for i, (label, node) in enumerate(recipe.facts.items()):
        page.place(f"data.fact.{label}", node, top + i, side + 1, "result", title=label, side=True, format="plain")
    note = _KEY.format(model=first_model) + (_SOURCE if shipped else "")
    page.text(top + len(recipe.facts) + 1, side, note, "note", wide=5, tall=11)
    page.active = (top, 4)
    return page


_KEY = (
    "Survived: 1 yes, 0 no. Pclass: 1 first, 2 second, 3 third class. SibSp: brothers, sisters and spouse aboard."
    " Parch: parents and children aboard. Fare: pounds. Embarked: C Cherbourg, Q Queenstown, S Southampton.\n\n"
    "Try this: change the age of passenger 1 to 80. Follow it to Features, to the prediction on {model}, and to the"
    " loss on Start. Then press undo."
)
_SOURCE = (
    "\n\nSource: facts only (no names, tickets or cabins), gathered by the Encyclopedia Titanica contributors and"
    " T. Cason, distributed with the Vanderbilt biostatistics datasets."
)


def features_page(book: Book, recipe: Recipe) -> None:
    """The rows in use, and every feature as a formula of them."""
    page = book.page(
        "Features",
        "Features: numbers that can be multiplied",
        "Left: the rows in use, looked up in Data. Right: X, one formula for each column. Formulas can use a column by"
        " its heading, such as =Age.",
    )
    left = shown("fixed", {"no": (recipe.no, "No", "plain")}, name="No")
    if recipe.picked is not None:
        left |= forward({"row": (recipe.picked, "Row in Data", "plain")}, style="cells")
    for name, node in recipe.columns.items():
        target = node is recipe.y
        look = {"name": "y", "labels": ("y",)} if target else {"name": name}
        left |= forward({name: (node, name, _format(name))}, style="cells", **look)
    X = forward({"X": (recipe.X, "X", "feature")}, name="X", labels=tuple(recipe.features))
    lay(page, "features", table(left, None, X, frozen=True))
    area = book.block_of(recipe.X).area
    page.active = area.row, area.col

"""Data and Features: the raw table, and the recipe as formulas that lead back to it."""

from __future__ import annotations

from dataclasses import replace

from sheetnet.graph.node import apply
from sheetnet.motifs.data import Records, unknown_entries
from sheetnet.page.book import Book
from sheetnet.page.flow import across, down, lay
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, table
from sheetnet.page.shown import Shown, forward, result, shown
from sheetnet.tables import SCHEMA
from sheetnet.tables.recipe import Recipe

TABLE = "passengers"


def _format(column: str) -> str:
    return "text" if column in SCHEMA and SCHEMA[column].kind == "text" else "plain"


def data_page(book: Book, recipe: Recipe, first_model: str, shipped: bool) -> None:
    """The raw rows as an Excel Table, with the recipe's helper columns beside them."""
    page = book.page(
        "Data",
        "Data: the passengers as they were written down",
        "One row for each passenger; blank is unknown. Green columns are formulas and No only counts. The rest is data:"
        + (" change it, but delete no Age or Embarked: rows in use need them." if recipe.picked else " change it."),
    )
    columns = {"No": Shown(recipe.number, "", "plain", "fixed")}
    columns |= {name: Shown(node, "", _format(name), "data") for name, node in recipe.raw.items()}
    columns |= forward({name: (node, "", "plain") for name, node in recipe.helpers.items()}, style="cells")
    columns = {name: replace(one, name=f"{TABLE}[{name}]") for name, one in columns.items()}
    known = result({f"data.fact.{label}": (node, label, "plain") for label, node in recipe.facts.items()})
    for name in NEEDED if recipe.picked is not None else ():
        column = recipe.raw[name]
        blank = float(column.shape[0]) - apply("sum", apply("filled", column))
        known |= result({f"data.blank_{name}": (blank, f"blank in {name}", "plain")})
    note = _KEY.format(model=first_model, helpers=HELPERS if recipe.picked else "") + (_SOURCE if shipped else "")
    lay(
        page,
        "data",
        across(Records(TABLE, columns), down(facts("", known, unknown_entries(recipe), span=2), Note(note, 5))),
    )


NEEDED = ("Age", "Embarked")  # of a row in use, where incomplete ones are dropped
HELPERS = " Complete: 1 where Age and Embarked are known; only these rows are used. Count: how many there are so far."
_KEY = (
    "Survived: 1 yes, 0 no. Pclass: 1 first, 2 second, 3 third class. SibSp: brothers, sisters and spouse aboard."
    " Parch: parents and children aboard. Fare: pounds. Embarked: C Cherbourg, Q Queenstown, S Southampton."
    "{helpers}\n\n"
    "Try this: change the age of passenger 1 to 80. Follow it to Features, to the prediction on {model}, and to the"
    " loss on Start. Then press undo."
)
_SOURCE = (
    "\n\nSource: facts only (no names, tickets or cabins), gathered by the Encyclopedia Titanica contributors and"
    " T. Cason, distributed with the Vanderbilt biostatistics datasets."
)


WHY = {  # each column is as it is, by recipe
    "sheet": (
        "SibSp, Parch: as they are, for they are small. Age_N: age / largest age. No column is then much larger than"
        " another, and one learning rate suits all weights.\n"
        "log_Fare: log10(fare + 1). A few fares are very large; the logarithm brings them near the others. + 1, because"
        " 0 has no logarithm.",
        "Pclass_1, Pclass_2, Embark_S, Embark_C, Male: 1 yes, 0 no. Third class is not three times first class. Third"
        " class: both 0. Queenstown: both 0.\n"
        "Ones: 1 for everybody. Its weight is added for all, like the constant of a line.",
    ),
    "notebook": (
        "Each column is divided by its largest. No column is then much larger than another, and one learning rate suits"
        " all weights.\n"
        "LogFare: the natural logarithm of fare + 1. A few fares are very large; the logarithm brings them near the"
        " others. + 1, because 0 has no logarithm.",
        "A name with _ is a question: 1 yes, 0 no. Third class is not three times first class. There is one column for"
        " each answer, so no column of ones is needed.",
    ),
}


def features_page(book: Book, recipe: Recipe) -> None:
    """The rows in use, and every feature as a formula of them."""
    page = book.page(
        "Features",
        "Features: numbers that can be multiplied",
        "Left: the rows in use, looked up in Data. Right: X, one formula for each column. Formulas can use a column on"
        " the left by its heading, such as =Age.",
    )
    left = shown("fixed", {"no": (recipe.no, "No", "plain")}, name="No")
    if recipe.picked is not None:
        left |= forward({"row": (recipe.picked, "Row in Data", "plain")}, style="cells")
    for name, node in recipe.columns.items():
        target = node is recipe.y
        look = {"name": "y", "labels": ("y",)} if target else {"name": name}
        left |= forward({name: (node, name, _format(name))}, style="cells", **look)
    X = forward({"X": (recipe.X, "X", "feature")}, name="X", labels=tuple(recipe.features))
    told = [Note(words, wide) for words, wide in zip(WHY.get(recipe.name, ()), (9, 7), strict=False)]
    body = table(left, None, X, frozen=True)
    lay(page, "features", down(across(*told), body) if told else body)
    area = book.block_of(recipe.X).area
    page.active = area.row, area.col

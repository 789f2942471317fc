"""The sheets Data and Features of any table: the rows as they came, and every feature as a formula of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheetnet.course.own.texts import BACK
from sheetnet.motifs.data import unknown_entries
from sheetnet.motifs.learning import Setting
from sheetnet.page.book import Book
from sheetnet.page.flow import across, down, lay
from sheetnet.page.grid import facts
from sheetnet.page.language import said, whole
from sheetnet.page.parts import Note, table
from sheetnet.page.shown import Group, Shown, forward, result, shown
from sheetnet.tables.columns import WORDS
from sheetnet.tables.recipe import Recipe

HOW = {  # how a column becomes features, and why
    "number": "as it is",
    "standardised": "less its mean, divided by its spread: so that a step of one rate suits every column",
    "share_of_largest": "divided by its largest, so that it reaches up to 1",
    "min_max": "from 0 for its smallest to 1 for its largest",
    "log": "as ln(1 + it), since it spans many sizes",
    "dummies": "a column of 0 and 1 for each entry",
    "codes": "a number for each entry, 0, 1, ..., by which an embedding finds its row",
    "yes_no": "1 for {last}, else 0",
}
ALL_THERE = "none is left out"
ONE_LESS = (
    "none for {name}, which is all others at 0: one less, for a column that follows from the others adds nothing beside"
    " the bias"
)
MISSING = {
    "drop": "rows where it is blank are left out",
    "median": "a blank becomes the median",
    "mode": "a blank becomes the most common entry",
    "flag": "a blank is marked in a column of its own",
}


OF_COLUMNS = "Most common", "Median", "Mean", "Spread", "Largest", "Smallest", "Same", "Filled", "Blank"
ABOUT = "Change a number and look at what moves. One row for each line of the table; green columns are formulas."
DROPPED = "Rows with a blank stay here, and are not in use."


def data_page(book: Book, recipe: Recipe, source: str, target: str, classes: Sequence[str]) -> None:
    """The raw rows with the recipe's helper columns, what is learnt of the columns, and how each is taken."""
    page = book.page(
        "Data",
        said("Data: {source}, as it came", source=source),
        whole(f"{said(ABOUT)} {said(DROPPED) if recipe.picked is not None else ''}".strip()),
    )
    columns = shown("fixed", {"number": (recipe.number, "No", "plain")})
    for name, node in recipe.raw.items():
        format = "text" if recipe.schema[name].kind == "text" else "plain"
        columns[f"raw.{node.name}"] = Shown(node, whole(name), format, "data", name=f"data_{node.name}")
    helpers = {
        f"helper_{i}": (node, _titled(name), "plain") for i, (name, node) in enumerate(recipe.helpers.items(), start=1)
    }
    columns |= forward(helpers, style="cells")
    known = {
        f"data.fact_{i}": Shown(
            node, _titled(name), "feature" if _of_column(name) else "plain", "result",
            name=node.name if node.name in _names(recipe) else "",
        )
        for i, (name, node) in enumerate(recipe.facts.items(), start=1)
    }  # fmt: skip
    unknown = unknown_entries(recipe)
    lay(page, "data", across(
        table({f"data.{id}" if "." not in id else f"data_{id}": one for id, one in columns.items()}, frozen=True),
        down(
            facts("What is known of the columns", known, span=2),
            *([facts("Entries that no feature knows", unknown, span=2)] if unknown else []),
            Note(_notes(recipe, target, classes), 7),
        ),
    ))  # fmt: skip


def _titled(label: str) -> str:
    """What a fact or a helper of the recipe is called: a word of ours, then the column's own name."""
    what = _of_column(label)
    return whole(f"{said(what)} {label[len(what) + 1 :]}") if what else said(label)


def _of_column(label: str) -> str:
    """The word with which a fact of one column begins; "" for another."""
    return next((one for one in OF_COLUMNS if label.startswith(f"{one} ")), "")


def _names(recipe: Recipe) -> set[str]:
    """The names of facts that are calculated, which formulas may use."""
    return {node.name for node in recipe.facts.values() if node.name}


def _notes(recipe: Recipe, target: str, classes: Sequence[str]) -> str:
    lines = [said("{target} is what the models learn to predict: the column y.", target=target)]
    if classes:
        coded = ", ".join(f"{one} = {at}" for at, one in enumerate(classes))
        lines[0] = said(
            "{target} is what the models learn to predict: the column y, {coded}.", target=target, coded=coded
        )
    if recipe.units is not None and recipe.units.scaled:
        how = recipe.units.how
        lines[0] = said(
            "{target} is what the models learn to predict: y on Features is {scaled}, so that one learning rate suits"
            " targets of every size. Each net's sheet turns its predictions back: {back}.",
            target=target, scaled=said(WORDS[how]), back=said(BACK[how]),
        )  # fmt: skip
    for column in recipe.settings.get("columns", ()):
        lines.append(whole(f"{column['name']}: {_taken(column)}."))
    return whole("\n\n".join(lines))


def _taken(column: Mapping[str, Any]) -> str:
    levels = column["levels"]
    drop = column["drop"]
    words = said(HOW[column["how"]], last=levels[-1] if levels else "")
    if column["how"] == "dummies":
        words += "; " + (said(ALL_THERE) if drop is None else said(ONE_LESS, name=levels[drop]))
    return words + (f"; {said(MISSING[column['missing']])}" if column["blank"] else "")


def features_page(book: Book, recipe: Recipe, setting: Setting) -> None:
    """The rows in use, and every feature as a formula of them."""
    page = book.page(
        "Features",
        "Features: numbers that can be multiplied",
        "Click on a number of X: its formula says what became of the column. Left: the rows in use. Why: see Data.",
    )
    left: Group = shown("fixed", {"no": (recipe.no, "No", "plain")}, name="No")
    if recipe.picked is not None:
        left |= forward({"row": (recipe.picked, "Row in Data", "plain")}, style="cells")
    for i, (name, node) in enumerate(recipe.columns.items(), start=1):
        raw = recipe.raw.get(name)
        text = raw is not None and recipe.schema[name].kind == "text"
        named = "y" if node is recipe.y else node.name if node.op != "input" else ""
        labels = ("y",) if node is recipe.y else ()
        scaled = node is recipe.y and recipe.units is not None and recipe.units.scaled
        format = "text" if text else "feature" if scaled else "plain"
        left |= forward({f"column_{i}": (node, whole(name), format)}, style="cells", name=named, labels=labels)
    counts: Group = {}
    for what, (node, count) in setting.parts.items():
        left |= forward({what: (node, said("in {part}", part=said(what)), "plain")}, style="cells", name=f"in_{what}")
        counts |= result(
            {f"{what}_rows": (count, said("rows in {part}", part=said(what)), "plain")}, name=f"{what}_rows"
        )
    left |= forward({"one": (setting.one, "1", "plain")}, style="cells", name="one")
    X = forward({"X": (recipe.X, "X", "feature")}, name="X", labels=tuple(recipe.features))
    body = table(left, None, X, frozen=True)
    lay(page, "features", across(body, facts("", counts)) if counts else body)
    area = book.block_of(recipe.X).area
    page.active = area.row, area.col

"""Passenger: one of them from the entries in Data to the squared error, and what the models say at other ages."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, hstack, row
from sheetnet.models.model import Pass, evaluate_loss
from sheetnet.motifs.steps import TITLES
from sheetnet.motifs.trained import Trained
from sheetnet.page.flow import across, down
from sheetnet.page.grid import facts, grid
from sheetnet.page.part import Part
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import Line, plot
from sheetnet.page.shown import Group, Shown, forward
from sheetnet.tables import SCHEMA
from sheetnet.tables.recipe import Recipe

FIRST = 10  # who is looked at as the workbook comes: of whom the line and the net say other things as the age changes
PREFIX = "passenger"  # of the page's ids
AGES = [[float(age)] for age in range(0, 85, 5)]
ABOUT = "Type another number. Vote: feature × weight, as it is after {} epochs; all votes are added up. Error: prediction - Survived."
NOTE = (
    "Here only the age changes. Where each feature has one weight, every year moves the prediction equally far. Where a"
    " ReLU goes on or off, the line bends. What a model says is not yet what is best: after {} epochs descent may still be"
    " far from the weights of least squares.\n\n"
    "Try this: look at others. At which ages does each model say more than 0.5, that is, survived?"
)


def passenger_page(lesson: Lesson, nets: Sequence[Trained], recipe: Recipe) -> None:
    """The entries of a chosen passenger, features times weights, each step of each model; its prediction at any age."""
    n, epochs = recipe.no.shape[0], nets[0].common.epochs
    no = lesson.typed(
        "passenger.no", min(FIRST, n), "passenger", low=1, high=n, whole=True, name="passenger_no",
        message=f"The number of a passenger in use is a whole number from 1 to {n}",
    )  # fmt: skip
    raw: Group = {}
    if recipe.picked is not None:
        raw |= forward({"raw_row": (row(recipe.picked, no), "No in Data", "plain")})
    for name, node in recipe.columns.items():
        format = "text" if SCHEMA[name].kind == "text" else "plain"
        raw |= forward({f"raw_{name}": (row(node, no), name, format)})
    x, X, y = row(recipe.X, no).T, row(recipe.X, no), row(recipe.y, no)
    last = {net: hstack([net.at(rows, epochs).T for rows in net.W_rows]) for net in nets}
    passes = {net: evaluate_loss(net.model, X, W, y) for net, W in last.items()}
    lesson.page("Passenger: from entry to error", ABOUT.format(epochs), across(
        down(facts("", lesson.cells(no)), facts("", raw)),
        _way(list(recipe.features), x, last, passes),
        _at_other_ages(lesson, recipe, x, last, epochs, (raw["raw_Age"].node, passes[nets[-1]].pred)),
    ), first=no)  # fmt: skip


def _way(names: Sequence[str], x: Node, last: dict[Trained, Node], passes: dict[Trained, Pass]) -> Part:
    """A row for each feature: x, weights (p, k) and votes of each model; under the votes each step to the error."""
    over, heads = [("", 1)], ["feature"]
    votes: dict[str, Shown | str] = {"x": Shown(x, format="feature")}
    lines: dict[str, dict[str, Shown | str]] = {"\n".join(names): votes}
    for at, (net, W) in enumerate(last.items()):
        name, k = net.model.name, net.model.n_hidden
        votes |= forward({f"{PREFIX}.{name}.W": (W,), f"{PREFIX}.{name}.votes": (x * W,)}, format="short")
        over.append((net.model.title, 2 * k))
        heads += [f"{word}{unit + 1 if k > 1 else ''}" for word in ("weight ", "vote ") for unit in net.units]
        for node in (*passes[net].forward, passes[net].error, passes[net].sq_error):
            line = lines.setdefault(TITLES.get(node.name, node.name), {})
            before = sum(wide for _, wide in over) - node.shape[1]  # the step stands right, under the last votes
            line |= {f"{at} {j}": "" for j in range(before - _wide(line))}
            line[f"{PREFIX}.{name}.{node.name}"] = Shown(node, format="short")
    known = list(TITLES.values())
    order = sorted(lines, key=lambda words: known.index(words) if words in known else -1)
    return grid("", {words: lines[words] for words in order}, heads=heads, over=over)


def _wide(line: dict[str, Shown | str]) -> int:
    """How many columns a line of a grid takes."""
    return sum(1 if isinstance(one, str) else one.node.shape[1] for one in line.values())


def _at_other_ages(
    lesson: Lesson, recipe: Recipe, x: Node, last: dict[Trained, Node], epochs: int, here: tuple[Node, Node]
) -> Part:  # fmt: skip
    """What each model says if the same passenger were of another age: a chart, and the numbers that it draws."""
    ages = lesson.typed("passenger.ages", AGES, "age", "fixed")
    aged = apply("same", ages) / apply("max", recipe.columns["Age"])
    X = hstack([
        aged if name.lower().startswith("age") else row(x, i) + 0.0 * ages
        for i, name in enumerate(recipe.features, start=1)
    ])  # fmt: skip
    preds: Group = {}
    lines: list[Line] = [("this passenger", *here, "mark")]
    looks = ["live", *(f"line {i}" for i in range(2, 9))]
    for i, (net, W) in enumerate(reversed(last.items())):
        name, title = net.model.name, net.model.title
        preds |= forward({f"{PREFIX}.{name}.at": (net.model.forward(X, W)[-1], title, "short")})
        lines.insert(i, (title, ages, f"{PREFIX}.{name}.at", looks[i % len(looks)]))
    preds |= forward({"half": (0.5 + 0.0 * ages, "one half", "short")})
    lines.append(("one half", ages, "half", "line 8"))
    drawn = plot(
        "The same passenger at other ages", "age", "prediction", lines,
        "The prediction of each model for this passenger at ages from 0 to 80, with the true age marked.",
        y_format="0.0", x_max=AGES[-1][0], width=380, height=260, wide=5,
    )  # fmt: skip
    features = forward({"features": (X, "X at these ages", "feature")}, labels=tuple(recipe.features))
    return down(drawn, Note(NOTE.format(epochs), 5), table(lesson.cells(ages), preds, None, features))

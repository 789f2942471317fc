"""The graph of any table: from raw columns to X and y, with what it learns of them as named facts.

What is learnt of a column (mean, spread, largest, median, mode) is a single number or text, a fact beside the table.
New rows go through the same graph with the facts of the old ones as constants.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any, Literal

import numpy as np

from sheetnet.errors import DataError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, apply, constant, counted, lift, mean, row, square, variable, where
from sheetnet.tables.columns import Level
from sheetnet.tables.names import safe_names, unique
from sheetnet.tables.passengers import Column
from sheetnet.tables.plan import BLANK, RECIPE, Goal, Plan, Used, spelt
from sheetnet.tables.recipe import Recipe, counting
from sheetnet.tables.units import FACTS, Units, unscaled

PART = "Part"
PARTS = ("train", "valid", "test")
Learnt = Mapping[str, Level]  # what is learnt of a table, by the name of the fact


class Fitting:
    """A recipe on its way: learnt None computes the facts from the table, else they are constants."""

    def __init__(self, plan: Plan, n_raw: int, n_rows: int, learnt: Learnt | None = None) -> None:
        self.plan, self.learnt = plan, learnt
        self.picks = plan.picks and learnt is None
        self.names = plan.names
        self.safe = dict(zip(self.names, safe_names(self.names), strict=True))
        raw = {name: variable(self.safe[name], (n_raw, 1)) for name in self.names}
        schema = {name: _cell_of(name, plan) for name in self.names}
        self.part = part_of(plan) if plan.split and learnt is None else ""
        if self.part:
            raw[self.part] = variable(PART, (n_raw, 1))
            schema[self.part] = Column(self.part, "text", PARTS)
        number, no = counted("number", n_raw), variable("no", (n_rows, 1))
        self.recipe = Recipe(RECIPE, number, raw, no, schema=schema, settings=plan.settings)

    def build(self) -> Recipe:
        """The recipe, with new nodes."""
        recipe, plan = self.recipe, self.plan
        recipe.facts = {"Rows": apply("max", recipe.number)}
        if self.picks:
            self._pick()
        trains = self._parts() if self.part else None
        for column in plan.columns:
            self._use(column)
        self._target(trains)
        for column in plan.columns:
            self._features(column, trains)
        names = list(recipe.features)
        safe = safe_names(names)
        shown = unique(names)
        nodes = recipe.features.values()
        recipe.features = {title: node.named(name) for title, name, node in zip(shown, safe, nodes, strict=True)}
        return recipe

    def _pick(self) -> None:
        """The rows that are complete, as the passengers' are found."""
        recipe, plan = self.recipe, self.plan
        needed = [column.name for column in plan.columns if column.blank and column.missing == "drop"]
        needed += [plan.goal.name] * plan.goal.blank
        complete = reduce(lambda a, b: a * b, (apply("filled", recipe.raw[name]) for name in needed))
        count = apply("cumsum", complete)
        recipe.helpers = {"Complete": complete, "Count": count}
        recipe.facts |= {"Complete rows": apply("max", count), "Rows in use": apply("max", recipe.no)}
        recipe.picked = apply("match", recipe.no, count)

    def _in_use(self, node: Node) -> Node:
        """A raw column, or a helper beside it, in the rows in use."""
        recipe = self.recipe
        return apply("same", node) if recipe.picked is None else apply("lookup", recipe.picked, recipe.number, node)

    def _parts(self) -> Node:
        """Which rows train, (n, 1) of 0 and 1, with the column that says it."""
        recipe = self.recipe
        recipe.part = recipe.columns[self.part] = self._in_use(recipe.raw[self.part]).named(PART)
        trains = apply("equal", recipe.part, lift(PARTS[0])).named("Trains")
        recipe.columns[_free("Trains", self.names)] = trains
        recipe.facts["Rows that train"] = apply("sum", trains)
        return trains

    def _fact(self, what: str, name: str, node: Node) -> Node:
        """A fact under its name: the node, or the constant that was learnt."""
        label, facts = f"{what} {self.safe[name]}", self.recipe.facts
        if self.learnt is not None:
            return constant(self.learnt[label])
        return facts.setdefault(label, node.named(label.lower().replace(" ", "_")))

    # ---- blanks

    def _use(self, column: Used) -> None:
        """The column without blanks, in the rows in use."""
        recipe, name = self.recipe, column.name
        node, safe = recipe.raw[name], self.safe[name]
        if not column.blank or column.missing == "drop":
            recipe.columns[name] = self._in_use(node).named(safe)
            return
        flag = column.missing == "flag"
        filled = where(apply("filled", node), node, self._filling(column, node))
        self._put(name, filled.named(safe), f"Filled {safe}")
        if flag and not column.levels:
            self._put(f"{name} {BLANK}", where(apply("filled", node), 0.0, 1.0), f"Blank {safe}")

    def _put(self, name: str, node: Node, helper: str) -> None:
        """A column of formulas on raw ones: where rows are picked, beside the raw ones first."""
        recipe = self.recipe
        if recipe.picked is not None:
            recipe.helpers[helper] = node
            node = self._in_use(node).named(node.name)
        recipe.columns[name] = node

    def _filling(self, column: Used, node: Node) -> Node:
        """What a blank becomes."""
        name = column.name
        if column.levels and column.missing == "flag":
            return lift(column.levels[-1])  # blanks are a level of their own, the last
        if column.missing != "mode":
            return self._fact("Median", name, apply("median", node))
        count = apply("count_same", node)
        if self.learnt is None:
            self.recipe.helpers[f"Same {self.safe[name]}"] = count
        return self._fact("Most common", name, row(node, apply("match", apply("max", count), count)))

    # ---- features

    def _features(self, column: Used, trains: Node | None) -> None:
        name, node = column.name, self.recipe.columns[column.name]
        features = self.recipe.features
        if column.how == "dummies":
            kept = [level for at, level in enumerate(column.levels) if at != column.drop]
            for level in kept:
                self._add(f"{name} = {spelt(level)}", apply("equal", node, lift(level)))
        elif column.how == "codes":
            self._add(name, self._codes(node, column.levels))
        elif column.how == "yes_no":
            self._add(name, apply("equal", node, lift(column.levels[1])))
        else:
            self._add(name, self._scaled(column, node, trains))
        blank = f"{name} {BLANK}"
        if column.blank and column.missing == "flag" and not column.levels:
            features[blank] = apply("same", self.recipe.columns[blank])

    def _add(self, title: str, node: Node) -> None:
        features = self.recipe.features
        features[unique([*features, title])[-1]] = node

    def _codes(self, node: Node, levels: tuple[Level, ...]) -> Node:
        if node.op != "constant" and levels == tuple(map(float, range(len(levels)))):
            return apply("same", node)
        terms = [apply("equal", node, lift(level)) * float(code) for code, level in enumerate(levels) if code]
        if not terms:  # one class: all rows have code 0
            return apply("equal", node, lift(levels[0])) - 1.0
        return reduce(lambda a, b: a + b, terms)

    def _scaled(self, column: Used | Goal, node: Node, trains: Node | None) -> Node:
        """A column of numbers with what is learnt of its rows, or of those that train."""
        name = column.name

        def average(of: Node) -> Node:
            if trains is None:
                return mean(of)
            return apply("sum", of * trains) / self.recipe.facts["Rows that train"]

        def among(of: Node) -> Node:  # the mean is no extreme of rows that differ
            return of if trains is None else where(trains, of, self._fact("Mean", name, average(of)))

        if column.how == "log":
            return self._logarithm(node)
        if column.how == "number":
            return apply("same", node)
        if column.how == "standardised":
            middle = self._fact("Mean", name, average(node))
            spread = self._fact("Spread", name, apply("sqrt", average(square(node - middle))))
            return (node - middle) / spread
        if column.how == "share_of_largest":
            return node / self._fact("Largest", name, apply("max", among(node)))
        low = self._fact("Smallest", name, apply("min", among(node)))
        high = self._fact("Largest", name, apply("max", among(node)))
        return (node - low) / (high - low)

    def _logarithm(self, node: Node) -> Node:
        return apply("ln", node + 1)

    def _target(self, trains: Node | None) -> None:
        """y, from the target's column; new rows need none."""
        recipe, goal = self.recipe, self.plan.goal
        if self.learnt is not None:
            return
        node = recipe.columns[goal.name] = self._in_use(recipe.raw[goal.name]).named(self.safe[goal.name])
        if goal.direct:
            recipe.target = node
        elif goal.kind == "number":
            self._y(self._scaled(goal, node, trains))
        elif goal.kind == "two":
            self._y(apply("equal", node, lift(goal.levels[1])))
        else:
            self._y(self._codes(node, goal.levels))
        if goal.kind == "number":
            facts = {what: recipe.facts[f"{what} {self.safe[goal.name]}"] for what in FACTS.get(goal.how, ())}
            recipe.units = Units(goal.name, goal.how, node, facts)

    def _y(self, y: Node) -> None:
        """y in a column of its own."""
        self.recipe.target = self.recipe.columns[_free("y", self.names)] = y.named("y")


def part_of(plan: Plan) -> str:
    """What the column is called that says which rows train."""
    return _free(PART, plan.names)


def _free(name: str, names: list[str]) -> str:
    return unique([*names, name])[-1]


def _cell_of(name: str, plan: Plan) -> Column:
    """What may stand in a raw column."""
    known: dict[str, Used | Goal] = {one.name: one for one in plan.columns}
    column = known.get(name, plan.goal)
    levels = column.levels
    if isinstance(column, Used) and column.text and column.blank and column.missing == "flag":
        levels = levels[:-1]  # the last stands for blanks
    allowed = (*levels, *column.others) if levels else ()
    kind: Literal["text", "number"] = "text" if column.text else "number"
    return Column(name, kind, allowed, blank_ok=column.blank, low=None)  # type: ignore[arg-type]  # all of one kind


def learnt_of(recipe: Recipe, inputs: Mapping[Node, np.ndarray]) -> dict[str, Level]:
    """The facts of a recipe, by name, for the values of its inputs."""
    values = evaluate(list(recipe.facts.values()), inputs)
    entries = {name: value[0, 0] for name, value in zip(recipe.facts, values, strict=True)}
    return {name: entry if isinstance(entry, str) else float(entry) for name, entry in entries.items()}


def features_of(plan: Plan, learnt: Learnt, columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """X (m, p) of new rows, columns (m, 1) by name, with what was learnt of others."""
    m = len(next(iter(columns.values())))
    recipe = Fitting(plan, m, m, learnt).build()
    count = counting(m)
    given = {recipe.number: count, recipe.no: count}
    given |= {recipe.raw[column.name]: columns[column.name] for column in plan.columns}
    found: list[np.ndarray] = evaluate([recipe.X], given)
    return found[0]


def in_units(plan: Plan, learnt: Learnt, pred: Any) -> np.ndarray:
    """Predictions of y, of any shape, in the target's own units; those of classes, or of a target as it is, stay.

    Raises: DataError where something is not learnt that it takes.
    """
    pred, goal = np.array(pred, dtype=float), plan.goal
    safe = safe_names(plan.names)[-1]
    labels = {what: f"{what} {safe}" for what in FACTS.get(goal.how, ())}
    if lacking := [label for label in labels.values() if label not in learnt]:
        raise DataError(f"own units of {goal.name} need what was learnt: {', '.join(lacking)}; give learnt=")
    given = variable("pred", (pred.size, 1))
    own = unscaled(goal.how, given, lambda what: constant(learnt[labels[what]]))
    return np.reshape(evaluate([own], {given: pred.reshape(-1, 1)})[0], pred.shape)

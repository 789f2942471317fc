"""The passengers' two recipes, each a saying of how columns are taken, as sn.table has them; and the graph of each.

What differs from other tables: what is learnt of a column stays within its formulas, features have names of their own,
the sheet's logarithm is to base 10, and a constant stands beside its columns; the notebook divides all by its largest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetnet.graph.node import Node, apply, lift, where
from sheetnet.tables.columns import How, Level, Missing
from sheetnet.tables.fitted import Fitting
from sheetnet.tables.passengers import SCHEMA
from sheetnet.tables.plan import Goal, Plan, Used
from sheetnet.tables.recipe import Recipe

TARGET = "Survived"


@dataclass(frozen=True)
class Taken:
    """How a column is taken: names of its features, one for each of its levels where it has some."""

    how: How
    names: tuple[str, ...]
    levels: tuple[Level, ...] = ()  # one more than there are names: the last has no column


@dataclass(frozen=True)
class Sayings:
    """A recipe of the passengers: how each column is taken, in the order of features, and what becomes of blanks."""

    about: str
    missing: Missing
    columns: Mapping[str, Taken]
    logarithm: str
    divided: bool = False  # whether the other features are divided by their largest, too
    constant: str = ""  # the name of a column of ones

    @property
    def drops_incomplete(self) -> bool:
        """Whether only rows without a blank are used."""
        return self.missing == "drop"

    def plan(self, n_raw: int, n_rows: int) -> Plan:
        """The plan of a table that is taken so."""
        columns = []
        for name, taken in self.columns.items():
            column = SCHEMA[name]
            drop = len(taken.names) if len(taken.levels) > len(taken.names) else None
            blank, text = column.blank_ok, column.kind == "text"
            columns.append(Used(name, text, taken.how, self.missing, blank, taken.levels, drop=drop))
        return Plan("", n_raw, n_rows, tuple(columns), Goal(TARGET, False, "two", False, (0.0, 1.0)))


RECIPES = {
    "sheet": Sayings(  # after fast.ai's spreadsheet
        "incomplete rows dropped, ten columns with a constant",
        "drop",
        {
            "SibSp": Taken("number", ("SibSp",)),
            "Parch": Taken("number", ("Parch",)),
            "Age": Taken("share_of_largest", ("Age_N",)),
            "Fare": Taken("log", ("log_Fare",)),
            "Pclass": Taken("dummies", ("Pclass_1", "Pclass_2"), (1.0, 2.0, 3.0)),
            "Embarked": Taken("dummies", ("Embark_S", "Embark_C"), ("S", "C", "Q")),
            "Sex": Taken("dummies", ("Male",), ("male", "female")),
        },
        "log10",
        constant="Ones",
    ),
    "notebook": Sayings(  # after fast.ai's notebook
        "blanks filled with the most common entry, twelve columns up to 1",
        "mode",
        {
            **{name: Taken("share_of_largest", (name,)) for name in ("Age", "SibSp", "Parch")},
            "Fare": Taken("log", ("LogFare",)),
            "Sex": Taken("dummies", ("Sex_male", "Sex_female"), ("male", "female")),
            "Pclass": Taken("dummies", ("Pclass_1", "Pclass_2", "Pclass_3"), (1.0, 2.0, 3.0)),
            "Embarked": Taken("dummies", ("Embarked_C", "Embarked_Q", "Embarked_S"), ("C", "Q", "S")),
        },
        "ln",
        divided=True,
    ),
}


class _Fitting(Fitting):
    """The graph of a recipe of the passengers."""

    def __init__(self, name: str, n_raw: int, n_rows: int) -> None:
        self.sayings = RECIPES[name]
        super().__init__(self.sayings.plan(n_raw, n_rows), n_raw, n_rows)
        self.name = name

    def build(self) -> Recipe:
        made, sayings = super().build(), self.sayings
        titles = [(title, taken.how) for taken in sayings.columns.values() for title in taken.names]
        features = {
            title: node / apply("max", node) if sayings.divided and how != "share_of_largest" else node
            for (title, how), node in zip(titles, made.features.values(), strict=True)
        }
        if sayings.constant:
            features[sayings.constant] = where(apply("greater", made.no, lift(0.0)), 1.0, 0.0)
        raw, columns = ({name: nodes[name] for name in SCHEMA} for nodes in (made.raw, made.columns))
        helpers = {label.replace(" ", "_"): node for label, node in made.helpers.items()}
        settings = {"recipe": self.name, "n_raw": self.plan.n_raw, "n_rows": self.plan.n_rows}
        return Recipe(
            self.name, made.number, raw, made.no, helpers, made.facts, made.picked, columns, features,
            settings=settings,
        )  # fmt: skip

    def _fact(self, what: str, name: str, node: Node) -> Node:
        return node if what == "Largest" else self.recipe.facts.setdefault(f"{what} {name}", node)

    def _logarithm(self, node: Node) -> Node:
        return apply(self.sayings.logarithm, node + 1)


def lay(name: str, n_raw: int, n_rows: int) -> Recipe:
    """The graph of a recipe of the passengers, of n_raw rows, n_rows of them in use."""
    return _Fitting(name, n_raw, n_rows).build()

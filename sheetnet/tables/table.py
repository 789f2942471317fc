"""A prepared table: X and y as its recipe makes them of its raw rows, never otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.errors import DataError
from sheetnet.graph.evaluate import evaluate
from sheetnet.tables.columns import WORDS, Level
from sheetnet.tables.dealing import dealt
from sheetnet.tables.fitted import PARTS, Fitting, features_of, in_units, learnt_of, part_of
from sheetnet.tables.goals import Target, words_of
from sheetnet.tables.passengers import SCHEMA, Raw
from sheetnet.tables.passing import columns_for, passengers_through
from sheetnet.tables.plan import Plan
from sheetnet.tables.reading import MAX_ROWS
from sheetnet.tables.recipe import Recipe
from sheetnet.tables.sayings import RECIPES, lay
from sheetnet.tables.showing import HEADS, Line, in_html, in_text
from sheetnet.tables.sources import given
from sheetnet.tables.words import counted

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Passengers:
    """The plan of the passengers' table: a recipe of RECIPES and its sizes."""

    recipe: str
    n_raw: int
    n_rows: int

    @property
    def settings(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        return {"recipe": self.recipe, "n_raw": self.n_raw, "n_rows": self.n_rows}


def plan_of(settings: Mapping[str, Any]) -> Plan | Passengers:
    """The plan that settings hold.

    Raises: ValueError for settings that no table has.
    """
    if not isinstance(settings, Mapping) or settings.get("recipe") not in tuple(RECIPES):
        return Plan.of(settings)
    n_raw, n_rows = settings.get("n_raw"), settings.get("n_rows")
    if set(settings) != {"recipe", "n_raw", "n_rows"} or type(n_raw) is not int or type(n_rows) is not int:
        raise ValueError("settings of another kind")
    if not 1 < n_rows <= n_raw <= MAX_ROWS:
        raise ValueError("sizes out of bounds")
    return Passengers(settings["recipe"], n_raw, n_rows)


def recipe_of(settings: Mapping[str, Any]) -> Recipe:
    """The graph of a table from its settings, with new nodes; settings may come from a stranger's file.

    Raises: ValueError for settings that no table has.
    """
    return _lay(plan_of(settings))


def _lay(plan: Plan | Passengers) -> Recipe:
    if isinstance(plan, Passengers):
        return lay(plan.recipe, plan.n_raw, plan.n_rows)
    return Fitting(plan, plan.n_raw, plan.n_rows).build()


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """X (n, p), y (n, 1) and the features' names, with the raw rows and the plan from which they are made.

    y is what models learn: numbers, scaled unless said otherwise (see in_units), 0 and 1, or the places 0, 1, ... of
    many classes; see target. X and y cannot be written to, and none can be given but those that the raw rows make.
    lines: how each column is taken, for people; names: of the columns as they were given, without the target.
    """

    raw: Raw
    plan: Plan | Passengers
    said: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    names: tuple[str, ...] = ()
    X: np.ndarray = None  # type: ignore[assignment]  # made of the raw rows
    y: np.ndarray = None  # type: ignore[assignment]
    features: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not isinstance(self.raw, Raw) or not isinstance(self.plan, Plan | Passengers):
            found = f"{type(self.raw).__name__} and {type(self.plan).__name__}"
            raise DataError(
                f"a table is made of raw rows and a plan, found {found}; make one with sn.table(frame, target), or of X"
                " and y with sn.table(X, y)"
            )
        raw = replace(self.raw, columns={name: _fixed(column) for name, column in self.raw.columns.items()})
        recipe = _lay(self.plan)
        X, y = evaluate([recipe.X, recipe.y], recipe.inputs(raw))
        for name, made, theirs in (("X", X, self.X), ("y", y, self.y)):
            if theirs is not None and not np.array_equal(made, np.asarray(theirs), equal_nan=True):
                raise DataError(
                    f"a table's {name} is what its recipe makes of its raw rows, and cannot be replaced; change the"
                    " rows and make a table of them (sn.table(frame, target)), say how a column is taken"
                    ' (columns={"age": sn.min_max()}), or use table.split()'
                )
        own: dict[str, Any] = {"raw": raw, "X": _fixed(X), "y": _fixed(y), "features": tuple(recipe.features)}
        for name, value in own.items():
            object.__setattr__(self, name, value)

    @classmethod
    def of_sheet(
        cls, X: np.ndarray, y: np.ndarray, features: tuple[str, ...], recipe: str | Mapping[str, Any], file: str = "",
        parts: np.ndarray | None = None, learnt: Mapping[str, Level] | None = None,
    ) -> Table:  # fmt: skip
        """The rows as a sheet prepares them, for torch to train with; build refuses it, as it has no raw rows.

        recipe: the settings of the table that the sheet shows, or the name of a recipe of the passengers. learnt: what
        the sheet knows of the columns, by the names of its facts, for in_units.
        """
        table = cls.__new__(cls)
        plan = Passengers(recipe, len(X), len(X)) if isinstance(recipe, str) else plan_of(recipe)
        own: dict[str, Any] = {"raw": Raw({}, file), "plan": plan, "said": (), "lines": (), "names": ()}
        own |= {"features": features, "X": _fixed(X), "y": _fixed(y), "learnt": dict(learnt or {})}
        own |= {} if parts is None else {"parts": _fixed(parts)}
        for name, value in own.items():
            object.__setattr__(table, name, value)
        return table

    # ---- what it is

    @property
    def recipe(self) -> str:
        """The name of the recipe: "sheet" or "notebook" of the passengers, "table" for others."""
        return self.plan.recipe if isinstance(self.plan, Passengers) else "table"

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
        """The raw columns in use as pandas has them, before the recipe."""
        return self.raw.frame

    @property
    def target(self) -> Target:
        """What is to be predicted: its name, its kind, its classes."""
        if isinstance(self.plan, Passengers):
            return Target("Survived", "two", ("0", "1"))
        goal = self.plan.goal
        return Target(goal.name, goal.kind, goal.classes)

    @property
    def settings(self) -> dict[str, Any]:
        """All that the graph depends on, as JSON has it; recipe_of makes the same graph of it."""
        return self.plan.settings

    def graph(self) -> Recipe:
        """The recipe as graph, with new nodes."""
        return _lay(self.plan)

    @cached_property
    def parts(self) -> np.ndarray:
        """Which part each row of X belongs to, (n,) of int: 0 train, 1 valid, 2 test."""
        recipe = self.graph()
        if not self.raw.columns or recipe.part is None:
            return _fixed(np.zeros(self.n_rows, dtype=int))
        (found,) = evaluate([recipe.part], recipe.inputs(self.raw))
        return _fixed(np.array([PARTS.index(entry) for entry in found[:, 0]]))

    @cached_property
    def learnt(self) -> dict[str, Level]:
        """What the recipe learnt of the rows, such as means, by the names of its facts."""
        recipe = self.graph()
        return learnt_of(recipe, recipe.inputs(self.raw))

    # ---- new rows, and parts

    def transform(self, new: Any, fill: bool = False) -> np.ndarray:
        """X (m, p) of new rows, with what was learnt of this table: its means, spreads, levels.

        new: whatever sn.table takes, with at least the columns in use; a target may be missing. fill: also fill blanks
        of columns whose blanks dropped a row here, with the median or the most common entry.
        Raises: DataError naming column and row, for entries that this table does not know.
        """
        rows = given(new)
        if isinstance(self.plan, Passengers):
            return passengers_through(self.graph(), self.raw, rows)
        columns = columns_for(self.plan, self.names, rows, self.raw.columns, fill)
        X = features_of(self.plan, self.learnt, columns)
        _check_finite(X, self.features, rows.source)
        return X

    def in_units(self, pred: Any) -> np.ndarray:
        """Predictions of y, of any shape, in the target's own units; those of classes, or of a target as it is, stay.

        Raises: DataError for rows of a sheet of which nothing learnt is known.
        """
        return np.array(pred, float) if isinstance(self.plan, Passengers) else in_units(self.plan, self.learnt, pred)

    def split(self, valid: float = 0.2, test: float = 0.1, seed: int = 0) -> Table:
        """The same rows, of which some train, some are for validation and some for a test; see parts.

        Classes are dealt in their shares. Means, spreads and extremes are learnt of the rows that train; what fills a
        blank, of all rows. In a sheet the column Part says it, and can be changed there.
        Raises: DataError for shares that cannot be.
        """
        if isinstance(self.plan, Passengers):
            raise DataError(
                "the passengers' own recipes use all rows; split sn.table(sn.titanic().frame, 'Survived') instead"
            )
        whole = replace(self.plan, split=False)
        recipe = _lay(whole)
        kept = {name: column for name, column in self.raw.columns.items() if name in recipe.raw}
        picked = np.arange(self.n_rows)
        if recipe.picked is not None:
            picked = evaluate([recipe.picked], recipe.inputs(Raw(kept, "")))[0][:, 0].astype(int) - 1
        part = np.full(self.raw.n_rows, PARTS[0], dtype=object)
        classes = None if self.target.kind == "number" else self.y[:, 0]
        part[picked] = np.array(PARTS, dtype=object)[dealt(self.n_rows, classes, valid, test, seed)]
        plan = replace(self.plan, split=True)
        raw = Raw({**kept, part_of(plan): part[:, None]}, self.raw.source)
        return checked(Table(raw, plan, self.said, self.lines, self.names))

    # ---- for people

    @property
    def schema(self) -> pd.DataFrame:
        """How each column is taken: its name, its kind, what becomes of it, and why."""
        import pandas as pd

        return pd.DataFrame(self._lines(), columns=HEADS)

    def _lines(self) -> tuple[Line, ...]:
        if self.lines or not isinstance(self.plan, Plan):
            return self.lines or tuple((name, one.kind, "", "") for name, one in SCHEMA.items())
        kinds = {True: "text", False: "number"}
        used = [(one.name, kinds[one.text], WORDS[one.how], "") for one in self.plan.columns]
        return (*used, (self.plan.goal.name, kinds[self.plan.goal.text], *words_of(self.plan.goal)))

    def __repr__(self) -> str:
        return f"<Table {self.raw.source}: X {self.X.shape}, y {self.target.name} ({self.target.kind})>"

    def __str__(self) -> str:
        return in_text(self._head(), self._lines(), self.said)

    def _repr_html_(self) -> str:
        return in_html(self._head(), self._lines(), self.said)

    def _head(self) -> str:
        dropped = self.raw.n_rows - self.n_rows
        features = counted(self.n_features, "feature")
        words = f"{self.raw.source}: {self.n_rows:,} rows, {features}, to predict {self.target.name}"
        words += f" ({dropped:,} incomplete rows are not used)" if dropped > 0 else ""
        if self.parts.any():
            words += "; " + ", ".join(f"{int((self.parts == at).sum()):,} {name}" for at, name in enumerate(PARTS))
        return words


def unchanged(table: Table) -> Table:
    """The table, if X and y are what its rows make, for numpy's locks can be undone. Raises: DataError if not."""
    return replace(table)


def _fixed(array: np.ndarray) -> np.ndarray:
    """A copy that cannot be written to."""
    array = np.array(array)
    array.setflags(write=False)
    return array


def checked(table: Table) -> Table:
    """The table, if each of its features and y can be calculated.

    Raises: DataError naming the column.
    """
    _check_finite(table.X, table.features, table.raw.source)
    _check_finite(table.y, (table.target.name,), table.raw.source, "target")
    return table


def _check_finite(X: np.ndarray, features: tuple[str, ...], source: str, what: str = "feature") -> None:
    for name, column in zip(features, X.T, strict=True):
        if not np.isfinite(column).all():
            raise DataError(
                f"{source}: the {what} {name} cannot be calculated, such as where all entries of its column are the"
                " same in the rows that are learnt from, or are too large; leave the column out or say it otherwise"
            )

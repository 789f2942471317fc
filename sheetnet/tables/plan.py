"""All that a table's graph depends on: its columns, how each is taken, its target and its sizes; to and from JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sheetnet.tables.columns import LEVELS, NUMBERS, How, Level, Missing
from sheetnet.tables.reading import MAX_ROWS

Kind = Literal["number", "two", "many"]
RECIPE = "table"  # the recipe of every table but the passengers'
MAX_USED = 256  # columns in use
MAX_LEVELS = 100  # entries that have a 0 or 1, or a code, of their own
MAX_CLASSES = 20
MAX_OTHERS = 4_096  # entries that are known besides: other spellings, or such as no row in use has
MAX_FEATURES = 512
_LONGEST = 255  # of a text in a formula
BLANK = "missing"  # the level of blanks where they are one


@dataclass(frozen=True)
class Used:
    """A column that becomes features. blank: its blanks are filled or flagged in the sheet, or their rows dropped.

    levels: the entries in order; others: entries that count as one of them in another spelling, or that no row in use
    has. drop: the level without a dummy, by its place.
    """

    name: str
    text: bool
    how: How
    missing: Missing
    blank: bool
    levels: tuple[Level, ...] = ()
    others: tuple[Level, ...] = ()
    drop: int | None = None


@dataclass(frozen=True)
class Goal:
    """The column that is to be predicted. levels: of classes, in the order 0, 1, ...; how: a number becomes y."""

    name: str
    text: bool
    kind: Kind
    blank: bool
    levels: tuple[Level, ...] = ()
    others: tuple[Level, ...] = ()
    how: How = "codes"

    @property
    def direct(self) -> bool:
        """Whether the column's own numbers are y."""
        return (
            not self.text
            and self.how in ("number", "codes")
            and self.levels == tuple(map(float, range(len(self.levels))))
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes as they are shown."""
        return tuple(map(spelt, self.levels))


@dataclass(frozen=True)
class Plan:
    """How a table is prepared. split: whether a column Part says which rows train."""

    source: str
    n_raw: int
    n_rows: int
    columns: tuple[Used, ...]
    goal: Goal
    split: bool = False

    @property
    def names(self) -> list[str]:
        """The columns in use by name, the target last."""
        return [*(column.name for column in self.columns), self.goal.name]

    @property
    def picks(self) -> bool:
        """Whether some rows are dropped."""
        return self.goal.blank or any(column.blank and column.missing == "drop" for column in self.columns)

    @property
    def settings(self) -> dict[str, Any]:
        """The plan as JSON has it."""
        fields: dict[str, Any] = _lists(asdict(self))
        return {"recipe": RECIPE, **fields}

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Plan:
        """The plan that settings hold.

        Raises: ValueError for settings that no table has.
        """
        _need(isinstance(settings, Mapping), "settings of another kind")
        known = {"recipe", "source", "n_raw", "n_rows", "columns", "goal", "split"}
        _need(set(settings) == known and settings["recipe"] == RECIPE, "settings of another kind")
        n_raw, n_rows, columns = settings["n_raw"], settings["n_rows"], settings["columns"]
        _need(type(n_raw) is int and type(n_rows) is int and 2 <= n_rows <= n_raw <= MAX_ROWS, "sizes out of bounds")
        _need(isinstance(columns, list | tuple) and 0 < len(columns) <= MAX_USED, "columns out of bounds")
        _need(isinstance(settings["split"], bool), "a split of another kind")
        _need(_is_text(settings["source"], 1_000), "a source of another kind")
        plan = cls(
            settings["source"], n_raw, n_rows, tuple(map(_used, columns)), _goal(settings["goal"]), settings["split"]
        )
        names = [name.lower() for name in plan.names]
        _need(len(set(names)) == len(names), "a column twice")
        _need(plan.picks or n_raw == n_rows, "rows that are not there")
        _need(sum(map(width, plan.columns)) <= MAX_FEATURES, "too many features")
        return plan


def width(column: Used) -> int:
    """How many features a column gives."""
    flag = column.blank and column.missing == "flag" and not column.levels
    return (len(column.levels) - (column.drop is not None) if column.how == "dummies" else 1) + flag


def spelt(level: Level) -> str:
    """An entry as it is shown: 3 for 3.0.

    >>> spelt(3.0), spelt(0.1), spelt("Gentoo")
    ('3', '0.1', 'Gentoo')
    """
    return level if isinstance(level, str) else f"{level:.15g}"


def _lists(value: Any) -> Any:
    """Tuples as lists, which is what JSON has."""
    if isinstance(value, dict):
        return {key: _lists(one) for key, one in value.items()}
    return [_lists(one) for one in value] if isinstance(value, list | tuple) else value


# ---- judging what comes from a file


def _need(holds: bool, reason: str) -> None:
    if not holds:
        raise ValueError(reason)


def _is_text(value: object, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest


def _levels(values: object, text: bool, most: int) -> tuple[Level, ...]:
    _need(isinstance(values, list | tuple) and len(values) <= most, "entries out of bounds")
    out: list[Level] = []
    for value in values:  # type: ignore[attr-defined]
        if text:
            _need(_is_text(value, _LONGEST), "an entry of another kind")
            out.append(value)
        else:
            _need(type(value) in (int, float) and math.isfinite(value), "an entry of another kind")
            out.append(float(value))
    _need(len(set(out)) == len(out), "an entry twice")
    return tuple(out)


def _fields(given: object, kind: type) -> dict[str, Any]:
    names = set(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    _need(isinstance(given, Mapping) and set(given) == names, "a column of another kind")
    fields: dict[str, Any] = dict(given)  # type: ignore[call-overload]
    _need(_is_text(fields["name"], 1_000), "a name of another kind")
    _need(isinstance(fields["text"], bool) and isinstance(fields["blank"], bool), "a column of another kind")
    return fields


def _used(given: object) -> Used:
    fields = _fields(given, Used)
    how, text, drop = fields["how"], fields["text"], fields["drop"]
    _need(how in (*NUMBERS, *LEVELS) and fields["missing"] in get_args(Missing), "a column taken in an unknown way")
    levels = _levels(fields["levels"], text, MAX_LEVELS)
    least = {"dummies": 1, "codes": 1, "yes_no": 2}.get(how, 0)
    _need(least <= len(levels) <= (2 if how == "yes_no" else MAX_LEVELS), "a column without its entries")
    _need(how in LEVELS or (not text and not levels), "numbers that are texts")
    _need(not (how in LEVELS and fields["missing"] == "median" and fields["blank"]), "a median of texts")
    _need(drop is None or (how == "dummies" and type(drop) is int and 0 <= drop < len(levels)), "no such entry")
    _need(how != "dummies" or len(levels) > (drop is not None), "no dummies")
    return Used(**fields | {"levels": levels, "others": _levels(fields["others"], text, MAX_OTHERS)})


def _goal(given: object) -> Goal:
    fields = _fields(given, Goal)
    kind, text = fields["kind"], fields["text"]
    _need(kind in get_args(Kind), "a target of another kind")
    levels = _levels(fields["levels"], text, MAX_CLASSES)
    fits = {"number": not text and not levels, "two": len(levels) == 2, "many": len(levels) > 2}[kind]
    _need(fits, "a target without its classes")
    _need(fields["how"] in (NUMBERS if kind == "number" else ("codes",)), "a target taken in an unknown way")
    return Goal(**fields | {"levels": levels, "others": _levels(fields["others"], text, MAX_OTHERS)})

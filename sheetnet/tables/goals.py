"""The target of a table: a number, two classes or many, as a person says or as its entries suggest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sheetnet.tables.cells import Column
from sheetnet.tables.columns import WORDS, Level
from sheetnet.tables.plan import MAX_CLASSES, Goal, Kind, spelt
from sheetnet.tables.words import refusal, shown

FEW = 10  # whole numbers 0, 1, 2, ... that are taken for classes


@dataclass(frozen=True)
class Target:
    """What is to be predicted: kind "number", or "two" or "many" classes, in the order in which y counts them."""

    name: str
    kind: Kind
    classes: tuple[str, ...] = ()


def goal_of(column: Column, rows: np.ndarray, kind: Kind | None, positive: Level | bool | None, source: str) -> Goal:
    """The target that a column is, by its rows in use.

    Raises: DataError for entries that cannot be predicted so.
    """
    place = f"{source}, column {column.name}"
    if column.why:
        raise refusal(place, column.why, "numbers or classes", "name another target")
    used = replace(column, entries=column.entries[rows])
    found = used.found
    if len(found) < 2:
        one = shown(spelt(found[0])) if found else "nothing"
        raise refusal(place, f"the target is {one} in every row in use", "two different entries", "use other rows")
    counting = 2 < len(found) <= FEW and found == [float(at) for at in range(len(found))]
    likely: Kind = "two" if len(found) == 2 else "many" if column.is_text or counting else "number"
    kind = likely if kind is None else kind
    if kind == "number":
        if column.is_text:
            remedy = 'mend it, or leave kind="number" away, and the target out of columns='
            raise refusal(place, f"found {column.bad or shown(str(found[0]))}", "numbers", remedy)
        if positive is not None:
            raise refusal(place, "positive is said of numbers", "two classes", "leave it away")
        return Goal(column.name, False, "number", bool(column.blank.any()), how="number")
    if (kind == "two") != (len(found) == 2):
        expected = "two" if kind == "two" else "more than two"
        raise refusal(place, f"found {len(found)} classes", expected, "leave kind= away, or mend the target")
    if len(found) > MAX_CLASSES:
        seen = f"found {len(found)} different entries"
        bad = f" ({column.bad} is no number)" if column.bad else ""
        raise refusal(place, f"{seen}{bad}", f"numbers, or at most {MAX_CLASSES} classes", "name another target")
    sure(column, place)
    if positive is not None:
        found = _with_positive(found, positive, kind, place)
    return Goal(column.name, column.is_text, kind, bool(column.blank.any()), tuple(found), column.besides(found))


def sure(column: Column, place: str) -> None:
    """See that programs agree on which entries of a column are the same.

    Raises: DataError naming two of which they do not, or a number of more digits than a formula keeps.
    """
    if near := column.near:
        found = f"found {near[0]!r} and {near[1]!r}, which are equal to some programs"
        raise refusal(place, found, "numbers that every spreadsheet tells apart", "round the column to 12 digits")
    if not column.is_text and (long := next((one for one in column.found if float(spelt(one)) != one), None)):
        raise refusal(place, f"found {long!r}", "entries of at most 15 digits, as a formula says them", "round them")
    if doubtful := column.doubtful:
        found = f"found {' and '.join(map(shown, doubtful))}, which are the same to some programs"
        raise refusal(place, found, "entries that differ in more than case", "write both alike, or rename one")


def _with_positive(found: list[Level], positive: Level | bool, kind: Kind, place: str) -> list[Level]:
    """Two classes, with the one that is meant as the later."""
    keys = [spelt(level).casefold() for level in found]
    wanted = positive if isinstance(positive, str) else spelt(float(positive))
    if kind != "two" or wanted.casefold() not in keys:
        known = ", ".join(shown(spelt(level)) for level in found)
        raise refusal(place, f"positive is {positive!r}", f"one of two classes, here {known}", "mend positive=")
    return found if keys.index(wanted.casefold()) == 1 else found[::-1]


def words_of(goal: Goal) -> tuple[str, str]:
    """How the target is taken, for people, and what its classes are."""
    if goal.kind == "number":
        return f"the target, {WORDS[goal.how]}", ""
    classes = ", ".join(f"{name} is {at}" for at, name in enumerate(goal.classes))
    return f"the target, {'two' if goal.kind == 'two' else 'many'} classes", classes

"""How each column of a table is taken: as a person says, else as its entries suggest, with a word why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sheetnet.errors import DataError
from sheetnet.tables.cells import YES_NO, Column
from sheetnet.tables.columns import NUMBERS, SCALES, WORDS, How, Level, Missing, Saying, missing_of
from sheetnet.tables.goals import goal_of
from sheetnet.tables.memory import LARGEST, Given
from sheetnet.tables.plan import MAX_FEATURES, MAX_LEVELS, MAX_USED, Kind, Plan, spelt, width
from sheetnet.tables.using import levels_in, missing_in, scale_of, used_of
from sheetnet.tables.words import counted, refusal, shown

FEW = 20  # different entries of a category that nobody has spoken of
_ID = re.compile(r"(.*[_\W])?(id|idx|index|key|no|nr|row|rows|rownames|uuid)|[A-Z]?[a-z]+I[dD]", re.ASCII)


@dataclass(frozen=True)
class Choice:
    """How a column is taken, and why; kind: what its entries are, in a word."""

    column: Column
    kind: str
    saying: Saying
    why: str
    said: bool  # by a person


@dataclass(frozen=True)
class Wishes:
    """What a person says of a table as a whole, and of columns by name."""

    columns: Mapping[str, Saying]
    missing: Missing = "drop"
    scale: str = "standard"
    features: Sequence[str] | None = None
    kind: Kind | None = None
    positive: Level | bool | None = None


def choose(given: Given, target: str, wishes: Wishes) -> tuple[Plan, tuple[Choice, ...], np.ndarray]:
    """The plan of a table, how each column is taken, and which rows are in use, (n_raw,) of bool.

    Raises: DataError for sayings that do not fit the columns, and where too little is left.
    """
    by_name = {column.name: column for column in given.columns}
    goal_column = by_name[target]
    _check(given, target, wishes)
    if goal_column.blank.all() and not goal_column.why:
        place = f"{given.source}, column {target}"
        raise refusal(place, "the target is blank in every row", "entries to learn from", "name another target")
    names = wishes.features if wishes.features is not None else [name for name in given.names if name != target]
    ordered = [*names, *(name for name in given.names if name not in {*names, target})]
    choices: list[Choice] = []
    for name in ordered:
        earlier = [one for one in choices if one.saying.how != "left_out"]
        choices.append(_choice(by_name[name], goal_column, earlier, given, wishes))
    rows = _complete(choices, goal_column, wishes.missing, given.source)
    for at, one in enumerate(choices):
        if one.saying.how != "left_out" and not one.said and (why := _needless(one.column, choices, rows)):
            choices[at] = replace(one, saying=Saying("left_out"), why=why)
    rows = _complete(choices, goal_column, wishes.missing, given.source)
    said = wishes.columns.get(target)
    kind = wishes.kind if said is None else "number"
    goal = goal_of(goal_column, rows, kind, wishes.positive, given.source)
    if goal.kind == "number":
        how = SCALES[wishes.scale] if said is None else said.how
        goal = replace(goal, how=scale_of(goal_column, how, rows, given.source))
    in_use = [one for one in choices if one.saying.how != "left_out"]
    used = tuple(used_of(one.column, one.saying, one.said, rows, wishes.missing, given.source) for one in in_use)
    if not used:
        reasons = "; ".join(f"{one.column.name}: {one.why}" for one in choices[:3])
        found = "no column is left as a feature" + f" ({reasons})" * bool(choices)
        raise refusal(given.source, found, "one at least", f"say how: {_example(choices)}")
    features = sum(map(width, used))
    if len(used) > MAX_USED or features > MAX_FEATURES:
        found = f"found {counted(len(used), 'column')} that give {counted(features, 'feature')}"
        expected = f"at most {MAX_USED} and {MAX_FEATURES}"
        raise refusal(given.source, found, expected, "name fewer: features=[...]")
    plan = Plan(given.source, given.n_rows, int(rows.sum()), used, goal)
    return plan, tuple(choices), rows


def _check(given: Given, target: str, wishes: Wishes) -> None:
    """That what is said is of columns that are there."""
    missing_of(wishes.missing)
    if wishes.scale not in SCALES:
        raise DataError(f"scale must be one of {', '.join(map(repr, SCALES))}, found {wishes.scale!r}")
    features = [] if wishes.features is None else list(wishes.features)
    if wishes.features is not None and not features:
        raise DataError("features names no column; leave it away to use all")
    for name in (*wishes.columns, *features):
        if name not in given.names:
            known = ", ".join(map(shown, given.names[:20]))
            raise refusal(given.source, f"found no column {shown(name)}", f"one of {known}", "mend its name")
        if name == target and name in features:
            found, remedy = f"{shown(name)} is the target", "leave it out of features="
            raise refusal(given.source, found, "columns to learn from", remedy)
    if len(set(features)) < len(features):
        raise DataError("features names a column twice")
    for name, saying in wishes.columns.items():
        if not isinstance(saying, Saying):
            raise DataError(f"column {name}: say it with sn.dummies(), sn.number() and the like, found {saying!r:.60}")
        if name == target and (saying.how not in NUMBERS or saying.missing or wishes.kind not in (None, "number")):
            found = f"sn.{saying.how}({saying.missing or ''})" + f' and kind="{wishes.kind}"' * bool(wishes.kind)
            expected = f"of the target one of {', '.join(f'sn.{how}()' for how in NUMBERS)}"
            remedy = "leave it out of columns=; classes and rows without a target need no word"
            raise refusal(f"{given.source}, column {name}", f"found {found}", expected, remedy)


def _choice(column: Column, goal: Column, earlier: list[Choice], given: Given, wishes: Wishes) -> Choice:
    saying = wishes.columns.get(column.name)
    kind, how, why = _guess(column, wishes.scale)
    if saying is not None:
        return Choice(column, kind, saying, "as you say", True)
    if wishes.features is not None:
        if column.name not in wishes.features:
            return Choice(column, kind, Saying("left_out"), "not among features", False)
        if how == "left_out":
            remedy = "leave it out of features, or say how with columns={...}"
            raise refusal(f"{given.source}, column {column.name}", why, "numbers or a few different entries", remedy)
        return Choice(column, kind, _saying(how), why, False)
    if how != "left_out":
        if column.name in given.others:
            how, why = "left_out", "another target"
        elif len(column.entries) >= FEW and _same(column, goal):
            how, why = "left_out", f"says the same as the target {goal.name}"
        elif twin := next((one.column.name for one in earlier if _same(column, one.column)), None):
            how, why = "left_out", f"says the same as {twin}"
    return Choice(column, kind, _saying(how), why, False)


def _saying(how: How) -> Saying:
    return Saying(how, drop="first") if how == "dummies" else Saying(how)


def _guess(column: Column, scale: str) -> tuple[str, How, str]:
    """What a column's entries are in a word, how they are taken, and why."""
    found, n = column.found, len(column.entries)
    blank = int(column.blank.sum())
    kind = "text" if column.is_text else "number"
    if column.why:
        return "other", "left_out", column.why
    if column.index:
        return "index", "left_out", column.index
    if blank == n:
        return kind, "left_out", "blank throughout"
    if 2 * blank > n:
        return kind, "left_out", f"{blank} of {n} entries are blank"
    if len(found) < 2:
        return kind, "left_out", f"{shown(spelt(found[0]))} in every row"
    if column.is_text:
        if {str(level).casefold() for level in found} in map(set, YES_NO):
            return "yes/no", "yes_no", f"{spelt(found[1])} is 1"
        if len(found) <= max(2, min(FEW, (n - blank) // 2)):
            return "category", "dummies", f"{len(found)} different entries"
        bad = f"; {column.bad} is no number" if column.bad else ""
        if len(found) == n - blank:
            return "id", "left_out", f"another entry in every row{bad}"
        return "text", "left_out", f"{len(found)} different entries{bad}"
    if found == [0.0, 1.0]:
        return "yes/no", "yes_no", "0 and 1 only"
    whole = all(level.is_integer() for level in found if isinstance(level, float))
    if whole and len(found) == n and _ID.fullmatch(column.name):
        return "id", "left_out", "another whole number in every row, and its name is that of an id"
    if np.nanmax(np.abs(column.entries)) > (LARGEST if whole else 1e100):
        return "number", "left_out", "numbers too large to keep their digits"
    return "number", SCALES[scale], f"{len(found)} different numbers"


def _needless(column: Column, choices: Sequence[Choice], rows: np.ndarray) -> str:
    """Why a column adds nothing to the others in the rows in use, in words; empty where it does."""
    if len(levels_in(column, rows)) < 2:
        return "the same entry in every row in use"
    finer = (one.column for one in choices if one.saying.how == "dummies" and one.column is not column)
    followed = next((one.name for one in finer if len(rows) >= FEW and _follows(column, one)), "")
    return f"follows from {followed}" if followed else ""


def _same(a: Column, b: Column) -> bool:
    """Whether two columns, one of them of texts at least, tell the same rows apart: each entry has its one partner."""
    return (a.is_text or b.is_text) and len(a.found) == len(b.found) and _follows(a, b)


def _follows(a: Column, b: Column) -> bool:
    """Whether a column says nothing that another, of few different entries, does not say: each b has its one a."""
    if not np.array_equal(a.blank, b.blank) or not 1 < len(a.found) <= len(b.found) <= MAX_LEVELS:
        return False
    return len(set(zip(_folded(a), _folded(b), strict=True))) == len(b.found)


def _folded(column: Column) -> list[Level]:
    entries = column.entries[~column.blank].tolist()
    return [entry.casefold() if isinstance(entry, str) else entry for entry in entries]


def _complete(choices: Sequence[Choice], goal: Column, missing: Missing, source: str) -> np.ndarray:
    """Which rows have a target and no blank that drops them."""
    rows = ~goal.blank
    used = [one for one in choices if one.saying.how != "left_out"]
    dropping = [one.column for one in used if missing_in(one.saying, missing) == "drop"]
    for column in dropping:
        rows = rows & ~column.blank
    if rows.sum() < 2:
        most = sorted((goal, *dropping), key=lambda column: -int(column.blank.sum()))[:3]
        blank = ", ".join(f"{column.name} has {counted(int(column.blank.sum()), 'blank')}" for column in most)
        found = f"{counted(int(rows.sum()), 'complete row')} of {len(rows)} left ({blank})"
        raise refusal(source, found, "at least 2", 'fill blanks (missing="median") or leave columns out')
    return np.asarray(rows)


def _example(choices: Sequence[Choice]) -> str:
    one = next((one.column for one in choices if not one.column.why), None)
    how = "number" if one and not one.is_text else "dummies"
    return f"columns={{{one.name if one else 'name'!r}: sn.{how}()}}"


def words_of(choice: Choice, plan: Plan) -> tuple[str, str]:
    """How a column is taken and why, for people."""
    used = next((column for column in plan.columns if column.name == choice.column.name), None)
    if used is None:
        return WORDS["left_out"], choice.why
    taken = WORDS[used.how]
    if used.how == "dummies" and used.drop is not None:
        taken += f" but {spelt(used.levels[used.drop])}"
    blank = int(choice.column.blank.sum())
    fates = {"drop": "their rows dropped", "median": "filled with the median", "mode": "filled with the most common"}
    fate = fates.get(used.missing, "flagged")
    why = "; ".join(filter(None, (choice.why, f"{counted(blank, 'blank')} {fate}" if blank else "")))
    return taken, why


def likely(column: Column) -> tuple[str, str, str, str]:
    """How a column would be taken if nobody said more: its name, its kind, what becomes of it, and why."""
    kind, how, why = _guess(column, "standard")
    blank = int(column.blank.sum())
    return column.name, kind, WORDS[how], "; ".join(filter(None, (why, counted(blank, "blank") if blank else "")))

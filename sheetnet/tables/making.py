"""sn.table: any data becomes a table that models can learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheetnet.errors import DataError
from sheetnet.tables.cells import Mark, clean, is_number
from sheetnet.tables.choosing import Choice, Wishes, choose
from sheetnet.tables.choosing import words_of as words_of_choice
from sheetnet.tables.columns import Level, Missing, Saying
from sheetnet.tables.goals import words_of
from sheetnet.tables.memory import Given
from sheetnet.tables.opened import Reading
from sheetnet.tables.passengers import Raw
from sheetnet.tables.plan import Kind, Plan
from sheetnet.tables.showing import Line
from sheetnet.tables.sources import given
from sheetnet.tables.table import Table, checked
from sheetnet.tables.words import refusal, shown

_SPELT = 10  # other spellings of a column's entries that are said


def table(
    source: Any,
    target: Any = None,
    *,
    columns: Mapping[str, Saying] | None = None,
    missing: Missing = "drop",
    scale: str = "standard",
    features: Sequence[str] | None = None,
    name: str | None = None,
    kind: Kind | None = None,
    positive: Level | bool | None = None,
    separator: str | None = None,
    decimal: Mark | None = None,
    encoding: str | None = None,
) -> Table:
    """The table of a source, prepared: X (n, p) and y (n, 1), each column taken as its entries suggest.

    source: a DataFrame; a path of a CSV (also packed) or Parquet file; a scikit-learn Bunch; {name: column}; or an
    array X with the array y as target. target: the column to predict; a Bunch knows its own.
    columns: how a column is taken, {"island": sn.dummies(), "year": sn.left_out()}. missing: what becomes of blanks,
    "drop" their rows, fill with the "median" or the "mode" (the most common), or "flag" them. scale: of numbers, and
    of a target that is one, "standard", "largest", "min_max", "log" or "none"; columns={target: sn.number()} leaves
    the target alone as it is. features: only these columns. name: what the table is called.
    kind: of the target, "number", "two" or "many"; positive: of two classes, the one that is 1.
    separator, decimal, encoding: of a text file that does not tell.

    print(table) shows how each column was taken and why.
    Raises: DataError naming the column and the line, what was found, what was expected and what to do.
    """
    if decimal not in (None, ".", ","):
        raise DataError(f'decimal must be "." or ",", found {decimal!r}')
    beside = target if _is_array(target) else None
    found = given(source, beside, Reading(separator, decimal, encoding))
    if name is not None:
        found = replace(found, source=str(name))
    said = list(found.said)
    goal = found.target if target is None or beside is not None else _named(target, found, said, "target")
    if goal is None:
        known = ", ".join(map(shown, found.names[:20]))
        raise refusal(found.source, "no target is named", f"one of {known}", "say target=")
    sayings = {_named(one, found, said, "columns"): saying for one, saying in (columns or {}).items()}
    if isinstance(features, str):
        features = [features]
    only = None if features is None else [_named(one, found, said, "features") for one in features]
    plan, choices, _ = choose(found, goal, Wishes(sayings, missing, scale, only, kind, positive))
    used = plan.names
    try:
        Plan.of(plan.settings)  # what a workbook's manifest would hold, as it is judged when it is read
    except ValueError as reason:
        bounds = "names of at most 1,000 characters and entries of at most 255"
        raise refusal(found.source, f"the table cannot be described ({reason})", bounds, "shorten them") from None
    by_name = {column.name: column for column in found.columns}
    raw = Raw({one: by_name[one].entries[:, None] for one in used}, found.source)
    said += [f"{one}: {words}" for one in used for words in by_name[one].said]
    for one in (by_name[name] for name in used):
        said += [f"{one.name}: {shown(text)} is {level}" for text, level in one.spellings.items()][:_SPELT]
    gone = [one for one in choices if one.column.index and one.saying.how == "left_out"]
    said += [f"{one.column.name} is left out: {one.column.index}" for one in gone]
    lines = _lines(choices, plan, by_name[goal].is_text)
    others = tuple(one for one in found.names if one != goal and one not in found.others)
    return checked(Table(raw, plan, tuple(said), lines, others))


def _is_array(target: Any) -> bool:
    return hasattr(target, "__array__") or (isinstance(target, Sequence) and not isinstance(target, str))


def _named(column: Any, found: Given, said: list[str], of: str) -> str:
    """The column of that name; where only its case is another, with a word.

    Raises: DataError where there is none.
    """
    name = str(column)
    if name not in found.names:
        name = clean(name)
    if name in found.twice:
        remedy = "remove all but one, or rename them"
        raise refusal(found.source, f"found several columns {shown(name)}", f"one for {of}=", remedy)
    if name in found.names:
        return name
    alike: list[str] = [one for one in found.names if one.casefold() == name.casefold()]
    if len(alike) == 1:
        said.append(f"{of}: {name} is the column {alike[0]}")
        return alike[0]
    known = ", ".join(map(shown, found.names[:20]))
    known += f" and {len(found.names) - 20} more" if len(found.names) > 20 else ""
    remedy = f"mend {of}="
    if all(map(is_number, found.names)):
        remedy += ", or give the table a first line that names its columns"
    raise refusal(found.source, f"found no column {shown(name)}", f"one of {known}", remedy)


def _lines(choices: Sequence[Choice], plan: Plan, text: bool) -> tuple[Line, ...]:
    """What is shown of each column, the target last."""
    lines = [(one.column.name, one.kind, *words_of_choice(one, plan)) for one in choices]
    return (*lines, (plan.goal.name, "text" if text else "number", *words_of(plan.goal)))

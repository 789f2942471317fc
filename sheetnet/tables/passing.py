"""New rows on their way through a table's recipe: its columns found, judged, their blanks filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sheetnet.errors import DataError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, constant, order
from sheetnet.graph.rewrite import substitute
from sheetnet.tables.cells import Column
from sheetnet.tables.columns import LEVELS
from sheetnet.tables.memory import ARRAYS, Given
from sheetnet.tables.passengers import SCHEMA, Raw
from sheetnet.tables.plan import Plan, Used, spelt
from sheetnet.tables.recipe import Recipe, counting
from sheetnet.tables.sayings import lay
from sheetnet.tables.words import refusal, shown


def columns_for(
    plan: Plan, names: Sequence[str], new: Given, old: Mapping[str, np.ndarray], fill: bool
) -> dict[str, np.ndarray]:
    """The plan's columns (m, 1) of new rows, by name; old: those of the table, from which blanks are filled.

    names: of the columns as the table was given, by which those of an array go.

    Raises: DataError naming column and row for what the table does not know.
    """
    own = names if new.source == ARRAYS and len(names) == len(new.columns) else new.names
    found = {name.casefold(): column for name, column in zip(own, new.columns, strict=True)}
    lacking = [column.name for column in plan.columns if column.name.casefold() not in found]
    if lacking:
        place, known = new.source, ", ".join(map(shown, new.names[:20]))
        names = ", ".join(map(shown, lacking))
        raise refusal(place, f"found no column {names} among {known}", "the table's columns", "add what is missing")
    return {
        used.name: _entries(used, found[used.name.casefold()], old[used.name], fill, new.source)[:, None]
        for used in plan.columns
    }


def _entries(used: Used, column: Column, old: np.ndarray, fill: bool, source: str) -> np.ndarray:
    place = f"{source}, column {used.name}"
    if column.why:
        raise refusal(place, column.why, "entries as in the table", "mend the column")
    entries: Any = column.entries
    if used.text and not column.is_text:
        entries = np.array(["" if np.isnan(v) else spelt(float(v)) for v in entries], dtype=object)
    elif column.is_text and not used.text:
        if not column.blank.all():
            raise refusal(place, f"found {column.bad or shown(str(column.found[0]))}", "numbers", "mend this value")
        entries = np.full(len(entries), np.nan)
    blank = entries == "" if used.text else np.isnan(entries)
    if used.levels:
        known = {_key(level) for level in used.levels} | {_key(level) for level in used.others}
        odd = next((at for at, v in enumerate(entries) if not blank[at] and _key(v) not in known), None)
        if odd is not None:
            found = f"found {shown(spelt(entries[odd]))}"
            words = ", ".join(shown(spelt(level)) for level in used.levels[:20])
            raise refusal(f"{place}, row {odd + 1}", found, f"one of {words}", "mend this value or leave the row out")
    if used.how == "log" and (low := np.flatnonzero(np.nan_to_num(entries) <= -1)).size:
        found = f"found {entries[low[0]]:g}"
        raise refusal(f"{place}, row {low[0] + 1}", found, "a number above -1", "mend this value")
    if blank.any() and not (used.blank and used.missing != "drop"):
        row = int(np.flatnonzero(blank)[0]) + 1
        if used.missing == "flag" or (used.missing == "drop" and not fill):
            remedy = "fill it in, or leave the row out" + (", or say fill=True" if used.missing == "drop" else "")
            raise refusal(f"{place}, row {row}", "found an empty cell", "an entry, as in the table's rows", remedy)
        entries = np.where(blank, np.array(filling(used, old), dtype=entries.dtype), entries)
    return np.asarray(entries)


def _key(level: Any) -> Any:
    return level.casefold() if isinstance(level, str) else float(level)


def filling(used: Used, old: np.ndarray) -> float | str:
    """What a blank becomes that the table itself did not have: the median, or the most common entry (n, 1)."""
    entries = old[:, 0]
    known = entries[entries != ""] if used.text else entries[~np.isnan(entries)]
    if used.how in LEVELS or used.missing == "mode":
        most: float | str = Counter(known.tolist()).most_common(1)[0][0]
        return most
    return float(np.median(known))


def passengers_through(ours: Recipe, raw: Raw, new: Given) -> np.ndarray:
    """X (m, p) of new passengers by the recipe of others, with their largest and most common entries.

    Raises: DataError for a column that is missing, and for an entry that no passenger has or that is blank.
    """
    columns = {
        one.name: _passengers(one, new.source, ours.picked is None) for one in new.columns if one.name in ours.raw
    }
    lacking = [name for name in ours.raw if name not in columns and name != "Survived"]
    if lacking:
        names = ", ".join(map(shown, new.names[:20]))
        raise refusal(new.source, f"found no column {', '.join(lacking)}", f"more than {names}", "add what is missing")
    m = len(next(iter(columns.values())))
    theirs = lay(ours.name, m, m)
    pairs = zip(order(list(theirs.features.values())), order(list(ours.features.values())), strict=True)
    whole = [(one, old) for one, old in pairs if old.shape == (1, 1) and old.op != "constant"]
    values = evaluate([old for _, old in whole], ours.inputs(raw))
    change: dict[Node, Node] = {one: constant(value[0, 0]) for (one, _), value in zip(whole, values, strict=True)}
    given = {theirs.number: counting(m), theirs.no: counting(m)}
    given |= {node: columns[name] for name, node in theirs.raw.items() if name in columns}
    return np.hstack(evaluate(substitute(list(theirs.features.values()), change), given))


def _passengers(column: Column, source: str, filled: bool) -> np.ndarray:
    """A column (m, 1) of new passengers, each entry as one of the old ones may be; filled: its blanks will be."""
    if column.blank.any() and not filled:
        row = int(np.flatnonzero(column.blank)[0]) + 1
        place, found = f"{source}, row {row}, column {column.name}", "found an empty cell"
        raise refusal(place, found, "an entry: this recipe drops rows without", "fill it in")
    values = []
    for row, entry in enumerate(column.entries.tolist(), 1):
        try:
            values.append(SCHEMA[column.name].value(entry))
        except DataError as reason:
            raise DataError(f"{source}, row {row}, {reason}") from None
    kind = SCHEMA[column.name].kind
    return np.array(values, dtype=object if kind == "text" else float)[:, None]

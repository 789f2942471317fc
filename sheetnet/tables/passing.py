"""New rows on their way through a table's recipe: its columns found, judged, their blanks filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from sheetnet.tables.cells import Column
from sheetnet.tables.columns import LEVELS
from sheetnet.tables.memory import Given
from sheetnet.tables.plan import Plan, Used, spelt
from sheetnet.tables.words import refusal, shown


def columns_for(plan: Plan, new: Given, old: Mapping[str, np.ndarray], fill: bool) -> dict[str, np.ndarray]:
    """The plan's columns (m, 1) of new rows, by name; old: those of the table, from which blanks are filled.

    Raises: DataError naming column and row for what the table does not know.
    """
    found = {name.casefold(): column for name, column in zip(new.names, new.columns, strict=True)}
    lacking = [column.name for column in plan.columns if column.name.casefold() not in found]
    if lacking and new.source == "arrays" and len(new.columns) == len(plan.columns):
        found = {used.name.casefold(): one for used, one in zip(plan.columns, new.columns, strict=True)}
        lacking = []
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

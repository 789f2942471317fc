"""A column as the plan has it: that its entries can be taken as they are to be, and which they are."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np

from sheetnet.tables.cells import Column
from sheetnet.tables.columns import LEVELS, NUMBERS, How, Level, Missing, Saying
from sheetnet.tables.goals import sure
from sheetnet.tables.memory import MAX_TEXT
from sheetnet.tables.passengers import decimal
from sheetnet.tables.plan import BLANK, MAX_LEVELS, Used, spelt
from sheetnet.tables.words import counted, refusal, shown

LARGEST_SCALED = 1e100
_WILD = re.compile(r"[*?~]|^[<>=]")  # what COUNTIF takes for more than it says


def levels_in(column: Column, rows: np.ndarray) -> list[Level]:
    """The different entries in the rows in use, in order."""
    return replace(column, entries=column.entries[rows], levels=column.levels or tuple(column.found)).found


def missing_in(saying: Saying, missing: Missing) -> Missing:
    """What becomes of a column's blanks; names have no median."""
    if saying.missing is not None:
        return saying.missing
    return "mode" if missing == "median" and saying.how in LEVELS else missing


def used_of(column: Column, saying: Saying, said: bool, rows: np.ndarray, default: Missing, source: str) -> Used:
    """The column as the plan has it, from how it is taken; said: by a person.

    Raises: DataError for entries that cannot be taken so.
    """
    place, how = f"{source}, column {column.name}", saying.how
    missing = missing_in(saying, default)
    has_blank = bool(column.blank.any())
    blank = has_blank or (said and saying.missing in ("median", "mode", "flag"))
    if column.why or column.blank.all():
        why = column.why or "it is blank throughout"
        raise refusal(place, why, "numbers or a few different entries", "leave it out: sn.left_out()")
    if blank and missing == "flag" and how == "yes_no":  # blanks are a third entry
        how, saying = ("dummies", replace(saying, drop="first")) if column.is_text else ("number", saying)
    if how in NUMBERS:
        return _numbers(column, how, missing, blank, rows, place)
    if blank and missing == "flag" and not column.is_text:
        raise refusal(place, "blanks cannot be flagged here", "texts", 'say missing="mode", or sn.number("flag")')
    found = levels_in(column, rows)
    everything = column.found
    sure(column, place)
    least, most = {"yes_no": (2, 2), "dummies": (2, MAX_LEVELS)}.get(how, (1, MAX_LEVELS))
    if blank and missing == "flag":
        names = {str(level).casefold() for level in everything}
        found.append(next(name for name in (BLANK, "(missing)", "((missing))") if name not in names))
    if not least <= len(found) <= most:
        seen = f"found {counted(len(found), 'different entry').replace('entrys', 'entries')}"
        raise refusal(place, seen, f"{least} to {most} for sn.{how}()", "say it otherwise, or leave it out")
    if any(isinstance(level, str) and len(level) > MAX_TEXT for level in everything):
        raise refusal(place, "found an entry that is too long", f"at most {MAX_TEXT} characters", "leave it out")
    if blank and missing == "mode" and (odd := _uncounted(everything)) is not None:
        remedy = 'say missing="flag" or "drop", or rename the entry'
        raise refusal(place, f"found {shown(odd)}", "entries that a sheet can count", remedy)
    return Used(
        column.name, column.is_text, how, missing, blank, tuple(found), column.besides(found),
        _dropped(saying, found, place) if how == "dummies" else None,
    )  # fmt: skip


def scale_of(column: Column, how: How, rows: np.ndarray, source: str) -> How:
    """How a target that is a number is scaled, if its entries can be.

    Raises: DataError for such that cannot.
    """
    return _numbers(column, how, "drop", False, rows, f"{source}, column {column.name}").how


def _uncounted(levels: list[Level]) -> Level | None:
    """An entry for which a sheet's COUNTIF finds others too: a pattern, or a text that is a number like another."""
    texts = [level for level in levels if isinstance(level, str)]
    seen: set[float] = set()
    for text in texts:
        value = decimal(text.strip("%$€£ ").replace(",", ""))
        if _WILD.search(text) or value in seen:
            return text
        seen |= {value} - {math.nan}
    return None


def _numbers(column: Column, how: How, missing: Missing, blank: bool, rows: np.ndarray, place: str) -> Used:
    if column.is_text:
        odd = column.bad or shown(str(column.found[0]))
        raise refusal(place, f"found {odd}", f"numbers for sn.{how}()", "mend it, or say sn.dummies()")
    entries = column.entries[rows & ~column.blank]
    if (largest := float(np.abs(entries).max(initial=0.0))) > LARGEST_SCALED:
        expected = f"numbers up to {LARGEST_SCALED:g}, whose squares can be calculated"
        raise refusal(place, f"found a number of size {largest:g}", expected, "divide the column before")
    if blank and missing == "mode" and (near := column.near):
        found = f"found {near[0]!r} and {near[1]!r}, which are equal to some programs"
        raise refusal(place, found, "numbers that every spreadsheet tells apart", "round the column to 12 digits")
    if how == "log" and (np.nanmin(column.entries) <= -1):
        row = int(np.flatnonzero(column.entries <= -1)[0])
        found = f"found {column.entries[row]:g} in row {row + 1}"
        raise refusal(place, found, "numbers above -1 for sn.log()", "say sn.standardised()")
    if how == "share_of_largest" and not entries.max(initial=0.0) > 0:
        raise refusal(place, "the largest entry is not above 0", "one that is", "say sn.standardised()")
    if how in ("standardised", "min_max") and len(np.unique(entries)) < 2 and not (blank and missing != "drop"):
        raise refusal(place, "all entries are the same", "two different ones at least", "leave it out: sn.left_out()")
    return Used(column.name, False, how, missing, blank)


def _dropped(saying: Saying, levels: list[Level], place: str) -> int | None:
    """The place of the level that gets no dummy."""
    if saying.drop is None:
        return None
    if saying.drop == "first":
        return 0
    keys = [spelt(level).casefold() for level in levels]
    key = spelt(saying.drop).casefold()
    if key in keys:
        return keys.index(key)
    known = ", ".join(shown(spelt(level)) for level in levels[:20])
    raise refusal(place, f"found no entry {shown(saying.drop)} to drop", f"one of {known}", 'say drop="first"')

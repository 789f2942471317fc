"""Which cells Excel would mark with a green triangle, so that it can be told that they are meant as they are.

The rules are those of its error checking that are on by default (Microsoft: "Detect errors in formulas"). Where they
are told in words only, a cell is taken for marked: a mark that is missing frightens nobody.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from sheetnet.page.area import area_of, cell_address, column_of

Place = tuple[int, int]

_CELL = re.compile(r'("[^"]*")|(?<![\w.\[$])(\$?)([A-Z]{1,3})(\$?)(\d+)(?![\w.(!\[])')
_RANGE = re.compile(r'"[^"]*"|(?<![\w.\[!$])(\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?\d+)(?![\w.(!\[])')
_NUMBER = re.compile(r"[-+(]*\W?\d[\d.,' ]*(e[-+]?\d+)?\s?\W?\)?", re.IGNORECASE)
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*|\d{1,2}"
_DATE = re.compile(rf"(\d{{1,2}}[-/. ])?({_MONTH})[-/. ]'?\d\d", re.IGNORECASE)  # of two digits for the year


class Content(NamedTuple):
    """What a cell holds: a formula (the text without its equals sign, and where it begins), a value, or both."""

    value: float | str
    formula: str = ""
    origin: Place = (0, 0)


Cells = Mapping[Place, Content]


def marked(cells: Cells) -> dict[str, set[Place]]:
    """The marked cells of a sheet, by XlsxWriter's word for the rule; array formulas stand in each of their cells."""
    out: dict[str, set[Place]] = defaultdict(set)
    known: dict[tuple[str, Place], int] = {}  # formulas and where they begin, counted from 1
    around: dict[str, list[Place]] = {}
    n_rows, n_cols = (1 + max((place[axis] for place in cells), default=0) for axis in (0, 1))
    which = np.zeros((n_rows, n_cols), dtype=np.int32)
    for at, (value, formula, origin) in cells.items():
        if not formula:
            if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
                out["number_stored_as_text"].add(at)
            if isinstance(value, str) and _DATE.fullmatch(value.strip()):
                out["two_digit_text_year"].add(at)
            continue
        if value != value:
            out["eval_error"].add(at)
        which[at] = known.setdefault((formula, origin), len(known) + 1)
        if (near := around.get(formula)) is None:
            numbers = (place for place in _around(formula) if _number(cells, place))
            near = around[formula] = list(islice(numbers, 2))  # of two places one is not the formula's own
        if near.count(at) < len(near):
            out["formula_range"].add(at)
    if differing := _differing(which, [*known]) | {(row, col) for col, row in _differing(which.T, [*known])}:
        out["formula_differs"] = differing
    return out


def _differing(which: np.ndarray, known: Sequence[tuple[str, Place]]) -> set[Place]:
    """The cells whose formula reads otherwise than those to the left and to the right, which are two that read alike.

    which: the number of each cell's formula in known, from 1; 0 where there is none.
    """
    before, here, after = which[:, :-2], which[:, 1:-1], which[:, 2:]
    between = (before > 0) & (here > 0) & (after > 0) & (before != after)
    places = np.argwhere(between)
    keys: dict[str, int] = {}  # of each formula as it reads from its own cell, the same where it was filled down
    read = np.zeros(len(known) + 1, dtype=np.int32)
    for number in np.unique(np.concatenate([part[between] for part in (before, here, after)])):
        read[number] = keys.setdefault(_relative(*known[number - 1]), len(keys) + 1)
    a, own, b = (read[part[between]] for part in (before, here, after))
    return {(row, col + 1) for row, col in places[(a == b) & (a != own)].tolist()}


def rectangles(places: set[Place]) -> str:
    """Cells as ranges with spaces between, columns that go together as one.

    >>> rectangles({(0, 0), (1, 0), (0, 1), (1, 1), (4, 1)})
    'A1:B2 B5'
    """
    runs: dict[Place, list[int]] = defaultdict(list)  # columns, by the first and last row of what is marked in them
    columns: dict[int, list[int]] = defaultdict(list)
    for row, col in sorted(places):
        columns[col].append(row)
    for col, rows in sorted(columns.items()):
        starts = [row for row in rows if (row - 1, col) not in places]
        ends = [row for row in rows if (row + 1, col) not in places]
        for run in zip(starts, ends, strict=True):
            runs[run].append(col)
    found = []
    for (top, bottom), cols in runs.items():
        for first in (col for col in cols if col - 1 not in cols):
            last = next(col for col in range(first, first + len(cols)) if col + 1 not in cols)
            corners = [cell_address(top, first), cell_address(bottom, last)]
            found.append(":".join(dict.fromkeys(corners)))
    return " ".join(found)


def _relative(text: str, origin: Place) -> str:
    def turned(found: re.Match[str]) -> str:
        words, fixed_col, letters, fixed_row, digits = found.groups()
        if words:
            return found[0]
        row, col = int(digits) - 1, column_of(letters)
        return f"R{row if fixed_row else [row - origin[0]]}C{col if fixed_col else [col - origin[1]]}"

    return _CELL.sub(turned, text)


def _around(text: str) -> Iterator[Place]:
    """The cells next to the ranges of its own sheet that a formula reads, in line with them."""
    for found in _RANGE.finditer(text):
        if not found[1]:
            continue
        top, left, bottom, right = area_of("", found[1]).corners
        if top == bottom or left != right:
            yield from ((row, col) for row in range(top, bottom + 1) for col in (left - 1, right + 1))
        if left == right or top != bottom:
            yield from ((row, col) for col in range(left, right + 1) for row in (top - 1, bottom + 1))


def _number(cells: Cells, place: Place) -> bool:
    return place in cells and isinstance(cells[place].value, float)  # nan: an error that may become a number

"""Which cells Excel would mark with a green triangle, so that it can be told that they are meant as they are.

The rules are those of its error checking that are on by default (Microsoft: "Detect errors in formulas"). Where they
are told in words only, a cell is taken for marked: a mark that is missing frightens nobody.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

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
    keys: dict[tuple[str, Place], str] = {}
    around: dict[str, list[Place]] = {}

    def key(content: Content) -> str:
        """The formula as it reads from its own cell: the same text where it was filled down or to the right."""
        at = content.formula, content.origin
        if at not in keys:
            keys[at] = _relative(*at)
        return keys[at]

    for (row, col), content in cells.items():
        if not content.formula:
            if isinstance(content.value, str) and _NUMBER.fullmatch(content.value.strip()):
                out["number_stored_as_text"].add((row, col))
            if isinstance(content.value, str) and _DATE.fullmatch(content.value.strip()):
                out["two_digit_text_year"].add((row, col))
            continue
        if content.value != content.value:
            out["eval_error"].add((row, col))
        for before, after in (((row, col - 1), (row, col + 1)), ((row - 1, col), (row + 1, col))):
            a, b = cells.get(before), cells.get(after)
            if a and b and a.formula and b.formula and a.origin != b.origin and key(a) == key(b) != key(content):
                out["formula_differs"].add((row, col))
        if content.formula not in around:
            numbers = (place for place in _around(content.formula) if _number(cells, place))
            around[content.formula] = list(islice(numbers, 2))  # of two places one is not the formula's own
        if any(place != (row, col) for place in around[content.formula]):
            out["formula_range"].add((row, col))
    return out


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

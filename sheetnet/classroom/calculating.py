"""The values of answers: formulas are calculated anew, by a second program where the first may be at fault."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from sheetnet.book.contents import Contents
from sheetnet.checking.recalculation import of_areas
from sheetnet.engines.base import CellError, Value
from sheetnet.errors import EngineError
from sheetnet.page.area import Area

# all that a formula holds which asks nothing of other cells
WITH_ITSELF = re.compile(r'"[^"]*"|[A-Z][A-Z0-9.]*\(|[0-9.]+(?:E[+-]?[0-9]+)?|[-+*/^%(),;:<>=&\s]', re.IGNORECASE)
SECOND = "libreoffice"
CLOSE = 1e-9  # relative


def is_formula(text: Value) -> bool:
    """Whether what stands in a cell is a formula."""
    return isinstance(text, str) and text.startswith("=")


def calculated(
    contents: Contents, area: Area, typed: Sequence[Value], engine: str
) -> tuple[list[Value], Collection[int]]:
    """The value of each answer in a column, and the places of formulas that no program at hand could calculate.

    Where the engine gives an error, or another number than the program in which the formula was typed, LibreOffice is
    asked as well, if it is there: some engines do not know all functions, or know them wrong.
    """
    formulas = [i for i, text in enumerate(typed) if is_formula(text)]
    if not formulas:
        return list(typed), ()
    found = _by(contents, area, typed, engine)
    stored = contents.sheets[area.sheet].stored
    cells = list(area.cells())
    doubtful = {i for i in formulas if isinstance(found[i], CellError) or _differ(found[i], stored.get(cells[i]))}
    if doubtful and engine != SECOND and _is_there(SECOND):
        again = _by(contents, area, typed, SECOND)
        found = [again[i] if i in doubtful else value for i, value in enumerate(found)]
    return found, {i for i in doubtful if isinstance(found[i], CellError)}


def _by(contents: Contents, area: Area, typed: Sequence[Value], engine: str) -> list[Value]:
    """The values by one engine, in a workbook of no more than they need; an error for all that it cannot open."""
    if all(not WITH_ITSELF.sub("", str(text)) for text in typed if is_formula(text)):
        sheet = contents.sheets[area.sheet]
        formulas = {at: sheet.formulas[at] for at in area.cells() if at in sheet.formulas}
        alone = replace(sheet, formulas=formulas, values={}, covered=set(), tables={})
        contents = replace(contents, sheets={area.sheet: alone}, names={})
    try:
        with of_areas(contents, [area], engine) as values:
            lines = values()[0]
    except EngineError:
        lines = [[CellError("#N/A")]] * len(typed)
    return [line[0] if is_formula(text) else text for text, line in zip(typed, lines, strict=True)]


def _differ(value: Value, stored: Value) -> bool:
    """Whether the program in which a formula was typed has stored another number."""
    if not isinstance(value, float | int) or not isinstance(stored, float | int):
        return False
    return not math.isclose(value, stored, rel_tol=CLOSE, abs_tol=1e-12)


def _is_there(engine: str) -> bool:
    from sheetnet.engines import get

    return get(engine).missing() is None

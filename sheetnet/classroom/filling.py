"""What was filled into a lesson's blanks, calculated anew and judged; each blank counts as an exercise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite

import numpy as np

from sheetnet.book.contents import Contents
from sheetnet.book.inputs import read_inputs
from sheetnet.book.manifest import Manifest
from sheetnet.checking.recalculation import of_areas
from sheetnet.classroom.grades import Answer, plain
from sheetnet.classroom.peeking import SOMEWHERE, WORDS
from sheetnet.course.lesson import Lesson
from sheetnet.engines.base import CellError, Rows, Value
from sheetnet.errors import EngineError, WorkbookError
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node
from sheetnet.motifs.blanks import Blank, near
from sheetnet.page.area import Area

TYPED = "numbers were typed where formulas are missing"
LEANING = "it reads a blank that is wrong or empty: judged as if that were right"
LITERAL = "a number stands there where a cell is meant: right only for the numbers of now"
MORE = 1.01  # times each yellow number, for a second look


@dataclass(frozen=True)
class _Filled:
    """What stands in the cells of a blank, beside what is right there. leaning: it is right if the others were."""

    values: Rows
    right: np.ndarray
    leaning: bool = False

    @property
    def pairs(self) -> list[tuple[Value, float | str]]:
        """(what is there, what should be) for each cell."""
        lines = zip(self.values, self.right.tolist(), strict=True)
        return [pair for line, goods in lines for pair in zip(line, goods, strict=True)]

    @property
    def is_right(self) -> bool:
        """Whether all cells are filled in rightly."""
        return all(_is(value, good) for value, good in self.pairs)

    @property
    def is_wrong(self) -> bool:
        """Whether a cell that is filled in is not."""
        return not all(value in (None, "") or _is(value, good) for value, good in self.pairs)


def filled_in(contents: Contents, found: Manifest, engine: str, n: int) -> tuple[list[Answer], tuple[str, ...]]:
    """A verdict on each blank, numbered from n on, and remarks where none can be given; nothing where no blanks are.

    Each is judged as if the other blanks were filled in rightly.
    """
    workbook = found.workbook
    if not workbook.blanks:
        return [], ()
    blanks = workbook.blanks.found
    try:
        inputs = read_inputs(contents, workbook)
        filled = _filled(contents, blanks, workbook.by_node(inputs), engine)
        literal = _literal(contents, workbook, inputs, filled, engine)
    except (WorkbookError, EngineError) as reason:
        return [], (f"the blanks could not be judged: {plain(str(reason).removeprefix(f'{contents.file}: '))}",)
    sheet = workbook.blanks.page.name
    return [
        _judged(n + i, i + 1, sheet, contents, blank, filled[i], (LITERAL,) if i in literal else ())
        for i, blank in enumerate(blanks)
    ], ()


def question_of(blank: Blank) -> str:
    """What a blank asks: its name and place."""
    return f"The blank {blank.called}, {blank.cells.area.full(fixed=False)}"


def _filled(
    contents: Contents, blanks: Sequence[Blank], given: Mapping[Node, np.ndarray], engine: str
) -> list[_Filled]:  # fmt: skip
    """What each blank holds; of one that is wrong, what it would hold if all others were right."""
    right = evaluate([blank.filled.node for blank in blanks], given)
    with of_areas(contents, [blank.cells.area for blank in blanks], engine) as values:
        filled = [_Filled(*pair) for pair in zip(values(), right, strict=True)]
    out = list(filled)
    for i, one in enumerate(filled):
        others = [j for j, other in enumerate(filled) if j != i and not other.is_right]
        if one.is_wrong and others and _formulas(contents, blanks[i].cells.area):
            as_if = _with(contents, [(blanks[j].cells.area, right[j]) for j in others])
            with of_areas(as_if, [blanks[i].cells.area], engine) as values:
                again = _Filled(values()[0], right[i])
            out[i] = replace(again, leaning=not again.is_wrong)
    return out


def _literal(
    contents: Contents, workbook: Lesson, inputs: Mapping[str, np.ndarray], filled: Sequence[_Filled], engine: str
) -> set[int]:
    """The blanks whose formulas are right for these inputs alone: with others, a little larger, they are wrong."""
    assert workbook.blanks
    blanks = workbook.blanks.found
    asked = [i for i, one in enumerate(filled) if one.is_right and _formulas(contents, blanks[i].cells.area)]
    whole = {rule.area for page in workbook.book.pages for rule in page.rules if rule.whole}
    typed = [b for b in workbook.book.blocks if b.style == "values" and b.role == "input" and b.area not in whole]
    if not asked or not typed:
        return set()
    moved = {block.id: np.where(inputs[block.id] == 0.0, MORE - 1.0, inputs[block.id] * MORE) for block in typed}
    given = workbook.by_node({**inputs, **moved})
    right = evaluate([blank.filled.node for blank in blanks], given)
    others = [(blanks[j].cells.area, right[j]) for j in range(len(blanks)) if j not in asked]
    there = _with(contents, [*others, *((block.area, moved[block.id]) for block in typed)])
    found = _filled(there, blanks, given, engine)
    return {i for i in asked if _finite(right[i]) and found[i].is_wrong}


def _with(contents: Contents, changed: Iterable[tuple[Area, np.ndarray]]) -> Contents:
    """The same workbook with numbers in some cells, whatever stands there."""
    sheets = dict(contents.sheets)
    for area, numbers in changed:
        sheet, cells = sheets[area.sheet], set(area.cells())
        kept = {at: formula for at, formula in sheet.formulas.items() if at not in cells}
        values = sheet.values | dict(zip(area.cells(), numbers.ravel().tolist(), strict=True))
        sheets[area.sheet] = replace(sheet, formulas=kept, values=values, covered=sheet.covered - cells)
    return replace(contents, sheets=sheets)


def _finite(values: np.ndarray) -> bool:
    """Whether all are numbers that a cell holds; a corner that is not there is a word."""
    return all(isinstance(value, float) and isfinite(value) for value in values.ravel().tolist())


def _formulas(contents: Contents, area: Area) -> list[str]:
    sheet = contents.sheets[area.sheet]
    return [sheet.formulas[at].text for at in area.cells() if at in sheet.formulas]


def _judged(
    number: int, place: int, own: str, contents: Contents, blank: Blank, found: _Filled, notes: tuple[str, ...]
) -> Answer:  # fmt: skip
    """place: of the blank, from 1 on. own: the sheet with the missing formulas. notes: what is known of it."""
    area = blank.cells.area
    question = question_of(blank)
    sheet, formulas = contents.sheets[area.sheet], _formulas(contents, area)
    filled = [value for value, _ in found.pairs if value not in (None, "")]
    if not filled:
        return Answer(number, question, "not done", blank=place)
    verdict = "wrong" if found.is_wrong else "right" if len(filled) == len(found.pairs) else "not done"
    if verdict == "not done":
        notes += (f"right so far: {len(filled)} of {len(found.pairs)} cells",)
    if found.leaning:
        notes += (LEANING,)
    if any(isinstance(value, CellError) for value in filled):
        notes += ("a formula gives an error",)
    if len(filled) > sum(at in sheet.formulas or at in sheet.covered for at in area.cells()):
        notes += (TYPED,)
    if any(_peeks(text, own, blank) for text in formulas):
        verdict = "wrong"
        notes += (WORDS,)
    shown = plain(formulas[0] if formulas else str(filled[0]))
    apart = not {TYPED, WORDS}.isdisjoint(notes)
    has_any = bool(formulas)
    return Answer(number, question, verdict, typed=shown, formula=has_any, remarks=notes, apart=apart, blank=place)


def _is(value: Value, right: float | str) -> bool:
    if isinstance(right, str):
        return value == right
    return isinstance(value, float | int) and not isinstance(value, bool) and near(value, right)


def _peeks(text: str, own: str, blank: Blank) -> bool:
    """Whether a formula reads the sheet on which the missing ones stand, or what is missing by its own name."""
    named = [rf"(?<![\w.]){re.escape(blank.filled.name)}(?![\w.(])"] if blank.filled.name else []
    found = (re.search(pattern, text, re.IGNORECASE) for pattern in (rf"\b{own}'?!", *named))
    return bool(SOMEWHERE.search(text)) or any(found)

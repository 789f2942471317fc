"""What was filled into a lesson's blanks, calculated anew and judged; each blank counts as an exercise."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sheetnet.book.contents import Contents
from sheetnet.book.inputs import read_inputs
from sheetnet.book.manifest import Manifest
from sheetnet.checking.recalculation import of_areas
from sheetnet.classroom.grades import Answer, plain
from sheetnet.classroom.peeking import SOMEWHERE, WORDS
from sheetnet.engines.base import CellError, Rows, Value
from sheetnet.errors import EngineError, WorkbookError
from sheetnet.graph.evaluate import evaluate
from sheetnet.motifs.blanks import Blank, near

TYPED = "numbers were typed where formulas are missing"


def filled_in(contents: Contents, found: Manifest, engine: str, n: int) -> tuple[list[Answer], tuple[str, ...]]:
    """A verdict on each blank, numbered from n on, and remarks where none can be given; nothing where no blanks are."""
    workbook = found.workbook
    if not workbook.blanks:
        return [], ()
    blanks = workbook.blanks.found
    try:
        given = workbook.by_node(read_inputs(contents, workbook))
        with of_areas(contents, [blank.cells.area for blank in blanks], engine) as values:
            got = values()
    except (WorkbookError, EngineError) as reason:
        return [], (f"the blanks could not be judged: {plain(str(reason).removeprefix(f'{contents.file}: '))}",)
    right = evaluate([blank.filled.node for blank in blanks], given)
    sheet = workbook.blanks.page.name
    judged = zip(blanks, got, right, strict=True)
    return [_judged(i, sheet, contents, *one) for i, one in enumerate(judged, start=n)], ()


def _judged(
    number: int, own: str, contents: Contents, blank: Blank, got: Rows, right: Sequence[Sequence[float]]
) -> Answer:
    """own: the sheet on which the missing formulas stand. got, right: the numbers that are there, and should be."""
    area = blank.cells.area
    question = f"The blank {blank.cells.title or blank.filled.id}, {area.full(fixed=False)}"
    sheet = contents.sheets[area.sheet]
    formulas = [sheet.formulas[at].text for at in area.cells() if at in sheet.formulas]
    pairs = [
        (value, good) for line, goods in zip(got, right, strict=True) for value, good in zip(line, goods, strict=True)
    ]
    filled = [(value, good) for value, good in pairs if value not in (None, "")]
    if not filled:
        return Answer(number, question, "not done")
    hits = [_is(value, good) for value, good in filled]
    verdict = "wrong" if not all(hits) else "right" if len(filled) == len(pairs) else "not done"
    notes = []
    if verdict == "not done":
        notes.append(f"right so far: {len(filled)} of {len(pairs)} cells")
    if any(isinstance(value, CellError) for value, _ in filled):
        notes.append("a formula gives an error")
    if len(filled) > sum(at in sheet.formulas or at in sheet.covered for at in area.cells()):
        notes.append(TYPED)
    if any(_peeks(text, own, blank) for text in formulas):
        verdict = "wrong"
        notes.append(WORDS)
    shown = plain(formulas[0] if formulas else str(filled[0][0]))
    return Answer(number, question, verdict, typed=shown, formula=bool(formulas), remarks=tuple(notes))


def _is(value: Value, right: float) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and near(value, right)


def _peeks(text: str, own: str, blank: Blank) -> bool:
    """Whether a formula reads the sheet on which the missing ones stand, or what is missing by its own name."""
    named = [rf"(?<![\w.]){re.escape(blank.filled.name)}(?![\w.(])"] if blank.filled.name else []
    found = (re.search(pattern, text, re.IGNORECASE) for pattern in (rf"\b{own}'?!", *named))
    return bool(SOMEWHERE.search(text)) or any(found)

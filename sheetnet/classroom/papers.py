"""One workbook's answers: each recalculated and judged, with what else a teacher should know of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from sheetnet.book.contents import Contents
from sheetnet.book.inputs import read_inputs
from sheetnet.book.manifest import Manifest
from sheetnet.classroom.calculating import calculated, is_formula
from sheetnet.classroom.filling import filled_in
from sheetnet.classroom.grades import Answer, Paper, plain
from sheetnet.classroom.handing_in import NOBODYS
from sheetnet.classroom.keys import keys_of, other_version
from sheetnet.classroom.peeking import WORDS, peeks, scratch_that_peeks
from sheetnet.classroom.texts import not_a_number, number_meant
from sheetnet.engines.base import CellError, Value
from sheetnet.errors import WorkbookError
from sheetnet.graph.judging import hit
from sheetnet.motifs.exercises import ANSWERS, CLOSE_WORDS, Exercise, read_all
from sheetnet.motifs.exercises_page import ASK, QUESTION
from sheetnet.page.area import Area, cell_address
from sheetnet.page.language import said, speaking

ALONE = re.compile(r"=\s*[-+]?\s*[\d.]+(e[-+]?\d+)?\s*%?", re.IGNORECASE)  # a number with an equals sign is no formula
TYPED = "a number was typed where a formula was asked for"
RIGHT_NOW = "right for the sheets as they are now, but they are not as they came"
READS = "it reads the sheets, and they are not as they came"
SAYING = "exercises.verdicts", "exercises.says"


def paper_of(name: str, contents: Contents, found: Manifest, engine: str) -> Paper:
    """The answers in a workbook, with a verdict on each.

    Raises: WorkbookError where it asks nothing, or its questions are not where they were; EngineError.
    """
    workbook = found.workbook
    if not workbook.exercises:
        raise WorkbookError(f"{contents.file}: this workbook asks nothing: it is of one's own table")
    area = workbook.book.block(ANSWERS).area
    sheet = contents.sheets[area.sheet]
    if any(sheet.values.get((area.row + i, QUESTION)) != one.question for i, one in enumerate(workbook.exercises)):
        version = other_version(found)
        why = f"{version}: its questions are others" if version else (
            f"the cells of the sheet {area.sheet} were moved, or its questions edited"
        )  # fmt: skip
        raise WorkbookError(f"{contents.file}: {why}")
    typed = [sheet.formulas[at].text if at in sheet.formulas else sheet.values.get(at) for at in area.cells()]
    values, doubtful = calculated(contents, area, typed, engine)
    known = keys_of(found)
    now = _Now(contents, found)
    elsewhere = dict(_elsewhere(contents, found, area))
    answers = []
    with speaking(workbook.book.language):
        close = said(CLOSE_WORDS)
    for i, (exercise, text, value) in enumerate(zip(workbook.exercises, typed, values, strict=True)):
        answer = _judged(i + 1, exercise, value, [bool(hit(value, *key)) for key in known.keys[i]], close)
        formula = is_formula(text) and not ALONE.fullmatch(str(text))
        notes, apart = [*answer.remarks], False
        if is_formula(text) and peeks(str(text), area.sheet, workbook):
            answer = replace(answer, verdict="wrong", says="")
            notes.append(WORDS)
            apart = True
        if i in doubtful:
            notes.append("the formula could not be calculated here: look at it")
        if exercise.wants_formula and answer.verdict == "right" and not formula:
            notes.append(TYPED)
        if answer.verdict == "wrong" and isinstance(value, str) and not isinstance(value, CellError):
            number = number_meant(value)
            apart = number is not None and bool(hit(number, *known.keys[i][0]))
            notes.append(not_a_number(value, apart))
        if answer.verdict == "wrong" and not answer.says and not apart:
            notes += now.remarks(i, exercise, answer.value, text)
        if text in ("", None) and i in elsewhere:
            notes.append(f"nothing in its cell, and something in {', '.join(elsewhere[i])}")
        shown = plain("" if text is None else f"{text:.12g}" if isinstance(text, float) else str(text))
        right = known.rights[i] if known.rights else None
        answer = replace(answer, typed=shown, formula=formula, remarks=tuple(notes), right=right, apart=apart)
        answers.append(answer)
    blanks, doubts = filled_in(contents, found, engine, len(answers) + 1)
    answers += blanks
    remarks = (*known.remarks, *doubts, *now.troubles)
    if over := [cell for id in SAYING for cell in _written_over(contents, workbook.book.block(id).area)]:
        remarks = (*remarks, f"cells of verdicts were written over: {', '.join(over[:3])}")
    if scratch := list(scratch_that_peeks(contents, workbook)):
        remarks = (*remarks, f"{WORDS}: {', '.join(scratch[:3])}")
    if not workbook.learner:
        remarks = (*remarks, NOBODYS)
    rights = tuple(keys[0] for keys in known.keys)
    return Paper(name, workbook.learner, workbook.name, workbook.seed, tuple(answers), rights, remarks)


def _judged(number: int, exercise: Exercise, value: Value, hits: Sequence[bool], close: str) -> Answer:
    """The verdict, as the sheet gives it, and what a mistake that is known is called. close: what it says of those."""
    if value in ("", None):
        return Answer(number, exercise.question, "not done")
    if isinstance(value, str) and value.strip() == ASK:
        return Answer(number, exercise.question, "not done", remarks=("asked for a hint",))
    number_given = float(value) if isinstance(value, float | int) and not isinstance(value, bool) else None
    for slip, known in zip(exercise.mistakes, hits[2:], strict=False):
        if known:
            return Answer(number, exercise.question, "wrong", number_given, slip.words)
    verdict = "right" if hits[0] else "close" if hits[1] else "wrong"
    finite = number_given if np.isfinite(number_given or 0.0) else None
    return Answer(number, exercise.question, verdict, finite, close * (verdict == "close"))


@dataclass
class _Now:
    """A workbook's sheets as they are now, where somebody has changed a number in them; looked at when it is asked."""

    contents: Contents
    found: Manifest

    @cached_property
    def _inputs(self) -> Mapping[str, np.ndarray] | str:
        """The inputs; {} where all are as they came; why they cannot be read."""
        try:
            inputs = read_inputs(self.contents, self.found.workbook)
        except WorkbookError as reason:
            return plain(str(reason).removeprefix(f"{self.contents.file}: "))
        return inputs if self.found.touched(inputs) else {}

    @cached_property
    def _truths(self) -> list[float]:
        """The right answers for the inputs as they are now."""
        assert not isinstance(self._inputs, str)
        workbook = self.found.workbook
        return read_all([exercise.asked[0] for exercise in workbook.exercises], workbook.by_node(self._inputs))

    def remarks(self, i: int, exercise: Exercise, value: float | None, text: Value) -> list[str]:
        """What the changed sheets have to do with a wrong answer."""
        if not self._inputs or isinstance(self._inputs, str):
            return []
        truth = self._truths[i]
        if value is not None and abs(value - truth) <= exercise.tolerance(truth):
            return [RIGHT_NOW]
        return [READS] if is_formula(text) and "!" in str(text) else []

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why the sheets could not be looked at, where they were to be."""
        told = self.__dict__.get("_inputs")
        return (f"the sheets are not as they came: {told}",) if isinstance(told, str) else ()


def _elsewhere(contents: Contents, found: Manifest, area: Area) -> Iterator[tuple[int, list[str]]]:
    """(exercise, cells): what stands in its row where nothing was built, or over its verdict."""
    sheet, book = contents.sheets[area.sheet], found.workbook.book
    built = {at for block in book.blocks if block.area.sheet == area.sheet for at in block.area.cells()}
    there = (at for at in sheet.values.keys() | sheet.formulas.keys() if at not in built and at[1] > QUESTION)
    cells = [(*at, cell_address(*at)) for at in there]
    for i in range(area.n_rows):
        over = [cell for id in SAYING for cell in _written_over(contents, book.block(id).area, i)]
        if told := over + sorted(address for row, _, address in cells if row == area.row + i):
            yield i, told


def _written_over(contents: Contents, area: Area, row: int | None = None) -> list[str]:
    """The cells of formulas that hold something else now, of one row or of all."""
    values = contents.sheets[area.sheet].values
    return [cell_address(*at) for at in area.cells() if at in values and row in (None, at[0] - area.row)]

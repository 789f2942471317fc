"""grade: the answers in the workbooks of a class, recalculated and judged; what is stored in a file is not believed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from sheetnet.book import reader
from sheetnet.book.contents import Contents
from sheetnet.book.manifest import Manifest
from sheetnet.book.opened import as_laid_out, find_manifest
from sheetnet.classroom.copying import point_out
from sheetnet.classroom.grades import Answer, Grades, Paper, Problem
from sheetnet.course.lesson import Lesson
from sheetnet.errors import SheetnetError, WorkbookError
from sheetnet.graph.judging import hit
from sheetnet.motifs.exercises import ANSWERS, MARKS, OFFSETS, REACH, Exercise
from sheetnet.motifs.exercises_page import ASK

Moved = Callable[[int, int, str], None]
Value = float | str | bool | None
FEW = 6  # files that one process reads as soon as several have started
WITH_ITSELF = re.compile(r'"[^"]*"|[A-Z][A-Z0-9.]*\(|[0-9.]+(?:E[+-]?[0-9]+)?|[-+*/^%(),;:<>=&\s]', re.IGNORECASE)


def grade(files: Iterable[str | Path], *, engine: str = "ironcalc", moved: Moved = lambda at, n, file: None) -> Grades:
    """What the answers in workbooks are worth, and what was found of each file that cannot be graded.

    files: workbooks, and folders, of which each .xlsx counts. moved: called with how many are done, of how many, and
    which is next.
    Raises: SheetnetError where no workbook can be graded, EngineError for an engine that is missing.
    """
    from sheetnet.engines import get
    from sheetnet.errors import EngineError

    paths = list(_workbooks(files))
    if missing := get(engine).missing():
        raise EngineError(f"nothing was graded, {missing}")
    if not paths:
        raise SheetnetError("there is no .xlsx file to grade; name workbooks, or a folder that holds them")
    papers: list[Paper] = []
    problems: list[Problem] = []
    for i, found in enumerate(_each(paths, engine)):
        moved(i, len(paths), paths[i].name)
        if isinstance(found, Paper):
            papers.append(found)
        else:
            problems.append(found)
    moved(len(paths), len(paths), "")
    if not papers:
        more = f"; and {len(problems) - 1} files more" if len(problems) > 1 else ""
        raise SheetnetError(f"{paths[0]}: not graded, {problems[0].words}{more}")
    return Grades(point_out(papers), problems)


def _workbooks(files: Iterable[str | Path]) -> Iterator[Path]:
    """The files themselves, and the workbooks in folders, in the order of their names."""
    for file in map(Path, files):
        if os.path.isdir(file):  # which has no doubts about names that cannot be
            own = (path for path in file.iterdir() if path.suffix.lower() == ".xlsx")
            yield from sorted(path for path in own if not path.name.startswith(("~$", ".")))
        else:
            yield file


def _each(paths: Sequence[Path], engine: str) -> Iterator[Paper | Problem]:
    """What comes of each file, in order; several processes read where there are many."""
    workers = min(os.cpu_count() or 1, len(paths) // FEW)
    if workers < 2:
        yield from (graded(path, engine) for path in paths)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting: list[Future[Paper | Problem]] = [pool.submit(graded, path, engine) for path in paths]
        try:
            for future in waiting:
                yield future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def graded(path: Path, engine: str) -> Paper | Problem:
    """One file's answers; a Problem, in words, for one that is damaged, foreign or of another version."""
    try:
        contents = reader.read(path)
        found = find_manifest(contents)
        as_laid_out(contents, found)
        return _paper(path, contents, found, engine)
    except SheetnetError as reason:
        return Problem(path.name, str(reason).removeprefix(f"{path}: "))
    except (OSError, ValueError, MemoryError) as reason:
        return Problem(path.name, f"cannot be read: {reason!s:.200}")


def _paper(path: Path, contents: Contents, found: Manifest, engine: str) -> Paper:
    workbook = found.workbook
    if not workbook.exercises:
        raise WorkbookError(f"{path}: this workbook asks nothing: it is of one's own table")
    typed = _typed(contents, workbook)
    values = _calculated(contents, workbook, typed, engine)
    columns = [found.record[id] for id in (REACH, OFFSETS, MARKS)]
    answers = []
    for i, (exercise, value) in enumerate(zip(workbook.exercises, values, strict=True)):
        hits = [bool(hit(value, *key)) for key in zip(*(column[i].tolist() for column in columns), strict=True)]
        answer = _judged(i + 1, exercise, value, hits)
        text = typed[i]
        formula = isinstance(text, str) and text.startswith("=")
        shown = "" if text is None else f"{text:.12g}" if isinstance(text, float) else str(text)
        asked = "formula" in exercise.question.lower() and answer.verdict == "right" and not formula
        remarks = (*answer.remarks, *(["a number was typed where a formula was asked for"] if asked else []))
        answers.append(replace(answer, typed=shown, formula=formula, remarks=remarks))
    keys = tuple((float(a), float(b), float(c)) for a, b, c in zip(*(column[:, 0] for column in columns), strict=True))
    return Paper(path.name, workbook.learner, workbook.name, workbook.seed, tuple(answers), keys)


def _typed(contents: Contents, workbook: Lesson) -> list[Value]:
    """What stands in each answer's cell: a formula as its text, a value, or None."""
    area = workbook.book.block(ANSWERS).area
    sheet = contents.sheets[area.sheet]
    return [sheet.formulas[at].text if at in sheet.formulas else sheet.values.get(at) for at in area.cells()]


def _calculated(contents: Contents, workbook: Lesson, typed: Sequence[Value], engine: str) -> list[Value]:
    """The value of each answer; formulas are calculated by an engine, in a workbook of no more than they need."""
    formulas = [text for text in typed if isinstance(text, str) and text.startswith("=")]
    if not formulas:
        return list(typed)
    from sheetnet.checking.recalculation import of_areas

    area = workbook.book.block(ANSWERS).area
    if all(not WITH_ITSELF.sub("", text) for text in formulas):  # they ask nothing of other cells
        sheet = contents.sheets[area.sheet]
        alone = replace(sheet, formulas={at: sheet.formulas[at] for at in area.cells() if at in sheet.formulas})
        alone = replace(alone, values={}, covered=set(), tables={})
        contents = replace(contents, sheets={area.sheet: alone}, names={})
    with of_areas(contents, [area], engine) as values:
        found = [line[0] for line in values()[0]]
    return [value if text in formulas else text for text, value in zip(typed, found, strict=True)]


def _judged(number: int, exercise: Exercise, value: Value, hits: Sequence[bool]) -> Answer:
    """The verdict, as the sheet gives it, and what a mistake that is known is called."""
    if value in ("", None):
        return Answer(number, exercise.question, "not done")
    if value == ASK:
        return Answer(number, exercise.question, "not done", remarks=("asked for a hint",))
    number_given = float(value) if isinstance(value, float | int) and not isinstance(value, bool) else None
    for slip, known in zip(exercise.mistakes, hits[2:], strict=False):
        if known:
            return Answer(number, exercise.question, "wrong", number_given, slip.words)
    verdict = "right" if hits[0] else "close" if hits[1] else "wrong"
    return Answer(number, exercise.question, verdict, number_given if np.isfinite(number_given or 0.0) else None)

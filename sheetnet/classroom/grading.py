"""grade: the answers in the workbooks of a class, recalculated and judged; what is stored in a file is not believed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from sheetnet.book import reader
from sheetnet.book.contents import Contents
from sheetnet.book.manifest import Manifest
from sheetnet.book.opened import as_laid_out, find_manifest
from sheetnet.classroom.assigning import lesson_of
from sheetnet.classroom.calculating import calculated, is_formula
from sheetnet.classroom.copying import point_out
from sheetnet.classroom.filling import filled_in
from sheetnet.classroom.grades import Answer, Grades, Paper, Problem, plain
from sheetnet.classroom.handing_in import AGAIN, NOBODYS, sorted_out
from sheetnet.classroom.keys import keys_of
from sheetnet.classroom.peeking import WORDS, peeks, scratch_that_peeks
from sheetnet.engines.base import Value
from sheetnet.errors import SheetnetError, WorkbookError
from sheetnet.graph.judging import hit
from sheetnet.motifs.exercises import ANSWERS, Exercise
from sheetnet.motifs.exercises_page import ASK, QUESTION

Moved = Callable[[int, int, str], None]
FEW = 6  # files that one process reads as soon as several have started
MAX_BYTES = 8 * 2**20  # of a file: ten times the largest that is handed out
MEANT = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers", ".docx", ".odt")  # the first is right
ALONE = re.compile(r"=\s*[-+]?\s*[\d.]+(e[-+]?\d+)?\s*%?", re.IGNORECASE)  # a number with an equals sign is no formula
BUILD = re.compile(r"(give the sheet its name back, or )?build (it|the workbook) anew")  # no advice for a teacher
TYPED = "a number was typed where a formula was asked for"


def grade(
    files: Iterable[str | Path], *, engine: str = "ironcalc", learners: Sequence[str] = (), seed: int = 0,
    lesson: str = "", moved: Moved = lambda at, n, file: None,
) -> Grades:  # fmt: skip
    """What the answers in workbooks are worth, and what was found of each file that cannot be graded.

    files: workbooks, and folders, of which each .xlsx counts, also below them. learners: all of a class, so that who is
    missing is told; seed: with which it was assigned; lesson: on which it works, by default that of most workbooks.
    moved: called with how many are done, of how many, and which is next.
    Raises: SheetnetError where no workbook can be graded, EngineError for an engine that is missing.
    """
    from sheetnet.engines import get
    from sheetnet.errors import EngineError

    found_files = list(_workbooks(files))
    paths = [path for path, _ in found_files]
    if missing := get(engine).missing():
        raise EngineError(f"nothing was graded, {missing}")
    if not paths:
        raise SheetnetError("there is no .xlsx file to grade; name workbooks, or a folder that holds them")
    papers: list[Paper] = []
    problems: list[Problem] = []
    for i, found in enumerate(_each(found_files, engine)):
        moved(i, len(paths), found_files[i][1])
        if isinstance(found, Paper):
            papers.append(found)
        else:
            problems.append(found)
    moved(len(paths), len(paths), "")
    if not papers:
        more = f"; and {len(problems) - 1} files more" if len(problems) > 1 else ""
        raise SheetnetError(f"{paths[0]}: not graded, {problems[0].words}{more}")
    papers, problems = sorted_out(papers, problems, learners, lesson)
    return Grades(point_out(papers, seed), problems)


def _workbooks(files: Iterable[str | Path]) -> Iterator[tuple[Path, str]]:
    """The files, each once, and what they are called in the report: in folders and those below them by their way there.

    Files that learners may have meant are there too; hidden ones, and what programs put beside an open file, are not.
    """
    seen: set[str] = set()
    for file in map(Path, files):
        if os.path.isdir(file):  # which has no doubts about names that cannot be
            inside = (Path(folder) / name for folder, _, names in os.walk(file) for name in names)
            own = (path for path in inside if path.suffix.lower() in MEANT or lesson_of(path.name))
            found = [(path, str(path.relative_to(file))) for path in sorted(own) if path.name[0] not in "~."]
        else:
            found = [(file, file.name)]
        for path, name in found:
            real = os.path.realpath(path)
            if real not in seen:
                seen.add(real)
                yield path, plain(name)


def _each(files: Sequence[tuple[Path, str]], engine: str) -> Iterator[Paper | Problem]:
    """What comes of each file, in order; several processes read where there are many."""
    workers = min(os.cpu_count() or 1, len(files) // FEW)
    if workers < 2:
        yield from (graded(path, name, engine) for path, name in files)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting: list[Future[Paper | Problem]] = [pool.submit(graded, *file, engine) for file in files]
        try:
            for future, (_, name) in zip(waiting, files, strict=True):
                try:
                    yield future.result()
                except BrokenProcessPool:  # killed, or out of memory: by this file or by one that was read beside it
                    yield Problem(name, "the process that graded it was ended; grade it by itself")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def graded(path: Path, name: str, engine: str) -> Paper | Problem:
    """One file's answers; a Problem, in words, for one that is damaged, foreign or of another version."""
    learner = ""
    try:
        if path.suffix.lower() in MEANT[1:]:
            raise WorkbookError(f"{path}: this is no .xlsx workbook; it has to be saved as one")
        if path.is_file() and path.stat().st_size > MAX_BYTES:
            raise WorkbookError(f"{path}: larger than any workbook that is handed out")
        contents = reader.read(path)
        found = find_manifest(contents)
        learner = found.workbook.learner
        as_laid_out(contents, found)
        return _paper(path, name, contents, found, engine)
    except SheetnetError as reason:
        words = BUILD.sub(AGAIN, str(reason).removeprefix(f"{path}: "))
        return Problem(name, plain(words), learner)
    except Exception as reason:  # of a file that somebody has made on purpose: the others are graded all the same
        return Problem(name, plain(f"cannot be graded ({type(reason).__name__}: {reason!s:.100})"), learner)


def _paper(path: Path, name: str, contents: Contents, found: Manifest, engine: str) -> Paper:
    workbook = found.workbook
    if not workbook.exercises:
        raise WorkbookError(f"{path}: this workbook asks nothing: it is of one's own table")
    area = workbook.book.block(ANSWERS).area
    sheet = contents.sheets[area.sheet]
    if any(sheet.values.get((area.row + i, QUESTION)) != one.question for i, one in enumerate(workbook.exercises)):
        raise WorkbookError(f"{path}: the cells of the sheet {area.sheet} were moved, or its questions edited")
    typed = [sheet.formulas[at].text if at in sheet.formulas else sheet.values.get(at) for at in area.cells()]
    values, doubtful = calculated(contents, area, typed, engine)
    keys, remarks = keys_of(found)
    answers = []
    for i, (exercise, text, value) in enumerate(zip(workbook.exercises, typed, values, strict=True)):
        answer = _judged(i + 1, exercise, value, [bool(hit(value, *key)) for key in keys[i]])
        formula = is_formula(text) and not ALONE.fullmatch(str(text))
        notes = [*answer.remarks]
        if is_formula(text) and peeks(str(text), area.sheet, workbook):
            answer = replace(answer, verdict="wrong", says="")
            notes.append(WORDS)
        if i in doubtful:
            notes.append("the formula could not be calculated here: look at it")
        if exercise.wants_formula and answer.verdict == "right" and not formula:
            notes.append(TYPED)
        if (number := _meant(value)) is not None:
            right = " (and would be right)" if hit(number, *keys[i][0]) else ""
            notes.append(f"text, not a number{right}: which decimal sign does the program take?")
        shown = "" if text is None else f"{text:.12g}" if isinstance(text, float) else str(text)
        answers.append(replace(answer, typed=plain(shown), formula=formula, remarks=tuple(notes)))
    blanks, doubts = filled_in(contents, found, engine, len(answers) + 1)
    answers += blanks
    remarks = (*remarks, *doubts)
    if scratch := list(scratch_that_peeks(contents, workbook)):
        remarks = (*remarks, f"{WORDS}: {', '.join(scratch[:3])}")
    if not workbook.learner:
        remarks = (*remarks, NOBODYS)
    rights = tuple(key[0] for key in keys)
    return Paper(name, workbook.learner, workbook.name, workbook.seed, tuple(answers), rights, remarks)


def _meant(value: Value) -> float | None:
    """The number that a text stands for, with a point or a comma; None for a number, and for other text."""
    if not isinstance(value, str):
        return None
    try:
        return float(value.strip().replace(",", "."))
    except ValueError:
        return None


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

"""grade: the answers in the workbooks of a class, recalculated and judged; what is stored in a file is not believed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from sheetnet.book import reader
from sheetnet.book.opened import as_laid_out, find_manifest
from sheetnet.classroom.assigning import lesson_of
from sheetnet.classroom.copying import point_out
from sheetnet.classroom.grades import Grades, Paper, Problem, plain
from sheetnet.classroom.handing_in import AGAIN, sorted_out
from sheetnet.classroom.marking import GRADES, is_marked
from sheetnet.classroom.papers import paper_of
from sheetnet.errors import SheetnetError, WorkbookError

Moved = Callable[[int, int, str], None]
FEW = 6  # files that one process reads as soon as several have started
MAX_BYTES = 8 * 2**20  # of a file: ten times the largest that is handed out
MEANT = (".xlsx", ".xls", ".xlsm", ".ods", ".numbers", ".docx", ".odt")  # the first is right
BUILD = re.compile(r"(give the sheet its name back, or )?build (it|the workbook) anew")  # no advice for a teacher


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
    return Grades(point_out(papers, seed), problems, tuple(learners))


def _workbooks(files: Iterable[str | Path]) -> Iterator[tuple[Path, str]]:
    """The files, each once, and what they are called in the report: in folders and those below them by their way there.

    Files that learners may have meant are there too; hidden ones, and what programs put beside an open file, are not.
    """
    seen: set[str] = set()
    for file in map(Path, files):
        if os.path.isdir(file):  # which has no doubts about names that cannot be
            inside = (Path(folder) / name for folder, _, names in os.walk(file) for name in names)
            own = (path for path in inside if path.suffix.lower() in MEANT or lesson_of(path.name))
            found = [
                (path, str(path.relative_to(file)))
                for path in sorted(own)
                if path.name[0] not in "~."
                and (lesson_of(path.name) or not is_marked(path, GRADES))  # not a report of last time
            ]
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
        return paper_of(name, contents, found, engine)
    except SheetnetError as reason:
        words = BUILD.sub(AGAIN, str(reason).removeprefix(f"{path}: "))
        return Problem(name, plain(words), learner)
    except Exception as reason:  # of a file that somebody has made on purpose: the others are graded all the same
        return Problem(name, plain(f"cannot be graded ({type(reason).__name__}: {reason!s:.100})"), learner)

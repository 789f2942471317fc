"""Who handed in what: papers of another lesson, files that cannot be read, somebody else's workbook, nothing at all."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sheetnet.classroom.assigning import file_name
from sheetnet.classroom.grades import Paper, Problem
from sheetnet.errors import SheetnetError

AGAIN = "ask for the file again"
NOTHING, NOT_OF_CLASS = "handed in nothing", "not a name of the class"
NOBODYS = "the course's own workbook, with nobody's name on it"
Whose = Callable[[str], str]


def sorted_out(
    papers: Sequence[Paper], problems: Sequence[Problem], learners: Sequence[str], lesson: str = ""
) -> tuple[list[Paper], list[Problem]]:  # fmt: skip
    """The papers that count, and a line on each other file, and on each learner of the class without a paper.

    lesson: of the class; by default that of most papers. Raises: SheetnetError where no paper is of it.
    """
    whose = _whose(learners or sorted({paper.learner for paper in papers if paper.learner}))
    most = Counter(paper.lesson for paper in papers).most_common(1)[0][0]
    lesson = lesson or most
    kept = [_placed(paper, whose, learners) for paper in papers if paper.lesson == lesson]
    if not kept:
        raise SheetnetError(f"no workbook is of the lesson {lesson}, most are of {most}; leave --lesson away")
    apart = [_of_another_lesson(paper, lesson, whose) for paper in papers if paper.lesson != lesson]
    told = [*(_handed_in(problem, whose) for problem in problems), *apart]
    there = {paper.learner for paper in kept} | {problem.learner for problem in told}
    for paper in kept:
        owner = whose(paper.file)
        if owner and owner not in there:
            holds = f"the workbook of {paper.learner}" if paper.learner else NOBODYS
            told.append(Problem(paper.file, f"the file holds {holds}: ask for the right one", owner))
            there.add(owner)
    return kept, [*told, *(Problem("", NOTHING, name) for name in learners if name not in there)]


def _whose(learners: Sequence[str]) -> Whose:
    """A function that returns the learner to whom assign gave a file, by the file's name; "" for another."""
    parts = {Path(file_name(name, "")).stem: name for name in learners}

    def whose(file: str) -> str:
        file = unicodedata.normalize("NFC", file)  # as some systems write it: a letter, then its accent
        return next((name for part, name in parts.items() if part in file), "")

    return whose


def _placed(paper: Paper, whose: Whose, learners: Sequence[str]) -> Paper:
    """The paper, with remarks where its file was given to somebody else, or its name is not of the class."""
    owner, remarks = whose(paper.file), paper.remarks
    if owner and owner != paper.learner:
        remarks = (*remarks, f"handed in under the name of {owner}")
    if learners and paper.learner and paper.learner not in learners:
        remarks = (*remarks, NOT_OF_CLASS)
    return replace(paper, remarks=remarks)


def _of_another_lesson(paper: Paper, lesson: str, whose: Whose) -> Problem:
    count = f"{paper.n_right} of {len(paper.answers)} right"
    words = f"of the lesson {paper.lesson} ({count}), and the class works on {lesson}"
    return Problem(paper.file, words, paper.learner or whose(paper.file))


def _handed_in(problem: Problem, whose: Whose) -> Problem:
    """The problem, with the learner whose file it is, and what a teacher can do."""
    learner = problem.learner or whose(problem.file)
    if not learner or AGAIN in problem.words:
        return replace(problem, learner=learner)
    return replace(problem, learner=learner, words=f"{problem.words}; it was handed in: {AGAIN}")

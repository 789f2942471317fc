"""What looks copied: an answer that is right with somebody else's numbers, and papers with the same mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from sheetnet.classroom.assigning import own_seed
from sheetnet.classroom.grades import Answer, Paper
from sheetnet.graph.judging import hit

SAME = 3  # odd answers, so many of which two papers share
TOGETHER, FEW = 2, 2  # answers that fit the same other learner; learners whom an answer may fit
ODD = 3  # papers that may share an answer that is still odd; or a tenth of the class


def point_out(papers: Sequence[Paper], seed: int = 0) -> list[Paper]:
    """The papers with remarks: what looks copied, two of one learner, numbers that are not the learner's own.

    seed: with which the class was assigned.
    """
    remarks: list[list[str]] = [_of_numbers(paper, papers, seed) for paper in papers]
    odds = [_odd(paper) for paper in papers]
    odd = Counter(key for found in odds for key in found)
    few = max(ODD, len(papers) // 10)
    for (i, one), (j, other) in combinations(enumerate(papers), 2):
        shared = sorted(number for _, number, _ in odds[i] & {k for k in odds[j] if odd[k] <= few})
        if len(shared) >= SAME:
            for at, with_ in ((i, other), (j, one)):
                remarks[at].append(f"the same odd answers as {with_.who} to {', '.join(map(str, shared))}")
    return [
        replace(
            paper,
            answers=_from_others(paper, papers),
            remarks=(*paper.remarks, *remarks[i]),
        )
        for i, paper in enumerate(papers)
    ]


def _of_numbers(paper: Paper, papers: Sequence[Paper], seed: int) -> list[str]:
    """Whose numbers these are, where that is not as it should be; and other files of the same learner."""
    out = []
    others = [p for p in papers if p is not paper and p.lesson == paper.lesson]
    if paper.learner and (twice := [p.file for p in others if p.learner == paper.learner]):
        out.append(f"also from {paper.learner}: {', '.join(twice[:3])}")
    if paper.seed and paper.learner:
        if whose := sorted({p.who for p in others if p.seed == paper.seed and p.learner != paper.learner}):
            out.append(f"with the numbers of {', '.join(whose[:3])}")
        elif own_seed(seed, paper.lesson, paper.learner) != paper.seed:
            out.append("not with the numbers that this learner was given; was the class assigned with another --seed?")
    return out


def _odd(paper: Paper) -> set[tuple[str, int, str]]:
    """Lesson, number and text of the wrong answers that no known mistake explains."""
    wrong = (answer for answer in paper.answers if answer.verdict == "wrong" and not answer.says and answer.typed)
    return {(paper.lesson, a.number, a.typed if a.value is None else f"{a.value:.12g}") for a in wrong}


def _from_others(paper: Paper, papers: Sequence[Paper]) -> tuple[Answer, ...]:
    """The answers, with a remark on those that are wrong here and right with the numbers of one or two others.

    Two of them have to fit the same other learner, or one that nobody hits by chance: small whole numbers do.
    """
    fits = [_fitting(paper, answer, papers) for answer in paper.answers]
    often = Counter(seed for found in fits for seed in found)
    sure = {seed for answer, found in zip(paper.answers, fits, strict=True) if _telling(answer.value) for seed in found}
    out = []
    for answer, found in zip(paper.answers, fits, strict=True):
        whose = [who for seed, who in found.items() if often[seed] >= TOGETHER or seed in sure]
        words = f"right with the numbers of {' or '.join(whose)}"
        out.append(replace(answer, remarks=(*answer.remarks, words)) if whose else answer)
    return tuple(out)


def _fitting(paper: Paper, answer: Answer, papers: Sequence[Paper]) -> dict[int, str]:
    """The learners with whose numbers a wrong answer is right, by their seeds; nobody where many are."""
    if answer.verdict != "wrong" or answer.value is None or answer.says:
        return {}
    i = answer.number - 1
    fits = {
        other.seed: other.who for other in papers
        if other.lesson == paper.lesson and other.seed != paper.seed and other.keys[i] != paper.keys[i]
        and hit(answer.value, *other.keys[i])
    }  # fmt: skip
    return fits if len(fits) <= FEW else {}


def _telling(value: float | None) -> bool:
    """Whether a number has two decimals or more, so that it is no count, no choice and no guess."""
    return value is not None and round(value, 1) != value

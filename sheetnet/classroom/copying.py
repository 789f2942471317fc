"""What looks copied: an answer that is right with somebody else's numbers, and two papers with the same mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from sheetnet.classroom.grades import Answer, Paper
from sheetnet.graph.judging import hit

SAME = 3  # wrong answers that nobody else gives: two papers that share so many are pointed out


def point_out(papers: Sequence[Paper]) -> list[Paper]:
    """The papers with remarks where something looks copied, and where two are of one learner."""
    out = [
        replace(paper, answers=tuple(_from_others(paper, answer, papers) for answer in paper.answers))
        for paper in papers
    ]
    names = Counter(paper.learner for paper in papers if paper.learner)
    remarks: dict[str, list[str]] = {paper.file: [] for paper in papers}
    for paper in papers:
        if names[paper.learner] > 1:
            others = [p.file for p in papers if p.learner == paper.learner and p.file != paper.file]
            remarks[paper.file].append(f"also from {paper.learner}: {', '.join(others[:3])}")
    rare = Counter((p.lesson, a.number, a.value) for p in papers for a in p.answers if a.verdict == "wrong")
    for one, other in combinations(papers, 2):
        if one.lesson != other.lesson:
            continue
        shared = [
            a.number for a, b in zip(one.answers, other.answers, strict=True)
            if a.verdict == b.verdict == "wrong" and a.value is not None and a.value == b.value
            and not a.says and rare[one.lesson, a.number, a.value] == 2
        ]  # fmt: skip
        if len(shared) >= SAME:
            for file, with_ in ((one.file, other.file), (other.file, one.file)):
                remarks[file].append(f"the same odd answers as {with_} to {', '.join(map(str, shared))}")
    return [replace(paper, remarks=(*paper.remarks, *remarks[paper.file])) for paper in out]


def _from_others(paper: Paper, answer: Answer, papers: Sequence[Paper]) -> Answer:
    """The answer, with a remark where it is wrong here and right with the numbers of exactly one other learner."""
    if answer.verdict != "wrong" or answer.value is None:
        return answer
    i = answer.number - 1
    own = paper.keys[i]
    fits = [
        other for other in papers
        if other.lesson == paper.lesson and other.seed != paper.seed and other.keys[i] != own
        and hit(answer.value, *other.keys[i])
    ]  # fmt: skip
    if len(fits) != 1:
        return answer
    whose = fits[0].learner or fits[0].file
    return replace(answer, remarks=(*answer.remarks, f"right with the numbers of {whose}"))

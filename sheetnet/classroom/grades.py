"""What grading gives: answers, papers, and the class as a whole; as tables, not yet as files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sheetnet.course.listing import LISTING

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[float, float, float]  # reach, offset and fingerprint of a right answer
COLUMNS = (
    "learner",
    "file",
    "lesson",
    "exercise",
    "verdict",
    "answer",
    "value",
    "right answer",
    "mistake",
    "total",
    "remarks",
)


@dataclass(frozen=True)
class Answer:
    """An answer to an exercise; says: the name of a mistake that is known; typed: what stands in the cell.

    right: the right one, where it is known. apart: it tells nothing of what learners get wrong, since it asks the sheet
    or is right but for its form. blank: it fills in that blank of the sheets, from 1 on; 0: an exercise.
    """

    number: int
    question: str
    verdict: str  # not done, right, close or wrong
    value: float | None = None
    says: str = ""
    typed: str = ""
    formula: bool = False
    remarks: tuple[str, ...] = ()
    right: float | None = None
    apart: bool = False
    blank: int = 0

    @property
    def called(self) -> str:
        """What a teacher calls it: the number of the exercise, or blank 1."""
        return f"blank {self.blank}" if self.blank else str(self.number)


@dataclass(frozen=True)
class Paper:
    """One file that was graded; remarks on all of it. keys: by which right answers are known, one an exercise."""

    file: str
    learner: str
    lesson: str
    seed: int
    answers: tuple[Answer, ...]
    keys: tuple[Key, ...] = field(repr=False, default=())
    remarks: tuple[str, ...] = ()

    @property
    def who(self) -> str:
        """Whose it is, or the file where nobody's name stands in it."""
        return self.learner or self.file

    @property
    def n_right(self) -> int:
        """How many answers are right."""
        return sum(answer.verdict == "right" for answer in self.answers)

    @property
    def told(self) -> list[str]:
        """What looks copied or typed in, on the paper as a whole, then with the exercises that it is about."""
        out, about = list(self.remarks), dict[str, list[str]]()
        for answer in self.answers:
            for words in answer.remarks:
                about.setdefault(words, []).append(answer.called)
        for words, called in about.items():
            kind = "" if called[0].startswith("blank") else "exercises " if len(called) > 1 else "exercise "
            out.append(f"{kind}{', '.join(called)}: {words}")
        return out


@dataclass(frozen=True)
class Problem:
    """A file that could not be graded, and why; without a file, a learner of whom there is none."""

    file: str
    words: str
    learner: str = ""


@dataclass(frozen=True)
class Question:
    """How a class did at one exercise: shares from 0 to 1, and the commonest wrong answers with their names."""

    lesson: str
    called: str
    question: str
    n: int
    right: float
    close: float
    wrong: float
    not_done: float
    mistakes: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Line:
    """A learner's line of the gradebook: the paper, or words on why there is none."""

    who: str
    paper: Paper | None
    words: str = ""


@dataclass(frozen=True)
class Grades:
    """All papers of a class, and the files that could not be graded.

    learners: of the class, in their order. source: the name of the file that they stand in.
    """

    papers: list[Paper]
    problems: list[Problem]
    learners: tuple[str, ...] = ()
    source: str = ""

    @property
    def title(self) -> str:
        """The lesson, and the file with the names of the class."""
        lessons = dict.fromkeys(paper.lesson for paper in self.papers)
        called = [f"lesson {LISTING[name].number}, {name}" if name in LISTING else name for name in lessons]
        return f"Grades: {'; '.join(called)}{f' ({self.source})' * bool(self.source)}"

    @property
    def exercises(self) -> list[str]:
        """What the exercises, and blanks, are called, in their order."""
        return list(dict.fromkeys(question.called for question in self.questions))

    @property
    def lines(self) -> list[Line]:
        """The gradebook: the class in its order, whoever handed in nothing too, then papers of others."""
        n_of = Counter(paper.who for paper in self.papers)
        why = {problem.learner: problem.words for problem in self.problems}
        mine: dict[str, list[Line]] = {}
        for paper in self.papers:
            who = paper.who if n_of[paper.who] == 1 else f"{paper.who} ({paper.file})"
            mine.setdefault(paper.who, []).append(Line(who, paper))
        order = dict.fromkeys([*self.learners, *mine])
        found = (mine.get(name, [Line(name, None, why.get(name, ""))]) for name in order)
        return [line for lines in found for line in lines]

    @property
    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each learner and exercise, and one for each file that could not be graded."""
        for paper in self.papers:
            for i, answer in enumerate(paper.answers):
                remarks = (*(paper.remarks if i == 0 else ()), *answer.remarks)
                cells = (
                    paper.learner, paper.file, paper.lesson, answer.called if answer.blank else answer.number,
                    answer.verdict, answer.typed, answer.value, answer.right, answer.says, paper.n_right,
                    "; ".join(remarks),
                )  # fmt: skip
                yield dict(zip(COLUMNS, cells, strict=True))
        for problem in self.problems:
            told = {"learner": problem.learner, "file": problem.file, "remarks": problem.words}
            yield dict.fromkeys(COLUMNS, "") | told | {"verdict": "not graded"}

    @property
    def frame(self) -> pd.DataFrame:
        """The rows as a DataFrame."""
        import pandas as pd

        return pd.DataFrame(list(self.rows), columns=list(COLUMNS))

    @property
    def questions(self) -> list[Question]:
        """How the class did, exercise by exercise."""
        given: dict[tuple[str, int], list[Answer]] = {}
        for paper in self.papers:
            for answer in paper.answers:
                given.setdefault((paper.lesson, answer.number), []).append(answer)
        return [_question(lesson, answers) for (lesson, _), answers in sorted(given.items())]

    @property
    def remarks(self) -> list[tuple[str, str]]:
        """(whose, what) for all that looks copied or typed in, paper by paper."""
        return [(paper.who, words) for paper in self.papers for words in paper.told]

    def __str__(self) -> str:
        from tabulate import tabulate

        said = Counter(who for who, _ in self.remarks)
        rows = [
            (line.who, f"{p.n_right} of {len(p.answers)}", said[p.who] or "")
            if (p := line.paper)
            else (line.who, "-", "")
            for line in self.lines
        ]
        heads = ("learner", "right", "remarks below")
        lines = [self.title, tabulate(rows, heads, disable_numparse=True), ""] if rows else []
        hard = sorted(self.questions, key=lambda question: question.right)[:3]
        for one in hard:
            most = f"; most often: {one.mistakes[0][0]}" if one.mistakes else ""
            lines.append(f"{one.lesson} {one.called}, right for {one.right:.0%}: {one.question:.70}{most}")
        lines += [f"{who}: {words}" for who, words in self.remarks]
        for problem in self.problems:
            who = " ".join(filter(None, (problem.file, problem.learner and f"({problem.learner})")))
            lines.append(f"{who}: not graded, {problem.words}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Grades of {len(self.papers)} papers; {len(self.problems)} not graded>"


def plain(text: str) -> str:
    """The text in one line, in which nothing moves a terminal or cannot be written: such signs as a mark for that."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _question(lesson: str, answers: Sequence[Answer]) -> Question:
    n = len(answers)
    share = {word: count / n for word, count in Counter(answer.verdict for answer in answers).items()}
    wrong = Counter(
        answer.says or (f"{answer.typed:.40}" if answer.value is None else f"{answer.value:.6g}")
        for answer in answers
        if answer.verdict == "wrong" and not answer.apart
    )
    right, close, bad, missing = (share.get(word, 0.0) for word in ("right", "close", "wrong", "not done"))
    common = tuple(wrong.most_common(3))
    question = answers[0].question
    if any(answer.question != question for answer in answers):
        question += " (each learner has other numbers)"
    return Question(lesson, answers[0].called, question, n, right, close, bad, missing, common)

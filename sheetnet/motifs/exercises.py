"""Exercises: what is asked, what is right, which wrong answers are likely and why, and how the sheet knows them all
without saying them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

import numpy as np

from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.judging import LARGEST, NO_ANSWER, key
from sheetnet.graph.node import Node, lift
from sheetnet.page.language import speak

ANSWERS = "exercises.answers"
WITHIN, REACH, OFFSETS, MARKS = "exercises.within", "exercises.reach", "exercises.offset", "exercises.mark"
CLOSE = 10.0  # tolerances within which an answer is close: rounded too early
CLOSE_WORDS = "Near. Was something rounded too early, or is there a small slip?"
AS_IT_CAME = "That is how the workbook came. Type the new numbers first."  # of several lessons
PER_CENT = "Write it as a share, not as per cent; or type the % sign, too."
UP = "You went up the slope: the step is taken off."
SIGN_WORDS = "The right size, but the wrong sign: which way does it go?"
WHOLE = 0.25  # how far an answer that is a whole number may be off: a choice, a count
UNKNOWN = 1.0, 0.0, NO_ANSWER

Changes = Mapping[Node, float | np.ndarray | Node]  # a node: what it says as the workbook is delivered


@dataclass(frozen=True)
class Slip:
    """A wrong answer that many give, as a number or node (1, 1), and what it says about the thinking.

    changes: what is typed in before it is read, where that is not what the exercise says. words: to the learner, at
    most 200 characters, without the right answer.
    """

    answer: Node | float
    words: str
    changes: Changes | None = None

    def __post_init__(self) -> None:
        speak(self, "words")


@dataclass(frozen=True)
class Exercise:
    """A question, and its right answer: a number, or a node (1, 1) of the workbook with some inputs changed.

    changes: {input node: number or array} typed in before the answer is read. within: how far an answer may be off;
    relative: of an answer of 10 or more, times the power of ten below it. slips: likely wrong answers; the right size
    with the wrong sign is always one. hint: on request; why: the reason, said once the answer is right.
    """

    question: str
    answer: Node | float
    within: float = 0.001
    changes: Changes = field(default_factory=dict)
    relative: bool = False
    slips: Sequence[Slip] = ()
    hint: str = ""
    why: str = ""
    wants_formula: bool = False  # and no number: what its English question says; no choice between formulas

    def __post_init__(self) -> None:
        said = self.wants_formula or "formula" in self.question.lower()
        object.__setattr__(self, "wants_formula", said and not self.is_whole)
        speak(self, "question", "hint", "why")

    def truth(self, given: Mapping[Node, np.ndarray]) -> float:
        """The right answer, for the inputs as the workbook is delivered."""
        return read_all(self.asked[:1], given)[0]

    @property
    def is_whole(self) -> bool:
        """Whether the answer is a whole number: one of the choices in the question, a count. None is close to it."""
        return self.within == WHOLE

    def tolerance(self, truth: float) -> float:
        """How far an answer may be off: its digits say no more than how large the answer is."""
        size = max(1.0, abs(truth)) if self.relative and np.isfinite(truth) else 1.0
        return float(self.within * 10.0 ** np.floor(np.log10(size)))

    @cached_property
    def mistakes(self) -> tuple[Slip, ...]:
        """The wrong answers that the sheet looks for; of a number, last the right size with the wrong sign."""
        if self.is_whole:
            return tuple(self.slips)
        turned = -self.answer if isinstance(self.answer, Node) else -float(self.answer)
        return (*self.slips, Slip(turned, SIGN_WORDS))

    @property
    def asked(self) -> list[tuple[Node | float, Changes]]:
        """What is read with which changes: the answer, then each of the mistakes."""
        slips = ((slip.answer, self.changes if slip.changes is None else slip.changes) for slip in self.mistakes)
        return [(self.answer, self.changes), *slips]

    def wrong(self, given: Mapping[Node, np.ndarray]) -> list[float]:
        """What each of the mistakes comes to; see told_apart."""
        return self.told_apart(*read_all(self.asked, given))

    def told_apart(self, truth: float, *found: float) -> list[float]:
        """What the mistakes come to.

        nan for one that could pass for the right answer, for that answer rounded, or for a mistake before it, or is too
        large to be known again.
        """
        within = self.tolerance(truth)
        taken = [(truth, within)] if self.is_whole else [(truth, within), (rounded(truth, CLOSE * within), 0.0)]
        out = []
        for wrong in found:
            apart = all(abs(wrong - other) > room + 2.0 * within for other, room in taken)
            if apart and abs(wrong) <= LARGEST * within:
                taken.append((wrong, within))
                out.append(wrong)
            else:
                out.append(float("nan"))
        return out


def rounded(truth: float, unit: float) -> float:
    """A number to the nearest multiple of a unit, as who rounds too early writes it; itself where it is too large."""
    return round(truth / unit) * unit if abs(truth) <= LARGEST * unit else truth


def choice(question: str, answer: int, says: Mapping[int, str] | None = None, **more: str) -> Exercise:
    """An exercise whose answer is the number of one of the choices in its question; says: a word on each wrong one."""
    slips = tuple(Slip(float(number), words) for number, words in (says or {}).items())
    return Exercise(question, float(answer), WHOLE, slips=slips, **more)  # type: ignore[arg-type]


def n_keys(exercises: Sequence[Exercise]) -> int:
    """The width of the blocks of keys: right, close, and as many mistakes as any exercise has."""
    return 2 + max((len(exercise.mistakes) for exercise in exercises), default=0)


def keys(exercises: Sequence[Exercise], given: Mapping[Node, np.ndarray]) -> dict[str, np.ndarray]:
    """What the sheet knows of the answers, by the id of the block that holds it.

    How far an answer may be off, (n, 1); reach, offset and fingerprint of each answer that is known, (n, k): the right
    one, one that is close, and mistakes.
    """
    values = iter(read_all([pair for exercise in exercises for pair in exercise.asked], given))
    known = [list(_keys_of(one, *islice(values, len(one.asked)))) for one in exercises]
    for found in known:
        found += [UNKNOWN] * (n_keys(exercises) - len(found))
    reach, offset, mark = np.moveaxis(np.array(known, dtype=float), 2, 0)
    return {WITHIN: reach[:, :1], REACH: reach, OFFSETS: offset, MARKS: mark}


def _keys_of(exercise: Exercise, truth: float, *found: float) -> Iterator[tuple[float, float, float]]:
    asked, within, whole = exercise.question, exercise.tolerance(truth), exercise.is_whole
    yield within, *key(truth, within, asked, whole)
    yield UNKNOWN if whole else (CLOSE * within, *key(truth, CLOSE * within, "close: " + asked))
    for slip, wrong in zip(exercise.mistakes, exercise.told_apart(truth, *found), strict=True):
        yield within, *key(wrong, within, slip.words + asked, whole)


def read_all(asked: Sequence[tuple[Node | float, Changes]], given: Mapping[Node, np.ndarray]) -> list[float]:
    """Numbers, and what nodes (1, 1) say once some inputs are changed: {input node: number, array or node}.

    All that is asked with the same changes is evaluated at once: a descent that many answers are read from runs once.
    """
    out = [0.0] * len(asked)
    alike: dict[frozenset[tuple[Node, bytes]], tuple[Mapping[Node, float | np.ndarray], list[int]]] = {}
    for i, (answer, typed) in enumerate(asked):
        if isinstance(answer, Node):
            changes: dict[Node, float | np.ndarray] = {
                node: evaluate([v], given)[0] if isinstance(v, Node) else v for node, v in typed.items()
            }
            same = frozenset((node, np.asarray(value, dtype=float).tobytes()) for node, value in changes.items())
            alike.setdefault(same, (changes, []))[1].append(i)
        else:
            out[i] = float(answer)
    for numbers, places in alike.values():
        changed = {node: np.full(node.shape, value, dtype=float) for node, value in numbers.items()}
        for i, value in zip(places, evaluate([lift(asked[i][0]) for i in places], {**given, **changed}), strict=True):
            out[i] = float(value[0, 0])
    return out

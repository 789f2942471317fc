"""Exercises: what is asked, what is right, and how the sheet knows it without saying it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.judging import key
from sheetnet.graph.node import Node, lift

ANSWERS = "exercises.answers"
WITHIN, OFFSETS, MARKS = "exercises.within", "exercises.offset", "exercises.mark"


@dataclass(frozen=True)
class Exercise:
    """A question, and its right answer: a number, or a node (1, 1) of the workbook with some inputs changed.

    changes: {input node: number or array} typed in before the answer is read. within: how far an answer may be off;
    relative: of an answer of 10 or more, times the power of ten below it.
    """

    question: str
    answer: Node | float
    within: float = 0.001
    changes: Mapping[Node, float | np.ndarray] = field(default_factory=dict)
    relative: bool = False

    def truth(self, given: Mapping[Node, np.ndarray]) -> float:
        """The right answer, for the inputs as the workbook is delivered."""
        changed = {node: np.full(node.shape, value, dtype=float) for node, value in self.changes.items()}
        return float(evaluate([lift(self.answer)], {**given, **changed})[0][0, 0])


def choice(question: str, answer: int) -> Exercise:
    """An exercise whose answer is the number of one of the choices in its question."""
    return Exercise(question, float(answer), 0.25)


def keys(exercises: Sequence[Exercise], given: Mapping[Node, np.ndarray]) -> dict[str, np.ndarray]:
    """Tolerance, offset and fingerprint of each answer, (n, 1) each, by the id of the block that holds them."""
    known = []
    for exercise in exercises:
        truth = exercise.truth(given)
        size = max(1.0, abs(truth)) if exercise.relative and np.isfinite(truth) else 1.0
        within = exercise.within * 10.0 ** np.floor(
            np.log10(size)
        )  # its digits say no more than how large the answer is
        known.append((within, *key(truth, within, exercise.question)))
    columns = np.array(known, dtype=float).T[:, :, None]
    return dict(zip((WITHIN, OFFSETS, MARKS), columns, strict=True))

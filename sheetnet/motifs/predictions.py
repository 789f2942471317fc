"""Predict first: a question before a thing is looked at, a guess, and only then what happens, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np

from sheetnet.graph.node import Node, apply, constant, lift, variable, where
from sheetnet.motifs.blanks import seen_at
from sheetnet.motifs.exercises import Changes, read_all
from sheetnet.page.book import Book, Page
from sheetnet.page.language import said, speak, whole
from sheetnet.page.rule import Rule

PREDICT = "Predict"  # the sheet
GUESSES = "predict.guesses"
RIGHT, BEFORE, AFTER = "predict.outcome", "predict.was", "predict.becomes"
TOP, QUESTION, GUESS, HERE, THEN, VERDICT, WHY, LINK, HELPERS = 4, 1, 2, 3, 4, 5, 6, 7, 9
OUTGROWN = 1e99  # stands for what no cell can hold
WIDE, WHY_WIDE, LINE = 54, 44, 15.5


@dataclass(frozen=True)
class Prediction:
    """A question with numbered choices, and what happens: found from the workbook when it is made, not typed in.

    outcome: the number of the choice that comes true, a node (1, 1); it and after are read once changes are typed in
    (as an Exercise's answer is); before is read as the workbook is delivered. Or it is found from these two numbers.
    number: what before and after are.
    why: at most 240 characters. look: the block, by its id, at which it can be seen.
    """

    question: str
    choices: Sequence[str]
    outcome: Node | float | Callable[[float, float], float]
    before: Node | float
    after: Node | float
    number: str
    why: str
    look: str
    changes: Changes = field(default_factory=dict)

    def __post_init__(self) -> None:
        speak(self, "question", "choices", "number", "why")

    @property
    def words(self) -> str:
        """The question with its choices, each in a line."""
        return whole("\n".join([self.question, *(f"{i}: {choice}" for i, choice in enumerate(self.choices, start=1))]))


def first_page(book: Book) -> Page:
    """The page Predict, still empty: it comes before what it asks about, and is filled in when that stands."""
    return book.page(
        PREDICT,
        "Predict: what do you think will happen?",
        "Type the number of a choice into each yellow cell before you look at the other sheets. Then see.",
        freeze=(TOP, 0),
        heading=1,
    )


def fill(page: Page, predictions: Sequence[Prediction]) -> None:
    """Lay the page: a question in each row, the guess, and once there is one, numbers, a verdict and a reason."""
    n = len(predictions)
    guesses, right, before, after = (variable(name, (n, 1)) for name in ("guesses", "outcome", "was", "becomes"))
    page.widths |= {
        0: 4.0,
        QUESTION: WIDE,
        GUESS: 10.0,
        HERE: 11.0,
        THEN: 11.0,
        VERDICT: 20.0,
        WHY: WHY_WIDE,
        LINK: 17.0,
    }
    page.hidden = range(HELPERS, HELPERS + 3)
    page.text(TOP - 1, QUESTION, "Before you look", "band_plain")
    page.text(TOP - 1, LINK, "See it", "band_plain")
    for i, one in enumerate(predictions):
        page.text(TOP + i, 0, str(i + 1), "count")
        page.text(TOP + i, QUESTION, one.words, "question")
        at = seen_at(page.book, one.look)
        page.text(TOP + i, LINK, whole(at.sheet), "link", link=at.full(fixed=False))
        page.heights[TOP + i] = LINE * max(_lines(one.words, WIDE), _lines(f"{one.number}. {one.why}", WHY_WIDE)) + 8
    blank = apply("equal", guesses, lift(""))
    shown = {"here": (HERE, before, "Number 1"), "then": (THEN, after, "Number 2")}
    typed = page.place(GUESSES, guesses, TOP, GUESS, "answer", title="Guess", format="plain")
    most = max((len(one.choices) for one in predictions), default=1)
    page.rules.append(Rule(typed.area, True, 1, most, "Type the number of a choice, such as 1."))
    for id, (col, node, title) in shown.items():
        seen = where(blank, "", _told(node))
        page.place(f"predict.{id}", seen, TOP, col, "result", "cells", title=title, format="compared")
    same = where(apply("equal", guesses, right), said("as you said"), _named(predictions, right))
    reasons = constant(tuple((whole(f"{one.number}. {one.why}"),) for one in predictions))
    told = {
        "verdict": (VERDICT, where(blank, said("guess first"), same), "What came", "words"),
        "why": (WHY, where(blank, "", reasons), "What the two numbers are, and why", "words"),
    }
    for id, (col, node, title, format) in told.items():
        page.place(f"predict.{id}", node, TOP, col, "result", "cells", title=title, format=format)
    for j, (id, node) in enumerate(((RIGHT, right), (BEFORE, before), (AFTER, after))):
        page.place(id, node, TOP, HELPERS + j, "fixed", title=node.name, format="plain")
    page.print_cols = LINK + 1
    page.active = (TOP, GUESS)


def all_guessed(book: Book) -> Node:
    """1 once something is typed for each prediction of a page that is filled, else 0."""
    return apply("equal", apply("sum", apply("equal", book.block(GUESSES).node, lift(""))), lift(0.0))


def outcomes(predictions: Sequence[Prediction], given: Mapping[Node, np.ndarray]) -> dict[str, np.ndarray]:
    """What happens, by the ids of the blocks that hold it, (n, 1) each: the choice, the number before and after.

    Where descent has outgrown the sheet the number is OUTGROWN, and no choice came true: 0.
    """
    asked: list[tuple[Node | float, Changes]] = []
    for p in predictions:
        came = 0.0 if callable(p.outcome) else p.outcome
        asked += [(came, p.changes), (p.before, {}), (p.after, p.changes)]
    found = np.reshape(read_all(asked, given), (-1, 3))
    for p, line in zip(predictions, found, strict=True):
        if callable(p.outcome):
            line[0] = p.outcome(*line[1:].tolist())
    right, *numbers = found.T[:, :, None]
    told = [np.where(np.isfinite(column), column, OUTGROWN) for column in numbers]
    return dict(zip((RIGHT, BEFORE, AFTER), (np.where(np.isfinite(right), right, 0.0), *told), strict=True))


def is_above(one: Node, other: Node) -> Node:
    """1 where one number is above another, else 0: what an outcome is made of."""
    return apply("greater", one, other)


def larger(one: Node, other: Node, tiny: float) -> Node:
    """1 or 2 for the larger of two numbers; 3 where they are the same but for less than tiny."""
    return where(is_above(lift(tiny), apply("abs", one - other)), 3.0, where(is_above(other, one), 2.0, 1.0))


def _named(predictions: Sequence[Prediction], right: Node) -> Node:
    """The choice that came true, with its number, (n, 1)."""
    named = lift("")
    for i in range(max(len(one.choices) for one in predictions)):
        words = (whole(f"{i + 1}: {one.choices[i]}") if i < len(one.choices) else "" for one in predictions)
        named = where(apply("equal", right, lift(i + 1.0)), constant(tuple((text,) for text in words)), named)
    return named


def _told(number: Node) -> Node:
    """The number; a word for one that the sheet could not hold."""
    return where(apply("greater", number, lift(OUTGROWN / 10)), said("too large"), number)


def _lines(text: str, wide: int) -> int:
    return sum(ceil(len(line) / (1.1 * wide)) for line in text.split("\n"))

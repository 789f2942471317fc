"""Exercises: a question in each row, a yellow cell for the answer, and beside it the verdict and what it tells."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sheetnet.graph.node import Node, apply, constant, lift, variable, where
from sheetnet.motifs.differences import Differences
from sheetnet.motifs.exercises import ANSWERS, CLOSE_WORDS, MARKS, OFFSETS, REACH, WITHIN, Exercise, n_keys
from sheetnet.page.book import Book
from sheetnet.page.language import said
from sheetnet.page.rule import any_number

TOP, QUESTION, ANSWER, VERDICT, SAYS, WITHIN_COL, HELPERS = 7, 1, 2, 3, 4, 5, 7
WIDE, SAYS_WIDE = 70, 52
LINE = 15.5  # points
ASK = "?"  # typed for an answer, it asks for a hint
RIGHT, CLOSE = 2.0, 1.0  # what a hit counts: the right answer is close as well
MISTAKE = 4.0  # the first mistake, the next twice as much and so on; it may be close as well
MOVED = "no: beside a yellow cell, or in its tip, stands what it held"
NO_HINT = "There is no hint for this one."
YELLOW = "no: on {sheet}, {what}. Beside it, or in its tip, stands what it held."
OTHER = "no: on {sheet}, {what}."
ALSO = " And on {sheet}."
TRY_ON = "Not yet. Type ? for a hint."
BROKEN = "#"  # stands for an error
FAULTY = "The formula gives an error: look at its names and brackets."
ELSEWHERE = "The sheets are not as they came, and this question is about them as they came."


def exercises_page(book: Book, exercises: Sequence[Exercise], differences: Differences) -> Node:
    """Lay out the page; the node of how many answers are right."""
    n, k = len(exercises), n_keys(exercises)
    page = book.page(
        "Exercises",
        "Exercises: work it out in the yellow cells",
        f"Type a formula, or the number that you read off (a link to it would change). Type {ASK} for a hint.",
        freeze=(TOP, 0),
        heading=1,
    )
    answers, within = variable("answers", (n, 1)), variable("within", (n, 1))
    reach, offset, mark = (variable(name, (n, k)) for name in ("reach", "offset", "mark"))
    as_it_came = differences.told
    hits = apply("hit", answers, reach, offset, mark)
    kind = hits @ constant(tuple((weight,) for weight in (RIGHT, CLOSE, *(MISTAKE * i for i in range(1, k - 1)))))
    verdicts = _verdicts(answers, kind)
    right = apply("sum", apply("equal", verdicts, lift(said("right"))))
    page.widths |= {0: 4.0, QUESTION: WIDE, ANSWER: 15.0, VERDICT: 10.0, SAYS: SAYS_WIDE, WITHIN_COL: 9.0, 6: 3.0}
    page.text(TOP - 1, QUESTION, "Question", "band_plain")
    for i, exercise in enumerate(exercises):
        page.text(TOP + i, 0, str(i + 1), "count")
        page.text(TOP + i, QUESTION, exercise.question, "question")
        page.heights[TOP + i] = LINE * _lines(exercise) + 5
    typed = page.place(ANSWERS, answers, TOP, ANSWER, "answer", title="Your answer", format="plain")
    page.rules.append(any_number(typed.area, also=ASK))
    page.place("exercises.verdicts", verdicts, TOP, VERDICT, "agreement", "cells", title="Verdict", format="text")
    page.place(
        "exercises.says",
        _says(exercises, answers, kind, as_it_came),
        TOP,
        SAYS,
        "result",
        "cells",
        title="What it tells",
        format="words",
    )
    page.place(WITHIN, within, TOP, WITHIN_COL, "fixed", title="to within", format="within")
    col = HELPERS
    for id, node in ((REACH, reach), (OFFSETS, offset), (MARKS, mark)):
        page.place(id, node, TOP, col, "fixed", title=node.name, format="plain")
        col += k + 1
    page.place("exercises.hits", hits, TOP, col, "result", "cells", title="fingerprint is the same", format="plain")
    page.place("exercises.kind", kind, TOP, col + k + 1, "result", "cells", title="kind of answer", format="plain")
    at = col + k + 3
    for id, column in differences.columns.items():
        page.place(f"exercises.{id}", column, TOP, at, "result", title="what is not as it came", format="text")
        at += column.shape[1] + 1
    page.hidden = range(HELPERS, at)
    page.place("exercises.right", right, 3, ANSWER, "result", format="plain")
    page.text(3, QUESTION, "Right so far", "label")
    page.text(3, VERDICT, f"of {n}", "hint")
    page.text(4, QUESTION, "Are the sheets as they came? An exercise begins from there.", "label")
    page.place("exercises.as_it_came", as_it_came, 4, ANSWER, "result", format="text")
    page.print_cols = WITHIN_COL + 1
    page.active = (TOP, ANSWER)
    return right


def _verdicts(answers: Node, kind: Node) -> Node:
    """not done, hint, right, close or wrong, (n, 1)."""
    judged = where(apply("greater", kind, lift(0.0)), said("close"), said("wrong"))
    judged = where(apply("greater", kind, lift(CLOSE)), said("right"), judged)
    judged = where(apply("greater", kind, lift(MISTAKE - 0.5)), said("wrong"), judged)
    asked = where(apply("reads", answers, lift(ASK)), said("hint"), judged)
    return apply("if_error", where(apply("equal", answers, lift("")), said("not done"), asked), lift(said("wrong")))


def _says(exercises: Sequence[Exercise], answers: Node, kind: Node, as_it_came: Node) -> Node:
    """What the answer tells, (n, 1): of a mistake that is known why it is one; the reason where it is right; a hint.

    Of another wrong answer, whether the sheets are as they came.
    """
    given = apply("if_error", answers, lift(BROKEN))
    blank, same = apply("equal", given, lift("")), apply("equal", as_it_came, lift(said("yes")))
    read_off = [isinstance(one.answer, Node) and not one.changes for one in exercises]
    moved = where(same, said(TRY_ON), _column([said(ELSEWHERE if of else TRY_ON) for of in read_off]))
    told = where(apply("equal", kind, lift(CLOSE)), said(CLOSE_WORDS), moved)
    told = where(apply("greater", kind, lift(CLOSE)), _column([one.why for one in exercises]), told)
    for i in range(n_keys(exercises) - 2):
        words = _column([one.mistakes[i].words if i < len(one.mistakes) else "" for one in exercises])
        told = where(apply("greater", kind, lift(MISTAKE * (i + 1) - 0.5)), words, told)
    hints = _column([one.hint or said(NO_HINT) for one in exercises])
    told = where(blank, "", where(apply("equal", given, lift(BROKEN)), said(FAULTY), told))
    return where(apply("reads", given, lift(ASK)), hints, told)


def _column(texts: Sequence[str]) -> Node:
    """Words in a column, (n, 1), each of which stands in the formula of its row."""
    return constant(tuple((text,) for text in texts))


def _lines(exercise: Exercise) -> int:
    """How many lines a row needs for its question, and for the longest that can be said beside it."""
    said = max(len(words) for words in (exercise.hint, exercise.why, *(slip.words for slip in exercise.mistakes)))
    return max(ceil(len(exercise.question) / (1.1 * WIDE)), ceil(said / (1.1 * SAYS_WIDE)))

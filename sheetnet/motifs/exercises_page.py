"""Exercises: a question in each row, a yellow cell for the answer, and the verdict beside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sheetnet.graph.node import Node, apply, lift, variable, where
from sheetnet.motifs.exercises import ANSWERS, MARKS, OFFSETS, WITHIN, Exercise
from sheetnet.page.book import Book

TOP, QUESTION_COL, WIDTH = 9, 1, 94
LINE = 15.5  # points


def exercises_page(book: Book, exercises: Sequence[Exercise], changed: Node) -> Node:
    """Lay out the page; the node of how many answers are right. changed: above 0 when an input is not as it came."""
    n = len(exercises)
    page = book.page(
        "Exercises",
        "Exercises: work it out in the yellow cells",
        "Type a formula, or the number that you read off (not a link to it, which would change with the sheet).",
        freeze=(TOP, 0),
    )
    answers, within, offset, mark = (variable(name, (n, 1)) for name in ("answers", "within", "offset", "mark"))
    verdicts = apply("judge", answers, within, offset, mark)
    right = apply("sum", apply("equal", verdicts, lift("right")))
    page.widths |= {0: 5.0, QUESTION_COL: float(WIDTH), 2: 16.0, 3: 12.0, 4: 10.0, 5: 3.0, 6: 16.0, 7: 13.0}
    page.text(TOP - 3, QUESTION_COL, "Question", "band_plain")
    for i, exercise in enumerate(exercises):
        page.text(TOP + i, 0, str(i + 1), "count")
        page.text(TOP + i, QUESTION_COL, exercise.question, "question")
        page.heights[TOP + i] = LINE * ceil(len(exercise.question) / (1.1 * WIDTH)) + 5
    page.place(ANSWERS, answers, TOP, 2, "answer", title="Your answer", format="plain")
    page.place("exercises.verdicts", verdicts, TOP, 3, "agreement", "cells", title="Verdict", format="text")
    page.place(WITHIN, within, TOP, 4, "fixed", title="to within", format="plain")
    page.place(OFFSETS, offset, TOP, 6, "fixed", title="offset", format="plain")
    page.place(MARKS, mark, TOP, 7, "fixed", title="fingerprint", format="plain")
    page.place("exercises.right", right, 3, 2, "result", format="plain")
    page.text(3, QUESTION_COL, "Right so far", "label")
    page.text(3, 3, f"of {n}", "hint")
    page.text(4, QUESTION_COL, "Are the sheets as they came? An exercise begins from there.", "label")
    as_it_came = where(apply("greater", changed, lift(0.0)), "no: the tip of a yellow cell says what it held", "yes")
    page.place("exercises.as_it_came", as_it_came, 4, 2, "result", format="text")
    page.text(4, 6, "The verdict compares a fingerprint of your number with that of the right one.", "hint")
    page.print_cols = 5
    page.active = (TOP, 2)
    return right

"""Lesson 5, the sheets Data, Missing and Filled: the raw table, what stands in its way, and blanks six ways."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack, where
from sheetnet.motifs.steps import number_rows
from sheetnet.page.area import Area
from sheetnet.page.book import Chart, Page
from sheetnet.tables import SCHEMA, read_passengers

OWN_AGE, OLDEST, BIN = 50.0, 80, 5
WAYS = {
    "drop": "dropped: these passengers are left out",
    "zero": "left blank, which a product takes for 0",
    "median": "filled with the median",
    "mode": "filled with the most common age",
    "own": "filled with your own number",
    "flag": "your number, and a column Unknown",
}
SHORT = {"drop": "Dropped", "zero": "As 0", "median": "Median", "mode": "Most common", "own": "Your number"}
NUMBERS = ("Survived", "Pclass", "Age", "SibSp", "Parch", "Fare")
TEXTS = ("Sex", "Embarked")
DATA_NOTE = (
    "Three things stand in the way of multiplying this table by weights.\n\n"
    "1. Words. male x 0.5 is #VALUE!. See Classes.\n"
    "2. Blanks. In a product a blank is 0: a newborn. In MMULT it is #VALUE!. See Missing.\n"
    "3. Sizes. Fare goes to hundreds, Male to 1: a weight for one is no weight for the other. See Large.\n\n"
    "Pclass is a trap: 3 looks like a number, but is a name. Third class is not three times first class."
)
SOURCE = (
    "Survived: 1 yes, 0 no. SibSp: brothers, sisters and spouse aboard. Parch: parents and children aboard. Fare:"
    " pounds. Embarked: C Cherbourg, Q Queenstown, S Southampton.\n\nSource: facts only (no names, tickets or cabins),"
    " gathered by the Encyclopedia Titanica contributors and T. Cason, distributed with the Vanderbilt biostatistics"
    " datasets."
)
NOTE = (
    "Filling in invents data: one number in all blanks makes a spike. A number near the mean shrinks the spread of ages"
    " (14.5 when dropped, 13.0 with the median), a far one widens it (17.6 with 0). Dropping throws away what else is"
    " known of these passengers.\n\nA loss over 714 passengers and one over 891 are two different exams. The last column"
    " is over the same rows for all. There dropping must win: its weights were made for just these rows. Compare the"
    " other five.\n\nTry this: type 0, 30, 80 as your own number. Only the last two ways use it: which one's losses move,"
    " and which one's do not? The column Unknown has a weight of its own, which undoes any number you choose."
)


class Blanks:
    """The raw columns and what is made of Age."""

    def __init__(self, lesson: Lesson) -> None:
        raw = read_passengers()
        self.n = raw.n_rows
        self.number = lesson.value("number", np.arange(1.0, self.n + 1)[:, None])
        self.raw = {name: lesson.value(name, column) for name, column in raw.columns.items()}
        self.y, self.age = self.raw["Survived"], self.raw["Age"]
        self.known = apply("filled", self.age).named("known")
        self.age_zero = where(apply("filled", self.age), self.age, 0.0).named("age_zero")
        self.male = apply("equal", self.raw["Sex"], lift("male"))
        self.ones = lesson.value("ones", np.ones((self.n, 1)))
        self._data(lesson)
        self.median = apply("median", self.age)
        same = {name: apply("count_same", self.raw[name]) for name in ("Age", "Embarked")}
        self.same = same
        self.mode, self.port = (
            row(self.raw[name], apply("match", apply("max", count), count)) for name, count in same.items()
        )
        page = lesson.book.page(
            "Missing",
            "Missing: drop the blanks, or fill them?",
            "The same linear model on six tables that differ only in what was done about unknown ages. Change the yellow"
            " number; compare the losses.",
            freeze=(2, 1),
        )
        self.own = lesson.cell(
            page, "missing.own", OWN_AGE, 6, 1, "Your own number", low=0, high=OLDEST, name="own_age", format="plain"
        )
        self._tables(lesson)
        self._missing(lesson, page)

    # ---- Data

    def _data(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Data",
            "Data: the passengers as they were written down",
            "One row for each passenger; blank is unknown. Change an entry, blank an Age or fill one in: everything"
            " follows.",
            freeze=(4, 1),
        )
        top = 4
        for col, (name, node) in enumerate({"No": self.number, **self.raw}.items()):
            text = name in SCHEMA and SCHEMA[name].kind == "text"
            role = "fixed" if name == "No" else "data"
            known_as = "" if name == "No" else name
            page.place(f"data.{name}", node, top, col, role, name=known_as, format="text" if text else "plain")  # type: ignore[arg-type]
            page.widths[col] = max(8.0, len(name) + 5.0)
        headers = ("No", *self.raw)
        page.table = ("passengers", Area("Data", top - 1, 0, self.n + 1, len(headers)), headers)
        side = len(headers) + 1
        page.widths |= {side - 1: 3.0, side: 14.0}
        page.text(3, side, "What stands in the way", "lead")
        for i, name in enumerate((*NUMBERS, *TEXTS)):
            page.text(7 + i, side, name, "word")
        order = [self.raw[name] for name in (*NUMBERS, *TEXTS)]
        filled = [apply("sum", apply("filled", node)) for node in order]
        empty = [apply("sum", where(apply("filled", node), 0.0, 1.0)) for node in order]
        self.blank_age = empty[NUMBERS.index("Age")]
        figures = [self.age_zero if node is self.age else node for node in order[: len(NUMBERS)]]
        table = {
            "filled": (vstack(filled), "Filled in", "plain"),
            "blank": (vstack(empty), "Blank", "plain"),
            "largest": (vstack([apply("max", node) for node in figures]), "Largest", "feature"),
            "mean": (vstack([apply("sum", f) / c for f, c in zip(figures, filled, strict=False)]), "Mean", "weight"),
        }
        for id, (node, title, format) in table.items():
            col = side + 1 + list(table).index(id)
            page.place(f"raw.{id}", node, 7, col, "result", title=title, format=format)
        for i in range(len(TEXTS)):
            page.text(7 + len(NUMBERS) + i, side + 3, "words", "label")
            page.text(7 + len(NUMBERS) + i, side + 4, "words", "label")
        page.text(17, side, DATA_NOTE, "note", wide=6, tall=12)
        page.text(31, side, SOURCE, "note", wide=6, tall=8)
        page.active = (top, 4)

    # ---- Filled

    def _tables(self, lesson: Lesson) -> None:
        page = lesson.book.page(
            "Filled",
            "Filled: the same table six times",
            "Only Age differs, and in the first table the rows: a dropped passenger is a row of zeros, which adds nothing"
            " to any sum.",
            freeze=(6, 1),
        )
        number_rows(page, self.n, 6)
        filled = {key: where(apply("filled", self.age), self.age, self.fill(key)) for key in ("median", "mode", "own")}
        helpers = {
            "known": (self.known, "Age known", "known"),
            "age_zero": (self.age_zero, "Blank as 0", "age_zero"),
            **{f"age_{key}": (node, SHORT[key], f"age_{key}") for key, node in filled.items()},
            "male": (self.male, "Male", "male"),
            "same_age": (self.same["Age"], "Same age", "same_age"),
            "same_port": (self.same["Embarked"], "Same port", "same_port"),
        }
        for col, (id, (node, title, name)) in enumerate(helpers.items(), start=1):
            style = "cells" if id.startswith("same") else "array"
            page.place(f"filled.{id}", node, 6, col, "forward", style, title=title, name=name, format="plain")  # type: ignore[arg-type]
            page.widths[col] = max(12.0, len(title) + 3.0)
        page.place("filled.ones", self.ones, 6, 9, "fixed", title="Ones", name="ones", format="plain")
        self.ages = {"drop": self.age_zero, "zero": self.age_zero, **filled}
        self.X: dict[str, Node] = {}
        col = 11
        for key in WAYS:
            shown = [self.ages.get(key, self.ages["own"]), self.male, self.raw["Pclass"], self.ones]
            parts = [apply("same", node) for node in shown]
            if key == "drop":
                parts = [self.known * node for node in shown[:3]] + [apply("same", self.known)]
            labels: tuple[str, ...] = ("Age", "Male", "Pclass", "Ones")
            if key == "flag":
                parts, labels = [*parts, 1.0 - self.known], (*labels, "Unknown")
            X = self.X[key] = hstack(parts)
            title = f"X_{key}: {WAYS[key].partition(':')[0].partition(',')[0]}"
            page.place(
                f"filled.{key}", X, 6, col, "forward", name=f"X_{key}", title=title, labels=labels, format="plain"
            )
            page.widths[col - 1] = 3.0
            col += len(labels) + 1
        page.print_cols = 20
        page.active = (6, 1)

    def fill(self, key: str) -> Node:
        """The number that a way puts in the place of a blank."""
        return {"median": self.median, "mode": self.mode, "own": self.own}[key]

    # ---- Missing

    def _missing(self, lesson: Lesson, page: Page) -> None:
        page.widths |= {0: 40.0, **dict.fromkeys(range(1, 6), 13.0), 6: 3.0}
        for i, (id, node, title, name) in enumerate(
            (
                ("median", self.median, "Median age", "median_age"),
                ("mode", self.mode, "Most common age", "mode_age"),
                ("port", self.port, "Most common port (words have no median)", ""),
            )
        ):
            format = "text" if id == "port" else "plain"
            page.place(f"missing.{id}", node, 3 + i, 1, "result", title=title, side=True, name=name, format=format)
        top, below = 12, 23
        for i, words in enumerate(WAYS.values()):
            page.text(top + i, 0, words, "word")
            page.text(below + i, 0, words, "word")
        rows, means, spreads, on_rows, on_known, weights = [], [], [], [], [], []
        for key, X in self.X.items():
            use = self.known if key == "drop" else self.ones
            age = self.ages["own" if key == "flag" else key]
            n, mean = apply("sum", use), apply("sum", age) / apply("sum", use)
            w = ((self.y.T @ X) @ apply("inverse", X.T @ X)).named("weights")
            off = square(X @ w.T - self.y)
            rows.append(n)
            means.append(mean)
            spreads.append(apply("sqrt", apply("sum", use * square(age - mean)) / n))
            on_rows.append(apply("sum", use * off) / n)
            on_known.append(apply("sum", self.known * off) / rows[0])
            weights.append(w)
        page.text(top - 4, 0, "What each way does", "lead")
        figures = {
            "rows": (vstack(rows), "Rows used", "plain"),
            "mean": (vstack(means), "Mean age", "weight"),
            "spread": (vstack(spreads), "Spread of age", "weight"),
        }
        for col, (id, (node, title, format)) in enumerate(figures.items(), start=1):
            page.place(f"missing.{id}", node, top, col, "forward", title=title, format=format)
        self.losses = dict(zip(WAYS, on_rows, strict=True))
        self.loss, self.loss_known = vstack(on_rows), vstack(on_known)
        page.place("missing.loss", self.loss, top, 4, "result", title="Loss, its rows", format="loss")
        page.place("missing.loss_known", self.loss_known, top, 5, "result", title="Loss, age known", format="loss")
        page.widths |= {3: 15.0, 4: 15.0, 5: 17.0}
        page.text(below - 4, 0, "The best weights of each, by least squares", "lead")
        page.place(
            "missing.weights", vstack(weights[:-1]), below, 1, "forward", title="Weights",
            labels=("Age", "Male", "Pclass", "Ones"), format="small",
        )  # fmt: skip
        page.place("missing.flag", weights[-1], below + 5, 1, "forward", format="small")
        page.text(below - 3, 5, "", "band_forward")
        page.text(below - 1, 5, "Unknown", "head_forward")
        self._histogram(lesson, page, 35)
        page.text(22, 7, NOTE, "note", wide=8, tall=13)
        page.active = (6, 1)

    def _histogram(self, lesson: Lesson, page: Page, top: int) -> None:
        page.text(top - 4, 0, "How many passengers are of each age", "lead")
        edges = lesson.value("upto", np.arange(0.0, OLDEST + 1, BIN)[:, None])
        page.place(
            "ages.upto", edges, top, 0, "fixed", title=f"Older by less than {BIN}, up to", name="upto", format="plain"
        )
        for col, (key, title) in enumerate(SHORT.items(), start=1):
            age = self.ages[key]
            within = apply("greater", age, edges.T - float(BIN)) - apply("greater", age, edges.T)
            counts = within.T @ (self.known if key == "drop" else self.ones)
            page.place(f"ages.{key}", counts, top, col, "result", title=title, format="plain")
        for at, keys, words in (
            (3, {"drop": "known ages", "median": "filled with the median", "mode": "with the most common"}, "A spike"),
            (
                36,
                {"drop": "known ages", "zero": "blanks as 0", "own": "your own number"},
                "Newborns, or your own spike",
            ),
        ):
            lines = tuple(
                lesson.line(label, "ages.upto", f"ages.{key}", f"line {i + 1}")
                for i, (key, label) in enumerate(keys.items())
            )
            alt = f"Passengers by age in steps of five years: {', '.join(keys.values())}."
            title = f"{words}: passengers by age, before and after filling"
            page.charts.append(
                Chart(at, 7, title, "up to this age", "passengers", lines, alt, "0", None, None, 0, columns=True)
            )

"""Lesson 5, the sheets Data, Missing and Filled: the raw table, what stands in its way, and blanks six ways."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson
from sheetnet.course.preparing.sample import passengers
from sheetnet.graph.node import Node, apply, hstack, lift, row, square, vstack, where
from sheetnet.motifs.data import Records
from sheetnet.page.flow import Aside, across, beside, down
from sheetnet.page.grid import facts
from sheetnet.page.parts import Note, Table, Words, table
from sheetnet.page.plot import Plot, plot
from sheetnet.page.shown import Shown, forward, result

OWN_AGE, OLDEST, BIN = 50.0, 80, 5
WAYS = {
    "drop": "dropped: the row is left out",
    "zero": "left blank: counts as 0",
    "median": "filled with the median",
    "mode": "filled with the most common",
    "own": "filled with your own number",
    "flag": "your number, column Unknown",
}
SHORT = {"drop": "Dropped", "zero": "As 0", "median": "Median", "mode": "Most common", "own": "Your number"}
NUMBERS = ("Survived", "Pclass", "Age", "SibSp", "Parch", "Fare")
TEXTS = ("Sex", "Embarked")
FEATURES = ("Age", "Male", "Pclass", "Ones")
ABOUT_DATA = (
    "One row for each passenger; a blank is unknown. Change an entry, clear an Age or fill one in: all sheets follow."
)
DATA_NOTE = (
    "Three things stand in the way of multiplying this table by weights:\n"
    "1. Words: male × 0.5 is #VALUE!. See Classes.\n2. Blanks: in a product a blank is 0, a newborn. In MMULT it is #VALUE!. See Missing.\n3. Sizes: Fare goes to hundreds, Male to 1. One rate must suit both. See Large.\n"
    "Pclass is a trap: it looks like a number but is a name. Third class is not 3 × first class."
)
SOURCE = (
    "Survived: 1 yes, 0 no. SibSp: brothers, sisters and spouse aboard. Parch: parents and children aboard. Fare: pounds. Embarked: C Cherbourg, Q Queenstown, S Southampton.\n\n"
    "Source: facts only (no names, tickets or cabins), gathered by the Encyclopedia Titanica contributors and T. Cason, distributed with the Vanderbilt biostatistics datasets."
)
SAMPLE = "\n\n{} of its passengers, drawn for this workbook."
ABOUT_MISSING = "One linear model, six tables. They differ only in what was done about unknown ages. Change the yellow number and compare the losses."
SPIKE = "Filling in invents data: one number in all blanks makes a spike. A number near the mean makes the spread of ages smaller ({drop:.1f} when dropped, {median:.1f} with the median). A far one makes it larger ({zero:.1f} with 0)."
NOTE = (
    "Dropping throws away what else is known of these passengers.\n\n"
    "A loss over {known} passengers and one over {all} are two different exams. The last column is over the same rows for all. There dropping must win: its weights were made for just these rows. Compare the other five.\n\n"
    "Try this: type 0, 30, 80 as your own number. Only the last two ways use it. Which losses move, and which do not? The column Unknown has a weight of its own. It undoes any number you choose."
)
OF_SPREAD = "Spread: how far the ages typically are from their mean (the standard deviation)."
OF_LOSSES = "Loss: mean squared error, over the rows of this way, and over those whose age is known."
ABOUT_FILLED = "The six tables differ only in Age. A dropped passenger is a row of zeros, which adds nothing to any sum. Same age: how many share it; the most common wins."


class Blanks:
    """The raw columns and what is made of Age."""

    def __init__(self, lesson: Lesson) -> None:
        raw = passengers(lesson.seed)
        self.n = len(raw["Age"])
        self.number = lesson.typed("No", np.arange(1.0, self.n + 1)[:, None], role="fixed")
        self.raw = {
            name: lesson.typed(name, column, role="data", name=name, format="text" if name in TEXTS else "plain")
            for name, column in raw.items()
        }
        self.ones = lesson.typed("ones", np.ones((self.n, 1)), "Ones", "fixed", name="ones")
        self.own = lesson.typed("own", OWN_AGE, "Your own number", low=0, high=OLDEST, name="own_age")
        self.y, self.age = self.raw["Survived"], self.raw["Age"]
        self.known = apply("filled", self.age)
        self.age_zero = where(apply("filled", self.age), self.age, 0.0)
        self.male = apply("equal", self.raw["Sex"], lift("male"))
        self.median = apply("median", self.age)
        self.same = {name: apply("count_same", self.raw[name]) for name in ("Age", "Embarked")}
        self.mode, self.port = (
            row(self.raw[name], apply("match", apply("max", count), count)) for name, count in self.same.items()
        )
        fills = {"median": self.median, "mode": self.mode, "own": self.own}
        self.filled = {key: where(apply("filled", self.age), self.age, fill) for key, fill in fills.items()}
        self.ages = {"drop": self.age_zero, "zero": self.age_zero, **self.filled, "flag": self.filled["own"]}
        self.X = {key: self._prepared(key) for key in WAYS}
        self._data(lesson)
        self._missing(lesson)
        self._filled(lesson)

    def _prepared(self, key: str) -> Node:
        """The table (n, 4) of a way, or (n, 5); a dropped row is all zeros."""
        parts = self.ages[key], self.male, self.raw["Pclass"]
        if key == "drop":
            return hstack([*(self.known * node for node in parts), apply("same", self.known)])
        X = [apply("same", node) for node in (*parts, self.ones)]
        return hstack([*X, 1.0 - self.known] if key == "flag" else X)

    def _data(self, lesson: Lesson) -> None:
        columns = [self.raw[name] for name in (*NUMBERS, *TEXTS)]
        filled = [apply("sum", apply("filled", node)) for node in columns]
        empty = [apply("sum", where(apply("filled", node), 0.0, 1.0)) for node in columns]
        self.blank_age = empty[NUMBERS.index("Age")]
        figures = [self.age_zero if node is self.age else node for node in columns[: len(NUMBERS)]]
        largest = vstack([apply("max", node) for node in figures])
        means = vstack([apply("sum", f) / c for f, c in zip(figures, filled, strict=False)])
        found = {
            "raw.filled": (vstack(filled), "Filled in", "plain"), "raw.blank": (vstack(empty), "Blank", "plain"),
            "raw.largest": (largest, "Largest", "feature"), "raw.mean": (means, "Mean", "short"),
        }  # fmt: skip
        names = *NUMBERS, *TEXTS
        lesson.page("Data: the passengers as they were written down", ABOUT_DATA, across(
            Records("passengers", lesson.cells(self.number, *self.raw.values())),
            down(
                table(result(found), names=names, named="word", lead="What stands in the way", short="words"),
                Note(DATA_NOTE, 7),
                Note(SOURCE + (SAMPLE.format(self.n) if lesson.seed else ""), 7),
            ),
        ))  # fmt: skip

    # ---- Missing

    def _missing(self, lesson: Lesson) -> None:
        n_known = apply("sum", self.known)
        found = [self._found(key, n_known) for key in WAYS]
        rows, means, spreads, on_rows, on_known, weights = zip(*found, strict=True)
        self.losses = dict(zip(WAYS, on_rows, strict=True))
        median = Shown(self.median, "Median age", "plain", "result", name="median_age")
        mode = Shown(self.mode, "Most common age", "plain", "result", name="mode_age")
        port = Shown(self.port, "Most common port", "text", "result")
        figures = {"mean": (vstack(means), "Mean age", "short"), "spread": (vstack(spreads), "Spread of age", "short")}
        losses = {"loss": (vstack(on_rows), "Loss, its rows"), "loss_known": (vstack(on_known), "Loss, age known")}
        came = dict(zip(WAYS, (one.item() for one in lesson.as_it_came(*spreads)), strict=True))
        known = int(lesson.as_it_came(n_known)[0].item())
        best = Shown(vstack(weights[:-1]), "Weights", labels=FEATURES)
        ways = list(WAYS.values())
        lesson.page("Missing: drop the blanks, or fill them?", ABOUT_MISSING, across(
            down(
                facts(
                    "", {"median": median, "mode": mode, "port": port}, lesson.cells(self.own),
                    after={2: "words have no median"},
                ),
                down(
                    table(
                        forward({"rows": (vstack(rows), "Rows used", "plain"), **figures}), result(losses),
                        names=ways, named="word", lead="What each way does",
                    ),
                    Words(OF_SPREAD, "hint"), Words(OF_LOSSES, "hint"),
                    gap=0,
                ),
                down(
                    Words("The best weights of each way, found at once by least squares"),
                    beside(
                        table({"weights": best}, names=ways[:-1], named="word"),
                        down(Words("", "band_forward"), Words("Unknown", "head_forward")),
                    ),
                    table({"flag": Shown(weights[-1])}, names=ways[-1:], named="word"),
                    gap=0,
                ),
                self._ages(lesson),
            ),
            down(
                _bars("A spike", drop="known ages", median="filled with the median", mode="with the most common"),
                Note(SPIKE.format(**came), 6),
                _bars("Newborns, or your own spike", drop="known ages", zero="blanks as 0", own="your own number"),
                Note(NOTE.format(known=known, all=self.n), 6),
            ),
        ))  # fmt: skip

    def _found(self, key: str, n_known: Node) -> tuple[Node, ...]:
        """Of one way: rows used, mean and spread of age, losses over its rows and over known ages, weights."""
        X, age, use = self.X[key], self.ages[key], self.known if key == "drop" else self.ones
        n = n_known if key == "drop" else apply("sum", use)
        mean = apply("sum", age) / apply("sum", use)
        w = ((self.y.T @ X) @ apply("inverse", X.T @ X)).named("weights")
        off = square(X @ w.T - self.y)
        spread = apply("sqrt", apply("sum", use * square(age - mean)) / n)
        return n, mean, spread, apply("sum", use * off) / n, apply("sum", self.known * off) / n_known, w

    def _ages(self, lesson: Lesson) -> Table:
        """How many passengers are of each age, in steps of five years."""
        edges = np.arange(0.0, OLDEST + 1, BIN)[:, None]
        upto = lesson.typed("ages.upto", edges, f"Older by less than {BIN}, up to", "fixed", name="upto")
        counts = {}
        for key, title in SHORT.items():
            within = apply("greater", self.ages[key], upto.T - float(BIN)) - apply("greater", self.ages[key], upto.T)
            counts[f"ages.{key}"] = within.T @ (self.known if key == "drop" else self.ones), title
        return table(lesson.cells(upto), result(counts, format="plain"), lead="How many passengers are of each age")

    # ---- Filled

    def _filled(self, lesson: Lesson) -> None:
        helpers = {
            "known": (self.known, "Age known"), "age_zero": (self.age_zero, "Blank as 0"),
            **{f"age_{key}": (node, SHORT[key]) for key, node in self.filled.items()}, "male": (self.male, "Male"),
            "same_age": (self.same["Age"], "Same age"), "same_port": (self.same["Embarked"], "Same port"),
        }  # fmt: skip
        named = {
            id: Shown(node, title, "plain", style="cells" if node in self.same.values() else None, name=id)
            for id, (node, title) in helpers.items()
        }
        tables = []
        for key, words in WAYS.items():
            title = f"X_{key}: {words.partition(':')[0].partition(',')[0]}"
            labels = (*FEATURES, "Unknown")[: self.X[key].shape[1]]
            tables += [None, {key: Shown(self.X[key], title, "plain", name=f"X_{key}", labels=labels)}]
        lesson.page("Filled: the same table six times", ABOUT_FILLED, across(
            table(named, lesson.cells(self.ones), *tables[:4], names=self.n, corner="No", frozen=True, tight=True),
            Aside(table(*tables[5:], tight=True)),
        ))  # fmt: skip


def _bars(words: str, **keys: str) -> Plot:
    lines = [(label, "ages.upto", f"ages.{key}", f"line {i + 1}") for i, (key, label) in enumerate(keys.items())]
    alt = f"Passengers by age in steps of five years: {', '.join(keys.values())}."
    title = f"{words}: passengers by age, before and after filling"
    return plot(title, "up to this age", "passengers", lines, alt, y_format="0", x_min=None, y_min=0, columns=True,
                width=480, height=260)  # fmt: skip

"""Lesson 5: why the raw table cannot be multiplied, and what preparing it does to the loss and to descent."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.preparing.classes import SETS
from sheetnet.course.preparing.scales import TABLES
from sheetnet.course.preparing.sheets import Sheets
from sheetnet.graph.node import apply, where

TRIES = (
    "On Missing, type 0, 30, 80 as your own number. Only the last two ways use it. Which loss moves, which does not?",
    "On Data, clear the age of passenger 1 (22) and give passenger 6 (blank) 40. What follows? Then undo (Ctrl+Z).",
    "On Classes, give the classes the numbers 1, 3, 2. Which losses move, and which do not?",
    "On Large, compare the charts. On Data, make the Fare of passenger 1 5000: what moves? Then put 7.25 back.",
    "On Epochs, give Raw the rate {below:.5f}, then {above:.5f}, above its limit. How many epochs does each table need?",
    "For the curious: on Rank, take Ones away, or one class. What do the determinant and the smallest loss do?",
)


class Preparing(Sheets):
    """Blanks dropped or filled, classes as dummies, large columns made small: each with its effect in numbers."""

    name, predicts = "preparing", True
    minutes, pictured = 50, "Epochs"
    goals = (
        "fill blanks, and turn classes into numbers",
        "say why one large column slows learning down",
        "prepare a table of your own",
    )
    to_fill = (
        "raw.blank",
        "missing.median",
        "missing.mode",
        "classes.counts",
        "classes.survivors",
        "classes.share",
        "rank.n_taken",
        "large.max",
        "large.mean",
        "large.half",
        "slopes.n",
        "slopes.yy",
        "epochs.raw.target",
        "epochs.max.target",
        "epochs.log.target",
    )
    title = "Preparing a table: blanks, classes, large columns"
    purpose = "A table of passengers holds words, blanks, and columns of all sizes. You make it ready for multiplication, each time in several ways. The loss and the number of epochs show what each way costs."

    def sheets(self) -> None:
        super().sheets()
        below, above = self.descent.around
        self.tries = [one.format(below=below, above=above) for one in TRIES]

    def pairs(self) -> list[Pair]:
        return [
            Pair("missing.loss", "Loss, six ways", format="loss"),
            Pair("missing.weights", "Weights, five ways", ("Age", "Male", "Pclass", "Ones")),
            *(Pair(f"coding.{key}.loss", f"Loss: {SETS[key].lower()}", format="loss") for key in list(SETS)[:4]),
            Pair("rank.pivots", "Pivots"),
            Pair("large.loss", "Loss, one column", format="loss"),
            *(Pair(f"slopes.{key}.exact", f"Slopes, {words}", format="small") for key, words in TABLES.items()),
            *(Pair(f"epochs.{key}.loss", f"Epochs, {words}", format="loss") for key, words in TABLES.items()),
            Pair("marathon.count", "Epochs needed", tuple(TABLES.values()), format="plain"),
        ]

    def watched(self) -> list[Watched]:
        b, d, no = self.ages, self.descent, self.ages.number
        ages = where(apply("filled", b.age), b.age, -1.0)  # a blank is not the age 0
        columns = {"Survived": b.y, "Pclass": b.raw["Pclass"], "Sex": b.male, "Age": ages, "Fare": b.raw["Fare"]}
        return [
            *(Watched(node, name, no) for name, node in columns.items()),
            Watched(b.own, "your own number"),
            Watched(self.classes.codes, "numbers given to classes"),
            Watched(self.rank.take, "columns taken"),
            Watched(self.scales.start, "weights at the start"),
            *(Watched(d.lr[key], f"learning rate: {words}") for key, words in TABLES.items()),
            Watched(d.within, "within this share"),
        ]

    def words(self) -> list[Word]:
        return [
            Word("missing value", "A blank: the entry exists, but nobody wrote it down.", "raw.blank"),
            Word("drop", "Leave out each row that has a blank, with all else that is known of it.", "filled.drop"),
            Word("fill (impute)", "Put a made-up number in the place of a blank.", "filled.median"),
            Word(
                "median", "The middle one of all numbers in order; a few extreme ones do not move it.", "missing.median"
            ),
            Word(
                "mode", "The most common entry. If two are as common, here the one that stands first.", "missing.mode"
            ),
            Word("spread", "Standard deviation: the typical distance from the mean.", "missing.spread"),
            Word(
                "least squares",
                "A formula that finds the weights with the smallest possible loss at once, without steps.",
                "missing.weights",
            ),
            Word(
                "category",
                "One name out of a few, such as a class or a port. It may be written as a number.",
                "classes.codes",
            ),
            Word("dummy column", "1 where a row is of one category, else 0.", "coding.three.X"),
            Word(
                "scaling", "Dividing a column, here by its largest, so that all columns are of one size.", "large.share"
            ),
            Word("logarithm", "log10(10) is 1, log10(100) is 2: steps of ten times become equal steps.", "large.log"),
            Word("histogram", "How many entries lie in each of many equal intervals.", "bins.fare.n"),
            Word("safe rate", "A learning rate at which the loss surely does not grow without end.", "epochs.raw.safe"),
            Word(
                "X'X",
                "For the curious: X turned on its side, times X. One number for each pair of columns.",
                "slopes.raw.gram",
            ),
            Word(
                "pivot",
                "For the curious: what is left of a column's squares when what it shares is taken out.",
                "rank.pivots",
            ),
            Word("rank", "For the curious: how many columns say something new.", "rank.rank"),
            Word(
                "determinant",
                "For the curious: the product of the pivots of X'X. 0 means no inverse, so no single answer.",
                "rank.det",
            ),
        ]


LESSON = Preparing

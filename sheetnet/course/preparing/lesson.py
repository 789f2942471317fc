"""Lesson 5: why the raw table cannot be multiplied, and what preparing it does to the loss and to descent."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Lesson, Pair, Watched, Word
from sheetnet.course.preparing.blanks import Blanks
from sheetnet.course.preparing.classes import SETS, Classes
from sheetnet.course.preparing.descent import Descent
from sheetnet.course.preparing.scales import TABLES, Scales
from sheetnet.graph.node import apply, where
from sheetnet.motifs.exercises import Exercise, choice


class Preparing(Lesson):
    """Blanks dropped or filled, classes as dummies, large columns made small: each with its effect in numbers."""

    name = "preparing"
    title = "Preparing a table: blanks, classes, large columns"
    purpose = "A table of passengers holds words, blanks, and columns of all sizes. You make it fit for multiplication in three ways each, and see in the loss, in a determinant and in the number of epochs what each way costs."
    tries = (
        "On Missing, give your own number 0, 30, 80. Only the last two ways use it: which loss moves, which does not?",
        "On Data, blank the age of passenger 1 (22) and give passenger 6 (blank) 40: what follows? Then undo (Ctrl+Z).",
        "On Classes, give the classes the numbers 1, 3, 2. Why do the dummies not care?",
        "On Rank, take Ones away, or one class: the determinant is no longer 0, and the loss stays the same.",
        "On Large, compare the charts. On Data, make the Fare of passenger 1 5000: what moves? Then put 7.25 back.",
        "On Epochs, give Raw the rate 0.00025, then 0.00027, above its limit. How many epochs does each table need?",
    )

    def sheets(self) -> None:
        self.blanks = Blanks(self)
        self.classes = Classes(self, self.blanks)
        self.scales = Scales(self, self.blanks, self.classes)
        self.descent = Descent(self, self.scales)

    def pairs(self) -> list[Pair]:
        return [
            Pair("missing.loss", "Loss, six ways", format="loss"),
            Pair("missing.weights", "Weights, five ways", ("Age", "Male", "Pclass", "Ones")),
            *(Pair(f"coding.{key}.loss", f"Loss: {SETS[key].lower()}", format="loss") for key in list(SETS)[:4]),
            Pair("rank.pivots", "Pivots"),
            Pair("large.loss", "Loss, one column", format="loss"),
            *(Pair(f"slopes.{key}.exact", f"Slopes, {words}", format="small") for key, words in TABLES.items()),
            *(
                Pair(f"epochs.{key}.loss", f"Epochs, {words}", format="loss", by_epoch=True)
                for key, words in TABLES.items()
            ),
            Pair("marathon.count", "Epochs needed", tuple(TABLES.values()), format="plain"),
        ]

    def watched(self) -> list[Watched]:
        b, d, no = self.blanks, self.descent, self.blanks.number
        ages = where(apply("filled", b.age), b.age, -1.0)  # a blank is not the age 0
        columns = {"Survived": b.y, "Pclass": b.raw["Pclass"], "Sex": b.male, "Age": ages, "Fare": b.raw["Fare"]}
        return [
            *(Watched(node, name, no) for name, node in columns.items()),
            Watched(b.own, "your own number"),
            Watched(self.classes.codes, "numbers given to classes"),
            Watched(self.classes.take, "columns taken"),
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
            Word("mode", "The most common entry; on a tie, here, the one that stands first.", "missing.mode"),
            Word("spread", "Standard deviation: the typical distance from the mean.", "missing.spread"),
            Word(
                "category",
                "A name out of a few, such as a class or a port, even if it is written as a number.",
                "classes.codes",
            ),
            Word("dummy column", "1 where a row is of one category, else 0.", "coding.three.X"),
            Word(
                "pivot",
                "What is left of a column's squares after all that it shares with earlier columns.",
                "rank.pivots",
            ),
            Word("rank", "How many columns say something new.", "rank.rank"),
            Word(
                "determinant", "The product of the pivots of X'X; 0 means no inverse, so no single answer.", "rank.det"
            ),
            Word(
                "scaling", "Dividing a column, here by its largest, so that all columns are of one size.", "large.share"
            ),
            Word("logarithm", "log10(10) is 1, log10(100) is 2: steps of ten times become equal steps.", "large.log"),
            Word("histogram", "How many entries lie in each of many equal intervals.", "bins.fare.n"),
        ]

    def ask(self) -> list[Exercise]:
        b, c, d = self.blanks, self.classes, self.descent
        five = np.ones((1, 5))
        two_ones = np.array([[1.0, 1.0, 0.0, 1.0, 0.0]])
        swapped = np.array([[2.0], [1.0], [3.0]])
        return [
            Exercise("On Data, how many ages are blank?", b.blank_age, 0.25),
            Exercise("Seven ages: 22, 38, blank, 35, blank, 54, 2. Write a formula for the median of those that are known.", 35.0),
            Exercise("Four ages: 20, 30, 70 and a blank, which is filled with the median of the others. Write a formula for the mean of the four.", 37.5),
            Exercise("On Missing, set your own number to 30. What is the loss over its rows when it fills the blanks (fifth way)?", b.losses["own"], 1e-5, {b.own: 30.0}),
            choice("With the column Unknown in the table, which number in the blanks gives the smallest loss? 1: 0. 2: the median. 3: any number, the loss is the same.", 3),
            Exercise("On Classes, give the classes the numbers 2, 1, 3. What is the loss of the first way?", c.number_loss, 1e-5, {c.codes: swapped}),
            Exercise("Weights: Class 1 has 0.4, Class 2 has 0.25, Ones has 0.2. Write a formula for the prediction for a passenger of second class.", 0.45),
            Exercise("On Rank, take Class 1, Class 2 and Ones, and no other. What is the determinant?", c.det, 0.4, {c.take: two_ones}),
            Exercise("On Rank, take all five columns. What is the rank?", c.rank, 0.25, {c.take: five}),
            choice("Are two dummy columns enough for three classes? 1: never. 2: yes, if there is a column of ones. 3: yes, with or without ones.", 2),
            Exercise("Write a formula for log10(Fare + 1) when the Fare is 31.", float(np.log10(32.0)), 0.001),
            Exercise("On Large, as it came: how many times as large is the best slope of Fare / max as that of Fare?", self.scales.found["max"][1], 0.5),
            Exercise("All weights are 0, the rate is 0.0002, the slope of Fare is -37 and that of Male -0.25. Write a formula for the weight of Male after one step.", 0.00005, 1e-6),
            Exercise("On Epochs, as it came: how many epochs does the table divided by the largest need?", d.count["max"], 0.25),
            Exercise("On Epochs, set the share to 5%. How many epochs does the raw table need now?", d.count["raw"], 0.25, {d.within: 0.05}),
            choice("Dividing Age and Fare by their largest, and then taking the larger rate that is now safe: 1: makes the smallest possible loss smaller. 2: leaves it, but descent gets there in far fewer epochs. 3: changes neither.", 2),
        ]  # fmt: skip


LESSON = Preparing

"""Lesson 2: rectified lines: one, two, eight by hand, then as many as a curve needs."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.relu.lines import Lines
from sheetnet.course.relu.pieces import CURVE
from sheetnet.graph.node import row

TRIES = (
    "On One, change b, then m, then their signs. What moves the corner? What makes the ReLU steeper?",
    "On Two, change any of the four numbers. How many slopes has the sum of lines, how many that of ReLUs?",
    "On Two, make a V, then a valley with a flat floor. Can you make a roof?",
    "On Eight, go from piece 3 to piece 8: add what is still missing. Get the mean squared error below 0.05.",
    "On Many, set the pieces to 1, 2, 4, 8, 16 and 32. Then try 3 and 5.",
    "On Many, 8 pieces: set the frequency to 3. Is the mean squared error still below 0.05? Set it back to {freq:g}.",
    "On Many, 8 pieces: set the height to 0. Coefficients 2 to 8 are all {coef:g} now: why? Set it back to {height:g}.",
    "On Errors, by how much does each doubling of the pieces divide the error? And with frequency 3 on Many?",
)


class Relu(Lines):
    """One ReLU, two of them against two lines, eight by hand, any number by formula, and what is left of the error."""

    name, predicts, shapes = "relu", True, False
    minutes, pictured = 40, "Many"
    goals = (
        "say where the corner of a ReLU is, and why",
        "say why added lines stay a line, and added ReLUs bend",
        "build a curve out of ReLUs",
    )
    to_fill = (
        "one.line_at",
        "one.relu_at",
        "one.corner",
        "one.line",
        "one.relu",
        "two.line_1",
        "two.line_2",
        "two.lines",
        "two.relu_1",
        "two.relu_2",
        "two.relus",
        "eight.error",
        "many.width",
        "many.right",
        "many.error",
    )
    title = "Rectified lines: from one corner to any curve"
    purpose = "A ReLU is a line cut off at 0. Lines added stay a line; ReLUs added bend. You add two, then eight by hand. Then formulas add up to 32, and the error falls: so such a sum, a small net, can follow any curve (lesson 4: how it learns to)."

    def sheets(self) -> None:
        self.one()
        self.two()
        self.curve_of_many()
        height, freq, _, bend = self.curve_now
        self.tries = [one.format(freq=freq, height=height, coef=2 * bend) for one in TRIES]
        self.eight()
        self.many()
        self.errors()

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [
            Pair("one.relu", "One: ReLU"),
            Pair("two.lines", "Two: sum of lines"),
            Pair("two.relus", "Two: sum of ReLUs"),
            Pair("eight.sum", "Eight: sum"),
            Pair("many.coef", "Many: coefficients"),
            Pair("many.sum", "Many: sum"),
            Pair("errors.largest", "Largest errors", format="small"),
        ]

    def watched(self) -> list[Watched]:
        four = ("m of line 1", "b of line 1", "m of line 2", "b of line 2")
        return [
            Watched(self.m, "One: m"),
            Watched(self.b, "One: b"),
            *(Watched(node, f"Two: {title}") for node, title in zip(self.numbers, four, strict=True)),
            Watched(self.begin_8, "Eight: the sum begins at"),
            *(Watched(row(self.coefs_8.T, i), f"Eight: coefficient {i}") for i in range(1, 9)),
            *(Watched(node, f"Many: {title}") for node, title in zip(self.shape, CURVE, strict=True)),
            Watched(self.pieces, "Many: pieces"),
        ]

    def words(self) -> list[Word]:
        return [
            Word("slope", "By how much a line rises when x grows by 1: the m in m*x + b.", "one.m"),
            Word("constant", "The b in m*x + b: the height of the line at x = 0.", "one.b"),
            Word("ReLU", "Rectified linear unit: max(0, m*x + b), a line whose negative part is replaced by 0.", "one.relu"),
            Word("corner", "The x at which a ReLU bends, -b/m: flat on one side of it, sloping on the other.", "one.corner"),
            Word("activation function", "What bends the line inside a unit of a net: here the ReLU.", "one.relu"),
            Word("on, off", "A ReLU is on where its line is positive, and off where it gives 0.", "one.on"),
            Word("piecewise linear", "Made of straight pieces, as every sum of ReLUs is.", "two.relus"),
            Word("piece", "One ReLU of a sum, max(0, x - knot): 0 up to its knot, then rising by 1 per 1.", "eight.pieces"),
            Word("knot", "The x at which a piece begins and the sum may bend.", "eight.knots"),
            Word("coefficient", "The number that a piece is multiplied by: how much the slope changes at its knot.", "eight.coefs"),
            Word("net", "Lines, ReLUs of them, and a weighted sum of these: here it draws one curve over x.", "many.sum"),
            Word("layer", "All units of a net that work side by side: first the ReLUs of x, then the sum of them.", "many.knots"),
            Word("hidden unit", "One ReLU between the input x and the sum; together they are the hidden layer.", "many.knots"),
            Word("weight", "A number that a net multiplies by: here 1 in each hidden unit, then the coefficients.", "many.coef"),
            Word("descent", "Finding such numbers in small steps that lower the error, as in lesson 1.", "errors.mse"),
            Word("frequency", "How fast waves follow each other: a wave is 6.28/frequency wide. Twice the frequency, twice as many waves.", "many.freq"),
            Word("largest error", "The greatest distance between sum and curve.", "errors.largest"),
            Word("mean squared error", "The mean of the squared errors over all x of the table.", "errors.mse"),
        ]  # fmt: skip


LESSON = Relu

"""Lesson 3: what a matrix product is, which shapes fit, and what it cannot do."""

from __future__ import annotations

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.matmul.limits import Limits

PAIRS = {
    "dot.mmult": "Dot product", "arrows.cosine": "Cosine", "product.mmult": "Product", "order.PQ": "P Q",
    "ones.at_once": "X w + b", "relu.missing": "Missing", "relu.bill": "Bill, ReLU", "sums.relu.both": "ReLU(u + v)",
}  # fmt: skip
WATCHED = {
    "amounts": "dot.amounts", "prices": "dot.prices", "u": "arrows.u", "v": "arrows.v", "A": "product.A", "B": "product.B",
    "P": "order.P", "Q": "order.Q", "X": "ones.X", "w": "ones.w", "delivery": "ones.b", "plans": "relu.plans",
    "recipes": "relu.recipes", "food prices": "relu.prices", "u on Sums": "sums.u", "v on Sums": "sums.v", "M on Sums": "sums.M",
}  # fmt: skip

TRIES = (
    "On Dot, change an amount. Which cells move? Then type a 0, and a negative amount.",
    "On Arrows, find a v at a right angle to u, and another v whose dot product is {dot:g}, too.",
    "On Product, step the row and the column through all six entries, and do one of them on paper.",
    "On Shapes, change one size so that A and B do not fit. Then change another one until they fit again.",
    "On ReLU, for which plans do the bills with and without ReLU differ? What is left over there?",
    "On Sums, find u and v for which ReLU passes the test. On Count, take more workers than there are results.",
)


class Matmul(Limits):
    """Dot products, products of matrices three times over, shapes, ones, ReLU, and counting."""

    name, predicts = "matmul", True
    minutes, pictured = 45, "ReLU"
    goals = (
        "multiply two matrices by hand, and with MMULT",
        "see from two shapes whether they fit",
        "say what a matrix product cannot do",
    )
    to_fill = (
        "dot.sum",
        "dot.sumproduct",
        "dot.mmult",
        "arrows.dot",
        "arrows.size_u",
        "arrows.size_v",
        "arrows.shadow",
        "arrows.cosine",
        "product.entry",
        "ones.bare",
        "ones.added",
        "ones.at_once",
        "relu.costs",
        "relu.bill",
    )
    title = "What a matrix product is, and what it is not"
    purpose = "Models are made of matrix products, with something simple between them. You build a product out of dot products, cell by cell. You see which shapes fit, and what a product can never do: bend."

    def sheets(self) -> None:
        for name in ("dot", "arrows", "product", "shapes", "ones", "relu", "sums", "count", "order"):
            getattr(self, f"_{name}")()
        a, b, c, d = self.arrows
        self.tries = [one.format(dot=a * c + b * d) for one in TRIES]

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [Pair(id, title) for id, title in PAIRS.items()]

    def watched(self) -> list[Watched]:
        return [Watched(self.node(id), title) for title, id in WATCHED.items()]

    def words(self) -> list[Word]:
        return [
            Word("matrix", "A rectangle of numbers, such as the baskets: one row for each shopper.", "product.A"),
            Word("shape", "How many rows and columns a matrix has: 3 x 4 is 3 rows and 4 columns.", "shapes.n"),
            Word("dot product", "Two rows of numbers multiplied pair by pair and added up: one number.", "dot.sum"),
            Word("cosine", "The dot product divided by both lengths: 1 the same way, 0 a right angle, -1 opposite.", "arrows.cosine"),
            Word("matrix product", "The dot products of each row of A with each column of B.", "product.hand"),
            Word("MMULT", "The formula for a matrix product; torch writes it as A @ B.", "product.mmult"),
            Word("array formula", "One formula that fills many cells; entered with Ctrl+Shift+Enter.", "product.mmult"),
            Word("transpose", "To swap rows and columns: row 1 becomes column 1, row 2 column 2, and so on.", "product.turned"),
            Word("column of ones", "A 1 in each row, so that a constant becomes a weight like the others.", "ones.X_ones"),
            Word("linear", "What gives the same for a sum as for its parts, added.", "sums.product.says"),
            Word("ReLU", "max(0, x), entry by entry: negative numbers become 0.", "relu.bought"),
            Word("GPU", "A graphics processor: thousands of workers that calculate at once.", "count.rounds"),
        ]  # fmt: skip


LESSON = Matmul

"""Lesson 3: what a matrix product is, which shapes fit, and what it cannot do."""

from __future__ import annotations

import numpy as np

from sheetnet.course.lesson import Pair, Watched, Word
from sheetnet.course.matmul.limits import Limits
from sheetnet.course.matmul.products import AMOUNTS
from sheetnet.graph.node import Node, row
from sheetnet.motifs.exercises import Exercise, choice

PAIRS = {
    "dot.mmult": "Dot product", "arrows.cosine": "Cosine", "product.mmult": "Product", "order.PQ": "P Q",
    "ones.at_once": "X w + b", "relu.missing": "Missing", "relu.bill": "Bill, ReLU", "sums.relu.both": "ReLU(u + v)",
}  # fmt: skip
WATCHED = {
    "amounts": "dot.amounts", "prices": "dot.prices", "u": "arrows.u", "v": "arrows.v", "A": "product.A", "B": "product.B",
    "P": "order.P", "Q": "order.Q", "X": "ones.X", "w": "ones.w", "delivery": "ones.b", "plans": "relu.plans",
    "recipes": "relu.recipes", "food prices": "relu.prices", "u on Sums": "sums.u", "v on Sums": "sums.v", "M on Sums": "sums.M",
}  # fmt: skip
ASKED = "dot.sum", "dot.amounts", "product.entry", "product.row", "product.column", "relu.bill"


class Matmul(Limits):
    """Dot products, products of matrices three times over, shapes, ones, ReLU, and counting."""

    name = "matmul"
    title = "What a matrix product is, and what it is not"
    purpose = "Models are made of matrix products, with something simple between them. You build a product out of dot products, cell by cell, see which shapes fit, and find out what it can never do: bend."
    tries = (
        "On Dot, change an amount. Which cells move? Then type a 0, and a negative amount.",
        "On Arrows, find a v at a right angle to u, and another v whose dot product is 5, too.",
        "On Product, step the row and the column through all six entries, and do one of them on paper.",
        "On Shapes, change one size so that A and B no longer fit, then another one so that they fit again.",
        "On ReLU, find the plans for which the product without ReLU pays you money. What went wrong?",
        "On Sums, find u and v for which ReLU passes the test. On Count, ask for more workers than results.",
    )

    def sheets(self) -> None:
        for name in ("dot", "arrows", "product", "shapes", "order", "ones", "relu", "sums", "count"):
            getattr(self, f"_{name}")()

    def _node(self, id: str) -> Node:
        return self.book.block(id).node

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        return [Pair(id, title) for id, title in PAIRS.items()]

    def watched(self) -> list[Watched]:
        return [Watched(self._node(id), title) for title, id in WATCHED.items()]

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

    def ask(self) -> list[Exercise]:
        bill, amounts, entry, i, j, bent = map(self._node, ASKED)
        two_cheeses = np.array([[*AMOUNTS[:2], 2.0, *AMOUNTS[3:]]])
        return [
            Exercise("On Dot, what is the dot product of amounts and prices as the workbook came?", bill),
            Exercise("On Dot, set the amount of cheese to 2. What is the dot product now?", bill, 0.001, {amounts: two_cheeses}),
            Exercise("Write a formula for the dot product of 2, -1, 3 and 4, 5, 0.5.", 4.5),
            Exercise("On Arrows, u is 3, 1. The first number of v is 1. What must the second be for a right angle?", -3.0),
            Exercise("On Product, look at row 3 and column 2. What is this entry of A B?", entry, 0.001, {i: 3.0, j: 2.0}),
            Exercise("A has the rows 1, 2 and 3, 4. B has the rows 5, 6 and 7, 8. Write a formula for the entry of A B in row 1, column 2.", 22.0),
            Exercise("A is 64 x 30 and B is 30 x 10. How many multiplications does A B take?", 19200.0),
            Exercise("The weights are 0.5 and -2, the constant is 3. Write a formula for the prediction for the row 6, 1.", 4.0),
            Exercise("On ReLU, as it came: what does plan 3 cost with ReLU between the two products?", row(bent, 3)),
            Exercise("A row is 2, -1. Take its dot products with 1, 3 and with 2, 1, then the ReLU of each, then add. Write this as a formula.", 3.0),
            choice("Which of these can a matrix product not do? 1: give the sum of each row. 2: add a constant, if there is a column of ones. 3: set negative entries to 0.", 3),
            choice("Two matrix products in a row, with nothing between them, can do: 1: as much as one product with another matrix. 2: one bend. 3: twice as much.", 1),
            choice("Why is a GPU good at matrix products? 1: it leaves out the zeros. 2: the dot products do not wait for each other. 3: it has a shorter formula.", 2),
        ]  # fmt: skip


LESSON = Matmul

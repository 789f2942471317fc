"""Shapes and Order: which matrices can be multiplied, and that the order matters."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.course.matmul.forms import place_words
from sheetnet.course.matmul.products import Products
from sheetnet.graph.node import Node, apply, constant, hstack, where
from sheetnet.page.book import Page, Rule

EXAMPLES = {  # n, k, m, p
    "the baskets and prices on Product": (3, 4, 4, 2), "lesson 4: passengers, one unit's weights": (712, 10, 10, 1),
    "lesson 4: passengers, two units' weights": (712, 10, 10, 2), "a row, a column: one number, as on Dot": (1, 5, 5, 1),
    "a column, a row: a times table": (5, 1, 1, 5), "B A on Product: 2 shops cannot meet 3 shoppers": (4, 2, 3, 4),
    "lesson 4: slopes, from the table transposed": (10, 712, 712, 1),
}  # fmt: skip
CORNERS = ((0.0,), (1.0,), (1.0,), (0.0,), (0.0,)), ((0.0,), (0.0,), (1.0,), (1.0,), (0.0,))  # of a rectangle: x, y
FLAG = ((0, 0), (0, 3), (0.5, 2.75), (2, 2.25), (0.5, 1.75), (0, 1.5))


class Shapes(Products):
    """The next two sheets."""

    def _shapes(self) -> None:
        page = self.sheet(
            "Shapes: which matrices fit",
            "A product needs as many columns on the left as rows on the right. Change the yellow sizes and see when the sides meet.",
            {0: 16.0, 5: 14.0, 6: 11.0, 7: 11.0, 8: 16.0},
            (4, 1),
        )
        place_words(page, 3, 1, ("rows", "columns"), across=True)
        page.text(23, 0, "More examples: these sizes can be changed, too", "lead")
        many = []
        for i, (id, value, title) in enumerate(
            (("n", 3, "A rows"), ("k", 4, "A columns"), ("m", 4, "B rows"), ("p", 2, "B columns"))
        ):
            self.give(
                page,
                f"shapes.{id}",
                value,
                4 + i // 2,
                1 + i % 2,
                ("A", "", "B", "")[i],
                side=i % 2 == 0,
                name=f"size_{id}",
            )
            many.append(
                self.give(page, f"examples.{id}", [[sizes[i]] for sizes in EXAMPLES.values()], 27, 1 + i, title)
            )
            for prefix, high in (("shapes", 9), ("examples", 100_000)):
                page.rules.append(
                    Rule(
                        self.book.block(f"{prefix}.{id}").area,
                        True,
                        1,
                        high,
                        f"A size: a whole number from 1 to {high} is expected",
                    )
                )
        n, k, m, p = (self.book.block(f"shapes.{id}").node for id in "nkmp")
        for prefix, sizes, at in (
            ("shapes", (n, k, m, p), [(7 + i, 1) for i in range(4)]),
            ("examples", many, [(27, 5 + i) for i in range(4)]),
        ):
            self._fits(page, prefix, sizes, at)
        page.text(24, 9, "What they are", "band_plain_text", wide=4)
        place_words(page, 27, 9, tuple(EXAMPLES), "hint")
        page.text(
            12,
            0,
            "(n x k) times (k x p) gives (n x p). The inner sizes must be equal, and are gone afterwards: they are what each dot product adds over. The outer sizes stay.\n\nThe result has n p entries; each takes k multiplications.\n\nTry this: A 4 x 1 and B 1 x 5. Then A 1 x 5 and B 5 x 1.",
            "note",
            wide=5,
            tall=8,
        )
        x, y, fits = constant(CORNERS[0]), constant(CORNERS[1]), apply("equal", k, m)
        drawn = {
            "A": (-k * x - 0.3, -n * y),
            "B": (p * x, m * y + 0.3),
            "AB": (where(fits, p, 0.0) * x, where(fits, -n, 0.0) * y),
        }
        for i, (label, sides) in enumerate(drawn.items()):
            self.show(
                page, f"shapes.{label}", hstack(sides), 40, 1 + 2 * i, f"corners of {label}", labels=("across", "up")
            )
        self.chart(
            page,
            3,
            6,
            "A to the left, B above, A B where they cross",
            "columns",
            "rows",
            self.paths(shapes_A="A", shapes_AB="A B", shapes_B="B"),
            "Three rectangles: A on the left, B above, and their product where the two cross.",
            "0",
            10,
            -10,
            -10,
            10,
            width=470,
            height=400,
            equal=True,
        )

    def _fits(self, page: Page, prefix: str, sizes: Sequence[Node], at: Sequence[tuple[int, int]]) -> None:
        """Whether n x k and m x p fit, rows and columns of the product, and its multiplications."""
        n, k, m, p = sizes
        fits = apply("equal", k, m)
        says = {
            "A times B": where(fits, "fits", "does not fit"),
            "A B rows": where(fits, n, "none"),
            "A B cols": where(fits, p, "none"),
            "multiplications": where(fits, n * k * p, 0.0),
        }
        for id, (title, node), format, place in zip(
            ("says", "rows", "cols", "work"), says.items(), ("text", "text", "text", "count"), at, strict=True
        ):
            self.show(
                page, f"{prefix}.{id}", node, *place, title, "cells", "result", side=n.shape == (1, 1), format=format
            )

    def _order(self) -> None:
        page = self.sheet(
            "Order: P Q is not always Q P",
            "A 2 x 2 matrix moves points, the rows of X. As it came, P turns them and Q stretches them: change P or Q and watch both flags.",
            {0: 3.0, **dict.fromkeys((1, 2, 4, 5, 7, 8), 13.0), 3: 3.0, 6: 3.0, 9: 3.0},
            (6, 1),
        )
        self.P = P = self.give(page, "order.P", [[0, 1], [-1, 0]], 6, 1, "P", name="P")
        self.Q = Q = self.give(page, "order.Q", [[2, 0], [0, 1]], 6, 4, "Q", name="Q")
        X = self.give(page, "order.flag", FLAG, 24, 1, "X: a flag", "data", name="flag", labels=("across", "up"))
        PQ, QP = (P @ Q).named("PQ"), (Q @ P).named("QP")
        self.show(page, "order.PQ", PQ, 12, 1, "P Q", name="PQ")
        self.show(page, "order.QP", QP, 12, 4, "Q P", name="QP")
        self.show(page, "order.gap", PQ - QP, 12, 7, "P Q - Q P", "cells", "result")
        back, forth = (
            self.show(page, "order.back", PQ.T, 18, 1, "P Q transposed"),
            self.show(page, "order.forth", Q.T @ P.T, 18, 4, "Q transposed x P transposed"),
        )
        self.gap(page, "order.gap_turned", back, forth, 18, 7, "difference")
        self.show(page, "order.turn_first", X @ P @ Q, 24, 4, "(X P) Q", labels=("across", "up"))
        self.show(page, "order.stretch_first", X @ Q @ P, 24, 7, "(X Q) P", labels=("across", "up"))
        lines = self.paths(
            order_flag="X: the flag", order_stretch_first="first Q, then P", order_turn_first="first P, then Q"
        )
        self.chart(
            page,
            3,
            10,
            "One flag, moved in two orders",
            "across",
            "up",
            lines,
            "A flag, and where it goes in either order.",
            "0",
            8,
            -8,
            -8,
            8,
            width=430,
            height=480,
            equal=True,
        )
        page.text(
            28,
            10,
            "TRANSPOSE makes rows of columns. A product transposed is the product of the transposed matrices in the other order. With other shapes, the sides meet in no other order.\n\nTry this: set P to 1 0 / 0 1, the matrix that changes nothing; then to -1 0 / 0 1, a mirror. P Q is Q P now: for some matrices the order does not matter. Then P to 1 1 / 0 1 and Q to 1 0 / 1 1: it matters again.",
            "note",
            wide=6,
            tall=9,
        )

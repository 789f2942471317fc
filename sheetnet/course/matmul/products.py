"""Dot, Arrows, Product, Shapes and Order: what a matrix product is, which shapes fit, and that the order matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.lesson import Lesson
from sheetnet.graph.node import Node, apply, constant, hstack, lift, row, vstack, where
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import Grid, facts
from sheetnet.page.highlight import Highlight
from sheetnet.page.language import said
from sheetnet.page.parts import Note, Ruler, Words, spaced, table
from sheetnet.page.plot import Some, path, plot
from sheetnet.page.shown import Group, Shown, forward, result

GOODS, SHOPPERS, SHOPS = ("apples", "bread", "cheese", "milk"), ("Ann", "Ben", "Cleo"), ("market", "corner shop")
AMOUNTS, PRICES = (3.0, 2.0, 0.5, 1.5, 4.0), (0.5, 2.5, 9.0, 1.0, -0.25)
SOME = (2, 3, 4, 5), (1, 2, 3), (0.25, 0.5, 0.75, 1), (1, 1.5, 2, 2.5), (3, 4, 5, 6)  # amounts, as they may be
COSTS = (0.4, 0.5, 0.6), (2, 2.5, 3), (8, 9, 10), (0.8, 1, 1.2), (-0.25,)
BASKETS, PRICE_LIST = ((4, 1, 0.5, 2), (0, 2, 1, 1), (6, 0, 0, 3)), ((0.5, 0.8), (4, 2), (10, 12), (1.2, 1))
BUYS = (
    (3, 4, 5), (1, 2), (0.5, 1), (1, 2, 3), (0,), (2, 3, 4), (0.5, 1, 1.5), (1, 2), (4, 5, 6, 7, 8), (0,), (0,), (2, 3, 4)
)  # fmt: skip
ASKS = (0.4, 0.5, 0.6), (0.7, 0.8, 0.9), (3, 3.5, 4), (2, 2.5), (9, 10, 11), (12, 13), (1.2, 1.4), (0.9, 1, 1.1)
ARROWS, OTHERS = (3, 1, 1, 2), ((2, 3, 4), (1, 2), (1, 2), (2, 3))  # u and v
TIMES = {2.0: "twice as", 1.5: "one and a half times as", 2.5: "two and a half times as"}  # how Q stretches
EXAMPLES = {  # n, k, m, p
    "the baskets and prices on Product": (3, 4, 4, 2), "lesson 4: passengers, one unit's weights": (712, 10, 10, 1),
    "lesson 4: passengers, two units' weights": (712, 10, 10, 2), "a row, a column: one number, as on Dot": (1, 5, 5, 1),
    "a column, a row: a times table": (5, 1, 1, 5), "B A on Product: 2 shops cannot meet 3 shoppers": (4, 2, 3, 4),
    "lesson 4: slopes, from the table transposed": (10, 712, 712, 1),
}  # fmt: skip
CORNERS = ((0.0,), (1.0,), (1.0,), (0.0,), (0.0,)), ((0.0,), (0.0,), (1.0,), (1.0,), (0.0,))  # of a rectangle: x, y
FLAG = ((0, 0), (0, 3), (0.5, 2.75), (2, 2.25), (0.5, 1.75), (0, 1.5))
POINTS = ("across", "up")
LEFT = constant(((0.0, 1.0), (-1.0, 0.0)))  # turns a row (1, 2) by a right angle
HEAD, HALF = 0.4, 0.4  # of an arrow: how long its head is, and how wide half of it, in parts of that
PLAIN: dict[str, Any] = {"format": "plain"}
BY_CELL: dict[str, Any] = {"format": "plain", "style": "cells"}
GAP: dict[str, Any] = {"format": "apart", "style": "cells"}  # of two ways that should say the same

ABOUT_DOT = "Two rows of numbers: multiply them pair by pair and add up. The sum is one number, the dot product; here it is found in three ways."
NOTE_DOT = 'SUM adds what stands in the row of products. SUMPRODUCT multiplies and adds in one go. MMULT does so for whole matrices. It wants a row on the left and a column on the right. So TRANSPOSE makes a column of the prices. "equal": the two differ by less than a millionth.\n\nThe bottles are brought back: their price is negative, and so is their part of the bill.\n\nTry this: how many bottles make the bill 0?'
ABOUT_ARROWS = "Change v. The dot product is large when both arrows point the same way. It is 0 at a right angle, and negative when they point apart."
NOTE_ARROWS = "u and v are arrows from 0. The dashed line casts the shadow of v on u. The dot product is the length of u times the length of this shadow. It is negative where the shadow falls on the far side of 0. Divided by both lengths it is the cosine, from -1 to 1: only directions count. (0, 0 has no direction: #DIV/0!)\n\nIn a model, u is a row of data, v the weights: do they agree?\n\nTry this: make v twice as long, {across:g} and {up:g}. Which of these numbers double, and which stay?"
ABOUT_PRODUCT = "Each row of A meets each column of B. Their dot product stands where the two cross. Choose a row and a column: they stand out."
NOTE_PRODUCT = "3 x 4 under a heading: 3 rows and 4 columns.\n\nHow to enter an array formula: select the 3 x 2 cells of the result, type =MMULT(A,B) and press Ctrl+Shift+Enter. Curly brackets show that one formula fills them all; no single cell of it can be changed alone. In Excel 365, Enter will do.\n\nSUMPRODUCT wants two ranges of the same shape. Rows of A lie, columns of B stand: so B is transposed first.\n\nTry this: change what Ben buys. Which results move?"
ABOUT_SHAPES = "A product needs as many columns on the left as rows on the right. Change the yellow sizes and see when the sides meet."
NOTE_SHAPES = "(n x k) times (k x p) gives (n x p). The inner sizes must be equal: each dot product adds over them, and they are gone. The outer sizes stay.\n\nThe result has n × p entries. Each takes k multiplications.\n\nTry this: A 4 x 1 and B 1 x 5. Then A 1 x 5 and B 5 x 1."
ABOUT_ORDER = "For the curious: a 2 x 2 matrix moves points, the rows of X. As it came, P turns them and Q stretches them. Change P or Q."
NOTE_ORDER = "TRANSPOSE makes rows of columns. A product transposed is the product of the transposed matrices in the other order. With other shapes, the sides meet in no other order.\n\nTry this: set P to 1 0 / 0 1, the matrix that changes nothing. Then set it to -1 0 / 0 1, a mirror. P Q is Q P now: for some matrices the order does not matter. Then P to 1 1 / 0 1 and Q to 1 0 / 1 1: it matters again."


def around_0(reach: float, width: int, height: int) -> dict[str, Any]:
    """The window of a chart in which a unit is as long across as up."""
    bounds = {"x_max": reach, "x_min": -reach, "y_min": -reach, "y_max": reach}
    return {"y_format": "0", **bounds, "width": width, "height": height, "equal": True}


class Products(Lesson):
    """The sheets on products: the first four, and the last one."""

    def node(self, id: str) -> Node:
        """The node of a block."""
        return self.book.block(id).node

    def _dot(self) -> None:
        self.amounts, prices = (
            own(self.seed, f"dot {what}", *of) for what, of in {"amounts": (AMOUNTS, SOME), "prices": (PRICES, COSTS)}.items()
        )  # fmt: skip
        u = self.typed("amounts", [self.amounts], "Amounts", name="amounts")
        v = self.typed("prices", [prices], "Prices", name="prices")
        products, short, whole = u * v, u @ v.T, u @ v.T
        bill = apply("sum", products)
        ways = forward({"sum": (bill, "SUM of the products"), "sumproduct": (short, "SUMPRODUCT")}, **BY_CELL)
        gaps = {
            "gap_sumproduct": (apart(short, bill), "SUMPRODUCT and SUM"),
            "gap_mmult": (apart(whole, bill), "MMULT and SUM"),
        }
        self.page("Dot: a bill is a dot product", ABOUT_DOT, across(
            down(
                facts("", self.cells(u, v), forward({"products": (products, "Amount × price")}, **BY_CELL),
                      heads=(*GOODS, "bottles")),
                facts("The dot product, three times", ways, forward({"mmult": (whole, "MMULT")}, **PLAIN),
                      result(gaps, **GAP), band="band_forward",
                      after={0: "=", 1: "=", 2: "="}),
                Note(NOTE_DOT, 6),
            ),
            plot("What each pair adds to the dot product", "goods", "amount × price",
                 [("amount × price", Some("amounts", (-1, -1)), "products")],
                 "A bar for each amount times its price; the dot product is their sum.", y_format="0.0", x_min=None,
                 columns=True),
        ))  # fmt: skip

    def _arrows(self) -> None:
        arrows = self.arrows = own(self.seed, "arrows", ARROWS, OTHERS, lambda a, b, c, d: abs(a * d - b * c) > 2)
        u, v = (self.typed(name, [xy], name, name=name) for name, xy in {"u": arrows[:2], "v": arrows[2:]}.items())
        dot, size_u, size_v, none = u @ v.T, apply("sqrt", u @ u.T), apply("sqrt", v @ v.T), lift(0.0)
        says = where(apply("greater", dot, none), said("more or less the same way"), said("apart"))
        says = where(apply("greater", lift(1e-9), apply("abs", dot)), said("at a right angle"), says)
        says = where(apply("equal", size_u * size_v, none), said("no direction"), says)
        numbers: dict[str, Any] = {
            "dot": Shown(dot, "dot product", "plain", name="dot_uv"),
            "size_u": Shown(size_u, "length of u", "short", name="size_u"),
            "size_v": Shown(size_v, "length of v", "short", name="size_v"),
            "shadow": (dot / size_u, "shadow of v on u", "short"), "cosine": (dot / (size_u * size_v), "cosine", "short"),
        }  # fmt: skip
        foot = apply("if_error", u * (dot / size_u / size_u), none)
        drawn = {
            "line_u": (_arrow(u, size_u), "arrow u"), "line_v": (_arrow(v, size_v), "arrow v"),
            "line_shadow": (vstack([apply("same", v), foot]), "from v to its shadow"),
        }  # fmt: skip
        degrees = self.typed("degrees", np.arange(-180.0, 181, 15)[:, None], "Degrees", "fixed")
        angle = degrees * np.pi / 180
        turned = apply("cos", angle) * v + apply("sin", angle) * (v @ LEFT)
        wave = forward({"turned": Shown(turned, "v, turned", labels=POINTS), "dots": (turned @ u.T, "Dot")})
        now = "now", Some("degrees", (12, 12)), "dot", "mark"
        self.page("Arrows: what a dot product says", ABOUT_ARROWS, across(
            down(
                Ruler((0.0, 0.0, 17.0)),
                facts("", self.cells(u, v), heads=POINTS),
                facts("", forward(numbers, style="cells"), result({"says": (says, "they point", "text")}, style="cells")),
                Note(NOTE_ARROWS.format(across=2 * arrows[2], up=2 * arrows[3]), 3),
            ),
            down(
                across(
                    plot("Two arrows, and the shadow of v on u", *POINTS,
                         [path("u", "line_u"), path("v", "line_v", "line 3"), path("from v to its shadow", "line_shadow", "line 2")],
                         "Two arrows from 0, and a line from the end of v that meets u at a right angle.",
                         **around_0(5, 400, 380)),
                    plot("The dot product while v turns, either way", "degrees by which v is turned", "dot product",
                         [("v turned", "degrees", "dots"), now], "A wave: the dot product rises and falls while v turns.",
                         y_format="0", x_max=180, x_min=-180, width=400, height=380, x_step=90),
                ),
                Words("Numbers for the charts"),
                across(table(forward(drawn, labels=POINTS, **PLAIN)), table(self.cells(degrees), wave)),
            ),
        ))  # fmt: skip

    def _product(self) -> None:
        i = self.typed("row", 2, "Row of A, 1 to 3", low=1, high=3, whole=True, name="which_row")
        j = self.typed("column", 1, "Column of B, 1 or 2", low=1, high=2, whole=True, name="which_col")
        baskets, asked = (
            np.reshape(own(self.seed, what, np.ravel(usual).tolist(), among), np.shape(usual))
            for what, usual, among in (("baskets", BASKETS, BUYS), ("price list", PRICE_LIST, ASKS))
        )
        a = self.typed("A", baskets, "A: baskets", labels=GOODS, name="A")
        b = self.typed("B", asked, "B: prices", labels=SHOPS, name="B")
        marks = {
            side: forward({f"this_{side}": (where(apply("equal", constant(numbers), chosen), said(words), ""), "", "text")})
            for side, numbers, chosen, words in (
                ("row", ((1.0,), (2.0,), (3.0,)), i, "this row \u2192"), ("column", ((1.0, 2.0),), j, "\u2191 this one"),
            )
        }  # fmt: skip
        hand, whole, turned = a @ b, a @ b, apply("same", b.T)
        short = a @ turned.T
        left, right = row(a, i), row(turned, j)
        each = left * right
        by_shop: dict[str, Any] = {"labels": SHOPS}
        one = forward({"left": (left, "row of A"), "right": (right, "column of B")}, **PLAIN)
        one |= forward({"each": (each, "pair by pair")}, **BY_CELL)
        one |= result({"entry": (apply("sum", each), "their sum")}, **BY_CELL)
        page = self.page("Product: many dot products at once", ABOUT_PRODUCT, down(
            across(
                beside(
                    down(
                        down(Words("One entry, taken apart: choose it here"), facts("", self.cells(i, j)), gap=0),
                        facts("", one, heads=GOODS),
                    ),
                    down(table(self.cells(b), names=GOODS), facts("", marks["column"]), gap=0),
                ),
                table(forward({"turned": (turned, "B transposed: TRANSPOSE(B)")}, labels=GOODS, name="B_turned", **PLAIN),
                      names=SHOPS),
            ),
            across(
                beside(
                    down(table(self.cells(a), marks["row"], names=SHOPPERS), Note(NOTE_PRODUCT, 5)),
                    table(forward({"hand": (hand, "A B by hand")}, **by_shop, **BY_CELL)),
                ),
                down(
                    table(forward({"sumproduct": (short, "SUMPRODUCT")}, **by_shop, **BY_CELL)),
                    table(result({"gap_sumproduct": (apart(short, hand), "the same?")}, **by_shop, **GAP)),
                ),
                down(
                    table(forward({"mmult": (whole, "MMULT(A,B)")}, **by_shop, **PLAIN)),
                    table(result({"gap_mmult": (apart(whole, hand), "the same?")}, **by_shop, **GAP)),
                ),
            ),
        ))  # fmt: skip

        shown = ((a, i, None), (b, None, j), (turned, j, None), (hand, i, j), (short, i, j), (whole, i, j))
        for node, *chosen in shown:
            area, *sides = (one and self.book.block_of(one).area for one in (node, *chosen))
            page.highlights.append(Highlight(area, *sides))

    def _shapes(self) -> None:
        sizes = self._typed_sizes("shapes", (3, 4, 4, 2), ("A", "", "B", ""), 9)
        columns = np.hsplit(np.array([*EXAMPLES.values()]), 4)
        many = self._typed_sizes("examples", columns, ("A rows", "A columns", "B rows", "B columns"), 100_000)
        n, k, m, p = sizes
        x, y, fits = constant(CORNERS[0]), constant(CORNERS[1]), apply("equal", k, m)
        drawn = {
            "A": (-k * x - 0.3, -n * y), "B": (p * x, m * y + 0.3),
            "AB": (where(fits, p, 0.0) * x, where(fits, -n, 0.0) * y),
        }  # fmt: skip
        corners = {id: (hstack(sides), f"corners of {id}") for id, sides in drawn.items()}
        self.page("Shapes: which matrices fit", ABOUT_SHAPES, down(
            across(
                down(
                    Grid("", [("", self.cells(n, k)), ("", self.cells(m, p))], heads=("rows", "columns")),
                    facts("", _fitting("shapes", sizes)),
                    Note(NOTE_SHAPES, 4),
                ),
                plot("A to the left, B above, A B where they cross", "columns", "rows",
                     [path("A", "A"), path("A B", "AB", "line 3"), path("B", "B", "line 2")],
                     "Three rectangles: A on the left, B above, and their product where the two cross.",
                     **around_0(10, 470, 380) | {"y_format": "0;0", "x_format": "0;0"}),
            ),
            table(self.cells(*many), None, _fitting("examples", many), lead="More examples: these sizes can be changed, too",
                  after=dict(enumerate(("What they are", *EXAMPLES), -1))),
            table(forward(corners, labels=POINTS, **PLAIN)),
        ))  # fmt: skip

    def _typed_sizes(self, prefix: str, values: Sequence[Any], titles: Sequence[str], high: int) -> list[Node]:
        return [
            self.typed(f"{prefix}.{id}", value, title, name=f"size_{id}" if prefix == "shapes" else "", low=1, high=high,
                       whole=True, message=f"A size: a whole number from 1 to {high} is expected")
            for id, value, title in zip("nkmp", values, titles, strict=True)
        ]  # fmt: skip

    def _order(self) -> None:
        self.turn, self.stretch = own(self.seed, "order", (1, 2), ((1, -1), tuple(TIMES)))
        P = self.typed("P", [[0, self.turn], [-self.turn, 0]], "P", name="P")
        Q = self.typed("Q", [[self.stretch, 0], [0, 1]], "Q", name="Q")
        X = self.typed("flag", FLAG, "X: a flag", "data", name="flag", labels=POINTS)
        PQ, QP = (P @ Q).named("PQ"), (Q @ P).named("QP")
        back, forth = PQ.T, Q.T @ P.T
        products = {"PQ": Shown(PQ, "P Q", name="PQ"), "QP": Shown(QP, "Q P", name="QP")}
        transposed = {"back": (back, "P Q transposed"), "forth": (forth, "Q transposed × P transposed")}
        moved = {"turn_first": (X @ P @ Q, "(X P) Q"), "stretch_first": (X @ Q @ P, "(X Q) P")}
        self.page("Order: is P Q the same as Q P?", ABOUT_ORDER, across(
            down(*(table(*spaced(*groups)) for groups in (
                (self.cells(P, Q),),
                (forward(products, **PLAIN), result({"gap": (PQ - QP, "P Q - Q P")}, **BY_CELL)),
                (forward(transposed, **PLAIN), result({"gap_turned": (apart(back, forth), "the same?")}, **GAP)),
                (self.cells(X), forward(moved, labels=POINTS, **PLAIN)),
            ))),
            down(
                plot("One flag, moved in two orders", *POINTS,
                     [path("X: the flag", "flag"), path("first Q, then P", "stretch_first", "line 3"),
                      path("first P, then Q", "turn_first", "line 2")],
                     "A flag, and where it goes in either order.", **around_0(8, 430, 380)),
                Note(NOTE_ORDER, 6),
            ),
        ))  # fmt: skip


def apart(one: Node, other: Node) -> Node:
    """How far two ways that should say the same are apart, entry by entry."""
    return apply("abs", one - other)


def _arrow(v: Node, size: Node) -> Node:
    """The points (5, 2) of a line from 0 to v (1, 2) that ends in a head; of one without a length, 0 throughout."""
    along = apply("if_error", HEAD * v / size, 0.0 * v)
    side = HALF * (along @ LEFT)
    return vstack([0.0 * v, apply("same", v), v - along + side, v - along - side, apply("same", v)])


def _fitting(prefix: str, sizes: Sequence[Node]) -> Group:
    """Whether n x k and m x p fit, rows and columns of the product, and its multiplications."""
    n, k, m, p = sizes
    fits = apply("equal", k, m)
    return result({
        f"{prefix}.says": (where(fits, said("fits"), said("does not fit")), "A times B"),
        f"{prefix}.rows": (where(fits, n, said("none")), "A B rows"),
        f"{prefix}.cols": (where(fits, p, said("none")), "A B cols"),
        f"{prefix}.work": (where(fits, n * k * p, 0.0), "multiplications", "count"),
    }, style="cells", format="text")  # fmt: skip

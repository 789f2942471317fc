"""Lesson 3: what a matrix product is, which shapes fit, and what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sheetnet.area import Area
from sheetnet.exercises import Exercise, choice
from sheetnet.graph import Node, apply, constant, hstack, lift, ones, relu, row, vstack, where
from sheetnet.layout import Chart, Page, Role, Rule, Series
from sheetnet.lessons.lesson import Lesson, Pair, Watched, Word

GOODS, SHOPPERS, SHOPS = ("apples", "bread", "cheese", "milk"), ("Ann", "Ben", "Cleo"), ("market", "corner")
AMOUNTS, PRICES = (3.0, 2.0, 0.5, 1.5, 4.0), (0.5, 2.5, 9.0, 1.0, -0.25)
BASKETS, PRICE_LIST = ((4, 1, 0.5, 2), (0, 2, 1, 1), (6, 0, 0, 3)), ((0.5, 0.8), (4, 2), (10, 12), (1.2, 1))
EXAMPLES = {  # n, k, m, p
    "the baskets and prices on Product": (3, 4, 4, 2), "lesson 4: passengers, one unit's weights": (712, 10, 10, 1),
    "lesson 4: passengers, two units' weights": (712, 10, 10, 2), "a row, a column: one number, as on Dot": (1, 5, 5, 1),
    "a column, a row: a times table": (5, 1, 1, 5), "B A on Product: 2 shops cannot meet 3 shoppers": (4, 2, 3, 4),
    "lesson 4: slopes, from the table turned": (10, 712, 712, 1),
}  # fmt: skip
CORNERS = ((0.0,), (1.0,), (1.0,), (0.0,), (0.0,)), ((0.0,), (0.0,), (1.0,), (1.0,), (0.0,))  # of a rectangle: x, y
FLAG, ORDERS = ((0, 0), (0, 3), (0.5, 2.75), (2, 2.25), (0.5, 1.75), (0, 1.5)), ((3, 1), (2, 2), (0, 4), (5, 0), (8, 2))
PLANS, RECIPES = ((12, 0, 1), (0, 2, 1), (4, 1, 1), (2, 1, 1)), ((0.5, 1, 1), (3, 0, 0.5), (-4, -6, -3))
FOODS, FOOD_PRICES = ("eggs", "flour, dl", "milk, dl"), ((0.5,), (0.25,), (0.25,))
SIZES = {  # n, k, p
    "1  the baskets on Product": (3, 4, 2), "2  two units of lesson 4": (712, 10, 2), "3  a layer, one row of data": (1, 1000, 1000),
    "4  that layer, 1000 rows": (1000, 1000, 1000), "5  in a language model": (4096, 4096, 16384),
}  # fmt: skip


class Matmul(Lesson):
    """Dot products, products of matrices three times over, shapes, ones, ReLU, and counting."""

    number, name = 3, "matmul"
    title = "What a matrix product is, and what it is not"
    about = "what a matrix product is, which shapes fit, and what it cannot do"
    purpose = (
        "Models are made of matrix products, with something simple between them. You build a product out of dot products,"
        " cell by cell, see which shapes fit, and find out what it can never do: bend."
    )
    tries = (
        "On Dot, change an amount. Which cells move? Then type a 0, and a negative amount.",
        "On Arrows, find a v at a right angle to u, and another v with the same dot product as now.",
        "On Product, step the row and the column through all six entries, and do one of them on paper.",
        "On Shapes, change one size so that A and B no longer fit, then another one so that they fit again.",
        "On ReLU, find the plans for which the product without ReLU pays you money. What went wrong?",
        "On Sums, find u and v for which ReLU passes the test. On Count, ask for more workers than results.",
    )

    def sheets(self) -> None:
        for name in ("dot", "arrows", "product", "shapes", "order", "ones", "relu", "sums", "count"):
            getattr(self, f"_{name}")()

    # ---- short forms

    def sheet(self, title: str, about: str, widths: dict[int, float], active: tuple[int, int]) -> Page:
        """A page, called as its title is up to the colon."""
        page = self.book.page(title.partition(":")[0], title, about, freeze=(2, 0))
        page.widths, page.active = widths, active
        return page

    def give(self, page: Page, id: str, value: Any, row: int, col: int, title: str, role: Role = "input", **more: Any) -> Node:
        """A matrix of numbers, yellow unless its role says otherwise."""
        node = self.value(more.get("name") or id, value)
        page.place(id, node, row, col, role, title=title, **{"format": "plain", **more})
        return node

    def show(self, page: Page, id: str, node: Node, row: int, col: int, title: str, *kind: Any, **more: Any) -> Node:
        """A matrix of formulas; kind: "cells", and a role other than forward."""
        role, style = next((k for k in kind if k != "cells"), "forward"), "cells" if "cells" in kind else "array"
        more = {"format": "plain", "scale": None if more.get("format") == "text" else _size(node), **more}
        page.place(id, node, row, col, role, style, title=title, **more)  # type: ignore[arg-type]
        return node

    def stack(self, page: Page, prefix: str, row: int, nodes: Mapping[str, tuple[str, Node]], *kind: Any, **more: Any) -> None:
        """Formulas one under the other in column B, their titles in column A: {id: (title, node)}."""
        for i, (id, (title, node)) in enumerate(nodes.items()):
            self.show(page, f"{prefix}.{id}", node, row + i, 1, title, *kind, side=True, **more)

    def gap(self, page: Page, id: str, a: Node, b: Node, row: int, col: int, title: str, **more: Any) -> None:
        """The difference of two blocks that should be equal."""
        self.show(page, id, a - b, row, col, title, "cells", "result", format="diff", **more)

    def chart(self, page: Page, row: int, col: int, title: str, x: str, y: str, lines: Sequence[Series], alt: str, *more: Any, **bounds: Any) -> None:
        page.charts.append(Chart(row, col, title, x, y, tuple(lines), alt, *more, **bounds))

    def paths(self, **labels: str) -> list[Series]:
        """Lines of a chart, each through the points of a block (n, 2): {id: label}, id with _ for its dot."""
        areas = [self.book.block(id.replace("_", ".", 1)).area for id in labels]
        sides = [[area.part((0, area.n_rows - 1), (col, col)) for col in (0, 1)] for area in areas]
        return [Series(label, x, y, look) for label, (x, y), look in zip(labels.values(), sides, ("live", "line 3", "line 2"), strict=True)]

    # ---- Dot and Arrows

    def _dot(self) -> None:
        page = self.sheet("Dot: a bill is a dot product", "Two rows of numbers: multiply them pair by pair and add up. The sum is one number, the dot product; here it is found three times.", {0: 21.0, 6: 3.0}, (5, 1))
        _words(page, 4, 1, (*GOODS, "bottles"), across=True)
        self.amounts = u = self.give(page, "dot.amounts", [AMOUNTS], 5, 1, "Amounts, 1 x 5", side=True, name="amounts")
        self.prices = v = self.give(page, "dot.prices", [PRICES], 6, 1, "Prices, 1 x 5", side=True, name="prices")
        products = self.show(page, "dot.products", u * v, 7, 1, "Amount x price", "cells", side=True)
        self.bill, short, whole = apply("sum", products), u @ v.T, u @ v.T
        page.text(9, 0, "The dot product, three times", "band_forward", wide=6)
        self.stack(page, "dot", 10, {"sum": ("SUM of the products", self.bill), "sumproduct": ("SUMPRODUCT", short)}, "cells")
        self.stack(page, "dot", 12, {"mmult": ("MMULT", whole)})
        self.gap(page, "dot.gap_sumproduct", short, self.bill, 13, 1, "SUMPRODUCT - SUM", side=True)
        self.gap(page, "dot.gap_mmult", whole, self.bill, 14, 1, "MMULT - SUM", side=True)
        hints = "=SUM(B8:F8)", "=SUMPRODUCT(B6:F6,$B$7:$F$7)", "{=MMULT(amounts,TRANSPOSE(prices))}", "0.0E+00 is 0; 1E-16 would be rounding"
        _words(page, 10, 2, hints, "hint")
        page.text(16, 0, "SUM adds what stands in the row of products. SUMPRODUCT multiplies and adds in one go. MMULT does so for whole matrices: it wants a row on the left and a column on the right, so the prices are turned by TRANSPOSE.\n\nThe bottles are brought back: their price is negative, and so is their part of the bill.\n\nTry this: how many bottles make the bill 0?", "note", wide=6, tall=9)
        bars = Series("amount x price", Area("Dot", 4, 1, 1, 5), self.book.block("dot.products").area)
        self.chart(page, 3, 7, "What each pair adds to the dot product", "goods", "amount x price", [bars], "A bar for each amount times its price; the dot product is their sum.", "0.0", x_min=None, columns=True)

    def _arrows(self) -> None:
        page = self.sheet("Arrows: what a dot product says", "Change v. The dot product is large when both arrows point the same way, 0 at a right angle, negative when they point apart.", {0: 20.0, 5: 3.0}, (5, 1))
        _words(page, 3, 1, ("across", "up"), across=True)
        self.u, self.v = u, v = [self.give(page, f"arrows.{name}", [xy], 4 + i, 1, name, side=True, name=name) for i, (name, xy) in enumerate({"u": (3, 1), "v": (1, 2)}.items())]
        dot, size_u, size_v, none = u @ v.T, apply("sqrt", u @ u.T), apply("sqrt", v @ v.T), lift(0.0)
        self.show(page, "arrows.dot", dot, 7, 1, "dot product", "cells", side=True, name="dot_uv")
        self.show(page, "arrows.size_u", size_u, 8, 1, "length of u", "cells", side=True, name="size_u", format="weight")
        self.show(page, "arrows.size_v", size_v, 9, 1, "length of v", "cells", side=True, name="size_v", format="weight")
        shadow, self.cosine = (apply("if_error", a, none) for a in (dot / size_u, dot / (size_u * size_v)))
        self.stack(page, "arrows", 10, {"shadow": ("shadow of v on u", shadow), "cosine": ("cosine", self.cosine)}, "cells", format="weight", scale=size_v + 1.0)
        says = where(apply("greater", dot, none), "more or less the same way", "apart")
        says = where(apply("greater", lift(1e-9), apply("abs", dot)), "at a right angle", says)
        self.stack(page, "arrows", 12, {"says": ("they point", says)}, "cells", "result", format="text")
        page.text(14, 0, "u and v are arrows from 0. The dot product is the length of u times the length of v's shadow on u, which the dashed line casts. Divided by both lengths it is the cosine, from -1 to 1: only directions count.\n\nIn a model, u is a row of data and v the weights: the dot product says how far they agree.\n\nTry this: make v twice as long, 2 and 4. Which of these numbers double, and which stay?", "note", wide=5, tall=11)
        page.text(28, 0, "Numbers for the charts", "lead")
        foot = apply("if_error", u * (dot / size_u / size_u), none)
        ends = {"u": (0.0 * u, apply("same", u)), "v": (0.0 * v, apply("same", v)), "shadow": (apply("same", v), foot)}
        for col, (id, pair) in zip((1, 3, 6), ends.items(), strict=True):
            self.show(page, f"arrows.line_{id}", vstack(pair), 32, col, f"line of {id}", labels=("across", "up"))
        degrees = self.give(page, "arrows.degrees", np.arange(-180.0, 181, 15)[:, None], 38, 1, "Degrees", "fixed")
        angle, corner = degrees * (np.pi / 180), constant(((0.0, 1.0), (-1.0, 0.0)))
        turned = self.show(page, "arrows.turned", apply("cos", angle) * v + apply("sin", angle) * (v @ corner), 38, 2, "v, turned", labels=("across", "up"), format="weight")
        self.show(page, "arrows.dots", turned @ u.T, 38, 4, "Dot", format="weight")
        lines = self.paths(arrows_line_u="u", arrows_line_v="v", arrows_line_shadow="from v to its shadow")
        self.chart(page, 3, 6, "Two arrows, and the shadow of v on u", "across", "up", lines, "Two arrows from 0, and a line from the end of v that meets u at a right angle.", "0", 5, -5, -5, 5, width=440, height=440)
        now = Series("now", self.book.block("arrows.degrees").area.part((12, 12), (0, 0)), self.book.block("arrows.dot").area, "mark")
        lines = [self.line("v turned", "arrows.degrees", "arrows.dots"), now]
        self.chart(page, 3, 12, "The dot product while v turns, either way", "degrees by which v is turned", "dot product", lines, "A wave: the dot product rises and falls while v turns.", "0", 180, -180, width=440, height=440)

    # ---- Product, Shapes and Order

    def _product(self) -> None:
        page = self.sheet("Product: many dot products at once", "Each row of A meets each column of B, and their dot product stands where the two cross. Choose a row and a column below.", {0: 19.0, **dict.fromkeys(range(1, 19), 9.0), 5: 12.0, 8: 3.0, 11: 3.0, 14: 3.0}, (14, 1))
        self.b = b = self.give(page, "product.B", PRICE_LIST, 6, 6, "B: prices", labels=SHOPS, name="B")
        self.a = a = self.give(page, "product.A", BASKETS, 14, 1, "A: baskets", labels=GOODS, name="A")
        _words(page, 6, 5, GOODS)
        _words(page, 14, 0, SHOPPERS)
        page.text(19, 0, "One entry, taken apart: choose it here", "lead")
        self.i = i = self.cell(page, "product.row", 2, 20, 1, "Row of A, 1 to 3", low=1, high=3, whole=True, name="which_row")
        self.j = j = self.cell(page, "product.column", 1, 21, 1, "Column of B, 1 or 2", low=1, high=2, whole=True, name="which_col")
        self.show(page, "product.this_row", where(apply("equal", constant(((1.0,), (2.0,), (3.0,))), i), "this row >", ""), 14, 5, "", format="text")
        self.show(page, "product.this_column", where(apply("equal", constant(((1.0, 2.0),)), j), "this one", ""), 10, 6, "", format="text")
        hand, self.whole, turned = a @ b, a @ b, apply("same", b.T)
        short = a @ turned.T
        self.show(page, "product.turned", turned, 6, 15, "B turned: TRANSPOSE(B)", labels=GOODS, name="B_turned")
        for col, id, title, node, *kind in ((6, "hand", "A B by hand", hand, "cells"), (9, "sumproduct", "SUMPRODUCT", short, "cells"), (12, "mmult", "MMULT(A,B)", self.whole)):
            self.show(page, f"product.{id}", node, 14, col, title, *kind, labels=SHOPS)
        self.gap(page, "product.gap_sumproduct", short, hand, 14, 15, "SUMPR. - hand", labels=SHOPS)
        self.gap(page, "product.gap_mmult", self.whole, hand, 14, 17, "MMULT - hand", labels=SHOPS)
        _words(page, 23, 1, GOODS, across=True)
        left, right = row(a, i), row(turned, j)
        each = left * right
        self.entry = apply("sum", each)
        self.stack(page, "product", 24, {"left": ("row of A", left), "right": ("column of B", right)})
        self.stack(page, "product", 26, {"each": ("pair by pair", each)}, "cells")
        self.show(page, "product.entry", self.entry, 26, 6, "their sum", "cells", "result", side=True)
        page.text(19, 9, "How to enter an array formula: select the 3 x 2 cells of the result, type =MMULT(A,B) and press Ctrl+Shift+Enter. Curly brackets show that one formula fills them all; no single cell of it can be changed. In Excel 365, Enter alone will do.\n\nSUMPRODUCT wants two ranges of the same shape. Rows of A lie, columns of B stand: so B is turned first.\n\nTry this: change what Ben buys. Which results move?", "note", wide=10, tall=9)

    def _shapes(self) -> None:
        page = self.sheet("Shapes: which matrices fit", "A product needs as many columns on the left as rows on the right. Change the yellow sizes and see when the sides meet.", {0: 16.0, 5: 14.0, 6: 11.0, 7: 11.0, 8: 16.0}, (4, 1))
        _words(page, 3, 1, ("rows", "columns"), across=True)
        page.text(23, 0, "More examples: these sizes can be changed, too", "lead")
        many = []
        for i, (id, value, title) in enumerate((("n", 3, "A rows"), ("k", 4, "A columns"), ("m", 4, "B rows"), ("p", 2, "B columns"))):
            self.give(page, f"shapes.{id}", value, 4 + i // 2, 1 + i % 2, ("A", "", "B", "")[i], side=i % 2 == 0, name=f"size_{id}")
            many.append(self.give(page, f"examples.{id}", [[sizes[i]] for sizes in EXAMPLES.values()], 27, 1 + i, title))
            for prefix, high in (("shapes", 9), ("examples", 100_000)):
                page.rules.append(Rule(self.book.block(f"{prefix}.{id}").area, True, 1, high, f"A size: a whole number from 1 to {high} is expected"))
        n, k, m, p = (self.book.block(f"shapes.{id}").node for id in "nkmp")
        for prefix, sizes, at in (("shapes", (n, k, m, p), [(7 + i, 1) for i in range(4)]), ("examples", many, [(27, 5 + i) for i in range(4)])):
            self._fits(page, prefix, sizes, at)
        _words(page, 27, 9, tuple(EXAMPLES), "hint")
        page.text(12, 0, "(n x k) times (k x p) gives (n x p). The inner sizes must be equal, and are gone afterwards: they are what each dot product adds over. The outer sizes stay.\n\nThe result has n p entries; each takes k multiplications.\n\nTry this: A 4 x 1 and B 1 x 5. Then A 1 x 5 and B 5 x 1.", "note", wide=5, tall=8)
        x, y, fits = constant(CORNERS[0]), constant(CORNERS[1]), apply("equal", k, m)
        drawn = {"A": (-k * x - 0.3, -n * y), "B": (p * x, m * y + 0.3), "AB": (where(fits, p, 0.0) * x, where(fits, -n, 0.0) * y)}
        for i, (label, sides) in enumerate(drawn.items()):
            self.show(page, f"shapes.{label}", hstack(sides), 40, 1 + 2 * i, f"corners of {label}", labels=("across", "up"))
        self.chart(page, 3, 6, "A to the left, B above, A B where they cross", "columns", "rows", self.paths(shapes_A="A", shapes_AB="A B", shapes_B="B"), "Three rectangles: A on the left, B above, and their product where the two cross.", "0", 10, -10, -10, 10, width=470, height=380)

    def _fits(self, page: Page, prefix: str, sizes: Sequence[Node], at: Sequence[tuple[int, int]]) -> None:
        """Whether n x k and m x p fit, rows and columns of the product, and its multiplications."""
        n, k, m, p = sizes
        fits = apply("equal", k, m)
        says = {"A times B": where(fits, "fits", "does not fit"), "A B rows": where(fits, n, "none"), "A B cols": where(fits, p, "none"), "multiplications": where(fits, n * k * p, 0.0)}
        for id, (title, node), format, place in zip(("says", "rows", "cols", "work"), says.items(), ("text", "text", "text", "count"), at, strict=True):
            self.show(page, f"{prefix}.{id}", node, *place, title, "cells", "result", side=n.shape == (1, 1), format=format)

    def _order(self) -> None:
        page = self.sheet("Order: P Q is not Q P", "A 2 x 2 matrix moves points. First turn, then stretch is not first stretch, then turn: change P or Q and watch both flags.", {0: 8.0, 3: 3.0, 6: 3.0, 9: 3.0}, (6, 1))
        self.P = P = self.give(page, "order.P", [[0, 1], [-1, 0]], 6, 1, "P: a turn", name="P")
        self.Q = Q = self.give(page, "order.Q", [[2, 0], [0, 1]], 6, 4, "Q: a stretch", name="Q")
        X = self.give(page, "order.flag", FLAG, 24, 1, "X: a flag", "data", name="flag", labels=("across", "up"))
        PQ, QP = (P @ Q).named("PQ"), (Q @ P).named("QP")
        self.show(page, "order.PQ", PQ, 12, 1, "P Q", name="PQ")
        self.show(page, "order.QP", QP, 12, 4, "Q P", name="QP")
        self.show(page, "order.gap", PQ - QP, 12, 7, "P Q - Q P", "cells", "result")
        back, forth = self.show(page, "order.back", PQ.T, 18, 1, "P Q, turned"), self.show(page, "order.forth", Q.T @ P.T, 18, 4, "Q turned x P turned")
        self.gap(page, "order.gap_turned", back, forth, 18, 7, "difference")
        self.show(page, "order.turn_first", X @ P @ Q, 24, 4, "(X P) Q", labels=("across", "up"))
        self.show(page, "order.stretch_first", X @ Q @ P, 24, 7, "(X Q) P", labels=("across", "up"))
        lines = self.paths(order_flag="X: the flag", order_stretch_first="first Q, then P", order_turn_first="first P, then Q")
        self.chart(page, 3, 10, "One flag, moved in two orders", "across", "up", lines, "A flag, and where it goes in either order.", "0", 8, -8, -6, 6, height=400)
        page.text(24, 10, "TRANSPOSE makes rows of columns. A product that is turned is the product of the turned matrices in the other order: only so do the sides meet.\n\nTry this: set P to 1 0 / 0 1, the matrix that changes nothing. Then to a mirror: -1 0 / 0 1.", "note", wide=7, tall=6)

    # ---- Ones, ReLU and Sums

    def _ones(self) -> None:
        page = self.sheet("Ones: a constant without adding", "A column of ones beside X, and the constant below w: then one product multiplies and adds. Change the yellow delivery.", {0: 12.0, 3: 11.0, 4: 11.0, 7: 11.0, 11: 3.0, 12: 12.0}, (9, 5))
        self.X = X = self.give(page, "ones.X", ORDERS, 6, 1, "X: orders", labels=GOODS[:2], name="X")
        self.w = w = self.give(page, "ones.w", [[0.5], [2.0]], 6, 5, "w: prices", name="w_goods")
        self.fee = fee = self.cell(page, "ones.b", 3.0, 9, 5, "b: delivery", name="delivery")
        for top, col, words in ((6, 4, GOODS[:2]), (15, 7, (*GOODS[:2], "delivery")), *((top, 0, [f"order {i}" for i in range(1, 6)]) for top in (6, 15))):
            _words(page, top, col, words)
        bare = self.show(page, "ones.bare", X @ w, 15, 1, "X w")
        added = self.show(page, "ones.added", bare + fee, 15, 2, "X w + b", "cells")
        wide = self.show(page, "ones.X_ones", hstack([apply("same", X), ones(5, 1)]), 15, 4, "X with ones", labels=(*GOODS[:2], "Ones"), name="X_ones")
        tall = self.show(page, "ones.w_all", vstack([apply("same", w), apply("same", fee)]), 15, 8, "w over b", name="w_all")
        at_once = self.show(page, "ones.at_once", wide @ tall, 15, 10, "MMULT")
        self.gap(page, "ones.gap", at_once, added, 15, 12, "difference")
        page.text(3, 7, "Delivery costs the same for each order. As a number, it has to be added to every row. As a price, it is one more row of w, and each order holds 1 delivery: a 1 in each row of X.\n\nThis is why the table of lesson 4 has a column Ones: its constant is a weight like all others.\n\nTry this: set the delivery to 0. Where does the line begin?", "note", wide=6, tall=8)
        page.text(21, 0, "Apples alone, with and without delivery", "lead")
        apples = self.give(page, "ones.apples", np.arange(11.0)[:, None], 25, 1, "Apples", "fixed")
        self.columns(page, "ones", 25, 2, {"without": (apples * row(w, 1), "Without"), "with": (apples * row(w, 1) + fee, "With")}, format="plain")
        lines = self.line("with delivery", "ones.apples", "ones.with"), self.line("without: it begins at 0, whatever the price", "ones.apples", "ones.without", "line 2")
        self.chart(page, 21, 5, "What the ones are for: a line need not begin at 0", "apples", "bill", lines, "Two parallel lines, one of which begins at 0.", "0", 10, height=300)

    def _relu(self) -> None:
        page = self.sheet("ReLU: what a matrix product cannot do", "What must be bought for each plan, and at what price? Nobody buys -6 dl of flour: less than nothing has to become 0.", {0: 12.0, **dict.fromkeys(range(1, 4), 11.0), 4: 3.0, 5: 17.0, 6: 14.0, 8: 12.0, 9: 3.0, 10: 14.0, 11: 13.0, 12: 3.0, 13: 14.0}, (8, 6))
        self.plans = X = self.give(page, "relu.plans", PLANS, 6, 1, "Plans", labels=("pancakes", "omelettes", "Ones"), name="plans")
        self.recipes = A = self.give(page, "relu.recipes", RECIPES, 6, 6, "Recipes", labels=FOODS, name="recipes")
        self.food = B = self.give(page, "relu.prices", FOOD_PRICES, 6, 11, "Prices", name="food_prices")
        for top, col, words in ((6, 5, ("one pancake", "one omelette", "less the cupboard")), (6, 10, FOODS), (14, 5, ["missing x prices"] * 4), (14, 10, ["plans x costs"] * 4), (22, 5, ["bought x prices"] * 4), *((top, 0, [f"plan {i}" for i in range(1, 5)]) for top in (6, 14, 22))):
            _words(page, top, col, words)
        costs = self.show(page, "relu.costs", A @ B, 6, 13, "Costs", name="costs")
        lacking = self.show(page, "relu.missing", X @ A, 14, 1, "Missing: plans x recipes", labels=FOODS, name="missing")
        two, one = self.show(page, "relu.two", lacking @ B, 14, 6, "Two products"), self.show(page, "relu.one", X @ costs, 14, 11, "One product")
        self.gap(page, "relu.gap", two, one, 14, 13, "difference")
        bought = self.show(page, "relu.bought", relu(lacking), 22, 1, "Bought: ReLU(missing)", "cells", labels=FOODS, name="bought")
        self.bent = self.show(page, "relu.bill", bought @ B, 22, 6, "With ReLU")
        self.show(page, "relu.apart", self.bent - one, 22, 8, "difference", "cells", "result")
        page.text(20, 10, "Plans x recipes, less the cupboard, is what is missing; negative means that some is left over.\n\nThe two products are as good as one: plans x (recipes x prices). It pays you for left-over flour. With ReLU between the two, no single matrix does the same. That is why a net has ReLU between its matrices: without, many layers are one.\n\nTry this: make the cupboard 0, 0, 0. Why is the difference 0 now?", "note", wide=6, tall=9)
        page.text(31, 0, "Pancakes alone: where does the bill bend?", "lead")
        count = self.give(page, "bends.count", np.arange(17.0)[:, None], 35, 0, "Pancakes", "fixed")
        needs = self.show(page, "bends.missing", count * row(A, 1) + row(A, 3), 35, 1, "Missing", labels=FOODS)
        self.columns(page, "bends", 35, 5, {"straight": (needs @ B, "Without ReLU"), "bent": (relu(needs) @ B, "With ReLU")}, format="plain", scale=_size(needs @ B))
        lines = self.line("with ReLU", "bends.count", "bends.bent"), self.line("without ReLU", "bends.count", "bends.straight", "line 2")
        self.chart(page, 30, 8, "The bill bends where the cupboard runs out of something", "pancakes", "bill", lines, "A straight line that begins below 0, and a bent one that is never below 0.", "0.0", 16, None, height=310)

    def _sums(self) -> None:
        page = self.sheet("Sums: a test that a product passes and ReLU fails", "Treat u and v apart and add the results, or add first and treat the sum: a product gives the same both ways. ReLU does not.", {0: 19.0, 4: 3.0, 7: 3.0}, (4, 1))
        self.sum_u, self.sum_v = u, v = [self.give(page, f"sums.{name}", [entries], 4 + i, 1, name, side=True, name=f"row_{name}") for i, (name, entries) in enumerate({"u": (2, -1, 4), "v": (-3, 2, 1)}.items())]
        both = self.show(page, "sums.both", u + v, 6, 1, "u + v", "cells", side=True, name="row_both")
        self.M = M = self.give(page, "sums.M", [[1, 2], [0, -1], [3, 1]], 6, 5, "M", name="M")
        for top, id, title, (fu, fv, whole), format in ((9, "product", "f is the product with M", [a @ M for a in (u, v, both)], "diff"), (17, "relu", "f is ReLU", [relu(a) for a in (u, v, both)], "plain")):
            page.text(top - 1, 0, title, "band_forward", wide=4)
            added = fu + fv
            gap = whole - added
            self.stack(page, f"sums.{id}", top, {"u": ("f(u)", fu), "v": ("f(v)", fv), "added": ("f(u) + f(v)", added), "both": ("f(u + v)", whole)})
            self.stack(page, f"sums.{id}", top + 4, {"gap": ("difference", gap)}, "cells", "result", format=format)
            says = where(apply("greater", apply("max", apply("abs", gap)), lift(1e-9)), "fails", "passes")
            self.stack(page, f"sums.{id}", top + 5, {"says": ("the test", says)}, "result", format="text")
        page.text(3, 8, "What passes this test for all u and v (and for 2 u, 3 u ...) is called linear. Products pass; so do sums of products, and products of products: nothing that is made of them alone can ever bend.\n\nReLU fails where u and v differ in sign: 2 and -3 apart give 2 + 0, together 0.\n\nTry this: make all entries of u and v positive. ReLU passes now. Is it linear, then?", "note", wide=6, tall=10)

    # ---- Count

    def _count(self) -> None:
        page = self.sheet("Count: what a graphics processor is good at", "A product is many sums that do not wait for each other. Change sizes and the number of workers: how many rounds does it take?", {0: 26.0, **dict.fromkeys(range(1, 4), 9.0), 4: 13.0, 5: 18.0, 6: 15.0, 7: 15.0, 8: 18.0}, (3, 1))
        workers = self.cell(page, "count.workers", 1000, 3, 1, "Workers", low=1, high=1e9, whole=True, name="workers")
        which = self.cell(page, "count.which", 2, 4, 1, "Look at product, 1 to 5", low=1, high=5, whole=True, name="which")
        _words(page, 10, 0, tuple(SIZES), "word")
        n, k, p = (self.give(page, f"count.{id}", [[sizes[i]] for sizes in SIZES.values()], 10, 1 + i, id) for i, id in enumerate("nkp"))
        results, work, read = n * p, n * k * p, n * k + k * p
        rounds = where(apply("greater", workers, results), k, work / workers)
        self.columns(page, "count", 10, 4, {"results": (results, "results"), "work": (work, "multiplications"), "read": (read, "numbers read")}, style="cells", format="count")
        self.show(page, "count.uses", work / read, 10, 7, "uses of each", "cells", format="feature")
        self.show(page, "count.rounds", rounds, 10, 8, "rounds, about", "cells", "result", format="count")
        self.stack(page, "count", 5, {"now": ("its rounds, about", row(rounds, which))}, "result", format="count")
        page.text(16, 0, "Each of the n p results is a dot product that needs none of the others. A thousand workers can do a thousand of them at once, and a graphics processor (GPU) has thousands of such workers. More workers than results do not help here: each adds up k products, one a round.\n\nNumbers have to be fetched, too. In a large product each is used many times: the work grows faster than the reading. With one row of data a weight is used once, and a GPU mostly waits for its memory.\n\nReLU is no product, but just as independent: entry by entry.", "note", wide=4, tall=15)
        size = self.give(page, "growth.size", 2.0 ** np.arange(13)[:, None], 20, 4, "n = k = p", "fixed", format="count")
        self.columns(page, "growth", 20, 5, {"work": (size * size * size, "multiplications"), "read": (2.0 * size * size, "numbers read")}, style="cells", format="count")
        many = self.give(page, "growth.workers", 10.0 ** np.arange(10)[:, None], 20, 7, "workers", "fixed", format="count")
        fewer = where(apply("greater", many, row(results, which)), row(k, which), row(work, which) / many)
        self.show(page, "growth.rounds", fewer, 20, 8, "rounds, about", format="count")
        for top, title, x, y, lines, alt, x_max, x_format in (
            (2, "More workers, fewer rounds, until each has one result", "workers", "rounds", [self.line("rounds", "growth.workers", "growth.rounds"), self.line("now", "count.workers", "count.now", "mark")], "Rounds fall with the number of workers, then stay.", 1e9, "0E+0"),
            (21, "Work grows faster than reading", "n = k = p", "count", [self.line("multiplications", "growth.size", "growth.work"), self.line("numbers read", "growth.size", "growth.read", "line 2")], "Two rising lines; the work is the steeper one.", 10000, "#,##0"),
        ):  # fmt: skip
            self.chart(page, top, 9, title, x, y, lines, alt, "0E+0", x_max, 1, log_x=True, log_y=True, x_format=x_format, width=450)

    # ---- what is compared, the words, the exercises

    def pairs(self) -> list[Pair]:
        ids = {"dot.mmult": "Dot product", "arrows.cosine": "Cosine", "product.mmult": "Product", "order.PQ": "P Q", "ones.at_once": "X w + b", "relu.missing": "Missing", "relu.bill": "Bill, ReLU", "sums.relu.both": "ReLU(u + v)"}
        return [Pair(id, title) for id, title in ids.items()]

    def watched(self) -> list[Watched]:
        nodes = {"amounts": self.amounts, "prices": self.prices, "u": self.u, "v": self.v, "A": self.a, "B": self.b, "P": self.P, "Q": self.Q, "X": self.X, "w": self.w, "delivery": self.fee, "plans": self.plans, "recipes": self.recipes, "food prices": self.food, "u on Sums": self.sum_u, "v on Sums": self.sum_v}
        return [Watched(node, title) for title, node in nodes.items()]

    def words(self) -> list[Word]:
        return [
            Word("matrix", "A rectangle of numbers, such as the baskets: one row for each shopper.", "product.A"),
            Word("shape", "How many rows and columns a matrix has: 3 x 4 is 3 rows and 4 columns.", "shapes.n"),
            Word("dot product", "Two rows of numbers multiplied pair by pair and added up: one number.", "dot.sum"),
            Word("cosine", "The dot product divided by both lengths: 1 the same way, 0 a right angle, -1 opposite.", "arrows.cosine"),
            Word("matrix product", "The dot products of each row of A with each column of B.", "product.hand"),
            Word("MMULT", "The formula for a matrix product; torch writes it as A @ B.", "product.mmult"),
            Word("array formula", "One formula that fills many cells; entered with Ctrl+Shift+Enter.", "product.mmult"),
            Word("transpose", "To turn a matrix: its rows become columns.", "product.turned"),
            Word("column of ones", "A 1 in each row, so that a constant becomes a weight like the others.", "ones.X_ones"),
            Word("linear", "What gives the same for a sum as for its parts, added.", "sums.product.says"),
            Word("ReLU", "max(0, x), entry by entry: negative numbers become 0.", "relu.bought"),
            Word("GPU", "A graphics processor: thousands of workers that calculate at once.", "count.rounds"),
        ]

    def ask(self) -> list[Exercise]:
        two_cheeses = np.array([[*AMOUNTS[:2], 2.0, *AMOUNTS[3:]]])
        return [
            Exercise("On Dot, what is the dot product of amounts and prices as the workbook came?", self.bill),
            Exercise("On Dot, set the amount of cheese to 2. What is the dot product now?", self.bill, 0.001, {self.amounts: two_cheeses}),
            Exercise("Write a formula for the dot product of 2, -1, 3 and 4, 5, 0.5.", 4.5),
            Exercise("On Arrows, u is 3, 1. The first number of v is 1. What must the second be for a right angle?", -3.0),
            Exercise("On Product, look at row 3 and column 2. What is this entry of A B?", self.entry, 0.001, {self.i: 3.0, self.j: 2.0}),
            Exercise("A has the rows 1, 2 and 3, 4. B has the rows 5, 6 and 7, 8. Write a formula for the entry of A B in row 1, column 2.", 22.0),
            Exercise("A is 64 x 30 and B is 30 x 10. How many multiplications does A B take?", 19200.0),
            Exercise("The weights are 0.5 and -2, the constant is 3. Write a formula for the prediction for the row 6, 1.", 4.0),
            Exercise("On ReLU, as it came: what does plan 3 cost with ReLU between the two products?", row(self.bent, 3)),
            Exercise("A row is 2, -1. Take its dot products with 1, 3 and with 2, 1, then the ReLU of each, then add. Write this as a formula.", 3.0),
            choice("Which of these can a matrix product not do? 1: give the sum of each row. 2: add a constant, if there is a column of ones. 3: set negative entries to 0.", 3),
            choice("Two matrix products in a row, with nothing between them, can do: 1: as much as one product with another matrix. 2: one bend. 3: twice as much.", 1),
            choice("Why is a GPU good at matrix products? 1: it leaves out the zeros. 2: the dot products do not wait for each other. 3: it has a shorter formula.", 2),
        ]  # fmt: skip


def _words(page: Page, row: int, col: int, words: Sequence[str], style: str = "label", *, across: bool = False) -> None:
    """Words beside the rows of a block, or over its columns."""
    for i, word in enumerate(words):
        page.text(row + i * (not across), col + i * across, word, "head" if across else style)


def _size(node: Node) -> Node:
    """What a matrix would be if no signs cancelled: beside it, a rounding error is as good as 0."""
    if node.op in ("matmul", "add", "sub", "mul", "same", "transpose", "sum", "relu", "hstack", "vstack"):
        return apply({"sub": "add"}.get(node.op, node.op), *(_size(source) for source in node.sources))
    return apply("abs", node)


LESSON = Matmul

"""Dot, Arrows and Product: what a matrix product is."""

from __future__ import annotations

import numpy as np

from sheetnet.course.matmul.forms import Forms, place_words
from sheetnet.graph.node import apply, constant, lift, row, vstack, where
from sheetnet.page.area import Area
from sheetnet.page.book import Series

GOODS, SHOPPERS, SHOPS = ("apples", "bread", "cheese", "milk"), ("Ann", "Ben", "Cleo"), ("market", "corner")
AMOUNTS, PRICES = (3.0, 2.0, 0.5, 1.5, 4.0), (0.5, 2.5, 9.0, 1.0, -0.25)
BASKETS, PRICE_LIST = ((4, 1, 0.5, 2), (0, 2, 1, 1), (6, 0, 0, 3)), ((0.5, 0.8), (4, 2), (10, 12), (1.2, 1))


class Products(Forms):
    """The first three sheets."""

    # ---- Dot and Arrows

    def _dot(self) -> None:
        page = self.sheet(
            "Dot: a bill is a dot product",
            "Two rows of numbers: multiply them pair by pair and add up. The sum is one number, the dot product; here it is found three times.",
            {0: 21.0, 6: 3.0},
            (5, 1),
        )
        place_words(page, 4, 1, (*GOODS, "bottles"), across=True)
        self.amounts = u = self.give(page, "dot.amounts", [AMOUNTS], 5, 1, "Amounts, 1 x 5", side=True, name="amounts")
        self.prices = v = self.give(page, "dot.prices", [PRICES], 6, 1, "Prices, 1 x 5", side=True, name="prices")
        products = self.show(page, "dot.products", u * v, 7, 1, "Amount x price", "cells", side=True)
        self.bill, short, whole = apply("sum", products), u @ v.T, u @ v.T
        page.text(9, 0, "The dot product, three times", "band_forward", wide=6)
        self.stack(
            page, "dot", 10, {"sum": ("SUM of the products", self.bill), "sumproduct": ("SUMPRODUCT", short)}, "cells"
        )
        self.stack(page, "dot", 12, {"mmult": ("MMULT", whole)})
        self.gap(page, "dot.gap_sumproduct", short, self.bill, 13, 1, "SUMPRODUCT - SUM", side=True)
        self.gap(page, "dot.gap_mmult", whole, self.bill, 14, 1, "MMULT - SUM", side=True)
        hints = (
            "=SUM(B8:F8)",
            "=SUMPRODUCT(B6:F6,$B$7:$F$7)",
            "{=MMULT(amounts,TRANSPOSE(prices))}",
            "0.0E+00 is 0; 1E-16 would be rounding",
        )
        place_words(page, 10, 2, hints, "hint")
        page.text(
            16,
            0,
            "SUM adds what stands in the row of products. SUMPRODUCT multiplies and adds in one go. MMULT does so for whole matrices: it wants a row on the left and a column on the right, so TRANSPOSE makes a column of the prices.\n\nThe bottles are brought back: their price is negative, and so is their part of the bill.\n\nTry this: how many bottles make the bill 0?",
            "note",
            wide=6,
            tall=9,
        )
        bars = Series("amount x price", Area("Dot", 4, 1, 1, 5), self.book.block("dot.products").area)
        self.chart(
            page,
            3,
            7,
            "What each pair adds to the dot product",
            "goods",
            "amount x price",
            [bars],
            "A bar for each amount times its price; the dot product is their sum.",
            "0.0",
            x_min=None,
            columns=True,
        )

    def _arrows(self) -> None:
        page = self.sheet(
            "Arrows: what a dot product says",
            "Change v. The dot product is large when both arrows point the same way, 0 at a right angle, negative when they point apart.",
            {0: 24.0, 5: 3.0},
            (5, 1),
        )
        place_words(page, 3, 1, ("across", "up"), across=True)
        self.u, self.v = u, v = [
            self.give(page, f"arrows.{name}", [xy], 4 + i, 1, name, side=True, name=name)
            for i, (name, xy) in enumerate({"u": (3, 1), "v": (1, 2)}.items())
        ]
        dot, size_u, size_v, none = u @ v.T, apply("sqrt", u @ u.T), apply("sqrt", v @ v.T), lift(0.0)
        self.show(page, "arrows.dot", dot, 7, 1, "dot product", "cells", side=True, name="dot_uv")
        self.show(
            page, "arrows.size_u", size_u, 8, 1, "length of u", "cells", side=True, name="size_u", format="weight"
        )
        self.show(
            page, "arrows.size_v", size_v, 9, 1, "length of v", "cells", side=True, name="size_v", format="weight"
        )
        shadow, self.cosine = dot / size_u, dot / (size_u * size_v)
        self.stack(
            page,
            "arrows",
            10,
            {"shadow": ("signed shadow of v on u", shadow), "cosine": ("cosine", self.cosine)},
            "cells",
            format="weight",
            scale=size_v + 1.0,
        )
        says = where(apply("greater", dot, none), "more or less the same way", "apart")
        says = where(apply("greater", lift(1e-9), apply("abs", dot)), "at a right angle", says)
        says = where(apply("equal", size_u * size_v, none), "no direction", says)
        self.stack(page, "arrows", 12, {"says": ("they point", says)}, "cells", "result", format="text")
        page.text(
            14,
            0,
            "u and v are arrows from 0. The dot product is the length of u times the signed length of v's shadow on u, which the dashed line casts: negative where the shadow falls on the far side of 0. Divided by both lengths it is the cosine, from -1 to 1: only directions count. (0, 0 has no direction: nothing can be divided by its length, so #DIV/0!)\n\nIn a model, u is a row of data and v the weights: the dot product says how far they agree.\n\nTry this: make v twice as long, 2 and 4. Which of these numbers double, and which stay?",
            "note",
            wide=5,
            tall=13,
        )
        page.text(28, 0, "Numbers for the charts", "lead")
        foot = apply("if_error", u * (dot / size_u / size_u), none)
        ends = {"u": (0.0 * u, apply("same", u)), "v": (0.0 * v, apply("same", v)), "shadow": (apply("same", v), foot)}
        for col, (id, pair) in zip((1, 3, 6), ends.items(), strict=True):
            self.show(page, f"arrows.line_{id}", vstack(pair), 32, col, f"line of {id}", labels=("across", "up"))
        degrees = self.give(page, "arrows.degrees", np.arange(-180.0, 181, 15)[:, None], 38, 1, "Degrees", "fixed")
        angle, corner = degrees * (np.pi / 180), constant(((0.0, 1.0), (-1.0, 0.0)))
        turned = self.show(
            page,
            "arrows.turned",
            apply("cos", angle) * v + apply("sin", angle) * (v @ corner),
            38,
            2,
            "v, turned",
            labels=("across", "up"),
            format="weight",
        )
        self.show(page, "arrows.dots", turned @ u.T, 38, 4, "Dot", format="weight")
        lines = self.paths(arrows_line_u="u", arrows_line_v="v", arrows_line_shadow="from v to its shadow")
        self.chart(
            page,
            3,
            6,
            "Two arrows, and the shadow of v on u",
            "across",
            "up",
            lines,
            "Two arrows from 0, and a line from the end of v that meets u at a right angle.",
            "0",
            5,
            -5,
            -5,
            5,
            width=430,
            height=480,
            equal=True,
        )
        now = Series(
            "now",
            self.book.block("arrows.degrees").area.part((12, 12), (0, 0)),
            self.book.block("arrows.dot").area,
            "mark",
        )
        lines = [self.line("v turned", "arrows.degrees", "arrows.dots"), now]
        self.chart(
            page,
            3,
            12,
            "The dot product while v turns, either way",
            "degrees by which v is turned",
            "dot product",
            lines,
            "A wave: the dot product rises and falls while v turns.",
            "0",
            180,
            -180,
            width=430,
            height=480,
            x_step=90,
        )

    # ---- Product, Shapes and Order

    def _product(self) -> None:
        page = self.sheet(
            "Product: many dot products at once",
            "Each row of A meets each column of B, and their dot product stands where the two cross. Choose a row and a column below.",
            {0: 19.0, **dict.fromkeys(range(1, 19), 9.0), 5: 12.0, 8: 3.0, 11: 3.0, 14: 9.0},
            (14, 1),
        )
        self.b = b = self.give(page, "product.B", PRICE_LIST, 6, 6, "B: prices", labels=SHOPS, name="B")
        self.a = a = self.give(page, "product.A", BASKETS, 14, 1, "A: baskets", labels=GOODS, name="A")
        place_words(page, 6, 5, GOODS)
        place_words(page, 14, 0, SHOPPERS)
        place_words(page, 6, 14, SHOPS)
        page.text(19, 0, "One entry, taken apart: choose it here", "lead")
        self.i = i = self.cell(
            page, "product.row", 2, 20, 1, "Row of A, 1 to 3", low=1, high=3, whole=True, name="which_row"
        )
        self.j = j = self.cell(
            page, "product.column", 1, 21, 1, "Column of B, 1 or 2", low=1, high=2, whole=True, name="which_col"
        )
        self.show(
            page,
            "product.this_row",
            where(apply("equal", constant(((1.0,), (2.0,), (3.0,))), i), "this row >", ""),
            14,
            5,
            "",
            format="text",
        )
        self.show(
            page,
            "product.this_column",
            where(apply("equal", constant(((1.0, 2.0),)), j), "this one", ""),
            10,
            6,
            "",
            format="text",
        )
        hand, self.whole, turned = a @ b, a @ b, apply("same", b.T)
        short = a @ turned.T
        self.show(page, "product.turned", turned, 6, 15, "B transposed: TRANSPOSE(B)", labels=GOODS, name="B_turned")
        for col, id, title, node, *kind in (
            (6, "hand", "A B by hand", hand, "cells"),
            (9, "sumproduct", "SUMPRODUCT", short, "cells"),
            (12, "mmult", "MMULT(A,B)", self.whole),
        ):
            self.show(page, f"product.{id}", node, 14, col, title, *kind, labels=SHOPS)
        self.gap(page, "product.gap_sumproduct", short, hand, 14, 15, "SUMPR. - hand", labels=SHOPS)
        self.gap(page, "product.gap_mmult", self.whole, hand, 14, 18, "MMULT - hand", labels=SHOPS)
        place_words(page, 23, 1, GOODS, across=True)
        left, right = row(a, i), row(turned, j)
        each = left * right
        self.entry = apply("sum", each)
        self.stack(page, "product", 24, {"left": ("row of A", left), "right": ("column of B", right)})
        self.stack(page, "product", 26, {"each": ("pair by pair", each)}, "cells")
        self.show(page, "product.entry", self.entry, 26, 6, "their sum", "cells", "result", side=True)
        page.text(
            19,
            9,
            "How to enter an array formula: select the 3 x 2 cells of the result, type =MMULT(A,B) and press Ctrl+Shift+Enter. Curly brackets show that one formula fills them all; no single cell of it can be changed. In Excel 365, Enter alone will do.\n\nSUMPRODUCT wants two ranges of the same shape. Rows of A lie, columns of B stand: so B is transposed first.\n\nTry this: change what Ben buys. Which results move?",
            "note",
            wide=10,
            tall=9,
        )

"""Ones, ReLU, Sums and Count: what a matrix product can do, what it cannot, and what it costs."""

from __future__ import annotations

import numpy as np

from sheetnet.course.matmul.forms import place_words, size_of
from sheetnet.course.matmul.products import GOODS
from sheetnet.course.matmul.shapes import Shapes
from sheetnet.graph.node import apply, hstack, lift, ones, relu, row, vstack, where

ORDERS = ((3, 1), (2, 2), (0, 4), (5, 0), (8, 2))
PLANS, RECIPES = ((12, 0, 1), (0, 2, 1), (4, 1, 1), (2, 1, 1)), ((0.5, 1, 1), (3, 0, 0.5), (-4, -6, -3))
FOODS, FOOD_PRICES = ("eggs", "flour, dl", "milk, dl"), ((0.5,), (0.25,), (0.25,))
SIZES = {  # n, k, p
    "1  the baskets on Product": (3, 4, 2), "2  two units of lesson 4": (712, 10, 2), "3  a layer, one row of data": (1, 1000, 1000),
    "4  that layer, 1000 rows": (1000, 1000, 1000), "5  in a language model": (4096, 4096, 16384),
}  # fmt: skip


class Limits(Shapes):
    """The other four sheets."""

    def _ones(self) -> None:
        page = self.sheet(
            "Ones: a constant without adding",
            "A column of ones beside X, and the constant below w: then one product multiplies and adds. Change the yellow delivery.",
            {0: 12.0, 3: 11.0, 4: 11.0, 7: 11.0, 11: 3.0, 12: 12.0},
            (9, 5),
        )
        self.X = X = self.give(page, "ones.X", ORDERS, 6, 1, "X: orders", labels=GOODS[:2], name="X")
        self.w = w = self.give(page, "ones.w", [[0.5], [2.0]], 6, 5, "w: prices", name="w_goods")
        self.fee = fee = self.cell(page, "ones.b", 3.0, 9, 5, "b: delivery", name="delivery")
        for top, col, words in (
            (6, 4, GOODS[:2]),
            (15, 7, (*GOODS[:2], "delivery")),
            *((top, 0, [f"order {i}" for i in range(1, 6)]) for top in (6, 15)),
        ):
            place_words(page, top, col, words)
        bare = self.show(page, "ones.bare", X @ w, 15, 1, "X w")
        added = self.show(page, "ones.added", bare + fee, 15, 2, "X w + b", "cells")
        wide = self.show(
            page,
            "ones.X_ones",
            hstack([apply("same", X), ones(5, 1)]),
            15,
            4,
            "X with ones",
            labels=(*GOODS[:2], "Ones"),
            name="X_ones",
        )
        tall = self.show(
            page, "ones.w_all", vstack([apply("same", w), apply("same", fee)]), 15, 8, "w over b", name="w_all"
        )
        at_once = self.show(page, "ones.at_once", wide @ tall, 15, 10, "MMULT")
        self.gap(page, "ones.gap", at_once, added, 15, 12, "difference")
        page.text(
            3,
            7,
            "Delivery costs the same for each order. As a number, it has to be added to every row. As a price, it is one more row of w, and each order holds 1 delivery: a 1 in each row of X.\n\nThis is why the table of lesson 4 has a column Ones: its constant is a weight like all others.\n\nTry this: set the delivery to 0. Where does the line begin?",
            "note",
            wide=6,
            tall=8,
        )
        page.text(21, 0, "Apples alone, with and without delivery", "lead")
        apples = self.give(page, "ones.apples", np.arange(11.0)[:, None], 25, 1, "Apples", "fixed")
        self.columns(
            page,
            "ones",
            25,
            2,
            {"without": (apples * row(w, 1), "Without"), "with": (apples * row(w, 1) + fee, "With")},
            format="plain",
        )
        lines = (
            self.line("with delivery", "ones.apples", "ones.with"),
            self.line("without: it begins at 0, whatever the price", "ones.apples", "ones.without", "line 2"),
        )
        self.chart(
            page,
            21,
            5,
            "What the ones are for: a line need not begin at 0",
            "apples",
            "bill",
            lines,
            "Two parallel lines, one of which begins at 0.",
            "0",
            10,
            height=300,
        )

    def _relu(self) -> None:
        page = self.sheet(
            "ReLU: what a matrix product cannot do",
            "What must be bought for each plan, and at what price? Nobody buys -6 dl of flour: less than nothing has to become 0.",
            {
                0: 12.0,
                **dict.fromkeys(range(1, 4), 11.0),
                4: 3.0,
                5: 17.0,
                6: 14.0,
                8: 12.0,
                9: 3.0,
                10: 14.0,
                11: 13.0,
                12: 3.0,
                13: 14.0,
            },
            (8, 6),
        )
        self.plans = X = self.give(
            page, "relu.plans", PLANS, 6, 1, "Plans", labels=("pancakes", "omelettes", "Ones"), name="plans"
        )
        self.recipes = A = self.give(page, "relu.recipes", RECIPES, 6, 6, "Recipes", labels=FOODS, name="recipes")
        self.food = B = self.give(page, "relu.prices", FOOD_PRICES, 6, 11, "Prices", name="food_prices")
        for top, col, words in (
            (6, 5, ("one pancake", "one omelette", "less the cupboard")),
            (6, 10, FOODS),
            (14, 5, ["missing x prices"] * 4),
            (14, 10, ["plans x costs"] * 4),
            (22, 5, ["bought x prices"] * 4),
            *((top, 0, [f"plan {i}" for i in range(1, 5)]) for top in (6, 14, 22)),
        ):
            place_words(page, top, col, words)
        place_words(page, 6, 14, ("one pancake", "one omelette", "less the cupboard"), "hint")
        costs = self.show(page, "relu.costs", A @ B, 6, 13, "Costs", name="costs")
        lacking = self.show(
            page, "relu.missing", X @ A, 14, 1, "Missing: plans x recipes", labels=FOODS, name="missing"
        )
        two, one = (
            self.show(page, "relu.two", lacking @ B, 14, 6, "Two products"),
            self.show(page, "relu.one", X @ costs, 14, 11, "One product"),
        )
        self.gap(page, "relu.gap", two, one, 14, 13, "difference")
        bought = self.show(
            page, "relu.bought", relu(lacking), 22, 1, "Bought: ReLU(missing)", "cells", labels=FOODS, name="bought"
        )
        self.bent = self.show(page, "relu.bill", bought @ B, 22, 6, "With ReLU")
        self.show(page, "relu.apart", self.bent - one, 22, 8, "difference", "cells", "result")
        page.text(
            20,
            10,
            "Plans x recipes, less the cupboard, is what is missing; negative means that some is left over.\n\nThe two products are as good as one: plans x (recipes x prices). It pays you for left-over flour. With ReLU between the two, no single matrix does the same. That is why a net has ReLU between its matrices: without, many layers are one.\n\nTry this: make the cupboard 0, 0, 0. Why is the difference 0 now?",
            "note",
            wide=6,
            tall=9,
        )
        page.text(31, 0, "Pancakes alone: where does the bill bend?", "lead")
        count = self.give(page, "bends.count", np.arange(17.0)[:, None], 35, 0, "Pancakes", "fixed")
        needs = self.show(page, "bends.missing", count * row(A, 1) + row(A, 3), 35, 1, "Missing", labels=FOODS)
        self.columns(
            page,
            "bends",
            35,
            5,
            {"straight": (needs @ B, "Without ReLU"), "bent": (relu(needs) @ B, "With ReLU")},
            format="plain",
            scale=size_of(needs @ B),
        )
        lines = (
            self.line("with ReLU", "bends.count", "bends.bent"),
            self.line("without ReLU", "bends.count", "bends.straight", "line 2"),
        )
        self.chart(
            page,
            30,
            8,
            "The bill bends where the cupboard runs out of something",
            "pancakes",
            "bill",
            lines,
            "A straight line that begins below 0, and a bent one that is never below 0.",
            "0.0",
            16,
            None,
            height=310,
        )

    def _sums(self) -> None:
        page = self.sheet(
            "Sums: a test that a product passes and ReLU fails",
            "Treat u and v apart and add the results, or add first and treat the sum: a product gives the same both ways. ReLU does not.",
            {0: 19.0, 4: 3.0, 7: 3.0},
            (4, 1),
        )
        self.sum_u, self.sum_v = u, v = [
            self.give(page, f"sums.{name}", [entries], 4 + i, 1, name, side=True, name=f"row_{name}")
            for i, (name, entries) in enumerate({"u": (2, -1, 4), "v": (-3, 2, 1)}.items())
        ]
        both = self.show(page, "sums.both", u + v, 6, 1, "u + v", "cells", side=True, name="row_both")
        self.M = M = self.give(page, "sums.M", [[1, 2], [0, -1], [3, 1]], 6, 5, "M", name="M")
        for top, id, title, (fu, fv, whole), format in (
            (9, "product", "f is the product with M", [a @ M for a in (u, v, both)], "diff"),
            (17, "relu", "f is ReLU", [relu(a) for a in (u, v, both)], "plain"),
        ):
            page.text(top - 1, 0, title, "band_forward", wide=4)
            added = fu + fv
            gap = whole - added
            self.stack(
                page,
                f"sums.{id}",
                top,
                {"u": ("f(u)", fu), "v": ("f(v)", fv), "added": ("f(u) + f(v)", added), "both": ("f(u + v)", whole)},
            )
            self.stack(page, f"sums.{id}", top + 4, {"gap": ("difference", gap)}, "cells", "result", format=format)
            says = where(apply("greater", apply("max", apply("abs", gap)), lift(1e-9)), "fails", "passes")
            self.stack(page, f"sums.{id}", top + 5, {"says": ("the test", says)}, "result", format="text")
        page.text(
            3,
            8,
            "What passes this test for all u and v (and for 2 u, 3 u ...) is called linear. Products pass; so do sums of products, and products of products: nothing that is made of them alone can ever bend.\n\nA line with a constant, 3 a + 1, fails: apart the 1 is counted twice. It is straight all the same, and linear together with its column of ones.\n\nReLU fails where u and v differ in sign: 2 and -3 apart give 2 + 0, together 0.\n\nTry this: make all entries of u and v positive. ReLU passes now. Is it linear, then?",
            "note",
            wide=6,
            tall=13,
        )

    # ---- Count

    def _count(self) -> None:
        page = self.sheet(
            "Count: what a graphics processor is good at",
            "A product is many sums that do not wait for each other. Change sizes and the number of workers: how many rounds does it take?",
            {0: 26.0, **dict.fromkeys(range(1, 4), 9.0), 4: 13.0, 5: 18.0, 6: 15.0, 7: 15.0, 8: 18.0},
            (3, 1),
        )
        workers = self.cell(page, "count.workers", 1000, 3, 1, "Workers", low=1, high=1e9, whole=True, name="workers")
        which = self.cell(
            page, "count.which", 2, 4, 1, "Look at product, 1 to 5", low=1, high=5, whole=True, name="which"
        )
        place_words(page, 10, 0, tuple(SIZES), "word")
        n, k, p = (
            self.give(page, f"count.{id}", [[sizes[i]] for sizes in SIZES.values()], 10, 1 + i, id)
            for i, id in enumerate("nkp")
        )
        results, work, read = n * p, n * k * p, n * k + k * p
        rounds = where(apply("greater", workers, results), k, work / workers)
        self.columns(
            page,
            "count",
            10,
            4,
            {"results": (results, "results"), "work": (work, "multiplications"), "read": (read, "numbers read")},
            style="cells",
            format="count",
        )
        self.show(page, "count.uses", work / read, 10, 7, "uses of each", "cells", format="feature")
        self.show(page, "count.rounds", rounds, 10, 8, "rounds, at least", "cells", "result", format="count")
        self.stack(page, "count", 5, {"now": ("its rounds, at least", row(rounds, which))}, "result", format="count")
        page.text(
            16,
            0,
            "Each of the n p results is a dot product that needs none of the others. A thousand workers can do a thousand of them at once, and a graphics processor (GPU) has thousands of such workers. Each adds up k products, one a round: more workers than results do not help, and if some have two results, all wait 2 k rounds. So it may take more rounds than this sheet says, never fewer.\n\nNumbers have to be fetched, too. In a large product each is used many times: the work grows faster than the reading. With one row of data a weight is used once, and a GPU mostly waits for its memory.\n\nReLU is no product, but just as independent: entry by entry.",
            "note",
            wide=4,
            tall=17,
        )
        size = self.give(
            page, "growth.size", 2.0 ** np.arange(13)[:, None], 20, 4, "n = k = p", "fixed", format="count"
        )
        self.columns(
            page,
            "growth",
            20,
            5,
            {"work": (size * size * size, "multiplications"), "read": (2.0 * size * size, "numbers read")},
            style="cells",
            format="count",
        )
        many = self.give(
            page, "growth.workers", 10.0 ** np.arange(10)[:, None], 20, 7, "workers", "fixed", format="count"
        )
        fewer = where(apply("greater", many, row(results, which)), row(k, which), row(work, which) / many)
        self.show(page, "growth.rounds", fewer, 20, 8, "rounds, at least", format="count")
        for top, title, x, y, lines, alt, x_max, x_format in (
            (3, "More workers, fewer rounds, until each has one result", "workers", "rounds, at least", [self.line("rounds, at least", "growth.workers", "growth.rounds"), self.line("now", "count.workers", "count.now", "mark")], "Rounds fall with the number of workers, then stay.", 1e9, "0E+0"),
            (22, "Work grows faster than reading", "n = k = p", "count", [self.line("multiplications", "growth.size", "growth.work"), self.line("numbers read", "growth.size", "growth.read", "line 2")], "Two rising lines; the work is the steeper one.", 10000, "#,##0"),
        ):  # fmt: skip
            self.chart(
                page,
                top,
                9,
                title,
                x,
                y,
                lines,
                alt,
                "0E+0",
                x_max,
                1,
                log_x=True,
                log_y=True,
                x_format=x_format,
                width=450,
            )

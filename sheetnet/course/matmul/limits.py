"""Ones, ReLU, Sums and Count: what a matrix product can do, what it cannot, and what it costs."""

from __future__ import annotations

import numpy as np

from sheetnet.course.drawing import own
from sheetnet.course.matmul.products import BY_CELL, GAP, GOODS, PLAIN, Products, apart
from sheetnet.graph.node import apply, hstack, lift, ones, relu, row, vstack, where
from sheetnet.page.flow import across, beside, down
from sheetnet.page.grid import facts
from sheetnet.page.language import said
from sheetnet.page.parts import Note, table
from sheetnet.page.plot import plot
from sheetnet.page.shown import forward, result

ORDERS = ((3, 1), (2, 2), (0, 4), (5, 0), (8, 2))
RECIPES = (0.5, 1, 1), (3, 0, 0.5)
COOKED, CUPBOARD = (12, 2, 4, 1, 2, 1), (4, 6, 3)  # what is not 0 in the plans, and what is in the cupboard
COOKS = (8, 10, 12, 14), (2, 3), (3, 4, 5), (1, 2), (2, 3), (1, 2), (3, 4, 5), (5, 6, 7, 8), (3, 4)  # as it may be
FOODS, FOOD_PRICES = ("eggs", "flour, dl", "milk, dl"), ((0.5,), (0.25,), (0.25,))
MADE = ("one pancake", "one omelette", "less the cupboard")
SIZES = {  # n, k, p
    "1  the baskets on Product": (3, 4, 2), "2  two units of lesson 4": (712, 10, 2), "3  a layer, one row of data": (1, 1000, 1000),
    "4  that layer, 1000 rows": (1000, 1000, 1000), "5  in a language model": (4096, 4096, 16384),
}  # fmt: skip

TENFOLD = "from line to line 10 times as many; k: thousand, M: million"
SHORT = '[>=1000000]#,##0,,"M";[>=1000]0,"k";0'  # 1000 is 1k
ABOUT_ONES = "A column of ones beside X, and the constant below w: then one product multiplies and adds. Change the yellow delivery."
NOTE_ONES = "Delivery costs the same for each order. As a number, it has to be added to every row. As a price, it is one more row of w. Each order then holds 1 delivery: a 1 in each row of X.\n\nThis is why the table of lesson 4 has a column Ones: its constant is a weight like all others.\n\nTry this: set the delivery to 0. Where does the line begin?"
ABOUT_RELU = "What must be bought for each plan, and at what price? Nobody buys -{flour:g} dl of flour: less than nothing has to become 0."
NOTE_RELU = "Plans × recipes, less the cupboard, is what is missing. Negative: some is left over. Missing × prices is the bill.\n\nThese two products are as good as one: plans × (recipes × prices). It pays you for left-over flour. With ReLU between the two, no single matrix does the same. That is why a net has ReLU between its matrices. Without it, many layers are one.\n\nTry this: make the cupboard 0, 0, 0. Why are both bills the same now?"
ABOUT_SUMS = "Treat u and v apart, then add. Or add first, then treat the sum. A product gives the same both ways, ReLU does not."
NOTE_SUMS = "What passes this test for all u and v (and for 2 u, 3 u ...) is called linear. Products pass. So do sums of products, and products of products. Nothing that is made of them alone can ever bend.\n\nA line with a constant, 3 × a + 1, fails: apart, the 1 is counted twice. It is straight all the same, and linear together with its column of ones.\n\nReLU fails where u and v differ in sign: 2 and -3 apart give 2 + 0, together 0.\n\nTry this: make all entries of u and v positive. ReLU passes now. Is it linear, then?"
ABOUT_COUNT = "A product is many sums that do not wait for each other. Change sizes and the number of workers: how many rounds does it take?"
NOTE_COUNT = "Each of the n × p results is a dot product that needs none of the others. A thousand workers can do a thousand of them at once. A graphics processor (GPU) has thousands of such workers. Each adds up k products, one a round. More workers than results do not help. If some have two results, all wait 2 × k rounds: it may take more rounds than this sheet says, never fewer.\n\nNumbers have to be fetched, too. In a large product each is used many times: the work grows faster than the reading. With one row of data a weight is used once, and a GPU mostly waits for numbers.\n\nReLU is no product, but just as independent: entry by entry."


class Limits(Products):
    """The other four sheets."""

    def _ones(self) -> None:
        apple, loaf, delivery = own(
            self.seed, "ones", (0.5, 2, 3), ((0.4, 0.5, 0.6, 0.8), (1.5, 2, 2.5), (2, 2.5, 3, 4))
        )
        X = self.typed("X", ORDERS, "X: orders", labels=GOODS[:2], name="X")
        w = self.typed("w", [[apple], [loaf]], "w: prices", name="w_goods")
        fee = self.typed("b", delivery, "b: delivery", name="delivery")
        bare = X @ w
        added = bare + fee
        wide = hstack([apply("same", X), ones(5, 1)])
        tall = vstack([apply("same", w), apply("same", fee)])
        at_once = wide @ tall
        with_ones = forward({"X_ones": (wide, "X with ones")}, labels=(*GOODS[:2], "Ones"), name="X_ones", **PLAIN)
        apples = self.typed("apples", np.arange(11.0)[:, None], "Apples", "fixed")
        alone = {"without": (apples * row(w, 1), "Without"), "with": (apples * row(w, 1) + fee, "With")}
        orders = [f"order {i}" for i in range(1, 6)]
        self.page("Ones: a constant without adding", ABOUT_ONES, down(
            across(
                down(
                    across(
                        table(self.cells(X), names=orders),
                        down(table(self.cells(w), names=GOODS[:2]), facts("", self.cells(fee))),
                    ),
                    Note(NOTE_ONES, 6),
                ),
                plot("What the ones are for: a line need not begin at 0", "apples", "bill",
                     [("with delivery", "apples", "with"),
                      ("without: it begins at 0, whatever the price", "apples", "without", "line 2")],
                     "Two parallel lines, one of which begins at 0.", y_format="0", x_max=10, height=300),
            ),
            across(
                table(forward({"bare": (bare, "X w")}, **PLAIN), forward({"added": (added, "X w + b")}, **BY_CELL), None,
                      with_ones, names=orders),
                table(forward({"w_all": (tall, "w over b")}, name="w_all", **PLAIN), names=(*GOODS[:2], "delivery")),
                table(forward({"at_once": (at_once, "MMULT")}, **PLAIN), None,
                      result({"gap": (apart(at_once, added), "the same?")}, **GAP)),
                table(self.cells(apples), forward(alone, **PLAIN), lead="Apples alone, with and without delivery"),
            ),
        ))  # fmt: skip

    def _relu(self) -> None:
        cooked, recipes = self._kitchen()
        X = self.typed("plans", cooked, "Plans", labels=("pancakes", "omelettes", "Ones"), name="plans")
        A = self.typed("recipes", recipes, "Recipes", labels=FOODS, name="recipes")
        B = self.typed("prices", FOOD_PRICES, "Prices", name="food_prices")
        costs, lacking = A @ B, X @ A
        two, one, bought = lacking @ B, X @ costs, relu(lacking)
        bent = bought @ B
        missing = forward({"missing": (lacking, "Missing: plans × recipes")}, labels=FOODS, name="missing", **PLAIN)
        rectified = forward({"bought": (bought, "Bought: ReLU(missing)")}, labels=FOODS, name="bought", **BY_CELL)
        count = self.typed("bends.count", np.arange(17.0)[:, None], "Pancakes", "fixed")
        needs = count * row(A, 1) + row(A, 3)
        bills = {"bends.straight": (needs @ B, "Without ReLU"), "bends.bent": (relu(needs) @ B, "With ReLU")}
        plans = [f"plan {i}" for i in range(1, 5)]
        with_prices = forward({"bill": (bent, "With ReLU"), "two": (two, "Two products")}, **PLAIN)
        with_prices |= result({"apart": (bent - one, "difference")}, **BY_CELL)
        self.page("ReLU: what a matrix product cannot do", ABOUT_RELU.format(flour=-recipes[2, 1]), across(
            down(
                across(table(self.cells(X), names=plans), table(self.cells(A), names=MADE)),
                across(table(missing, names=plans), table(self.cells(B), names=FOODS)),
                across(table(rectified, names=plans), table(with_prices, names=["× prices"] * 4)),
                across(
                    table(forward({"one": (one, "One product")}, **PLAIN), result({"gap": (apart(two, one), "the same?")}, **GAP), None,
                          names=plans),
                    table(forward({"costs": (costs, "Costs")}, name="costs", **PLAIN), names=MADE),
                ),
                table(self.cells(count), forward({"bends.missing": (needs, "Missing")}, labels=FOODS, **PLAIN), None,
                      forward(bills, **PLAIN), lead="Pancakes alone: where does the bill bend?"),
            ),
            down(
                plot("The bill bends where the cupboard runs out of something", "pancakes", "bill",
                     [("with ReLU", "bends.count", "bends.bent"),
                      ("without ReLU", "bends.count", "bends.straight", "line 2")],
                     "A straight line that begins below 0, and a bent one that is never below 0.", y_format="0.0",
                     x_max=16, x_min=None, width=440, height=310, wide=6),
                Note(NOTE_RELU, 6),
            ),
        ))  # fmt: skip

    def _kitchen(self) -> tuple[np.ndarray, np.ndarray]:
        """Plans (4, 3) and recipes (3, 3): for plan 2, omelettes alone, so much is left over that the shop would pay; for
        plan 3 something is left over, too, but not of all."""

        def tables(*n: float) -> tuple[np.ndarray, np.ndarray]:
            plans = [[n[0], 0, 1], [0, n[1], 1], [n[2], n[3], 1], [n[4], n[5], 1]]
            return np.array(plans), np.array([*RECIPES, [-there for there in n[6:]]])

        def pays(*n: float) -> bool:
            plans, recipes = tables(*n)
            missing = plans @ recipes
            return bool((missing @ FOOD_PRICES)[1, 0] < 0 and missing[2].min() < 0 < missing[2].max())

        return tables(*own(self.seed, "kitchen", (*COOKED, *CUPBOARD), COOKS, pays))

    def _sums(self) -> None:
        u, v = (self.typed(id, [xyz], id, name=f"row_{id}") for id, xyz in {"u": (2, -1, 4), "v": (-3, 2, 1)}.items())
        M = self.typed("M", [[1, 2], [0, -1], [3, 1]], "M", name="M")
        both = u + v
        tests = []
        for id, title, (fu, fv, whole), format in (
            ("product", "f is the product with M", [a @ M for a in (u, v, both)], "apart"),
            ("relu", "f is ReLU", [relu(a) for a in (u, v, both)], "plain"),
        ):
            added = fu + fv
            gap = apart(whole, added) if format == "apart" else whole - added
            says = where(apply("greater", apply("max", apply("abs", gap)), lift(1e-9)), said("fails"), said("passes"))
            ways = {"u": (fu, "f(u)"), "v": (fv, "f(v)"), "added": (added, "f(u) + f(v)"), "both": (whole, "f(u + v)")}
            tests.append(facts(
                title, forward({f"sums.{id}.{key}": one for key, one in ways.items()}, **PLAIN),
                result({f"sums.{id}.gap": (gap, "difference")}, style="cells", format=format),
                result({f"sums.{id}.says": (says, "the test", "text")}), band="band_forward",
            ))  # fmt: skip
        self.page(
            "Sums: a test that a product passes and ReLU fails",
            ABOUT_SUMS,
            across(
                down(
                    facts("", self.cells(u, v), forward({"both": (both, "u + v")}, name="row_both", **BY_CELL)), *tests
                ),
                table(self.cells(M)),
                Note(NOTE_SUMS, 6),
            ),
        )

    def _count(self) -> None:
        workers = self.typed("workers", 1000, "Workers", low=1, high=1e9, whole=True, name="workers")
        which = self.typed("which", 2, "Look at product, 1 to 5", low=1, high=5, whole=True, name="which")
        columns = np.hsplit(np.array([*SIZES.values()]), 3)
        n, k, p = (self.typed(id, column, id) for id, column in zip("nkp", columns, strict=True))
        results, work, read = n * p, n * k * p, n * k + k * p
        rounds = where(apply("greater", workers, results), k, work / workers)
        costs = {
            "results": (results, "results"), "work": (work, "multiplications"), "read": (read, "numbers read"),
            "uses": (work / read, "uses of each", "feature"),
        }  # fmt: skip
        least = "rounds, at least"
        size = self.typed("growth.size", 2.0 ** np.arange(13)[:, None], "n = k = p", "fixed", format="count")
        many = self.typed("growth.workers", 10.0 ** np.arange(10)[:, None], "workers", "fixed", format="count")
        fewer = where(apply("greater", many, row(results, which)), row(k, which), row(work, which) / many)
        growth = {
            "growth.work": (size * size * size, "multiplications"),
            "growth.read": (2.0 * size * size, "numbers read"),
        }
        axes = {"y_format": SHORT, "x_min": 1, "log_x": True, "log_y": True, "width": 450}
        self.page("Count: what a graphics processor is good at", ABOUT_COUNT, down(
            across(
                down(
                    facts("", self.cells(workers, which), result({"now": (row(rounds, which), f"its {least}", "count")})),
                    Note(NOTE_COUNT, 3),
                ),
                plot("More workers, fewer rounds, until each has one result", f"workers ({TENFOLD})", least,
                     [(least, "growth.workers", "growth.rounds"), ("now", "workers", "now", "mark")],
                     "Rounds fall with the number of workers, then stay.", x_max=1e9, x_format=SHORT, **axes),
            ),
            across(
                beside(
                    table(self.cells(n, k, p), names=tuple(SIZES), named="word"),
                    down(
                        table(forward(costs, style="cells", format="count"),
                              result({"rounds": (rounds, least)}, style="cells", format="count")),
                        table(self.cells(size), forward(growth, style="cells", format="count"), self.cells(many),
                              forward({"growth.rounds": (fewer, least)}, format="count")),
                    ),
                ),
                plot("Work grows faster than reading", f"n = k = p ({TENFOLD})", "count",
                     [("multiplications", "growth.size", "growth.work"),
                      ("numbers read", "growth.size", "growth.read", "line 2")],
                     "Two rising lines; the work is the steeper one.", x_max=10000, x_format=SHORT, **axes),
            ),
        ))  # fmt: skip

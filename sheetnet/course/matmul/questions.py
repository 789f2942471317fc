"""Lesson 3's exercises, with what is said of each likely mistake, and what is guessed before it is seen."""

from __future__ import annotations

from functools import partial

import numpy as np

from sheetnet.course.drawing import own, plus
from sheetnet.course.matmul.limits import SIZES, Limits
from sheetnet.course.matmul.products import TIMES
from sheetnet.graph.node import Node, apply, constant, lift, row, where
from sheetnet.graph.rewrite import substitute
from sheetnet.motifs.exercises import AS_IT_CAME, Exercise, Slip, choice
from sheetnet.motifs.predictions import Prediction, is_above

SUMS = "You multiplied the two sums. Multiply pair by pair, then add the products."
TINY = 1e-9  # beneath it, a number has not changed
MINUS = "One of the numbers is negative: its product takes something away."


def questions(lesson: Limits) -> list[Exercise]:
    """At least two likely mistakes for most, a hint, and a reason."""
    return _dots(lesson) + _products(lesson) + _ones_and_relu(lesson) + _limits(lesson)


def _dots(lesson: Limits) -> list[Exercise]:
    bill, amounts, prices, products = map(lesson.node, ("dot.sum", "dot.amounts", "dot.prices", "dot.products"))
    two_cheeses = {amounts: np.array([[*lesson.amounts[:2], 2.0, *lesson.amounts[3:]]])}
    bottles, cheese_price = (row(node.T, i) for node, i in ((products, 5), (prices, 3)))
    draw = partial(own, lesson.seed)
    a, b, c, d = draw("two pairs", (1, 5, 3, 2), ((1, 2, 4), (5, 6, 7), (3, 4), (2, 3)))
    x = draw("three pairs", (2, -1, 3, 4, 5, 0.5), ((2, 3, 4), (-1, -2), (3, 5), (4, 5, 6), (2, 3, 5), (0.5, 1.5)))
    first, second, third = (x[i] * x[i + 3] for i in range(3))
    across, up, along, _ = lesson.arrows
    return [
        Exercise(
            f"One done for you: the dot product of 2, 3 and 4, 1 is 2*4 + 3*1 = 11. Your turn, with the last step missing: of {a:g}, {b:g} and {c:g}, {d:g} it is {a:g}*{c:g} + {b:g}*{d:g}. How much is that?", a * c + b * d,
            slips=(Slip((a + b) * (c + d), SUMS), Slip((a * c + b) * d, f"First the products, then the plus: {a:g}*{c:g} and {b:g}*{d:g}, each for itself."), Slip(b * d, "That is the second product alone. Add the first one.")),
            hint="Two products, then their sum.", why="Pair by pair, then added up: two rows of numbers become one number.",
        ),
        Exercise(
            "On Dot, what is the dot product of amounts and prices as the workbook came?", bill,
            slips=(Slip(bill - 2.0 * bottles, "Bottles are brought back: their price is negative."), Slip(bill - bottles, "You left out the bottles."), Slip(apply("sum", amounts) * apply("sum", prices), SUMS)),
            hint="It stands there three times, under the row of products.", why="Three formulas, one number: SUM, SUMPRODUCT and MMULT add up the same products.",
        ),
        Exercise(
            "On Dot, set the amount of cheese to 2. What is the dot product now?", bill, 0.001, two_cheeses,
            slips=(Slip(bill, AS_IT_CAME, {}), Slip(row(products.T, 3), "That is what cheese adds. What is the whole sum?"), Slip(bill + 2.0 * cheese_price, "You added the cheese, but did not take away the old amount of it.", {})),
            hint="Type 2 into the yellow amount of cheese and read the sum.", why="Only one product has changed, and the sum with it.",
        ),
        Exercise(
            f"Now all by yourself: write a formula for the dot product of {x[0]:g}, {x[1]:g}, {x[2]:g} and {x[3]:g}, {x[4]:g}, {x[5]:g}.", first + second + third,
            slips=(Slip(first - second + third, MINUS), Slip(sum(x[:3]) * sum(x[3:]), SUMS), Slip(first + second, "You forgot the last pair."), Slip(first * second * third, "You multiplied the products. Add them.")),
            hint="First with first, second with second, third with third.", why=f"{first:g} {plus(second)} + {third:g}: large where both are large, and less where the signs differ.",
        ),
        Exercise(
            f"On Arrows, u is {across:g}, {up:g}. The first number of v is {along:g}. What must the second be for a right angle?", -across * along / up,
            slips=(Slip(across * along / up, "Then both products are positive. They must cancel."), Slip(-up / (across * along), f"You turned it round: {across:g}*{along:g} + {up:g}*? must be 0."), Slip(0.0, "Then the dot product is not 0: the first pair is still there.")),
            hint=f"At a right angle the dot product is 0: {across:g}*{along:g} + {up:g}*? = 0.", why="The two products cancel: the arrows neither agree nor disagree.",
        ),
        Exercise(
            "Write a formula for the cosine of the arrows 1, 0 and 1, 1: their dot product, divided by both lengths. SQRT gives a square root.", 0.5**0.5,
            slips=(Slip(1.0, "That is the dot product. Divide it by both lengths."), Slip(0.5, "A length is a square root: of 1*1 + 1*1 here."), Slip(2.0**0.5, "That is the length of the second arrow. Divide by it.")),
            hint="The length of 1, 1 is SQRT(1*1 + 1*1).", why="They stand half a right angle apart. The same way would be 1, a right angle 0.",
        ),
    ]  # fmt: skip


def _products(lesson: Limits) -> list[Exercise]:
    bill, i, j = (lesson.node(f"product.{id}") for id in ("entry", "row", "column"))
    pq, qp = lesson.node("order.PQ"), lesson.node("order.QP")
    draw = partial(own, lesson.seed)
    A = np.reshape(draw("A", (1, 2, 3, 4), ((1, 2), (2, 3), (3, 4), (4, 5))), (2, 2))
    B = np.reshape(
        draw("B", (5, 6, 7, 8), ((5, 6), (6, 7), (7, 8), (8, 9)), lambda a, b, c, d: a != b and c != d), (2, 2)
    )
    left, right = A @ B
    n, k, p = map(int, draw("rows", (5, 3, 7), ((4, 5, 6, 8), (2, 3), (7, 9))))
    many, inner, wide = draw("count", (64, 30, 10), ((40, 50, 64, 80), (20, 25, 30), (10, 12, 15)))
    results = many * wide
    return [
        Exercise(
            "On Product, look at row 3 and column 2. What is this entry of A B?", bill, 0.001, {i: 3.0, j: 2.0},
            slips=(Slip(bill, "That is column 1 of the same row.", {i: 3.0, j: 1.0}), Slip(bill, "That is row 2 of the same column.", {i: 2.0, j: 2.0}), Slip(bill, AS_IT_CAME, {}), Slip(row(lesson.node("product.each").T, 1), "That is the first product alone. Add all of them.")),
            hint="The row says who shops, the column says where.", why="What Cleo pays at the corner shop: her row of A meets that column of B.",
        ),
        Exercise(
            f"A has the rows {_row(A[0])} and {_row(A[1])}. B has the rows {_row(B[0])} and {_row(B[1])}. Write a formula for the entry of A B in row 1, column 2.", left[1],
            slips=(Slip(A[0] @ B[0], "You took a row of B. A row of A meets a column of B."), Slip(left[0], "That is the other column of B."), Slip(right[1], "That is the other row of A."), Slip(right[0], "Row and column swapped: the row belongs to A."), Slip(A[0, 1] * B[0, 1], "You multiplied entry by entry. A whole row meets a whole column.")),
            hint=f"Row 1 of A is {_row(A[0])}. Write down column 2 of B, from top to bottom.", why=f"An entry of a product is a dot product: here of {_row(A[0])} and {_row(B[:, 1])}.",
        ),
        choice(
            f"A is {n} x {k} ({n} rows, {k} columns), B is {k} x {p}. How many rows has A B? Type their number.", n,
            {k: "That is the inner size: it is added over, and gone.", p: "So many columns it has. Rows come from A.", n * p: "So many entries it has."},
            hint="One row of the product for each row of A.", why="The outer sizes stay: rows from A, columns from B.",
        ),
        choice(
            "A is 4 x 2. Which of these fits? 1: A times A. 2: A transposed, times A. 3: none of them.", 2,
            {1: "A has 2 columns and 4 rows: the inner sizes differ.", 3: "Transposed, A is 2 x 4. Write the shapes side by side."},
            hint="Write the shapes side by side: the inner sizes must be equal.", why="2 x 4 times 4 x 2: the inner sizes are equal. So are gradients made, in lesson 4.",
        ),
        Exercise(
            f"A is {many:g} x {inner:g} and B is {inner:g} x {wide:g}. How many multiplications does A B take?", results * inner, 0.25,
            slips=(Slip(results, "So many results it has. How many multiplications does each one take?"), Slip(results * (inner - 1.0), "Those are the additions: one less than the products, for each result."), Slip(many * inner, "That is the number of entries of A. Each meets every column of B."), Slip(results * inner * inner, "You counted the inner size two times.")),
            hint="Rows of A times columns of B results. Each is a dot product.", why="n k p: each result is a sum of as many products as the inner size says.",
        ),
        Exercise(
            "On Order, as it came: what is the entry of Q P in row 1, column 2?", _entry(qp, 1, 2),
            slips=(Slip(_entry(pq, 1, 2), "That is of P Q. The order matters."), Slip(_entry(qp, 2, 1), "That is row 2, column 1: the row comes first."), Slip(0.0, "That is on the diagonal. Row 1 is above, column 2 on the right.")),
            hint="Find the block Q P, its upper right entry.", why=f"The row {lesson.stretch:g}, 0 of Q meets the column {lesson.turn:g}, 0 of P. P Q has another number there.",
        ),
    ]  # fmt: skip


def _ones_and_relu(lesson: Limits) -> list[Exercise]:
    bent, straight = lesson.node("relu.bill"), lesson.node("relu.one")
    draw = partial(own, lesson.seed)
    w, v, b, x, z = draw("weights", (0.5, -2, 3, 6, 1), ((0.5, 1.5, 2.5), (-1, -2, -3), (2, 3, 5), (4, 6, 8), (1, 2)))
    p, q, r, s = draw(
        "a row", (2, -1, 3, 2), ((2, 3), (-1, -2), (3, 4, 5), (1, 2, 3)), lambda p, q, r, s: p + q * r < 0 < s * p + q
    )
    lost, kept = p + q * r, s * p + q
    return [
        Exercise(
            f"The weights are {w:g} and {v:g}, the constant is {b:g}. Write a formula for the prediction for the row {x:g}, {z:g}.", w * x + v * z + b,
            slips=(Slip(w * x + v * z, "You forgot the constant."), Slip(w * x - v * z + b, MINUS), Slip(w * z + v * x + b, f"You changed the order: {x:g} belongs to the first weight."), Slip(b * (x + z), "The constant is added once. It does not multiply.")),
            hint="The dot product of the row and the weights, and then the constant.", why="Data times weights, added up, and a constant: that is the whole linear model.",
        ),
        choice(
            f"The same with one product: the weights are now {w:g}, {v:g}, {b:g}, and the row is {x:g}, {z:g} and one number more. Which number?", 1,
            {int(b): "The constant is among the weights already. What must it be multiplied by, to stay as it is?", 0: "Then the constant is lost: times nothing is nothing.", int(x): "Then the constant counts too often."},
            hint=f"It multiplies {b:g}, and {b:g} should come out.", why="That is the column of ones: the same number in each row, so the constant is added once to each.",
        ),
        choice(
            "X w + b: a table, some weights, a constant. Which are data, and which are parameters? 1: X is data; w and b are parameters. 2: X and w are data, b is a parameter. 3: all of them are parameters.", 1,
            {2: "Weights are found by learning. Nobody measures them.", 3: "X was measured or written down: learning does not change it."},
            hint="Ask of each: is it given, or is it to be found?", why="What is given stays. What is to be found is changed until the loss is small.",
        ),
        Exercise(
            "On ReLU, as it came: what does plan 3 cost with ReLU between the two products?", row(bent, 3),
            slips=(Slip(row(straight, 3), "That is without ReLU: it pays for what is left over."), Slip(row(bent, 2), "That is the plan above."), Slip(row(bent, 4), "That is the plan below."), Slip(2.0 * row(bent, 3) - row(straight, 3), "A ReLU does not turn a minus into a plus. Less than nothing becomes 0.")),
            hint="Find the column With ReLU, and plan 3 in it.", why="What is left over is set to 0 first, so it costs nothing and pays nothing.",
        ),
        Exercise(
            f"A row is {p:g}, {q:g}. Take its dot products with 1, {r:g} and with {s:g}, 1, then the ReLU of each, then add. Write this as a formula.", kept,
            slips=(Slip(lost + kept, "You forgot the ReLU: one of the dot products is negative."), Slip(kept - lost, "A ReLU does not turn a minus into a plus. It gives 0."), Slip((1 + s) * p - q * (r + 1), MINUS), Slip(0.0, "Only one of the two dot products is negative.")),
            hint="Two times MAX(0, ...), with a plus between them.", why="Products, a ReLU, a sum: so a row goes through the net of lesson 4.",
        ),
    ]  # fmt: skip


def _limits(lesson: Limits) -> list[Exercise]:
    rounds, workers, which = (lesson.node(f"count.{id}") for id in ("now", "workers", "which"))
    share = row(lesson.node("count.work"), which) / workers
    crowd = {workers: 1e6}
    steep, start = own(lesson.seed, "straight", (3, 1), ((2, 3, 4, 5), (1, 2, 4, 6)))
    return [
        Exercise(
            f"f(a) = {steep:g}*a + {start:g}. Write a formula for f(2) + f(5), minus f(2 + 5).", start,
            slips=(Slip(0.0, "Count the constant: how often is it in f(2) + f(5), how often in f(7)?"), Slip(-start, "It is the two parts first, minus the whole."), Slip(2 * start, "f(7) has a constant, too.")),
            hint=f"f(2) is {steep:g}*2 + {start:g}. Do the same with 5 and with 7.", why="Apart, the constant is counted twice. So f is straight, but not linear.",
        ),
        choice(
            "Which of these can a matrix product not do? 1: give the sum of each row. 2: add a constant, if there is a column of ones. 3: set negative entries to 0.", 3,
            {1: "It can: multiply by a column of ones.", 2: "It can: look at the sheet Ones."},
            hint="Which of them treats some numbers otherwise than others?", why="A product treats all numbers alike. To set some of them to 0 takes a ReLU.",
        ),
        choice(
            "Two matrix products in a row, with nothing between them, can do: 1: as much as one product with another matrix. 2: one bend. 3: twice as much.", 1,
            {2: "A product never bends. Compare the two bills without ReLU.", 3: "Multiply the two matrices with each other first: what do you have?"},
            hint="On ReLU, compare Two products with One product.", why="X (A B) is (X A) B. Without a ReLU between them, many layers are one.",
        ),
        choice(
            "Why is a GPU good at matrix products? 1: it leaves out the zeros. 2: the dot products do not wait for each other. 3: it has a shorter formula.", 2,
            {1: "It multiplies the zeros as well.", 3: "It does the same multiplications and additions."},
            hint="Think of many people who share the work. When must one wait?", why="Thousands of workers can each take one result, all at once.",
        ),
        Exercise(
            "On Count, with product 2: set the workers to 1000000. How many rounds does it take at least?", rounds, 0.001, crowd,
            slips=(Slip(rounds, AS_IT_CAME, {}), Slip(share, "That is work / workers. But one result cannot be shared by many: it is a sum, one product a round.")),
            hint="Type the number of workers and read the cell below.", why="Each result is a sum of ten products, one after the other. More workers than results have nothing to do.",
        ),
        choice(
            "How much linear algebra does lesson 4 need? 1: products, their shapes, and the transpose. 2: eigenvalues and proofs as well. 3: none.", 1,
            {2: "They are worth learning later. No sheet of lesson 4 uses them.", 3: "Its net is made of matrix products."},
            hint="Which of these words have you met in this lesson?", why="What is on these sheets is enough. The rest can wait until you want to know why.",
        ),
    ]  # fmt: skip


def predictions(lesson: Limits) -> list[Prediction]:
    """What a learner guesses before looking."""
    return [
        _twice_as_long(lesson),
        _more_bread(lesson),
        _order(lesson),
        _delivery(lesson),
        _left_over(lesson),
        _workers(lesson),
    ]


def _twice_as_long(lesson: Limits) -> Prediction:
    dot, cosine, v = (lesson.node(f"arrows.{id}") for id in ("dot", "cosine", "v"))
    grown, same = (substitute([node], {v: 2.0 * v})[0] for node in (dot, cosine))
    doubles = [_moved(after, before) for after, before in ((grown, dot), (same, cosine))]
    return Prediction(
        "Two arrows, u and v. v is made twice as long, in the same direction. What happens to their dot product and to their cosine?",
        ("both double", "only the dot product doubles", "both stay"), where(doubles[0], where(doubles[1], 1.0, 2.0), 3.0), cosine, same,
        "The cosine", "The dot product counts lengths and direction. The cosine is divided by both lengths, so only the direction is left.", "arrows.v",
    )  # fmt: skip


def _more_bread(lesson: Limits) -> Prediction:
    bills, a = lesson.node("product.hand"), lesson.node("product.A")
    more = constant(tuple(tuple(float((who, what) == (1, 1)) for what in range(4)) for who in range(3)))
    after = substitute([bills], {a: a + more})[0]
    n_moved = apply("sum", _moved(after, bills))
    ben, ben_after = (row(row(node, 2).T, 1) for node in (bills, after))
    return Prediction(
        "On Product, three shoppers times two shops give six bills. Ben buys one bread more. How many of the six bills change?",
        ("one", "two", "three", "all six"), where(is_above(n_moved, lift(3.5)), 4.0, n_moved), ben, ben_after,
        "Ben's bill at the market", "His row of A meets every column of B: one bill for each shop. The rows of the others have not changed.", "product.A",
    )  # fmt: skip


def _order(lesson: Limits) -> Prediction:
    turned, stretched = (lesson.node(f"order.{id}") for id in ("turn_first", "stretch_first"))
    top, other = (row(row(node, 2).T, 1) for node in (turned, stretched))
    differs = apply("max", _moved(turned, stretched))
    return Prediction(
        f"P turns a flag by a right angle, Q makes it {TIMES[lesson.stretch]} wide. One flag is turned first and then stretched, another one stretched first and then turned. Do they end alike?",
        ("no", "yes: both were turned and stretched"), where(differs, 1.0, 2.0), top, other,
        "How far across the top of the pole ends: turned first, stretched first", "Who is turned first is stretched along another side. The order of a product matters.", "order.P",
    )  # fmt: skip


def _delivery(lesson: Limits) -> Prediction:
    bills, fee = lesson.node("ones.with"), lesson.node("ones.b")
    after = substitute([bills], {fee: fee + 2.0})[0]
    first = _moved(row(after, 1), row(bills, 1))
    steeper = _moved(row(after, 11) - row(after, 1), row(bills, 11) - row(bills, 1))
    return Prediction(
        "A bill is a line over the number of apples, and delivery is added. The delivery costs 2 more. What becomes of the line?",
        ("it is higher, and as steep as before", "it is steeper", "it is higher and steeper"), where(steeper, where(first, 3.0, 2.0), 1.0), row(bills, 1), row(after, 1),
        "The bill for no apples", "A constant moves the whole line up. How steep it is, only the price of an apple says.", "ones.b",
    )  # fmt: skip


def _left_over(lesson: Limits) -> Prediction:
    bent, straight = (row(lesson.node(f"relu.{id}"), 2) for id in ("bill", "one"))
    below, above = is_above(lift(-TINY), straight), is_above(straight, lift(TINY))
    return Prediction(
        "You cook omelettes only, and flour is left over. The bill is a matrix product: what is missing, times prices, without ReLU. What does it say of plan 2?",
        ("you pay something", "you pay nothing", "the shop pays you"), where(below, 3.0, where(above, 1.0, 2.0)), bent, straight,
        "The bill of plan 2 with ReLU and without", "Left over is less than nothing, and a product multiplies that by a price as well. ReLU sets it to 0 first.", "relu.one",
    )  # fmt: skip


def _workers(lesson: Limits) -> Prediction:
    rounds, workers = lesson.node("count.now"), lesson.node("count.workers")
    n, k, p = list(SIZES.values())[1]
    after = substitute([rounds], {workers: 1000.0 * workers})[0]
    times = rounds / after
    return Prediction(
        f"On Count, workers share a product with {n * p} results, each of them a sum of {k} products. They are fewer than the results. Now 1000 times as many workers come. How much faster is it?",
        ("1000 times", "more than twice, less than 1000 times", "not even twice"), where(is_above(times, lift(999.0)), 1.0, where(is_above(times, lift(2.0)), 2.0, 3.0)), rounds, after,
        "Rounds, at least", "A result is one sum, and one worker adds it up. With more workers than results, most of them have nothing to do.", "count.workers",
    )  # fmt: skip


def _row(numbers: np.ndarray) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def _moved(after: Node, before: Node) -> Node:
    """1 where a number is another one, else 0, entry by entry."""
    return is_above(apply("abs", after - before), lift(TINY))


def _entry(node: Node, i: int, j: int) -> Node:
    return row(row(node, i).T, j)

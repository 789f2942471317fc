"""Points and an order of the rows for a seed, such that what lesson 7 tells of them is true."""

from __future__ import annotations

from functools import cache

import numpy as np

from sheetnet.course.drawing import drawing
from sheetnet.course.lesson import Lesson
from sheetnet.course.points import best_weights, noisy_points
from sheetnet.graph.evaluate import evaluate

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]  # x, y and order, (20, 1) each
ORDER, SIZE, START = 3, 4, 1.1  # of the course: what draws the order; rows in a batch, all weights at the start
PASSES = 10


def rows_for(kind: type[Lesson], seed: int) -> Rows:
    """The rows of the course for seed 0, else some that are drawn until they are telling.

    kind: the lesson; what is drawn is tried on its workbook of the course.
    """
    order = np.random.RandomState(ORDER).permutation(20)[:, None] + 1.0
    draw = drawing(seed, "order")

    def telling(x: np.ndarray, y: np.ndarray) -> bool:
        nonlocal order
        order = draw.permutation(20)[:, None] + 1.0
        return _on_the_charts(x, y) and _scatter(x, y, order) and _race(kind, x, y, order, shuffled(order, seed))

    return *noisy_points(seed, telling), order


def shuffled(order: np.ndarray, seed: int) -> np.ndarray:
    """The rows in the order of their turns, (20 PASSES, 1): in the first pass as `order` says, then each anew by chance."""
    draw = drawing(seed, "passes")
    return np.vstack([order, *(draw.permutation(len(order))[:, None] + 1.0 for _ in range(PASSES - 1))])


def _on_the_charts(x: np.ndarray, y: np.ndarray) -> bool:
    a, _, c = best_weights(x, y)
    return bool(2.2 < a < 3.5 and 0.1 < c < 1.7)


def _scatter(x: np.ndarray, y: np.ndarray, order: np.ndarray) -> bool:
    """Whether four rows about halve the distance from the gradient of all, and batch 4 wants a larger weight of x^2."""
    X = np.hstack([x**2, x, np.ones_like(x)])
    rows = 2 * (X @ np.full((3, 1), START) - y) * X
    batches = rows[order[:, 0].astype(int) - 1].reshape(-1, SIZE, 3).mean(axis=1)
    far, near = (np.square(some - rows.mean(axis=0)).sum(axis=1).mean() ** 0.5 for some in (rows, batches))
    return bool(0.4 < near / far < 0.6 and batches[3, 0] < 0)


def _race(kind: type[Lesson], x: np.ndarray, y: np.ndarray, order: np.ndarray, turns: np.ndarray) -> bool:
    """Whether SGD leads the six after 5 steps and comes last after 50, momentum runs past its goal and SGD does not,
    and after one pass the smallest batches are ahead, and all rows at once behind, where they still are after ten."""
    usual = _of_the_course(kind)
    rows = {"batches.order": order, "noise.single.rows": turns, "noise.batch.rows": turns.reshape(-1, SIZE)}
    values = usual.by_node(usual.as_delivered() | {"batches.y": y} | rows)

    def at(*ids: str) -> list[np.ndarray]:
        return evaluate([usual.book.block(id).node for id in ids], values)

    then, momentum, sgd = at("compare.then", "momentum.W", "sgd.W")
    goal = best_weights(x, y)[0] + 0.3
    if then[0, 0] > then[0].min() or then[3, 0] < then[3].max() or not momentum[:, 0].max() > goal > sgd[:, 0].max():
        return False
    full, batch, single = (at(f"noise.{key}.first", f"noise.{key}.last") for key in ("full", "batch", "single"))
    return bool(single[0] < batch[0] < full[0] and max(batch[1], single[1]) < full[1])


@cache
def _of_the_course(kind: type[Lesson]) -> Lesson:
    return kind("")

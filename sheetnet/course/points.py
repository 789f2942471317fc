"""The twenty noisy points of a quadratic that several lessons fit, made as in the well-known notebook."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetnet.course.drawing import first_that

HIGHEST = 20.0  # the charts end there
Points = tuple[np.ndarray, np.ndarray]  # x (20, 1) and y (20, 1)


def noisy_points(seed: int = 0, fits: Callable[[np.ndarray, np.ndarray], bool] = lambda x, y: True) -> Points:
    """x (20, 1) from -2 to 2 and y (20, 1) = f(x) (1 + noise of scale 0.15) + noise of scale 1.5, f = 3x^2 + 2x + 1.

    numpy's legacy generator with seed 42, or 42 more than another seed; the noise that multiplies is drawn first.
    fits: whether what a lesson says is true of x and y; other points than those of the course are drawn until it is, and
    all of them lie on the charts.
    Source: fast.ai, Practical Deep Learning, lesson 3, notebook "How does a neural net really work?".
    """
    draw = np.random.RandomState((42 + seed) % 2**32)
    x = np.linspace(-2, 2, 20)[:, None]

    def drawn() -> Points:
        times = draw.normal(scale=0.15, size=x.shape)
        plus = draw.normal(scale=1.5, size=x.shape)
        return x, (3 * x**2 + 2 * x + 1) * (1 + times) + plus

    return first_that(lambda x, y: not seed or (y.max() < HIGHEST and fits(x, y)), drawn, noisy_points)


def best_weights(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """a, b and c (3,) of the parabola whose mean squared error is least."""
    found: np.ndarray = np.linalg.lstsq(np.hstack([x**2, x, np.ones_like(x)]), y[:, 0], rcond=None)[0]
    return found


def least_loss(x: np.ndarray, y: np.ndarray) -> float:
    """The mean squared error that is left."""
    a, b, c = best_weights(x, y)
    return float(np.square(a * x**2 + b * x + c - y).mean())

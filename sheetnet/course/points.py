"""The twenty noisy points of a quadratic that several lessons fit, made as in the well-known notebook."""

from __future__ import annotations

import numpy as np


def noisy_points(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """x (20, 1) from -2 to 2 and y (20, 1) = f(x) (1 + noise of scale 0.15) + noise of scale 1.5, f = 3x^2 + 2x + 1.

    numpy's legacy generator with seed 42, or 42 more than another seed; the noise that multiplies is drawn first.
    Source: fast.ai, Practical Deep Learning, lesson 3, notebook "How does a neural net really work?".
    """
    draw = np.random.RandomState(42 + seed)
    x = np.linspace(-2, 2, 20)[:, None]
    times = draw.normal(scale=0.15, size=x.shape)
    plus = draw.normal(scale=1.5, size=x.shape)
    return x, (3 * x**2 + 2 * x + 1) * (1 + times) + plus

"""Numbers of a learner's own: those of the course for seed 0, else drawn until what the lesson says is true of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from zlib import crc32

import numpy as np

TRIES = 1000


def drawing(seed: int, what: str) -> np.random.RandomState:
    """What draws one thing of a lesson, the same for ever: numpy's legacy generator does not change from version to
    version. What else is drawn changes nothing of it."""
    return np.random.RandomState([seed, crc32(what.encode())])


def own(
    seed: int, what: str, usual: Sequence[float], among: Sequence[Sequence[float]],
    fits: Callable[..., bool] = lambda *_: True,
) -> tuple[float, ...]:  # fmt: skip
    """Some numbers: the usual ones for seed 0, else one of those that each may be, such that all together fit.

    fits: takes the numbers; the usual ones fit. They are also what stays where none is found in TRIES.

    >>> own(0, "a line", (1, 2), ((1, 2, 3), (1, 2, 3)))
    (1.0, 2.0)
    >>> own(7, "a line", (1, 2), ((1, 2, 3), (1, 2, 3)), lambda m, b: m > b)
    (2.0, 1.0)
    """
    draw = drawing(seed, what)
    for _ in range(TRIES if seed else 0):
        found = tuple(float(some[draw.randint(len(some))]) for some in among)
        if fits(*found):
            return found
    return tuple(map(float, usual))


def plus(value: float) -> str:
    """A number as it is added in a formula.

    >>> plus(1.0), plus(-2.5)
    ('+ 1', '- 2.5')
    """
    return f"{'-' if value < 0 else '+'} {abs(value):g}"

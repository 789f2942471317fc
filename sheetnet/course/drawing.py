"""Numbers of a learner's own: those of the course for seed 0, else drawn until what the lesson says is true of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from zlib import crc32

import numpy as np

TRIES = 1000
Found = TypeVar("Found", bound=tuple[Any, ...])


def drawing(seed: int, what: str) -> np.random.RandomState:
    """What draws one thing of a lesson, the same for ever: numpy's legacy generator does not change from version to
    version. What else is drawn changes nothing of it."""
    return np.random.RandomState([seed, crc32(what.encode())])


def first_that(
    fits: Callable[..., bool], draw: Callable[[], Found], usual: Callable[[], Found], tries: int = TRIES
) -> Found:  # fmt: skip
    """The first draw, a tuple, whose parts fit; what is usual where none does in so many tries.

    >>> numbers = iter([(3,), (4,), (5,)])
    >>> first_that(lambda n: n > 3, lambda: next(numbers), lambda: (0,))
    (4,)
    >>> first_that(lambda n: n > 9, lambda: (1,), lambda: (0,))
    (0,)
    """
    for _ in range(tries):
        if fits(*(found := draw())):
            return found
    return usual()


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

    def drawn() -> tuple[float, ...]:
        return tuple(float(some[draw.randint(len(some))]) for some in among)

    return first_that(fits, drawn, lambda: tuple(map(float, usual)), TRIES if seed else 0)


def plus(value: float) -> str:
    """A number as it is added in a formula.

    >>> plus(1.0), plus(-2.5)
    ('+ 1', '- 2.5')
    """
    return f"{'-' if value < 0 else '+'} {abs(value):g}"

"""People and flowers for a seed, such that what lesson 9 tells of them is true."""

from __future__ import annotations

import numpy as np

from sheetnet.course.drawing import drawing, first_that

HEALTHY, ILL = 28, 12
EPOCHS, START, RATE = 60, (-3.0, 0.0), 1.0  # of the two descents: from weights that are sure and wrong
EARLY = 10  # the epoch at which the two are compared
FLOWERS, KINDS = 12, ("A", "B", "C")  # of each kind
MIDDLES = ((-1.4, -0.6), (1.3, -0.9), (0.3, 1.3))
Columns = tuple[np.ndarray, np.ndarray]


def people(seed: int) -> Columns:
    """Value and ill (1) or not (0) of forty people, (40, 1) each, drawn until they are telling; else the course's."""
    draw, ill = drawing(seed, "people"), np.repeat([[0.0], [1.0]], (HEALTHY, ILL), axis=0)

    def drawn() -> Columns:
        value = np.where(ill == 1.0, draw.normal(1.5, 1.0, ill.shape), draw.normal(-1.0, 1.0, ill.shape))
        return value.round(1) + 0.0, ill  # no -0

    return first_that(tells, drawn, lambda: people(0))


def tells(value: np.ndarray, ill: np.ndarray) -> bool:
    """Whether the descent on cross-entropy is soon far ahead, that on squared error arrives late, and a threshold of
    0.2 finds more of the ill, one of 0.8 is right of more of those it calls ill."""
    X, y = np.hstack([value, np.ones_like(value)]), ill[:, 0]
    entropy, squared = (_descend(X, y, steep) for steep in (False, True))
    right = [((run[EARLY] >= 0.5) == y).mean() for run in (entropy, squared)]
    far = [np.square(run - y).mean(axis=1) for run in (entropy, squared)]
    found = {t: (entropy[-1] >= t)[y == 1.0].mean() for t in (0.2, 0.5, 0.8)}
    called = {t: y[entropy[-1] >= t].mean() for t in found}
    early = right[0] > 0.8 > 0.35 > right[1] and far[1][20] > 3 * far[0][20]
    late = far[1][-1] < 0.12 and abs(value).max() < 4
    rises = found[0.2] > found[0.5] > found[0.8] and called[0.2] < called[0.5] < called[0.8] <= 1.0
    return bool(early and late and rises)


def _descend(X: np.ndarray, y: np.ndarray, squared: bool) -> np.ndarray:
    """The predictions at each epoch, (EPOCHS + 1, rows)."""
    w, out = np.array(START), []
    for _ in range(EPOCHS + 1):
        pred = 0.5 + 0.5 * np.tanh(X @ w / 2)
        out.append(pred)
        w = w - RATE * X.T @ ((pred - y) * (2 * pred * (1 - pred) if squared else 1.0)) / len(y)
    return np.array(out)


def flowers(seed: int) -> Columns:
    """Length and width (36, 2), beside those of the mean flower, and the number of the kind (36, 1): 1, 2 or 3."""
    draw, middles = drawing(seed, "flowers"), np.repeat(MIDDLES, FLOWERS, axis=0)
    kind = np.repeat([[1.0], [2.0], [3.0]], FLOWERS, axis=0)

    def drawn() -> Columns:
        return (middles + draw.normal(0.0, 0.7, middles.shape)).round(1) + 0.0, kind

    return first_that(lambda sizes, _: abs(sizes).max() < 3, drawn, lambda: flowers(0))

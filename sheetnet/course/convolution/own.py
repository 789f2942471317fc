"""Pictures and first filters for a seed, such that what lesson 12 tells of them is true."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from sheetnet.course.drawing import TRIES, drawing

SIDE, SIZE = 8, 3  # of the picture and of a filter
OUT = SIDE - SIZE + 1
FILTERS = {
    "vertical": ((-1.0, 0.0, 1.0),) * 3,
    "horizontal": ((-1.0,) * 3, (0.0,) * 3, (1.0,) * 3),
    "blur": ((1 / 9,) * 3,) * 3,
}
DIGITS = {  # that of the course first; + is grey
    7: ".######.|.####+#.|....+#..|....#+..|...+#...|...#+...",
    1: "....#...|...##...|..+.#...|....#...|....#...|..+###+.",
    2: "..+###..|.#...#+.|.....#..|....+...|..+#....|.######.",
    4: "....##..|...#+#..|..+..#..|.######.|.....#..|.....#..",
    5: "..####..|..#.....|..###+..|.....#..|.....#..|..###+..",
}
GREY = {".": 0.0, "+": 0.5, "#": 1.0}

BARS, BAR_SIDE, EPOCHS, RATE = 12, 6, 60, 2.0  # pictures of a part, and their descent
POSITIONS = (BAR_SIDE - SIZE + 1) ** 2
FIND_EPOCHS, FIND_RATE = 40, 0.4
Bars = tuple[np.ndarray, np.ndarray, np.ndarray]


def digit(seed: int) -> np.ndarray:
    """A drawn digit, (8, 8) from 0 to 1, with an empty frame."""
    lines = [*DIGITS.values()][drawing(seed, "digit").randint(len(DIGITS)) if seed else 0].split("|")
    return np.array([[GREY[one] for one in line] for line in ("." * SIDE, *lines, "." * SIDE)])


def speckled(seed: int) -> np.ndarray:
    """A picture of -1, 0 and 1, (8, 8), from which a filter is soon found: drawn until descent has three digits of it."""
    draw = drawing(seed, "speckled")
    for _ in range(TRIES):
        found = draw.randint(-1, 2, (SIDE, SIDE)).astype(float)
        patches = cut(found)
        steep = np.linalg.eigvalsh(2 * patches.T @ patches / len(patches))
        if max(abs(1 - FIND_RATE * steep)) ** FIND_EPOCHS < 1e-4:
            break
    return found


def cut(picture: np.ndarray) -> np.ndarray:
    """Each window of 3 x 3 as a row, (windows, 9)."""
    seen = np.lib.stride_tricks.sliding_window_view(picture, (SIZE, SIZE))
    return seen.reshape(-1, SIZE * SIZE)


def upright() -> np.ndarray:
    """1 for an upright bar, 0 for one that lies, (12, 1): every second one."""
    return np.arange(BARS)[:, None] % 2 * 1.0


def bars(seed: int) -> Bars:
    """Pictures (12, 6, 6) to learn from, as many kept back, and a first filter (3, 3), drawn until they are telling."""
    draw = drawing(seed, "bars")
    for _ in range(TRIES):
        found = _some(draw), _some(draw), draw.normal(0.0, 0.3, (SIZE, SIZE)).round(2) + 0.0
        if tells(*found):
            break
    return found


def _some(draw: np.random.RandomState) -> np.ndarray:
    out = []
    for number, stands in enumerate(upright()[:, 0]):
        picture, long = np.zeros((BAR_SIDE, BAR_SIDE)), draw.randint(BAR_SIDE - 1, BAR_SIDE + 1)
        first = draw.randint(BAR_SIDE - long + 1)
        picture[first : first + long, 1 + number // 2 % 4] = 1.0
        noise = abs(draw.normal(0.0, 0.2, picture.shape))
        out.append(np.clip(abs((picture if stands else picture.T) - noise), 0.0, 1.0).round(1))
    return np.array(out)


def tells(given: np.ndarray, kept: np.ndarray, start: np.ndarray) -> bool:
    """Whether descent turns a filter that knows little into one of upright stripes that knows the bars kept back.

    No ReLU may be so near its corner that programs decide otherwise.
    """
    run = _descend(given, kept, start)
    last = run[-1]
    stripe, sides = last.taps.reshape(SIZE, SIZE)[:, 1], last.taps.reshape(SIZE, SIZE)[:, ::2]
    falls = all(before.loss > after.loss for before, after in pairwise(run))
    striped = stripe.min() > 1.0 and sides.max() < -0.2 and abs(last.taps).max() < 9
    learnt = last.loss < 0.1 and last.right == (1.0, 1.0)
    return bool(falls and striped and learnt and min(epoch.nearest for epoch in run) > 1e-6)


class Epoch(NamedTuple):
    """The filter (9,), the loss, the shares right of those given and kept back, and how near a ReLU is to its corner."""

    taps: np.ndarray
    loss: float
    right: tuple[float, float]
    nearest: float


def _descend(given: np.ndarray, kept: np.ndarray, start: np.ndarray) -> list[Epoch]:
    both, y = [np.array([cut(one) for one in some]) for some in (given, kept)], upright()[:, 0]
    taps, b, w, c = start.ravel(), 0.0, 1.0, 0.0
    out = []
    for _ in range(EPOCHS + 1):
        lins = [patches @ taps + b for patches in both]
        pooled, _ = means = [np.maximum(lin, 0).mean(1) for lin in lins]
        scores = [w * mean + c for mean in means]
        loss = float(np.logaddexp(0, (1 - 2 * y) * scores[0]).mean())
        first, second = (float(((score > 0) == y).mean()) for score in scores)
        out.append(Epoch(taps, loss, (first, second), float(np.abs(lins).min())))
        d = (1 / (1 + np.exp(-scores[0])) - y) / BARS
        d_lin = (d * w)[:, None] / POSITIONS * (lins[0] > 0)
        taps = taps - RATE * np.einsum("ij,ijk->k", d_lin, both[0])
        b, w, c = b - RATE * d_lin.sum(), w - RATE * d @ pooled, c - RATE * d.sum()
    return out

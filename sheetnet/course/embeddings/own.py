"""Foods, people and the ratings made of their tastes, for a seed, such that what lesson 11 tells of them is true."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sheetnet.course.drawing import TRIES, drawing

FOODS = ("cake", "honey", "waffle", "ginger", "curry", "chilli", "salsa", "soup", "toast", "rice")
PEOPLE = ("Ana", "Ben", "Cem", "Dia", "Eli", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Lea")
TASTES = ("sweet", "spicy")
MADE = np.array([
    [0.9, -0.6], [0.8, -0.9], [0.7, -0.2], [0.8, 0.5], [0.2, 0.9],
    [-0.5, 0.9], [-0.3, 0.6], [-0.8, 0.1], [-0.6, -0.7], [-0.4, -0.4],
])  # fmt: skip
MIDDLE, WEIGHT, NOISE = 3.0, 1.5, 0.2  # of a made rating: 3 + generous + 1.5 × dot product + noise
MISSING, KEPT = 32, 16  # of 120: not rated, and rated but kept back
SIZE, EPOCHS, RATE, DECAY = 3, 60, 2.0, 0.03  # numbers in an embedding; of the two descents
FEWEST = 4  # training ratings of each person and of each food


@dataclass(frozen=True)
class Ratings:
    """R (12, 10), nan where there is none; kept (12, 10): 1 for those kept back; P (12, 3) and Q (10, 3) to start with."""

    R: np.ndarray
    kept: np.ndarray
    P: np.ndarray
    Q: np.ndarray


@lru_cache(maxsize=16)
def ratings(seed: int) -> Ratings:
    """The ratings of twelve people, drawn until they are telling."""
    draw = drawing(seed, "ratings")
    for _ in range(TRIES):
        found = _drawn(draw)
        if tells(found):
            break
    return found


def _drawn(draw: np.random.RandomState) -> Ratings:
    shape = n, m = len(PEOPLE), len(FOODS)
    tastes, generous = draw.uniform(-1, 1, (n, 2)), draw.uniform(-0.5, 0.5, (n, 1))
    R = MIDDLE + generous + WEIGHT * tastes @ MADE.T + draw.normal(0.0, NOISE, shape)
    place = draw.permutation(n * m).reshape(shape)
    R = np.where(place < MISSING, np.nan, R.round().clip(1, 5))
    kept = ((place >= MISSING) & (place < MISSING + KEPT)).astype(float)
    P, Q = (draw.uniform(-0.3, 0.3, (k, SIZE)).round(2) + 0.0 for k in shape)
    return Ratings(R, kept, P, Q)


def tells(one: Ratings) -> bool:
    """Whether all are rated often enough, decay helps the ratings kept back, and two directions hold the made tastes."""
    train = ~np.isnan(one.R) & (one.kept == 0)
    if min(train.sum(0).min(), train.sum(1).min()) < FEWEST:
        return False
    (loose, _), (held, Q) = (_descend(one, decay) for decay in (0.0, DECAY))
    lowest, alone = loose[1].min(), np.square(one.R - one.R[train].mean())[one.kept == 1].mean()
    apart = loose[0][-1] < 0.5 * held[0][-1] and loose[1][-1] > 1.5 * held[1][-1]
    if not (apart and 0.8 * loose[1][[0, -1]].min() > lowest):
        return False
    left, size, _ = np.linalg.svd(Q - Q.mean(0), full_matrices=False)
    shares = size**2 / (size**2).sum()
    made = MADE - MADE.mean(0)
    turned = np.linalg.svd((left * size)[:, :2].T @ made, compute_uv=False).sum() ** 2
    fit = turned / (size[:2] ** 2).sum() / (made**2).sum()
    steep = shares[1] < 0.6 * shares[0] and shares[2] < 0.4 * shares[1]
    return bool(held[1][-1] < 0.6 * alone and steep and fit > 0.8)


def _descend(one: Ratings, decay: float) -> tuple[np.ndarray, np.ndarray]:
    """Loss on training and on kept ratings at each epoch, (2, EPOCHS + 1), and the last embeddings of the foods."""
    known = ~np.isnan(one.R)
    R, train, valid = np.nan_to_num(one.R), known & (one.kept == 0), known & (one.kept == 1)
    P, Q, b, c = one.P, one.Q, np.zeros((len(one.P), 1)), np.zeros((len(one.Q), 1))
    mean, losses = R[train].mean(), []
    for _ in range(EPOCHS + 1):
        E = mean + b + c.T + P @ Q.T - R
        losses.append([np.square(E[some]).mean() for some in (train, valid)])
        last, G = Q, 2 * train * E / train.sum()
        steps = G @ Q, G.T @ P, G.sum(1, keepdims=True), G.sum(0)[:, None]
        P, Q, b, c = (a - RATE * (step + decay * a) for a, step in zip((P, Q, b, c), steps, strict=True))
    return np.array(losses).T, last

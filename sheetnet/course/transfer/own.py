"""Few rows of three new tasks, and the start of the net from scratch, such that what lesson 15 tells of them is true."""

from __future__ import annotations

from functools import cache

import numpy as np

from sheetnet.course.drawing import drawing
from sheetnet.course.transfer.elsewhere import FEATURES, HEAD, HIDDEN, LOWER, TURNS, weights

FEW, MANY = 12, 60  # rows of a new task to learn from, and rows kept back
GAP = (-0.8, 1.0)  # between these no row is learnt from
FASTER, NOISE = 1.25, 0.15  # of the wave that is in no family: how much faster it swings; of every new task
EPOCHS, RATE, SMALLER = 60, 0.3, 0.1
RATES = {"scratch": RATE, "frozen": RATE, "whole": SMALLER}  # of each way to learn
TASKS = ("wave", "fast", "line")
AT_ONCE, DRAWS = 100, 30  # so many are drawn at once, so often

Arrays = dict[str, np.ndarray]  # with a leading axis where many are drawn at once


@cache
def own(seed: int) -> Arrays:
    """The numbers of the course for seed 0, else some that are telling; where none are found, those of the course.

    x (12, 1), y (12, 3) of three tasks; x_kept (60, 1) and y_kept (60, 3), kept back; the start of the net from scratch.
    """
    draw = drawing(seed, "transfer")
    for _ in range(DRAWS):
        drawn = _drawn(draw)
        if (fit := tells(drawn)).any():
            return {name: value[fit.argmax()] for name, value in drawn.items()}
    return own(0)


def _drawn(draw: np.random.RandomState) -> Arrays:
    def between(low: float, high: float, *shape: int) -> np.ndarray:
        return draw.uniform(low, high, (AT_ONCE, *shape))

    left = between(-3, GAP[0], FEW // 2, 1)
    x = np.sort(np.concatenate([left, between(GAP[1], 3, FEW - FEW // 2, 1)], axis=1), axis=1).round(2)
    x_kept = np.broadcast_to(np.linspace(-3, 3, MANY)[:, None].round(2), (AT_ONCE, MANY, 1))
    height, shift, up, rise = (
        between(0.8, 1.2, 1, 1),
        between(-3, 3, 1, 1),
        between(-0.4, 0.4, 1, 1),
        between(0.4, 0.6, 1, 1),
    )
    out = {"x": x, "x_kept": x_kept}
    for name, at in (("y", x), ("y_kept", x_kept)):
        waves = [height * np.sin(turns * at + shift) + up for turns in (TURNS, FASTER * TURNS)]
        ys = np.concatenate([*waves, rise * at], axis=2)
        out[name] = (ys + draw.normal(scale=NOISE, size=ys.shape)).round(2) + 0.0
    reach = {"W_1": 1.5, "b_1": 1.5, "W_2": 0.7, "W_3": 0.7}
    shapes = {"W_1": (1, HIDDEN), "b_1": (1, HIDDEN), "W_2": (HIDDEN, FEATURES), "W_3": (FEATURES, 1)}
    out |= {name: between(-reach[name], reach[name], *shape).round(4) for name, shape in shapes.items()}
    return out | {"b_2": np.zeros((AT_ONCE, 1, FEATURES)), "b_3": np.zeros((AT_ONCE, 1, 1))}


def begin(way: str, start: Arrays) -> Arrays:
    """With what a way begins: its own start, or the lower layers from elsewhere and a head of zeros."""
    if way == "scratch":
        return {name: start[name] for name in (*LOWER, *HEAD)}
    zeros = {"W_3": np.zeros((FEATURES, 1)), "b_3": np.zeros((1, 1))}
    return {name: weights()[name] for name in LOWER} | zeros


def tells(drawn: Arrays) -> np.ndarray:
    """Of each whether the story is true: scratch fits the few rows of a wave and fails on those kept back, where frozen
    is best; of the faster wave the whole is best; of the line frozen is far behind."""
    L, K = {}, {}
    for j, task in enumerate(TASKS):
        for way in RATES:
            L[way, task], K[way, task] = _ends(way, drawn, j)
    with np.errstate(invalid="ignore"):
        fits = (L["scratch", "wave"] < 0.08) & (L["frozen", "wave"] < 0.06) & (L["whole", "wave"] < 0.06)
        fails = (K["scratch", "wave"] > 5 * K["frozen", "wave"]) & (K["frozen", "wave"] < 0.08)
        between = (1.3 * K["frozen", "wave"] < K["whole", "wave"]) & (K["whole", "wave"] < 0.6 * K["scratch", "wave"])
        fast = K["whole", "fast"] < 0.8 * np.minimum(K["frozen", "fast"], K["scratch", "fast"])
        line = (np.maximum(K["scratch", "line"], K["whole", "line"]) < 0.2) & (K["frozen", "line"] > 0.5)
    return np.asarray(fits & fails & between & fast & line)


def _ends(way: str, drawn: Arrays, task: int) -> tuple[np.ndarray, np.ndarray]:
    """The losses of each after the last epoch, on the few rows and on those kept back."""
    P, rate = begin(way, drawn), RATES[way]
    x, y = drawn["x"], drawn["y"][..., [task]]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(EPOCHS):
            hidden, features, error = _forward(P, x, y)
            d_3 = 2 * error / FEW
            d_2 = d_3 @ _turned(P["W_3"]) * (1 - features**2)
            d_1 = d_2 @ _turned(P["W_2"]) * (1 - hidden**2)
            steps = {"W_3": _turned(features) @ d_3, "b_3": d_3.sum(-2, keepdims=True)}
            if way != "frozen":
                steps |= {"W_2": _turned(hidden) @ d_2, "b_2": d_2.sum(-2, keepdims=True)}
                steps |= {"W_1": _turned(x) @ d_1, "b_1": d_1.sum(-2, keepdims=True)}
            P = P | {name: P[name] - rate * step for name, step in steps.items()}
        both = (x, y), (drawn["x_kept"], drawn["y_kept"][..., [task]])
        few, kept = (np.square(_forward(P, *rows)[2]).mean((-2, -1)) for rows in both)
    return few, kept


def _turned(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2)


def _forward(P: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hidden = np.tanh(x @ P["W_1"] + P["b_1"])
    features = np.tanh(hidden @ P["W_2"] + P["b_2"])
    return hidden, features, features @ P["W_3"] + P["b_3"] - y

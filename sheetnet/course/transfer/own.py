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
AT_ONCE, DRAWS = 100, 60  # so many are drawn at once, so often
NUDGE, GROWN = 1e-9, 1e-7  # the size of noise that all weights get in each epoch, and what may come of it in a loss

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
    is best; of the faster wave the whole is best; of the line frozen is far behind. And no descent swings so much that
    the last digits of a program would decide where it goes."""
    found = np.ones(len(drawn["x"]), dtype=bool)
    for task, holds in enumerate((_wave, _fast, _line)):
        left = {name: value[found] for name, value in drawn.items()}
        ends = {way: _losses(way, left, task) for way in RATES}
        with np.errstate(invalid="ignore"):
            found[found] = holds(
                {way: few[-1] for way, (few, _) in ends.items()}, {way: k for way, (_, k) in ends.items()}
            )
    found[found] = _steady({name: value[found] for name, value in drawn.items()})
    return found


def _wave(few: Arrays, kept: Arrays) -> np.ndarray:
    fits = (few["scratch"] < 0.1) & (few["frozen"] < 0.07) & (few["whole"] < 0.07)
    fails = (kept["scratch"] > 5 * kept["frozen"]) & (kept["frozen"] < 0.1)
    return fits & fails & (1.3 * kept["frozen"] < kept["whole"]) & (kept["whole"] < 0.6 * kept["scratch"])


def _fast(few: Arrays, kept: Arrays) -> np.ndarray:
    return np.asarray(kept["whole"] < 0.9 * np.minimum(kept["frozen"], kept["scratch"]))


def _line(few: Arrays, kept: Arrays) -> np.ndarray:
    return np.asarray((np.maximum(kept["scratch"], kept["whole"]) < 0.2) & (kept["frozen"] > 0.5))


def _steady(drawn: Arrays) -> np.ndarray:
    """Of each whether all of its descents go nearly the same way where every step has a little noise, as rounding is."""
    out = np.ones(len(drawn["x"]), dtype=bool)
    for way in RATES:
        for task in range(len(TASKS)):
            here, beside = (_losses(way, drawn, task, nudge)[0] for nudge in (0.0, NUDGE))
            out &= np.abs(beside - here).max(0) < GROWN
    return out


def _losses(way: str, drawn: Arrays, task: int, nudge: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The losses of each on the few rows, at every epoch, and on those kept back, after the last one.

    nudge: the size of noise that all weights get before each epoch.
    """
    P, rate, losses, noise = begin(way, drawn), RATES[way], [], np.random.RandomState(0)
    x, y = drawn["x"], drawn["y"][..., [task]]
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(EPOCHS + 1):
            if nudge:
                P = {name: W * (1.0 + nudge * noise.normal(size=W.shape)) for name, W in P.items()}
            hidden, features, error = _forward(P, x, y)
            losses.append(np.square(error).mean((-2, -1)))
            d_3 = 2 * error / FEW
            d_2 = d_3 @ _turned(P["W_3"]) * (1 - features**2)
            d_1 = d_2 @ _turned(P["W_2"]) * (1 - hidden**2)
            steps = {"W_3": _turned(features) @ d_3, "b_3": d_3.sum(-2, keepdims=True)}
            if way != "frozen":
                steps |= {"W_2": _turned(hidden) @ d_2, "b_2": d_2.sum(-2, keepdims=True)}
                steps |= {"W_1": _turned(x) @ d_1, "b_1": d_1.sum(-2, keepdims=True)}
            before, P = P, P | {name: P[name] - rate * step for name, step in steps.items()}
        kept = np.square(_forward(before, drawn["x_kept"], drawn["y_kept"][..., [task]])[2]).mean((-2, -1))
    return np.array(losses), kept


def _turned(a: np.ndarray) -> np.ndarray:
    return np.swapaxes(a, -1, -2)


def _forward(P: Arrays, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    hidden = np.tanh(x @ P["W_1"] + P["b_1"])
    features = np.tanh(hidden @ P["W_2"] + P["b_2"])
    return hidden, features, features @ P["W_3"] + P["b_3"] - y

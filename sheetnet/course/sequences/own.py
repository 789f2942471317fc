"""A series and rows of signs for a seed, such that what lesson 13 tells of them is true; the starts of its descents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetnet.course.drawing import TRIES, drawing

# Remember: eight rows of signs; which sign is first says nothing of any other
STEPS, ROWS, EPOCHS = 20, 8, 40
PLAIN, GATED = (0.9, 0.5), (0.5, 0.0, -2.0)  # at the start: w and u; u, a and b
RATES, MOST = (0.03, 4.0), 1.0  # of the two; the norm at which gradients are clipped
# Series: a tank
KNOWN, AHEAD, LAGS, ROUNDS, RATE = 30, 10, 3, 50, 0.4
LEVELS = (-0.6, -0.2, 0.2, 0.6, 0.9, -0.9)
U = [[-1.2, 0.3, -2.4]]
W = [[0.5, 0.2, -1.5], [1.1, -1.1, -0.8], [1.3, 0.4, -0.1]]
B = [[0.2, 0.9, -0.6]]
V = [[-0.6], [-0.1], [-0.3]]


def signs(seed: int) -> np.ndarray:
    """1 and -1, a column for each of eight rows of signs (20, 8): two rows of chance, each after both first signs, and
    the same turned round; drawn until the gated unit learns them and the plain one does not."""
    draw = drawing(seed, "signs")
    for _ in range(TRIES):
        noise = draw.randint(0, 2, (2, STEPS - 1)) * 2.0 - 1.0
        rows = [[first, *(turned * one)] for first in (1.0, -1.0) for one in noise for turned in (1.0, -1.0)]
        found = np.array(rows).T
        if remembers(found):
            break
    return found


def remembers(x: np.ndarray) -> bool:
    """Whether after all epochs the gated unit has learnt the first signs, and the plain one only to write next to
    nothing; but not so little that its digits are noise."""
    (plain, u), gated = of_plain(x), of_gated(x)
    forgets = plain[[EPOCHS // 2, EPOCHS]].min() > 0.98 and plain[-1] < 1.05 < plain[0]
    return bool(forgets and 2e-4 < abs(u) < 0.05 and gated[-1] < 0.1 and gated[5] > 0.9 and gated[30] < 0.3)


def of_plain(x: np.ndarray) -> tuple[np.ndarray, float]:
    """The loss of the plain unit at each epoch, (EPOCHS + 1,), and u in the end."""
    (w, u), out = PLAIN, []
    for _ in range(EPOCHS + 1):
        h = [np.zeros(ROWS)]
        for now in x:
            h.append(np.tanh(w * h[-1] + u * now))
        out.append(np.square(h[-1] - x[0]).mean())
        d, grad = 2 * (h[-1] - x[0]) / ROWS, np.zeros(2)
        for t in range(STEPS, 0, -1):
            d = d * (1 - h[t] ** 2)
            grad += (d * h[t - 1]).sum(), (d * x[t - 1]).sum()
            d = w * d
        w, u = (w, u) - RATES[0] * _clipped(grad)
    return np.array(out), float(u)


def of_gated(x: np.ndarray) -> np.ndarray:
    """The loss of the gated unit at each epoch, (EPOCHS + 1,)."""
    (u, a, b), out, first = GATED, [], np.arange(STEPS) == 0
    for _ in range(EPOCHS + 1):
        z, c, h = 1 / (1 + np.exp(-a * first - b)), np.tanh(u * x), [np.zeros(ROWS)]
        for t in range(STEPS):
            h.append(h[-1] + z[t] * (c[t] - h[-1]))
        out.append(np.square(h[-1] - x[0]).mean())
        d = 2 * (h[-1] - x[0]) / ROWS * (1 - z[-1]) ** np.arange(STEPS - 1, -1, -1)[:, None]
        of_b = (d * (c - h[:-1])).sum(axis=1) * z * (1 - z)
        of_u = (d * (1 - c**2) * x).sum(axis=1) @ z
        u, a, b = (u, a, b) - RATES[1] * _clipped(np.array([of_u, of_b[0], of_b.sum()]))
    return np.array(out)


def _clipped(grad: np.ndarray) -> np.ndarray:
    shorter: np.ndarray = grad * min(1.0, MOST / (np.linalg.norm(grad) + 1e-6))
    return shorter


# ---- the tank


def series(seed: int) -> np.ndarray:
    """How full a tank is, beside its mean, at forty times (40, 1), drawn until the net follows it best."""
    draw = drawing(seed, "series")
    for _ in range(TRIES):
        y = np.resize(LEVELS, KNOWN + AHEAD)[:, None] + draw.normal(0.0, 0.1, (KNOWN + AHEAD, 1))
        y = y.round(2) + 0.0  # no -0
        if follows(y):
            break
    return y


def follows(y: np.ndarray) -> bool:
    """Whether the net ends well ahead of the linear model, which is ahead of the last value: on what was learnt, one
    step ahead, and on their own outputs."""
    net, line, last = of_net(y), of_line(y), of_last(y)
    return all(3 * a < b < c for a, b, c in zip(net, line, last, strict=True)) and net[2] < 0.06


def judged(ahead: np.ndarray, alone: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """The mean squared errors of predictions (40,) one step ahead of known and new values, and of some alone (10,)."""
    far = np.square(ahead - y[:, 0])
    return far[LAGS:KNOWN].mean(), far[KNOWN:].mean(), np.square(alone - y[KNOWN:, 0]).mean()


def of_last(y: np.ndarray) -> tuple[float, float, float]:
    """How far off the value before is."""
    return judged(np.r_[0.0, y[:-1, 0]], np.full(AHEAD, y[KNOWN - 1, 0]), y)


def of_line(y: np.ndarray) -> tuple[float, float, float]:
    """How far off the best linear model of the three values before is."""
    values = y[:, 0]
    X = np.array([[*values[t - LAGS : t][::-1], 1.0] for t in range(LAGS, len(values))])
    best = np.linalg.lstsq(X[: KNOWN - LAGS], values[LAGS:KNOWN], rcond=None)[0]
    alone = [*values[:KNOWN]]
    for _ in range(AHEAD):
        alone.append(np.r_[alone[-1 : -LAGS - 1 : -1], 1.0] @ best)
    return judged(np.r_[np.zeros(LAGS), X @ best], np.array(alone[KNOWN:]), y)


def of_net(y: np.ndarray) -> tuple[float, float, float]:
    """How far off the net is after all its epochs."""
    weights = [np.array(one) for one in (U, W, B, V)]
    for _ in range(ROUNDS):
        grads = _gradient(y[:KNOWN], weights)
        norm = np.sqrt(sum(np.square(grad).sum() for grad in grads))
        shorter = min(1.0, MOST / (norm + 1e-6))
        weights = [one - RATE * shorter * grad for one, grad in zip(weights, grads, strict=True)]
    h, values = _memories(y, weights), [float(y[KNOWN - 1, 0])]
    now = h[KNOWN - 1]
    for _ in range(AHEAD):
        now = _next(now, values[-1], weights)
        values.append((now @ weights[3]).item())
    return judged((h @ weights[3])[:, 0], np.array(values[1:]), y)


def _next(h: np.ndarray, y: float, weights: Sequence[np.ndarray]) -> np.ndarray:
    u, w, b, _ = weights
    after: np.ndarray = np.tanh(y * u[0] + h @ w + b[0])
    return after


def _memories(y: np.ndarray, weights: Sequence[np.ndarray]) -> np.ndarray:
    """The memory before each value, (n, 3)."""
    h = [np.zeros(3)]
    for value in y[:-1, 0]:
        h.append(_next(h[-1], value, weights))
    return np.array(h)


def _gradient(y: np.ndarray, weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    h, (_, w, _, v) = _memories(y, weights), weights
    off = (np.arange(KNOWN) >= LAGS)[:, None] * 2 * (h @ v - y) / (KNOWN - LAGS)
    d = np.zeros((KNOWN, 3))
    for t in range(KNOWN - 2, -1, -1):
        d[t] = (off[t + 1] @ v.T + d[t + 1] @ w.T) * (1 - h[t + 1] ** 2)
    return [y.T @ d, h.T @ d, d.sum(axis=0, keepdims=True), h.T @ off]

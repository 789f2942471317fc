"""Lesson 10's numbers: those of the course, and for a seed others of which what it tells is true, too."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

import numpy as np

from sheetnet.course.drawing import TRIES, drawing
from sheetnet.tables.titanic import titanic

Matrices = list[np.ndarray]

# ---- a net of whole numbers

ROWS, HIDDEN = 4, (3, 2)
SHAPES = ((2, 3), (3, 2), (2, 1))


MANY = 4096  # candidates that are drawn at once


@cache
def whole_net(seed: int) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, ...]]:
    """X (4, 2), y (4, 1) and weights and biases of three layers, all of one digit, as is every number between them."""
    draw = drawing(seed, "chain")
    while True:
        X = draw.randint(-2, 4, (MANY, ROWS, 2)).astype(float)
        P = [draw.randint(-2, 3, (MANY, *shape)).astype(float) for n, k in SHAPES for shape in ((n, k), (1, k))]
        error = draw.choice([-4.0, -2.0, 0.0, 2.0, 4.0], (MANY, ROWS, 1))
        for i in np.flatnonzero(_teaches(X, P, error))[:1]:
            return X[i], forward(X, P)[-1][i] - error[i], tuple(p[i] for p in P)


def forward(X: np.ndarray, P: Matrices) -> Matrices:
    """What each layer gives before its ReLU; the last has none."""
    out, act = [], X
    for W, b in zip(P[::2], P[1::2], strict=True):
        out.append(act @ W + b)
        act = np.maximum(out[-1], 0)
    return out


def _teaches(X: np.ndarray, P: Matrices, error: np.ndarray) -> np.ndarray:
    """Of many nets, (many, rows, columns) each: which one can follow by hand. One digit throughout, each unit above 0 in
    some rows and below in others, no two rows alike, at most one without an error, and most gradients of W_1 not 0."""
    both = (1, 2)

    def turn(a: np.ndarray) -> np.ndarray:
        return np.swapaxes(a, 1, 2)

    *lins, pred = forward(X, P)
    on: list[np.ndarray] = [lin > 0 for lin in lins]
    d_lin_2 = (error / 2) @ turn(P[4]) * on[1]
    d_relu_1 = d_lin_2 @ turn(P[2])
    d_lin_1 = d_relu_1 * on[0]
    act = [np.maximum(lin, 0) for lin in lins]
    grads = [turn(X) @ d_lin_1, turn(act[0]) @ d_lin_2, turn(act[1]) @ (error / 2)]
    fits = np.all([abs(some).max(both) <= 9 for some in (*lins, pred, pred - error, d_relu_1, *grads)], axis=0)
    for some, mask in zip(lins, on, strict=True):
        n_on = mask.sum(axis=1)
        fits &= (some != 0).all(both) & ((n_on > 0) & (n_on < ROWS)).all(axis=1) & (mask.mean(both) > 0.4)
    apart = [(X[:, i] != X[:, j]).any(1) for i in range(ROWS) for j in range(i)]
    fits &= np.all(apart, axis=0) & ((error == 0).sum(both) <= 1) & (d_relu_1 != d_lin_1).any(both)
    fits &= ((grads[0] != 0).sum(both) >= 4) & (grads[1] != 0).any(both)
    found: np.ndarray = fits & np.all([(some != 0).all(both) for some in (P[0], P[4])], axis=0)
    return found


# ---- a curve, and nets that follow it


def curve(x: np.ndarray) -> np.ndarray:
    """sin(2 x) + x / 2, entry by entry."""
    y: np.ndarray = np.sin(2 * x) + x / 2
    return y


def points(n: int) -> tuple[np.ndarray, np.ndarray]:
    """x from -2 to 2 and the curve there to three decimals, (n, 1) each."""
    x = np.linspace(-2, 2, n)[:, None]
    return x, curve(x).round(3)


SIZES = (1, 2, 4, 8, 16, 32)
GROUPS: dict[str, tuple[int, ...]] = {**{str(k): (k,) for k in SIZES}, "8-8": (8, 8)}
POINTS, FOLLOWED, STARTS = 33, 3000, 5  # of nets that torch trains: points, epochs; each is the best of so many starts

FINE, STEP, FOLDED = 128, 4 / 128, 4  # steps of a fine grid, and their width; layers that fold

FASTEST, HUGE = 0.3, 1e6  # the largest learning rate, and a loss that is still shown
LAYERS, EPOCHS, RATE, MOMENTUM = (1, 4, 4, 1), 60, 0.1, 0.9  # of the net that the sheet trains, on FEW points
FEW = 17


@cache
def start(seed: int) -> tuple[np.ndarray, ...]:
    """Weights and biases of a 1-4-4-1 net that learns the curve in its epochs: at the end its loss is small."""
    draw, (x, y) = drawing(seed, "descent"), points(FEW)
    for _ in range(TRIES):
        P = []
        for n, k in pairwise(LAYERS):
            P += [draw.normal(0, np.sqrt(2 / n), (n, k)).round(2), draw.uniform(-1, 1, (1, k)).round(2)]
        losses = _descend(P, x, y)
        if losses[-1] < 0.01 and losses[0] > 0.5 and _descend(P, x, y, FASTEST)[-1] < HUGE:
            break
    return tuple(P)


@np.errstate(over="ignore", invalid="ignore")
def _descend(P: Matrices, X: np.ndarray, y: np.ndarray, rate: float = RATE) -> list[float]:
    """The loss before each epoch of momentum and after the last; a large one where a unit comes too near to 0, see
    `together`."""
    P, moved, losses, near = list(P), [np.zeros_like(p) for p in P], list[float](), 1.0
    for _ in range(EPOCHS + 1):
        lins = forward(X, P)
        d = 2 * (lins[-1] - y) / len(X)
        losses.append(float(np.square(lins[-1] - y).mean()))
        near = min(near, *(abs(lin).min() for lin in lins[:-1]))
        for i in reversed(range(len(lins))):
            act = np.maximum(lins[i - 1], 0) if i else X
            grads = act.T @ d, d.sum(0, keepdims=True)
            d = (d @ P[2 * i].T) * (act > 0)
            for j, grad in enumerate(grads, start=2 * i):
                moved[j] = MOMENTUM * moved[j] + grad
                P[j] = P[j] - rate * moved[j]
    return losses if near > APART else [1.0]


# ---- many nets side by side, and six layers

TOGETHER, BIAS, LARGE, AFTER = 12, -3.0, 2.0, 40  # units of each of the two nets, the second's bias, another, epochs
MANY_NETS, UNITS, ROUNDS, STRONG = 20, 4, 50, 0.6  # nets, units of each, epochs, strength of the noise
RATE_MANY, PULL = 0.03, 0.8  # learning rate and momentum of both: larger ones let rounding grow
NEAR, FAR, CLEAR = 0.2, 0.3, 0.05  # final losses of starts that end well, and badly; a clear difference
APART = 1e-7  # how near to 0 a unit may come in a descent
WIDTH, DEPTH, SPREADS, KEPT_SPREAD = 8, 6, (0.25, 0.5, 1.0), 0.5  # of the six layers


def few_points() -> tuple[np.ndarray, np.ndarray]:
    """The points that nets side by side learn."""
    return points(12)


@np.errstate(over="ignore", invalid="ignore")
def together(
    A: np.ndarray, v: np.ndarray, nets: int, epochs: int, noise: Matrices | None = None
) -> tuple[np.ndarray, ...]:
    """Final losses (nets,), how many units of each net are above 0 nowhere, at the start and at the end, and how near to 0
    w x + b ever comes: where it is 0 but for rounding, each program goes its own way."""
    x, y = few_points()
    X, belongs = np.hstack([x, np.ones_like(x)]), np.kron(np.eye(nets), np.ones((A.shape[1] // nets, 1)))
    begin, moved, near = A, [np.zeros_like(A), np.zeros_like(v)], 1.0
    for t in range(epochs):
        lin = X @ A
        act, near = np.maximum(lin, 0), min(near, abs(lin[lin != 0]).min())
        d = 2 * ((act * v) @ belongs - y) @ belongs.T / len(x)
        grads = [X.T @ (d * v * (act > 0)), (d * act).sum(0, keepdims=True)]
        if noise:
            grads[0] = grads[0] + STRONG * (1 - t / epochs) * noise[t]
        moved = [PULL * m + grad for m, grad in zip(moved, grads, strict=True)]
        A, v = A - RATE_MANY * moved[0], v - RATE_MANY * moved[1]
    losses = np.square((np.maximum(X @ A, 0) * v) @ belongs - y).mean(0)
    return losses, *(~(X @ some > 0).any(axis=0) @ belongs for some in (begin, A)), near


@cache
def two_starts(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """w and v (1, 12) of a net most of whose units are dead at a bias of -3, for ever, and nearly none at 0;
    a bias of 2 kills some on the way."""
    draw = drawing(seed, "dead")
    for _ in range(TRIES):
        w, v = (draw.normal(0, np.sqrt(2 / n), (1, TOGETHER)).round(1) for n in (1, TOGETHER))
        A = np.vstack([np.tile(w, 3), np.repeat([0.0, BIAS, LARGE], TOGETHER)])
        losses, dead, late, near = together(A, np.tile(v, 3), 3, AFTER)
        sleeping = dead[0] == 0 and late[0] <= 1 and 7 <= dead[1] == late[1] and 4 * losses[0] < losses[1] < 1
        killed = dead[2] == 0 and late[2] >= 4 and losses[2] < 10
        if w.all() and v.all() and near > APART and sleeping and killed:
            break
    return w, v


@cache
def many_starts(seed: int) -> tuple[np.ndarray, np.ndarray, Matrices]:
    """w and b (2, 80) and v (1, 80) of twenty nets, and the noise of each step (2, 80): some end near 0, more do not,
    and the noise helps some and harms others."""
    draw, n = drawing(seed, "starts"), MANY_NETS * UNITS
    for _ in range(TRIES):
        A = np.vstack([draw.normal(0, 1, n), draw.uniform(-1.5, 1.5, n)]).round(1)
        A[1] += 0.05  # so that no unit begins with its corner in a point
        v = draw.normal(0, 0.7, (1, n)).round(1)
        noise = [draw.normal(0, 1, (2, n)).round(1) for _ in range(ROUNDS)]
        (quiet, *_, near), (shaken, *_, close) = (together(A, v, MANY_NETS, ROUNDS, some) for some in (None, noise))
        helped = (quiet - shaken > CLEAR).sum(), (shaken - quiet > CLEAR).sum()
        if (
            3 <= (quiet < NEAR).sum() <= 6
            and (quiet > FAR).sum() >= 10
            and helped[0] >= helped[1] + 2
            and helped[1] >= 1
            and max(*quiet, *shaken) < 2
            and min(near, close) > APART
        ):
            break
    return A, v, noise


@cache
def layers(seed: int) -> tuple[np.ndarray, Matrices, np.ndarray, np.ndarray]:
    """X (8, 8), weights of spread 1 of six layers, those of the output (8, 1), and y (8, 1): with ReLUs and a spread of
    sqrt(2 / 8) numbers and gradients stay about as large, with sigmoids the gradients vanish."""
    draw = drawing(seed, "layers")
    for _ in range(TRIES):
        X, *Z, v, y = (draw.normal(0, 1, (WIDTH, k)).round(2) for k in (*[WIDTH] * (DEPTH + 1), 1, 1))
        sizes, grads = _through(X, Z, v, y, False)
        vanished = _through(X, Z, v, y, True)[1]
        level = 0.4 < sizes[-1] / sizes[0] < 1.5 and min(sizes) > 0.25 and 0.3 < grads[-1] / grads[0] < 3
        if level and vanished[-1] > 200 * vanished[0] and (np.diff(vanished) > 0).all():
            break
    return X, Z, v, y


def _through(
    X: np.ndarray, Z: Matrices, v: np.ndarray, y: np.ndarray, sigmoid: bool
) -> tuple[list[float], list[float]]:
    """The mean size of what each layer gives, and of the gradient of its weights, at the usual spread."""
    acts, Ws = [X], [KEPT_SPREAD * W for W in Z]
    for W in Ws:
        lin = acts[-1] @ W
        acts.append(1 / (1 + np.exp(-lin)) if sigmoid else np.maximum(lin, 0))
    d, grads = 2 * (acts[-1] @ v - y) @ v.T / len(y), []
    for W, before, act in zip(Ws[::-1], acts[-2::-1], acts[:0:-1], strict=True):
        d = d * (act * (1 - act) if sigmoid else act > 0)
        grads.append(float(abs(before.T @ d).mean()))
        d = d @ W.T
    return [float(abs(act).mean()) for act in acts], grads[::-1]


# ---- the passengers

MODELS: dict[str, tuple[int, ...] | None] = {"line": (), "two_relu": None, "8": (8,), "8-4": (8, 4)}
CHECKED = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # epochs after which a loss is kept
FOLDS, PEOPLE = 5, 712


def folds() -> np.ndarray:
    """To which of the five parts each passenger belongs, (712,)."""
    found: np.ndarray = np.random.RandomState(0).permutation(PEOPLE) % FOLDS
    return found


@cache
def passengers() -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Their features, X (712, 10) and who survived (712, 1)."""
    table = titanic()
    return tuple(table.features), np.asarray(table.X, float), np.asarray(table.y, float).reshape(-1, 1)


@cache
def trained() -> dict[str, Any]:
    """What torch has trained: weights by net as a sheet has them, and losses; tests/keep_trained.py does it again."""
    kept: dict[str, Any] = json.loads((files(__package__) / "trained.json").read_text())
    return kept

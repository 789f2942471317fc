"""Points and parcels for a seed, such that what lesson 8 tells of them is true."""

from __future__ import annotations

from functools import cache

import numpy as np

from sheetnet.course.drawing import TRIES, drawing, first_that

TRAIN, KNOWN, ALL, PARTS = 12, 20, 30, 5  # training rows; with the validation rows; with the test rows; of KFold
DEGREES = range(1, 10)
DECAYS = (0.000001, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0, 10.0, 100.0)
EPOCHS, RATE = 60, 0.3
PARCELS = 60
SPREAD = 15.0  # what the inverse of a fit's products holds at most
COURSE = 4185636  # what draws the points of the course; the parcels are drawn by the same rule for every seed

Points = tuple[np.ndarray, np.ndarray]  # x (30, 1) and y (30, 1): training, validation and test rows in this order


@cache
def points(seed: int) -> Points:
    """The points of the course for seed 0, else some that are drawn until they are telling; where none are, those of the
    course.

    x (30, 1) between -1 and 1 in an order of chance, denser at both ends; y (30, 1) = 4 x^3 - 2 x + 1 + noise of scale 0.35.
    """
    draw = drawing(seed, "points")
    tries = 20 * TRIES if seed else 0
    return first_that(tells, lambda: _drawn(draw), lambda: _drawn(np.random.RandomState(COURSE)), tries)


def _drawn(draw: np.random.RandomState) -> Points:
    x = draw.permutation(np.cos(np.pi * (np.arange(ALL) + 0.5) / ALL))[:, None]
    y = 4 * x**3 - 2 * x + 1 + draw.normal(scale=0.35, size=x.shape)
    return x.round(2), y.round(2)


def tells(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the story is true of these points: degree 3 has the lowest loss on the validation rows, over the five
    parts, and of all ways; 1 is far behind, 9 too; decay and stopping help 9, and its loss on the validation rows falls
    once and then rises. One sees it: the curve of degree 9 swings, and no row alone is most of its loss."""
    X = x ** np.arange(10)
    if not _spread(X @ legendre(10)) or not _swings(X, y):
        return False
    train, valid, test = slice(0, TRAIN), slice(TRAIN, KNOWN), slice(KNOWN, ALL)
    fits = [_best(X[train, : d + 1], y[train]) for d in DEGREES]
    L, V, T = (
        [_loss(X[some, : d + 1], w, y[some]) for d, w in zip(DEGREES, fits, strict=True)]
        for some in (train, valid, test)
    )
    if not (np.argmin(V) == 2 and V[0] > 2 * V[2] and 3 * V[2] < V[8] < 12 and L[2] < V[2]):
        return False
    if not (V[2] < T[2] < 3 * V[2] and T[2] < T[8] / 2):
        return False
    ridge = [_loss(X[valid], _ridge(X[train], y[train], decay), y[valid]) for decay in DECAYS]
    if not (0 < np.argmin(ridge) < 8 and V[2] < min(ridge) < V[8] / 2 and ridge[5] < 0.7 * V[8]):
        return False
    return _stops(X[train], y[train], X[valid], y[valid], V[2]) and _parts_agree(X, y)


def _spread(Q: np.ndarray) -> bool:
    """Whether the rows of each fit lie so that its weights keep their digits."""
    fits = [Q[:TRAIN], *(np.delete(Q[:KNOWN], part, axis=0) for part in np.arange(KNOWN).reshape(PARTS, -1))]
    return all(np.abs(np.linalg.inv(rows.T @ rows)).max() < SPREAD for rows in fits)


def _swings(X: np.ndarray, y: np.ndarray) -> bool:
    """Whether the curve of degree 9 turns more often than the shape behind it, and not one validation row has most of
    the loss."""
    w = _best(X[:TRAIN], y[:TRAIN])
    squares = np.square(X[TRAIN:KNOWN] @ w - y[TRAIN:KNOWN])
    curve = np.linspace(-1, 1, 101)[:, None] ** np.arange(10) @ w
    turns = np.count_nonzero(np.diff(np.sign(np.diff(curve[:, 0]))))
    return bool(turns >= 4 and squares.max() < squares.sum() / 2)


def _parts_agree(X: np.ndarray, y: np.ndarray) -> bool:
    """Whether the five parts, too, want degree 3."""
    means = []
    for d in DEGREES:
        losses = []
        for part in np.arange(KNOWN).reshape(PARTS, -1):
            rest = np.delete(np.arange(KNOWN), part)
            losses.append(_loss(X[part, : d + 1], _best(X[rest, : d + 1], y[rest]), y[part]))
        means.append(np.mean(losses))
    return bool(np.argmin(means) == 2 and means[8] > 2 * means[2])


def _stops(X: np.ndarray, y: np.ndarray, X_valid: np.ndarray, y_valid: np.ndarray, least: float) -> bool:
    """Whether the training loss falls, and that on the validation rows falls and then rises, in a descent by Adagrad."""
    W, squares = np.zeros((10, 1)), np.zeros((10, 1))
    learnt, losses = [], []
    for _ in range(EPOCHS + 1):
        learnt.append(_loss(X, W, y))
        losses.append(_loss(X_valid, W, y_valid))
        slope = 2 * X.T @ (X @ W - y) / len(X)
        squares = squares + slope**2
        W = W - RATE * slope / (np.sqrt(squares) + 1e-10)
    turns = np.count_nonzero(np.diff(np.sign(np.diff(losses))))
    at = int(np.argmin(losses))
    falls = bool((np.diff(learnt) < 0).all())
    return falls and turns == 1 and 6 < at < 40 and losses[-1] > 1.3 * losses[at] and losses[at] > least


def _best(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.linalg.lstsq(X, y, rcond=None)[0]
    return found


def _ridge(X: np.ndarray, y: np.ndarray, decay: float) -> np.ndarray:
    found: np.ndarray = np.linalg.solve(X.T @ X + decay * np.diag([0.0] + [1.0] * 9), X.T @ y)
    return found


def _loss(X: np.ndarray, W: np.ndarray, y: np.ndarray) -> float:
    return float(np.square(X @ W - y).mean())


@cache
def legendre(n: int) -> np.ndarray:
    """Legendre's polynomials, a column for each, as weights of 1, x, x^2 and so on, (n, n).

    Source: (k + 1) p_k+1 = (2 k + 1) x p_k - k p_k-1.
    """
    table = np.eye(n)
    for k in range(1, n - 1):
        table[:, k + 1] = ((2 * k + 1) * np.roll(table[:, k], 1) - k * table[:, k - 1]) / (k + 1)
    return table


def parcels(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """kg and km (60, 2), prices as they were typed and as they stand on the slips (60, 1): one differs, by two digits
    that changed places.

    The wrong price is no larger than others are: only beside its prediction it surprises. It is over half of the loss.
    """
    draw = drawing(seed, "parcels")
    while True:
        kg, km = draw.randint(2, 81, PARCELS) / 4, draw.randint(2, 91, PARCELS) * 10.0
        slip = (3 + 1.4 * kg + 0.03 * km + draw.normal(scale=2.0, size=PARCELS)).round()
        typed, at = slip.copy(), int(draw.randint(20, PARCELS))
        tens, ones = divmod(slip[at], 10)
        typed[at] = 10 * ones + tens
        X = np.column_stack([kg, km, np.ones(PARCELS)])
        far = np.abs(X @ _best(X, typed) - typed)
        halved = _loss(X, _best(X, slip), slip) < 0.45 * _loss(X, _best(X, typed), typed)
        first, second = np.sort(far)[::-1][:2]
        if (
            halved
            and slip.min() > 5
            and 12 < typed[at] < np.sort(typed)[-8]
            and far.argmax() == at
            and first > 2.5 * second
        ):
            return np.column_stack([kg, km]), typed[:, None], slip[:, None]

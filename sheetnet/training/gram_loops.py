"""The compiled loops of the Gram path (gram.py has the mathematics): rows sorted into far and near, and epochs."""

from __future__ import annotations

import numpy as np

from sheetnet.training.compiling import alone
from sheetnet.training.fused import sums

DONE, REBUILD, LEAVE = 0, 1, 2  # why descend came back
SPAN = 16.0  # sums that fell to so small a share of themselves have lost as much of their digits: they are made anew
ROUNDING = 4 * 2.3e-16  # in parts of a sum of sizes and its terms: twice what dot products and moved weights can lose
SMALLEST, LARGEST = 1e-140, 1e140  # of what is squared, so that digits are left
SORT = 2  # rows of a pass that cost as much as sorting a row
WINDOW = 64  # epochs between two looks at what they cost
TRIES = 8  # halvings of a radius with too many rows near


@alone
def count(X, y, norms, t, i, A, above, sign, g, H, mass, far, x):  # type: ignore[no-untyped-def]
    """None; row i of tile t counts among the far rows (sign 1), or no longer (-1), by its signs in above.

    error = sum of x . A_u over the units above 0, less y; far: error^2 and whether it is right; g_u += error x;
    H_uv += x x'; mass_u += |x|^2; x (p,): scratch.
    """
    k, p = A.shape
    error = -y[t, i]
    for f in range(p):
        x[f] = X[t, f, i]
    for u in range(k):
        if above[t, u, i]:
            mass[u] += sign * norms[t, i] * norms[t, i]
            for f in range(p):
                error += A[u, f] * x[f]
    far[0] += sign * error * error
    far[1] += sign if (1.0 if above[t, k, i] else 0.0) == y[t, i] else 0.0
    for u in range(k):
        if above[t, u, i]:
            for f in range(p):
                a = sign * x[f]
                g[u, f] += error * a
                for v in range(k):
                    if above[t, v, i]:
                        for c in range(p):
                            H[u * p + f, v * p + c] += a * x[c]


@alone
def sort(X, y, n, norms, W, A, radius, near, above, g, H, mass, far, Xn, yn, now, lin, pred, room, look, x):  # type: ignore[no-untyped-def]  # fmt: skip
    """Sort rows into near and far at W: how many are near, or -1 for too many; and how many turned.

    A row is far where weights that each move by radius from W cannot change a sign of x . w_u or of pred - 0.5.
    above (tiles, k + 1, T) has the signs by which the far rows count in g, H, mass and far; near ones go into the
    tiles Xn, yn. now, lin, pred, room, look and x: scratch of a tile.
    """
    k, p = W.shape
    T, Tn, terms = X.shape[2], Xn.shape[2], ROUNDING * (p + k + 4)
    m, turns = 0, 0
    for t in range(X.shape[0]):
        sizes = 0.0
        for i in range(T):
            pred[i], room[i], look[i] = 0.0, np.inf, near[t, i]
        for u in range(k):
            size = 0.0
            for f in range(p):
                size += abs(W[u, f]) + radius
            sizes += size
            for i in range(T):
                lin[i] = 0.0
            for f in range(p):
                a = W[u, f]
                for i in range(T):
                    lin[i] += a * X[t, f, i]
            for i in range(T):
                now[u, i] = lin[i] > 0.0
                look[i] |= now[u, i] != above[t, u, i]
                pred[i] += 0.0 if lin[i] <= 0.0 else lin[i]
                alone = abs(lin[i]) - terms * size * norms[t, i]
                room[i] = alone if alone < room[i] else room[i]
        for i in range(T):
            now[k, i] = pred[i] > 0.5
            look[i] |= now[k, i] != above[t, k, i]
            alone = (abs(pred[i] - 0.5) - terms * (sizes * norms[t, i] + 0.5)) / k
            room[i] = room[i] if alone >= room[i] else alone  # what is no number is near
            room[i] = 1.0 if room[i] >= norms[t, i] * radius else 0.0
            look[i] |= room[i] == 0.0
        for i in range(min(T, n - t * T)):
            if not look[i]:
                continue
            close, was = room[i] == 0.0, near[t, i]
            for sign in (-1.0, 1.0):  # it goes with its old signs, and comes with its new ones
                if (sign < 0.0 and not was) or (sign > 0.0 and not close):
                    count(X, y, norms, t, i, A, above, sign, g, H, mass, far, x)
                    turns += 1
                for h in range(k + 1):
                    above[t, h, i] = now[h, i]
            near[t, i] = close
            if close:
                if m == yn.size:
                    return -1, turns
                for f in range(p):
                    Xn[m // Tn, f, m % Tn] = X[t, f, i]
                yn[m // Tn, m % Tn] = y[t, i]
                m += 1
    for j in range(m, -(-m // Tn) * Tn):
        for f in range(p):
            Xn[j // Tn, f, j % Tn] = 0.0
        yn[j // Tn, j % Tn] = 0.0
    return m, turns


@alone
def descend(  # type: ignore[no-untyped-def]
    X, y, n, norms, W, A, R, g, G, H, Ds, gs, Gs, near, above, mass, peak, far, state, ball, Xn, yn,
    now, lin, pred, room, look, x, lins, error, scale, lr, decay, losses, rights,
):  # fmt: skip
    """Epochs of descent in place: how many were made, and why no more (DONE, REBUILD, LEAVE).

    n: rows, the others of the last tile are zeros; ball (1,): the radius around R in which no far row turns; Ds, gs,
    Gs: D = W - A, g and G in one dimension; state: near rows (-1: not yet sorted), epochs since the last sort, epochs
    since all was made anew, turns since then, what was spent in this window; scale: 2 / rows.
    losses[e] and rights[e] belong to the weights before step e.
    """
    k, p = W.shape
    M, T = Ds.size, Xn.shape[2]
    yes = n > 0  # no literal, for each of which numba would compile sums anew
    for e in range(losses.size):
        farthest = 0.0
        for u in range(k):
            squares = 0.0
            for f in range(p):
                squares += (W[u, f] - R[u, f]) * (W[u, f] - R[u, f])
            farthest = squares if not squares <= farthest else farthest
        if state[0] < 0 or not farthest <= ball[0] * ball[0]:
            if not farthest < LARGEST:
                return e, LEAVE
            if state[0] >= 0:  # near rows and sorting are to cost the same: twice the least that they can
                ball[0] = ball[0] * 2.0 if state[0] * state[1] < SORT * n else ball[0] / 2.0
            for u in range(k):
                for f in range(p):
                    R[u, f] = W[u, f]
            for _ in range(TRIES):
                ball[0] = ball[0] if ball[0] > SMALLEST else SMALLEST
                state[0], turns = sort(
                    X, y, n, norms, W, A, ball[0], near, above, g, H, mass, far, Xn, yn, now, lin, pred, room, look, x,
                )  # fmt: skip
                state[3] += turns
                state[4] += SORT * n + (8 + M // 4) * turns  # in rows of a pass, as below
                if state[0] >= 0:
                    break
                ball[0] /= 2.0
            if state[0] < 0 or not far[0] < LARGEST:
                return e, LEAVE
            state[1] = 0
            for u in range(k):
                peak[u] = mass[u] if mass[u] > peak[u] else peak[u]
                if mass[u] * SPAN < peak[u] or state[3] > 2 * n:
                    return e, REBUILD
        if state[2] % WINDOW == 0:
            if state[4] > WINDOW * n:
                return e, LEAVE
            state[4] = 0
        tiles = -(-state[0] // T)
        squared, right = sums(Xn, yn, W, tiles - tiles, tiles, yes, yes, lins, error, G)
        squared += far[0]
        for r in range(M):
            total = gs[r]
            for c in range(M):
                total += H[r, c] * Ds[c]
            Gs[r] += total
            squared += Ds[r] * (gs[r] + total)
        if not far[0] <= SPAN * squared:
            for r in range(M):
                Gs[r] = 0.0
            return e, REBUILD
        losses[e], rights[e] = squared * scale / 2.0, far[1] + right - (tiles * T - state[0])
        for u in range(k):
            for f in range(p):
                Ds[u * p + f] -= lr * (scale * G[u, f] + decay * W[u, f])
                W[u, f] = A[u, f] + Ds[u * p + f]
                G[u, f] = 0.0
        state[1] += 1
        state[2] += 1
        state[4] += state[0] + M
    return losses.size, DONE

"""The compiled loops of the Gram path (gram.py has the mathematics): rows sorted into far and near, and epochs."""

from __future__ import annotations

from sheetnet.training.compiling import alone
from sheetnet.training.fused import sums

DONE, REBUILD, LEAVE = 0, 1, 2  # why descend came back
SPAN = 16.0  # sums that fell to so small a share of themselves have lost as much of their digits: they are made anew
ROUNDING = 4 * 2.3e-16  # in parts of a sum of sizes and its terms: twice what dot products and moved weights can lose
SMALLEST, LARGEST = 1e-140, 1e140  # of what is squared, so that digits are left
SORT, TURN = 3, 16  # what it costs to sort a row, and to turn one, in rows of a pass
WINDOW = 64  # epochs between two looks at what they cost
TRIES = 8  # halvings of a radius with too many rows near


@alone
def count(X, y, norms, i, A, above, sign, g, H, mass, far):  # type: ignore[no-untyped-def]
    """None; row i counts among the far rows (sign 1), or no longer (-1), by its signs in above.

    error = sum of x . A_u over the units above 0, less y; far: error^2 and whether it is right; g_u += error x;
    H_uv += x x'; mass_u += |x|^2.
    """
    k, p = A.shape
    error = -y[i]
    for u in range(k):
        if above[i, u]:
            mass[u] += sign * norms[i] * norms[i]
            for f in range(p):
                error += A[u, f] * X[i, f]
    far[0] += sign * error * error
    far[1] += sign if (1.0 if above[i, k] else 0.0) == y[i] else 0.0
    for u in range(k):
        if above[i, u]:
            for f in range(p):
                a = sign * X[i, f]
                g[u, f] += error * a
                for v in range(k):
                    if above[i, v]:
                        for c in range(p):
                            H[u * p + f, v * p + c] += a * X[i, c]


@alone
def sort(X, y, norms, W, A, radius, near, above, g, H, mass, far, now, Xn, yn):  # type: ignore[no-untyped-def]
    """Sort rows into near and far at W: how many are near, or -1 for too many; and how many turned.

    A row is far where weights that each move by radius from W cannot change a sign of x . w_u or of pred - 0.5.
    above (n, k + 1) has the signs by which the far rows count in g, H, mass and far; the near go into tiles Xn, yn.
    now (k + 1,): scratch.
    """
    k, p = W.shape
    T, m, turns = Xn.shape[2], 0, 0
    for i in range(y.size):
        slack, terms = norms[i] * radius, ROUNDING * (p + k + 4)
        pred, sizes, turned, close = 0.0, 0.5, False, False
        for u in range(k):
            lin, size = 0.0, 0.0
            for f in range(p):
                part = W[u, f] * X[i, f]
                lin += part
                size += abs(part)
            now[u] = lin > 0.0
            close |= not abs(lin) - terms * size >= slack  # what is no number is near
            turned |= now[u] != above[i, u]
            pred += lin if lin > 0.0 else 0.0
            sizes += size
        now[k] = pred > 0.5
        close |= not abs(pred - 0.5) - terms * sizes >= k * slack
        turned |= now[k] != above[i, k]
        if (close or turned) and not near[i]:
            near[i] = True
            turns += 1
            count(X, y, norms, i, A, above, -1.0, g, H, mass, far)
        if close:
            if m == yn.size:
                return -1, turns
            for f in range(p):
                Xn[m // T, f, m % T] = X[i, f]
            yn[m // T, m % T] = y[i]
            m += 1
        elif near[i]:
            near[i] = False
            turns += 1
            for h in range(k + 1):
                above[i, h] = now[h]
            count(X, y, norms, i, A, above, 1.0, g, H, mass, far)
    for j in range(m, -(-m // T) * T):
        for f in range(p):
            Xn[j // T, f, j % T] = 0.0
        yn[j // T, j % T] = 0.0
    return m, turns


@alone
def descend(X, y, norms, W, A, R, g, G, H, Ds, gs, Gs, near, above, now, mass, peak, far, state, ball, Xn, yn, lin, error,
            scale, lr, decay, losses, rights):  # type: ignore[no-untyped-def]  # fmt: skip
    """Epochs of descent in place: how many were made, and why no more (DONE, REBUILD, LEAVE).

    ball (1,): the radius around R in which no far row turns; state: near rows (-1: not yet sorted), epochs since the
    last sort, since all was made anew, turns since then, what was spent in this window; scale: 2 / rows.
    losses[e] and rights[e] belong to the weights before step e.
    """
    k, p = W.shape
    M, T, n = Ds.size, Xn.shape[2], y.size
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
                state[0], turns = sort(X, y, norms, W, A, ball[0], near, above, g, H, mass, far, now, Xn, yn)
                state[3] += turns
                state[4] += SORT * n + TURN * turns
                if state[0] >= 0:
                    break
                ball[0] /= 2.0
            if state[0] < 0:
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
        squared, right = sums(Xn, yn, W, tiles - tiles, tiles, yes, yes, lin, error, G)
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

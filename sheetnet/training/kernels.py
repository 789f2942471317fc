"""Triton kernels for CUDA: many nets on one small table, one net on one small table, one net on very many rows.

pred = X W or the sum of relu(X w_j), error = pred - y, d_j = error * (lin_j > 0), G = X' d, and a step is
W - lr * (2 / rows * G + decay * W). All in float32, in plain products (never TF32). A nan passes through every
comparison as in torch, so that a run which diverges is seen to diverge.

Matrices are tuples of columns or entries, each a register; loops over features and units are unrolled as a kernel is
compiled, once for each (p, k).
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

MAX_FEATURES, MAX_UNITS = 16, 4
REGISTERS = 190  # of a thread, for numbers that one net and its table keep: 255 are there, some are needed in passing
FOUR_EACH = 1 << 17  # nets from which on a thread takes four of up to 20 weights: all processors still have work
PROGRAMS, ROWS_AT_ONCE = 1056, 512  # of sums: 8 programs for each of 132 processors; rows that one takes at a time


def fits(p: int, k: int) -> bool:
    """Whether the kernels take nets of p features and k units: their weights and gradients must fit into registers."""
    return p <= MAX_FEATURES and k <= MAX_UNITS


def fits_one(n: int, p: int, k: int) -> bool:
    """Whether descend_one can keep a table of n rows on the chip."""
    return fits(p, k) and n <= most_rows(p, k)


def most_rows(p: int, k: int) -> int:
    """How many rows fit into the registers of 256 threads beside each thread's weights and gradient."""
    return 256 * min(8, max(0, (REGISTERS - 2 * k * p) // (p + 1)))


def shape_of_one(n: int, p: int, k: int) -> dict[str, int]:
    """How descend_one cuts a table up: lanes, rows on each, and the powers of two that hold a row and all sums."""
    lanes = 128 if 2 * n <= most_rows(p, k) else 256
    return {
        "LANES": lanes, "ROWS": triton.cdiv(n, lanes), "WIDTH": (p - 1).bit_length(), "LEVELS": (k * p + 1).bit_length()
    }  # fmt: skip


@triton.jit
def _forward(x, y, real, w, P: tl.constexpr, K: tl.constexpr, RELU: tl.constexpr):
    """The prediction of rows x (P columns), its error (0 where a row is not real), and d for each unit."""
    lin = ()
    pred = 0.0
    for j in tl.static_range(K):
        z = w[j * P] * x[0]
        for f in tl.static_range(1, P):
            z += w[j * P + f] * x[f]
        lin = lin + (z,)
        pred += tl.where(z <= 0, 0.0, z) if RELU else z
    error = tl.where(real, pred - y, 0.0)
    d = ()
    for j in tl.static_range(K):
        d = d + (tl.where(lin[j] <= 0, 0.0, error) if RELU else error,)
    return pred, error, d


@triton.jit
def _zeros(like, SIZE: tl.constexpr):
    zeros = ()
    for _ in tl.static_range(SIZE):
        zeros = zeros + (tl.zeros_like(like),)
    return zeros


@triton.jit
def _add(G, x, d, P: tl.constexpr, K: tl.constexpr):
    """G + x' d, entry by entry."""
    added = ()
    for j in tl.static_range(K):
        for f in tl.static_range(P):
            added = added + (G[j * P + f] + x[f] * d[j],)
    return added


@triton.jit(do_not_specialize=["n", "N", "epochs", "first"])  # else 1 and multiples of 16 compile kernels of their own
def _nets(
    X, y, W, lr, decay, best, diverged, n, N, rows, epochs, first,
    P: tl.constexpr, K: tl.constexpr, RELU: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Each lane is a net: its weights and gradient are registers, and the rows pass by all lanes at once."""
    net = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = net < N
    at = W + net.to(tl.int64) * (K * P)
    w = ()
    for i in tl.static_range(K * P):
        w = w + (tl.load(at + i, mask, 0.0),)
    rate, shrink = tl.load(lr + net, mask, 0.0), tl.load(decay + net, mask, 0.0)
    low, bad = tl.load(best + net, mask, 0.0), tl.load(diverged + net, mask, 0)
    for epoch in range(epochs):
        G = _zeros(rate, K * P)
        squared = tl.zeros_like(rate)
        for row in range(n):
            x = ()
            for f in tl.static_range(P):
                x = x + (tl.load(X + row * P + f),)
            _, error, d = _forward(x, tl.load(y + row), True, w, P, K, RELU)
            G = _add(G, x, d, P, K)
            squared += error * error
        loss = squared / rows
        finite = tl.abs(loss) < float("inf")
        low = tl.where(finite & (loss < low), loss, low)
        bad = tl.where(finite | (bad >= 0), bad, first + epoch)
        moved = ()
        for i in tl.static_range(K * P):
            moved = moved + (w[i] - rate * (G[i] * (2.0 / rows) + shrink * w[i]),)
        w = moved
    for i in tl.static_range(K * P):
        tl.store(at + i, w[i], mask)
    tl.store(best + net, low, mask)
    tl.store(diverged + net, bad, mask)


def nets_at_once(p: int, k: int, n_nets: int) -> int:
    """How many nets 128 threads take: four each, which share the load of a row; two; or one where few fit."""
    return 512 if k * p <= 20 and n_nets >= FOUR_EACH else 256 if k * p <= 32 else 128


def descend_nets(
    X: torch.Tensor, y: torch.Tensor, W: torch.Tensor, lr: torch.Tensor, decay: torch.Tensor, best: torch.Tensor,
    diverged: torch.Tensor, *, rows: float, epochs: int, first: int, relu: bool,
) -> None:  # fmt: skip
    """Nothing: takes `epochs` steps with each of N nets, W (N, k, p), on X (n, p) and y (n,), in place.

    lr and decay (N,); best (N,): the least finite loss so far, diverged (N,) int64: the first epoch (counted from
    `first`) without a finite loss, or -1; both look at the weights before each step. rows divides the squared error.
    Raises: ValueError for nets that do not fit into registers.
    """
    N, k, p = W.shape
    if not fits(p, k):
        raise ValueError(f"nets of up to {MAX_FEATURES} features and {MAX_UNITS} units fit, not of {p} and {k}")
    block = nets_at_once(p, k, N)
    with torch.cuda.device_of(X):  # type: ignore[no-untyped-call]
        _nets[(triton.cdiv(N, block),)](
            X, y, W, lr, decay, best, diverged, len(y), N, rows, epochs, first,
            P=p, K=k, RELU=relu, BLOCK=block, num_warps=4, enable_fp_fusion=True,
        )  # fmt: skip


@triton.jit
def _join(parts, HALF: tl.constexpr):
    joined = ()
    for i in tl.static_range(HALF):
        joined = joined + (tl.join(parts[i], parts[i + HALF]),)
    return joined


@triton.jit
def _split(parts, SIZE: tl.constexpr):
    lower, upper = (), ()
    for i in tl.static_range(SIZE):
        low, high = tl.split(parts[i])
        lower, upper = lower + (low,), upper + (high,)
    return lower + upper


@triton.jit
def _scalars(vector, LEVELS: tl.constexpr):
    """The 2**LEVELS entries of a vector."""
    parts = (tl.reshape(vector, [2] * LEVELS),)
    for level in tl.static_range(LEVELS):
        parts = _split(parts, 2**level)
    return parts


@triton.jit
def _columns(tile, LEVELS: tl.constexpr):
    """The 2**LEVELS columns of a matrix."""
    parts = (tl.reshape(tile, [tile.shape[0]] + [2] * LEVELS),)
    for level in tl.static_range(LEVELS):
        parts = _split(parts, 2**level)
    return parts


@triton.jit
def _matrix(parts, LEVELS: tl.constexpr):
    """The matrix with these 2**LEVELS columns."""
    for level in tl.static_range(LEVELS):
        parts = _join(parts, 2 ** (LEVELS - 1 - level))
    return tl.reshape(parts[0], [parts[0].shape[0], 2**LEVELS])


@triton.jit(do_not_specialize=["n", "epochs"])
def _one(
    X, y, W, losses, right, n, lr, decay, rows, epochs,
    P: tl.constexpr, K: tl.constexpr, RELU: tl.constexpr, LANES: tl.constexpr, ROWS: tl.constexpr,
    WIDTH: tl.constexpr, LEVELS: tl.constexpr,
):  # fmt: skip
    """Each lane keeps ROWS rows of the table, with zeros for what is not there, and stays for all epochs."""
    lane, f, entry = tl.arange(0, LANES), tl.arange(0, 2**WIDTH), tl.arange(0, 2**LEVELS)
    x, t, real = (), (), ()
    for r in tl.static_range(ROWS):
        row = r * LANES + lane
        tile = tl.load(X + row[:, None] * P + f[None, :], (row < n)[:, None] & (f < P)[None, :], 0.0)
        x, t, real = x + (_columns(tile, WIDTH),), t + (tl.load(y + row, row < n, 0.0),), real + (row < n,)
    w = _scalars(tl.load(W + entry, entry < K * P, 0.0), LEVELS)[: K * P]
    for epoch in range(epochs):
        squared = tl.zeros([LANES], tl.float32)
        hits = tl.zeros([LANES], tl.float32)
        G = _zeros(squared, K * P)
        for r in tl.static_range(ROWS):
            pred, error, d = _forward(x[r], t[r], real[r], w, P, K, RELU)
            G = _add(G, x[r], d, P, K)
            squared += error * error
            hits += tl.where(real[r] & (tl.where(pred > 0.5, 1.0, 0.0) == t[r]), 1.0, 0.0)
        parts = G + (squared, hits) + _zeros(squared, 2**LEVELS - K * P - 2)
        totals = _scalars(tl.sum(_matrix(parts, LEVELS), 0), LEVELS)
        tl.store(losses + epoch, totals[K * P] / rows)
        tl.store(right + epoch, totals[K * P + 1])
        moved = ()
        for i in tl.static_range(K * P):
            moved = moved + (w[i] - lr * (totals[i] * (2.0 / rows) + decay * w[i]),)
        w = moved
    for i in tl.static_range(K * P):
        tl.store(W + i, w[i])


def descend_one(
    X: torch.Tensor, y: torch.Tensor, W: torch.Tensor, losses: torch.Tensor, right: torch.Tensor, *, lr: float,
    decay: float, rows: float, relu: bool,
) -> None:  # fmt: skip
    """Nothing: takes a step for each entry of losses with one net, W (k, p), on X (n, p) and y (n,), in place.

    losses[e] and right[e] (both float32), the loss and the number of right rows, belong to the weights before step e.
    Raises: ValueError for a table that does not fit on the chip.
    """
    n, p = X.shape
    k = len(W)
    if not fits_one(n, p, k):
        raise ValueError(f"a table of {n} x {p} with {k} units does not fit on the chip")
    shape = shape_of_one(n, p, k)
    with torch.cuda.device_of(X):  # type: ignore[no-untyped-call]
        _one[(1,)](
            X, y, W, losses, right, n, lr, decay, rows, len(losses),
            P=p, K=k, RELU=relu, **shape, num_warps=shape["LANES"] // 32, enable_fp_fusion=True,
        )  # fmt: skip


@triton.jit
def _sums(X, y, W, out, n, stride, P: tl.constexpr, K: tl.constexpr, RELU: tl.constexpr, BLOCK: tl.constexpr):
    """Each program takes every so-many-th block of rows; a row is loaded once, for forward and backward pass."""
    program, programs = tl.program_id(0), tl.num_programs(0)
    lane = tl.arange(0, BLOCK).to(tl.int64)
    w = ()
    for i in tl.static_range(K * P):
        w = w + (tl.load(W + i),)
    squared = tl.zeros([BLOCK], tl.float32)
    hits = tl.zeros([BLOCK], tl.float32)
    G = _zeros(squared, K * P)
    for block in range(program, stride // BLOCK, programs):
        row = block * BLOCK + lane
        x = ()
        column = X + row
        for _ in tl.static_range(P):
            x = x + (tl.load(column),)
            column += stride
        t = tl.load(y + row)
        pred, error, d = _forward(x, t, row < n, w, P, K, RELU)
        G = _add(G, x, d, P, K)
        squared += error * error
        hits += tl.where((row < n) & (tl.where(pred > 0.5, 1.0, 0.0) == t), 1.0, 0.0)
    at = out + program * (K * P + 2)
    for i in tl.static_range(K * P):
        tl.store(at + i, tl.sum(G[i], 0))
    tl.store(at + K * P, tl.sum(squared, 0))
    tl.store(at + K * P + 1, tl.sum(hits, 0))


def padded(n: int) -> int:
    """How many rows sums wants for n of them: whole blocks, so that loads are wide and need no mask."""
    return -(-n // ROWS_AT_ONCE) * ROWS_AT_ONCE


def sums(X: torch.Tensor, y: torch.Tensor, W: torch.Tensor, *, n: int, relu: bool) -> torch.Tensor:
    """X' d (k * p entries), squared error and number of right rows, (k * p + 2,) float64, in one pass over the rows.

    X (p, padded(n)), a feature after the other, and y (padded(n),), both zero after n rows; W (k, p). Each thread sums
    its rows in float32, a program its threads too; programs are summed in float64, always in the same order.
    Raises: ValueError for a net that does not fit into registers, or rows that are not padded.
    """
    p, stride = X.shape
    k = len(W)
    if not fits(p, k):
        raise ValueError(f"nets of up to {MAX_FEATURES} features and {MAX_UNITS} units fit, not of {p} and {k}")
    if stride != padded(n) or len(y) != stride or not X.is_contiguous():
        raise ValueError(f"{n} rows are to be padded to {padded(n)} with zeros, found {stride}")
    block = ROWS_AT_ONCE if k * p <= 40 else ROWS_AT_ONCE // 2  # 4 or 2 rows a thread, where registers suffice
    programs = min(PROGRAMS, stride // block)
    out = torch.empty((programs, k * p + 2), device=X.device)
    with torch.cuda.device_of(X):  # type: ignore[no-untyped-call]
        _sums[(programs,)](
            X, y, W, out, n, stride, P=p, K=k, RELU=relu, BLOCK=block, num_warps=4, enable_fp_fusion=True)  # fmt: skip
    return out.double().sum(0)

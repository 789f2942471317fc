"""A table in tiles: (n_tiles, p, T), T rows of each feature side by side, so that loops over rows are vectors."""

from __future__ import annotations

import numpy as np

ALIGN = 64  # bytes: a whole vector register, so that no load straddles two cache lines


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Zeros that begin at a multiple of 64 bytes."""
    size = int(np.prod(shape)) * dtype.itemsize
    raw = np.zeros(size + ALIGN, np.uint8)
    first = -raw.ctypes.data % ALIGN
    return raw[first : first + size].view(dtype).reshape(shape)


def tile_rows(n: int, p: int) -> int:
    """How many rows a tile has: all of a small table, else what fits beside the buffers into a first cache."""
    lanes = ALIGN // 4
    fits = max(lanes * 4, min(1024, 12_288 // p // lanes * lanes))
    tiles = -(-n // fits)
    return -(-n // (tiles * lanes)) * lanes


def tiled(X: np.ndarray, y: np.ndarray, dtype: np.dtype, T: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """X (n, p) and y (n, 1) as tiles of T rows, by default of tile_rows: (n_tiles, p, T) and (n_tiles, T)."""
    n, p = X.shape
    T = T or tile_rows(n, p)
    tiles = -(-n // T)
    Xt, yt = aligned((tiles, p, T), dtype), aligned((tiles, T), dtype)
    for t in range(tiles):
        part = slice(t * T, min(n, (t + 1) * T))
        m = part.stop - part.start
        Xt[t, :, :m], yt[t, :m] = X[part].T, y[part, 0]
    return Xt, yt

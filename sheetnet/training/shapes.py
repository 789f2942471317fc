"""What is trained side by side on a CPU: how many nets at once, how many rows in a tile, and buffers for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sheetnet.training.tiles import aligned
from sheetnet.training.vectors import Registers, registers

EPOCHS = 1024  # in a call at most: the losses of all of them come back
CACHE = 24 << 10  # bytes of a first cache that a tile of the table and of its errors may take


@dataclass(frozen=True)
class Shape:
    """What the loops are written for: so many nets of k units over p features, tiles of so many rows."""

    nets: int
    k: int
    p: int
    tile: int
    relu: bool
    dtype: str


def shape_of(n: int, p: int, k: int, relu: bool, dtype: str, by: Registers | None = None) -> Shape:
    """The shape that suits n rows: few rows of zeros at the end, and a tile that stays in a first cache."""
    by = by or registers()
    nets = 1 if k > by.units else max(4, by.units // k)
    size = np.dtype(dtype).itemsize
    vectors = -(-n * size // by.bytes)
    rows = min(range(by.rows, 0, -1), key=lambda rows: -(-vectors // rows) * rows)
    blocks = -(-vectors // rows)
    fits = max(1, CACHE // (by.bytes * rows * (p + nets * k)))
    return Shape(nets, k, p, -(-blocks // -(-blocks // fits)) * rows * by.bytes // size, relu, dtype)


class Room:
    """The table and what the loops of a shape write to, for one thread."""

    def __init__(self, shape: Shape, lanes: int, X: np.ndarray, y: np.ndarray) -> None:
        dtype, double = np.dtype(shape.dtype), np.dtype(float)
        units, each = shape.nets * shape.k, shape.k * shape.p
        weights, nets = (-(-n // lanes) * lanes for n in (units * shape.p, shape.nets))
        W, d, G = aligned((weights,), dtype), aligned((units, shape.tile), dtype), aligned((weights, lanes), dtype)
        squares, hits, tops = (aligned((n, lanes), dtype) for n in (nets, nets, units))
        total, rates, decays = (aligned((weights,), double) for _ in "Grd")
        squared, right, losses = (aligned(size, double) for size in ((nets,), (nets,), (EPOCHS, shape.nets)))
        self.W, self.rates, self.decays = (a[: shape.nets * each].reshape(shape.nets, each) for a in (W, rates, decays))
        self.losses, self.squared, self.right = losses, squared[: shape.nets], right[: shape.nets]
        self.tops = tops.reshape(shape.nets, -1, lanes)  # the largest lin of each unit
        self._held = X, y, W, d, G, squares, hits, tops, total, rates, decays, squared, right, losses
        to_descend = X, y, W, d, G, squares, total, squared, rates, decays, losses
        to_measure = X, y, W, d, squares, hits, tops, squared, right
        self.to_descend, self.to_measure = ([a.ctypes.data for a in arrays] for arrays in (to_descend, to_measure))
        self.tiles = len(X)

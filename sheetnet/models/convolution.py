"""Layers that look at pictures: a convolution, and pooling. A picture is a row: channel by channel, line by line.

A convolution is X (n, pixels) times a matrix in which the weights of its filters stand again and again, elsewhere 0.
Its weights stand as (channels * lines * columns, filters): a filter in each column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.graph.node import Node, apply, constant, relu
from sheetnet.graph.windows import OUTSIDE, gather
from sheetnet.models.layer import Held, Layer, Pass, expect

MOST = 20_000  # entries of the matrix that a convolution multiplies by: beyond, a sheet is no place for it


@dataclass(frozen=True)
class Sliding(Layer):
    """What moves over pictures of so many channels, rows and columns: a window, its steps, and 0 around the picture."""

    channels: int
    rows: int
    cols: int
    k_rows: int
    k_cols: int
    s_rows: int
    s_cols: int
    p_rows: int = 0
    p_cols: int = 0

    @property
    def picture(self) -> tuple[int, int, int]:
        """Channels, rows and columns of what comes in."""
        return self.channels, self.rows, self.cols

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of what comes out: (n + 2p - k) / s + 1, rounded down."""
        return (
            (self.rows + 2 * self.p_rows - self.k_rows) // self.s_rows + 1,
            (self.cols + 2 * self.p_cols - self.k_cols) // self.s_cols + 1,
        )

    def fitting(self, widths: Sequence[int]) -> int:
        """At how many places the window fits.

        Raises: SheetnetError for pictures of another size, and a window that fits nowhere.
        """
        sizes = (*self.picture, self.k_rows, self.k_cols, self.s_rows, self.s_cols)
        if not all(type(size) is int for size in (*sizes, self.p_rows, self.p_cols)) or not (
            1 <= min(sizes) <= max(sizes) <= MOST and min(self.p_rows, self.p_cols) >= 0
        ):
            raise SheetnetError(f"{self}: sizes and steps are whole numbers from 1 on, padding from 0 on")
        expect(widths, self.channels * self.rows * self.cols, self)
        if min(self.places) < 1 or self.p_rows >= self.k_rows or self.p_cols >= self.k_cols:
            raise SheetnetError(f"{self}: a picture of {self.rows} x {self.cols} has no place for such a window")
        return self.places[0] * self.places[1]


@lru_cache(maxsize=64)
def seen(one: Sliding) -> np.ndarray:
    """Which pixel of a channel lies under each entry of the window at each place, (entries, places); -1: none."""
    across = np.arange(one.rows * one.cols).reshape(one.rows, one.cols)
    framed = np.pad(across, ((one.p_rows,) * 2, (one.p_cols,) * 2), constant_values=OUTSIDE)
    n, k = one.places
    out = [
        framed[i : i + one.s_rows * n : one.s_rows, j : j + one.s_cols * k : one.s_cols][:n, :k].reshape(-1)
        for i in range(one.k_rows)
        for j in range(one.k_cols)
    ]
    return np.array(out)


def _every_channel(one: Sliding, pixels: np.ndarray) -> np.ndarray:
    """The same pixels of each channel, side by side."""
    size = one.rows * one.cols
    return np.concatenate([np.where(pixels < 0, OUTSIDE, pixels + size * channel) for channel in range(one.channels)])


def picked(width: int, columns: np.ndarray) -> Node:
    """A matrix (width, columns) of 0 and 1: a times it is these columns of a; 0 for -1."""
    return apply("equal", _line(np.arange(width)).T, _line(columns))


def _line(numbers: np.ndarray) -> Node:
    return constant((tuple(map(float, numbers.tolist())),))


@dataclass(frozen=True)
class Conv(Sliding):
    """Filters over pictures, as torch's Conv2d: (n, channels * rows * cols) -> (n, filters * places)."""

    filters: int = 1
    bias: bool = True

    @property
    def held(self) -> tuple[Held, ...]:
        weight = Held("weight", (self.filters, self.channels, self.k_rows, self.k_cols), "W", turned=True)
        return (weight, Held("bias", (self.filters,), "b")) if self.bias else (weight,)

    @property
    def word(self) -> str:
        return "conv"

    def width(self, *widths: int) -> int:
        out = self.fitting(widths) * self.filters
        if not 1 <= self.filters <= MOST or out * widths[0] > MOST:
            raise SheetnetError(
                f"{self}: {widths[0]:,} pixels times {out:,} outputs are more than {MOST:,} cells;"
                " take smaller pictures, fewer filters or a larger stride"
            )
        return out

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        lin = sources[0] @ gather(P["weight"], spread(self))
        if not self.bias:
            return lin
        return lin + gather(P["bias"], np.repeat(np.arange(self.filters), seen(self).shape[1])[None])


@lru_cache(maxsize=64)
def spread(one: Conv) -> np.ndarray:
    """Which weight stands at each entry of the matrix (pixels, filters * places); -1: none, which is 0."""
    taps, n = seen(one), one.rows * one.cols
    entries, places = taps.shape
    out = np.full((one.channels, n, one.filters, places), OUTSIDE)
    for entry, place in np.argwhere(taps >= 0):
        for channel in range(one.channels):
            weights = (channel * entries + entry) * one.filters + np.arange(one.filters)
            out[channel, taps[entry, place], :, place] = weights
    return out.reshape(one.channels * n, one.filters * places)


class Pool(Sliding):
    """One number for each window, channel by channel."""

    def width(self, *widths: int) -> int:
        return self.fitting(widths) * self.channels

    @property
    def word(self) -> str:
        return "pool"


@dataclass(frozen=True)
class MaxPool(Pool):
    """The largest entry of each window, channel by channel: of equal ones the first, as torch has it."""

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        a, taps = sources[0], seen(self)
        inside = taps[(taps >= 0).argmax(axis=0), np.arange(taps.shape[1])]  # of each window the first pixel there is
        columns = [_every_channel(self, np.where(line < 0, inside, line)) for line in taps]
        most, *others = (a @ picked(a.shape[1], one) for one in columns)
        for other in others:
            most = relu(other - most) + most
        return most


@dataclass(frozen=True)
class MeanPool(Pool):
    """The mean of each window, channel by channel; what is around the picture counts as 0."""

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        a, taps = sources[0], seen(self)
        if self.s_rows >= self.k_rows and self.s_cols >= self.k_cols:  # each pixel lies in one window at most
            home = np.full(self.rows * self.cols, OUTSIDE)
            for line in taps:
                home[line[line >= 0]] = np.flatnonzero(line >= 0)
            every = np.concatenate([
                np.where(home < 0, OUTSIDE, home + taps.shape[1] * channel) for channel in range(self.channels)
            ])  # fmt: skip
            total = a @ apply("equal", _line(every).T, _line(np.arange(taps.shape[1] * self.channels)))
        else:
            total, *others = (a @ picked(a.shape[1], _every_channel(self, line)) for line in taps)
            for other in others:
                total = total + other
        return total / float(self.k_rows * self.k_cols)

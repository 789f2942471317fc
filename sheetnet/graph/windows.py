"""Entries of a matrix at known places: gathered, added up again, times a filter, or the largest of each window.

`at` holds places of a matrix, counted from 0 row by row; -1 is outside, where 0 stands. A window is told by the place
of its upper left entry. Sheets write these ops cell by cell, so `at` is a constant.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from sheetnet.errors import GraphError
from sheetnet.graph.dialect import ATOM, SUM
from sheetnet.graph.node import Node, apply, constant
from sheetnet.graph.ops import Shape

Array = Any
Text = tuple[str, float]  # of a formula, and how tightly it binds
OUTSIDE = -1


def at(places: Any) -> Node:
    """A constant of places, from rows of whole numbers."""
    return constant(tuple(tuple(map(float, line)) for line in np.asarray(places).tolist()))


def gather(a: Node, places: Any) -> Node:
    """The entries of a at these places, of their shape.

    >>> gather(constant(((1.0, 2.0), (3.0, 4.0))), [[3, 0]])
    <gather 1 x 2>
    """
    return apply("gather", a, at(places))


def corners(shape: Shape, size: Shape, step: int = 1) -> np.ndarray:
    """The places at which windows of a size begin within a matrix, every step rows and columns.

    >>> corners((3, 4), (2, 2))
    array([[0, 1, 2],
           [4, 5, 6]])
    """
    n, k = (range(0, whole - own + 1, step) for whole, own in zip(shape, size, strict=True))
    return np.array([[i * shape[1] + j for j in k] for i in n])


def within(corner: np.ndarray, size: Shape, width: int) -> np.ndarray:
    """The places of each window's entries, side by side: (windows, rows * columns of a window).

    >>> within(np.array([[0, 1]]), (2, 2), 4)
    array([[0, 1, 4, 5],
           [1, 2, 5, 6]])
    """
    inner = np.arange(size[0])[:, None] * width + np.arange(size[1])
    found: np.ndarray = np.asarray(corner).reshape(-1, 1) + inner.reshape(1, -1)
    return found


def framed(shape: Shape, pad: int) -> np.ndarray:
    """The places of a matrix with so many rows and columns of outside around it.

    >>> framed((1, 2), 1).tolist()
    [[-1, -1, -1, -1], [-1, 0, 1, -1], [-1, -1, -1, -1]]
    """
    return np.pad(np.arange(shape[0] * shape[1]).reshape(shape), pad, constant_values=OUTSIDE)


def correlate(a: Node, taps: Node, step: int = 1) -> Node:
    """The sum of each window's entries times the taps: what deep learning calls a convolution."""
    return apply("correlate", a, taps, at(corners(a.shape, taps.shape, step)))


def largest(a: Node, size: int, step: int = 0) -> Node:
    """The largest entry of each window of size x size; step: from one to the next, usually the size."""
    return apply("largest", a, at(np.zeros((size, size))), at(corners(a.shape, (size, size), step or size)))


# ---- numbers


def _whole(places: Array) -> Array:
    return places.astype(int) if isinstance(places, np.ndarray) else places.long()


def gathered(xp: Any, a: Array, places: Array) -> Array:
    """The entries there; 0 outside, whatever a is."""
    return xp.concatenate([a.reshape(-1), 0.0 * xp.ones_like(a).reshape(-1)[:1]])[_whole(places)]


def scattered(xp: Any, d: Array, places: Array, like: Array) -> Array:
    """For each entry of like the sum of those entries of d that were gathered there."""
    flat, home = xp.zeros_like(like).reshape(-1), _whole(places).reshape(-1)
    inside = home != OUTSIDE
    if isinstance(d, np.ndarray):
        np.add.at(flat, home[inside], d.reshape(-1)[inside])
    else:
        flat = flat.index_add(0, home[inside], d.reshape(-1)[inside])
    return flat.reshape(like.shape)


def windows(a: Array, size: Array, places: Array) -> Array:
    """The entries of each window, (rows of places, columns of places, entries)."""
    inner = np.arange(size.shape[0])[:, None] * a.shape[1] + np.arange(size.shape[1])
    spread = inner.reshape(-1) if isinstance(a, np.ndarray) else places.new_tensor(inner.reshape(-1)).long()
    return a.reshape(-1)[_whole(places)[:, :, None] + spread]


def correlated(xp: Any, a: Array, taps: Array, places: Array) -> Array:
    """Each window's entries times the taps, added up."""
    return (windows(a, taps, places) * taps.reshape(-1)).sum(-1)


def highest(xp: Any, a: Array, size: Array, places: Array) -> Array:
    """Each window's largest entry."""
    return xp.amax(windows(a, size, places), -1)


# ---- formulas

Line = Callable[..., str]  # see formula: the text of some rows and columns of a node


@lru_cache(maxsize=64)
def _places(node: Node, k: int) -> np.ndarray:
    """Its constant of places. Raises: GraphError for places that are no constant."""
    if node.sources[k].op != "constant":
        raise GraphError(f"{node!r}: its places must be a constant")
    return np.atleast_2d(np.array(node.sources[k].value)).astype(int)


@lru_cache(maxsize=64)
def _gathered_at(node: Node) -> dict[int, list[tuple[int, int]]]:
    """For each place the rows and columns of what was gathered there."""
    out: dict[int, list[tuple[int, int]]] = {}
    for (i, j), place in np.ndenumerate(_places(node, 1)):
        out.setdefault(int(place), []).append((i, j))
    return out


def _gather_cell(line: Line, node: Node, i: int, j: int, places: Any) -> Text:
    a, place = node.sources[0], _places(node, 1)[i, j]
    if place == OUTSIDE:
        return "0", ATOM
    r, c = divmod(int(place), a.shape[1])
    return line(a, (r, r), (c, c), (False, False), places), ATOM


def _scatter_cell(line: Line, node: Node, i: int, j: int, places: Any) -> Text:
    d, width = node.sources[0], node.shape[1]
    found = _gathered_at(node).get(i * width + j, [])
    return "+".join(line(d, (r, r), (c, c), (False, False), places) for r, c in found) or "0", SUM


def _window(line: Line, node: Node, i: int, j: int, places: Any) -> str:
    a, (n, k) = node.sources[0], node.sources[1].shape
    r, c = divmod(int(_places(node, 2)[i, j]), a.shape[1])
    return line(a, (r, r + n - 1), (c, c + k - 1), (False, False), places)


def _correlate_cell(line: Line, node: Node, i: int, j: int, places: Any) -> Text:
    taps = node.sources[1]
    whole = line(taps, (0, taps.shape[0] - 1), (0, taps.shape[1] - 1), (True, True), places)
    return f"SUMPRODUCT({_window(line, node, i, j, places)},{whole})", ATOM


def _largest_cell(line: Line, node: Node, i: int, j: int, places: Any) -> Text:
    return f"MAX({_window(line, node, i, j, places)})", ATOM


def cells(line: Line) -> dict[str, Callable[[Node, int, int, Any], Text]]:
    """How a cell of each of these ops is written, and how tightly that binds; line: see formula."""
    of = {"gather": _gather_cell, "scatter": _scatter_cell, "correlate": _correlate_cell, "largest": _largest_cell}
    return {op: partial(write, line) for op, write in of.items()}

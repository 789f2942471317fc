"""Numbers held against numbers, cell by cell: the largest differences, and the first cell that is wrong."""

from __future__ import annotations

import numpy as np

from sheetnet.book.reader import where
from sheetnet.checking.report import BlockReport, Finding
from sheetnet.graph.magnitude import NOISE
from sheetnet.page.area import Area

RELATIVE = 1e-10  # of the expected number


def floor_of(magnitude: np.ndarray) -> np.ndarray:
    """What counts as zero in each column, (1, k), of a block of some magnitude: noise of the largest number there.

    Column by column, as what stands side by side may be of other size: eight runs of which one outgrows the rest.
    """
    floor: np.ndarray = NOISE * magnitude.max(axis=0, keepdims=True, initial=0.0)
    return floor


def hold_against(
    line: BlockReport,
    area: Area,
    got: np.ndarray,
    expected: np.ndarray,
    relative: float,
    floor: np.ndarray | float,
    words: str,
    spoilt: np.ndarray | None = None,
    undecided: np.ndarray | float = 0.0,
    computed: bool = False,
) -> tuple[float, float]:
    """The largest absolute and relative difference; the first bad cell becomes the block's finding.

    floor: what a difference may be beside nothing, for all or for each column (1, k).
    Errors are compared by kind: nan is an error value. spoilt marks the cells of array formulas in which some entry
    is an error: programs differ in whether one entry spoils a whole matrix product, so there an error is right too.
    undecided: how far two programs may be apart, entry by entry, that decide otherwise; inf says nothing of the entry.
    """
    line.compared = True
    texts = _texts(expected)
    wrong_kind = texts != _texts(got)
    wrong_text = ~wrong_kind & texts & (got != expected)
    both = ~texts & ~wrong_kind
    g = np.where(both, got, 0.0).astype(float)
    e = np.where(both, expected, 0.0).astype(float)
    g, e = (np.where(np.isfinite(a), a, np.nan) for a in (g, e))
    difference = np.abs(g - e)
    one_error = np.isnan(g) != np.isnan(e)
    if spoilt is not None:
        one_error &= ~(spoilt & np.isnan(g))
    one_error &= ~np.isinf(undecided)
    difference = np.where(np.isnan(difference) | (difference <= 2.0 * undecided), 0.0, difference)
    bad = wrong_kind | wrong_text | one_error | (difference > relative * np.nan_to_num(np.abs(e)) + floor)
    if bad.any() and line.finding is None:
        i, j = (int(k) for k in np.argwhere(bad)[0])
        cell = where(area.sheet, area.row + i, area.col + j)
        line.finding = Finding(cell, words, _show(got[i, j]), _show(expected[i, j]), computed)
    with np.errstate(all="ignore"):
        relatives = np.where(np.abs(e) > floor, difference / np.abs(e), 0.0)
    return float(difference.max(initial=0.0)), float(np.nan_to_num(relatives).max(initial=0.0))


def _texts(cells: np.ndarray) -> np.ndarray:
    """Which cells hold text."""
    if cells.dtype != object:
        return np.zeros(cells.shape, dtype=bool)
    return np.array([isinstance(cell, str) for cell in cells.flat], dtype=bool).reshape(cells.shape)


def _show(value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    number = float(value)  # type: ignore[arg-type]
    return repr(number) if np.isfinite(number) else "an error value"

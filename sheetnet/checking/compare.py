"""Numbers held against numbers, cell by cell: the largest differences, and the first cell that is wrong."""

from __future__ import annotations

import numpy as np

from sheetnet.checking.reader import where
from sheetnet.checking.report import BlockReport, Finding
from sheetnet.page.area import Area

RELATIVE = 1e-10  # of the expected number
FLOOR = 1e-13  # of the largest number of the block: what counts as zero beside it


def largest(value: np.ndarray) -> float:
    """The largest finite number of an array, without its sign; 0 for text."""
    if value.dtype == object:
        return 0.0
    finite = np.abs(value[np.isfinite(value)])
    return float(finite.max()) if finite.size else 0.0


def hold_against(
    line: BlockReport,
    area: Area,
    got: np.ndarray,
    expected: np.ndarray,
    relative: float,
    floor: float,
    words: str,
    spoilt: np.ndarray | None = None,
    computed: bool = False,
) -> tuple[float, float]:
    """The largest absolute and relative difference; the first bad cell becomes the block's finding.

    Errors are compared by kind: nan is an error value. spoilt marks the cells of array formulas in which some entry
    is an error: programs differ in whether one entry spoils a whole matrix product, so there an error is right too.
    """
    line.compared = True
    texts = np.array([isinstance(e, str) for e in expected.flat]).reshape(expected.shape)
    wrong_kind = texts != np.array([isinstance(g, str) for g in got.flat]).reshape(got.shape)
    wrong_text = ~wrong_kind & texts & (got != expected)
    both = ~texts & ~wrong_kind
    g = np.where(both, got, 0.0).astype(float)
    e = np.where(both, expected, 0.0).astype(float)
    g, e = (np.where(np.isfinite(a), a, np.nan) for a in (g, e))
    difference = np.abs(g - e)
    one_error = np.isnan(g) != np.isnan(e)
    if spoilt is not None:
        one_error &= ~(spoilt & np.isnan(g))
    difference = np.where(np.isnan(difference), 0.0, difference)
    bad = wrong_kind | wrong_text | one_error | (difference > relative * np.nan_to_num(np.abs(e)) + floor)
    if bad.any() and line.finding is None:
        i, j = (int(k) for k in np.argwhere(bad)[0])
        cell = where(area.sheet, area.row + i, area.col + j)
        line.finding = Finding(cell, words, _show(got[i, j]), _show(expected[i, j]), computed)
    with np.errstate(all="ignore"):
        relatives = np.where(np.abs(e) > floor, difference / np.abs(e), 0.0)
    return float(difference.max(initial=0.0)), float(np.nan_to_num(relatives).max(initial=0.0))


def _show(value: object) -> str:
    if isinstance(value, str):
        return repr(value)
    number = float(value)  # type: ignore[arg-type]
    return repr(number) if np.isfinite(number) else "an error value"

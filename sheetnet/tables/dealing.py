"""Rows dealt into parts: which train, which are for validation, which for a test."""

from __future__ import annotations

from numbers import Real

import numpy as np

from sheetnet.common.settings import MAX_SEED, whole_number
from sheetnet.errors import DataError


def dealt(n_rows: int, classes: np.ndarray | None, valid: float, test: float, seed: int) -> np.ndarray:
    """The part of each row, (n_rows,) of 0 train, 1 valid, 2 test; classes (n_rows,) are dealt in their shares.

    Raises: DataError for shares that are none, or leave a part without rows.
    """
    for name, share in (("valid", valid), ("test", test)):
        if isinstance(share, bool) or not isinstance(share, Real) or not 0 <= share < 1:
            raise DataError(f"{name} must be a share from 0 to less than 1, such as 0.2; found {share!r}")
    if not 0 < valid + test < 1:
        raise DataError(f"valid and test must leave rows that train, and take some; found {valid!r} and {test!r}")
    rng = np.random.default_rng(whole_number("seed", seed, 0, MAX_SEED))
    parts = np.zeros(n_rows, dtype=int)
    groups = [np.arange(n_rows)] if classes is None else [np.flatnonzero(classes == one) for one in np.unique(classes)]
    mixed = [rng.permutation(group) for group in groups]
    # a row's place among its class, from 0 to 1: rows in that order are dealt in the shares of the classes
    places = np.concatenate([(np.arange(len(group)) + 0.5) / len(group) for group in mixed])
    ordered = np.concatenate(mixed)[np.argsort(places, kind="stable")]
    n_test, n_valid = (max(1, round(share * n_rows)) if share else 0 for share in (test, valid))
    if n_rows - n_test - n_valid < 2:
        raise DataError(f"of {n_rows} rows, {n_valid} and {n_test} would leave fewer than 2 that train; take less")
    parts[ordered[n_rows - n_test :]] = 2
    parts[ordered[n_rows - n_test - n_valid : n_rows - n_test]] = 1
    return parts

"""What right answers are known by: worked out from a workbook's lesson and seed, not read from its file."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.book.manifest import Manifest
from sheetnet.errors import WorkbookError
from sheetnet.motifs.exercises import MARKS, OFFSETS, REACH, n_keys

Keys = list[list[tuple[float, float, float]]]  # of each exercise: reach, offset and fingerprint of what is known
CHANGED = "its hidden record was changed"
FOREIGN = "made with settings of its own: judged by what its file says is right"


def keys_of(found: Manifest) -> tuple[Keys, tuple[str, ...]]:
    """The keys of a workbook's exercises, and remarks on where they come from.

    Raises: WorkbookError for a workbook with settings of its own whose file holds no keys.
    """
    values, rates = found.workbook.handed_out(), [place.rate.id for place in found.workbook.places.values()]
    if values and found.touched({id: values[id] for id in rates}):  # it was built with another rate
        values = None
    recorded = [found.record.get(id) for id in (REACH, OFFSETS, MARKS)]
    shape = len(found.workbook.exercises), n_keys(found.workbook.exercises)
    if values is None:
        if any(column is None or column.shape != shape for column in recorded):
            raise WorkbookError("its hidden record holds no keys of its exercises")
        return _rows(recorded), (FOREIGN, *(() if found.intact else (CHANGED,)))
    own = found.workbook.keys_of_answers(values)
    known = [own[id] for id in (REACH, OFFSETS, MARKS)]
    same = all(b is not None and a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-9)
               for a, b in zip(known, recorded, strict=True))  # fmt: skip
    return _rows(known), (() if same and found.intact else (CHANGED,))


def _rows(columns: Any) -> Keys:
    return [list(zip(*map(np.ndarray.tolist, rows), strict=True)) for rows in zip(*columns, strict=True)]

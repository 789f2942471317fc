"""What right answers are known by: worked out from a workbook's lesson and seed, not read from its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetnet.book.manifest import Manifest
from sheetnet.classroom.grades import plain
from sheetnet.common.version import VERSION
from sheetnet.errors import WorkbookError
from sheetnet.motifs.exercises import MARKS, OFFSETS, REACH, n_keys, read_all

Keys = list[list[tuple[float, float, float]]]  # of each exercise: reach, offset and fingerprint of what is known
DIGITS = 12  # of a right answer
CHANGED = "its hidden record was changed"
OTHERWISE = f"{CHANGED}, or another version of the lesson made it"
FOREIGN = "made with settings of its own: judged by what its file says is right"


@dataclass(frozen=True)
class Known:
    """The keys of a workbook's exercises, the right answers if they are worked out, remarks on where all come from."""

    keys: Keys
    rights: list[float]
    remarks: tuple[str, ...]


def keys_of(found: Manifest) -> Known:
    """What is known of the right answers of a workbook.

    Raises: WorkbookError for a workbook with settings of its own whose file holds no keys.
    """
    values, rates = found.workbook.handed_out(), [place.rate.id for place in found.workbook.places.values()]
    if values and found.touched({id: values[id] for id in rates}):  # it was built with another rate
        values = None
    recorded = [found.record.get(id) for id in (REACH, OFFSETS, MARKS)]
    exercises = found.workbook.exercises
    shape = len(exercises), n_keys(exercises)
    if values is None:
        if any(column is None or column.shape != shape for column in recorded):
            raise WorkbookError("its hidden record holds no keys of its exercises")
        return Known(_rows(recorded), [], (FOREIGN, *(() if found.intact else (CHANGED,))))
    own = found.workbook.keys_of_answers(values)
    truths = read_all([exercise.asked[0] for exercise in exercises], found.workbook.by_node(values))
    rights = [float(f"{truth:.{DIGITS}g}") for truth in truths]
    known = [own[id] for id in (REACH, OFFSETS, MARKS)]
    same = all(b is not None and a.shape == b.shape and np.allclose(a, b, rtol=1e-9, atol=1e-9)
               for a, b in zip(known, recorded, strict=True))  # fmt: skip
    if same and found.intact:
        return Known(_rows(known), rights, ())
    version = other_version(found) if found.intact else ""
    words = f"{version}: judged by what is right in this one" if version else OTHERWISE if found.intact else CHANGED
    return Known(_rows(known), rights, (words,))


def other_version(found: Manifest) -> str:
    """Words on the version of sheetnet that made a workbook; "" for the one that reads it."""
    return "" if found.version == VERSION else f"made by sheetnet {plain(found.version):.20}, and this is {VERSION}"


def _rows(columns: Any) -> Keys:
    return [list(zip(*map(np.ndarray.tolist, rows), strict=True)) for rows in zip(*columns, strict=True)]

"""What right answers are known by: worked out from a workbook's lesson and seed, not read from its file."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetnet.book.manifest import Manifest
from sheetnet.course.lesson import Lesson
from sheetnet.course.titanic.lesson import Titanic
from sheetnet.errors import WorkbookError
from sheetnet.motifs.exercises import MARKS, OFFSETS, REACH, n_keys

Keys = list[list[tuple[float, float, float]]]  # of each exercise: reach, offset and fingerprint of what is known
CHANGED = "its hidden record was changed"
FOREIGN = "made with settings of its own: judged by what its file says is right"


def keys_of(found: Manifest) -> tuple[Keys, tuple[str, ...]]:
    """The keys of a workbook's exercises, and remarks on where they come from.

    Raises: WorkbookError for a workbook with settings of its own whose file holds no keys.
    """
    values = as_handed_out(found.workbook)
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


def as_handed_out(workbook: Lesson) -> dict[str, np.ndarray] | None:
    """The values of the inputs by id, as build_lesson delivers them; None where it makes no such workbook."""
    if not isinstance(workbook, Titanic):
        return workbook.as_delivered()
    from sheetnet.models.make import linear, two_relu
    from sheetnet.tables.titanic import titanic

    table = titanic()
    models = [linear(table), two_relu(table)]
    spec = workbook.spec
    as_built = (table.recipe, tuple(m.name for m in models), 100, "sgd", True, ())
    if (spec.recipe, spec.models, spec.epochs, spec.optimiser, spec.shipped, spec.given) != as_built:
        return None
    begin = {m.name: np.asarray(m.init(spec.seed)["W"]) for m in models}
    return {**workbook.as_delivered(), **workbook.given(table, dict.fromkeys(begin, 0.1), begin)}

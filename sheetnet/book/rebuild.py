"""write_params: a workbook built anew with given weights; data, recipe, models and rates as they stand in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sheetnet.book.build import Built, assemble, assemble_lesson, target
from sheetnet.book.params import Params, read_params
from sheetnet.book.weights import fitting, matrix, unwrapped
from sheetnet.common.settings import MAX_EPOCHS, learning_rate, whole_number
from sheetnet.errors import DataError, SheetnetError
from sheetnet.models.model import WEIGHTS
from sheetnet.motifs.workbook import Values
from sheetnet.tables.table import Table
from sheetnet.tables.titanic import prepare


def write_params(file: str | Path, out: str | Path, params: Any) -> Built:
    """Write the workbook of `file` anew, with other weights or inputs, to out, which may be `file` itself.

    Data, recipe, models, epochs, optimiser and rates are those that now stand in `file`; torch's numbers are asked for
    again. Rows of Data that a person has completed since are in use, where the recipe drops incomplete ones. What was
    added to the file (sheets, notes, answers) is not in the new one.

    params: {"W": array} such as run.params, an array or a table (the model with as many units takes it); {"linear":
    ..., "two_relu": ..., "mmult": ...} with any of these for each; a state_dict {"lin.weight": (k, p)}; a Params, whose
    yellow weights are taken; or {block id: value} for the inputs of any lesson, such as {"fit.a": 3}. Models that are
    not named keep their weights. The W of the sheet MMULT follows its model unless it is named.
    Raises: SheetnetError for weights of another shape or model, WorkbookError when a file cannot be read or written.
    """
    out = target(out)
    stands = read_params(file)
    return rebuild(stands, out, changes_of(stands, params))


def changes_of(stands: Params, params: Any) -> dict[str, np.ndarray]:
    """The inputs by block id that params, in any of its forms, asks for."""
    if isinstance(params, Params):
        if params.lesson != stands.lesson:
            raise SheetnetError(f"{params.file} is of the lesson {params.lesson}, {stands.file} of {stands.lesson}")
        if not stands.workbook.models:
            params = params.inputs
        else:
            if params.features != stands.features:
                theirs, ours = ", ".join(params.features), ", ".join(stands.features)
                raise SheetnetError(f"{params.file} has weights for {theirs}; {stands.file} has {ours}")
            params = {name: {"W": params.W(name)} for name in params.workbook.weight_places}
    places = stands.workbook.weight_places
    if places and (not isinstance(params, Mapping) or set(params) in WEIGHTS):
        params = {fitting(unwrapped(params), list(stands.workbook.models.values())).name: params}
    if not isinstance(params, Mapping):
        raise SheetnetError(f"{stands.file}: inputs by block id are needed, found {type(params).__name__}")
    out: dict[str, np.ndarray] = {}
    for name, value in params.items():
        key = name.replace("-", "_") if isinstance(name, str) else name
        if key in places:
            out[places[key].block.id] = places[key].cells(matrix(places[key].model, value, stands.features))
        else:
            out[name] = _input(stands, name, value)
    for twice in places.keys() - stands.workbook.models.keys():  # such as MMULT's: they follow their model
        own = places[places[twice].model.name]
        if places[twice].block.id not in out and own.block.id in out:
            out[places[twice].block.id] = places[twice].cells(own.read(out))
    return out


def _input(stands: Params, id: object, value: Any) -> np.ndarray:
    """The value of a block in which a person may type, judged as the sheet would."""
    if id not in stands.inputs:
        known = ", ".join([*stands.workbook.weight_places, *stands.inputs])
        raise SheetnetError(f"{stands.file}: there is no input {id!r}; there are {known}")
    id, old = str(id), stands.inputs[str(id)]
    try:
        new = np.atleast_2d(np.array(value, dtype=old.dtype))
    except (TypeError, ValueError):
        raise SheetnetError(f"{id} needs numbers, found {value!r:.60}") from None
    if new.shape != old.shape:
        raise SheetnetError(f"{id} needs the shape {old.shape}, found {new.shape}")
    column = stands.workbook.column(id)
    if column:
        try:
            return np.array([[column.value(cell)] for cell in new[:, 0]], dtype=old.dtype)
        except DataError as reason:
            raise SheetnetError(f"{id}: {reason}") from None
    if old.dtype == object:
        return new
    if not np.isfinite(new).all():
        raise SheetnetError(f"{id} needs finite numbers, found {value!r:.60}")
    area = stands.workbook.book.block(id).area
    for rule in (rule for page in stands.workbook.book.pages if page.name == area.sheet for rule in page.rules):
        ruled = set(rule.area.cells())
        for at, v in zip(area.cells(), new.flat, strict=True):
            if at in ruled and (not rule.low <= v <= rule.high or (rule.whole and v != int(v))):
                raise SheetnetError(f"{id} cannot be {v:g}. {rule.message}")
    return new + 0.0


def rebuild(
    stands: Params, out: Path, changes: Values, *, epochs: int | None = None,
    lr: float | Mapping[str, float] | None = None, optimiser: str | None = None, table: Table | None = None,
) -> Built:  # fmt: skip
    """The workbook that stands in a file, built anew with some inputs changed; settings that are given replace its own.

    Raises: SheetnetError for settings that cannot be, WorkbookError when it cannot be written.
    """
    inputs = {**stands.inputs, **changes}
    workbook = stands.workbook
    if not workbook.models:
        if lack := stands.lacking(changes):
            raise SheetnetError(f"{stands.file}: {lack}")
        return assemble_lesson(out, type(workbook), {id: inputs[id] for id in stands.inputs})
    settings = workbook.settings
    table = table or prepare(stands.raw_of(inputs), settings["recipe"])
    if table.features != stands.features:
        theirs, ours = ", ".join(stands.features), ", ".join(table.features)
        raise SheetnetError(f"{stands.file}: its weights are for {theirs}; the table has {ours}")
    models = list(workbook.models.values())
    epochs = whole_number("epochs", settings["epochs"] if epochs is None else epochs, 1, MAX_EPOCHS)
    rates = {name: float(inputs[block.id][0, 0]) for name, block in workbook.rate_places.items()}
    if lr is not None:
        rates = {m.name: learning_rate(lr[m.name] if isinstance(lr, Mapping) else lr) for m in models}
    begin = {m.name: workbook.weight_places[m.name].read(inputs) + 0.0 for m in models}
    given = tuple(sorted(m.name for m in models if not np.array_equal(begin[m.name], m.init(settings["seed"])["W"])))
    twice = [place.block.id for name, place in workbook.weight_places.items() if name not in workbook.models]
    typed = {id: inputs[id] for id in (*workbook.as_delivered(), *twice) if id in inputs}
    at = workbook.book.block_of(workbook.trained[0].common.epoch).id
    typed[at] = np.minimum(typed[at], float(epochs))
    return assemble(
        out, table, models, epochs=epochs, rates=rates, optimiser=optimiser or settings["optimiser"],
        seed=settings["seed"], begin=begin, given=given, typed=typed,
    )  # fmt: skip

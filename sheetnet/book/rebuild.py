"""write_params: a workbook built anew with given weights; data, recipe, models and rates as they stand in a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from sheetnet.book.build import Built, assemble, assemble_lesson, target
from sheetnet.book.params import MMULT, Params, read_params
from sheetnet.book.weights import fitting, matrix, unwrapped
from sheetnet.common.settings import MAX_EPOCHS, learning_rate, whole_number
from sheetnet.course.titanic.lesson import Plan as Passengers
from sheetnet.errors import DataError, SheetnetError
from sheetnet.page.workbook import Values
from sheetnet.tables import SCHEMA
from sheetnet.tables.recipe import Table, prepare

CARRIED = ("start.wiggle", "mmult.A", "mmult.B")  # besides weights, rates and data


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
        if not isinstance(stands.plan, Passengers):
            params = params.inputs
        else:
            if params.features != stands.features:
                theirs, ours = ", ".join(params.features), ", ".join(stands.features)
                raise SheetnetError(f"{params.file} has weights for {theirs}; {stands.file} has {ours}")
            params = params.params | {MMULT: {"W": params.W(MMULT)}}
    models = {net.model.name: net.model for net in stands.plan.nets} if isinstance(stands.plan, Passengers) else {}
    if models and (not isinstance(params, Mapping) or set(params) in ({"W"}, {"lin.weight"})):
        params = {fitting(unwrapped(params), list(models.values())).name: params}
    if not isinstance(params, Mapping):
        raise SheetnetError(f"{stands.file}: inputs by block id are needed, found {type(params).__name__}")
    out: dict[str, np.ndarray] = {}
    for name, value in params.items():
        key = name.replace("-", "_") if isinstance(name, str) else name
        if key in models:
            out[f"{key}.now.weight"] = matrix(models[key], value, stands.features).T
        elif key == MMULT and models:
            out["mmult.now.W"] = matrix(list(models.values())[-1], value, stands.features)
        else:
            out[name] = _input(stands, name, value)
    if models and "mmult.now.W" not in out and (last := f"{list(models)[-1]}.now.weight") in out:
        out["mmult.now.W"] = out[last].T
    return out


def _input(stands: Params, id: object, value: Any) -> np.ndarray:
    """The value of a block in which a person may type, judged as the sheet would."""
    if id not in stands.inputs:
        known = ", ".join([*stands.params, *([MMULT] if stands.params else []), *stands.inputs])
        raise SheetnetError(f"{stands.file}: there is no input {id!r}; there are {known}")
    id, old = str(id), stands.inputs[str(id)]
    try:
        new = np.atleast_2d(np.array(value, dtype=old.dtype))
    except (TypeError, ValueError):
        raise SheetnetError(f"{id} needs numbers, found {value!r:.60}") from None
    if new.shape != old.shape:
        raise SheetnetError(f"{id} needs the shape {old.shape}, found {new.shape}")
    column = SCHEMA.get(id.removeprefix("data.")) if id.startswith("data.") else None
    if column:
        try:
            return np.array([[column.value(cell)] for cell in new[:, 0]], dtype=old.dtype)
        except DataError as reason:
            raise SheetnetError(f"{id}: {reason}") from None
    if old.dtype == object:
        return new
    if not np.isfinite(new).all():
        raise SheetnetError(f"{id} needs finite numbers, found {value!r:.60}")
    area = stands.plan.book.block(id).area
    for rule in (rule for page in stands.plan.book.pages if page.name == area.sheet for rule in page.rules):
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
    if not isinstance(stands.plan, Passengers):
        if lack := stands.lacking(changes):
            raise SheetnetError(f"{stands.file}: {lack}")
        kind = type(stands.plan)
        return assemble_lesson(out, kind, {id: inputs[id] for id in stands.inputs})  # type: ignore[arg-type]
    spec = stands.plan.spec
    table = table or prepare(stands.raw_of(inputs), spec.recipe)
    if table.features != stands.features:
        theirs, ours = ", ".join(stands.features), ", ".join(table.features)
        raise SheetnetError(f"{stands.file}: its weights are for {theirs}; the table has {ours}")
    models = [net.model for net in stands.plan.nets]
    epochs = whole_number("epochs", spec.epochs if epochs is None else epochs, 1, MAX_EPOCHS)
    rates = {m.name: float(inputs[f"start.{m.name}.lr"][0, 0]) for m in models}
    if lr is not None:
        rates = {m.name: learning_rate(lr[m.name] if isinstance(lr, Mapping) else lr) for m in models}
    begin = {m.name: inputs[f"{m.name}.now.weight"].T + 0.0 for m in models}
    given = tuple(sorted(m.name for m in models if not np.array_equal(begin[m.name], m.init(spec.seed)["W"])))
    typed = {id: inputs[id] for id in (*CARRIED, "mmult.now.W")}
    typed["start.epoch"] = np.minimum(inputs["start.epoch"], float(epochs))
    return assemble(
        out, table, models, epochs=epochs, rates=rates, optimiser=optimiser or spec.optimiser, seed=spec.seed,
        begin=begin, given=given, typed=typed,
    )  # fmt: skip

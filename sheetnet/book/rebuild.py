"""write_params: a workbook built anew with given parameters; data, recipe, models and rates as they stand in a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from sheetnet.book.build import Built, assemble_lesson, assembled, target
from sheetnet.book.forms import by_model, judged, of_run
from sheetnet.book.params import Params, read_params
from sheetnet.common.settings import MAX_EPOCHS, learning_rate, whole_number
from sheetnet.errors import DataError, SheetnetError
from sheetnet.graph.dialects import writing
from sheetnet.graph.evaluate import evaluate
from sheetnet.models.as_net import as_net
from sheetnet.models.layer import Layer
from sheetnet.models.net import Net, Step
from sheetnet.motifs.net_parts import describe
from sheetnet.motifs.workbook import Values
from sheetnet.page.language import speaking
from sheetnet.tables.table import Passengers, Table, checked, plan_of
from sheetnet.tables.titanic import prepare


def write_params(file: str | Path, out: str | Path, params: Any) -> Built:
    """Write the workbook of `file` anew, with other parameters or inputs, to out, which may be `file` itself.

    Data, recipe, models, epochs, optimiser and rates are those that now stand in `file`; torch's numbers are asked for
    again. Rows of Data that a person has completed since are in use, where the recipe drops incomplete ones. What was
    added to the file (sheets, notes, answers) is not in the new one.

    params: what one model takes, or {"linear": ..., "mlp": ...} with such for each: {"W": array} such as run.params, by
    our names or torch's (a state_dict), arrays, tensors or tables of pandas, whose rows and columns are taken by their
    names; a file of `sheetnet params` (.csv, .npz, .pt); of a net also the module or estimator itself, or Params.frame.
    Of a model that is one W also that array alone. Or a Params, whose yellow parameters are taken; or {block id: value}
    for the inputs of any lesson, such as {"fit.a": 3}. Models that are not named keep their parameters. The W of the
    sheet MMULT follows its model unless it is named.
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
            params = {name: place.read(params.inputs) for name, place in params.workbook.places.items()}
    places = stands.workbook.places
    if places:
        params = by_model(places, _as_given(stands, None, params), stands.features)
    if not isinstance(params, Mapping):
        raise SheetnetError(f"{stands.file}: inputs by block id are needed, found {type(params).__name__}")
    out: dict[str, np.ndarray] = {}
    for name, value in params.items():
        key = name.replace("-", "_") if isinstance(name, str) else name
        if key in places:
            out |= places[key].cells(judged(places[key], _as_given(stands, key, value), stands.features))
        else:
            out[name] = _input(stands, name, value)
    for twice in places.keys() - stands.workbook.models.keys():  # such as MMULT's: they follow their model
        here, own = (place.blocks.values() for place in (places[twice], places[places[twice].model.name]))
        if not any(block.id in out for block in here) and all(block.id in out for block in own):
            out |= places[twice].cells(places[places[twice].model.name].read(out))
    return out


def _as_given(stands: Params, name: str | None, value: Any) -> Any:
    """The parameters of a module or estimator that the net of that name is; all else as it is.

    name: None where there is but one net. Raises: SheetnetError for a module that is another net.
    """
    value = of_run(value)
    if isinstance(value, type) or not (hasattr(value, "state_dict") or hasattr(value, "get_params")):
        return value
    nets = [net for net in stands.workbook.models.values() if isinstance(net, Net) and name in (None, net.name)]
    if len(nets) != 1:
        return value
    theirs = as_net(value, stands.table, nets[0].loss, nets[0].name)
    if [_layer(step) for step in theirs.steps] != [_layer(step) for step in nets[0].steps]:
        words = f"{describe(nets[0])}; the {type(value).__name__} given is {describe(theirs)}"
        raise SheetnetError(f"{stands.file}: {nets[0].title} is {words}, so that its parameters do not fit")
    return theirs.init()


def _layer(step: Step) -> tuple[Layer, tuple[int, ...]]:
    return step.layer, step.sources


def _input(stands: Params, id: object, value: Any) -> np.ndarray:
    """The value of a block in which a person may type, judged as the sheet would."""
    if id not in stands.inputs:
        known = ", ".join([*stands.workbook.places, *stands.inputs])
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
            return np.array([[column.value(cell) for cell in line] for line in new], dtype=old.dtype)
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
            if at in ruled and not rule.allows(float(v)):
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
        typed, how = {id: inputs[id] for id in stands.inputs}, (workbook.seed, workbook.learner, bool(workbook.blanks))
        with speaking(workbook.book.language), writing(workbook.book.dialect):
            return assemble_lesson(out, type(workbook), typed, *how)
    settings = workbook.settings
    table = table or _table(stands, inputs)
    if table.features != stands.features:
        theirs, ours = ", ".join(stands.features), ", ".join(table.features)
        raise SheetnetError(f"{stands.file}: its weights are for {theirs}; the table has {ours}")
    models, places = list(workbook.models.values()), workbook.places
    epochs = whole_number("epochs", settings["epochs"] if epochs is None else epochs, 1, MAX_EPOCHS)
    rates = {m.name: float(inputs[places[m.name].rate.id][0, 0]) for m in models}
    if lr is not None:
        rates = {m.name: learning_rate(lr[m.name] if isinstance(lr, Mapping) else lr) for m in models}
    begin = {m.name: {key: value + 0.0 for key, value in places[m.name].read(inputs).items()} for m in models}
    drawn = {m.name: m.init(settings["seed"]) for m in models}
    same = {name: all(np.array_equal(a, drawn[name][key]) for key, a in begin[name].items()) for name in begin}
    twice = [block.id for name in places if name not in workbook.models for block in places[name].blocks.values()]
    typed = {id: inputs[id] for id in (*workbook.as_delivered(), *twice) if id in inputs}
    assert workbook.epoch is not None  # there are models
    at = workbook.book.block_of(workbook.epoch).id
    typed[at] = np.minimum(typed[at], float(epochs))
    whose = {key: settings[key] for key in ("learner", "blanks") if settings.get(key)}
    with speaking(workbook.book.language), writing(workbook.book.dialect):
        return assembled(
            out, table, models, epochs=epochs, rates=rates, optimiser=optimiser or settings["optimiser"],
            seed=settings["seed"], begin={m.name: m.check_params(begin[m.name]) for m in models},
            given=tuple(sorted(name for name in begin if not same[name])), typed=typed, **whose,
        )  # fmt: skip


def _table(stands: Params, inputs: Values) -> Table:
    """The table of the raw rows as they now stand, with those that a person has completed since."""
    raw, plan = stands.raw_of(inputs), plan_of(stands.recipe.settings)
    if isinstance(plan, Passengers):
        return prepare(raw, plan.recipe)
    if plan.picks:
        (complete,) = evaluate([stands.recipe.facts["Complete rows"]], stands.workbook.by_node(inputs))
        plan = replace(plan, n_rows=int(complete[0, 0]))
    return checked(Table(raw, plan))

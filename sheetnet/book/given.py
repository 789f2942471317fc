"""What a person gives build: a table that still says what its rows say, and models that suit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sheetnet.errors import SheetnetError
from sheetnet.models.as_net import as_net
from sheetnet.models.frozen import froze
from sheetnet.models.make import net_of, of_passengers
from sheetnet.models.model import Model
from sheetnet.models.net import Net
from sheetnet.motifs.net_parts import free_title
from sheetnet.tables.table import Table, unchanged

MAX_MODELS = 8
MAX_UNITS = 64  # of a model in a workbook: beyond, its rows of formulas take minutes to write and to calculate


def models_for(table: Any, models: Any, loss: str | None) -> list[Model | Net]:
    """The models that were given, each a Model or a Net that suits the table, of different names.

    Raises: SheetnetError for what is no table or no model, and for one that does not suit.
    """
    if not isinstance(table, Table):
        raise SheetnetError(f"a table is needed, such as sn.titanic(), found {type(table).__name__}")
    if not table.raw.columns:
        raise SheetnetError("this table has no raw rows, from which a workbook makes X and y; give the table itself")
    unchanged(table)
    several = list(models) if isinstance(models, list | tuple) else [] if models is None else [models]
    if not several:
        raise SheetnetError("a workbook needs at least one model, such as sn.linear(table)")
    if len(several) > MAX_MODELS:
        raise SheetnetError(f"a workbook has at most {MAX_MODELS} models, found {len(several)}; build two workbooks")
    out: list[Model | Net] = []
    for model in several:
        if not isinstance(model, Model) or loss is not None or not of_passengers(table):
            name = None if hasattr(model, "name") else free_name("net", [one.name for one in out])
            model = as_net(net_of(model) if isinstance(model, Model) else model, table, loss, name)
        elif model.n_hidden > MAX_UNITS:
            raise SheetnetError(
                f"{model.name}: a workbook shows each unit in columns of its own, at most {MAX_UNITS}; take fewer"
                " units, or train it without a workbook"
            )
        elif model.n_features != table.n_features:
            raise SheetnetError(f"{model.name} is for {model.n_features} features, the table has {table.n_features}")
        if isinstance(model, Net):  # sheets are called by its title
            model = replace(model, title=free_title(model.title, model.name, [one.title for one in out]))
        out.append(model)
    if len({model.name for model in out}) != len(out):
        raise SheetnetError('each model can stand in a workbook once; name another with name="second"')
    return out


def frozen_in(
    models: Sequence[Model | Net], frozen: Sequence[str] | Mapping[str, Sequence[str]]
) -> list[Model | Net]:  # fmt: skip
    """The models, with what is frozen in each: in the one there is, or by their names.

    Raises: SheetnetError for a name that no model has, or no parameter.
    """
    names = frozen if isinstance(frozen, Mapping) else {models[0].name: frozen} if frozen else {}
    if not isinstance(frozen, Mapping) and frozen and len(models) > 1:
        raise SheetnetError(f"which model is frozen? Say frozen={{{models[-1].name!r}: {tuple(frozen)!r}}}")
    if unknown := [name for name in names if name not in [model.name for model in models]]:
        raise SheetnetError(f"there is no model {unknown[0]!r} to freeze; there are {[m.name for m in models]}")
    return [
        froze(net_of(model) if isinstance(model, Model) else model, names[model.name])
        if names.get(model.name)
        else model
        for model in models
    ]


def free_name(name: str, taken: Sequence[str]) -> str:
    """The name, or with a number after it where it is taken.

    >>> free_name("net", []), free_name("net", ["net", "net_2"])
    ('net', 'net_3')
    """
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 2)))
    return next(one for one in names if one not in taken)

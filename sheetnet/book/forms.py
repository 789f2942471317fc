"""The parameters of any model in the forms in which people have them: by our names or torch's, by label, in files.

For a model that is one matrix W the forms of weights.py; what nets have besides is here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.book.weights import WRITTEN, fitting, frame_of, read_csv
from sheetnet.common.files import unreadable
from sheetnet.errors import SheetnetError
from sheetnet.models.labels import Names, matrix, of_net, unwrapped
from sheetnet.models.model import WEIGHTS, Model
from sheetnet.models.net import Net
from sheetnet.motifs.workbook import Place
from sheetnet.tables.passengers import decimal
from sheetnet.tables.reading import MAX_BYTES, Cells, cells_of, content_of, text_of
from sheetnet.tables.words import refusal, shown

if TYPE_CHECKING:
    import pandas as pd
    from torch import Tensor

Params = Mapping[str, np.ndarray]  # by our names
LISTED = ["parameter", "row", "column", "value"]
SUCH_AS = "one of `sheetnet params FILE -o W.csv`"
TOO_LARGE = f"it holds more than {MAX_BYTES // 2**20} MiB"


# ---- out


def labelled(value: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """One parameter as pandas, with the names of its rows and columns."""
    import pandas as pd

    return pd.DataFrame(value, pd.Index(rows, name="row"), list(columns))


def as_frame(params: Params, names: Names) -> pd.DataFrame:
    """A model's parameters as one table of pandas: of one that is W as weights.frame_of has it, else listed."""
    return listed(params, names) if list(params) != ["W"] else frame_of(params["W"], names["W"][0])


def listed(params: Params, names: Names) -> pd.DataFrame:
    """All parameters as one table of pandas, a line for each number: parameter, row, column, value."""
    import pandas as pd

    cells = [(name, *at) for name in params for at in product(*names[name])]
    numbers = np.concatenate([value.ravel() for value in params.values()])
    return pd.DataFrame(cells, columns=LISTED[:3]).assign(value=numbers)


def state_of(model: Model | Net, params: Params) -> dict[str, Tensor]:
    """The parameters as torch has them, float64, by the keys of the model's module."""
    import torch

    if isinstance(model, Net):
        return {p.key: torch.tensor(p.to_torch(params[p.name])) for p in model.parameters}
    from sheetnet.models.twins import create

    return dict(create(model.name, dict(params), torch.device("cpu"), torch.float64).state_dict())


# ---- in


def by_model(places: Mapping[str, Place], given: Any, features: Sequence[str]) -> Mapping[str, Any]:
    """What is given, by the name of a place: as it is, or of the one model that it suits.

    Raises: SheetnetError when it suits none, or more than one.
    """
    if isinstance(given, str | Path) and Path(given).suffix.lower() in WRITTEN:
        given = read_file(Path(given), places, features)
    given = of_run(given)
    if isinstance(given, Mapping) and not any(_is_bare(given, place.model) for place in places.values()):
        return given
    models = {place.model.name: place.model for place in places.values()}
    plain = [model for model in models.values() if isinstance(model, Model)]
    if plain:
        return {fitting(unwrapped(given), plain).name: given}
    fit, reasons = [], []
    for name in models:
        try:
            judged(places[name], given, features)
            fit.append(name)
        except SheetnetError as reason:
            reasons.append(reason)
    if not fit:
        raise reasons[0]
    if len(fit) > 1:
        raise SheetnetError(f"these parameters suit {' and '.join(fit)}; say which, such as {{{fit[0]!r}: ...}}")
    return {fit[0]: given}


def of_run(given: Any) -> Any:
    """The parameters of a run, or what stands in an open workbook; all else as it is."""
    found = getattr(given, "params", None)
    return found if isinstance(found, Mapping) else given


def _is_bare(given: Mapping[Any, Any], model: Model | Net) -> bool:
    """Whether the keys are of one model's parameters, not of models."""
    if isinstance(model, Model):
        return set(given) in WEIGHTS
    known = {p.name for p in model.parameters} | {p.key for p in model.parameters}
    return bool(given) and bool(known & set(given)) and model.name not in given


@dataclass(frozen=True)
class Named:
    """A model, and the names of the rows and columns of its parameters: what of a place its parameters need."""

    model: Model | Net
    names: Names


def judged(place: Place | Named, given: Any, features: Sequence[str]) -> dict[str, np.ndarray]:
    """The parameters of a place's model by our names, as float64 arrays in the shapes of a sheet; -0 is 0.

    given: arrays, tensors or tables of pandas by our names or torch's keys, torch's in torch's orientation; of a net
    also a long table (parameter, row, column, value), or a file; of a model with one W as weights.matrix has it. The
    rows and columns of a table that has names for them are taken by these names, in any order.
    Raises: SheetnetError for what is not the model's: another shape, other names, no finite number.
    """
    if isinstance(place.model, Model):
        return {"W": matrix(place.model, given, features)}
    net, given = place.model, of_run(given)
    if isinstance(given, str | Path) and Path(given).suffix.lower() in WRITTEN:
        found = read_file(Path(given), {net.name: place}, features)
        given = found[net.name] if set(found) == {net.name} else found
    if hasattr(given, "columns") and hasattr(given, "itertuples"):
        given = _of_list(given, place)
    if not isinstance(given, Mapping):
        return net.check_params(given)  # which says what is needed
    return of_net(net, given, place.names)


def _of_list(table: Any, place: Place | Named) -> dict[str, np.ndarray]:
    """Parameters from a long table of pandas."""
    if not {*LISTED} <= {*table.columns}:
        words = f"found the columns {', '.join(map(str, table.columns[:8]))}"
        raise SheetnetError(f"parameters in one table have the columns {', '.join(LISTED)}; {words}")
    lines = [tuple(line) for line in table[LISTED].itertuples(index=False)]
    return _filled([(f"row {at}", *map(str, line[:3]), line[3]) for at, line in enumerate(lines, start=1)], place)


def _filled(lines: Sequence[tuple[str, str, str, str, Any]], place: Place | Named) -> dict[str, np.ndarray]:
    """Parameters from lines: where one stands, parameter, row, column, value.

    Raises: DataError naming the line that is unknown, there again, or no finite number, or what is missing.
    """
    net, names = place.model, place.names
    places = {(name, *cell): at for name in names for at, cell in enumerate(product(*names[name]))}
    out = {name: np.full(len(rows) * len(columns), np.nan) for name, (rows, columns) in names.items()}
    for where, name, row, column, value in lines:
        called, at = f"{name}, {row}, {column}", places.get((name, row, column))
        if at is None:
            raise refusal(where, f"found {shown(called)}", _known(names, name, row), "mend the line")
        if not np.isnan(out[name][at]):
            raise refusal(where, f"found {shown(called)} again", "each number once", "remove one")
        number = decimal(value.strip()) if isinstance(value, str) else float(value)
        if not math.isfinite(number):
            raise refusal(where, f"found {shown(value)} for {called}", "a finite number", "mend this value")
        out[name][at] = number
    for name, row, column in (key for key, at in places.items() if np.isnan(out[key[0]][at])):
        raise SheetnetError(f"the parameters of {net.title} need a number for {name}, {row}, {column}; it is missing")
    return {name: value.reshape([len(part) for part in names[name]]) for name, value in out.items()}


def _known(names: Names, name: str, row: str) -> str:
    """What may stand in a line, where it is not this parameter, or not this row, or not this column of it."""
    if name not in names:
        return f"one of the parameters {', '.join(names)}"
    rows, columns = names[name]
    what, known = ("rows", rows) if row not in rows else ("columns", columns)
    return f"one of the {what} of {name}, {', '.join(map(shown, known[:8]))}"


# ---- files


def read_file(path: Path, places: Mapping[str, Any], features: Sequence[str]) -> Mapping[str, Any]:
    """The parameters in a .csv, .npz or .pt file as `sheetnet params -o` writes them, by the name of a model, or bare.

    places: by name, each a Place or a Named.
    Raises: SheetnetError naming the file and what is wrong with it.
    """
    kind = path.suffix.lower()
    models = {place.model.name: place.model for place in places.values()}
    if kind == ".npz":
        return _of_arrays(_arrays(path), models)
    if kind != ".pt":
        plain = [model for model in models.values() if isinstance(model, Model)]
        if plain:
            model, W = read_csv(path, plain, features)
            return {model.name: {"W": W}}
        text = text_of(content_of(path, f"a CSV table such as {SUCH_AS}"), str(path))
        return _of_cells(path, cells_of(text, str(path), ","), {name: places[name] for name in models})
    return _tensors(path)


def _of_cells(path: Path, cells: Cells, places: Mapping[str, Place | Named]) -> dict[str, dict[str, np.ndarray]]:
    if cells.header != LISTED:
        found, remedy = f"found the header {shown(','.join(cells.header))}", f"use a file such as {SUCH_AS}"
        raise refusal(f"{path}, line 1", found, ",".join(LISTED), remedy)
    lines = [(f"{path}, line {at}", *row) for at, row in zip(cells.lines, cells.rows, strict=True)]
    fit, reasons = {}, []
    for name, place in places.items():
        try:
            fit[name] = _filled(lines, place)  # type: ignore[arg-type]
        except SheetnetError as reason:
            reasons.append(reason)
    if not fit:
        raise SheetnetError(str(reasons[0]) if str(path) in str(reasons[0]) else f"{path}: {reasons[0]}")
    if len(fit) > 1:
        raise SheetnetError(
            f"{path}: these parameters suit {' and '.join(fit)}; say which, {{{next(iter(fit))!r}: path}}"
        )
    return fit


def _see(path: Path) -> None:
    """Nothing, for a regular file of a size that parameters have."""
    found = unreadable(path)
    if found or path.stat().st_size > MAX_BYTES:
        raise SheetnetError(f"{path}: {found or TOO_LARGE}; use a file such as {SUCH_AS}")


def _arrays(path: Path) -> dict[str, np.ndarray]:
    _see(path)
    try:
        with np.load(path, allow_pickle=False) as content:
            if sum(part.file_size for part in content.zip.infolist()) > MAX_BYTES:
                raise ValueError(TOO_LARGE)
            return {name: content[name] for name in content.files if name != "features"}
    except Exception as reason:  # whatever numpy and zipfile raise for a file that is another thing
        raise SheetnetError(f"{path}: cannot be read as an .npz of numbers ({_first(reason)})") from None


def _of_arrays(arrays: Mapping[str, np.ndarray], models: Mapping[str, Model | Net]) -> Mapping[str, Any]:
    """Arrays as model.parameter, or with one model's parameters, or one matrix for each model."""
    out: dict[str, Any] = {}
    for key, value in arrays.items():
        model, dot, name = key.partition(".")
        if dot and model in models:
            out.setdefault(model, {})[name] = value
        else:
            out[key] = value
    return out


def _tensors(path: Path) -> Mapping[str, Any]:
    import torch

    _see(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as reason:  # whatever torch, pickle and zipfile raise for a file that is another thing
        raise SheetnetError(f"{path}: cannot be read as a state_dict ({_first(reason)})") from None
    if not isinstance(found, Mapping):
        raise SheetnetError(f"{path}: a state_dict is needed, found {type(found).__name__}")
    return found


def _first(reason: Exception) -> str:
    """The first line of what is wrong."""
    return (str(reason).splitlines() or [type(reason).__name__])[0][:120]

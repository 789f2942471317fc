"""Weights in all the forms in which they come and go: arrays, tables, state_dicts, .csv, .npz and .pt files."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.common.files import writing
from sheetnet.errors import SheetnetError
from sheetnet.models.labels import differing, matrix, numbers
from sheetnet.models.model import Model
from sheetnet.tables.passengers import decimal
from sheetnet.tables.reading import content_of, text_of
from sheetnet.tables.words import counted, refusal, shown

if TYPE_CHECKING:
    import pandas as pd

WRITTEN = (".csv", ".npz", ".pt")
SUCH_AS = "one of `sheetnet params FILE -o W.csv`"


def fitting(W: Any, models: Sequence[Model]) -> Model:
    """The one model of several that has as many units as W, an array or a table, has columns.

    Raises: SheetnetError when none has.
    """
    named = hasattr(W, "columns") and "feature" in W.columns
    try:
        shape = np.shape(numbers(W.drop(columns="feature") if named else W))
    except ValueError:
        raise SheetnetError("weights are rows of numbers, each as long as the first; found rows that differ") from None
    for model in models:
        if len(shape) == 2 and shape[1] == model.n_hidden:
            return model
    fit = " or ".join(f"{(model.n_features, model.n_hidden)} for {model.name}" for model in models)
    raise SheetnetError(f"weights of shape {fit} are needed, found {shape}")


def frame_of(W: np.ndarray, features: Sequence[str]) -> pd.DataFrame:
    """W (p, k) as pandas: a row for each feature, columns unit_1, unit_2, ..."""
    import pandas as pd

    return pd.DataFrame(W, pd.Index(features, name="feature"), [f"unit_{unit + 1}" for unit in range(W.shape[1])])


# ---- files


def read_csv(path: Path, models: Sequence[Model], features: Sequence[str]) -> tuple[Model, np.ndarray]:
    """The model that a CSV of weights is for, by the number of its units, and its W (p, k) in the features' order.

    The file has a line for each feature: its name, then a weight for each unit, under the header feature,unit_1,...
    Raises: DataError naming file, line and column; SheetnetError.
    """
    content = content_of(path, f"a CSV table such as {SUCH_AS}")
    text = text_of(content, str(path), "utf-8", lines="a line for each feature")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: dict[str, list[float]] = {}
    try:
        first, *units = [name.strip() for name in next(filter(None, reader))]
        if first != "feature" or not units or units != [f"unit_{unit + 1}" for unit in range(len(units))]:
            found, remedy = f"found the header {shown(','.join([first, *units]))}", f"use a file such as {SUCH_AS}"
            raise refusal(f"{path}, line 1", found, "feature,unit_1 and so on, a column for each unit", remedy)
        for line in filter(None, reader):
            place = f"{path}, line {reader.line_num}"
            name, weights = _line(place, line, units)
            if name in rows:
                raise refusal(place, f"found {shown(name)} again", "each once", "remove one")
            rows[name] = weights
    except csv.Error as reason:
        raise refusal(str(path), f"found a broken cell ({reason})", "quotes in pairs", "write it anew") from None
    if set(rows) != set(features):
        found = differing(list(rows), features)
        raise SheetnetError(f"{path}: these weights are for {found}. Weights belong to a recipe; see --recipe")
    W = np.array([rows[name] for name in features])
    try:
        model = fitting(W, models)
    except SheetnetError as reason:
        raise SheetnetError(f"{path}: {reason}") from None
    return model, matrix(model, W, features)


def _line(place: str, line: list[str], units: Sequence[str]) -> tuple[str, list[float]]:
    """The feature and the weights of one line."""
    if len(line) != len(units) + 1:
        expected = f"{len(units) + 1} as in the header"
        raise refusal(place, f"found {counted(len(line), 'field')}", expected, "give the name and each weight a cell")
    weights = [decimal(cell.strip()) for cell in line[1:]]
    for unit, cell, weight in zip(units, line[1:], weights, strict=True):
        if not math.isfinite(weight):
            found = f"found {shown(cell.strip())}" if cell.strip() else "found an empty cell"
            raise refusal(f"{place}, column {unit}", found, "a finite number", "mend this weight")
    return line[0].strip(), weights


def state_bytes(state: Mapping[str, Any]) -> bytes:
    """What a .pt file of a state holds. torch writes to a full disk in words of its own."""
    import torch

    content = io.BytesIO()
    torch.save(state, content)
    return content.getvalue()


def write_weights(
    path: Path, frames: Mapping[str, pd.DataFrame], states: Mapping[str, Mapping[str, Any]],
    arrays: Mapping[str, np.ndarray] | None = None, features: Sequence[str] = (),
) -> None:  # fmt: skip
    """Write parameters by model name: .csv (of one model), .npz (arrays, and features), .pt (a state_dict).

    arrays: what an .npz holds, by default W of each model. .pt of one model is its state_dict, of several a dict of
    them by name.
    Raises: SheetnetError for another kind of file, or when it cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".csv" and len(frames) != 1:
        raise SheetnetError(f"{path}: a CSV holds the weights of one model; say which of {', '.join(frames)}")
    with writing(path) as beside:
        if kind == ".csv":
            frame = next(iter(frames.values()))
            frame.to_csv(beside, index=frame.index.name is not None, lineterminator="\n")
        elif kind == ".npz":
            arrays = {name: frame.to_numpy() for name, frame in frames.items()} if arrays is None else arrays
            names = features or next(iter(frames.values())).index
            with beside.open("wb") as file:
                np.savez(file, features=np.array(names, dtype=str), **dict(arrays))  # type: ignore[arg-type]
        elif kind == ".pt":
            beside.write_bytes(state_bytes(dict(states) if len(states) != 1 else next(iter(states.values()))))
        else:
            raise SheetnetError(f"{path}: name a file that ends in {' or '.join(WRITTEN)}")

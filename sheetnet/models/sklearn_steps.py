"""What fitted transformers of scikit-learn make of columns, without importing it: judged by their names and numbers.

Each column that comes out is one that goes in, or the 0 and 1 of one of its entries, through some scalings.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sheetnet.errors import SheetnetError

Label = str | int
Scaling = tuple[float, float, float, float]  # (x - sub) / div * mul + add, of which one pair at least is 0, 1 or 1, 0
KNOWN = "StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler, OneHotEncoder, SimpleImputer, ColumnTransformer"


@dataclass(frozen=True)
class Taken:
    """A column that comes out: of which one it is, of which of its entries, and how it was scaled.

    filled: whether blanks of it were filled.
    """

    label: Label
    entry: Any = None
    scalings: tuple[Scaling, ...] = ()
    filled: bool = False


def fitted(model: Any, what: str, title: str) -> Any:
    """What a model has once it is fitted.

    Raises: SheetnetError for one that is not.
    """
    if not hasattr(model, what):
        raise SheetnetError(f"{title} is not fitted (it has no {what}); call fit(X, y) first")
    return getattr(model, what)


def from_sklearn(model: Any) -> str:
    """The name of its class, if that is scikit-learn's, else ""."""
    return type(model).__name__ if type(model).__module__.split(".")[0] == "sklearn" else ""


def through(transformer: Any, taken: list[Taken], place: str) -> list[Taken]:
    """The columns that come out of a fitted transformer.

    Raises: SheetnetError naming the place, for a transformer or a setting that is not known.
    """
    if transformer is None or (isinstance(transformer, str) and transformer == "passthrough"):
        return taken
    if isinstance(transformer, str) and transformer == "drop":
        return []
    kind = from_sklearn(transformer)
    if kind == "FunctionTransformer" and transformer.func is None:  # how a remainder passes through
        return taken
    if kind not in KINDS:
        raise SheetnetError(f"{place} is {type(transformer).__name__}, which sheetnet does not know; known are {KNOWN}")
    return KINDS[kind](transformer, taken, f"{place}, {kind}")


def _pipeline(pipeline: Any, taken: list[Taken], place: str) -> list[Taken]:
    for name, transformer in pipeline.steps:
        taken = through(transformer, taken, f'{place}, step "{name}"')
    return taken


def _by_column(transformer: Any, taken: list[Taken], place: str) -> list[Taken]:
    """Each column to its own transformer, and side by side what they make."""
    out = []
    names = list(getattr(transformer, "feature_names_in_", range(len(taken))))
    for name, one, columns in fitted(transformer, "transformers_", place):
        at = _places(columns, names)
        out += through(one, [taken[i] for i in at], f'{place}, "{name}"')
    return out


def _places(columns: Any, names: Sequence[Label]) -> list[int]:
    """Which columns are meant: by names, places, a slice or truth values."""
    if isinstance(columns, slice):
        if isinstance(columns.start, str) or isinstance(columns.stop, str):
            first = names.index(columns.start) if columns.start is not None else 0
            last = names.index(columns.stop) if columns.stop is not None else len(names) - 1
            return list(range(first, last + 1))
        return list(range(len(names)))[columns]
    chosen = [columns] if isinstance(columns, str | int) else list(columns)
    if chosen and all(isinstance(one, bool | np.bool_) for one in chosen):
        return [at for at, one in enumerate(chosen) if one]
    return [names.index(one) if isinstance(one, str) else range(len(names))[int(one)] for one in chosen]


def _scaler(shift: str, scale: str) -> Callable[..., list[Taken]]:
    """(x - shift) / scale, by the names of attributes; one that is missing or None does nothing."""

    def step(scaler: Any, taken: list[Taken], place: str) -> list[Taken]:
        if getattr(scaler, "clip", False):
            raise SheetnetError(f"{place}: clip=True is not known; take clip=False")
        fitted(scaler, scale, place)
        centred = getattr(scaler, "with_mean", True) and getattr(scaler, "with_centering", True)
        subs, divs = getattr(scaler, shift, None) if centred else None, getattr(scaler, scale)
        subs = np.zeros(len(taken)) if subs is None else subs
        divs = np.ones(len(taken)) if divs is None else divs
        pairs = zip(taken, subs, divs, strict=True)
        return [replace(one, scalings=(*one.scalings, (float(a), float(b), 1.0, 0.0))) for one, a, b in pairs]

    return step


def _min_max(scaler: Any, taken: list[Taken], place: str) -> list[Taken]:
    """x scale + min."""
    if scaler.clip:
        raise SheetnetError(f"{place}: clip=True is not known; take clip=False")
    pairs = zip(taken, fitted(scaler, "scale_", place), scaler.min_, strict=True)
    return [replace(one, scalings=(*one.scalings, (0.0, 1.0, float(a), float(b)))) for one, a, b in pairs]


def _imputer(imputer: Any, taken: list[Taken], place: str) -> list[Taken]:
    """The same columns: a table has no blanks, and what it fills them with is proved on its rows."""
    statistics = np.asarray(fitted(imputer, "statistics_", place))
    if imputer.add_indicator:
        raise SheetnetError(
            f'{place}: add_indicator=True is not known; take False, and say missing="flag" of the table'
        )
    if statistics.dtype.kind == "f" and np.isnan(statistics).any():
        raise SheetnetError(f"{place}: a column was blank throughout; leave it out")
    return [replace(one, filled=True) for one in taken]


def _one_hot(encoder: Any, taken: list[Taken], place: str) -> list[Taken]:
    """0 and 1 for each entry, but for those that are dropped."""
    entries = fitted(encoder, "categories_", place)
    if encoder.min_frequency is not None or encoder.max_categories is not None:
        raise SheetnetError(f"{place}: min_frequency and max_categories are not known; leave them out")
    dropped = encoder.drop_idx_ if encoder.drop_idx_ is not None else [None] * len(taken)
    out = []
    for one, found, drop in zip(taken, entries, dropped, strict=True):
        if one.entry is not None or one.scalings:
            raise SheetnetError(
                f"{place}: it takes a column that was scaled or encoded before; encode the column itself"
            )
        out += [replace(one, entry=entry) for at, entry in enumerate(found) if at != drop]
    return out


KINDS: dict[str, Callable[..., list[Taken]]] = {
    "Pipeline": _pipeline,
    "ColumnTransformer": _by_column,
    "StandardScaler": _scaler("mean_", "scale_"),
    "MinMaxScaler": _min_max,
    "MaxAbsScaler": _scaler("", "scale_"),
    "RobustScaler": _scaler("center_", "scale_"),
    "SimpleImputer": _imputer,
    "OneHotEncoder": _one_hot,
}

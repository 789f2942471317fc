"""The parameters that people give: tensors, arrays, and tables, whose rows and columns are taken by their names.

The names of a parameter's rows and columns are those under which params and Params.frames give it out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.models.convolution import Conv
from sheetnet.models.model import Model
from sheetnet.models.net import Net, Parameter
from sheetnet.tables.words import shown

Names = Mapping[str, tuple[Sequence[str], Sequence[str]]]  # of the rows and columns of each parameter


def rows_of(net: Net, name: str, features: Sequence[str]) -> tuple[str, ...]:
    """What the rows of a parameter are called: the features where it meets X, else units or codes."""
    parameter = next(p for p in net.parameters if p.name == name)
    letter, n, key = parameter.held.letter, parameter.shape[0], parameter.key.rpartition(".")[0]
    layer = next(step.layer for step in net.steps if parameter.key in map(step.key_of, step.layer.held))
    if letter == "W" and isinstance(layer, Conv):
        return tuple(f"tap {i + 1}" for i in range(n))
    if letter == "W" and any(step.sources == (0,) and step.key == key for step in net.steps):
        return tuple(features)
    return tuple(f"{'code' if letter == 'E' else 'unit'} {i + (letter != 'E')}" for i in range(n)) if n > 1 else ("",)


def names_of(
    net: Net, features: Sequence[str], classes: Sequence[str]
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """What rows and columns of each parameter are called where it stands alone, as in a table of pandas.

    Rows as rows_of has them, without spaces; the one of a parameter with one row is called as it is. Columns are
    classes in the last layer of a net that gives scores, else unit_1, unit_2, ...
    """
    out, last = {}, net.steps[-1]
    ends = {last.key_of(held) for held in last.layer.held} if net.loss == "cross_entropy" else set()
    for p in net.parameters:
        rows, k = rows_of(net, p.name, features), p.shape[1]
        if rows == ("",):
            rows = (p.name,)
        elif rows != tuple(features):
            rows = tuple(row.replace(" ", "_") for row in rows)
        units = tuple(f"unit_{i + 1}" for i in range(k))
        out[p.name] = rows, tuple(classes) if p.key in ends and k == len(classes) else units
    return out


def taken(model: Model | Net, given: Any, features: Sequence[str], classes: Sequence[str] = ()) -> Any:
    """The parameters that are given, as the model's check_params gives them, for a table of these features.

    Raises: SheetnetError for another shape, names that are missing or unknown, or anything but finite numbers.
    """
    if not isinstance(given, Mapping):
        return model.check_params(given)  # which says what is needed
    if isinstance(model, Net):
        return of_net(model, given, names_of(model, features, classes))
    return matrix(model, given, features)


def matrix(model: Model, given: Any, features: Sequence[str]) -> np.ndarray:
    """W (p, k) of a model from {"W": array or table}, {"lin.weight": tensor (k, p)}, an array or a table.

    A table (pandas) whose rows have names is taken by these names, in any order. -0 becomes 0, as in any sheet.
    Raises: SheetnetError for another shape, other features, or anything but finite numbers.
    """
    given = unwrapped(given)
    if isinstance(given, Mapping):
        return model.check_params(given) + 0.0  # which says what is needed
    units = [f"unit_{unit + 1}" for unit in range(model.n_hidden)]
    W = numbers(_in_order(given, (list(features), units), f"the weights of {model.name}", model.n_hidden == 1))
    return model.check_params({"W": W}) + 0.0


def unwrapped(given: Any) -> Any:
    """What stands in {"W": ...}, or W from a state_dict {"lin.weight": (k, p)}; all else as it is."""
    if isinstance(given, Mapping) and set(given) == {"lin.weight"}:
        from sheetnet.models.twins import weight_from_W

        return weight_from_W(numbers(given["lin.weight"]))
    return given["W"] if isinstance(given, Mapping) and set(given) == {"W"} else given


def of_net(net: Net, given: Mapping[Any, Any], names: Names) -> dict[str, np.ndarray]:
    """A net's parameters by our names, from ours or torch's keys, torch's in torch's orientation.

    Raises: SheetnetError for what is not the net's.
    """
    by_key = {key: p for p in net.parameters for key in (p.key, p.name)}
    plain = {}
    for key, value in given.items():
        if parameter := by_key.get(str(key)):
            value = _in_order(value, *_names_in(parameter, str(key), names[parameter.name], net.title))
        plain[key] = numbers(value)
    try:
        return net.check_params(plain)
    except (TypeError, ValueError):
        raise SheetnetError(f"the parameters of {net.title} hold something else than numbers") from None


def numbers(value: Any) -> Any:
    """A tensor or a table as an array; all else as it is."""
    if hasattr(value, "detach"):
        return value.detach().cpu().double().numpy()
    return value.to_numpy() if hasattr(value, "to_numpy") else value


def _names_in(
    parameter: Parameter, key: str, names: tuple[Sequence[str], Sequence[str]], title: str
) -> tuple[tuple[Sequence[str], Sequence[str]], str, bool]:
    """The names of the rows and columns under a key, what it is called, and whether a list of numbers is a column."""
    turned = key == parameter.key != parameter.name and parameter.held.turned
    rows, columns = names[::-1] if turned else names
    return (rows, columns), f"{key} ({title})", len(columns) == 1 < len(rows)


def _in_order(value: Any, names: tuple[Sequence[str], Sequence[str]], what: str, column: bool) -> Any:
    """A table of pandas with its rows and columns in the order of these names; all else as it is.

    Rows and columns that only count from 0 have no names. column: whether a Series is one, and not a row.
    Raises: SheetnetError for names that are missing, unknown, or there twice.
    """
    if not hasattr(value, "iloc"):
        return value
    if value.ndim == 1:
        value = value.to_frame(names[1][0]) if column else value.to_frame(names[0][0]).T
    elif "feature" in value.columns and "feature" not in names[1]:
        value = value.set_index("feature")
    for axis, wanted in enumerate(names):
        labels = value.axes[axis].tolist()
        if labels == [*range(len(labels))]:
            continue
        if sorted(map(str, labels)) != sorted(wanted) or not all(isinstance(label, str) for label in labels):
            lines = "rows" if axis == 0 else "columns"
            raise SheetnetError(f"the {lines} of {what} have {differing(labels, wanted)}")
        value = value.reindex(wanted, axis=axis)
    return value


def differing(names: Sequence[Any], wanted: Sequence[str]) -> str:
    """How names differ from those that are needed, in words."""
    unknown = [name for name in dict.fromkeys(names) if name not in wanted]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    missing = [name for name in wanted if name not in names]
    lists = {"unknown": unknown, "twice": twice, "missing": missing}
    words = "; ".join(f"{word}: {', '.join(map(shown, found[:6]))}" for word, found in lists.items() if found)
    return f"other names than those of the table ({words})"

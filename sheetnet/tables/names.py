"""Names of columns as formulas can say them: people call a column anything, a sheet takes few of these."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from sheetnet.graph.names import unfit

MAX_NAME = 40  # characters
_TAKEN = {
    "a", "b", "x", "y", "no", "row", "number", "complete", "count", "part", "trains", "epoch", "wiggle", "lr", "loss",
    "pred", "lin", "relu", "act", "error", "sq_error", "verdict", "data", "rows", "nets", "passengers", "table", "mask",
    "one", "weights", "in_train", "in_valid", "train_rows", "valid_rows",
}  # fmt: skip
_FAMILY = re.compile(
    r"(lr|d|linear|two_relu|relu\w*|relus|mlp\w*|logistic|softmax|net|module|mmult|solver|_xl\w*)_.*[^_]"
)
_LEARNT = ("data", "mean", "spread", "median", "most_common", "largest", "smallest")  # of a column: mean_age is of age


def safe_names(names: Iterable[str]) -> tuple[str, ...]:
    """A name for each, as formulas can say it: letters, digits and _, at most 40 characters, each once.

    None looks like a cell (s1, R1C1, a Z in German) or is a name that the sheets use (mean_age, beside an age). Case
    does not tell two apart. A name that is safe already stays as it is.

    >>> safe_names(["bill_length_mm", "s1", "home.dest", "x/y", "Größe", "x y", "🙂", "1st", "y"])
    ('bill_length_mm', 's1_', 'home_dest', 'x_y', 'Grosse', 'x_y_2', 'column_7', '_1st', 'y_')
    """
    names = list(names)
    found: list[str] = []
    firm = [_plain(name, number) for number, name in enumerate(names, 1)]
    learnt = {f"{what}_{safe}".lower() for what in _LEARNT for safe in firm}
    firm = [f"{safe[: MAX_NAME - 1]}_" if safe.lower() in learnt else safe for safe in firm]
    taken = {safe.lower() for safe, name in zip(firm, names, strict=True) if safe == name}  # these keep their names
    seen: set[str] = set()
    for safe, name in zip(firm, names, strict=True):
        one, again = safe, 1
        while one.lower() in seen or (one.lower() in taken and (one != name or again > 1)):
            again += 1
            end = f"_{again}"
            one = safe[: MAX_NAME - len(end)] + end
        seen.add(one.lower())
        found.append(one)
    return tuple(found)


def unique(names: Iterable[str]) -> tuple[str, ...]:
    """The same names, where one comes again with a number behind it: case does not tell two apart.

    >>> unique(["a", "b", "A", "a"])
    ('a', 'b', 'A (2)', 'a (3)')
    """
    names = list(names)
    seen: set[str] = set()
    found = []
    for name in names:
        one, again = name, 1
        while one.lower() in seen:
            again += 1
            one = f"{name} ({again})"
        seen.add(one.lower())
        found.append(one)
    return tuple(found)


def _plain(name: str, number: int) -> str:
    letters = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    bare = "".join(c for c in letters if not unicodedata.combining(c))
    safe = re.sub(r"[^A-Za-z0-9_]+", "_", bare)
    if safe != name:
        safe = re.sub(r"__+", "_", safe).strip("_")
    if not safe.strip("_"):
        safe = f"column_{number}"
    if safe[0].isdigit():
        safe = f"_{safe}"
    safe = safe[:MAX_NAME]
    low = safe.lower()
    if unfit(safe) or low in _TAKEN or _FAMILY.fullmatch(low):
        safe = f"{safe[: MAX_NAME - 1]}_"
    return safe

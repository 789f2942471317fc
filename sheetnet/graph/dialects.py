"""The ways in which formulas are written: classic for every program, modern for those that know LET and LAMBDA.

A dialect is a table over the base table of templates (dialect.ARRAY): what it says otherwise, and what it alone can say
within a formula. All else is written as in the base table. Names of new functions and of what a formula binds carry the
prefixes under which Excel itself keeps them in a file (`_xlfn.LET(_xlpm.lin,...)`); `shown` is the formula without.
"""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sheetnet.errors import SheetnetError
from sheetnet.graph.dialect import ANY, ARRAY, ATOM, CELL, ROWWISE, SUM

Template = tuple[str, float, tuple[float, ...]]

_PREFIX = re.compile(r"_xl(?:fn|pm)\.")
_NEW = re.compile(r"\b(LET|LAMBDA|HSTACK|VSTACK|BYROW|BYCOL|MAP|SCAN|REDUCE|SEQUENCE)\(")
COUNTED = "lookup, of keys that count"
RESERVED = ("each_", "sum_", "powers_", "most_")  # what the templates below bind: no cells may be called so
_BOUND = re.compile(rf"\b({'|'.join(RESERVED)})\b")


def as_kept(text: str) -> str:
    """A template as Excel keeps it in a file.

    >>> as_kept("BYROW({0},LAMBDA(each_,MAX(each_)))")
    '_xlfn.BYROW({0},_xlfn.LAMBDA(_xlpm.each_,MAX(_xlpm.each_)))'
    """
    return _BOUND.sub(r"_xlpm.\1", _NEW.sub(r"_xlfn.\1(", text))


def shown(text: str) -> str:
    """A formula as programs show it, without the prefixes that a file has.

    >>> shown("=_xlfn.LET(_xlpm.lin,MMULT(X,W),_xlpm.lin*_xlpm.lin)")
    '=LET(lin,MMULT(X,W),lin*lin)'
    """
    return _PREFIX.sub("", text)


def in_lines(formula: str) -> list[str]:
    """A formula as programs show it, a line for each name that LET binds and for what comes out.

    >>> in_lines("=REDUCE(W,SEQUENCE(9),LAMBDA(V,each_,LET(lin,MMULT(X,V),lin*lin)))")
    ['=REDUCE(W,SEQUENCE(9),LAMBDA(V,each_,LET(', '    lin, MMULT(X,V),', '    lin*lin)))']
    """
    out, line, pairs, depth = list[str](), "", list[tuple[int, int]](), 0  # of each LET its depth and commas so far
    for letter in formula:
        line += letter
        depth += (letter == "(") - (letter == ")")
        if letter == "(" and line.endswith("LET("):
            pairs.append((depth, 0))
            out, line = [*out, line], " " * 4 * len(pairs)
        elif pairs and depth < pairs[-1][0]:
            pairs.pop()
        elif letter == "," and pairs and depth == pairs[-1][0]:
            pairs[-1] = depth, pairs[-1][1] + 1
            if pairs[-1][1] % 2:
                line += " "
            else:
                out, line = [*out, line], " " * 4 * len(pairs)
    return [*out, line]


@dataclass(frozen=True)
class Dialect:
    """How formulas are written: templates by op, of a whole and of a cell, and whether LET binds what is needed twice.

    spills: whether arrays are written as Excel 365 does itself, which shows them without braces.
    """

    name: str
    array: Mapping[str, Template]
    cell: Mapping[str, tuple[str, str]]
    rowwise: Mapping[str, tuple[Callable[..., str], float]]
    shares: bool = False
    spills: bool = False

    @property
    def suffix(self) -> str:
        """What the name of a file has that is not classic."""
        return "" if self.name == "classic" else f"_{self.name}"

    def has(self, op: str) -> bool:
        """Whether the op can stand within a formula."""
        return op in self.array or op in self.rowwise


_MODERN: dict[str, Template] = {
    "hstack": ("HSTACK({*})", ATOM, (ANY,)),
    "vstack": ("VSTACK({*})", ATOM, (ANY,)),
    "sum_rows": ("BYCOL({0},LAMBDA(each_,SUM(each_)))", ATOM, (ANY,)),
    "cumsum": ("SCAN(0,{0},LAMBDA(sum_,each_,sum_+each_))", ATOM, (ANY,)),
    "normal": ("MAP({0},LAMBDA(each_,0.5+0.5*SIGN(each_)*GAMMADIST(each_^2/2,0.5,1,TRUE)))", ATOM, (ANY,)),
    "softmax": (
        "LET(powers_,EXP({0}-BYROW({0},LAMBDA(each_,MAX(each_)))),powers_/BYROW(powers_,LAMBDA(each_,SUM(each_))))",
        ATOM, (SUM,),
    ),
    "logsumexp": (
        "LET(most_,BYROW({0},LAMBDA(each_,MAX(each_))),most_+LN(BYROW(EXP({0}-most_),LAMBDA(each_,SUM(each_)))))",
        ATOM, (SUM,),
    ),
}  # fmt: skip
# LOOKUP reads all keys and all values, again for each cell; INDEX one value. Keys that count are the places of values
_MODERN_CELL = {"lookup": ("INDEX({2},MATCH({0},{1}))", "eww"), COUNTED: ("INDEX({2},{0})", "eww")}
CLASSIC = Dialect("classic", ARRAY, CELL, ROWWISE)
MODERN = Dialect(
    "modern",
    ChainMap({op: (as_kept(text), *rest) for op, (text, *rest) in _MODERN.items()}, ARRAY),  # type: ignore[misc]
    ChainMap(_MODERN_CELL, CELL),
    {op: rule for op, rule in ROWWISE.items() if op not in _MODERN},
    shares=True,
    spills=True,
)
DIALECTS = {one.name: one for one in (CLASSIC, MODERN)}

_NOW: ContextVar[Dialect] = ContextVar("dialect", default=CLASSIC)


def dialect_of(name: str) -> Dialect:
    """The dialect of that name; classic for none.

    Raises: SheetnetError for an unknown one.
    """
    if name and name not in DIALECTS:
        raise SheetnetError(f"there is no dialect {name!r:.40}; known are {', '.join(DIALECTS)}")
    return DIALECTS[name or CLASSIC.name]


@contextmanager
def writing(dialect: Dialect | None) -> Iterator[None]:
    """A context in which books that are begun are written in a dialect; None: in the one of now."""
    token = _NOW.set(dialect or _NOW.get())
    try:
        yield
    finally:
        _NOW.reset(token)


def present() -> Dialect:
    """The dialect of now."""
    return _NOW.get()

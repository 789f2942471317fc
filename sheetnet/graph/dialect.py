"""How each op is written in a sheet: one line for each. Who puts the parts together is formula.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sheetnet.graph.judging import HIT

# How tightly a text binds, loosest first. (In Excel a sign binds tighter than a power: -2^2 is 4.)
ANY, SUM, PRODUCT, QUOTIENT, POWER, SIGN, ATOM = 0, 2, 3, 3.5, 4, 5, 6  # no op binds as a quotient: a need


def number(value: float) -> str:
    """A number as Excel writes it in a formula, with 15 digits at most: of more, Excel cuts what LibreOffice reads.

    >>> number(2.0), number(0.05), number(1e-05), number(1e300), number(0.1 + 0.2), number(6.283185307179586)
    ('2', '0.05', '0.00001', '1E+300', '0.3', '6.28318530717959')
    """
    value = float(f"{value:.15g}")
    if value == int(value) and abs(value) < 1e21:
        digits = str(int(value))
        short = digits.rstrip("0")
        zeros = len(digits) - len(short)
        return f"{short}E+{zeros}" if zeros >= 6 else digits
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    if -7 < int(exponent) < 0 and "." not in mantissa:
        return f"{value:.{-int(exponent)}f}"
    return f"{mantissa}E{int(exponent):+d}"


# ---- one line for each op

CONDITION = {
    "greater": "{0}>{1}",
    "equal": "{0}={1}",
    "reads": "TRIM({0})={1}",
    "step": "{0}>0",
    "filled": '{0}<>""',
}
# op: (template, how tightly it binds, how tightly each source must)
ARRAY: dict[str, tuple[str, float, tuple[float, ...]]] = {
    "add": ("{0}+{1}", SUM, (SUM, PRODUCT)),  # a+(b-c) is not a+b-c in floating point, nor a*(b/c) a*b/c
    "sub": ("{0}-{1}", SUM, (SUM, PRODUCT)),
    "mul": ("{0}*{1}", PRODUCT, (PRODUCT, QUOTIENT)),
    "div": ("{0}/{1}", PRODUCT, (PRODUCT, POWER)),
    "square": ("{0}^2", POWER, (ATOM,)),
    "neg": ("-{0}", SIGN, (SIGN,)),
    "abs": ("ABS({0})", ATOM, (ANY,)),
    "sign": ("SIGN({0})", ATOM, (ANY,)),
    "sqrt": ("SQRT({0})", ATOM, (ANY,)),
    "floor": ("INT({0})", ATOM, (ANY,)),
    "power": ("{0}^{1}", POWER, (ATOM, ATOM)),
    "sin": ("SIN({0})", ATOM, (ANY,)),
    "cos": ("COS({0})", ATOM, (ANY,)),
    "relu": ("IF({0}>0,{0},0)", ATOM, (SUM,)),
    "log10": ("LOG10({0})", ATOM, (ANY,)),
    "ln": ("LN({0})", ATOM, (ANY,)),
    "exp": ("EXP({0})", ATOM, (ANY,)),
    "tanh": ("TANH({0})", ATOM, (ANY,)),
    "sigmoid": ("0.5+0.5*TANH(0.5*{0})", SUM, (PRODUCT,)),  # 1/(1+EXP(-a)) is an error below -709
    "softplus": ("IF({0}>0,{0},0)+LN(1+EXP(-ABS({0})))", SUM, (SUM,)),
    "if_error": ("IFERROR({0},{1})", ATOM, (ANY, ANY)),  # ISERROR of an array is no array in every engine
    "where": ("IF({0},{1},{2})", ATOM, (ANY, ANY, ANY)),
    "same": ("{0}", ATOM, (ATOM,)),
    "estimate": ("{0}", ATOM, (ATOM,)),
    "outcome": ("{0}", ATOM, (ATOM,)),
    "matmul": ("MMULT({0},{1})", ATOM, (ANY, ANY)),
    "transpose": ("TRANSPOSE({0})", ATOM, (ANY,)),
    "inverse": ("MINVERSE({0})", ATOM, (ANY,)),
    "determinant": ("MDETERM({0})", ATOM, (ANY,)),
    "expand": ("{0}+0*{1}", SUM, (SUM, QUOTIENT)),
    "row": ("INDEX({0},{1},0)", ATOM, (ANY, ANY)),
    "match": ("MATCH({0},{1},0)", ATOM, (ANY, ANY)),  # of one key: engines differ on arrays of keys
    "sum": ("SUM({0})", ATOM, (ANY,)),
    "mean": ("AVERAGE({0})", ATOM, (ANY,)),
    "max": ("MAX({0})", ATOM, (ANY,)),
    "min": ("MIN({0})", ATOM, (ANY,)),
    "median": ("MEDIAN({0})", ATOM, (ANY,)),
    # MMULT(x, 0) + 1 is a column of ones as long as x
    "sum_rows": ("MMULT(TRANSPOSE(MMULT({0},TRANSPOSE(INDEX({0},1,0)*0))+1),{0})", ATOM, (ANY,)),
    **{op: (f"IF({text},1,0)", ATOM, (SUM, SUM)) for op, text in CONDITION.items()},
}
# op: (template, for each source: e = the entry of this row and column, w = the whole, which must stand somewhere)
CELL: dict[str, tuple[str, str]] = {
    "relu": ("MAX(0,{0})", "e"),
    # NORMSDIST has eleven right digits in some programs; of arrays some know neither
    "normal": ("(0.5+0.5*SIGN({0})*GAMMADIST({0}^2/2,0.5,1,TRUE))", "e"),
    "letter": ("MID({0},{1},1)", "ee"),
    "lookup": ("LOOKUP({0},{1},{2})", "eww"),
    "match": ("MATCH({0},{1},0)", "ew"),
    "count_same": ('IF({0}="",0,COUNTIF({1},{0}))', "ew"),
    "sum": ("SUM({0})", "w"),
    "mean": ("AVERAGE({0})", "w"),
    "max": ("MAX({0})", "w"),
    "min": ("MIN({0})", "w"),
    "median": ("MEDIAN({0})", "w"),
    "hit": (HIT, "eeee"),
}
STACKS = {"hstack", "vstack"}  # written part by part; see layout


# ---- row by row: (the text of a, loose as a sum; its width) -> text


@dataclass(frozen=True)
class _Half:
    """The largest of some columns of a, as weights of all columns and texts to be added: max(x, y) of two such is
    (x + y) / 2 + |x - y| / 2, in which the weights go together, so that a is written as seldom as can be."""

    weights: tuple[float, ...]
    terms: tuple[str, ...] = ()

    def text(self, a: str) -> str:
        return "+".join([_picked(a, self.weights), *self.terms])

    def larger(self, other: _Half, a: str) -> _Half:
        away = _picked(a, [x - y for x, y in zip(self.weights, other.weights, strict=True)])
        plus, minus = ("".join(sign + term for term in half.terms) for sign, half in (("+", self), ("-", other)))
        half = [*(f"0.5*{term}" for term in (*self.terms, *other.terms)), f"0.5*ABS({away}{plus}{minus})"]
        return _Half(tuple((x + y) / 2 for x, y in zip(self.weights, other.weights, strict=True)), tuple(half))


def _largest(a: str, columns: range, width: int) -> _Half:
    """Each row's largest entry among some columns, by halves, for MAX takes all rows."""
    if len(columns) == 1:
        return _Half(tuple(float(k in columns) for k in range(width)))
    middle = len(columns) // 2
    return _largest(a, columns[:middle], width).larger(_largest(a, columns[middle:], width), a)


def _picked(a: str, weights: Sequence[float]) -> str:
    return f"MMULT({a},{{{';'.join(map(number, weights))}}})"


def _powers(a: str, width: int) -> tuple[str, str, str]:
    """Each row's largest entry; exp of how far its entries are below, which cannot overflow; the sum of these."""
    most = _largest(a, range(width), width).text(a)
    powers = f"EXP({a}-({most}))"
    return most, powers, _picked(powers, (1.0,) * width)


def _softmax(a: str, width: int) -> str:
    _, powers, total = _powers(a, width)
    return f"{powers}/{total}"


def _shares(a: str, *rest: str | int) -> str:
    """Without taking off the largest entry first: short, for scores that EXP takes."""
    *seen, width = rest
    powers = "*".join([f"EXP({a})", *map(str, seen)])
    return f"{powers}/{_picked(powers, (1.0,) * int(width))}"


def _logsumexp(a: str, width: int) -> str:
    most, _, total = _powers(a, width)
    return f"{most}+LN({total})"


ROWWISE: dict[str, tuple[Callable[..., str], float]] = {
    "softmax": (_softmax, PRODUCT),
    "shares": (_shares, PRODUCT),
    "logsumexp": (_logsumexp, SUM),
}

"""The shape rule of each op: what fits, and what comes out. The list of all ops there are.

A rule raises ValueError with the reason; graph.apply adds the op, the nodes and their shapes.
"""

from __future__ import annotations

from collections.abc import Callable

Shape = tuple[int, int]


def broadcast(*shapes: Shape) -> Shape:
    """The common shape of matrices whose sizes are equal or 1."""
    out = [1, 1]
    for shape in shapes:
        for axis, size in enumerate(shape):
            if size != 1 and out[axis] not in (1, size):
                raise ValueError("sizes must be equal or 1")
            out[axis] = max(out[axis], size)
    return out[0], out[1]


def _matmul(a: Shape, b: Shape) -> Shape:
    if a[1] != b[0]:
        raise ValueError(f"the first has {a[1]} columns, the second {b[0]} rows: they must be equal")
    return a[0], b[1]


def _side_by_side(*shapes: Shape) -> Shape:
    if len({s[0] for s in shapes}) != 1:
        raise ValueError("all need the same number of rows")
    return shapes[0][0], sum(s[1] for s in shapes)


def _on_top(*shapes: Shape) -> Shape:
    if len({s[1] for s in shapes}) != 1:
        raise ValueError("all need the same number of columns")
    return sum(s[0] for s in shapes), shapes[0][1]


def _column(*shapes: Shape) -> None:
    if any(s[1] != 1 for s in shapes):
        raise ValueError("a column (n x 1) is needed")


def _range(shape: Shape) -> None:
    if shape == (1, 1):
        raise ValueError("a range is needed, and one cell is none in every program")


def _lookup(key: Shape, keys: Shape, values: Shape) -> Shape:
    _column(key, keys, values)
    _range(keys)
    if keys != values:
        raise ValueError("keys and values need the same number of rows")
    return key


def _match(key: Shape, keys: Shape) -> Shape:
    _column(key, keys)
    _range(keys)
    return key


def _count_same(a: Shape) -> Shape:
    _column(a)
    _range(a)
    return a


def _row(a: Shape, index: Shape) -> Shape:
    if a[0] == 1:
        raise ValueError("rows are needed: of a single one INDEX counts the columns in some programs")
    return 1, a[1]


def _cumsum(a: Shape) -> Shape:
    _column(a)
    return a


def _square(a: Shape) -> Shape:
    if a[0] != a[1]:
        raise ValueError("a square matrix is needed")
    return a


def same(a: Shape) -> Shape:
    """One matrix, entry by entry."""
    return a


def pair(a: Shape, b: Shape) -> Shape:
    """Two matrices, entry by entry."""
    return broadcast(a, b)


def instead(a: Shape, b: Shape) -> Shape:
    """A matrix, entry by entry, and what stands in its place."""
    if broadcast(a, b) != a:
        raise ValueError("the first must be as large as the result: IFERROR repeats no cell in every program")
    return a


def triple(a: Shape, b: Shape, c: Shape) -> Shape:
    """A condition, yes and no, entry by entry."""
    shape = broadcast(a, b, c)
    if a == (1, 1) and not {b, c} <= {(1, 1), shape}:
        raise ValueError("of one condition for a whole matrix, yes and no must be one number or as large as the result")
    return shape


def _one(_: Shape) -> Shape:
    return 1, 1


def _determinant(a: Shape) -> Shape:
    return _one(_square(a))


def _row_of_each(a: Shape) -> Shape:
    """One number for each row."""
    return a[0], 1


def _pick(index: Shape, *parts: Shape) -> Shape:
    if index != (1, 1) or len(set(parts)) != 1:
        raise ValueError("one number and matrices of one shape are needed")
    return parts[0]


def _gather(a: Shape, places: Shape) -> Shape:
    return places


def _scatter(d: Shape, places: Shape, like: Shape) -> Shape:
    if d != places:
        raise ValueError("each entry needs a place")
    return like


def _windows(a: Shape, size: Shape, places: Shape) -> Shape:
    if size[0] > a[0] or size[1] > a[1]:
        raise ValueError("a window must not be larger than the matrix")
    return places


def _shares(a: Shape, *seen: Shape) -> Shape:
    if seen and (len(seen) > 1 or broadcast(a, *seen) != a):
        raise ValueError("a matrix, and 1 or 0 for each of its entries or columns, are needed")
    return a


def _hit(answer: Shape, *key: Shape) -> Shape:
    if len(set(key)) != 1 or answer not in (key[0], (key[0][0], 1)):
        raise ValueError("each answer needs the tolerances, offsets and fingerprints that are known of it")
    return key[0]


SHAPES: dict[str, Callable[..., Shape]] = {
    # elementwise; sizes of 1 broadcast
    "add": pair,
    "sub": pair,
    "mul": pair,
    "div": pair,
    "neg": same,
    "square": same,
    "abs": same,
    "sign": same,  # 1, 0 or -1
    "sqrt": same,
    "floor": same,  # the largest whole number that is not above a
    "power": pair,  # a to the power of b
    "sin": same,
    "cos": same,
    "relu": same,  # max(0, a)
    "step": same,  # 1 where a > 0, else 0
    "log10": same,
    "ln": same,
    "exp": same,
    "tanh": same,
    "sigmoid": same,  # 1 / (1 + exp(-a))
    "softplus": same,  # ln(1 + exp(a)), also where exp(a) is too large for a double
    "normal": same,  # the normal distribution's share below a: (1 + erf(a / sqrt 2)) / 2
    "greater": pair,  # 1 where a > b, else 0
    "equal": pair,  # 1 where a = b, else 0; text without regard to case, as in a sheet
    "reads": pair,  # 1 where a is the text b, blanks around it aside, else 0
    "where": triple,  # b where a is not 0, else c
    "letter": pair,  # the letter of a text (the first source) at a place, counted from 1; nothing beyond its end
    "joined": _row_of_each,  # the texts of a row, one after the other
    "filled": same,  # 1 where the cell is not blank, else 0
    "if_error": instead,  # a, or b where a is an error value
    "same": same,  # a copy, to stand on another sheet
    "outcome": same,  # a, at the end of a long calculation: other programs' noise in it has added up
    "estimate": same,  # a, of which any close number would do: what is calculated from it corrects it
    # matrices
    "matmul": _matmul,
    "transpose": lambda a: (a[1], a[0]),
    "inverse": _square,
    "determinant": _determinant,
    "expand": lambda a, like: broadcast(a, like),  # a, repeated to the shape of like
    "hstack": _side_by_side,
    "vstack": _on_top,
    # look-ups; counted from 1, as in a sheet
    "softmax": lambda a: a,  # exp(a) / sum(exp(a)), row by row
    "shares": _shares,  # the same of scores that are not large, among those that may be seen (1, else 0)
    "logsumexp": _row_of_each,  # ln(sum(exp(a))), row by row
    "row": _row,  # the index-th row
    "pick": _pick,  # the index-th (from 0) of matrices that stand at even distances below each other
    "lookup": _lookup,  # the value beside each key; keys ascend
    "match": _match,  # where each key first stands among the keys
    "cumsum": _cumsum,
    "count_same": _count_same,  # how often this entry occurs in the column; 0 for a blank
    "hit": _hit,  # 1 where an answer is the one that a tolerance, offset and fingerprint tell; see judging.py
    # at places of a matrix that a constant tells; see windows.py
    "gather": _gather,  # the entries there
    "scatter": _scatter,  # for each entry of a matrix like the third the sum of what was gathered there
    "correlate": _windows,  # each window's entries times those of the second, added up
    "largest": _windows,  # each window's largest entry; the second is as large as a window
    # reductions to 1 x 1
    "sum": _one,
    "mean": _one,
    "max": _one,
    "min": _one,
    "median": _one,  # blanks do not count
    "sum_rows": lambda a: (1, a[1]),  # one sum for each column
}
# the ops that work entry by entry, so that a formula can be filled down and a matrix taken column by column
ENTRYWISE = {op for op, rule in SHAPES.items() if rule in (same, pair, instead, triple)}
# what decides or reads: a small change of a source changes nothing, or all; so they have no slope
FLAT = (
    "step",
    "sign",
    "floor",
    "greater",
    "equal",
    "reads",
    "filled",
    "letter",
    "joined",
    "match",
    "count_same",
    "hit",
)

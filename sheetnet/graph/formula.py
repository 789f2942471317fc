"""Node -> formula text; pure, touches no file.

Two ways of writing the same matrix:

- as one array formula for the whole block, which reads other blocks by name: `MMULT(TRANSPOSE(X),d_lin)`;
- cell by cell, as a person would fill it down: `SUMPRODUCT(B11:K11,$B$6:$K$6)`.

`Places` says where a node stands. A node that stands somewhere is written as that place, any other in full.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import pi
from typing import Protocol

from sheetnet.errors import GraphError
from sheetnet.graph.dialect import ANY, ARRAY, ATOM, CELL, CONDITION, PRODUCT, ROWWISE, SIGN, STACKS, SUM, number
from sheetnet.graph.dialects import CLASSIC, COUNTED, Dialect
from sheetnet.graph.node import COUNTS, Node, constant
from sheetnet.graph.ops import ENTRYWISE, SHAPES
from sheetnet.graph.sharing import Seen, shared
from sheetnet.graph.windows import cells as windowed

MAX_LENGTH = 8192  # characters that Excel takes in one formula
MAX_TEXT = 255  # and in one text within it
SMALLEST, LARGEST = 2.2250738585072014e-308, 9.99999999999999e307  # sizes of a number in one, but 0


class Places(Protocol):
    """Where nodes stand, as seen from the sheet that the formula is written on."""

    def whole(self, node: Node) -> str | None:
        """The name or range of a placed node, or None."""

    def part(self, node: Node, rows: tuple[int, int], cols: tuple[int, int], fixed: tuple[bool, bool]) -> str | None:
        """The range of some rows and columns (first, last) of a placed node; fixed puts $ before row and column."""

    def below(self, nodes: Sequence[Node], col: int) -> tuple[str, int] | None:
        """Of nodes that stand at even distances below each other: the range of one column through all, the distance."""


# ---- array formulas


def render(node: Node, places: Seen, dialect: Dialect = CLASSIC, taken: Collection[str] = ()) -> str:
    """The array formula of a whole block, with its equals sign.

    taken: names of cells in small letters, which nothing within the formula may have.
    Raises: GraphError for an op that has no array form, and for a text longer than Excel takes.
    """
    if dialect.shares:
        return _checked(node, lambda: shared(node, places, lambda part, seen: _array(part, seen, dialect), taken)[0])
    return _checked(node, lambda: _array(node, places, dialect)[0])


def _array(node: Node, places: Seen, dialect: Dialect) -> tuple[str, float]:
    if node.op == "constant":
        return _constant(node)
    if node.op in dialect.rowwise:
        write, binds = dialect.rowwise[node.op]
        texts = [_source(s, PRODUCT if i else SUM, places, dialect) for i, s in enumerate(node.sources)]
        return write(*texts, node.sources[0].shape[1]), binds
    if node.op not in dialect.array or (node.op == "match" and node.shape != (1, 1)):
        raise GraphError(f"{node!r}: {node.op} cannot stand inside an array formula; place it as a block of its own")
    template, binds, needs = dialect.array[node.op]
    if node.op == "row" and node.shape == (1, 1):
        template = "INDEX({0},{1})"
    if node.op in STACKS:
        return template.replace("{*}", ",".join(_source(s, ANY, places, dialect) for s in node.sources)), binds
    texts = [_source(s, need, places, dialect) for s, need in zip(node.sources, needs, strict=False)]
    if node.op == "where":
        texts[0] = _condition(node.sources[0], places, dialect) or texts[0]
    return template.format(*texts), binds


def _source(node: Node, need: float, places: Seen, dialect: Dialect) -> str:
    place = places.whole(node)
    text, binds = (place, ATOM) if place else _array(node, places, dialect)
    return text if binds >= need else f"({text})"


def _condition(node: Node, places: Seen, dialect: Dialect) -> str | None:
    if places.whole(node) or node.op not in CONDITION:
        return None
    return CONDITION[node.op].format(*(_source(s, SUM, places, dialect) for s in node.sources))


# ---- cell by cell


def render_cell(node: Node, i: int, j: int, places: Places, dialect: Dialect = CLASSIC) -> str:
    """The plain formula of one cell of a block, row i and column j counted from 0, with its equals sign.

    Raises: GraphError for an op that has no cell form.
    """
    return _checked(node, lambda: _cell(node, i, j, node.shape, places, dialect.cell)[0])


def _cell(
    node: Node, i: int, j: int, shape: tuple[int, int], places: Places, known: Mapping[str, tuple[str, str]] = CELL
) -> tuple[str, float]:
    if node.op == "constant":
        return _constant(constant(node.value[i][j]) if isinstance(node.value, tuple) else node)
    if node.op in CELL_RULES:
        return CELL_RULES[node.op](node, i, j, places)
    by_place = node.op == "lookup" and node.sources[1].value == COUNTS and COUNTED in known
    if node.op in known:
        template, kinds = known[COUNTED if by_place else node.op]
        binds: float = ATOM
        needs: tuple[float, ...] = (ANY,) * len(kinds)
        sources = node.sources if len(node.sources) == len(kinds) else node.sources * len(kinds)
    elif node.op in ENTRYWISE:
        template, binds, needs = ARRAY[node.op]
        kinds, sources = "e" * len(node.sources), node.sources
    else:
        raise GraphError(f"{node!r}: {node.op} cannot be written cell by cell; write it as an array formula")
    texts = []
    for kind, source, need in zip(kinds, sources, needs, strict=False):
        texts.append(_entry(source, i, j, shape, need, places) if kind == "e" else _placed(source, places))
    if node.op == "where" and node.sources[0].op in CONDITION:
        condition = node.sources[0]
        if not places.whole(condition):
            parts = (_entry(s, i, j, shape, SUM, places) for s in condition.sources)
            texts[0] = CONDITION[condition.op].format(*parts)
    return template.format(*texts), binds


def _entry(node: Node, i: int, j: int, shape: tuple[int, int], need: float, places: Places) -> str:
    r, c = (i if node.shape[0] > 1 else 0), (j if node.shape[1] > 1 else 0)
    fixed = (node.shape[0] == 1 and shape[0] > 1, node.shape[1] == 1 and shape[1] > 1)
    place = places.part(node, (r, r), (c, c), fixed)
    text, binds = (place, ATOM) if place else _cell(node, r, c, shape, places)
    return text if binds >= need else f"({text})"


def _placed(node: Node, places: Places) -> str:
    place = places.whole(node)
    if place is None:
        raise GraphError(f"{node!r} must stand somewhere before a cell can refer to the whole of it")
    return place


def _line(node: Node, rows: tuple[int, int], cols: tuple[int, int], fixed: tuple[bool, bool], places: Places) -> str:
    text = places.part(node, rows, cols, fixed)
    if text is None:
        raise GraphError(f"{node!r} must stand on the sheet before a cell can refer to a part of it")
    return text


def _matmul_cell(node: Node, i: int, j: int, places: Places) -> tuple[str, float]:
    a, b = node.sources
    inner = a.shape[1]
    if b.op == "transpose" and places.whole(b) is None:  # the columns of b lie in rows: one SUMPRODUCT
        left = _line(a, (i, i), (0, inner - 1), (False, False), places)
        right = _line(b.sources[0], (j, j), (0, inner - 1), (True, True), places)
        return f"SUMPRODUCT({left},{right})", ATOM
    terms = []
    for k in range(inner):
        left = _line(a, (i, i), (k, k), (False, node.shape[1] > 1), places)
        if isinstance(b.value, tuple):
            weight = b.value[k][j]
            terms.append(left if weight == 1 else f"{left}*{_number(float(weight))}")
        else:
            terms.append(f"{left}*{_line(b, (k, k), (j, j), (True, False), places)}")
    return "+".join(terms), SUM


def _cumsum_cell(node: Node, i: int, j: int, places: Places) -> tuple[str, float]:
    here = _line(node.sources[0], (i, i), (0, 0), (False, False), places)
    if "[#This Row]" in here:  # of a Table, whose rows read alike: from the heading, a word that SUM leaves out
        return f"SUM({here.replace('#This Row', '#Headers')}:{here})", ATOM
    first = _line(node.sources[0], (0, 0), (0, 0), (True, True), places)
    last = _line(node.sources[0], (i, i), (0, 0), (False, True), places)
    return f"SUM({first}:{last})", ATOM


def _softmax_cell(node: Node, i: int, j: int, places: Places) -> tuple[str, float]:
    entries = _line(node.sources[0], (i, i), (0, node.shape[1] - 1), (False, True), places)
    one = _line(node.sources[0], (i, i), (j, j), (False, False), places)
    return f"EXP({one}-MAX({entries}))/SUMPRODUCT(EXP({entries}-MAX({entries})))", PRODUCT


def _logsumexp_cell(node: Node, i: int, j: int, places: Places) -> tuple[str, float]:
    a = node.sources[0]
    entries = _line(a, (i, i), (0, a.shape[1] - 1), (False, True), places)
    return f"MAX({entries})+LN(SUMPRODUCT(EXP({entries}-MAX({entries}))))", SUM


def _pick_cell(node: Node, i: int, j: int, places: Places) -> tuple[str, float]:
    index, *parts = node.sources
    found = places.below(parts, j)
    if found is None:
        raise GraphError(f"{node!r}: what it picks from must stand at even distances below each other")
    column, apart = found
    at = _entry(index, 0, 0, node.shape, ANY, places)
    return f"INDEX({column},INT({at})*{apart}+{i + 1})", ATOM


def _joined_cell(node: Node, i: int, j: int, places: Places) -> tuple[str, float]:
    (a,) = node.sources
    return "&".join(_entry(a, i, k, a.shape, SUM, places) for k in range(a.shape[1])), ANY


CELL_RULES: dict[str, Callable[[Node, int, int, Places], tuple[str, float]]] = {
    "matmul": _matmul_cell,
    "cumsum": _cumsum_cell,
    "softmax": _softmax_cell,
    "logsumexp": _logsumexp_cell,
    "pick": _pick_cell,
    **windowed(_line),
    "joined": _joined_cell,
}


# ---- constants


def _constant(node: Node) -> tuple[str, float]:
    value = node.value
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise GraphError(f"a text of {len(value)} characters stands in a formula, Excel takes {MAX_TEXT}")
        return '"' + value.replace('"', '""') + '"', ATOM
    if isinstance(value, tuple):
        return "{" + ";".join(",".join(_number(float(v)) for v in line) for line in value) + "}", ATOM
    if not isinstance(value, float):
        raise GraphError(f"{node!r} holds no value")
    return ("PI()", ATOM) if value == pi else (_number(value), ATOM if value >= 0 else SIGN)


def _number(value: float) -> str:
    """The number, where every program takes it.

    Raises: GraphError for what is no number, or nearer to 0 or farther from it than Excel can hold.
    """
    if value != 0 and not SMALLEST <= abs(value) <= LARGEST:
        raise GraphError(f"the number {value} stands in a formula, Excel takes 0 and {SMALLEST} to {LARGEST}")
    return number(value)


def _checked(node: Node, write: Callable[[], str]) -> str:
    """A formula with its equals sign, unless it is longer than Excel takes (or deeper than Python can follow)."""
    try:
        text = "=" + write()
    except RecursionError:
        text = ""
    if not 0 < len(text) <= MAX_LENGTH:
        size = f"has {len(text)} characters" if text else "is too long"
        raise GraphError(f"{node!r}: its formula {size}, Excel takes {MAX_LENGTH}; place a part of it")
    return text


assert set(SHAPES) == set(ARRAY) | set(ROWWISE) | set(CELL) | set(CELL_RULES) | STACKS, "an op without a formula"

"""A small graph of whole matrices: what a model, its gradient and its preparation are made of.

Every value is a matrix of rank 2, as in a sheet: a scalar is 1 x 1, a column n x 1. Sizes of 1 broadcast, as they
do in array formulas. A graph is checked as it is built. What an op means elsewhere stands in one table each:
`evaluate.NUMERIC`, `formula.ARRAY` and `formula.CELL`, `gradient.RULES`; its shape rule stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from sheetnet.errors import GraphError

Shape = tuple[int, int]
Constant = float | str | tuple[tuple[float, ...], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One matrix of the graph: an op over other nodes. Two nodes are equal only if they are the same object."""

    op: str
    sources: tuple[Node, ...]
    shape: Shape
    name: str = ""
    value: Constant | None = None

    def named(self, name: str) -> Node:
        """The same matrix under a name; cotangents and sheet headings are derived from it."""
        return replace(self, name=name)

    def __repr__(self) -> str:
        return f"<{self.name or self.op} {self.shape[0]} x {self.shape[1]}>"

    def __add__(self, other: Node | float) -> Node:
        return apply("add", self, lift(other))

    def __sub__(self, other: Node | float) -> Node:
        return apply("sub", self, lift(other))

    def __mul__(self, other: Node | float) -> Node:
        return apply("mul", self, lift(other))

    def __truediv__(self, other: Node | float) -> Node:
        return apply("div", self, lift(other))

    def __radd__(self, other: float) -> Node:
        return apply("add", lift(other), self)

    def __rsub__(self, other: float) -> Node:
        return apply("sub", lift(other), self)

    def __rmul__(self, other: float) -> Node:
        return apply("mul", lift(other), self)

    def __rtruediv__(self, other: float) -> Node:
        return apply("div", lift(other), self)

    def __neg__(self) -> Node:
        return apply("neg", self)

    def __matmul__(self, other: Node) -> Node:
        return apply("matmul", self, other)

    @property
    def T(self) -> Node:
        """The transpose, (n, k) -> (k, n)."""
        return apply("transpose", self)


# ---- leaves


def variable(name: str, shape: Shape) -> Node:
    """A matrix whose numbers come from outside: data, weights, a rate."""
    return Node("input", (), shape, name)


def constant(value: Constant) -> Node:
    """A number, a text or a small matrix (a tuple of rows) that stands in the formula itself."""
    shape = (len(value), len(value[0])) if isinstance(value, tuple) else (1, 1)
    return Node("constant", (), shape, "", value)


def lift(value: Node | float | str) -> Node:
    """The node itself, or a constant."""
    return value if isinstance(value, Node) else constant(value if isinstance(value, str) else float(value))


def ones(n_rows: int, n_cols: int) -> Node:
    """A constant matrix of ones, (n_rows, n_cols)."""
    return constant(tuple((1.0,) * n_cols for _ in range(n_rows)))


# ---- shape rules


def _broadcast(*shapes: Shape) -> Shape:
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


def _lookup(key: Shape, keys: Shape, values: Shape) -> Shape:
    _column(key, keys, values)
    if keys != values:
        raise ValueError("keys and values need the same number of rows")
    return key


def _match(key: Shape, keys: Shape) -> Shape:
    _column(key, keys)
    return key


def _cumsum(a: Shape) -> Shape:
    _column(a)
    return a


def _square(a: Shape) -> Shape:
    if a[0] != a[1]:
        raise ValueError("a square matrix is needed")
    return a


def _same(a: Shape) -> Shape:
    return a


def _one(*_: Shape) -> Shape:
    return 1, 1


SHAPES: dict[str, Callable[..., Shape]] = {
    # elementwise; sizes of 1 broadcast
    "add": _broadcast,
    "sub": _broadcast,
    "mul": _broadcast,
    "div": _broadcast,
    "neg": _same,
    "square": _same,
    "abs": _same,
    "relu": _same,  # max(0, a)
    "step": _same,  # 1 where a > 0, else 0
    "log10": _same,
    "ln": _same,
    "greater": _broadcast,  # 1 where a > b, else 0
    "equal": _broadcast,  # 1 where a = b, else 0; text without regard to case, as in a sheet
    "where": _broadcast,  # b where a is not 0, else c
    "filled": _same,  # 1 where the cell is not blank, else 0
    "is_error": _same,  # 1 where a is an error value, else 0
    "same": _same,  # a copy, to stand on another sheet
    # matrices
    "matmul": _matmul,
    "transpose": lambda a: (a[1], a[0]),
    "inverse": _square,
    "expand": lambda a, like: _broadcast(a, like),  # a, repeated to the shape of like
    "hstack": _side_by_side,
    "vstack": _on_top,
    # look-ups; counted from 1, as in a sheet
    "row": lambda a, index: (1, a[1]),  # the index-th row
    "lookup": _lookup,  # the value beside each key; keys ascend
    "match": _match,  # where each key first stands among the keys
    "cumsum": _cumsum,
    "count_same": _cumsum,  # how often this entry occurs in the column; 0 for a blank
    # reductions to 1 x 1
    "sum": _one,
    "mean": _one,
    "max": _one,
    "sum_rows": lambda a: (1, a[1]),  # one sum for each column
}


def apply(op: str, *sources: Node) -> Node:
    """The node op(*sources), with constants folded; 1 * x is x.

    Raises: GraphError when the shapes do not fit, naming op, nodes and shapes.
    """
    try:
        shape = SHAPES[op](*(s.shape for s in sources))
    except KeyError:
        raise GraphError(f"there is no op {op!r}; known are {', '.join(sorted(SHAPES))}") from None
    except (ValueError, TypeError) as reason:
        raise GraphError(f"{op} of {', '.join(map(repr, sources))}: {reason}") from None
    return _fold(op, sources, shape) or Node(op, sources, shape)


def _is(node: Node, number: float) -> bool:
    return node.op == "constant" and node.value == number


_ARITHMETIC = {"add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b}


def _fold(op: str, sources: tuple[Node, ...], shape: Shape) -> Node | None:
    """A shorter node of the same value, or None. Keeps formulas free of `1*x` and of TRANSPOSE(TRANSPOSE(x))."""
    numbers = [s.value for s in sources if isinstance(s.value, float)]
    if op in _ARITHMETIC and len(numbers) == 2:
        return constant(_ARITHMETIC[op](*numbers))
    if op == "mul":
        return _fold_product(*sources, shape) or _fold_product(*sources[::-1], shape)
    return _fold_transpose(sources[0]) if op == "transpose" else None


def _fold_product(x: Node, other: Node, shape: Shape) -> Node | None:
    if x.op == "expand" and _broadcast(x.sources[0].shape, other.shape) == shape:
        return x.sources[0] * other
    if _is(x, 1.0) and other.shape == shape:
        return other
    if x.op == "div" and _is(x.sources[0], 1.0):
        return other / x.sources[1]
    return None


def _fold_transpose(a: Node) -> Node | None:
    if a.shape == (1, 1):
        return a
    if a.op == "transpose":
        return a.sources[0]
    if isinstance(a.value, tuple):
        return constant(tuple(zip(*a.value, strict=True)))
    if a.op == "matmul" and not a.name:
        return a.sources[1].T @ a.sources[0].T
    return None


# ---- short forms


def relu(a: Node) -> Node:
    """max(0, a), elementwise."""
    return apply("relu", a)


def mean(a: Node) -> Node:
    """The mean of all entries, (n, k) -> (1, 1)."""
    return apply("mean", a)


def square(a: Node) -> Node:
    """a squared, elementwise."""
    return apply("square", a)


def sum_columns(a: Node) -> Node:
    """Each row's sum, (n, k) -> (n, 1), as a product with ones; so the matmul rule is its gradient."""
    return a if a.shape[1] == 1 else a @ ones(a.shape[1], 1)


def hstack(parts: Sequence[Node]) -> Node:
    """Matrices side by side."""
    return parts[0] if len(parts) == 1 else apply("hstack", *parts)


def vstack(parts: Sequence[Node]) -> Node:
    """Matrices on top of each other."""
    return parts[0] if len(parts) == 1 else apply("vstack", *parts)


def where(condition: Node, yes: Node | float | str, no: Node | float | str) -> Node:
    """yes where the condition is not 0, else no."""
    return apply("where", condition, lift(yes), lift(no))


def row(a: Node, index: Node | int) -> Node:
    """The index-th row of a, counted from 1, (n, k) -> (1, k)."""
    return apply("row", a, lift(index))


# ---- walks


def order(roots: Iterable[Node]) -> list[Node]:
    """All nodes that the roots need, each after its sources."""
    seen: set[Node] = set()
    out: list[Node] = []
    stack = [(node, False) for node in roots]
    while stack:
        node, ready = stack.pop()
        if ready:
            out.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((source, False) for source in node.sources)
    return out


def substitute(roots: Sequence[Node], change: Mapping[Node, Node]) -> list[Node]:
    """The roots with some nodes replaced, rebuilt (and checked and folded) above them."""
    new: dict[Node, Node] = {}
    for node in order(roots):
        if node in change:
            new[node] = change[node]
        elif all(new[s] is s for s in node.sources):
            new[node] = node
        else:
            rebuilt = apply(node.op, *(new[s] for s in node.sources))
            new[node] = rebuilt.named(node.name) if node.name else rebuilt
    return [new[root] for root in roots]


def split_columns(root: Node, matrix: Node, columns: Sequence[Node]) -> Node:
    """The root (a single column or number), written with the columns of `matrix` one by one.

    For X @ W with W = [w_1 w_2] that is X @ w_1 and X @ w_2, and so on upwards: the same net, unit by unit.
    Raises: GraphError when an op cannot be split.
    """
    parts: dict[Node, list[Node]] = {}
    for node in order([root]):
        below = [parts[s] for s in node.sources]
        if node is matrix:
            parts[node] = list(columns)
        elif all(len(p) == 1 and p[0] is s for p, s in zip(below, node.sources, strict=True)):
            parts[node] = [node]
        elif node.op == "matmul" and len(below[0]) == 1:
            parts[node] = [below[0][0] @ b for b in below[1]]
        elif node.op == "matmul" and isinstance(node.sources[1].value, tuple):
            weights = node.sources[1].value
            total = None
            for part, (weight, *_) in zip(below[0], weights, strict=True):
                term = part * weight
                total = term if total is None else total + term
            parts[node] = [total]  # type: ignore[list-item]
        elif SHAPES[node.op] in (_broadcast, _same) or all(len(p) == 1 for p in below):
            width = max(len(p) for p in below)
            wide = [p * width if len(p) == 1 else p for p in below]
            parts[node] = [apply(node.op, *some) for some in zip_longest(*wide)]
        else:
            raise GraphError(f"{node!r} cannot be written column by column: {node.op} has no rule for it")
    (only,) = parts[root]
    return only

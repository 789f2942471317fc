"""A small graph of whole matrices: what a model, its gradient and its preparation are made of.

Every value is a matrix of rank 2, as in a sheet: a scalar is 1 x 1, a column n x 1. Sizes of 1 broadcast, as they
do in array formulas. A graph is checked as it is built. What an op means elsewhere stands in one table each:
`ops.SHAPES`, `evaluate.NUMERIC`, `dialect.ARRAY` and `dialect.CELL`, `gradient.RULES`, `magnitude.MAGNITUDE`; how a
page tells of it in `torch_text.TORCH` and `aloud.ALOUD`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace

from sheetnet.errors import GraphError
from sheetnet.graph.ops import SHAPES, Shape, broadcast

Constant = float | str | tuple[tuple[float, ...], ...] | tuple[tuple[str, ...], ...]


COUNTS = "1, 2, 3, ..."  # what is known of an input, as its value


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """One matrix of the graph: an op over other nodes. Two nodes are equal only if they are the same object."""

    op: str
    sources: tuple[Node, ...]
    shape: Shape
    name: str = ""
    value: Constant | None = None

    def named(self, name: str) -> Node:
        """The same matrix under a name, from which cotangents and headings take theirs; an input keeps its own."""
        return self if self.op == "input" else replace(self, name=name)

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


def counted(name: str, n: int) -> Node:
    """A column (n, 1) from outside that is known to hold 1, 2, ..., n."""
    return Node("input", (), (n, 1), name, COUNTS)


def constant(value: Constant) -> Node:
    """A number, a text or a small matrix (a tuple of rows) that stands in the formula itself."""
    value = float(value) if isinstance(value, int) else value
    shape = (len(value), len(value[0])) if isinstance(value, tuple) else (1, 1)
    return Node("constant", (), shape, "", value)


def lift(value: Node | float | str) -> Node:
    """The node itself, or a constant."""
    return value if isinstance(value, Node) else constant(value if isinstance(value, str) else float(value))


def ones(n_rows: int, n_cols: int) -> Node:
    """A constant matrix of ones, (n_rows, n_cols)."""
    return constant(tuple((1.0,) * n_cols for _ in range(n_rows)))


def selector(n: int, first: int, count: int) -> Node:
    """A constant (n, count) of 0 and 1: a (m, n) @ selector is `count` columns of a, from `first` (0, 1, ...) on."""
    return constant(tuple(tuple(float(i == first + j) for j in range(count)) for i in range(n)))


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
        a, b = sources
        return _fold_product(a, b, shape) or _fold_product(b, a, shape)
    if op == "neg":
        return _fold_sign(sources[0])
    if op == "matmul" and (1, 1) in [source.shape for source in sources]:  # MMULT of an error's cell may be 0
        return apply("mul", *sources)
    if op == "sum_rows" and shape == sources[0].shape:  # of one cell INDEX makes no row in every program
        return sources[0]
    return _fold_transpose(sources[0]) if op == "transpose" else None


def _fold_product(x: Node, other: Node, shape: Shape) -> Node | None:
    if x.op == "expand" and broadcast(x.sources[0].shape, other.shape) == shape:
        return x.sources[0] * other
    if (
        x.op == "matmul"
        and not x.name
        and _is_ones(x.sources[1])
        and broadcast(x.sources[0].shape, other.shape) == shape
    ):
        return x.sources[0] * other
    if _is(x, 1.0) and other.shape == shape:
        return other
    if x.op == "div" and _is(x.sources[0], 1.0):
        return other / x.sources[1]
    return None


def _is_ones(node: Node) -> bool:
    """Whether a column times this is the column repeated."""
    return isinstance(node.value, tuple) and node.shape[0] == 1 and set(node.value[0]) == {1.0}


def _fold_sign(a: Node) -> Node | None:
    if isinstance(a.value, float):
        return constant(-a.value)
    return apply("expand", -a.sources[0], a.sources[1]) if a.op == "expand" else None


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


def order(roots: Iterable[Node], known: Container[Node] = ()) -> list[Node]:
    """All nodes that the roots need, each after its sources; what only known nodes need is left out."""
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
            if node not in known:
                stack.extend((source, False) for source in node.sources)
    return out

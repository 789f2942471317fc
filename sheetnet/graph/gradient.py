"""Reverse mode that builds more graph: a gradient renders and evaluates like anything else.

`RULES[op](node, d)` gives the cotangent of each source from d, the cotangent of the node; None where the op has
slope zero almost everywhere, or where no slope is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sheetnet.errors import GraphError
from sheetnet.graph.node import Node, apply, constant, order, selector, sum_columns, where
from sheetnet.graph.ops import FLAT, SHAPES, Shape

Cotangents = tuple[Node | None, ...]


def _no_slope(node: Node, d: Node) -> Cotangents:
    return (None,) * len(node.sources)


def _expand(a: Node, like: Node) -> Node:
    return a if a.shape == like.shape else apply("expand", a, like)


def _div(node: Node, d: Node) -> Cotangents:
    a, b = node.sources
    return d / b, -(d * a / apply("square", b))


def _where(node: Node, d: Node) -> Cotangents:
    condition = node.sources[0]
    return None, apply("where", condition, d, constant(0.0)), apply("where", condition, constant(0.0), d)


def _power(node: Node, d: Node) -> Cotangents:
    """b a^(b-1), and a^b ln(a) for the exponent; 0 for b = 0, and for a = 0 where b >= 0, as in torch."""
    a, b = node.sources
    slope = b * apply("power", a, b - 1.0)
    if not isinstance(b.value, float) or b.value == 0:
        slope = where(apply("equal", b, constant(0.0)), 0.0, slope)
    flat = apply("equal", a, constant(0.0)) * (1.0 - apply("greater", constant(0.0), b))
    return d * slope, d * where(flat, 0.0, node * apply("ln", a))


def _hstack(node: Node, d: Node) -> Cotangents:
    """Each part's columns of d: d times a selector, since a stack is a sum of products with selectors."""
    out, at = [], 0
    for part in node.sources:
        out.append(d @ selector(node.shape[1], at, part.shape[1]))
        at += part.shape[1]
    return tuple(out)


def _vstack(node: Node, d: Node) -> Cotangents:
    out, at = [], 0
    for part in node.sources:
        out.append(selector(node.shape[0], at, part.shape[0]).T @ d)
        at += part.shape[0]
    return tuple(out)


RULES: dict[str, Callable[[Node, Node], Cotangents]] = (
    {
        "add": lambda n, d: (d, d),
        "sub": lambda n, d: (d, -d),
        "mul": lambda n, d: (n.sources[1] * d, n.sources[0] * d),
        "div": _div,
        "neg": lambda n, d: (-d,),
        "square": lambda n, d: (2.0 * n.sources[0] * d,),
        "abs": lambda n, d: (d * apply("sign", n.sources[0]),),  # 0 at 0, as in torch
        "sqrt": lambda n, d: (d / (2.0 * n),),
        "power": _power,
        "sin": lambda n, d: (d * apply("cos", n.sources[0]),),
        "cos": lambda n, d: (-(d * apply("sin", n.sources[0])),),
        "relu": lambda n, d: (d * apply("step", n.sources[0]).named("mask"),),  # 0 at 0, as in torch
        "log10": lambda n, d: (d / (n.sources[0] * 2.302585092994046),),
        "ln": lambda n, d: (d / n.sources[0],),
        "exp": lambda n, d: (d * n,),
        "tanh": lambda n, d: (d * (1.0 - apply("square", n)),),
        "sigmoid": lambda n, d: (d * (n * (1.0 - n)),),
        "softplus": lambda n, d: (d * apply("sigmoid", n.sources[0]),),
        "normal": lambda n, d: (d * (apply("exp", apply("square", n.sources[0]) * -0.5) * 0.3989422804014327),),
        "softmax": lambda n, d: (n * (d - sum_columns(d * n)),),
        "shares": lambda n, d: (n * (d - sum_columns(d * n)), None)[: len(n.sources)],
        "logsumexp": lambda n, d: (d * apply("softmax", n.sources[0]),),
        "hstack": _hstack,
        "vstack": _vstack,
        "where": _where,
        "gather": lambda n, d: (apply("scatter", d, n.sources[1], n.sources[0]), None),
        "scatter": lambda n, d: (apply("gather", d, n.sources[1]), None, None),
        "same": lambda n, d: (d,),
        "estimate": lambda n, d: (d,),
        "outcome": lambda n, d: (d,),
        "matmul": lambda n, d: (d @ n.sources[1].T, n.sources[0].T @ d),
        "transpose": lambda n, d: (d.T,),
        "inverse": lambda n, d: (-(n.T @ d @ n.T),),
        "expand": lambda n, d: (d, None),
        "sum": lambda n, d: (_expand(d, n.sources[0]),),
        "mean": lambda n, d: (_expand(d / (n.sources[0].shape[0] * n.sources[0].shape[1]), n.sources[0]),),
        "sum_rows": lambda n, d: (_expand(d, n.sources[0]),),
    }
    | dict.fromkeys(FLAT, _no_slope)
)
# Nothing that is trained passes through these; a model that needs one of them adds its rule above.
UNRULED = {"row", "pick", "lookup", "cumsum", "max", "min", "median", "determinant", "if_error"}
UNRULED |= {"correlate", "largest"}


def _fit(d: Node, shape: Shape) -> Node:
    """d, summed over the axes along which a source of this shape was repeated."""
    if d.shape == shape:
        return d
    if shape == (1, 1):
        return apply("sum", d)
    return sum_columns(d) if shape[1] == 1 and d.shape[1] != 1 else apply("sum_rows", d)


def gradient(loss: Node, wanted: Sequence[Node]) -> list[Node]:
    """The cotangent of each wanted node, of the node's own shape: d loss / d node.

    Cotangents keep the name of what they belong to: `d_lin` belongs to `lin`, `grad_W` to `W` (a capital letter
    marks a parameter).

    Raises: GraphError if the loss is not 1 x 1, does not depend on a wanted node, or an op on the way has no rule.
    """
    if loss.shape != (1, 1):
        raise GraphError(f"a gradient needs a loss of 1 x 1, not {loss!r}")
    needed = _depend_on(loss, wanted)
    cotangent: dict[Node, Node] = {loss: constant(1.0)}
    for node in reversed(order([loss])):
        if node not in cotangent or node not in needed:
            continue
        d = cotangent[node]
        if node.name and node is not loss:
            d = cotangent[node] = d.named(("grad_" if node.name[0].isupper() else "d_") + node.name)
        if not any(source in needed for source in node.sources):
            continue
        if node.op not in RULES:
            raise GraphError(f"{node!r}: no gradient rule for the op {node.op!r}")
        for source, part in zip(node.sources, RULES[node.op](node, d), strict=True):
            if part is not None and source in needed:
                part = _fit(part, source.shape)
                cotangent[source] = cotangent[source] + part if source in cotangent else part
    for node in wanted:
        if node not in cotangent:
            raise GraphError(f"{loss!r} does not depend on {node!r}")
    return [cotangent[node] for node in wanted]


def _depend_on(loss: Node, wanted: Sequence[Node]) -> set[Node]:
    """The nodes between the wanted ones and the loss, both included."""
    found = set(wanted)
    for node in order([loss]):
        if any(source in found for source in node.sources):
            found.add(node)
    return found


assert not set(SHAPES) - set(RULES) - UNRULED, "an op without a gradient rule"

"""The node cases that ONNX tests its backends with, and each of their ops written as graph.

A tensor of any rank is laid out as a matrix. Entry by entry: its last axis gives the columns, a vector is a row, a
number 1 x 1. Where an op works along axes, these give the columns and all others the rows; what is batched
(products, determinants) goes matrix by matrix. What comes out is laid out alike.
"""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from math import prod
from typing import Any

import numpy as np

from sheetnet.graph.node import (
    Node,
    apply,
    hstack,
    lift,
    mean,
    ones,
    relu,
    row,
    square,
    sum_columns,
    variable,
    vstack,
    where,
)
from sheetnet.models.layer import Pass
from sheetnet.models.layers import ACTIVATIONS, Columns, Concat, Dense, Dropout, LeakyReLU
from sheetnet.models.losses import LOSSES, classes, of_class
from sheetnet.models.norms import BatchNorm, Embedding, LayerNorm

MOST = 4000  # numbers of an input: what is larger shows nothing that a smaller case does not
Pairs = list[tuple[Node, np.ndarray]]  # what comes out, and what ONNX says comes out


class Unfit(Exception):
    """The reason why a case cannot be reproduced."""


@dataclass(frozen=True)
class Case:
    """One node with what goes in (None: left out) and comes out."""

    name: str
    op: str
    settings: dict[str, Any]
    inputs: tuple[np.ndarray | None, ...]
    outputs: tuple[np.ndarray, ...]


@dataclass
class Call:
    """A case on its way into a graph: `given` fills with the matrices that go in."""

    case: Case
    given: dict[Node, np.ndarray] = field(default_factory=dict)

    def source(self, a: np.ndarray) -> Node:
        """An input of the graph that holds a matrix."""
        node = variable(f"source_{len(self.given)}", a.shape)
        self.given[node] = a if a.dtype == object else a.astype(float)
        return node

    def set(self, name: str, default: Any = None) -> Any:
        """An attribute of the node."""
        return self.case.settings.get(name, default)

    @property
    def first(self) -> np.ndarray:
        a = self.case.inputs[0]
        assert a is not None
        return a

    @property
    def out(self) -> np.ndarray:
        return self.case.outputs[0]

    def input(self, i: int) -> np.ndarray | None:
        """The i-th input, None where it is left out."""
        return self.case.inputs[i] if i < len(self.case.inputs) else None


# ---- laid out as matrices


def flat(a: np.ndarray) -> np.ndarray:
    """The last axis as columns, all others as rows."""
    return a.reshape(-1, a.shape[-1]) if a.ndim else a.reshape(1, 1)


def along(a: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """Some axes as columns, all others as rows."""
    axes = sorted(axis % a.ndim for axis in axes) if a.ndim else []
    moved = np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim))
    return moved.reshape(-1, prod(a.shape[axis] for axis in axes))


def column(a: np.ndarray) -> np.ndarray:
    return a.reshape(-1, 1)


def line(a: np.ndarray) -> np.ndarray:
    return a.reshape(1, -1)


def spread(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """As flat, of a tensor that broadcasts to a shape: by rows and columns as matrices do."""
    padded = a.reshape((1,) * (len(shape) - a.ndim) + a.shape)
    if padded.shape[:-1] != shape[:-1] and prod(padded.shape[:-1]) != 1:
        raise Unfit("it broadcasts along an axis of rank 3 or more, which is neither rows nor columns")
    return flat(padded)


# ---- how an op is built


Build = Callable[[Call], Pairs]


def each(make: Callable[..., Node], whole: bool = True) -> Build:
    """Entry by entry: make(call, *sources), None for an input that is left out. whole: for whole numbers too."""

    def build(call: Call) -> Pairs:
        if not whole and call.out.dtype.kind in "iu":
            raise Unfit("it divides whole numbers to whole numbers")
        sources = [None if a is None else call.source(spread(a, call.out.shape)) for a in call.case.inputs]
        return [(make(call, *sources), flat(call.out))]

    return build


def activation(kind: str) -> Build:
    return each(lambda call, a: ACTIVATIONS[kind](a))


def op(name: str, whole: bool = True) -> Build:
    return each(lambda call, *sources: apply(name, *sources), whole)


def of_all(combine: Callable[[Node, Node], Node]) -> Build:
    """Of one input or several, entry by entry. (The only one is copied.)"""
    return each(lambda call, *sources: reduce(combine, sources) if len(sources) > 1 else apply("same", sources[0]))


def larger(a: Node, b: Node) -> Node:
    return where(apply("greater", a, b), a, b)


def smaller(a: Node, b: Node) -> Node:
    return where(apply("greater", a, b), b, a)


def flipped(a: Node) -> Node:
    """1 where a is 0, and 0 where it is 1."""
    return apply("equal", a, lift(0.0))


def rowwise(make: Callable[[Call, Node], Node]) -> Build:
    """Along one axis, of which there comes out as much as goes in."""

    def build(call: Call) -> Pairs:
        axes = (call.set("axis", -1),)
        return [(make(call, call.source(along(call.first, axes))), along(call.out, axes))]

    return build


def reduction(of_rows: Callable[[Node], Node] | None, whole: str = "") -> Build:
    """Along axes, of which one number is left. whole: the op for all entries. of_rows None: whole, row by row."""

    def build(call: Call) -> Pairs:
        axes = [int(axis) for axis in call.input(1)] if call.input(1) is not None else [*call.set("axes", [])]
        if not axes and call.set("noop_with_empty_axes"):
            return [(apply("same", call.source(flat(call.first))), flat(call.out))]
        a, wanted = call.source(along(call.first, axes or range(call.first.ndim))), column(call.out)
        if whole and a.shape[0] == 1:
            return [(apply(whole, a), wanted)]
        if of_rows is None:
            return [(apply(whole, row(a, i + 1)), wanted[i : i + 1]) for i in range(len(wanted))]
        return [(of_rows(a), wanted)]

    return build


def matrices(a: np.ndarray, batch: tuple[int, ...] = ()) -> list[np.ndarray]:
    """The matrices of the last two axes, broadcast to a batch."""
    batch = batch or a.shape[:-2]
    return list(np.broadcast_to(a, batch + a.shape[-2:]).reshape(-1, *a.shape[-2:]))


def _matmul(call: Call) -> Pairs:
    """Product by product; a vector is a row before and a column after."""
    a, b = call.case.inputs
    a, b = a[None] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    wanted = matrices(call.out.reshape((*batch, a.shape[-2], b.shape[-1])))
    pairs = zip(matrices(a, batch), matrices(b, batch), wanted, strict=True)
    return [(call.source(left) @ call.source(right), out) for left, right, out in pairs]


def _det(call: Call) -> Pairs:
    return [
        (apply("determinant", call.source(a)), np.reshape(wanted, (1, 1)))
        for a, wanted in zip(matrices(call.first), call.out.reshape(-1), strict=True)
    ]


def _gemm(call: Call) -> Pairs:
    a, b = (call.source(m) for m in call.case.inputs[:2])
    a, b = a.T if call.set("transA") else a, b.T if call.set("transB") else b
    c = call.input(2)
    bias = None if c is None else call.source(spread(c, call.out.shape))
    alpha, beta = call.set("alpha", 1.0), call.set("beta", 1.0)
    if alpha == beta == 1:
        dense = Dense(*b.shape, bias=bias is not None)
        return [(dense.forward([a], {"weight": b} | ({} if bias is None else {"bias": bias}), Pass(), {}), call.out)]
    return [(alpha * (a @ b) + (0.0 if bias is None else beta * bias), call.out)]


def _transpose(call: Call) -> Pairs:
    a, perm = call.first, call.set("perm", [*range(call.first.ndim)][::-1])
    turn = perm[0]
    if perm != [*range(turn, a.ndim), *range(turn)] or not turn:
        raise Unfit("its axes do not go round, so that it is no transpose of a matrix")
    return [
        (call.source(a.reshape(prod(a.shape[:turn]), -1)).T, call.out.reshape(-1, prod(a.shape[:turn]))),
    ]


def _concat(call: Call) -> Pairs:
    """On top of each other along the first axis, else beside each other: as stack, and as layer."""
    axis, a = call.set("axis"), call.first
    if a.ndim > 1 and axis % a.ndim == 0:
        parts = [call.source(part.reshape(len(part), -1)) for part in call.case.inputs]
        return [(vstack([apply("same", part) for part in parts]), call.out.reshape(len(call.out), -1))]
    parts, wanted = [call.source(along(part, [axis])) for part in call.case.inputs], along(call.out, [axis])
    return [
        (hstack([apply("same", part) for part in parts]), wanted),
        (Concat().forward(parts, {}, Pass(), {}), wanted),
    ]


def _split(call: Call) -> Pairs:
    axis, pairs, at = call.set("axis", 0), Pairs(), 0
    a = call.source(along(call.first, [axis]))
    for out in call.case.outputs:
        wanted = along(out, [axis])
        pairs.append((Columns(at, wanted.shape[1]).forward([a], {}, Pass(), {}), wanted))
        at += wanted.shape[1]
    return pairs


def _gather(call: Call) -> Pairs:
    """Row by row of the axis in question, counted from 1; and as an embedding, counted from 0."""
    a, codes, axis = call.first, call.input(1).reshape(-1), call.set("axis", 0)
    codes = codes % a.shape[axis]
    table = call.source(along(a, [axis]).T)
    out = call.out.reshape(*a.shape[:axis], len(codes), *a.shape[axis + 1 :])
    wanted = along(out, [axis]).T
    embedding = Embedding(*table.shape).forward([call.source(column(codes))], {"weight": table}, Pass(), {})
    rows = [(row(table, call.source(np.array([[code + 1]]))), wanted[[i]]) for i, code in enumerate(codes)]
    return [(embedding, wanted), *rows]


def _cumsum(call: Call) -> Pairs:
    """Column by column of the axis in question."""
    axis, pairs = int(call.input(1)), Pairs()
    for one, wanted in zip(along(call.first, [axis]), along(call.out, [axis]), strict=True):
        a = call.source(column(one))
        total = apply("cumsum", a)
        if call.set("reverse"):
            out = apply("sum", a) - total + (0.0 if call.set("exclusive") else a)
        else:
            out = total - a if call.set("exclusive") else total
        pairs.append((out, column(wanted)))
    return pairs


def _expand(call: Call) -> Pairs:
    like = call.source(np.zeros(flat(call.out).shape))
    return [(apply("expand", call.source(spread(call.first, call.out.shape)), like), flat(call.out))]


def _clip(call: Call, a: Node, low: Node | None = None, high: Node | None = None) -> Node:
    a = apply("same", a) if low is None else larger(a, low)
    return a if high is None else smaller(a, high)


def _dropout(call: Call) -> Pairs:
    """As it comes, or in training times the mask that ONNX drew, where it tells it."""
    ratio, training = call.input(1), call.input(2)
    a, out = call.source(flat(call.first)), flat(call.out)
    if not training:
        return [(apply("same", Dropout().forward([a], {}, Pass(), {})), out)]
    if len(call.case.outputs) < 2:
        raise Unfit("it draws a mask that it does not tell")
    mask = call.source(flat(call.case.outputs[1]) / (1 - float(ratio)))
    return [(Dropout(float(ratio)).forward([a], {}, Pass(training=True, masks={"m": mask}), {"mask": "m"}), out)]


# ---- norms


def _batchnorm(call: Call) -> Pairs:
    """In training the mean that goes on too; the variance is divided by n - 1, as torch does, and by n in ONNX."""
    x, *rows = call.case.inputs
    a, training = call.source(along(x, [1])), bool(call.set("training_mode"))
    names = ("weight", "bias", "running_mean", "running_var")
    P = {name: call.source(line(one)) for name, one in zip(names, rows, strict=True)}
    layer = BatchNorm(a.shape[1], call.set("epsilon", 1e-5), 1 - call.set("momentum", 0.9))
    how = Pass(training, rows=float(a.shape[0]))
    pairs = [(layer.forward([a], P, how, {name: name for name in names}), along(call.out, [1]))]
    if training:
        pairs.append((how.updates["running_mean"], line(call.case.outputs[1])))
    return pairs


def _layernorm(call: Call) -> Pairs:
    axes = range(call.set("axis", -1) % call.first.ndim, call.first.ndim)
    a = call.source(along(call.first, axes))
    P = {name: call.source(line(one)) for name, one in zip(("weight", "bias"), call.case.inputs[1:], strict=True)}
    n, eps = a.shape[1], call.set("epsilon", 1e-5)
    centre = sum_columns(a) / n
    scale = 1.0 / apply("sqrt", sum_columns(square(a - centre)) / n + eps)
    found = LayerNorm(n, eps).forward([a], P, Pass(), {}), centre, scale
    return list(zip(found, (along(call.out, axes), *map(column, call.case.outputs[1:])), strict=True))


def _rmsnorm(call: Call) -> Pairs:
    axes = range(call.set("axis", -1) % call.first.ndim, call.first.ndim)
    a, scale = call.source(along(call.first, axes)), call.source(line(call.case.inputs[1]))
    size = apply("sqrt", sum_columns(square(a)) / a.shape[1] + call.set("epsilon", 1e-5))
    return [(a / size * scale, along(call.out, axes))]


# ---- losses


def _loss(rows: Callable[[Node, Node], Node]) -> Build:
    """What each row adds, weighted by its class, without the rows of the class to ignore: each, the sum or the mean."""

    def build(call: Call) -> Pairs:
        x, target, weights = call.first, call.input(1), call.input(2)
        a, y = call.source(along(x, [1])), call.source(column(target))
        loss, weight = rows(a, y), None
        if weights is not None:
            weight = sum_columns(apply("equal", y, classes(a)) * call.source(line(weights)))
        if (ignored := call.set("ignore_index")) is not None:
            counted = flipped(apply("equal", y, lift(float(ignored))))
            weight = counted if weight is None else weight * counted
        loss = loss if weight is None else loss * weight
        how = call.set("reduction", b"mean")
        if how == b"none":
            pairs = [(loss, column(call.out))]
        else:
            total = apply("sum", loss)
            if how == b"mean":
                total = mean(loss) if weight is None else total / apply("sum", weight)
            pairs = [(total, np.reshape(call.out, (1, 1)))]
        if len(call.case.outputs) > 1:
            pairs.append((ACTIVATIONS["log_softmax"](a), along(call.case.outputs[1], [1])))
        return pairs

    return build


# ---- the table: how each op of ONNX is written as graph


def _elu(a: Node, alpha: float) -> Node:
    return where(apply("greater", a, lift(0.0)), a, alpha * (apply("exp", a) - 1.0))


def _mean_of(call: Call, *sources: Node) -> Node:
    total = reduce(lambda a, b: a + b, sources)
    return total / len(sources) if len(sources) > 1 else apply("same", total)


def _hard_sigmoid(a: Node, alpha: float, beta: float) -> Node:
    return relu(smaller(alpha * a + beta, ones(1, 1)))


BUILDS: dict[str, Build] = {
    "Abs": activation("abs"),
    "Add": op("add"),
    "And": op("mul"),
    "BatchNormalization": _batchnorm,
    "Celu": each(lambda c, a: _elu(a / c.set("alpha", 1.0), 1.0) * c.set("alpha", 1.0)),
    "Clip": each(_clip),
    "Concat": _concat,
    "Cos": activation("cos"),
    "Cosh": each(lambda c, a: (apply("exp", a) + apply("exp", -a)) / 2.0),
    "CumSum": _cumsum,
    "Det": _det,
    "Div": op("div", whole=False),
    "Dropout": _dropout,
    "Elu": each(lambda c, a: _elu(a, c.set("alpha", 1.0))),
    "Equal": op("equal"),
    "Erf": each(lambda c, a: 2.0 * apply("normal", a * 2**0.5) - 1.0),
    "Exp": activation("exp"),
    "Expand": _expand,
    "Floor": op("floor"),
    "Gather": _gather,
    "Gelu": each(lambda c, a: ACTIVATIONS["gelu_tanh" if c.set("approximate") == b"tanh" else "gelu"](a)),
    "Gemm": _gemm,
    "Greater": op("greater"),
    "GreaterOrEqual": each(lambda c, a, b: flipped(apply("greater", b, a))),
    "HardSigmoid": each(lambda c, a: _hard_sigmoid(a, c.set("alpha", 0.2), c.set("beta", 0.5))),
    "HardSwish": each(lambda c, a: a * _hard_sigmoid(a, 1 / 6, 0.5)),
    "Identity": op("same"),
    "LayerNormalization": _layernorm,
    "LeakyRelu": each(lambda c, a: LeakyReLU(c.set("alpha", 0.01)).forward([a], {}, Pass(), {})),
    "Less": each(lambda c, a, b: apply("greater", b, a)),
    "LessOrEqual": each(lambda c, a, b: flipped(apply("greater", a, b))),
    "Log": op("ln"),
    "LogSoftmax": rowwise(lambda c, a: ACTIVATIONS["log_softmax"](a)),
    "MatMul": _matmul,
    "Max": of_all(larger),
    "Mean": each(_mean_of),
    "Min": of_all(smaller),
    "Mul": op("mul"),
    "Neg": activation("neg"),
    "NegativeLogLikelihoodLoss": _loss(lambda a, y: -of_class(a, y)),
    "Not": each(lambda c, a: flipped(a)),
    "Or": each(lambda c, a, b: apply("step", a + b)),
    "PRelu": each(lambda c, a, slope: where(apply("greater", a, lift(0.0)), a, a * slope)),
    "Pow": op("power"),
    "RMSNormalization": _rmsnorm,
    "Reciprocal": each(lambda c, a: 1.0 / a),
    "ReduceL1": reduction(lambda a: sum_columns(apply("abs", a))),
    "ReduceL2": reduction(lambda a: apply("sqrt", sum_columns(square(a)))),
    "ReduceLogSum": reduction(lambda a: apply("ln", sum_columns(a))),
    "ReduceLogSumExp": reduction(lambda a: apply("logsumexp", a)),
    "ReduceMax": reduction(None, "max"),
    "ReduceMean": reduction(lambda a: sum_columns(a) / a.shape[1], "mean"),
    "ReduceMin": reduction(None, "min"),
    "ReduceSum": reduction(lambda a: apply("sum_rows", a.T).T, "sum"),
    "ReduceSumSquare": reduction(lambda a: sum_columns(square(a))),
    "Relu": activation("relu"),
    "Selu": each(
        lambda c, a: c.set("gamma", 1.0507009873554805) * _elu(a, c.set("alpha", 1.6732632423543772)),
    ),
    "Sigmoid": activation("sigmoid"),
    "Sign": op("sign"),
    "Sin": activation("sin"),
    "Sinh": each(lambda c, a: (apply("exp", a) - apply("exp", -a)) / 2.0),
    "Softmax": rowwise(lambda c, a: ACTIVATIONS["softmax"](a)),
    "SoftmaxCrossEntropyLoss": _loss(LOSSES["cross_entropy"].rows),
    "Softplus": activation("softplus"),
    "Softsign": each(lambda c, a: a / (1.0 + apply("abs", a))),
    "Split": _split,
    "Sqrt": activation("sqrt"),
    "Sub": op("sub"),
    "Sum": of_all(lambda a, b: a + b),
    "Swish": each(lambda c, a: a * apply("sigmoid", c.set("alpha", 1.0) * a)),
    "Tan": each(lambda c, a: apply("sin", a) / apply("cos", a)),
    "Tanh": activation("tanh"),
    "ThresholdedRelu": each(lambda c, a: where(apply("greater", a, lift(c.set("alpha", 1.0))), a, 0.0)),
    "Transpose": _transpose,
    "Where": op("where"),
    "Xor": each(lambda c, a, b: flipped(apply("equal", a, b))),
}


def built(case: Case) -> tuple[Pairs, dict[Node, np.ndarray]]:
    """What comes out of the graph of a case beside what ONNX says, and what goes in.

    Raises: Unfit with the reason why it cannot be reproduced.
    """
    data = case.inputs[:1] if case.op.startswith("Reduce") else case.inputs  # the second input says along which axes
    for a in (*data, *case.outputs):
        _expect_numbers(a)
    call = Call(case)
    pairs = BUILDS[case.op](call)
    if any(a.dtype == float and not np.isfinite(a).all() for a in call.given.values()):
        raise Unfit("inf or nan goes in, which is no number of a sheet")
    return pairs, call.given


def _expect_numbers(a: np.ndarray | None) -> None:
    """None; a sheet can hold what goes in or comes out."""
    if a is None or (a.dtype == object and all(isinstance(e, str) for e in a.flat)):
        return
    if a.dtype.kind not in "fiub":
        raise Unfit("lists, optional values or bfloat16 go in")
    if not a.size:
        raise Unfit("a tensor without entries goes in")
    if a.size > MOST:
        raise Unfit(f"more than {MOST:,} numbers go in")


@lru_cache
def collected() -> dict[str, Case]:
    """The cases of each op in BUILDS, by name. Their expansions into other ops, of the same numbers, are left out.

    Each module calculates its cases as it is imported; those of pools take three quarters of the time and are not.
    """
    import onnx.backend.test.case.node as node

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module in pkgutil.iter_modules(node.__path__):
            if "pool" not in module.name:
                importlib.import_module(f"{node.__name__}.{module.name}")
    tests = [test for test in node._NodeTestCases if "_expanded" not in test.name]
    cases = [_case(test) for test in tests if test.model.graph.node[0].op_type in BUILDS]
    return {case.name: case for case in cases}


def _case(test: Any) -> Case:
    from onnx.helper import get_attribute_value

    (node,), ((inputs, outputs),) = test.model.graph.node, test.data_sets
    present = iter(inputs)
    return Case(
        test.name.removeprefix("test_"),
        node.op_type,
        {attribute.name: get_attribute_value(attribute) for attribute in node.attribute},
        tuple(_tensor(next(present)) if name else None for name in node.input),
        tuple(map(_tensor, outputs)),
    )


def _tensor(a: Any) -> np.ndarray:
    return np.array(None) if isinstance(a, list) else np.asarray(a)

"""The layers that there are, but for norms.py. A new one is a class here, and its counterpart in layer_twins.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sheetnet.errors import SheetnetError
from sheetnet.graph.node import Node, apply, lift, selector, square, sum_columns, where
from sheetnet.graph.ops import broadcast
from sheetnet.models.convolution import Conv, MaxPool, MeanPool
from sheetnet.models.layer import ITSELF, Held, Layer, Pass, expect
from sheetnet.models.norms import BatchNorm, Embedding, LayerNorm

GELU_TANH = 0.7978845608028654  # sqrt(2 / pi)


@dataclass(frozen=True)
class Dense(Layer):
    """x W + b: (n, n_in) -> (n, n_out)."""

    n_in: int
    n_out: int
    bias: bool = True

    @property
    def word(self) -> str:
        return "lin"

    @property
    def held(self) -> tuple[Held, ...]:
        weight = Held("weight", (self.n_out, self.n_in), "W", turned=True)
        return (weight, Held("bias", (self.n_out,), "b")) if self.bias else (weight,)

    def width(self, *widths: int) -> int:
        expect(widths, self.n_in, self)
        return self.n_out

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        lin = sources[0] @ P["weight"]
        return lin + P["bias"] if self.bias else lin


def _gelu_tanh(a: Node) -> Node:
    return 0.5 * a * (1.0 + apply("tanh", GELU_TANH * (a + 0.044715 * (a * square(a)))))


ACTIVATIONS: dict[str, Callable[[Node], Node]] = {
    "identity": lambda a: a,
    "relu": lambda a: apply("relu", a),
    "sigmoid": lambda a: apply("sigmoid", a),
    "tanh": lambda a: apply("tanh", a),
    "gelu": lambda a: a * apply("normal", a),
    "gelu_tanh": _gelu_tanh,
    "silu": lambda a: a * apply("sigmoid", a),
    "softplus": lambda a: apply("softplus", a),
    "softmax": lambda a: apply("softmax", a),
    "log_softmax": lambda a: a - apply("logsumexp", a),
    "exp": lambda a: apply("exp", a),
    "abs": lambda a: apply("abs", a),
    "square": square,
    "sqrt": lambda a: apply("sqrt", a),
    "sin": lambda a: apply("sin", a),
    "cos": lambda a: apply("cos", a),
    "neg": lambda a: -a,
}


@dataclass(frozen=True)
class Activation(Layer):
    """A function of every entry, or (softmax) of every row; a name of ACTIVATIONS."""

    kind: str

    @property
    def word(self) -> str:
        return self.kind

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        return ACTIVATIONS[self.kind](sources[0])


@dataclass(frozen=True)
class LeakyReLU(Layer):
    """a where a > 0, else slope * a."""

    slope: float = 0.01

    @property
    def word(self) -> str:
        return "leaky"

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        a = sources[0]
        return where(apply("greater", a, lift(0.0)), a, a * self.slope)


@dataclass(frozen=True)
class Dropout(Layer):
    """In training, times a mask of 0 and 1 / (1 - p) that was drawn once; otherwise as it comes."""

    p: float = 0.5

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        return sources[0] * how.masks[names["mask"]] if how.training else sources[0]


@dataclass(frozen=True)
class Columns(Layer):
    """Some columns, from first (counted from 0) on."""

    first: int
    count: int

    def width(self, *widths: int) -> int:
        if not (self.count > 0 and 0 <= self.first <= widths[0] - self.count):
            raise SheetnetError(f"{self} picks columns that are not among the {widths[0]} that come in")
        return self.count

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        if self.count == sources[0].shape[1]:
            return sources[0]
        return sources[0] @ selector(sources[0].shape[1], self.first, self.count)


@dataclass(frozen=True)
class Concat(Layer):
    """Matrices side by side, as a sum of products with selectors."""

    def width(self, *widths: int) -> int:
        return sum(widths)

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        total, at = sum(source.shape[1] for source in sources), 0
        out: Node | None = None
        for source in sources:
            part = source @ selector(total, at, source.shape[1]).T
            out, at = part if out is None else out + part, at + source.shape[1]
        assert out is not None
        return out


ARITHMETIC = ("add", "sub", "mul", "div")


@dataclass(frozen=True)
class Combine(Layer):
    """Two matrices, or one and a number, entry by entry: an op of ARITHMETIC. swapped: the number comes first."""

    op: str
    number: float | None = None
    swapped: bool = False

    @property
    def word(self) -> str:
        return self.op

    def width(self, *widths: int) -> int:
        try:
            return broadcast(*((1, width) for width in widths))[1]
        except ValueError as reason:
            raise SheetnetError(f"{self}: {' and '.join(map(str, widths))} columns come in; {reason}") from None

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        both = list(sources) if self.number is None else [sources[0], lift(self.number)]
        return apply(self.op, *(reversed(both) if self.swapped else both))


@dataclass(frozen=True)
class SumColumns(Layer):
    """Each row's sum, or mean: (n, k) -> (n, 1)."""

    mean: bool = False

    @property
    def word(self) -> str:
        return "sum"

    def width(self, *widths: int) -> int:
        return 1

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        total = sum_columns(sources[0])
        return total / sources[0].shape[1] if self.mean else total


@dataclass(frozen=True)
class Row(Layer):
    """A parameter or buffer by itself, the same for every row, (1, n), to be combined with what is. dims: in torch."""

    n: int
    dims: int = 1
    trained: bool = True

    @property
    def word(self) -> str:
        return "row"

    @property
    def held(self) -> tuple[Held, ...]:
        shape = (1,) * (self.dims - 1) + (self.n,) if self.dims else ()
        return (Held(ITSELF, shape, "v" if self.trained else "fixed", trained=self.trained),)

    def width(self, *widths: int) -> int:
        return self.n

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        return P[ITSELF]


@dataclass(frozen=True)
class Product(Layer):
    """x W with a parameter that is no layer's: (n, n_in) -> (n, n_out). turned: torch holds (n_out, n_in).

    dims: 1 where torch holds a vector (n_in,), which counts as turned.
    """

    n_in: int
    n_out: int
    turned: bool = False
    trained: bool = True
    dims: int = 2

    @property
    def word(self) -> str:
        return "product"

    @property
    def held(self) -> tuple[Held, ...]:
        shape = ((self.n_out, self.n_in) if self.turned else (self.n_in, self.n_out))[2 - self.dims :]
        return (Held(ITSELF, shape, "W" if self.trained else "fixed", self.turned, self.trained),)

    def width(self, *widths: int) -> int:
        expect(widths, self.n_in, self)
        return self.n_out

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        return sources[0] @ P[ITSELF]


KINDS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Dense, Activation, LeakyReLU, Dropout, BatchNorm, LayerNorm, Embedding, Columns, Concat, Combine, SumColumns,
        Row, Product, Conv, MaxPool, MeanPool,
    )
}  # fmt: skip

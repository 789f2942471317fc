"""The models, as graph: linear and two_relu, with mean squared error.

A model names its parameters and writes prediction and loss from X, W and y; gradient, update, sheet and torch's
counterpart (training/modules.py, written by hand) follow from the name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetnet.errors import DataError, SheetnetError
from sheetnet.graph import Node, apply, lift, mean, relu, square, sum_columns

if TYPE_CHECKING:
    from sheetnet.features import Table

Forward = Callable[[Node, Node], list[Node]]


def _linear(X: Node, W: Node) -> list[Node]:
    """pred = X W: (n, p) @ (p, 1) -> (n, 1)."""
    return [(X @ W).named("pred")]


def _relus(X: Node, W: Node) -> list[Node]:
    """pred = relu(X w_1) + relu(X w_2) + ...: (n, p) @ (p, k) -> (n, k), rectified, summed -> (n, 1)."""
    lin = (X @ W).named("lin")
    act = relu(lin).named("relu")
    return [lin, act, sum_columns(act).named("pred")]


@dataclass(frozen=True)
class Kind:
    """What distinguishes a model: its title on a sheet, number of hidden units and forward pass."""

    title: str
    n_hidden: int
    forward: Forward


KINDS = {
    "linear": Kind("Linear", 1, _linear),
    "two_relu": Kind("Two ReLU", 2, _relus),
}


@dataclass(frozen=True)
class Model:
    """One net for tables with n_features columns. Parameters: {"W": (n_features, n_hidden)}."""

    name: str
    n_features: int

    def __post_init__(self) -> None:
        if self.name not in KINDS:
            raise SheetnetError(f"there is no model {self.name!r}; known are {', '.join(KINDS)}")

    @property
    def kind(self) -> Kind:
        """The model's entry in KINDS."""
        return KINDS[self.name]

    @property
    def title(self) -> str:
        """The model's name for people."""
        return self.kind.title

    @property
    def n_hidden(self) -> int:
        """The number of columns of W."""
        return self.kind.n_hidden

    def init(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Start weights {"W": (n_features, n_hidden)}: uniform between -0.5 and 0.5, to four decimals.

        Rounded so that what a cell shows is what it holds.
        """
        return {"W": np.round(np.random.default_rng(seed).uniform(-0.5, 0.5, (self.n_features, self.n_hidden)), 4)}

    def check_params(self, params: Mapping[str, Any]) -> np.ndarray:
        """W as a float64 array (n_features, n_hidden), from numpy or pandas.

        Raises: SheetnetError when it is missing, of another shape, or holds anything but finite numbers.
        """
        shape = (self.n_features, self.n_hidden)
        needs = f"{self.name} needs the parameters {{'W': array of shape {shape}}}"
        if not isinstance(params, Mapping) or set(params) != {"W"}:
            found = f"the keys {sorted(map(str, params))}" if isinstance(params, Mapping) else type(params).__name__
            raise SheetnetError(f"{needs}, found {found}")
        try:
            W = np.array(params["W"], dtype=float)
        except (TypeError, ValueError):
            raise SheetnetError(f"{needs}, found W that holds something else than numbers") from None
        if W.shape != shape:
            raise SheetnetError(f"{needs}, found W of shape {W.shape}")
        if not np.isfinite(W).all():
            raise SheetnetError(f"{needs}, found W with entries that are no finite numbers")
        return W

    def forward(self, X: Node, W: Node) -> list[Node]:
        """The named steps from X (n, p) and W (p, k) to pred (n, 1), pred last."""
        return self.kind.forward(X, W)


@dataclass(frozen=True)
class Pass:
    """One forward pass with its loss: every named node of it."""

    forward: list[Node]
    error: Node
    sq_error: Node
    loss: Node
    correct: Node
    accuracy: Node

    @property
    def pred(self) -> Node:
        """The prediction, (n, 1)."""
        return self.forward[-1]


def evaluate_loss(model: Model, X: Node, W: Node, y: Node) -> Pass:
    """A forward pass and its mean squared error: loss = mean((pred - y)^2); accuracy with a threshold of 0.5."""
    forward = model.forward(X, W)
    error = (forward[-1] - y).named("error")
    sq_error = square(error).named("sq_error")
    correct = apply("equal", apply("greater", forward[-1], lift(0.5)), y).named("correct")
    return Pass(forward, error, sq_error, mean(sq_error).named("loss"), correct, mean(correct).named("accuracy"))


def linear(table: Table) -> Model:
    """A linear model for the table: pred = X W."""
    return create("linear", table.n_features)


def two_relu(table: Table) -> Model:
    """A net of two rectified units for the table: pred = relu(X w_1) + relu(X w_2)."""
    return create("two_relu", table.n_features)


def create(name: str, n_features: int) -> Model:
    """The model of that name; `two-relu` and `two_relu` are the same.

    Raises: DataError for an unknown name.
    """
    key = name.replace("-", "_")
    if key not in KINDS:
        known = ", ".join(k.replace("_", "-") for k in KINDS)
        raise DataError(f"there is no model {name!r}; known are {known}")
    return Model(key, n_features)

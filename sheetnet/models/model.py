"""The models, as graph: linear, two_relu and relu_K, with mean squared error.

A model writes its prediction from X and W; loss, gradient, update and sheet follow. A new one is its forward pass and
an entry in KINDS (or in SIZED, for any number of units), and its twin in torch, written by hand, in twins.py.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetnet.errors import DataError, SheetnetError
from sheetnet.graph.node import Node, apply, lift, mean, relu, square, sum_columns

Forward = Callable[[Node, Node], list[Node]]  # who must know what a model is compares this, and no name


def linear_forward(X: Node, W: Node) -> list[Node]:
    """pred = X W: (n, p) @ (p, 1) -> (n, 1)."""
    return [(X @ W).named("pred")]


def relus_forward(X: Node, W: Node) -> list[Node]:
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
    "linear": Kind("Linear", 1, linear_forward),
    "two_relu": Kind("Two ReLU", 2, relus_forward),
}
SIZED: dict[str, Callable[[int], Kind]] = {  # `relu_K`: a model for each number of units
    "relu": lambda n_hidden: Kind(f"{n_hidden} ReLU", n_hidden, relus_forward),
}
MAX_UNITS = 4096
WEIGHTS = ({"W"}, {"lin.weight"})  # the keys under which one model's weights come: ours; torch's, of a twin's layer lin


def kind_of(name: str) -> Kind | None:
    """What is meant by a name: an entry of KINDS, or one of SIZED with K units for `relu_K`; None for another."""
    match = re.fullmatch(r"(\w+)_([1-9]\d{0,3})", name)
    if match and match[1] in SIZED and int(match[2]) <= MAX_UNITS:
        return SIZED[match[1]](int(match[2]))
    return KINDS.get(name)


def known() -> str:
    """The names there are, as people type them."""
    names = [*KINDS, *(f"{family}-K, such as {family}-5" for family in SIZED)]
    return f"{', '.join(names[:-1])} and {names[-1]}, with K up to {MAX_UNITS}".replace("_", "-")


def decimals_of(scale: float) -> int:
    """To how many decimals start weights between -scale and scale are rounded: four, and more for a scale under 0.1.

    Raises: SheetnetError for a scale beyond 1e-12 to 1e12.
    """
    if not (scale == 0 or 1e-12 <= scale <= 1e12):
        raise SheetnetError(f"the scale of start weights must be 0, or from 1e-12 to 1e12, found {scale!r}")
    return 4 - min(0, math.floor(math.log10(scale)) + 1) if scale else 4


@dataclass(frozen=True)
class Model:
    """One net for tables with n_features columns. Parameters: {"W": (n_features, n_hidden)}."""

    name: str
    n_features: int

    def __post_init__(self) -> None:
        if kind_of(self.name) is None:
            raise SheetnetError(f"there is no model {self.name!r}; known are {known()}")

    @property
    def kind(self) -> Kind:
        """The model's title, number of hidden units and forward pass."""
        kind = kind_of(self.name)
        assert kind is not None  # __post_init__ saw to it
        return kind

    @property
    def rectified(self) -> bool:
        """Whether its units are ReLUs, so that one which is above 0 for no row gets no gradient: it is dead."""
        return self.kind.forward is relus_forward

    @property
    def title(self) -> str:
        """The model's name for people."""
        return self.kind.title

    @property
    def n_hidden(self) -> int:
        """The number of columns of W."""
        return self.kind.n_hidden

    def init(self, seed: int = 0, scale: float = 0.5) -> dict[str, np.ndarray]:
        """Start weights {"W": (n_features, n_hidden)}: uniform between -scale and scale, to four decimals.

        Rounded so that what a cell shows is what it holds; a scale under 0.1 takes more decimals, a digit for each
        factor of ten.
        Raises: SheetnetError for a scale beyond 1e-12 to 1e12.
        """
        decimals = decimals_of(scale)
        W = np.random.default_rng(seed).uniform(-scale, scale, (self.n_features, self.n_hidden))
        return {"W": np.round(W, decimals)}

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
    """A forward pass and its mean squared error: loss = mean((pred - y)^2); accuracy with a threshold of 0.5.

    Where the loss is no number, having outgrown a cell, the accuracy is none either.
    """
    forward = model.forward(X, W)
    error = (forward[-1] - y).named("error")
    sq_error = square(error).named("sq_error")
    correct = apply("equal", apply("greater", forward[-1], lift(0.5)), y).named("correct")
    loss = mean(sq_error).named("loss")
    return Pass(forward, error, sq_error, loss, correct, (mean(correct) + 0.0 * loss).named("accuracy"))


def create(name: str, n_features: int) -> Model:
    """The model of that name; `two-relu` and `two_relu` are the same.

    Raises: DataError for an unknown name.
    """
    key = name.replace("-", "_")
    if kind_of(key) is None:
        raise DataError(f"there is no model {name!r}; known are {known()}")
    return Model(key, n_features)

"""Layers that learn more than a product: norms, with their running statistics, and embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sheetnet.graph.node import Node, apply, constant, square, sum_columns
from sheetnet.models.layer import Held, Layer, Pass, expect


@dataclass(frozen=True)
class BatchNorm(Layer):
    """(a - mean) / sqrt(variance + eps) * gamma + beta, column by column; of the batch in training, else running ones.

    running = (1 - momentum) running + momentum * batch's, of which the variance is divided by n - 1.
    """

    n: int
    eps: float = 1e-5
    momentum: float = 0.1
    affine: bool = True

    @property
    def held(self) -> tuple[Held, ...]:
        learnt = Held("weight", (self.n,), "gamma"), Held("bias", (self.n,), "beta")
        running = (
            Held("running_mean", (self.n,), "mean", trained=False),
            Held("running_var", (self.n,), "var", trained=False),
        )
        return (learnt if self.affine else ()) + running

    @property
    def word(self) -> str:
        return "norm"

    def width(self, *widths: int) -> int:
        return expect(widths, self.n, self)

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        a, centre, var = sources[0], P["running_mean"], P["running_var"]
        if how.training:
            centre = how.mean(a)
            var = how.mean(square(a - centre))
            unbiased = var * how.rows / (how.rows - 1.0)
            keep, take = 1.0 - self.momentum, self.momentum
            how.updates[names["running_mean"]] = keep * P["running_mean"] + take * centre
            how.updates[names["running_var"]] = keep * P["running_var"] + take * unbiased
        return _scaled((a - centre) / apply("sqrt", var + self.eps), P, self.affine)


@dataclass(frozen=True)
class LayerNorm(Layer):
    """(a - mean) / sqrt(variance + eps) * gamma + beta, row by row."""

    n: int
    eps: float = 1e-5
    affine: bool = True

    @property
    def held(self) -> tuple[Held, ...]:
        return (Held("weight", (self.n,), "gamma"), Held("bias", (self.n,), "beta")) if self.affine else ()

    @property
    def word(self) -> str:
        return "norm"

    def width(self, *widths: int) -> int:
        return expect(widths, self.n, self)

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        away = sources[0] - sum_columns(sources[0]) / self.n
        return _scaled(away / apply("sqrt", sum_columns(square(away)) / self.n + self.eps), P, self.affine)


def _scaled(a: Node, P: Mapping[str, Node], affine: bool) -> Node:
    return a * P["weight"] + P["bias"] if affine else a


@dataclass(frozen=True)
class Embedding(Layer):
    """The row of the code: a column (n, 1) of 0, 1, ... -> (n, size), as the product with 0 and 1 for each code."""

    codes: int
    size: int

    @property
    def held(self) -> tuple[Held, ...]:
        return (Held("weight", (self.codes, self.size), "E"),)

    def width(self, *widths: int) -> int:
        expect(widths, 1, self)
        return self.size

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        codes = constant((tuple(float(code) for code in range(self.codes)),))
        return apply("equal", sources[0], codes) @ P["weight"]

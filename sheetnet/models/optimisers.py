"""Optimisers, as graph: a parameter after a step, from the one before, its gradient and what the optimiser remembers.

Each is a few lines, with torch's default settings, and equals torch.optim step for step. A new one is a rule and its
entry in OPTIMISERS; its counterpart in torch is a line in torch_optim.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sheetnet.errors import GraphError, SheetnetError
from sheetnet.graph.dialect import number
from sheetnet.graph.node import Node, apply, constant, lift, square

State = Mapping[str, Node]
Settings = Mapping[str, Node]


@dataclass(frozen=True)
class Step:
    """What a step gives: the parameter after it, the state after it, and what is worth showing on the way."""

    W_next: Node
    state: dict[str, Node] = field(default_factory=dict)
    shown: dict[str, Node] = field(default_factory=dict)


Rule = Callable[[Node, Node, State, Node, Node, Settings], Step]  # W, grad, state, lr, t, settings


@dataclass(frozen=True)
class Optimiser:
    """One optimiser: its rule, and the words and numbers that go with it."""

    name: str
    title: str
    rule: Rule
    words: str  # the step, from then to after, in the words of a sheet; {setting} stands for its default
    default_lr: float  # torch's
    lesson_lr: float  # at which a hundred epochs of a lesson get somewhere
    settings: dict[str, float] = field(default_factory=dict)  # torch's defaults
    state: dict[str, str] = field(default_factory=dict)  # what is remembered of each weight: its name, its meaning
    bounded: bool = False  # whether the rate bounds a step, however large the gradient
    tried: str = ""  # rates of which some make the loss of the passengers' linear model rise, for a learner to try

    def step(
        self, W: Node, grad: Node, state: State, lr: Node | float, t: Node | float, **settings: Node | float
    ) -> Step:
        """One step of a parameter W (p, k) with its gradient (p, k); W_next, state and shown are of that shape too.

        state: a node of W's shape by each name of self.state; zeros(W) before the first step. lr, and t, the number of
        the step counted from 1, are 1 x 1. settings: others than the defaults, as numbers or as nodes, 1 x 1.
        Raises: GraphError for a state or settings that are not this optimiser's.
        """
        if set(state) != set(self.state):
            raise GraphError(f"{self.name} remembers {_listed(self.state)}, found {_listed(state)}")
        if unknown := set(settings) - set(self.settings):
            raise GraphError(f"{self.name} has the settings {_listed(self.settings)}, found {_listed(sorted(unknown))}")
        chosen = {name: lift(value) for name, value in (self.settings | settings).items()}
        made = self.rule(W, grad, state, lift(lr), lift(t), chosen)
        W_next = made.W_next.named(W.name and W.name.removesuffix("_next") + "_next")
        return Step(W_next, made.state, made.shown)

    def zeros(self, W: Node) -> dict[str, Node]:
        """The state before the first step: zeros of W's shape, 0 * W."""
        return {name: (0.0 * W).named(name) for name in self.state}

    def in_words(self) -> str:
        """The step in words, a line for each formula.

        >>> print(OPTIMISERS["momentum"].in_words())
        m after = 0.9 × m then + gradient
        W after = W then - rate × m after
        """
        return self.words.format(**{name: number(value) for name, value in self.settings.items()})


def optimiser_of(name: str) -> Optimiser:
    """The optimiser of that name.

    Raises: SheetnetError for an unknown one, with those there are.
    """
    if not isinstance(name, str) or name not in OPTIMISERS:
        raise SheetnetError(f"there is no optimiser {name!r}; known are {', '.join(OPTIMISERS)}")
    return OPTIMISERS[name]


def _listed(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(names) or "nothing"


def _rest(beta: Node) -> Node:
    """1 - beta; of a number without the rounding of its last digits, so that a formula reads 0.1."""
    return constant(float(f"{1 - beta.value:.12g}")) if isinstance(beta.value, float) else 1.0 - beta


def _average(beta: Node, old: Node, new: Node) -> Node:
    """beta * old + (1 - beta) * new: a running mean, in which the younger count more."""
    return beta * old + _rest(beta) * new


def _sqrt(a: Node) -> Node:
    return apply("sqrt", a)


# ---- the rules: (W, grad, state, lr, t, settings) -> Step


def _sgd(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    """Plain gradient descent: W_next = W - lr * grad.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.SGD.html
    """
    return Step(W - lr * grad)


def _momentum(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    """SGD with momentum: m = momentum * m + grad; W_next = W - lr * m.

    Source: torch.optim.SGD with momentum, dampening 0; Polyak 1964, in the form of Sutskever et al. 2013.
    """
    m = (s["momentum"] * state["m"] + grad).named("m")
    return Step(W - lr * m, {"m": m})


def _adagrad(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    """Adagrad: sum_sq = sum_sq + grad^2; W_next = W - lr * grad / (sqrt(sum_sq) + eps).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adagrad.html; Duchi, Hazan, Singer 2011.
    """
    sum_sq = (state["sum_sq"] + square(grad)).named("sum_sq")
    return Step(W - lr * grad / (_sqrt(sum_sq) + s["eps"]), {"sum_sq": sum_sq})


def _rmsprop(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    """RMSprop: v = alpha * v + (1 - alpha) * grad^2; W_next = W - lr * grad / (sqrt(v) + eps).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.RMSprop.html; Hinton's lecture 6e, 2012.
    """
    v = _average(s["alpha"], state["v"], square(grad)).named("v")
    return Step(W - lr * grad / (_sqrt(v) + s["eps"]), {"v": v})


def _adam(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    """Adam: m and v are running means of grad and grad^2; W_next = W - lr * m_hat / (sqrt(v_hat) + eps).

    m = beta1 * m + (1 - beta1) * grad, v = beta2 * v + (1 - beta2) * grad^2; both begin at 0, and are corrected for
    it: m_hat = m / (1 - beta1^t), v_hat = v / (1 - beta2^t).
    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Adam.html; Kingma and Ba 2015, algorithm 1.
    """
    m = _average(s["beta1"], state["m"], grad).named("m")
    v = _average(s["beta2"], state["v"], square(grad)).named("v")
    m_hat = (m / (1.0 - apply("power", s["beta1"], t))).named("m_hat")
    v_hat = (v / (1.0 - apply("power", s["beta2"], t))).named("v_hat")
    W_next = W - lr * m_hat / (_sqrt(v_hat) + s["eps"])
    return Step(W_next, {"m": m, "v": v}, {"m_hat": m_hat, "v_hat": v_hat})


def _adamw(W: Node, grad: Node, state: State, lr: Node, t: Node, s: Settings) -> Step:
    """AdamW: a step of Adam from W_less = W * (1 - lr * weight_decay), weights that were first drawn towards 0.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.AdamW.html; Loshchilov and Hutter 2019.
    """
    W_less = (W * (1.0 - lr * s["weight_decay"])).named("W_less")
    step = _adam(W_less, grad, state, lr, t, s)
    return Step(step.W_next, step.state, {"W_less": W_less, **step.shown})


# ---- those there are

_SUM = "past gradients added up, the older count less"
_MEAN = "running mean of gradients, the older count less"
_MEAN_SQ = "running mean of squared gradients, the older count less"
_BETAS = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
_MEANS = (
    "m after = {beta1} × m then + (1 - {beta1}) × gradient\nv after = {beta2} × v then + (1 - {beta2}) × gradient^2\n"
    "m_hat = m after / (1 - {beta1}^t), as m began at 0\nv_hat = v after / (1 - {beta2}^t)\n"
)

OPTIMISERS: dict[str, Optimiser] = {
    optimiser.name: optimiser
    for optimiser in (
        Optimiser("sgd", "SGD", _sgd, "W after = W then - rate × gradient", 1e-3, 0.1,
                  tried="0.15, 0.2, 0.21, 0.3, 50"),
        Optimiser(
            "momentum", "SGD with momentum", _momentum,
            "m after = {momentum} × m then + gradient\nW after = W then - rate × m after",
            1e-3, 0.05, {"momentum": 0.9}, {"m": _SUM}, tried="0.2, 0.3, 0.38, 0.4, 50",
        ),
        Optimiser(
            "adagrad", "Adagrad", _adagrad,
            "sum_sq after = sum_sq then + gradient^2\n"
            "W after = W then - rate × gradient / (SQRT(sum_sq after) + {eps})",
            1e-2, 0.1, {"eps": 1e-10}, {"sum_sq": "all squared gradients so far, added up"}, True,
        ),
        Optimiser(
            "rmsprop", "RMSprop", _rmsprop,
            "v after = {alpha} × v then + (1 - {alpha}) × gradient^2\n"
            "W after = W then - rate × gradient / (SQRT(v after) + {eps})",
            1e-2, 0.01, {"alpha": 0.99, "eps": 1e-8}, {"v": _MEAN_SQ}, True,
        ),
        Optimiser(
            "adam", "Adam", _adam,
            _MEANS + "W after = W then - rate × m_hat / (SQRT(v_hat) + {eps})",
            1e-3, 0.02, _BETAS, {"m": _MEAN, "v": _MEAN_SQ}, True,
        ),
        Optimiser(
            "adamw", "AdamW", _adamw,
            f"W_less = W then × (1 - rate × {{weight_decay}})\n{_MEANS}"
            "W after = W_less - rate × m_hat / (SQRT(v_hat) + {eps})",
            1e-3, 0.02, _BETAS | {"weight_decay": 0.01}, {"m": _MEAN, "v": _MEAN_SQ}, True,
        ),
    )
}  # fmt: skip

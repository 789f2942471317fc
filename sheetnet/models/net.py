"""A net: layers, each of what comes from earlier ones, and a loss. The model of any table, and of any torch module.

`mlp`, `logistic` and `softmax` are nets; torch_in.py makes one of an nn.Module, sklearn_in.py of a fitted estimator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from sheetnet.errors import SheetnetError
from sheetnet.graph.node import Node, apply
from sheetnet.graph.ops import Shape
from sheetnet.models.layer import ITSELF, MAX_WIDTH, Held, Layer, Pass
from sheetnet.models.layers import ACTIVATIONS, ARITHMETIC, KINDS, Activation, Combine, Dense, Dropout, LeakyReLU
from sheetnet.models.losses import Loss, loss_of

Arrays = Mapping[str, np.ndarray]  # by the names of parameters, in the shapes of a sheet
MAX_STEPS, MAX_NUMBERS = 64, 20_000


@dataclass(frozen=True)
class Step:
    """One layer, what it takes (0: X, i: the result of step i, counted from 1), and its place in a torch module."""

    layer: Layer
    sources: tuple[int, ...]
    key: str = ""

    def key_of(self, held: Held) -> str:
        """The name in a state_dict of what its layer holds."""
        names = (self.key, "" if held.name == ITSELF else held.name)
        return ".".join(name for name in names if name)


@dataclass(frozen=True)
class Parameter:
    """A matrix that belongs to a net: its name in a sheet, its key in torch's state_dict, whether it is learnt."""

    name: str
    key: str
    held: Held
    frozen: bool = False

    @property
    def shape(self) -> Shape:
        """Rows and columns in a sheet."""
        return self.held.shape

    @property
    def trained(self) -> bool:
        """False for a buffer, such as a running mean, and where it is frozen."""
        return self.held.trained and not self.frozen

    def from_torch(self, value: Any) -> np.ndarray:
        """The matrix of a sheet from torch's: the one place, with to_torch, where parameters are turned."""
        found = np.asarray(value.detach().cpu().double() if hasattr(value, "detach") else value, dtype=float)
        return (found.reshape(self.shape[::-1]).T if self.held.turned else found.reshape(self.shape)).copy()

    def to_torch(self, value: np.ndarray) -> np.ndarray:
        """Torch's array from the matrix of a sheet."""
        return (value.T if self.held.turned else value).reshape(self.held.torch_shape).copy()


@dataclass(frozen=True)
class Net:
    """Layers and a loss. start: the parameters that it comes with, such as a fitted model's, else drawn from a seed."""

    name: str
    title: str
    n_features: int
    steps: tuple[Step, ...]
    loss: str
    start: Arrays | None = field(default=None, compare=False, repr=False)
    frozen: tuple[str, ...] = ()  # torch's keys of parameters that stay as they are; see frozen.py

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise SheetnetError(f"{self.title}: {len(self.steps)} layers; a net has from 1 to {MAX_STEPS}")
        loss_of(self.loss)
        if (numbers := sum(p.shape[0] * p.shape[1] for p in self.parameters)) > MAX_NUMBERS:
            raise SheetnetError(f"{self.title}: {numbers:,} parameters; at most {MAX_NUMBERS:,}, so take fewer units")
        _ = self.widths

    @cached_property
    def widths(self) -> list[int]:
        """Columns of X and of what each step gives.

        Raises: SheetnetError naming the step that does not fit what comes in.
        """
        out = [self.n_features]
        for at, step in enumerate(self.steps, start=1):
            if not step.sources or not all(0 <= source < at for source in step.sources):
                raise SheetnetError(f"{self.title}: layer {at} takes what is not there before it")
            try:
                width = step.layer.width(*(out[source] for source in step.sources))
            except SheetnetError as reason:
                place = f"layer {at}" + f" ({step.key})" * bool(step.key)
                raise SheetnetError(f"{self.title}, {place}: {reason}") from None
            if not 1 <= width <= MAX_WIDTH:
                raise SheetnetError(f"{self.title}: layer {at} is {width} columns wide, at most {MAX_WIDTH}")
            out.append(width)
        return out

    @property
    def n_outputs(self) -> int:
        """Columns of what comes out."""
        return self.widths[-1]

    @property
    def of_loss(self) -> Loss:
        """Its loss."""
        return loss_of(self.loss)

    @cached_property
    def _named(self) -> list[dict[str, str]]:
        """For each step the names in a sheet: of its parameters by torch's name, of its mask, of its result ("")."""
        total: dict[str, int] = {}
        for step in self.steps:
            for word in _words(step.layer):
                total[word] = total.get(word, 0) + 1
        count: dict[str, int] = {}
        out = []
        for step in self.steps:
            names = {}
            for key, word in zip(_keys(step.layer), _words(step.layer), strict=True):
                count[word] = count.get(word, 0) + 1
                names[key] = f"{word}_{count[word]}" if total[word] > 1 else word
            out.append(names)
        return out

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Its parameters and buffers, in torch's order; one that several steps share stands once."""
        found: dict[str, Parameter] = {}
        for step, names in zip(self.steps, self._named, strict=True):
            for held in step.layer.held:
                key = step.key_of(held)
                found.setdefault(key, Parameter(names[held.name], key, held, key in self.frozen))
        return tuple(found.values())

    @property
    def trained(self) -> list[Parameter]:
        """Those that are learnt."""
        return [parameter for parameter in self.parameters if parameter.trained]

    @cached_property
    def masks(self) -> dict[str, tuple[int, float]]:
        """The width and probability of each dropout's mask, by its name in a sheet."""
        return {
            names["mask"]: (self.widths[at], step.layer.p)
            for at, (step, names) in enumerate(zip(self.steps, self._named, strict=True), start=1)
            if isinstance(step.layer, Dropout)
        }

    def forward(self, X: Node, P: Mapping[str, Node], how: Pass | None = None) -> list[Node]:
        """What each step gives, named, the last called pred, or logit or score: P by the names of parameters."""
        how = how or Pass()
        by_key = {parameter.key: P[parameter.name] for parameter in self.parameters}
        values = [X]
        for step, names in zip(self.steps, self._named, strict=True):
            held = {h.name: by_key[step.key_of(h)] for h in step.layer.held}
            made = step.layer.forward([values[source] for source in step.sources], held, how, names)
            as_it_comes = made.op == "input" or made in values or made in held.values()
            values.append(made if as_it_comes else made.named(names[""]))
        out = values[-1] if values[-1] not in values[:-1] else apply("same", values[-1])
        return [*values[1:-1], out.named(self.result_names[-1])]

    @property
    def result_names(self) -> list[str]:
        """What the result of each step is called in sheets; the last is pred, logit or score."""
        last = {"bce_with_logits": "logit", "cross_entropy": "score"}.get(self.loss, "pred")
        return [*(names[""] for names in self._named[:-1]), last]

    def init(self, seed: int = 0) -> dict[str, np.ndarray]:
        """Start parameters: those it comes with, or weights uniform within 1 / sqrt(n_in), to four decimals.

        Biases too, as torch draws them; norms begin with 1 and 0, embeddings between -1 and 1.
        """
        if self.start is not None:
            return {name: value.copy() for name, value in self.start.items()}
        rng, out, reach = np.random.default_rng(seed), {}, 1.0
        for parameter in self.parameters:
            letter = parameter.held.letter
            if letter in ("gamma", "var"):
                out[parameter.name] = np.ones(parameter.shape)
            elif letter in ("beta", "mean"):
                out[parameter.name] = np.zeros(parameter.shape)
            else:
                reach = {"W": parameter.shape[0] ** -0.5, "E": 1.0}.get(letter, reach)
                out[parameter.name] = np.round(rng.uniform(-reach, reach, parameter.shape), 4) + 0.0
        return out

    def draw_masks(self, n_rows: int, seed: int = 0) -> dict[str, np.ndarray]:
        """The masks of dropout for n_rows, (n_rows, width): 0 with probability p, else 1 / (1 - p)."""
        rng = np.random.default_rng(seed)
        return {name: (rng.uniform(size=(n_rows, width)) >= p) / (1.0 - p) for name, (width, p) in self.masks.items()}

    def check_params(self, given: Any) -> dict[str, np.ndarray]:
        """Parameters by our names, from ours or from a state_dict by torch's keys; buffers may be left out.

        Raises: SheetnetError when one is missing, unknown, of another shape, or not of finite numbers.
        """
        needs = f"{self.title} needs the parameters " + ", ".join(f"{p.name} {p.shape}" for p in self.parameters)
        if not isinstance(given, Mapping):
            raise SheetnetError(f"{needs}, found {type(given).__name__}")
        begin, out = self.init(), {}
        known = {p.name for p in self.parameters} | {p.key for p in self.parameters}
        if unknown := [str(key) for key in given if key not in known and "num_batches_tracked" not in str(key)]:
            raise SheetnetError(f"{needs}, found {', '.join(unknown[:5])}")
        for p in self.parameters:
            if p.name in given:
                value = np.array(given[p.name], dtype=float)
            elif p.key in given:
                raw = given[p.key]
                value = p.from_torch(raw) if tuple(np.shape(raw)) == p.held.torch_shape else np.array(raw, dtype=float)
            elif not p.held.trained and (self.start is not None or p.held.letter in ("mean", "var")):
                value = begin[p.name]
            else:
                raise SheetnetError(f"{needs}; {p.name} is missing")
            if value.shape != p.shape or not np.isfinite(value).all():
                raise SheetnetError(f"{needs}, found {p.name} of shape {value.shape}, or no finite numbers in it")
            out[p.name] = value + 0.0
        return out

    # ---- as text

    @property
    def settings(self) -> dict[str, Any]:
        """All but the numbers, as JSON has it: from_settings makes the same net of it."""
        steps = [
            {"layer": type(step.layer).__name__, **asdict(step.layer), "sources": list(step.sources), "key": step.key}
            for step in self.steps
        ]
        return {
            "name": self.name, "title": self.title, "n_features": self.n_features, "loss": self.loss, "steps": steps,
            **({"frozen": list(self.frozen)} if self.frozen else {}),
        }  # fmt: skip

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Net:
        """The net that a manifest speaks of.

        Raises: ValueError, TypeError, KeyError or SheetnetError for settings that are no net's.
        """
        name, title, n_features, loss = (settings[key] for key in ("name", "title", "n_features", "loss"))
        texts = isinstance(name, str) and name.isidentifier() and len(name) <= 40 and isinstance(title, str)
        if not texts or len(title) > 80 or not isinstance(n_features, int) or not 1 <= n_features <= 16_384:
            raise ValueError("a name or a size of another kind")
        net = cls(name, title, n_features, tuple(map(_step, settings["steps"])), str(loss))
        return replace(net, frozen=tuple(p.key for p in net.parameters if p.key in settings.get("frozen", ())))


def _step(settings: Mapping[str, Any]) -> Step:
    kind = KINDS[settings["layer"]]
    values = {}
    for one in fields(kind):
        value = settings[one.name]
        fits = value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 20)
        if not fits or (isinstance(value, int | float) and not -1e9 < value < 1e9):
            raise ValueError("a setting of another kind")
        values[one.name] = value
    layer = kind(**values)
    if isinstance(layer, Activation) and layer.kind not in ACTIVATIONS:
        raise ValueError("an unknown activation")
    if isinstance(layer, Combine) and layer.op not in ARITHMETIC:
        raise ValueError("an unknown op")
    sources, key = tuple(settings["sources"]), settings["key"]
    if not all(isinstance(source, int) for source in sources) or not isinstance(key, str) or len(key) > 200:
        raise ValueError("sources or a key of another kind")
    return Step(layer, sources, key)


def _keys(layer: Layer) -> list[str]:
    return [*(held.name for held in layer.held), *(["mask"] * isinstance(layer, Dropout)), ""]


def _words(layer: Layer) -> list[str]:
    return [*(held.letter for held in layer.held), *(["mask"] * isinstance(layer, Dropout)), layer.word]


def sequence(layers: Sequence[Layer]) -> tuple[Step, ...]:
    """Layers one after the other, with the keys of an nn.Sequential."""
    return tuple(Step(layer, (at,), str(at)) for at, layer in enumerate(layers))


def mlp_layers(n_features: int, hidden: Sequence[int], n_outputs: int, activation: str) -> list[Layer]:
    """Dense layers with an activation between each and the next."""
    layers: list[Layer] = []
    for n_in, n_out in pairwise([n_features, *hidden]):
        layers.append(Dense(n_in, n_out))
        layers.append(LeakyReLU() if activation == "leaky_relu" else Activation(activation))
    return [*layers, Dense([n_features, *hidden][-1], n_outputs)]

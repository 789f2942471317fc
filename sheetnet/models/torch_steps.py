"""The steps of a net as they come about from a torch module, and what is known of each value on the way."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from sheetnet.errors import SheetnetError
from sheetnet.models.layer import Layer
from sheetnet.models.layers import Columns, Concat, Dropout, Product, Row
from sheetnet.models.net import Step


@dataclass(frozen=True)
class Value:
    """A tensor in forward: the step that gives it (0 is X), and its shape without the rows.

    rows: False for what is made of parameters alone and holds for all rows. codes: whether it was made whole numbers.
    """

    step: int
    shape: tuple[int, ...]
    rows: bool = True
    codes: bool = False


@dataclass(frozen=True)
class Own:
    """A parameter or buffer that forward uses itself, with its name in the state_dict. turned: as its transpose."""

    key: str
    tensor: Tensor
    trained: bool
    turned: bool = False


def must(module: nn.Module, **settings: Any) -> None:
    """None; each setting is the one that is known."""
    for name, known in settings.items():
        found = getattr(module, name, known)
        if found != known or type(found) is bool is not type(known):
            raise SheetnetError(f"{name}={found!r} is not known; take {name}={known!r}")


class Steps:
    """Steps that are added one by one. names: of each parameter and buffer, by its id, the first where it has two."""

    def __init__(self, n_features: int, module: nn.Module) -> None:
        self.widths, self.steps = [n_features], list[Step]()
        self.names: dict[int, str] = {}
        for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
            self.names.setdefault(id(tensor), name)
        self.tensors: dict[str, Tensor] = {}  # what steps hold, by key
        self.codes: dict[int, int] = {}  # columns of X that hold codes, and how many
        self._made: dict[tuple[Layer, tuple[int, ...], str], int] = {}

    @property
    def drops(self) -> list[int]:
        """The steps that are dropouts, in turn."""
        return [at for at, step in enumerate(self.steps, start=1) if isinstance(step.layer, Dropout)]

    def add(self, layer: Layer, *sources: Value, key: str = "") -> int:
        """The number of a new step.

        Raises: SheetnetError where the layer does not fit, or another holds its parameters.
        """
        for source in sources:
            if source.codes:
                raise SheetnetError("whole numbers from .long() are known as codes for nn.Embedding only")
        return self._append(layer, tuple(source.step for source in sources), key)

    def _append(self, layer: Layer, sources: tuple[int, ...], key: str) -> int:
        try:
            width = layer.width(*(self.widths[source] for source in sources))
        except SheetnetError as reason:
            raise SheetnetError(str(reason).replace(str(layer), "it")) from None
        step = Step(layer, sources, key)
        for held in layer.held:
            if any(other.key != key or other.layer != layer for other in self._holders(step.key_of(held))):
                raise SheetnetError(f"its {step.key_of(held)} is used in two ways; take a parameter for each")
        self.steps.append(step)
        self.widths.append(width)
        return len(self.steps)

    def _holders(self, key: str) -> list[Step]:
        return [step for step in self.steps if key in map(step.key_of, step.layer.held)]

    def _once(self, layer: Layer, sources: tuple[int, ...], key: str = "") -> int:
        """The number of a step, which is there already if it was asked for before."""
        which = layer, sources, key
        if which not in self._made:
            self._made[which] = self._append(layer, sources, key)
        return self._made[which]

    # ---- parameters

    def key(self, module: nn.Module, path: str) -> str:
        """The key of a layer's step: its path, or that of the layer whose parameters it shares.

        Raises: SheetnetError where it shares some, but not all.
        """
        own = {name: t for name, t in [*module.named_parameters(), *module.named_buffers()] if t.is_floating_point()}
        keys = {self.names[id(tensor)].removesuffix(name).removesuffix(".") for name, tensor in own.items()}
        if len(keys) > 1:
            shared = next(name for name, t in own.items() if self.names[id(t)] != f"{path}.{name}".removeprefix("."))
            raise SheetnetError(f"it shares its {shared} with another layer, but not all; share the layer, or nothing")
        (key,) = keys or {path}
        for name, tensor in own.items():
            self.tensors[f"{key}.{name}".removeprefix(".")] = tensor
        return key

    def own(self, tensor: Tensor | None, name: str = "") -> Own | None:
        """A parameter or buffer by itself. name: of one that is neither."""
        if tensor is None:
            return None
        return Own(self.names.get(id(tensor), name), tensor, isinstance(tensor, nn.Parameter))

    def product(self, a: Value, weight: Own, turned: bool) -> int:
        """The step a @ weight, or a @ weight.T."""
        shape, turned = tuple(weight.tensor.shape), turned is not weight.turned
        if len(shape) not in (1, 2) or (len(shape) == 1 and turned):
            raise SheetnetError(f"{weight.key} has the shape {shape}; make it one of two dimensions")
        n_in, n_out = shape[::-1] if turned else (*shape, 1)[:2]
        layer = Product(n_in, n_out, turned or len(shape) == 1, weight.trained, len(shape))
        self.tensors[weight.key] = weight.tensor
        return self.add(layer, a, key=weight.key)

    def value(self, a: Any) -> Value:
        """What was given, a parameter as a row.

        Raises: SheetnetError for what is neither, and a parameter that is no row.
        """
        if isinstance(a, Value):
            return a
        if not isinstance(a, Own):
            what = "a tensor that forward makes itself" if isinstance(a, Tensor) else type(a).__name__
            raise SheetnetError(f"{what} is not known here; register it with register_buffer, or take a number")
        shape = tuple(a.tensor.shape)
        if a.turned or len(shape) > 2 or math.prod(shape[:-1]) != 1:
            raise SheetnetError(f"{a.key} has the shape {shape}, expected a row (k,) or (1, k)")
        layer = Row(math.prod(shape), len(shape), a.trained)
        self.tensors[a.key] = a.tensor
        return Value(self._once(layer, (0,), a.key), tuple(size for size in shape if size != 1), rows=False)

    # ---- columns

    def pick(self, step: int, columns: Sequence[int]) -> int:
        """The step that gives these columns of another."""
        if list(columns) == list(range(self.widths[step])):
            return step
        breaks = np.flatnonzero(np.diff(columns) != 1) + 1
        runs = np.split(np.asarray(columns), breaks)
        parts = [self._once(Columns(int(run[0]), len(run)), (step,)) for run in runs]
        return parts[0] if len(parts) == 1 else self._once(Concat(), tuple(parts))

    def side_by_side(self, parts: Sequence[Value]) -> int:
        """The step that gives all parts beside each other."""
        return parts[0].step if len(parts) == 1 else self.add(Concat(), *parts)

    def code(self, step: int, count: int) -> None:
        """None; the step is known as a column of X that holds codes."""
        source = self.steps[step - 1] if step else None
        if source is not None and not (isinstance(source.layer, Columns) and source.sources == (0,)):
            raise SheetnetError("its codes are calculated; take a column of X, as in emb(x[:, 0].long())")
        column = source.layer.first if source is not None and isinstance(source.layer, Columns) else 0
        self.codes[column] = min(count, self.codes.get(column, count))

    # ---- shapes

    @staticmethod
    def seen(a: Value) -> str:
        """The shape of a value, for people."""
        return f"({', '.join(map(str, ('n', *a.shape) if a.rows else a.shape))}{',' * (not a.shape and a.rows)})"

    def flat(self, a: Value) -> None:
        """None; a row of it is a row.

        Raises: SheetnetError for another shape.
        """
        if not a.rows or not a.shape or math.prod(a.shape[:-1]) != 1:
            raise SheetnetError(
                f"{self.seen(a)} comes in, expected (n, columns); take x[:, 0:1], or nn.Flatten before it"
            )

    def last(self, a: Value, dim: Any) -> None:
        """None; dim is the last one, along the columns."""
        self.flat(a)
        if dim not in (-1, len(a.shape)):
            raise SheetnetError(f"dim={dim} is not known, as rows would mix; take dim=1")

    @staticmethod
    def is_number(a: Any) -> bool:
        """Whether it is a number that a formula can hold.

        Raises: SheetnetError for one that is too large, or no finite one.
        """
        if not isinstance(a, int | float) or isinstance(a, bool):
            return False
        if not abs(a) < 1e9:
            raise SheetnetError(f"the number {a} is too large, or no number; take one below 1e9")
        return True

    def fit(self, a: Value, b: Value) -> None:
        """None; entry by entry, both fit in a sheet as in torch.

        Raises: SheetnetError where torch would spread one over the rows of the other.
        """
        if a.rows and b.rows:
            if len(a.shape) != len(b.shape) or (len(a.shape) > 1 and a.shape != b.shape):
                both = f"{self.seen(a)} and {self.seen(b)}"
                raise SheetnetError(f"{both} would become rows by rows; take x[:, 0:1], not x[:, 0], or keepdim=True")
        elif a.rows or b.rows:
            value, row = (a, b) if a.rows else (b, a)
            if row.shape:
                self.flat(value)

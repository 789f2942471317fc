"""A layer, as graph: what all have in common. Those there are: layers.py and norms.py.

Values are (n, width) matrices; weights stand as (in, out), biases as rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod

from sheetnet.errors import SheetnetError
from sheetnet.graph.node import Node, apply
from sheetnet.graph.ops import Shape

MAX_WIDTH = 256  # of what passes between layers: beyond, a sheet is no place for it
ITSELF = "itself"  # the name of what a layer holds that is one parameter of a module: its key is the step's own


@dataclass(frozen=True)
class Held:
    """A parameter or buffer of a layer: torch's name and shape there, and its shape and letter in a sheet."""

    name: str
    torch_shape: tuple[int, ...]
    letter: str
    turned: bool = False  # whether torch holds the transpose
    trained: bool = True

    @property
    def shape(self) -> Shape:
        """Rows and columns in a sheet: torch's vectors are rows."""
        first, *rest = (1, 1, *self.torch_shape)[-max(2, len(self.torch_shape)) :]
        rows, cols = first, prod(rest)
        return (cols, rows) if self.turned else (rows, cols)


@dataclass
class Pass:
    """How values go through: as in training, where masks and the rows' own statistics count, or as when predicting.

    masks: of dropout, by name. train (n, 1): 1 for the rows that are learnt from, else 0; None: all. rows: how many.
    updates: filled on the way, what buffers become, by name.
    """

    training: bool = False
    masks: Mapping[str, Node] = field(default_factory=dict)
    train: Node | None = None
    rows: Node | float = 0.0
    updates: dict[str, Node] = field(default_factory=dict)

    def mean(self, a: Node) -> Node:
        """The mean over the rows that are learnt from, (n, k) -> (1, k)."""
        return (apply("sum_rows", a) if self.train is None else self.train.T @ a) / self.rows


@dataclass(frozen=True)
class Layer:
    """What makes one matrix of one or several."""

    @property
    def word(self) -> str:
        """What its result is called in sheets."""
        return type(self).__name__.lower()

    @property
    def held(self) -> tuple[Held, ...]:
        """Its parameters and buffers."""
        return ()

    def width(self, *widths: int) -> int:
        """Columns of what comes out.

        Raises: SheetnetError where the layer does not fit what comes in.
        """
        return widths[0]

    def forward(self, sources: Sequence[Node], P: Mapping[str, Node], how: Pass, names: Mapping[str, str]) -> Node:
        """What comes out, (n, width): P by torch's names, names what each is called in sheets."""
        raise NotImplementedError


def expect(widths: Sequence[int], width: int, layer: Layer) -> int:
    """The width that comes in.

    Raises: SheetnetError for another than the layer is for.
    """
    if widths[0] != width:
        raise SheetnetError(f"{layer} is for {width} columns, {widths[0]} come in")
    return widths[0]

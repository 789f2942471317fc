"""What is shown of a node: its title, role, format and name; and groups of that, {id: Shown}, one for each role.

An id without a dot belongs to the page: on a page called Fit, `pred` is the block `fit.pred`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sheetnet.graph.node import Node
from sheetnet.page.book import Role, Style
from sheetnet.page.language import speak

# for 99999.123456 too, and in own units for whatever digits a number has; 11 for other formats
ROOM = {"loss": 13.0, "small": 13.0, "fine": 13.0, "tiny": 13.0, "text": 12.0, "left": 14.0, "units": 19.0}
ROOM |= {"guessed_units": 15.0, "pixel": 3.4, "tap": 4.4, "light": 4.4}  # the last three of a picture


@dataclass(frozen=True)
class Bounds:
    """What may be typed into a cell: numbers from low to high, whole ones or not, and the words for it."""

    low: float
    high: float
    whole: bool
    message: str

    def __post_init__(self) -> None:
        speak(self, "message")


@dataclass(frozen=True)
class Shown:
    """A node and how it is shown; style None: as its role asks for, an array formula or plain values.

    came: of an input of one cell, what it held as the workbook came, in so many letters.
    """

    node: Node
    title: str = ""
    format: str = "weight"
    role: Role = "forward"
    style: Style | None = None
    name: str = ""
    labels: tuple[str, ...] = ()
    bounds: Bounds | None = None
    came: tuple[Node, int] | None = None

    def __post_init__(self) -> None:
        speak(self, "title", "labels")

    @property
    def room(self) -> float:
        """The width that each of its columns needs."""
        own = len(self.title) + 3.0 if self.node.shape[1] == 1 else 0.0
        return max(ROOM.get(self.format, 11.0), own, *(len(label) + 3.0 for label in self.labels or ("",)))

    @property
    def heading(self) -> float:
        """The width that each of its columns needs for title and labels alone."""
        k = self.node.shape[1]
        own = len(self.title) + 3.0 if k == 1 else (len(self.title) + 1.0) / k
        return max(8.0, own, *(len(label) + 1.0 for label in self.labels))


Group = dict[str, Shown]
Said = Mapping[str, "tuple[Any, ...] | Shown"]  # {id: (node, title)} or {id: (node, title, format)}


def shown(role: Role, said: Said, **common: Any) -> Group:
    """A group of one role from {id: (node, title[, format])}, with what all of them share."""
    made = {id: one if isinstance(one, Shown) else Shown(*one) for id, one in said.items()}
    own = {id: {"format": one[2]} for id, one in said.items() if isinstance(one, tuple) and len(one) > 2}
    return {id: replace(one, **{"role": role, **common, **own.get(id, {})}) for id, one in made.items()}


def forward(said: Said, **common: Any) -> Group:
    """Steps from data to loss."""
    return shown("forward", said, **common)


def backward(said: Said, **common: Any) -> Group:
    """Steps from the loss to the gradient."""
    return shown("backward", said, **common)


def update(said: Said, **common: Any) -> Group:
    """What is learnt, as it moves."""
    return shown("update", said, **common)


def result(said: Said, **common: Any) -> Group:
    """What comes out."""
    return shown("result", said, **common)


def agreement(said: Said, **common: Any) -> Group:
    """Verdicts: words that turn green or red."""
    return shown("agreement", said, **{"format": "text", **common})

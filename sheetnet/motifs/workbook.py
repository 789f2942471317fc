"""A workbook to be: what build writes and check lays out again, and what it answers about the models in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from sheetnet.graph.dialects import CLASSIC
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node
from sheetnet.models.model import Model
from sheetnet.models.net import Net
from sheetnet.motifs.exercises import Exercise, keys
from sheetnet.page.book import Block, Book
from sheetnet.tables.passengers import SCHEMA, Column
from sheetnet.tables.recipe import Recipe

Values = Mapping[str, np.ndarray]  # by the id of a block
SAME = 1e-12  # relative: a number that other programs have saved with 15 digits is still the same


@dataclass(frozen=True)
class Place:
    """Where the parameters of a model may be typed, by their names, and what the workbook says of the model there.

    loss, rate and accuracy (None where it says no classes): of the model, at these parameters. names: what the rows and
    columns of each parameter are called. turned: whether a sheet has a unit in each row. descent: the nodes of each
    parameter, epoch by epoch, in the sheet's own descent, which begins here, and curve its losses; {} and None where
    no descent does.
    """

    model: Model | Net
    blocks: Mapping[str, Block]
    loss: Block
    rate: Block
    names: Mapping[str, tuple[Sequence[str], Sequence[str]]]
    turned: bool = False
    accuracy: Block | None = None
    descent: Mapping[str, Sequence[Node]] = field(default_factory=dict)
    curve: Block | None = None

    def read(self, values: Values) -> dict[str, np.ndarray]:
        """The parameters by name, from the values of blocks, by id."""
        return {name: self._turned(values[block.id]) for name, block in self.blocks.items()}

    def cells(self, params: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The numbers of the blocks' cells, by id: the one place where weights are turned for a sheet."""
        return {block.id: self._turned(params[name]) for name, block in self.blocks.items()}

    def _turned(self, numbers: np.ndarray) -> np.ndarray:
        turned: np.ndarray = numbers.T if self.turned else numbers
        return turned.copy()


class Workbook(ABC):
    """Pages and blocks of one workbook, from its settings alone, and what torch says of them.

    It is laid out by its constructor. The numbers of its inputs come from outside: from build, or from a file.
    """

    name: ClassVar[str]
    book: Book
    exercises: Sequence[Exercise]
    recipe: Recipe | None = None  # how its table was prepared, where it has one
    epoch: Node | None = None  # that is looked at, where it has models

    @property
    def language(self) -> str:
        """Of its texts, such as "de"; "" for English."""
        return self.book.language.code if self.book.language else ""

    @property
    def manner(self) -> dict[str, str]:
        """How it is said and written, of its settings: language and dialect, where they are not the usual ones."""
        own = {"language": self.language, "dialect": self.book.dialect.name}
        return {key: value for key, value in own.items() if value not in ("", CLASSIC.name)}

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The settings as JSON has them, from which `course.workbook_of` makes the same workbook again."""

    @abstractmethod
    def torch_says(self, values: Values) -> dict[str, np.ndarray]:
        """What torch says of the blocks it has a say in, by id, for the inputs as they stand.

        By hand-written torch and autograd alone; nothing of it comes from the graph that it is to judge.
        """

    @abstractmethod
    def on_record(self, values: Values, said: Values, touched: Collection[str] = ()) -> dict[str, np.ndarray]:
        """What torch says today of the blocks that hold its numbers, where nothing was changed since.

        touched: the ids of inputs that are known to be others than they were.
        """

    def lacking(self, values: Values) -> str:
        """Why these inputs do not fit the layout, in words; empty when they do."""
        facts = self.recipe.facts if self.recipe else {}
        if self.recipe is None or "Complete rows" not in facts:
            return ""
        complete = int(evaluate([facts["Complete rows"]], self.by_node(values))[0][0, 0])
        laid = self.recipe.no.shape[0]
        if complete >= laid:
            return ""
        return (
            f"only {complete} rows of the sheet Data are complete, the workbook is laid out for {laid}: an entry was"
            " deleted that a row needs. Fill it in again, or build the workbook anew from your table"
        )

    def remarks(self, got: Values) -> list[str]:
        """What else check says of it, a line each, from the recalculated values of blocks, by id."""
        return []

    # ---- its models, for whoever reads or writes their numbers

    @cached_property
    def places(self) -> dict[str, Place]:
        """Where a person may type the parameters of its models, by name; {} for a workbook without.

        Those of one model may stand in two places, the second under a name of its own.
        """
        return {}

    @cached_property
    def models(self) -> dict[str, Model | Net]:
        """Its models by name, in the order of their sheets."""
        return {place.model.name: place.model for place in self.places.values()}

    @property
    def part_places(self) -> dict[str, Block]:
        """Which rows of X are learnt from and which validate, 1 or 0 for each; {} where all are learnt from."""
        return {}

    @property
    def unit_places(self) -> dict[str, Block]:
        """Where it stands by what the target was scaled, by the names of the recipe's facts; {} where it was not."""
        if self.recipe is None or self.recipe.units is None:
            return {}
        known = self.recipe.units.facts.values()
        return {name: self._block(node) for name, node in self.recipe.facts.items() if node in known}

    def _block(self, node: Node) -> Block:
        return self.book.block_of(node)

    # ---- its inputs

    def column(self, id: str) -> Column | None:
        """What may stand in a block of raw data, by its id; None for a block of another kind."""
        block = self.book.block(id)
        return SCHEMA.get(block.node.name) if block.role == "data" else None

    @cached_property
    def inputs(self) -> dict[str, Node]:
        """The id and node of every block that holds values, not formulas."""
        return {block.id: block.node for block in self.book.blocks if block.style == "values"}

    def by_node(self, values: Values) -> dict[Node, np.ndarray]:
        """The inputs by node, as evaluate takes them."""
        return {node: values[id] for id, node in self.inputs.items() if id in values}

    def no_answers(self) -> dict[str, np.ndarray]:
        """The answers to exercises and the guesses, by id, before anybody has given one."""
        asked = (block for block in self.book.blocks if block.role == "answer")
        return {block.id: np.full(block.node.shape, "", dtype=object) for block in asked}

    def keys_of_answers(self, values: Values) -> dict[str, np.ndarray]:
        """What the sheet of exercises knows of the right answers, by id."""
        return keys(self.exercises, self.by_node(values)) if self.exercises else {}


def same_values(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two arrays hold the same, numbers to what programs keep when they save a file."""
    if a.dtype == object or b.dtype == object:
        return bool(np.array_equal(a, b))
    return bool(np.allclose(a, b, rtol=SAME, atol=0.0, equal_nan=True))

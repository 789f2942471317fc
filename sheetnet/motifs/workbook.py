"""A workbook to be: what build writes and check lays out again, and what it answers about the models in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from sheetnet.graph.node import Node
from sheetnet.models.model import Model
from sheetnet.motifs.exercises import ANSWERS, Exercise, keys
from sheetnet.motifs.trained import Trained
from sheetnet.page.book import Block, Book
from sheetnet.tables.passengers import SCHEMA, Column
from sheetnet.tables.recipe import Recipe

Values = Mapping[str, np.ndarray]  # by the id of a block
SAME = 1e-12  # relative: a number that other programs have saved with 15 digits is still the same


@dataclass(frozen=True)
class Weights:
    """Where weights W (p, k) of a model stand, and the loss there: as they are, or turned, a unit in each row."""

    model: Model
    block: Block
    loss: Block
    turned: bool

    def read(self, values: Values) -> np.ndarray:
        """W (p, k) from the values of blocks, by id."""
        return self.matrix(values[self.block.id])

    def matrix(self, cells: np.ndarray) -> np.ndarray:
        """W (p, k) from the numbers of the block's cells."""
        return (cells.T if self.turned else cells).copy()

    def cells(self, W: np.ndarray) -> np.ndarray:
        """The numbers of the block's cells from W (p, k): the one place where weights are turned for a sheet."""
        return (W.T if self.turned else W).copy()


class Workbook(ABC):
    """Pages and blocks of one workbook, from its settings alone, and what torch says of them.

    It is laid out by its constructor. The numbers of its inputs come from outside: from build, or from a file.
    """

    name: ClassVar[str]
    book: Book
    exercises: Sequence[Exercise]
    trained: Sequence[Trained] = ()  # its models, in the order of their sheets
    recipe: Recipe | None = None  # how its table was prepared, where it has one

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
    def on_record(self, values: Values, said: Values) -> dict[str, np.ndarray]:
        """What torch says today of the blocks that hold its numbers, where nothing was changed since."""

    def lacking(self, values: Values) -> str:
        """Why these inputs do not fit the layout, in words; empty when they do."""
        return ""

    # ---- its models, for whoever reads or writes their numbers

    @cached_property
    def models(self) -> dict[str, Model]:
        """Its models by name, in the order of their sheets; {} for a workbook without."""
        return {one.model.name: one.model for one in self.trained}

    @cached_property
    def weight_places(self) -> dict[str, Weights]:
        """Where a person may type the weights of a model, by its name."""
        return {
            one.model.name: Weights(one.model, self._block(one.weight), self._block(one.now.loss), True)
            for one in self.trained
        }

    @cached_property
    def rate_places(self) -> dict[str, Block]:
        """The block that holds the learning rate of each model."""
        return {one.model.name: self._block(one.lr) for one in self.trained}

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
        """The answers to the exercises, by id, before anybody has given one."""
        return {ANSWERS: np.full((len(self.exercises), 1), "", dtype=object)} if self.exercises else {}

    def keys_of_answers(self, values: Values) -> dict[str, np.ndarray]:
        """What the sheet of exercises knows of the right answers, by id."""
        return keys(self.exercises, self.by_node(values)) if self.exercises else {}

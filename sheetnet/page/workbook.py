"""A workbook to be: what build writes and check lays out again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from sheetnet.graph.node import Node
from sheetnet.motifs.exercises import ANSWERS, Exercise, keys
from sheetnet.page.book import Book

Values = Mapping[str, np.ndarray]  # by the id of a block
SAME = 1e-12  # relative: a number that other programs have saved with 15 digits is still the same


class Plan(ABC):
    """Pages and blocks of one workbook, from a spec alone, and what torch says of them.

    A plan is laid out by its constructor. The numbers of its inputs come from outside: from build, or from a file.
    """

    name: ClassVar[str]
    book: Book
    exercises: Sequence[Exercise]

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """The spec as JSON has it, from which `lessons.plan_of` makes the same plan again."""

    @abstractmethod
    def witness(self, inputs: Values) -> dict[str, np.ndarray]:
        """What torch says of the blocks it has a say in, by id, for the inputs as they stand.

        By hand-written torch and autograd alone; nothing of it comes from the graph that it is to judge.
        """

    @abstractmethod
    def on_record(self, inputs: Values, said: Values) -> dict[str, np.ndarray]:
        """What torch says today of the blocks that hold its numbers, where nothing was changed since."""

    def lacking(self, inputs: Values) -> str:
        """Why these inputs do not fit the layout, in words; empty when they do."""
        return ""

    @cached_property
    def inputs(self) -> dict[str, Node]:
        """The id and node of every block that holds values, not formulas."""
        return {block.id: block.node for block in self.book.blocks if block.style == "values"}

    def given(self, inputs: Values) -> dict[Node, np.ndarray]:
        """The inputs by node, as evaluate takes them."""
        return {node: inputs[id] for id, node in self.inputs.items() if id in inputs}

    def keys_of_answers(self, inputs: Values) -> dict[str, np.ndarray]:
        """What the sheet of exercises knows of the right answers, by id; empty answers."""
        blank = np.full((len(self.exercises), 1), "", dtype=object)
        return {ANSWERS: blank, **keys(self.exercises, self.given(inputs))} if self.exercises else {}

"""A lesson: what all workbooks of the course share. A lesson itself says what is on its own sheets, in its own words.

To add one: a module here with a class derived from Lesson, its hand-written torch in witnesses/ under the same name,
a line in lessons/__init__.py, and a notebook.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, ClassVar

import numpy as np

from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.formula import number
from sheetnet.graph.node import Node, apply, variable
from sheetnet.motifs import start
from sheetnet.motifs.agreement import TORCH, Agreement, Pair, Watched
from sheetnet.motifs.exercises import Exercise
from sheetnet.motifs.exercises_page import exercises_page
from sheetnet.motifs.words import Word, list_words, words_page
from sheetnet.page.book import Book, Page, Role, Rule, Series, Style
from sheetnet.page.flow import finish, lay
from sheetnet.page.part import Part
from sheetnet.page.shown import Bounds, Group, Shown
from sheetnet.page.workbook import SAME, Plan, Values

UNBOUNDED = 1e300  # what no number that a person types exceeds


class Lesson(Plan):
    """One workbook of the course. Start, Torch, Words and Exercises come from here, all else from `sheets`."""

    title: ClassVar[str]  # of the workbook, on Start
    purpose: ClassVar[str]  # two sentences on Start
    tries: ClassVar[tuple[str, ...]]  # at most 110 characters each

    def __init__(self, torch_version: str) -> None:
        self.torch_version = torch_version
        self.book = Book()
        self._delivered: dict[Node, np.ndarray] = {}
        self._typed: dict[Node, tuple[str, Shown]] = {}
        front = start.first_page(self.book, self.title)
        self.sheets()
        agreement = Agreement(self.book, self.pairs(), self.watched(), torch_version)
        self._marks = agreement.marks
        words = words_page(self.book)
        self.exercises = self.ask()
        right = exercises_page(self.book, self.exercises, self._moved(agreement.changed))
        start.purpose(front, self.purpose)
        start.tries(front, 7, self.tries)
        row = 9 + len(self.tries)
        start.progress(front, row, agreement.verdict, right, len(self.exercises))
        colours = start.legend(front, row + 3, 0)
        start.map_of_sheets(self.book)
        list_words(words, [*self.words(), *_everywhere(colours)])
        finish(self.book)

    def _moved(self, changed: Node) -> Node:
        """Above 0 when a compared input or any other yellow number is not as it came."""
        watched = {one.node for one in self.watched()}
        for block in self.book.blocks:
            node = block.node
            if block.role == "input" and node.shape == (1, 1) and node not in watched:
                changed = changed + apply("abs", node - float(self._delivered[node][0, 0]))
        return changed

    # ---- what a lesson says

    @abstractmethod
    def sheets(self) -> None:
        """Lay out the lesson's own sheets."""

    @abstractmethod
    def pairs(self) -> Sequence[Pair]:
        """The blocks that the sheet Torch shows beside torch's numbers."""

    @abstractmethod
    def watched(self) -> Sequence[Watched]:
        """The inputs on which those blocks depend."""

    @abstractmethod
    def words(self) -> Sequence[Word]:
        """The lesson's terms."""

    @abstractmethod
    def ask(self) -> Sequence[Exercise]:
        """The exercises, at least eight."""

    # ---- what it stands on

    def value(self, name: str, value: float | Sequence[Any] | np.ndarray) -> Node:
        """An input with the value that it is delivered with: a number, or rows of numbers."""
        array = np.atleast_2d(np.asarray(value))
        if array.dtype != object:
            array = array.astype(float)
        node = variable(name, (array.shape[0], array.shape[1]))
        self._delivered[node] = array
        return node

    def typed(
        self, id: str, value: float | Sequence[Any] | np.ndarray, title: str = "", role: Role = "input", *,
        low: float | None = None, high: float = UNBOUNDED, whole: bool = False, message: str = "", name: str = "",
        labels: tuple[str, ...] = (), format: str = "plain",
    ) -> Node:  # fmt: skip
        """An input with the value that it is delivered with, and how it is shown; `cells` puts it on a page.

        With low, only numbers from low to high can be typed.
        """
        node = self.value(name or id, value)
        bounds = None
        if low is not None:
            kind = "a whole number" if whole else "a number"
            reach = f"from {number(low)} to {number(high)}" if high < UNBOUNDED else f"of {number(low)} or more"
            bounds = Bounds(low, high, whole, message or f"{title}: {kind} {reach} is expected")
        self._typed[node] = id, Shown(node, title, format, role, name=name, labels=labels, bounds=bounds)
        return node

    def cells(self, *nodes: Node) -> Group:
        """The inputs that typed() has made, as parts of a page show them."""
        return dict(self._typed[node] for node in nodes)

    def page(self, title: str, about: str, body: Part, prefix: str = "", **more: Any) -> Page:
        """A page called as its title is up to the colon; its ids begin with that name in small letters, or a prefix."""
        name = title.partition(":")[0]
        page = self.book.page(name, title, about, **{"freeze": (2, 0), **more})
        return lay(page, prefix or name.lower().replace(" ", "_"), body)

    def cell(
        self, page: Page, id: str, value: float, row: int, col: int, title: str, *,
        low: float | None = None, high: float = 1e300, whole: bool = False, name: str = "", format: str = "plain",
    ) -> Node:  # fmt: skip
        """A yellow cell with its title to the left; with low, only numbers from low to high can be typed."""
        node = self.value(name or id, value)
        block = page.place(id, node, row, col, "input", title=title, side=True, name=name, format=format)
        if low is not None:
            kind = "a whole number" if whole else "a number"
            bounds = f"from {number(low)} to {number(high)}" if high < 1e300 else f"of {number(low)} or more"
            page.rules.append(Rule(block.area, whole, low, high, f"{title}: {kind} {bounds} is expected"))
        return node

    def columns(
        self, page: Page, prefix: str, row: int, col: int, nodes: Mapping[str, tuple[Node, str]], role: Role = "forward",
        style: Style | None = None, *, format: str = "weight", scale: Node | None = None,
    ) -> int:  # fmt: skip
        """Blocks prefix.id side by side under their titles, {id: (node, title)}; the next free column.

        Columns are widened for their titles.
        """
        for id, (node, title) in nodes.items():
            page.place(f"{prefix}.{id}", node, row, col, role, style, title=title, format=format, scale=scale)
            if node.shape[1] == 1:
                least = 13.0 if format in ("loss", "small") else 11.0  # for 99999.123456 too
                page.widths[col] = max(least, page.widths.get(col, 0.0), len(title) + 3.0)
            col += node.shape[1]
        return col

    def line(self, label: str, x: str, y: str, look: str = "live") -> Series:
        """A line of a chart, from the ids of two blocks."""
        return Series(label, self.book.block(x).area, self.book.block(y).area, look)

    @property
    def settings(self) -> dict[str, Any]:
        return {"torch_version": self.torch_version}

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Lesson:
        """The lesson that a manifest speaks of.

        Raises: ValueError for settings that build does not make.
        """
        version = settings["torch_version"]
        if not isinstance(version, str) or len(version) > 40:
            raise ValueError("a torch version of another kind")
        return cls(version)

    def delivered(self) -> dict[str, np.ndarray]:
        """The value of every input by id, as the workbook is delivered, without what torch says."""
        return {id: self._delivered[node] for id, node in self.inputs.items() if node in self._delivered}

    def record(self) -> dict[str, np.ndarray]:
        """What is put on record when the workbook is made: torch's numbers, marks of inputs, keys of exercises."""
        inputs = self.delivered()
        said = self.witness(inputs)
        marks = evaluate(list(self._marks.values()), self.given(inputs))
        fixed = {b.id: inputs[b.id] for b in self.book.blocks if b.role == "fixed" and b.id in inputs}
        keys = {id: value for id, value in self.keys_of_answers(inputs).items() if value.dtype != object}
        return fixed | keys | dict(zip(self._marks, marks, strict=True)) | self._torch(said)

    def _torch(self, said: Values) -> dict[str, np.ndarray]:
        """Torch's numbers under the ids of the blocks that hold them; what is not finite is nan."""
        ids = [id for id in self.inputs if id.startswith(TORCH)]
        return {id: np.where(np.isfinite(v := said[id.removeprefix(TORCH)]), v, np.nan) for id in ids}

    def witness(self, inputs: Values) -> dict[str, np.ndarray]:
        said = import_module(f"sheetnet.course.{self.name}.witness").witness(inputs)
        return {id: np.atleast_2d(value.detach().numpy()) for id, value in said.items()}

    def on_record(self, inputs: Values, said: Values) -> dict[str, np.ndarray]:
        untouched = all(_same(inputs[id], value) for id, value in self.delivered().items())
        return self._torch(said) if untouched else {}


def _everywhere(colours: Mapping[str, str]) -> list[Word]:
    """The terms of all lessons; colours says where each colour of the legend stands."""
    return [
        Word("forward", "From the inputs to the loss: green headings.", colours["legend_forward"]),
        Word("backward", "From the loss back to what each number had to do with it.", colours["legend_backward"]),
        Word("update", "What is learnt takes a step: orange headings.", colours["legend_update"]),
        Word("torch", "PyTorch, the library that models are trained with in earnest.", "torch.verdict"),
    ]


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    if a.dtype == object or b.dtype == object:
        return bool(np.array_equal(a, b))
    return bool(np.allclose(a, b, rtol=SAME, atol=0.0, equal_nan=True))


__all__ = ["Exercise", "Lesson", "Pair", "Watched", "Word"]

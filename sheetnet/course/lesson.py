"""A lesson: what all workbooks of the course share. A lesson itself says what is on its own sheets, in its own words.

To add one: a folder here with a class derived from Lesson in lesson.py, its hand-written torch in witness.py and words
for the teacher in teaching.py, a line in listing.py, and a notebook.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from sheetnet.common.settings import MAX_SEED, UNBOUNDED, named
from sheetnet.course import place
from sheetnet.graph.evaluate import evaluate
from sheetnet.graph.node import Node, apply, order, variable
from sheetnet.motifs import predictions, start
from sheetnet.motifs.agreement import TORCH, Marks, Pair, Said, Watched, sizes, torch_page
from sheetnet.motifs.blanks import Blanks
from sheetnet.motifs.differences import Differences
from sheetnet.motifs.exercises import Exercise
from sheetnet.motifs.exercises_page import exercises_page
from sheetnet.motifs.panel import FIRST_LOOK, WIGGLE, panel
from sheetnet.motifs.predictions import Prediction, outcomes
from sheetnet.motifs.start import Try
from sheetnet.motifs.words import Word, list_words, of_all_lessons, words_page
from sheetnet.motifs.workbook import Values, Workbook, same_values
from sheetnet.page.book import Book, Page, Role
from sheetnet.page.flow import finish, lay
from sheetnet.page.language import said
from sheetnet.page.part import Part
from sheetnet.page.shown import Bounds, Group, Shown

UNKNOWN = 7  # letters of a number that build brings, such as 0.00001


class Lesson(Workbook):
    """One workbook of the course. Start, Torch, Words and Exercises come from here, all else from `sheets`."""

    title: ClassVar[str]  # of the workbook, on Start
    purpose: str  # two sentences on Start
    minutes: ClassVar[int] = 0  # that it takes, about
    goals: Sequence[str] = ()  # what one can do afterwards: three, at most 60 characters each
    pictured: ClassVar[str] = ""  # the sheet whose first chart stands on Start, too
    tries: Sequence[str | Try]  # at most 110 characters each
    asked: str = "float64"  # how torch was asked for its numbers, in words
    predicts: ClassVar[bool] = False  # whether predict() has questions: their sheet comes before the lesson's own

    shapes: ClassVar[bool] = True  # whether titles say a shape, such as 20 x 1: lesson 3 explains it
    to_fill: ClassVar[Collection[str]] = ()  # blocks of a column that are empty where there are blanks, by id

    def __init__(self, torch_version: str, seed: int = 0, learner: str = "", blanks: bool = False) -> None:
        """seed: of the lesson's numbers, 0 for those of the course. learner: whose workbook it is. blanks: to fill in."""
        self.torch_version, self.seed, self.learner = torch_version, seed, learner
        self.book = Book()
        self._delivered: dict[Node, np.ndarray] = {}
        self._typed: dict[Node, tuple[str, Shown]] = {}
        self._kept: dict[Node, Node] = {}
        front = start.first_page(self.book, self.title, place.number_and_time(self.name, self.minutes))
        first = predictions.first_page(self.book) if self.predicts else None
        self.blanks = Blanks(self.book, self.to_fill) if blanks else None
        self.sheets()
        if self.blanks:
            self.blanks.fill()
        self.predictions = self.predict()
        if first:
            predictions.fill(first, self.predictions)
        verdict = torch_page(self.book, self.marks, self.pairs(), self.said(), torch_version, self.asked)
        words = words_page(self.book)
        self.exercises = self.ask()
        panel = self.panel()
        differences = Differences(self.book, self.marks, list(self._not_compared()))
        right = exercises_page(self.book, self.exercises, differences)
        for page in self.book.pages:
            page.shapes = self.shapes
        start.fill(
            front, self.purpose, self.tries, verdict, right, len(self.exercises), self.learner, *panel,
            goals=self.goals, neighbours=place.neighbours(self.name), pictured=self.pictured,
        )  # fmt: skip
        list_words(words, [*self.words(), *of_all_lessons(start.places_of_colours(front))])
        finish(self.book)

    @cached_property
    def marks(self) -> Marks:
        """What tells whether an input is as it was; sheets may ask it before the sheet Torch stands."""
        return Marks(self.watched())

    def _not_compared(self) -> Iterator[tuple[Node, str, Node]]:
        """Each yellow number that is not compared with torch's, its title, and how far it is from what it was."""
        watched = {one.node for one in self.marks.watched}
        for node, (_, shown) in self._typed.items():
            if shown.role == "input" and node.shape == (1, 1) and node not in watched:
                yield node, shown.title, apply("abs", node - float(self._delivered[node][0, 0]))

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

    def ask(self) -> Sequence[Exercise]:
        """The exercises, at least eight; by default those of questions.py beside the lesson."""
        found: Sequence[Exercise] = self._own("questions").questions(self)
        return found

    def predict(self) -> Sequence[Prediction]:
        """What is asked before it is seen, at least five where the lesson predicts; by default those of questions.py."""
        found: Sequence[Prediction] = self._own("questions").predictions(self) if self.predicts else ()
        return found

    def _own(self, module: str) -> ModuleType:
        """A module beside the lesson's own: they know the lesson, it does not know them."""
        return import_module(f"sheetnet.course.{self.name}.{module}")

    def said(self) -> Sequence[Said]:
        """Other numbers of torch that the sheet Torch keeps."""
        return ()

    def panel(self) -> tuple[Part, ...]:
        """What can be changed on Start, what comes out there, and its picture; none of them, or the first two."""
        return ()

    def yellow(self, rates: Sequence[tuple[str, str, Node]], epoch: Node, wiggle: Node, epochs: int) -> Part:
        """What can be changed on Start of a workbook with models: a rate for each (its name, title and rate), and more.

        The epoch to look at and the wiggle come with their values; each cell says what may be typed.
        """
        shown: Group = {}
        for name, title, lr in rates:
            message = "A learning rate is a number of 0 or more, such as 0.1"
            title = said("Learning rate, {net}", net=title)
            self.typed(f"{name}.lr", lr, title, low=0, message=message, name=f"lr_{name}", format="rate")
            shown |= {f"start.{id}": one for id, one in self.cells(lr).items()}
        self._delivered |= {epoch: np.array([[float(min(FIRST_LOOK, epochs))]]), wiggle: np.array([[WIGGLE]])}
        message = f"An epoch is a whole number from 0 to {epochs}"
        self.typed("epoch", epoch, "Epoch to look at", low=0, high=epochs, whole=True, message=message, name="epoch")
        message = "The wiggle is a small number above 0, such as 0.00001"
        self.typed("wiggle", wiggle, "Wiggle", low=1e-12, high=1, message=message, name="wiggle")
        return panel(shown, self.cells(epoch, wiggle), epochs)

    def unsteady(self, values: Values) -> str:
        """Why no two programs would make the same steps, in words; empty where they do."""
        return ""

    def remarks(self, got: Values) -> list[str]:
        return [self.blanks.told(got)] if self.blanks else []

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
        self, id: str, value: float | Sequence[Any] | np.ndarray | Node, title: str = "", role: Role = "input", *,
        low: float | None = None, high: float = UNBOUNDED, whole: bool = False, message: str = "", name: str = "",
        labels: tuple[str, ...] = (), format: str = "plain",
    ) -> Node:  # fmt: skip
        """An input with the value that it is delivered with, and how it is shown; `cells` puts it on a page.

        A node instead of a value is an input whose value build brings. With low, only numbers from low to high can be
        typed.
        """
        node = value if isinstance(value, Node) else self.value(name or id, value)
        bounds = None
        if low is not None:
            kind = "a whole number" if whole else "a number"
            least, most = (np.format_float_positional(end, trim="-") for end in (low, high))  # 1000000, not 1E+6
            reach = f"from {least} to {most}" if high < UNBOUNDED else f"of {least} or more"
            bounds = Bounds(low, high, whole, message or f"{title}: {kind} {reach} is expected")
        came = (self.kept(node), self._letters(node)) if role == "input" and node.shape == (1, 1) else None
        self._typed[node] = id, Shown(node, title, format, role, name=name, labels=labels, bounds=bounds, came=came)
        return node

    def cells(self, *nodes: Node) -> Group:
        """The inputs that typed() has made, as parts of a page show them."""
        return dict(self._typed[node] for node in nodes)

    def as_it_came(self, *nodes: Node, typed: Mapping[Node, np.ndarray] | None = None) -> list[np.ndarray]:
        """What nodes say as the workbook is delivered, for its texts; typed: with these inputs instead."""
        return evaluate(nodes, {**self._delivered, **(typed or {})})

    def _letters(self, node: Node) -> int:
        """How long the number is that an input of one cell is delivered with."""
        known = self._delivered.get(node)
        return UNKNOWN if known is None else len(np.format_float_positional(known.item(), trim="-"))

    def kept(self, node: Node) -> Node:
        """What an input was when the workbook was made: numbers on record, of the input's shape."""
        copy = variable(f"{node.name}_kept", node.shape)
        self._kept[copy] = node
        return copy

    def page(
        self, title: str, about: str, body: Part, prefix: str = "", first: Node | None = None, **more: Any
    ) -> Page:  # fmt: skip
        """A page called as its title is up to the colon; its ids begin with that name in small letters, or a prefix.

        first: the input that one would edit first, where it is not the first in reading order.
        """
        name = title.partition(":")[0]
        page = self.book.page(name, title, about, **{"freeze": (2, 0), **more})
        lay(page, prefix or name.lower().replace(" ", "_"), body, shapes=self.shapes)
        if first is not None:
            area = self.book.block_of(first).area
            page.active = area.row, area.col
        return page

    @property
    def settings(self) -> dict[str, Any]:
        own = {"seed": self.seed, "learner": self.learner, "blanks": bool(self.blanks)}
        return {"torch_version": self.torch_version} | {key: one for key, one in own.items() if one} | self.manner

    @classmethod
    def from_settings(cls, settings: dict[str, Any]) -> Lesson:
        """The lesson that a manifest speaks of.

        Raises: ValueError for settings that build does not make.
        """
        version, seed, learner = settings["torch_version"], settings.get("seed", 0), settings.get("learner", "")
        blanks = settings.get("blanks", False)
        if not isinstance(version, str) or len(version) > 40:
            raise ValueError("a torch version of another kind")
        if not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
            raise ValueError("a seed of another kind")
        if not isinstance(blanks, bool) or (blanks and not cls.to_fill):
            raise ValueError("blanks of another kind")
        return cls(version, seed, named(learner), blanks)

    # ---- its numbers

    def handed_out(self) -> dict[str, np.ndarray] | None:
        """The values of the inputs by id, as build_lesson delivers them; None where it makes no such workbook."""
        return self.as_delivered()

    def as_delivered(self) -> dict[str, np.ndarray]:
        """The value of every input by id that the lesson itself knows, without what torch says."""
        return {id: self._delivered[node] for id, node in self.inputs.items() if node in self._delivered}

    def record(self, values: Values) -> dict[str, np.ndarray]:
        """What is put on record when the workbook is made: torch's numbers, marks of inputs, keys of exercises."""
        ids = {node: id for id, node in self.inputs.items()}
        by_node, said = self.by_node(values), self._torch(self.torch_says(values))
        marks = dict(zip(self.marks.now, evaluate(list(self.marks.now.values()), by_node), strict=True))
        fixed = {b.id: values[b.id] for b in self.book.blocks if b.role == "fixed" and b.id in values}
        kept = {ids[copy]: values[ids[node]] for copy, node in self._kept.items() if copy in ids}
        asked = self.keys_of_answers(values) | (outcomes(self.predictions, by_node) if self.predictions else {})
        return fixed | kept | asked | marks | said | sizes(self.book, self.pairs(), by_node)

    def _torch(self, said: Values) -> dict[str, np.ndarray]:
        """Torch's numbers under the ids of the blocks that hold them; what is not finite is nan."""
        found = {id: said[id.removeprefix(TORCH)] for id in self.inputs if id.removeprefix(TORCH) in said}
        return {id: np.where(np.isfinite(v), v, np.nan) for id, v in found.items() if id.startswith(TORCH)}

    def torch_says(self, values: Values) -> dict[str, np.ndarray]:
        said = self._own("witness").witness(values)
        return {id: np.atleast_2d(value.detach().numpy()) for id, value in said.items()}

    def on_record(self, values: Values, said: Values, touched: Collection[str] = ()) -> dict[str, np.ndarray]:
        groups = {pair.id: pair.group for pair in self.pairs()} | {one.id: one.group for one in self.said()}
        untouched = {group: self._untouched(group, values, touched) for group in self.marks.changed}
        return {id: value for id, value in self._torch(said).items() if untouched[groups[id.removeprefix(TORCH)]]}

    def _untouched(self, group: str, values: Values, touched: Collection[str]) -> bool:
        """Whether the inputs that a group of comparisons depends on are as they were when the workbook was made."""
        ids = {node: id for id, node in self.inputs.items()}
        known = {id: self._delivered[node] for node, id in ids.items() if node in self._delivered}
        known |= {ids[node]: values[ids[copy]] for copy, node in self._kept.items() if copy in ids}
        watched = order(one.node for one in self.marks.watched if one.group in ("", group))
        if any(ids.get(node) in touched for node in watched):
            return False
        same = all(same_values(values[ids[n]], known[ids[n]]) for n in watched if n in ids and ids[n] in known)
        return same and not evaluate([self.marks.changed[group]], self.by_node(values))[0].any()


__all__ = ["Exercise", "Lesson", "Pair", "Said", "Watched", "Word"]

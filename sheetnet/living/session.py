"""live: an open workbook with models, whose parameters are pushed, pulled and asked for their loss."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import numpy as np

from sheetnet.book import reader
from sheetnet.book.forms import by_model, judged
from sheetnet.book.opened import as_laid_out, find_manifest
from sheetnet.book.reader import where
from sheetnet.course.lesson import Lesson
from sheetnet.engines.base import Busy, Engine, Placed, Session
from sheetnet.errors import LiveError
from sheetnet.living.board import Board
from sheetnet.models.model import Model
from sheetnet.models.net import Net
from sheetnet.motifs.mmult import MMULT
from sheetnet.motifs.workbook import Place
from sheetnet.page.book import Block
from sheetnet.tables.table import Table

Into = Literal["mmult", "yellow"]
PATIENCE = 60.0  # seconds for which a call that is refused is made again: a person who types a number thinks
BEAT = 0.2  # seconds between two such trials
BUSY = "a cell is being edited or a dialog is open there. Press Enter or Esc in the program"
T = TypeVar("T")


@dataclass(frozen=True)
class Stands:
    """What a person sees in the open workbook: parameters {"linear": {"W": (p, 1)}, ...} and rates by model name.

    Of the passengers' workbook the weights of the last model stand twice: "two_relu" has the yellow ones, "mmult" those
    on the sheet MMULT.
    """

    params: dict[str, dict[str, np.ndarray]] = field(repr=False)
    rates: dict[str, float]


class LiveSession:
    """An open workbook; a context manager that lets go of it. A window that a person looks at stays open.

    Parameters go into the yellow cells of their model, where the sheet's own descent begins: all its epochs follow, up
    to half a second where they are shown, and what stood there is gone. In the passengers' workbook those of the last
    model go to the sheet MMULT (into="mmult"), which has a net and a loss of its own and nothing else behind it: some
    6 ms a push in LibreOffice; or into its yellow cells too (into="yellow").
    """

    def __init__(self, path: Path, workbook: Lesson, session: Session, into: Into = "mmult") -> None:
        self.path, self.workbook, self.into = path, workbook, into
        self.engine_session = session
        self.models = workbook.models
        self.last = list(workbook.models)[-1]
        self.features = tuple(workbook.recipe.features) if workbook.recipe else ()
        for sheet in dict.fromkeys(block.area.sheet for block in workbook.book.blocks):
            if sheet not in session.sheets:
                raise LiveError(f"{path}: the sheet {sheet!r} is missing in the open workbook: renamed or deleted")
        self._board: Board | None = None
        self.waiting: Callable[[float], None] = lambda seconds: None

    # ---- weights, losses, rates

    def push(self, params: Any) -> None:
        """None; parameters stand in the sheet, and what depends on them is calculated.

        params: as write_params takes them, of the one model that they suit, or {"linear": ..., "mmult": ...} for each.
        Raises: SheetnetError for another shape or what is not finite; LiveError when the workbook refuses.
        """
        blocks: list[Placed] = []
        for name, value in by_model(self.workbook.places, params, self.features).items():
            place = self.place(self._known(name)[0])
            cells = place.cells(judged(place, value, self.features))
            areas = ((block.area, cells[block.id]) for block in place.blocks.values())
            blocks += [(area.sheet, area.row, area.col, numbers.tolist()) for area, numbers in areas]
        self.patiently(lambda: self.engine_session.write(blocks))
        self.patiently(self.engine_session.refresh)

    def loss(self, model: str | None = None) -> float:
        """The sheet's own loss at the parameters that were pushed last, of a model; by default the last model's.

        Raises: LiveError naming the cell, where it holds no number.
        """
        key, _ = self._known(model)
        return self._said(self.place(key).loss, f"the loss of {key}")

    def accuracy(self, model: str | None = None) -> float | None:
        """The share of rows whose class the sheet says right, see loss; None where the workbook does not say it."""
        block = self.place(self._known(model)[0]).accuracy
        return None if block is None else self._said(block, "the accuracy")

    def _said(self, block: Block, what: str) -> float:
        area = block.area
        [[value]] = self.patiently(lambda: self.engine_session.read(area.sheet, area.row, area.col, 1, 1))
        if not isinstance(value, float):
            got = "is empty" if value is None else f"holds {str(value)!r}"
            raise LiveError(
                f"{self.path}: {where(area.sheet, area.row, area.col)}, {what}, {got}: something that it is"
                " calculated from was changed or deleted. Press undo in the program, or build the workbook anew"
            )
        return value

    def params(self, model: str | None = None) -> dict[str, np.ndarray]:
        """The parameters by name where push() puts those of a model, as they now stand.

        Raises: LiveError naming the cell, where one is blank or text.
        """
        return self._params(self.place(self._known(model)[0]))

    def weights(self, model: str | None = None) -> np.ndarray:
        """The weights (p, k) of a model with one W, as params."""
        return self.params(model)["W"]

    def rate(self, model: str | None = None) -> float:
        """The learning rate of a model on the sheet Start.

        Raises: LiveError naming the cell, where it is no number of 0 or more.
        """
        block = self.workbook.places[self._known(model)[0]].rate
        if (rate := float(self._numbers(block)[0, 0])) < 0:
            cell = where(block.area.sheet, block.area.row, block.area.col)
            raise LiveError(f"{self.path}: {cell} holds {rate:g}; a learning rate is a number of 0 or more")
        return rate

    def pull(self) -> Stands:
        """The parameters and rates as they now stand, whoever wrote them.

        Raises: LiveError naming the cell, where one is blank, text, or below 0 for a rate.
        """
        params = {name: self._params(place) for name, place in self.workbook.places.items()}
        return Stands(params, {name: self.rate(name) for name in self.models})

    def table(self) -> Table:
        """The rows as the open sheet prepares them: X (n, p) and y (n, 1), edits of the data included.

        Raises: LiveError naming a cell that holds no number.
        """
        recipe = self.workbook.recipe
        assert recipe is not None  # workbook_at saw to it that there are models, and they learn from a table
        X, y = (self._numbers(self.workbook.book.block_of(node)) for node in (recipe.X, recipe.y))
        parts = {what: self._numbers(block)[:, 0] == 1 for what, block in self.workbook.part_places.items()}
        which = np.select([parts["train"], parts["valid"]], [0, 1], 2) if parts else None
        learnt = {name: float(self._numbers(block)[0, 0]) for name, block in self.workbook.unit_places.items()}
        return Table.of_sheet(X, y, self.features, recipe.settings, self.path.name, which, learnt)

    # ---- words, and the end

    @property
    def board(self) -> Board:
        """The sheet Live, added when it is first asked for."""
        if self._board is None:
            accurate = any(place.accuracy for place in self.workbook.places.values())
            self._board = Board(self.engine_session, self.patiently, accurate)
        return self._board

    def say(self, text: str) -> None:
        """None; the words stand on the sheet Live."""
        self.board.say(text)

    def save(self) -> None:
        """None; the file holds what is open.

        Raises: EngineError where that fails, or the engine cannot.
        """
        self.patiently(self.engine_session.save)

    def close(self) -> None:
        """None; the workbook is let go of. Closing again does nothing."""
        self.engine_session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def patiently(self, task: Callable[[], T]) -> T:
        """What the task returns, tried again for PATIENCE seconds while the program is busy with a person.

        Meanwhile `waiting` is called with the seconds so far. Raises: LiveError after that, and what it raises.
        """
        began = time.monotonic()
        tried = 0
        while True:
            try:
                return task()
            except Busy as reason:
                tried, waited = tried + 1, time.monotonic() - began
                if waited > PATIENCE and tried > 1:  # on macOS one refusal alone may take a minute
                    raise LiveError(f"{self.path}: refused for {PATIENCE:g} s: {BUSY}, then start again") from reason
            self.waiting(waited)
            time.sleep(BEAT)

    # ---- where things stand

    def _known(self, model: str | None) -> tuple[str, Model | Net]:
        return known(self.path, self.workbook, model)

    def place(self, key: str) -> Place:
        """Where push() writes the parameters of a model."""
        on_mmult = key == self.last and self.into == "mmult" and MMULT in self.workbook.places
        return self.workbook.places[MMULT if on_mmult else key]

    def moves_descent(self, key: str) -> bool:
        """Whether the sheet's own descent begins with what push() writes for a model."""
        return bool(self.place(key).descent)

    def _params(self, place: Place) -> dict[str, np.ndarray]:
        return place.read({block.id: self._numbers(block) for block in place.blocks.values()})

    def _numbers(self, block: Block) -> np.ndarray:
        """The numbers of a block."""
        area = block.area
        rows = self.patiently(
            lambda: self.engine_session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
        )
        for i, cells in enumerate(rows):
            for j, value in enumerate(cells):
                if not isinstance(value, float):
                    got = "is blank" if value is None else f"holds {str(value)!r}"
                    cell = f"{where(area.sheet, area.row + i, area.col + j)} ({block.title or block.id})"
                    raise LiveError(f"{self.path}: {cell} {got}, a number is expected; type one")
        return np.array(rows, dtype=float)


def live(
    path: str | Path, engine: str | Engine | None = None, *, into: Into = "mmult", visible: bool = True
) -> LiveSession:
    """A session on a workbook with models, in the program that has it open, or opens it now.

    engine: "excel" (the default on Windows and macOS where it is), "libreoffice" (else), "ironcalc" (beside us,
    nothing to be seen) or an Engine. into: for the passengers, see LiveSession. visible: with a window; one without
    ends with the session. Which block stands where is read from the file before it is opened.
    Raises: WorkbookError for a file that is no workbook of ours; LiveError for a lesson without models; EngineError.
    """
    path = Path(path)
    return opened(path, workbook_at(path), engine, into, visible)


def workbook_at(path: Path) -> Lesson:
    """What stands where in a workbook with models; read from the file.

    Raises: WorkbookError for a file that is no workbook of ours; LiveError for a lesson without models.
    """
    contents = reader.read(path)
    found = find_manifest(contents)
    as_laid_out(contents, found)
    if not found.workbook.models:
        raise LiveError(
            f"{path}: the lesson {found.workbook.name} has no models that torch trains; take a workbook of `sheetnet"
            " build titanic`, or of your own table (sn.build)"
        )
    return found.workbook


def opened(path: Path, workbook: Lesson, engine: str | Engine | None, into: Into, visible: bool) -> LiveSession:
    """live(), for a workbook that is known."""
    if into not in ("mmult", "yellow"):
        raise LiveError(f"weights go into 'mmult' or 'yellow', not {into!r}")
    program = _engine(engine)
    program.refuse_modern(path, workbook.book.dialect.name)
    session = program.attach(path.resolve(), visible=visible)
    try:
        return LiveSession(path, workbook, session, into)
    except BaseException:
        session.close()
        raise


def known(path: Path, workbook: Lesson, model: str | None) -> tuple[str, Model | Net]:
    """The key of a model's name, and the model; None is the last one, which mmult is too, where there is that sheet.

    Raises: LiveError for another name.
    """
    key = list(workbook.models)[-1] if model is None else str(model).replace("-", "_")
    if key not in workbook.places:
        names = [name.replace("_", "-") for name in workbook.places]
        there = f"there are {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"there is {names[0]}"
        raise LiveError(f"{path}: there is no model {model!r}; {there}")
    return key, workbook.places[key].model


def _engine(engine: str | Engine | None) -> Engine:
    from sheetnet import engines

    if isinstance(engine, Engine):
        return engine
    if engine is not None:
        return engines.get(engine)
    if sys.platform in ("win32", "darwin") and (excel := engines.get("excel")).missing() is None:
        return excel
    return engines.get("libreoffice")

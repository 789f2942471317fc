"""live: an open workbook of `sheetnet build titanic`, whose weights are pushed, pulled and asked for their loss."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import numpy as np

from sheetnet.book import reader
from sheetnet.book.opened import as_laid_out, find_manifest
from sheetnet.book.reader import where
from sheetnet.book.weights import fitting, matrix, unwrapped
from sheetnet.course.lesson import Lesson
from sheetnet.engines.base import Busy, Engine, Placed, Session
from sheetnet.errors import LiveError
from sheetnet.living.board import Board
from sheetnet.models.model import WEIGHTS, Model
from sheetnet.motifs.mmult import MMULT
from sheetnet.motifs.workbook import Weights
from sheetnet.page.book import Block
from sheetnet.tables.table import Table

Into = Literal["mmult", "yellow"]
PATIENCE = 60.0  # seconds for which a call that is refused is made again: a person who types a number thinks
BEAT = 0.2  # seconds between two such trials

BUSY = "a cell is being edited or a dialog is open there. Press Enter or Esc in the program"

T = TypeVar("T")


@dataclass(frozen=True)
class Stands:
    """What a person sees in the open workbook: weights {"linear": {"W": (p, 1)}, ...} and rates by model name.

    The weights of the last model stand twice: "two_relu" has the yellow ones, "mmult" those on the sheet MMULT.
    """

    params: dict[str, dict[str, np.ndarray]] = field(repr=False)
    rates: dict[str, float]


class LiveSession:
    """An open workbook; a context manager that lets go of it. A window that a person looks at stays open.

    Weights of the last model go to the sheet MMULT (into="mmult"), which has a net and a loss of its own and nothing
    else behind it: some 6 ms a push in LibreOffice. The yellow weights on the model's own sheet (into="yellow")
    are where the sheet's whole descent starts: all its epochs follow, up to half a second where they are shown, and the
    start weights that stood there are gone. Other models have yellow weights only.
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
        """None; weights stand in the sheet, and what depends on them is calculated.

        params: {"W": array} such as run.params, an array, a table or a state_dict (the model with as many units takes
        it), or {"linear": ..., "two_relu": ..., "mmult": ...} with any of these.
        Raises: SheetnetError for weights of another shape or that are not finite; LiveError when the workbook refuses.
        """
        given = params.params if isinstance(params, Stands) else params
        if not isinstance(given, Mapping) or set(given) in WEIGHTS:
            given = {fitting(unwrapped(given), list(self.models.values())).name: given}
        blocks: list[Placed] = []
        for name, value in given.items():
            key, model = self._known(name)
            place = self.place(key)
            rows = place.cells(matrix(model, value, self.features)).tolist()
            blocks.append((place.block.area.sheet, place.block.area.row, place.block.area.col, rows))
        self.patiently(lambda: self.engine_session.write(blocks))
        self.patiently(self.engine_session.refresh)

    def loss(self, model: str | None = None) -> float:
        """The sheet's own loss at the weights that were pushed last, of a model; by default the last model's.

        Raises: LiveError naming the cell, where it holds no number.
        """
        key, _ = self._known(model)
        area = self.place(key).loss.area
        [[value]] = self.patiently(lambda: self.engine_session.read(area.sheet, area.row, area.col, 1, 1))
        if not isinstance(value, float):
            got = "is empty" if value is None else f"holds {str(value)!r}"
            raise LiveError(
                f"{self.path}: {where(area.sheet, area.row, area.col)}, the loss of {key}, {got}: something that it is"
                " calculated from was changed or deleted. Press undo in the program, or build the workbook anew"
            )
        return value

    def weights(self, model: str | None = None) -> np.ndarray:
        """The weights (p, k) where push() puts those of a model, as they now stand.

        Raises: LiveError naming the cell, where one is blank or text.
        """
        return self._weights(self.place(self._known(model)[0]))

    def rate(self, model: str | None = None) -> float:
        """The learning rate of a model on the sheet Start.

        Raises: LiveError naming the cell, where it is no number of 0 or more.
        """
        block = self.workbook.rate_places[self._known(model)[1].name]
        rate = float(self._numbers(block)[0, 0])
        if rate < 0:
            area = block.area
            cell = where(area.sheet, area.row, area.col)
            raise LiveError(f"{self.path}: {cell} holds {rate:g}; a learning rate is a number of 0 or more")
        return rate

    def pull(self) -> Stands:
        """The weights and rates as they now stand, whoever wrote them.

        Raises: LiveError naming the cell, where one is blank, text, or below 0 for a rate.
        """
        params = {name: {"W": self._weights(place)} for name, place in self.workbook.weight_places.items()}
        return Stands(params, {name: self.rate(name) for name in self.models})

    def table(self) -> Table:
        """The rows as the open sheet prepares them: X (n, p) and y (n, 1), edits of the data included.

        Raises: LiveError naming a cell that holds no number.
        """
        recipe = self.workbook.recipe
        assert recipe is not None  # workbook_at saw to it that there are models, and they learn from a table
        X, y = (self._numbers(self.workbook.book.block_of(node)) for node in (recipe.X, recipe.y))
        return Table.of_sheet(X, y, self.features, recipe.name, self.path.name)

    # ---- words, and the end

    @property
    def board(self) -> Board:
        """The sheet Live, added when it is first asked for."""
        self._board = self._board or Board(self.engine_session, self.patiently)
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

    def _known(self, model: str | None) -> tuple[str, Model]:
        return known(self.path, self.workbook, model)

    def place(self, key: str) -> Weights:
        """Where push() writes the weights of a model."""
        on_mmult = key == self.last and self.into == "mmult"
        return self.workbook.weight_places[MMULT if on_mmult else key]

    def moves_descent(self, key: str) -> bool:
        """Whether the sheet's own descent begins with what push() writes for a model."""
        return self.place(key) in (self.workbook.weight_places[name] for name in self.models)

    def _weights(self, place: Weights) -> np.ndarray:
        return place.matrix(self._numbers(place.block))

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
    """A session on a workbook of `sheetnet build titanic`, in the program that has it open, or opens it now.

    engine: "excel" (the default on Windows and macOS where it is), "libreoffice" (else), "ironcalc" (in this process,
    nothing to be seen) or an Engine. into: where weights of the last model go, see LiveSession. visible: with a window;
    one without ends with the session. Which block stands where is read from the file before it is opened.
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
            " build titanic`"
        )
    return found.workbook


def opened(path: Path, workbook: Lesson, engine: str | Engine | None, into: Into, visible: bool) -> LiveSession:
    """live(), for a workbook that is known."""
    if into not in ("mmult", "yellow"):
        raise LiveError(f"weights go into 'mmult' or 'yellow', not {into!r}")
    session = _engine(engine).attach(path.resolve(), visible=visible)
    try:
        return LiveSession(path, workbook, session, into)
    except BaseException:
        session.close()
        raise


def known(path: Path, workbook: Lesson, model: str | None) -> tuple[str, Model]:
    """The key of a model's name, and the model; mmult is the last one, which is also meant by None.

    Raises: LiveError for another name.
    """
    key = list(workbook.models)[-1] if model is None else str(model).replace("-", "_")
    if key not in workbook.weight_places:
        names = ", ".join(name.replace("_", "-") for name in workbook.models)
        raise LiveError(f"{path}: there is no model {model!r}; there are {names} and {MMULT}")
    return key, workbook.weight_places[key].model


def _engine(engine: str | Engine | None) -> Engine:
    from sheetnet import engines

    if isinstance(engine, Engine):
        return engine
    if engine is not None:
        return engines.get(engine)
    if sys.platform in ("win32", "darwin") and (excel := engines.get("excel")).missing() is None:
        return excel
    return engines.get("libreoffice")

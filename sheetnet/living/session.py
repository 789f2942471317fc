"""live: an open workbook of `sheetnet build titanic`, whose weights are pushed, pulled and asked for their loss."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import numpy as np

from sheetnet.book.params import MMULT
from sheetnet.book.weights import fitting, matrix, unwrapped
from sheetnet.checking import reader
from sheetnet.checking.reader import where
from sheetnet.checking.structure import as_laid_out, find_manifest
from sheetnet.course.titanic.lesson import Plan
from sheetnet.engines.base import Busy, Engine, Placed, Session
from sheetnet.errors import LiveError
from sheetnet.living.board import Board
from sheetnet.models.model import WEIGHTS, Model
from sheetnet.tables import Raw
from sheetnet.tables.recipe import Table

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

    def __init__(self, path: Path, plan: Plan, session: Session, into: Into = "mmult") -> None:
        self.path, self.plan, self.into = path, plan, into
        self.engine_session = session
        self.models = {net.model.name: net.model for net in plan.nets}
        self.last = plan.nets[-1].model.name
        self.features = tuple(plan.recipe.features)
        for sheet in dict.fromkeys(block.area.sheet for block in plan.book.blocks):
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
            W = matrix(model, value, self.features)
            area = self.plan.book.block(self.place(key)).area
            rows = (W if self.place(key) == "mmult.now.W" else W.T).tolist()
            blocks.append((area.sheet, area.row, area.col, rows))
        self.patiently(lambda: self.engine_session.write(blocks))
        self.patiently(self.engine_session.refresh)

    def loss(self, model: str | None = None) -> float:
        """The sheet's own loss at the weights that were pushed last, of a model; by default the last model's.

        Raises: LiveError naming the cell, where it holds no number.
        """
        key, _ = self._known(model)
        area = self.plan.book.block(self.place(key).rpartition(".")[0] + ".loss").area
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
        name = self.last if (key := self._known(model)[0]) == MMULT else key
        id = f"start.{name}.lr"
        rate = float(self._numbers(id)[0, 0])
        if rate < 0:
            area = self.plan.book.block(id).area
            cell = where(area.sheet, area.row, area.col)
            raise LiveError(f"{self.path}: {cell} holds {rate:g}; a learning rate is a number of 0 or more")
        return rate

    def pull(self) -> Stands:
        """The weights and rates as they now stand, whoever wrote them.

        Raises: LiveError naming the cell, where one is blank, text, or below 0 for a rate.
        """
        params = {name: {"W": self._weights(f"{name}.now.weight")} for name in self.models}
        params[MMULT] = {"W": self._weights("mmult.now.W")}
        return Stands(params, {name: self.rate(name) for name in self.models})

    def table(self) -> Table:
        """The rows as the open sheet prepares them: X (n, p) and y (n, 1), edits of the data included.

        Raises: LiveError naming a cell that holds no number.
        """
        recipe, raw = self.plan.recipe, Raw({}, self.path.name)
        ids = {block.node: block.id for block in self.plan.book.blocks}
        return Table(
            self._numbers(ids[recipe.X]), self._numbers(ids[recipe.y]), self.features, raw, self.plan.spec.recipe
        )

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
        return known(self.path, self.plan, model)

    def place(self, key: str) -> str:
        """The id of the block that push() writes for a model."""
        on_mmult = key == MMULT or (key == self.last and self.into == "mmult")
        return "mmult.now.W" if on_mmult else f"{key}.now.weight"

    def _weights(self, id: str) -> np.ndarray:
        found = self._numbers(id)
        return found if id == "mmult.now.W" else found.T.copy()

    def _numbers(self, id: str) -> np.ndarray:
        """The numbers of a block."""
        block = self.plan.book.block(id)
        area = block.area
        rows = self.patiently(
            lambda: self.engine_session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols)
        )
        for i, cells in enumerate(rows):
            for j, value in enumerate(cells):
                if not isinstance(value, float):
                    got = "is blank" if value is None else f"holds {str(value)!r}"
                    raise LiveError(
                        f"{self.path}: {where(area.sheet, area.row + i, area.col + j)} ({block.title or id}) {got}, a"
                        " number is expected; type one"
                    )
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
    return opened(path, plan_of(path), engine, into, visible)


def plan_of(path: Path) -> Plan:
    """What stands where in a workbook with models; read from the file.

    Raises: WorkbookError for a file that is no workbook of ours; LiveError for a lesson without models.
    """
    contents = reader.read(path)
    found = find_manifest(contents)
    as_laid_out(contents, found)
    if not isinstance(found.plan, Plan):
        raise LiveError(
            f"{path}: the lesson {found.plan.name} has no models that torch trains; take a workbook of `sheetnet build"
            " titanic`"
        )
    return found.plan


def opened(path: Path, plan: Plan, engine: str | Engine | None, into: Into, visible: bool) -> LiveSession:
    """live(), for a plan that is known."""
    if into not in ("mmult", "yellow"):
        raise LiveError(f"weights go into 'mmult' or 'yellow', not {into!r}")
    session = _engine(engine).attach(path.resolve(), visible=visible)
    try:
        return LiveSession(path, plan, session, into)
    except BaseException:
        session.close()
        raise


def known(path: Path, plan: Plan, model: str | None) -> tuple[str, Model]:
    """The key of a model's name, and the model; mmult is the last one, which is also meant by None.

    Raises: LiveError for another name.
    """
    models = {net.model.name: net.model for net in plan.nets}
    last = plan.nets[-1].model.name
    key = last if model is None else str(model).replace("-", "_")
    if key not in models and key != MMULT:
        names = ", ".join(name.replace("_", "-") for name in models)
        raise LiveError(f"{path}: there is no model {model!r}; there are {names} and {MMULT}")
    return key, models[last if key == MMULT else key]


def _engine(engine: str | Engine | None) -> Engine:
    from sheetnet import engines

    if isinstance(engine, Engine):
        return engine
    if engine is not None:
        return engines.get(engine)
    if sys.platform in ("win32", "darwin") and (excel := engines.get("excel")).missing() is None:
        return excel
    return engines.get("libreoffice")

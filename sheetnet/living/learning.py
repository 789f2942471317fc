"""learn: torch trains, and every so many epochs its parameters go into the open workbook, which says its own loss."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sheetnet.book.forms import judged
from sheetnet.common.settings import learning_rate, whole_number
from sheetnet.errors import LiveError, SheetnetError
from sheetnet.living import session
from sheetnet.living.session import BUSY, LiveSession
from sheetnet.living.steps import Arrays, way_of
from sheetnet.motifs.verdicts import CLOSE

MAX_EPOCHS = 10**9
MAX_RATE = 1000.0  # pushes per second
HINT, REMIND = 1.0, 15.0  # seconds until a refusal is told, and told again


@dataclass(frozen=True)
class Push:
    """One push: after so many epochs, torch's loss and the sheet's at the same parameters; what a person had changed.

    accuracy: the share of rows that the sheet says right; None where it says none.
    """

    epoch: int
    torch: float
    sheet: float
    edits: tuple[str, ...] = ()
    accuracy: float | None = None

    @property
    def apart(self) -> float:
        """How far the losses are apart, relative to torch's."""
        return abs(self.sheet - self.torch) / (abs(self.torch) or 1.0)


@dataclass
class Learned:
    """What became of it: the last parameters by name, the rate, every push; stopped says that Ctrl-C ended it."""

    model: str
    params: Arrays = field(repr=False)
    lr: float
    optimiser: str = "sgd"
    pushes: list[Push] = field(default_factory=list, repr=False)
    stopped: bool = False
    seconds: float = 0.0
    dead_units: int = 0

    @property
    def W(self) -> np.ndarray:
        """The last weights (p, k) of a model with one W."""
        return self.params["W"]

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return self.pushes[-1].epoch if self.pushes else 0

    @property
    def apart(self) -> float:
        """The largest relative difference of the losses."""
        return max((push.apart for push in self.pushes), default=0.0)

    @property
    def per_second(self) -> float:
        """Pushes per second, with their losses read back."""
        return len(self.pushes) / self.seconds if self.seconds else 0.0


def learn(
    live: LiveSession,
    model: str | None = None,
    *,
    epochs: int = 100,
    lr: float | None = None,
    every: int = 1,
    per_second: float | None = None,
    pull: bool = False,
    start: Any = None,
    progress: Callable[[Push], None] | None = None,
    notice: Callable[[str], None] | None = None,
) -> Learned:
    """The workbook's optimiser in torch (float64, all rows at once), pushed into it every so many epochs.

    start: parameters; by default the yellow ones of the model. lr: by default the model's rate on the sheet Start.
    per_second: at most so many pushes. pull: what a person changes in the parameters and in the rate is taken in before
    the next push; else the next push overwrites parameters, and the rate stays.
    notice is told when the program refuses for a while, because a person is editing a cell.
    Ctrl-C ends it after the present push. Raises: LiveError when the workbook does not go on with us, with the file to
    which the last good parameters were saved: beside the workbook, FILE.weights.csv.
    """
    from sheetnet.training.interrupt import Interrupt

    epochs = whole_number("epochs", epochs, 0, MAX_EPOCHS)
    every = whole_number("every", every, 1, MAX_EPOCHS)
    if per_second is not None and not 0 < per_second <= MAX_RATE:
        raise SheetnetError(f"pushes per second must be above 0 and at most {MAX_RATE:g}, found {per_second!r}")
    key, net = live._known(model)
    from sheetnet.models.twins import one_thread  # torch is not needed before

    name = net.name
    stands = live.pull()
    params = stands.params[key] if start is None else judged(live.place(key), start, live.features)
    rate = stands.rates[name] if lr is None else learning_rate(lr)
    learned = Learned(key, params, rate, live.workbook.settings["optimiser"])
    run = _Run(live, learned, live.table(), name, pull, progress)
    if live.board.lack and notice:
        notice(f"sheet Live: {live.board.lack}")
    if live.moves_descent(key) and notice:
        curve = live.place(key).curve
        descent = curve.area.sheet if curve else ""
        notice(
            f"the weights go to {run.where}, where the sheet's own descent begins: the start weights there are"
            f" overwritten, and the sheet {descent!r} moves"
        )
    with Interrupt() as interrupt, one_thread(), _waiting(live, interrupt, notice):
        began = time.perf_counter()
        try:
            run.push(0)
            for at in range(every, epochs + every, every):
                if interrupt.heard or learned.stopped:
                    break
                run.advance(min(at, epochs) - learned.epochs)
                learned.seconds = time.perf_counter() - began
                if per_second is not None and at < epochs:
                    _wait(began + len(learned.pushes) / per_second, interrupt)
            learned.stopped = learned.stopped or (interrupt.heard and learned.epochs < epochs)
            words = "stopped by Ctrl-C" if learned.stopped else "done"
            live.board.say(f"{words} after {learned.epochs} epochs, rate {learned.lr:g}; {run.verdict}")
        except Exception as reason:  # whatever it was, the weights are not lost
            epoch, params = run.good
            known = isinstance(reason, SheetnetError)
            raise LiveError(f"{reason}; {rescued(live, key, params, epoch)}") from (None if known else reason)
        learned.seconds = time.perf_counter() - began
        learned.dead_units = run.steps.dead_units(learned.params)
    return learned


class _Run:
    """The state between pushes."""

    def __init__(
        self, live: LiveSession, learned: Learned, table: Any, name: str, pull: bool,
        progress: Callable[[Push], None] | None,
    ) -> None:  # fmt: skip
        self.live, self.learned, self.name, self.pull, self.progress = live, learned, name, pull, progress
        self.steps = way_of(live.models[name], table, learned.optimiser, live.workbook.settings["seed"])
        self.good = self.calm = (0, learned.params)  # what the sheet took last; with a loss that is not above the first
        self.pushed: Arrays | None = None
        self.rate = live.rate(name)
        self.place = live.place(learned.model)
        first, *others = (block.area for block in self.place.blocks.values())
        self.where = f"the yellow cells of {first.sheet!r}" if others else first.full(fixed=False)
        by = "" if learned.optimiser == "sgd" else f" by {learned.optimiser}"
        live.board.say(f"{name.replace('_', '-')}{by}, rate {learned.lr:g}: torch's weights go to {self.where}")

    @property
    def verdict(self) -> str:
        apart = self.learned.apart
        words = "agree" if apart <= CLOSE else "DIFFER"
        return f"sheet and torch {words}: their losses are at most {apart:.1e} apart (relative)"

    def advance(self, epochs: int) -> None:
        """So many epochs in torch, then a push."""
        learned = self.learned
        led = self.steps.go(learned.params, learned.lr, epochs)
        learned.stopped = led.stopped
        if led.diverged_at is not None:
            self.good = self.calm
            raise LiveError(
                f"{self.live.path}: torch's loss is no finite number from epoch {learned.epochs + led.diverged_at} on:"
                f" the learning rate {learned.lr:g} is too large"
            )
        learned.params = led.params
        self.push(learned.epochs + led.epochs, led.loss)

    def push(self, epoch: int, loss: float | None = None) -> None:
        """Look at what a person has changed, write, read the sheet's loss, and note both."""
        live, learned = self.live, self.learned
        edits = self._edits() if self.pushed is not None else ()
        if loss is None or (edits and self.pull):
            loss = self.steps.loss(learned.params)
        live.push({learned.model: learned.params})
        self.pushed = {name: value + 0.0 for name, value in learned.params.items()}
        push = Push(epoch, loss, live.loss(learned.model), edits, live.accuracy(learned.model))
        learned.pushes.append(push)
        self.good = (epoch, learned.params)
        if push.torch <= learned.pushes[0].torch:
            self.calm = self.good
        live.board.add(epoch, push.torch, push.sheet, push.accuracy)
        if self.progress:
            self.progress(push)

    def _edits(self) -> tuple[str, ...]:
        """What a person has changed since the last push, in words; with --pull it is now in the run.

        Raises: LiveError naming the cell, where a weight is blank or text.
        """
        live, learned, pushed = self.live, self.learned, self.pushed
        assert pushed is not None  # there was a push
        found = live.params(learned.model)
        changed = {name: value != pushed[name] for name, value in found.items() if (value != pushed[name]).any()}
        words = []
        if changed:
            if self.pull:
                taken = {name: np.where(at, found[name], learned.params[name]) for name, at in changed.items()}
                learned.params = learned.params | taken
            names = list(changed)
            if len(found) == 1:  # its rows say more than its name
                [(name, at)] = changed.items()
                names = [row for row, hit in zip(self.place.names[name][0], at.any(1), strict=True) if hit]
            words.append(f"weights of {', '.join(names)} {'taken from the sheet' if self.pull else 'overwritten'}")
        if self.pull and (rate := live.rate(self.name)) != self.rate:
            self.rate = learned.lr = rate
            words.append(f"rate {rate:g} taken from the sheet")
        return tuple(words)


def saved(live: LiveSession, learned: Learned) -> None:
    """None; the workbook's file holds what is open.

    Raises: LiveError where that fails, with the file to which the last parameters were saved instead.
    """
    try:
        live.save()
    except Exception as reason:
        raise LiveError(f"{reason}; {rescued(live, learned.model, learned.params, learned.epochs)}") from None


def rescued(live: LiveSession, key: str, params: Arrays, epoch: int) -> str:
    """Words for where parameters were saved: beside the workbook, else in this folder, else in the temporary one."""
    from sheetnet.book.forms import as_frame
    from sheetnet.book.weights import write_weights

    place, reasons = live.place(key), []
    for folder in (live.path.parent, Path(), Path(tempfile.gettempdir())):
        path = folder / f"{live.path.name}.weights.csv"
        try:
            write_weights(path, {place.model.name: as_frame(params, place.names)}, {})
        except SheetnetError as reason:
            reasons.append(str(reason))
        else:
            return f"the last good weights, of epoch {epoch}, are in {path}: --weights takes them in again"
    return f"the last good weights could not be saved: {reasons[0]}"


@contextmanager
def _waiting(live: LiveSession, interrupt: Any, notice: Callable[[str], None] | None) -> Iterator[None]:
    """While the program refuses, say so once in a while, and hear Ctrl-C."""
    before, said = live.waiting, -REMIND

    def wait(seconds: float) -> None:
        nonlocal said
        if interrupt.heard:
            raise LiveError(f"{live.path}: stopped by Ctrl-C while the last weights were refused: {BUSY}")
        now = time.monotonic()
        if notice and seconds > HINT and now - said > REMIND:
            said = now
            notice(f"waiting for up to {session.PATIENCE:g} s: {BUSY}")

    live.waiting = wait
    try:
        yield
    finally:
        live.waiting = before


def _wait(until: float, interrupt: Any) -> None:
    """Sleep, but not through Ctrl-C."""
    while not interrupt.heard and (left := until - time.perf_counter()) > 0:
        time.sleep(min(left, 0.05))

"""What of a sweep is done, in memory and in a checkpoint: results net by net, and the block that is on its way."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sheetnet.errors import TrainingError
from sheetnet.training import checkpoint
from sheetnet.training.block import Block
from sheetnet.training.ranks import Ranks

EVERY = 20.0  # seconds between two checkpoints: what a kill can lose
SAVING = 0.1  # the share of the time that checkpoints may take
COLUMNS = {"first": float, "loss": float, "best": float, "accuracy": float, "diverged": np.int64, "dead": float}
WORDS = {
    "model": "another model",
    "features": "other features",
    "data": "another table",
    "nets": "another number of nets",
    "epochs": "another number of epochs",
    "design": "another design",
    "lr": "other learning rates",
    "scale": "other scales of start weights",
    "weight_decay": "other weight decays",
    "seed": "other seeds",
    "dtype": "another dtype",
    "path": "another path",
    "device": "another device",
    "worker": "another number of workers",
}


@dataclass
class Results:
    """What each net came to, (n,) each; of nets that are not done it says nothing."""

    done: np.ndarray  # whether a net is
    first: np.ndarray  # loss at the start
    loss: np.ndarray
    best: np.ndarray
    accuracy: np.ndarray
    diverged: np.ndarray
    dead: np.ndarray
    best_W: np.ndarray  # of the least final loss
    best_at: int = -1  # and which net that is

    @classmethod
    def of(cls, n: int, shape: tuple[int, int]) -> Results:
        """Of n nets with weights of that shape, none of which is done."""
        first, loss, best, accuracy, dead = (np.full(n, np.nan) for _ in range(5))
        done, diverged = np.zeros(n, bool), np.full(n, -1)
        return cls(done, first, loss, best, accuracy, diverged, dead, np.full(shape, np.nan))

    def gather(self, group: Ranks) -> None:
        """None; what other ranks have done is done here too."""
        if group.world == 1:
            return
        mine = self.done, {name: getattr(self, name)[self.done] for name in COLUMNS}, self.best_W, self.best_at
        for done, values, best_W, best_at in group.each(mine):
            self.done = self.done | done
            for name in COLUMNS:
                getattr(self, name)[done] = values[name]
            if best_at >= 0 and (self.best_at < 0 or self._before(best_at, self.best_at)):
                self.best_W, self.best_at = best_W, best_at

    def _before(self, a: int, b: int) -> bool:
        return bool((self.loss[a], a) < (self.loss[b], b))


@dataclass
class State:
    """A sweep on its way, as far as this process does it."""

    results: Results
    seconds: float = 0.0  # that it took
    block: Block | None = None  # the nets that are on their way
    part: slice = field(default_factory=lambda: slice(0))  # which they are
    epoch: int = 0  # how far they are
    first: np.ndarray = field(default_factory=lambda: np.empty(0))  # their losses at the start


class Saver:
    """Writes the state of a sweep to a file from time to time; where there is none, to nowhere."""

    def __init__(self, path: Path | None, settings: dict[str, Any]) -> None:
        self.path, self.settings, self.unsaved = path, settings, ""
        self._next = time.perf_counter() + EVERY

    def load(self, state: State, epochs: int) -> None:
        """None; what the file holds is in the state.

        Raises: TrainingError for a file that is no checkpoint of this sweep, or where none can be written.
        """
        if self.path is None:
            return
        checkpoint.check_place(self.path)
        if not self.path.exists():
            return
        settings, found = checkpoint.read(self.path)
        checkpoint.compare(self.path, settings, self.settings, WORDS)
        try:
            _fill(state, found, epochs, self.settings["dtype"])
        except (KeyError, ValueError, TypeError, IndexError):
            raise TrainingError(f"{self.path}: {checkpoint.NONE}") from None

    def save(self, state: State, now: bool = False) -> None:
        """Write what is done where it is time to, or now; where that fails the old file stands."""
        began = time.perf_counter()
        if self.path is None or not (now or began >= self._next):
            return
        results, block = state.results, state.block
        arrays = {name: getattr(results, name)[results.done] for name in COLUMNS}
        arrays |= {"done": results.done, "best_W": results.best_W, "best_at": np.array(results.best_at)}
        arrays["seconds"] = np.array(state.seconds)
        if block:
            arrays["at"] = np.array([state.part.start, state.part.stop, state.epoch])
            arrays |= {"W": block.W, "so_far": block.best, "ended": block.diverged, "began": state.first}
        try:
            checkpoint.write(self.path, self.settings, **arrays)
            self.unsaved = ""
        except TrainingError as reason:
            self.unsaved = str(reason)
        now_is = time.perf_counter()
        self._next = now_is + max(EVERY, (now_is - began) / SAVING)


def _fill(state: State, found: dict[str, np.ndarray], epochs: int, dtype: str) -> None:
    """None; the state is what the arrays say. Raises: ValueError, KeyError for arrays that do not go together."""
    results = state.results
    n = len(results.done)
    done, best_at = _taken(found, "done", (n,), bool), int(_taken(found, "best_at", (), np.int64))
    columns = {name: _taken(found, name, (int(done.sum()),), kind) for name, kind in COLUMNS.items()}
    best_W = _taken(found, "best_W", results.best_W.shape, float)
    if not (best_at == -1 or (0 <= best_at < n and done[best_at])):
        raise ValueError(best_at)
    if "at" in found:
        start, stop, epoch = _taken(found, "at", (3,), np.int64).tolist()
        if not (0 <= start < stop <= n and 0 <= epoch <= epochs and not done[start:stop].any()):
            raise ValueError(start)
        size, (p, k) = stop - start, results.best_W.shape
        W = _taken(found, "W", (size, k, p), dtype if dtype == "float64" else "float32")
        so_far, began = _taken(found, "so_far", (size,), float), _taken(found, "began", (size,), float)
        nothing = np.zeros(0)  # rates and decays are known where it goes on
        state.block = Block(W, nothing, nothing, so_far, _taken(found, "ended", (size,), np.int64))
        state.part, state.epoch, state.first = slice(start, stop), epoch, began
    state.seconds = max(0.0, float(_taken(found, "seconds", (), float)))
    results.done, results.best_W, results.best_at = done, best_W, best_at
    for name, values in columns.items():
        getattr(results, name)[done] = values


def _taken(found: dict[str, np.ndarray], name: str, shape: tuple[int, ...], kind: Any) -> np.ndarray:
    array = found[name]
    if array.shape != shape or array.dtype != kind:
        raise ValueError(name)
    return array

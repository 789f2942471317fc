"""IronCalc, a spreadsheet engine written in Rust, in processes of its own: see ironcalc_worker.py.

A workbook may end the engine that calculates it, by a stack that is too deep or an array that is too large, and an
engine may print what it likes: neither reaches us. A process that did well is kept for the next workbook.
"""

from __future__ import annotations

import atexit
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sheetnet.engines.base import CellError, Engine, Placed, Rectangle, Rows, Session, Value
from sheetnet.engines.processes import pass_on
from sheetnet.errors import EngineError

SECONDS, SECONDS_A_MB = 30.0, 60.0  # of one task, and what it may take more for each MB of the file
FORGET_SECONDS = 5.0
MEMORY, MEMORY_A_BYTE = 768 * 2**20, 60  # in all, with the stack of 256 MB; a workbook of 160,000 formulas takes 40 MB

_WORKER = Path(__file__).with_name("ironcalc_worker.py")


class IronCalc(Engine):
    """The engine that pip installs along with sheetnet."""

    name = "ironcalc"

    def missing(self) -> str | None:
        """None, or how to install the Python package."""
        return None if find_spec("ironcalc") else "IronCalc is not installed: run 'pip install ironcalc'."

    def prepare(self) -> None:
        """None; a process is on its way for the next workbook."""
        if not _free and self.missing() is None:
            _free.append(_Process())

    @contextmanager
    def calculating(self, path: str | Path, parts: Sequence[Rectangle]) -> Iterator[Callable[[], list[Rows]]]:
        """As Engine.calculating: the other process is at it from now on."""
        with IronCalcSession(self._usable(path), _process(), begin=True) as session:

            def answer() -> list[Rows]:
                session.settle()
                return session.read_all(parts)

            yield answer

    def _open(self, path: Path) -> Session:
        return IronCalcSession(path, _process())


class _Process:
    """A process that runs IronCalc: requests go in, replies come out in their order."""

    def __init__(self) -> None:
        spec = find_spec("ironcalc")
        assert spec is not None  # missing() has looked
        assert spec.origin is not None
        self.owner = os.getpid()
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(_WORKER), str(Path(spec.origin).parents[1])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for us
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=pass_on, args=(self.process.stdout, self._replies), daemon=True).start()
        _all.append(self)

    def send(self, task: str, *arguments: Any) -> None:
        """None; the request waits for its turn. Where the process has died, the missing reply says so."""
        assert self.process.stdin is not None
        with suppress(OSError):
            print(json.dumps([task, *arguments], default=int), file=self.process.stdin, flush=True)

    def reply(self, seconds: float) -> dict[str, Any] | None:
        """The next reply; None where the process has ended. Raises: queue.Empty after so many seconds."""
        line = self._replies.get(timeout=seconds)
        return json.loads(line) if line.endswith("\n") else None  # half a line is all that it could still say

    def runs(self) -> bool:
        """Whether it can take a request of ours: what was forked off us shares the pipes, and must not use them."""
        return self.owner == os.getpid() and self.process.poll() is None

    def forgets(self) -> bool:
        """Whether it has let go of its workbook, and can take another."""
        self.send("forget")
        try:
            return self.runs() and self.reply(FORGET_SECONDS) is not None
        except queue.Empty:
            return False

    def end(self) -> None:
        """None; it is gone."""
        if self in _all:
            _all.remove(self)
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()
            assert self.process.stdin is not None
            with suppress(OSError):
                self.process.stdin.close()


_all: list[_Process] = []
_free: list[_Process] = []


def _process() -> _Process:
    """A process that is free, or a new one."""
    while _free:
        if (process := _free.pop()).runs():
            return process
        process.end()
    return _Process()


@atexit.register
def _end_all() -> None:
    for process in [*_all]:
        process.end()


class IronCalcSession(Session):
    """A workbook in IronCalc. A call that takes too long, a crash, or Ctrl-C in a call closes the session.

    begin: the calculation goes on beside us; settle() waits for it.
    """

    def __init__(self, path: Path, process: _Process, begin: bool = False) -> None:
        super().__init__(path, [])
        self._process, self._well = process, True
        size = path.stat().st_size
        self._seconds = SECONDS + SECONDS_A_MB * size / 2**20
        self._asked: list[tuple[str, float]] = []  # what is still to be answered: words for the task, and until when
        self._ask("load", "load", str(path.resolve()), self._seconds, MEMORY + MEMORY_A_BYTE * size)
        if begin:
            self._ask("recalculate", "evaluate")
        else:
            self.settle()

    def settle(self) -> None:
        """None; what has begun has come to its end. Raises: EngineError."""
        while self._asked:
            words, _ = self._asked[0]
            result = self._answer()
            if words == "load":
                self._sheets = result

    def read_all(self, parts: Sequence[Rectangle]) -> list[Rows]:
        """The values of many parts, as read."""
        for part in parts:
            self._check(*part)
        places = [(self._sheets.index(sheet), *rest) for sheet, *rest in parts]
        return [[[_value(cell) for cell in cells] for cells in rows] for rows in self._call("read", "read", places)]

    def _set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        self._call("set a cell of", "set", self._sheets.index(sheet), row, col, value)

    def _write(self, blocks: list[Placed]) -> None:
        cells = [
            (self._sheets.index(sheet), row + i, col + j, value)
            for sheet, row, col, rows in blocks
            for i, line in enumerate(rows)
            for j, value in enumerate(line)
        ]
        self._call("set cells of", "write", cells)

    def _recalculate(self) -> None:
        self._call("recalculate", "evaluate")

    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        return self.read_all([(sheet, row, col, n_rows, n_cols)])[0]

    def _add_sheet(self, name: str) -> None:
        self._call("add a sheet to", "add_sheet", name)

    def _close(self) -> None:
        if self._well and not self._asked and self._process.forgets():
            _free.append(self._process)
        else:
            self._process.end()

    def _ask(self, words: str, task: str, *arguments: Any) -> None:
        self._asked.append((words, time.monotonic() + self._seconds))
        self._process.send(task, *arguments)

    def _call(self, words: str, task: str, *arguments: Any) -> Any:
        self.settle()
        self._ask(words, task, *arguments)
        return self._answer()

    def _answer(self) -> Any:
        """The result of what was asked first.

        Raises: EngineError when that fails; when the process dies or takes too long the session is closed.
        """
        words, until = self._asked[0]
        answered = False
        try:
            reply = self._process.reply(max(until - time.monotonic(), 1.0))
            answered = reply is not None
        except queue.Empty:
            raise self._failure(words, f"it was not done within {self._seconds:.0f} s") from None
        finally:
            if not answered:  # also after Ctrl-C: a late reply must not pass for the next one
                self._well = False
                self.close()
        if reply is None:
            raise self._failure(
                words, "it ended, as it does when a formula needs too much memory or is nested too deep"
            )
        self._asked.pop(0)
        if "error" in reply:
            self._well = False
            if words == "load":
                self.close()
            raise self._failure(words, reply["error"])
        return reply["ok"]

    def _failure(self, words: str, reason: str) -> EngineError:
        return EngineError(f"{self.path}: IronCalc cannot {words} this workbook: {reason}")


def _value(cell: float | str | bool | dict[str, str] | None) -> Value:
    """The value of a cell as the other process wrote it."""
    return CellError(cell["error"]) if isinstance(cell, dict) else cell

"""LibreOffice, driven through its UNO interface by a helper process: see uno_worker.py."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import copy
from functools import cache
from glob import glob
from pathlib import Path
from typing import Any, ClassVar, Self

from sheetnet.common.leftovers import clear_folders
from sheetnet.engines.base import CellError, Engine, Gone, Placed, Session, Value
from sheetnet.engines.processes import pass_on
from sheetnet.errors import EngineError

START_SECONDS = 60.0
CALL_SECONDS = 120.0
CLOSE_SECONDS = 20.0

_WORKER = Path(__file__).with_name("uno_worker.py")
_USUAL_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/usr/lib64/libreoffice/program/soffice",
    "/opt/libreoffice*/program/soffice",
    "/snap/bin/libreoffice",
    "/Applications/LibreOffice*.app/Contents/MacOS/soffice",
    "C:/Program Files/LibreOffice*/program/soffice.exe",
    "C:/Program Files (x86)/LibreOffice*/program/soffice.exe",
)


class LibreOffice(Engine):
    """An office suite that has to be installed on its own; each session runs one of its own, without a window."""

    name = "libreoffice"
    knows_let = False

    def missing(self) -> str | None:
        """None, or what to install."""
        soffice = _find_soffice()
        if soffice is None:
            given = os.environ.get("SHEETNET_SOFFICE")
            found = f"SHEETNET_SOFFICE is {given!r}, which is no file" if given else "LibreOffice is not found"
            return (
                f"{found}: install LibreOffice Calc (Debian: apt install libreoffice-calc-nogui python3-uno) "
                "or set SHEETNET_SOFFICE to its program soffice."
            )
        if _find_python(soffice) is None:
            return f"No Python here can 'import uno' for {soffice}: install it (Debian: apt install python3-uno)."
        return None

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """As Engine.keeping: it starts once for all workbooks that are opened one after the other."""
        LibreOfficeSession.keepers += 1
        try:
            yield
        finally:
            LibreOfficeSession.keepers -= 1
            while _free and not LibreOfficeSession.keepers:
                _free.pop().end()

    def _open(self, path: Path) -> Session:
        while _free:
            kept = _free.pop()
            if kept.runs():
                return kept.again(path)
            kept.end()
        return LibreOfficeSession(path, *self._programs())

    def _attach(self, path: Path, visible: bool) -> Session:
        """A session on the file itself, in the LibreOffice that is open, or one that is started.

        One with a window stays open whatever becomes of us; one without ends with us, also after kill -9.
        """
        self._writable(path)
        python, soffice = self._programs()
        if visible and (lack := _no_windows(soffice)):
            raise EngineError(f"{path}: {lack}, or say --headless (visible=False).")
        return AttachedSession(path, python, soffice, "visible" if visible else "hidden")

    def _programs(self) -> tuple[str, str]:
        """The Python that can import uno, and soffice."""
        soffice = _find_soffice()
        python = _find_python(soffice) if soffice else None
        if soffice is None or python is None:
            raise EngineError(self.missing())
        return python, soffice


class LibreOfficeSession(Session):
    """A workbook in a LibreOffice of its own. A call that times out, or Ctrl-C in one, closes the session.

    Of the errors in one block the first 20 tell their kind, the others are CellError('Err:?'): asking takes long.
    """

    keepers: ClassVar[int] = 0  # contexts in which its LibreOffice waits for the next workbook

    def __init__(self, path: Path, python: str, soffice: str, *mode: str) -> None:
        super().__init__(path, [])
        self._well, self._alone = False, not mode  # whether the last call came to a good end
        clear_folders(tempfile.gettempdir())
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the session)
        self._worker = subprocess.Popen(
            [python, str(_WORKER.with_name("uno_live.py") if mode else _WORKER), soffice, *mode],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for us; the helper sees its stdin end
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._replies: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=pass_on, args=(self._worker.stdout, self._replies), daemon=True).start()
        try:
            self._call("start", seconds=START_SECONDS)
            self._sheets = self._call("load", str(path.resolve()))
        except BaseException:
            self.close()
            raise

    def runs(self) -> bool:
        """Whether its helper is there."""
        return self._worker.poll() is None

    def again(self, path: Path) -> Self:
        """The same LibreOffice with another workbook. Raises: EngineError, after which there is none."""
        one = copy(self)
        one.path, one._is_open = path, True
        try:
            one._sheets = one._call("load", str(path.resolve()))
        except BaseException:
            one.close()
            raise
        return one

    def _set(self, sheet: str, row: int, col: int, value: float | str | None) -> None:
        self._call("set", sheet, row, col, value)

    def _recalculate(self) -> None:
        self._call("recalculate")

    def _read(self, sheet: str, row: int, col: int, n_rows: int, n_cols: int) -> list[list[Value]]:
        rows = self._call("read", sheet, row, col, n_rows, n_cols)
        return [[_value(cell) for cell in cells] for cells in rows]

    def print_screens(self, pdf: Path, across: int, down: int) -> list[str]:
        """The names of the sheets that are seen; the PDF shows the first so many pixels of each, a page each."""
        self._check_open()
        shown: list[str] = self._call("print_screens", str(pdf), across, down)
        return shown

    def _close(self) -> None:
        if self.keepers and self._well and self._alone:
            _free.append(self)
        else:
            self.end()

    def end(self) -> None:
        """None; the helper sees its stdin end, ends LibreOffice and removes the profile; we wait for that."""
        assert self._worker.stdin is not None
        with suppress(OSError):  # the helper may be gone already
            self._worker.stdin.close()
        try:
            self._worker.wait(CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._worker.kill()
            self._worker.wait()
        self._stderr.close()

    def _call(self, task: str, *arguments: Any, seconds: float | None = None) -> Any:
        """What the helper returns for the task, within so many seconds (CALL_SECONDS).

        Raises: EngineError when it fails, dies or takes longer than that; after the last two the session is closed.
        """
        assert self._worker.stdin is not None
        seconds = CALL_SECONDS if seconds is None else seconds
        line, self._well = "", False
        try:
            with suppress(OSError):  # when the helper is gone, the missing reply says so
                print(json.dumps([task, *arguments], default=int), file=self._worker.stdin, flush=True)
            line = self._replies.get(timeout=seconds)
            if not line:
                raise self._failure(task, "its helper process ended", "gone")
        except queue.Empty:
            raise self._failure(task, f"no answer within {seconds:g} s") from None
        finally:
            if not line:  # also after Ctrl-C: a late reply must not pass for the next one
                self.close()
        reply = json.loads(line)
        if "error" in reply:
            raise self._failure(task, reply["error"], reply["kind"])
        self._well = True
        return reply["ok"]

    def _failure(self, task: str, reason: str, kind: str = "") -> EngineError:
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").splitlines()
        tail = [line for line in lines if line.strip() and "javaldx" not in line][-5:]  # it grumbles without Java
        said = "\nIts last words:\n  " + "\n  ".join(tail) if tail else ""
        return EngineError(f"{self.path}: LibreOffice cannot {task} this workbook: {reason}.{said}")


_free: list[LibreOfficeSession] = []


class AttachedSession(LibreOfficeSession):
    """The user's own file in a LibreOffice: what is written there moves what depends on it, and is seen."""

    def _write(self, blocks: list[Placed]) -> None:
        self._call("write", blocks)

    def _refresh(self) -> None:
        self._call("refresh")

    def _save(self) -> None:
        self._call("save")

    def _add_sheet(self, name: str) -> None:
        self._call("add_sheet", name)

    def _draw(self, sheet: str, block: tuple[int, int, int, int], at: tuple[int, int], title: str) -> None:
        self._call("draw", sheet, block, at, title)

    def _failure(self, task: str, reason: str, kind: str = "") -> EngineError:
        """What a person may have done while we were at it, in words."""
        if kind == "LookupError":
            return Gone(f"{self.path}: {reason}.")
        if kind == "gone" and self._sheets:
            return Gone(f"{self.path}: the workbook, or LibreOffice, was closed.")
        return super()._failure(task, reason, kind)


def _value(cell: float | str | dict[str, str]) -> Value:
    """The value of a cell as the helper wrote it: an error is {'error': text}."""
    return CellError(cell["error"]) if isinstance(cell, dict) else None if cell == "" else cell


def _find_soffice() -> str | None:
    """The path of LibreOffice's program soffice: SHEETNET_SOFFICE, else PATH, else the usual folders."""
    if given := os.environ.get("SHEETNET_SOFFICE"):
        return given if Path(given).is_file() else None
    if found := shutil.which("soffice") or shutil.which("libreoffice"):
        return found
    return next((place for pattern in _USUAL_PLACES for place in sorted(glob(pattern), reverse=True)), None)


@cache
def _find_python(soffice: str) -> str | None:
    """The path of a Python that can import uno: beside soffice, the system's, this one."""
    program = Path(soffice).resolve().parent
    beside = [program / "python.exe", program / "python", program.parent / "Resources" / "python"]
    candidates = [*map(str, beside), "/usr/bin/python3", shutil.which("python3"), sys.executable]
    return next((python for python in candidates if python and _imports_uno(python)), None)


def _no_windows(soffice: str) -> str:
    """Why this LibreOffice cannot show a window, and what to do; '' where it can."""
    if sys.platform != "linux":
        return ""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "DISPLAY is not set, so there is no screen for LibreOffice: log in with one"
    program = Path(soffice).resolve().parent
    if (program / "soffice.bin").exists() and not any(program.glob("libvclplug_*")):
        return "this LibreOffice was built without windows: install one with (Debian: apt install libreoffice-calc)"
    return ""


def _imports_uno(python: str) -> bool:
    command = [python, "-c", "import uno"]
    try:
        return subprocess.run(command, capture_output=True, env=_environment(), timeout=START_SECONDS).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _environment() -> dict[str, str]:
    """Our environment without the settings that would bend another Python."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}

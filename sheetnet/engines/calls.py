"""Calls to a program that a person may be using: made in one thread, with patience, and given up in the end.

Excel refuses calls while a cell is being edited or a dialog is open, and a call that hangs cannot be interrupted.
xlwings tries again without end and without a pause; here it tries for a while, and then the caller learns of it.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from sheetnet.engines.base import Busy

T = TypeVar("T")

PAUSE_SECONDS = 0.05
WAKE_SECONDS = 0.2  # how late Ctrl-C may be: on Windows a thread that waits does not hear it

# COM: call rejected, retry later; Excel: not now, a cell is being edited; macOS: no answer to an Apple event in time
_BUSY = {-2147418111, -2147417846, -2146777998, -1712}
_EXCEPTION = -2147352567  # COM: an exception, which the details describe
_attempts = threading.Lock()
_waiting: list[int] = []  # one entry for each call that now runs with one attempt: what xlwings' setting was


class Calls:
    """One thread in which all calls are made, as COM asks for: an object belongs to the thread that made it."""

    def __init__(self) -> None:
        self._tasks: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]] | None] = queue.SimpleQueue()
        threading.Thread(target=self._serve, daemon=True, name="sheetnet-calls").start()

    def do(self, call: Callable[[], T], seconds: float) -> T:
        """What the call returns.

        Raises: what the call raises; TimeoutError when it is not done within so many seconds: the thread is lost then.
        """
        done: Future[T] = Future()
        self._tasks.put((call, done))
        deadline = time.monotonic() + seconds
        while True:
            left = deadline - time.monotonic()
            try:
                return done.result(max(0.0, min(WAKE_SECONDS, left)))
            except TimeoutError:
                if done.done():  # meanwhile; and perhaps it was the call that raised this
                    return done.result()
                if left <= 0:
                    raise TimeoutError(f"no answer within {seconds:g} s") from None

    def close(self) -> None:
        """None; the thread ends after the calls that were asked for."""
        self._tasks.put(None)

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            call, done = task
            try:
                done.set_result(call())
            except BaseException as error:
                done.set_exception(error)
            del task, call, done  # what they hold must not outlive them: Excel stays while anybody holds a part of it


def patiently(call: Callable[[], T], seconds: float) -> T:
    """What the call returns; while the program is busy it is made again. Give it only what can be done twice.

    Raises: Busy when that lasts longer than so many seconds; what else the call raises.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            with _one_attempt():
                return call()
        except Exception as error:
            if not is_busy(error):
                raise
            if time.monotonic() >= deadline:
                raise Busy(
                    f"it has refused calls for {seconds:g} s: a cell is being edited or a dialog is open. "
                    f"Finish that in the program (Enter or Esc), then try again ({reason_of(error)})"
                ) from error
        time.sleep(PAUSE_SECONDS)


def is_busy(error: Exception) -> bool:
    """Whether the program refused the call for now, by the numbers of COM and of Apple events.

    pywin32 has no number for some refusals: an exception without details, or an attribute that is not there for now.
    """
    number = getattr(error, "hresult", getattr(error, "errornumber", None))
    details: Any = getattr(error, "excepinfo", None) or ()
    if number in _BUSY or (details[5:] and details[5] in _BUSY) or (number == _EXCEPTION and not details):
        return True
    missing = isinstance(error, AttributeError) and "xlwings._xlwindows" in sys.modules
    return missing or type(error).__name__ == "ExcelBusyError"


def reason_of(error: BaseException) -> str:
    """What the program says of the fault, in one line: an error of COM hides it among numbers."""
    details: Any = getattr(error, "excepinfo", None) or ()
    said = details[2] if len(details) > 2 and details[2] else getattr(error, "strerror", None) or str(error)
    return " ".join(str(said).split())[:300] or type(error).__name__


@contextmanager
def _one_attempt() -> Iterator[None]:
    """A context in which xlwings on Windows tries a refused call once and not for ever; other calls share it."""
    windows: Any = sys.modules.get("xlwings._xlwindows")
    if windows is None or not hasattr(windows, "N_COM_ATTEMPTS"):
        yield
        return
    with _attempts:
        _waiting.append(_waiting[0] if _waiting else windows.N_COM_ATTEMPTS)
        windows.N_COM_ATTEMPTS = 1
    try:
        yield
    finally:
        with _attempts:
            before = _waiting.pop()
            if not _waiting:
                windows.N_COM_ATTEMPTS = before

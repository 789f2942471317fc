"""How far long work has come, in a line of a notebook; nothing anywhere else, where it is short, and once it is done.

`with telling("training", 10_000) as line:` opens a line. Work within it moves it by `line.to(at, words)`, or says what
it is at by `tell(words)`. SHEETNET_PROGRESS=off keeps notebooks quiet, such as those that are run to be kept.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar, copy_context
from html import escape
from typing import Any

AFTER = 1.0  # seconds before a line is shown
BEAT = 0.2  # seconds between two looks of it
SWITCH = "SHEETNET_PROGRESS"


class Line:
    """A line of progress: shown once work has taken a while, and taken away at the end."""

    def __init__(self, label: str, length: int = 0) -> None:
        """length: what `at` comes to in the end; 0 where nobody knows."""
        self.label, self.length, self.at, self.words = label, length, 0, ""
        self._began = self._looked = time.perf_counter()
        self._handle: Any = None
        self._lock = threading.Lock()
        self._done = False
        self._later = threading.Timer(AFTER, copy_context().run, (self._show,))  # work may say nothing for long
        self._later.daemon = True
        self._later.start()

    def to(self, at: int, words: str = "") -> None:
        """How far the work has come."""
        self.at, self.words = at, words
        self._look()

    def epoch(self, at: int, loss: float) -> None:
        """So many epochs are done, and this is the loss."""
        self.to(at, f"loss {loss:.6g}")

    def nets(self, done: int, _: int) -> None:
        """So many nets are done."""
        self.to(done)

    def say(self, words: str) -> None:
        """What the work is at."""
        self.words = words
        self._look()

    def close(self) -> None:
        """The work is done, or was ended: nothing is left of the line."""
        self._later.cancel()
        with self._lock, suppress(Exception):  # a notebook that is gone is no reason to lose what was worked out
            self._done = True
            if self._handle is not None:
                self._handle.update(_Shown("", ""))

    def _look(self) -> None:
        now = time.perf_counter()
        if now - self._began >= AFTER and now - self._looked >= BEAT:
            self._looked = now
            self._show()

    def _show(self) -> None:
        from IPython.display import display  # there is one: the work runs in it

        with self._lock, suppress(Exception):
            if self._done:
                return
            shown = _Shown(*self._said())
            if self._handle is None:
                self._handle = display(shown, display_id=True)  # type: ignore[no-untyped-call]
            else:
                self._handle.update(shown)

    def _said(self) -> tuple[str, str]:
        """The line as text, and as HTML with a bar."""
        of = f"{self.at:,} of {self.length:,}" if self.length else f"{self.at:,}" if self.at else ""
        text = ", ".join(part for part in (of, self.words) if part)
        text = f"{self.label}: {text}" if text else self.label
        bar = f'<progress value="{self.at}" max="{self.length}"></progress> ' if self.length else ""
        return text, f"<div>{bar}{escape(text)}</div>"


class _Shown:
    """A text, and the same as HTML, as IPython asks for them."""

    def __init__(self, text: str, html: str) -> None:
        self.text, self.html = text, html

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html


_OPEN: ContextVar[Line | None] = ContextVar("line", default=None)


@contextmanager
def telling(label: str, length: int = 0, shown: bool = True) -> Iterator[Line | None]:
    """A context with a line of its own, None where nothing is shown; within another line, that one.

    shown: False where somebody is told otherwise.
    """
    if not shown:
        yield None
        return
    if (line := _OPEN.get()) is not None or not _in_notebook():
        yield line
        return
    line = Line(label, length)
    token = _OPEN.set(line)
    try:
        yield line
    finally:
        _OPEN.reset(token)
        line.close()


def tell(words: str) -> None:
    """What the work is at, on the line that is open."""
    if line := _OPEN.get():
        line.say(words)


def _in_notebook() -> bool:
    """Whether a kernel of Jupyter runs this; IPython is not loaded to find out."""
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None and hasattr(shell, "get_ipython") else None
    return hasattr(found, "kernel") and os.environ.get(SWITCH, "").lower() not in ("off", "0", "no")

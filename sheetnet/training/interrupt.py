"""Ctrl-C, and the wish of a scheduler that a program end: heard between epochs, so that nothing is lost."""

from __future__ import annotations

import signal
import sys
import threading
import time
from typing import Any

SAME = 2.0  # seconds in which a second signal is an echo: torchrun and a terminal both pass Ctrl-C on


class Interrupt:
    """While it is open, Ctrl-C (and SIGTERM) is noted in `heard`; a later second Ctrl-C ends the program at once.

    One that stands around it hears it too: the inner one may have looked for the last time.
    """

    def __init__(self) -> None:
        self.heard, self._at = False, 0.0

    def __enter__(self) -> Interrupt:
        self._before: dict[signal.Signals, Any] = {}
        if threading.current_thread() is threading.main_thread():  # only there may signals be handled
            for kind in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(kind) not in (signal.SIG_IGN, None):  # who ignores it wants it ignored
                    self._before[kind] = signal.signal(kind, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for kind, handler in self._before.items():
            if signal.getsignal(kind) == self._note:  # else someone has decided otherwise meanwhile
                signal.signal(kind, handler)

    def _hear(self, at: float) -> None:
        self.heard, self._at = True, at
        for handler in self._before.values():
            if isinstance(around := getattr(handler, "__self__", None), Interrupt):
                around._hear(at)

    def _note(self, *_: object) -> None:
        if self.heard and time.monotonic() - self._at > SAME:
            raise KeyboardInterrupt
        if not self.heard:
            self._hear(time.monotonic())
            if sys.stderr.isatty():
                sys.stderr.write("\nstopping as soon as the present epochs are done; Ctrl-C once more stops at once\n")

"""Ctrl-C, and the wish of a scheduler that a program end: heard between epochs, so that nothing is lost."""

from __future__ import annotations

import signal
import threading
import time

SAME = 2.0  # seconds in which a second signal is an echo: torchrun and a terminal both pass Ctrl-C on


class Interrupt:
    """While it is open, Ctrl-C (and SIGTERM) is noted in `heard`; a later second Ctrl-C ends the program at once."""

    def __init__(self) -> None:
        self.heard, self._at = False, 0.0

    def __enter__(self) -> Interrupt:
        self._before = {}
        if threading.current_thread() is threading.main_thread():  # only there may signals be handled
            self._before = {kind: signal.signal(kind, self._note) for kind in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for kind, handler in self._before.items():
            signal.signal(kind, handler)

    def _note(self, *_: object) -> None:
        if self.heard and time.monotonic() - self._at > SAME:
            raise KeyboardInterrupt
        if not self.heard:
            self.heard, self._at = True, time.monotonic()

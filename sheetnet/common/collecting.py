"""When Python looks for objects that hold each other and nobody else holds."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collecting_later() -> Iterator[None]:
    """A context, and a decorator, in which Python does not look for them: what else goes is gone at once all the same.

    A workbook is a million objects that stay until it is done. Python looks through all of them whenever there are a
    quarter more, which took a tenth of a build and of a check, and with torch loaded a third of the second check.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

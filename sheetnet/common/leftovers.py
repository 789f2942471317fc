"""What runs that were killed leave behind: named by their process, and cleared by the next start."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from sheetnet.errors import SheetnetError

PREFIX = "sheetnet-"  # of folders for what is temporary


def owner() -> str:
    """This machine and this process, as the names of what it makes for a while say it: `5f0c1e2d-4711-`.

    The machine belongs to it: processes of another one that shares the folder cannot be seen from here.
    """
    return f"{_machine()}-{os.getpid()}-"


@contextmanager
def temporary() -> Iterator[Path]:
    """A folder that goes with the context; those of killed runs go first."""
    try:
        clear_folders(tempfile.gettempdir())
        made = tempfile.TemporaryDirectory(prefix=PREFIX + owner(), ignore_cleanup_errors=True)
    except OSError as reason:
        raise SheetnetError(
            f"no temporary folder can be made: {reason.strerror or reason}; TMPDIR names where"
        ) from None
    with made as folder:
        yield Path(folder)


@lru_cache
def clear_parts(folder: Path) -> None:
    """None; half-written files of runs that were killed are gone from a folder. Once for each folder and process."""
    _clear(str(folder), re.compile(rf"\..+\.{_machine()}-(\d+)-\w+\.part"))


@lru_cache
def clear_folders(folder: str) -> None:
    """None; temporary folders of runs that were killed are gone. Once for each process."""
    _clear(folder, re.compile(rf"{PREFIX}{_machine()}-(\d+)-\w+"))


def _clear(folder: str, ours: re.Pattern[str]) -> None:
    with suppress(OSError), os.scandir(folder) as entries:  # nobody asked for it: what cannot be cleared stays
        for entry in entries:
            if (found := ours.fullmatch(entry.name)) and not runs(int(found[1])):
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    with suppress(OSError):
                        os.unlink(entry.path)


def runs(number: int) -> bool:
    """Whether a process of that number runs on this machine."""
    if sys.platform == "win32":  # where os.kill ends it, whatever the signal
        import ctypes

        synchronize, timeout = 0x100000, 258
        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(synchronize, False, number)
        if not handle:
            return bool(kernel.GetLastError() == 5)  # access denied: it is somebody's
        try:
            return bool(kernel.WaitForSingleObject(handle, 0) == timeout)
        finally:
            kernel.CloseHandle(handle)
    try:
        os.kill(number, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True


def _machine() -> str:
    return f"{zlib.crc32(platform.node().encode()):08x}"

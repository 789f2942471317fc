"""Whether a workbook holds what only a person can have put there: then it is kept when another is written over it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sheetnet.book.package import open_package
from sheetnet.common.kept import keep
from sheetnet.errors import WorkbookError

DATE = (1980, 1, 1, 0, 0, 0)  # of every part that XlsxWriter writes
OURS = b'<fileVersion appName="xl" lastEdited="4" lowestEdited="4" rupBuild="4505"/>'  # what XlsxWriter writes


def saved_since(path: Path) -> bool:
    """Whether a file stands there that another program has saved, so that answers or weights may have been typed."""
    if not path.is_file():
        return False
    try:
        if OURS not in open_package(path).parts.get("xl/workbook.xml", b""):
            return True
        with zipfile.ZipFile(path) as archive:  # a program that keeps what it does not change dates what it writes
            return any(part.date_time != DATE for part in archive.infolist())
    except (WorkbookError, OSError, zipfile.BadZipFile):
        return True


@contextmanager
def keeping(path: Path) -> Iterator[Path | None]:
    """The copy of what stands there, where another program has saved it; it goes again if nothing is written."""
    copy = keep(path) if saved_since(path) else None
    try:
        yield copy
    except BaseException:
        if copy:
            copy.unlink(missing_ok=True)
        raise

"""What a person may have made is kept when a file is written over it: a copy beside it, under a name that is free."""

from __future__ import annotations

import shutil
from itertools import count
from pathlib import Path

from sheetnet.errors import SheetnetError


def keep(path: Path) -> Path:
    """The copy of a file that stands beside it from now on: mine.before.xlsx, or mine.before-2.xlsx, of mine.xlsx.

    Raises: SheetnetError when it cannot be written.
    """
    names = (f"{path.stem}.before{f'-{again}' if again > 1 else ''}{path.suffix}" for again in count(1))
    copy = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    try:
        shutil.copy2(path, copy)
    except OSError as reason:
        copy.unlink(missing_ok=True)
        raise SheetnetError(f"{copy}: what stands in {path} cannot be kept there: {reason.strerror}") from None
    return copy

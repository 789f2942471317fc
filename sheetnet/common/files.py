"""Files are written beside their target and renamed: the old one stands until the new one is whole."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sheetnet.errors import SheetnetError

Same = Callable[[Path, Path], bool]  # of an old and a new file: whether they are the same for all that matters


@contextmanager
def replacing(path: Path, same: Same | None = None) -> Iterator[Path]:
    """A new file beside path, which takes its place when the context ends well; else path stays as it was.

    It also stays where same(path, the new file) says that nothing would change.
    Raises: OSError when the folder is not there, refuses writes, or is full; when path is marked as read-only.
    """
    if path.exists() and not path.stat().st_mode & 0o222:  # a rename would not ask
        raise PermissionError(errno.EACCES, "the file there is read-only", str(path))
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        os.chmod(beside, 0o666 & ~_umask())
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        if same is None or not path.exists() or not same(path, beside):
            os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def writing(
    path: Path, kind: type[SheetnetError] = SheetnetError, hint: str = "", same: Same | None = None
) -> Iterator[Path]:  # fmt: skip
    """As replacing, with the reason in words where it cannot be written, and a hint after it.

    Raises: an error of that kind.
    """
    try:
        if not path.parent.is_dir():
            raise kind(f"{path}: the folder {path.parent} does not exist; create it or choose another")
        if path.is_dir():
            raise kind(f"{path}: this is a folder; name a file")
        with replacing(path, same) as beside:
            yield beside
    except OSError as reason:
        raise kind(f"{path}: cannot be written: {reason.strerror or reason}{hint}") from reason


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

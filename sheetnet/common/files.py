"""Files that people name: read only where they are files, and written beside their target, to be renamed when whole."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sheetnet.common.leftovers import clear_parts, owner
from sheetnet.errors import SheetnetError

ABSENT, FOLDER, EMPTY = "there is no such file", "this is a folder", "the file is empty"
Same = Callable[[Path, Path], bool]  # of an old and a new file: whether they are the same for all that matters


def made_folder(path: Path) -> Path:
    """The folder, which is there now. Raises: SheetnetError where it cannot be made."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as reason:
        raise SheetnetError(f"{path}: the folder cannot be made: {reason.strerror or reason}") from None
    return path


def unreadable(path: Path) -> str:
    """Why nobody should read what a person named, in words; '' for a regular file that holds something.

    A pipe, a device, and much under /proc, which is said to be empty, would be waited for without end.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as reason:
        return f"it cannot be read ({reason.strerror})"
    except ValueError:  # a zero in its name
        return ABSENT
    if stat.S_ISDIR(found.st_mode):
        return FOLDER
    if not stat.S_ISREG(found.st_mode):
        return "this is no regular file"
    return "" if found.st_size else EMPTY


def meant(path: str | Path) -> Path:
    """The path that a person means by a name: ~ is their home; of a home that nobody has, the name as it is."""
    return Path(os.path.expanduser(path))


@contextmanager
def replacing(path: Path, same: Same | None = None) -> Iterator[Path]:
    """A new file beside path, which takes its place when the context ends well; else path stays as it was.

    A link leads to the file that is replaced, and the new one has the mode and the owner of the old one. It also stays
    where same(path, the new file) says that nothing would change.
    Raises: OSError when the folder is not there, refuses writes, or is full; when path is marked as read-only, or is
    no regular file.
    """
    target = replaceable(path)
    before = target.stat() if target.exists() else None
    fresh = beside(target)
    try:
        yield fresh
        if before is not None and hasattr(os, "chown"):
            with suppress(OSError):  # only root may give a file away
                os.chown(fresh, before.st_uid, before.st_gid)
        os.chmod(fresh, 0o666 & ~_umask() if before is None else stat.S_IMODE(before.st_mode))
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        if same is None or before is None or not same(target, fresh):
            os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)


def end_of(path: Path) -> Path:
    """Where a path leads when all links are followed.

    Raises: OSError for links that lead round in a circle.
    """
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    return target


def beside(target: Path) -> Path:
    """A new, empty file in the folder of target, which the next start clears if this process is killed.

    Raises: OSError where none can be made.
    """
    clear_parts(target.parent)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.{owner()}", suffix=".part", dir=target.parent)
    os.close(handle)
    return Path(name)


def replaceable(path: Path) -> Path:
    """Where a path leads, if a file may be written there.

    Raises: OSError for a folder, a pipe, a device, a file that is marked as read-only, links that go in a circle.
    """
    target = end_of(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"the folder {target.parent} does not exist", str(path))
    if target.exists():
        mode = target.stat().st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, "this is a folder; name a file", str(path))
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "this is no regular file; name another", str(path))
        if not mode & 0o222:  # a rename would not ask
            raise PermissionError(errno.EACCES, "the file there is read-only", str(path))
    return target


@contextmanager
def writing(
    path: Path, kind: type[SheetnetError] = SheetnetError, hint: str = "", same: Same | None = None
) -> Iterator[Path]:  # fmt: skip
    """As replacing, with the reason in words where it cannot be written, and a hint after it where it is refused.

    Raises: an error of that kind.
    """
    try:
        if not path.parent.is_dir():
            raise kind(f"{path}: the folder {path.parent} does not exist; create it or choose another")
        if path.is_dir():
            raise kind(f"{path}: this is a folder; name a file")
        with replacing(path, same) as fresh:
            yield fresh
    except OSError as reason:
        hint = hint if reason.errno in (errno.EACCES, errno.EPERM, errno.EBUSY) else ""
        raise kind(f"{path}: cannot be written: {reason.strerror or reason}{hint}") from reason


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

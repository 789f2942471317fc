"""Where the rows come from: a prepared table, or files too large for it, in memory or in chunks; one rank's share."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from sheetnet.errors import DataError, TrainingError
from sheetnet.tables.rows import Rows
from sheetnet.tables.table import Table
from sheetnet.training.devices import DTYPES
from sheetnet.training.ranks import Ranks, on_this_machine

SHARE = 4  # one part in so many of the free memory may hold a table


@dataclass(frozen=True)
class Source:
    """This rank's rows: X (n, p) and y (n, 1) in memory, or none there and all in chunks; n_rows counts all ranks'."""

    features: tuple[str, ...]
    target: str
    n_rows: int
    X: np.ndarray
    y: np.ndarray
    chunks: Callable[[int], Iterator[tuple[np.ndarray, np.ndarray]]]
    digest: str

    @property
    def streamed(self) -> bool:
        """Whether the rows stay in their files and are read anew in each epoch."""
        return not len(self.y)


def source_of(table: Table | Rows, dtype: str, memory: int | None, ranks: Ranks) -> Source:
    """The rows of a table or of files for this rank; files are held in memory where they fit.

    memory: bytes that the rows may take; by default a quarter of what is free.
    Raises: DataError for rows that cannot be used, on all ranks alike where all see the same fault.
    """
    if isinstance(table, Rows):
        ranks.agree({"columns": table.signature, "files": table.digest})
        return _from_files(table, dtype, memory, ranks)
    if not isinstance(table, Table):
        raise DataError(f"a table is needed, such as sn.titanic() or sn.open_rows(...), found {type(table).__name__}")
    digest = hashlib.sha256(table.X.tobytes() + table.y.tobytes()).hexdigest()[:16]
    ranks.agree({"tables": digest})
    bounds = np.linspace(0, table.n_rows, ranks.world + 1).astype(int)
    share = slice(bounds[ranks.rank], bounds[ranks.rank + 1])
    if share.start == share.stop:
        raise DataError(f"{table.n_rows} rows are too few for {ranks.world} workers; start fewer")
    X, y = table.X[share].copy(), table.y[share].copy()  # torch warns of arrays that cannot be written to
    bad = ~(np.isfinite(X).all(1) & np.isfinite(y).all(1))
    if bad.any():
        raise DataError(f"row {int(np.flatnonzero(bad)[0]) + 1} of the table holds an entry that is no finite number")
    return Source(table.features, table.target.name, table.n_rows, X, y, lambda size: slices(X, y, size), digest)


def _from_files(rows: Rows, dtype: str, memory: int | None, ranks: Ranks) -> Source:
    mine = rows.shard(ranks.rank, ranks.world) if ranks.world > 1 else rows
    n_rows = int(ranks.add(np.array([float(mine.n_rows)]))[0])
    kind = np.dtype(dtype if dtype in ("float64", "float32") else "float32")
    room = free_memory() // SHARE // on_this_machine() if memory is None else memory
    empty = np.empty((0, rows.n_features)), np.empty((0, 1))
    X, y = mine.load(kind) if mine.size(kind.itemsize) <= room else empty
    chunks = mine.chunks if not len(y) else lambda kind, size: slices(X, y, size)
    return Source(rows.features, rows.target, n_rows, X, y, lambda size: chunks(kind, size), rows.digest)


def slices(X: np.ndarray, y: np.ndarray, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """X and y in parts of so many rows."""
    for first in range(0, len(y), size):
        yield X[first : first + size], y[first : first + size]


def check_range(source: Source, dtype: str) -> None:
    """See that what is in memory can be written in a dtype.

    Raises: DataError for numbers that are too large for it.
    """
    limit = torch.finfo(DTYPES[dtype]).max
    largest = max((float(np.abs(a).max(initial=0)) for a in (source.X, source.y)), default=0.0)
    if largest > limit:
        raise DataError(f"the table holds numbers of size {largest:g}; {dtype} ends at {limit:g}: say --dtype float64")


class Target:
    """What a target was seen to be: its least and largest entry, its mean square, whether it is 0 and 1 only."""

    def __init__(self) -> None:
        self.low, self.high, self._apart, self._squares, self._rows = np.inf, -np.inf, False, 0.0, 0

    def see(self, y: np.ndarray) -> None:
        """None; these entries belong to it too."""
        self.low, self.high = min(self.low, float(y.min())), max(self.high, float(y.max()))
        self._apart = self._apart or bool(((y != 0) & (y != 1)).any())
        with np.errstate(over="ignore"):
            self._squares += float(np.square(y, dtype=float).sum())
        self._rows += len(y)

    @property
    def zero_one(self) -> bool:
        """Whether it holds exactly 0 and 1: only then a row is told right or wrong."""
        return (self.low, self.high) == (0, 1) and not self._apart

    @property
    def nothing(self) -> float:
        """The squared error of saying 0 for every row."""
        return self._squares / self._rows

    def judge(self, source: Source, ranks: Ranks) -> bool:
        """Whether the target of all ranks holds exactly 0 and 1.

        Raises: DataError where it takes one value only: a model could only learn to say that.
        """
        seen = ranks.each((self.low, self.high, self._apart, self._squares, self._rows))
        lows, highs, aparts, squares, rows = zip(*seen, strict=True)
        self.low, self.high, self._apart = min(lows), max(highs), any(aparts)
        self._squares, self._rows = sum(squares), sum(rows)
        if self.low == self.high:
            same = f"the target {source.target} is {self.low:g} in every row"
            raise DataError(f"{same}: there is nothing to tell apart; use other rows")
        return self.zero_one


def free_memory() -> int:
    """Bytes of memory that a program can have, as far as the system says so; else 4 GiB."""
    try:
        lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024  # free pages, and those that only cache files
    except (OSError, KeyError, ValueError, IndexError):
        pass
    try:
        return int(os.sysconf("SC_PHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE")) // 2
    except (AttributeError, ValueError, OSError):
        return 4 << 30


def bytes_of(text: str) -> int:
    """The number of bytes that people mean by 500MB, 2GB or 1073741824.

    Raises: TrainingError for anything else.
    """
    units = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}
    digits = text.strip().upper().rstrip("KMGIB ")
    unit = text.strip().upper()[len(digits) :].strip()
    try:
        size = float(digits) * units[unit]
    except (ValueError, KeyError):
        raise TrainingError(f"memory must be a size such as 500MB or 2GB, found {text!r}") from None
    if not 0 <= size < 2**60:
        raise TrainingError(f"memory must be a size such as 500MB or 2GB, found {text!r}")
    return int(size)

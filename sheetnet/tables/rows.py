"""Training data larger than memory: number columns of CSV, Parquet and Arrow files, read in chunks.

How rows are dealt out and what stands in memory: Rows. What is read and what is refused: open_rows. pyarrow is
imported when a file is opened, so that a command without one starts at once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Semaphore, Thread
from typing import Any

import numpy as np

from sheetnet.common.files import meant
from sheetnet.errors import DataError
from sheetnet.tables.cells import Mark
from sheetnet.tables.files import FORMATS, File
from sheetnet.tables.opened import MEND, NUMERIC, Batch, Reading, listed, reading
from sheetnet.tables.words import counted, refusal, shown

CONSTANT = "Ones"
_VALUES = 2**20  # numbers in a batch of Parquet: 8 MiB
_WIDE = 2**23  # numbers in a chunk: 64 MiB; of so many columns a chunk has fewer rows than were asked for

Chunk = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Rows:
    """Many rows on disk: number columns and a target, read in chunks; or the shard of one rank.

    A shard is a range over all files from `begin` to `end`: of rows, or of bytes below the headers where the files
    are CSV. One after the other the shards are the table; one may be empty where rows are few. Of Parquet and Arrow
    they differ by one row at most; where one begins within a row group, what stands before is read and dropped. Of CSV
    each rank reads its own lines only, and shares are even in bytes.

    In memory while chunks are read: four of them (one with the consumer, two waiting, one being filled), what pyarrow
    holds back to use again, in all about 130 MiB for 20 columns of files of any size, and
        of Parquet 8 MiB of numbers and one page of each column, usually 1 MiB, however large a row group is;
        of CSV 8 MiB of text and its numbers, 32 MiB at most;
        of Arrow the mapped file, which the system drops at need; of a compressed one the columns in use of a record
        batch, however large, and a shard that does not begin with the file counts its batches first, in one column.

    Integers above 2**53 are rounded in float64 (above 2**24 in float32), as is any number with more digits.
    """

    files: tuple[File, ...]
    target: str
    features: tuple[str, ...]
    constant: bool
    source: str
    begin: int
    end: int
    said: tuple[str, ...] = ()  # what was taken for what, and left out

    @property
    def n_features(self) -> int:
        """Columns of X, with the constant."""
        return len(self.features)

    @property
    def columns(self) -> list[str]:
        """The columns in use, in the files: those of X, then the target."""
        return [*self.features[: self.n_features - self.constant], self.target]

    @cached_property
    def n_rows(self) -> int:
        """Rows of this shard; those of CSV are counted once, by reading through."""
        return sum(file.count(start, stop) for file, start, stop in self._parts())

    def size(self, itemsize: int) -> int:
        """Bytes that X and y of this shard take."""
        return self.n_rows * (self.n_features + 1) * itemsize

    def shard(self, rank: int, world: int) -> Rows:
        """What rank 0, 1, ..., world - 1 reads of these rows."""
        if not 0 <= rank < world:
            raise DataError(f"rank {rank} of {world}: ranks are numbered from 0, and less than their number")
        begin, end = (self.begin + (self.end - self.begin) * i // world for i in (rank, rank + 1))
        return replace(self, begin=begin, end=end)

    def chunks(self, dtype: Any = np.float64, rows: int = 65_536) -> Generator[Chunk, None, None]:
        """X (m, p), C-contiguous, and y (m, 1) in the order of the files; m is `rows` but in the last chunk.

        Of a table of thousands of columns it is less, so that a chunk stays under 64 MiB.

        A thread reads ahead; its errors are raised here, and it ends when the iterator is closed or dropped.

        Raises: DataError naming file, row (the line of a CSV file) and column.
        """
        if np.dtype(dtype).kind != "f" or rows < 1:
            raise DataError(f"chunks of {rows} rows in {np.dtype(dtype)}: take a float type and 1 row or more")
        most = min(rows, sum(file.most for file in self.files), _WIDE // self.n_features)
        return _ahead(self._chunks(np.dtype(dtype), max(1, most)))

    def load(self, dtype: Any = np.float64) -> Chunk:
        """X (n, p) and y (n, 1), filled chunk by chunk."""
        n = self.n_rows
        try:
            X, y = np.empty((n, self.n_features), dtype), np.empty((n, 1), dtype)
        except (MemoryError, ValueError):  # ValueError: more bytes than an address can count
            found = f"{n:,} rows need {self.size(np.dtype(dtype).itemsize) / 2**30:,.1f} GiB"
            raise refusal(self.source, found, "what memory holds", "read them in chunks") from None
        filled = 0
        for part, target in self.chunks(dtype):
            start, filled = filled, filled + len(part)
            if filled <= n:
                X[start:filled], y[start:filled] = part, target
        if filled != n:
            raise refusal(self.source, f"found {counted(filled, 'row')}", f"{n} as counted before", "leave it as it is")
        return X, y

    @property
    def signature(self) -> str:
        """The columns in use and their types, the target last: one line, equal wherever the schema is."""
        columns = [[name, self.files[0].columns[name]] for name in self.columns]
        return json.dumps({"columns": columns, "constant": self.constant})

    @cached_property
    def digest(self) -> str:
        """16 hex digits of the whole table, whatever the shard: signature, names, sizes and last 64 KiB of the files.

        Parquet's index, with the range of each column, stands at the end. Other edits that keep the size go unseen.
        """
        digest = hashlib.sha256(self.signature.encode())
        for file in self.files:
            with reading(file.path), file.path.open("rb") as stream:
                size = stream.seek(0, 2)
                stream.seek(max(0, size - 2**16))
                digest.update(json.dumps([file.path.name, size, file.extent]).encode() + stream.read(2**16))
        return digest.hexdigest()[:16]

    def _parts(self) -> Iterator[tuple[File, int, int]]:
        """The files of this shard, and from where to where in each."""
        at = 0
        for file in self.files:
            start, stop = max(self.begin - at, 0), min(self.end - at, file.extent)
            if start < stop:
                yield file, start, stop
            at += file.extent

    def _chunks(self, dtype: np.dtype[Any], rows: int) -> Iterator[Chunk]:
        """The chunks, each read when it is asked for."""
        step = max(1, min(rows, 2**14, _VALUES // len(self.columns)))  # rows that stay in the caches while copied
        filled = rows
        for file, start, stop in self._parts():
            for batch, at in file.batches(start, stop, self.columns, step):
                taken = 0
                while taken < len(batch):
                    if filled == rows:
                        X, y, filled = np.ones((rows, self.n_features), dtype), np.empty((rows, 1), dtype), 0
                    n = min(step, rows - filled, len(batch) - taken)
                    part = slice(filled, filled + n)
                    self._copy(batch.slice(taken, n), X[part], y[part], file, at, taken)
                    taken, filled = taken + n, filled + n
                    if filled == rows:
                        yield X, y
        if filled < rows:
            yield X[:filled], y[:filled]

    def _copy(self, batch: Batch, X: np.ndarray, y: np.ndarray, file: File, at: int, taken: int) -> None:
        """Puts a few rows into X and y; each number must be finite there."""
        names = self.columns
        with np.errstate(over="ignore"):
            for name, out in zip(names, (*X.T[: len(names) - 1], y[:, 0]), strict=True):
                out[:] = batch.column(name).to_numpy(zero_copy_only=False)  # what is missing becomes nan
            if np.isfinite(X).all() and np.isfinite(y).all():
                return
            for row, values in enumerate(zip(*(batch.column(name).to_pylist() for name in names), strict=True), taken):
                for name, value in zip(names, values, strict=True):
                    if value is None or not np.isfinite(X.dtype.type(value)):
                        found = "found no value" if value is None else f"found {value}"
                        place = f"{file.path}, {file.place(at, row)}, column {name}"
                        raise refusal(place, found, f"a finite number in {X.dtype}", MEND)


def open_rows(
    path: str | Path | Sequence[str | Path], target: str, features: Sequence[str] | None = None, constant: bool = True,
    *, separator: str | None = None, decimal: Mark | None = None, encoding: str | None = None,
) -> Rows:  # fmt: skip
    """The rows of a file, of a list of files, or of all files in a folder, by name.

    Files end in .csv, .parquet, .pq, .arrow, .feather or .ipc, all alike, with the same columns in the same order.
    In a folder, names that start with . or _ are left out, folders and links refused. features: every column but the
    target where none are named, and but those that pandas kept its index in, or that have no name. constant: X ends
    with a column of ones, named Ones. separator, decimal, encoding: of a text file that does not tell.

    Integers, floats and booleans are numbers. CSV: a header, separators and decimals as sn.table takes them; empty
    lines are skipped, line breaks in quotes refused; a column is of booleans (true, false) or of numbers, as its first
    MiB says.

    Raises: DataError naming the file, what was found and what to do. Most values are judged later, as they are read.
    """
    features = [features] if isinstance(features, str) else features
    source, paths = _paths(path)
    form = Reading(separator, decimal, encoding)
    files = [FORMATS[path.suffix.lower()].open(path, form) for path in paths]
    first, said = files[0], list(files[0].said)
    index = {name for file in files for name in file.index} - {target}
    names = (
        [name for name in first.columns if name != target and name not in index] if features is None else [*features]
    )
    if features is None:
        said += [f"{name} is an index or has no name, and is no feature" for name in first.columns if name in index]
    for name in (target, *names):
        if name not in first.columns:
            found = f"found no column {shown(name)} among {listed(first.columns)}"
            raise refusal(str(first.path), found, "the target and each feature", "check --target and --features")
    if not names or len({target, *names}) <= len(names):
        expected = f"at least one, each once and not the target {target}"
        raise refusal(source, f"the features are {listed(names) or 'none'}", expected, "mend --features")
    if constant and CONSTANT in (target, *names):
        found = f"a column is named {CONSTANT}, as the constant is"
        raise refusal(source, found, "another name", "rename it, or say --no-constant (constant=False)")
    _check_schemas(files, (*names, target))
    columns = (*names, CONSTANT) if constant else tuple(names)
    rows = Rows(tuple(files), target, columns, constant, source, 0, sum(file.extent for file in files), (*said,))
    if next(rows._chunks(np.dtype(np.float64), 1), None) is None:  # a look at the first rows, before anyone trains
        raise refusal(source, "the table has no rows", "at least 1", "check that it was saved")
    return rows


def _paths(path: str | Path | Sequence[str | Path]) -> tuple[str, list[Path]]:
    """What was named, in words, and its files."""
    named = [meant(path)] if isinstance(path, str | Path) else [meant(name) for name in path]
    source = ", ".join(map(str, named[:2])) + f" and {len(named) - 2} more" * (len(named) > 2)
    with reading(source):
        inside = len(named) == 1 and named[0].is_dir()
        paths = sorted(p for p in named[0].iterdir() if p.name[0] not in "._") if inside else named
        if not paths:
            raise refusal(source, "found no file", "one at least", "name a file or a folder that holds one")
        formats = [FORMATS.get(file.suffix.lower()) for file in paths]
        for file, kind in zip(paths, formats, strict=True):
            faults = {
                "there is no such file": not file.exists(),
                "found a link in a folder": inside and file.is_symlink(),  # it may lead anywhere
                "this is no regular file": not file.is_file(),
                f"its name ends in {shown(file.suffix)}": kind is None,
                f"its format is not that of {paths[0]}": kind != formats[0],
                "the file is empty": file.is_file() and not file.stat().st_size,
            }
            if found := next((fault for fault, holds in faults.items() if holds), None):
                expected = f"files of one format: {', '.join(FORMATS)}"
                raise refusal(str(file), found, expected, "check the path, or name the files one by one")
    return source, paths


def _check_schemas(files: Sequence[File], names: Iterable[str]) -> None:
    """Files have the same columns, and those in use are numbers of the same type."""
    first = files[0]
    for file in files:
        if list(file.columns) != list(first.columns):
            expected = f"{listed(first.columns)} as in {first.path}"
            remedy = "write all files with one schema, or name fewer files"
            raise refusal(str(file.path), f"found the columns {listed(file.columns)}", expected, remedy)
        for name in names:
            found, expected = file.columns[name], first.columns[name]
            if not NUMERIC.fullmatch(expected):
                expected = "integers, floats or booleans"
            if found != expected:
                remedy = "turn it into such, or leave the column out by naming the others with --features"
                raise refusal(f"{file.path}, column {name}", f"found the type {found}", expected, remedy)


def _ahead(chunks: Iterator[Chunk]) -> Generator[Chunk, None, None]:
    """The same chunks, read by a thread of its own, which is two ahead at most."""
    ready: SimpleQueue[Chunk | BaseException | None] = SimpleQueue()
    room, stop = Semaphore(2), Event()

    def read() -> None:
        try:
            for chunk in chunks:
                room.acquire()
                if stop.is_set():
                    return
                ready.put(chunk)
            ready.put(None)
        except BaseException as error:
            ready.put(error)

    thread = Thread(target=read, name="sheetnet-rows", daemon=True)
    thread.start()
    try:
        while (chunk := ready.get()) is not None:
            if isinstance(chunk, BaseException):
                raise chunk
            room.release()
            yield chunk
    finally:
        stop.set()
        room.release()
        thread.join()

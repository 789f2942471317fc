"""One file of rows in each format, CSV, Parquet or Arrow: its columns, how far it extends, its rows in batches."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from sheetnet.tables.words import counted, refusal, shown

_BLOCK = 2**23  # bytes of CSV parsed at once
_LINE = 2**20  # bytes in a line of CSV: more is no table of numbers
_MISREAD = re.compile(r"(?:#(\d+): )?Row #(\d+): (?:.*invalid value '(.*)'|Expected .* got (\d+))", re.DOTALL)
NUMERIC = re.compile(r"u?int\d+|halffloat|float|double|bool")
MEND = "mend this value, remove its row, or leave the column out by naming the others with --features"

Batch = Any  # pyarrow has no types: a RecordBatch, or of CSV a Table


@dataclass(frozen=True)
class _Csv:
    """A CSV file; its extent is the bytes below the header, and a line stands where its first byte does."""

    path: Path
    columns: dict[str, str]
    extent: int
    header: int

    @classmethod
    def open(cls, path: Path) -> _Csv:
        import pyarrow as pa
        from pyarrow.csv import ReadOptions, read_csv

        with reading(path), path.open("rb") as stream:
            header, sample = _line(stream), stream.read(_LINE)
            names = [name.strip() for name in next(csv.reader([header.decode("utf-8-sig")]), [])]
            types = ["double"] * len(names)
            with suppress(pa.ArrowInvalid):  # it is said with its line when the rows are read
                whole = sample[: sample.rfind(b"\n") + 1] or sample
                found = read_csv(
                    pa.BufferReader(whole), ReadOptions(column_names=names, use_threads=False)
                ).schema.types
                types = ["bool" if pa.types.is_boolean(kind) else "double" for kind in found]
            return cls(path, _columns(path, names, types), stream.seek(0, 2) - len(header), len(header))

    def count(self, start: int, stop: int) -> int:
        with reading(self.path):
            return sum(sum(map(bool, block.splitlines())) for _, block in self._blocks(start, stop))

    def place(self, at: int, row: int) -> str:
        """The line of a row in the block that starts `at`."""
        with reading(self.path), self.path.open("rb") as stream:
            before, number = self.header + at, 1
            while block := stream.read(min(_BLOCK, before - stream.tell())):
                number += block.count(b"\n")
            full = (i for i, line in enumerate(stream, number) if line.strip(b"\r\n"))
            return f"line {next(islice(full, row, None), '?')}"

    def batches(self, start: int, stop: int, names: list[str], _: int) -> Iterator[tuple[Batch, int]]:
        with reading(self.path):
            for at, block in self._blocks(start, stop):
                yield self._parse(at, block, names), at

    def _blocks(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """The lines that stand from start to stop, many at a time, and where each block starts."""
        with self.path.open("rb") as stream:
            stream.seek(self.header + start - 1)
            _line(stream)  # what is left of the line before, be it only its end
            while (at := stream.tell() - self.header) < stop and (block := stream.read(min(_BLOCK, stop - at))):
                yield at, block if block.endswith(b"\n") else block + _line(stream)

    def _parse(self, at: int, block: bytes, names: list[str], threads: bool = True) -> Batch:
        import pyarrow as pa
        from pyarrow.csv import ConvertOptions, ReadOptions, read_csv

        lines = filter(None, block.splitlines()) if b'"' in block else ()
        if (row := next((i for i, line in enumerate(lines) if line.count(b'"') % 2), None)) is not None:
            found = "found a double quote without its partner"
            raise refusal(f"{self.path}, {self.place(at, row)}", found, "cells without line breaks", "mend this line")
        types = {name: pa.type_for_alias(self.columns[name]) for name in names}
        options = ReadOptions(column_names=list(self.columns), block_size=2 * _LINE, use_threads=threads)
        convert = ConvertOptions(column_types=types, include_columns=names, null_values=[""])
        try:
            return read_csv(pa.BufferReader(block), options, convert_options=convert)
        except pa.ArrowInvalid as error:
            if threads:
                return self._parse(at, block, names, threads=False)  # it knows the row
            if not (misread := _MISREAD.search(str(error))):
                raise
            column, number, cell, fields = misread.groups()
            place = f"{self.path}, {self.place(at, int(number) - 1)}"
            if fields:
                found, expected = f"found {counted(int(fields), 'field')}", f"{len(self.columns)} as in the header"
                raise refusal(place, found, expected, "give each column one cell") from None
            name = list(self.columns)[int(column)]
            expected = "true or false" if self.columns[name] == "bool" else "a number"
            raise refusal(f"{place}, column {name}", f"found {shown(cell)}", expected, MEND) from None


@dataclass(frozen=True)
class _Grouped:
    """A Parquet or an Arrow file; its extent is its rows, in row groups or record batches."""

    path: Path
    columns: dict[str, str]
    extent: int

    def count(self, start: int, stop: int) -> int:
        return stop - start

    def place(self, at: int, row: int) -> str:
        return f"row {at + row + 1}"

    def batches(self, start: int, stop: int, names: list[str], rows: int) -> Iterator[tuple[Batch, int]]:
        at = first = 0
        with reading(self.path):
            while start and at + self.groups[first] <= start:
                at, first = at + self.groups[first], first + 1
            for batch in self._read(first, names, rows):
                low, high = max(start - at, 0), min(stop - at, len(batch))
                if low < high:
                    yield batch.slice(low, high - low), at + low
                if (at := at + len(batch)) >= stop:
                    return
            raise ValueError(f"row {at + 1} is missing")

    @cached_property
    def groups(self) -> list[int]:
        """Rows of each group."""
        raise NotImplementedError

    def _read(self, first: int, names: list[str], rows: int) -> Iterator[Batch]:
        """The batches from the first group in use on; Parquet's are of so many rows."""
        raise NotImplementedError


class _Parquet(_Grouped):
    @classmethod
    def open(cls, path: Path) -> _Parquet:
        with reading(path), _parquet(path) as file:
            schema = file.schema_arrow
            return cls(path, _columns(path, schema.names, schema.types), file.metadata.num_rows)

    @cached_property
    def groups(self) -> list[int]:
        with _parquet(self.path) as file:
            return [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]

    def _read(self, first: int, names: list[str], rows: int) -> Iterator[Batch]:
        with _parquet(self.path) as file:
            yield from file.iter_batches(rows, range(first, file.num_row_groups), names)


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    """The file, to be read page by page: not pre_buffer, which takes a row group at once."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with pa.OSFile(str(path)) as stream, ParquetFile(stream, pre_buffer=False, buffer_size=2**16) as file:
        yield file


@dataclass(frozen=True)
class _Arrow(_Grouped):
    mapped: bool  # batches stand in the file as they are, not compressed

    @classmethod
    def open(cls, path: Path) -> _Arrow:
        import pyarrow as pa
        from pyarrow.dataset import IpcFileFormat

        with reading(path), pa.memory_map(str(path)) as stream:
            file = pa.ipc.open_file(stream)
            columns = _columns(path, file.schema.names, file.schema.types)
            rows = IpcFileFormat().make_fragment(stream).count_rows()
            some = file.get_batch(0).columns if rows else []
            mapped = any(buffer and buffer.parent for column in some for buffer in column.buffers())
            return cls(path, columns, rows, mapped)

    @cached_property
    def groups(self) -> list[int]:
        numeric = next(name for name, kind in self.columns.items() if NUMERIC.fullmatch(kind))
        return [len(batch) for batch in self._read(0, [numeric], 0)]

    def _read(self, first: int, names: list[str], rows: int) -> Iterator[Batch]:
        import pyarrow as pa

        fields = [] if self.mapped else [list(self.columns).index(name) for name in names]  # [] copies nothing
        with pa.memory_map(str(self.path)) as stream:
            file = pa.ipc.open_file(stream, options=pa.ipc.IpcReadOptions(included_fields=fields))
            for i in range(first, file.num_record_batches):
                batch = file.get_batch(i)
                batch.validate()  # its buffers may be shorter than the file says
                yield batch


File = _Csv | _Grouped
FORMATS: dict[str, type[_Csv | _Parquet | _Arrow]] = {
    ".csv": _Csv,
    **dict.fromkeys((".parquet", ".pq"), _Parquet),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), _Arrow),
}


def _columns(path: Path, names: Sequence[str], types: Iterable[Any]) -> dict[str, str]:
    """The type of each column, by name."""
    if len({*names}) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise refusal(str(path), f"found column {shown(twice)} twice", "each column once", "remove or rename one")
    return {name: str(kind) for name, kind in zip(names, types, strict=True)}


def listed(names: Iterable[str]) -> str:
    """Names, 20 at most."""
    names = list(names)
    return ", ".join(map(shown, names[:20])) + f" and {len(names) - 20} more" * (len(names) > 20)


def _line(stream: BinaryIO) -> bytes:
    """The rest of a line."""
    line = stream.readline(_LINE)
    if len(line) == _LINE and not line.endswith(b"\n"):
        raise ValueError(f"a line has more than {_LINE:,} bytes")
    return line


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Errors of the system, of pyarrow and of the formats as DataError that names the file."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, csv.Error) as error:
        found = f"it cannot be read ({' '.join(str(error).split())[:200]})"
        raise refusal(str(path), found, "a whole file of the format that its name says", "write it anew") from None

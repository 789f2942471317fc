"""One file of rows in each format, CSV, Parquet or Arrow: its columns, how far it extends, its rows in batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sheetnet.tables.csv_file import Csv
from sheetnet.tables.opened import NUMERIC, Batch, Reading, columns_of, index_of, reading
from sheetnet.tables.reading import TEXTS


@dataclass(frozen=True)
class _Grouped:
    """A Parquet or an Arrow file; its extent is its rows, in row groups or record batches."""

    path: Path
    columns: dict[str, str]
    extent: int
    index: tuple[str, ...]  # the columns that pandas kept its index in
    said: tuple[str, ...] = field(default=(), init=False)

    @property
    def most(self) -> int:
        """Rows of the file."""
        return self.extent

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
    def open(cls, path: Path, _: Reading) -> _Parquet:
        with reading(path), _parquet(path) as file:
            schema = file.schema_arrow
            columns = columns_of(path, schema.names, schema.types)
            return cls(path, columns, file.metadata.num_rows, index_of(schema))

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
    def open(cls, path: Path, _: Reading) -> _Arrow:
        import pyarrow as pa
        from pyarrow.dataset import IpcFileFormat

        with reading(path), pa.memory_map(str(path)) as stream:
            file = pa.ipc.open_file(stream)
            plain = [kind.value_type if pa.types.is_dictionary(kind) else kind for kind in file.schema.types]
            columns = columns_of(path, file.schema.names, plain)
            rows = IpcFileFormat().make_fragment(stream).count_rows()
            some = file.get_batch(0).columns if rows else []
            mapped = any(buffer and buffer.parent for column in some for buffer in column.buffers())
            return cls(path, columns, rows, index_of(file.schema), mapped)

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
                yield _decoded(batch) if any(map(pa.types.is_dictionary, batch.schema.types)) else batch


def _decoded(batch: Batch) -> Batch:
    """The batch with the entries themselves where it has their places in a dictionary."""
    import pyarrow as pa

    whole = [one.dictionary_decode() if pa.types.is_dictionary(one.type) else one for one in batch.columns]
    return pa.RecordBatch.from_arrays(whole, names=batch.schema.names)


File = Csv | _Grouped
FORMATS: dict[str, type[Csv | _Parquet | _Arrow]] = {
    **dict.fromkeys(TEXTS, Csv),
    **dict.fromkeys((".parquet", ".pq"), _Parquet),
    **dict.fromkeys((".arrow", ".feather", ".ipc"), _Arrow),
}

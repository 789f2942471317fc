"""A CSV file of numbers, of any size: its first lines tell its form, as of every CSV; then it is parsed in blocks."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from sheetnet.errors import DataError
from sheetnet.tables.cells import NAMELESS, Mark, marks
from sheetnet.tables.opened import MEND, Batch, Reading, columns_of, reading
from sheetnet.tables.reading import Cells, cells_of, text_of
from sheetnet.tables.words import counted, refusal, shown

_BLOCK = 2**23  # bytes parsed at once
_LINE = 2**20  # bytes in a line: more is no table of numbers
_FIRST = 200  # lines that tell the form
_MISREAD = re.compile(r"(?:#(\d+): )?Row #(\d+): (?:.*invalid value '(.*)'|Expected .* got (\d+))", re.DOTALL)


class _OldMac(io.FileIO):
    """A file whose lines end in CR alone, as old Macs wrote them: it is read as if they ended in LF."""

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        size = super().readinto(buffer)
        if size:
            part = memoryview(buffer)[:size]
            part[:] = bytes(part).replace(b"\r", b"\n")
        return size


@dataclass(frozen=True)
class Csv:
    """A CSV file; its extent is the bytes below the header, and a line stands where its first byte does.

    cells: the names of all cells of a line, with those that are always empty at its end. index: columns without a name.
    """

    path: Path
    columns: dict[str, str]
    extent: int
    header: int
    cells: tuple[str, ...]
    index: tuple[str, ...]
    separator: str
    decimal: Mark
    old_mac: bool
    said: tuple[str, ...]

    @property
    def most(self) -> int:
        """Rows that can stand in so many bytes: a separator or a line's end follows each cell."""
        return self.extent // len(self.cells) + 1

    @classmethod
    def open(cls, path: Path, form: Reading) -> Csv:
        """The file of that name, its form as its first lines say it, and a person.

        Raises: DataError.
        """
        with reading(path):
            with path.open("rb") as stream:
                sample = stream.read(_LINE)
            old_mac = b"\r" in sample and b"\n" not in sample
            with _opened(path, old_mac) as stream:
                sample, size = stream.read(_LINE), stream.seek(0, 2)
        whole = sample if size == len(sample) else sample[: sample.rfind(b"\n") + 1]
        with reading(path):
            if len(sample) == _LINE and b"\n" not in sample:
                raise ValueError(f"a line has more than {_LINE:,} bytes")
        lines = whole.splitlines(keepends=True)
        said: list[str] = ["lines end in CR alone, as old Macs wrote them"] * old_mac
        text = text_of(b"".join(lines[:_FIRST]), str(path), form.encoding, said)
        if "\0" in text or sample.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise refusal(str(path), "the text is utf-16 or utf-32", "utf-8", "save it as 'CSV UTF-8'")
        found = cells_of(text, str(path), form.separator, said, columns=None)
        header = sum(map(len, lines[: found.first]))
        names = [name or f"column {at}" for at, name in enumerate(found.header, 1)]
        cells = (*names, *(f"column {at}" for at in range(len(names) + 1, found.width + 1)))
        decimal = form.decimal or _decimal(found, str(path))
        types = _types(whole[header:], cells, found.separator, decimal)
        index = tuple(n for n, own in zip(names, found.header, strict=True) if NAMELESS.fullmatch(own))
        columns = columns_of(path, names, types[: len(names)])
        return cls(
            path, columns, size - header, header, cells, index, found.separator, decimal, old_mac, found.said
        )  # fmt: skip

    def count(self, start: int, stop: int) -> int:
        """How many rows stand from start to stop."""
        with reading(self.path):
            return sum(sum(map(bool, block.splitlines())) for _, block in self._blocks(start, stop))

    def place(self, at: int, row: int) -> str:
        """The line of a row in the block that starts `at`."""
        with reading(self.path), _opened(self.path, self.old_mac) as stream:
            before, number = self.header + at, 1
            while block := stream.read(min(_BLOCK, before - stream.tell())):
                number += block.count(b"\n")
            full = (i for i, line in enumerate(stream, number) if line.strip(b"\r\n"))
            return f"line {next(islice(full, row, None), '?')}"

    def batches(self, start: int, stop: int, names: list[str], _: int) -> Iterator[tuple[Batch, int]]:
        """Rows of these columns from start to stop, many at a time, and where each block starts."""
        with reading(self.path):
            for at, block in self._blocks(start, stop):
                yield self._parse(at, block, names), at

    def _blocks(self, start: int, stop: int) -> Iterator[tuple[int, bytes]]:
        """The lines that stand from start to stop, many at a time, and where each block starts."""
        with _opened(self.path, self.old_mac) as stream:
            stream.seek(self.header + start - 1)
            _line(stream)  # what is left of the line before, be it only its end
            while (at := stream.tell() - self.header) < stop and (block := stream.read(min(_BLOCK, stop - at))):
                yield at, block if block.endswith(b"\n") else block + _line(stream)

    def _parse(self, at: int, block: bytes, names: list[str], threads: bool = True) -> Batch:
        import pyarrow as pa
        from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

        lines = filter(None, block.splitlines()) if b'"' in block else ()
        if (row := next((i for i, line in enumerate(lines) if line.count(b'"') % 2), None)) is not None:
            found = "found a double quote without its partner"
            raise refusal(f"{self.path}, {self.place(at, row)}", found, "cells without line breaks", "mend this line")
        types = {name: pa.type_for_alias(self.columns[name]) for name in names}
        options = ReadOptions(column_names=list(self.cells), block_size=2 * _LINE, use_threads=threads)
        convert = ConvertOptions(
            column_types=types, include_columns=names, null_values=[""], decimal_point=self.decimal
        )  # fmt: skip
        try:
            return read_csv(pa.BufferReader(block), options, ParseOptions(delimiter=self.separator), convert)
        except pa.ArrowInvalid as error:
            if threads:
                return self._parse(at, block, names, threads=False)  # it knows the row
            if not (misread := _MISREAD.search(str(error))):
                raise
            column, number, cell, fields = misread.groups()
            place = f"{self.path}, {self.place(at, int(number) - 1)}"
            if fields:
                found, expected = f"found {counted(int(fields), 'field')}", f"{len(self.cells)} as in the header"
                raise refusal(place, found, expected, "give each column one cell") from None
            name = self.cells[int(column)]
            expected = "true or false" if self.columns[name] == "bool" else "a number"
            raise refusal(f"{place}, column {name}", f"found {shown(cell)}", expected, MEND) from None


def _opened(path: Path, old_mac: bool) -> BinaryIO:
    return io.BufferedReader(_OldMac(path)) if old_mac else path.open("rb")


def _decimal(cells: Cells, file: str) -> Mark:
    """The mark of decimals: a comma where a column shows it."""
    with suppress(DataError):  # where it is in doubt, the first cell that is no number with a point is named
        columns = [*zip(*cells.rows, strict=True)] or [()] * len(cells.header)
        if "," in marks(columns, file, cells.header, None):
            return ","
    return "."


def _types(rows: bytes, names: tuple[str, ...], separator: str, decimal: Mark) -> list[str]:
    """The type of each column, bool or double, as the first rows show it."""
    import pyarrow as pa
    from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

    with suppress(pa.ArrowInvalid):  # it is said with its line when the rows are read
        options = ReadOptions(column_names=list(names), use_threads=False)
        found = read_csv(
            pa.BufferReader(rows), options, ParseOptions(delimiter=separator), ConvertOptions(decimal_point=decimal)
        )  # fmt: skip
        return ["bool" if pa.types.is_boolean(kind) else "double" for kind in found.schema.types]
    return ["double"] * len(names)


def _line(stream: BinaryIO) -> bytes:
    """The rest of a line."""
    line = stream.readline(_LINE)
    if len(line) == _LINE and not line.endswith(b"\n"):
        raise ValueError(f"a line has more than {_LINE:,} bytes")
    return line

"""What people have, a file, a DataFrame, arrays, a Bunch, as columns of numbers and texts, with a word on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sheetnet.common.extras import need
from sheetnet.common.files import meant
from sheetnet.tables.cells import Mark, clean, column_of, marks
from sheetnet.tables.memory import Given, judged, of_array, of_bunch, of_frame, of_mapping, with_target
from sheetnet.tables.names import unique
from sheetnet.tables.opened import AS_IT_SAYS, Reading
from sheetnet.tables.opened import reading as reading_file
from sheetnet.tables.reading import FEWER, MAX_COLUMNS, MAX_ROWS, PACKED, TEXTS, Cells, cells_of, content_of, text_of
from sheetnet.tables.words import refusal, shown

MAX_UNPACKED = 64 * 2**20  # bytes of a Parquet file and of its columns
_BATCH = 64  # rows


def given(source: Any, y: Any = None, reading: Reading = AS_IT_SAYS) -> Given:
    """The columns of a source: a path, a DataFrame, a Bunch, {name: column}, or an array X with y beside it.

    Raises: DataError naming what cannot be read.
    """
    if hasattr(source, "to_pandas") and not hasattr(source, "iloc"):  # of polars, pyarrow and the like
        source = source.to_pandas()
    if isinstance(source, str | Path):
        found = _of_file(meant(source), reading)
    elif hasattr(source, "data") and hasattr(source, "target") and hasattr(source, "feature_names"):
        found = of_bunch(source)
    elif hasattr(source, "columns") and hasattr(source, "iloc"):
        found = of_frame(source, "a DataFrame")
    elif isinstance(source, Mapping):
        found = of_mapping(source)
    elif hasattr(source, "__array__") or isinstance(source, Sequence):
        found = of_array(source)
    else:
        kinds = "a path, a DataFrame, a scikit-learn Bunch, a dict of columns, or arrays X and y"
        raise refusal("the table", f"found {type(source).__name__}", kinds, "give one of these")
    if y is not None:
        found = with_target(found, y)
    return _bounded(found)


def _bounded(found: Given) -> Given:
    if not found.columns or not found.n_rows:
        raise refusal(found.source, "the table has no rows", "at least 2", "check where it comes from")
    if found.n_rows > MAX_ROWS:
        place, rows = found.source, f"the table has {found.n_rows:,} rows"
        raise refusal(place, rows, f"at most {MAX_ROWS:,} in a sheet for learning", FEWER)
    if len(found.columns) > MAX_COLUMNS:
        place, columns = found.source, f"the table has {len(found.columns):,} columns"
        raise refusal(place, columns, f"at most {MAX_COLUMNS:,}", "keep fewer columns")
    plain = [clean(name) or f"column {at}" for at, name in enumerate(found.names, 1)]
    names = unique(plain)
    renamed = tuple(replace(c, name=n) for c, n in zip(found.columns, names, strict=True))
    said = [f"another column is called {old}: it is {new}" for old, new in zip(plain, names, strict=True) if old != new]
    twice = tuple({old for old, new in zip(plain, names, strict=True) if old != new})
    return replace(found, columns=renamed, said=(*found.said, *said), twice=twice)


# ---- files


def _of_file(path: Path, reading: Reading) -> Given:
    bare = Path(path.stem) if path.suffix.lower() in PACKED else path
    if bare.suffix.lower() in (".parquet", ".pq"):
        return _of_parquet(path)
    if path.suffix.lower() not in (*PACKED, *TEXTS) and path.is_file():
        found = f"its name ends in {shown(path.suffix)}"
        remedy = "save it as CSV, or read it with pandas and give the DataFrame"
        raise refusal(str(path), found, f"{', '.join(TEXTS)}, .parquet, or one packed ({', '.join(PACKED)})", remedy)
    said: list[str] = []
    text = text_of(content_of(path), str(path), reading.encoding, said)
    separator = reading.separator
    if separator is None and bare.suffix.lower() in (".tsv", ".tab") and "\t" in text.partition("\n")[0]:
        separator = "\t"
    return of_cells(cells_of(text, str(path), separator, said), str(path), path.name, reading.decimal)


def of_cells(cells: Cells, file: str, source: str, decimal: Mark | None) -> Given:
    """The columns that cells hold."""
    columns = list(zip(*cells.rows, strict=True)) or [()] * len(cells.header)
    names = [name or f"column {at}" for at, name in enumerate(cells.header, 1)]
    kinds = marks(columns, file, names, decimal)
    places = [f"line {line}" for line in cells.lines]
    found = [
        judged(column_of(name, texts, mark, places))
        for name, texts, mark in zip(cells.header, columns, kinds, strict=True)
    ]
    return Given(tuple(found), source, cells.said)


def _of_parquet(path: Path) -> Given:
    need("pyarrow")
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    content_of(path, "a Parquet file", MAX_UNPACKED)
    expected = f"at most {MAX_ROWS:,} rows, {MAX_COLUMNS:,} columns and {MAX_UNPACKED:,} bytes"
    remedy = FEWER.replace(" rows", "", 1)
    with reading_file(path), pa.OSFile(str(path)) as stream, ParquetFile(stream, pre_buffer=False) as file:
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if rows > MAX_ROWS or columns > MAX_COLUMNS:
            raise refusal(str(path), f"it has {rows:,} rows and {columns:,} columns", expected, remedy)
        batches, size = [], 0
        for batch in file.iter_batches(_BATCH):  # few at a time: a short file may hold much
            batches.append(batch)
            size += batch.nbytes
            if size > MAX_UNPACKED:
                raise refusal(str(path), f"it holds more than {MAX_UNPACKED:,} bytes", expected, remedy)
        frame = pa.Table.from_batches(batches, file.schema_arrow).to_pandas()  # what pandas kept as index is one again
    return of_frame(frame, path.name)

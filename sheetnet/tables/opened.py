"""What files of rows share, of any format: their columns by name, which of them are an index, errors in words."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheetnet.common.extras import need
from sheetnet.tables.cells import NAMELESS, Mark
from sheetnet.tables.words import refusal, shown

NUMERIC = re.compile(r"u?int\d+|halffloat|float|double|bool")
MEND = "mend this value, remove its row, or leave the column out by naming the others with --features"

Batch = Any  # pyarrow has no types: a RecordBatch, or of CSV a Table


@dataclass(frozen=True)
class Reading:
    """What a person says of a text file, where it does not say it itself."""

    separator: str | None = None
    decimal: Mark | None = None
    encoding: str | None = None


AS_IT_SAYS = Reading()


def columns_of(path: Path, names: Sequence[str], types: Iterable[Any]) -> dict[str, str]:
    """The type of each column, by name.

    Raises: DataError for a name that is there twice.
    """
    if len({*names}) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise refusal(str(path), f"found column {shown(twice)} twice", "each column once", "remove or rename one")
    return {name: str(kind) for name, kind in zip(names, types, strict=True)}


def index_of(schema: Any) -> tuple[str, ...]:
    """The columns of a schema of pyarrow in which pandas kept an index: they number rows, or name them."""
    kept = (schema.pandas_metadata or {}).get("index_columns", [])
    names = {name for name in kept if isinstance(name, str)}
    return tuple(name for name in schema.names if name in names or NAMELESS.fullmatch(name))


def listed(names: Iterable[str]) -> str:
    """Names, 20 at most."""
    names = list(names)
    return ", ".join(map(shown, names[:20])) + f" and {len(names) - 20} more" * (len(names) > 20)


@contextmanager
def reading(path: Path | str) -> Iterator[None]:
    """Errors of the system, of pyarrow and of the formats as DataError that names the file."""
    need("pyarrow")
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, csv.Error) as error:
        found = f"it cannot be read ({' '.join(str(error).split())[:200]})"
        raise refusal(str(path), found, "a whole file of the format that its name says", "write it anew") from None

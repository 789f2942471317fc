"""The files that a command writes of many nets: workbook, picture and table, each where it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from sheetnet.commands.common import tell_kept
from sheetnet.common.files import writing


def write_files(result: Any, files: Mapping[str, Path]) -> None:
    """None; `output`, `plot` and `results` stand where they are named, and that is said.

    result: what has workbook(path), plot(path) and a table, as far as such files are named.
    """
    if "output" in files:
        from sheetnet.book.kept import keeping

        with keeping(files["output"]) as copy:
            result.workbook(files["output"])
        tell_kept(files["output"], copy)
    if "plot" in files:
        result.plot(files["plot"])
    if "results" in files:
        path = files["results"]
        with writing(path) as beside:
            if path.suffix.lower() == ".csv":
                result.table.to_csv(beside, index=False)
            else:
                result.table.to_parquet(beside, index=False)
    for path in files.values():
        click.echo(f"written: {path}", err=True)

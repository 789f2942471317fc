"""sheetnet show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import CONTEXT, FILE, FORM, print_json, reading_of, say
from sheetnet.commands.own import own_table, typed
from sheetnet.commands.tables import OF_TABLE, alike, is_table, none_of, table_options
from sheetnet.errors import DataError, SheetnetError

if TYPE_CHECKING:
    from sheetnet.tables.table import Table


@click.command(context_settings=CONTEXT)
@click.argument("table", metavar="TABLE", type=FILE)
@table_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def show(table: str, as_json: bool, **options: Any) -> None:
    """Print how each column of your own table is taken, and why: a CSV or Parquet file.

    With --target as build, train and sweep take it; without, what its columns seem to be.

    \b
    Examples:
      sheetnet show penguins.csv
      sheetnet show penguins.csv --target species
      sheetnet show penguins.csv --target species --column island=codes --leave-out year --missing median
      sheetnet show messwerte.csv --separator ';' --decimal ,
    """
    if not is_table(table):
        raise SheetnetError(f"{table!r} is no table: name a file such as penguins.csv{alike(table, ())}")
    if options["target"] is not None:
        made = own_table(table, options)
        print_json(_as_json(table, made)) if as_json else click.echo(str(made))
        return
    none_of(options, [name for name in OF_TABLE if name not in FORM], "a table whose --target is named")
    from sheetnet.tables.choosing import likely
    from sheetnet.tables.showing import in_text
    from sheetnet.tables.sources import given

    say(f"reading {table}")
    try:
        found = given(table, None, reading_of(options))
    except DataError as reason:
        raise DataError(typed(str(reason))) from None
    lines = [likely(column) for column in found.columns]
    if as_json:
        print_json(_of_columns(table, found.n_rows, found.source, found.said, lines))
        return
    head = f"{found.source}: {found.n_rows:,} rows, {len(lines)} columns"
    click.echo(in_text(head, lines, found.said))
    click.echo("\nOne of them is to be predicted: say it with --target COLUMN.")


def _as_json(file: str, table: Table) -> dict[str, Any]:
    lines = list(table.schema.itertuples(index=False, name=None))
    target = table.target
    goal = {"name": target.name, "kind": target.kind, "classes": target.classes}
    content = _of_columns(file, table.raw.n_rows, table.raw.source, table.said, lines)
    parts = {name: int((table.parts == at).sum()) for at, name in enumerate(("train", "valid", "test"))}
    return content | {"rows_in_use": table.n_rows, "target": goal, "features": table.features, "parts": parts}


def _of_columns(file: str, rows: int, source: str, said: tuple[str, ...], lines: Any) -> dict[str, Any]:
    columns = [dict(zip(("column", "kind", "taken_as", "why"), line, strict=True)) for line in lines]
    return {"table": file, "rows": rows, "columns": columns, "said": said}

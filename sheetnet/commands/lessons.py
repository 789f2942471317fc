"""sheetnet lessons."""

from __future__ import annotations

from dataclasses import asdict

import click

from sheetnet.commands.common import CONTEXT, print_json
from sheetnet.course.listing import LISTING


@click.command(context_settings=CONTEXT)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def lessons(as_json: bool) -> None:
    """List the lessons of the course, a line each.

    \b
    Examples:
      sheetnet lessons
      sheetnet build quadratic
    """
    if as_json:
        print_json([asdict(entry) | {"file": f"{entry.file}.xlsx"} for entry in LISTING.values()])
        return
    width = max(map(len, LISTING))
    for entry in LISTING.values():
        click.echo(f"{entry.number:2d}  {entry.name:{width}}  {entry.about}")
    click.echo("\nsheetnet build NAME writes workbooks/NN_NAME.xlsx; sheetnet build all writes them all.")

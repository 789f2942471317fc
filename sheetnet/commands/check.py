"""sheetnet check."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

import click

from sheetnet.commands.common import CONTEXT, FILE, say
from sheetnet.commands.ending import told
from sheetnet.engines import NAMES, get

if TYPE_CHECKING:
    from sheetnet.checking import Report


@click.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option(
    "--engine", type=click.Choice(NAMES), default="ironcalc", show_default=True,
    help="The spreadsheet engine that recalculates; excel needs Excel and xlwings, on Windows or macOS.",
)  # fmt: skip
@click.option(
    "--strict", is_flag=True,
    help="What is only shown otherwise (charts, colours, formats, words, hidden rows) is a difference too.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
def check(files: tuple[str, ...], engine: str, strict: bool, as_json: bool) -> None:
    """Recalculate workbooks and compare every block with the graph and with torch.

    Exit code 0: all agree; 1: something differs, with cell, got and expected; 2: a file cannot be read.

    \b
    Examples:
      sheetnet check workbooks/04_titanic.xlsx
      sheetnet check workbooks/*.xlsx --engine libreoffice
      sheetnet check penguins.xlsx --json
    """
    reports, worst = [], 0
    begun = partial(_begun, engine=engine, strict=strict)
    with get(engine).keeping():
        ahead = begun(files[0])
        for following in (*files[1:], None):
            finished, ahead = ahead, begun(following) if following else ahead
            try:
                report = finished()
            except Exception as reason:  # the other files are checked all the same
                worst = told(reason)
                continue
            reports.append(report)
            worst = max(worst, 0 if report.ok else 1)
            if not as_json:
                click.echo(str(report))
    if as_json:
        click.echo("[" + ",\n".join(report.to_json() for report in reports) + "]")
    sys.exit(worst)


def _begun(file: str, engine: str, strict: bool) -> Callable[[], Report]:
    """What finishes the check of a file, which an engine is at meanwhile: the file before it is compared."""
    from sheetnet.checking import checking

    stack = ExitStack()
    try:
        finished = stack.enter_context(checking(file, engine, say, strict=strict))
    except Exception as reason:
        told_later = reason  # when it is this file's turn

        def raised() -> Report:
            raise told_later

        return raised

    def report() -> Report:
        with stack:
            return finished()

    return report

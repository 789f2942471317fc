"""sheetnet build of one's own table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import outputs, print_json, say, tell_dialect, tell_kept
from sheetnet.commands.own import about, in_own_words, own_net, own_table
from sheetnet.commands.tables import bare
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.book.build import Built
    from sheetnet.models.net import Net
    from sheetnet.tables.table import Table


def build_table(file: str, output: str | None, as_json: bool, options: dict[str, Any]) -> None:
    """Write the workbook of a table and a model, and say so.

    Raises: SheetnetError; before the work is done where no workbook can be written.
    """
    import sheetnet as sn
    from sheetnet.models.optimisers import optimiser_of

    path = _place(file, output)
    table = own_table(file, options)
    if output is None and path.exists():
        _see_target(path, table.target.name)
    net = own_net(options, table)
    lr = optimiser_of(options["optimiser"]).lesson_lr if options["lr"] is None else options["lr"]
    settings = {"epochs": options["epochs"], "optimiser": options["optimiser"], "lr": lr}
    start = None
    if options["params"]:
        from sheetnet.book.starting import starting

        start = {net.name: starting(net, Path(options["params"]), table.features, table.target.classes)}
    say(f"asking torch, writing {path}")
    how = {key: options[key] for key in ("dialect", "language", "blanks")}
    built = sn.build(path, table, net, seed=options["seed"] or 0, start=start, **how, **settings)
    tell_kept(built.path, built.kept)
    tell_dialect(options["dialect"])
    (_print_json if as_json else _print)(file, table, net, built, settings)


def _place(file: str, output: str | None) -> Path:
    """Where the workbook goes: never over a file that is not one of ours, such as the table itself."""
    from sheetnet.book.opened import is_ours

    given = {"output": output or f"{bare(file)}.xlsx", "source": file}
    path = outputs(given, {"output": (".xlsx",)})["output"]
    if path.exists() and not is_ours(path):
        raise SheetnetError(
            f"{path}: what stands there is no workbook of sheetnet build, and stays; name another with --output"
        )
    return path


def _see_target(path: Path, target: str) -> None:
    """Refuse to write over a workbook of another target or lesson that has the name which nobody asked for."""
    from sheetnet.book.opened import find_manifest
    from sheetnet.book.reader import read

    learns = find_manifest(read(path)).workbook.settings.get("target")
    if learns != target:
        what = f"learns {learns}" if learns else "is of a lesson"
        raise SheetnetError(f"{path}: the workbook that stands there {what}, and stays; name another with --output")


def _print(file: str, table: Table, net: Net, built: Built, settings: dict[str, Any]) -> None:
    from sheetnet.models.optimisers import optimiser_of

    click.echo(about(table))
    click.echo(f"{built.path}: {built.sheets} sheets, {built.formula_cells} formula cells, {built.bytes / 1000:.0f} kB")
    optimiser = optimiser_of(settings["optimiser"])
    by = f" of {optimiser.title}" if optimiser.name != "sgd" else ""
    for first, last in built.losses.values():
        ended = f"{first:.6g} -> {last:.6g} in {settings['epochs']} epochs{by} at rate {settings['lr']:g}"
        click.echo(f"  {net.title}: {net.of_loss.title.lower()} {ended}")
    for words in built.trouble.values():
        click.echo(f"  {in_own_words(words, table)}")


def _print_json(file: str, table: Table, net: Net, built: Built, settings: dict[str, Any]) -> None:
    from sheetnet.commands.common import finite

    losses = {name: {"first": finite(first), "last": finite(last)} for name, (first, last) in built.losses.items()}
    content = {"table": file, "file": str(built.path), "bytes": built.bytes, "sheets": built.sheets}
    content |= {"formula_cells": built.formula_cells, "target": table.target.name, "features": table.features}
    content |= {"rows": table.n_rows, "said": table.said, "model": net.name, "title": net.title, "loss": net.loss}
    print_json(content | settings | {"losses": losses, "trouble": built.trouble})

"""The command line: build, train, check. Exit code 0: all well; 1: something differs; 2: a clear message instead."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from sheetnet import __version__
from sheetnet.errors import SheetnetError

CONTEXT = {"help_option_names": ["-h", "--help"]}
MODELS = ("linear", "two-relu")


def _plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """The command, with one line and exit code 2 for what a user can mend; 130 for Ctrl-C."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> Any:
        try:
            return command(*args, **options)
        except SheetnetError as reason:
            click.echo(f"sheetnet: {reason}", err=True)
            sys.exit(2)
        except KeyboardInterrupt:
            click.echo("sheetnet: stopped; no file was changed", err=True)
            sys.exit(130)

    return run


def _say(words: str) -> None:
    """Progress for a person; nothing in a pipe."""
    if sys.stderr.isatty():
        click.echo(f"... {words}", err=True)


def _table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    recipe = click.option(
        "--recipe", type=click.Choice(["sheet", "notebook"]), default="sheet", show_default=True,
        help="sheet: incomplete rows dropped, ten columns; notebook: blanks filled, twelve columns.",
    )  # fmt: skip
    csv = click.option(
        "--csv",
        metavar="FILE",
        help="Your own table, with the columns of Kaggle's train.csv.  [default: the shipped one]",
    )
    return recipe(csv(command))


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="sheetnet")
def main() -> None:
    """Learn how a model learns, in a spreadsheet and in torch at once.

    \b
    Examples:
      sheetnet build titanic                     write workbooks/titanic.xlsx
      sheetnet train two-relu --epochs 1000      train the same net in torch
      sheetnet check workbooks/titanic.xlsx      recalculate the workbook and compare it with torch
    """


@main.command(context_settings=CONTEXT)
@click.argument("lesson", type=click.Choice(["titanic"]))
@click.option("-o", "--output", metavar="FILE", help="Where to write.  [default: workbooks/LESSON.xlsx]")
@click.option("--epochs", type=int, default=100, show_default=True, help="Rows of descent for each model.")
@click.option("--lr", type=float, default=0.1, show_default=True, help="Learning rate to start with.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of the start weights."
)
@_table_options
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@_plainly
def build(
    lesson: str, output: str | None, epochs: int, lr: float, seed: int, recipe: str, csv: str | None, as_json: bool
) -> None:
    """Write the workbook of a lesson.

    \b
    Examples:
      sheetnet build titanic
      sheetnet build titanic --epochs 200 --lr 0.05 -o mine.xlsx
      sheetnet build titanic --csv train.csv -o mine.xlsx
    """
    import sheetnet as sn

    path = Path(output) if output else Path("workbooks") / f"{lesson}.xlsx"
    if output is None:
        try:
            path.parent.mkdir(exist_ok=True)
        except OSError as reason:
            raise SheetnetError(f"the folder {path.parent} cannot be made: {reason.strerror}; say --output") from None
    table = sn.titanic(recipe, csv)
    _say(f"preparing {table.n_rows} rows, asking torch, writing {path}")
    built = sn.build(path, table, [sn.linear(table), sn.two_relu(table)], epochs=epochs, lr=lr, seed=seed)
    if as_json:
        losses = {name: {"first": first, "last": last} for name, (first, last) in built.losses.items()}
        content = {
            "file": str(path),
            "bytes": built.bytes,
            "sheets": built.sheets,
            "formula_cells": built.formula_cells,
        }
        click.echo(json.dumps(content | {"epochs": epochs, "losses": losses}))
        return
    click.echo(f"{path}: {built.sheets} sheets, {built.formula_cells} formula cells, {built.bytes / 1000:.0f} kB")
    click.echo(f"  {table.n_rows} of {table.raw.n_rows} rows of {table.raw.source}, {table.n_features} features")
    for name, (first, last) in built.losses.items():
        click.echo(f"  {name.replace('_', '-')}: loss {first:.6g} -> {last:.6g} in {epochs} epochs at rate {lr:g}")


@main.command(context_settings=CONTEXT)
@click.argument("model", type=click.Choice(MODELS))
@click.option("--epochs", type=click.IntRange(0), default=100, show_default=True, help="Steps of gradient descent.")
@click.option("--lr", type=float, default=0.1, show_default=True, help="Learning rate.")
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Seed of the start weights."
)
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, mps, or auto.")
@click.option("--dtype", type=click.Choice(["float64", "float32"]), default="float64", show_default=True)
@_table_options
@click.option("--json", "as_json", is_flag=True, help="Print losses and weights as JSON.")
@_plainly
def train(
    model: str, epochs: int, lr: float, seed: int, device: str, dtype: str, recipe: str, csv: str | None, as_json: bool
) -> None:
    """Train a model in torch, from the same start as the workbook.

    \b
    Examples:
      sheetnet train linear
      sheetnet train two-relu --device cuda --epochs 1000 --lr 0.1
    """
    import sheetnet as sn
    from sheetnet.models import create

    table = sn.titanic(recipe, csv)
    net = create(model, table.n_features)
    _say(f"training {model} on {table.n_rows} rows")
    run = sn.train(net, table, net.init(seed), epochs=epochs, lr=lr, device=device, dtype=dtype)
    if as_json:
        W = run.params["W"]
        content: dict[str, Any] = {"model": model, "device": run.device, "dtype": dtype, "features": table.features}
        content |= {
            "losses": _numbers(run.losses),
            "accuracies": _numbers(run.accuracies),
            "W": [_numbers(w) for w in W],
        }
        click.echo(json.dumps(content))
        return
    _print_run(run, epochs)


def _numbers(values: Any) -> list[float | None]:
    """JSON has no inf and nan: null."""
    import math

    return [v if math.isfinite(v) else None for v in values.tolist()]


def _print_run(run: Any, epochs: int) -> None:
    from tabulate import tabulate

    shown = sorted({round(epochs * share) for share in (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1)})
    rows = [(epoch, f"{run.losses[epoch]:.12g}", f"{run.accuracies[epoch]:.1%}") for epoch in shown]
    click.echo(tabulate(rows, ("epoch", "loss", "accuracy"), disable_numparse=True, colalign=("right",) * 3))
    if run.diverged_at is not None:
        click.echo(f"the loss is no finite number from epoch {run.diverged_at} on: the learning rate is too large")
    click.echo(f"on {run.device}, {run.dtype}")


@main.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--engine", type=click.Choice(["ironcalc", "libreoffice"]), default="ironcalc", show_default=True,
    help="The spreadsheet engine that recalculates.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the reports as JSON.")
@_plainly
def check(files: tuple[str, ...], engine: str, as_json: bool) -> None:
    """Recalculate workbooks and compare every block with the graph and with torch.

    Exit code 0: all agree; 1: something differs, with cell, got and expected; 2: a file cannot be read.

    \b
    Examples:
      sheetnet check workbooks/titanic.xlsx
      sheetnet check workbooks/*.xlsx --engine libreoffice
    """
    from sheetnet.checking import check as check_file

    reports, worst = [], 0
    for file in files:
        try:
            report = check_file(file, engine, _say)
        except SheetnetError as reason:
            click.echo(f"sheetnet: {reason}", err=True)
            worst = 2
            continue
        reports.append(report)
        worst = max(worst, 0 if report.ok else 1)
        if not as_json:
            click.echo(str(report))
    if as_json:
        click.echo("[" + ",\n".join(report.to_json() for report in reports) + "]")
    sys.exit(worst)


if __name__ == "__main__":
    main()

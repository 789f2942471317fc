"""sheetnet build."""

from __future__ import annotations

from pathlib import Path

import click

from sheetnet.commands.common import CONTEXT, SEED, plainly, print_json, recipe_options, say
from sheetnet.errors import SheetnetError
from sheetnet.optimisers import OPTIMISERS

RATES = ", ".join(f"{optimiser.lesson_lr:g} for {name}" for name, optimiser in OPTIMISERS.items())


@click.command(context_settings=CONTEXT)
@click.argument("lesson", type=click.Choice(["titanic"]))
@click.option("-o", "--output", metavar="FILE", help="Where to write.  [default: workbooks/LESSON.xlsx]")
@click.option("--epochs", type=int, default=100, show_default=True, help="Rows of descent for each model.")
@click.option(
    "--optimiser",
    type=click.Choice(list(OPTIMISERS)),
    default="sgd",
    show_default=True,
    help="How a step uses the gradient, with torch's default settings.",
)
@click.option("--lr", type=float, help=f"Learning rate to start with.  [default: {RATES}]")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Seed of the start weights.")
@recipe_options
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@plainly
def build(
    lesson: str, output: str | None, epochs: int, optimiser: str, lr: float | None, seed: int, recipe: str,
    csv: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Write the workbook of a lesson.

    \b
    Examples:
      sheetnet build titanic
      sheetnet build titanic --epochs 200 --lr 0.05 -o mine.xlsx
      sheetnet build titanic --optimiser adam -o adam.xlsx
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
    say(f"preparing {table.n_rows} rows, asking torch, writing {path}")
    lr = OPTIMISERS[optimiser].lesson_lr if lr is None else lr
    models = [sn.linear(table), sn.two_relu(table)]
    built = sn.build(path, table, models, epochs=epochs, lr=lr, optimiser=optimiser, seed=seed)
    if as_json:
        losses = {name: {"first": first, "last": last} for name, (first, last) in built.losses.items()}
        content = {
            "file": str(path),
            "bytes": built.bytes,
            "sheets": built.sheets,
            "formula_cells": built.formula_cells,
        }
        print_json(content | {"epochs": epochs, "optimiser": optimiser, "lr": lr, "losses": losses})
        return
    click.echo(f"{path}: {built.sheets} sheets, {built.formula_cells} formula cells, {built.bytes / 1000:.0f} kB")
    click.echo(f"  {table.n_rows} of {table.raw.n_rows} rows of {table.raw.source}, {table.n_features} features")
    by = f" of {OPTIMISERS[optimiser].title}" if optimiser != "sgd" else ""
    for name, (first, last) in built.losses.items():
        click.echo(f"  {name.replace('_', '-')}: loss {first:.6g} -> {last:.6g} in {epochs} epochs{by} at rate {lr:g}")

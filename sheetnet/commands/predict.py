"""sheetnet predict."""

from __future__ import annotations

from typing import Any

import click

from sheetnet.commands.common import CONTEXT, outputs, plainly, print_json, say


@click.command(context_settings=CONTEXT)
@click.argument("file", metavar="FILE")
@click.option("--csv", metavar="FILE.csv", required=True, help="The passengers, with the columns of Kaggle's test.csv.")
@click.option("-o", "--output", metavar="FILE.csv", required=True, help="Write PassengerId and Survived there.")
@click.option("--model", help="linear, two-relu, or mmult: the W of the sheet MMULT.  [default: the last model]")
@click.option("--epoch", type=int, help="Weights at this epoch of the sheet's descent.  [default: the yellow ones]")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@plainly
def predict(file: str, csv: str, model: str | None, epoch: int | None, as_json: bool, **options: Any) -> None:
    """Predict who survives among new passengers, by the weights that stand in a workbook.

    Every row gets an answer: blanks in Age, Fare and Embarked are filled from the workbook's rows in use, with the
    median of a number and the most common text (with the recipe notebook, as that recipe fills them). Columns are
    scaled as in the workbook, by the largest of its own rows.

    \b
    Examples:
      sheetnet predict mine.xlsx --csv test.csv -o submission.csv
      sheetnet predict mine.xlsx --csv test.csv --model linear --epoch 100 -o submission.csv
    """
    from sheetnet.book.params import read_params
    from sheetnet.book.predict import predictions, write_predictions
    from sheetnet.tables.newcomers import read_newcomers

    path = outputs(options | {"csv": csv}, {"output": (".csv",)})["output"]
    rows = read_newcomers(csv)
    say(f"reading {file}")
    found = predictions(read_params(file), rows, model, epoch)
    write_predictions(found, path)
    survive = int(found.frame["Survived"].sum())
    if as_json:
        filled = {name: {"cells": count, "with": value} for name, (count, value) in found.filled.items()}
        content = {"file": str(path), "rows": len(found.ids), "survive": survive, "filled": filled}
        print_json(content | {"model": found.model, "epoch": epoch, "accuracy": found.accuracy})
        return
    click.echo(f"{path}: {len(found.ids)} passengers, of whom {survive} survive")
    which = "the yellow weights" if epoch is None else f"the weights at epoch {epoch}"
    of = f"{which} of {found.model.replace('_', '-')}"
    click.echo(f"  by {of}, which are right for {found.accuracy:.1%} of the workbook's rows in use")
    if epoch is None and found.model != "mmult":
        click.echo("  (the weights that its descent reaches: --epoch)")
    for name, (count, value) in found.filled.items():
        cells = "1 blank was" if count == 1 else f"{count} blanks were"
        click.echo(f"  {name}: {cells} filled with {value if isinstance(value, str) else f'{value:.6g}'}")

"""sheetnet predict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import CONTEXT, FILE, finite, outputs, print_json, say
from sheetnet.commands.own import typed
from sheetnet.errors import DataError

if TYPE_CHECKING:
    from sheetnet.book.params import Params


@click.command(context_settings=CONTEXT)
@click.argument("file", type=FILE, metavar="FILE")
@click.option(
    "--rows", "--csv", "rows", type=FILE, metavar="FILE", required=True,
    help="The rows, CSV or Parquet, with the columns of the workbook's table (of the passengers: Kaggle's test.csv).",
)  # fmt: skip
@click.option("-o", "--output", type=FILE, metavar="FILE.csv", required=True, help="Write the predictions there.")
@click.option(
    "--model", help="linear, two-relu, mlp, ...; or mmult: the weights of the sheet MMULT.  [default: the last model]"
)
@click.option(
    "--epoch", type=int,
    help="Parameters at this epoch of the sheet's descent, 0 for the yellow ones.  [default: the last]",
)  # fmt: skip
@click.option("--fill", is_flag=True, help="Also fill blanks for which a row of the workbook's table was left out.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def predict(file: str, rows: str, model: str | None, epoch: int | None, as_json: bool, **options: Any) -> None:
    """Predict new rows by the parameters that stand in a workbook: a number, or a class and how probable each is.

    Columns are scaled and taken apart as in the workbook, by the means, largest and entries of its own rows. In the
    workbook of the passengers every row gets an answer: blanks in Age, Fare and Embarked are filled from the rows in
    use, with the median of a number and the most common text (with the recipe notebook, as that recipe fills them).

    \b
    Examples:
      sheetnet predict penguins.xlsx --rows new.csv -o species.csv
      sheetnet predict penguins.xlsx --rows new.parquet --fill --epoch 50 -o species.csv
      sheetnet predict titanic.xlsx --csv test.csv --model linear --epoch 100 -o submission.csv
    """
    from sheetnet.book.params import read_params
    from sheetnet.models.net import Net

    path = outputs(options | {"csv": rows}, {"output": (".csv",)})["output"]
    say(f"reading {file}")
    stands = read_params(file)
    if isinstance(stands.model(model), Net):
        _any(stands, rows, path, model, epoch, options["fill"], as_json)
    else:
        _passengers(stands, rows, path, model, epoch, as_json)


def _any(
    stands: Params, rows: str, path: Path, model: str | None, epoch: int | None, fill: bool, as_json: bool
) -> None:  # fmt: skip
    from sheetnet.book.answering import answers_for
    from sheetnet.book.predict import write_frame

    try:
        found = answers_for(stands, rows, model, epoch, fill)
    except DataError as reason:
        raise DataError(typed(str(reason))) from None
    write_frame(found.frame, path)
    said = found.frame["prediction"]
    counts = {} if stands.table.target.kind == "number" else said.value_counts(sort=False).to_dict()
    if as_json:
        content: dict[str, Any] = {"file": str(path), "rows": len(said), "model": found.model, "epoch": found.epoch}
        content |= {key: finite(value) for key, value in found.worth.items()}
        print_json(content | ({"classes": counts} if counts else {}))
        return
    of = ", ".join(f"{count} {name}" for name, count in counts.items()) or f"from {said.min():.6g} to {said.max():.6g}"
    click.echo(f"{path}: {len(said)} rows, {stands.table.target.name}: {of}")
    last = " (the last)" if found.epoch == stands.last_epoch else ""
    shares = ("accuracy", "majority")
    known = {key: value for key, value in found.worth.items() if value == value}
    worth = ", ".join(f"{key} {v:.1%}" if key in shares else f"{key} {v:.6g}" for key, v in known.items())
    click.echo(
        f"  by {found.model.replace('_', '-')} at epoch {found.epoch}{last}; on the workbook's rows in use: {worth}"
    )


def _passengers(stands: Params, csv: str, path: Path, model: str | None, epoch: int | None, as_json: bool) -> None:
    from sheetnet.book.predict import predictions, write_predictions
    from sheetnet.tables.newcomers import read_newcomers

    found = predictions(stands, read_newcomers(csv), model, epoch)
    write_predictions(found, path)
    survive = int(found.frame["Survived"].sum())
    if as_json:
        filled = {name: {"cells": count, "with": value} for name, (count, value) in found.filled.items()}
        content = {"file": str(path), "rows": len(found.ids), "survive": survive, "filled": filled}
        print_json(content | {"model": found.model, "epoch": found.epoch, "accuracy": finite(found.accuracy)})
        return
    click.echo(f"{path}: {len(found.ids)} passengers, of whom {survive} survive")
    last = " (the last)" if found.epoch == stands.last_epoch else ""
    which = "the yellow weights" if found.epoch is None else f"the weights at epoch {found.epoch}{last}"
    rows = "of the workbook's rows in use"
    right = f", which are right for {found.accuracy:.1%} {rows}" if found.accuracy == found.accuracy else ""
    click.echo(f"  by {which} of {found.model.replace('_', '-')}{right}")
    for name, (count, value) in found.filled.items():
        cells = "1 blank was" if count == 1 else f"{count} blanks were"
        click.echo(f"  {name}: {cells} filled with {value if isinstance(value, str) else f'{value:.6g}'}")

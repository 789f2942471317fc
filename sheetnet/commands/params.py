"""sheetnet params."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import CONTEXT, numbers, outputs, plainly, print_json, say
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.book.params import Params

WRITTEN = {"output": (".csv", ".npz", ".pt"), "table": (".csv",)}


@click.command(context_settings=CONTEXT)
@click.argument("file", metavar="FILE")
@click.option("--model", help="linear, two-relu, or mmult: the W of the sheet MMULT.  [default: all models]")
@click.option("--epoch", type=int, help="Weights at this epoch of the sheet's descent.  [default: the yellow ones]")
@click.option("-o", "--output", metavar="FILE", help="Write the weights: .csv (one model), .npz, or .pt for torch.")
@click.option("--table", metavar="FILE.csv", help="Write the sheet Data, as `sheetnet build titanic --csv` takes it.")
@click.option("--json", "as_json", is_flag=True, help="Print all digits as JSON.")
@plainly
def params(file: str, model: str | None, epoch: int | None, as_json: bool, **options: Any) -> None:
    """Print the weights and rates that now stand in a workbook, or write them to a file.

    No spreadsheet program is needed. A lesson without models gives its inputs.

    \b
    Examples:
      sheetnet params mine.xlsx
      sheetnet params mine.xlsx --model two-relu --epoch 100 -o W.csv
      sheetnet params mine.xlsx -o weights.pt
      sheetnet params mine.xlsx --table edited.csv
    """
    import sheetnet as sn

    files = outputs(options, WRITTEN)
    say(f"reading {file}")
    stands = sn.read_params(file)
    if not stands.params:
        asked = [name for name, value in {"model": model, "epoch": epoch, **files}.items() if value is not None]
        if asked:
            raise SheetnetError(f"--{asked[0]} is for a workbook of titanic; {file} is of the lesson {stands.lesson}")
        _print_inputs(stands, as_json)
        return
    stands.model(model)  # which says what there is, where this is none
    chosen = [stands.key(model)] if model is not None else list(stands.params)
    frames = {name: stands.frame(name, epoch) for name in chosen}
    if "output" in files:
        from sheetnet.book.weights import write_weights

        kind = files["output"].suffix.lower()
        states = {name: stands.state_dict(name, epoch) for name in chosen} if kind == ".pt" else {}
        write_weights(files["output"], frames, states)
    if "table" in files:
        from sheetnet.common.files import writing

        with writing(files["table"]) as beside:
            stands.raw.frame.to_csv(beside, index=False, lineterminator="\n")
    if as_json:
        _print_json(stands, frames, epoch)
    else:
        _print_tables(stands, frames, epoch)
    for path in files.values():
        click.echo(f"written: {path}", err=True)


def _print_tables(stands: Params, frames: dict[str, Any], epoch: int | None) -> None:
    from tabulate import tabulate

    of = stands.with_models.settings
    click.echo(
        f"{stands.file}: {of['n_rows']} rows in use of {of['n_raw']}, recipe {of['recipe']}; {of['epochs']} epochs of"
        f" {of['optimiser']}"
    )
    for name, frame in frames.items():
        net = stands.model(name)
        sheet, rate = ("MMULT", "") if name == "mmult" else (net.title, f"; rate {stands.rates[name]:.15g}")
        where = f"the yellow weights of the sheet {sheet}" if epoch is None else f"the weights at epoch {epoch}"
        click.echo(f"\n{name.replace('_', '-')}: {where}{rate}")
        rows = [(feature, *(f"{w:.12g}" for w in weights)) for feature, *weights in frame.itertuples()]
        headers, right = ("feature", *frame.columns), ("right",) * frame.shape[1]
        click.echo(tabulate(rows, headers, disable_numparse=True, colalign=("left", *right)))
    if "mmult" not in frames and (stands.W("mmult") != stands.W()).any():
        click.echo(f"\nThe sheet MMULT has other weights of {stands.model().name}: see --model mmult")


def _print_json(stands: Params, frames: dict[str, Any], epoch: int | None) -> None:
    of = stands.with_models.settings
    content: dict[str, Any] = {"file": stands.file, "lesson": stands.lesson, "recipe": of["recipe"]}
    content |= {"epochs": of["epochs"], "optimiser": of["optimiser"], "rates": stands.rates, "epoch": epoch}
    content |= {"features": stands.features}
    print_json(content | {"params": {name: {"W": [numbers(w) for w in f.to_numpy()]} for name, f in frames.items()}})


def _print_inputs(stands: Params, as_json: bool) -> None:
    if as_json:
        inputs = {id: [_plain(line) for line in value] for id, value in stands.inputs.items()}
        print_json({"file": stands.file, "lesson": stands.lesson, "inputs": inputs})
        return
    from tabulate import tabulate

    blocks = {block.id: block for block in stands.workbook.book.blocks}
    rows = []
    for id, value in stands.inputs.items():
        first = ", ".join(v if isinstance(v, str) else f"{v:.12g}" for v in value.flat[:4])
        rows.append((id, blocks[id].area.full(fixed=False), first + (", ..." if value.size > 4 else "")))
    click.echo(f"{stands.file}: the lesson {stands.lesson}")
    click.echo(tabulate(rows, ("input", "cells", "values"), disable_numparse=True))


def _plain(line: Any) -> list[Any]:
    return list(line) if line.dtype == object else numbers(line)

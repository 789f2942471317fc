"""sheetnet params."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import CONTEXT, FILE, numbers, outputs, print_json, say, tell_kept
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.book.params import Params

WRITTEN = {"output": (".csv", ".npz", ".pt"), "table": (".csv",)}


@click.command(context_settings=CONTEXT)
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--model", help="linear, two-relu, mlp, ...; or mmult: the weights of the sheet MMULT.  [default: all]")
@click.option("--epoch", type=int, help="Those at this epoch of the sheet's descent.  [default: the yellow ones]")
@click.option("-o", "--output", type=FILE, metavar="FILE", help="Write them: .csv (one model), .npz, or .pt for torch.")
@click.option("--table", type=FILE, metavar="FILE.csv", help="Write the sheet Data, edited or not, as CSV.")
@click.option("--json", "as_json", is_flag=True, help="Print all digits as JSON.")
def params(file: str, model: str | None, epoch: int | None, as_json: bool, **options: Any) -> None:
    """Print the parameters and rates that now stand in a workbook, or write them to a file.

    No spreadsheet program is needed. A lesson without models gives its inputs.

    \b
    Examples:
      sheetnet params mine.xlsx
      sheetnet params mine.xlsx --model two-relu --epoch 100 -o W.csv
      sheetnet params penguins.xlsx --epoch 100 -o mlp.pt     (a state_dict, for torch)
      sheetnet params penguins.xlsx --model mlp -o mlp.csv    (parameter,row,column,value)
      sheetnet params mine.xlsx --table edited.csv
    """
    import sheetnet as sn

    files = outputs(options, WRITTEN)
    say(f"reading {file}")
    stands = sn.read_params(file)
    if not stands.params:
        asked = [name for name, value in {"model": model, "epoch": epoch, **files}.items() if value is not None]
        if asked:
            raise SheetnetError(f"--{asked[0]} is for a workbook with models; {file} is of the lesson {stands.lesson}")
        _print_inputs(stands, as_json)
        return
    stands.model(model)  # which says what there is, where this is none
    chosen = [stands.key(model)] if model is not None else list(stands.params)
    frames = {name: stands.frame(name, epoch) for name in chosen}
    if "output" in files:
        from sheetnet.book.weights import write_weights

        kind = files["output"].suffix.lower()
        states = {name: stands.state_dict(name, epoch) for name in chosen} if kind == ".pt" else {}
        write_weights(files["output"], frames, states, _arrays(stands, chosen, epoch), stands.features)
    if "table" in files:
        from sheetnet.common.files import writing
        from sheetnet.common.kept import keep

        path = files["table"]
        with writing(path) as beside:
            stands.raw.frame.to_csv(beside, index=False, lineterminator="\n")
            other = path.is_file() and path.read_bytes() != beside.read_bytes()
            tell_kept(path, keep(path) if other else None)
    if as_json:
        _print_json(stands, chosen, epoch)
    else:
        _print_tables(stands, chosen, epoch)
    for path in files.values():
        click.echo(f"written: {path}", err=True)


def _arrays(stands: Params, chosen: list[str], epoch: int | None) -> dict[str, Any]:
    """What an .npz holds: the one matrix of a model by the model's name, the parameters of a net as net.parameter."""
    out: dict[str, Any] = {}
    for name in chosen:
        found = stands.of(name, epoch)
        out |= {name if list(found) == ["W"] else f"{name}.{key}": value for key, value in found.items()}
    return out


def _print_tables(stands: Params, chosen: list[str], epoch: int | None) -> None:
    from tabulate import tabulate

    of, table = stands.with_models.settings, stands.recipe.settings
    click.echo(
        f"{stands.file}: {table['n_rows']} rows in use of {table['n_raw']}, recipe {table['recipe']};"
        f" {of['epochs']} epochs of {of['optimiser']}"
    )
    for name in chosen:
        model = stands.model(name)
        sheet, rate = ("MMULT", "") if name == "mmult" else (model.title, f"; rate {stands.rates[name]:.15g}")
        where = f"the yellow weights of the sheet {sheet}" if epoch is None else f"the weights at epoch {epoch}"
        click.echo(f"\n{name.replace('_', '-')}: {where}{rate}")
        frames = stands.frames(name, epoch)
        for key, frame in frames.items():
            corner = "feature" if list(frames) == ["W"] else key
            rows = [(row, *(f"{w:.12g}" for w in numbers)) for row, *numbers in frame.itertuples()]
            headers, right = (corner, *frame.columns), ("right",) * frame.shape[1]
            click.echo(tabulate(rows, headers, disable_numparse=True, colalign=("left", *right)))
            if key != list(frames)[-1]:
                click.echo()
    others = [name for name in stands.workbook.places if name not in stands.workbook.models and name not in chosen]
    if any((stands.W(name) != stands.W()).any() for name in others):
        click.echo(f"\nThe sheet MMULT has other weights of {stands.model().name}: see --model mmult")


def _print_json(stands: Params, chosen: list[str], epoch: int | None) -> None:
    of = stands.with_models.settings
    content: dict[str, Any] = {"file": stands.file, "lesson": stands.lesson, "recipe": stands.recipe.name}
    content |= {"epochs": of["epochs"], "optimiser": of["optimiser"], "rates": stands.rates, "epoch": epoch}
    content |= {"features": stands.features}
    found = {name: stands.of(name, epoch) for name in chosen}
    as_lists = {name: {key: [*map(numbers, a)] for key, a in params.items()} for name, params in found.items()}
    print_json(content | {"params": as_lists})


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

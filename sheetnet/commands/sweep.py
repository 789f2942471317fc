"""sheetnet sweep."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import (
    CONTEXT,
    FILE,
    FORM,
    bar,
    device_options,
    features_in,
    memory_of,
    numbers,
    outputs,
    print_json,
    rows_options,
    speaks,
    table_flags,
    table_of,
)
from sheetnet.commands.sweep_table import EXPLODED, sweep_table
from sheetnet.commands.tables import OF_MODEL, OF_TABLE, is_own, none_of, own_options
from sheetnet.commands.written import write_files
from sheetnet.errors import SheetnetError
from sheetnet.models.optimisers import OPTIMISERS

if TYPE_CHECKING:
    from sheetnet.training.sweep import Sweep

WRITTEN: dict[str, tuple[str, ...]] = {
    "checkpoint": (),
    "output": (".xlsx",),
    "results": (".csv", ".parquet"),
    "plot": (".png", ".svg", ".pdf"),
}


class Values(click.ParamType):  # type: ignore[type-arg]
    """Numbers: 0.01,0.1,1 or, evenly in their logarithm, from:to:how many as in 0.01:1:10."""

    name = "values"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[float]:
        """The numbers meant by a text."""
        from sheetnet.training.designs import spread

        if not isinstance(value, str):
            return list(value)
        try:
            if ":" not in value:
                return [float(part) for part in value.split(",")]
            low, high, count = value.split(":")
            if not 0 < float(low) <= float(high) < float("inf") or not 0 < int(count) <= 10**6:
                raise ValueError
            return spread(float(low), float(high), int(count))
        except ValueError:
            self.fail(
                f"{value!r} is neither numbers such as 0.01,0.1,1 nor from:to:how many, such as 0.01:1:10"
                " (even in their logarithm, so from above 0)"
            )


@click.command(context_settings=CONTEXT)
@click.argument("what", type=FILE, metavar="MODEL|TABLE")
@click.option("--nets", type=click.IntRange(1), help="How many nets.  [default: 1000, table: 10 of each combination]")
@click.option("--epochs", type=click.IntRange(0), default=1000, show_default=True, help="Steps of each net.")
@click.option("--lr", type=Values(), help="Learning rates: 0.1,0.2 or from:to:how many.  [default: 0.01:1:10]")
@click.option(
    "--scale", type=Values(), help="MODEL: start weights lie within plus and minus this.  [default: 0.05:2:10]"
)
@click.option("--weight-decay", type=Values(), help="Added to the gradient, times W.  [default: 0]")
@click.option(
    "--optimiser", multiple=True, type=click.Choice(list(OPTIMISERS)), help="table: again for each.  [default: sgd]"
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The first start's seed.")
@click.option(
    "--design", type=click.Choice(["grid", "random"]), default="grid", show_default=True,
    help="grid: every combination, with as many seeds each; random: drawn between the least and the largest.",
)  # fmt: skip
@own_options
@device_options("float32")
@rows_options
@click.option(
    "-o", "--output", type=FILE, metavar="FILE.xlsx", help="MODEL: write a workbook: every net, heat map, histogram."
)
@click.option("--results", type=FILE, metavar="FILE.csv", help="Write a row for each net, as .csv or .parquet.")
@click.option("--plot", type=FILE, metavar="FILE.png", help="Draw heat map and histogram.")
@click.option(
    "--checkpoint", type=FILE, metavar="FILE", help="MODEL: save the sweep there, and go on from there if it exists."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def sweep(what: str, nets: int | None, as_json: bool, **options: Any) -> None:
    """Train many nets of one shape: how often does it die, how often does it land in a poor minimum?

    MODEL is one of the passengers', linear, two-relu, or relu-K for K units. TABLE is a CSV or Parquet file of your
    own, on which the nets of --model or --hidden are swept over rates, optimisers and seeds.

    \b
    Examples:
      sheetnet sweep two-relu --nets 10000 --epochs 2000 -o sweep.xlsx --plot sweep.png
      sheetnet sweep relu-5 --nets 900 --lr 0.01,0.1,0.3 --scale 0.1,0.5,1 --checkpoint run.npz
      sheetnet sweep two-relu --nets 5000 --design random --lr 0.001:1:2 --weight-decay 0.0001:0.1:2
      sheetnet sweep penguins.csv --target species --hidden 8 --lr 0.01,0.1,1 --epochs 100 --results nets.csv
      sheetnet sweep penguins.csv --target species --model softmax --optimiser sgd --optimiser adam --valid 0.2
    """
    import sheetnet as sn
    from sheetnet.models.model import create

    own = is_own(what)
    files = outputs(options | {"source": what if own else None}, WRITTEN) if speaks() else {}
    files.pop("checkpoint", None)
    axes = {name: options[name] for name in ("lr", "scale", "weight_decay") if options[name] is not None}
    settings = {name: options[name] for name in ("epochs", "seed", "design", "device", "dtype", "path")}
    if own:
        none_of(options, ("checkpoint",), "a model of the passengers, such as sheetnet sweep two-relu")
        sweep_table(what, as_json, options, files, axes | settings | {"nets": nets})
        return
    ours = [name for name in (*OF_TABLE, *OF_MODEL, "optimiser") if name not in ("target", "features", *FORM)]
    none_of(options, ours, f"a table, such as sheetnet sweep penguins.csv; {what} is a model of the passengers")
    nets = 1000 if nets is None else nets
    table, model = table_of(options), what
    with bar(nets, f"{nets} nets") as move:
        result = sn.sweep(
            create(model, len(table.features)), table, nets=nets, memory=memory_of(options), **axes, **settings,
            checkpoint=options["checkpoint"], progress=lambda done, whole: move(done, ""),
        )  # fmt: skip
    if not speaks():
        sys.exit(130 if result.stopped else 0)
    if result.table.empty:
        click.echo(f"stopped before the first nets were done; {_again(options)}", err=True)
        sys.exit(130)
    if as_json:
        _print_json(model, result)
    else:
        _print(model, result, options, getattr(table, "said", ()))
    write_files(result, files)
    if result.stopped:
        click.echo(f"stopped after {len(result.table)} of {nets} nets; {_again(options)}", err=True)
    if result.unsaved:
        raise SheetnetError(result.unsaved)
    sys.exit(130 if result.stopped else 0)


def _again(options: dict[str, Any]) -> str:
    if options["checkpoint"]:
        return f"the same command goes on from {options['checkpoint']}"
    return "with --checkpoint FILE a sweep can be taken up again"


def _print(model: str, result: Sweep, options: dict[str, Any], said: Sequence[str]) -> None:
    from tabulate import tabulate

    nets = len(result.table)
    click.echo("\n".join([features_in(result.features), *said]))
    click.echo(f"{nets} {model} nets, {result.epochs} epochs each, in {result.seconds:.1f} s")
    also = {"some units dead": "also: some units dead"}
    shares = [(also.get(name, name), f"{share:.1%}") for name, share in result.shares.items()]
    click.echo(tabulate(shares, tablefmt="plain", colalign=("left", "right")))
    if result.table["loss"].notna().any():
        click.echo("\nmedian final loss by scale (down) and learning rate (across)")
        by = result.by_rate_and_scale(10).map(lambda loss: f"{loss:.4f}" if loss == loss else "-")
        by.index, by.columns = [f"{i:.3g}" for i in by.index], [f"{c:.3g}" for c in by.columns]
        click.echo(tabulate(by, headers="keys", disable_numparse=True, stralign="right"))
        if result.shares["exploded"]:
            click.echo(f"\n{result.shares['exploded']:.1%} {EXPLODED}")
        row = result.best_row
        flags = " ".join(f"--{name.replace('_', '-')} {float(row[name])!r}" for name in ("lr", "scale", "weight_decay"))
        told = f", accuracy {row['accuracy']:.1%}" if result.table["accuracy"].notna()[row.name] else ""
        click.echo(f"\nbest: loss {row['loss']:.6g}{told}; again with")
        again = f"sheetnet train {model} --epochs {result.epochs} --seed {int(row['seed'])} {flags}"
        click.echo(f"  {again} --dtype {result.dtype} {table_flags(options)}".rstrip())
    else:
        click.echo("every net diverged: take smaller rates")
    rate = result.seconds / max(1, nets * result.epochs) * 1e6
    click.echo(f"on {result.device}, {result.dtype}, path: {result.path}, {rate:.3g} us a net and epoch")


def _print_json(model: str, result: Sweep) -> None:
    content: dict[str, Any] = {"model": model, "nets": len(result.table), "epochs": result.epochs}
    content |= {"seconds": result.seconds, "device": result.device, "dtype": result.dtype, "path": result.path}
    content |= {"features": result.features, "shares": result.shares, "stopped": result.stopped}
    if result.table["loss"].notna().any():
        row = result.best_row
        names = ("lr", "scale", "weight_decay", "loss", "best_loss", "accuracy")
        best = dict(zip(names, numbers(result.table.loc[row.name, list(names)]), strict=True))
        content |= {"best": best | {"seed": int(row["seed"]), "W": [numbers(w) for w in result.best["W"]]}}
    print_json(content)

"""sheetnet basins."""

from __future__ import annotations

import sys
from typing import Any

import click

from sheetnet.commands.common import (
    CONTEXT,
    FILE,
    bar,
    device_options,
    features_in,
    outputs,
    print_json,
    recipe_options,
)
from sheetnet.commands.written import write_files

WRITTEN: dict[str, tuple[str, ...]] = {
    "output": (".xlsx",),
    "results": (".csv", ".parquet"),
    "plot": (".png", ".svg", ".pdf"),
}
SHOWN = 12  # losses that are printed: those with the most starts


@click.command(context_settings=CONTEXT)
@click.argument("model", metavar="MODEL")
@click.option(
    "--starts", type=click.IntRange(1, 4_000_000), default=2500, show_default=True,
    help="How many starts, in a square: 2500 are 50 x 50.",
)  # fmt: skip
@click.option("--epochs", type=click.IntRange(0), default=4000, show_default=True, help="Steps of each net.")
@click.option("--lr", type=float, default=0.1, show_default=True, help="Learning rate of all nets.")
@click.option("--size", type=float, default=1.0, show_default=True, help="Starts go from minus this to this.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="The two directions are drawn by it."
)
@device_options("float64")
@recipe_options
@click.option("-o", "--output", type=FILE, metavar="FILE.xlsx", help="Write a workbook: the minima, and a map.")
@click.option("--results", type=FILE, metavar="FILE.csv", help="Write a row for each start; .parquet too.")
@click.option("--plot", type=FILE, metavar="FILE.png", help="Draw the map and a histogram.")
@click.option("--json", "as_json", is_flag=True, help="Print the minima as JSON.")
def basins(model: str, as_json: bool, **options: Any) -> None:
    """Train many starts of one net: which start ends in which minimum?

    MODEL is a net of the passengers: two-relu, or relu-K for K units. The starts lie in a plane, along two directions
    that are drawn at random. Ctrl-C keeps and writes every start that is done.

    \b
    Examples:
      sheetnet basins two-relu --plot basins.png
      sheetnet basins two-relu --starts 10000 --epochs 10000 -o basins.xlsx
      sheetnet basins relu-3 --size 0.5 --seed 7 --results starts.csv
      sheetnet basins two-relu --starts 1000000 --dtype float32 --plot million.png
    """
    from tabulate import tabulate

    import sheetnet as sn
    from sheetnet.models.model import create

    files = outputs(options, WRITTEN)
    table = sn.titanic(options["recipe"], options["csv"])
    settings = {name: options[name] for name in ("starts", "epochs", "lr", "size", "seed", "device", "dtype", "path")}
    with bar(options["starts"], f"{options['starts']} starts") as move:
        net = create(model, len(table.features))
        result = sn.basins(net, table, **settings, progress=lambda done, _: move(done, ""))
    if result.table.empty:
        click.echo("stopped before the first starts were done", err=True)
        sys.exit(130)
    if as_json:
        content = {"model": net.name, "starts": len(result.table), "minima": result.minima.to_dict("list")}
        keys = ("epochs", "lr", "size", "seconds", "device", "dtype", "path", "stopped")
        print_json(content | {key: getattr(result, key) for key in keys})
    else:
        click.echo(features_in(table.features))
        click.echo(result.title)
        shown = result.minima.nlargest(SHOWN, "starts").sort_values("loss")
        rows = [(f"{r.loss:.4f}", r.starts, f"{r.share:.1%}", r.nets, r.unlike) for r in shown.itertuples()]
        heads = ("final loss", "starts", "share", "different nets", "with units in any order")
        click.echo(tabulate(rows, heads, disable_numparse=True, stralign="right"))
        click.echo(f"on {result.device}, {result.dtype}, path: {result.path}, {result.seconds:.1f} s")
    write_files(result, files)
    if result.stopped:
        click.echo(f"stopped after {len(result.table)} of {result.side**2} starts", err=True)
        sys.exit(130)

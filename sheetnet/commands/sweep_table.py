"""sheetnet sweep of one's own table: a net over rates, optimisers and seeds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import bar, finite, numbers, print_json
from sheetnet.commands.own import about, own_flags, own_net, own_table
from sheetnet.commands.tables import none_of
from sheetnet.commands.written import write_files
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.training.net_sweep import NetSweep

EXPLODED = "exploded: finite at the end, above where they began and above saying 0 for every row: take smaller rates"
OF_BEST = ("optimiser", "lr", "weight_decay", "seed")  # what makes the best net again


def sweep_table(
    file: str, as_json: bool, options: dict[str, Any], files: dict[str, Path], settings: dict[str, Any]
) -> None:  # fmt: skip
    """Sweep the model of a table, print what came out and write the files that were named.

    Raises: SheetnetError for settings that cannot be.
    """
    import sheetnet as sn

    theirs = f"linear, two-relu and relu-K of the passengers or --data; {file} is a table"
    none_of(options, ("csv", "data", "memory", "no_constant", "scale", "output"), theirs)
    if options["recipe"] != "sheet":
        raise SheetnetError(f"--recipe is for {theirs}")
    table = own_table(file, options)
    net = own_net(options, table)
    optimisers = options["optimiser"] or ("sgd",)
    if settings["nets"] is None:
        from sheetnet.training.net_sweep import SEEDS
        from sheetnet.training.sweep import LR

        rates, decays = settings.get("lr", LR), settings.get("weight_decay", [0])
        settings["nets"] = SEEDS * len(optimisers) * len(rates) * len(decays)
    with bar(settings["nets"], net.title) as move:
        result = sn.sweep(net, table, optimiser=optimisers, **settings, progress=lambda done, whole: move(done, ""))
    if result.table.empty:
        click.echo("stopped before the first nets were done", err=True)
        sys.exit(130)
    again = f"sheetnet train {own_flags(file, options)} --epochs {result.epochs} --dtype {result.dtype}"
    if as_json:
        _print_json(file, result)
    else:
        click.echo(about(table))
        _print(result, again)
    write_files(result, files)
    if result.stopped:
        click.echo(f"stopped after {len(result.table)} of {settings['nets']} nets", err=True)
        sys.exit(130)


def _print(result: NetSweep, again: str) -> None:
    from tabulate import tabulate

    click.echo(f"\n{result.title}, in {result.seconds:.1f} s")
    judged = result.judged.replace("_", " ")
    if not result.table[result.judged].notna().any():
        click.echo("every net diverged: take smaller rates")
    else:
        by = result.by_rate().map(lambda loss: f"{loss:.4g}" if loss == loss else "-")
        by.index = [f"{rate:.3g}" for rate in by.index]
        click.echo(f"\nmedian final {judged} by learning rate (down) and optimiser (across)")
        click.echo(tabulate(by, headers="keys", disable_numparse=True, stralign="right"))
        if (share := float(result.table["exploded"].mean())) > 0:
            click.echo(f"\n{share:.1%} {EXPLODED}")
        row = result.best_row
        flags = [f"--{name.replace('_', '-')} {_typed(row[name])}" for name in OF_BEST]
        told = f", accuracy {row['accuracy']:.1%}" if row["accuracy"] == row["accuracy"] else ""
        click.echo(f"\nbest: {judged} {row[result.judged]:.6g}{told}; again with\n  {again} {' '.join(flags)}")
    click.echo(f"on {result.device}, {result.dtype}, path: {result.path}")


def _typed(value: Any) -> str:
    """A setting of the best net, with all its digits."""
    return value if isinstance(value, str) else repr(value.item())


def _print_json(file: str, result: NetSweep) -> None:
    content: dict[str, Any] = {"table": file, "title": result.model.title, "nets": len(result.table)}
    content |= {"epochs": result.epochs, "seconds": result.seconds, "device": result.device, "dtype": result.dtype}
    content |= {"path": result.path, "stopped": result.stopped, "judged": result.judged}
    content["diverged"] = float(result.table["diverged_at"].notna().mean())
    content["exploded"] = float(result.table["exploded"].mean())
    if result.table[result.judged].notna().any():
        row = result.best_row.drop("diverged_at").to_dict()
        best = {name: finite(value) if isinstance(value, float) else value for name, value in row.items()}
        params = {name: [numbers(line) for line in value] for name, value in result.best.items()}
        content["best"] = best | {"params": params}
    print_json(content)

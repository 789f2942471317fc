"""sheetnet train."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import (
    CONTEXT,
    FILE,
    FORM,
    SEED,
    bar,
    dead_words,
    device_options,
    features_in,
    memory_of,
    numbers,
    outputs,
    print_json,
    rows_options,
    speaks,
    table_of,
)
from sheetnet.commands.own import about, in_own_words, own_net, own_table
from sheetnet.commands.tables import OF_MODEL, OF_TABLE, is_own, none_of, own_options
from sheetnet.commands.train_table import print_measured, print_net_json, write_params
from sheetnet.common.files import writing
from sheetnet.course.listing import LISTING
from sheetnet.errors import SheetnetError
from sheetnet.models.optimisers import OPTIMISERS
from sheetnet.models.schedules import SCHEDULES

if TYPE_CHECKING:
    from sheetnet.training import Run
    from sheetnet.training.net_run import NetRun


WRITTEN: dict[str, tuple[str, ...]] = {
    "checkpoint": (),
    "history": (".csv",),
    "weights": (".csv",),
    "params": (".pt", ".npz", ".csv"),
    "plot": (".png", ".svg", ".pdf"),
}


@click.command(context_settings=CONTEXT)
@click.argument("what", type=FILE, metavar="MODEL|TABLE")
@click.option("--epochs", type=click.IntRange(0), default=100, show_default=True, help="Passes over all rows.")
@click.option(
    "--optimiser",
    type=click.Choice(list(OPTIMISERS)),
    default="sgd",
    show_default=True,
    help="How a step uses the gradient, with torch's default settings.",
)
@click.option("--lr", type=float, help="Learning rate.  [default: 0.1, of other optimisers what suits them]")
@click.option(
    "--schedule", type=click.Choice(list(SCHEDULES)), default="constant", show_default=True, help="Of the rate."
)
@click.option("--weight-decay", type=float, help="Added to the gradient, times W.  [default: 0, of adamw its own]")
@click.option("--batch", "--batch-size", "batch", type=click.IntRange(1), help="Rows of a mini-batch.  [default: all]")
@click.option(
    "--seed", type=SEED,
    help="Of the start weights and the batches' order.  [default: of the passengers "
    f"{LISTING['titanic'].seed}, as in their workbook; else 0]",
)  # fmt: skip
@click.option("--scale", type=float, help="MODEL: start weights lie within plus and minus this.  [default: 0.5]")
@own_options
@device_options("float64")
@rows_options
@click.option(
    "--checkpoint", type=FILE, metavar="FILE", help="MODEL: save the run there, and go on from there if it exists."
)
@click.option("--every", type=click.IntRange(1), metavar="N", help="Epochs between checkpoints.  [default: a tenth]")
@click.option("--history", type=FILE, metavar="FILE.csv", help="Write loss and accuracy of every epoch.")
@click.option("--weights", type=FILE, metavar="FILE.csv", help="MODEL: write the last weights: a row for each feature.")
@click.option("--params", type=FILE, metavar="FILE", help="Write the last parameters: .pt for torch, .npz, or .csv.")
@click.option("--plot", type=FILE, metavar="FILE.png", help="Draw loss, accuracy and weights.")
@click.option("--json", "as_json", is_flag=True, help="Print losses and weights as JSON.")
def train(what: str, **options: Any) -> None:  # fmt: skip
    """Train a model in torch, from the same start as the workbook.

    MODEL is one of the passengers', linear, two-relu, or relu-K for K units; they, or the rows of --data, are what it
    learns from. TABLE is a CSV or Parquet file of your own: `sheetnet show TABLE` says how its columns are taken.

    \b
    Examples:
      sheetnet train linear
      sheetnet train two-relu --epochs 1000000 --plot run.png
      sheetnet train relu-5 --batch 64 --lr 0.02 --device cuda --dtype float32
      sheetnet train two-relu --data trips.parquet --target long --checkpoint run.npz --every 100
      torchrun --nproc-per-node 2 -m sheetnet train two-relu --data trips.parquet --target long
      sheetnet train penguins.csv --target species
      sheetnet train penguins.csv --target species --hidden 8,4 --activation tanh --optimiser adam --valid 0.2
      sheetnet train penguins.csv --target sex --params sex.pt --history sex.csv --plot sex.png
    """
    import sheetnet as sn

    own = is_own(what)
    if options["seed"] is None:
        options["seed"] = 0 if own or options["data"] is not None else LISTING["titanic"].seed
    table, net, start = _own(what, options) if own else _of_passengers(what, options)
    files = outputs(options | {"source": what if own else None}, WRITTEN) if speaks() else {}
    files.pop("checkpoint", None)
    if options["every"] and not options["checkpoint"]:
        raise SheetnetError("--every is for --checkpoint FILE; name the file, or leave it away")
    passed = (
        "epochs", "optimiser", "lr", "schedule", "weight_decay", "batch", "seed", "device", "dtype", "path",
        "checkpoint", "every",
    )  # fmt: skip
    with bar(options["epochs"], net.title if own else what) as move:
        run = sn.train(
            net,
            table,
            start,
            memory=memory_of(options),
            progress=lambda epoch, loss: move(epoch, f"loss {loss:.6g}"),
            **{name: options[name] for name in passed},
        )
    if not speaks():
        sys.exit(130 if run.stopped else 0)
    from sheetnet.training.net_run import NetRun

    of_table = run if own and isinstance(run, NetRun) else None
    if options["as_json"]:
        print_net_json(what, of_table, table.target.name) if of_table else _print_json(what, run)
    else:
        if of_table:
            click.echo(f"{about(table)}\n\n{run.title}")
        else:
            click.echo("\n".join([features_in(run.features), *getattr(table, "said", ())]))
        _print_run(run)
        if of_table and run.trouble:
            click.echo(in_own_words(run.trouble, table))
    _write(run, files, net.name, of_table, table.target.classes if of_table else ())
    for name in ("history", "weights", "params", "plot"):
        if name in files:
            click.echo(f"written: {files[name]}", err=True)
    if run.stopped:
        _print_stopped(run, options, files)
    if run.unsaved:
        raise SheetnetError(run.unsaved)
    sys.exit(130 if run.stopped else 0)


def _own(what: str, options: dict[str, Any]) -> tuple[Any, Any, None]:
    """A table, the model for it, and no start: it is drawn from the seed."""
    theirs = f"linear, two-relu and relu-K of the passengers or --data; {what} is a table"
    none_of(options, ("csv", "data", "memory", "no_constant", "checkpoint", "weights", "scale"), theirs)
    if options["recipe"] != "sheet":
        raise SheetnetError(f"--recipe is for {theirs}")
    table = own_table(what, options)
    return table, own_net(options, table), None


def _of_passengers(what: str, options: dict[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """The passengers, or rows of numbers, the model and its start."""
    from sheetnet.common.settings import learning_rate
    from sheetnet.models.model import create

    ours = [name for name in (*OF_TABLE, *OF_MODEL) if name not in ("target", "features", *FORM)]
    none_of(options, ours, f"a table, such as sheetnet train penguins.csv; {what} is a model of the passengers")
    table = table_of(options)
    net = create(what, len(table.features))
    scale = 0.5 if options["scale"] is None else options["scale"]
    return table, net, net.init(options["seed"], learning_rate(scale, "the scale of the start weights"))


def _write(
    run: Run, files: dict[str, Path], name: str, of_table: NetRun | None, classes: Sequence[str]
) -> None:  # fmt: skip
    from sheetnet.book.weights import frame_of, write_weights

    if "history" in files:
        with writing(files["history"]) as beside:
            run.history.to_csv(beside)
    if "weights" in files:
        with writing(files["weights"]) as beside:
            frame_of(run.params["W"], run.features).to_csv(beside)
    if "params" in files and of_table:
        write_params(files["params"], of_table, classes)
    elif "params" in files:
        import torch

        W = run.params["W"]
        write_weights(files["params"], {name: frame_of(W, run.features)}, {name: {"lin.weight": torch.tensor(W.T)}})
    if "plot" in files:
        run.plot(files["plot"])


def _print_json(model: str, run: Run) -> None:
    content: dict[str, Any] = {"model": model, "device": run.device, "dtype": run.dtype, "path": run.path}
    content |= {"features": run.features, "epochs": run.epochs, "stopped": run.stopped}
    content |= {"diverged_at": run.diverged_at, "exploded": run.exploded, "dead_units": run.dead_units}
    content |= {"losses": numbers(run.losses), "accuracies": numbers(run.accuracies)}
    print_json(content | {"W": [numbers(w) for w in run.params["W"]]})


def _print_run(run: Run) -> None:
    import numpy as np
    from tabulate import tabulate

    from sheetnet.training.net_run import NetRun

    kept = [epoch for epoch in sorted(run.kept) if epoch <= run.epochs]  # where accuracies were counted
    at = sorted(
        {min(kept, key=lambda e: abs(e - share * run.epochs)) for share in (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1)}
    )
    curves = {"epoch": [str(epoch) for epoch in at], "loss": [f"{run.losses[epoch]:.12g}" for epoch in at]}
    others = {"accuracy": (run.accuracies, ".1%")}
    if isinstance(run, NetRun):
        others |= {"valid loss": (run.valid_losses, ".12g"), "valid accuracy": (run.valid_accuracies, ".1%")}
    for name, (values, form) in others.items():
        if np.isfinite(values[at]).any():  # no accuracy of a target other than 0 and 1
            curves[name] = [f"{values[epoch]:{form}}" if np.isfinite(values[epoch]) else "-" for epoch in at]
    click.echo(tabulate(curves, "keys", disable_numparse=True, colalign=("right",) * len(curves)))
    if isinstance(run, NetRun):
        print_measured(run)
    if run.diverged_at is not None:
        why = "the learning rate is too large" if run.diverged_at else "the start weights or the rows are too large"
        click.echo(f"the loss is no finite number from epoch {run.diverged_at} on: {why}")
    if run.exploded and not isinstance(run, NetRun):
        click.echo(run.trouble)
    if run.dead_units:
        click.echo(dead_words(run.dead_units, run.params["W"].shape[1]))
    click.echo(f"on {run.device}, {run.dtype}, path: {run.path}")


def _print_stopped(run: Run, options: dict[str, Any], files: dict[str, Path]) -> None:
    if options["checkpoint"]:
        what = f"the same command goes on from {options['checkpoint']}"
    else:
        what = "with --checkpoint FILE a run can be taken up again"
        if "weights" in files:
            what = f"the weights so far are in {files['weights']}; {what}"
    click.echo(f"stopped after {run.epochs} of {options['epochs']} epochs; {what}", err=True)

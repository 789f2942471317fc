"""sheetnet train."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import (
    CONTEXT,
    SEED,
    bar,
    dead_words,
    device_options,
    memory_of,
    numbers,
    outputs,
    plainly,
    print_json,
    speaks,
    table_of,
    table_options,
)
from sheetnet.common.files import writing
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.training import Run


WRITTEN: dict[str, tuple[str, ...]] = {
    "checkpoint": (),
    "history": (".csv",),
    "weights": (".csv",),
    "plot": (".png", ".svg", ".pdf"),
}


@click.command(context_settings=CONTEXT)
@click.argument("model")
@click.option("--epochs", type=click.IntRange(0), default=100, show_default=True, help="Passes over all rows.")
@click.option("--lr", type=float, default=0.1, show_default=True, help="Learning rate.")
@click.option("--weight-decay", type=float, default=0.0, show_default=True, help="Added to the gradient, times W.")
@click.option("--batch", type=click.IntRange(1), help="Rows of a mini-batch.  [default: all rows]")
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of the start weights and the batches' order.")
@click.option(
    "--scale", type=float, default=0.5, show_default=True, help="Start weights lie within plus and minus this."
)
@device_options("float64")
@table_options
@click.option("--checkpoint", metavar="FILE", help="Save the run there, and go on from there if it exists.")
@click.option("--every", type=click.IntRange(1), metavar="N", help="Epochs between checkpoints.  [default: a tenth]")
@click.option("--history", metavar="FILE.csv", help="Write loss and accuracy of every epoch.")
@click.option("--weights", metavar="FILE.csv", help="Write the last weights: a row for each feature.")
@click.option("--plot", metavar="FILE.png", help="Draw loss, accuracy and weights.")
@click.option("--json", "as_json", is_flag=True, help="Print losses and weights as JSON.")
@plainly
def train(model: str, **options: Any) -> None:
    """Train a model in torch, from the same start as the workbook: linear, two-relu, or relu-K for K units.

    \b
    Examples:
      sheetnet train linear
      sheetnet train two-relu --epochs 1000000 --plot run.png
      sheetnet train relu-5 --batch 64 --lr 0.02 --device cuda --dtype float32
      sheetnet train two-relu --data trips.parquet --target long --checkpoint run.npz --every 100
      torchrun --nproc-per-node 2 -m sheetnet train two-relu --data trips.parquet --target long
    """
    import sheetnet as sn
    from sheetnet.common.settings import learning_rate
    from sheetnet.models.model import create

    table = table_of(options)
    net = create(model, len(table.features))
    scale = learning_rate(options["scale"], "the scale of the start weights")
    files = outputs(options, WRITTEN) if speaks() else {}
    files.pop("checkpoint", None)
    if options["every"] and not options["checkpoint"]:
        raise SheetnetError("--every is for --checkpoint FILE; name the file, or leave it away")
    passed = ("epochs", "lr", "weight_decay", "batch", "seed", "device", "dtype", "path", "checkpoint", "every")
    with bar(options["epochs"], model) as move:
        run = sn.train(
            net,
            table,
            net.init(options["seed"], scale),
            memory=memory_of(options),
            progress=lambda epoch, loss: move(epoch, f"loss {loss:.6g}"),
            **{name: options[name] for name in passed},
        )
    if not speaks():
        sys.exit(130 if run.stopped else 0)
    if options["as_json"]:
        _print_json(model, run)
    else:
        _print_run(run)
    _write(run, files)
    for name in ("history", "weights", "plot"):
        if name in files:
            click.echo(f"written: {files[name]}", err=True)
    if run.stopped:
        _print_stopped(run, options, files)
    if run.unsaved:
        raise SheetnetError(run.unsaved)
    sys.exit(130 if run.stopped else 0)


def _write(run: Run, files: dict[str, Path]) -> None:
    from sheetnet.book.weights import frame_of

    if "history" in files:
        with writing(files["history"]) as beside:
            run.history.to_csv(beside)
    if "weights" in files:
        with writing(files["weights"]) as beside:
            frame_of(run.params["W"], run.features).to_csv(beside)
    if "plot" in files:
        run.plot(files["plot"])


def _print_json(model: str, run: Run) -> None:
    content: dict[str, Any] = {"model": model, "device": run.device, "dtype": run.dtype, "path": run.path}
    content |= {"features": run.features, "epochs": run.epochs, "stopped": run.stopped}
    content |= {"diverged_at": run.diverged_at, "dead_units": run.dead_units}
    content |= {"losses": numbers(run.losses), "accuracies": numbers(run.accuracies)}
    print_json(content | {"W": [numbers(w) for w in run.params["W"]]})


def _print_run(run: Run) -> None:
    from tabulate import tabulate

    kept = [epoch for epoch in sorted(run.kept) if epoch <= run.epochs]  # where accuracies were counted
    wanted = {
        min(kept, key=lambda e: abs(e - share * run.epochs)) for share in (0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1)
    }
    rows = [[str(epoch), f"{run.losses[epoch]:.12g}"] for epoch in sorted(wanted)]
    headings = ["epoch", "loss"]
    shares = [run.accuracies[epoch] for epoch in sorted(wanted)]
    if any(share == share for share in shares):  # none of a target other than 0 and 1
        headings.append("accuracy")
        rows = [[*row, f"{share:.1%}" if share == share else "-"] for row, share in zip(rows, shares, strict=True)]
    click.echo(tabulate(rows, headings, disable_numparse=True, colalign=("right",) * len(headings)))
    if run.diverged_at is not None:
        why = "the learning rate is too large" if run.diverged_at else "the start weights or the rows are too large"
        click.echo(f"the loss is no finite number from epoch {run.diverged_at} on: {why}")
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

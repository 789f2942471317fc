"""sheetnet train of one's own table: what is printed and written of a net's run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from sheetnet.commands.common import finite, numbers, print_json
from sheetnet.common.files import writing

if TYPE_CHECKING:
    from sheetnet.training.net_run import NetRun

FORMS = {"rows": ".0f", "accuracy": ".1%", "majority": ".1%"}  # of what is measured; all else .6g


def print_measured(run: NetRun) -> None:
    """A line for each part of the table: its rows, loss and metrics at the end."""
    from tabulate import tabulate

    names = list(next(iter(run.measured.values())))
    rows = [
        (part, *(f"{found[name]:{FORMS.get(name, '.6g')}}" if np.isfinite(found[name]) else "-" for name in names))
        for part, found in run.measured.items()
    ]
    right = ("right",) * len(names)
    click.echo("\n" + tabulate(rows, ("at the end", *names), disable_numparse=True, colalign=("left", *right)))


def print_net_json(file: str, run: NetRun, target: str) -> None:
    """The run as JSON: curves, what was measured, the last parameters."""
    measured = {part: {name: finite(v) for name, v in found.items()} for part, found in run.measured.items()}
    content: dict[str, Any] = {"table": file, "target": target, "title": run.title, "optimiser": run.optimiser}
    content |= {"device": run.device, "dtype": run.dtype, "features": run.features, "epochs": run.epochs}
    content |= {"stopped": run.stopped, "diverged_at": run.diverged_at, "exploded": run.exploded}
    content |= {"losses": numbers(run.losses)}
    curves = {"accuracies": run.accuracies, "valid_losses": run.valid_losses, "valid_accuracies": run.valid_accuracies}
    content |= {name: numbers(curve) for name, curve in curves.items() if np.isfinite(curve).any()}
    params = {name: [numbers(row) for row in value] for name, value in run.params.items()}
    print_json(content | {"measured": measured, "params": params})


def write_params(path: Path, run: NetRun, classes: Sequence[str]) -> None:
    """The last parameters: .pt a state_dict, .npz an array of each, .csv a line for each number, as of a workbook.

    Raises: SheetnetError when they cannot be written.
    """
    from sheetnet.book.forms import listed
    from sheetnet.book.weights import state_bytes
    from sheetnet.models.labels import names_of

    with writing(path) as beside:
        if path.suffix.lower() == ".pt":
            beside.write_bytes(state_bytes(run.state_dict()))
        elif path.suffix.lower() == ".npz":
            arrays: dict[str, Any] = dict(run.params)
            with beside.open("wb") as stream:
                np.savez(stream, features=np.array(run.features, dtype=str), **arrays)
        else:
            assert run.net is not None  # a NetRun is made with its net
            names = names_of(run.net, run.features, classes)
            listed(run.params, names).to_csv(beside, index=False, lineterminator="\n")

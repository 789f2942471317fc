"""sheetnet live."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import CONTEXT, bar, numbers, plainly, print_json, say
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.living import LiveSession
    from sheetnet.living.learning import Learned, Push

SHOWN = 12  # lines of the table at the end


@click.command(context_settings=CONTEXT)
@click.argument("file", metavar="FILE")
@click.option("--model", help="linear, two-relu, or mmult.  [default: the last model of the workbook]")
@click.option("--epochs", type=click.IntRange(0), default=100, show_default=True, help="Passes over all rows.")
@click.option("--lr", type=float, help="Learning rate.  [default: the one on the sheet Start]")
@click.option(
    "--every", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Epochs between pushes."
)
@click.option("--per-second", type=float, metavar="R", help="At most so many pushes.  [default: as many as it takes]")
@click.option("--pull", is_flag=True, help="Take in what is changed in the sheet as it runs: weights and rate.")
@click.option("--save/--no-save", default=False, show_default=True, help="Save the workbook at the end, and on Ctrl-C.")
@click.option(
    "--into", type=click.Choice(["mmult", "yellow"]), default="mmult", show_default=True,
    help="Where weights go: W of the sheet MMULT, fast; or the yellow weights: the sheet's whole descent moves.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(["excel", "libreoffice", "ironcalc"]),
    help="The program.  [default: excel on Windows and macOS where it is installed, else libreoffice]",
)  # fmt: skip
@click.option("--headless", is_flag=True, help="Without a window; the program ends with the command.")
@click.option("--solver", is_flag=True, help="Let Excel's own Solver run when torch is done (--epochs 0: at once).")
@click.option("--weights", metavar="W.csv", help="Begin with these.  [default: the yellow weights]")
@click.option("--json", "as_json", is_flag=True, help="Print every push and the last weights as JSON.")
@plainly
def live(file: str, weights: str | None, as_json: bool, **options: Any) -> None:
    """Train in torch while the workbook is open: it shows the weights and calculates its own loss.

    The program that has the workbook open is used, else it is opened. Both losses are compared here and on a sheet Live
    that is added to the open workbook. Ctrl-C leaves it open with the last weights.
    Exit code 0: the losses agree; 1: they differ; 2: a clear message instead; 130: Ctrl-C.

    \b
    Examples:
      sheetnet live titanic.xlsx
      sheetnet live titanic.xlsx --epochs 2000 --every 10 --per-second 5 --pull
      sheetnet live titanic.xlsx --model linear --lr 0.15 --save
    """
    from sheetnet.living import live as attach
    from sheetnet.living.learning import learn
    from sheetnet.sheets.net import CLOSE

    if options["solver"] and options["headless"]:
        raise click.UsageError("Excel's Solver may ask something in a dialog: leave --headless away.")
    say(f"opening {file}")
    visible, into = not options["headless"], options["into"]
    with attach(file, options["engine"], into=into, visible=visible) as session:
        start = _start(session, options["model"], weights) if weights else None
        passed = {name: options[name] for name in ("epochs", "lr", "every", "per_second", "pull")}
        with bar(options["epochs"], file) as move:

            def progress(push: Push) -> None:
                move(push.epoch, f"torch {push.torch:.6g}, sheet {push.sheet:.6g}")
                for words in push.edits:
                    click.echo(f"epoch {push.epoch}: {words}", err=True)

            def notice(words: str) -> None:
                click.echo(f"{file}: {words}", err=True)

            learned = learn(session, options["model"], start=start, progress=progress, notice=notice, **passed)
        solved = ""
        if options["solver"] and not learned.stopped:
            from sheetnet.living.solver import solve

            solved = f"{solve(session, options['model'])}; loss {session.loss(options['model']):.12g}"
        if options["save"]:
            session.save()
    (_print_json if as_json else _print)(learned, file, solved)
    if learned.stopped:
        left = "as it was before" if options["headless"] else "open with the last weights, not saved"
        click.echo(
            f"stopped after {learned.epochs} of {options['epochs']} epochs; {file} is"
            f" {'saved with the last weights' if options['save'] else left}",
            err=True,
        )
        sys.exit(130)
    sys.exit(0 if learned.apart <= CLOSE else 1)


def _start(session: LiveSession, model: str | None, weights: str) -> Any:
    """The weights of a file, if they are for this model."""
    from pathlib import Path

    from sheetnet.weights import read_csv

    _, wanted = session._known(model)
    found, W = read_csv(Path(weights), list(session.models.values()), session.features)
    if found.name != wanted.name:
        raise SheetnetError(
            f"{weights}: these are weights of {found.name}; --model {found.name.replace('_', '-')} takes them"
        )
    return W


def _print(learned: Learned, file: str, solved: str) -> None:
    from tabulate import tabulate

    n = len(learned.pushes)
    at = sorted({round(k * (n - 1) / (SHOWN - 1)) for k in range(SHOWN)}) if n > SHOWN else range(n)
    rows = [(p.epoch, f"{p.torch:.12g}", f"{p.sheet:.12g}", f"{p.apart:.1e}") for p in (learned.pushes[k] for k in at)]
    heads = ("epoch", "torch's loss", "the sheet's loss", "apart")
    click.echo(tabulate(rows, heads, disable_numparse=True, colalign=("right",) * 4))
    click.echo(
        f"{file}: {n} pushes of {learned.model.replace('_', '-')} by {learned.optimiser}, {learned.per_second:.3g} a"
        f" second; losses at most {learned.apart:.1e} apart (relative)"
    )
    if solved:
        click.echo(solved)


def _print_json(learned: Learned, file: str, solved: str) -> None:
    pushes = [{"epoch": p.epoch, "torch": p.torch, "sheet": p.sheet, "edits": p.edits} for p in learned.pushes]
    content: dict[str, Any] = {"file": file, "model": learned.model, "lr": learned.lr}
    content |= {"optimiser": learned.optimiser, "stopped": learned.stopped}
    content |= {"pushes": pushes, "apart": learned.apart, "per_second": learned.per_second, "solver": solved}
    print_json(content | {"W": [numbers(w) for w in learned.W]})

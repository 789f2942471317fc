"""sheetnet live."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import CONTEXT, FILE, bar, dead_words, numbers, print_json, say
from sheetnet.engines import NAMES
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.course.lesson import Lesson
    from sheetnet.living.learning import Learned, Push
    from sheetnet.models.model import Model
    from sheetnet.models.net import Net

SHOWN = 12  # lines of the table at the end
ROUNDING = 1e-9  # relative: who begins at the bottom stays there but for rounding


@click.command(context_settings=CONTEXT)
@click.argument("file", type=FILE, metavar="FILE")
@click.option("--model", help="linear, two-relu, mmult, mlp, ...  [default: the last model of the workbook]")
@click.option("--epochs", type=click.IntRange(0), default=100, show_default=True, help="Passes over all rows.")
@click.option("--lr", type=click.FloatRange(0), help="Learning rate.  [default: the one on the sheet Start]")
@click.option(
    "--every", type=click.IntRange(1), default=1, show_default=True, metavar="N", help="Epochs between pushes."
)
@click.option(
    "--per-second", type=click.FloatRange(0, min_open=True), metavar="R",
    help="At most so many pushes.  [default: as many as it takes]",
)  # fmt: skip
@click.option("--pull", is_flag=True, help="Take in what is changed in the sheet as it runs: weights and rate.")
@click.option("--save/--no-save", default=False, show_default=True, help="Save the workbook at the end, and on Ctrl-C.")
@click.option(
    "--into", type=click.Choice(["mmult", "yellow"]), default="mmult", show_default=True,
    help="Of the passengers, where the last model's weights go: those of MMULT; or its yellow weights, and the sheet's"
    " descent moves, as it does with other workbooks.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(NAMES),
    help="The program; ironcalc shows nothing, and takes two seconds a push.  [default: excel on Windows and macOS"
    " where it is installed, else libreoffice]",
)  # fmt: skip
@click.option("--headless", is_flag=True, help="Without a window; the program ends with the command.")
@click.option("--solver", is_flag=True, help="Let Excel's own Solver run when torch is done (--epochs 0: at once).")
@click.option("--weights", type=FILE, metavar="W.csv", help="Begin with these.  [default: the yellow weights]")
@click.option("--json", "as_json", is_flag=True, help="Print every push and the last weights as JSON.")
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
      sheetnet live penguins.xlsx --model mlp --epochs 500 --every 5 --weights mlp.csv
    """
    from sheetnet.common.settings import learning_rate
    from sheetnet.living.learning import learn, saved
    from sheetnet.living.session import known, opened, workbook_at
    from sheetnet.living.solver import expect_solver, solve
    from sheetnet.motifs.verdicts import CLOSE

    if options["solver"] and options["headless"]:
        raise click.UsageError("Excel's Solver may ask something in a dialog: leave --headless away.")
    if options["save"] and options["engine"] == "ironcalc":
        raise click.UsageError("IronCalc saves no workbook: leave --save away, or take another engine.")
    if options["lr"] is not None:
        learning_rate(options["lr"])
    workbook = workbook_at(Path(file))  # what is wrong is said before a window opens
    key, model = known(Path(file), workbook, options["model"])
    start = _start(workbook, key, model, weights) if weights else None
    say(f"opening {file}")
    with opened(Path(file), workbook, options["engine"], options["into"], not options["headless"]) as session:
        if options["solver"]:
            expect_solver(session, key)
        import sheetnet.training  # noqa: F401 (it takes a second, and is no part of what the bar shows)

        passed = {name: options[name] for name in ("epochs", "lr", "every", "per_second", "pull")}
        with bar(options["epochs"], file) as move:

            def progress(push: Push) -> None:
                move(push.epoch, f"torch {push.torch:.6g}, sheet {push.sheet:.6g}")
                for words in push.edits:
                    click.echo(f"epoch {push.epoch}: {words}", err=True)

            def notice(words: str) -> None:
                click.echo(f"{file}: {words}", err=True)

            learned = learn(session, key, start=start, progress=progress, notice=notice, **passed)
        solves = options["solver"] and not learned.stopped
        solved = f"{solve(session, key)}; loss {session.loss(key):.12g}" if solves else ""
        if options["save"]:
            saved(session, learned)
        on_mmult = not session.moves_descent(key)
    (_print_json if as_json else _print)(learned, file, solved)
    for words in _ending(learned, file, options, on_mmult):
        click.echo(words, err=True)
    sys.exit(130 if learned.stopped else 0 if learned.apart <= CLOSE else 1)


def _start(workbook: Lesson, key: str, model: Model | Net, weights: str) -> Any:
    """The parameters of a file, if they are for this model."""
    from sheetnet.book.forms import judged, read_file

    if Path(weights).suffix.lower() in (".npz", ".pt", ".xlsx"):
        command = f"sheetnet params FILE --model {model.name.replace('_', '-')} -o W.csv"
        raise SheetnetError(f"{weights}: --weights takes a .csv, as `{command}` writes it")
    features = tuple(workbook.recipe.features) if workbook.recipe else ()
    if len(workbook.places[key].blocks) > 1:
        return judged(workbook.places[key], weights, features)
    [(name, found)] = read_file(Path(weights), workbook.places, features).items()
    if name != model.name:
        raise SheetnetError(f"{weights}: these are weights of {name}; --model {name.replace('_', '-')} takes them")
    return found


def _ending(learned: Learned, file: str, options: dict[str, Any], on_mmult: bool) -> Iterator[str]:
    """What a person should know of how it went, and how to go on."""
    if learned.dead_units:
        yield f"{file}: {dead_words(learned.dead_units, learned.W.shape[1])}"
    first, last = learned.pushes[0].torch, learned.pushes[-1].torch
    edited = any(push.edits for push in learned.pushes)  # then a person may have wanted it
    if last > first * (1 + ROUNDING) and not edited:
        yield f"{file}: the loss has risen, {first:.6g} to {last:.6g}: is the learning rate {learned.lr:g} too large?"
    if learned.stopped:
        yield f"stopped after {learned.epochs} of {options['epochs']} epochs"
    if options["save"]:
        where = " on the sheet MMULT: live, params and predict take them by --model mmult" if on_mmult else ""
        yield f"{file} is saved with the last weights{where}"
    elif options["headless"] or options["engine"] == "ironcalc":
        yield f"{file} is as it was before: nothing is saved without --save"
    else:
        yield f"{file} is open with the last weights, not saved"


def _print(learned: Learned, file: str, solved: str) -> None:
    from tabulate import tabulate

    n = len(learned.pushes)
    pushes = "1 push" if n == 1 else f"{n} pushes"
    at = sorted({round(k * (n - 1) / (SHOWN - 1)) for k in range(SHOWN)}) if n > SHOWN else range(n)
    rows = [_line(learned.pushes[k]) for k in at]
    heads = ["epoch", "torch's loss", "the sheet's loss", "apart"]
    if any(p.accuracy is not None for p in learned.pushes):
        heads.append("the sheet's accuracy")
    click.echo(tabulate(rows, heads, disable_numparse=True, colalign=("right",) * len(heads)))
    click.echo(
        f"{file}: {pushes} of {learned.model.replace('_', '-')} by {learned.optimiser}, {learned.per_second:.3g} a"
        f" second; losses at most {learned.apart:.1e} apart (relative)"
    )
    if solved:
        click.echo(solved)


def _line(push: Push) -> list[str]:
    line = [str(push.epoch), f"{push.torch:.12g}", f"{push.sheet:.12g}", f"{push.apart:.1e}"]
    return line if push.accuracy is None else [*line, f"{push.accuracy:.1%}"]


def _print_json(learned: Learned, file: str, solved: str) -> None:
    pushes = [{"epoch": p.epoch, "torch": p.torch, "sheet": p.sheet, "edits": p.edits} for p in learned.pushes]
    content: dict[str, Any] = {"file": file, "model": learned.model, "lr": learned.lr}
    content |= {"dead_units": learned.dead_units, "optimiser": learned.optimiser, "stopped": learned.stopped}
    content |= {"pushes": pushes, "apart": learned.apart, "per_second": learned.per_second, "solver": solved}
    if any(push.accuracy is not None for push in learned.pushes):
        content["accuracies"] = [push.accuracy for push in learned.pushes]
    params = {name: [*map(numbers, value)] for name, value in learned.params.items()}
    print_json(content | ({"W": params["W"]} if list(params) == ["W"] else {}) | {"params": params})

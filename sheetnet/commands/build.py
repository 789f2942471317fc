"""sheetnet build."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from sheetnet.commands.common import CONTEXT, SEED, plainly, print_json, recipe_options, say
from sheetnet.errors import SheetnetError
from sheetnet.lessons.listing import LISTING
from sheetnet.optimisers import OPTIMISERS

if TYPE_CHECKING:
    from sheetnet.building import Built

TITANIC_ONLY = ("epochs", "optimiser", "lr", "seed", "recipe", "csv")
RATES = ", ".join(f"{optimiser.lesson_lr:g} for {name}" for name, optimiser in OPTIMISERS.items())


@click.command(context_settings=CONTEXT)
@click.argument("lesson", type=click.Choice([*LISTING, "all"]))
@click.option("-o", "--output", metavar="FILE", help="Where to write.  [default: workbooks/NN_LESSON.xlsx]")
@click.option("--epochs", type=int, default=100, show_default=True, help="titanic: rows of descent for each model.")
@click.option(
    "--optimiser",
    type=click.Choice(list(OPTIMISERS)),
    default="sgd",
    show_default=True,
    help="titanic: how a step uses the gradient, with torch's default settings.",
)
@click.option("--lr", type=float, help=f"titanic: learning rate to start with.  [default: {RATES}]")
@click.option("--seed", type=SEED, default=0, show_default=True, help="titanic: seed of the start weights.")
@recipe_options
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_context
@plainly
def build(context: click.Context, lesson: str, output: str | None, as_json: bool, **settings: Any) -> None:
    """Write the workbook of a lesson, or of all. The options of the table and its training are for titanic alone.

    \b
    Examples:
      sheetnet build quadratic
      sheetnet build all
      sheetnet build titanic --epochs 200 --lr 0.05 -o mine.xlsx
      sheetnet build titanic --optimiser adam -o adam.xlsx
      sheetnet build titanic --csv train.csv -o mine.xlsx
    """
    given = [key for key in TITANIC_ONLY if context.get_parameter_source(key) == ParameterSource.COMMANDLINE]
    if given and lesson != "titanic":
        raise SheetnetError(f"--{given[0]} is for titanic; {_whose(lesson)} made of its own numbers")
    if output and lesson == "all":
        raise SheetnetError("--output names one file; all lessons go to the folder workbooks")
    if output is None:
        _make_folder(Path("workbooks"))
    optimiser = OPTIMISERS[settings["optimiser"]]
    settings["lr"] = optimiser.lesson_lr if settings["lr"] is None else settings["lr"]
    names = list(LISTING) if lesson == "all" else [lesson]
    written = [_write(name, output, settings) for name in names]
    if as_json:
        content = [_as_json(name, built, settings) for name, built in zip(names, written, strict=True)]
        print_json(content if lesson == "all" else content[0])
        return
    for built in written:
        click.echo(
            f"{built.path}: {built.sheets} sheets, {built.formula_cells} formula cells, {built.bytes / 1000:.0f} kB"
        )
        for name, (first, last) in built.losses.items():
            by = f" of {optimiser.title}" if optimiser.name != "sgd" else ""
            rate = f"{settings['epochs']} epochs{by} at rate {settings['lr']:g}"
            click.echo(f"  {name.replace('_', '-')}: loss {first:.6g} -> {last:.6g} in {rate}")


def _whose(lesson: str) -> str:
    return "the workbooks of all lessons are" if lesson == "all" else f"the workbook {lesson} is"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as reason:
        raise SheetnetError(f"the folder {folder} cannot be made: {reason.strerror}; say --output") from None


def _write(lesson: str, output: str | None, settings: dict[str, Any]) -> Built:
    """Build one lesson, and say so."""
    import sheetnet as sn

    path = Path(output) if output else Path("workbooks") / f"{LISTING[lesson].file}.xlsx"
    if lesson != "titanic":
        say(f"asking torch, writing {path}")
        return sn.build_lesson(lesson, path)
    table = sn.titanic(settings["recipe"], settings["csv"])
    say(f"preparing {table.n_rows} rows of {table.raw.source}, asking torch, writing {path}")
    options = {key: settings[key] for key in ("epochs", "lr", "seed", "optimiser")}
    return sn.build(path, table, [sn.linear(table), sn.two_relu(table)], **options)


def _as_json(lesson: str, built: Built, settings: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "lesson": lesson,
        "file": str(built.path),
        "bytes": built.bytes,
        "sheets": built.sheets,
        "formula_cells": built.formula_cells,
    }
    if built.losses:
        losses = {name: {"first": first, "last": last} for name, (first, last) in built.losses.items()}
        content |= {key: settings[key] for key in ("epochs", "optimiser", "lr")} | {"losses": losses}
    return content

"""sheetnet build."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from sheetnet.commands.build_table import build_table
from sheetnet.commands.common import (
    CONTEXT,
    FILE,
    SEED,
    finite,
    print_json,
    recipe_options,
    say,
    tell_dialect,
    tell_kept,
)
from sheetnet.commands.tables import OF_MODEL, OF_TABLE, alike, is_table, none_of, own_options
from sheetnet.course.listing import LISTING
from sheetnet.errors import SheetnetError
from sheetnet.graph.dialects import DIALECTS, dialect_of
from sheetnet.models.optimisers import OPTIMISERS

if TYPE_CHECKING:
    from sheetnet.book.build import Built
    from sheetnet.models.model import Model

TITANIC_ONLY = ("epochs", "optimiser", "lr", "recipe", "csv", "params")
RATES = ", ".join(f"{optimiser.lesson_lr:g} for {name}" for name, optimiser in OPTIMISERS.items())


@click.command(context_settings=CONTEXT)
@click.argument("what", type=FILE, metavar="LESSON|TABLE")
@click.option(
    "-o",
    "--output",
    type=FILE,
    metavar="FILE",
    help="Where to write.  [default: workbooks/NN_LESSON.xlsx, or TABLE.xlsx]",
)
@click.option(
    "--epochs", type=int, default=100, show_default=True, help="titanic, table: rows of descent for each model."
)
@click.option(
    "--optimiser",
    type=click.Choice(list(OPTIMISERS)),
    default="sgd",
    show_default=True,
    help="titanic, table: how a step uses the gradient, with torch's default settings.",
)
@click.option("--lr", type=float, help=f"titanic, table: learning rate to start with.  [default: {RATES}]")
@click.option(
    "--seed", type=SEED,
    help="A lesson with other numbers than those of the course; titanic, table: other start weights."
    f"  [default: {LISTING['titanic'].seed} for titanic, else 0]",
)  # fmt: skip
@click.option("--blanks", is_flag=True, help="A workbook some of whose formulas are missing, to be filled in.")
@click.option("--language", metavar="CODE", default="", help="A workbook's texts in another language, such as de.")
@click.option(
    "--dialect", type=click.Choice(list(DIALECTS)), default="classic", show_default=True,
    help="How formulas are written: classic for every program; modern with LET and LAMBDA, for Excel 365 or 2024,"
    " Google Sheets and IronCalc.",
)  # fmt: skip
@own_options
@recipe_options
@click.option(
    "--params",
    type=FILE,
    metavar="FILE",
    help="titanic: begin with the weights in a .csv; or build a .xlsx anew, with weights, rates and data as they are."
    " table: begin with the parameters in a .csv, .npz, .pt or .xlsx.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@click.pass_context
def build(context: click.Context, /, what: str, output: str | None, as_json: bool, **settings: Any) -> None:
    """Write the workbook of a lesson, of all lessons, or of your own table and a model that learns from it.

    LESSON is a name that `sheetnet lessons` lists, or all; of lessons titanic alone has settings, but for the seed and
    --blanks.
    TABLE is a CSV or Parquet file: `sheetnet show TABLE` says how its columns are taken.

    \b
    Examples:
      sheetnet build quadratic
      sheetnet build all
      sheetnet build relu --seed 7 -o mine.xlsx
      sheetnet build relu --blanks -o fill_in.xlsx
      sheetnet build relu --language de -o auf_deutsch.xlsx
      sheetnet build titanic --epochs 200 --lr 0.05 -o mine.xlsx
      sheetnet build titanic --optimiser adam -o adam.xlsx
      sheetnet build titanic --csv train.csv -o mine.xlsx
      sheetnet build titanic --params W.csv -o mine.xlsx
      sheetnet build titanic --params mine.xlsx --epochs 300 -o longer.xlsx
      sheetnet build titanic --dialect modern -o modern.xlsx
      sheetnet build penguins.csv --target species --hidden 8
      sheetnet build penguins.csv --target body_mass_g --leave-out year --missing median --valid 0.2
      sheetnet build penguins.csv --target species --hidden 8 --params net.pt -o again.xlsx
      sheetnet build penguins.csv --target sex --model logistic --column species=dummies -o sex.xlsx
      sheetnet build penguins.csv --target species --blanks -o fill_in.xlsx
    """
    given = [
        key
        for key in (*TITANIC_ONLY, "seed", "dialect")
        if context.get_parameter_source(key) == ParameterSource.COMMANDLINE
    ]
    if what not in (*LISTING, "all"):
        if not is_table(what):
            known = f"lessons are {', '.join(LISTING)} and all, a table is a file such as penguins.csv"
            near = alike(what, [*LISTING, "all"])
            raise click.BadParameter(f"{what!r} is no lesson and no table: {known}{near}", param_hint="'LESSON|TABLE'")
        if wrong := [key for key in given if key in ("recipe", "csv")]:
            raise SheetnetError(f"--{wrong[0]} is for titanic; a table is a file of its own: say how it is taken")
        build_table(what, output, as_json, settings)
        return
    lesson = what
    none_of(
        settings, (*OF_TABLE, *OF_MODEL), f"a table, such as penguins.csv; {_whose(lesson)} made of its own numbers"
    )
    if lesson != "titanic" and (wrong := [key for key in given if key in TITANIC_ONLY]):
        raise SheetnetError(f"--{wrong[0]} is for titanic; {_whose(lesson)} made of its own numbers")
    if settings["blanks"] and lesson == "all":
        raise SheetnetError("--blanks is for one lesson: build relu, for example")
    if settings["language"] and lesson == "all":
        raise SheetnetError("--language is for one lesson: build quadratic, for example")
    if output and lesson == "all":
        raise SheetnetError(
            "--output names one file; all lessons go to the folder workbooks: leave it away, or build one"
        )
    if output is None:
        _make_folder(Path("workbooks"))
    settings["given"] = given
    names = list(LISTING) if lesson == "all" else [lesson]
    asked, written = settings["seed"], []
    for name in names:
        settings["seed"] = LISTING[name].seed if asked is None else asked
        written.append(_write(name, output, settings))
    for built in written:
        tell_kept(built.path, built.kept)
    tell_dialect(settings["dialect"])
    if as_json:
        content = [_as_json(name, built, settings) for name, built in zip(names, written, strict=True)]
        print_json(content if lesson == "all" else content[0])
        return
    for built in written:
        click.echo(
            f"{built.path}: {built.sheets} sheets, {built.formula_cells} formula cells, {built.bytes / 1000:.0f} kB"
        )
        optimiser = OPTIMISERS[settings["optimiser"]]
        for name, (first, last) in built.losses.items():
            by = f" of {optimiser.title}" if optimiser.name != "sgd" else ""
            rate = f"{settings['epochs']} epochs{by} at rate {_rate(settings, name):g}"
            click.echo(f"  {name.replace('_', '-')}: loss {first:.6g} -> {last:.6g} in {rate}{_origin(settings, name)}")
            if name in built.trouble:
                click.echo(f"    {built.trouble[name]}")


def _rate(settings: dict[str, Any], model: str) -> float:
    lr = settings["lr"]
    return float(lr[model] if isinstance(lr, Mapping) else lr)


def _origin(settings: dict[str, Any], model: str) -> str:
    """Where a model's start weights come from, where it was said."""
    if not settings["params"]:
        return ""
    return f", from {settings['params']}" if model in settings["took"] else f", from seed {settings['seed']}"


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
    from sheetnet.course.titanic.lesson import USUAL
    from sheetnet.models.model import create

    blanks, language = settings["blanks"], settings["language"]
    path = Path(output or LISTING[lesson].workbook(blanks, dialect_of(settings["dialect"]).suffix))
    if lesson != "titanic":
        say(f"asking torch, writing {path}")
        how = {"blanks": blanks, "language": language, "dialect": settings["dialect"]}
        return sn.build_lesson(lesson, path, seed=settings["seed"], **how)
    if settings["params"] and Path(settings["params"]).suffix.lower() in (".xlsx", ".xlsm"):
        return _rebuild(path, settings)
    if settings["lr"] is None:
        settings["lr"] = OPTIMISERS[settings["optimiser"]].lesson_lr
    table = sn.titanic(settings["recipe"], settings["csv"])
    models = [create(name, table.n_features) for name in USUAL["models"]]
    start = _start(Path(settings["params"]), models, table.features) if settings["params"] else {}
    settings["took"] = list(start)
    say(f"preparing {table.n_rows} rows of {table.raw.source}, asking torch, writing {path}")
    options = {key: settings[key] for key in ("epochs", "lr", "seed", "optimiser", "blanks", "language", "dialect")}
    return sn.build(path, table, models, start=start, **options)


def _start(file: Path, models: list[Model], features: Sequence[str]) -> dict[str, Any]:
    """The start weights of one model, by its name, from a CSV file."""
    if file.suffix.lower() != ".csv":
        raise SheetnetError(f"{file}: for --params name a .csv of weights, or a workbook that ends in .xlsx")
    from sheetnet.book.weights import read_csv

    model, W = read_csv(file, models, features)
    return {model.name: {"W": W}}


def _rebuild(path: Path, settings: dict[str, Any]) -> Built:
    """A workbook built anew from what stands in another; options that were given replace what stands there."""
    import sheetnet as sn
    from sheetnet.book.build import target
    from sheetnet.book.rebuild import rebuild

    file, given = settings["params"], settings["given"]
    path = target(path)
    if "seed" in given:
        raise SheetnetError(f"--seed draws start weights; those of {file} are taken. Leave one of the two away")
    if settings["blanks"]:
        raise SheetnetError(f"the formulas stay as they are in {file}: leave --blanks away")
    if settings["language"]:
        raise SheetnetError(f"the texts stay in the language that {file} has: leave --language away")
    if "dialect" in given:
        raise SheetnetError(f"the formulas stay in the dialect that {file} has: leave --dialect away")
    say(f"reading {file}")
    stands = sn.read_params(file)
    of = stands.with_models.settings
    if "recipe" not in of:
        raise SheetnetError(
            f"{file} is a workbook of one's own table, not of the passengers: sn.write_params in Python builds it anew"
        )
    recipe = settings["recipe"] if "recipe" in given else of["recipe"]
    table = sn.titanic(recipe, settings["csv"]) if "csv" in given else None
    if recipe != of["recipe"]:
        raise SheetnetError(f"--recipe {recipe} makes other features than those that {file} has weights for")
    say(f"asking torch, writing {path}")
    chosen = {key: settings[key] if key in given else of[key] for key in ("epochs", "optimiser")}
    if "lr" not in given:
        same = chosen["optimiser"] == of["optimiser"]
        settings["lr"] = stands.rates if same else OPTIMISERS[chosen["optimiser"]].lesson_lr
    settings |= {**chosen, "took": list(stands.params)}
    return rebuild(stands, path, {}, table=table, lr=settings["lr"], **chosen)


def _as_json(lesson: str, built: Built, settings: dict[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {
        "lesson": lesson,
        "file": str(built.path),
        "bytes": built.bytes,
        "sheets": built.sheets,
        "formula_cells": built.formula_cells,
    }
    if built.losses:
        losses = {name: {"first": finite(a), "last": finite(b)} for name, (a, b) in built.losses.items()}
        content |= {key: settings[key] for key in ("epochs", "optimiser", "lr")}
        content |= {"losses": losses, "trouble": built.trouble}
        if settings["params"]:
            content["params"] = {"file": settings["params"], "models": settings["took"]}
    return content

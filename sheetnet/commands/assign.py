"""sheetnet assign."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.common import CONTEXT, FILE, SEED, bar, outputs, print_json
from sheetnet.commands.own import own_net, own_table
from sheetnet.commands.tables import OF_MODEL, OF_TABLE, alike, is_table, none_of, own_options
from sheetnet.course.listing import LISTING

if TYPE_CHECKING:
    from sheetnet.classroom.handouts import Handout


@click.command(context_settings=CONTEXT)
@click.argument("folder", type=FILE, metavar="FOLDER")
@click.option(
    "--class", "names", type=FILE, metavar="FILE.csv", required=True,
    help="The learners: a CSV file with a column name, or first and last name, or with one column alone.",
)  # fmt: skip
@click.option(
    "--lesson", metavar="LESSON|TABLE", required=True,
    help="What they are to work through: a lesson, or a table of your own such as penguins.csv, with --target.",
)  # fmt: skip
@click.option("--seed", type=SEED, default=0, show_default=True, help="Another one gives everybody other numbers.")
@click.option("--blanks", is_flag=True, help="Some formulas of the sheets are missing, to be filled in.")
@click.option("--language", metavar="CODE", default="", help="The language of the texts, such as de.")
@click.option(
    "--key", type=FILE, metavar="FILE",
    help="Write the right answers of each learner, for you alone: .xlsx or .csv, in another folder.",
)  # fmt: skip
@click.option("--epochs", type=int, default=100, show_default=True, help="table: rows of descent.")
@own_options
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def assign(
    folder: str, names: str, lesson: str, seed: int, blanks: bool, language: str, key: str | None, as_json: bool,
    **options: Any,
) -> None:  # fmt: skip
    """Write a workbook for each learner of a class, with numbers of their own and their name on it.

    Of a lesson, or of a table of your own and a model that learns from it: then each learner has other start numbers.

    A workbook that is there already stays as it is.

    \b
    Examples:
      sheetnet assign week1 --class names.csv --lesson quadratic
      sheetnet assign week1 --class names.csv --lesson quadratic --seed 7
      sheetnet assign week1 --class names.csv --lesson quadratic --key key.xlsx
      sheetnet assign week2 --class names.csv --lesson penguins.csv --target species --hidden 3 --epochs 30
    """
    from sheetnet.classroom import assign as assign_to
    from sheetnet.classroom.answers import key_file, right_answers, save_key
    from sheetnet.classroom.names import names_in

    if key:
        key_file(outputs({"key": key}, {"key": ()})["key"], Path(folder), Path(names))
    learners = names_in(Path(names))
    what = _handout(lesson, options)
    with bar(len(learners), lesson) as moved:
        done = assign_to(folder, learners, what, seed=seed, blanks=blanks, language=language, moved=moved)
    if key:
        with bar(len(done), "right answers") as moved:
            save_key(list(right_answers(done, what, blanks=blanks, language=language, moved=moved)), Path(key))
    if as_json:
        print_json([{"learner": a.learner, "file": str(a.path), "seed": a.seed, "written": a.written} for a in done])
        return
    new = sum(one.written for one in done)
    click.echo(f"{folder}: {new} {'workbook' if new == 1 else 'workbooks'} of {lesson} written")
    if new < len(done):
        click.echo(f"  {len(done) - new} stood there already and stay as they are")
    if key:
        click.echo(f"{key}: the right answers, for you alone")


def _handout(lesson: str, options: dict[str, Any]) -> str | Handout:
    """What is handed out: the name of a lesson, or a table and a model, as the options say.

    Raises: click.BadParameter for what is neither.
    """
    if lesson in LISTING:
        none_of(options, (*OF_TABLE, *OF_MODEL), f"a table, such as penguins.csv; {lesson} is a lesson")
        return lesson
    if not is_table(lesson):
        known = f"lessons are {', '.join(LISTING)}, a table is a file such as penguins.csv"
        raise click.BadParameter(
            f"{lesson!r} is no lesson and no table: {known}{alike(lesson, [*LISTING])}", param_hint="'--lesson'"
        )
    from sheetnet.classroom import OwnTable

    table = own_table(lesson, options)
    return OwnTable(table, own_net(options, table), {"epochs": options["epochs"]})

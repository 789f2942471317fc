"""sheetnet grade."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from sheetnet.commands.common import CONTEXT, FILE, SEED, bar, outputs, print_json
from sheetnet.course.listing import LISTING
from sheetnet.engines import NAMES
from sheetnet.errors import SheetnetError


@click.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FOLDER|FILE...")
@click.option(
    "-o", "--output", "written", multiple=True, type=FILE, metavar="FILE",
    help="Write the grades: .csv, .html (a page to read), .xlsx (a gradebook), .json (Gradescope). May be repeated.",
)  # fmt: skip
@click.option(
    "--engine", type=click.Choice(NAMES), default="ironcalc", show_default=True,
    help="The spreadsheet engine that calculates answers that are formulas.",
)  # fmt: skip
@click.option(
    "--class", "names", type=FILE, metavar="FILE.csv", help="The learners, so that it is told who is missing."
)
@click.option("--lesson", type=click.Choice(list(LISTING)), help="Of the class.  [default: that of most workbooks]")
@click.option("--seed", type=SEED, default=0, show_default=True, help="The one with which the class was assigned.")
@click.option("--json", "as_json", is_flag=True, help="Print a row for each learner and exercise as JSON.")
def grade(
    files: tuple[str, ...], written: tuple[str, ...], names: str | None, lesson: str | None, seed: int, engine: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Grade the answers in workbooks: recalculated, each mistake by its name, copies and typed-in numbers pointed out.

    A file that is damaged or foreign is a line of the report, not the end of it.

    \b
    Examples:
      sheetnet grade week1
      sheetnet grade week1 --class names.csv -o class.csv -o class.html
      sheetnet grade ada.xlsx ben.xlsx --json
    """
    from sheetnet.classroom import grade as grade_all
    from sheetnet.classroom.grades import COLUMNS
    from sheetnet.classroom.marking import GRADES, writable
    from sheetnet.classroom.names import names_in
    from sheetnet.classroom.writing import WRITERS, save

    for output in written:
        path = outputs({"output": output}, {"output": tuple(WRITERS)})["output"]
        if os.path.realpath(path) in map(os.path.realpath, files):
            raise SheetnetError(f"{output}: --output would overwrite a workbook that is to be graded; name another")
        writable(path, GRADES, COLUMNS, Path(names) if names else None)
    learners = names_in(Path(names)) if names else []
    with bar(1000, "grading") as moved:

        def to(at: int, n: int, name: str) -> None:
            moved(1000 * at // max(n, 1), name)

        grades = grade_all(files, engine=engine, learners=learners, seed=seed, lesson=lesson or "", moved=to)
    grades = replace(grades, source=Path(names).name if names else "")
    for output in written:
        save(grades, output)
    if as_json:
        print_json(list(grades.rows))
    else:
        click.echo(str(grades))
        for output in written:
            click.echo(f"{output}: written")

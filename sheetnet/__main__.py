"""The command line. Exit code 0: all well; 1: something differs; 2: a clear message instead; 130: Ctrl-C."""

from __future__ import annotations

import click

from sheetnet.commands.ending import Commands
from sheetnet.common.version import VERSION

NAMES = (
    "lessons",
    "show",
    "build",
    "train",
    "sweep",
    "basins",
    "check",
    "params",
    "predict",
    "live",
    "assign",
    "grade",
    "slides",
    "publish",
)


@click.group(cls=Commands, names=NAMES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="sheetnet")
def main() -> None:
    """Learn how a model learns, in a spreadsheet and in torch at once.

    \b
    Examples:
      sheetnet lessons                           what there is to learn
      sheetnet build quadratic                   write workbooks/01_quadratic.xlsx
      sheetnet show penguins.csv                 how the columns of your own table are taken
      sheetnet build penguins.csv --target species --hidden 8
      sheetnet train penguins.csv --target species
      sheetnet train two-relu --epochs 1000      train a net of the passengers in torch
      sheetnet sweep two-relu --nets 10000       train ten thousand of them, from as many starts
      sheetnet basins two-relu --plot basins.png which start ends in which minimum
      sheetnet check workbooks/04_titanic.xlsx   recalculate the workbook and compare it with torch
      sheetnet params mine.xlsx                  the weights and rates that now stand in a workbook
      sheetnet predict mine.xlsx --csv test.csv -o submission.csv
      sheetnet live mine.xlsx                    torch trains while the workbook is open and follows
      sheetnet assign week1 --class names.csv --lesson quadratic
      sheetnet grade week1 -o class.csv          what a class has answered
      sheetnet slides relu                       pictures of its sheets, and a page for the teacher
    """


if __name__ == "__main__":
    main()

"""What people say of a table and of a model that learns from it: the same options in every command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

import click

from sheetnet.commands.common import SEED
from sheetnet.common.files import meant
from sheetnet.course.listing import LISTING
from sheetnet.errors import SheetnetError
from sheetnet.tables.columns import How, Missing
from sheetnet.tables.plan import Kind

SAYINGS: dict[str, How] = {how.replace("_", "-"): how for how in get_args(How)}
OF_TABLE = (
    "target", "features", "leave_out", "column", "missing", "separator", "decimal", "encoding", "positive", "kind",
    "valid", "test", "split_seed",
)  # fmt: skip
OF_MODEL = ("model", "hidden", "activation", "loss", "frozen")


class NameAndHow(click.ParamType):  # type: ignore[type-arg]
    """NAME=HOW: how the column of that name is taken."""

    name = "NAME=HOW"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The name and the way."""
        name, _, how = value.rpartition("=")
        if not name or how.lower() not in SAYINGS:
            self.fail(f"{value!r} is not NAME=HOW, such as island=dummies; HOW is one of {', '.join(SAYINGS)}")
        return name.strip(), how.lower()


class Sizes(click.ParamType):  # type: ignore[type-arg]
    """Sizes of hidden layers: 8 or 8,4."""

    name = "SIZES"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        """The sizes that are meant by a text."""
        try:
            return [int(part) for part in value.split(",")]
        except ValueError:
            self.fail(f"{value!r} is no size of a hidden layer such as 8, nor several such as 8,4")


TABLE_OPTIONS = (
    click.option("--target", metavar="COLUMN", help="table: the column to predict."),
    click.option(
        "--features", metavar="A,B,...", multiple=True, help="table: the columns to learn from.  [default: all]"
    ),
    click.option("--leave-out", metavar="A,B,...", multiple=True, help="table: columns that are not used."),
    click.option(
        "--column", metavar="NAME=HOW", multiple=True, type=NameAndHow(),
        help=f"table: how a column is taken, again for each: {', '.join(SAYINGS)}.",
    ),
    click.option(
        "--missing", type=click.Choice(get_args(Missing)),
        help="table: drop rows with a blank, fill blanks, or flag them.  [default: drop]",
    ),
    click.option("--separator", metavar="CHARACTER", help="table: what separates cells, such as ';' or tab."),
    click.option("--decimal", type=click.Choice([".", ","]), help="table: the mark of a decimal."),
    click.option("--encoding", metavar="NAME", help="table: of the text, such as cp1252."),
    click.option("--positive", metavar="ENTRY", help="table: of two classes the one that is 1."),
    click.option("--kind", type=click.Choice(get_args(Kind)), help="table: of target, a number, two or many classes."),
    click.option("--valid", type=float, metavar="SHARE", help="table: of the rows, for validation, such as 0.2."),
    click.option("--test", type=float, metavar="SHARE", help="table: of the rows, for a test, such as 0.1."),
    click.option("--split-seed", type=SEED, help="table: by which rows are dealt into parts.  [default: 0]"),
)  # fmt: skip
MODEL_OPTIONS = (
    click.option(
        "--model", metavar="MODEL",
        help="table: linear, two-relu, relu-K for K units, mlp, logistic or softmax.  [default: mlp with --hidden,"
        " else linear, logistic or softmax, as the target is]",
    ),
    click.option(
        "--hidden", metavar="8,4", type=Sizes(), multiple=True, help="table: the units of an mlp's hidden layers."
    ),
    click.option("--activation", metavar="NAME", help="table: of an mlp, such as tanh.  [default: relu]"),
    click.option("--loss", metavar="NAME", help="table: mse, mae, huber, bce_with_logits or cross_entropy."),
    click.option(
        "--frozen", metavar="NAME", multiple=True, help="table: parameters and layers that do not learn, such as W_1."
    ),
)  # fmt: skip


def table_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a table."""
    for option in reversed(TABLE_OPTIONS):
        command = option(command)
    return command


def own_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a table and of a model."""
    for option in reversed(MODEL_OPTIONS):
        command = option(command)
    return table_options(command)


# ---- words on the command line


def is_table(word: str) -> bool:
    """Whether a word is meant as a path: it has a suffix or a folder, or something of that name is there."""
    path = Path(word)
    return bool(path.suffix or len(path.parts) > 1) or meant(word).exists()


def is_own(what: str) -> bool:
    """Whether a word names a table, not a model of the passengers.

    Raises: SheetnetError for a word that names neither.
    """
    from sheetnet.models.model import kind_of, known

    if kind_of(what.replace("-", "_")) is not None:
        return False
    if not is_table(what):
        near = alike(what, ("linear", "two-relu", "relu-5"))
        raise SheetnetError(f"there is no model {what!r}; known are {known()}; a table is a file: penguins.csv{near}")
    return True


def workbook_named(what: str) -> Path:
    """The workbook that a word names which is no lesson.

    Raises: SheetnetError for what is no .xlsx file either, with the lessons and one that comes close.
    """
    if Path(what).suffix.lower() != ".xlsx":
        known = f"lessons are {', '.join(LISTING)}, a workbook is a file such as mine.xlsx"
        raise SheetnetError(f"{what!r} is no lesson and no workbook: {known}{alike(what, [*LISTING])}")
    return Path(what)


def alike(word: str, names: Iterable[str]) -> str:
    """`; did you mean ...?`: names, and tables in this folder, that are much like a wrong word; else nothing."""
    from difflib import get_close_matches

    from sheetnet.tables.reading import PACKED, TEXTS

    try:
        files = [path.name for path in Path().iterdir() if path.suffix.lower() in (*PACKED, *TEXTS, ".parquet", ".pq")]
    except OSError:
        files = []
    known = {name.lower(): name for name in [*(bare(file) for file in files), *names]}
    shown = {bare(file): file for file in sorted(files, reverse=True)}
    found = [known[name] for name in get_close_matches(word.lower(), known, cutoff=0.6)]
    return f"; did you mean {' or '.join(shown.get(name, name) for name in found)}?" if found else ""


def bare(file: str) -> str:
    """The name of a table without its folder and endings: penguins of data/penguins.csv.gz."""
    from sheetnet.tables.reading import PACKED

    path = Path(file)
    return (Path(path.stem) if path.suffix.lower() in PACKED else path).stem


def none_of(options: dict[str, Any], names: Sequence[str], words: str) -> None:
    """Nothing, where none of these options was given.

    Raises: SheetnetError naming one that was, with words.
    """
    for name in names:
        value = options.get(name)
        if not (value is None or value is False or value == ()):
            raise SheetnetError(f"--{name.replace('_', '-')} is for {words}")

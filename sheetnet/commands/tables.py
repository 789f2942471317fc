"""What people say of a table and of a model that learns from it: the same options in every command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from sheetnet.commands.common import SEED, listed, say
from sheetnet.errors import DataError, SheetnetError
from sheetnet.tables.columns import How, Missing, Saying

if TYPE_CHECKING:
    from sheetnet.models.net import Net
    from sheetnet.tables.table import Table

SAYINGS: dict[str, How] = {how.replace("_", "-"): how for how in get_args(How)}
USUAL = {"number": "linear", "two": "logistic", "many": "softmax"}  # models, by the kind of target
HIDDEN = 8  # units of an mlp of which nothing is said
TABULATORS = ("tab", "\\t")  # as people type one
OF_TABLE = (
    "target", "features", "leave_out", "column", "missing", "separator", "decimal", "encoding", "positive", "kind",
    "valid", "test", "split_seed",
)  # fmt: skip
OF_MODEL = ("model", "hidden", "activation", "loss")


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


def own_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a table and of a model."""
    for option in reversed((
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
        click.option("--kind", type=click.Choice(list(USUAL)), help="table: of target, a number, two or many classes."),
        click.option("--valid", type=float, metavar="SHARE", help="table: of the rows, for validation, such as 0.2."),
        click.option("--test", type=float, metavar="SHARE", help="table: of the rows, for a test, such as 0.1."),
        click.option("--split-seed", type=SEED, help="table: by which rows are dealt into parts.  [default: 0]"),
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
    )):  # fmt: skip
        command = option(command)
    return command


# ---- words on the command line


def is_table(word: str) -> bool:
    """Whether a word is meant as a path: it has a suffix or a folder, or something of that name is there."""
    path = Path(word)
    return bool(path.suffix or len(path.parts) > 1) or path.expanduser().exists()


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
    found = [known[name] for name in get_close_matches(word.lower(), known, cutoff=0.7)]
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


# ---- what was said, as table and model


def own_table(file: str, options: dict[str, Any]) -> Table:
    """The table of a file, as the options say.

    Raises: DataError as sn.table, in the words of the command line.
    """
    import sheetnet as sn

    sayings: dict[str, Saying] = {}
    left_out = [(name, "left-out") for name in listed("leave-out", options["leave_out"])]
    for name, how in (*options["column"], *left_out):
        if name in sayings:
            raise SheetnetError(f"{file}: column {name} is said twice; leave one --column or --leave-out away")
        sayings[name] = sn.dummies() if how == "dummies" else Saying(SAYINGS[how])
    shares = {name: options[name] or 0.0 for name in ("valid", "test") if options[name] is not None}
    if options["split_seed"] is not None and not shares:
        raise SheetnetError("--split-seed deals rows into parts; say how many with --valid or --test")
    read = {name: options[name] for name in ("kind", "positive", "separator", "decimal", "encoding")}
    if read["separator"] in TABULATORS:
        read["separator"] = "\t"
    say(f"reading {file}")
    try:
        table = sn.table(
            file, options["target"], columns=sayings, missing=options["missing"] or "drop",
            features=listed("features", options["features"]) or None, **read,
        )  # fmt: skip
        if shares:
            table = table.split(**{"valid": 0.0, "test": 0.0, **shares}, seed=options["split_seed"] or 0)
    except DataError as reason:
        raise DataError(typed(str(reason))) from None
    say(f"{table.n_rows} rows, {table.n_features} features")
    return table


def own_net(options: dict[str, Any], table: Table) -> Net:
    """The model that the options name, for the table.

    Raises: SheetnetError for a model that is unknown or does not suit the target, and settings that it does not have.
    """
    import sheetnet as sn
    from sheetnet.models.make import relus

    hidden = [size for sizes in options["hidden"] for size in sizes]
    name = (options["model"] or ("mlp" if hidden else USUAL[table.target.kind])).replace("_", "-")
    loss = options["loss"]
    if name == "mlp":
        return sn.mlp(table, hidden or [HIDDEN], activation=options["activation"] or "relu", loss=loss)
    none_of(options, ("hidden", "activation"), f"--model mlp; {name} has no hidden layers to choose")
    if name in ("logistic", "softmax"):
        none_of(options, ("loss",), f"linear, two-relu, relu-K and mlp; {name} has its own")
        return (sn.logistic if name == "logistic" else sn.softmax)(table)
    units = re.fullmatch(r"relu-([1-9]\d{0,3})", name)
    if name not in ("linear", "two-relu") and not units:
        known = ("linear", "two-relu", "relu-K", "mlp", "logistic", "softmax")
        near = alike(name, known)
        raise SheetnetError(f"--model: there is no model {name!r}; known are {', '.join(known)}{near}")
    made = relus(table, int(units[1]), loss) if units else (sn.linear if name == "linear" else sn.two_relu)(table, loss)
    return made  # type: ignore[return-value]  # no table of the passengers comes from a file


def own_flags(file: str, options: dict[str, Any]) -> str:
    """The table and the model again, as they would be typed."""
    flags = [file]
    for name in (*OF_TABLE, *OF_MODEL):
        value = options[name]
        if name == "column":
            value = ["=".join(one) for one in value]
        elif name == "hidden":
            value = [",".join(map(str, sizes)) for sizes in value]
        values = [] if value is None else value if isinstance(value, list | tuple) else [value]
        flags += [part for one in values for part in (f"--{name.replace('_', '-')}", str(one))]
    return shlex.join(flags)


def about(table: Table) -> str:
    """A line on the table, and one for each word on how it was read."""
    head, *_ = str(table).partition("\n")
    return "\n".join([head, *(f"  {words}" for words in table.said)])


_WAYS = "|".join(get_args(How))
_ARGUMENTS = "target|features|missing|kind|positive|separator|decimal|encoding"
_IN_PYTHON: dict[str, Callable[[re.Match[str]], str]] = {
    r"say target=": lambda m: "say it with --target COLUMN",
    r"columns=\{'(.+?)': sn\.(\w+)\(\)\}": lambda m: f"--column {shlex.quote(m[1])}={m[2].replace('_', '-')}",
    r"columns=\{\.\.\.\}": lambda m: "--column NAME=HOW",
    r"columns=(?=[ ;.,]|$)": lambda m: "--column",
    r"features=\[\.\.\.\]": lambda m: "--features A,B",
    r"sn\.left_out\(\)": lambda m: "--leave-out NAME",
    rf"sn\.({_WAYS})\((?:\"\w+\")?\)": lambda m: f"--column NAME={m[1].replace('_', '-')}",
    rf"(?<![\w-])({_ARGUMENTS})=(?=[ ;.,]|$)": lambda m: f"--{m[1]}",
    rf"(?<![\w-])({_ARGUMENTS})=(?=[\"'])": lambda m: f"--{m[1]} ",
}  # what the messages of sn.table advise, and how it is typed


def typed(message: str) -> str:
    """A message of sn.table, with options in place of its arguments.

    >>> typed("say how: columns={'island': sn.dummies()}, or mend missing=")
    'say how: --column island=dummies, or mend --missing'
    """
    for pattern, words in _IN_PYTHON.items():
        message = re.sub(pattern, words, message)
    return message

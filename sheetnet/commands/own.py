"""What the options say, as a table and a model, in the words of the command line."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, get_args

from sheetnet.commands.common import features_in, listed, reading_of, say
from sheetnet.commands.tables import OF_MODEL, OF_TABLE, SAYINGS, alike, none_of
from sheetnet.errors import DataError, SheetnetError
from sheetnet.tables.columns import How, Saying
from sheetnet.tables.words import shown

if TYPE_CHECKING:
    from sheetnet.models.net import Net
    from sheetnet.tables.table import Table

USUAL = {"number": "linear", "two": "logistic", "many": "softmax"}  # models, by the kind of target
HIDDEN = 8  # units of an mlp of which nothing is said


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
    said = {name: options[name] for name in ("kind", "positive")} | asdict(reading_of(options))
    say(f"reading {file}")
    try:
        table = sn.table(
            file, options["target"], columns=sayings, missing=options["missing"] or "drop",
            features=listed("features", options["features"]) or None, **said,
        )  # fmt: skip
        if shares:
            table = table.split(**{"valid": 0.0, "test": 0.0, **shares}, seed=options["split_seed"] or 0)
    except DataError as reason:
        words = typed(str(reason))
        if any(shown(name) in words for name, how in left_out):
            words = words.replace("mend --column", "mend --leave-out")
        raise DataError(words) from None
    say(f"{table.n_rows} rows, {table.n_features} features")
    return table


def own_net(options: dict[str, Any], table: Table) -> Net:
    """The model that the options name, for the table.

    Raises: SheetnetError for a model that is unknown or does not suit the target, and settings that it does not have.
    """
    from sheetnet.models.frozen import froze

    net = _net_named(options, table)
    return froze(net, options["frozen"]) if options["frozen"] else net


def _net_named(options: dict[str, Any], table: Table) -> Net:
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
    """A line on the table, one for each word on how it was read, and its features."""
    head, *_ = str(table).partition("\n")
    return "\n".join([head, *(f"  {words}" for words in table.said), f"  {features_in(table.features)}"])


def in_own_words(trouble: str, table: Table) -> str:
    """What is wrong with a loss, in the words of the command line; a target that is large is named."""
    trouble = trouble.replace("a smaller learning rate", "a smaller --lr")
    largest, units = float(abs(table.y).max()), table.graph().units
    if units is None or units.scaled or largest <= 10:
        return trouble
    what, _, remedy = trouble.rpartition(": ")
    return f"{what}: {units.name} is of size {largest:.0e}, as it is; {remedy}, or leave its --column away"


_WAYS = "|".join(get_args(How))
_ARGUMENTS = "target|features|missing|kind|positive|separator|decimal|encoding"
_IN_PYTHON: dict[str, Callable[[re.Match[str]], str]] = {
    r"\(sn\.open_rows\)": lambda m: "(sheetnet train linear --data FILE)",
    r"say fill=True": lambda m: "say --fill",
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

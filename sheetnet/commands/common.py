"""What the commands share: options, progress, files."""

from __future__ import annotations

import csv
import json
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sheetnet.commands.ending import worker
from sheetnet.common.files import end_of, meant, replaceable
from sheetnet.common.settings import MAX_SEED
from sheetnet.errors import SheetnetError

if TYPE_CHECKING:
    from sheetnet.tables.opened import Reading

CONTEXT = {"help_option_names": ["-h", "--help"]}
SEED = click.IntRange(0, MAX_SEED)
TABULATORS = ("tab", "\\t")  # as people type one
FORM = ("separator", "decimal", "encoding")  # of a text file, where it does not tell


class _FileName(click.ParamType):  # type: ignore[type-arg]
    """The name of a file: '' is none, though the system takes it for this folder."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name as it was typed."""
        if not value.strip():
            self.fail("the name of a file is expected, found nothing")
        if "\0" in value:
            self.fail("the name of a file holds no zero byte")
        return str(value)


FILE = _FileName()


def speaks() -> bool:
    """Whether this process speaks and writes files: the only one, or the first of several."""
    return worker() in ("", " (worker 0)")


def say(words: str) -> None:
    """Progress for a person; nothing in a pipe."""
    if sys.stderr.isatty() and speaks():
        click.echo(f"... {words}", err=True)


@contextmanager
def bar(length: int, label: str) -> Iterator[Callable[[int, str], None]]:
    """A progress bar on a terminal, moved by calls of (how far, words); nothing in a pipe."""
    if not sys.stderr.isatty() or not speaks():
        yield lambda at, words: None
        return
    shown = click.progressbar(length=length, label=label, file=sys.stderr, item_show_func=lambda words: words)
    with shown as made:
        yield lambda at, words: made.update(at - made.pos, words)


def dead_words(dead: int, units: int) -> str:
    """What it means that so many of a net's units are above 0 for no row, and what to do."""
    be, get = ("is", "it gets") if dead == 1 else ("are", "they get")
    return (
        f"{dead} of {units} units {be} dead: 0 for every row, so that {get} no gradient. Try another seed, a smaller"
        " rate or scale, or features of size about 1"
    )


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a prepared table: --recipe and --csv."""
    recipe = click.option(
        "--recipe", type=click.Choice(["sheet", "notebook"]), default="sheet", show_default=True,
        help="sheet: incomplete rows dropped, ten columns; notebook: blanks filled, twelve columns.",
    )  # fmt: skip
    csv = click.option(
        "--csv",
        type=FILE,
        metavar="FILE",
        help="Your own table, with the columns of Kaggle's train.csv.  [default: the shipped one]",
    )
    return recipe(csv(command))


def rows_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a prepared table, and those of files with columns of numbers, but for target and features."""
    for option in (
        click.option(
            "--memory", metavar="SIZE",
            help="With --data: rows that take more, such as 2GB, are streamed.  [default: a quarter of what is free]",
        ),
        click.option("--no-constant", is_flag=True, help="With --data: no column of ones beside the features."),
        click.option(
            "--data", type=FILE, metavar="FILE",
            help="Columns of numbers instead: CSV, Parquet or Arrow, a file or a folder."
        ),
    ):  # fmt: skip
        command = option(command)
    return recipe_options(command)


def table_of(options: dict[str, Any]) -> Any:
    """The rows that the options name: a prepared table, or files with many rows."""
    import sheetnet as sn

    only = [name for name in ("target", "features", "memory", *FORM) if options.get(name)]
    if options["data"] is None:
        if only or options["no_constant"]:
            raise SheetnetError(
                f"--{only[0] if only else 'no-constant'} is for --data FILE; name the file, or leave it away"
            )
        table = sn.titanic(options["recipe"], options["csv"])
        say(f"{table.n_rows} rows, {table.n_features} features")
        return table
    if options["recipe"] != "sheet":
        raise SheetnetError("--recipe is for the passengers' table; --data takes columns as they are")
    features = listed("features", options["features"]) or None
    if options["csv"]:
        raise SheetnetError("say either --csv, for a table like Kaggle's train.csv, or --data, for columns of numbers")
    if not options["target"]:
        raise SheetnetError("--data needs --target COLUMN: the column to predict")
    form = asdict(reading_of(options))
    return sn.open_rows(options["data"], options["target"], features, constant=not options["no_constant"], **form)


def reading_of(options: dict[str, Any]) -> Reading:
    """What the options say of a text file."""
    from sheetnet.tables.opened import Reading

    separator = "\t" if options["separator"] in TABULATORS else options["separator"]
    return Reading(separator, options["decimal"], options["encoding"])


def listed(option: str, texts: Sequence[str]) -> list[str]:
    """The names in texts such as `a, b`; one with a comma stands in quotes, as in a CSV file.

    Raises: SheetnetError for a text without a name.
    """
    names = [name.strip() for text in texts for line in csv.reader([text], skipinitialspace=True) for name in line]
    if texts and not (names and all(names)):
        raise SheetnetError(f"--{option} needs the names of columns, such as --{option} miles,hour")
    return names


def table_flags(options: dict[str, Any]) -> str:
    """The options that name the same table again, as they would be typed."""
    flags = ["--recipe", options["recipe"]] if options["recipe"] != "sheet" and not options["data"] else []
    for name in ("csv", "data", "target", *FORM):
        flags += [f"--{name}", options[name]] if options[name] else []
    flags += [part for names in options["features"] for part in ("--features", names)]
    return shlex.join([*flags, "--no-constant"] if options["no_constant"] else flags)


def outputs(options: dict[str, Any], names: Mapping[str, tuple[str, ...]]) -> dict[str, Path]:
    """The files that options name, if such files can be written there: told before the work is done.

    Raises: SheetnetError for another kind of file, a folder, a folder that is not there, or one file named twice.
    """
    files: dict[str, Path] = {}
    for name, kinds in names.items():
        if options.get(name) is None:
            continue
        path = Path(options[name])
        try:
            _check_output(name, path, kinds, options, files)
        except OSError as reason:
            raise SheetnetError(f"{path}: cannot be written: {reason.strerror or reason}") from None
        files[name] = path
    return files


def _check_output(
    name: str, path: Path, kinds: tuple[str, ...], options: dict[str, Any], others: dict[str, Path]
) -> None:
    if kinds and path.suffix.lower() not in kinds:
        raise SheetnetError(f"{path}: for --{name} name a file that ends in {' or '.join(kinds)}")
    if path.is_dir():
        raise SheetnetError(f"{path}: this is a folder; name a file for --{name}")
    if not path.parent.is_dir():
        raise SheetnetError(f"{path}: the folder {path.parent} does not exist; create it or choose another")
    replaceable(path)
    same = [end_of(meant(options[source])) for source in ("csv", "data", "source") if options.get(source)]
    if any(source in (end_of(path), end_of(path).parent) for source in same):
        raise SheetnetError(f"{path}: --{name} would overwrite the table, or lie among its files; name another")
    for other, file in others.items():
        if end_of(file) == end_of(path):
            raise SheetnetError(f"{path}: --{other} and --{name} name the same file; name two")


def tell_kept(path: Path, copy: Path | None) -> None:
    """None; a word on the copy of what stood in a file that was written over, where there is one."""
    if copy is not None:
        click.echo(f"kept: {copy}, which is what stood in {path}", err=True)


def tell_dialect(name: str) -> None:
    """None; a word on the programs that show no numbers in a workbook of a dialect, where there are such."""
    if name == "modern":
        from sheetnet.engines.base import NO_LET

        which = "the modern dialect is for Excel 365 or 2024, Google Sheets and IronCalc"
        old = "Excel 2021 and older not all of them. --dialect classic is for every program"
        click.echo(f"{which}: {NO_LET}, {old}", err=True)


def features_in(names: Sequence[str]) -> str:
    """The features in use, 40 at most, in a line: what was learnt from should be seen."""
    more = f" and {len(names) - 40} more" if len(names) > 40 else ""
    return f"features: {', '.join(names[:40])}{more}"


def memory_of(options: dict[str, Any]) -> int | None:
    """The bytes that --memory names, or None."""
    from sheetnet.training.source import bytes_of

    return bytes_of(options["memory"]) if options["memory"] else None


def device_options(dtype: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options that say where and in which numbers: --device, --dtype and --path."""

    def add(command: Callable[..., Any]) -> Callable[..., Any]:
        device = click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:1, mps, or auto.")
        kinds = click.Choice(["float64", "float32", "bfloat16", "float16"])
        dtypes = click.option(
            "--dtype", type=kinds, default=dtype, show_default=True, help="The numbers to compute in."
        )
        words = "How it is computed: auto, autograd, fused, gram, factored, closed and others; see the README."
        path = click.option("--path", default="auto", show_default=True, help=words)
        return device(dtypes(path(command)))

    return add


def numbers(values: Any) -> list[float | None]:
    """JSON has no inf and nan: null."""
    return [finite(v) for v in values.tolist()]


def finite(value: float) -> float | None:
    """The number, or None where it is inf or nan."""
    import math

    return value if math.isfinite(value) else None


def print_json(content: Any) -> None:
    """One line of JSON on standard output."""
    click.echo(json.dumps(content))

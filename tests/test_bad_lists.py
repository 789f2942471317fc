"""Every option of every command that names a file or a number, with everything that is none: one message, exit code 2.

Each is under ten seconds and a gigabyte, and no file is changed. A new option belongs in READS, WRITES or NUMBERS.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from conftest import Made, command_of

from sheetnet.__main__ import main

SECONDS, MEGABYTES = 10, 1000
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and limits as on POSIX")

TRAIN, SWEEP = "--epochs 2 --device cpu", "--epochs 2 --device cpu --nets 4 --lr 0.1 --scale 0.5"
TABLE = "good.csv --target y"
ROWS = "linear --data rows.csv --target y"

# ---- what is no file to read: the command with X where the name stands, and the endings that such files have

READS: dict[str, tuple[str, ...]] = {
    "build X --target y -o new.xlsx": (".csv", ".parquet", ".gz"),
    "build titanic --csv X -o new.xlsx": (".csv",),
    "build titanic --params X -o new.xlsx": (".csv", ".xlsx"),
    "show X": (".csv", ".parquet", ".zip"),
    f"train X --target y {TRAIN}": (".csv", ".pq"),
    f"train linear --csv X {TRAIN}": (".csv",),
    f"train linear --data X --target y {TRAIN}": (".csv", ".parquet", ".arrow"),
    f"train linear --csv small.csv --checkpoint X {TRAIN}": (".npz",),
    f"sweep X --target y {TRAIN}": (".csv",),
    f"sweep linear --csv X {SWEEP}": (".csv",),
    f"sweep linear --data X --target y {SWEEP}": (".csv", ".feather"),
    "check X": (".xlsx",),
    "params X": (".xlsx",),
    "predict X --csv small.csv -o new.csv": (".xlsx",),
    "predict small.xlsx --csv X -o new.csv": (".csv",),
    "live X --engine ironcalc": (".xlsx",),
    "live small.xlsx --engine ironcalc --weights X": (".csv", ".npz"),
    "assign new --class X --lesson quadratic": (".csv",),
    "grade X": (".xlsx",),
    "slides X -o new": (".xlsx",),
    "publish X -o new.html": (".xlsx",),
}


def loop(path: Path) -> None:
    path.symlink_to(path.name)


NO_FILES: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: None,
    "folder": lambda path: path.mkdir(),
    "pipe": os.mkfifo,
    "zeros": lambda path: path.symlink_to("/dev/zero"),
    "nothing": lambda path: path.symlink_to("/dev/null"),
    "proc": lambda path: path.symlink_to("/proc/self/status"),
    "circle": loop,
    "nowhere": lambda path: path.symlink_to("/nowhere/at/all"),
    "empty": lambda path: path.touch(),
    "noise": lambda path: path.write_bytes(bytes(range(256)) * 20),
    "zip": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(200)),
    "page": lambda path: path.write_text("<!DOCTYPE html><html><body>Sign in</body></html>"),
    "line\nbreak": lambda path: path.mkdir(),
    "\x1b[2Jclears": lambda path: None,
    "\udcff": lambda path: None,  # no UTF-8
    "数据": lambda path: path.mkdir(),
    "-n": lambda path: path.mkdir(),
}
NO_NAMES = ("", " ", "a" * 300, "b/" * 2500, "~nobody-of-that-name/x", "good.csv/x", "\0")

# ---- what is no place to write to

WRITES: dict[str, tuple[str, ...]] = {
    f"build {TABLE} --epochs 2 -o X": (".xlsx",),
    "build quadratic -o X": (".xlsx",),
    "build titanic --csv small.csv --epochs 1 -o X": (".xlsx",),
    f"train {TABLE} {TRAIN} --history X": (".csv",),
    f"train {TABLE} {TRAIN} --params X": (".csv", ".npz", ".pt"),
    f"train {TABLE} {TRAIN} --plot X": (".png",),
    f"train {ROWS} {TRAIN} --weights X": (".csv",),
    f"train {ROWS} {TRAIN} --checkpoint X": (".npz",),
    f"sweep {ROWS} {SWEEP} -o X": (".xlsx",),
    f"sweep {ROWS} {SWEEP} --results X": (".csv", ".parquet"),
    f"sweep {ROWS} {SWEEP} --plot X": (".svg",),
    "params small.xlsx --model linear -o X": (".csv", ".npz"),
    "params small.xlsx --table X": (".csv",),
    "predict small.xlsx --csv small.csv -o X": (".csv",),
    "grade small.xlsx -o X": (".csv", ".html"),
    "publish small.xlsx -o X": (".html",),
    "assign class --class good.csv --lesson quadratic --key X": (".xlsx", ".csv"),
}


def read_only(path: Path) -> None:
    path.touch()
    path.chmod(0o444)


NO_PLACES: dict[str, Callable[[Path], object]] = {
    name: NO_FILES[name] for name in ("folder", "pipe", "zeros", "nothing", "circle", "nowhere", "line\nbreak")
} | {"read-only": read_only}

# ---- what is no number

NUMBERS: dict[str, tuple[str, ...]] = {
    f"build {TABLE} -o new.xlsx": ("--epochs", "--lr", "--seed", "--valid", "--test", "--hidden", "--split-seed"),
    f"train {TABLE} --device cpu": ("--lr", "--weight-decay", "--batch", "--seed", "--valid", "--hidden"),
    f"train {ROWS} --device cpu": ("--lr", "--weight-decay", "--batch", "--seed", "--scale", "--memory", "--every"),
    f"sweep {ROWS} --device cpu --epochs 2": ("--nets", "--lr", "--scale", "--weight-decay", "--seed", "--memory"),
    "params small.xlsx": ("--epoch",),
    "predict small.xlsx --csv small.csv -o new.csv": ("--epoch",),
    "live small.xlsx --engine ironcalc --epochs 0": ("--lr", "--per-second", "--every"),
}
NO_NUMBERS = ("nan", "-inf", "-1", "-1e-9", "1e308", "1e999", "", "x", "0x10", "1,5e", "9" * 30, "9" * 5000, "1;2", "½")


@pytest.fixture(scope="module")
def folder(small: Made, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with what is well, to work in."""
    path = tmp_path_factory.mktemp("bad")
    shutil.copy(small.path, path / "small.xlsx")
    shutil.copy(small.csv or "", path / "small.csv")
    rows = [f"{i % 3},{i * i % 7},{i % 2}" for i in range(12)]
    for name in ("good.csv", "rows.csv"):
        (path / name).write_text("a,b,y\n" + "\n".join(rows) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(path)
        for warm in (
            f"sweep {ROWS} {SWEEP}",
            f"train {ROWS} {TRAIN} --path fused",
        ):  # numba compiles what it has not kept
            assert CliRunner().invoke(main, warm.split()).exit_code == 0
        yield path


class Slow(BaseException):
    """It took too long."""


def invoked(command: str, name: str) -> Result:
    """What comes of a command with the name in the place of X, within its time."""

    def stop(*_: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        return CliRunner().invoke(main, [name if word == "X" else word for word in command.split(" ")])
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fault(result: Result) -> str:
    """What is wrong with how a command refused; '' where it did so well."""
    if result.exit_code != 2 or not isinstance(result.exception, SystemExit):
        return f"exit code {result.exit_code}, {result.exception!r}, {result.stdout[:200]}{result.stderr[-200:]}"
    usage = "Error: " in result.stderr and result.stderr.startswith("Usage: ")
    lines = result.stderr.splitlines()
    if not usage and (len(lines) != 1 or not result.stderr.startswith("sheetnet: ")):
        return f"no message of one line: {result.stderr}"
    if "a fault of sheetnet" in result.stderr or "Traceback" in result.stderr or result.stdout:
        return result.stderr + result.stdout
    return "" if len(result.stderr) < 2000 or usage else f"a message of {len(result.stderr)} characters"


def content(folder: Path) -> dict[str, bytes | int]:
    """What stands in a folder: bytes of the files, the mode of what is none."""
    return {str(path): path.read_bytes() if path.is_file() and not path.is_symlink() else path.lstat().st_mode
            for path in folder.iterdir()}  # fmt: skip


def peak() -> float:
    """Megabytes that this process has taken at most."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def faults(command: str, names: list[str], allowed: Callable[[str, Result], bool] = lambda *_: False) -> list[str]:
    """What is wrong with how a command refuses these names, with the seconds and megabytes of what takes too much."""
    found = []
    for name in names:
        began, before = time.perf_counter(), peak()
        result = invoked(command, name)
        seconds, megabytes = time.perf_counter() - began, peak() - before
        wrong = "" if allowed(name, result) else fault(result)
        if seconds > SECONDS or megabytes > MEGABYTES:
            wrong += f" {seconds:.1f} s, {megabytes:.0f} MB"
        if wrong:
            found.append(f"{command.replace('X', ascii(name)[:60])}: {wrong}")
    return found


def made(kinds: dict[str, Callable[[Path], object]], endings: tuple[str, ...], folder: Path) -> list[str]:
    """The names of files of these kinds, as they were made in a folder; absent ones too."""
    names = []
    for ending in endings:
        for kind, make in kinds.items():
            make(path := folder / f"{kind}{ending}")
            names.append(os.path.relpath(path))
    return names


@pytest.mark.parametrize("command", READS)
def test_what_is_no_file_to_read_is_told_in_one_line(command: str, folder: Path, tmp_path: Path) -> None:
    names = made(NO_FILES, READS[command], tmp_path) + [
        f"{name}{READS[command][0]}" if name.strip() else name for name in NO_NAMES
    ]
    before, there = content(folder), content(tmp_path)

    def allowed(name: str, result: Result) -> bool:
        begins = "--checkpoint" in command and Path(name).stem in ("absent", "\x1b[2Jclears", "\udcff")
        return begins and result.exit_code == 0

    assert faults(command, names, allowed) == []
    assert content(folder) == before
    if "--checkpoint" not in command:
        assert content(tmp_path) == there


@pytest.mark.parametrize("command", WRITES)
def test_what_is_no_place_to_write_to_is_told_in_one_line(command: str, folder: Path, tmp_path: Path) -> None:
    names = made(NO_PLACES, WRITES[command], tmp_path) + [
        f"{name}{WRITES[command][0]}" if name.strip() else name for name in NO_NAMES
    ]
    before, there = content(folder), content(tmp_path)
    assert faults(command, names) == []
    assert (content(folder), content(tmp_path)) == (before, there)


@pytest.mark.parametrize("command", NUMBERS)
def test_what_is_no_number_is_told_in_one_line(command: str, folder: Path) -> None:
    before = content(folder)

    def allowed(name: str, result: Result) -> bool:  # some are numbers for some options
        return result.exit_code == 0 and not result.stderr.startswith("sheetnet: a fault")

    wrong = [line for option in NUMBERS[command] for line in faults(f"{command} {option} X", list(NO_NUMBERS), allowed)]
    assert wrong == []
    for new in ("new.xlsx", "new.csv"):
        (folder / new).unlink(missing_ok=True)
    assert content(folder) == before


def test_the_lists_are_long() -> None:
    reads = sum(len(endings) * len(NO_FILES) + len(NO_NAMES) for endings in READS.values())
    writes = sum(len(endings) * len(NO_PLACES) + len(NO_NAMES) for endings in WRITES.values())
    numbers = sum(len(options) * len(NO_NUMBERS) for options in NUMBERS.values())
    assert reads + writes + numbers >= 500


def test_every_option_that_names_a_file_is_in_a_list() -> None:
    told = " ".join([*READS, *WRITES]).split()
    for name in main.list_commands(click.Context(main)):
        files = [p for p in command_of(name).params if p.type.name == "file"]
        assert all(any(word in told for word in p.opts) for p in files if isinstance(p, click.Option)), name


@pytest.mark.parametrize("plant", ["traceback", "two lines", "wrong code", "silence", "memory", "time"])
def test_a_command_that_refuses_badly_is_seen(plant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    held = []

    @click.command()
    @click.argument("name")
    def bad(name: str) -> None:
        if plant == "traceback":
            raise KeyError(name)
        if plant == "memory":
            held.append(bytearray(30 * 2**20))
        if plant == "time":
            time.sleep(0.3)
        click.echo({"two lines": "sheetnet: no\nand no", "silence": ""}.get(plant, "sheetnet: no"), err=True)
        sys.exit(1 if plant == "wrong code" else 2)

    monkeypatch.setitem(main.commands, "bad", bad)
    monkeypatch.setattr(f"{__name__}.SECONDS", 0.2)
    monkeypatch.setattr(f"{__name__}.MEGABYTES", 1 if plant == "memory" else 1000)
    monkeypatch.setattr(signal, "alarm", lambda _: None)
    if plant == "memory":
        monkeypatch.setattr(f"{__name__}.peak", lambda: sum(map(len, held)) / 2**20)
    assert len(faults("bad X", ["x"])) == 1

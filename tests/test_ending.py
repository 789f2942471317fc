"""Whatever ends a command is one message and the right exit code: 2, or 130 for Ctrl-C, and 1 only for what differs."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from conftest import ROOT, Made

from sheetnet.__main__ import main
from sheetnet.commands.ending import Commands, ended
from sheetnet.common.collecting import collecting_later
from sheetnet.errors import DataError, SheetnetWarning


def command(body: Callable[[], object]) -> Result:
    """What comes of a command with this body, in a group like ours."""
    group = Commands("sheetnet")

    @group.command()
    def one() -> None:
        body()

    return CliRunner().invoke(group, ["one"])


def raiser(reason: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise reason

    return body


ENDS: dict[str, tuple[BaseException, int, str]] = {
    "a message": (DataError("a.csv: found nothing"), 2, "sheetnet: a.csv: found nothing\n"),
    "an exit": (SystemExit(1), 1, ""),
    "an exit without a code": (SystemExit(), 0, ""),
    "Ctrl-C": (KeyboardInterrupt(), 130, "sheetnet: stopped at once; no file is half written\n"),
    "a file that ends too soon": (EOFError("Ran out of input"), 2, "EOFError: Ran out of input"),
    "no memory": (MemoryError(), 2, "the memory is full"),
    "no memory, says torch": (RuntimeError("DefaultCPUAllocator: can't allocate memory"), 2, "the memory is full"),
    "a full disk": (OSError(28, "No space left on device", "a.csv"), 2, "sheetnet: a.csv: No space left on device\n"),
    "the system": (OSError(5, "Input/output error"), 2, "sheetnet: Input/output error\n"),
    "a name that is no UTF-8": (DataError("\udcff.csv: no"), 2, "sheetnet: \\udcff.csv: no\n"),
    "a newline in a name": (DataError("a\nb.csv: no"), 2, "sheetnet: a\\nb.csv: no\n"),
    "a fault of ours": (KeyError("W"), 2, "a fault of sheetnet itself, please report it (KeyError: 'W'; "),
    "text that is none": (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), 2, "UnicodeDecodeError"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ENDS)
def test_it_ends_in_one_line_and_the_right_code(kind: str) -> None:
    reason, code, words = ENDS[kind]
    found = command(raiser(reason))
    assert (found.exit_code, found.stdout) == (code, "")
    assert words in found.stderr
    assert len(found.stderr.splitlines()) == (1 if words else 0)


def test_where_a_fault_arose_is_shown_to_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETNET_TRACEBACK", "1")
    assert "Traceback" in command(raiser(KeyError("W"))).stderr


def test_warnings_of_libraries_are_silent_and_ours_is_one_line() -> None:
    def body() -> None:
        np.array([1e308]) * np.array([1e308])
        logging.getLogger("matplotlib").warning("a temporary cache directory was created")
        for _ in range(2):
            warnings.warn(SheetnetWarning("the cache is off"), stacklevel=1)

    found = command(body)
    assert (found.exit_code, found.stderr) == (0, "sheetnet: the cache is off\n")


class Full:
    """A stream that takes nothing, as on a full disk."""

    encoding, errors = "utf-8", "strict"

    def __init__(self, number: int) -> None:
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))

    flush = close = lambda self: None
    isatty = lambda self: False  # noqa: E731


@pytest.mark.parametrize(("number", "code"), [(28, 2), (32, 0)], ids=["full", "nobody reads any more"])
def test_a_command_whose_output_is_lost_does_its_work(
    number: int, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = []

    def body() -> None:
        click.echo("losses")
        done.append("files")

    monkeypatch.setattr(sys, "stdout", Full(number))
    assert ended(body) == code
    assert done == ["files"]
    assert ("standard output cannot be written" in capsys.readouterr().err) == (code == 2)


def test_a_command_whose_messages_are_lost_does_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Full(28))
    assert ended(lambda: click.echo("a warning", err=True)) == 0
    monkeypatch.setattr(sys, "stderr", None)
    assert ended(lambda: click.echo("a warning", err=True)) == 0
    assert ended(raiser(DataError("no"))) == 2


SHELL = {
    "lessons >/dev/full": 2,
    "--help >/dev/full": 2,
    "lessons >&-": 0,
    "lessons 2>&-": 0,
    "lessons <&- >&- 2>&-": 0,
    "check absent.xlsx 2>&-": 2,
    "check absent.xlsx 2>/dev/full": 2,
    "check 'absent 数据.xlsx'": 2,
    "check $'absent \\xff.xlsx'": 2,
    "frobnicate": 2,
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_closed_and_full_streams_and_strange_names_in_a_shell(tmp_path: Path) -> None:
    script = "\n".join(f'"$PYTHON" -m sheetnet {line}; echo "rc $?" >&3' for line in SHELL)
    env = os.environ | {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252"}
    done = subprocess.run(
        ["bash", "-c", f"exec 3>codes; {script}"], capture_output=True, timeout=60, env=env, cwd=tmp_path
    )
    codes = [int(line.split()[1]) for line in (tmp_path / "codes").read_text().splitlines()]
    assert dict(zip(SHELL, codes, strict=True)) == SHELL
    assert b"Traceback" not in done.stderr
    assert b"absent \\u6570\\u636e.xlsx: there is no such file" in done.stderr
    assert b"absent \\udcff.xlsx: there is no such file" in done.stderr


FULL: dict[str, str] = {
    "build quadratic -o out.xlsx": "out.xlsx",
    "params small.xlsx --model linear -o w.pt": "w.pt",
    "params small.xlsx -o w.npz": "w.npz",
    "params small.xlsx --table t.csv": "t.csv",
    "predict small.xlsx --csv small.csv -o said.csv": "said.csv",
    "sweep linear --csv small.csv --path closed --nets 9 --lr 1 --scale 1 --epochs 2 -o s.xlsx": "s.xlsx",
    "train linear --csv small.csv --epochs 2 --plot p.svg": "p.svg",
    "train linear --csv small.csv --epochs 2 --history h.csv": "h.csv",
    "train linear --csv small.csv --epochs 2 --checkpoint c.npz": "c.npz",
}


@pytest.mark.skipif(sys.platform == "win32", reason="limits as on POSIX")
def test_a_full_disk_is_one_line_whatever_writes(
    small: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import resource
    import signal

    monkeypatch.chdir(tmp_path)
    shutil.copy(small.path, "small.xlsx")
    shutil.copy(small.csv or "", "small.csv")
    before, heard = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    said = {}
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        for line, file in FULL.items():
            found = CliRunner().invoke(main, line.split())
            said[file] = (found.exit_code, found.stderr.splitlines())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)
    gc.collect()
    for file, (code, lines) in said.items():
        assert (code, len(lines)) == (2, 1), (file, code, lines)
        assert "File too large" in lines[0]
        assert file in lines[0]
    assert sorted(os.listdir()) == ["small.csv", "small.xlsx"]
    assert "Traceback" not in capfd.readouterr().err  # no destructor either


def test_what_holds_itself_is_looked_for_again_once_a_workbook_is_done() -> None:
    @collecting_later()
    def works() -> bool:
        with collecting_later():
            pass
        return gc.isenabled()

    assert not works()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError), collecting_later():
        _ = 1 / 0
    assert gc.isenabled()

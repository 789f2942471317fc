"""kill -9 at a random moment of any command: each file is as it was or whole, and the next start clears what is left.

KILLS=60 in the environment makes sixty of them, with LibreOffice among them; 9 otherwise.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, Made

from sheetnet.book import reader
from sheetnet.book.opened import find_manifest
from sheetnet.training import checkpoint

KILLS = int(os.environ.get("KILLS", "9"))
pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux alone has pidfd_open")


def whole_workbook(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
    find_manifest(reader.read(path))


def whole_table(path: Path) -> None:
    lines = path.read_text().split("\n")
    assert lines[-1] == ""  # the last line has its end
    assert len({line.count(",") for line in lines[:-1]}) == 1
    assert len(lines) > 9


def whole_parameters(path: Path) -> None:
    with np.load(path) as found:
        assert {*found.files} == {"features", "linear", "two_relu"}


def whole_checkpoint(path: Path) -> None:
    assert checkpoint.load(path).epoch > 0


COMMANDS: dict[str, tuple[str, str, Callable[[Path], None]]] = {
    "build": ("build titanic --csv small.csv --epochs 5 -o out.xlsx", "out.xlsx", whole_workbook),
    "train": (
        "train two-relu --csv small.csv --device cpu --epochs 600 --path autograd --every 30 --checkpoint run.npz",
        "run.npz",
        whole_checkpoint,
    ),
    "params": ("params small.xlsx -o w.npz", "w.npz", whole_parameters),
    "predict": ("predict small.xlsx --csv small.csv -o said.csv", "said.csv", whole_table),
    "sweep": (
        "sweep linear --csv small.csv --device cpu --path closed --epochs 5 --nets 9 --lr 1 --scale 1 --results n.csv",
        "n.csv",
        whole_table,
    ),
    "check": ("check small.xlsx", "small.xlsx", whole_workbook),
}
OFFICE = {
    "live": (
        "live mine.xlsx --headless --engine libreoffice --epochs 3 --save",
        "mine.xlsx",
        whole_workbook,
    )
}  # fmt: skip


THREADED = ("check", "live")  # what starts processes and threads, which no fork takes along


class Killer:
    """A process that runs commands in a folder and kills them."""

    def __init__(self, folder: Path) -> None:
        temporary = folder / "temporary"
        temporary.mkdir()
        env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "tests/kills.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder, env=env,
        )  # fmt: skip

    def run(self, command: str, seconds: float | None = None) -> tuple[bool, float]:
        """Whether a command came to its end, and after how many seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([command.split(), seconds]) + "\n")
        self.process.stdin.flush()
        ended, took = json.loads(self.process.stdout.readline())
        return ended, took


@pytest.fixture(scope="module")
def folder(small: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kills")
    for name in ("small.xlsx", "mine.xlsx"):
        shutil.copy(small.path, path / name)
    shutil.copy(small.csv or "", path / "small.csv")
    return path


@pytest.fixture(scope="module")
def killer(folder: Path) -> Iterator[Killer]:
    one = Killer(folder)
    yield one
    assert one.process.stdin is not None
    one.process.stdin.close()
    one.process.wait(30)


def left(folder: Path) -> list[str]:
    """What is only there for a while, and should be gone."""
    return [str(path) for path in folder.rglob("*") if path.suffix == ".part" or path.parent.name == "temporary"]


def test_a_kill_at_any_moment_loses_no_file_and_the_next_start_clears_up(folder: Path, killer: Killer) -> None:
    chosen = {**COMMANDS, **(OFFICE if KILLS > 20 and shutil.which("soffice") else {})}
    at = random.Random(int(os.environ.get("KILLS_SEED", "0")))
    took = {}
    for name, (command, file, whole) in chosen.items():
        if name not in THREADED:
            assert killer.run(command, -1)[0]
            if name == "train":
                (folder / file).unlink()
        ended, took[name] = killer.run(command)
        assert ended
        whole(folder / file)
    killed = 0
    for number in range(KILLS):
        name = list(chosen)[number % len(chosen)]
        command, file, whole = chosen[name]
        if name == "train":
            (folder / file).unlink()
            killer.run(command, took[name] * at.uniform(0.2, 1.0))
            if (folder / file).exists():
                whole(folder / file)
        ended, _ = killer.run(command, took[name] * at.random())
        killed += not ended
        if name != "train" or (folder / file).exists():
            whole(folder / file)
    assert killed >= KILLS // 2
    for command, file, whole in chosen.values():
        ended, _ = killer.run(command)
        assert ended
        whole(folder / file)
    assert left(folder) == []


def test_what_a_killed_run_leaves_is_seen(folder: Path, killer: Killer) -> None:
    (folder / ".w.npz.planted.part").touch()
    assert len(left(folder)) == 1
    (folder / ".w.npz.planted.part").unlink()


@pytest.mark.parametrize("name", ["build", "train", "params", "predict"])
def test_a_file_that_is_cut_is_seen(folder: Path, killer: Killer, name: str, tmp_path: Path) -> None:
    command, file, whole = COMMANDS[name]
    if not (folder / file).exists():
        killer.run(command)
    content = (folder / file).read_bytes()
    cut = tmp_path / file
    cut.write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever says that it is not whole)
        whole(cut)

"""What several tests share: workbooks that are built once, engines, and ways to spoil a copy of a workbook."""

from __future__ import annotations

import csv
import gc
import os
import signal
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click
import numpy as np
import pytest
from filelock import FileLock

import sheetnet as sn
from sheetnet import engines
from sheetnet.book import reader
from sheetnet.book.build import evaluate_blocks
from sheetnet.book.manifest import Manifest
from sheetnet.book.opened import find_manifest
from sheetnet.book.reader import where
from sheetnet.course import LISTING
from sheetnet.course.titanic.lesson import Titanic
from sheetnet.engines import Engine, Session, Value
from sheetnet.engines.libreoffice import LibreOffice, LibreOfficeSession
from sheetnet.page.area import area_of, cell_address
from sheetnet.page.book import Block
from sheetnet.tables.table import Table
from tests.browser import CHROMIUM, Browser, browsing

if TYPE_CHECKING:
    from openpyxl import Workbook

# Threads of torch that wait for each other sleep, in processes that a test starts too: as many processes of pytest as
# there are cores would else spend most of their time with waiting loudly (measured: 0.3 s for what took 8 s).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # read as torch is loaded, which is later
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's know no such policy: a product of 512 x 512 took 120 s
# matplotlib keeps a list of fonts for all environments of a person: one that was made while another was being taken
# away held none of matplotlib's own, and each notebook said so
os.environ.setdefault("MPLCONFIGDIR", str(Path(sys.prefix) / "matplotlib"))

ROOT = Path(__file__).parents[1]
OFFICE = pytest.param("libreoffice", marks=pytest.mark.office)
EACH_ENGINE = [pytest.param("ironcalc"), OFFICE]
AS_ON_WINDOWS = pytest.param("excel, as on Windows", marks=pytest.mark.office)  # xlwings over LibreOffice
AS_ON_MACOS = pytest.param("excel, as on macOS", marks=pytest.mark.office)
EVERY_ENGINE = [*EACH_ENGINE, pytest.param("excel", marks=pytest.mark.excel), AS_ON_WINDOWS, AS_ON_MACOS]
EPOCHS = 5  # of the small workbook
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # started in the background by a shell: tests of Ctrl-C need it
    signal.signal(signal.SIGINT, signal.default_int_handler)
PICKED = [*range(29), 61]  # rows of the shipped table, some without Age, the last without Embarked


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it for what may go, again and again, took a fifth of the time.

    What a test makes is looked through less often than every 700 objects: a workbook has a million. That took a tenth.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def usable(name: str) -> Engine:
    """The engine; skips with its own word where it is missing, and fails in CI, but for Excel, which no CI has."""
    engine = engines.get(name)
    if (lack := engine.missing()) is not None:
        (pytest.fail if os.environ.get("CI") and name != "excel" else pytest.skip)(lack)
    return engine


@contextmanager
def engine_of(name: str) -> Iterator[Engine]:
    """A context with an engine of EVERY_ENGINE: Excel's also where Excel is not."""
    name, _, system = name.partition(", as on ")
    if not system:
        yield usable(name)
        return
    from xlwings_office import registered

    usable("libreoffice")
    with registered(mac=system == "macOS"):
        yield engines.get(name)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which all temporary files are while the test runs, those of a LibreOffice too."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture(scope="session")
def office() -> Engine:
    return usable("libreoffice")


@pytest.fixture(scope="session", params=EACH_ENGINE)
def engine(request: pytest.FixtureRequest) -> Engine:
    return usable(request.param)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One Chromium for all pages; where it is missing tests are skipped, and fail in CI."""
    if not CHROMIUM:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("Chromium is not installed: apt-get install chromium")
    with browsing(tmp_path_factory.mktemp("chromium")) as started:
        yield started


class Kept(LibreOfficeSession):
    """A workbook in a LibreOffice that takes another one when this one is closed, unless something was amiss."""

    free: ClassVar[list[Kept]] = []

    @classmethod
    def open(cls, engine: LibreOffice, path: Path) -> Kept:
        return cls.free.pop().again(path) if cls.free else cls(path, *engine._programs())

    def _close(self) -> None:
        if self._well:
            self.free.append(self)
        else:
            self.end()


@pytest.fixture(scope="session")
def kept_offices() -> Iterator[None]:
    yield
    while Kept.free:
        Kept.free.pop().end()


@pytest.fixture(scope="module")
def one_office(kept_offices: None) -> Iterator[None]:
    """One LibreOffice takes one workbook after the other: for modules to which its start and end do not matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LibreOffice, "_open", lambda engine, path: Kept.open(engine, path))
        yield


@pytest.fixture(scope="module")
def read_once() -> Iterator[None]:
    """A file that is as it was is not parsed again: for modules that are about what is read, not about reading."""
    honest = reader.read
    kept = lru_cache(maxsize=8)(lambda path, _: honest(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "read", lambda path: kept(path, path.read_bytes()) if path.is_file() else honest(path))
        yield


# ---- workbooks, built once


@dataclass(frozen=True)
class Made:
    """A workbook that was built, with the table, the learning rate and the CSV file that it came from."""

    path: Path
    table: Table
    lr: float = 0.1
    csv: Path | None = None

    @cached_property
    def manifest(self) -> Manifest:
        return find_manifest(reader.read(self.path))

    @cached_property
    def workbook(self) -> Titanic:
        workbook = self.manifest.workbook
        assert isinstance(workbook, Titanic)
        return workbook

    @cached_property
    def inputs(self) -> dict[str, np.ndarray]:
        """The value of every block that holds values, computed and not read from the file."""
        workbook = self.workbook
        rates = dict.fromkeys(workbook.models, self.lr)
        begin = {name: model.init(workbook.spec.seed)["W"] for name, model in workbook.models.items()}
        typed = workbook.as_delivered() | workbook.given(self.table, rates, begin)
        return typed | workbook.record(typed) | workbook.no_answers()

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """The value of every block by id, computed and not read from the file."""
        return evaluate_blocks(self.workbook, self.inputs)

    def cell(self, id: str, i: int = 0, j: int = 0) -> str:
        """A cell of a block as people write it: 'Two ReLU'!B7."""
        area = self.workbook.book.block(id).area
        return where(area.sheet, area.row + i, area.col + j)


def made(path: Path, table: Table, **options: Any) -> Made:
    """The workbook of a table, with both models; built where it is not there yet."""
    once(path, lambda out: sn.build(out, table, [sn.linear(table), sn.two_relu(table)], **options))
    return Made(path, table, options.get("lr", 0.1))


def once(path: Path, build: Callable[[Path], object]) -> Path:
    """The path of a file that build(path) makes, by whichever of pytest's processes comes first; the others wait."""
    with FileLock(f"{path}.lock"):
        if not path.exists():
            fresh = path.with_name(f"fresh-{path.name}")
            build(fresh)
            fresh.rename(path)
    return path


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of this run of the tests, the same one in all its processes: what is built there is built once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def small_csv(shared: Path) -> Path:
    """A table of 30 passengers with Kaggle's other columns beside those that are used."""
    return once(shared / "train.csv", write_csv)


def write_csv(path: Path) -> None:
    rows = list(csv.DictReader((files("sheetnet.tables") / "titanic.csv").read_text().splitlines()))
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["PassengerId", "Name", *rows[0], "Cabin"])
        writer.writeheader()
        for number, i in enumerate(PICKED, 1):
            writer.writerow({"PassengerId": number, "Name": f"Doe, {number}", **rows[i], "Cabin": ""})


@pytest.fixture(scope="session")
def small(small_csv: Path) -> Made:
    """The workbook of 30 passengers, 24 of them complete, with 5 epochs: quick to check."""
    book = made(small_csv.with_name("small.xlsx"), sn.titanic(csv=small_csv), epochs=EPOCHS)
    return Made(book.path, book.table, csv=small_csv)


@pytest.fixture(scope="session")
def titanic_file(shared: Path) -> Made:
    """The workbook that `sheetnet build titanic` writes."""
    return made(shared / "titanic.xlsx", sn.titanic(), epochs=100, seed=LISTING["titanic"].seed)


@pytest.fixture(scope="session")
def diverging(small: Made) -> Made:
    """The small table at a rate so large that the losses, and later the weights, outgrow a double."""
    return made(small.path.with_name("diverging.xlsx"), small.table, epochs=60, lr=1e6)


@pytest.fixture(scope="session")
def lesson_file(shared: Path) -> Callable[[str], Path]:
    """The workbook of a lesson by its name, as it is delivered; titanic is titanic_file."""

    def file(name: str) -> Path:
        return once(shared / f"{LISTING[name].file}.xlsx", lambda out: sn.build_lesson(name, out))

    return file


@pytest.fixture(scope="session")
def own_file(shared: Path) -> Path:
    """The workbook of a table with numbers, classes and yes or no, and of a net with one hidden layer."""

    def build(out: Path) -> None:
        import pandas as pd

        draw = np.random.default_rng(0)
        columns = {
            "size": draw.normal(50, 9, 12).round(2),
            "isle": ["A", "B", "Größe c"] * 4,
            "sunny": ["yes", "no"] * 6,
        }
        table = sn.table(pd.DataFrame(columns | {"price": draw.normal(3, 1, 12).round(3)}), target="price")
        sn.build(out, table, sn.mlp(table, 2), epochs=3)

    return once(shared / "own_small.xlsx", build)


# ---- a workbook that is open


@pytest.fixture(scope="session")
def live(engine: Engine, small: Made) -> Iterator[Session]:
    """The small workbook, open and recalculated in each engine; whoever changes a cell puts it back."""
    with engine.open(small.path) as session:
        session.recalculate()
        yield session


@contextmanager
def changed(session: Session, changes: Mapping[str, float | str | None]) -> Iterator[None]:
    """The session with other values in some cells, recalculated; afterwards with the old ones, recalculated."""
    old = {cell: value_at(session, cell) for cell in changes}
    for values in (changes, old):
        for cell, value in values.items():
            session.set(*place(cell), value)
        session.recalculate()
        if values is changes:
            yield


def place(cell: str) -> tuple[str, int, int]:
    """Sheet, row and column, counted from 0, of a cell such as 'Two ReLU'!B7."""
    sheet, _, address = cell.rpartition("!")
    area = area_of(sheet.strip("'"), address)
    return area.sheet, area.row, area.col


def value_at(session: Session, cell: str) -> Value:
    """What a cell holds."""
    return session.read(*place(cell), 1, 1)[0][0]


def block_at(session: Session, block: Block) -> np.ndarray:
    """What the cells of a block hold."""
    area = block.area
    return np.array(session.read(area.sheet, area.row, area.col, area.n_rows, area.n_cols), dtype=object)


# ---- copies of a workbook with something changed


def edit(path: Path, out: Path, changes: Mapping[str, object]) -> Path:
    """A copy in which openpyxl has put other content into cells: {"'Two ReLU'!B7": 0.5, "Data!E5": None}."""
    book = _parsed(path.resolve(), path.stat().st_mtime_ns)
    before = []
    try:
        for name, content in changes.items():
            sheet, _, address = name.rpartition("!")
            cell = book[sheet.strip("'")][address]
            before.append((cell, cell._value, cell.data_type))
            cell.value = content
        book.save(out)
    finally:
        for cell, value, kind in reversed(before):
            cell._value, cell.data_type = value, kind
    return out


@lru_cache(maxsize=4)
def _parsed(path: Path, _: int) -> Workbook:
    """The workbook as openpyxl has it; whoever changes it puts it back."""
    from openpyxl import load_workbook

    return load_workbook(path)


def edit_xml(path: Path, out: Path, part: str, old: str, new: str) -> Path:
    """A copy in which a text, found once in that part of the zip, reads otherwise; all else byte for byte."""

    def change(name: str, content: bytes) -> bytes:
        if name != part:
            return content
        assert content.count(old.encode()) == 1, f"{old!r} stands {content.count(old.encode())} times in {part}"
        return content.replace(old.encode(), new.encode())

    return rezip(path, out, change)


def rezip(path: Path, out: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A copy in which each part is what change(name, content) makes of it."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, change(name, source.read(name)))
    return out


def part_of(made: Made, sheet: str) -> str:
    """The part of the zip that holds a sheet."""
    names = [page.name for page in made.workbook.book.pages]
    return f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"


def beside(cell: str, rows: int = 0, cols: int = 0) -> str:
    """The cell so many rows down and columns to the right: ("Data!A1", 1, 2) is Data!C2."""
    sheet, _, address = cell.rpartition("!")
    area = area_of(sheet, address)
    return f"{sheet}!{cell_address(area.row + rows, area.col + cols)}"


def converted(path: Path, folder: Path, kind: str, *others: Path) -> Path:
    """The file as LibreOffice saves it anew, with a profile of its own; others are saved beside it."""
    folder.mkdir(exist_ok=True)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", "--headless", profile, "--convert-to", kind, "--outdir", folder, path, *others]
    subprocess.run([*map(str, command)], check=True, capture_output=True, timeout=120)
    return folder / f"{path.stem}.{kind}"


def command_of(name: str) -> click.Command:
    """The command of sheetnet of that name."""
    from sheetnet.__main__ import main

    command = main.get_command(click.Context(main), name)
    assert command is not None
    return command


def run_here(*args: object) -> subprocess.CompletedProcess[str]:
    """`sheetnet ...`, run to its end in this process, in a second less; Raises: what is no exit."""
    from click.testing import CliRunner

    from sheetnet.__main__ import main

    done = CliRunner().invoke(main, [*map(str, args)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return subprocess.CompletedProcess(args, done.exit_code, done.stdout, done.stderr)


def run_sheetnet(*args: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
    """`python -m sheetnet ...`, run to its end in a process of its own."""
    command = [sys.executable, "-m", "sheetnet", *map(str, args)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=os.environ | {"PYTHONPATH": str(ROOT)} | env
    )

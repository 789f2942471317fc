"""Files that people name: what is no file is not waited for; what is replaced keeps its mode; kills leave nothing."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT

from sheetnet.common import leftovers
from sheetnet.common.files import EMPTY, FOLDER, beside, meant, replacing, unreadable, writing
from sheetnet.common.leftovers import PREFIX, clear_folders, clear_parts, owner, runs, temporary
from sheetnet.errors import SheetnetError

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices and modes as on POSIX")


@pytest.fixture(autouse=True)
def nothing_cleared_yet() -> Iterator[None]:
    """As in a new process."""
    yield
    clear_parts.cache_clear()
    clear_folders.cache_clear()


def loop(path: Path) -> Path:
    path.symlink_to(path.with_name("other"))
    path.with_name("other").symlink_to(path)
    return path


def pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


UNREADABLE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "absent": (lambda path: path, "there is no such file"),
    "a folder": (lambda path: path.parent, FOLDER),
    "a pipe": (pipe, "this is no regular file"),
    "a device": (lambda path: Path("/dev/zero"), "this is no regular file"),
    "a log of the kernel": (lambda path: Path("/proc/self/status"), EMPTY),
    "links in a circle": (loop, "it cannot be read (Too many levels of symbolic links)"),
    "a long name": (lambda path: path.with_name("a" * 300), "it cannot be read (File name too long)"),
    "under a file": (lambda path: Path(__file__) / "x.csv", "there is no such file"),
    "a zero in its name": (lambda path: Path("a\0b"), "there is no such file"),
}


@POSIX
@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    make, words = UNREADABLE[kind]
    assert unreadable(make(tmp_path / "x")) == words


def test_a_file_is_readable(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("a")
    assert unreadable(tmp_path / "x") == ""


def as_nobody(body: str, folder: Path) -> str:
    """What a program of somebody without rights prints: root may search every folder."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    drop = "import os, sys; sys.dont_write_bytecode = True\nfrom pathlib import Path\n"
    drop += "from sheetnet.common.files import unreadable, writing\nfrom sheetnet.errors import SheetnetError\n"
    drop += "os.geteuid() or os.seteuid(65534)\n"
    done = subprocess.run([sys.executable, "-c", drop + body], capture_output=True, text=True, env=env, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@POSIX
def test_a_folder_without_the_right_to_search_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "x.csv").write_text("a")
    (tmp_path / "closed").chmod(0o644)
    tmp_path.chmod(0o755)
    body = """
print(unreadable(Path("closed/x.csv")))
try:
    with writing(Path("closed/y.csv")):
        pass
except SheetnetError as reason:
    print(reason)
"""
    told = as_nobody(body, tmp_path).splitlines()
    assert told == [
        "it cannot be read (Permission denied)",
        "closed/y.csv: cannot be written: Permission denied",
    ]


def test_a_home_that_nobody_has_is_a_name() -> None:
    assert meant("~nobody-of-that-name/x.csv") == Path("~nobody-of-that-name/x.csv")
    assert meant("~/x.csv") == Path.home() / "x.csv"


# ---- replacing


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "w.csv"
    path.write_text("old")
    path.chmod(mode)
    with replacing(path) as fresh:
        fresh.write_text("new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", mode)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_that_root_replaces_stays_its_owners(tmp_path: Path) -> None:
    path = tmp_path / "w.csv"
    path.write_text("old")
    os.chown(path, 65534, 65534)
    with replacing(path) as fresh:
        fresh.write_text("new")
    assert (path.read_text(), path.stat().st_uid) == ("new", 65534)


@POSIX
def test_a_new_file_has_the_mode_that_the_umask_leaves(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        with replacing(tmp_path / "w.csv") as fresh:
            fresh.write_text("new")
    finally:
        os.umask(mask)
    assert stat.S_IMODE((tmp_path / "w.csv").stat().st_mode) == 0o640


@POSIX
@pytest.mark.parametrize("there", [True, False])
def test_a_link_leads_to_what_is_replaced(tmp_path: Path, there: bool) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "w.csv", tmp_path / "w.csv"
    if there:
        target.write_text("old")
    link.symlink_to(Path("far") / "w.csv")
    with replacing(link) as fresh:
        assert fresh.parent == target.parent  # a rename goes across no file system
        fresh.write_text("new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a pipe": (pipe, "this is no regular file; name another"),
    "a device": (lambda path: Path("/dev/null"), "this is no regular file; name another"),
    "links in a circle": (loop, "Too many levels of symbolic links"),
    "a folder": (lambda path: path.parent, "this is a folder; name a file"),
    "a long name": (lambda path: path.with_name("a" * 300), "File name too long"),
}


@POSIX
@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_file_is_not_replaced(tmp_path: Path, kind: str) -> None:
    make, words = REFUSED[kind]
    path = make(tmp_path / "x")
    before = os.lstat(path).st_mode if kind != "a long name" else 0
    with pytest.raises(SheetnetError, match=words), writing(path) as fresh:
        fresh.write_text("new")
    assert kind == "a long name" or os.lstat(path).st_mode == before


@POSIX
def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    import resource
    import signal

    path = tmp_path / "w.csv"
    path.write_text("old")
    before, heard = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(SheetnetError, match="cannot be written: File too large"), writing(path) as fresh:
            fresh.write_bytes(bytes(5000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, heard)
    assert (path.read_text(), os.listdir(tmp_path)) == ("old", ["w.csv"])


# ---- what kills leave


def dead() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def named(number: int, machine: str = "") -> str:
    """How owner() begins the names of a process."""
    mine, _, _ = owner().partition("-")
    return f"{machine or mine}-{number}-"


def test_the_next_start_clears_what_killed_runs_left_and_nothing_else(tmp_path: Path) -> None:
    gone = dead()
    stale = tmp_path / f".w.csv.{named(gone)}abcd_123.part"
    kept = [
        tmp_path / f".w.csv.{named(os.getpid())}abcd_123.part",  # still runs
        tmp_path / f".w.csv.{named(os.getppid())}abcd_123.part",
        tmp_path / f".w.csv.{named(gone, '0000000g')}abcd.part",  # of another machine
        tmp_path / ".w.csv.abcd1234.part",  # somebody else's way to name files
        tmp_path / f"w.csv.{named(gone)}abcd.part",
        tmp_path / f".w.csv.{named(gone)}abcd.partial",
    ]
    for path in (stale, *kept):
        path.touch()
    with replacing(tmp_path / "new.csv") as fresh:
        fresh.write_text("new")
    assert {*tmp_path.iterdir()} == {*kept, tmp_path / "new.csv"}


def test_temporary_folders_of_killed_runs_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers.tempfile, "tempdir", str(tmp_path))
    stale, kept = tmp_path / f"{PREFIX}{named(dead())}abc", tmp_path / f"{PREFIX}{named(os.getpid())}abc"
    for folder in (stale, kept, tmp_path / "sheetnet-mine"):
        folder.mkdir()
        (folder / "poisoned.xlsx").touch()
    (tmp_path / "precious").mkdir()
    link = tmp_path / f"{PREFIX}{named(dead())}link"
    link.symlink_to(tmp_path / "precious")
    with temporary() as folder:
        assert folder.name.startswith(PREFIX + owner())
        assert not stale.exists()
    assert {path.name for path in tmp_path.iterdir()} == {kept.name, "sheetnet-mine", "precious"}


def test_no_room_for_temporary_folders_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers.tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(SheetnetError, match=r"no temporary folder can be made: .*; TMPDIR names where"), temporary():
        pass


def test_whose_a_half_written_file_is_can_be_read_from_its_name(tmp_path: Path) -> None:
    fresh = beside(tmp_path / "w.csv")
    assert fresh.name.startswith(f".w.csv.{owner()}")
    assert runs(os.getpid())
    assert not runs(dead())


def test_the_helper_of_libreoffice_names_its_folder_alike() -> None:
    source = (ROOT / "sheetnet/engines/uno_worker.py").read_text()
    scope: dict[str, object] = {}
    line = next(line.strip() for line in source.splitlines() if "machine = zlib" in line).partition("  #")[0]
    exec(f"import platform, zlib\n{line}", scope)
    assert f"{scope['machine']:08x}-{os.getpid()}-" == owner()

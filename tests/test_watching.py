"""A person watches: LibreOffice with a window, on a screen of the test's own (Xvfb), and the chart moves.

Needs, on Debian: xvfb, python3-uno, and libreoffice-calc in place of libreoffice-calc-nogui, which has no windows.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import Made
from engine_book import by_hand
from test_live import is_learning, running, wait_for

import sheetnet as sn
from sheetnet.course.listing import LISTING
from sheetnet.engines import Engine, libreoffice
from sheetnet.living import board
from sheetnet.living.learning import learn

pytestmark = pytest.mark.office
DESCENT = "Descent Two ReLU"
CHANGED = 0.003  # the share of the chart's pixels that a curve takes
BUTTONS = (165, 80, 230, 100)  # beside the input line: another pair while a cell is being edited
CHART = (660, 150, 1250, 480)  # pixels that lie within the chart, on a screen of 1400 x 1000


def lack() -> str | None:
    """What is missing for a window on a screen of our own, in words."""
    from PIL import features

    if sys.platform != "linux" or not shutil.which("Xvfb"):
        return "Xvfb is missing (Debian: apt install xvfb), so that there is no screen to watch"
    program = Path(libreoffice._find_soffice() or "").resolve().parent
    if not list(program.glob("libvclplug_*")):
        return "this LibreOffice has no windows: install libreoffice-calc in place of libreoffice-calc-nogui"
    return None if features.check("xcb") else "this pillow takes no pictures of screens (it has no xcb)"


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, office: Engine) -> Iterator[str]:
    """A screen and a home of the test's own, so that no LibreOffice of a person is met; its programs end with it."""
    if words := lack():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp", "-noreset"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert server.stdout is not None
    display, home = f":{server.stdout.readline().strip()}", tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("HOME", str(home))
    try:
        yield display
    finally:
        for number in offices(home):
            os.kill(number, signal.SIGKILL)
        server.terminate()
        server.wait()


def offices(home: Path) -> list[int]:
    """The numbers of the LibreOffices that run with this home."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            mine = f"\0HOME={home}\0".encode() in b"\0" + (process / "environ").read_bytes()
            if mine and (process / "comm").read_text().startswith(("soffice", "oosplash")):
                found.append(int(process.name))
        except OSError:  # it has ended, or is not ours
            continue
    return found


def picture(display: str, folder: Path, name: str, part: tuple[int, int, int, int] = CHART) -> np.ndarray:
    """What a part of the screen shows; the whole is kept as a file, to be looked at."""
    from PIL import ImageGrab

    image = ImageGrab.grab(xdisplay=display).convert("RGB")
    image.save(folder / f"{name}.png")
    return np.asarray(image.crop(part)).astype(int)


def settled(display: str, folder: Path, name: str, unlike: np.ndarray | None = None) -> np.ndarray:
    """A picture that stays as it is, LibreOffice draws a little later; and that is another one, within 10 s."""
    deadline = time.monotonic() + 10
    last = picture(display, folder, name)
    while True:
        time.sleep(0.5)
        now = picture(display, folder, name)
        other = unlike is None or moved(unlike, now) > CHANGED
        if (other and not moved(last, now)) or time.monotonic() > deadline:
            return now
        last = now


def moved(before: np.ndarray, after: np.ndarray) -> float:
    """The share of the chart's pixels that look otherwise."""
    return float((np.abs(before - after).max(axis=2) > 60).mean())


def test_the_curve_is_seen_to_move_and_the_window_stays(
    screen: str, titanic_file: Made, tmp_path: Path, temporary: Path
) -> None:  # fmt: skip
    book, home = Path(shutil.copy(titanic_file.path, tmp_path / "titanic.xlsx")), tmp_path / "home"
    with running("live", book, "--engine", "libreoffice", "--epochs", "50", "--per-second", "8") as process:
        wait_for(lambda: is_learning(temporary, 2), process)
        start = picture(screen, tmp_path, "start")
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    end = settled(screen, tmp_path, "end", unlike=start)
    assert moved(start, end) > CHANGED
    assert moved(end, picture(screen, tmp_path, "still")) < 0.001  # planted: nothing moves once training has ended
    assert "51 pushes of two-relu" in out
    here = offices(home)
    assert here  # a person looks at it
    with sn.live(book) as live:  # finds the one that is open
        assert sorted(offices(home)) == sorted(here)
        net = sn.two_relu(titanic_file.table)
        run = sn.train(net, titanic_file.table, net.init(LISTING["titanic"].seed))
        assert live.loss() == pytest.approx(run.losses[50])
        by_hand(
            temporary,
            f"sheets = document.Sheets\ndocument.CurrentController.setActiveSheet(sheets.getByName({DESCENT!r}))",
        )
    before = settled(screen, tmp_path, "descent-start", unlike=end)
    with running("live", book, "--epochs", "50", "--every", "10", "--into", "yellow") as process:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert moved(before, settled(screen, tmp_path, "descent-end", unlike=before)) > CHANGED


EDIT = """
from com.sun.star.beans import PropertyValue
controller = document.CurrentController
controller.setActiveSheet(document.Sheets.getByName("MMULT"))
helper = there.ServiceManager.createInstanceWithContext("com.sun.star.frame.DispatchHelper", there)
for command, *given in ((".uno:GoToCell", PropertyValue("ToPoint", 0, "$C$12", 0)), (".uno:SetInputMode",)):
    helper.executeDispatch(controller.Frame, command, "", 0, tuple(given))
"""


def test_a_cell_that_is_being_edited_holds_nothing_up(
    screen: str, small: Made, tmp_path: Path, temporary: Path
) -> None:  # fmt: skip
    book = Path(shutil.copy(small.path, tmp_path / "mine.xlsx"))
    with sn.live(book, "libreoffice") as live:
        learn(live, epochs=2)
        before = picture(screen, tmp_path, "before", BUTTONS)
        by_hand(temporary, EDIT)
        wait_for(lambda: moved(before, picture(screen, tmp_path, "edit", BUTTONS)) > 0.05, seconds=10)
        editing = picture(screen, tmp_path, "edit", BUTTONS)
        assert learn(live, epochs=20).apart < 1e-12
        assert moved(editing, picture(screen, tmp_path, "after", BUTTONS)) < 0.01  # it still is


def test_a_window_outlives_kill_9_and_ctrl_c(
    screen: str, small: Made, tmp_path: Path, temporary: Path
) -> None:  # fmt: skip
    book, home = Path(shutil.copy(small.path, tmp_path / "mine.xlsx")), tmp_path / "home"
    for kind, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        with running("live", book, "--engine", "libreoffice", "--epochs", "1000000") as process:
            wait_for(lambda: is_learning(temporary), process)
            process.send_signal(kind)
            _, err = process.communicate(timeout=60)
            assert process.returncode == code
            assert kind == signal.SIGKILL or "open with the last weights, not saved" in err
        wait_for(lambda: not list(temporary.glob("sheetnet-*")))
        assert offices(home)
    with sn.live(book, "libreoffice") as live:
        assert live.engine_session.sheets[-1] == board.SHEET  # the second found the sheet of the first

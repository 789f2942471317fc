"""The first screen of each sheet as a picture: what a window of 1366 x 768 shows, by LibreOffice and poppler."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

from sheetnet.common.files import writing
from sheetnet.common.leftovers import temporary
from sheetnet.engines.libreoffice import LibreOffice, LibreOfficeSession
from sheetnet.errors import EngineError, SheetnetError
from sheetnet.page.screen import SCREEN

Moved = Callable[[int, int, str], None]
WIDER = 1.11  # columns in LibreOffice
HEADS = 46, 22  # pixels of the numbers of rows, and of the letters of columns
DPI = 144  # half as sharp again as a screen
DRAW = "pdftoppm"
SECONDS = 60.0
START = b"\x89PNG\r\n\x1a\n"
MARK = b"tEXtSoftware\0sheetnet"


def missing() -> str | None:
    """None when pictures can be drawn, else what to install."""
    if lack := LibreOffice().missing():
        return lack
    if shutil.which(DRAW) is None:
        return f"{DRAW} is not found: install poppler (Debian: apt install poppler-utils; macOS: brew install poppler)."
    return None


def screens(workbook: Path, folder: Path, moved: Moved = lambda at, n, sheet: None) -> dict[str, Path]:
    """The pictures written, by the names of their sheets: 01_Start.png and so on, one for each that is seen.

    Pictures that were made here before are replaced. moved: called with how many are done, of how many, and whose is
    next. Raises: EngineError where a program is missing or fails; SheetnetError before another's file is written over.
    """
    if lack := missing():
        raise EngineError(lack)
    size = round(SCREEN[0] * WIDER), SCREEN[1]
    with temporary() as place:
        pdf = place / "screens.pdf"
        with LibreOffice().open(workbook) as session:
            assert isinstance(session, LibreOfficeSession)
            names = session.print_screens(pdf, *size)
        targets = {name: folder / file_name(i, name) for i, name in enumerate(names, start=1)}
        for target in targets.values():
            not_others(target, is_ours)
        for i, (name, target) in enumerate(targets.items()):
            moved(i, len(names), name)
            drawn = _drawn(pdf, i + 1, place / "page", size)
            with writing(target) as beside:
                beside.write_bytes(drawn)
        moved(len(names), len(names), "")
    return targets


def file_name(number: int, sheet: str) -> str:
    """The name of a sheet's picture, of letters and digits alone.

    >>> file_name(5, "Two ReLU"), file_name(12, "a/b")
    ('05_Two_ReLU.png', '12_a_b.png')
    """
    return f"{number:02d}_{re.sub(r'[^0-9A-Za-z]+', '_', sheet).strip('_')}.png"


def not_others(target: Path, ours: Callable[[Path], bool]) -> None:
    """Nothing, where no file stands that somebody else has made. Raises: SheetnetError for one."""
    if target.exists() and not ours(target):
        raise SheetnetError(f"{target}: there is a file that sheetnet has not made; move it, or name another folder")


def is_ours(picture: Path) -> bool:
    """Whether a picture is one that was written here: it says so."""
    try:
        with picture.open("rb") as file:
            return MARK in file.read(200)
    except OSError:
        return False


def _drawn(pdf: Path, page: int, place: Path, size: tuple[int, int]) -> bytes:
    """A page of the PDF as a PNG that says who made it."""
    wide, tall = (round((pixels + head) * DPI / 96) for pixels, head in zip(size, HEADS, strict=True))
    cut = ["-x", "0", "-y", "0", "-W", str(wide), "-H", str(tall)]
    command = [
        DRAW,
        "-r",
        str(DPI),
        *cut,
        "-f",
        str(page),
        "-l",
        str(page),
        "-singlefile",
        "-png",
        str(pdf),
        str(place),
    ]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
        content = place.with_suffix(".png").read_bytes()
    except (OSError, subprocess.SubprocessError) as reason:
        raise EngineError(f"{DRAW} cannot draw page {page}: {reason!s:.200}") from None
    head = len(START) + 25  # the first chunk: 13 bytes, its length, name and sum
    chunk = struct.pack(">I", len(MARK) - 4) + MARK + struct.pack(">I", zlib.crc32(MARK))
    return content[:head] + chunk + content[head:]

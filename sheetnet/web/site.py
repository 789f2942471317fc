"""The course as a folder for any web site: a page for each workbook, an index, and what they share once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from pathlib import Path
from urllib.parse import quote

from sheetnet.common.leftovers import clear_parts, owner
from sheetnet.errors import SheetnetError, WorkbookError
from sheetnet.web.content import content
from sheetnet.web.delivered import delivered
from sheetnet.web.page import asset, framed, head, linked, packed_engine, style_link
from sheetnet.web.words import KEPT, TITLE, WORDS

INDEX, OFFLINE = "index.html", "offline.js"
MARK = '<meta name="generator" content="sheetnet publish all">\n'


@dataclass(frozen=True)
class Chapter:
    """A workbook of the site: its file, the name of its page without the ending, and its number in the course.

    about: what it is about, in a line; "": what its first sheet says.
    """

    path: Path
    name: str
    number: int | None = None
    about: str = ""


def write_site(
    chapters: Iterable[Chapter], folder: Path, told: Callable[[str], None] = lambda name: None
) -> list[Path]:
    """The files of a site, which stand in the folder: written beside it, and put in its place when they are whole.

    told: of each page that is being made. Raises: as content; WorkbookError for a folder that holds other things, or
    that cannot be written.
    """
    _not_others(folder)
    try:
        clear_parts(folder.parent)
        fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.{owner()}", suffix=".part", dir=folder.parent))
    except OSError as reason:
        raise WorkbookError(f"{folder}: cannot be written: {reason.strerror or reason}") from None
    try:
        _fill(fresh, chapters, told)
        fresh.chmod(0o755)  # a web server reads it, which is somebody else
        if folder.exists():
            old = fresh.with_name(f"{fresh.name.removesuffix('.part')}old.part")
            folder.rename(old)
            fresh.rename(folder)
            shutil.rmtree(old, ignore_errors=True)
        else:
            fresh.rename(folder)
    except OSError as reason:
        raise WorkbookError(f"{folder}: cannot be written: {reason.strerror or reason}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return sorted(folder.iterdir())


def _fill(folder: Path, chapters: Iterable[Chapter], told: Callable[[str], None]) -> None:
    engine = (
        "const engine = document.createElement('script');\nengine.type = 'text/plain';\nengine.id = 'engine';\n"
        f"engine.textContent = '{packed_engine()}';\ndocument.head.append(engine);\n"
    )
    style = _put(folder, "page.css", asset("page.css"))
    scripts = [
        _put(folder, "engine.js", engine.encode()), _put(folder, "page.js", asset("page.js")),
        _put(folder, "site.js", asset("site.js")),
    ]  # fmt: skip
    entries, language, words, names = list[str](), "", dict[str, str](), set[str]()
    for chapter in chapters:
        told(chapter.name)
        if chapter.name.lower() in names | {"index"}:
            raise SheetnetError(f"two pages of the site would be called {chapter.name}; rename {chapter.path}")
        names.add(chapter.name.lower())
        shown, looks = content(chapter.path)
        if not language:
            language, words = shown["language"], shown["words"]
        file = delivered(chapter.path, shown)
        _write(folder / f"{chapter.name}.html", linked(shown, looks.css, file, style, scripts).encode())
        entries.append(_entry(chapter, shown["title"], chapter.about or shown["about"]))
    _write(folder / INDEX, _index(language or "en", words, style, scripts[-1], entries).encode())
    kept = {file.name: file.read_bytes() for file in sorted(folder.iterdir())}
    version = sha256(b"".join(name.encode() + sha256(text).digest() for name, text in kept.items())).hexdigest()[:16]
    listed = ",".join(f'"{quote(name)}"' for name in kept)
    offline = asset(OFFLINE).decode().replace("{version}", version).replace("{files}", f"[{listed}]")
    _write(folder / OFFLINE, offline.encode())


def _index(language: str, words: dict[str, str], style: str, script: str, entries: list[str]) -> str:
    title, about, kept = (escape(words.get(text, text), False) for text in (TITLE, WORDS, KEPT))
    policy = "script-src 'self'; style-src 'self'; worker-src 'self'; connect-src 'self'"
    return framed(
        head(language, words.get(TITLE, TITLE), policy) + MARK + style_link(style),
        f'<main class="index">\n<h1>{title}</h1>\n<p>{about}</p>\n<ol>\n{"".join(entries)}</ol>\n'
        f'<p class="kept">{kept}</p>\n</main>\n<script src="{script}"></script>\n',
    )


def _entry(chapter: Chapter, title: str, about: str) -> str:
    number = "" if chapter.number is None else f' value="{chapter.number}"'
    own = ' class="own"' if chapter.number is None else ""
    link = f'<a href="{quote(chapter.name)}.html">{escape(title)}</a>'
    return f"<li{number}{own}>{link}<p>{escape(about)}</p></li>\n"


def _put(folder: Path, name: str, text: bytes) -> str:
    """The name of a file that changes with what it holds, so that browsers may keep it for ever."""
    stem, _, end = name.rpartition(".")
    named = f"{stem}.{sha256(text).hexdigest()[:12]}.{end}"
    _write(folder / named, text)
    return named


def _write(path: Path, text: bytes) -> None:
    path.write_bytes(text)


def _not_others(folder: Path) -> None:
    """Raises: WorkbookError for what is no folder, or one that holds what is not a site of ours."""
    if not folder.parent.is_dir():
        raise WorkbookError(f"{folder}: the folder {folder.parent} does not exist; create it or choose another")
    if not folder.exists():
        return
    if not folder.is_dir():
        raise WorkbookError(f"{folder}: this is a file; name a folder for the site")
    index = folder / INDEX
    ours = index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace")[:2000]
    if not ours and any(folder.iterdir()):
        raise WorkbookError(f"{folder}: the folder holds other things; name a new one for the site")

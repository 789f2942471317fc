"""One file of HTML: the page's own program, its engine and the workbook, under a policy that lets nothing else in."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path

from sheetnet.common import files as written
from sheetnet.errors import WorkbookError
from sheetnet.web.content import Json, content
from sheetnet.web.delivered import delivered
from sheetnet.web.packing import packed
from sheetnet.web.words import SCRIPT


def page(path: Path) -> str:
    """The page of a workbook of ours. Raises: as content."""
    shown, looks = content(path)
    return html(shown, looks.css, delivered(path, shown))


def html(shown: Json, css: str, file: bytes = b"") -> str:
    """The page of what content gives, with the rules of how its cells look: a file that needs no other.

    file: the workbook as it is delivered, packed.
    """
    script, style = asset("page.js").decode(), asset("page.css").decode() + css
    policy = f"script-src '{_digest(script)}' 'wasm-unsafe-eval'; worker-src blob:; style-src '{_digest(style)}'"
    return framed(
        head(shown["language"], shown["title"], policy) + f"<style>{style}</style>\n",
        f"{body(shown, file)}{_carried('engine', asset('engine.wasm.gz'))}<script>{script}</script>\n",
    )


def linked(shown: Json, css: str, file: bytes, style: str, scripts: list[str]) -> str:
    """As html, of a page whose style, engine and program are files beside it; the scripts in their order."""
    policy = (
        f"script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self' '{_digest(css)}'; "
        "connect-src 'self'"
    )
    return framed(
        f"{head(shown['language'], shown['title'], policy)}{style_link(style)}<style>{css}</style>\n",
        body(shown, file) + "".join(f'<script src="{name}"></script>\n' for name in scripts),
    )


def head(language: str, title: str, policy: str) -> str:
    """What every page begins with: nothing is let in that its policy does not name."""
    rest = "base-uri 'none'; form-action 'none'"
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; {policy}; {rest}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n"
    )


def style_link(name: str) -> str:
    """The link to a file of rules beside the page."""
    return f'<link rel="stylesheet" href="{name}">\n'


def framed(head: str, body: str) -> str:
    """A whole page."""
    return f"{head}</head>\n<body>\n{body}</body>\n</html>\n"


def body(shown: Json, file: bytes = b"") -> str:
    """Where the page's program draws, and the workbook, packed, so that no text in it can end anything."""
    return (
        f"<noscript>{escape(shown.get('words', {}).get(SCRIPT, SCRIPT))}</noscript>\n"
        f'<main id="page"></main>\n{_carried("workbook", packed(shown))}{_carried("delivered", file)}'
    )


def asset(name: str) -> bytes:
    """A file that the page's own program was built into."""
    return files("sheetnet.web").joinpath(name).read_bytes()


def packed_engine() -> str:
    """IronCalc's WebAssembly as text."""
    return b64encode(asset("engine.wasm.gz")).decode()


def write(path: Path, target: Path) -> Path:
    """The target, which holds the page of a workbook. Raises: as page; WorkbookError where it cannot be written."""
    text = page(path)
    with written.writing(target, WorkbookError, "") as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return target


def _carried(id: str, packed: bytes) -> str:
    """What a page carries packed, in a script of its own; nothing for nothing."""
    return f'<script type="text/plain" id="{id}">{b64encode(packed).decode()}</script>\n' if packed else ""


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"

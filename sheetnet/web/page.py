"""One file of HTML: the page's own program, its engine and the workbook, under a policy that lets nothing else in."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from pathlib import Path

from sheetnet.common import files as written
from sheetnet.errors import WorkbookError
from sheetnet.web.content import Json, content
from sheetnet.web.delivered import delivered
from sheetnet.web.words import SCRIPT

PARTS = "page.js", "page.css", "engine.wasm.gz"


def page(path: Path) -> str:
    """The page of a workbook of ours. Raises: as content."""
    shown, looks = content(path)
    return html(shown, looks.css, delivered(path, shown))


def html(shown: Json, css: str, file: bytes = b"") -> str:
    """The page of what content gives, with the rules of how its cells look; file: the workbook as it is delivered."""
    script, style, engine = (files("sheetnet.web").joinpath(name).read_bytes() for name in PARTS)
    style += css.encode()
    policy = (
        "default-src 'none'; "
        f"script-src '{_digest(script)}' 'wasm-unsafe-eval'; worker-src blob:; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="{escape(shown["language"])}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(shown['title'])}</title>\n<style>{style.decode()}</style>\n</head>\n<body>\n"
        f"<noscript>{escape(shown.get('words', {}).get(SCRIPT, SCRIPT))}</noscript>\n"
        '<main id="page"></main>\n'
        f'<script type="application/json" id="workbook">{_inert(shown)}</script>\n'
        + _carried("engine", engine)
        + _carried("delivered", file)
        + f"<script>{script.decode()}</script>\n</body>\n</html>\n"
    )


def write(path: Path, target: Path) -> Path:
    """The target, which holds the page of a workbook. Raises: as page; WorkbookError where it cannot be written."""
    text = page(path)
    with written.writing(target, WorkbookError, "") as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")
    return target


def _carried(id: str, packed: bytes) -> str:
    """What a page carries packed, in a script of its own; nothing for nothing."""
    return f'<script type="text/plain" id="{id}">{b64encode(packed).decode()}</script>\n' if packed else ""


def _inert(shown: object) -> str:
    """JSON that no text in it can end: HTML sees no tag."""
    text = json.dumps(shown, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _digest(text: bytes) -> str:
    return f"sha256-{b64encode(sha256(text).digest()).decode()}"

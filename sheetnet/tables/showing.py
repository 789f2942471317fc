"""How each column of a table is taken, for people: as text, and as HTML for a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

Line = tuple[str, str, str, str]
HEADS = ("column", "kind", "taken as", "why")
SHOWN = 60  # lines at most
_ROOM = (28, 10, 44, 70)  # characters of each


def in_text(head: str, lines: Sequence[Line], said: Sequence[str]) -> str:
    """The lines under their heads, and what was said below."""
    cut = [tuple(map(_short, line, _ROOM)) for line in (HEADS, *lines[:SHOWN])]
    widths = [max(len(line[at]) for line in cut) for at in range(3)]
    rows = ["  ".join([*map(str.ljust, line[:3], widths), line[3]]).rstrip() for line in cut]
    return "\n".join([head, "", *rows, *_more(lines), *[""][: len(said)], *said])


def in_html(head: str, lines: Sequence[Line], said: Sequence[str]) -> str:
    """The same as HTML; what a file says of itself stays text."""
    cells = ("<tr>" + "".join(f"<td>{escape(text)}</td>" for text in line) + "</tr>" for line in lines[:SHOWN])
    heads = "".join(f"<th>{name}</th>" for name in HEADS)
    more = "".join(f"<p>{words}</p>" for words in _more(lines))
    words = "".join(f"<li>{escape(one)}</li>" for one in said)
    return f"<p>{escape(head)}</p><table><tr>{heads}</tr>{''.join(cells)}</table>{more}<ul>{words}</ul>"


def _more(lines: Sequence[Line]) -> list[str]:
    return [f"... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []


def _short(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"

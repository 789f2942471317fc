"""How the cells of a file look, as rules of CSS: each look once, by its number."""

from __future__ import annotations

import re
from typing import Any

_HEX = re.compile(r"[0-9A-Fa-f]{8}")
_SIDES = ("left", "right", "top", "bottom")
_ENDS = {"left": "start", "center": "center", "right": "end"}


class Looks:
    """Looks by number: css has the rule of each, formats its number format."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._known: dict[int, int] = {}

    def number(self, cell: Any) -> int:
        """The number of the look of a cell as openpyxl has it."""
        key = cell.style_id
        if key not in self._known:
            look = _css(cell), str(cell.number_format)
            self._known[key] = self._numbers.setdefault(look, len(self._numbers))
        return self._known[key]

    @property
    def css(self) -> str:
        """A rule for each look: .s0, .s1 and so on."""
        return "".join(f".s{number}{{{css}}}\n" for (css, _), number in self._numbers.items() if css)

    @property
    def runs(self) -> list[int]:
        """Whether the words of each look run on over empty cells: 1 to the right, -1 to the left, 0 where they wrap."""
        return [0 if "pre-wrap" in css else -1 if "text-align:right" in css else 1 for css, _ in self._numbers]

    @property
    def formats(self) -> list[str]:
        """The number format of each look."""
        return [format for _, format in self._numbers]


def _css(cell: Any) -> str:
    font, align, border = cell.font, cell.alignment, cell.border
    rules = {
        "font-weight": "bold" if font.b else "",
        "font-style": "italic" if font.i else "",
        "text-decoration": "underline" if font.u else "",
        "font-size": f"{float(font.sz):g}pt" if font.sz and font.sz != 11 else "",
        "color": _color(font.color),
        "background": _color(cell.fill.fgColor) if cell.fill.fill_type == "solid" else "",
        "white-space": "pre-wrap" if align.wrap_text else "",
        "text-align": align.horizontal if align.horizontal in _ENDS else "",
        "justify-content": _ENDS.get(align.horizontal or "", ""),
        "align-items": {"top": "start", "center": "center"}.get(align.vertical or "", ""),
    }
    if align.indent:
        side = "right" if align.horizontal == "right" else "left"
        rules[f"padding-{side}"] = f"{3 + 9 * min(int(align.indent), 9)}px"
    for side in _SIDES:
        one = getattr(border, side)
        if one is not None and one.style:
            rules[f"border-{side}"] = f"1px solid {_color(one.color) or '#BFBFBF'}"
    return ";".join(f"{key}:{value}" for key, value in rules.items() if value)


def _color(color: Any) -> str:
    """#RRGGBB, or "" where a file names none; nothing else of a file gets into the CSS."""
    rgb = getattr(color, "rgb", None)
    return f"#{rgb[2:]}" if isinstance(rgb, str) and _HEX.fullmatch(rgb) and rgb != "FF000000" else ""

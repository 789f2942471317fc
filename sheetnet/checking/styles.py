"""How cells and rules look, as every program would agree on it: number format, font, fill, alignment, border."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree.ElementTree import Element

from sheetnet.checking.xml import Parts, attribute, children, each, flag, inside, tree, value, whole

# formats that have a number and no text in a file
_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_PALETTE = ("000000", "FFFFFF", "FF0000", "00FF00", "0000FF", "FFFF00", "FF00FF", "00FFFF")
_AUTO = 64  # and after it: the colours of the system's own text and windows
_CODE = re.compile(r'"([^"]*)"|\\(.)|(\[\$-[^\]]*\])|(\[[^\]]*\]|[_*].)|(.)', re.DOTALL)
_LITERAL = "-+() $"  # what shows itself in a number format, with a backslash and without


class Style(NamedTuple):
    """How a cell looks, in words."""

    number: str
    font: str
    fill: str
    alignment: str
    border: str


KINDS = {"number": "number format", "font": "font", "fill": "fill", "alignment": "alignment", "border": "border"}


def number_code(code: str) -> str:
    r"""A number format as every program would agree on it.

    >>> number_code('0.0;\\-0.0;"no"') == number_code('0.0;-0.0;\\n\\o')
    True
    """
    out = []
    for quoted, escaped, locale, kept, plain in _CODE.findall(code):
        if locale:
            continue
        literal = quoted or escaped or (plain if plain in _LITERAL else "")
        out += [f"\\{letter}" for letter in literal] if literal else [(kept or plain).upper()]
    return "".join(out)


class Styles:
    """The styles of a workbook's cells by their number, and those of its conditional formats."""

    def __init__(self, parts: Parts, styles: str, theme: str) -> None:
        root = tree(parts, styles)
        elements = inside(tree(parts, theme), "themeElements")
        scheme, fonts = inside(elements, "clrScheme"), inside(elements, "fontScheme")
        self._typefaces = {
            part: attribute(inside(inside(fonts, f"{part}Font"), "latin"), "typeface") for part in ("minor", "major")
        }
        self._theme = [attribute(one[0], "lastClr") or attribute(one[0], "val") for one in children(scheme) if len(one)]
        self._theme[:4] = [self._theme[at] for at in (1, 0, 3, 2)] if len(self._theme) > 3 else ["FFFFFF", "000000"]
        self._codes = dict(_BUILT_IN)
        for one in each(inside(root, "numFmts"), "numFmt"):
            self._codes[whole(one.get("numFmtId"))] = one.get("formatCode", "")
        letters, fills, borders = (
            [spoken(one) for one in children(found)]
            for spoken, found in (
                (self._font, inside(root, "fonts")),
                (self._fill, inside(root, "fills")),
                (self._border, inside(root, "borders")),
            )
        )
        self.cells = [
            Style(
                self._number(one.get("numFmtId")),
                _at(letters, one.get("fontId")),
                _at(fills, one.get("fillId")),
                _alignment(inside(one, "alignment")),
                _at(borders, one.get("borderId")),
            )
            for one in each(inside(root, "cellXfs"), "xf")
        ] or [Style("GENERAL", self._font(None), "none", _alignment(None), "none")]
        self._rules = [self._rule(one) for one in each(inside(root, "dxfs"), "dxf")]

    def cell(self, index: str | None) -> Style:
        """The style of that number; the first where there is none."""
        return self.cells[at] if (at := whole(index)) < len(self.cells) else self.cells[0]

    def rule(self, index: str | None) -> str:
        """What a conditional format of that number changes, in words."""
        return _at(self._rules, index) if index is not None else "nothing"

    def _rule(self, one: Element) -> str:
        font, fill = inside(one, "font"), inside(inside(one, "fill"), "patternFill")
        number = inside(one, "numFmt")
        said = {
            "letters": self._colour(inside(font, "color"), ""),
            "fill": self._colour(inside(fill, "bgColor"), "") or self._colour(inside(fill, "fgColor"), ""),
            "number format": number_code(attribute(number, "formatCode")),
            "font": " ".join(name for name in ("b", "i", "strike") if inside(font, name) is not None),
        }
        return ", ".join(f"{key} {what}" for key, what in said.items() if what) or "nothing"

    def _number(self, id: str | None) -> str:
        return number_code(self._codes.get(whole(id), f"built in {id}"))

    def _font(self, one: Element | None) -> str:
        shapes = [name for name in ("b", "i", "strike", "outline", "shadow") if _has(one, name)]
        line, raised = inside(one, "u"), value(one, "vertAlign")
        if line is not None and attribute(line, "val", "single") != "none":
            shapes.append("underlined")
        size = _short(value(one, "sz", "11"))
        name = self._typefaces.get(value(one, "scheme")) or value(one, "name", "Calibri")
        return " ".join(filter(None, [name, size, self._colour(inside(one, "color"), "000000"), *shapes, raised]))

    def _fill(self, one: Element) -> str:
        pattern = inside(one, "patternFill")
        kind = attribute(pattern, "patternType", "none")
        if pattern is None or kind == "none":
            return "none" if inside(one, "gradientFill") is None else "gradient"
        front = self._colour(inside(pattern, "fgColor"), "000000")
        return front if kind == "solid" else f"{kind} {front} {self._colour(inside(pattern, 'bgColor'), 'FFFFFF')}"

    def _border(self, one: Element) -> str:
        sides = []
        for side in ("left", "right", "top", "bottom"):
            line = inside(one, side)
            if kind := attribute(line, "style"):
                sides.append(f"{side} {kind} {self._colour(inside(line, 'color'), '000000')}")
        return ", ".join(sides) or "none"

    def _colour(self, one: Element | None, default: str) -> str:
        if one is None or flag(one.get("auto")):
            return default
        if rgb := one.get("rgb"):
            return rgb[-6:].upper()
        tint = one.get("tint", "")
        if theme := one.get("theme"):
            return _at(self._theme, theme).upper() + (f" {_short(tint)}" if tint else "")
        index = whole(one.get("indexed"))
        return default if index >= _AUTO else _PALETTE[index % 8] if index < 16 else f"colour {index}"


def _alignment(one: Element | None) -> str:
    said = {
        "across": attribute(one, "horizontal", "general"),
        "up": attribute(one, "vertical", "bottom"),
        "indent": attribute(one, "indent", "0"),
        "turned": attribute(one, "textRotation", "0"),
        "wrapped": str(flag(attribute(one, "wrapText"))),
        "shrunk": str(flag(attribute(one, "shrinkToFit"))),
    }
    usual = {"across": "general", "up": "bottom", "indent": "0", "turned": "0", "wrapped": "False", "shrunk": "False"}
    return ", ".join(f"{key} {what}" for key, what in said.items() if what != usual[key]) or "usual"


def _has(node: Element | None, name: str) -> bool:
    found = inside(node, name)
    return found is not None and found.get("val") not in ("0", "false", "off")


def _short(text: str) -> str:
    try:
        return f"{float(text):g}"
    except ValueError:
        return text


def _at(items: list[str], index: str | None) -> str:
    return items[at] if (at := whole(index)) < len(items) else f"number {at} of {len(items)}"

"""How cells look when they hold what they may: numbers too large, verdicts, the numbers of a picture or a map."""

from __future__ import annotations

from typing import Any

from sheetnet.page.book import Block
from sheetnet.page.language import said
from sheetnet.page.look import CROWDED, FAINT, FILLS, FIXED_FORMATS, HEAT, LARGE, TINTED, WHITE, WORDS_OF_VERDICTS


def conditions(sheet: Any, block: Block, formats: Any) -> None:
    """How a block's cells look when they hold what they may: large numbers, verdicts."""
    if block.format in (*FIXED_FORMATS, "grows"):
        rule = {"type": "cell", "criteria": "not between", "minimum": -LARGE, "maximum": LARGE}
        format = formats.grown if block.format == "grows" else formats.large
        sheet.conditional_format(*block.area.corners, rule | {"format": format})
    if block.format in FAINT:
        _shorten(sheet, block, formats)
    if block.format in TINTED:
        _tint(sheet, block)
    if block.role == "agreement":
        _colour_verdicts(sheet, block, formats)


def _shorten(sheet: Any, block: Block, formats: Any) -> None:
    """What has no room in a pixel, or rounds to nothing."""
    faint = FAINT[block.format]
    for criteria, far, format in (("not between", CROWDED, formats.crowded), ("between", faint, formats.faint)):
        rule = {"type": "cell", "criteria": criteria, "minimum": -far, "maximum": far, "format": format}
        sheet.conditional_format(*block.area.corners, rule)


def _tint(sheet: Any, block: Block) -> None:
    """A scale of colours between fixed numbers, so that one colour means one number in all blocks of a kind."""
    full, (blue, _, orange) = TINTED[block.format], HEAT
    middle = FILLS["input"] if block.role == "input" else WHITE
    scale: dict[str, Any] = {"type": "3_color_scale"}
    for end, number, colour in (("min", -full, orange), ("mid", 0.0, middle), ("max", full, blue)):
        scale |= {f"{end}_type": "num", f"{end}_value": number, f"{end}_color": colour}
    sheet.conditional_format(*block.area.corners, scale)


def _colour_verdicts(sheet: Any, block: Block, formats: Any) -> None:
    for word, style in WORDS_OF_VERDICTS:
        rule = {"type": "cell", "criteria": "==", "value": f'"{said(word)}"', "format": formats.get(style)}
        sheet.conditional_format(*block.area.corners, rule)

"""How a workbook looks: colours, styles and number formats, the same in every workbook.

Colours are told apart by colour-blind readers too, and never carry meaning alone; text on fill has a contrast of at
least 4.5 to 1.
"""

from __future__ import annotations

from typing import Any

from sheetnet.page.book import Block

FONT: dict[str, Any] = {"font_name": "Calibri", "font_size": 11, "valign": "vcenter"}
INK, BLUE, GREY, RULE, LINK = "#000000", "#1F3864", "#595959", "#BFBFBF", "#0B5394"
WHITE = "#FFFFFF"
FILLS = {
    "input": "#FFF9D6",
    "forward": "#E2F0D9",
    "backward": "#E6DFF1",
    "update": "#FCE4D6",
    "result": "#DDEBF7",
    "plain": "#EDEDED",
    "note": "#F2F2F2",
}
GREEN, RED = "#1E6B34", "#A61C1C"

_INPUT = {"bg_color": FILLS["input"], "font_color": BLUE, "border": 1, "border_color": RULE}
_TORCH = {"font_color": GREY, "italic": True}
_NOTE = {"bg_color": FILLS["note"], "text_wrap": True, "valign": "top", "align": "left", "indent": 1} | {
    "border": 1,
    "border_color": RULE,
}
_PIXEL = {"font_size": 9, "align": "center", "border": 1, "border_color": RULE}
STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "title": {"font_size": 16, "bold": True},
    "about": {"font_color": GREY},
    "wrap": {"text_wrap": True, "valign": "top"},
    "meaning": {"text_wrap": True, "valign": "top", "align": "left", "indent": 1},
    "question": {"text_wrap": True, "align": "left", "indent": 1},
    "said": {"text_wrap": True, "align": "left", "indent": 1},
    "lead": {"bold": True},
    "lead_top": {"bold": True, "valign": "top", "align": "left", "indent": 1},
    "label": {"align": "right", "indent": 1, "font_color": GREY},
    "label_left": {"font_color": INK},
    "hint": {"font_color": GREY, "italic": True, "indent": 1},
    "try": {"bg_color": FILLS["note"], "valign": "top", "font_color": LINK},
    "note": _NOTE,
    "link": {"font_color": LINK, "underline": 1},
    "link_top": {"font_color": LINK, "underline": 1, "valign": "top", "align": "left", "indent": 1},
    "count": {"font_color": GREY, "align": "right"},
    "word": {"align": "left", "indent": 1},
    "legend_forward": {"bg_color": FILLS["forward"]},
    "legend_backward": {"bg_color": FILLS["backward"]},
    "legend_update": {"bg_color": FILLS["update"]},
    "legend_result": {"bg_color": FILLS["result"]},
    "input": _INPUT,
    "data": {},
    "formula": {},
    "torch": _TORCH,
    "figure": {"align": "right"},  # a number, or the dash that stands for none
    "pixel": _PIXEL,
    "pixel_input": _INPUT | _PIXEL,
    "heat": {"align": "center", "border": 1, "border_color": "#FFFFFF"},
    "heat_mark": {"align": "center", "font_color": GREY},
    "agreement": {"bold": True, "align": "left", "indent": 1},
    "is_equal": {"font_color": GREEN, "bg_color": "#E2F0D9"},
    "is_different": {"font_color": RED, "bg_color": "#FBE3E3"},
    "head": {"bold": True, "align": "right", "bottom": 1, "bottom_color": RULE},
    "head_left": {"bold": True, "align": "left", "indent": 1, "bottom": 1, "bottom_color": RULE},
    "head_wide": {"bold": True, "align": "center", "bottom": 1, "bottom_color": RULE},
    "legend_input": _INPUT,
    "legend_data": {"border": 1, "border_color": RULE},
    "legend_torch": _TORCH | {"border": 1, "border_color": RULE},
    "legend_equal": {"bold": True, "font_color": GREEN, "bg_color": "#E2F0D9"},
}
# headings: a band with the title, the shape under it, labels over the columns; single columns align as numbers do
_SIDES: dict[str, dict[str, Any]] = {
    "": {"align": "left"},
    "_narrow": {"align": "right", "indent": 1},
    "_text": {"align": "left", "indent": 1},
}
for _kind in ("forward", "backward", "update", "result", "plain"):
    for _width, _side in _SIDES.items():
        STYLES[f"band_{_kind}{_width}"] = {"bg_color": FILLS[_kind], "bold": True, **_side}
        STYLES[f"shape_{_kind}{_width}"] = {"font_color": GREY, "font_size": 9, **_side}
        STYLES[f"head_{_kind}{_width}"] = {"bg_color": FILLS[_kind], **(_side if _width else {"align": "right"})}
        for _part in ("band", "shape", "head"):  # of rows that are taller, for words that need more than a line
            STYLES[f"{_part}_{_kind}{_width}_wrapped"] = STYLES[f"{_part}_{_kind}{_width}"] | {"text_wrap": True}
CHOSEN: dict[str, Any] = {"bg_color": "#FFD966", "bold": True}  # the row and the column that one has chosen
WINDOW: dict[str, Any] = {"bold": True, "border": 1, "border_color": RED}  # a filter lies there
UNUSED: dict[str, Any] = {"num_format": ";;;"}  # rows beyond as many as one has chosen: they show nothing
# numbers of six digits and more, as a diverging rate makes them, are shown by their power of ten
GROWN_FORMAT = '"> 100,000";"< -100,000"'  # how people are told that a number is beyond LARGE
LARGE, LARGE_FORMAT, FIXED_FORMATS = (
    1e5,
    "0.0E+0",
    ("weight", "feature", "fine", "gradient", "small", "loss", "short", "guessed"),
)
# the style of a block's cells, by role; all others are formulas
CELLS = {
    "input": "input",
    "answer": "input",
    "data": "data",
    "fixed": "data",
    "torch": "torch",
    "agreement": "agreement",
}
# the colour of a block's heading, by role
HEADING = {
    "input": "plain",
    "answer": "plain",
    "data": "plain",
    "fixed": "plain",
    "torch": "plain",
    "forward": "forward",
    "backward": "backward",
    "update": "update",
    "result": "result",
    "agreement": "result",
}
NUMBER_FORMATS = {
    "plain": "General",
    "text": "General",
    "words": "General",
    "weight": "0.0000",
    "feature": "0.0###",
    "fine": "0.00000000",
    "tiny": "0.0#########",  # of an eps, down to a ten-billionth
    "gradient": "0.0000",
    "small": "0.000000",
    "loss": "0.000000",
    "short": "0.000",  # of a loss and its like, where six decimals say no more
    "grows": "0.000",  # as short, of what may grow without end: beyond LARGE there are words
    "rate": "General",
    "diff": "0.0E+00",
    "came": '"was "General;"was -"General',  # what the yellow cell beside it held as the workbook came
    "within": '[=0.25]"";General',  # of a choice or a count there is nothing to say
    "apart": '[<0.000001]"equal";0.000000',  # of two numbers that are the same but for their last digits
    "ratio": '0.0000;-0.0000;"exact"',  # of an error to the next; 0 stands for: there is no next
    "share": "0.0%",
    "guessed": '[<0]"?";0.000',  # of a loss that is to be guessed first
    "guessed_share": '[<0]"?";0.0%',
    "guessed_units": '[<0]"?";[<0.01]0.0E+0;#,##0.0##',
    "closed": '[=0]"closed";0.000',  # of a loss that is not looked at yet
    "new": '[<-8]"-";0.000',  # of predictions, -9 where nothing is to be predicted
    "big": '[>=1000000]"> 1,000,000";[>=1000]#,##0;0.000',  # of powers of e
    "to_go": '[>=10]"> 1000 %";[<0.0001]"< 0.01 %";0.00%',  # of a way, of which more may be left than there was
    "compared": '[<1000]0.000;[<1000000000]0;"> 999999999"',  # what a guess was about; the first section keeps a minus
    "shown": "[<1000]0.000;0",  # of any kind, to compare with another; only the first section keeps a minus
    "exploding": '[>=1000000]"> 1,000,000";[>=1000]#,##0;0.0000',  # of a loss that may grow without end
    "left": "[>=100]#,##0;[>=0.001]0.000;0.000000",  # of a factor that may vanish, or grow without end
    "count": "#,##0",
    "units": "[<0.01]General;#,##0.0##",  # of whatever size a person's own numbers are
    "loss_any": "[>=100000]0.0E+0;0.000000",  # of any net, also one that is about to diverge
    "pixel": "0.0",
    "tap": "0.00",
    "light": "0.0",
    "map": "0%",  # of shares, as a map in tints
    "fine_map": "0.0%",
    "heat_loss": "[>=100]0.0E+0;[>=0.001]0.0000;0.0E+0",
    "heat_share": "0%",
}
HEAT = ("#67A9CF", "#F7F7F7", "#EF8A62")  # good, middling, bad: told apart by every eye, dark text readable on each
# from which number on a cell is all blue, and below minus that all orange; 0 is white, yellow in an input
PICTURES = {"pixel": 1.0, "tap": 1.0, "light": 3.0}
TINTED = PICTURES | {"map": 1.0, "fine_map": 1.0}
FAINT, FAINT_FORMAT = {"pixel": 0.05, "tap": 0.005, "light": 0.05}, "0"  # what rounds to nothing, be it below 0
CROWDED, CROWDED_FORMAT = 99.99, '"> 99";"< -99"'  # what is beyond has no room in a pixel
BARS = ("#0B5394", "#C55A11")  # of a histogram: the usual, and what has failed


WORDED = {"text": "word", "words": "said"}  # the style of a block that holds words, by its format: a word, sentences
OF_FORMAT = WORDED | {"came": "hint"}


def heading_style(part: str, block: Block) -> str:
    """The style of a part (band, shape, head) of a block's heading: aligned as the block's entries are."""
    width = "" if block.area.n_cols > 1 else "_text" if block.format in WORDED else "_narrow"
    return f"{part}_{HEADING[block.role]}{width}"


def for_block(block: Block) -> tuple[str, str]:
    """The style and number format of a block's cells."""
    if block.format in PICTURES:
        return "pixel_input" if block.role == "input" else "pixel", block.format
    if block.format in OF_FORMAT and block.role != "agreement":
        return OF_FORMAT[block.format], block.format
    return CELLS.get(block.role, "formula"), block.format


WORDS_OF_VERDICTS = (
    ("equal", "is_equal"),
    ("right", "is_equal"),
    ("differs", "is_different"),
    ("wrong", "is_different"),
)

# Okabe and Ito's palette, darkened where it is too pale for a thin line on white; dashes tell lines apart in print
PALETTE = ("#0B5394", "#C55A11", "#007A5E", "#A64D79", "#6B6B00", "#3D85C6", "#990000", "#444444")
DASHES = ("solid", "dash", "square_dot", "dash_dot", "long_dash", "long_dash_dot", "long_dash_dot_dot", "round_dot")


def _dots(color: str, size: int) -> dict[str, Any]:
    fill = {"color": color}
    return {"line": {"none": True}, "marker": {"type": "circle", "size": size, "fill": fill, "border": fill}}


LINES: dict[str, dict[str, Any]] = {
    "live": {"line": {"color": "#0B5394", "width": 3.0}},
    "torch": {"line": {"color": "#BFBFBF", "width": 1.5, "dash_type": "dash"}},
    "mark": _dots("#C55A11", 9),
    "dots": _dots("#444444", 6),
    "target": _dots("#007A5E", 12),
}
# points of classes, places where a model says so, and a chosen place: told apart by their shape, too
SHAPES = (("circle", "#0B5394", "#C3D6EA"), ("square", "#C55A11", "#F5D3BC"), ("triangle", "#007A5E", "#B9DED4"))
for _number, (_shape, _color, _pale) in enumerate(SHAPES, start=1):
    for _kind, _size, _fill in (("class", 8, _color), ("region", 4, _pale)):
        _marker = {"type": _shape, "size": _size, "fill": {"color": _fill}, "border": {"color": _fill}}
        LINES[f"{_kind} {_number}"] = {"line": {"none": True}, "marker": _marker}
_YELLOW: dict[str, Any] = {"fill": {"color": "#FFD966"}, "border": {"color": INK}}
LINES["place"] = {"line": {"none": True}, "marker": {"type": "diamond", "size": 13, **_YELLOW}}
# points that say their own name, the label of their line, which then needs no legend
for _number, _color in enumerate(("#0B5394", "#C55A11"), start=1):
    LINES[f"named {_number}"] = _dots(_color, 7) | {"data_labels": {"series_name": True, "position": "right"}}
for _number, (_color, _dash) in enumerate(zip(PALETTE, DASHES, strict=True), start=1):
    LINES[f"line {_number}"] = {"line": {"color": _color, "width": 2.0, "dash_type": _dash}}

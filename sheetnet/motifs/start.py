"""Start: what a workbook is for, its colours, its sheets, what to try, how far one has come. The same everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from sheetnet.graph.node import Node, apply
from sheetnet.page.area import cell_address, quoted
from sheetnet.page.book import Book, Page
from sheetnet.page.flow import across, beside, down, lay
from sheetnet.page.grid import grid
from sheetnet.page.language import said, whole
from sheetnet.page.part import Part
from sheetnet.page.parts import Ruler, Words
from sheetnet.page.shown import agreement, result

LEGEND = (
    ("legend_input", "you may change this"),
    ("legend_data", "data: change it if you like"),
    ("legend_torch", "a value that torch gave"),
    ("legend_equal", "equal, or differs"),
    ("legend_forward", "forward: from data to loss"),
    ("legend_backward", "backward: from loss to gradient"),
    ("legend_update", "update: what is learnt moves"),
    ("legend_result", "result"),
)
ABOUT = "Every formula on these sheets is live. Change a yellow cell and look at what moves; its tip says what it held."
LEFT = (23.0, *(10.5,) * 7, 13.0)  # the columns of the left half
PICTURED = (23.0, 12.0, *(10.0,) * 5, 3.0, *(9.0,) * 6)  # where a picture stands in it: numbers, then the picture
COUNTED = {4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}


def first_page(book: Book, title: str) -> Page:
    """The page Start, still empty: the others come after it, and it is filled in by `fill` when they stand."""
    return book.page("Start", title, ABOUT, gridlines=False, freeze=(2, 0))


def fill(
    page: Page, purpose: str, tries: Sequence[str], verdict: Node, right: Node, n_exercises: int, learner: str = "",
    panel: Part | None = None, results: Part | None = None, picture: Part | None = None,
) -> None:  # fmt: skip
    """Lay the page: purpose, what to try, how far one has come, colours, sheets; a panel of inputs, and results.

    picture: of the results; it stands beside the panel, on the first screen.
    """
    wide = PICTURED if picture else LEFT
    progress = grid(
        "",
        {
            "Does torch agree?": agreement({"verdict": (apply("same", verdict),)}, style="cells"),
            "Exercises right": result({"right": (apply("same", right),)}, style="cells", format="text"),
        },
        named="label_left",
        after={1: f"of {n_exercises}"},
    )
    words = down(
        Words(f"{COUNTED.get(len(tries), len(tries))} things to try, in this order", "band_plain", wide=len(wide)),
        *(Words(whole(f"{i}.  {said(line)}"), "try", wide=len(wide)) for i, line in enumerate(tries, start=1)),
        gap=0,
    )
    about = down(
        Words("What this is for", "band_plain", wide=len(wide)), Words(purpose, "wrap", len(wide), tall=2), gap=0
    )  # fmt: skip
    if panel and results and picture:
        left = [about, across(down(panel, results), picture), words, _legend(page.shapes)]
    elif panel and results:
        left = [about, across(panel, _legend(page.shapes)), results, progress, words]
    else:
        left = [about, words, progress, _legend(page.shapes)]
    others = page.book.pages[1:]
    sheets = down(
        Words("The sheets", "band_plain", wide=2),
        *(
            beside(
                Words(whole(one.name), "link", link=f"{quoted(one.name)}!A1"),
                Words(whole(one.title.partition(": ")[2]), "plain"),
            )
            for one in others
        ),
        gap=0,
    )
    if learner:
        whose = said("This workbook is for {learner}, with numbers of its own.", learner=learner)
        left.insert(0, Words(whose, "hint", wide=len(wide)))
    right_half = [Ruler((16.0, 12.0)), sheets, progress] if picture else [Ruler((18.0, 56.0)), sheets]
    lay(page, "start", across(down(Ruler(wide), *left), down(*right_half)))
    if panel is None:
        page.active = 0, 0  # nothing here is to be edited


def _legend(shapes: bool) -> Part:
    """What the colours mean, and the grey sizes under headings, where there are any."""
    halves = (
        down(*(Words(words, style, wide=wide) for style, words in some), gap=0)
        for some, wide in ((LEGEND[:4], 2), (LEGEND[4:], 3))
    )
    size = [Words("20 x 1 under a heading: it has 20 rows and 1 column", "hint")] * shapes
    return down(Words("What the colours mean", "band_plain", wide=5), beside(*halves), *size, gap=0)


def places_of_colours(page: Page) -> dict[str, str]:
    """Where each colour of the legend stands, by its style."""
    found = (text for text in page.texts if text.style.startswith("legend_"))
    return {text.style: f"{page.name}!{cell_address(text.row, text.col)}" for text in found}

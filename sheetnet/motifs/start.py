"""Start: what a workbook is for, its colours, its sheets, what to try, how far one has come. The same everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from sheetnet.graph.node import Node, apply
from sheetnet.motifs.blanks import seen_at
from sheetnet.motifs.predictions import PREDICT
from sheetnet.page.area import cell_address, quoted
from sheetnet.page.book import BACK, Book, Page
from sheetnet.page.flow import across, beside, down, lay
from sheetnet.page.grid import grid
from sheetnet.page.language import said, whole
from sheetnet.page.part import Canvas, Part
from sheetnet.page.parts import LETTER, Ruler, Words
from sheetnet.page.screen import LINE, pixels
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
ABOUT = (
    "Every formula is live: change a yellow cell and look at what moves. Beside it, or in its tip, stands what it held."
)
NEEDS_LET = "For Excel 365 or 2024 and Google Sheets: other programs show #NAME?."
GOALS = "Afterwards you can"
FIRST = "First: guess on Predict"
WHOSE = "This workbook is for {learner}, with numbers of its own."
LEFT, SPLIT = (23.0, *(10.5,) * 6, 12.0, 12.0), 4  # the columns of the left half; how many of them the purpose takes
PICTURED, PICTURED_SPLIT = (23.0, 12.0, *(10.0,) * 5, 3.0, *(9.0,) * 6), 7  # where results and picture stand in it
RIGHT = (21.8,) * 3  # the columns of the right half, under a lesson's picture
PICTURE = 470, 240  # of a lesson, in pixels
COUNTED = {4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight"}


@dataclass(frozen=True)
class Try:
    """Something to try, and the block (by its id) at which it begins."""

    words: str
    at: str


@dataclass
class Tries(Part):
    """What to try, a line for each that leads to where it begins; laid when what it leads to stands."""

    tries: Sequence[str | Try]
    wide: int

    def columns(self) -> list[float]:
        return [0.0] * self.wide

    def rows(self, widths: Sequence[float]) -> int:
        return 1 + len(self.tries)

    def put(self, on: Canvas, row: int, col: int) -> None:
        page, n = on.page, len(self.tries)
        words = f"{COUNTED.get(n, n)} things to try, in this order: click on one to go there"
        page.text(row, col, words, "band_plain", wide=self.wide)
        for i, (one, place) in enumerate(zip(self.tries, begins(page.book, self.tries), strict=True), start=1):
            words = one.words if isinstance(one, Try) else one
            page.text(row + i, col, whole(f"{i}.  {said(words)}"), "try", wide=self.wide, link=place)


@dataclass
class Again(Part):
    """The first chart of another sheet once more, in this size."""

    sheet: str
    width: int
    height: int
    wide: int

    def columns(self) -> list[float]:
        return [0.0] * self.wide

    def rows(self, widths: Sequence[float]) -> int:
        return ceil(self.height / LINE)

    def put(self, on: Canvas, row: int, col: int) -> None:
        def draw() -> None:
            chart = next(page.charts[0] for page in on.page.book.pages if page.name == self.sheet)
            on.page.charts.append(replace(chart, row=row, col=col, width=self.width, height=self.height))

        on.page.book.later.append(draw)


def first_page(book: Book, title: str, where: str = "") -> Page:
    """The page Start, still empty: the others come after it, and it is filled in by `fill` when they stand.

    where: which lesson it is, in a sentence.
    """
    about = f"{said(where)} {said(ABOUT)} {said(NEEDS_LET) if book.dialect.shares else ''}".strip()
    return book.page("Start", title, whole(about), gridlines=False, freeze=(2, 0))


def fill(
    page: Page, purpose: str, tries: Sequence[str | Try], verdict: Node, right: Node, n_exercises: int,
    learner: str = "", panel: Part | None = None, results: Part | None = None, picture: Part | None = None, *,
    goals: Sequence[str] = (), neighbours: str = "", pictured: str = "",
) -> None:  # fmt: skip
    """Lay the page: purpose, goals, what to try, how far one has come, colours, sheets; a panel of inputs, and results.

    picture: of the results; it stands beside the panel, on the first screen. neighbours: the lessons before and after,
    in a line. pictured: the sheet whose first chart stands here, too.
    """
    wide, split = (PICTURED, PICTURED_SPLIT) if picture else (LEFT, SPLIT)
    about = _about(purpose, goals, wide, split)
    words = Tries(tries, len(wide))
    progress = _progress(verdict, right, n_exercises)
    if panel and results and picture:
        left = [down(about, across(down(panel, results, gap=0), picture), gap=0), words, _legend(page.shapes)]
        right_half = [Ruler((16.0, 12.0)), _sheets(page), progress]
    elif panel and results:
        left = [about, across(panel, _legend(page.shapes)), results, progress, words]
        right_half = [Ruler((18.0, 56.0)), _sheets(page)]
    elif pictured:
        left = [
            about,
            words,
            beside(_legend(False), down(_progress(verdict, right, n_exercises, 2), *_size(page.shapes))),
        ]
        right_half = [Ruler(RIGHT), Again(pictured, *PICTURE, len(RIGHT)), _sheets(page, len(RIGHT))]
    else:
        left = [about, words, progress, _legend(page.shapes)]
        right_half = [Ruler((18.0, 56.0)), _sheets(page)]
    whose = said(WHOSE, learner=learner) if learner else ""
    guess = next((one for one in page.book.pages if one.name == PREDICT), None)
    if guess:
        page.text(BACK, 0, FIRST, "link", link=f"{quoted(guess.name)}!A1")
    if whose or neighbours:
        page.text(BACK, 1 if guess else 0, whole(f"{whose}   {neighbours}".strip()), "hint")
    lay(page, "start", across(down(Ruler(wide), *left), down(*right_half)))
    if panel is None:
        page.active = 0, 0  # nothing here is to be edited


def begins(book: Book, tries: Sequence[str | Try]) -> Iterator[str]:
    """The cell at which each thing to try begins: of its block, or what one edits first on the sheet that it names.

    What names no sheet goes on where the one before it is.
    """
    pages = {page.name: page for page in book.pages}
    names = "|".join(re.escape(name) for name in sorted(pages, key=len, reverse=True))
    page = book.pages[0]
    place = f"{quoted(page.name)}!{cell_address(*page.active)}"
    for one in tries:
        if isinstance(one, Try):
            place = seen_at(book, one.at).full(fixed=False)
        elif found := re.search(rf"\b[Oo]n ({names})\b", one):
            page = pages[found[1]]
            place = f"{quoted(page.name)}!{cell_address(*page.active)}"
        yield place


def _about(purpose: str, goals: Sequence[str], wide: Sequence[float], split: int) -> Part:
    """What the workbook is for, and beside it what one can do afterwards, a line for each."""
    if not goals:
        about = Words("What this is for", "band_plain", wide=len(wide)), Words(purpose, "wrap", len(wide), tall=2)
        return down(*about, gap=0)
    purpose = said(purpose)
    room = sum(pixels(width) for width in wide[:split]) / LETTER - 5  # letters in a line
    tall = max(len(goals), ceil(len(purpose) / room))
    rest = len(wide) - split
    return beside(
        down(Words("What this is for", "band_plain", split), Words(purpose, "wrap", split, tall=tall), gap=0),
        down(
            Words(GOALS, "band_plain", rest),
            *(Words(whole(f"•  {said(goal)}"), "plain", rest) for goal in goals),
            gap=0,
        ),
    )


def _progress(verdict: Node, right: Node, n_exercises: int, span: int = 1) -> Part:
    """Whether torch agrees, and how many exercises are right."""
    return grid(
        "",
        {
            "Does torch agree?": agreement({"verdict": (apply("same", verdict),)}, style="cells"),
            "Exercises right": result({"right": (apply("same", right),)}, style="cells", format="text"),
        },
        named="label_left" if span == 1 else "label",
        span=span,
        after={1: f"of {n_exercises}"},
    )


def _sheets(page: Page, n_columns: int = 0) -> Part:
    """A link to each of the other sheets, with its title; or their names alone, in so many columns."""
    links = [Words(whole(one.name), "link", link=f"{quoted(one.name)}!A1") for one in page.book.pages[1:]]
    if not n_columns:
        titles = (Words(whole(one.title.partition(": ")[2]), "plain") for one in page.book.pages[1:])
        lines: list[Part] = [beside(link, title) for link, title in zip(links, titles, strict=True)]
        return down(Words("The sheets", "band_plain", wide=2), *lines, gap=0)
    tall = ceil(len(links) / n_columns)
    columns = (down(*links[at : at + tall], gap=0) for at in range(0, len(links), tall))
    return down(Words("The sheets", "band_plain", wide=n_columns), beside(*columns), gap=0)


def _legend(shapes: bool) -> Part:
    """What the colours mean, and the grey sizes under headings, where there are any."""
    halves = (
        down(*(Words(words, style, wide=wide) for style, words in some), gap=0)
        for some, wide in ((LEGEND[:4], 2), (LEGEND[4:], 3))
    )
    return down(Words("What the colours mean", "band_plain", wide=5), beside(*halves), *_size(shapes), gap=0)


def _size(shapes: bool) -> list[Part]:
    return [Words("20 x 1 under a heading: it has 20 rows and 1 column", "hint")] * shapes


def places_of_colours(page: Page) -> dict[str, str]:
    """Where each colour of the legend stands, by its style."""
    found = (text for text in page.texts if text.style.startswith("legend_"))
    return {text.style: f"{page.name}!{cell_address(text.row, text.col)}" for text in found}

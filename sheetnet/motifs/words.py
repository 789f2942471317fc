"""Words: the terms of a lesson, a sentence each, and a link to where each is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from sheetnet.motifs.blanks import seen_at
from sheetnet.page.book import Book, Page
from sheetnet.page.language import speak, whole
from sheetnet.page.screen import TALL

TOP = 4
WIDE = 95.0  # of what a word means


@dataclass(frozen=True)
class Word:
    """A term, its meaning in one sentence, and where it is seen: the id of a block, or a cell such as Start!C21."""

    word: str
    meaning: str
    seen: str

    def __post_init__(self) -> None:
        speak(self, "word", "meaning")


def words_page(book: Book) -> Page:
    """The page, still without its words."""
    page = book.page(
        "Words",
        "Words: what they mean, and where they are seen",
        "Click on a blue place to go to the cells where a word is seen.",
        freeze=(TOP, 1),
    )
    page.widths |= {0: 24.0, 1: WIDE, 2: 26.0}
    for col, head in enumerate(("Word", "What it means", "Seen at")):
        page.text(TOP - 1, col, head, "head_left")
    page.active = (TOP, 0)
    return page


def list_words(page: Page, words: Sequence[Word]) -> None:
    """One row for each term, with a link to the cells of its block; called when all pages stand."""
    page.widths[0] = max(page.widths[0], *(len(word.word) + 1.0 for word in words))
    for i, word in enumerate(words):
        place = word.seen if "!" in word.seen else seen_at(page.book, word.seen).full(fixed=False)
        page.text(TOP + i, 0, word.word, "lead_top")
        page.text(TOP + i, 1, word.meaning, "meaning")
        if (lines := ceil(len(word.meaning) / WIDE)) > 1:
            page.heights[TOP + i] = TALL * lines
        page.text(TOP + i, 2, whole(place.replace("'", "")), "link_top", link=place)


def of_all_lessons(colours: Mapping[str, str]) -> list[Word]:
    """The terms of all lessons; colours says where each colour of the legend stands."""
    return [
        Word("forward", "From the inputs to the loss: green headings.", colours["legend_forward"]),
        Word("backward", "From the loss back to what each number had to do with it.", colours["legend_backward"]),
        Word("update", "What is learnt takes a step: orange headings.", colours["legend_update"]),
        Word("torch", "PyTorch, the library that models are trained with in earnest.", "torch.verdict"),
    ]

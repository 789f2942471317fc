"""The catalogues of texts for translators, written from the lessons as they stand: python tests/translations.py de

Translations that are there stay. A text that has changed a little keeps its old translation, marked fuzzy, until
somebody has looked at it; one that is gone is kept as obsolete. What several lessons say stands in common.po.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from itertools import chain

import polib
from own_variants import usual as own
from own_variants import variants as own_variants

from sheetnet.book.tips import TITLE
from sheetnet.book.xlsx import GOES_ON, PAGE, WORDS
from sheetnet.classroom.teaching import LOST, WHOSE, page_of
from sheetnet.course import LISTING, OWN, kind_of
from sheetnet.course.languages import COMMON, MARK, catalogue, language_of
from sheetnet.course.lesson import Lesson
from sheetnet.course.titanic.lesson import USUAL, Spec
from sheetnet.graph.node import order
from sheetnet.page.book import Book, Page
from sheetnet.page.language import Language, said, speaking
from sheetnet.page.look import NUMBER_FORMATS, WORDS_OF_VERDICTS
from sheetnet.web import words as web

SEEDS = range(6)  # beside that of the course: texts of a learner's own numbers
ALIKE = 0.8  # how much of a text is the old one, where it has been changed a little
VERSION, LEARNER = "2.13.0", "Ada"


@dataclass(frozen=True)
class Found:
    """A text of a lesson as it stands there, its numbers included, and the sheet that it is on; "" for several."""

    text: str
    sheet: str


def laid(lesson: str, seed: int, language: str = "", blanks: bool = False) -> Lesson:
    """A lesson's workbook, laid out; or one of one's own table."""
    kind = kind_of(lesson)
    with speaking(language_of(language, lesson)):
        if lesson == OWN:
            return own(seed, blanks)
        if lesson == "titanic":
            spec = Spec(
                **USUAL, n_raw=891, n_rows=712, best=True, torch_version=VERSION, seed=seed, learner=LEARNER,
                blanks=blanks,
            )  # fmt: skip
            return kind(spec)  # type: ignore[arg-type]
        return kind(VERSION, seed, LEARNER, blanks and bool(kind.to_fill))


def variants(lesson: str) -> Iterator[Callable[[], Lesson]]:
    """All English workbooks of a lesson whose texts may differ."""
    if lesson == OWN:
        yield from own_variants()
        return
    usual = LISTING[lesson].seed
    yield lambda: laid(lesson, usual)
    yield lambda: laid(lesson, usual, blanks=True)
    if lesson != "titanic":  # of which a seed draws start weights alone
        yield from (lambda seed=seed: laid(lesson, seed) for seed in SEEDS if seed)  # type: ignore[misc]


@cache
def found_in(lesson: str) -> dict[str, Found]:
    """All texts of a lesson, {1} in place of their numbers, in the order in which they are met."""
    out: dict[str, Found] = {}
    for lay in variants(lesson):
        english = Language()
        with speaking(english):
            workbook = lay()
            book = workbook.book
            written(book)
            if not out and lesson != OWN:  # for the teacher
                page_of(workbook, {})
                assert all(map(said, (LOST, *WHOSE.values())))
        sheets = {page.name: "\n".join(texts_on(page)) for page in book.pages}
        for key, text in english.missing.items():
            at = next((name for name, texts in sheets.items() if text in texts), "")
            out.setdefault(key, Found(text, at))
    return out


def written(book: Book) -> None:
    """Say what is said only as a workbook is written."""
    said(TITLE)
    said(GOES_ON)
    said(PAGE, page="&P", pages="&N")
    for text in web.texts():
        said(text)
    assert all(rule.said for page in book.pages for rule in page.rules)
    formats = (NUMBER_FORMATS[block.format] for block in book.blocks)
    for word in chain((word for word, _ in WORDS_OF_VERDICTS), *map(WORDS.findall, formats)):
        said(word)


def texts_on(page: Page) -> Iterator[str]:
    """All texts of a sheet: its words, titles, charts, messages, and those that its formulas say."""
    yield from (page.title, page.about, *(text.text for text in page.texts), *(rule.message for rule in page.rules))
    for chart in page.charts:
        labels = (series.label for series in chart.series if not series.label.startswith("="))
        yield from (chart.title, chart.x_axis, chart.y_axis, chart.alt, *labels)
    for block in page.blocks:
        yield from (block.title, *block.labels)
    yield from texts_of_formulas(page)


def texts_of_formulas(page: Page) -> Iterator[str]:
    """The texts that formulas of a sheet say; not those that they only compare with."""
    for node in order(block.node for block in page.blocks if block.style != "values"):
        for constant in (one for one in node.sources if one.op == "constant" and node.op != "equal"):
            rows = constant.value if isinstance(constant.value, tuple) else ((constant.value,),)
            yield from (text for row in rows for text in row if isinstance(text, str))


def catalogues(lessons: tuple[str, ...] = (*LISTING, OWN)) -> dict[str, dict[str, Found]]:
    """The texts that belong into each catalogue, by its name: those of one lesson, and those that several have."""
    each = {lesson: found_in(lesson) for lesson in lessons}
    out: dict[str, dict[str, Found]] = {COMMON: {}, **{lesson: {} for lesson in lessons}}
    for lesson, texts in each.items():
        for key, one in texts.items():
            shared = sum(key in others for others in each.values()) > 1
            out[COMMON if shared else lesson].setdefault(key, Found(one.text, "") if shared else one)
    return out


def write(language: str) -> None:
    """Write all catalogues of a language; the languages are those that have a folder with common.po."""
    every = catalogues()
    files = {path.stem: polib.pofile(str(path)) for path in sorted(catalogue(language, COMMON).parent.glob("*.po"))}
    head = files[COMMON].metadata if COMMON in files else {"Language": language, MARK: ","}
    there = [one for file in files.values() for one in file if one.msgstr]
    old = {one.msgid: one for one in sorted(there, key=lambda one: not one.obsolete)}  # one that is in use wins
    for name, texts in every.items():
        file = polib.POFile(wrapwidth=110)
        file.metadata = {**head, "MIME-Version": "1.0", "Content-Type": "text/plain; charset=UTF-8"}
        kept = [one for one in files.get(name, ()) if one.msgstr]
        for key, found in texts.items():
            file.append(entry(key, found, old, [one.msgid for one in kept if one.msgid not in texts]))
        for one in kept:
            if one.msgid not in texts and not any(one.msgid in others for others in every.values()):
                one.obsolete = True
                file.append(one)
        path = catalogue(language, name)
        path.parent.mkdir(exist_ok=True)
        file.save(str(path))
        print(f"{path.name}: {len(file.translated_entries())} of {len(texts)} texts are translated")


def entry(key: str, found: Found, old: dict[str, polib.POEntry], gone: list[str]) -> polib.POEntry:
    """A text for a translator, with the translation that there is; of a changed one that of the text before."""
    notes = [f"Sheet {found.sheet}"] * bool(found.sheet) + [f"Such as: {found.text}"] * (found.text != key)
    flags = ["python-brace-format"] * ("{" in key)
    words = ""
    if key in old:
        words = old[key].msgstr
        flags += ["fuzzy"] * old[key].fuzzy
    elif near := get_close_matches(key, gone, 1, ALIKE):
        words = old[near[0]].msgstr
        flags.append("fuzzy")
    return polib.POEntry(msgid=key, msgstr=words, comment="\n".join(notes), flags=flags)


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        write(chosen)

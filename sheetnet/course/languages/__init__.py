"""The other languages of the course: a folder each, with gettext catalogues of the lessons' texts; see the README here.

For Lesson, which speaks one of them, and for what writes the catalogues (tests/translations.py).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from sheetnet.errors import SheetnetError
from sheetnet.page.language import Language

FOLDER = Path(__file__).parent
COMMON = "common"  # the catalogue of what several lessons say
MARK = "X-Decimal-Mark"  # what the head of a catalogue calls the decimal mark of the language
ENGLISH = ("", "en")
ENOUGH = 50  # per cent


def languages() -> list[str]:
    """The languages that there are beside English, by the names of their folders."""
    return sorted(path.parent.name for path in FOLDER.glob(f"*/{COMMON}.po"))


def catalogue(language: str, name: str) -> Path:
    """The file with the texts of a lesson, or of several, in a language."""
    return FOLDER / language / f"{name}.po"


def lessons(language: str) -> list[str]:
    """The lessons that somebody has translated into a language: half of their texts, or more."""
    names = sorted(path.stem for path in (FOLDER / language).glob("*.po") if path.stem != COMMON)
    return [name for name in names if _is_translated(language, name)]


def _is_translated(language: str, lesson: str) -> bool:
    path = catalogue(language, lesson)
    return path.is_file() and bool(_file(path).percent_translated() >= ENOUGH)


def language_of(language: str, lesson: str) -> Language | None:
    """What the texts of a lesson are called in a language; None for English, in which they are written.

    A text that is not translated yet stays English.
    Raises: SheetnetError for an unknown language, and for a lesson that nobody has translated into it.
    """
    if language in ENGLISH:
        return None
    if language not in languages():
        known = ", ".join(["en", *languages()])
        raise SheetnetError(f"there are no texts in the language {language!r:.40}; known are {known}")
    if lesson == COMMON or not _is_translated(language, lesson):
        known = ", ".join(lessons(language))
        raise SheetnetError(f"the lesson {lesson} is not in the language {language!r} yet; these are: {known}")
    files = [_file(catalogue(language, name)) for name in (COMMON, lesson)]
    texts = {one.msgid: one.msgstr for file in files for one in file.translated_entries()}
    return Language(texts, files[0].metadata.get(MARK, "."), language)


@cache
def _file(path: Path) -> Any:
    """A catalogue, as polib has it."""
    import polib  # here, so that nobody waits for it who reads English

    return polib.pofile(str(path))

"""Where a lesson stands in the course, in words: its number, its time, what comes before it and what comes next."""

from __future__ import annotations

from importlib import import_module

from sheetnet.course.listing import LISTING, Entry
from sheetnet.page.language import said, whole


def number_and_time(name: str, minutes: int) -> str:
    """The lesson's number and how long it takes, in a sentence; empty for a workbook that is no lesson."""
    if name not in LISTING:
        return ""
    return f"Lesson {LISTING[name].number} of {len(LISTING)}, about {minutes} minutes."


def neighbours(name: str) -> str:
    """The lessons before and after, by number, title and file, in a line; empty for a workbook that is no lesson."""
    if name not in LISTING:
        return ""
    at, entries = [*LISTING].index(name), [*LISTING.values()]
    before, after = entries[at - 1 : at] if at else [], entries[at + 1 : at + 2]
    words = {"Before: {lesson}.": before, "Next: {lesson}.": after}
    return whole("   ".join(said(text, lesson=_named(one)) for text, some in words.items() for one in some))


def _named(entry: Entry) -> str:
    lesson = import_module(f"sheetnet.course.{entry.name}.lesson").LESSON  # kind_of would lead round to here
    file = f"{entry.file}.xlsx"
    return said("lesson {number}, {title} ({file})", number=entry.number, title=said(lesson.title), file=file)

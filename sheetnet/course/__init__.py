"""The course: a folder for each lesson, with its pages, its words and its torch by hand. For `book` and the commands."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sheetnet.course.languages import language_of
from sheetnet.course.listing import LISTING, Entry
from sheetnet.errors import WorkbookError
from sheetnet.graph.dialects import dialect_of, writing
from sheetnet.page.language import speaking

if TYPE_CHECKING:
    from sheetnet.course.lesson import Lesson

OWN = "own"  # the workbook of one's own table: no lesson of the course, and not in its listing
__all__ = ["LISTING", "OWN", "Entry", "kind_of", "workbook_of"]


def kind_of(name: str) -> type[Lesson]:
    """The class of a lesson.

    Raises: WorkbookError for an unknown name.
    """
    if name not in LISTING and name != OWN:
        raise WorkbookError(f"there is no lesson {name!r}; known are {', '.join(LISTING)}")
    kind: type[Lesson] = import_module(f"sheetnet.course.{name}.lesson").LESSON
    return kind


def workbook_of(name: str, settings: dict[str, Any]) -> Lesson:
    """The workbook of a lesson from the settings in a manifest.

    Raises: ValueError, TypeError or KeyError for settings that build does not make; WorkbookError for an unknown name;
    SheetnetError for an unknown language or dialect.
    """
    kind = kind_of(name)
    with speaking(language_of(settings.get("language", ""), name)), writing(dialect_of(settings.get("dialect", ""))):
        return kind.from_settings(settings)

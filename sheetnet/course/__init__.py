"""One module for each workbook: what is on which sheet, in which words. The list of all of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sheetnet.course.listing import LISTING, Entry
from sheetnet.errors import WorkbookError

if TYPE_CHECKING:
    from sheetnet.page.workbook import Plan

__all__ = ["LISTING", "Entry", "kind_of", "plan_of"]


def kind_of(name: str) -> Any:
    """The class of a lesson's plan: for titanic `Plan`, else derived from `Lesson`.

    Raises: WorkbookError for an unknown name.
    """
    if name not in LISTING:
        raise WorkbookError(f"there is no lesson {name!r}; known are {', '.join(LISTING)}")
    module = import_module(f"sheetnet.course.{name}.lesson")
    return module.LESSON


def plan_of(name: str, settings: dict[str, Any]) -> Plan:
    """The plan of a lesson from the settings in a manifest.

    Raises: ValueError, TypeError or KeyError for settings that build does not make; WorkbookError for an unknown name.
    """
    plan: Plan = kind_of(name).from_settings(settings)
    return plan

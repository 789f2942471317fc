"""show: a workbook's page within a cell of a notebook."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Protocol

from sheetnet.common.files import meant
from sheetnet.common.leftovers import temporary
from sheetnet.common.settings import whole_number
from sheetnet.course.listing import LISTING
from sheetnet.errors import SheetnetError
from sheetnet.web.page import page

LEAST, MOST = 200, 4000  # pixels of height


class Written(Protocol):
    """What build and build_lesson give."""

    @property
    def path(self) -> Path: ...


@dataclass(frozen=True, repr=False)
class Shown:
    """A page that a notebook shows: in a frame of its own, which may calculate and do nothing else there."""

    name: str
    height: int
    page: str

    def __repr__(self) -> str:
        return (
            f"{self.name} as a page: a notebook shows it in its cell; "
            f"elsewhere write it with `sheetnet publish {self.name}` and open it in a browser"
        )

    def _repr_html_(self) -> str:
        return (
            f'<iframe sandbox="allow-scripts" title="{escape(self.name)}" width="100%" height="{self.height}" '
            f'style="border:1px solid #d9d9d9" srcdoc="{escape(self.page)}"></iframe>'
        )


def show(what: str | Path | Written, *, height: int = 640) -> Shown:
    """The page of a workbook or a lesson, which stands in a notebook's cell and calculates there.

    what: a file such as "lesson.xlsx", what build or build_lesson gave, or the name of a lesson such as "quadratic".
    height: of the frame, in pixels. The page, 1 to 5 MB, is kept in the notebook with what else its cells show.
    Raises: SheetnetError for what is no lesson and no workbook of sheetnet.
    """
    height = whole_number("height", height, LEAST, MOST)
    if isinstance(what, str) and what in LISTING:
        from sheetnet.book.build import build_lesson

        with temporary() as place:
            return Shown(what, height, page(build_lesson(what, place / f"{LISTING[what].file}.xlsx").path))
    path = what if isinstance(what, str | Path) else getattr(what, "path", None)
    if not isinstance(path, str | Path):
        raise SheetnetError(f"a workbook or the name of a lesson is expected, found {type(what).__name__}")
    if Path(path).suffix.lower() != ".xlsx":
        raise SheetnetError(
            f"{str(path)!r} is no lesson and no workbook: lessons are {', '.join(LISTING)}, a workbook is a file such "
            "as mine.xlsx"
        )
    return Shown(str(path), height, page(meant(path)))

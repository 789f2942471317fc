"""What a class is given to work through: a lesson of the course, or a table of one's own with a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sheetnet.course import LISTING, OWN, kind_of
from sheetnet.course.languages import language_of
from sheetnet.errors import SheetnetError
from sheetnet.motifs.blanks import fillable

if TYPE_CHECKING:
    from sheetnet.book.build import Built
    from sheetnet.tables.table import Table


class Handout(Protocol):
    """What can be handed out. lesson: what its workbooks say they are of. file: how the names of files begin."""

    @property
    def lesson(self) -> str: ...

    @property
    def file(self) -> str: ...

    def see(self, blanks: bool, language: str) -> None:
        """Nothing, where it can be made so. Raises: SheetnetError."""

    def write(self, path: Path, seed: int, learner: str, blanks: bool, language: str) -> Built:
        """The workbook of a learner."""


@dataclass(frozen=True)
class OfCourse:
    """A lesson of the course: each learner has other numbers."""

    lesson: str

    @property
    def file(self) -> str:
        return LISTING[self.lesson].file

    def see(self, blanks: bool, language: str) -> None:
        kind = kind_of(self.lesson)
        if blanks:
            fillable(self.lesson, kind.to_fill)
        language_of(language, self.lesson)

    def write(self, path: Path, seed: int, learner: str, blanks: bool, language: str) -> Built:
        from sheetnet.book.build import build_lesson

        return build_lesson(self.lesson, path, seed=seed, learner=learner, blanks=blanks, language=language)


@dataclass(frozen=True)
class OwnTable:
    """A table and a model, or several: each learner has other start numbers of the same model.

    how: what else sn.build takes, such as epochs.
    """

    table: Table
    models: Any
    how: Mapping[str, Any] = field(default_factory=dict)
    lesson = OWN

    @property
    def file(self) -> str:
        return Path(self.table.raw.source).stem or OWN

    def see(self, blanks: bool, language: str) -> None:
        language_of(language, OWN)
        if set(self.how) & {"seed", "start", "learner"}:
            raise SheetnetError("each learner has start numbers of their own, by a seed of their own: leave them away")

    def write(self, path: Path, seed: int, learner: str, blanks: bool, language: str) -> Built:
        from sheetnet.book.build import build

        mine: dict[str, Any] = {"seed": seed, "learner": learner, "blanks": blanks, "language": language}
        return build(path, self.table, self.models, **self.how, **mine)


def handout_of(what: str | Handout) -> Handout:
    """What is handed out: a lesson by its name, or what is one already."""
    return OfCourse(what) if isinstance(what, str) else what
